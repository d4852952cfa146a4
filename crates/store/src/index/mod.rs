//! The index: what messages can be found by; derived from the log, rebuilt and never repaired.
//!
//! Owns nothing that the log does not have. Promises: keyed hashes instead of patient data; a search sees every
//! message that was committed before it began. Never on the way to an acknowledgment.

pub(crate) mod day;
pub(crate) mod entry;
mod none;
mod query;
pub(crate) mod reader;
pub(crate) mod search;
mod sqlite;

pub use entry::{Accepted, Changed, Entry, KeyKind};
pub(crate) use none::Nothing;
pub use query::{Facet, Facets, Hit, Page, Query};
pub(crate) use sqlite::Files;

use crate::{Error, log::Log};
use message::MessageId;
use std::sync::Weak;

/// What an index promises, whatever is behind it. The suite in [`crate::contract::index`] uses the same numbers.
///
/// 1. Every committed message is found by each of its facts, and by nothing else's.
/// 2. A search sees what was committed before it began, indexed or not.
/// 3. Hits come newest first; pages joined by their cursors give every hit once.
/// 4. A hit's state is the message's state.
/// 5. Lost, stale or damaged, it is rebuilt from the log and gives the same answers.
/// 6. Nothing in it tells a patient identifier.
/// 7. After retention, dropped messages are not found.
pub trait Index: Send + Sync {
    /// Begins, with the log to catch up from.
    ///
    /// # Errors
    /// `Unavailable` when a thread cannot be started.
    fn start(&self, log: Weak<dyn Log>) -> Result<(), Error>;
    /// Takes entries in log order, all of them; `upto` is the place after the last. Never blocks on a disk.
    fn offer(&self, entries: &mut Vec<Entry>, upto: u64);
    /// The latest change of a message, of all that was offered; 0 if there is none.
    ///
    /// # Errors
    /// `Unavailable` while the index is behind or cannot be read.
    fn head(&self, id: MessageId) -> Result<u64, Error>;
    /// The change before one whose record does not know it.
    ///
    /// # Errors
    /// As `head`.
    fn head_before(&self, id: MessageId, lsn: u64) -> Result<u64, Error>;
    /// Finds messages.
    ///
    /// # Errors
    /// As `head`.
    fn search(&self, query: &Query) -> Result<Page, Error>;
    /// Counts what a query finds, by interface, state, type and event, and facility.
    ///
    /// # Errors
    /// As `head`.
    fn facets(&self, query: &Query) -> Result<Facets, Error>;
    /// Forgets messages below `cut`.
    fn drop_below(&self, cut: u64);
    /// Place up to which everything is indexed.
    fn watermark(&self) -> u64;
    /// Bytes on disk.
    fn bytes(&self) -> u64;
    /// Writes what waits and ends.
    fn close(&self);
}
