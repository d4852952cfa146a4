//! The thread that makes segments ahead of their use, and keeps the reserve (R8).
//!
//! Owns every file that is made in `log/`. Promises: the log thread finds the next segment ready; a full disk is told,
//! tried again by itself, and the reserve can be turned into a segment without any room on the disk.

use super::segment::{self, Owner, Segment};
use crate::disk::{Disk, File};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

/// The file that is turned into a segment when nothing else is left.
const RESERVE_NAME: &str = "reserve";

/// EMFILE and ENFILE, which have no `ErrorKind` of their own; the same numbers on every Unix.
const NO_HANDLE: [i32; 2] = [24, 23];

/// What the log thread gets when it asks for a segment.
pub(crate) enum Prepared {
    Ready(Arc<Segment>),
    /// No room on the disk.
    Full,
    /// Something else is wrong; the text says what.
    Broken(String),
}

#[derive(Default)]
struct State {
    want: Option<(u64, u64)>,
    /// The reserve may be used for a segment of at least this many bytes.
    need_from_reserve: Option<u64>,
    made: Option<Arc<Segment>>,
    is_full: bool,
    /// Counts finished tries, so that a waiter can tell a fresh result from an old one.
    tries: u64,
    broken: Option<String>,
    is_stopping: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread needs to make files.
pub(crate) struct Place {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) folder: PathBuf,
    pub(crate) owner: Owner,
    pub(crate) reserve_bytes: u64,
    pub(crate) retry: Duration,
}

/// See the module.
pub(crate) struct Preparer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Preparer {
    /// Starts the thread; `wake` is called when a segment is there after a time without room.
    pub(crate) fn start(place: Place, wake: impl Fn() + Send + 'static) -> io::Result<Preparer> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let own = shared.clone();
        let run = move || run(&own, &place, &wake);
        let thread = thread::Builder::new().name("sinew-prepare".into()).spawn(run)?;
        Ok(Preparer { shared, thread: Some(thread) })
    }

    /// Takes over a segment that was found ready at start.
    pub(crate) fn adopt(&self, segment: Arc<Segment>) {
        let mut state = self.shared.lock();
        state.want = Some((segment.base, segment.capacity));
        state.made = Some(segment);
    }

    /// Asks for a segment to be made in the background.
    pub(crate) fn request(&self, base: u64, capacity: u64) {
        let mut state = self.shared.lock();
        state.want = Some((base, capacity));
        state.made = None;
        self.shared.changed.notify_all();
    }

    /// Asks for a segment unless one is there already.
    pub(crate) fn request_if_idle(&self, base: u64, capacity: u64) {
        let mut state = self.shared.lock();
        if state.made.as_ref().is_none_or(|segment| segment.base != base) {
            state.want = Some((base, capacity));
            state.made = None;
            self.shared.changed.notify_all();
        }
    }

    /// Whether the last try found no room.
    pub(crate) fn is_full(&self) -> bool {
        let state = self.shared.lock();
        state.is_full && state.made.is_none()
    }

    /// What went wrong other than a full disk (R6: a failed fsync is never retried, also not of a file without records).
    pub(crate) fn broken(&self) -> Option<String> {
        self.shared.lock().broken.clone()
    }

    /// Waits for the segment at `base` with `capacity` bytes; from the reserve it may be smaller, but not below `need`.
    pub(crate) fn take(&self, base: u64, capacity: u64, need: u64, may_use_reserve: bool) -> Prepared {
        let mut state = self.shared.lock();
        let fits = |segment: &Segment| segment.base == base && segment.capacity >= need;
        let first_try = state.tries;
        let mut is_asked = false;
        loop {
            if let Some(segment) = state.made.take_if(|segment| fits(segment)) {
                state.want = None;
                return Prepared::Ready(segment);
            }
            if let Some(text) = &state.broken {
                return Prepared::Broken(text.clone());
            }
            let is_wanted = state.want == Some((base, capacity)) && state.made.is_none();
            if is_wanted && state.is_full && (!may_use_reserve || is_asked && state.tries > first_try) {
                return Prepared::Full;
            }
            if !is_asked {
                is_asked = true;
                state.is_full &= is_wanted;
                state.want = Some((base, capacity));
                state.made = None;
                state.need_from_reserve = may_use_reserve.then_some(need);
                self.shared.changed.notify_all();
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends the thread.
    pub(crate) fn stop(&mut self) {
        self.shared.lock().is_stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, place: &Place, wake: &dyn Fn()) {
    let mut has_reserve = place.disk.open(&place.folder.join(RESERVE_NAME)).is_ok_and(|file| is_whole(&*file, place));
    let mut state = shared.lock();
    while !state.is_stopping {
        let Some((base, capacity)) = state.want.filter(|_| state.made.is_none() && state.broken.is_none()) else {
            state = idle(shared, state, place, &mut has_reserve);
            if state.broken.is_some() {
                wake();
            }
            continue;
        };
        let need = state.need_from_reserve.take();
        drop(state);
        let mut made = segment::create(&*place.disk, &place.folder, &place.owner, base, capacity);
        let is_helped = has_reserve && need.is_some_and(|need| need <= place.reserve_bytes);
        if is_helped && made.as_ref().is_err_and(is_full) {
            made = use_reserve(place, base);
            has_reserve = false;
        }
        state = shared.lock();
        let was_full = state.is_full;
        settle(&mut state, made, (base, capacity));
        shared.changed.notify_all();
        if was_full && !state.is_full || state.broken.is_some() {
            wake();
        }
        if state.is_full && !state.is_stopping && state.need_from_reserve.is_none() {
            state = wait(shared, state, place.retry);
        }
    }
}

fn settle(state: &mut State, made: io::Result<Segment>, asked: (u64, u64)) {
    state.tries += 1;
    match made {
        Ok(segment) if state.want == Some(asked) => {
            state.made = Some(Arc::new(segment));
            state.is_full = false;
        }
        Ok(_) => {}
        Err(error) if is_full(&error) => state.is_full = true,
        Err(error) => state.broken = Some(format!("making a log segment: {error}")),
    }
}

/// Nothing to make: restores the reserve if it is missing, then waits.
fn idle<'a>(
    shared: &'a Shared,
    state: MutexGuard<'a, State>,
    place: &Place,
    has_reserve: &mut bool,
) -> MutexGuard<'a, State> {
    if *has_reserve || state.broken.is_some() {
        return shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
    drop(state);
    let path = place.folder.join(RESERVE_NAME);
    let filled = segment::fill(&*place.disk, &path, place.reserve_bytes);
    *has_reserve = filled.is_ok();
    if !*has_reserve {
        let _ = place.disk.remove(&path);
    }
    let mut state = shared.lock();
    if let Some(error) = filled.err().filter(|error| !is_full(error)) {
        state.broken = Some(format!("making the reserve: {error}"));
    }
    if *has_reserve || state.is_stopping || state.want.is_some() && state.made.is_none() {
        return state;
    }
    wait(shared, state, place.retry)
}

fn wait<'a>(shared: &'a Shared, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
    shared.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
}

fn use_reserve(place: &Place, base: u64) -> io::Result<Segment> {
    let path = place.folder.join(RESERVE_NAME);
    let file = place.disk.open(&path)?;
    segment::adopt(&*place.disk, &place.folder, &place.owner, file, &path, base, place.reserve_bytes)
}

fn is_whole(file: &dyn File, place: &Place) -> bool {
    file.len().is_ok_and(|length| length == place.reserve_bytes)
}

/// Nothing is broken, and a later try may succeed: no room, or no file handle because peers hold them all. A file that
/// could not be opened was not fsynced either, so nothing that R6 forbids is tried again.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        || error.raw_os_error().is_some_and(|code| NO_HANDLE.contains(&code))
}

/// Removes what an interrupted preparation left.
pub(crate) fn sweep(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    for name in disk.list(folder)? {
        if name.ends_with(".new") {
            disk.remove(&folder.join(name))?;
        }
    }
    Ok(())
}
