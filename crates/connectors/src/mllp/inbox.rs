//! What a peer has sent so far, cut into frames as it arrives.
//!
//! Promises: memory grows only with bytes that really came, up to the limit of a frame; each byte is looked at once
//! however many reads a frame takes; the content of a frame is exactly the bytes between its marks.
//! Never: waits, or puts a byte of content into a reason.
//!
//! Peers write frames loosely. What is forgiven (and reported once each): bytes before 0x0B are skipped; CR and LF
//! between frames are silent; a frame may end with 0x1C alone where its last segment ended with CR; a new 0x0B that
//! begins a header (`MSH`, `FHS`, `BHS`) inside a frame means that the frame before it broke off.

use crate::codes;
use bytes::{Buf, Bytes, BytesMut};
use memchr::{memchr, memchr2};
use message::Reason;
use std::io;
use tokio::{io::AsyncReadExt, net::TcpStream};

const START: u8 = 0x0B;
const END: u8 = 0x1C;
/// First size of a connection's buffer: an ordinary ADT fits, and a thousand idle connections cost 4 MB.
const BUFFER_BYTES_MIN: usize = 4 * 1024;
/// Longest step by which the buffer grows ahead of what was received.
const BUFFER_STEP_MAX: usize = 1024 * 1024;
/// Up to here a frame is copied out, so that a kept message does not keep the buffer; beyond, the buffer goes with it.
const COPY_BYTES_MAX: usize = 64 * 1024;

/// What came.
#[derive(Debug)]
pub(crate) enum Item {
    /// The content of a frame.
    Frame(Bytes),
    /// Bytes outside frames, skipped.
    Junk {
        /// How many.
        bytes: usize,
        /// The same in words.
        reason: Reason,
    },
    /// A frame that is not written as it should be; reading goes on.
    Odd(Reason),
    /// The frame under way is larger than the limit; nothing that follows can be trusted.
    TooLarge(Reason),
}

/// Received bytes and the state of cutting.
pub(crate) struct Inbox {
    buffer: BytesMut,
    is_inside: bool,
    /// How much of the buffer was searched for an end already.
    searched: usize,
    /// The last frame ended without CR; whether that was odd shows with the next byte.
    is_return_owed: bool,
    frame_bytes_max: usize,
}

impl Inbox {
    pub(crate) fn new(frame_bytes_max: usize) -> Inbox {
        Inbox { buffer: BytesMut::new(), is_inside: false, searched: 0, is_return_owed: false, frame_bytes_max }
    }

    /// A frame has begun and not ended.
    pub(crate) fn is_inside(&self) -> bool {
        self.is_inside
    }

    /// Bytes that were read and are not yet cut.
    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Waits for bytes and takes what is there, at most one system call; 0 is the end of the stream. Cancelling loses
    /// nothing.
    pub(crate) async fn fill(&mut self, stream: &mut TcpStream) -> io::Result<usize> {
        self.make_room();
        // Through `AsyncRead`, because the runtime then knows from a short read that nothing more is there and saves
        // the system call that would only say so.
        stream.read_buf(&mut self.buffer).await
    }

    /// Adds bytes that were read elsewhere.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    fn make_room(&mut self) {
        if self.buffer.capacity() - self.buffer.len() < BUFFER_BYTES_MIN / 2 {
            self.buffer.reserve(self.buffer.len().clamp(BUFFER_BYTES_MIN, BUFFER_STEP_MAX));
        }
    }

    /// The next thing that is complete; `None` when more bytes are needed.
    pub(crate) fn next(&mut self) -> Option<Item> {
        if !self.is_inside {
            let junk = self.seek_start();
            if junk.is_some() {
                return junk;
            }
        }
        if self.is_inside { self.seek_end() } else { None }
    }

    /// Skips to what follows the next 0x0B.
    fn seek_start(&mut self) -> Option<Item> {
        let start = memchr(START, &self.buffer);
        let skipped = &self.buffer[..start.unwrap_or(self.buffer.len())];
        let has_return = skipped.contains(&b'\r');
        let junk = skipped.iter().filter(|byte| !matches!(byte, b'\r' | b'\n')).count();
        let is_odd = self.is_return_owed && !has_return && (start.is_some() || junk > 0);
        self.is_return_owed &= !has_return && !is_odd;
        match start {
            Some(start) => {
                self.buffer.advance(start + 1);
                self.is_inside = true;
                self.searched = 0;
            }
            None => self.buffer.clear(),
        }
        if junk > 0 {
            let reason = Reason::new(codes::E6101, format!("{junk} bytes outside a frame were skipped"));
            return Some(Item::Junk { bytes: junk, reason });
        }
        is_odd.then(|| {
            Item::Odd(Reason::new(codes::E6105, "a frame ended with 0x1C without the 0x0D that belongs to it"))
        })
    }

    /// Looks for the end of the frame under way, from where the last search stopped.
    fn seek_end(&mut self) -> Option<Item> {
        while let Some(offset) = memchr2(END, START, &self.buffer[self.searched..]) {
            let at = self.searched + offset;
            let after = &self.buffer[at + 1..];
            if self.buffer[at] == START {
                if after.len() < 3 && at <= self.frame_bytes_max {
                    self.searched = at;
                    return None;
                }
                if matches!(after.get(..3), Some(b"MSH" | b"FHS" | b"BHS")) {
                    return Some(self.restart(at));
                }
            } else if let Some(ending) = self.read_end(at) {
                return self.finish(at, ending);
            }
            self.searched = at + 1;
        }
        self.searched = self.buffer.len();
        self.check_size(self.buffer.len())
    }

    /// What 0x1C at `at` means: `None` if it is content, otherwise how many bytes end the frame (0: not known yet).
    fn read_end(&self, at: usize) -> Option<usize> {
        match self.buffer.get(at + 1) {
            Some(b'\r') => Some(2),
            // Content that stops with a complete segment, then the end mark: the sender left out the CR.
            None | Some(&START | b'\n') if at > 0 && self.buffer[at - 1] == b'\r' => Some(1),
            None => Some(0),
            Some(_) => None,
        }
    }

    fn finish(&mut self, at: usize, ending: usize) -> Option<Item> {
        if ending == 0 {
            self.searched = at;
            return self.check_size(at);
        }
        if let Some(too_large) = self.check_size(at) {
            return Some(too_large);
        }
        self.is_inside = false;
        self.is_return_owed = ending == 1;
        let content = if at > COPY_BYTES_MAX {
            self.buffer.split_to(at).freeze()
        } else {
            Bytes::copy_from_slice(&self.buffer[..at])
        };
        self.buffer.advance(if at > COPY_BYTES_MAX { ending } else { at + ending });
        if content.is_empty() {
            return Some(Item::Odd(Reason::new(codes::E6105, "an empty frame was skipped")));
        }
        Some(Item::Frame(content))
    }

    /// A header inside a frame: the one before it broke off.
    fn restart(&mut self, at: usize) -> Item {
        self.buffer.advance(at + 1);
        self.searched = 0;
        Item::Odd(Reason::new(
            codes::E6102,
            format!("a frame of {at} bytes had no end before the next one began; skipped"),
        ))
    }

    fn check_size(&self, size: usize) -> Option<Item> {
        (size > self.frame_bytes_max).then(|| {
            let text = format!("a frame is larger than {} bytes; the connection is closed", self.frame_bytes_max);
            Item::TooLarge(Reason::new(codes::E6104, text))
        })
    }
}
