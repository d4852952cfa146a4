//! MLLP framing without I/O: bytes in, frames out (HL7 v2 transport specification, MLLP releases 1 and 2).
//!
//! A frame is `0x0B` content `0x1C 0x0D`. Release 2 adds commit replies: a frame whose content is one byte, `0x06`
//! (stored) or `0x15` (not stored).
//!
//! Promises: every byte is looked at a constant number of times however it arrives; memory stays below the limit plus
//! one read; the same bytes give the same frames in whatever pieces they come; every deviation is reported as an
//! [`Anomaly`] and counted. Line ends between frames are none: many senders put them there.
//! Never: waiting. Who owns the socket decides when a frame without its last byte is taken ([`Deframer::take_pending`]).

mod deframer;
#[cfg(test)]
mod tests;

pub use deframer::Deframer;

use bytes::Bytes;
use std::fmt;

/// Start of a frame.
pub const START: u8 = 0x0B;
/// First byte of a frame's end.
pub const END: u8 = 0x1C;
/// Second byte of a frame's end.
pub const END_SECOND: u8 = 0x0D;

/// What the deframer found.
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// The content of a frame; may be empty.
    Frame(Bytes),
    /// A commit reply of release 2.
    Commit(Commit),
    /// Something that the protocol does not allow; reading goes on.
    Anomaly(Anomaly),
}

/// Commit replies of MLLP release 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// `0x06`: the content is stored.
    Acknowledged,
    /// `0x15`: the content is not stored.
    NotAcknowledged,
}

/// A deviation from the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anomaly {
    /// Bytes outside frames were dropped; reported when the next frame starts or the peer is done.
    Junk {
        /// How many, line ends not counted.
        bytes: usize,
    },
    /// A frame ended without the `0x0D`; it is delivered.
    MissingLastByte,
    /// A new message started inside a frame that had no end; the first part is dropped, and nobody acknowledges it.
    Unterminated {
        /// How many bytes were dropped.
        bytes: usize,
    },
    /// `0x0B` stands inside a message; it is kept as content.
    StartInside,
    /// `0x1C` stands inside a message without ending it; it is kept as content.
    EndInside,
    /// A frame was larger than the limit; it is dropped.
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The peer went away inside a frame; the part is dropped.
    CutOff {
        /// How many bytes were dropped.
        bytes: usize,
    },
}

/// How often each thing happened since the deframer was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames with a message.
    pub frames: u64,
    /// Commit replies.
    pub commits: u64,
    /// Bytes dropped outside frames.
    pub junk_bytes: u64,
    /// Anomalies of every kind.
    pub anomalies: u64,
}

impl fmt::Display for Anomaly {
    /// A sentence for logs and counters; sizes only, never content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Anomaly::Junk { bytes } => write!(f, "{bytes} bytes outside any frame were dropped"),
            Anomaly::MissingLastByte => f.write_str("a frame ended without its last byte, 0x0D"),
            Anomaly::Unterminated { bytes } => {
                write!(f, "a new message started inside a frame without an end; its first {bytes} bytes were dropped")
            }
            Anomaly::StartInside => f.write_str("the start byte 0x0B stands inside a message"),
            Anomaly::EndInside => f.write_str("the end byte 0x1C stands inside a message"),
            Anomaly::TooLarge { limit_bytes } => {
                write!(f, "a frame was larger than the limit of {limit_bytes} bytes and was dropped")
            }
            Anomaly::CutOff { bytes } => write!(f, "the peer went away inside a frame; {bytes} bytes were dropped"),
        }
    }
}

impl fmt::Debug for Item {
    /// The size of a frame, never its content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Frame(frame) => write!(f, "Frame({} bytes)", frame.len()),
            Item::Commit(commit) => write!(f, "{commit:?}"),
            Item::Anomaly(anomaly) => write!(f, "{anomaly:?}"),
        }
    }
}

/// A message as a frame. The content must pass [`can_frame`], or the receiver cuts it elsewhere.
#[must_use]
pub fn encode_frame(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 3);
    out.push(START);
    out.extend_from_slice(content);
    out.extend_from_slice(&[END, END_SECOND]);
    out
}

/// The content holds nothing that a receiver takes for the end of the frame: `0x1C` at its end, or in front of `0x0D`
/// (the protocol), `0x0A` or `0x0B` (which receivers tolerate as an end).
#[must_use]
pub fn can_frame(content: &[u8]) -> bool {
    memchr::memchr_iter(END, content).all(|at| !matches!(content.get(at + 1), None | Some(b'\r' | b'\n' | &START)))
}

/// A commit reply as a frame.
#[must_use]
pub fn encode_commit(commit: Commit) -> [u8; 4] {
    let byte = match commit {
        Commit::Acknowledged => 0x06,
        Commit::NotAcknowledged => 0x15,
    };
    [START, byte, END, END_SECOND]
}
