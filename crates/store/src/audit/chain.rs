//! A chain that is open: appending, listing, dropping old pieces.
//!
//! Promises: a record is durable before `append` returns; one that could not be written leaves the chain as it was. After
//! a failed write nothing is appended until the next start has looked at what is there.

use super::{
    AuditBreak, AuditEntry, AuditQuery, AuditRow, AuditVerified, CHECKPOINT_EVERY, Keys, PIECE_BYTES, Shelf,
    anchor::Anchor,
    entry,
    frame::{self, Tip, Writing},
    verify::{self, DAMAGED},
};
use crate::Error;
use message::{Phi, Timestamp};
use std::{
    ops::ControlFlow,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;
/// Records of a list unless stated, and at most.
const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 10_000;
/// Who does what nobody asked for.
const SYSTEM: &str = "system";

/// See [`crate::audit`].
pub struct Audit {
    shelf: Box<dyn Shelf>,
    keys: Keys,
    state: Mutex<State>,
}

/// Where the chain is.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    anchor: Anchor,
    /// The piece that grows, and its length.
    piece: Option<(u64, u64)>,
    /// The day of its first record.
    day: i64,
    /// Records since the last checkpoint.
    unsigned: u64,
    /// A write failed for good: only a start that reads everything knows what is on disk.
    is_failed: bool,
    /// A write was refused: what is there is looked at before the next one.
    is_stale: bool,
}

/// What a start found at the end of the chain.
#[derive(Debug, Default)]
struct Found {
    state: State,
    /// What is wrong, to be recorded.
    damage: Option<&'static str>,
    /// Bytes that were no whole frame: a write that a crash interrupted.
    torn: Option<(u64, u64, u64)>,
}

impl Audit {
    /// Opens a chain, or begins one. `old` are the records of a store of an older build, for a chain that is new.
    pub(crate) fn open(
        shelf: Box<dyn Shelf>,
        keys: Keys,
        now: Timestamp,
        old: impl FnOnce() -> Result<Vec<(Timestamp, AuditEntry)>, Error>,
    ) -> Result<Audit, Error> {
        let anchor = shelf.anchor()?;
        let pieces = shelf.pieces()?;
        let is_new = anchor.is_none() && pieces.is_empty();
        let found = find(&*shelf, &keys, anchor.as_deref(), &pieces)?;
        let audit = Audit { shelf, keys, state: Mutex::new(found.state) };
        if is_new {
            audit.shelf.set_anchor(&Anchor::default().encode(&audit.keys))?;
            old()?.iter().try_for_each(|(at, entry)| audit.append(*at, entry).map(drop))?;
            return Ok(audit);
        }
        if let Some((piece, length, bytes)) = found.torn {
            audit.shelf.cut(piece, length)?;
            let reason = format!("{bytes} bytes at the end were no whole record and were cut: a write was interrupted");
            audit.note(now, "audit-cut", reason)?;
        }
        if let Some(what) = found.damage {
            audit.note(now, DAMAGED, what.to_owned())?;
        }
        Ok(audit)
    }

    fn note(&self, now: Timestamp, act: &str, reason: String) -> Result<AuditRow, Error> {
        let object = "audit chain".to_owned();
        let entry = AuditEntry { who: SYSTEM.into(), act: act.into(), object, reason, ..AuditEntry::default() };
        self.append(now, &entry)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a record and waits until it is durable.
    ///
    /// # Errors
    /// `Unavailable`, `Database`, `Away`: the record is not there, and what was to be recorded must not be done.
    pub fn append(&self, at: Timestamp, entry: &AuditEntry) -> Result<AuditRow, Error> {
        let text = entry::encode(entry, &self.keys);
        let mut state = self.lock();
        if state.is_failed {
            let what = "a write of the audit chain failed: start again, so that it is looked at";
            return Err(Error::Unavailable { what: what.into() });
        }
        if state.is_stale {
            *state = find(&*self.shelf, &self.keys, self.shelf.anchor()?.as_deref(), &self.shelf.pieces()?)?.state;
        }
        let day = at.0.div_euclid(DAY_US);
        // A piece without a record yet, of which a crash left the beginning, is gone on with: its number is taken.
        let has_record = |piece: u64| piece <= state.anchor.tip.number;
        let is_full =
            state.piece.is_some_and(|(piece, length)| has_record(piece) && (length >= PIECE_BYTES || day != state.day));
        if is_full {
            self.sign(&mut state, at)?;
            state.piece = None;
        }
        let mut writing = Writing::new(&self.keys, at, state.anchor.tip);
        let (piece, length) = match state.piece {
            Some(piece) => piece,
            None => {
                writing.beginning();
                (state.anchor.tip.number + 1, 0)
            }
        };
        writing.act(&text)?;
        let (number, hash) = (writing.tip.number, writing.tip.hash);
        let is_due = state.unsigned + 1 >= CHECKPOINT_EVERY;
        if is_due {
            writing.checkpoint();
        }
        let unsigned = if is_due { 0 } else { state.unsigned + 1 };
        let day = if length == 0 { day } else { state.day };
        self.write(&mut state, writing, (piece, length))?;
        (state.unsigned, state.day) = (unsigned, day);
        let (entry, patients) = entry::decode(&text).unwrap_or_default();
        Ok(AuditRow { number, at, entry, patients, hash })
    }

    /// Writes frames and the anchor that follows from them.
    fn write(&self, state: &mut State, writing: Writing<'_>, (piece, length): (u64, u64)) -> Result<(), Error> {
        let anchor = Anchor { tip: writing.tip, ..state.anchor };
        let written = self.shelf.append(piece, length, &writing.bytes, &anchor.encode(&self.keys));
        state.is_failed = matches!(written, Err(Error::Failed { .. }));
        state.is_stale = written.is_err();
        written?;
        state.anchor = anchor;
        state.piece = Some((piece, length + writing.bytes.len() as u64));
        Ok(())
    }

    /// Puts a checkpoint behind what has none yet.
    fn sign(&self, state: &mut State, at: Timestamp) -> Result<(), Error> {
        let is_due = state.unsigned > 0 && !state.is_failed && !state.is_stale;
        let Some(piece) = state.piece.filter(|_| is_due) else { return Ok(()) };
        let mut writing = Writing::new(&self.keys, at, state.anchor.tip);
        writing.checkpoint();
        self.write(state, writing, piece)?;
        state.unsigned = 0;
        Ok(())
    }

    /// Signs the chain as it is now.
    ///
    /// # Errors
    /// As [`Audit::append`].
    pub fn checkpoint(&self, at: Timestamp) -> Result<(), Error> {
        self.sign(&mut self.lock(), at)
    }

    /// Reads the whole chain; gives what it holds, or the first place where it is not what was written.
    ///
    /// # Errors
    /// `Unavailable`, `Database`, `Away`: it could not be read.
    pub fn verify(&self) -> Result<Result<AuditVerified, AuditBreak>, Error> {
        let (end, anchor) = {
            let state = self.lock();
            // What was just written must not be taken for the end that the anchor names.
            (state.piece, self.shelf.anchor()?)
        };
        let read = verify::read(&*self.shelf, &self.keys, end, anchor)?;
        Ok(read.broken.map_or(Ok(read.verified), Err))
    }

    /// Records, the newest first. Pieces that cannot be read are left out: `verify` tells of them.
    ///
    /// # Errors
    /// `Unavailable`, `Database`, `Away`.
    pub fn list(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, Error> {
        let limit = if query.limit == 0 { LIMIT_DEFAULT } else { query.limit.min(LIMIT_MAX) };
        let patient = query.patient.as_ref().map(|patient| self.keys.patient(patient.reveal()));
        let mut rows = Vec::new();
        for piece in self.shelf.pieces()?.into_iter().rev() {
            if rows.len() >= limit {
                break;
            }
            if query.before.is_some_and(|before| piece >= before) {
                continue;
            }
            let mut of_piece = Vec::new();
            self.each(piece, &mut |frame| {
                // Number and time stand unsealed: what is out of range need not be opened.
                let is_near = query.since.is_none_or(|since| frame.at >= since)
                    && query.before.is_none_or(|before| frame.number < before);
                let row = is_near.then(|| frame.row(&self.keys)).flatten();
                of_piece.extend(row.filter(|row| query.finds(row, patient)));
                ControlFlow::Continue(())
            })?;
            rows.extend(of_piece.into_iter().rev());
        }
        rows.truncate(limit);
        Ok(rows)
    }

    /// Records after a number, the oldest first: what a forwarder has to send next.
    ///
    /// # Errors
    /// `Unavailable`, `Database`, `Away`.
    pub fn after(&self, number: u64, limit: usize) -> Result<Vec<AuditRow>, Error> {
        let limit = limit.clamp(1, LIMIT_MAX);
        let pieces = self.shelf.pieces()?;
        let first = pieces.partition_point(|piece| *piece <= number.saturating_add(1)).saturating_sub(1);
        let mut rows = Vec::new();
        for piece in pieces.into_iter().skip(first) {
            self.each(piece, &mut |frame| {
                if frame.number > number {
                    rows.extend(frame.row(&self.keys));
                }
                if rows.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if rows.len() >= limit {
                break;
            }
        }
        Ok(rows)
    }

    fn each(&self, piece: u64, visit: &mut dyn FnMut(&frame::Frame<'_>) -> ControlFlow<()>) -> Result<(), Error> {
        let bytes = bytes_of(&*self.shelf, piece)?;
        let mut rest = &bytes[..];
        while let Ok(frame) = frame::read(rest) {
            if visit(&frame).is_break() {
                break;
            }
            rest = &rest[frame.length..];
        }
        Ok(())
    }

    /// Number and hash of the newest record: what to keep on another machine.
    ///
    /// # Errors
    /// As [`Audit::list`].
    pub fn head(&self) -> Result<Option<(u64, [u8; 32])>, Error> {
        let newest = self.list(&AuditQuery { limit: 1, ..AuditQuery::default() })?;
        Ok(newest.first().map(|row| (row.number, row.hash)))
    }

    /// Drops the pieces that are older than a time as a whole; the newest one stays. Gives how many records went.
    ///
    /// # Errors
    /// As [`Audit::append`].
    pub fn drop_before(&self, until: Timestamp, at: Timestamp, who: &str, reason: &str) -> Result<u64, Error> {
        let pieces = self.shelf.pieces()?;
        let mut floor = None;
        for piece in pieces.iter().skip(1) {
            let mut first = None;
            self.each(*piece, &mut |frame| {
                first = Some((frame.at, Tip { number: frame.number, hash: frame.before }));
                ControlFlow::Break(())
            })?;
            match first {
                Some((began, tip)) if began <= until => floor = Some(tip),
                Some(_) | None => break,
            }
        }
        let Some(floor) = floor else { return Ok(0) };
        let begun = self.lock().anchor.floor.number;
        let entry = AuditEntry {
            who: who.into(),
            act: "audit-drop".into(),
            object: format!("records {} to {}", begun + 1, floor.number),
            reason: reason.into(),
            ..AuditEntry::default()
        };
        self.append(at, &entry)?;
        let mut state = self.lock();
        let anchor = Anchor { floor, ..state.anchor };
        self.shelf.set_anchor(&anchor.encode(&self.keys))?;
        state.anchor = anchor;
        let old = pieces.into_iter().filter(|piece| *piece <= floor.number);
        old.into_iter().try_for_each(|piece| self.shelf.remove(piece))?;
        Ok(floor.number.saturating_sub(begun))
    }

    /// The key that proves the signatures of this chain; not secret.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        self.keys.public()
    }

    /// Signs a statement of this installation that is no part of the chain, with the key of the chain. `purpose` keeps one kind
    /// of statement from being taken for another; [`super::is_statement`] proves it.
    #[must_use]
    pub fn sign_statement(&self, purpose: &str, statement: &[u8]) -> [u8; 64] {
        self.keys.sign(&super::keys::statement(purpose, statement))
    }

    /// What a patient's identifier is kept as.
    #[must_use]
    pub fn patient_hash(&self, identifier: &Phi<String>) -> super::PatientHash {
        self.keys.patient(identifier.reveal())
    }
}

/// Looks at the end of a chain.
fn find(shelf: &dyn Shelf, keys: &Keys, bytes: Option<&[u8]>, pieces: &[u64]) -> Result<Found, Error> {
    let anchor = bytes.and_then(|bytes| Anchor::read(bytes, keys));
    let is_anchored = anchor.is_some();
    let lost = (!is_anchored && !pieces.is_empty()).then_some("the anchor was removed or changed");
    let anchor = anchor.unwrap_or_default();
    // What a drop was interrupted at.
    for old in pieces.iter().filter(|piece| is_anchored && **piece <= anchor.floor.number) {
        shelf.remove(*old)?;
    }
    let Some(last) = pieces.last().copied().filter(|last| !is_anchored || *last > anchor.floor.number) else {
        let damage = (anchor.tip.number > anchor.floor.number).then_some("every piece was removed");
        return Ok(Found { state: State { anchor, ..State::default() }, damage: damage.or(lost), torn: None });
    };
    if !is_anchored {
        // The pieces prove themselves: the chain goes on from the last frame that reads, in a new piece.
        let tip = last_tip(shelf, keys, pieces)?;
        return Ok(Found {
            state: State { anchor: Anchor { tip, ..anchor }, ..State::default() },
            damage: lost,
            torn: None,
        });
    }
    let bytes = bytes_of(shelf, last)?;
    let mut end = End { anchor, ..End::default() };
    let rest = end.walk(&bytes, keys);
    if !end.is_reached {
        // Nothing in the last piece follows from the anchor: what is there stays, the chain goes on in a new piece.
        let damage = Some("the end of the chain was changed or cut off");
        return Ok(Found { state: State { anchor, ..State::default() }, damage, torn: None });
    }
    let length = (bytes.len() - rest) as u64;
    let state = State {
        anchor: Anchor { tip: end.tip, ..anchor },
        piece: (length > 0).then_some((last, length)),
        day: end.day,
        unsigned: end.unsigned,
        ..State::default()
    };
    let torn = (rest > 0).then_some((last, length, rest as u64));
    Ok(Found { state, damage: None, torn })
}

/// The bytes of a piece; none where its rows are not in order.
fn bytes_of(shelf: &dyn Shelf, piece: u64) -> Result<Vec<u8>, Error> {
    match shelf.read(piece) {
        Err(Error::Corrupt { .. }) => Ok(Vec::new()),
        read => read,
    }
}

/// Where the newest piece that reads ends.
fn last_tip(shelf: &dyn Shelf, keys: &Keys, pieces: &[u64]) -> Result<Tip, Error> {
    for piece in pieces.iter().rev() {
        let mut end = End::default();
        let bytes = bytes_of(shelf, *piece)?;
        if end.walk(&bytes, keys) < bytes.len() {
            return Ok(end.tip);
        }
    }
    Ok(Tip::default())
}

/// The last piece, frame by frame.
#[derive(Default)]
struct End {
    anchor: Anchor,
    is_reached: bool,
    tip: Tip,
    day: i64,
    unsigned: u64,
}

impl End {
    /// Gives how many bytes at the end are no frames that go on from the anchor.
    fn walk(&mut self, bytes: &[u8], keys: &Keys) -> usize {
        let mut rest = bytes;
        let mut is_first = true;
        self.tip = self.anchor.tip;
        while let Ok(frame) = frame::read(rest) {
            if is_first {
                self.tip = Tip { number: frame.number, hash: frame.before };
                self.day = frame.at.0.div_euclid(DAY_US);
                self.is_reached |= self.tip == self.anchor.tip;
            }
            if frame.wrong(self.tip, is_first, keys).is_some() {
                break;
            }
            self.unsigned = match frame.kind {
                frame::Kind::Act => self.unsigned + 1,
                frame::Kind::Checkpoint => 0,
                frame::Kind::Beginning => self.unsigned,
            };
            (self.tip, is_first) = (frame.tip(), false);
            self.is_reached |= self.tip == self.anchor.tip;
            rest = &rest[frame.length..];
        }
        rest.len()
    }
}
