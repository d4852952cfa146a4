//! What the dictionary cannot tell: which place took over from another one, and which type from another.

use crate::dictionary::{Dictionary, Version};
use crate::{Element, Message};

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

/// The new content of the field that takes over; `None` where there is nothing to copy, or where it stands already.
pub(super) fn apply(message: &Message, occurrence: u16, rule: Move) -> Option<Vec<u8>> {
    let segment = message.segments_named(rule.segment).nth(usize::from(occurrence) - 1)?;
    let from = segment.field(rule.from).filter(|field| !field.is_empty() && field.raw() != b"\"\"")?;
    let to = segment.field(rule.to);
    if rule.component == 0 { append(from, to) } else { fill(from, to?, rule.component) }
}

/// The repetitions of `from` that `to` does not have, behind those it has.
fn append(from: Element<'_>, to: Option<Element<'_>>) -> Option<Vec<u8>> {
    let separator = from.message().delimiters().repetition;
    let mut bytes = to.map_or(Vec::new(), |to| to.raw().to_vec());
    let before = bytes.len();
    let id = |element: Element<'_>| element.component(1).map_or(Vec::new(), |id| id.raw().to_vec());
    let authority = |element: Element<'_>| element.component(4).map_or(Vec::new(), |part| part.raw().to_vec());
    for repetition in from.parts().filter(|repetition| !id(*repetition).is_empty()) {
        let is_same = |other: Element<'_>| {
            id(other) == id(repetition)
                && (authority(repetition).is_empty() || authority(other) == authority(repetition))
        };
        if to.is_some_and(|to| to.parts().any(is_same)) {
            continue;
        }
        if !bytes.is_empty() {
            bytes.push(separator);
        }
        bytes.extend_from_slice(repetition.raw());
    }
    (bytes.len() > before).then_some(bytes)
}

/// The first repetition of `to` with the component where it has none; only a plain value, and only beside a value.
fn fill(from: Element<'_>, to: Element<'_>, component: u16) -> Option<Vec<u8>> {
    let delimiters = from.message().delimiters();
    let plain = from.repetition(1).filter(|first| first.parts().count() == 1 && from.parts().count() == 1)?;
    let first = to.repetition(1).filter(|first| !first.is_empty() && first.raw() != b"\"\"")?;
    let mut parts: Vec<Vec<u8>> = first.parts().map(|part| part.raw().to_vec()).collect();
    let wanted = usize::from(component);
    if parts.len() < wanted {
        parts.resize(wanted, Vec::new());
    }
    if !parts[wanted - 1].is_empty() {
        return None;
    }
    parts[wanted - 1] = plain.raw().to_vec();
    let mut out = parts.join(&delimiters.component);
    for repetition in to.parts().skip(1) {
        out.push(delimiters.repetition);
        out.extend_from_slice(repetition.raw());
    }
    Some(out)
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
