//! Reads X12 (ASC X12.6) into the tree: an interchange (ISA … IEA) of functional groups (GS … GE) of transaction sets
//! (ST … SE) of segments, elements, repetitions and components.
//!
//! Promises: the separators are those that ISA declares; counts and control numbers of envelopes are checked and told.
//! Never: knows what an element means, or which loop a segment is in.

use crate::{
    charset::Decoded,
    codes,
    limits::FINDINGS_MAX,
    tree::{Builder, Full, Kind, Slice},
};
use message::Diagnostic;
use std::ops::Range;

/// Elements of ISA.
const ISA_ELEMENTS: usize = 16;
/// Place of the element separator in ISA.
const ELEMENT_AT: usize = 3;

/// Separators: element, component, repetition (0: there is none), segment.
pub(crate) fn marks(text: &str) -> Option<[u8; 4]> {
    let start = text.len() - text.trim_start().len();
    let bytes = &text.as_bytes()[start..];
    if !bytes.starts_with(b"ISA") {
        return None;
    }
    let element = *bytes.get(ELEMENT_AT)?;
    if element.is_ascii_alphanumeric() || !element.is_ascii() {
        return None;
    }
    // ISA has a fixed length, but not all senders keep to it: the last element is one character, whatever stands before.
    let places: Vec<usize> =
        bytes.iter().enumerate().filter(|(_, byte)| **byte == element).map(|(at, _)| at).take(ISA_ELEMENTS).collect();
    let last = *places.get(ISA_ELEMENTS - 1)?;
    let (component, segment) = (*bytes.get(last + 1)?, *bytes.get(last + 2)?);
    let repetition = bytes.get(places[10] + 1).copied().filter(|byte| byte.is_ascii_punctuation() && *byte != element);
    (component.is_ascii() && segment.is_ascii()).then_some([element, component, repetition.unwrap_or(0), segment])
}

/// Reads a text.
pub(crate) fn read(decoded: &Decoded, found: &mut Vec<Diagnostic>) -> (Builder, [u8; 4]) {
    let text = decoded.as_str();
    let builder = Builder::new(Kind::Envelope, text.len());
    let Some(marks) = marks(text) else {
        let what = "the text does not begin with an ISA segment that declares its separators";
        found.push(Diagnostic::error(codes::E1320, what));
        return (builder, [b'*', b':', b'^', b'~']);
    };
    let mut reader = Reader { text, marks, builder, found, open: Vec::new(), number: 0 };
    if reader.segments().is_err() {
        let what = format!("there are more than {} segments and elements", crate::limits::NODES_MAX);
        reader.found.push(Diagnostic::error(codes::E1305, what));
    }
    (reader.builder, marks)
}

/// An envelope that has begun.
struct Open {
    id: u32,
    level: Level,
    /// Its control number: ISA13, GS06, ST02.
    control: String,
    /// What it holds so far: groups, sets, segments.
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Interchange,
    Group,
    Set,
}

impl Level {
    const ALL: [Level; 3] = [Level::Interchange, Level::Group, Level::Set];

    /// Segment that opens it, element of its control number, segment that closes it, name of the node.
    fn facts(self) -> (&'static str, usize, &'static str, &'static str) {
        match self {
            Level::Interchange => ("ISA", 13, "IEA", "interchange"),
            Level::Group => ("GS", 6, "GE", "group"),
            Level::Set => ("ST", 2, "SE", "transaction"),
        }
    }
}

struct Reader<'t, 'f> {
    text: &'t str,
    marks: [u8; 4],
    builder: Builder,
    found: &'f mut Vec<Diagnostic>,
    open: Vec<Open>,
    /// Segments so far.
    number: usize,
}

impl Reader<'_, '_> {
    fn tell(&mut self, what: String, at: usize) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(Diagnostic::warning(codes::E1321, what).at_path("", Some(at)));
        }
    }

    fn segments(&mut self) -> Result<(), Full> {
        let [element, _, _, terminator] = self.marks;
        let mut at = 0;
        loop {
            let rest = &self.text[at..];
            at += rest.len() - rest.trim_start_matches(['\r', '\n', ' ', '\t']).len();
            if at >= self.text.len() {
                break;
            }
            let rest = &self.text.as_bytes()[at..];
            let is_ended = rest.iter().position(|byte| *byte == terminator);
            let end = at + is_ended.unwrap_or(rest.len());
            self.number += 1;
            let id_end =
                at + self.text.as_bytes()[at..end].iter().position(|byte| *byte == element).unwrap_or(end - at);
            let id = &self.text[at..id_end];
            if !(2..=3).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                let what = format!("segment {} has no id of two or three letters or digits", self.number);
                if self.found.len() < FINDINGS_MAX {
                    self.found.push(Diagnostic::error(codes::E1322, what).at_path("", Some(at)));
                }
            }
            if is_ended.is_none() {
                let what = format!("segment {} does not end", self.number);
                self.found.push(Diagnostic::error(codes::E1322, what).at_path("", Some(at)));
            }
            self.segment(at..end, id_end)?;
            at = end + 1;
            if at > self.text.len() {
                break;
            }
        }
        while let Some(open) = self.open.pop() {
            let (first, _, last, _) = open.level.facts();
            self.tell(format!("an envelope that {first} opens is not closed by {last}"), self.text.len());
        }
        Ok(())
    }

    fn segment(&mut self, span: Range<usize>, id_end: usize) -> Result<(), Full> {
        let id = self.text[span.start..id_end].to_owned();
        let values: Vec<&str> = self.text[span.clone()].split(char::from(self.marks[0])).collect();
        let value = |number: usize| values.get(number).map(|text| text.trim().to_owned()).unwrap_or_default();
        if let Some(level) = Level::ALL.into_iter().find(|level| level.facts().0 == id) {
            self.close_down_to(level, span.start);
            let parent = self.open.last().map_or(0, |open| open.id);
            if let Some(around) = self.open.last_mut() {
                around.count += 1;
            }
            let (_, control, _, name) = level.facts();
            let name = self.builder.kept(name);
            let node = self.builder.add(parent, Kind::Envelope, name, span.start)?;
            self.open.push(Open { id: node, level, control: value(control), count: 0 });
        }
        let parent = self.open.last().map_or(0, |open| open.id);
        if let Some(open) = self.open.last_mut().filter(|open| open.level == Level::Set) {
            open.count += 1;
        }
        self.elements(parent, &span, id_end)?;
        if let Some(level) = Level::ALL.into_iter().find(|level| level.facts().2 == id) {
            self.close(level, &value(1), &value(2), span.start, span.end);
        }
        Ok(())
    }

    /// Envelopes that a new one of this level ends.
    fn close_down_to(&mut self, level: Level, at: usize) {
        while let Some(open) = self.open.pop_if(|open| open.level >= level) {
            let (first, _, last, _) = open.level.facts();
            self.tell(format!("an envelope that {first} opens is not closed by {last}"), at);
        }
    }

    /// `SE*12*0001`: how many it held, and its control number once more.
    fn close(&mut self, level: Level, count: &str, control: &str, at: usize, end: usize) {
        let (first, _, last, _) = level.facts();
        if !self.open.iter().any(|open| open.level == level) {
            return self.tell(format!("{last} closes an envelope that no {first} opens"), at);
        }
        while let Some(open) = self.open.pop() {
            let end = u32::try_from(end).unwrap_or(0);
            let node = self.builder.node(open.id);
            node.span.end = end;
            node.value = node.span.clone();
            if open.level != level {
                let (first, _, inner, _) = open.level.facts();
                self.tell(format!("an envelope that {first} opens is not closed by {inner}"), at);
                continue;
            }
            let held = match level {
                Level::Set => "segments",
                Level::Group => "transaction sets",
                Level::Interchange => "functional groups",
            };
            if count.parse() != Ok(open.count) {
                self.tell(format!("{last}01 does not say how many {held} there are: {}", open.count), at);
            }
            if control != open.control {
                self.tell(format!("the control numbers of {first} and {last} differ"), at);
            }
            return;
        }
    }

    fn elements(&mut self, parent: u32, span: &Range<usize>, id_end: usize) -> Result<(), Full> {
        let name = Builder::verbatim(span.start..id_end);
        let segment = self.builder.add(parent, Kind::Segment, name, span.start)?;
        self.set_span(segment, span.clone());
        let is_isa = &self.text[span.start..id_end] == "ISA";
        let mut start = id_end;
        let mut number = 0;
        while start < span.end {
            start += 1;
            number += 1;
            let bytes = &self.text.as_bytes()[start..span.end];
            let end = start + bytes.iter().position(|byte| *byte == self.marks[0]).unwrap_or(bytes.len());
            let name = self.builder.kept(&format!("{number:02}"));
            // ISA declares the separators, so none of them separates there.
            if is_isa {
                self.part(segment, name, start..end, false)?;
            } else {
                for range in split(self.text, start..end, self.marks[2]) {
                    self.part(segment, name, range, true)?;
                }
            }
            start = end;
        }
        Ok(())
    }

    fn part(&mut self, parent: u32, name: Slice, range: Range<usize>, may_have_parts: bool) -> Result<(), Full> {
        let node = self.builder.add(parent, Kind::Part, name, range.start)?;
        self.set_span(node, range.clone());
        let has_parts = may_have_parts && self.text.as_bytes()[range.clone()].contains(&self.marks[1]);
        if !has_parts {
            self.builder.node(node).text = Builder::verbatim(range);
            return Ok(());
        }
        for (at, component) in split(self.text, range, self.marks[1]).into_iter().enumerate() {
            let name = self.builder.kept(&(at + 1).to_string());
            let inner = self.builder.add(node, Kind::Part, name, component.start)?;
            self.set_span(inner, component.clone());
            self.builder.node(inner).text = Builder::verbatim(component);
        }
        Ok(())
    }

    fn set_span(&mut self, id: u32, range: Range<usize>) {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(0);
        let record = self.builder.node(id);
        record.span = narrow(range.start)..narrow(range.end);
        record.value = record.span.clone();
    }
}

/// The parts of a range between separators; 0 separates nothing.
fn split(text: &str, range: Range<usize>, separator: u8) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = range.start;
    for (at, byte) in text.as_bytes()[range.clone()].iter().enumerate() {
        if separator != 0 && *byte == separator {
            out.push(start..range.start + at);
            start = range.start + at + 1;
        }
    }
    out.push(start..range.end);
    out
}
