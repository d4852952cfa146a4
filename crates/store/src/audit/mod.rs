//! The audit chain: who did what to which object, and why, in records that cannot be changed unseen
//! (docs/spec/audit-format.md).
//!
//! Owns the records, their chain, their checkpoints and the anchor. A record carries SHA-256 over itself and the record
//! before; its content is sealed with AES-256-GCM under a key of the store; checkpoints in between and the anchor are
//! signed with Ed25519. The anchor, which says how many records there are, stands apart from them, in the tables.
//!
//! What it promises, whatever keeps its bytes. The suite in [`crate::contract::audit`] uses the same numbers.
//!
//! 1. A record that `append` gave is there after reopening, also after a crash.
//! 2. Records are numbered from 1 without a gap, in the order of the calls.
//! 3. `verify` finds every byte that was changed, removed, inserted, moved or cut off.
//! 4. No text of a record stands unsealed in what is kept; a patient is kept as a keyed hash only.
//! 5. Every record about a patient is found by the patient's identifier, and no other one.
//! 6. Lists have the newest record first, and their pages neither overlap nor leave anything out.
//! 7. The chain goes on over any number of pieces, and from a signed floor once old pieces were dropped.
//! 8. A chain that was damaged goes on, its damage stays where it is and is told by every `verify`.
//!
//! Never: on the way of a message. What destinations were given is in the log already; [`disclosures`] reads it there.

mod anchor;
mod chain;
mod disclosure;
mod entry;
mod files;
mod frame;
mod keys;
#[cfg(test)]
mod tests;
mod verify;

pub use chain::Audit;
pub use disclosure::{Disclosure, disclosures};
pub use entry::{AuditEntry, AuditQuery, AuditRow, PatientHash, TEXT_BYTES_MAX};
pub(crate) use files::{Files, is_part, names};
pub(crate) use keys::Keys;
pub use keys::{is_statement, verify_signature};
pub use verify::{AuditBreak, AuditVerified};

use crate::Error;

/// The folder of the pieces, in the data directory.
pub(crate) const FOLDER: &str = "audit";
/// Bytes after which a piece is followed by the next.
pub(crate) const PIECE_BYTES: u64 = 8 * 1024 * 1024;
/// Largest piece that is read: one that outgrew [`PIECE_BYTES`] by its last record.
const PIECE_BYTES_MAX: u64 = 2 * PIECE_BYTES;
/// Records between two checkpoints.
const CHECKPOINT_EVERY: u64 = 64;

/// What keeps the bytes of a chain: pieces that only grow, and the anchor, which is kept apart.
///
/// 1. What `append` wrote is durable when it returns, the bytes before the anchor.
/// 2. `append` at 0 begins a piece, as a whole or not at all. What had its number is set aside, not removed: it is damaged,
///    and somebody will want to see it.
/// 3. `read` gives the bytes of a piece in order, or an error where they are not in order.
pub(crate) trait Shelf: Send + Sync {
    /// The first numbers of the pieces, in order.
    fn pieces(&self) -> Result<Vec<u64>, Error>;
    /// The bytes of a piece.
    fn read(&self, piece: u64) -> Result<Vec<u8>, Error>;
    /// Writes bytes at the end of a piece, and then the anchor.
    fn append(&self, piece: u64, at: u64, bytes: &[u8], anchor: &[u8]) -> Result<(), Error>;
    /// Shortens a piece to what was durable.
    fn cut(&self, piece: u64, length: u64) -> Result<(), Error>;
    /// Removes a piece.
    fn remove(&self, piece: u64) -> Result<(), Error>;
    /// The anchor.
    fn anchor(&self) -> Result<Option<Vec<u8>>, Error>;
    /// Writes the anchor.
    fn set_anchor(&self, anchor: &[u8]) -> Result<(), Error>;
}
