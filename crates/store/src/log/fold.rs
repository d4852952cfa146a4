//! One record into the ledger: the step that recovery repeats and that live writing has already done.

use super::{
    accepted,
    baseline::Baseline,
    changed,
    ledger::{Ledger, counts_of},
    record::{HEADER_BYTES, Header, Kind},
};

/// Folds a record that stands in the segment at `segment`; `false` when its body makes no sense.
pub(crate) fn fold(ledger: &mut Ledger, segment: u64, header: &Header, record: &[u8]) -> bool {
    let body = &record[HEADER_BYTES..];
    match header.kind {
        Kind::Accept => {
            let Some((fixed, open, _)) = accepted::split(body) else { return false };
            if header.lsn >= ledger.cut {
                ledger.accept(segment, header.lsn, header.time, &fixed, &open);
            }
            true
        }
        Kind::Change => {
            let Some((fixed, effect, restated)) = changed::split(body) else { return false };
            // A change of a dropped or damaged message has nothing to change.
            let _ = ledger.change(header.lsn, fixed.message, fixed.number, effect, restated);
            true
        }
        Kind::Baseline => {
            let Some(baseline) = Baseline::decode(body) else { return false };
            let mut list = Vec::new();
            for (name, counts) in &baseline.counts {
                *counts_of(&mut list, ledger.names.interface(name)) = *counts;
            }
            ledger.rebase(baseline.cut, list);
            true
        }
        Kind::Opened | Kind::Closed => true,
    }
}
