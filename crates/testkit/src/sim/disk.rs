//! A disk whose machine ends at a chosen write, sync, rename or removal.
//!
//! Owns the moment of a crash. Promises: what [`CrashingDisk::left`] gives holds everything that was durable when the
//! witness was marked; after that moment nothing more reaches the disk. The torn and forgotten writes are
//! [`Memory`]'s.

use super::Witness;
use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::disk::{Disk, File, memory::Memory};

/// How a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// As `kill -9`: what was written stays.
    Kill,
    /// What was not synced is gone or torn, as this seed says.
    PowerCut(u64),
}

struct State {
    steps_left: Option<u64>,
    how: Crash,
    left: Option<Memory>,
}

/// See the module. Clones are the same disk.
#[derive(Clone)]
pub struct CrashingDisk {
    memory: Memory,
    witness: Witness,
    state: Arc<Mutex<State>>,
}

struct Handle {
    disk: CrashingDisk,
    file: Box<dyn File>,
}

impl CrashingDisk {
    /// A disk over what an earlier life left. It ends before its `steps`-th change from now, if that is given.
    #[must_use]
    pub fn new(memory: Memory, witness: Witness, how: Crash, steps: Option<u64>) -> CrashingDisk {
        CrashingDisk { memory, witness, state: Arc::new(Mutex::new(State { steps_left: steps, how, left: None })) }
    }
    /// The disk below, to inject faults into.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
    /// The machine has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.lock().left.is_some()
    }
    /// Ends the machine now, if it has not ended yet, and gives what is left of the disk.
    #[must_use]
    pub fn left(&self) -> Memory {
        let mut state = self.lock();
        self.end(&mut state)
    }

    fn end(&self, state: &mut State) -> Memory {
        let (memory, how) = (&self.memory, state.how);
        let left = state.left.get_or_insert_with(|| {
            // The mark comes first: what was seen before it rests on what the copy holds.
            self.witness.mark();
            match how {
                Crash::Kill => memory.fork(),
                Crash::PowerCut(seed) => memory.cut_power(seed),
            }
        });
        left.clone()
    }

    fn step(&self) -> io::Result<()> {
        let mut state = self.lock();
        if state.left.is_none() && state.steps_left == Some(0) {
            let _ = self.end(&mut state);
        }
        if state.left.is_some() {
            return Err(io::Error::other("the simulated machine has ended"));
        }
        state.steps_left = state.steps_left.map(|left| left - 1);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrap(&self, file: Box<dyn File>) -> Box<dyn File> {
        Box::new(Handle { disk: self.clone(), file })
    }
}

impl Disk for CrashingDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.step()?;
        Ok(self.wrap(self.memory.create(path)?))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(self.wrap(self.memory.open(path)?))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        self.memory.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.memory.remove(path)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.memory.list(folder)
    }
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.memory.create_directory(path)
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.memory.sync_directory(path)
    }
}

impl File for Handle {
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.read_at(bytes, position)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        self.disk.step()?;
        self.file.write_at(bytes, position)
    }
    fn sync(&self) -> io::Result<()> {
        self.disk.step()?;
        self.file.sync()
    }
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}
