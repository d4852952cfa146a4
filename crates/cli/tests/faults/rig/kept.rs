//! Everything that a store keeps, read in this process once the engine is gone.

use super::super::support::{field, wait_for};
use message::{Counts, MessageState};
use std::{collections::BTreeMap, path::Path};
use store::{Error, Options, Query, Recovered, Report, Store};

/// Size of the files of the log where a test makes them small.
pub const SEGMENT_BYTES: u64 = 64 * 1024;

/// What was found.
pub struct Kept {
    /// Control id → raw bytes.
    pub messages: BTreeMap<String, Vec<u8>>,
    /// Messages that the index lists; as many as `messages`, unless a control id was stored twice.
    pub listed: usize,
    /// Listed messages that are delivered.
    pub delivered: usize,
    /// Conservation counters.
    pub counts: Counts,
    /// How the log was.
    pub report: Report,
}

impl Kept {
    /// Opens a store, reads all of it, and closes it.
    pub fn read(data: &Path) -> Kept {
        let (store, recovered) = open(data, &options()).expect("the store opens without help");
        let mut kept = Kept {
            messages: BTreeMap::new(),
            listed: 0,
            delivered: 0,
            counts: store.counts_total(),
            report: recovered.report,
        };
        let mut query = Query { limit: Query::LIMIT_MAX, ..Query::default() };
        loop {
            let page = store.search(&query).expect("the index answers");
            for hit in &page.hits {
                kept.listed += 1;
                kept.delivered += usize::from(hit.state == MessageState::Delivered);
                let stored = store.read(hit.id).expect("a message that the index lists");
                let raw = stored.accept.envelope.raw.to_vec();
                kept.messages.insert(field(&String::from_utf8_lossy(&raw), "MSH", 9), raw);
            }
            query.before = page.next;
            if query.before.is_none() {
                break;
            }
        }
        close(&store);
        kept
    }
}

/// Opens a store in this process. A process that another test starts at this moment inherits the lock of a store that
/// was open, until it becomes the binary: that is waited for.
pub fn open(folder: &Path, options: &Options) -> Result<(Store, Recovered), Error> {
    wait_for("the lock", || match Store::open(folder, options) {
        Err(Error::Locked { .. }) => None,
        opened => Some(opened),
    })
}

/// How tests open a store whose files are small.
pub fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES, reserve_bytes: SEGMENT_BYTES, ..Options::default() }
}

/// Closes a store in good order.
pub fn close(store: &Store) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(store.close()).expect("the store closes");
}
