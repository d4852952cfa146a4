//! The embedded log: segment files and one thread that writes them.
//!
//! Owns what callers and the writer share, and everything that reads. Promises the contract of [`Log`].

use super::{
    Commit, Log, OnDurable, accepted, changed,
    ledger::{Ledger, OpenDelivery},
    lines,
    prepare::{self, Preparer},
    queue::{Accepting, Changing, Queue, Submission},
    record::{self, Kind},
    recover,
    refold::{self, Digest},
    restated::Restated,
    scan::{self, Found},
    segment::{self, Owner},
    segments::{Record, Segments},
    writer::{self, Writer},
};
use crate::{
    Accept, Change, Entry, Error, Health, Options, Quarantined, Report, Stats, Stored,
    check::Line,
    hash::Key,
    health::Counters,
    identity,
    index::{self, Index},
    keys::{Progress, Rewrapped},
    pack,
};
use bytes::Bytes;
use message::{Clock, Counts, DeliveryId, MessageId, Name, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio::sync::{oneshot, watch};

/// Room that a segment keeps for changes when no next segment can be made.
const CHANGE_RESERVE_BYTES: u64 = 4 * 1024 * 1024;
/// Changes of one message that `history` walks back over.
const HISTORY_MAX: usize = 10_000;

/// What callers and the log thread share.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) segments: Segments,
    pub(crate) segment_bytes: u64,
    pub(crate) change_reserve_bytes: u64,
    pub(crate) checkpoint_path: PathBuf,
    pub(crate) queue: Queue,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) health: watch::Sender<Health>,
    pub(crate) stats: Counters,
    /// Records below this place are in the kernel's hands and can be read.
    pub(crate) written: AtomicU64,
    /// Records below this place are on stable storage.
    pub(crate) durable: AtomicU64,
    pub(crate) index: Arc<dyn Index>,
    /// Cloned by whoever copies the log's files.
    pub(crate) held: Arc<()>,
}

/// See the module.
pub(crate) struct Embedded {
    shared: Arc<Shared>,
    writer: Arc<Mutex<Writer>>,
    duplicates: Key,
    index_key: Key,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Messages below this were there when the log was opened.
    opened_at: u64,
}

/// What opening needs besides the options.
pub(crate) struct Opening<'a> {
    pub(crate) directory: &'a Path,
    pub(crate) owner: Owner,
    pub(crate) duplicates: Key,
    pub(crate) index_key: Key,
    pub(crate) index: Arc<dyn Index>,
}

impl Embedded {
    /// Recovers the log and starts its threads.
    pub(crate) fn open(opening: Opening<'_>, options: &Options) -> Result<(Arc<Embedded>, Report), Error> {
        let folder = opening.directory.join("log");
        let segments = Segments::new(options.disk.clone(), folder.clone(), opening.owner.clone());
        let checkpoint_path = opening.directory.join(super::checkpoint::NAME);
        let found = recover::recover(&segments, &checkpoint_path, options.segment_bytes)?;
        let shared = Arc::new(Shared {
            clock: options.clock.clone(),
            segments,
            segment_bytes: options.segment_bytes,
            change_reserve_bytes: CHANGE_RESERVE_BYTES.min(options.segment_bytes / 8),
            checkpoint_path,
            queue: Queue::default(),
            ledger: Mutex::new(found.ledger),
            health: watch::Sender::new(Health::Ok),
            stats: Counters::default(),
            written: AtomicU64::new(found.tail),
            durable: AtomicU64::new(found.tail),
            index: opening.index,
            held: Arc::default(),
        });
        let place = prepare::Place {
            disk: options.disk.clone(),
            folder,
            owner: opening.owner,
            reserve_bytes: options.reserve_bytes,
            retry: options.full_retry,
        };
        let nudged = shared.clone();
        let failed = |error| Error::unavailable("starting a thread", &error);
        let preparer = Preparer::start(place, move || nudged.queue.nudge()).map_err(failed)?;
        if let Some(spare) = found.spare {
            preparer.adopt(spare);
        }
        let epoch = found.epoch.wrapping_add(1);
        let writer = Writer::new(shared.clone(), preparer, found.segment, found.tail, epoch, found.last);
        let writer = Arc::new(Mutex::new(writer));
        let run = {
            let writer = writer.clone();
            move || writer::run(&writer)
        };
        let thread = thread::Builder::new().name("sinew-log".into()).spawn(run).map_err(failed)?;
        let thread = Mutex::new(Some(thread));
        let (duplicates, index_key) = (opening.duplicates, opening.index_key);
        let log = Embedded { shared, writer, duplicates, index_key, thread, opened_at: found.tail };
        Ok((Arc::new(log), found.report))
    }

    /// Hands a submission over, and sees that it is done.
    fn submit(&self, submission: Submission) -> Result<(), Error> {
        let may_lead = matches!(submission, Submission::Accept(_));
        let is_asleep = self.shared.queue.put(submission)?;
        if is_asleep && !(may_lead && self.lead()) {
            self.shared.queue.wake();
        }
        Ok(())
    }

    fn lead(&self) -> bool {
        self.writer.try_lock().is_ok_and(|mut writer| writer.lead())
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

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Every open delivery, those accepted since the start included.
    #[cfg(test)]
    pub(crate) fn open_now(&self) -> Vec<OpenDelivery> {
        self.shared.ledger().open_after(None, u64::MAX, usize::MAX)
    }

    /// Reads a record of one kind.
    fn record(&self, lsn: u64, kind: Kind) -> Result<Record, Error> {
        if lsn >= self.shared.written.load(Ordering::Acquire) || !lsn.is_multiple_of(record::ALIGNMENT) {
            return Err(Error::NotFound { message: MessageId(lsn) });
        }
        let record = self.shared.segments.read(lsn)?;
        if record.header.kind != kind {
            return Err(Error::NotFound { message: MessageId(lsn) });
        }
        Ok(record)
    }

    /// A message's unpacked part.
    fn plain(&self, record: &mut Record, fixed: &accepted::Fixed) -> Result<Vec<u8>, Error> {
        let segment = &record.segment;
        let (name, offset) = (segment::name(segment.base), record.header.lsn - segment.base);
        let damaged = |what| Error::corrupt(&format!("log/{name}"), offset, what);
        let packed = record.unseal(fixed.seal_at as usize);
        let packed = packed.ok_or_else(|| damaged("the sealed part does not open"))?;
        let plain = pack::unpack(fixed.codec, packed, fixed.plain as usize);
        plain.ok_or_else(|| damaged("the sealed part does not unpack"))
    }

    fn damaged(&self, lsn: u64) -> Error {
        Error::corrupt("log", lsn, "the record's body makes no sense")
    }

    fn change_at(&self, lsn: u64) -> Result<(changed::Fixed, Entry), Error> {
        let mut record = self.record(lsn, Kind::Change)?;
        let fixed = changed::Fixed::decode(record.body()).ok_or_else(|| self.damaged(lsn))?;
        let at = Timestamp(record.header.time);
        let has_secret = record.body().len() > fixed.seal_at as usize;
        let body = record.body().to_vec();
        let secret = match has_secret {
            true => record.unseal(fixed.seal_at as usize).ok_or_else(|| self.damaged(lsn))?,
            false => &[],
        };
        let change = changed::decode(&body, secret).ok_or_else(|| self.damaged(lsn))?;
        Ok((fixed, Entry { lsn, at, change }))
    }

    /// The changes of a message before a damaged one, found by reading the log: the links end at the damage.
    fn changes_between(&self, id: MessageId, damaged: u64) -> Result<Vec<Entry>, Error> {
        let mut places = Vec::new();
        let mut from = id.0;
        while let Some(next) = self.walk(from, damaged, &mut |found| {
            if let Found::Record(header, bytes) = found
                && header.kind == Kind::Change
                && changed::Fixed::decode(&bytes[record::HEADER_BYTES..]).is_some_and(|fixed| fixed.message == id.0)
            {
                places.push(header.lsn);
            }
        })? {
            from = next;
        }
        Ok(places.into_iter().filter_map(|lsn| self.change_at(lsn).ok()).map(|(_, entry)| entry).collect())
    }

    /// Visits the records below `until` of the segment that holds `from`, or the next one; gives the place to go on, or `None`.
    fn walk(&self, from: u64, until: u64, visit: &mut dyn FnMut(Found<'_>)) -> Result<Option<u64>, Error> {
        let next = self.shared.segments.list().into_iter().find(|(base, capacity)| base + capacity > from);
        let Some((base, capacity)) = next.filter(|(base, _)| *base < until && from < until) else { return Ok(None) };
        let segment = self.shared.segments.at(base)?;
        let end = scan::segment(&segment, from, until, visit);
        if let scan::End::Torn(lsn, to) = end.map_err(|error| Error::unavailable("reading the log", &error))? {
            visit(Found::Damaged { lsn, length: to - lsn });
        }
        Ok(Some((base + capacity).min(until)))
    }

    fn is_sound(&self, lsn: u64, kind: Kind) -> bool {
        match kind {
            Kind::Accept => self.read(MessageId(lsn)).is_ok(),
            Kind::Change => self.change_at(lsn).is_ok(),
            Kind::Opened | Kind::Closed | Kind::Baseline => true,
        }
    }

    fn entry_at(&self, lsn: u64, kind: Kind) -> Option<index::Entry> {
        match kind {
            Kind::Accept => {
                let stored = self.read(MessageId(lsn)).ok()?;
                let mut entry = Box::new(index::Accepted::of(&stored.accept, self.index_key));
                entry.lsn = lsn;
                entry.at = stored.at.0;
                entry.state = super::first_state(&stored.accept);
                entry.is_reused = stored.reused_control_id_of.is_some();
                Some(index::Entry::Accepted(entry))
            }
            Kind::Change => {
                let (fixed, _) = self.change_at(lsn).ok()?;
                let state = super::transition::MESSAGE_STATES.get(usize::from(fixed.state)).copied();
                let (message, prev) = (fixed.message, fixed.prev);
                Some(index::Entry::Changed(index::Changed { lsn, message, prev, state }))
            }
            Kind::Opened | Kind::Closed | Kind::Baseline => None,
        }
    }
}

/// Pause and number of looks at a group that is being written: a second in all.
const WRITE_PAUSE: Duration = Duration::from_micros(200);
const WRITE_LOOKS_MAX: u32 = 5_000;

impl Embedded {
    /// The ledger is ahead of the disk while a group is being written: waits until the record at `lsn` can be read, for
    /// a second at most.
    fn wait_written(&self, lsn: u64) {
        let is_written = || lsn < self.shared.written.load(Ordering::Acquire);
        for _ in 0..WRITE_LOOKS_MAX {
            if is_written() {
                return;
            }
            thread::sleep(WRITE_PAUSE);
        }
    }
}

impl Log for Embedded {
    fn commit_then(&self, accept: Accept, then: Option<OnDurable>) -> Commit {
        let pushed = accepted::encode(&accept, self.duplicates).and_then(|encoded| {
            let window =
                accept.duplicate_window.map_or(0, |window| i64::try_from(window.as_micros()).unwrap_or(i64::MAX));
            let entry = Box::new(index::Accepted::of(&accept, self.index_key));
            let (reply, answer) = oneshot::channel();
            self.submit(Submission::Accept(Accepting { encoded, window, entry, reply, then }))?;
            Ok(answer)
        });
        Commit::new(pushed, self.shared.health.subscribe())
    }

    fn append(&self, change: &Change) -> Result<(), Error> {
        let encoded = self.encode_change(change)?;
        self.submit(Submission::Change(Changing { encoded, reply: None }))
    }

    fn commit_change(&self, change: &Change) -> Result<oneshot::Receiver<Result<u64, Error>>, Error> {
        let encoded = self.encode_change(change)?;
        let (reply, answer) = oneshot::channel();
        self.submit(Submission::Change(Changing { encoded, reply: Some(reply) }))?;
        Ok(answer)
    }

    fn read(&self, id: MessageId) -> Result<Stored, Error> {
        let mut record = self.record(id.0, Kind::Accept)?;
        let (fixed, _, _) = accepted::split(record.body()).ok_or_else(|| self.damaged(id.0))?;
        let body = record.body()[..fixed.seal_at as usize].to_vec();
        let plain = Bytes::from(self.plain(&mut record, &fixed)?);
        let (_, open, _) = accepted::split(&body).ok_or_else(|| self.damaged(id.0))?;
        accepted::decode(id.0, record.header.time, &fixed, &open, &plain).ok_or_else(|| self.damaged(id.0))
    }

    fn read_output(&self, id: DeliveryId) -> Result<Bytes, Error> {
        let lsn = id.message.0;
        let mut record = self.record(lsn, Kind::Accept)?;
        let fixed = accepted::Fixed::decode(record.body()).ok_or_else(|| self.damaged(lsn))?;
        let plain = Bytes::from(self.plain(&mut record, &fixed)?);
        let directory = accepted::Directory::read(&plain).ok_or_else(|| self.damaged(lsn))?;
        let range = directory.delivery(id.number).ok_or(Error::NotFound { message: id.message })?;
        Ok(plain.slice(range))
    }

    fn history(&self, id: MessageId) -> Result<Vec<Entry>, Error> {
        self.record(id.0, Kind::Accept)?;
        let mut lsn = match self.shared.ledger().head(id.0) {
            Some(head) if head != changed::PREV_UNKNOWN => head,
            _ => self.shared.index.head(id)?,
        };
        self.wait_written(lsn);
        let mut entries = Vec::new();
        while lsn != 0 && entries.len() < HISTORY_MAX {
            let (fixed, entry) = match self.change_at(lsn) {
                Ok(found) => found,
                // A power cut may tear a change that nobody waited for in front of a whole one that links to it (R7).
                Err(Error::Corrupt { .. } | Error::NotFound { .. })
                    if lsn < self.shared.written.load(Ordering::Acquire) =>
                {
                    entries.extend(self.changes_between(id, lsn)?.into_iter().rev());
                    break;
                }
                Err(error) => return Err(error),
            };
            if fixed.message != id.0 {
                return Err(self.damaged(lsn));
            }
            lsn = match fixed.prev {
                changed::PREV_UNKNOWN => self.shared.index.head_before(id, lsn)?,
                prev => prev,
            };
            entries.push(entry);
        }
        entries.reverse();
        Ok(entries)
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
        let segments = self.shared.segments.list();
        let first = segments.first().map_or(0, |(base, _)| *base);
        let log_bytes = self.shared.written.load(Ordering::Acquire).saturating_sub(first);
        Stats { segments: segments.len() as u64, log_bytes, ..self.shared.stats.read() }
    }

    fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Acquire)
    }

    fn durable(&self) -> u64 {
        self.shared.durable.load(Ordering::Acquire)
    }

    fn verify(&self) -> Result<Vec<Quarantined>, Error> {
        let mut quarantined = Vec::new();
        for (base, _) in self.shared.segments.list() {
            let opened = self.shared.segments.at(base);
            if !opened.is_ok_and(|opened| segment::is_header_whole(&opened).unwrap_or(false)) {
                quarantined.push(Quarantined { lsn: base, length: segment::HEADER_BYTES });
            }
        }
        let mut from = Some(0);
        while let Some(at) = from {
            let mut places = Vec::new();
            from = self.walk(at, self.written(), &mut |found| match found {
                Found::Record(header, _) => places.push((header.lsn, header.kind, header.span())),
                Found::Damaged { lsn, length } => quarantined.push(Quarantined { lsn, length }),
            })?;
            let unsound = places.into_iter().filter(|(lsn, kind, _)| !self.is_sound(*lsn, *kind));
            quarantined.extend(unsound.map(|(lsn, _, length)| Quarantined { lsn, length }));
        }
        Ok(quarantined)
    }

    fn replay(&self, from: u64, visit: &mut dyn FnMut(index::Entry)) -> Result<Option<u64>, Error> {
        let mut places = Vec::new();
        let next = self.walk(from, self.durable(), &mut |found| {
            if let Found::Record(header, _) = found {
                places.push((header.lsn, header.kind));
            }
        })?;
        places.into_iter().filter_map(|(lsn, kind)| self.entry_at(lsn, kind)).for_each(visit);
        Ok(next)
    }

    fn lines(&self, from: u64, until: u64, visit: &mut dyn FnMut(Line<'_>)) -> Result<Option<u64>, Error> {
        self.wait_written(until);
        let next = self.walk(from, self.written(), &mut |found| match found {
            Found::Record(header, bytes) if header.lsn <= until => visit(lines::line(&header, bytes)),
            Found::Damaged { lsn, length } if lsn <= until => visit(Line::Damaged(Quarantined { lsn, length })),
            Found::Record(..) | Found::Damaged { .. } => {}
        })?;
        Ok(next.filter(|next| *next <= until))
    }

    fn snapshot(&self) -> super::Snapshot {
        let ledger = self.shared.ledger();
        let (end, cut, open) = (ledger.folded, ledger.cut, ledger.open_count());
        super::Snapshot { end, cut, baseline: ledger.baseline(), counts: ledger.counts(), open }
    }

    fn refold(&self, is_at_rest: bool) -> Result<Vec<&'static str>, Error> {
        let segments = &self.shared.segments;
        let saved = recover::from_checkpoint(segments, &self.shared.checkpoint_path);
        let (until, live) = {
            let ledger = self.shared.ledger();
            (ledger.folded, is_at_rest.then(|| Digest::of(&ledger)))
        };
        self.wait_written(until);
        let mut digests = Vec::from_iter(live);
        if let Some((ledger, from)) = saved {
            digests.extend(refold::fold_again(segments, ledger, from, until)?.map(|ledger| Digest::of(&ledger)));
        }
        let again = refold::fold_again(segments, Ledger::default(), 0, until)?;
        let Some(full) = again.map(|ledger| Digest::of(&ledger)) else { return Ok(Vec::new()) };
        Ok(digests.iter().filter_map(|other| full.differs(other)).collect())
    }

    fn retain(&self, cut: u64) -> Result<oneshot::Receiver<Result<u64, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.submit(Submission::Drop(cut, reply))?;
        Ok(answer)
    }

    fn segments(&self) -> Vec<super::SegmentState> {
        let list = self.shared.segments.list();
        let ledger = self.shared.ledger();
        let state = |(base, capacity): (u64, u64)| {
            let (in_flight, parked) = ledger.kept_by(base);
            super::SegmentState { base, capacity, in_flight, parked }
        };
        list.into_iter().map(state).collect()
    }

    fn time_at(&self, lsn: u64) -> Option<Timestamp> {
        let segment = self.shared.segments.at(lsn).ok()?;
        let mut first = None;
        let until = (segment.first() + 1024 * 1024).min(self.written());
        let _ = scan::segment(&segment, lsn, until, &mut |found| {
            if let Found::Record(header, _) = found {
                first.get_or_insert(header.time);
            }
        });
        first.map(Timestamp)
    }

    fn checkpoint(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.submit(Submission::Checkpoint(reply))?;
        Ok(answer)
    }

    fn cut(&self) -> Result<oneshot::Receiver<Result<super::Cut, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.shared.queue.push(Submission::Cut(reply))?;
        Ok(answer)
    }

    fn rewrap(&self, directory: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Rewrapped, Error> {
        let Segments { disk, folder, owner, .. } = &self.shared.segments;
        let keys = owner.keys.now();
        let done = super::rewrap(&**disk, folder, &keys, progress)?;
        identity::rewrap(&**disk, directory, &keys)?;
        Ok(Rewrapped { count: done.count + 1, ..done })
    }

    fn hold(&self) -> super::Hold {
        super::Hold(self.shared.held.clone())
    }

    fn latest(&self, below: u64, limit: usize) -> Result<Vec<MessageId>, Error> {
        let mut found = Vec::new();
        for (base, _) in self.shared.segments.list().into_iter().rev().filter(|(base, _)| *base < below) {
            let mut inside = Vec::new();
            self.walk(base, below.min(self.written()), &mut |seen| match seen {
                Found::Record(header, _) if header.kind == Kind::Accept => inside.push(MessageId(header.lsn)),
                Found::Record(..) | Found::Damaged { .. } => {}
            })?;
            found.extend(inside.into_iter().rev());
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    fn close(&self) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.submit(Submission::Close(reply))?;
        Ok(answer)
    }

    fn join(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Embedded {
    /// Closes as `close` does, but tells nobody whether it worked.
    fn drop(&mut self) {
        let (reply, _) = oneshot::channel();
        let _ = self.submit(Submission::Close(reply));
        self.join();
    }
}
