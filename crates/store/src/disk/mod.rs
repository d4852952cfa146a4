//! The file layer under the log: what the log asks of a disk, and nothing more.
//!
//! Owns the seam where the simulator and the fault tests plug in. Promises nothing of its own: durability is what
//! [`File::sync`] says. Never used by SQLite, which has its own file layer.

pub mod memory;
mod real;

pub use real::Real;

use message::failpoint::{Place, pass};
use std::{io, path::Path};

/// A set of files.
///
/// Contract:
/// 1. `create` truncates or makes a file; its name is durable only after `sync_directory` of its folder.
/// 2. `rename` replaces the target at once; the change is durable only after `sync_directory`.
/// 3. `list` gives the names of the files in a folder; an absent folder has none.
pub trait Disk: Send + Sync {
    /// Makes an empty file, readable and writable by the owner only.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Opens an existing file for reading and writing.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;
    /// Gives a file another name, replacing what had it.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Makes a folder and those above it.
    fn create_directory(&self, path: &Path) -> io::Result<()>;
    /// Makes names in a folder durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;
}

/// One open file.
///
/// Contract:
/// 1. `write_at` writes all bytes or fails; they survive a crash of the process, but a power cut only after `sync`.
/// 2. A failed `sync` means that any write since the last good one may be lost, also after a later good `sync`.
/// 3. `read_at` returns fewer bytes than asked only at the end of the file.
pub trait File: Send + Sync {
    /// Reads at a position; returns how many bytes were there.
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize>;
    /// Writes all bytes at a position.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    /// fdatasync: returns when every earlier write is on stable storage.
    fn sync(&self) -> io::Result<()>;
    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Whether the length is 0.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Reads a whole small file.
pub(crate) fn read_all(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let mut bytes = vec![0; usize::try_from(file.len()?).unwrap_or(usize::MAX)];
    let count = file.read_at(&mut bytes, 0)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Writes a whole small file so that a crash leaves the old or the new one, never a mixture.
pub(crate) fn replace(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    let file = disk.create(&draft)?;
    file.write_at(bytes, 0)?;
    pass(Place::FileWrite);
    file.sync()?;
    pass(Place::FileRename);
    disk.rename(&draft, path)?;
    if let Some(folder) = path.parent() {
        disk.sync_directory(folder)?;
    }
    pass(Place::FileReady);
    Ok(())
}
