//! A disk in memory that forgets what was not synced, tears writes, fails on demand and fills up.
//!
//! Owns a seeded model of a disk for tests and for the simulator. Promises: after [`Memory::cut_power`] a file holds
//! what was synced, plus an arbitrary part of each write since; nothing else survives. Never touches a real file.

use super::{Disk, File};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The unit in which a power cut tears a write: a disk sector.
const SECTOR_BYTES: usize = 512;

#[derive(Default)]
struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    pending: Vec<(u64, Vec<u8>)>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    durable_names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    syncs: u64,
    writes: u64,
    used: u64,
    room: Option<u64>,
    fail_sync_at: Option<u64>,
    fail_write_at: Option<u64>,
    lie_about_sync: bool,
    has_no_handle: bool,
}

impl State {
    /// What opening a file needs besides the file.
    fn handle(&self) -> io::Result<()> {
        const EMFILE: i32 = 24;
        if self.has_no_handle { Err(io::Error::from_raw_os_error(EMFILE)) } else { Ok(()) }
    }
}

/// The disk; clones share their files.
#[derive(Clone, Default)]
pub struct Memory {
    state: Arc<Mutex<State>>,
}

struct Handle {
    disk: Memory,
    content: Arc<Mutex<Content>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn full() -> io::Error {
    io::Error::from(io::ErrorKind::StorageFull)
}

impl Memory {
    /// An empty disk without faults.
    #[must_use]
    pub fn new() -> Memory {
        Memory::default()
    }
    /// The `count`-th sync from now fails (1 = the next), and every later one succeeds: what Linux does after EIO.
    pub fn fail_sync(&self, count: u64) {
        let mut state = lock(&self.state);
        state.fail_sync_at = Some(state.syncs + count);
    }
    /// The `count`-th write from now fails after half of its bytes.
    pub fn fail_write(&self, count: u64) {
        let mut state = lock(&self.state);
        state.fail_write_at = Some(state.writes + count);
    }
    /// Syncs return without making anything durable: a disk that lies.
    pub fn lie_about_sync(&self, lie: bool) {
        lock(&self.state).lie_about_sync = lie;
    }
    /// Nothing can be created or opened: the process has used up its handles (EMFILE).
    pub fn take_handles(&self, has_no_handle: bool) {
        lock(&self.state).has_no_handle = has_no_handle;
    }
    /// Room for this many bytes in all; `None` is endless.
    pub fn set_room(&self, bytes: Option<u64>) {
        lock(&self.state).room = bytes;
    }
    /// Bytes in all files.
    #[must_use]
    pub fn used(&self) -> u64 {
        lock(&self.state).used
    }
    /// How many syncs there were.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        lock(&self.state).syncs
    }
    /// The bytes of a file as a reader sees them now.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let content = lock(&self.state).files.get(path).cloned()?;
        let bytes = lock(&content).live.clone();
        Some(bytes)
    }
    /// Changes bytes behind everyone's back: bit rot.
    pub fn overwrite(&self, path: &Path, position: usize, bytes: &[u8]) {
        let content = lock(&self.state).files.get(path).cloned();
        if let Some(content) = content {
            let mut content = lock(&content);
            write(&mut content.live, position as u64, bytes);
            write(&mut content.durable, position as u64, bytes);
        }
    }
    /// A copy of what is on the disk now, with all that was written in place: what `kill -9` leaves.
    #[must_use]
    pub fn fork(&self) -> Memory {
        let state = lock(&self.state);
        let copy = |file: &Arc<Mutex<Content>>| {
            let content = lock(file);
            let (live, durable) = (content.live.clone(), content.live.clone());
            Arc::new(Mutex::new(Content { live, durable, pending: Vec::new() }))
        };
        let files: BTreeMap<_, _> = state.files.iter().map(|(path, file)| (path.clone(), copy(file))).collect();
        let durable_names = files.clone();
        let forked = State { used: state.used, files, durable_names, ..State::default() };
        Memory { state: Arc::new(Mutex::new(forked)) }
    }
    /// What a power cut leaves: synced bytes, and of every later write the sectors that chance picks.
    #[must_use]
    pub fn cut_power(&self, seed: u64) -> Memory {
        let mut chance = seed | 1;
        let mut next = move || {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance
        };
        let state = lock(&self.state);
        let mut files = BTreeMap::new();
        for (path, file) in &state.durable_names {
            let content = lock(file);
            let mut bytes = content.durable.clone();
            for (position, pending) in &content.pending {
                for (number, sector) in pending.chunks(SECTOR_BYTES).enumerate() {
                    if next() & 3 != 0 {
                        write(&mut bytes, position + (number * SECTOR_BYTES) as u64, sector);
                    }
                }
            }
            let content = Content { live: bytes.clone(), durable: bytes, pending: Vec::new() };
            files.insert(path.clone(), Arc::new(Mutex::new(content)));
        }
        let used = files.values().map(|file| lock(file).live.len() as u64).sum();
        let cut = State { used, durable_names: files.clone(), files, ..State::default() };
        Memory { state: Arc::new(Mutex::new(cut)) }
    }
}

fn write(target: &mut Vec<u8>, position: u64, bytes: &[u8]) {
    let start = position as usize;
    let end = start + bytes.len();
    if target.len() < end {
        target.resize(end, 0);
    }
    target[start..end].copy_from_slice(bytes);
}

impl Disk for Memory {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let content = Arc::new(Mutex::new(Content::default()));
        let mut state = lock(&self.state);
        state.handle()?;
        if let Some(old) = state.files.insert(path.to_path_buf(), content.clone()) {
            state.used -= lock(&old).live.len() as u64;
        }
        Ok(Box::new(Handle { disk: self.clone(), content }))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let state = lock(&self.state);
        state.handle()?;
        let content = state.files.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        drop(state);
        Ok(Box::new(Handle { disk: self.clone(), content }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = lock(&self.state);
        let content = state.files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        if let Some(old) = state.files.insert(to.to_path_buf(), content) {
            state.used -= lock(&old).live.len() as u64;
        }
        Ok(())
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = lock(&self.state);
        let content = state.files.remove(path).ok_or(io::ErrorKind::NotFound)?;
        state.used -= lock(&content).live.len() as u64;
        Ok(())
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let state = lock(&self.state);
        let inside = state.files.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }
    fn create_directory(&self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.handle()?;
        if state.lie_about_sync {
            return Ok(());
        }
        let inside = |file: &PathBuf| file.parent() == Some(path);
        let State { files, durable_names, .. } = &mut *state;
        durable_names.retain(|file, _| !inside(file));
        durable_names.extend(files.iter().filter(|(file, _)| inside(file)).map(|(file, c)| (file.clone(), c.clone())));
        Ok(())
    }
}

impl File for Handle {
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        let content = lock(&self.content);
        let start = usize::try_from(position).unwrap_or(usize::MAX).min(content.live.len());
        let count = bytes.len().min(content.live.len() - start);
        bytes[..count].copy_from_slice(&content.live[start..start + count]);
        Ok(count)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let mut state = lock(&self.disk.state);
        state.writes += 1;
        let fails = state.fail_write_at == Some(state.writes);
        let bytes = if fails { &bytes[..bytes.len() / 2] } else { bytes };
        let mut content = lock(&self.content);
        let growth = (position + bytes.len() as u64).saturating_sub(content.live.len() as u64);
        if growth > 0 && state.room.is_some_and(|room| state.used + growth > room) {
            return Err(full());
        }
        state.used += growth;
        write(&mut content.live, position, bytes);
        content.pending.push((position, bytes.to_vec()));
        if fails { Err(io::Error::other("injected write error")) } else { Ok(()) }
    }
    fn sync(&self) -> io::Result<()> {
        let mut state = lock(&self.disk.state);
        state.syncs += 1;
        let mut content = lock(&self.content);
        if state.fail_sync_at == Some(state.syncs) {
            content.pending.clear();
            return Err(io::Error::other("injected fsync error"));
        }
        if !state.lie_about_sync {
            let Content { durable, pending, .. } = &mut *content;
            pending.drain(..).for_each(|(position, bytes)| write(durable, position, &bytes));
        }
        Ok(())
    }
    fn len(&self) -> io::Result<u64> {
        Ok(lock(&self.content).live.len() as u64)
    }
}
