//! The log: messages and their changes in the order in which they were accepted; the truth.
//!
//! ```text
//!  log/0000000000000000.log          log/0000000004000000.log            log/reserve
//!  +--------+-----+-----+---+----+   +--------+-----+-----------------+  +-----------+
//!  | header | rec | rec | … | 00 |   | header | rec | 00 00 00 …      |  | 00 00 …   |
//!  +--------+-----+-----+---+----+   +--------+-----+-----------------+  +-----------+
//!  ^ base 0                          ^ base = base + capacity   ^ tail     becomes a segment when the disk is full
//! ```
//!
//! A record's place, its LSN, is base + offset; a message's id is the LSN of its record, so that finding a message
//! takes one read and no index. A segment is zeros all through before its first record is written. What follows from
//! the records (open deliveries, counters, control ids seen) is the [`ledger`], folded again at every start from the
//! last checkpoint on. The bytes are in docs/spec/store-format.md.
//!
//! Owns everything on the way to an acknowledgment. Never: SQL, or the meaning of a message's content.

pub(crate) mod accepted;
pub(crate) mod baseline;
pub(crate) mod changed;
pub(crate) mod checkpoint;
mod duplicates;
pub(crate) mod embedded;
pub(crate) mod fold;
pub(crate) mod ledger;
pub(crate) mod lines;
mod names;
mod prepare;
pub(crate) mod queue;
pub(crate) mod record;
mod recover;
pub(crate) mod refold;
pub(crate) mod restated;
mod scan;
pub(crate) mod segment;
mod segments;
#[cfg(test)]
mod tests;
pub(crate) mod transition;
mod writer;

pub use ledger::{OpenDelivery, Standing};

use crate::{
    Accept, Change, Disposition, Entry, Error, Health, Quarantined, Receipt, Stats, Stored,
    check::Line,
    disk::Disk,
    index,
    keys::{self, Keys, Rewrapped},
};
use bytes::Bytes;
use message::{Counts, DeliveryId, MessageId, MessageState, Name, Timestamp};
use std::{
    future::Future,
    path::Path,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::sync::{oneshot, watch};

/// What a log promises, whatever is behind it. The suite in [`crate::contract::log`] uses the same numbers.
///
/// 1. A receipt is given only for a message that a crash or power cut cannot take back (R1).
/// 2. What was committed reads back byte for byte: raw, acknowledgment, facts and outputs (R9).
/// 3. Ids grow strictly in the order of acceptance and are never given twice.
/// 4. The same control id with the same content inside the window is a duplicate: nothing is stored, and the receipt
///    names the original. With other content it is stored and flagged. Replays are always stored (R4).
/// 5. A change is applied if the state allows it, and refused without trace if not.
/// 6. `counts` conserves: accepted equals the sum of the states, for every interface, at any time (R5).
/// 7. `history` gives every change of a message in order.
/// 8. After reopening, open deliveries, counts, history and duplicates are as they were.
/// 9. Retention drops only what is settled, and changes no counter.
/// 10. After a failed write or fsync nothing is acknowledged any more (R6).
/// 11. `then` is called for each durable message, in the order of their ids, before its commit resolves, and also when
///     nobody waits for the commit any more; never for a message that is not durable. It must return at once.
pub trait Log: Send + Sync {
    /// Stores a message with its plan; see 1–4 and 11.
    fn commit(&self, accept: Accept) -> Commit {
        self.commit_then(accept, None)
    }
    /// As `commit`; `then` is called as 11 says.
    fn commit_then(&self, accept: Accept, then: Option<OnDurable>) -> Commit;
    /// Records a change; it survives the process within 1 ms and a power cut within 50 ms.
    ///
    /// # Errors
    /// `Busy`, `Closed`, `Failed`.
    fn append(&self, change: &Change) -> Result<(), Error>;
    /// Records a change and tells when it is durable, with its place in the log.
    ///
    /// # Errors
    /// As `append`; the answer may be `Refused`.
    fn commit_change(&self, change: &Change) -> Result<oneshot::Receiver<Result<u64, Error>>, Error>;
    /// A message as it was accepted.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Unavailable`.
    fn read(&self, id: MessageId) -> Result<Stored, Error>;
    /// What a delivery carries.
    ///
    /// # Errors
    /// As `read`.
    fn read_output(&self, id: DeliveryId) -> Result<Bytes, Error>;
    /// Every change of a message.
    ///
    /// # Errors
    /// As `read`.
    fn history(&self, id: MessageId) -> Result<Vec<Entry>, Error>;
    /// Counters by interface.
    fn counts(&self) -> Vec<(Name, Counts)>;
    /// Unsettled deliveries of messages that were there at opening, in order of acceptance, after the given one.
    fn open_after(&self, after: Option<DeliveryId>, limit: usize) -> Vec<OpenDelivery>;
    /// How many deliveries are unsettled now.
    fn open_count(&self) -> usize;
    /// Health, to look at or to wait on.
    fn health(&self) -> watch::Receiver<Health>;
    /// Figures.
    fn stats(&self) -> Stats;
    /// The place after the last record that can be read.
    fn written(&self) -> u64;
    /// The place below which everything is on stable storage.
    fn durable(&self) -> u64;
    /// Reads everything and gives the damaged places.
    ///
    /// # Errors
    /// `Unavailable`.
    fn verify(&self) -> Result<Vec<Quarantined>, Error>;
    /// Gives durable messages and changes from a place on to an index that has to catch up: a piece, and where the next begins.
    ///
    /// # Errors
    /// `Unavailable`.
    fn replay(&self, from: u64, visit: &mut dyn FnMut(index::Entry)) -> Result<Option<u64>, Error>;
    /// Gives every record up to the one at `until`, damaged places included, from a place on and in order: a piece, and
    /// where the next begins. A log that keeps its records in another way says that it does not.
    ///
    /// # Errors
    /// `Unavailable`.
    fn lines(&self, _from: u64, _until: u64, _visit: &mut dyn FnMut(Line<'_>)) -> Result<Option<u64>, Error> {
        Err(Error::Unavailable { what: "this store does not list its records".into() })
    }
    /// Counters and open deliveries of one moment.
    fn snapshot(&self) -> Snapshot {
        let (end, cut) = (self.written(), self.segments().first().map_or(0, |first| first.base));
        Snapshot { end, cut, baseline: Vec::new(), counts: self.counts(), open: self.open_count() }
    }
    /// Folds the records anew, from the beginning and from the last checkpoint, and gives what differs; at rest, also what
    /// differs from what is live. Empty where nothing is folded.
    ///
    /// # Errors
    /// `Unavailable`.
    fn refold(&self, _is_at_rest: bool) -> Result<Vec<&'static str>, Error> {
        Ok(Vec::new())
    }
    /// The place from which on the log takes at most this many bytes.
    fn cut_for_bytes(&self, bytes: u64) -> u64 {
        self.written().saturating_sub(bytes)
    }
    /// Drops what lies wholly below `cut` and is settled, oldest first; answers how many bytes were freed.
    ///
    /// # Errors
    /// As `append`.
    fn retain(&self, cut: u64) -> Result<oneshot::Receiver<Result<u64, Error>>, Error>;
    /// The pieces that retention can drop, and what keeps them.
    fn segments(&self) -> Vec<SegmentState>;
    /// The time of the first record at or after a place.
    fn time_at(&self, lsn: u64) -> Option<Timestamp>;
    /// Writes down what the next start would otherwise have to read again.
    ///
    /// # Errors
    /// As `append`.
    fn checkpoint(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error>;
    /// Makes everything durable that was given before, and tells where that ends.
    ///
    /// # Errors
    /// As `append`; `Misconfigured` for an engine whose backups are made by its own means.
    fn cut(&self) -> Result<oneshot::Receiver<Result<Cut, Error>>, Error> {
        Err(Error::misconfigured("this store engine is backed up by its own means, not by Sinew"))
    }
    /// Wraps every key of the log, and the store's secret, by the current master key, whichever wrapped them before. May be
    /// interrupted and done again.
    ///
    /// # Errors
    /// `Unavailable`, `Database`, `Away`; what no key opens is no error, and told.
    fn rewrap(&self, directory: &Path, progress: &mut dyn FnMut(keys::Progress)) -> Result<Rewrapped, Error>;
    /// While it lives, retention drops nothing.
    fn hold(&self) -> Hold {
        Hold::default()
    }
    /// The latest messages below a place, the latest first.
    ///
    /// # Errors
    /// `Unavailable`.
    fn latest(&self, below: u64, limit: usize) -> Result<Vec<MessageId>, Error> {
        let _ = (below, limit);
        Ok(Vec::new())
    }
    /// Writes what waits and ends.
    ///
    /// # Errors
    /// As `append`.
    fn close(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error>;
    /// Waits for the threads, after `close`.
    fn join(&self);
}

/// A segment as retention sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentState {
    /// Place of its first byte.
    pub base: u64,
    /// Bytes.
    pub capacity: u64,
    /// Messages in it that are in flight.
    pub in_flight: u64,
    /// Messages in it that are parked.
    pub parked: u64,
}

/// What a log says of itself at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Place of the last record that the rest follows from.
    pub end: u64,
    /// Messages below this were dropped.
    pub cut: u64,
    /// Counters of these.
    pub baseline: Vec<(Name, Counts)>,
    /// Counters of all, by interface.
    pub counts: Vec<(Name, Counts)>,
    /// Deliveries that wait, retry or are held.
    pub open: usize,
}

/// Where a backup ends: everything below `end` is durable, and the rest is as of there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The place after the last record.
    pub end: u64,
    /// Base and capacity of every segment that has something below it.
    pub pieces: Vec<(u64, u64)>,
    /// Counters by interface.
    pub counts: Vec<(Name, Counts)>,
    /// What is not settled.
    pub standings: Vec<Standing>,
}

/// See [`Log::hold`].
#[derive(Clone, Debug, Default)]
pub struct Hold(#[allow(dead_code, reason = "counted by its clones")] std::sync::Arc<()>);

/// What is done with a receipt on the log's own thread: how deliveries enter their queues in the order of acceptance.
pub type OnDurable = Box<dyn FnOnce(&Receipt) + Send>;

/// A commit under way. Dropping it does not take the message back.
pub struct Commit {
    answer: Result<oneshot::Receiver<Result<Receipt, Error>>, Error>,
    health: watch::Receiver<Health>,
}

impl Commit {
    pub(crate) fn new(
        answer: Result<oneshot::Receiver<Result<Receipt, Error>>, Error>,
        health: watch::Receiver<Health>,
    ) -> Commit {
        Commit { answer, health }
    }

    fn ended(&self) -> Error {
        match &*self.health.borrow() {
            Health::Failed(reason) => Error::Failed { reason: reason.clone() },
            Health::Ok | Health::Full | Health::Away(_) => Error::Closed,
        }
    }
}

impl Future for Commit {
    type Output = Result<Receipt, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.answer {
            Err(error) => Poll::Ready(Err(error.clone())),
            Ok(answer) => match Pin::new(answer).poll(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(result)) => Poll::Ready(result),
                Poll::Ready(Err(_)) => Poll::Ready(Err(self.ended())),
            },
        }
    }
}

/// The state in which a message starts.
pub(crate) fn first_state(accept: &Accept) -> MessageState {
    match accept.disposition {
        Disposition::Routed if accept.deliveries.is_empty() => MessageState::Filtered,
        Disposition::Routed => MessageState::InFlight,
        Disposition::Filtered { .. } => MessageState::Filtered,
        Disposition::Parked { .. } => MessageState::Parked,
    }
}

/// Adds counters up.
pub(crate) fn sum(mut total: Counts, more: &Counts) -> Counts {
    ledger::add(&mut total, more);
    total
}

/// Wraps the data key of every segment by the current master key.
fn rewrap(
    disk: &dyn Disk,
    folder: &Path,
    keys: &Keys,
    progress: &mut dyn FnMut(keys::Progress),
) -> Result<Rewrapped, Error> {
    let names = disk.list(folder).map_err(|error| Error::unavailable("listing the log", &error))?;
    let bases: Vec<u64> = names.iter().filter_map(|name| segment::parse_name(name)).collect();
    let mut done = Rewrapped::default();
    for (number, base) in bases.iter().enumerate() {
        match segment::rewrap(disk, folder, keys, *base) {
            Ok(()) => done.count += 1,
            Err(Error::Corrupt { file, .. } | Error::WrongKey { file }) => done.unreadable.push(file.to_string()),
            Err(error) => return Err(error),
        }
        progress(keys::Progress { done: number as u64 + 1, all: bases.len() as u64 });
    }
    Ok(done)
}
