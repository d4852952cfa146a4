//! The embedded engine against the contract suites.

mod subject;

use std::sync::Arc;
use store::{Options, contract, disk::memory::Memory};
use subject::{OnDisk, small};

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
fn the_audit_chain_in_files() {
    contract::audit::all(&|| Box::new(OnDisk::new(small())));
}

#[test]
fn the_tables_in_a_file() {
    contract::tables::all(&|| Box::new(OnDisk::new(small())));
}
