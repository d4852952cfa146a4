//! The embedded index: SQLite files, one a day, and the thread that writes them.
//!
//! Promises: what the log offers is taken into memory at once and indexed in batches; when that would take too much
//! memory, or a file is lost or damaged, the thread goes back to the log and catches up from the last good place.

use super::{
    Entry, Facets, Index, Page, Query,
    day::{self, Batch, Day},
    reader::Reader,
    search,
};
use crate::{Error, hash::Key, log::Log};
use message::{Clock, MessageId};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread::{self, JoinHandle},
    time::Duration,
};

/// How long entries wait for company.
const BATCH_DELAY: Duration = Duration::from_millis(500);
/// Entries that end the wait.
const BATCH_ENTRIES: usize = 16_384;
/// Entries held in memory; beyond it the thread reads the log instead.
const WAITING_MAX: usize = 100_000;
/// Longest time that a search waits for the index.
const SEARCH_PATIENCE: Duration = Duration::from_secs(1);
/// Pause after a file could not be written.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Files kept open for reading: a month, and some more.
const READERS_MAX: usize = 40;
/// Files kept open for writing, the newest aside.
const WRITERS_MAX: usize = 4;

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
    /// First place of each day's file, by day.
    days: BTreeMap<i64, u64>,
    /// How often each day's file was written, by day.
    versions: HashMap<i64, u64>,
    problem: Option<String>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    folder: PathBuf,
    key: Key,
    clock: Arc<dyn Clock>,
    readers: Mutex<HashMap<i64, Reader>>,
}

/// See the module.
pub(crate) struct Files {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn refused(error: &rusqlite::Error) -> Error {
    // SQLite's texts may quote values: only its code is told.
    let code = error.sqlite_error_code().map_or_else(|| "no code".to_owned(), |code| format!("{code:?}"));
    Error::Unavailable { what: format!("the index could not be read ({code})").into() }
}

impl Files {
    /// An index in a folder; does nothing before `start`.
    pub(crate) fn new(folder: &Path, key: Key, clock: Arc<dyn Clock>) -> Files {
        let (state, changed, readers) = (Mutex::default(), Condvar::new(), Mutex::default());
        let shared = Shared { state, changed, folder: folder.to_path_buf(), key, clock, readers };
        Files { shared: Arc::new(shared), thread: Mutex::new(None) }
    }

    /// Waits until everything offered so far is indexed.
    fn settle(&self) -> Result<(), Error> {
        let mut state = lock(&self.shared.state);
        let (target, deadline) = (state.offered, self.shared.clock.monotonic() + SEARCH_PATIENCE);
        while state.watermark < target {
            state.is_wanted_now = true;
            self.shared.changed.notify_all();
            let left = deadline.saturating_duration_since(self.shared.clock.monotonic());
            if left.is_zero() {
                let what = state.problem.clone().unwrap_or_else(|| "the index is catching up; try again".to_owned());
                return Err(Error::Unavailable { what: what.into() });
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Runs something on each day's file, newest first, until it says that it has enough.
    fn each_day(&self, run: &mut dyn FnMut(&mut Reader) -> rusqlite::Result<bool>) -> Result<(), Error> {
        let days: Vec<(i64, u64)> = {
            let state = lock(&self.shared.state);
            let version = |number: &i64| state.versions.get(number).copied().unwrap_or(0);
            state.days.keys().rev().map(|number| (*number, version(number))).collect()
        };
        let mut readers = lock(&self.shared.readers);
        for (number, version) in days {
            if !readers.contains_key(&number) {
                if readers.len() >= READERS_MAX {
                    // What is asked for again and again is the newest.
                    match readers.keys().min().copied().filter(|oldest| *oldest < number) {
                        Some(oldest) => drop(readers.remove(&oldest)),
                        None => readers.clear(),
                    }
                }
                let path = self.shared.folder.join(day::file_name(number));
                readers.insert(number, Reader::open(&path, number).map_err(|error| refused(&error))?);
            }
            let Some(reader) = readers.get_mut(&number) else { continue };
            reader.refresh(version).map_err(|error| refused(&error))?;
            if !run(reader).map_err(|error| refused(&error))? {
                break;
            }
        }
        Ok(())
    }

    fn day_of_message(&self, message: u64) -> Option<i64> {
        let state = lock(&self.shared.state);
        state.days.iter().rev().find(|(_, first)| **first <= message).map(|(number, _)| *number)
    }
}

impl Index for Files {
    fn start(&self, log: Weak<dyn Log>) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::unavailable("starting the index", &error);
        std::fs::create_dir_all(&self.shared.folder).map_err(failed)?;
        lock(&self.shared.state).is_behind = true;
        let log_end = log.upgrade().map_or(0, |log| log.durable());
        lock(&self.shared.state).offered = log_end;
        let shared = self.shared.clone();
        let run = move || Thread { shared: &shared, log, log_end, open: BTreeMap::new() }.run();
        let thread = thread::Builder::new().name("sinew-index".into()).spawn(run).map_err(failed)?;
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
        // The thread sleeps until the first entry, and is waken again only when a batch is full.
        if before == 0 || (before < BATCH_ENTRIES && state.waiting.len() >= BATCH_ENTRIES) {
            self.shared.changed.notify_all();
        }
    }

    fn head(&self, id: MessageId) -> Result<u64, Error> {
        self.settle()?;
        let Some(wanted) = self.day_of_message(id.0) else { return Ok(0) };
        let mut head = 0;
        self.each_day(&mut |reader| {
            if reader.number == wanted {
                head = Day::head(&reader.connection, reader.first, id.0)?.unwrap_or(0);
            }
            Ok(reader.number > wanted)
        })?;
        Ok(head)
    }

    fn head_before(&self, id: MessageId, lsn: u64) -> Result<u64, Error> {
        self.settle()?;
        let Some(wanted) = self.day_of_message(id.0) else { return Ok(0) };
        let mut before = 0;
        self.each_day(&mut |reader| {
            if reader.number == wanted {
                before = Day::joint(&reader.connection, lsn)?;
            }
            Ok(reader.number > wanted)
        })?;
        Ok(before)
    }

    fn search(&self, query: &Query) -> Result<Page, Error> {
        self.settle()?;
        let cut = lock(&self.shared.state).cut;
        let plan = search::Plan::of(query, self.shared.key, cut);
        let mut page = Page::default();
        self.each_day(&mut |reader| {
            search::find(reader, &plan, &mut page.hits)?;
            Ok(page.hits.len() <= plan.limit)
        })?;
        if page.hits.len() > plan.limit {
            page.hits.truncate(plan.limit);
            page.next = page.hits.last().map(|hit| hit.id);
        }
        Ok(page)
    }

    fn facets(&self, query: &Query) -> Result<Facets, Error> {
        self.settle()?;
        let cut = lock(&self.shared.state).cut;
        let plan = search::Plan::of(query, self.shared.key, cut);
        let mut counts = search::Counting::default();
        self.each_day(&mut |reader| {
            search::count(reader, &plan, &mut counts)?;
            Ok(true)
        })?;
        Ok(counts.finish())
    }

    fn drop_below(&self, cut: u64) {
        let mut state = lock(&self.shared.state);
        state.cut = state.cut.max(cut);
        self.shared.changed.notify_all();
    }

    fn watermark(&self) -> u64 {
        lock(&self.shared.state).watermark
    }

    fn bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.shared.folder).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
    }

    fn close(&self) {
        lock(&self.shared.state).is_stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = lock(&self.thread).take() {
            let _ = thread.join();
        }
        lock(&self.shared.readers).clear();
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.close();
    }
}

/// The writing thread.
struct Thread<'a> {
    shared: &'a Shared,
    log: Weak<dyn Log>,
    /// Where the log ended at the start.
    log_end: u64,
    open: BTreeMap<i64, Day>,
}

impl Thread<'_> {
    fn run(mut self) {
        self.load();
        loop {
            let mut state = lock(&self.shared.state);
            while !state.is_stopping && !state.is_behind && state.waiting.is_empty() && !self.has_dropped_days(&state) {
                state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.is_stopping && (state.waiting.is_empty() || state.is_behind) {
                return;
            }
            if self.has_dropped_days(&state) {
                self.remove_days(&mut state);
                continue;
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

    /// Opens what is there; from the first file that is not sound on, files are removed and will be rebuilt.
    fn load(&mut self) {
        let names = std::fs::read_dir(&self.shared.folder).into_iter().flatten().flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let mut files: Vec<String> = names.filter(|name| name.ends_with(".db")).collect();
        files.sort_unstable();
        let (mut days, mut watermark, mut is_sound) = (BTreeMap::new(), 0, true);
        let newest = files.last().cloned();
        for name in files {
            let number = day_number(&name);
            let opened = number.filter(|_| is_sound).and_then(|number| Day::open(&self.shared.folder, number, 0).ok());
            // Only the newest file was being written when the process ended.
            let sound = opened.filter(|day| newest.as_ref() != Some(&name) || day.is_sound());
            match sound.and_then(|day| day.watermark().ok().map(|watermark| (day, watermark))) {
                Some((day, mark)) => {
                    watermark = mark;
                    days.insert(day.number, day.first);
                    self.open.insert(day.number, day);
                    self.close_some();
                }
                None => {
                    is_sound = false;
                    remove(&self.shared.folder.join(&name));
                }
            }
        }
        // A watermark ahead of the log belongs to another history: everything is rebuilt.
        if self.log_end < watermark {
            self.open.clear();
            days.keys().for_each(|number| remove(&self.shared.folder.join(day::file_name(*number))));
            (days, watermark) = (BTreeMap::new(), 0);
        }
        let mut state = lock(&self.shared.state);
        (state.days, state.watermark) = (days, watermark);
    }

    fn close_some(&mut self) {
        while self.open.len() > WRITERS_MAX {
            self.open.pop_first();
        }
    }

    /// Reads the log from the watermark on until nothing is left.
    fn catch_up(&mut self) {
        let from = lock(&self.shared.state).watermark;
        let Some(log) = self.log.upgrade() else {
            lock(&self.shared.state).is_stopping = true;
            return;
        };
        let mut entries = Vec::new();
        let next = log.replay(from, &mut |entry| entries.push(entry));
        drop(log);
        let is_done = match next {
            Ok(Some(next)) => self.index(entries, next),
            Ok(None) => true,
            Err(ref error) => {
                lock(&self.shared.state).problem = Some(error.to_string());
                false
            }
        };
        let mut state = lock(&self.shared.state);
        if !is_done {
            let waited = self.shared.changed.wait_timeout(state, RETRY_DELAY);
            drop(waited.unwrap_or_else(PoisonError::into_inner).0);
        } else if state.offered <= state.watermark || matches!(next, Ok(None)) {
            state.watermark = state.watermark.max(state.offered);
            state.is_behind = false;
            self.shared.changed.notify_all();
        }
    }

    /// Indexes entries up to a place; `false` when a file could not be written.
    fn index(&mut self, entries: Vec<Entry>, upto: u64) -> bool {
        let result = self.write(entries, upto);
        let mut state = lock(&self.shared.state);
        match &result {
            Ok(()) => {
                state.watermark = state.watermark.max(upto);
                state.problem = None;
            }
            Err(error) => {
                state.problem = Some(refused(error).to_string());
                if is_damage(error) {
                    self.open.clear();
                    let days: Vec<i64> = state.days.keys().copied().collect();
                    days.iter().for_each(|number| remove(&self.shared.folder.join(day::file_name(*number))));
                    state.days.clear();
                    state.watermark = 0;
                }
            }
        }
        self.shared.changed.notify_all();
        drop(state);
        if result.as_ref().is_err_and(is_damage) {
            lock(&self.shared.readers).clear();
        }
        result.is_ok()
    }

    fn write(&mut self, entries: Vec<Entry>, upto: u64) -> rusqlite::Result<()> {
        let mut batches: BTreeMap<i64, Batch> = BTreeMap::new();
        let mut days = lock(&self.shared.state).days.clone();
        for entry in entries {
            match entry {
                Entry::Accepted(accepted) => {
                    // Days never go back, so that each file holds a range of places of its own.
                    let (newest, first) =
                        days.last_key_value().map_or((i64::MIN, 0), |(number, first)| (*number, *first));
                    let number = if accepted.lsn < first { newest } else { day::day_of(accepted.at).max(newest) };
                    days.entry(number).or_insert(accepted.lsn);
                    batches.entry(number).or_default().accepted.push(*accepted);
                }
                Entry::Changed(changed) => {
                    let found = days.iter().rev().find(|(_, first)| **first <= changed.message);
                    if let Some((number, _)) = found {
                        batches.entry(*number).or_default().change(&changed);
                    }
                }
            }
        }
        let newest = days.last_key_value().map(|(number, _)| *number);
        if let Some(number) = newest {
            batches.entry(number).or_default();
        }
        for (number, batch) in &batches {
            let first = days.get(number).copied().unwrap_or(0);
            if !self.open.contains_key(number) {
                self.open.insert(*number, Day::open(&self.shared.folder, *number, first)?);
                lock(&self.shared.state).days.insert(*number, first);
            }
            if let Some(day) = self.open.get_mut(number) {
                let applied = day.apply(batch, (newest == Some(*number)).then_some(upto));
                *lock(&self.shared.state).versions.entry(*number).or_default() += 1;
                applied?;
            }
        }
        self.close_some();
        Ok(())
    }

    /// Whether retention has passed a whole file.
    fn has_dropped_days(&self, state: &State) -> bool {
        state.days.values().nth(1).is_some_and(|second| *second <= state.cut)
    }

    fn remove_days(&mut self, state: &mut State) {
        while self.has_dropped_days(state) {
            let Some((number, _)) = state.days.pop_first() else { return };
            self.open.remove(&number);
            state.versions.remove(&number);
            lock(&self.shared.readers).remove(&number);
            remove(&self.shared.folder.join(day::file_name(number)));
        }
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
        || matches!(error, rusqlite::Error::InvalidQuery | rusqlite::Error::QueryReturnedNoRows)
}

fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(PathBuf::from(name));
    }
}

/// The day that a file name states.
fn day_number(name: &str) -> Option<i64> {
    let mut parts = name.strip_suffix(".db")?.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let number = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    (day::file_name(number) == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        for number in [0, 1, 58, 59, 60, 11_016, 20_513, 20_514, 47_540] {
            assert_eq!(day_number(&day::file_name(number)), Some(number));
        }
        assert_eq!(day::file_name(20_513), "2026-03-01.db");
        for bad in ["", "2026-03.db", "2026-13-01.db", "2026-3-1.db", "x.db"] {
            assert_eq!(day_number(bad), None, "{bad}");
        }
    }
}
