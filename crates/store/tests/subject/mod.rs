//! A store in a folder of its own.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};
use store::{Options, Store, contract::Subject};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A store in a folder that is removed at the end.
pub(crate) struct OnDisk {
    pub(crate) directory: PathBuf,
    pub(crate) options: Options,
}

impl OnDisk {
    pub(crate) fn new(options: Options) -> OnDisk {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("sinew-store-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        OnDisk { directory, options }
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

impl Subject for OnDisk {
    fn open(&self) -> Store {
        match Store::open(&self.directory, &self.options) {
            Ok((store, _)) => store,
            Err(error) => panic!("opening: {error}"),
        }
    }
}

/// Small segments, so that tests have several.
pub(crate) fn small() -> Options {
    Options { segment_bytes: 64 * 1024, reserve_bytes: 64 * 1024, ..Options::default() }
}
