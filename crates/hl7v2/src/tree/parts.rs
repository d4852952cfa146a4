//! The parts of one element, found with one look, for whoever reads many of them.

use super::{Element, Level};
use crate::path::{Index, Member};
use std::ops::Range;

/// Which parts of an element hold something: a bit for each, by its number from 1. Those from 63 on share the last bit, so
/// that a bit says "perhaps" and its absence "no".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled(u64);

impl Filled {
    /// Nothing is known: any part may hold something.
    pub const UNKNOWN: Filled = Filled(u64::MAX);

    /// The part with this number, from 1.
    #[must_use]
    pub fn part(number: u16) -> Filled {
        Filled(1 << number.min(63))
    }

    /// Those of either.
    #[must_use]
    pub fn or(self, other: Filled) -> Filled {
        Filled(self.0 | other.0)
    }

    /// The element is there, whatever it holds.
    pub const THERE: Filled = Filled(1);

    /// One of the parts of `wanted` may hold something.
    #[inline]
    #[must_use]
    pub fn meets(self, wanted: Filled) -> bool {
        self.0 & wanted.0 != 0
    }
}

/// What a member names in all repetitions of its field.
#[derive(Clone, Copy, Debug)]
pub enum Only<'m> {
    /// Nothing that holds something.
    Nothing,
    /// One part, and it holds something.
    One(Element<'m>),
    /// Perhaps several: they have to be gone through.
    Several,
}

/// The bit of the parts from 63 on.
const LAST: u64 = 1 << 63;
/// The high bit of each byte of eight.
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte of `word` that is `wanted`, and of no other.
#[inline(always)]
fn marks(word: u64, wanted: u8) -> u64 {
    let odd = word ^ u64::from_le_bytes([wanted; 8]);
    !((odd & !HIGHS).wrapping_add(!HIGHS) | odd | !HIGHS)
}

/// Gives bytes as numbers of eight bytes, with where each begins and the high bits of the bytes that count, until `visit`
/// has enough: fields are short, so that the next separator is seldom far.
#[inline(always)]
fn any_word(bytes: &[u8], mut visit: impl FnMut(usize, u64, u64) -> bool) -> bool {
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut at = 0;
    for chunk in chunks {
        if visit(at, u64::from_le_bytes(*chunk), HIGHS) {
            return true;
        }
        at += 8;
    }
    !rest.is_empty() && visit(at, short_word(rest), HIGHS >> (64 - 8 * rest.len()))
}

/// Fewer than eight bytes as a number.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    // Where they overlap, both have the same bytes.
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let last = u64::from(u32::from_le_bytes(*last)) << (8 * (bytes.len() - 4));
        return u64::from(u32::from_le_bytes(*first)) | last;
    }
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The first place where a byte stands; the length where it does not.
#[inline(always)]
fn first_position(bytes: &[u8], wanted: u8) -> usize {
    let mut found = bytes.len();
    any_word(bytes, |at, word, counted| {
        let marks = marks(word, wanted) & counted;
        if marks != 0 {
            found = at + (marks.trailing_zeros() / 8) as usize;
        }
        marks != 0
    });
    found
}

/// The part with this number, from 1, between separators.
#[inline(always)]
fn part_between(bytes: &[u8], separator: u8, number: usize) -> Option<Range<usize>> {
    let (mut left, mut start, mut end) = (number.checked_sub(1)?, 0, None);
    any_word(bytes, |at, word, counted| {
        let mut marks = marks(word, separator) & counted;
        while marks != 0 {
            let here = at + (marks.trailing_zeros() / 8) as usize;
            if left == 0 {
                end = Some(here);
                return true;
            }
            (left, start) = (left - 1, here + 1);
            marks &= marks - 1;
        }
        false
    });
    (left == 0).then(|| start..end.unwrap_or(bytes.len()))
}

/// Fields up to this length are looked through byte by byte; what is longer is for wider registers.
const SHORT: usize = 64;

impl<'m> Element<'m> {
    /// Puts where the parts one level below begin behind `starts`, and behind the last one where a next part would begin;
    /// says which of them hold something (of a header, the first two perhaps). Fields of a segment, components of a repetition, subcomponents of a component;
    /// `None`, and nothing is put, for a whole field and for what has no parts.
    ///
    /// ```
    /// use hl7v2::{Filled, Message};
    /// let (message, _) = Message::parse("MSH|^~\\&|A\rPID|1||77^^^NORTH\r");
    /// let segment = message.segments().nth(1).unwrap();
    /// let mut starts = Vec::new();
    /// let filled = segment.index_parts(&mut starts).unwrap();
    /// assert!(filled.meets(Filled::part(3)) && !filled.meets(Filled::part(2)));
    /// assert_eq!(segment.indexed(&starts, 3).unwrap().raw(), b"77^^^NORTH");
    /// assert!(segment.indexed(&starts, 4).is_none());
    /// ```
    pub fn index_parts(&self, starts: &mut Vec<u32>) -> Option<Filled> {
        let delimiters = self.message().delimiters();
        let (separator, mut skipped) = match self.level() {
            // Of a header the separator in front of the second field is the first field itself.
            Level::Segment => (delimiters.field, usize::from(!self.is_header())),
            Level::Repetition => (delimiters.component, 0),
            Level::Component => (delimiters.subcomponent, 0),
            Level::Field | Level::Subcomponent | Level::Verbatim => return None,
        };
        let (shape, range) = (self.shape(), self.range());
        let (mut filled, mut part, mut start) = (0_u64, 2_u64, range.start as u32);
        any_word(shape, |at, word, counted| {
            let mut marks = marks(word, separator) & counted;
            while marks != 0 {
                let end = (range.start.wrapping_add(at) as u32).wrapping_add(marks.trailing_zeros() / 8);
                if skipped > 0 {
                    skipped -= 1;
                } else {
                    starts.push(start);
                    filled |= if end > start { part } else { 0 };
                    // The parts from 63 on share the last bit.
                    part = part.wrapping_shl(1) | part & LAST;
                }
                start = end.wrapping_add(1);
                marks &= marks.wrapping_sub(1);
            }
            false
        });
        let end = range.end as u32;
        if skipped == 0 {
            starts.push(start);
            filled |= if end > start { part } else { 0 };
        }
        starts.push(end + 1);
        Some(Filled(filled))
    }

    /// The part with this number, from 1, by the `starts` that [`index_parts`](Element::index_parts) gave for this element.
    #[inline]
    #[must_use]
    pub fn indexed(&self, starts: &[u32], number: u16) -> Option<Element<'m>> {
        let level = match self.level() {
            Level::Segment if number <= 2 && self.is_header() => return self.field(number),
            Level::Segment => Level::Field,
            Level::Repetition => Level::Component,
            Level::Component => Level::Subcomponent,
            Level::Field | Level::Subcomponent | Level::Verbatim => return None,
        };
        let number = usize::from(number);
        let (start, next) = (*starts.get(number.checked_sub(1)?)?, *starts.get(number)?);
        let range = start as usize..(next as usize).saturating_sub(1).min(self.range().end);
        (range.start <= range.end).then(|| self.inside(range, level))
    }

    /// What a member names in all repetitions of its field, by `starts`, empty parts left out; without a look at what is
    /// long or has several repetitions.
    #[must_use]
    pub fn only_indexed(&self, starts: &[u32], member: &Member) -> Only<'m> {
        let filled = |found: Option<Element<'m>>| match found {
            Some(element) if !element.is_empty() => Only::One(element),
            _ => Only::Nothing,
        };
        let Some((number, index)) = &member.field else { return filled(self.get_indexed(starts, member)) };
        if self.level() != Level::Segment {
            return Only::Nothing;
        }
        let Some(field) = self.indexed(starts, *number).filter(|field| !field.is_empty()) else { return Only::Nothing };
        if field.level() == Level::Verbatim {
            return Only::One(field);
        }
        if field.range().len() > SHORT || !matches!(index, Index::Unsaid | Index::All | Index::At(1)) {
            return Only::Several;
        }
        let (part, is_last) = field.first_part(member);
        if is_last || *index == Index::At(1) { filled(part) } else { Only::Several }
    }

    /// The part that a member names in the first repetition of a short field, and whether that is its last.
    fn first_part(&self, member: &Member) -> (Option<Element<'m>>, bool) {
        let delimiters = self.message().delimiters();
        let (shape, start) = (self.shape(), self.range().start);
        let end = first_position(shape, delimiters.repetition);
        let is_last = end == shape.len();
        let Some(component) = member.component else {
            return (Some(self.inside(start..start + end, Level::Repetition)), is_last);
        };
        let part = part_between(&shape[..end], delimiters.component, usize::from(component));
        let part = part.map(|part| self.inside(start + part.start..start + part.end, Level::Component));
        let found = match member.subcomponent {
            None => part,
            Some(number) => part.and_then(|part| part.subcomponent(number)),
        };
        (found, is_last)
    }

    /// [`get`](Element::get) by `starts`: the same value; `None` where a field is empty.
    #[must_use]
    pub fn get_indexed(&self, starts: &[u32], member: &Member) -> Option<Element<'m>> {
        let Some((number, index)) = &member.field else {
            let Some(component) = member.component else { return Some(*self) };
            return match (self.level(), member.subcomponent) {
                (Level::Segment, _) => None,
                (Level::Repetition, Some(number)) => self.indexed(starts, component)?.subcomponent(number),
                _ => self.indexed(starts, component),
            };
        };
        let field = if self.level() == Level::Segment { self.indexed(starts, *number)? } else { return None };
        match (field.level(), index) {
            _ if field.is_empty() => None,
            (Level::Field, Index::Unsaid | Index::All | Index::At(1)) if field.range().len() <= SHORT => {
                field.first_part(member).0
            }
            (Level::Field, Index::Unsaid | Index::All | Index::At(1)) => field.first_in(field.range(), member),
            (Level::Field, index) => field.choose(index)?.inner(member),
            _ => field.inner(member),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use proptest::prelude::*;

    fn check(element: Element<'_>) {
        let mut starts = vec![7];
        let Some(filled) = element.index_parts(&mut starts) else { return assert_eq!(starts, [7]) };
        let one_by_one = |number: u16| match element.level() {
            Level::Segment => element.field(number),
            Level::Repetition => element.component(number),
            _ => element.subcomponent(number),
        };
        for number in 0..80 {
            let (found, expect) = (element.indexed(&starts[1..], number), one_by_one(number));
            let place = |found: Option<Element<'_>>| found.map(|found| (found.span(), found.level()));
            assert_eq!(place(found), place(expect), "{number} of {element:?}");
            let is_filled = expect.is_some_and(|found| !found.is_empty());
            assert!(!is_filled || filled.meets(Filled::part(number)));
            // The first two of a header are "perhaps".
            let is_told = (1..63).contains(&number) && !(element.is_header() && number <= 2);
            assert!(is_filled || !is_told || !filled.meets(Filled::part(number)));
        }
        for text in ["3", "3[2].2", "3.1.2", "1", "2", "3[.1=A].2", ".2", ".2.1"] {
            let path = crate::Path::parse(&format!("PID-{}", text.trim_start_matches('.'))).unwrap();
            let mut member = path.member;
            if text.starts_with('.') {
                let number = member.field.take().map(|(number, _)| number);
                (member.component, member.subcomponent) = (number, member.component);
            }
            check_only(element, &starts[1..], &member);
            let (found, expect) = (element.get_indexed(&starts[1..], &member), element.get(&member));
            let raw = |found: Option<Element<'_>>| found.map(|found| found.raw().to_vec()).unwrap_or_default();
            assert_eq!(raw(found), raw(expect), "{text} of {element:?}");
        }
        element.parts().for_each(|part| part.parts().for_each(check));
        element.parts().for_each(check);
    }

    fn check_only(element: Element<'_>, starts: &[u32], member: &Member) {
        let repetitions: Vec<Element<'_>> = match &member.field {
            Some((number, index)) => {
                let field = if element.level() == Level::Segment { element.field(*number) } else { None };
                let parts = field.into_iter().flat_map(|field| match field.level() {
                    Level::Verbatim => vec![field],
                    _ => field.parts().collect(),
                });
                let is_named = |(at, part): &(usize, Element<'_>)| match index {
                    Index::At(wanted) => usize::from(*wanted) == at + 1,
                    Index::Where(filter) => part.matches(filter),
                    Index::Unsaid | Index::All | Index::Append => true,
                };
                parts.enumerate().filter(is_named).filter_map(|(_, part)| part.inner(member)).collect()
            }
            None => element.get(member).into_iter().collect(),
        };
        let expect: Vec<_> = repetitions.iter().filter(|part| !part.is_empty()).map(Element::span).collect();
        match element.only_indexed(starts, member) {
            Only::Nothing => assert!(expect.is_empty(), "{member:?} of {element:?}"),
            Only::One(found) => assert_eq!(expect, [found.span()], "{member:?} of {element:?}"),
            Only::Several => {}
        }
    }

    #[test]
    fn one_part_is_found_at_once() {
        let (message, _) = Message::parse("MSH|^~\\&|\rPID|1||77^^^A&B~78||X^Y\r");
        let segment = message.segments().nth(1).unwrap();
        let mut starts = Vec::new();
        let _ = segment.index_parts(&mut starts);
        let check = |path: &str, expect: Option<&str>| {
            let member = crate::Path::parse(path).unwrap().member;
            match (segment.only_indexed(&starts, &member), expect) {
                (Only::One(found), Some(expect)) => assert_eq!(found.text(), expect, "{path}"),
                (Only::Nothing, Some("")) | (Only::Several, None) => {}
                (found, _) => panic!("{path}: {found:?}"),
            }
        };
        check("PID-1", Some("1"));
        check("PID-2", Some(""));
        check("PID-3.1", None);
        check("PID-5", Some("X^Y"));
        check("PID-5.2", Some("Y"));
        check("PID-5.3", Some(""));
        check("PID-5.1.1", Some("X"));
        check("PID-5.1.2", Some(""));
        check("PID-9", Some(""));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn the_same_as_one_by_one(body in "[A|^&~\\r]{0,120}", many in 0usize..90) {
            let text = format!("MSH|^~\\&|A&B^C|\rPID|{body}\rZZZ{}x\rMSH\rMSH|", "|".repeat(many));
            let (message, _) = Message::parse(text);
            message.segments().for_each(check);
        }
    }
}
