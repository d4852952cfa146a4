//! One frame of a chain as bytes (docs/spec/audit-format.md §2).
//!
//! ```text
//! length u32 | kind u8 | number u64 | time i64 | before [32] | body | hash [32]
//! ```
//!
//! Promises: a frame that reads has the hash that it carries; what does not read is told by what is wrong with it.
//! Never: reads past the length that it was given.

use super::keys::{Keys, SIGNATURE_BYTES};
use crate::Error;
use message::Timestamp;
use ring::digest::{Context, SHA256};

/// Bytes before the body.
pub(super) const HEAD_BYTES: usize = 53;
const HASH_BYTES: usize = 32;
/// Largest frame: every text at its limit, with room for escapes.
const FRAME_BYTES_MAX: usize = 256 * 1024;
/// What the first body of a piece begins with.
const MAGIC: &[u8; 8] = b"SINEWAUD";
const BEGINNING_BYTES: usize = 56;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The first of a piece: whose chain it is, and the key of its signatures.
    Beginning,
    /// A record.
    Act,
    /// A signature over the chain up to here.
    Checkpoint,
}

impl Kind {
    fn code(self) -> u8 {
        match self {
            Kind::Beginning => 1,
            Kind::Act => 2,
            Kind::Checkpoint => 3,
        }
    }

    fn of(code: u8) -> Option<Kind> {
        [Kind::Beginning, Kind::Act, Kind::Checkpoint].into_iter().find(|kind| kind.code() == code)
    }
}

/// Where a chain is: what the next frame goes on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tip {
    /// The number of the last record.
    pub(super) number: u64,
    /// The hash of the last frame.
    pub(super) hash: [u8; 32],
}

/// A frame that was read; its hash is right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) before: [u8; 32],
    /// Everything before the body: what a seal and a signature cover besides.
    pub(super) head: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) hash: [u8; 32],
    /// Bytes of the whole frame.
    pub(super) length: usize,
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// They end before the frame does.
    Short,
    /// They were changed.
    Changed,
}

fn hash_of(bytes: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(b"sinew audit 2");
    context.update(bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut whole = [0; N];
    whole.copy_from_slice(&bytes[at..at + N]);
    whole
}

/// Reads the frame at the beginning of some bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Frame<'_>, Wrong> {
    if bytes.len() < 4 {
        return Err(Wrong::Short);
    }
    let length = u32::from_le_bytes(array(bytes, 0)) as usize;
    if !(HEAD_BYTES + HASH_BYTES..=FRAME_BYTES_MAX).contains(&length) {
        return Err(Wrong::Changed);
    }
    let frame = bytes.get(..length).ok_or(Wrong::Short)?;
    let (covered, hash) = frame.split_at(length - HASH_BYTES);
    let kind = Kind::of(frame[4]).filter(|_| hash_of(covered) == *hash).ok_or(Wrong::Changed)?;
    Ok(Frame {
        kind,
        number: u64::from_le_bytes(array(frame, 5)),
        at: Timestamp(i64::from_le_bytes(array(frame, 13))),
        before: array(frame, 21),
        head: &covered[..HEAD_BYTES],
        body: &covered[HEAD_BYTES..],
        hash: array(frame, length - HASH_BYTES),
        length,
    })
}

/// Frames in the making: each goes on from the one before.
pub(super) struct Writing<'a> {
    keys: &'a Keys,
    at: Timestamp,
    pub(super) tip: Tip,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Writing<'a> {
    pub(super) fn new(keys: &'a Keys, at: Timestamp, tip: Tip) -> Writing<'a> {
        Writing { keys, at, tip, bytes: Vec::new() }
    }

    fn head(&self, kind: Kind, number: u64, body_bytes: usize) -> [u8; HEAD_BYTES] {
        let length = (HEAD_BYTES + body_bytes + HASH_BYTES) as u32;
        let mut head = [0; HEAD_BYTES];
        head[..4].copy_from_slice(&length.to_le_bytes());
        head[4] = kind.code();
        head[5..13].copy_from_slice(&number.to_le_bytes());
        head[13..21].copy_from_slice(&self.at.0.to_le_bytes());
        head[21..].copy_from_slice(&self.tip.hash);
        head
    }

    fn put(&mut self, head: [u8; HEAD_BYTES], number: u64, body: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(body);
        let hash = hash_of(&self.bytes[start..]);
        self.bytes.extend_from_slice(&hash);
        self.tip = Tip { number, hash };
    }

    pub(super) fn beginning(&mut self) {
        let body = beginning_of(self.keys);
        self.put(self.head(Kind::Beginning, self.tip.number, body.len()), self.tip.number, &body);
    }

    pub(super) fn act(&mut self, text: &[u8]) -> Result<(), Error> {
        let number = self.tip.number + 1;
        // 12 bytes of nonce before, 16 of tag behind.
        let head = self.head(Kind::Act, number, 12 + text.len() + 16);
        let body = self.keys.seal(&head, text)?;
        self.put(head, number, &body);
        Ok(())
    }

    pub(super) fn checkpoint(&mut self) {
        let head = self.head(Kind::Checkpoint, self.tip.number, SIGNATURE_BYTES);
        let signature = self.keys.sign(&to_sign(&head));
        self.put(head, self.tip.number, &signature);
    }
}

fn beginning_of(keys: &Keys) -> [u8; BEGINNING_BYTES] {
    let mut body = [0; BEGINNING_BYTES];
    body[..8].copy_from_slice(MAGIC);
    body[8..24].copy_from_slice(&keys.store);
    body[24..].copy_from_slice(&keys.public());
    body
}

fn to_sign(head: &[u8]) -> Vec<u8> {
    [b"sinew audit checkpoint 1".as_slice(), head].concat()
}

impl Frame<'_> {
    /// What is wrong with this frame where `tip` is what it has to go on from.
    pub(super) fn wrong(&self, tip: Tip, is_first: bool, keys: &Keys) -> Option<&'static str> {
        if is_first != (self.kind == Kind::Beginning) {
            return Some("a piece does not begin as it has to");
        }
        if self.before != tip.hash {
            return Some("the record does not follow the one before");
        }
        let step = u64::from(self.kind == Kind::Act);
        if self.number != tip.number + step {
            return Some("a record is missing");
        }
        match self.kind {
            Kind::Beginning => (self.body != beginning_of(keys)).then_some("the piece is of another store"),
            Kind::Checkpoint => {
                (!keys.is_ours(&to_sign(self.head), self.body)).then_some("the signature of a checkpoint is wrong")
            }
            Kind::Act => keys
                .open(self.head, self.body)
                .is_none_or(|text| super::entry::decode(&text).is_none())
                .then_some("the record was not written by this store"),
        }
    }

    /// What a chain is at after this frame.
    pub(super) fn tip(&self) -> Tip {
        Tip { number: self.number, hash: self.hash }
    }

    /// The record in this frame.
    pub(super) fn row(&self, keys: &Keys) -> Option<super::AuditRow> {
        if self.kind != Kind::Act {
            return None;
        }
        let (entry, patients) = super::entry::decode(&keys.open(self.head, self.body)?)?;
        Some(super::AuditRow { number: self.number, at: self.at, entry, patients, hash: self.hash })
    }
}
