//! What the dictionary cannot tell: which place took over from another one, and which type from another.

use super::segment::Fields;
use crate::dictionary::{Dictionary, Version};
use crate::{Delimiters, Element};
use std::collections::BTreeMap;

/// The reviewed list, with the section of the standard beside each line.
const MOVES: &str = include_str!("moves.tsv");

/// Types that took over from others, oldest first.
const SUCCESSORS: [(&str, &str); 8] = [
    ("TS", "DTM"),
    ("CE", "CWE"),
    ("CF", "CWE"),
    ("CK", "CX"),
    ("PN", "XPN"),
    ("AD", "XAD"),
    ("TN", "XTN"),
    ("CN", "XCN"),
];

/// The content of one field also stands in another one, from a version on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) since: Version,
    pub(super) segment: [u8; 3],
    pub(super) from: u16,
    pub(super) to: u16,
    /// The component that takes it, where it is empty; 0 for a repetition of its own.
    pub(super) component: u16,
}

fn read(line: &str) -> Option<Move> {
    let mut words = line.split('\t');
    let since = Version::parse(words.next()?)?;
    let segment = words.next()?.as_bytes().try_into().ok()?;
    let mut number = || words.next()?.parse().ok();
    Some(Move { since, segment, from: number()?, to: number()?, component: number()? })
}

/// The moves on the way up; none on the way down.
pub(super) fn between(from: Version, to: Version) -> impl Iterator<Item = Move> {
    MOVES.lines().filter_map(read).filter(move |rule| from < to && rule.since <= to)
}

/// The type that stands for this one in a version that does not have it: the later name, or the earlier.
pub(super) fn renamed(name: &str, dictionary: Dictionary) -> Option<&'static str> {
    let later = SUCCESSORS.iter().filter(|(old, _)| *old == name).map(|(_, new)| *new);
    let earlier = SUCCESSORS.iter().filter(|(_, new)| *new == name).map(|(old, _)| *old);
    later.chain(earlier).find(|other| dictionary.datatype(other).is_some())
}

/// Where the standard has the content of a field that it withdrew: for people, because only they can move it.
pub(super) fn successor(segment: [u8; 3], field: u16) -> Option<&'static str> {
    match (&segment, field) {
        (b"PID", 2 | 4) => Some("the standard has it as a repetition of PID-3"),
        (b"PID", 9) => Some("the standard has it as a repetition of PID-5 with `A` in PID-5.7"),
        (b"PID", 19) => Some("the standard has it as a repetition of PID-3 with `SS` in PID-3.5"),
        (b"PID", 20) => Some("the standard has it as a repetition of PID-3 with `DL` in PID-3.5"),
        (b"ORC", 7) | (b"OBR", 5 | 6 | 27) | (b"RXE", 1) | (b"SCH", 11) => Some("the standard has it in TQ1 segments"),
        (b"OBR", 15) => Some("the standard has it in the SPM segment"),
        (b"OBR", 10 | 28 | 32..=35) | (b"ORC", 10 | 11 | 19) | (b"PV1", 9 | 52) | (b"PD1", 4) => {
            Some("the standard has it in PRT segments, or ROL before 2.9")
        }
        (b"MRG", 2 | 4) => Some("the standard has it as a repetition of MRG-1"),
        _ => None,
    }
}

/// What moves give a segment.
pub(super) struct Moved {
    pub(super) fields: Fields,
    pub(super) done: Vec<Move>,
}

/// The fields that take over, with what they take; `None` where there is nothing to copy, or where it stands already.
pub(super) fn apply<'r>(segment: Element<'_>, rules: impl Iterator<Item = &'r Move>) -> Option<Moved> {
    let mut lists: BTreeMap<u16, List<'_>> = BTreeMap::new();
    let mut values: BTreeMap<u16, First<'_>> = BTreeMap::new();
    let mut done = Vec::new();
    for rule in rules {
        let from = segment.field(rule.from).filter(|field| !field.is_empty() && field.raw() != b"\"\"");
        let Some(from) = from else { continue };
        let to = segment.field(rule.to);
        let is_done = if rule.component == 0 {
            lists.entry(rule.to).or_insert_with(|| List { old: to, new: Vec::new() }).append(from)
        } else if let Some(first) = to.and_then(|to| to.repetition(1)) {
            let parts = || First { parts: first.parts().map(|part| part.raw()).collect(), whole: to };
            values.entry(rule.to).or_insert_with(parts).fill(from, rule.component)
        } else {
            false
        };
        if is_done {
            done.push(*rule);
        }
    }
    if done.is_empty() {
        return None;
    }
    let separators = segment.message().delimiters();
    let filled = |number: &u16| done.iter().any(|rule| rule.to == *number);
    let mut fields: Fields = Vec::new();
    fields.extend(lists.iter().filter(|(to, _)| filled(to)).map(|(to, list)| (*to, list.bytes(separators.repetition))));
    fields.extend(values.iter().filter(|(to, _)| filled(to)).map(|(to, first)| (*to, first.bytes(separators))));
    fields.sort_by_key(|(number, _)| *number);
    Some(Moved { fields, done })
}

/// A field that takes repetitions.
struct List<'m> {
    old: Option<Element<'m>>,
    new: Vec<Element<'m>>,
}

impl<'m> List<'m> {
    /// The repetitions of `from` that it does not have go behind those it has.
    fn append(&mut self, from: Element<'m>) -> bool {
        let id = |element: Element<'m>| element.component(1).map_or(&[][..], |id| id.raw());
        let authority = |element: Element<'m>| element.component(4).map_or(&[][..], |part| part.raw());
        let before = self.new.len();
        for repetition in from.parts().filter(|repetition| !id(*repetition).is_empty()) {
            let is_same = |other: Element<'m>| {
                id(other) == id(repetition)
                    && (authority(repetition).is_empty() || authority(other) == authority(repetition))
            };
            let mut known = self.old.iter().flat_map(|old| old.parts()).chain(self.new.iter().copied());
            if !known.any(is_same) {
                self.new.push(repetition);
            }
        }
        self.new.len() > before
    }

    fn bytes(&self, separator: u8) -> Vec<u8> {
        let mut bytes = self.old.map_or(Vec::new(), |old| old.raw().to_vec());
        for repetition in &self.new {
            if !bytes.is_empty() {
                bytes.push(separator);
            }
            bytes.extend_from_slice(repetition.raw());
        }
        bytes
    }
}

/// The first repetition of a field that takes components.
struct First<'m> {
    parts: Vec<&'m [u8]>,
    whole: Option<Element<'m>>,
}

impl<'m> First<'m> {
    /// A component where it has none; only a plain value, and only beside a value.
    fn fill(&mut self, from: Element<'m>, component: u16) -> bool {
        let is_plain = from.parts().count() == 1 && from.repetition(1).is_some_and(|first| first.parts().count() == 1);
        let is_beside = self.parts.iter().any(|part| !part.is_empty()) && self.parts != [b"\"\""];
        let wanted = usize::from(component);
        if !is_plain || !is_beside || self.parts.get(wanted - 1).is_some_and(|part| !part.is_empty()) {
            return false;
        }
        if self.parts.len() < wanted {
            self.parts.resize(wanted, &[]);
        }
        self.parts[wanted - 1] = from.raw();
        true
    }

    fn bytes(&self, separators: Delimiters) -> Vec<u8> {
        let mut out = self.parts.join(&separators.component);
        for repetition in self.whole.iter().flat_map(|whole| whole.parts().skip(1)) {
            out.push(separators.repetition);
            out.extend_from_slice(repetition.raw());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dictionary::Usage;

    #[test]
    fn every_line_is_read_and_the_dictionary_agrees() {
        let lines: Vec<&str> = MOVES.lines().filter(|line| !line.starts_with('#')).collect();
        let rules: Vec<Move> = lines.iter().filter_map(|line| read(line)).collect();
        assert_eq!(rules.len(), lines.len());
        for rule in rules {
            let id = String::from_utf8_lossy(&rule.segment).into_owned();
            let segment = Dictionary::of(Version::V2_7).segment(&id).unwrap();
            let is_old = |part: crate::dictionary::Part| matches!(part.usage(), Usage::Backward | Usage::Withdrawn);
            assert!(segment.field(rule.from).is_none_or(is_old), "{rule:?}");
            assert!(segment.field(rule.to).is_some(), "{rule:?}");
        }
    }
}
