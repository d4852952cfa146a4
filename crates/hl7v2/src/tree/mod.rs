//! The message: one buffer plus bounds.
//!
//! Owns the bytes, where lines begin and end, the delimiters and the character set. Fields are found when asked for, by
//! counting separators in vector registers; nothing is allocated for what nobody reads.
//!
//! Promises: parsing never fails; `Message::parse(b).0.to_bytes() == b` for any bytes; what is read is borrowed
//! wherever nothing had to be decoded; an edit changes its own bytes only ([`edit`]).
//! Never: trimming, re-encoding, or knowledge of what a segment means beyond MSH.

mod blanks;
mod edit;
mod element;
mod parse;
mod parts;
mod select;
#[cfg(test)]
mod tests;
pub mod walk;

pub(crate) use edit::Rebuilt;
pub use edit::{Place, Value};
pub use element::{Element, Elements, Level, State};
pub use parts::{Filled, Only};
pub use select::Selection;

use crate::charset::{Charset, wide::Wide};
use crate::lines::{Kind, Line};
use crate::scan::Scanned;
use crate::{Delimiters, Path};
use bytes::Bytes;
use message::Diagnostic;
use std::borrow::Cow;
use std::fmt;

/// A parsed HL7 v2 message.
///
/// `Debug` prints the shape only, never content.
#[derive(Clone)]
pub struct Message {
    buffer: Buffer,
    /// Same length as the buffer; only in character sets whose second bytes can equal a delimiter.
    shape: Option<Vec<u8>>,
    lines: Vec<Line>,
    delimiters: Delimiters,
    charset: Charset,
    /// All bytes of the buffer are ASCII.
    is_ascii: bool,
    /// Position of the header in `lines`.
    header: Option<u32>,
    /// What the bytes were before they were transcribed.
    origin: Option<Box<Origin>>,
}

/// The bytes, shared with whoever received them until the first edit.
#[derive(Clone)]
enum Buffer {
    Shared(Scanned),
    Owned(Vec<u8>),
}

impl Buffer {
    /// The bytes for change; a shared buffer is copied.
    fn owned(&mut self) -> &mut Vec<u8> {
        loop {
            match self {
                Buffer::Owned(bytes) => return bytes,
                Buffer::Shared(scanned) => {
                    let bytes = scanned.bytes();
                    let mut copy = Vec::with_capacity(bytes.len() + EDIT_SPARE_BYTES);
                    copy.extend_from_slice(bytes);
                    *self = Buffer::Owned(copy);
                }
            }
        }
    }
}

/// Room for a few edits, so that the first does not copy twice.
const EDIT_SPARE_BYTES: usize = 256;

/// A message in UTF-16 or UTF-32.
#[derive(Clone)]
struct Origin {
    raw: Bytes,
    wide: Wide,
    /// The transcription gives the same bytes back.
    is_lossless: bool,
    is_edited: bool,
}

impl Message {
    /// Reads any bytes. Content is never refused: what is odd is said, and everything is kept.
    ///
    /// The bytes are shared, not copied; `Vec<u8>`, `String` and `Bytes` go in as they are.
    ///
    /// ```
    /// use hl7v2::{Message, Path};
    /// let (message, diagnostics) = Message::parse("MSH|^~\\&|LAB\rPID|1||77^^^NORTH^MR\r");
    /// assert!(diagnostics.is_empty());
    /// assert_eq!(message.text(&Path::parse("PID-3.4")?), "NORTH");
    /// # Ok::<(), hl7v2::Error>(())
    /// ```
    #[must_use]
    pub fn parse(bytes: impl Into<Bytes>) -> (Message, Vec<Diagnostic>) {
        parse::parse(bytes.into())
    }

    /// Reads borrowed bytes, which are copied.
    #[must_use]
    pub fn parse_slice(bytes: &[u8]) -> (Message, Vec<Diagnostic>) {
        parse::parse(Bytes::copy_from_slice(bytes))
    }

    /// The message as it goes out: for an unedited message exactly the bytes that came in.
    #[must_use]
    pub fn write(&self) -> Cow<'_, [u8]> {
        match &self.origin {
            Some(origin) if !origin.is_edited => Cow::Borrowed(&origin.raw),
            Some(origin) => Cow::Owned(origin.wide.encode(&String::from_utf8_lossy(self.buffer()))),
            None => Cow::Borrowed(self.buffer()),
        }
    }

    /// The same as shared bytes; free of copies when nothing was edited.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        match (&self.origin, &self.buffer) {
            (Some(origin), _) if !origin.is_edited => origin.raw.clone(),
            (None, Buffer::Shared(scanned)) => scanned.bytes().clone(),
            _ => Bytes::from(self.write().into_owned()),
        }
    }

    /// Takes the bytes out without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        match (self.origin, self.buffer) {
            (None, Buffer::Shared(scanned)) => scanned.into_bytes(),
            (None, Buffer::Owned(bytes)) => Bytes::from(bytes),
            (origin, buffer) => Message { origin, buffer, ..Message::empty() }.to_bytes(),
        }
    }

    /// UTF-8 bytes as this message is encoded: an answer to UTF-16 is UTF-16.
    pub(crate) fn encode_like(&self, bytes: Vec<u8>) -> Vec<u8> {
        match &self.origin {
            Some(origin) => origin.wide.encode(&String::from_utf8_lossy(&bytes)),
            None => bytes,
        }
    }

    /// The delimiters that MSH declares.
    #[must_use]
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// The character set in which values are read and written.
    #[must_use]
    pub fn charset(&self) -> Charset {
        self.charset
    }

    /// How many segments there are; blank and stray lines do not count.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.lines.iter().filter(|line| line.kind == Kind::Segment).count()
    }

    /// Every segment, in order.
    pub fn segments(&self) -> impl Iterator<Item = Element<'_>> {
        self.lines.iter().filter(|line| line.kind == Kind::Segment).map(|line| Element::segment(self, line))
    }

    /// The segments with this id, in order.
    pub fn segments_named(&self, id: [u8; 3]) -> impl Iterator<Item = Element<'_>> {
        self.lines.iter().filter(move |line| line.id == id).map(|line| Element::segment(self, line))
    }

    /// The header segment (MSH), if there is one.
    #[must_use]
    pub fn header(&self) -> Option<Element<'_>> {
        self.lines.get(self.header? as usize).map(|line| Element::segment(self, line))
    }

    /// There is an MSH segment.
    #[must_use]
    pub fn has_header(&self) -> bool {
        self.header.is_some()
    }

    /// Every line as it stands, without its line end: segments, blank and stray ones.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().map(|line| &self.buffer()[line.range()])
    }

    /// The same, each with its shape: where a byte is no delimiter or line end, though it looks like one.
    pub(crate) fn shaped_lines(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (&self.buffer()[line.range()], &self.shape()[line.range()]))
    }

    /// It was read from UTF-16 or UTF-32.
    pub(crate) fn is_wide(&self) -> bool {
        self.origin.is_some()
    }

    /// The decoded text of the first value at `path`; empty where there is none.
    #[must_use]
    pub fn text(&self, path: &Path) -> Cow<'_, str> {
        self.first(path).map_or(Cow::Borrowed(""), |element| element.text())
    }

    /// The decoded text of bytes of this message that a [walk](walk::Visit) told of.
    #[must_use]
    pub fn text_of<'m>(&'m self, raw: &'m [u8]) -> Cow<'m, str> {
        let start = (raw.as_ptr() as usize).checked_sub(self.buffer().as_ptr() as usize);
        let shape = start.and_then(|start| self.shape().get(start..start + raw.len()));
        crate::text::decode(raw, shape.unwrap_or(raw), self.delimiters, self.charset)
    }

    /// The bytes of the first value at `path`, as they stand; empty where there is none.
    #[must_use]
    pub fn raw(&self, path: &Path) -> &[u8] {
        self.first(path).map_or(&[], |element| element.raw())
    }

    /// Which of the three states the first value at `path` is in.
    #[must_use]
    pub fn state(&self, path: &Path) -> State {
        self.first(path).map_or(State::Empty, |element| element.state())
    }

    /// The bytes that structure was read from, without the masking of multi-byte characters.
    #[inline]
    fn buffer(&self) -> &[u8] {
        match &self.buffer {
            Buffer::Shared(scanned) => scanned.bytes(),
            Buffer::Owned(bytes) => bytes,
        }
    }

    /// The bytes that structure is read from.
    #[inline]
    fn shape(&self) -> &[u8] {
        match &self.shape {
            Some(shape) => shape,
            None => self.buffer(),
        }
    }

    /// A range of an unedited message in ASCII, as text.
    #[inline]
    fn plain(&self, range: std::ops::Range<usize>) -> Option<&str> {
        match &self.buffer {
            // ESC is ASCII: in the ISO-2022-JP family a shape exists as soon as one occurs.
            Buffer::Shared(scanned) if self.shape.is_none() => scanned.ascii(range),
            Buffer::Shared(_) | Buffer::Owned(_) => None,
        }
    }

    fn empty() -> Message {
        Message {
            buffer: Buffer::Owned(Vec::new()),
            shape: None,
            lines: Vec::new(),
            delimiters: Delimiters::default(),
            charset: Charset::Utf8,
            is_ascii: true,
            header: None,
            origin: None,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({} bytes, {} segments)", self.buffer().len(), self.segment_count())
    }
}
