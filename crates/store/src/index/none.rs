//! An index that is not there: for tests of the log alone. It keeps the latest change of each message in memory.

use super::{Entry, Facets, Index, Page, Query};
use crate::{Error, log::Log};
use message::MessageId;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, Weak},
};

/// See the module.
#[derive(Default)]
pub(crate) struct Nothing {
    heads: Mutex<(HashMap<u64, u64>, HashMap<u64, u64>)>,
}

impl Nothing {
    fn lock(&self) -> MutexGuard<'_, (HashMap<u64, u64>, HashMap<u64, u64>)> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Index for Nothing {
    fn start(&self, log: Weak<dyn Log>) -> Result<(), Error> {
        let (mut from, mut entries) = (Some(0), Vec::new());
        while let (Some(at), Some(log)) = (from, log.upgrade()) {
            from = log.replay(at, &mut |entry| entries.push(entry))?;
        }
        self.offer(&mut entries, 0);
        Ok(())
    }
    fn offer(&self, entries: &mut Vec<Entry>, _upto: u64) {
        let (heads, before) = &mut *self.lock();
        for entry in entries.drain(..) {
            if let Entry::Changed(changed) = entry {
                let head = heads.insert(changed.message, changed.lsn).unwrap_or(0);
                before.insert(changed.lsn, head);
            }
        }
    }
    fn head(&self, id: MessageId) -> Result<u64, Error> {
        Ok(self.lock().0.get(&id.0).copied().unwrap_or(0))
    }
    fn head_before(&self, _id: MessageId, lsn: u64) -> Result<u64, Error> {
        Ok(self.lock().1.get(&lsn).copied().unwrap_or(0))
    }
    fn search(&self, _query: &Query) -> Result<Page, Error> {
        Ok(Page::default())
    }
    fn facets(&self, _query: &Query) -> Result<Facets, Error> {
        Ok(Facets::default())
    }
    fn drop_below(&self, _cut: u64) {}
    fn watermark(&self) -> u64 {
        u64::MAX
    }
    fn bytes(&self) -> u64 {
        0
    }
    fn close(&self) {}
}
