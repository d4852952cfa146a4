//! Elements: a segment, field, repetition, component or subcomponent of a message, as a place in its buffer.

use super::Message;
use crate::delimiters::is_header;
use crate::escape::Tokens;
use crate::lines::Line;
use crate::path::{Filter, Index, Member};
use crate::{scan, text};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A whole line.
    Segment,
    /// A field with all its repetitions.
    Field,
    /// One repetition of a field.
    Repetition,
    /// One component.
    Component,
    /// One subcomponent.
    Subcomponent,
    /// MSH-1 or MSH-2 (FHS, BHS): never split, never unescaped.
    Verbatim,
}

/// The three states of a value (HL7 v2.9 §2.5.3): they mean "no change", "delete" and "set".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Absent, or present without content.
    Empty,
    /// `""`.
    Null,
    /// Anything else.
    Value,
}

/// A place in a message. Cheap to copy; reads borrow from the message.
#[derive(Clone, Copy)]
pub struct Element<'m> {
    message: &'m Message,
    start: u32,
    end: u32,
    level: Level,
    /// The line that it is in holds an escape character.
    has_escape: bool,
}

impl<'m> Element<'m> {
    pub(super) fn segment(message: &'m Message, line: &Line) -> Element<'m> {
        Element { message, start: line.start, end: line.end, level: Level::Segment, has_escape: line.has_escape }
    }

    #[inline]
    pub(super) fn inside(&self, range: Range<usize>, level: Level) -> Element<'m> {
        Element { start: range.start as u32, end: range.end as u32, level, ..*self }
    }

    /// The bytes of the buffer that the element covers.
    pub(super) fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Where it stands in the bytes of the message, for a report of what was read.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.range()
    }

    /// The same place of the same message.
    #[inline]
    #[must_use]
    pub fn is_at(&self, other: &Element<'_>) -> bool {
        std::ptr::eq(self.message, other.message)
            && (self.start, self.end, self.level) == (other.start, other.end, other.level)
    }

    /// The message that it belongs to.
    #[must_use]
    pub fn message(&self) -> &'m Message {
        self.message
    }

    /// What it is.
    #[inline]
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// The bytes as they stand in the message.
    #[inline]
    #[must_use]
    pub fn raw(&self) -> &'m [u8] {
        &self.message.buffer()[self.range()]
    }

    pub(crate) fn shape(&self) -> &'m [u8] {
        &self.message.shape()[self.range()]
    }

    /// The segment id; meaningful for segments only.
    #[must_use]
    pub fn id(&self) -> &'m str {
        std::str::from_utf8(self.raw().get(..3).unwrap_or_default()).unwrap_or("")
    }

    /// Decoded text. Of an element that has parts, the parts stay joined by their separators, so that nothing is lost:
    /// ask for the part instead.
    #[inline]
    #[must_use]
    pub fn text(&self) -> Cow<'m, str> {
        match self.plain() {
            Some(text) => Cow::Borrowed(text),
            None => self.decoded(),
        }
    }

    /// The text where the bytes are it: ASCII without an escape, in a message that was not edited.
    #[inline]
    #[must_use]
    pub fn plain(&self) -> Option<&'m str> {
        // Of a line with an escape somewhere most elements have none: MSH has one in its second field.
        let has_escape = || self.shape().contains(&self.message.delimiters.escape);
        let is_plain = self.level != Level::Verbatim && !(self.has_escape && has_escape());
        if is_plain { self.message.plain(self.range()) } else { None }
    }

    fn decoded(&self) -> Cow<'m, str> {
        if self.level == Level::Verbatim {
            return String::from_utf8_lossy(self.raw());
        }
        text::decode(self.raw(), self.shape(), self.message.delimiters, self.message.charset)
    }

    /// The escape sequences and runs of text in order.
    #[must_use]
    pub fn tokens(&self) -> Tokens<'m> {
        Tokens::new(self.raw(), self.shape(), self.message.delimiters)
    }

    /// Which of the three states it is in.
    #[inline]
    #[must_use]
    pub fn state(&self) -> State {
        match self.raw() {
            [] => State::Empty,
            b"\"\"" => State::Null,
            _ => State::Value,
        }
    }

    /// Nothing between the separators.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// A field of a segment, with all its repetitions. `None` for a field that the segment does not reach.
    #[must_use]
    pub fn field(&self, number: u16) -> Option<Element<'m>> {
        if self.level != Level::Segment {
            return None;
        }
        let start = self.start as usize + 3;
        if number <= 2 && self.is_header() {
            return match number {
                0 => None,
                1 => (start < self.end as usize).then(|| self.inside(start..start + 1, Level::Verbatim)),
                _ => self.part(self.message.delimiters.field, 2, Level::Verbatim),
            };
        }
        let separators = self.separators_before(number)?;
        scan::piece(self.message.shape(), self.range(), self.message.delimiters.field, separators)
            .map(|range| self.inside(range, Level::Field))
    }

    /// The segment is MSH, FHS or BHS, whose first field is the separator itself.
    pub(super) fn is_header(&self) -> bool {
        let id = self.message.shape().get(self.start as usize..self.start as usize + 3);
        id.and_then(|id| id.try_into().ok()).is_some_and(is_header)
    }

    /// How many separators stand in front of an ordinary field; `None` for field 0 and for the delimiters.
    #[inline]
    fn separators_before(&self, number: u16) -> Option<usize> {
        let number = usize::from(number);
        if self.is_header() { (number > 2).then(|| number - 1) } else { (number > 0).then_some(number) }
    }

    /// The number of fields that the segment reaches.
    #[must_use]
    pub fn field_count(&self) -> usize {
        let separators = scan::count(self.message.shape(), self.range(), self.message.delimiters.field);
        separators + usize::from(self.is_header())
    }

    /// A repetition of a field.
    #[must_use]
    pub fn repetition(&self, number: u16) -> Option<Element<'m>> {
        match self.level {
            Level::Field => self.part(self.message.delimiters.repetition, number, Level::Repetition),
            Level::Verbatim | Level::Repetition => (number == 1).then_some(*self),
            Level::Segment | Level::Component | Level::Subcomponent => None,
        }
    }

    /// A component of a repetition; of a field, of its first repetition.
    #[must_use]
    pub fn component(&self, number: u16) -> Option<Element<'m>> {
        match self.level {
            Level::Field => self.repetition(1)?.component(number),
            Level::Repetition => self.part(self.message.delimiters.component, number, Level::Component),
            Level::Verbatim => (number == 1).then_some(*self),
            Level::Segment | Level::Component | Level::Subcomponent => None,
        }
    }

    /// A subcomponent of a component.
    #[must_use]
    pub fn subcomponent(&self, number: u16) -> Option<Element<'m>> {
        match self.level {
            Level::Component => self.part(self.message.delimiters.subcomponent, number, Level::Subcomponent),
            Level::Verbatim => (number == 1).then_some(*self),
            Level::Segment | Level::Field | Level::Repetition | Level::Subcomponent => None,
        }
    }

    fn part(&self, separator: u8, number: u16, level: Level) -> Option<Element<'m>> {
        let number = usize::from(number).checked_sub(1)?;
        scan::piece(self.message.shape(), self.range(), separator, number).map(|range| self.inside(range, level))
    }

    /// A field without a repetition separator as its only repetition: what [`Element::parts`] would give, without a look
    /// for separators.
    pub(crate) fn only_repetition(self) -> Element<'m> {
        Element { level: Level::Repetition, ..self }
    }

    /// There is a repetition separator in it.
    pub(crate) fn has_repetitions(&self) -> bool {
        memchr::memchr(self.message.delimiters.repetition, self.shape()).is_some()
    }

    /// The parts one level below, in order: fields, repetitions, components or subcomponents.
    #[must_use]
    pub fn parts(&self) -> Elements<'m> {
        let delimiters = self.message.delimiters;
        let (separator, level) = match self.level {
            Level::Segment => return self.fields(),
            Level::Field => (delimiters.repetition, Level::Repetition),
            Level::Repetition => (delimiters.component, Level::Component),
            Level::Component => (delimiters.subcomponent, Level::Subcomponent),
            Level::Subcomponent | Level::Verbatim => (0, Level::Verbatim),
        };
        let is_leaf = level == Level::Verbatim || self.is_empty();
        Elements { whole: *self, separator, level, verbatim: 0, next: (!is_leaf).then_some(self.start) }
    }

    fn fields(&self) -> Elements<'m> {
        let separator = self.message.delimiters.field;
        let (verbatim, skipped) = if self.is_header() { (2, 2) } else { (0, 1) };
        let next = scan::start_of(self.message.shape(), self.range(), separator, skipped).map(|start| start as u32);
        Elements { whole: *self, separator, level: Level::Field, verbatim, next }
    }

    /// The first value at a place inside this element: `.4.1` of a repetition, `-5.1` of a segment.
    #[must_use]
    pub fn get(&self, member: &Member) -> Option<Element<'m>> {
        let mut element = *self;
        if let Some((field, index)) = &member.field {
            let is_first = matches!(index, Index::Unsaid | Index::All | Index::At(1));
            if self.level == Level::Segment && is_first && !(*field <= 2 && self.is_header()) {
                return self.first_of(*field, member);
            }
            element = self.field(*field)?;
            if element.level == Level::Field {
                element = element.choose(index)?;
            }
        }
        element.inner(member)
    }

    /// A value in the first repetition of a field, without a look for the ends of the field and of the repetition: they
    /// may be megabytes away.
    fn first_of(&self, number: u16, member: &Member) -> Option<Element<'m>> {
        let separators = self.separators_before(number)?;
        let start = scan::start_of(self.message.shape(), self.range(), self.message.delimiters.field, separators)?;
        self.first_in(start..self.end as usize, member)
    }

    /// As [`first_of`](Element::first_of), of the field that begins where `rest` does.
    pub(super) fn first_in(&self, rest: Range<usize>, member: &Member) -> Option<Element<'m>> {
        let shape = self.message.shape();
        let delimiters = self.message.delimiters;
        let Some(component) = member.component else {
            let range = scan::piece_before(shape, rest, delimiters.repetition, 0, [delimiters.field; 2])?;
            return Some(self.inside(range, Level::Repetition));
        };
        let number = usize::from(component).checked_sub(1)?;
        let stops = [delimiters.repetition, delimiters.field];
        let range = scan::piece_before(shape, rest, delimiters.component, number, stops)?;
        let element = self.inside(range, Level::Component);
        member.subcomponent.map_or(Some(element), |subcomponent| element.subcomponent(subcomponent))
    }

    /// The component and subcomponent that a member names; its field is left aside.
    #[must_use]
    pub fn inner(&self, member: &Member) -> Option<Element<'m>> {
        let Some(component) = member.component else { return Some(*self) };
        if self.level == Level::Component {
            // `.2` of a name that is bound to a component means its subcomponent.
            return self.subcomponent(component);
        }
        let element = self.component(component)?;
        member.subcomponent.map_or(Some(element), |subcomponent| element.subcomponent(subcomponent))
    }

    /// The first repetition that an index names.
    pub(super) fn choose(&self, index: &Index) -> Option<Element<'m>> {
        match index {
            Index::Unsaid | Index::All => self.repetition(1),
            Index::At(number) => self.repetition(*number),
            Index::Where(filter) => self.parts().find(|repetition| repetition.matches(filter)),
            Index::Append => None,
        }
    }

    /// The repetition has the value that a filter asks for.
    pub(crate) fn matches(&self, filter: &Filter) -> bool {
        let part = self.component(filter.component);
        let part = match filter.subcomponent {
            Some(number) => part.and_then(|component| component.subcomponent(number)),
            None => part,
        };
        part.map_or(filter.value.is_empty(), |element| element.text() == *filter.value)
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({:?} at {}..{})", self.level, self.start, self.end)
    }
}

/// The parts of an element, in order.
#[derive(Clone)]
pub struct Elements<'m> {
    whole: Element<'m>,
    separator: u8,
    level: Level,
    /// How many of MSH-1 and MSH-2 are still to come.
    verbatim: u16,
    /// The start of the next part.
    next: Option<u32>,
}

impl<'m> Iterator for Elements<'m> {
    type Item = Element<'m>;

    fn next(&mut self) -> Option<Element<'m>> {
        if self.verbatim > 0 {
            self.verbatim -= 1;
            return self.whole.field(2 - self.verbatim);
        }
        let (start, end) = (self.next? as usize, self.whole.end as usize);
        let rest = self.whole.message.shape().get(start..end)?;
        let at = start + first_of(rest, self.separator);
        self.next = (at < end).then(|| at as u32 + 1);
        Some(self.whole.inside(start..at, self.level))
    }
}

/// Bytes that are looked at one by one: most parts are shorter, and then nothing wider is worth its beginning.
const NEAR: usize = 16;

/// Where the first separator stands, or the end.
#[inline]
fn first_of(bytes: &[u8], separator: u8) -> usize {
    let (near, far) = bytes.split_at(bytes.len().min(NEAR));
    match near.iter().position(|byte| *byte == separator) {
        Some(at) => at,
        None => near.len() + memchr::memchr(separator, far).unwrap_or(far.len()),
    }
}
