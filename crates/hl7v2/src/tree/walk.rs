//! One pass over everything that a message holds: every segment, every repetition that is not empty, every component of
//! it that is not empty, in the order of the bytes.
//!
//! Promises: tells what [`Element`](crate::Element) would find at the same places (a property test holds it to that); one
//! look for the delimiters and then one step for each of them; nothing is allocated once the list of positions has grown
//! to the largest message. MSH-1 and MSH-2 are left out, as in FHS and BHS: they hold no value.
//! Never: decoding; values are the bytes as they stand.
//!
//! ```
//! use hl7v2::{Message, walk::{Visit, Walker}};
//! #[derive(Default)]
//! struct Places(Vec<String>);
//! impl<'m> Visit<'m> for Places {
//!     fn segment(&mut self, id: [u8; 3]) { self.0.push(String::from_utf8_lossy(&id).into_owned()) }
//!     fn component(&mut self, field: u16, component: u16, raw: &'m [u8]) {
//!         self.0.push(format!("{field}.{component}={}", String::from_utf8_lossy(raw)))
//!     }
//!     fn repetition(&mut self, field: u16, raw: &'m [u8], _has_parts: bool) {
//!         self.0.push(format!("{field}={}", String::from_utf8_lossy(raw)))
//!     }
//! }
//! let (message, _) = Message::parse("MSH|^~\\&|ADT\rPID|1||7^^A~\r");
//! let mut places = Places::default();
//! Walker::default().walk(&message, &mut places);
//! assert_eq!(places.0, ["MSH", "3=ADT", "PID", "1=1", "3.1=7", "3.3=A", "3=7^^A"]);
//! ```

use crate::delimiters::is_header;
use crate::lines::Kind;
use crate::{Message, scan};

/// What is told of the places of a message.
pub trait Visit<'m> {
    /// A segment begins.
    fn segment(&mut self, id: [u8; 3]);
    /// A component that is not empty, in a repetition that has separators. Comes before its repetition.
    fn component(&mut self, field: u16, component: u16, raw: &'m [u8]);
    /// The end of a repetition with something in it; `has_parts` when it has component separators. A repetition of
    /// separators alone is empty.
    fn repetition(&mut self, field: u16, raw: &'m [u8], has_parts: bool);
}

/// The positions of the delimiters, kept from message to message.
#[derive(Debug, Default)]
pub struct Walker {
    marks: Vec<u32>,
}

/// Room for positions that is kept; a message with more gives the memory back.
const MARKS_KEPT: usize = 64 * 1024;

impl Walker {
    /// Tells a visitor of every place of a message.
    pub fn walk<'m>(&mut self, message: &'m Message, visit: &mut impl Visit<'m>) {
        let delimiters = message.delimiters();
        let (field, component, repetition) = (delimiters.field, delimiters.component, delimiters.repetition);
        scan::index(message.shape(), [field, component, repetition, field, field], &mut self.marks);
        let mut marks = self.marks.as_slice();
        for line in message.lines.iter().filter(|line| line.kind == Kind::Segment) {
            while let [first, rest @ ..] = marks
                && *first < line.start + 3
            {
                marks = rest;
            }
            visit.segment(line.id);
            let mut of = Line { message, number: 1, visit };
            if is_header(line.id) {
                // The separator itself and the list of delimiters: up to the second field separator.
                let is_field = |mark: &u32| *mark < line.end && message.shape().get(*mark as usize) == Some(&field);
                let second = marks.iter().skip(1).take_while(|mark| **mark < line.end).position(is_field);
                let Some(second) = second else { continue };
                marks = marks.get(second + 1..).unwrap_or_default();
                of.number = 3;
            }
            marks = of.fields(marks, line.end, [field, component]);
        }
        if self.marks.capacity() > MARKS_KEPT {
            self.marks = Vec::new();
        }
    }
}

struct Line<'m, 'v, V> {
    message: &'m Message,
    number: u16,
    visit: &'v mut V,
}

impl<'m, V: Visit<'m>> Line<'m, '_, V> {
    /// `marks` begins with the separator in front of the first field; gives those behind the line.
    #[inline]
    fn fields<'p>(&mut self, marks: &'p [u32], end: u32, [field, component]: [u8; 2]) -> &'p [u32] {
        let Some((first, mut marks)) = marks.split_first().filter(|(first, _)| **first < end) else { return marks };
        let (buffer, shape) = (self.message.buffer(), self.message.shape());
        let mut start = *first + 1;
        loop {
            // Most places of most messages are empty: separators one behind the other are passed over by themselves.
            while let [at, rest @ ..] = marks
                && *at == start
                && start < end
                && shape.get(start as usize) == Some(&field)
            {
                self.number = self.number.saturating_add(1);
                start += 1;
                marks = rest;
            }
            let (whole, mut part, mut has_value) = (start, 1_u16, false);
            // One repetition: up to a separator that is not of its components, or to the end of the line.
            let (at, byte) = loop {
                let (at, byte) = match marks {
                    [at, rest @ ..] if *at < end => {
                        marks = rest;
                        (*at, shape.get(*at as usize).copied())
                    }
                    _ => (end, None),
                };
                let is_part = byte == Some(component);
                if start < at && (is_part || part > 1) {
                    has_value = true;
                    let raw = buffer.get(start as usize..at as usize).unwrap_or_default();
                    self.visit.component(self.number, part, raw);
                }
                if !is_part {
                    break (at, byte);
                }
                part = part.saturating_add(1);
                start = at + 1;
            };
            if has_value || (part == 1 && whole < at) {
                let raw = buffer.get(whole as usize..at as usize).unwrap_or_default();
                self.visit.repetition(self.number, raw, part > 1);
            }
            let Some(byte) = byte else { return marks };
            self.number = self.number.saturating_add(u16::from(byte == field));
            start = at + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Level;
    use proptest::prelude::*;

    type Place = ([u8; 3], u16, u16, Vec<u8>);

    #[derive(Default)]
    struct Told(Vec<Place>, [u8; 3]);

    impl Visit<'_> for Told {
        fn segment(&mut self, id: [u8; 3]) {
            self.1 = id;
            self.0.push((id, 0, 0, Vec::new()));
        }
        fn component(&mut self, field: u16, component: u16, raw: &[u8]) {
            self.0.push((self.1, field, component, raw.to_vec()));
        }
        fn repetition(&mut self, field: u16, raw: &[u8], _: bool) {
            self.0.push((self.1, field, 0, raw.to_vec()));
        }
    }

    /// The same by elements, slowly.
    fn by_elements(message: &Message) -> Vec<Place> {
        let mut places = Vec::new();
        for segment in message.segments() {
            let id = segment.raw()[..3].try_into().unwrap();
            places.push((id, 0, 0, Vec::new()));
            for (number, field) in (1_u16..).zip(segment.parts()) {
                if field.level() == Level::Verbatim {
                    continue;
                }
                for repetition in field.parts() {
                    let parts: Vec<_> = repetition.parts().map(|part| part.raw().to_vec()).collect();
                    if parts.iter().all(Vec::is_empty) {
                        continue;
                    }
                    if parts.len() > 1 {
                        let filled = (1..).zip(&parts).filter(|(_, part)| !part.is_empty());
                        places.extend(filled.map(|(at, part)| (id, number, at, part.clone())));
                    }
                    places.push((id, number, 0, repetition.raw().to_vec()));
                }
            }
        }
        places
    }

    fn check(bytes: &[u8]) {
        let (message, _) = Message::parse(bytes.to_vec());
        let mut told = Told::default();
        Walker::default().walk(&message, &mut told);
        assert_eq!(told.0, by_elements(&message), "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn tells_what_elements_tell() {
        for text in [
            "MSH|^~\\&|A^1|B\rPID|1||7^^A~9^^B~~^^|^^|x\rZZZ\rPV1",
            "MSH|^~\\&\r",
            "MSH|\r",
            "MSH",
            "",
            "nothing|here^at~all",
            "MSH#*~\\&#A*B\nPID#1##7**A\n",
            "MSH|^~\\&|||||||A^B\r\nNTE|1||a line\nand another|x\r\nOBX|1|ST",
            "\rMSH|^~\\&|A\r\r|stray|\rPID||\r",
        ] {
            check(text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn tells_what_elements_tell_of_any_bytes(
            body in proptest::collection::vec(
                prop_oneof![
                    Just(b"|".to_vec()), Just(b"^".to_vec()), Just(b"~".to_vec()), Just(b"\r".to_vec()), Just(b"\n".to_vec()),
                    Just(b"\rPID|".to_vec()), Just(b"\rMSH|^~\\&|".to_vec()), Just(b"A".to_vec()), any::<u8>().prop_map(|byte| vec![byte]),
                ],
                0..60,
            ),
        ) {
            check(&[b"MSH|^~\\&|A".to_vec(), body.concat()].concat());
        }
    }
}
