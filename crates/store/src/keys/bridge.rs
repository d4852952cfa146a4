//! `keys/rotation`: two master keys that are being exchanged, each wrapped by the other (docs/spec/store-format.md §1).
//!
//! Owns the file. Promises: who has one of the keys has both as long as the file is there; written whole or not at all.

use super::Keys;
use crate::{
    Error,
    disk::{self, Disk},
    envelope::{self, AREA_BYTES, Block},
    seal::MasterKey,
};
use message::Timestamp;
use std::{io, path::Path};

pub(super) const NAME: &str = "keys/rotation";
const MAGIC: &[u8; 8] = b"SINEWROT";
/// What the two areas of the file hold: the new key under the old one, the old one under the new.
const NEW: u64 = 0;
const OLD: u64 = 1;
/// Added to these where the new key was made here.
const OURS: u64 = 2;

/// A bridge, opened.
#[derive(Debug)]
pub(super) struct Bridge {
    pub(super) keys: Keys,
    /// The store puts the new key in its place; otherwise people do.
    pub(super) is_ours: bool,
    /// When the exchange was begun.
    pub(super) begun: Timestamp,
}

/// The bytes of the file, where there is one.
pub(super) fn read(disk: &dyn Disk, directory: &Path) -> Result<Option<Vec<u8>>, Error> {
    match disk::read_all(disk, &directory.join(NAME)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::unavailable("reading keys/rotation", &error)),
    }
}

/// Opens it with either key.
pub(super) fn open(bytes: &[u8], given: &MasterKey) -> Result<Bridge, Error> {
    let one = Keys::from(given.clone());
    let half = |number: u64| {
        let area = bytes.get(number as usize * AREA_BYTES..).unwrap_or_default();
        let (block, key) = envelope::open(NAME, area, MAGIC, &one)?;
        let [kind, begun] = block.numbers;
        if kind & OLD != number {
            return Err(Error::corrupt(NAME, number * AREA_BYTES as u64, "a half is in the place of the other"));
        }
        Ok((MasterKey::from_bytes(key), kind & OURS != 0, Timestamp(begun as i64)))
    };
    match half(NEW) {
        Ok((current, is_ours, begun)) => {
            Ok(Bridge { keys: Keys { current, before: Some(given.clone()) }, is_ours, begun })
        }
        Err(Error::WrongKey { .. }) => {
            let (before, is_ours, begun) = half(OLD)?;
            Ok(Bridge { keys: Keys { current: given.clone(), before: Some(before) }, is_ours, begun })
        }
        Err(error) => Err(error),
    }
}

/// Makes the file durable.
pub(super) fn write(disk: &dyn Disk, directory: &Path, bridge: &Bridge) -> Result<(), Error> {
    let Keys { current, before: Some(before) } = &bridge.keys else { return Ok(()) };
    let half = |number: u64, wrapping: &MasterKey, wrapped: &MasterKey| {
        let kind = if bridge.is_ours { number | OURS } else { number };
        let block = Block { magic: *MAGIC, store: [0; 16], numbers: [kind, bridge.begun.0 as u64] };
        block.area(wrapping, wrapped.bytes())
    };
    let bytes = [half(NEW, before, current)?, half(OLD, current, before)?].concat();
    let path = directory.join(NAME);
    let folder = path.parent().unwrap_or(directory);
    let written = disk.create_directory(folder).and_then(|()| disk::replace(disk, &path, &bytes));
    written.map_err(|error| Error::unavailable("writing keys/rotation", &error))
}

/// Takes the file away: from here on the old key opens nothing.
pub(super) fn remove(disk: &dyn Disk, directory: &Path) -> Result<(), Error> {
    let path = directory.join(NAME);
    let folder = path.parent().unwrap_or(directory);
    let removed = match disk.remove(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    };
    removed
        .and_then(|()| disk.sync_directory(folder))
        .map_err(|error| Error::unavailable("removing keys/rotation", &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::memory::Memory;

    #[test]
    fn either_key_gives_both_and_no_other_does() {
        let [old, new, other] = [1, 2, 3].map(|byte| MasterKey::from_bytes([byte; 32]));
        let (disk, directory) = (Memory::new(), Path::new("/store"));
        assert!(read(&disk, directory).unwrap().is_none());
        let keys = Keys { current: new.clone(), before: Some(old.clone()) };
        for is_ours in [true, false] {
            write(&disk, directory, &Bridge { keys: keys.clone(), is_ours, begun: Timestamp(7) }).unwrap();
            let bytes = read(&disk, directory).unwrap().unwrap();
            for given in [&old, &new] {
                let opened = open(&bytes, given).unwrap();
                let ids: Vec<u64> = opened.keys.all().map(MasterKey::id).collect();
                assert_eq!(ids, [new.id(), old.id()]);
                assert_eq!((opened.is_ours, opened.begun), (is_ours, Timestamp(7)));
            }
        }
        let bytes = read(&disk, directory).unwrap().unwrap();
        assert!(matches!(open(&bytes, &other), Err(Error::WrongKey { .. })));
        assert!(!bytes.windows(8).any(|part| part == [1; 8] || part == [2; 8]), "no key stands open");
        // Halves that were exchanged, and a file that was cut, are told and open nothing.
        let exchanged = [&bytes[AREA_BYTES..], &bytes[..AREA_BYTES]].concat();
        assert!(open(&exchanged, &old).is_err() && open(&exchanged, &new).is_err());
        assert!(open(&bytes[..100], &new).is_err() && open(&[], &old).is_err());
        remove(&disk, directory).unwrap();
        remove(&disk, directory).unwrap();
        assert!(read(&disk, directory).unwrap().is_none());
    }
}
