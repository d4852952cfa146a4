//! A temporary folder that removes itself.

use std::{
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// A new empty folder; removed with everything in it when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes it below the system's folder for temporary files.
    ///
    /// # Panics
    /// If it cannot be made: no test can go on then.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it makes a folder; that should be visible at the call")]
    pub fn new() -> Folder {
        Folder::below(&std::env::temp_dir())
    }

    /// Makes it in memory where the system has such a place (Linux: `/dev/shm`): for tests whose disk is simulated, so
    /// that what is on a real one costs no time.
    #[must_use]
    pub fn in_memory() -> Folder {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Folder::below(memory) } else { Folder::new() }
    }

    fn below(parent: &Path) -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.subsec_nanos());
        let path = parent.join(format!("sinew-test-{}-{number}-{nanos}", process::id()));
        match std::fs::create_dir_all(&path) {
            Ok(()) => Folder(path),
            Err(error) => panic!("no temporary folder: {error}"),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A place inside it.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The names of what is in a folder inside it (`""` for itself), sorted; nothing if it does not exist.
    #[must_use]
    pub fn names(&self, inside: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.0.join(inside)) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test that fails should fail for its own reason, not for a folder that is left.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
