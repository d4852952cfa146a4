//! What a peer has sent so far: the deframer of `hl7v2` fed from a socket.
//!
//! Promises: memory grows only with bytes that really came, up to the limit of a frame; a frame that is kept keeps its
//! own bytes alive and no more.
//! Never: puts a byte of content into a reason.

use crate::codes;
use bytes::{Bytes, BytesMut};
use hl7v2::mllp::{self, Anomaly, Commit, Deframer};
use message::Reason;
use std::{io, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How long the 0x0D behind 0x1C may stay out: within one packet it always comes at once, and some peers never send it.
pub(super) const LAST_BYTE_TIME_MAX: Duration = Duration::from_millis(200);
/// First size of a connection's buffer: an ordinary ADT fits, and a thousand idle connections cost 4 MB.
const BUFFER_BYTES_MIN: usize = 4 * 1024;
/// From here on the buffer grows with an eye on the limit, and beyond the limit by this much.
const BUFFER_STEP_MAX: usize = 1024 * 1024;
/// Up to here a frame is copied out, so that a kept message does not keep the buffer; beyond, the buffer goes with it.
const COPY_BYTES_MAX: usize = 64 * 1024;

/// What came.
pub(crate) enum Item {
    /// The content of a frame, not empty.
    Frame(Bytes),
    /// A commit acknowledgment (release 2).
    Commit(Commit),
    /// Something that MLLP does not allow; reading goes on.
    Odd(Reason),
    /// The frame under way is larger than the limit.
    TooLarge(Reason),
}

/// Received bytes and the state of cutting.
pub(crate) struct Inbox {
    deframer: Deframer,
    frame_bytes_max: usize,
    /// The peer has ended its side; what is left is final.
    is_over: bool,
}

impl Inbox {
    pub(crate) fn new(frame_bytes_max: usize) -> Inbox {
        Inbox { deframer: Deframer::new(frame_bytes_max), frame_bytes_max, is_over: false }
    }

    /// A frame has begun and not ended.
    pub(crate) fn is_inside(&self) -> bool {
        self.deframer.is_inside_frame()
    }

    /// The peer has ended its side and everything it sent was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Everything of a frame has come except the 0x0D that ends it.
    pub(crate) fn lacks_last_byte(&mut self) -> bool {
        self.is_inside() && self.deframer.buffer_mut().last() == Some(&mllp::END)
    }

    /// Takes such a frame as it is: the anomaly, and then `next` gives the frame.
    pub(crate) fn take_without_last_byte(&mut self) -> Option<Item> {
        self.deframer.take_pending().map(|item| self.read(item))
    }

    /// Bytes of the frame that has begun.
    pub(crate) fn pending_bytes(&self) -> usize {
        self.deframer.pending_bytes()
    }

    /// Bytes outside frames since the connection began.
    pub(crate) fn junk_bytes(&self) -> u64 {
        self.deframer.counts().junk_bytes
    }

    /// Waits for bytes and takes what is there, at most one system call; 0 is the end of the stream. Cancelling loses
    /// nothing.
    pub(crate) async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        let buffer = self.deframer.buffer_mut();
        if buffer.capacity() - buffer.len() < BUFFER_BYTES_MIN / 2 {
            match grown_bytes(buffer.len(), self.frame_bytes_max) {
                None => buffer.reserve(buffer.len().max(BUFFER_BYTES_MIN)),
                Some(capacity) => {
                    let mut grown = BytesMut::with_capacity(capacity);
                    grown.extend_from_slice(buffer);
                    *buffer = grown;
                }
            }
        }
        // Through `AsyncRead`, because the runtime then knows from a short read that nothing more is there and saves
        // the system call that would only say so.
        let count = stream.read_buf(buffer).await?;
        self.is_over = count == 0;
        Ok(count)
    }

    /// Adds bytes that were read elsewhere.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.deframer.push(bytes);
    }

    /// The next thing that is complete; `None` when more bytes are needed.
    pub(crate) fn next(&mut self) -> Option<Item> {
        let item = if self.is_over { self.deframer.finish() } else { self.deframer.next_item() }?;
        Some(self.read(item))
    }

    fn read(&mut self, item: mllp::Item) -> Item {
        match item {
            mllp::Item::Frame(content) if content.is_empty() => {
                Item::Odd(Reason::new(codes::E6105, "an empty frame was skipped"))
            }
            mllp::Item::Frame(content) if content.len() <= COPY_BYTES_MAX => {
                Item::Frame(Bytes::copy_from_slice(&content))
            }
            mllp::Item::Frame(content) => {
                let buffer = self.deframer.buffer_mut();
                *buffer = BytesMut::from(&buffer[..]);
                Item::Frame(content)
            }
            mllp::Item::Commit(commit) => Item::Commit(commit),
            mllp::Item::Anomaly(anomaly) => explain(anomaly),
        }
    }
}

/// How large the buffer of a large frame becomes: four times, but not beyond what one frame may take. Memory counts where
/// it is written, and the allocator keeps each smaller buffer for a while: doubling to and past 64 MiB was measured to
/// take 207 MB, this takes 119. `None` for an ordinary frame.
pub(super) fn grown_bytes(length: usize, frame_bytes_max: usize) -> Option<usize> {
    if length < BUFFER_STEP_MAX {
        return None;
    }
    if length >= frame_bytes_max {
        return Some(length.saturating_add(BUFFER_STEP_MAX));
    }
    let next = length.saturating_mul(4);
    Some(if next < frame_bytes_max { next } else { frame_bytes_max.saturating_add(BUFFER_BYTES_MIN) })
}

fn explain(anomaly: Anomaly) -> Item {
    let reason = match anomaly {
        Anomaly::Junk { bytes } => Reason::new(codes::E6101, format!("{bytes} bytes outside frames were skipped")),
        Anomaly::MissingLastByte => Reason::new(codes::E6105, "a frame ended with 0x1C without the 0x0D behind it"),
        Anomaly::Unterminated { bytes } => {
            let text = format!("a frame of {bytes} bytes had no end before the next one began; it was skipped");
            Reason::new(codes::E6102, text)
        }
        Anomaly::StartInside => Reason::new(codes::E6105, "0x0B stands inside a message; it was kept"),
        Anomaly::EndInside => Reason::new(codes::E6105, "0x1C stands inside a message; it was kept"),
        Anomaly::TooLarge { limit_bytes } => {
            let text = format!("a frame is larger than {limit_bytes} bytes; the connection was closed");
            return Item::TooLarge(Reason::new(codes::E6104, text));
        }
        Anomaly::CutOff { bytes } => {
            Reason::new(codes::E6102, format!("the peer went away after {bytes} bytes of a frame"))
        }
    };
    Item::Odd(reason)
}
