//! Which control ids were seen, and where (R4): two generations of a hash table.
//!
//! Promises: bounded memory; the most recent [`GENERATION_ENTRIES`] accepted control ids are always known. Only the
//! place is kept: content hash and time are read from the log when a control id is met again.

use foldhash::HashMap;

/// Entries of one generation: seven eighths of 2^20, where the table would double. Two generations take 36 MB.
pub(crate) const GENERATION_ENTRIES: usize = 917_504;

/// Control id hash to the latest message that carried it.
#[derive(Clone, Default)]
pub(crate) struct Duplicates {
    young: HashMap<u64, u64>,
    old: HashMap<u64, u64>,
}

impl Duplicates {
    /// The latest message with this key.
    pub(crate) fn latest(&self, key: u64) -> Option<u64> {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied()
    }
    pub(crate) fn remember(&mut self, key: u64, lsn: u64) {
        if self.young.len() >= GENERATION_ENTRIES {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, lsn);
    }
    /// The latest message with this key was not stored: the one before it counts again; 0 if there was none.
    pub(crate) fn retract(&mut self, key: u64, prior: u64) {
        match prior {
            0 => drop(self.young.remove(&key)),
            prior => drop(self.young.insert(key, prior)),
        }
    }
    /// Forgets messages below `cut`.
    pub(crate) fn forget_below(&mut self, cut: u64) {
        self.young.retain(|_, lsn| *lsn >= cut);
        self.old.retain(|_, lsn| *lsn >= cut);
    }
    /// Both generations, the older first.
    pub(crate) fn generations(&self) -> [&HashMap<u64, u64>; 2] {
        [&self.old, &self.young]
    }
    pub(crate) fn from_generations(old: HashMap<u64, u64>, young: HashMap<u64, u64>) -> Duplicates {
        Duplicates { young, old }
    }
}
