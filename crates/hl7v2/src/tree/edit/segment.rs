//! Whole segments: insert and delete.

use super::super::{Buffer, Element, Level, Message};
use super::Value;
use crate::delimiters::{is_header, opens_segment};
use crate::lines::{Kind, Line};
use crate::path::Path;
use crate::{Error, codes};
use std::borrow::Cow;

/// Where a segment is inserted.
#[derive(Clone, Copy, Debug)]
pub enum Place<'p> {
    /// Behind the segment that the path names: the last one, where it names several.
    After(&'p Path),
    /// In front of the segment that the path names: the first one, where it names several.
    Before(&'p Path),
    /// Behind the last segment.
    End,
}

impl Message {
    /// Inserts a segment: [`Value::Raw`] text such as `ZPD|1|A` in this message's delimiters, or a segment
    /// [`Value::Element`] to copy. It gets the line end that the message uses.
    ///
    /// # Errors
    /// [`Error::Refused`]: E1041 nothing at the place, E1042 in front of MSH or not a segment, E1043 and E1044 as
    /// [`Message::set`].
    ///
    /// ```
    /// use hl7v2::{Message, Path, Place, Value};
    /// let (mut message, _) = Message::parse("MSH|^~\\&\rPID|1\rPV1|1\r");
    /// message.insert_segment(Place::After(&Path::parse("PID")?), Value::Raw(b"ZPD|7"))?;
    /// assert_eq!(&*message.write(), b"MSH|^~\\&\rPID|1\rZPD|7\rPV1|1\r");
    /// # Ok::<(), hl7v2::Error>(())
    /// ```
    pub fn insert_segment(&mut self, place: Place<'_>, segment: Value<'_>) -> Result<(), Error> {
        let here = Path { segment: *b"MSH", ..Path::field(b"MSH", 1) };
        let path = match place {
            Place::After(path) | Place::Before(path) => path,
            Place::End => &here,
        };
        let bytes = match segment {
            Value::Raw(_) => self.bytes_of(path, segment)?,
            Value::Element(element) if element.level() == Level::Segment => self.bytes_of(path, segment)?,
            _ => return Err(Error::refused(codes::E1042, path, "only a segment can be inserted between segments")),
        };
        // A segment may hold every separator but a line end.
        self.check_fits(path, &bytes, Level::Segment)?;
        if !opens_segment(&bytes, self.delimiters.field) || is_header([bytes[0], bytes[1], bytes[2]]) {
            return Err(Error::refused(codes::E1042, path, "a segment starts with its id and a field separator")
                .with_hint("write it like ZPD|1"));
        }
        let (at, line) = self.gap(place, path)?;
        self.check_edit(path)?;
        self.check_growth(path, bytes.len() + 2)?;
        let before = self.begin();
        self.put_line(at, line, &bytes);
        self.is_ascii &= bytes.is_ascii();
        self.settle(path, before)
    }

    /// The position and the line number where a new line goes.
    fn gap(&self, place: Place<'_>, path: &Path) -> Result<(usize, usize), Error> {
        let missing = || {
            let text = format!("the message has no such {} segment", path.segment_name());
            Error::refused(codes::E1041, path, text)
        };
        let behind = |at: usize| (self.next_start(at), at + 1);
        match place {
            Place::Before(path) => {
                path.check_evaluable()?;
                let at = self.lines_named(path, true).first().copied().ok_or_else(missing)?;
                if self.header.is_some_and(|header| header as usize >= at) {
                    let text = "nothing can stand in front of the message header";
                    return Err(Error::refused(codes::E1042, path, text));
                }
                Ok((self.lines[at].start as usize, at))
            }
            Place::After(path) => {
                path.check_evaluable()?;
                Ok(behind(self.lines_named(path, true).last().copied().ok_or_else(missing)?))
            }
            Place::End => {
                Ok(behind(self.lines.iter().rposition(|line| line.kind == Kind::Segment).ok_or_else(missing)?))
            }
        }
    }

    /// Where the line behind this one starts.
    pub(super) fn next_start(&self, line: usize) -> usize {
        self.lines.get(line + 1).map_or(self.buffer().len(), |next| next.start as usize)
    }

    /// The line end that the first line has; CR where it has none.
    fn line_end(&self) -> Vec<u8> {
        let Some(first) = self.lines.first() else { return vec![b'\r'] };
        let end = &self.buffer()[first.end as usize..self.next_start(0)];
        if end.is_empty() { vec![b'\r'] } else { end.to_vec() }
    }

    fn put_line(&mut self, at: usize, line: usize, bytes: &[u8]) {
        let end = self.line_end();
        // Behind a last line without a line end, the line end goes in front, and the new last line has none either.
        let is_behind_open_end = line > 0 && self.lines[line - 1].end as usize == at;
        let (text, start) = if is_behind_open_end {
            ([&end[..], bytes].concat(), at + end.len())
        } else {
            ([bytes, &end].concat(), at)
        };
        super::replace(self.buffer.owned(), at..at, &text);
        let masked = self.masked(&text);
        if let Some(shape) = &mut self.shape {
            super::replace(shape, at..at, &masked);
        }
        for later in &mut self.lines[line..] {
            later.start += text.len() as u32;
            later.end += text.len() as u32;
        }
        let fresh = Line {
            start: start as u32,
            end: (start + bytes.len()) as u32,
            id: [bytes[0], bytes[1], bytes[2]],
            kind: Kind::Segment,
            has_escape: memchr::memchr(self.delimiters.escape, bytes).is_some(),
        };
        self.lines.insert(line, fresh);
        if let Some(header) = self.header.as_mut().filter(|header| **header as usize >= line) {
            *header += 1;
        }
    }

    /// See [`Message::delete`].
    pub(super) fn delete_segments(&mut self, path: &Path) -> Result<usize, Error> {
        if is_header(path.segment) {
            return Err(Error::refused(codes::E1042, path, "a message keeps its header"));
        }
        let lines = self.lines_named(path, true);
        if lines.is_empty() {
            return Ok(0);
        }
        let ranges: Vec<_> =
            lines.iter().map(|line| self.lines[*line].start as usize..self.next_start(*line)).collect();
        let changes: Vec<_> = ranges.iter().map(|range| (0, range.clone(), Cow::Borrowed(&[][..]))).collect();
        let rewritten = super::rewrite(self.buffer(), &changes);
        self.shape = self.shape.as_ref().map(|shape| super::rewrite(shape, &changes));
        self.buffer = Buffer::Owned(rewritten);
        let mut gone = lines.iter().zip(&ranges).peekable();
        let mut removed = 0;
        let mut kept = Vec::with_capacity(self.lines.len());
        for (number, line) in self.lines.iter().enumerate() {
            match gone.next_if(|(at, _)| **at == number) {
                Some((_, range)) => removed += range.len() as u32,
                None => kept.push(Line { start: line.start - removed, end: line.end - removed, ..*line }),
            }
        }
        self.lines = kept;
        self.header = self.lines.iter().position(|line| &line.id == b"MSH").map(|at| at as u32);
        Ok(lines.len())
    }

    /// The last segment.
    #[must_use]
    pub fn last_segment(&self) -> Option<Element<'_>> {
        self.lines.iter().rposition(|line| line.kind == Kind::Segment).and_then(|at| self.element_of_line(at))
    }
}
