//! The segments of a log by place, shared by readers and the log thread.

use super::{
    record::{self, Header},
    segment::{self, Owner, Segment},
};
use crate::{Error, disk::Disk};
use message::MessageId;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

/// Segments whose files are kept open at a time, the newest aside.
const OPEN_MAX: usize = 32;
/// Bytes that a first read takes in: most records of one message fit.
const FIRST_READ_BYTES: usize = 2048;

/// A segment by its place; its file is opened when first read.
struct Slot {
    capacity: u64,
    open: Option<Arc<Segment>>,
}

/// Everything that is needed to reach a record by its place.
pub(crate) struct Segments {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) folder: PathBuf,
    pub(crate) owner: Owner,
    slots: RwLock<BTreeMap<u64, Slot>>,
}

/// A record as read: its header and its body.
pub(crate) struct Record {
    pub(crate) segment: Arc<Segment>,
    pub(crate) header: Header,
    bytes: Vec<u8>,
}

impl Record {
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[record::HEADER_BYTES..]
    }

    /// Opens the sealed part that begins at `seal_at` of the body; `None` when it was tampered with.
    pub(crate) fn unseal(&mut self, seal_at: usize) -> Option<&[u8]> {
        let at = record::HEADER_BYTES + seal_at;
        if at > self.bytes.len() {
            return None;
        }
        let (open, sealed) = self.bytes.split_at_mut(at);
        // The checksum is made after sealing, so it is not part of what is authenticated.
        open[12..16].fill(0);
        self.segment.key.open(self.header.nonce(), open, sealed).map(|plain| &*plain)
    }
}

impl Segments {
    pub(crate) fn new(disk: Arc<dyn Disk>, folder: PathBuf, owner: Owner) -> Segments {
        Segments { disk, folder, owner, slots: RwLock::default() }
    }

    pub(crate) fn insert(&self, segment: &Arc<Segment>) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(segment.base, Slot { capacity: segment.capacity, open: Some(segment.clone()) });
    }

    /// Takes note of a segment without opening its file.
    pub(crate) fn insert_closed(&self, base: u64, capacity: u64) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.insert(base, Slot { capacity, open: None });
    }

    /// Base and capacity of each segment, in order.
    pub(crate) fn list(&self) -> Vec<(u64, u64)> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().map(|(base, slot)| (*base, slot.capacity)).collect()
    }

    /// Forgets a segment, so that its file can be removed.
    pub(crate) fn remove(&self, base: u64) {
        self.slots.write().unwrap_or_else(PoisonError::into_inner).remove(&base);
    }

    /// The segment that holds a place.
    pub(crate) fn at(&self, lsn: u64) -> Result<Arc<Segment>, Error> {
        let missing = Error::NotFound { message: MessageId(lsn) };
        let base = {
            let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
            let Some((base, slot)) = slots.range(..=lsn).next_back() else { return Err(missing) };
            if lsn >= base + slot.capacity {
                return Err(missing);
            }
            if let Some(segment) = &slot.open {
                return Ok(segment.clone());
            }
            *base
        };
        let segment = Arc::new(segment::open(&*self.disk, &self.folder, &self.owner, base)?);
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        let newest = slots.keys().next_back().copied();
        if slots.values().filter(|slot| slot.open.is_some()).count() > OPEN_MAX {
            slots.iter_mut().filter(|(base, _)| Some(**base) != newest).for_each(|(_, slot)| slot.open = None);
        }
        if let Some(slot) = slots.get_mut(&base) {
            slot.open = Some(segment.clone());
        }
        Ok(segment)
    }

    /// Reads and verifies the record at a place.
    pub(crate) fn read(&self, lsn: u64) -> Result<Record, Error> {
        let segment = self.at(lsn)?;
        let offset = lsn - segment.base;
        let name = || format!("log/{}", segment::name(segment.base));
        let refused = |error: std::io::Error| Error::unavailable(&format!("reading {}", name()), &error);
        let room = usize::try_from(segment.capacity - offset).unwrap_or(usize::MAX);
        let mut bytes = vec![0; FIRST_READ_BYTES.min(room)];
        let count = segment.file.read_at(&mut bytes, offset).map_err(refused)?;
        let header = Header::decode(&bytes[..count], lsn).map_err(|invalid| match invalid {
            record::Invalid::Empty => Error::NotFound { message: MessageId(lsn) },
            record::Invalid::Header | record::Invalid::Checksum => {
                Error::corrupt(&name(), offset, "no valid record here")
            }
        })?;
        let length = header.span() as usize;
        if length > room {
            return Err(Error::corrupt(&name(), offset, "the record is longer than its segment"));
        }
        if length > count {
            bytes.resize(length, 0);
            let more = segment.file.read_at(&mut bytes[count..], offset + count as u64).map_err(refused)?;
            if count + more < length {
                return Err(Error::corrupt(&name(), offset, "the record ends beyond the file"));
            }
        }
        bytes.truncate(length);
        let damaged = |_| Error::corrupt(&name(), offset, "the record does not match its checksum");
        let header = Header::check(&bytes, lsn).map_err(damaged)?;
        bytes.truncate(record::HEADER_BYTES + header.length as usize);
        Ok(Record { segment, header, bytes })
    }
}
