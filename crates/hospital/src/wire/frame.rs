//! MLLP frames: `0B content 1C 0D` (HL7 Transport Specification MLLP, Release 1).
//!
//! Promises: content is handed out as it lay between the two marks; memory is bounded by the limit given.
//! Never: reads a socket.

use bytes::{Buf, BytesMut};

const START: u8 = 0x0B;
const END: u8 = 0x1C;
const CARRIAGE_RETURN: u8 = 0x0D;

/// Appends `content` to `out` as one frame.
pub fn write_frame(content: &[u8], out: &mut Vec<u8>) {
    out.reserve(content.len() + 3);
    out.push(START);
    out.extend_from_slice(content);
    out.extend_from_slice(&[END, CARRIAGE_RETURN]);
}

/// Cuts frames out of a stream of bytes. Bytes outside frames are skipped and counted.
#[derive(Debug)]
pub struct Splitter {
    buffer: BytesMut,
    scanned: usize,
    junk_bytes: u64,
    frame_bytes_max: usize,
}

impl Splitter {
    /// A splitter that gives up on frames above `frame_bytes_max`.
    #[must_use]
    pub fn new(frame_bytes_max: usize) -> Splitter {
        Splitter { buffer: BytesMut::with_capacity(8 * 1024), scanned: 0, junk_bytes: 0, frame_bytes_max }
    }

    /// Where newly read bytes go.
    pub fn buffer_mut(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next whole frame's content, if there is one.
    pub fn next_frame(&mut self) -> Option<BytesMut> {
        self.skip_junk();
        if self.buffer.first() != Some(&START) {
            return None;
        }
        let mut from = self.scanned.max(1);
        while let Some(found) = memchr::memchr(END, &self.buffer[from..]) {
            let end = from + found;
            match self.buffer.get(end + 1) {
                Some(&CARRIAGE_RETURN) => {
                    let mut frame = self.buffer.split_to(end + 2);
                    self.scanned = 0;
                    frame.advance(1);
                    frame.truncate(end - 1);
                    return Some(frame);
                }
                // A lone 1C is content: MLLP forbids it there, but a peer that sends it is easier to see than to lose.
                Some(_) => from = end + 1,
                None => {
                    self.scanned = end;
                    return None;
                }
            }
        }
        self.scanned = self.buffer.len();
        None
    }

    /// More bytes are waiting for their end than a frame may have.
    #[must_use]
    pub fn is_oversized(&self) -> bool {
        self.buffer.len() > self.frame_bytes_max.saturating_add(3)
    }

    /// Bytes seen outside frames.
    #[must_use]
    pub fn junk_bytes(&self) -> u64 {
        self.junk_bytes
    }

    fn skip_junk(&mut self) {
        if self.buffer.first().is_none_or(|&byte| byte == START) {
            return;
        }
        let junk = memchr::memchr(START, &self.buffer).unwrap_or(self.buffer.len());
        self.junk_bytes += junk as u64;
        self.buffer.advance(junk);
        self.scanned = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(chunks: &[&[u8]], expect: &[&[u8]], junk: u64) {
        let mut splitter = Splitter::new(100);
        let mut frames = Vec::new();
        for chunk in chunks {
            splitter.buffer_mut().extend_from_slice(chunk);
            while let Some(frame) = splitter.next_frame() {
                frames.push(frame.to_vec());
            }
        }
        assert_eq!(frames, expect);
        assert_eq!(splitter.junk_bytes(), junk);
    }

    #[test]
    fn cuts_frames() {
        check(&[b"\x0Bab\x1C\r"], &[b"ab"], 0);
        check(&[b"\x0Ba", b"b\x1C", b"\r\x0Bc\x1C\r"], &[b"ab", b"c"], 0);
        check(&[b"xx\x0Ba\x1Cb\x1C\ry\x0B\x1C\r"], &[b"a\x1Cb", b""], 3);
        check(&[b"\x0Babc"], &[], 0);
        check(&[b"\r\n"], &[], 2);
    }

    #[test]
    fn says_when_too_large() {
        let mut splitter = Splitter::new(4);
        splitter.buffer_mut().extend_from_slice(b"\x0Babcdefgh");
        assert!(splitter.next_frame().is_none());
        assert!(splitter.is_oversized());
    }

    #[test]
    fn writes_what_it_cuts() {
        let mut out = Vec::new();
        write_frame(b"MSH|", &mut out);
        check(&[&out], &[b"MSH|"], 0);
    }
}
