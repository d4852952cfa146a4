//! Writes and reads MLLP frames on a socket; the cutting itself is [`hl7v2::mllp`].
//!
//! Promises: one growing buffer per connection, used again; frames above the limit end the connection.

use bytes::Bytes;
use hl7v2::mllp::{Anomaly, Commit, Deframer, END, END_SECOND, Item, START};
use std::io;
use tokio::{io::AsyncReadExt, net::TcpStream};

/// Room made before each read, so that a connection settles into few reads and no small growths.
const READ_BYTES: usize = 16 * 1024;

/// Appends `content` to `out` as one frame.
pub(super) fn write_frame(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + 3);
    out.push(START);
    out.extend_from_slice(content);
    out.extend_from_slice(&[END, END_SECOND]);
}

/// The reading half of a connection.
pub(super) struct Reader {
    deframer: Deframer,
}

impl Reader {
    pub(super) fn new(frame_bytes_max: usize) -> Reader {
        Reader { deframer: Deframer::new(frame_bytes_max) }
    }

    /// A frame that has come already. Frames too large, and a peer's "not stored" of MLLP release 2, are errors: the
    /// connection is of no more use for what is under way.
    pub(super) fn next_frame(&mut self) -> io::Result<Option<Bytes>> {
        loop {
            match self.deframer.next_item() {
                None => return Ok(None),
                Some(Item::Frame(content)) => return Ok(Some(content)),
                Some(Item::Commit(Commit::NotAcknowledged) | Item::Anomaly(Anomaly::TooLarge { .. })) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                // The acknowledgment itself is still to come, or the next frame is.
                Some(Item::Commit(Commit::Acknowledged) | Item::Anomaly(_)) => {}
            }
        }
    }

    /// Reads once. Losing the future loses no bytes. The end of the stream is an error.
    pub(super) async fn read(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        let buffer = self.deframer.buffer_mut();
        buffer.reserve(READ_BYTES);
        match stream.read_buf(buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut out = Vec::new();
        write_frame(b"MSH|a", &mut out);
        write_frame(b"MSH|b", &mut out);
        let mut reader = Reader::new(100);
        reader.deframer.push(&out);
        assert_eq!(reader.next_frame().unwrap().as_deref(), Some(&b"MSH|a"[..]));
        assert_eq!(reader.next_frame().unwrap().as_deref(), Some(&b"MSH|b"[..]));
        assert!(reader.next_frame().unwrap().is_none());
    }

    #[test]
    fn refuses_what_is_too_large_or_not_stored() {
        let check = |bytes: &[u8]| {
            let mut reader = Reader::new(4);
            reader.deframer.push(bytes);
            assert!(reader.next_frame().is_err());
        };
        check(b"\x0Babcdefgh\x1C\r");
        check(b"\x0B\x15\x1C\r");
    }
}
