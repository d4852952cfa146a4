//! Receipts for tests: a real store in a temporary folder, because nothing else makes one (R1).

use crate::Folder;
use interface::contract::Frame;
use message::{Envelope, Origin};
use store::{Accept, Disposition, Facts, Options, Receipt, Store};

/// Small files: a test stores a few messages.
const SEGMENT_BYTES: u64 = 4 * 1024 * 1024;
const RESERVE_BYTES: u64 = 64 * 1024;

/// A store that takes every frame.
pub struct Vault {
    /// Before the folder, so that its files are closed when the folder is removed.
    store: Store,
    _folder: Folder,
}

impl Vault {
    /// Opens a new one.
    ///
    /// # Panics
    /// If it cannot be opened: no test can go on then.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it makes a folder with a store; that should be visible at the call")]
    pub fn new() -> Vault {
        let folder = Folder::new();
        let options = Options {
            segment_bytes: SEGMENT_BYTES,
            reserve_bytes: RESERVE_BYTES,
            has_index: false,
            ..Options::default()
        };
        match Store::open(folder.path(), &options) {
            Ok((store, _)) => Vault { store, _folder: folder },
            Err(error) => panic!("no store for the test: {error}"),
        }
    }

    /// Commits a frame as a message without deliveries.
    ///
    /// # Panics
    /// If it cannot be committed.
    pub async fn store(&self, frame: &Frame) -> Receipt {
        let envelope = Envelope {
            interface: "test".into(),
            interface_version: 1,
            received: frame.received,
            peer: frame.peer.clone(),
            origin: match frame.from {
                Some((from, _)) => Origin::Interface { from },
                None => Origin::Received,
            },
            format: frame.format,
            raw: frame.bytes.clone(),
        };
        let accept = Accept {
            envelope,
            facts: Facts::default(),
            disposition: Disposition::Filtered { rule: "test".to_owned() },
            acknowledgment: None,
            deliveries: Vec::new(),
            duplicate_window: None,
            is_remembered: true,
            flags: Vec::new(),
        };
        match self.store.commit(accept).await {
            Ok(receipt) => receipt,
            Err(error) => panic!("the test's store did not commit: {error}"),
        }
    }
}
