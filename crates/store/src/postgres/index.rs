//! The index in PostgreSQL: two tables with partitions for each day, and the thread that writes them in batches.
//!
//! Promises the contract of [`Index`]. What the log offers is taken into memory at once; when that would take too much
//! memory, or the database was away, the thread goes back to the log and catches up from the watermark. Its
//! transactions do not wait for the disk: the watermark is lost together with what it vouches for, a batch is written
//! only where the one before it ended, and a commit of the index is never on disk before the commits of the log that it
//! follows from.

use super::{
    connection::{Link, Session, refused},
    search,
};
use crate::{
    Error,
    hash::Key,
    index::{
        Accepted, Entry, Facets, Index, Page, Query,
        day::{Batch, NameKind, SEPARATOR, form_of},
    },
    log::Log,
};
use message::{Clock, MessageId, Name};
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread::{self, JoinHandle},
    time::Duration,
};
use tokio_postgres::{binary_copy::BinaryCopyInWriter, types::Type};

/// How long entries wait for company, how many end the wait, and how many are held in memory.
const BATCH_DELAY: Duration = Duration::from_millis(500);
const BATCH_ENTRIES: usize = 16_384;
const WAITING_MAX: usize = 100_000;
/// Longest time that a search waits for the index.
const SEARCH_PATIENCE: Duration = Duration::from_secs(1);
/// Pause after the database could not be written.
const RETRY_DELAY: Duration = Duration::from_millis(500);

const NAMES: &str = "
    WITH added AS (INSERT INTO names (kind, text) SELECT * FROM unnest($1::int2[], $2::text[])
                   ON CONFLICT DO NOTHING RETURNING id, kind, text)
    SELECT id, kind, text FROM added
    UNION ALL
    SELECT n.id, n.kind, n.text FROM names n JOIN unnest($1::int2[], $2::text[]) AS w (kind, text) USING (kind, text)";
const FOUND: &str = "COPY found (id, at, head, interface, form, route, state, flags) FROM STDIN (FORMAT binary)";
const FOUND_TYPES: [Type; 8] =
    [Type::INT8, Type::INT8, Type::INT8, Type::INT4, Type::INT4, Type::INT4, Type::INT2, Type::INT2];
const KEYS: &str = "COPY keys (hash, id) FROM STDIN (FORMAT binary)";
const KEYS_TYPES: [Type; 2] = [Type::INT8, Type::INT8];
/// A batch begins where the one before ended, or it is not written.
const ADVANCE: &str = "UPDATE indexed SET watermark = $2 WHERE watermark = $1";
const STATES: &str = "
    UPDATE found SET head = u.head, state = coalesce(u.state, found.state)
    FROM unnest($1::int8[], $2::int8[], $3::int2[]) AS u (id, head, state)
    WHERE found.id = u.id AND found.head < u.head";
const FORGET: &str =
    "BEGIN; TRUNCATE found, keys; DELETE FROM indexed; INSERT INTO indexed (watermark) VALUES (0); COMMIT";
const HEAD: &str = "SELECT coalesce(max(id), 0) FROM changes WHERE message = $1 AND id > $1 AND id < $2";
const BYTES: &str = "SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0)::int8 FROM pg_inherits
    WHERE inhparent IN ('found'::regclass, 'keys'::regclass)";

#[derive(Default)]
struct State {
    waiting: Vec<Entry>,
    /// Everything below was offered.
    offered: u64,
    /// Everything below is indexed.
    watermark: u64,
    /// The thread reads the log; what is offered need not be kept.
    is_behind: bool,
    is_wanted_now: bool,
    is_stopping: bool,
    cut: u64,
    problem: Option<Error>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    key: Key,
    clock: Arc<dyn Clock>,
    writer: Session,
}

/// See the module.
pub(super) struct InTables {
    shared: Arc<Shared>,
    reader: Session,
    thread: Mutex<Option<JoinHandle<()>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl InTables {
    /// An index; does nothing before `start`.
    pub(super) fn new(session: &Session, key: Key, clock: Arc<dyn Clock>) -> InTables {
        let (state, changed) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { state, changed, key, clock, writer: session.another() });
        InTables { shared, reader: session.another(), thread: Mutex::default() }
    }

    /// Waits until everything offered so far is indexed; gives the cut.
    fn settle(&self) -> Result<u64, Error> {
        let mut state = lock(&self.shared.state);
        let (target, deadline) = (state.offered, self.shared.clock.monotonic() + SEARCH_PATIENCE);
        while state.watermark < target {
            state.is_wanted_now = true;
            self.shared.changed.notify_all();
            let left = deadline.saturating_duration_since(self.shared.clock.monotonic());
            if left.is_zero() {
                let late = Error::Unavailable { what: "the index is catching up; try again".into() };
                return Err(state.problem.clone().unwrap_or(late));
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state.cut)
    }

    fn newest_change(&self, id: MessageId, before: u64) -> Result<u64, Error> {
        let (message, before) = (id.0 as i64, i64::try_from(before).unwrap_or(i64::MAX));
        self.reader.run(move |link| async move {
            let row = link.client.query_one(HEAD, &[&message, &before]).await;
            let row = row.map_err(|error| refused("reading the changes of a message", &error))?;
            Ok(row.get::<_, i64>(0) as u64)
        })
    }
}

impl Index for InTables {
    fn start(&self, log: Weak<dyn Log>) -> Result<(), Error> {
        let end = log.upgrade().map_or(0, |log| log.durable());
        {
            let mut state = lock(&self.shared.state);
            (state.is_behind, state.offered) = (true, end);
        }
        let shared = self.shared.clone();
        let run = move || Thread { shared: &shared, log, is_loaded: false, names: HashMap::new() }.run();
        let thread = thread::Builder::new().name("sinew-index".into()).spawn(run);
        let thread = thread.map_err(|error| Error::unavailable("starting the index", &error))?;
        *lock(&self.thread) = Some(thread);
        Ok(())
    }

    fn offer(&self, entries: &mut Vec<Entry>, upto: u64) {
        let mut state = lock(&self.shared.state);
        state.offered = upto;
        if state.is_behind || state.waiting.len() + entries.len() > WAITING_MAX {
            state.is_behind = true;
            state.waiting = Vec::new();
            entries.clear();
            self.shared.changed.notify_all();
            return;
        }
        let before = state.waiting.len();
        state.waiting.append(entries);
        if before == 0 || (before < BATCH_ENTRIES && state.waiting.len() >= BATCH_ENTRIES) {
            self.shared.changed.notify_all();
        }
    }

    fn head(&self, id: MessageId) -> Result<u64, Error> {
        self.newest_change(id, u64::MAX)
    }

    fn head_before(&self, id: MessageId, lsn: u64) -> Result<u64, Error> {
        self.newest_change(id, lsn)
    }

    fn search(&self, query: &Query) -> Result<Page, Error> {
        let cut = self.settle()?;
        let plan = search::Plan::of(query, self.shared.key, cut);
        self.reader.run(move |link| async move { plan.find(&link).await })
    }

    fn facets(&self, query: &Query) -> Result<Facets, Error> {
        let cut = self.settle()?;
        let plan = search::Plan::of(query, self.shared.key, cut);
        self.reader.run(move |link| async move { plan.count(&link).await })
    }

    fn drop_below(&self, cut: u64) {
        // The days of the log take the days of the index with them.
        let mut state = lock(&self.shared.state);
        state.cut = state.cut.max(cut);
    }

    fn watermark(&self) -> u64 {
        lock(&self.shared.state).watermark
    }

    fn bytes(&self) -> u64 {
        let bytes = self.reader.run(|link| async move {
            let row = link.client.query_one(BYTES, &[]).await;
            Ok(row.map_err(|error| refused("reading the size of the index", &error))?.get::<_, i64>(0))
        });
        bytes.map_or(0, |bytes| bytes as u64)
    }

    fn close(&self) {
        lock(&self.shared.state).is_stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
    }
}

impl Drop for InTables {
    fn drop(&mut self) {
        self.close();
    }
}

type Names = HashMap<(i16, String), i32>;

/// The writing thread.
struct Thread<'a> {
    shared: &'a Shared,
    log: Weak<dyn Log>,
    /// Where the index ends is known.
    is_loaded: bool,
    names: Names,
}

impl Thread<'_> {
    fn run(mut self) {
        loop {
            let mut state = lock(&self.shared.state);
            while !state.is_stopping && !state.is_behind && state.waiting.is_empty() {
                state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.is_stopping && (state.waiting.is_empty() || state.is_behind) {
                return;
            }
            if state.is_behind {
                drop(state);
                self.catch_up();
                continue;
            }
            let deadline = self.shared.clock.monotonic() + BATCH_DELAY;
            while state.waiting.len() < BATCH_ENTRIES && !state.is_wanted_now && !state.is_stopping {
                let left = deadline.saturating_duration_since(self.shared.clock.monotonic());
                if left.is_zero() {
                    break;
                }
                state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            let (entries, upto) = (std::mem::take(&mut state.waiting), state.offered);
            state.is_wanted_now = false;
            drop(state);
            if !self.index(entries, upto) {
                lock(&self.shared.state).is_behind = true;
            }
        }
    }

    /// Where the index ends. One that is ahead of the log belongs to another history, and one that does not say is
    /// damaged: both are thrown away, never repaired. `false` when the database did not answer.
    fn load(&mut self) -> bool {
        let end = lock(&self.shared.state).offered;
        let read = self.shared.writer.alone(move |link| async move {
            let failed = |error: tokio_postgres::Error| refused("reading the index", &error);
            let row = link.client.query_opt("SELECT watermark FROM indexed", &[]).await.map_err(failed)?;
            if let Some(watermark) = row.map(|row| row.get::<_, i64>(0) as u64).filter(|watermark| *watermark <= end) {
                return Ok(watermark);
            }
            link.client.batch_execute(FORGET).await.map_err(failed)?;
            Ok(0)
        });
        let mut state = lock(&self.shared.state);
        match read {
            Ok(watermark) => state.watermark = watermark,
            Err(error) => {
                state.problem = Some(error);
                self.is_loaded = false;
                return false;
            }
        }
        self.is_loaded = true;
        true
    }

    /// Reads the log from the watermark on until nothing is left.
    fn catch_up(&mut self) {
        if !self.is_loaded && !self.load() {
            let state = lock(&self.shared.state);
            drop(self.shared.changed.wait_timeout(state, RETRY_DELAY).unwrap_or_else(PoisonError::into_inner));
            return;
        }
        let from = lock(&self.shared.state).watermark;
        let Some(log) = self.log.upgrade() else {
            lock(&self.shared.state).is_stopping = true;
            return;
        };
        let mut entries = Vec::new();
        let next = log.replay(from, &mut |entry| entries.push(entry));
        drop(log);
        let is_done = match &next {
            Ok(Some(next)) => self.index(entries, *next),
            // Nothing is left below what was offered: ids may have been passed over.
            Ok(None) => {
                let offered = lock(&self.shared.state).offered;
                offered <= from || self.index(Vec::new(), offered)
            }
            Err(error) => {
                lock(&self.shared.state).problem = Some(error.clone());
                false
            }
        };
        let mut state = lock(&self.shared.state);
        if !is_done {
            let waited = self.shared.changed.wait_timeout(state, RETRY_DELAY);
            drop(waited.unwrap_or_else(PoisonError::into_inner).0);
        } else if state.offered <= state.watermark {
            state.is_behind = false;
            self.shared.changed.notify_all();
        }
    }

    /// Indexes entries up to a place; `false` when the database could not be written.
    fn index(&mut self, entries: Vec<Entry>, upto: u64) -> bool {
        let mut batch = Batch::default();
        for entry in entries {
            match entry {
                Entry::Accepted(accepted) => batch.accepted.push(*accepted),
                Entry::Changed(changed) => batch.change(&changed),
            }
        }
        let names = std::mem::take(&mut self.names);
        let from = lock(&self.shared.state).watermark;
        let written = self.shared.writer.alone(move |link| async move {
            let written = write(&link, &batch, names, [from, upto]).await;
            if !matches!(written, Ok(Some(_))) {
                let _ = link.client.batch_execute("ROLLBACK").await;
            }
            let moved = Error::Unavailable { what: "the index is not where it was left; it catches up".into() };
            written.map_err(|error| refused("writing the index", &error))?.ok_or(moved)
        });
        let mut state = lock(&self.shared.state);
        let is_written = written.is_ok();
        // What the database has now is not known: it is asked.
        self.is_loaded &= is_written;
        match written {
            Ok(names) => {
                state.watermark = state.watermark.max(upto);
                state.problem = None;
                drop(state);
                self.names = names;
            }
            Err(error) => {
                state.problem = Some(error);
                drop(state);
            }
        }
        self.shared.changed.notify_all();
        is_written
    }
}

/// Writes a batch that begins and ends at these places; `None` when the index ends somewhere else.
async fn write(
    link: &Link,
    batch: &Batch,
    mut names: Names,
    [from, upto]: [u64; 2],
) -> Result<Option<Names>, tokio_postgres::Error> {
    let client = &link.client;
    client.batch_execute("BEGIN; SET LOCAL synchronous_commit = off").await?;
    if client.execute(&link.statement(ADVANCE).await?, &[&(from as i64), &(upto as i64)]).await? == 0 {
        return Ok(None);
    }
    learn(link, &batch.accepted, &mut names).await?;
    let mut found = Found::default();
    batch.accepted.iter().for_each(|accepted| found.add(accepted, batch, &names));
    found.copy(link).await?;
    // Those that this batch inserted have their state from the insert.
    let mut latest: Vec<_> = batch.latest.iter().collect();
    latest.sort_unstable_by_key(|(message, _)| **message);
    let (mut ids, mut heads, mut states) = (Vec::new(), Vec::new(), Vec::new());
    for (message, change) in latest {
        if batch.accepted.binary_search_by_key(message, |accepted| accepted.lsn).is_err() {
            ids.push(*message as i64);
            heads.push(change.head as i64);
            states.push(change.state.map(|state| state as i16));
        }
    }
    if !ids.is_empty() {
        client.execute(&link.statement(STATES).await?, &[&ids, &heads, &states]).await?;
    }
    client.batch_execute("COMMIT").await?;
    Ok(Some(names))
}

fn route_of(accepted: &Accepted) -> String {
    let names: Vec<&str> = accepted.destinations.iter().map(|name: &Name| &**name).collect();
    names.join(&SEPARATOR.to_string())
}

fn named(accepted: &Accepted) -> [(i16, String); 3] {
    [
        (NameKind::Interface as i16, accepted.interface.to_string()),
        (NameKind::Form as i16, form_of(accepted)),
        (NameKind::Route as i16, route_of(accepted)),
    ]
}

/// Gives a number to every name of a batch.
async fn learn(link: &Link, accepted: &[Accepted], names: &mut Names) -> Result<(), tokio_postgres::Error> {
    let mut unknown: Vec<(i16, String)> =
        accepted.iter().flat_map(named).filter(|name| !names.contains_key(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    let (kinds, texts): (Vec<i16>, Vec<String>) = unknown.into_iter().unzip();
    for row in link.client.query(NAMES, &[&kinds, &texts]).await? {
        names.insert((row.get(1), row.get(2)), row.get(0));
    }
    Ok(())
}

/// Messages as rows.
#[derive(Default)]
struct Found {
    rows: Vec<FoundRow>,
    keys: Vec<(i64, i64)>,
}

struct FoundRow {
    id: i64,
    at: i64,
    head: i64,
    names: [i32; 3],
    state: i16,
    flags: i16,
}

impl Found {
    fn add(&mut self, accepted: &Accepted, batch: &Batch, names: &Names) {
        let id = accepted.lsn as i64;
        let latest = batch.latest.get(&accepted.lsn);
        let state = latest.and_then(|latest| latest.state).unwrap_or(accepted.state as i64);
        self.rows.push(FoundRow {
            id,
            at: accepted.at,
            head: latest.map_or(0, |latest| latest.head as i64),
            names: named(accepted).map(|name| names.get(&name).copied().unwrap_or(0)),
            state: state as i16,
            flags: i16::from(accepted.is_reused),
        });
        self.keys.extend(accepted.keys.iter().map(|key| (*key, id)));
    }

    /// Copied, not inserted: the server then writes a page of rows at a time.
    async fn copy(mut self, link: &Link) -> Result<(), tokio_postgres::Error> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let sink = link.client.copy_in(&link.statement(FOUND).await?).await?;
        let mut rows = pin!(BinaryCopyInWriter::new(sink, &FOUND_TYPES));
        for FoundRow { id, at, head, names: [interface, form, route], state, flags } in &self.rows {
            rows.as_mut().write(&[id, at, head, interface, form, route, state, flags]).await?;
        }
        rows.finish().await?;
        if self.keys.is_empty() {
            return Ok(());
        }
        // In the order of the tree, so that neighbours are written together.
        self.keys.sort_unstable();
        let sink = link.client.copy_in(&link.statement(KEYS).await?).await?;
        let mut rows = pin!(BinaryCopyInWriter::new(sink, &KEYS_TYPES));
        for (hash, id) in &self.keys {
            rows.as_mut().write(&[hash, id]).await?;
        }
        rows.finish().await?;
        Ok(())
    }
}
