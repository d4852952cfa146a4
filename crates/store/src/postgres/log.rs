//! The log in PostgreSQL: what callers and the log thread share, and everything that reads.
//!
//! Promises the contract of [`Log`].

use super::{
    connection::{Database, Session, refused},
    days::{DAY_BYTES, Days, base_of, day_of},
    load, rewrap,
    row::{RECORD_BYTES_MAX, Row},
    writer::Writer,
};
use crate::{
    Accept, Change, Entry, Error, Health, Quarantined, Stats, Stored,
    check::Line,
    hash::Key,
    health::Counters,
    index::{self, Index},
    keys::{Progress, Rewrapped},
    log::{
        Commit, Log, OnDurable, SegmentState, Snapshot, accepted, changed,
        ledger::{Ledger, OpenDelivery},
        lines,
        queue::{Accepting, Changing, Queue, Submission, refuse},
        refold::Digest,
        restated::Restated,
    },
};
use bytes::Bytes;
use message::{Clock, Counts, DeliveryId, MessageId, Name, Timestamp};
use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::{oneshot, watch};

/// Changes of one message that `history` reads.
const HISTORY_MAX: i64 = 10_000;
/// Messages that are read with one whose output is wanted: a queue that is worked off wants its neighbours next.
const AHEAD_ROWS: i64 = 64;
/// Bytes read ahead at a time, and kept in all.
const AHEAD_BYTES: i64 = 2 * 1024 * 1024;
const AHEAD_KEPT_BYTES: usize = 16 * 1024 * 1024;
/// Pause and number of looks at a group that is being written: a second in all.
const WRITE_PAUSE: Duration = Duration::from_micros(200);
const WRITE_LOOKS_MAX: u32 = 5_000;

const READ: &str = "SELECT record FROM messages WHERE id = $1";
const READ_AHEAD: &str = "
    SELECT id, record FROM (
        SELECT id, record, sum(octet_length(record)) OVER (ORDER BY id) - octet_length(record) AS before
        FROM (SELECT id, record FROM messages WHERE id >= $1 ORDER BY id LIMIT $2) next_rows) sized
    WHERE before < $3 ORDER BY id";
const HISTORY: &str = "SELECT id, record FROM (
    SELECT id, record FROM changes WHERE message = $1 AND id > $1 ORDER BY id DESC LIMIT $2) newest ORDER BY id";
const FIRST_FROM: &str = "SELECT id, record FROM messages WHERE id >= $1 ORDER BY id LIMIT 1";
/// What callers and the log thread share.
pub(super) struct Shared {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) database: Arc<Database>,
    pub(super) store: [u8; 16],
    pub(super) queue: Queue,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) health: watch::Sender<Health>,
    pub(super) stats: Counters,
    /// Everything below this place was committed.
    pub(super) written: AtomicU64,
    pub(super) days: Arc<Days>,
    pub(super) index: Arc<dyn Index>,
    pub(super) upkeep: Session,
    /// Which opening this is: the holder of the lease.
    pub(super) instance: String,
    pub(super) retry: Duration,
}

impl Shared {
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_health(&self, health: Health) {
        self.health.send_if_modified(|current| {
            let is_new = *current != health && !matches!(current, Health::Failed(_));
            if is_new {
                *current = health;
            }
            is_new
        });
    }
}

/// See the module.
pub(super) struct Postgres {
    shared: Arc<Shared>,
    reader: Session,
    ahead: Mutex<Ahead>,
    duplicates: Key,
    index_key: Key,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Messages below this were there when the log was opened.
    opened_at: u64,
}

/// Messages that were read before they were asked for.
#[derive(Default)]
struct Ahead {
    rows: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
}

impl Postgres {
    pub(super) fn start(
        shared: Arc<Shared>,
        writer: Writer,
        reader: Session,
        [duplicates, index_key]: [Key; 2],
    ) -> Result<Arc<Postgres>, Error> {
        let opened_at = shared.written.load(Ordering::Acquire);
        let guarded = shared.clone();
        let run = move || run_guarded(&guarded, writer);
        let thread = thread::Builder::new().name("sinew-log".into()).spawn(run);
        let thread = Mutex::new(Some(thread.map_err(|error| Error::unavailable("starting a thread", &error))?));
        let ahead = Mutex::default();
        Ok(Arc::new(Postgres { shared, reader, ahead, duplicates, index_key, thread, opened_at }))
    }

    fn encode_change(&self, change: &Change) -> Result<changed::Encoded, Error> {
        let mut restated = Vec::new();
        if let Change::Resent { delivery, .. } = change
            && self.shared.ledger().head(delivery.message.0).is_none()
        {
            let stored = self.read(delivery.message)?;
            restated = Restated::from_history(&stored, &self.history(delivery.message)?).encode();
        }
        Ok(changed::encode(change, &restated))
    }

    fn row(&self, id: MessageId) -> Result<Row, Error> {
        let missing = Error::NotFound { message: id };
        let Ok(wanted) = i64::try_from(id.0) else { return Err(missing) };
        let bytes = self.reader.run(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading a message", &error);
            let statement = link.statement(READ).await.map_err(failed)?;
            let row = link.client.query_opt(&statement, &[&wanted]).await.map_err(failed)?;
            Ok(row.map(|row| row.get::<_, Vec<u8>>(0)))
        })?;
        Row::verify(id.0, bytes.ok_or(missing)?, self.shared.days.key(id.0))
    }

    /// A message that is wanted for its output, with its neighbours.
    fn row_ahead(&self, id: MessageId) -> Result<Row, Error> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = ahead.rows.get(&id.0) {
            return Row::verify(id.0, bytes.clone(), self.shared.days.key(id.0));
        }
        let missing = Error::NotFound { message: id };
        let Ok(wanted) = i64::try_from(id.0) else { return Err(missing) };
        let rows = self.reader.run(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading messages", &error);
            let statement = link.statement(READ_AHEAD).await.map_err(failed)?;
            link.client.query(&statement, &[&wanted, &AHEAD_ROWS, &AHEAD_BYTES]).await.map_err(failed)
        })?;
        if ahead.bytes > AHEAD_KEPT_BYTES {
            *ahead = Ahead::default();
        }
        for row in rows {
            let (id, bytes): (i64, Vec<u8>) = (row.get(0), row.get(1));
            let length = bytes.len();
            if ahead.rows.insert(id as u64, bytes).is_none() {
                ahead.bytes += length;
            }
        }
        let bytes = ahead.rows.get(&id.0).cloned().ok_or(missing)?;
        Row::verify(id.0, bytes, self.shared.days.key(id.0))
    }

    fn piece(&self, from: u64, until: u64) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        self.reader.run(move |link| async move { load::piece(&link, from, until).await })
    }

    /// A group may be on its way: waits until the change at `lsn` can be read, for a second at most.
    fn wait_written(&self, lsn: u64) {
        for _ in 0..WRITE_LOOKS_MAX {
            if lsn < self.shared.written.load(Ordering::Acquire) {
                return;
            }
            thread::sleep(WRITE_PAUSE);
        }
    }

    fn day_bytes(&self, day: u64) -> u64 {
        let base = base_of(day) as i64;
        let bytes = self.reader.run(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading the size of a day", &error);
            let statement = link.statement(DAY_BYTES).await.map_err(failed)?;
            Ok(link.client.query_one(&statement, &[&base]).await.map_err(failed)?.get::<_, i64>(0))
        });
        bytes.map_or(0, |bytes| bytes as u64)
    }
}

/// A panic of the log thread is a failed store (R6), never a silent one.
fn run_guarded(shared: &Shared, writer: Writer) {
    if catch_unwind(AssertUnwindSafe(|| writer.run())).is_err() {
        let reason: Arc<str> = "the log thread panicked".into();
        shared.set_health(Health::Failed(reason.clone()));
        let error = Error::Failed { reason };
        shared.queue.close(error.clone()).into_iter().for_each(|submission| refuse(submission, &error));
    }
}

impl Log for Postgres {
    fn commit_then(&self, accept: Accept, then: Option<OnDurable>) -> Commit {
        let pushed = accepted::encode(&accept, self.duplicates).and_then(|encoded| {
            let size = (encoded.packed.len() + encoded.open.len()) as u64;
            if size > RECORD_BYTES_MAX {
                return Err(Error::TooLarge { what: "the packed message", size, limit: RECORD_BYTES_MAX });
            }
            let window =
                accept.duplicate_window.map_or(0, |window| i64::try_from(window.as_micros()).unwrap_or(i64::MAX));
            let entry = Box::new(index::Accepted::of(&accept, self.index_key));
            let (reply, answer) = oneshot::channel();
            self.shared.queue.push(Submission::Accept(Accepting { encoded, window, entry, reply, then }))?;
            Ok(answer)
        });
        Commit::new(pushed, self.shared.health.subscribe())
    }

    fn append(&self, change: &Change) -> Result<(), Error> {
        let encoded = self.encode_change(change)?;
        self.shared.queue.push(Submission::Change(Changing { encoded, reply: None }))
    }

    fn commit_change(&self, change: &Change) -> Result<oneshot::Receiver<Result<u64, Error>>, Error> {
        let encoded = self.encode_change(change)?;
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Submission::Change(Changing { encoded, reply: Some(reply) }))?;
        Ok(answer)
    }

    fn read(&self, id: MessageId) -> Result<Stored, Error> {
        self.row(id)?.stored()
    }

    fn read_output(&self, id: DeliveryId) -> Result<Bytes, Error> {
        self.row_ahead(id.message)?.output(id.number)
    }

    fn history(&self, id: MessageId) -> Result<Vec<Entry>, Error> {
        self.row(id)?;
        let head = self.shared.ledger().head(id.0);
        if let Some(head) = head.filter(|head| *head != changed::PREV_UNKNOWN) {
            self.wait_written(head);
        }
        let wanted = id.0 as i64;
        let rows = self.reader.run(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading the changes of a message", &error);
            let statement = link.statement(HISTORY).await.map_err(failed)?;
            link.client.query(&statement, &[&wanted, &HISTORY_MAX]).await.map_err(failed)
        })?;
        // A damaged change is passed over, as in the embedded log (R7).
        let entries = rows.into_iter().filter_map(|row| {
            let (lsn, bytes) = (row.get::<_, i64>(0) as u64, row.get(1));
            let (fixed, entry) = Row::verify(lsn, bytes, self.shared.days.key(lsn)).ok()?.change().ok()?;
            (fixed.message == id.0).then_some(entry)
        });
        Ok(entries.collect())
    }

    fn counts(&self) -> Vec<(Name, Counts)> {
        self.shared.ledger().counts()
    }

    fn open_after(&self, after: Option<DeliveryId>, limit: usize) -> Vec<OpenDelivery> {
        self.shared.ledger().open_after(after, self.opened_at, limit)
    }

    fn open_count(&self) -> usize {
        self.shared.ledger().open_count()
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.subscribe()
    }

    fn stats(&self) -> Stats {
        let read = self.shared.stats.read();
        Stats { segments: self.shared.days.list().len() as u64, log_bytes: read.bytes, ..read }
    }

    fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Acquire)
    }

    fn durable(&self) -> u64 {
        self.written()
    }

    fn verify(&self) -> Result<Vec<Quarantined>, Error> {
        let (mut quarantined, mut from) = (Vec::new(), 0);
        loop {
            let rows = self.piece(from, self.written())?;
            let Some((last, _)) = rows.last() else { return Ok(quarantined) };
            from = last + 1;
            for (lsn, bytes) in rows {
                let length = bytes.len() as u64;
                if !Row::verify(lsn, bytes, self.shared.days.key(lsn)).is_ok_and(Row::prove) {
                    quarantined.push(Quarantined { lsn, length });
                }
            }
        }
    }

    fn replay(&self, from: u64, visit: &mut dyn FnMut(index::Entry)) -> Result<Option<u64>, Error> {
        let rows = self.piece(from, self.durable())?;
        let next = rows.last().map(|(last, _)| last + 1);
        let entry = |(lsn, bytes)| Row::verify(lsn, bytes, self.shared.days.key(lsn)).ok()?.entry(self.index_key);
        rows.into_iter().filter_map(entry).for_each(visit);
        Ok(next)
    }

    fn lines(&self, from: u64, until: u64, visit: &mut dyn FnMut(Line<'_>)) -> Result<Option<u64>, Error> {
        self.wait_written(until);
        let end = self.written().min(until.saturating_add(1));
        let rows = self.piece(from, end)?;
        let next = rows.last().map(|(last, _)| last + 1);
        for (lsn, bytes) in rows {
            let length = bytes.len() as u64;
            match Row::verify(lsn, bytes, self.shared.days.key(lsn)) {
                Ok(row) => visit(lines::line(&row.header, row.bytes())),
                Err(_) => visit(Line::Damaged(Quarantined { lsn, length })),
            }
        }
        Ok(next.filter(|next| *next <= until))
    }

    fn snapshot(&self) -> Snapshot {
        let ledger = self.shared.ledger();
        let (end, cut, open) = (ledger.folded, ledger.cut, ledger.open_count());
        Snapshot { end, cut, baseline: ledger.baseline(), counts: ledger.counts(), open }
    }

    fn refold(&self, is_at_rest: bool) -> Result<Vec<&'static str>, Error> {
        let (until, live) = {
            let ledger = self.shared.ledger();
            (ledger.folded, is_at_rest.then(|| Digest::of(&ledger)))
        };
        self.wait_written(until);
        let (days, store) = (self.shared.days.clone(), self.shared.store);
        let again = self.reader.run(move |link| async move { load::fold_again(&link, &days, &store, until).await })?;
        let mut digests = again.iter().map(Digest::of);
        let Some(full) = digests.next() else { return Ok(Vec::new()) };
        Ok(digests.chain(live).filter_map(|other| full.differs(&other)).collect())
    }

    fn cut_for_bytes(&self, bytes: u64) -> u64 {
        let (mut total, mut cut) = (0, self.written());
        for day in self.shared.days.list().into_iter().rev() {
            total += self.day_bytes(day);
            if total > bytes {
                break;
            }
            cut = cut.min(base_of(day));
        }
        cut
    }

    fn retain(&self, cut: u64) -> Result<oneshot::Receiver<Result<u64, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Submission::Drop(cut, reply))?;
        Ok(answer)
    }

    fn segments(&self) -> Vec<SegmentState> {
        let newest = day_of(self.written().saturating_sub(1));
        let days: Vec<u64> = self.shared.days.list().into_iter().filter(|day| *day <= newest).collect();
        let sizes: Vec<u64> = days.iter().map(|day| self.day_bytes(*day)).collect();
        let ledger = self.shared.ledger();
        let state = |(day, capacity): (u64, u64)| {
            let (in_flight, parked) = ledger.kept_by(base_of(day));
            SegmentState { base: base_of(day), capacity, in_flight, parked }
        };
        days.into_iter().zip(sizes).map(state).collect()
    }

    fn time_at(&self, lsn: u64) -> Option<Timestamp> {
        let from = i64::try_from(lsn).ok()?;
        let found = self.reader.run(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading the log", &error);
            let statement = link.statement(FIRST_FROM).await.map_err(failed)?;
            let row = link.client.query_opt(&statement, &[&from]).await.map_err(failed)?;
            Ok(row.map(|row| (row.get::<_, i64>(0) as u64, row.get::<_, Vec<u8>>(1))))
        });
        let (id, bytes) = found.ok()??;
        let row = Row::verify(id, bytes, self.shared.days.key(id)).ok()?;
        Some(Timestamp(row.header.time))
    }

    fn checkpoint(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Submission::Checkpoint(reply))?;
        Ok(answer)
    }

    fn rewrap(&self, _: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Rewrapped, Error> {
        let (keys, instance) = (self.shared.days.keys().now(), self.shared.instance.clone());
        let done =
            self.shared.upkeep.alone(move |link| async move { rewrap::rewrap(&link, &instance, &keys).await })?;
        progress(Progress { done: done.count, all: done.count });
        Ok(done)
    }

    fn close(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Submission::Close(reply))?;
        Ok(answer)
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Postgres {
    /// Closes as `close` does, but tells nobody whether it worked.
    fn drop(&mut self) {
        let (reply, _) = oneshot::channel();
        let _ = self.shared.queue.push(Submission::Close(reply));
        self.join();
    }
}
