//! How the store is, and its figures.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Whether messages can be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Yes.
    Ok,
    /// The disk is full: new messages are refused for now, changes of state pass (R8).
    Full,
    /// The database cannot be reached or must not be written to: new messages are refused for now, and intake resumes
    /// by itself. Says why.
    Away(Arc<str>),
    /// A write or fsync failed; nothing is acknowledged any more and the process has to end (R6).
    Failed(Arc<str>),
}

/// Figures since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Messages committed.
    pub messages: u64,
    /// Duplicates that were answered without being stored.
    pub duplicates: u64,
    /// Changes that were not possible when their turn came.
    pub refused: u64,
    /// Writes: one a group.
    pub groups: u64,
    /// fsyncs of the log.
    pub fsyncs: u64,
    /// Microseconds of the last fsync.
    pub fsync_micros_last: u64,
    /// Bytes written to the log.
    pub bytes: u64,
    /// Segment files.
    pub segments: u64,
    /// Bytes of the log that hold records: without what is preallocated.
    pub log_bytes: u64,
}

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) messages: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) groups: AtomicU64,
    pub(crate) fsyncs: AtomicU64,
    pub(crate) fsync_micros_last: AtomicU64,
    pub(crate) bytes: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> Stats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            messages: get(&self.messages),
            duplicates: get(&self.duplicates),
            refused: get(&self.refused),
            groups: get(&self.groups),
            fsyncs: get(&self.fsyncs),
            fsync_micros_last: get(&self.fsync_micros_last),
            bytes: get(&self.bytes),
            segments: 0,
            log_bytes: 0,
        }
    }
}

/// What a start found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether a checkpoint saved a full scan.
    pub has_checkpoint: bool,
    /// Whether the last run closed the store in order.
    pub was_closed: bool,
    /// Records read.
    pub records: u64,
    /// What stood behind the last record and was none, and was cut: an unfinished write, of which nobody was told. Or
    /// damage to the last record itself, which looks the same.
    pub torn: Vec<Quarantined>,
    /// Damaged places, which are never served and never cut.
    pub quarantined: Vec<Quarantined>,
}

/// Damaged bytes in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Where they begin: the id of the message, if it was one.
    pub lsn: u64,
    /// How many bytes.
    pub length: u64,
}
