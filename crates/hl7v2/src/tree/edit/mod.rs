//! Edits: set, insert, delete.
//!
//! Promises: an edit changes its own bytes and, where fields before it are missing, adds the separators that reach it;
//! a refused edit changes nothing and says why. All places of one call are found and checked before the first byte
//! moves. A buffer that came in shared is copied once, by the first edit.
//! Never: tidying (trailing separators, line ends and stray lines stay).

mod aim;
mod rebuild;
mod segment;
mod value;

pub(crate) use rebuild::Rebuilt;
pub use segment::Place;
pub use value::Value;

use super::{Buffer, Message};
use crate::charset::{Charset, shape};
use crate::path::{Index, Path};
use crate::{Error, codes};
use aim::Target;
use std::borrow::Cow;
use std::ops::Range;

impl Message {
    /// Writes `value` at `path`. Where the path says nothing, the first segment and the first repetition are meant,
    /// but a field without a component is the whole field. Missing fields, repetitions and components are made by
    /// padding; `[+]` makes a new repetition; a missing segment is not made.
    ///
    /// # Errors
    /// [`Error::Refused`]: E1041 no such segment, E1042 MSH-1 and MSH-2, E1043 a character that the set lacks, E1044
    /// separators that the place cannot hold, E1045 no repetition matches the filter, E1046 MSH-18 of a message that
    /// holds characters of another set. [`Error::Unsupported`] for unknown groups.
    ///
    /// ```
    /// use hl7v2::{Message, Path, Value};
    /// let (mut message, _) = Message::parse("MSH|^~\\&\rPID|1\r");
    /// message.set(&Path::parse("PID-5.2")?, Value::Text("Ann & Bo"))?;
    /// assert_eq!(&*message.write(), b"MSH|^~\\&\rPID|1||||^Ann \\T\\ Bo\r");
    /// # Ok::<(), hl7v2::Error>(())
    /// ```
    pub fn set(&mut self, path: &Path, value: Value<'_>) -> Result<(), Error> {
        self.check_edit(path)?;
        if path.is_segment() {
            return Err(Error::refused(codes::E1042, path, "a whole segment cannot be set")
                .with_hint("insert the segment, or set its fields"));
        }
        let mut targets = Vec::with_capacity(1);
        for line in self.lines_to_set(path)? {
            self.aim_set(line, path, &mut targets)?;
        }
        self.write_targets(path, &targets, value)
    }

    /// Inserts a repetition before the one that `path` names (`PID-3[2]`); behind the last, as [`Message::set`] does,
    /// if there are fewer.
    ///
    /// # Errors
    /// As [`Message::set`]; E1042 for a path that does not name a repetition by number.
    pub fn insert_repetition(&mut self, path: &Path, value: Value<'_>) -> Result<(), Error> {
        self.check_edit(path)?;
        let (Some((_, Index::At(_))), None) = (&path.member.field, path.member.component) else {
            return Err(Error::refused(codes::E1042, path, "a repetition is inserted by its number")
                .with_hint("write it like PID-3[2], or append with PID-3[+]"));
        };
        let mut targets = Vec::new();
        for line in self.lines_to_set(path)? {
            self.aim_set(line, path, &mut targets)?;
        }
        for target in &mut targets {
            target.make_room(self.delimiters.repetition);
        }
        self.write_targets(path, &targets, value)
    }

    /// Removes what `path` names and answers how many places changed: a segment with its line end, a repetition that is
    /// named by number or filter with one separator; the content of fields, components and subcomponents, whose
    /// separators stay so that nothing behind them moves. Where the path says nothing, every segment and every
    /// repetition is meant.
    ///
    /// # Errors
    /// [`Error::Refused`] E1042 for MSH, MSH-1 and MSH-2; [`Error::Unsupported`] for unknown groups.
    pub fn delete(&mut self, path: &Path) -> Result<usize, Error> {
        self.check_edit(path)?;
        if path.is_segment() {
            return self.delete_segments(path);
        }
        if &path.segment == b"MSH" && path.member.field.as_ref().is_some_and(|(number, _)| *number == 18) {
            self.check_charset_change(path, b"")?;
        }
        let mut ranges = Vec::new();
        for line in self.lines_named(path, true) {
            self.aim_delete(line, path, &mut ranges)?;
        }
        let before = self.begin();
        if self.removes_repetitions(path) {
            for (line, range) in ranges.iter().rev() {
                let range = self.with_separator(range.clone());
                self.splice(*line, range, &[]);
            }
        } else {
            let empty = |(line, range): &(usize, Range<usize>)| (*line, range.clone(), Cow::Borrowed(&[][..]));
            self.apply(&ranges.iter().map(empty).collect::<Vec<_>>());
        }
        self.settle(path, before)?;
        Ok(ranges.len())
    }

    /// How many values [`Message::every`] finds.
    #[must_use]
    pub fn count(&self, path: &Path) -> usize {
        self.every(path).count()
    }

    fn check_edit(&mut self, path: &Path) -> Result<(), Error> {
        path.check_evaluable()?;
        match &mut self.origin {
            Some(origin) if !origin.is_lossless => {
                Err(Error::refused(codes::E1042, path, "the message has broken characters in a wide encoding"))
            }
            Some(origin) => {
                origin.is_edited = true;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Lines that a path names: the first or every one where it says nothing.
    fn lines_named(&self, path: &Path, is_every: bool) -> Vec<usize> {
        if !path.groups.is_empty() {
            return self.lines_in_groups(path, is_every);
        }
        let all = (0..self.lines.len()).filter(|at| self.lines[*at].id == path.segment);
        match &path.occurrence {
            Index::Unsaid if !is_every => all.take(1).collect(),
            Index::Unsaid | Index::All => all.collect(),
            Index::At(number) => all.skip(usize::from(*number) - 1).take(1).collect(),
            Index::Append | Index::Where(_) => Vec::new(),
        }
    }

    fn lines_to_set(&self, path: &Path) -> Result<Vec<usize>, Error> {
        let lines = self.lines_named(path, false);
        if lines.is_empty() && path.occurrence != Index::All {
            let text = format!("the message has no such {} segment", path.segment_name());
            return Err(Error::refused(codes::E1041, path, text).with_hint("insert the segment first"));
        }
        Ok(lines)
    }

    fn write_targets(&mut self, path: &Path, targets: &[Target], value: Value<'_>) -> Result<(), Error> {
        let bytes = self.bytes_of(path, value)?;
        for target in targets {
            self.check_fits(path, &bytes, target.level)?;
        }
        if &path.segment == b"MSH" && path.member.field.as_ref().is_some_and(|(number, _)| *number == 18) {
            self.check_charset_change(path, &bytes)?;
        }
        self.check_growth(
            path,
            targets.iter().map(|target| target.before.len() + target.after.len() + bytes.len()).sum(),
        )?;
        let present = targets.iter().filter(|target| !(target.is_missing && bytes.is_empty()));
        let changes: Vec<Change<'_>> = present
            .map(|target| {
                let padding = target.before.len() + target.after.len();
                let value = if padding == 0 {
                    Cow::Borrowed(&*bytes)
                } else {
                    Cow::Owned([&target.before[..], &bytes, &target.after].concat())
                };
                (target.line, target.range.clone(), value)
            })
            .collect();
        let before = self.begin();
        self.apply(&changes);
        self.is_ascii &= bytes.is_ascii();
        self.settle(path, before)
    }

    /// Bounds are 32 bits, and no interface may pass on more.
    fn check_growth(&self, path: &Path, added: usize) -> Result<(), Error> {
        if self.buffer().len().saturating_add(added) <= message::limits::FRAME_BYTES_CEILING {
            return Ok(());
        }
        Err(Error::refused(codes::E1019, path, "the message would become larger than 2 GiB"))
    }

    /// MSH-18 may change while nothing in the message depends on it.
    fn check_charset_change(&self, path: &Path, name: &[u8]) -> Result<(), Error> {
        // ESC is ASCII, and a switch in the ISO-2022-JP family.
        let is_plain = self.is_ascii && self.shape.is_none() && !self.buffer().contains(&0x1B);
        if is_plain || Charset::named(name) == Some(self.charset) {
            return Ok(());
        }
        Err(Error::refused(
            codes::E1046,
            path,
            "the message holds characters of its present set, which would change their meaning",
        ))
    }

    /// Makes changes that are in order and do not overlap. A few move the bytes behind them one by one; many are
    /// written into a new buffer in one pass, so that `OBX[*]-5` of a large message stays linear.
    fn apply(&mut self, changes: &[Change<'_>]) {
        /// Up to here moving is cheaper than copying all.
        const MOVES_MAX: usize = 4;
        if changes.len() <= MOVES_MAX {
            for (line, range, bytes) in changes.iter().rev() {
                self.splice(*line, range.clone(), bytes);
            }
            return;
        }
        for (line, _, bytes) in changes {
            self.lines[*line].has_escape |= memchr::memchr(self.delimiters.escape, bytes).is_some();
        }
        let mut rest = changes.iter().peekable();
        let mut shift = 0isize;
        for (number, line) in self.lines.iter_mut().enumerate() {
            line.start = line.start.wrapping_add_signed(shift as i32);
            while let Some((_, range, bytes)) = rest.next_if(|(at, ..)| *at == number) {
                shift += bytes.len() as isize - range.len() as isize;
            }
            line.end = line.end.wrapping_add_signed(shift as i32);
        }
        let rewritten = rewrite(self.buffer(), changes);
        let masked =
            |(line, range, bytes): &Change<'_>| (*line, range.clone(), Cow::Owned(self.masked(bytes).into_owned()));
        self.shape = self.shape.as_ref().map(|shape| rewrite(shape, &changes.iter().map(masked).collect::<Vec<_>>()));
        self.buffer = Buffer::Owned(rewritten);
    }

    /// Replaces bytes of one line in the buffer and moves the bounds behind them.
    fn splice(&mut self, line: usize, range: Range<usize>, bytes: &[u8]) {
        replace(self.buffer.owned(), range.clone(), bytes);
        let masked = self.masked(bytes);
        if let Some(shape) = &mut self.shape {
            replace(shape, range.clone(), &masked);
        }
        self.lines[line].has_escape |= memchr::memchr(self.delimiters.escape, bytes).is_some();
        let moved = |position: u32| (position as usize + bytes.len()).saturating_sub(range.len()) as u32;
        self.lines[line].end = moved(self.lines[line].end);
        if bytes.len() != range.len() {
            for later in &mut self.lines[line + 1..] {
                later.start = moved(later.start);
                later.end = moved(later.end);
            }
        }
    }

    /// Before an edit in a character set that needs a shape: a copy to go back to, and a shape to edit along.
    fn begin(&mut self) -> Option<Message> {
        let before = self.charset.needs_shape().then(|| self.clone())?;
        if self.shape.is_none() {
            self.shape = Some(self.buffer().to_vec());
        }
        Some(before)
    }

    /// What an edit may have changed besides bytes: the declared set, the shape. Beside half a character the new bytes
    /// would be read as its other half, separators and all: then the message goes back to what it was.
    fn settle(&mut self, path: &Path, before: Option<Message>) -> Result<(), Error> {
        if let Some(before) = before {
            let fresh = shape::of(self.buffer(), self.charset);
            if fresh.as_deref().unwrap_or(self.buffer()) != self.shape() {
                *self = before;
                return Err(Error::refused(codes::E1042, path, "half a character stands beside this place"));
            }
            self.shape = fresh;
        }
        if &path.segment == b"MSH" && self.origin.is_none() && self.is_ascii && self.shape.is_none() {
            self.charset = self.declared().unwrap_or(Charset::Utf8);
        }
        Ok(())
    }

    /// Inserted bytes as the shape sees them.
    fn masked<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        shape::of(bytes, self.charset).map_or(Cow::Borrowed(bytes), Cow::Owned)
    }
}

/// Bytes of one line and what replaces them.
type Change<'a> = (usize, Range<usize>, Cow<'a, [u8]>);

/// A copy of `buffer` with the changes made.
fn rewrite(buffer: &[u8], changes: &[Change<'_>]) -> Vec<u8> {
    let added: usize = changes.iter().map(|(_, _, bytes)| bytes.len()).sum();
    let mut out = Vec::with_capacity(buffer.len() + added);
    let mut at = 0;
    for (_, range, bytes) in changes {
        out.extend_from_slice(&buffer[at..range.start]);
        out.extend_from_slice(bytes);
        at = range.end;
    }
    out.extend_from_slice(&buffer[at..]);
    out
}

/// `Vec::splice` without an iterator: two moves at most.
fn replace(buffer: &mut Vec<u8>, range: Range<usize>, bytes: &[u8]) {
    let tail = range.end..buffer.len();
    let end = range.start + bytes.len();
    if end > range.end {
        buffer.resize(buffer.len() + (end - range.end), 0);
    }
    let length = tail.len();
    buffer.copy_within(tail, end);
    buffer[range.start..end].copy_from_slice(bytes);
    buffer.truncate(end + length);
}
