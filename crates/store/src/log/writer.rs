//! The one writer of the log.
//!
//! Owns the tail of the log, group commit, duplicate detection and the ledger while live. The log thread does its work;
//! where there is little of it, a submitter leads a group itself, because handing a message to another thread and back
//! costs as much as half an fsync.
//!
//! ```text
//!   callers --push--> queue --take all--> [ place, fold, seal ] --one pwrite--> [ fdatasync ] --> answer all
//!                                           ^ no room: Full                       ^ fails: Failed, for ever
//! ```
//!
//! Promises: an answer to a commit leaves only after the fdatasync that covers it (R1); the first failed write or
//! fsync ends everything, and is never retried (R6); changes without a waiter reach the kernel with their group and
//! the disk within [`SYNC_DELAY_MAX`]; without room messages are refused and changes still pass (R8).

use super::{
    OnDurable,
    accepted::{self, Fixed},
    changed, checkpoint,
    embedded::Shared,
    prepare::{Prepared, Preparer},
    queue::{Accepting, Changing, Reply, Submission, refuse},
    record::{self, HEADER_BYTES, Header, Kind},
    segment::{self, Segment},
};
use crate::{Error, Health, Receipt, Verdict, index, seal::TAG_BYTES};
use message::{
    MessageId, Timestamp,
    failpoint::{Place, pass},
};
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

/// Longest time that a change without a waiter stays unsynced.
pub(crate) const SYNC_DELAY_MAX: Duration = Duration::from_millis(50);
/// A group is written when it has this many bytes, whatever still waits.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// A buffer that a large message left behind is given back above this.
const BUFFER_BYTES_KEPT: usize = 16 * 1024 * 1024;
/// Earlier messages with the same control id that are compared before a message counts as new.
const DUPLICATE_HOPS_MAX: usize = 16;
/// Bytes of log between checkpoints, at least; more when the checkpoint itself is large.
const CHECKPOINT_BYTES_MIN: u64 = 64 * 1024 * 1024;
/// Log between checkpoints as a multiple of the checkpoint's size.
const CHECKPOINT_RATIO: u64 = 4;

/// Messages in the last group from which on the next one waits for company. One or two senders never wait.
const COMPANY_MIN: usize = 4;
/// Longest wait for company: a slow disk makes large groups by itself.
const PAUSE_MAX: Duration = Duration::from_micros(150);
/// Bytes up to which a submitter writes a group itself.
const LEAD_BYTES_MAX: usize = 64 * 1024;
/// Last fsync up to which a submitter leads: it may be a thread that has other things to do than to wait for the disk.
const LEAD_FSYNC_MICROS_MAX: u64 = 1_000;

/// Whom to tell once the group is on stable storage.
enum Waiter {
    Receipt(Reply<Receipt>, Receipt, Option<OnDurable>),
    Change(Reply<u64>, u64),
}

/// See the module.
pub(crate) struct Writer {
    pub(crate) shared: Arc<Shared>,
    pub(crate) preparer: Preparer,
    pub(crate) segment: Arc<Segment>,
    /// Place of the next record.
    pub(crate) tail: u64,
    pub(crate) epoch: u16,
    pub(crate) last: (u64, u32),
    buffer: Vec<u8>,
    buffer_at: u64,
    waiters: Vec<Waiter>,
    entries: Vec<index::Entry>,
    /// Changes that found no room even in the reserve.
    deferred: VecDeque<Changing>,
    /// Kept for its room.
    taken: Vec<Submission>,
    /// Closed or failed.
    is_over: bool,
    must_sync: bool,
    /// Messages in the last group.
    company: usize,
    unsynced_since: Option<Instant>,
    now: i64,
    checkpoint_at: u64,
    checkpointing: Option<thread::JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        preparer: Preparer,
        segment: Arc<Segment>,
        tail: u64,
        epoch: u16,
        last: (u64, u32),
    ) -> Writer {
        let checkpoint_at = tail + CHECKPOINT_BYTES_MIN;
        Writer {
            shared,
            preparer,
            segment,
            tail,
            epoch,
            last,
            buffer: Vec::new(),
            buffer_at: tail,
            waiters: Vec::new(),
            entries: Vec::new(),
            deferred: VecDeque::new(),
            taken: Vec::new(),
            is_over: false,
            must_sync: false,
            company: 0,
            unsynced_since: None,
            now: 0,
            checkpoint_at,
            checkpointing: None,
        }
    }

    /// Takes what waits and does it. Panics are failures (R6), never silent ones.
    fn work(&mut self) {
        if self.is_over {
            return;
        }
        self.guard(|writer| {
            let mut taken = std::mem::take(&mut writer.taken);
            writer.shared.queue.take(&mut taken);
            let result = writer.group(&mut taken, false);
            writer.conclude(result, taken);
        });
    }

    /// As the log thread's work, by a submitter who would otherwise wake the thread and wait for it. `false` when it is
    /// better left to the thread: much to do, a slow disk, the end of a segment.
    pub(crate) fn lead(&mut self) -> bool {
        let fsync = self.shared.stats.fsync_micros_last.load(Ordering::Relaxed);
        if self.is_over || self.company >= COMPANY_MIN || fsync > LEAD_FSYNC_MICROS_MAX {
            return false;
        }
        // The next segment may have to be waited for.
        let bytes_max = LEAD_BYTES_MAX.min((self.segment.end() - self.tail) as usize / 2);
        let mut taken = std::mem::take(&mut self.taken);
        let is_led = self.deferred.is_empty() && self.shared.queue.take_small(&mut taken, bytes_max);
        self.guard(|writer| {
            let result = if is_led { writer.group(&mut taken, true) } else { Ok(None) };
            writer.conclude(result, taken);
        });
        is_led
    }

    fn guard(&mut self, work: impl FnOnce(&mut Writer)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            let error = Error::Failed { reason: "the writer of the log panicked".into() };
            self.end(&error, Vec::new(), None);
        }
    }

    fn conclude(&mut self, result: Result<Option<Reply<()>>, Error>, taken: Vec<Submission>) {
        match result {
            Ok(None) => self.taken = taken,
            Ok(closing) => self.end(&Error::Closed, taken, closing),
            Err(error) => self.end(&error, taken, None),
        }
    }

    fn patience(&self) -> Option<Duration> {
        if !self.deferred.is_empty() {
            return Some(SYNC_DELAY_MAX);
        }
        self.unsynced_since.map(|since| SYNC_DELAY_MAX.saturating_sub(self.age(since)))
    }

    fn age(&self, since: Instant) -> Duration {
        self.shared.clock.monotonic().saturating_duration_since(since)
    }

    /// How long a group waits for company: half an fsync, where the last one showed that there is company. Senders that
    /// were answered together come back together, and each fsync saved is more than the pause.
    fn pause(&self) -> Option<Duration> {
        let fsync = Duration::from_micros(self.shared.stats.fsync_micros_last.load(Ordering::Relaxed));
        (self.company >= COMPANY_MIN).then(|| (fsync / 2).min(PAUSE_MAX))
    }

    /// The first record of this opening: durable before any record of its epoch.
    fn open(&mut self) -> Result<Option<Reply<()>>, Error> {
        self.now = self.shared.clock.now().0;
        self.preparer.request_if_idle(self.segment.end(), self.shared.segment_bytes);
        self.mark(Kind::Opened, env!("CARGO_PKG_VERSION").as_bytes())?;
        Ok(None)
    }

    fn mark(&mut self, kind: Kind, body: &[u8]) -> Result<u64, Error> {
        self.make_room(record::span(body.len() as u64), true)?;
        let lsn = self.begin(kind, 0, body.len());
        self.buffer.extend_from_slice(body);
        self.finish(lsn);
        self.must_sync = true;
        self.flush()?;
        Ok(lsn)
    }

    fn group(&mut self, taken: &mut Vec<Submission>, is_led: bool) -> Result<Option<Reply<()>>, Error> {
        self.now = self.shared.clock.now().0;
        if let Some(reason) = self.preparer.broken() {
            return Err(Error::Failed { reason: reason.into() });
        }
        self.retry_deferred()?;
        let accepts = taken.iter().filter(|submission| matches!(submission, Submission::Accept(_))).count();
        // Changes alone say nothing about how many senders there are.
        self.company = if accepts == 0 { self.company } else { accepts };
        let mut closing = None;
        let mut submissions = taken.drain(..);
        for submission in submissions.by_ref() {
            match submission {
                Submission::Accept(accepting) => self.accept(accepting)?,
                Submission::Change(changing) => self.change(changing)?,
                Submission::Drop(cut, reply) => self.drop_below(cut, reply)?,
                Submission::Checkpoint(reply) => self.checkpoint(Some(reply))?,
                Submission::Cut(reply) => self.cut(reply)?,
                Submission::Close(reply) => closing = Some(reply),
            }
            if self.buffer.len() >= GROUP_BYTES_MAX {
                self.flush()?;
            }
            if closing.is_some() {
                break;
            }
        }
        self.flush()?;
        self.tell_health();
        if closing.is_some() {
            submissions.for_each(|submission| refuse(submission, &Error::Closed));
            pass(Place::CloseBefore);
            self.mark(Kind::Closed, &[])?;
            pass(Place::CloseAfter);
            self.checkpoint(None)?;
        } else if self.tail >= self.checkpoint_at {
            match is_led {
                true => self.shared.queue.nudge(),
                false => self.checkpoint(None)?,
            }
        }
        Ok(closing)
    }

    /// Tells everyone who waits, and everyone to come.
    fn end(&mut self, error: &Error, taken: Vec<Submission>, closing: Option<Reply<()>>) {
        self.is_over = true;
        if let Error::Failed { reason } = error {
            self.shared.set_health(Health::Failed(reason.clone()));
        }
        for waiter in self.waiters.drain(..) {
            match waiter {
                Waiter::Receipt(reply, _, _) => drop(reply.send(Err(error.clone()))),
                Waiter::Change(reply, _) => drop(reply.send(Err(error.clone()))),
            }
        }
        self.deferred.drain(..).for_each(|changing| refuse(Submission::Change(changing), error));
        taken.into_iter().for_each(|submission| refuse(submission, error));
        self.shared.queue.close(error.clone()).into_iter().for_each(|submission| refuse(submission, error));
        self.shared.queue.nudge();
        self.preparer.stop();
        if let Some(running) = self.checkpointing.take() {
            let _ = running.join();
        }
        if let Some(reply) = closing {
            let _ = reply.send(Ok(()));
        }
    }

    // ---- placing records ----

    fn begin(&mut self, kind: Kind, flags: u8, body: usize) -> u64 {
        let lsn = self.tail;
        assert_eq!(lsn, self.buffer_at + self.buffer.len() as u64, "the buffer ends at the tail");
        let header = Header { kind, flags, epoch: self.epoch, length: body as u32, lsn, time: self.now };
        self.buffer.extend_from_slice(&header.encode());
        lsn
    }

    fn finish(&mut self, lsn: u64) {
        let start = (lsn - self.buffer_at) as usize;
        let end = self.buffer.len().next_multiple_of(record::ALIGNMENT as usize);
        self.buffer.resize(end, 0);
        record::seal_checksum(&mut self.buffer[start..]);
        let mut crc = [0; 4];
        crc.copy_from_slice(&self.buffer[start + 12..start + 16]);
        self.last = (lsn, u32::from_le_bytes(crc));
        self.tail = self.buffer_at + end as u64;
        assert!(self.tail <= self.segment.end(), "a record stays inside its segment");
    }

    /// Seals the end of the buffer from `secret_at` on, and completes the record at `lsn`.
    fn seal(&mut self, lsn: u64, secret_at: usize) -> Result<(), Error> {
        let start = (lsn - self.buffer_at) as usize;
        let (open, secret) = self.buffer[start..].split_at_mut(secret_at - start);
        let nonce = Header { kind: Kind::Accept, flags: 0, epoch: self.epoch, length: 0, lsn, time: 0 }.nonce();
        let tag = self.segment.key.seal(nonce, open, secret);
        let tag = tag.ok_or_else(|| Error::Failed { reason: "sealing a record".into() })?;
        self.buffer.extend_from_slice(&tag);
        Ok(())
    }

    fn accept(&mut self, accepting: Accepting) -> Result<(), Error> {
        let Accepting { mut encoded, window, mut entry, reply, then } = accepting;
        let reused = match self.look_up(&encoded.fixed, window) {
            Verdict::Duplicate { of } => {
                self.shared.stats.duplicates.fetch_add(1, Ordering::Relaxed);
                let receipt = Receipt::new(of, Verdict::Duplicate { of }, Timestamp(self.now));
                self.waiters.push(Waiter::Receipt(reply, receipt, then));
                return Ok(());
            }
            Verdict::ReusedControlId { of } => Some(of),
            Verdict::New => None,
        };
        let body = accepted::FIXED_BYTES + encoded.open.len() + encoded.packed.len() + TAG_BYTES;
        match self.make_room(record::span(body as u64), false) {
            Ok(()) => {}
            Err(Error::Full) => {
                let _ = reply.send(Err(Error::Full));
                return Ok(());
            }
            Err(error) => {
                let _ = reply.send(Err(error.clone()));
                return Err(error);
            }
        }
        encoded.settle(reused);
        let lsn = self.begin(Kind::Accept, 0, body);
        self.buffer.extend_from_slice(&encoded.fixed.encode());
        self.buffer.extend_from_slice(&encoded.open);
        let secret_at = self.buffer.len();
        self.buffer.extend_from_slice(&encoded.packed);
        self.seal(lsn, secret_at)?;
        self.finish(lsn);
        let start = (lsn - self.buffer_at) as usize + HEADER_BYTES;
        let Some((fixed, open, _)) = accepted::split(&self.buffer[start..]) else {
            return Err(Error::Failed { reason: "a record does not read as it was written".into() });
        };
        let state = self.shared.ledger().accept(self.segment.base, lsn, self.now, &fixed, &open);
        (entry.lsn, entry.at, entry.state, entry.is_reused) = (lsn, self.now, state, reused.is_some());
        self.entries.push(index::Entry::Accepted(entry));
        let verdict = reused.map_or(Verdict::New, |of| Verdict::ReusedControlId { of });
        let receipt = Receipt::new(MessageId(lsn), verdict, Timestamp(self.now));
        self.waiters.push(Waiter::Receipt(reply, receipt, then));
        self.must_sync = true;
        Ok(())
    }

    /// R4: walks the earlier messages with the same control id, the latest first.
    fn look_up(&self, fixed: &Fixed, window: i64) -> Verdict {
        if fixed.key == 0 {
            return Verdict::New;
        }
        let Some(latest) = self.shared.ledger().duplicates.latest(fixed.key) else { return Verdict::New };
        let mut verdict = Verdict::New;
        let mut lsn = latest;
        for _ in 0..DUPLICATE_HOPS_MAX {
            let Some((time, earlier)) = self.fixed_at(lsn) else { break };
            if time.saturating_add(window) < self.now {
                break;
            }
            if earlier.content == fixed.content {
                return Verdict::Duplicate { of: MessageId(lsn) };
            }
            verdict = Verdict::ReusedControlId { of: MessageId(latest) };
            lsn = earlier.prior;
            if lsn == 0 {
                break;
            }
        }
        verdict
    }

    /// Time and fixed part of an accepted message, which may still be in the buffer.
    fn fixed_at(&self, lsn: u64) -> Option<(i64, Fixed)> {
        if lsn < self.buffer_at {
            let record = self.shared.segments.read(lsn).ok()?;
            return Some((record.header.time, Fixed::decode(record.body())?));
        }
        let record = self.buffer.get((lsn - self.buffer_at) as usize..)?;
        let header = Header::decode(record, lsn).ok()?;
        Some((header.time, Fixed::decode(&record[HEADER_BYTES..])?))
    }

    fn change(&mut self, changing: Changing) -> Result<(), Error> {
        let Changing { encoded, reply } = &changing;
        let changed::Fixed { message, number, .. } = encoded.fixed;
        let restated = match encoded.effect {
            changed::Effect::Resent => changed::restated(encoded),
            _ => &[],
        };
        if let Err(why) = self.shared.ledger().check(message, number, encoded.effect, restated) {
            self.shared.stats.refused.fetch_add(1, Ordering::Relaxed);
            let delivery = message::DeliveryId { message: MessageId(message), number };
            refuse(Submission::Change(changing), &Error::Refused { delivery, why });
            return Ok(());
        }
        let sealed = if encoded.secret.is_empty() { 0 } else { encoded.secret.len() + TAG_BYTES };
        let body = changed::FIXED_BYTES + encoded.open.len() + sealed;
        if !self.deferred.is_empty() {
            self.deferred.push_back(changing);
            return Ok(());
        }
        match self.make_room(record::span(body as u64), true) {
            Ok(()) => {}
            Err(Error::Full) => {
                self.deferred.push_back(changing);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let lsn = self.begin(Kind::Change, 0, body);
        let applied = self.shared.ledger().change(lsn, message, number, encoded.effect, restated);
        let applied = applied.map_err(|why| Error::Failed { reason: format!("a checked change: {why}").into() })?;
        let state = applied.state.map_or(changed::STATE_SAME, |state| state as u8);
        let fixed = changed::Fixed { prev: applied.prev, state, ..encoded.fixed };
        self.buffer.extend_from_slice(&fixed.encode());
        self.buffer.extend_from_slice(&encoded.open);
        if !encoded.secret.is_empty() {
            let secret_at = self.buffer.len();
            self.buffer.extend_from_slice(&encoded.secret);
            self.seal(lsn, secret_at)?;
        }
        self.finish(lsn);
        self.entries.push(index::Entry::Changed(index::Changed {
            lsn,
            message,
            prev: applied.prev,
            state: applied.state,
        }));
        if let Some(reply) = reply.is_some().then_some(changing.reply).flatten() {
            self.waiters.push(Waiter::Change(reply, lsn));
            self.must_sync = true;
        }
        Ok(())
    }

    fn retry_deferred(&mut self) -> Result<(), Error> {
        let waiting = std::mem::take(&mut self.deferred);
        for changing in waiting {
            self.change(changing)?;
        }
        Ok(())
    }

    // ---- room ----

    /// Sees that `span` bytes fit into the current segment, going on to the next where needed.
    fn make_room(&mut self, span: u64, is_change: bool) -> Result<(), Error> {
        if self.tail + span <= self.segment.end() {
            let left = self.segment.end() - self.tail - span;
            // A segment smaller than asked for was the reserve: it is for changes alone.
            let is_spacious =
                left >= self.shared.change_reserve_bytes && self.segment.capacity >= self.shared.segment_bytes;
            return if is_change || is_spacious || !self.preparer.is_full() { Ok(()) } else { Err(Error::Full) };
        }
        let need = segment::HEADER_BYTES + span;
        let capacity = self.shared.segment_bytes.max(need.next_multiple_of(4096));
        match self.preparer.take(self.segment.end(), capacity, need, is_change) {
            Prepared::Ready(next) => self.roll(next),
            Prepared::Full => Err(Error::Full),
            Prepared::Broken(reason) => Err(Error::Failed { reason: reason.into() }),
        }
    }

    /// Goes on to the next segment; everything in the old one is synced first, as its end is never looked at again.
    fn roll(&mut self, next: Arc<Segment>) -> Result<(), Error> {
        assert_eq!(next.base, self.segment.end(), "segments follow each other");
        self.must_sync |= self.unsynced_since.is_some() || !self.buffer.is_empty();
        self.flush()?;
        pass(Place::SegmentRoll);
        self.shared.segments.insert(&next);
        self.tail = next.first();
        self.buffer_at = self.tail;
        self.preparer.request(next.end(), self.shared.segment_bytes);
        self.segment = next;
        Ok(())
    }

    // ---- to the disk ----

    /// Writes what is in the buffer, syncs if somebody waits or time is up, then answers everybody.
    fn flush(&mut self) -> Result<(), Error> {
        if !self.buffer.is_empty() {
            let offset = self.buffer_at - self.segment.base;
            pass(Place::LogWriteBefore);
            self.segment.file.write_at(&self.buffer, offset).map_err(|error| failed("writing the log", &error))?;
            pass(Place::LogWriteAfter);
            self.shared.stats.groups.fetch_add(1, Ordering::Relaxed);
            self.shared.stats.bytes.fetch_add(self.buffer.len() as u64, Ordering::Relaxed);
            self.shared.written.store(self.tail, Ordering::Release);
            self.buffer_at = self.tail;
            self.buffer.clear();
            if self.buffer.capacity() > BUFFER_BYTES_KEPT {
                self.buffer = Vec::new();
            }
            self.unsynced_since = self.unsynced_since.or_else(|| Some(self.shared.clock.monotonic()));
        }
        let is_late = self.unsynced_since.is_some_and(|since| self.age(since) >= SYNC_DELAY_MAX);
        if self.unsynced_since.is_some() && (self.must_sync || is_late) {
            self.sync()?;
        }
        self.must_sync = false;
        self.answer();
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        let started = self.shared.clock.monotonic();
        pass(Place::LogFsyncBefore);
        self.segment.file.sync().map_err(|error| failed("fsync of the log", &error))?;
        pass(Place::LogFsyncAfter);
        let micros = u64::try_from(self.age(started).as_micros()).unwrap_or(u64::MAX);
        self.shared.stats.fsyncs.fetch_add(1, Ordering::Relaxed);
        self.shared.stats.fsync_micros_last.store(micros, Ordering::Relaxed);
        self.unsynced_since = None;
        self.shared.durable.store(self.buffer_at, Ordering::Release);
        Ok(())
    }

    fn answer(&mut self) {
        // Before anyone is told, so that a search sees what its caller knows to be committed; and not before it is
        // durable, so that the index never knows more than the log after a power cut.
        if !self.entries.is_empty() && self.unsynced_since.is_none() {
            self.shared.index.offer(&mut self.entries, self.tail);
        }
        let mut messages = 0;
        for waiter in self.waiters.drain(..) {
            match waiter {
                Waiter::Receipt(reply, receipt, then) => {
                    if let Some(then) = then {
                        then(&receipt);
                    }
                    messages += u64::from(!matches!(receipt.verdict(), Verdict::Duplicate { .. }));
                    let _ = reply.send(Ok(receipt));
                }
                Waiter::Change(reply, lsn) => drop(reply.send(Ok(lsn))),
            }
        }
        self.shared.stats.messages.fetch_add(messages, Ordering::Relaxed);
    }

    fn tell_health(&self) {
        let health = if self.preparer.is_full() { Health::Full } else { Health::Ok };
        self.shared.set_health(health);
    }

    // ---- upkeep ----

    fn checkpoint(&mut self, reply: Option<Reply<()>>) -> Result<(), Error> {
        self.must_sync = true;
        self.flush()?;
        if let Some(running) = self.checkpointing.take() {
            let _ = running.join();
        }
        let store = self.shared.segments.owner.store;
        let bytes = checkpoint::encode(&store, self.tail, self.last, self.epoch, &self.shared.ledger());
        self.checkpoint_at = self.tail + CHECKPOINT_BYTES_MIN.max(bytes.len() as u64 * CHECKPOINT_RATIO);
        let shared = self.shared.clone();
        let write = move || {
            pass(Place::CheckpointBefore);
            let written = crate::disk::replace(&*shared.segments.disk, &shared.checkpoint_path, &bytes);
            pass(Place::CheckpointAfter);
            if let Some(reply) = reply {
                let _ = reply.send(written.map_err(|error| Error::unavailable("writing the checkpoint", &error)));
            }
        };
        // A checkpoint may be tens of megabytes: the log does not wait for it. One that cannot be written only makes
        // the next start slower.
        self.checkpointing = thread::Builder::new().name("sinew-checkpoint".into()).spawn(write).ok();
        Ok(())
    }

    /// Everything up to the tail becomes durable; counters and standings are told as of there, where a backup ends.
    fn cut(&mut self, reply: Reply<super::Cut>) -> Result<(), Error> {
        self.must_sync = true;
        self.flush()?;
        let (counts, standings) = {
            let ledger = self.shared.ledger();
            (ledger.counts(), ledger.standings())
        };
        let mut pieces = self.shared.segments.list();
        pieces.retain(|(base, _)| *base < self.tail);
        let _ = reply.send(Ok(super::Cut { end: self.tail, pieces, counts, standings }));
        Ok(())
    }

    /// Retention: a durable baseline first, the files after, so that a crash in between only leaves files to remove.
    fn drop_below(&mut self, cut: u64, reply: Reply<u64>) -> Result<(), Error> {
        // A backup copies files: none of them goes away under it. Retention comes again by itself.
        let cut = if self.shared.is_held() { 0 } else { cut.min(self.segment.base) };
        let doomed: Vec<(u64, u64)> = {
            let ledger = self.shared.ledger();
            let list = self.shared.segments.list();
            let is_settled = |base: u64| ledger.kept_by(base) == (0, 0);
            list.into_iter().take_while(|(base, size)| base + size <= cut && is_settled(*base)).collect()
        };
        let Some((base, capacity)) = doomed.last() else {
            let _ = reply.send(Ok(0));
            return Ok(());
        };
        let cut = base + capacity;
        let baseline = {
            let mut ledger = self.shared.ledger();
            ledger.drop_below(cut);
            let names = ledger.names.interfaces().iter();
            let counts = names.zip(&ledger.baseline).map(|(name, counts)| (name.clone(), *counts)).collect();
            super::baseline::Baseline { cut, counts }.encode()
        };
        pass(Place::RetentionBefore);
        self.mark(Kind::Baseline, &baseline)?;
        pass(Place::RetentionBaseline);
        let mut freed = 0;
        for (base, capacity) in doomed {
            self.shared.segments.remove(base);
            let path = segment::path(&self.shared.segments.folder, base);
            if self.shared.segments.disk.remove(&path).is_ok() {
                freed += capacity;
            }
            pass(Place::RetentionRemove);
        }
        let _ = reply.send(Ok(freed));
        Ok(())
    }
}

/// The log thread: does what waits until the store is closed or fails.
pub(crate) fn run(writer: &Mutex<Writer>) {
    let lock = || writer.lock().unwrap_or_else(PoisonError::into_inner);
    let shared = {
        let mut writer = lock();
        writer.guard(|writer| {
            let result = writer.open();
            writer.conclude(result, Vec::new());
        });
        writer.shared.clone()
    };
    loop {
        let (patience, pause) = {
            let writer = lock();
            if writer.is_over {
                break;
            }
            (writer.patience(), writer.pause())
        };
        shared.queue.wait(patience, pause);
        lock().work();
    }
}

fn failed(what: &str, error: &std::io::Error) -> Error {
    Error::Failed { reason: format!("{what}: {error}").into() }
}

impl Shared {
    /// The ledger, for as short as possible.
    pub(crate) fn ledger(&self) -> std::sync::MutexGuard<'_, super::ledger::Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody copies the log's files.
    fn is_held(&self) -> bool {
        Arc::strong_count(&self.held) > 1
    }

    pub(crate) fn set_health(&self, health: Health) {
        self.health.send_if_modified(|current| {
            let is_new = *current != health && !matches!(current, Health::Failed(_));
            if is_new {
                *current = health;
            }
            is_new
        });
    }
}
