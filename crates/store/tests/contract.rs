//! The embedded engine against the contract suites.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{
    Options, Store,
    contract::{self, Subject},
    disk::memory::Memory,
};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A store in a folder of its own that is removed at the end.
struct OnDisk {
    directory: PathBuf,
    options: Options,
}

impl OnDisk {
    fn new(options: Options) -> OnDisk {
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
        Store::open(&self.directory, &self.options).unwrap().0
    }
}

fn small() -> Options {
    Options { segment_bytes: 64 * 1024, reserve_bytes: 64 * 1024, ..Options::default() }
}

#[test]
fn the_log_on_a_file_system() {
    contract::log::all(&|| Box::new(OnDisk::new(small())));
}

#[test]
fn the_log_in_memory() {
    contract::log::all(&|| {
        let disk = Arc::new(Memory::new());
        Box::new(OnDisk::new(Options { disk, has_index: false, ..small() }))
    });
}

#[test]
fn the_index_in_files() {
    contract::index::all(&|| Box::new(OnDisk::new(small())));
}

#[test]
fn the_tables_in_a_file() {
    contract::tables::all(&|| Box::new(OnDisk::new(small())));
}
