//! What a data folder holds, read by the store itself once the engine is gone.

use super::content;
use std::{collections::HashMap, path::Path};
use store::{Options, Store};

/// Control id → raw bytes of every message that is in flight.
type Stored = HashMap<String, Vec<u8>>;

/// Opens the store of a dead engine, reads every message in flight from the log, and closes it again; also how many
/// damaged places it has.
fn read(data: &Path) -> (Stored, usize) {
    let (store, recovered) = Store::open(data, &Options::default()).expect("the store opens without help");
    let mut stored = Stored::new();
    for delivery in recovered.open {
        let message = store.read(delivery.id.message).expect("a message that the log lists");
        stored.insert(message.accept.facts.control_id, message.accept.envelope.raw.to_vec());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(store.close()).expect("the store closes");
    (stored, recovered.report.quarantined.len())
}

/// Those of the acknowledged that are not stored.
pub fn lost(data: &Path, acknowledged: &[String]) -> Vec<String> {
    let (stored, _) = read(data);
    acknowledged.iter().filter(|id| !stored.contains_key(*id)).cloned().collect()
}

/// Everything that was acknowledged is stored, byte for byte; gives how many are stored.
#[track_caller]
pub fn assert_stored(data: &Path, acknowledged: &[String]) -> usize {
    let (stored, damaged) = read(data);
    assert_eq!(damaged, 0, "nothing is damaged");
    let lost: Vec<&String> = acknowledged.iter().filter(|id| !stored.contains_key(*id)).collect();
    assert!(lost.is_empty(), "{} of {} acknowledged are lost: {lost:?}", lost.len(), acknowledged.len());
    for (id, raw) in &stored {
        assert!(*raw == content(id).into_bytes(), "{id} is not byte for byte what was sent");
    }
    stored.len()
}
