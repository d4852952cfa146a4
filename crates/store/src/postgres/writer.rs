//! The log thread: the one writer of the log in the database.
//!
//! Owns ids, group commit, duplicate detection and the ledger while live; the connection and its token.
//!
//! Promises: an answer to a commit leaves only after the database said COMMIT, or after the ids were found by a later
//! connection whose own commit came behind (R1); while the outcome of a group is not known, nothing else is stored and
//! nothing acknowledged (R6). The ledger takes in what is placed, in the order of the ids; a group is sent until it is
//! stored, and messages that the server has no room for are taken back. An engine that lost the lease fails.

use super::{
    connection::{Fate, Link, fate, refused},
    days::{DAY_BYTES, base_of, day_at, day_of, dropping},
    group::{Group, Waiter},
    lease,
    load::{SET_BASELINE, SET_CHECKPOINT},
    log::Shared,
    row::{self, Stamp},
};
use crate::{
    Error, Health, Receipt, Verdict, index,
    log::{
        accepted::{self, Fixed},
        changed, checkpoint,
        queue::{Accepting, Changing, Reply, Submission, refuse},
        record::{HEADER_BYTES, Header},
    },
};
use message::{DeliveryId, MessageId, Timestamp};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;

/// A group is sent when it has this many bytes, whatever still waits.
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Ids that are reserved at a time, and how many have to be left before a group.
const RESERVE: u64 = 1 << 20;
const RESERVE_MIN: u64 = 1 << 18;
/// Earlier messages with the same control id that are compared before a message counts as new.
const DUPLICATE_HOPS_MAX: usize = 16;
/// Messages whose content hash is kept for the next one with the same control id.
const SEEN_MAX: usize = 65_536;
/// Bytes of records between checkpoints, at least; more when the checkpoint itself is large.
const CHECKPOINT_BYTES_MIN: u64 = 64 * 1024 * 1024;
const CHECKPOINT_RATIO: u64 = 4;
/// Messages in the last group from which on the next one waits for company.
const COMPANY_MIN: usize = 4;
/// Longest wait for company.
const PAUSE_MAX: Duration = Duration::from_micros(150);
/// Turns of the runtime in which a connection notices its end: the socket is looked at, then read.
const LOOKS: usize = 3;
/// Pause between attempts to reach the database again.
const RELINK_PAUSE: Duration = Duration::from_millis(200);

/// Stores a group if the token is the greatest, in one statement and so in one transaction.
const SEND: &str = "
    WITH fence AS MATERIALIZED (SELECT token FROM owner WHERE name = 'log' AND token = $1 FOR NO KEY UPDATE),
    added AS (
        INSERT INTO messages (id, token, record)
        SELECT m.id, $1, m.record FROM unnest($2::bigint[], $3::bytea[]) AS m (id, record)
        WHERE EXISTS (SELECT 1 FROM fence)),
    changed AS (
        INSERT INTO changes (id, message, token, record)
        SELECT c.id, c.message, $1, c.record FROM unnest($4::bigint[], $5::bigint[], $6::bytea[]) AS c (id, message, record)
        WHERE EXISTS (SELECT 1 FROM fence))
    SELECT count(*) FROM fence";
const IS_THERE: &str =
    "SELECT EXISTS (SELECT 1 FROM messages WHERE id = $1) OR EXISTS (SELECT 1 FROM changes WHERE id = $1)";
/// Header and fixed part of a message.
const FIXED_AT: &str = "SELECT substring(record FROM 1 FOR $2) FROM messages WHERE id = $1";

/// What a writer begins with.
pub(super) struct Begin {
    pub(super) runtime: Runtime,
    pub(super) link: Link,
    pub(super) instance: String,
    pub(super) token: u64,
    pub(super) next: u64,
}

/// See the module.
pub(super) struct Writer {
    shared: Arc<Shared>,
    runtime: Runtime,
    link: Link,
    instance: String,
    token: u64,
    /// The next id.
    next: u64,
    reserved: u64,
    group: Group,
    seen: HashMap<u64, (i64, Fixed)>,
    now: i64,
    renewed: Instant,
    /// No message is tried before, because the server had no room.
    full_until: Option<Instant>,
    company: usize,
    /// Who asked for the end.
    closing: Option<Reply<()>>,
    bytes_since_checkpoint: u64,
    checkpoint_bytes: u64,
}

/// Why a step of the log thread did not come to its end.
enum Stop {
    /// Nothing more can be stored.
    Failed(String),
    /// The end was asked for while the database could not be reached.
    Closing(Error),
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, begin: Begin) -> Writer {
        let Begin { runtime, link, instance, token, next } = begin;
        let renewed = shared.clock.monotonic();
        Writer {
            shared,
            runtime,
            link,
            instance,
            token,
            next,
            reserved: next,
            group: Group::default(),
            seen: HashMap::new(),
            now: 0,
            renewed,
            full_until: None,
            company: 0,
            closing: None,
            bytes_since_checkpoint: 0,
            checkpoint_bytes: 0,
        }
    }

    /// Runs until the store is closed or fails.
    pub(super) fn run(mut self) {
        let mut taken = Vec::new();
        let mut result = Ok(());
        while result.is_ok() && self.closing.is_none() {
            self.shared.queue.wait(Some(self.patience()), self.pause());
            self.shared.queue.take(&mut taken);
            result = self.turn(&mut taken);
        }
        let (error, closed) = match result {
            Ok(()) => (Error::Closed, Ok(())),
            Err(Stop::Closing(error)) => (error.clone(), Err(error)),
            Err(Stop::Failed(reason)) => {
                let reason: Arc<str> = reason.into();
                self.shared.set_health(Health::Failed(reason.clone()));
                let error = Error::Failed { reason };
                (error.clone(), Err(error))
            }
        };
        self.group.fail(&error);
        taken.into_iter().for_each(|submission| refuse(submission, &error));
        self.shared.queue.close(error.clone()).into_iter().for_each(|submission| refuse(submission, &error));
        if let Some(reply) = self.closing {
            let _ = reply.send(closed);
        }
    }

    fn since(&self, then: Instant) -> Duration {
        self.shared.clock.monotonic().saturating_duration_since(then)
    }

    fn renewal(&self) -> Duration {
        self.shared.database.lease / 3
    }

    fn patience(&self) -> Duration {
        let renewal = self.renewal().saturating_sub(self.since(self.renewed));
        if self.full_until.is_some() { renewal.min(self.shared.retry) } else { renewal }
    }

    /// Senders that were answered together come back together, and each transaction saved is more than the pause.
    fn pause(&self) -> Option<Duration> {
        let commit = Duration::from_micros(self.shared.stats.fsync_micros_last.load(Ordering::Relaxed));
        (self.company >= COMPANY_MIN).then(|| (commit / 4).min(PAUSE_MAX))
    }

    fn turn(&mut self, taken: &mut Vec<Submission>) -> Result<(), Stop> {
        let end = taken.iter().position(|submission| matches!(submission, Submission::Close(_)));
        for submission in taken.drain(end.unwrap_or(taken.len())..) {
            match submission {
                Submission::Close(reply) => self.closing = Some(reply),
                submission => refuse(submission, &Error::Closed),
            }
        }
        self.now = self.shared.clock.now().0;
        self.upkeep()?;
        let accepts = taken.iter().filter(|submission| matches!(submission, Submission::Accept(_))).count();
        self.company = if accepts == 0 { self.company } else { accepts };
        for submission in taken.drain(..) {
            match submission {
                Submission::Accept(accepting) => self.accept(accepting)?,
                Submission::Change(changing) => self.change(changing)?,
                Submission::Drop(cut, reply) => {
                    self.flush()?;
                    self.drop_below(cut, reply)?;
                }
                Submission::Checkpoint(reply) => {
                    self.flush()?;
                    drop(self.checkpoint(Some(reply)));
                }
                // Backups of a database are made by its own means: `Log::cut` is not offered, and never gets here.
                Submission::Cut(reply) => drop(reply.send(Err(Error::Closed))),
                Submission::Close(reply) => self.closing = Some(reply),
            }
            if self.group.bytes >= GROUP_BYTES_MAX {
                self.flush()?;
            }
        }
        self.flush()?;
        if self.closing.is_some() {
            // Best effort: without it the next start only reads more, or waits for the lease of another directory.
            let _ = self.checkpoint(None).recv();
            let _ = self.runtime.block_on(lease::end(&self.link, self.token, self.next));
        } else if self.bytes_since_checkpoint >= CHECKPOINT_BYTES_MIN.max(self.checkpoint_bytes * CHECKPOINT_RATIO) {
            drop(self.checkpoint(None));
        }
        Ok(())
    }

    // ---- placing ----

    fn stamp(&mut self) -> Stamp {
        self.next = self.next.max(base_of(day_at(self.now)));
        let id = self.next;
        self.next += 1;
        Stamp { id, at: self.now, epoch: self.token as u16 }
    }

    fn accept(&mut self, accepting: Accepting) -> Result<(), Stop> {
        let Accepting { mut encoded, window, mut entry, reply, then } = accepting;
        if self.full_until.is_some_and(|until| self.shared.clock.monotonic() < until) {
            let _ = reply.send(Err(Error::Full));
            return Ok(());
        }
        let verdict = match self.look_up(&encoded.fixed, window) {
            Ok(verdict) => verdict,
            Err(error) => {
                let _ = reply.send(Err(error));
                return Ok(());
            }
        };
        let reused = match verdict {
            Verdict::Duplicate { of } => {
                self.shared.stats.duplicates.fetch_add(1, Ordering::Relaxed);
                let receipt = Receipt::new(of, verdict, Timestamp(self.now));
                self.group.waiters.push(Waiter::Receipt(reply, receipt, then));
                return Ok(());
            }
            Verdict::ReusedControlId { of } => Some(of),
            Verdict::New => None,
        };
        encoded.settle(reused);
        let stamp = self.stamp();
        let key = self.shared.days.key(stamp.id);
        let record = key.and_then(|key| row::accepted(stamp, &encoded, &key));
        let record = record.ok_or_else(|| Stop::Failed("sealing a record".into()))?;
        let Some((fixed, open, _)) = accepted::split(&record[HEADER_BYTES..]) else {
            return Err(Stop::Failed("a record does not read as it was written".into()));
        };
        entry.state = self.shared.ledger().accept(base_of(day_of(stamp.id)), stamp.id, stamp.at, &fixed, &open);
        (entry.lsn, entry.at, entry.is_reused) = (stamp.id, stamp.at, reused.is_some());
        if fixed.key != 0 {
            self.remember(stamp.id, (stamp.at, fixed));
        }
        self.group.message(stamp.id, record, *entry);
        let receipt = Receipt::new(MessageId(stamp.id), verdict, Timestamp(self.now));
        self.group.waiters.push(Waiter::Receipt(reply, receipt, then));
        Ok(())
    }

    /// R4: walks the earlier messages with the same control id, the latest first.
    fn look_up(&mut self, fixed: &Fixed, window: i64) -> Result<Verdict, Error> {
        if fixed.key == 0 {
            return Ok(Verdict::New);
        }
        let latest = self.shared.ledger().duplicates.latest(fixed.key);
        let Some(latest) = latest else { return Ok(Verdict::New) };
        let mut verdict = Verdict::New;
        let mut id = latest;
        for _ in 0..DUPLICATE_HOPS_MAX {
            let Some((time, earlier)) = self.fixed_at(id)? else { break };
            if time.saturating_add(window) < self.now {
                break;
            }
            if earlier.content == fixed.content {
                return Ok(Verdict::Duplicate { of: MessageId(id) });
            }
            verdict = Verdict::ReusedControlId { of: MessageId(latest) };
            id = earlier.prior;
            if id == 0 {
                break;
            }
        }
        Ok(verdict)
    }

    /// Time and fixed part of an accepted message.
    fn fixed_at(&mut self, id: u64) -> Result<Option<(i64, Fixed)>, Error> {
        if let Some(found) = self.seen.get(&id) {
            return Ok(Some(*found));
        }
        let length = (HEADER_BYTES + accepted::FIXED_BYTES) as i32;
        let read = async {
            let statement = self.link.statement(FIXED_AT).await?;
            self.link.client.query_opt(&statement, &[&(id as i64), &length]).await
        };
        let row = self.runtime.block_on(read).map_err(|error| refused("looking for an earlier message", &error))?;
        let found = row.and_then(|row| {
            let bytes: Vec<u8> = row.get(0);
            let time = Header::decode(&bytes, id).ok()?.time;
            Some((time, Fixed::decode(bytes.get(HEADER_BYTES..)?)?))
        });
        if let Some(found) = found {
            self.remember(id, found);
        }
        Ok(found)
    }

    fn remember(&mut self, id: u64, found: (i64, Fixed)) {
        if self.seen.len() >= SEEN_MAX {
            // Those of the group that is being placed can be read nowhere else yet.
            let first = self.group.ids.first().map_or(u64::MAX, |id| *id as u64);
            self.seen.retain(|id, _| *id >= first);
        }
        self.seen.insert(id, found);
    }

    fn change(&mut self, changing: Changing) -> Result<(), Stop> {
        let Changing { encoded, reply } = changing;
        let changed::Fixed { message, number, .. } = encoded.fixed;
        let restated = match encoded.effect {
            changed::Effect::Resent => changed::restated(&encoded),
            _ => &[],
        };
        let lsn = self.next.max(base_of(day_at(self.now)));
        let applied = match self.shared.ledger().change(lsn, message, number, encoded.effect, restated) {
            Ok(applied) => applied,
            Err(why) => {
                self.shared.stats.refused.fetch_add(1, Ordering::Relaxed);
                if let Some(reply) = reply {
                    let delivery = DeliveryId { message: MessageId(message), number };
                    let _ = reply.send(Err(Error::Refused { delivery, why }));
                }
                return Ok(());
            }
        };
        let stamp = self.stamp();
        assert_eq!(stamp.id, lsn, "the ledger knows the change by its id");
        let state = applied.state.map_or(changed::STATE_SAME, |state| state as u8);
        let fixed = changed::Fixed { prev: applied.prev, state, ..encoded.fixed };
        let key = self.shared.days.key(lsn);
        let record = key.and_then(|key| row::changed(stamp, &fixed, &encoded, &key));
        let record = record.ok_or_else(|| Stop::Failed("sealing a record".into()))?;
        let (prev, state) = (applied.prev, applied.state);
        self.group.change(index::Changed { lsn, message, prev, state }, record);
        if let Some(reply) = reply {
            self.group.waiters.push(Waiter::Change(reply, lsn));
        }
        Ok(())
    }

    // ---- storing ----

    /// Stores what was placed. Comes back when that is done, or when the server has no room: then messages are refused
    /// and changes stay for the next time.
    fn flush(&mut self) -> Result<(), Stop> {
        while !self.group.is_empty() {
            if self.is_cut() {
                // Nothing of the group was sent: its senders need not wait for the database.
                let reason = format!("the database {}: the connection was lost", self.shared.database.place());
                self.take_back(&Error::Away { reason: reason.into() });
                if self.relink("the connection was lost")? {
                    break;
                }
                continue;
            }
            let started = self.shared.clock.monotonic();
            let sent = self.runtime.block_on(send(&self.link, self.token, &self.group));
            match sent {
                Ok(true) => {
                    let micros = u64::try_from(self.since(started).as_micros()).unwrap_or(u64::MAX);
                    self.shared.stats.fsyncs.fetch_add(1, Ordering::Relaxed);
                    self.shared.stats.fsync_micros_last.store(micros, Ordering::Relaxed);
                    break;
                }
                Ok(false) => return Err(fenced()),
                Err(Fate::Full) => {
                    self.full();
                    return Ok(());
                }
                Err(Fate::Broken(text)) => return Err(Stop::Failed(format!("storing a group: {text}"))),
                Err(Fate::Unknown(text)) => {
                    if self.relink(&text)? {
                        break;
                    }
                }
            }
        }
        self.settle();
        Ok(())
    }

    /// Whether the connection is known to be lost. It is looked at only while this thread waits for it, so it is given a
    /// moment to say so.
    fn is_cut(&self) -> bool {
        self.runtime.block_on(async {
            for _ in 0..LOOKS {
                tokio::task::yield_now().await;
            }
        });
        self.link.client.is_closed()
    }

    /// The group is stored.
    fn settle(&mut self) {
        if self.group.is_empty() {
            // Duplicates of messages that are stored.
            self.group.answer();
            return;
        }
        self.full_until = None;
        self.shared.set_health(Health::Ok);
        let last = self.group.last();
        self.shared.written.store(last + 1, Ordering::Release);
        let bytes = self.group.bytes as u64;
        self.bytes_since_checkpoint += bytes;
        self.shared.stats.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.shared.stats.groups.fetch_add(1, Ordering::Relaxed);
        // Before anyone is told, so that a search sees what its caller knows to be committed.
        self.shared.index.offer(&mut self.group.take_entries(), last + 1);
        let messages = self.group.answer();
        self.shared.stats.messages.fetch_add(messages, Ordering::Relaxed);
        self.group = Group::default();
    }

    /// R8: the server has no room.
    fn full(&mut self) {
        self.shared.set_health(Health::Full);
        self.full_until = Some(self.shared.clock.monotonic() + self.shared.retry);
        self.take_back(&Error::Full);
    }

    /// Refuses the messages of the group, of which none was stored. Changes stay, to be sent again.
    fn take_back(&mut self, error: &Error) {
        let mut ledger = self.shared.ledger();
        for (id, record) in self.group.ids.iter().zip(&self.group.records).rev() {
            let id = *id as u64;
            if let Some((fixed, open, _)) = accepted::split(&record[HEADER_BYTES..]) {
                ledger.retract(base_of(day_of(id)), id, &fixed, &open);
            }
            self.seen.remove(&id);
        }
        drop(ledger);
        self.group.refuse_messages(error);
    }

    /// Reaches the database again. Gives whether the group was stored, which is known after the token was raised:
    /// nothing that was sent before can be stored after that.
    fn relink(&mut self, why: &str) -> Result<bool, Stop> {
        let mut reason = format!("the database {}: {why}", self.shared.database.place());
        loop {
            let error = Error::Away { reason: reason.as_str().into() };
            self.shared.set_health(Health::Away(reason.as_str().into()));
            self.shared.queue.hold_messages(Some(error.clone()));
            let (shared, last) = (&self.shared, self.group.last());
            let found = self.runtime.block_on(async {
                let link = shared.database.connect().await?;
                let failed = |error: tokio_postgres::Error| refused("resolving what is stored", &error);
                let raised = lease::raise(&link, &shared.database, &self.instance).await.map_err(failed)?;
                let Some(token) = raised else { return Ok(None) };
                shared.days.load(&link).await?;
                let is_there = link.client.query_one(IS_THERE, &[&(last as i64)]).await.map_err(failed)?;
                Ok::<_, Error>(Some((link, token, is_there.get::<_, bool>(0))))
            });
            match found {
                Ok(Some((link, token, is_there))) => {
                    (self.link, self.token) = (link, token);
                    self.renewed = self.shared.clock.monotonic();
                    self.follow_days();
                    self.shared.set_health(Health::Ok);
                    self.shared.queue.hold_messages(None);
                    return Ok(is_there);
                }
                Ok(None) => return Err(fenced()),
                Err(Error::Away { reason: text }) => reason = text.to_string(),
                Err(error) => reason = error.to_string(),
            }
            if self.closing.is_some() || self.shared.queue.is_closing() {
                return Err(Stop::Closing(error));
            }
            thread::sleep(RELINK_PAUSE);
        }
    }

    /// The days that are there tell whether retention, whose answer was lost, had dropped some.
    fn follow_days(&self) {
        let first = self.shared.days.list().first().map_or(0, |day| base_of(*day));
        let mut ledger = self.shared.ledger();
        if ledger.segments.keys().next().is_some_and(|base| *base < first) {
            ledger.drop_below(first);
        }
    }

    // ---- upkeep ----

    /// Renews the lease, reserves ids, makes days ahead.
    fn upkeep(&mut self) -> Result<(), Stop> {
        let day = day_at(self.now).max(day_of(self.next));
        let next = self.next.max(base_of(day));
        if self.since(self.renewed) >= self.renewal() || next + RESERVE_MIN > self.reserved {
            let reserved = next + RESERVE;
            let renewed = lease::renew(&self.link, &self.shared.database, self.token, reserved);
            match self.runtime.block_on(renewed) {
                Ok(true) => {
                    self.reserved = reserved;
                    self.renewed = self.shared.clock.monotonic();
                }
                Ok(false) => return Err(fenced()),
                Err(error) => match fate(&error) {
                    Fate::Unknown(text) => {
                        self.relink(&text)?;
                        return self.upkeep();
                    }
                    Fate::Full => self.full(),
                    Fate::Broken(_) => return Err(Stop::Failed("renewing the lease".into())),
                },
            }
        }
        for day in [day, day + 1] {
            if self.shared.days.has(day) {
                continue;
            }
            match self.runtime.block_on(self.shared.days.make(&self.link, day)) {
                Ok(()) => {}
                // Tomorrow's can be made later today.
                Err(_) if self.shared.days.has(day_of(next)) && day > day_of(next) => {}
                Err(error) => {
                    self.relink(&error.to_string())?;
                    return self.upkeep();
                }
            }
        }
        Ok(())
    }

    /// Writes a checkpoint on a connection of its own: the log does not wait for it. One that cannot be written only
    /// makes the next start slower.
    fn checkpoint(&mut self, reply: Option<Reply<()>>) -> mpsc::Receiver<Result<(), Error>> {
        let place = self.shared.written.load(Ordering::Acquire);
        let last = (place.saturating_sub(1), 0);
        let bytes = checkpoint::encode(&self.shared.store, place, last, 0, &self.shared.ledger());
        (self.bytes_since_checkpoint, self.checkpoint_bytes) = (0, bytes.len() as u64);
        let token = self.token as i64;
        self.shared.upkeep.start(move |link| async move {
            let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [&(place as i64), &bytes, &lease::NAME, &token];
            let written = link.client.execute(SET_CHECKPOINT, &parameters).await;
            let written = written.map(|_| ()).map_err(|error| refused("writing the checkpoint", &error));
            if let Some(reply) = reply {
                let _ = reply.send(written.clone());
            }
            written
        })
    }

    /// Retention: whole days that are settled, with the counters of their messages, in one transaction.
    fn drop_below(&mut self, cut: u64, reply: Reply<u64>) -> Result<(), Stop> {
        let newest = day_of(self.shared.written.load(Ordering::Acquire).saturating_sub(1));
        let doomed: Vec<u64> = {
            let ledger = self.shared.ledger();
            let is_settled = |day: u64| ledger.kept_by(base_of(day)) == (0, 0);
            let days = self.shared.days.list().into_iter();
            days.take_while(|day| *day < newest && base_of(day + 1) <= cut && is_settled(*day)).collect()
        };
        let Some(last) = doomed.last() else {
            let _ = reply.send(Ok(0));
            return Ok(());
        };
        let cut = base_of(last + 1);
        let baseline = self.shared.ledger().baseline_below(cut);
        match self.runtime.block_on(drop_days(&self.link, self.token, &doomed, &baseline)) {
            Ok(Some(freed)) => {
                self.shared.ledger().drop_below(cut);
                self.shared.days.forget_before(last + 1);
                let _ = reply.send(Ok(freed));
            }
            Ok(None) => {
                let _ = reply.send(Err(Error::Closed));
                return Err(fenced());
            }
            Err(error) => {
                let _ = reply.send(Err(refused("dropping days of the log", &error)));
                if error.as_db_error().is_none() {
                    // Whether they were dropped is read from the list of days.
                    self.relink(&error.to_string())?;
                }
            }
        }
        Ok(())
    }
}

fn fenced() -> Stop {
    Stop::Failed("another engine has taken over the lease on the database".into())
}

/// Stores a group; `false` when the token is not the greatest any more.
async fn send(link: &Link, token: u64, group: &Group) -> Result<bool, Fate> {
    let run = async {
        let statement = link.statement(SEND).await?;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 6] = [
            &(token as i64),
            &group.ids,
            &group.records,
            &group.change_ids,
            &group.change_messages,
            &group.change_records,
        ];
        link.client.query_one(&statement, &parameters).await
    };
    let row = run.await.map_err(|error| fate(&error))?;
    Ok(row.get::<_, i64>(0) == 1)
}

/// Drops days and writes what they counted; gives the bytes freed, or `None` when the token is not the greatest.
async fn drop_days(
    link: &Link,
    token: u64,
    days: &[u64],
    baseline: &[(message::Name, message::Counts)],
) -> Result<Option<u64>, tokio_postgres::Error> {
    let client = &link.client;
    let token = token as i64;
    let run = async {
        // A reader of the old days, a dump for one, keeps them for this time; a later try drops them.
        client.batch_execute("BEGIN; SET LOCAL lock_timeout = '2s'").await?;
        let fence = "SELECT 1 FROM owner WHERE name = $1 AND token = $2 FOR NO KEY UPDATE";
        if client.query_opt(fence, &[&lease::NAME, &token]).await?.is_none() {
            return Ok(None);
        }
        for (name, counts) in baseline {
            let message::Counts { accepted, delivered, filtered, parked, expired, deleted, in_flight } = *counts;
            let [a, b, c, d, e, f, g] =
                [accepted, delivered, filtered, parked, expired, deleted, in_flight].map(|count| count as i64);
            client.execute(SET_BASELINE, &[&&**name, &a, &b, &c, &d, &e, &f, &g]).await?;
        }
        let mut freed = 0;
        for day in days {
            let size: i64 = client.query_one(DAY_BYTES, &[&(base_of(*day) as i64)]).await?.get(0);
            freed += size as u64;
            client.batch_execute(&dropping(*day)).await?;
        }
        client.batch_execute("COMMIT").await?;
        Ok(Some(freed))
    };
    let done = run.await;
    if !matches!(done, Ok(Some(_))) {
        let _ = client.batch_execute("ROLLBACK").await;
    }
    done
}
