//! Folding the log again beside the live ledger: what recovery would make of it now.
//!
//! Promises: one ledger more in memory at a time; compares what a reader could see, by names, so that the order in which
//! names came does not matter. Never changes a file.

use super::{
    fold,
    ledger::Ledger,
    record::HEADER_BYTES,
    scan::{self, Found},
    segments::Segments,
};
use crate::Error;
use message::{Counts, DeliveryState, Name};
use std::{
    collections::BTreeMap,
    hash::{BuildHasher, Hash, Hasher},
};

/// What is compared of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digest {
    cut: u64,
    counts: BTreeMap<Name, Counts>,
    open: usize,
    /// Of every row of a message that is not at its end, in order.
    rows: u64,
    /// Of the control ids that are known, in any order.
    duplicates: u64,
}

/// The same keys everywhere in this process, so that digests can be compared.
fn hasher() -> impl BuildHasher {
    foldhash::fast::FixedState::with_seed(0x5eed)
}

impl Digest {
    pub(crate) fn of(ledger: &Ledger) -> Digest {
        let mut rows = hasher().build_hasher();
        // What retention dropped is not folded again, so what followed from it is not known to a new fold.
        let is_complete = ledger.cut == 0;
        for row in ledger.rows.iter().filter(|row| !row.is_dead) {
            (row.message, row.number, row.order_key, row.state, row.attempts, row.priority).hash(&mut rows);
            (row.accepted, ledger.names.of_route(row.route)).hash(&mut rows);
            (row.state == DeliveryState::Retrying).then_some(row.retry_at).hash(&mut rows);
            is_complete.then_some(row.head).hash(&mut rows);
        }
        let known = ledger.duplicates.generations().into_iter().flatten().filter(|_| is_complete);
        let duplicates = known.fold(0, |sum: u64, entry| sum.wrapping_add(hasher().hash_one(entry)));
        let mut counts = ledger.counts();
        counts.retain(|(_, counts)| counts.accepted > 0);
        Digest {
            cut: ledger.cut,
            counts: counts.into_iter().collect(),
            open: ledger.open_count(),
            rows: rows.finish(),
            duplicates,
        }
    }

    /// In which parts two differ.
    pub(crate) fn differs(&self, other: &Digest) -> Option<&'static str> {
        match () {
            () if self.cut != other.cut => Some("what retention dropped"),
            () if self.counts != other.counts => Some("the counters"),
            () if self.open != other.open || self.rows != other.rows => Some("what waits"),
            () if self.duplicates != other.duplicates => Some("the control ids seen"),
            () => None,
        }
    }
}

/// Folds what stands after `from`, up to the record at `until`, into a ledger. `None` where there is damage, because a
/// ledger that was made before it knows more.
pub(crate) fn fold_again(
    segments: &Segments,
    mut ledger: Ledger,
    from: u64,
    until: u64,
) -> Result<Option<Ledger>, Error> {
    let mut is_whole = true;
    for (base, capacity) in segments.list() {
        if base + capacity <= from || base > until {
            continue;
        }
        let opened = segments.at(base)?;
        let walked = scan::segment(&opened, from, opened.end(), &mut |found| match found {
            Found::Record(header, bytes) if header.lsn <= until => {
                debug_assert!(bytes.len() >= HEADER_BYTES);
                is_whole &= fold::fold(&mut ledger, opened.base, &header, bytes);
            }
            Found::Damaged { lsn, .. } if lsn <= until => is_whole = false,
            Found::Record(..) | Found::Damaged { .. } => {}
        });
        walked.map_err(|error| Error::unavailable("reading the log", &error))?;
    }
    Ok(is_whole.then_some(ledger))
}
