//! The log on a disk that crashes, lies, tears, fails and fills up.

mod crash;
mod damage;
mod examined;
mod faults;
mod golden;
mod model;
mod upkeep;

use super::{
    Log, OpenDelivery,
    embedded::{Embedded, Opening},
};
use crate::{
    Accept, Change, Error, KeySource, MasterKey, Options, Receipt, Report, contract::wait, disk::memory::Memory,
    identity, index,
};
use message::{Clock, Counts, Name, Timestamp};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

/// 2026-03-01T07:08:09Z.
const START: i64 = 1_772_348_889_000_000;

/// A clock that stands until it is moved.
pub(super) struct Stopped(AtomicI64);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

/// The master key of every rig.
pub(super) fn key() -> KeySource {
    KeySource::Given(MasterKey::from_bytes([7; 32]))
}

/// A disk, and how its log is opened.
pub(super) struct Rig {
    pub(super) disk: Memory,
    pub(super) clock: Arc<Stopped>,
    pub(super) segment_bytes: u64,
}

impl Rig {
    pub(super) fn new() -> Rig {
        Rig { disk: Memory::new(), clock: Arc::new(Stopped(AtomicI64::new(START))), segment_bytes: 64 * 1024 }
    }

    /// The same rig on another disk: what a crash left.
    pub(super) fn on(&self, disk: Memory) -> Rig {
        Rig { disk, clock: self.clock.clone(), segment_bytes: self.segment_bytes }
    }

    pub(super) fn advance(&self, time: Duration) {
        self.clock.0.fetch_add(time.as_micros() as i64, Ordering::Relaxed);
    }

    pub(super) fn try_open(&self) -> Result<(Arc<Embedded>, Report), Error> {
        let options = Options {
            engine: crate::Engine::Embedded,
            clock: self.clock.clone(),
            key: key(),
            segment_bytes: self.segment_bytes,
            reserve_bytes: 32 * 1024,
            full_retry: Duration::from_millis(2),
            disk: Arc::new(self.disk.clone()),
            has_index: false,
        };
        let directory = Path::new("/store");
        let identity = identity::open(&self.disk, directory, &options.key)?;
        let index: Arc<dyn index::Index> = Arc::new(index::Nothing::default());
        let (duplicates, index_key) = (identity.duplicates, identity.index);
        let opening = Opening { directory, owner: identity.owner, duplicates, index_key, index: index.clone() };
        let (log, report) = Embedded::open(opening, &options)?;
        let dynamic: Arc<dyn Log> = log.clone();
        index.start(Arc::downgrade(&dynamic))?;
        Ok((log, report))
    }

    pub(super) fn open(&self) -> (Arc<Embedded>, Report) {
        self.try_open().unwrap()
    }

    /// Every file of the log, with its bytes.
    pub(super) fn segments(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let folder = Path::new("/store/log");
        let mut names = crate::disk::Disk::list(&self.disk, folder).unwrap();
        names.retain(|name| name.ends_with(".log"));
        names.sort();
        names.iter().map(|name| folder.join(name)).map(|path| (path.clone(), self.disk.bytes(&path).unwrap())).collect()
    }
}

pub(super) fn commit(log: &Embedded, accept: Accept) -> Result<Receipt, Error> {
    wait(log.commit(accept))
}

pub(super) fn change(log: &Embedded, change: &Change) -> Result<u64, Error> {
    wait(log.commit_change(change)?).unwrap_or(Err(Error::Closed))
}

pub(super) fn close(log: &Embedded) {
    wait(log.close().unwrap()).unwrap().unwrap();
    log.join();
}

/// Everything that has to be the same after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) open: Vec<OpenDelivery>,
    pub(super) counts: Vec<(Name, Counts)>,
}

/// A picture of an open log: all open deliveries, not only those of its start.
pub(super) fn picture(log: &Embedded) -> Picture {
    let mut counts = log.counts();
    counts.retain(|(_, counts)| counts.accepted > 0);
    counts.sort_by(|a, b| a.0.cmp(&b.0));
    Picture { open: log.open_now(), counts }
}
