//! Many segments changed at once: one pass over the bytes, whatever is changed.

use super::super::{Element, Message};
use crate::lines::Kind;
use crate::path::Path;
use crate::{Error, codes};

/// What becomes of a segment.
pub(crate) enum Rebuilt {
    /// It stays as it is.
    Same,
    /// It goes, with its line end.
    Gone,
    /// It becomes this; the line end stays.
    Bytes(Vec<u8>),
}

impl Message {
    /// The message with every segment as `change` has it; what stands between segments stays. `None` where nothing
    /// changes. The bytes given back are in this message's delimiters and character set.
    ///
    /// # Errors
    /// E1042 for a message with broken characters in a wide encoding, which cannot be written again.
    pub(crate) fn rebuilt(&self, mut change: impl FnMut(Element<'_>) -> Rebuilt) -> Result<Option<Message>, Error> {
        if self.origin.as_ref().is_some_and(|origin| !origin.is_lossless) {
            let text = "the message has broken characters in a wide encoding";
            return Err(Error::refused(codes::E1042, Path::field(b"MSH", 1), text));
        }
        let buffer = self.buffer();
        let mut out: Option<Vec<u8>> = None;
        let mut at = 0;
        for (number, line) in self.lines.iter().enumerate().filter(|(_, line)| line.kind == Kind::Segment) {
            let (bytes, next) = match change(Element::segment(self, line)) {
                Rebuilt::Same => continue,
                Rebuilt::Gone => (Vec::new(), self.next_start(number)),
                Rebuilt::Bytes(bytes) => (bytes, line.end as usize),
            };
            let out = out.get_or_insert_with(|| Vec::with_capacity(buffer.len()));
            out.extend_from_slice(&buffer[at..line.start as usize]);
            out.extend_from_slice(&bytes);
            at = next;
        }
        let Some(mut out) = out else { return Ok(None) };
        out.extend_from_slice(&buffer[at..]);
        Ok(Some(Message::parse(self.encode_like(out)).0))
    }
}
