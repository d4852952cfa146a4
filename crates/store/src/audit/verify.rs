//! Reading a whole chain and saying where it is not what was written.

use super::{
    AuditRow, Keys, Shelf,
    anchor::Anchor,
    frame::{self, Kind, Tip, Wrong},
};
use crate::Error;
use message::Timestamp;

/// The act of a record that tells of damage which was found at a start.
pub(super) const DAMAGED: &str = "audit-damaged";

/// A chain in which nothing is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditVerified {
    /// The number of the last record.
    pub number: u64,
    /// The number of the first record that is kept.
    pub first: u64,
    /// Pieces that were read.
    pub pieces: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Checkpoints whose signature is right.
    pub checkpoints: u64,
    /// When the last record was written.
    pub last: Option<Timestamp>,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// The number of the first record that does not fit.
    pub number: u64,
    /// What does not fit.
    pub what: &'static str,
}

/// What reading found.
pub(super) struct Read {
    pub(super) verified: AuditVerified,
    pub(super) broken: Option<AuditBreak>,
}

struct Reader<'a> {
    keys: &'a Keys,
    anchor: Anchor,
    tip: Tip,
    /// Whether the anchor's end was passed.
    is_reached: bool,
    verified: AuditVerified,
    broken: Option<AuditBreak>,
}

/// Reads everything. `end` is the length of the last piece as of the anchor; what came later is not looked at.
pub(super) fn read(
    shelf: &dyn Shelf,
    keys: &Keys,
    end: Option<(u64, u64)>,
    anchor: Option<Vec<u8>>,
) -> Result<Read, Error> {
    let found = anchor.as_deref().and_then(|bytes| Anchor::read(bytes, keys));
    let pieces = shelf.pieces()?;
    let is_new = anchor.is_none() && pieces.is_empty();
    let anchor = found.unwrap_or_default();
    let verified = AuditVerified { first: anchor.floor.number + 1, ..AuditVerified::default() };
    let mut reader =
        Reader { keys, anchor, tip: anchor.floor, is_reached: anchor.tip == anchor.floor, verified, broken: None };
    if found.is_none() && !is_new {
        reader.found(1, "the anchor was removed or changed");
        // Without it the beginning is not known: the first piece says it, and its own frames prove themselves.
        reader.is_reached = true;
    }
    for piece in pieces {
        if end.is_some_and(|(last, _)| piece > last) {
            break;
        }
        let mut bytes = match shelf.read(piece) {
            Ok(bytes) => bytes,
            Err(Error::Corrupt { what, .. }) => {
                reader.found(piece, what);
                continue;
            }
            Err(error) => return Err(error),
        };
        if let Some((_, length)) = end.filter(|(last, _)| *last == piece) {
            bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        }
        reader.piece(piece, &bytes);
    }
    if !reader.is_reached {
        reader.found(reader.tip.number + 1, "the end was cut off");
    }
    reader.verified.number = reader.tip.number.max(anchor.tip.number);
    Ok(Read { verified: reader.verified, broken: reader.broken })
}

impl Reader<'_> {
    fn found(&mut self, number: u64, what: &'static str) {
        if self.broken.is_none() {
            self.broken = Some(AuditBreak { number, what });
        }
    }

    fn piece(&mut self, name: u64, bytes: &[u8]) {
        self.verified.pieces += 1;
        self.verified.bytes += bytes.len() as u64;
        if name != self.tip.number + 1 {
            self.found(self.tip.number + 1, "a piece is missing");
        }
        let mut rest = bytes;
        let mut is_first = true;
        if rest.is_empty() {
            self.found(name, "a piece is empty");
        }
        while !rest.is_empty() {
            let frame = match frame::read(rest) {
                Ok(frame) => frame,
                Err(Wrong::Short) => return self.found(self.tip.number + 1, "a piece was cut off"),
                Err(Wrong::Changed) => return self.found(self.tip.number + 1, "the record was changed"),
            };
            if let Some(what) = frame.wrong(self.tip, is_first, self.keys) {
                self.found(self.tip.number + 1, what);
            }
            self.count(&frame);
            (self.tip, is_first) = (frame.tip(), false);
            self.is_reached |= self.tip == self.anchor.tip;
            rest = &rest[frame.length..];
        }
    }

    fn count(&mut self, frame: &frame::Frame<'_>) {
        match frame.kind {
            Kind::Beginning => {}
            Kind::Checkpoint => self.verified.checkpoints += 1,
            Kind::Act => {
                self.verified.last = Some(frame.at);
                let row: Option<AuditRow> = frame.row(self.keys);
                if row.is_some_and(|row| row.entry.act == DAMAGED) {
                    self.found(frame.number, "damage was found at a start: this record says which");
                }
            }
        }
    }
}
