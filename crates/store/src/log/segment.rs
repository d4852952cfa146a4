//! One segment file: a header block, then records (docs/spec/store-format.md §2).
//!
//! Owns the header's bytes and the making of a segment. Promises: a segment under its final name is complete: header
//! written, every block allocated by writing zeros, all of it synced. Never reads records.

use crate::{
    Error,
    disk::{Disk, File},
    envelope::{self, Block},
    keys::{Keyring, Keys},
    seal::{self, KEY_BYTES, SealingKey},
};
use message::failpoint::{Place, pass};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Bytes before the first record.
pub(crate) const HEADER_BYTES: u64 = envelope::AREA_BYTES as u64;
/// The first bytes of a segment.
const MAGIC: &[u8; 8] = b"SINEWLOG";
/// Zeros are written in pieces of this size. Unwritten extents (fallocate) would cost a journal commit at each
/// fdatasync that first writes into them.
const ZERO_BYTES: usize = 1024 * 1024;

/// A segment that is open.
pub(crate) struct Segment {
    /// Place in the log of the first byte of the file.
    pub(crate) base: u64,
    /// Length of the file; the next segment's base is `base + capacity`.
    pub(crate) capacity: u64,
    pub(crate) file: Box<dyn File>,
    pub(crate) key: SealingKey,
}

impl Segment {
    /// The place after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.base + self.capacity
    }
    /// The place of the first record.
    pub(crate) fn first(&self) -> u64 {
        self.base + HEADER_BYTES
    }
}

/// Which store a segment belongs to, and the keys that wrap its data key.
#[derive(Clone)]
pub(crate) struct Owner {
    pub(crate) store: [u8; 16],
    pub(crate) keys: Keyring,
}

/// `log/00000000000f1000.log`
pub(crate) fn path(folder: &Path, base: u64) -> PathBuf {
    folder.join(name(base))
}

pub(crate) fn name(base: u64) -> String {
    format!("{base:016x}.log")
}

/// The base that a file name states.
pub(crate) fn parse_name(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".log")?;
    (digits.len() == 16).then(|| u64::from_str_radix(digits, 16).ok())?
}

/// Makes a segment and gives it its final name. An `io::Error` may mean that the disk is full.
pub(crate) fn create(disk: &dyn Disk, folder: &Path, owner: &Owner, base: u64, capacity: u64) -> io::Result<Segment> {
    let draft = folder.join(format!("{base:016x}.new"));
    let made = fill(disk, &draft, capacity).and_then(|file| adopt(disk, folder, owner, file, &draft, base, capacity));
    if made.is_err() {
        let _ = disk.remove(&draft);
    }
    made
}

/// A file of zeros, allocated.
pub(crate) fn fill(disk: &dyn Disk, path: &Path, capacity: u64) -> io::Result<Box<dyn File>> {
    let file = disk.create(path)?;
    zero(&*file, 0, capacity)?;
    Ok(file)
}

fn zero(file: &dyn File, from: u64, until: u64) -> io::Result<()> {
    let zeros = vec![0; ZERO_BYTES.min(usize::try_from(until - from).unwrap_or(ZERO_BYTES))];
    let mut at = from;
    while at < until {
        let count = (until - at).min(zeros.len() as u64);
        file.write_at(&zeros[..count as usize], at)?;
        pass(Place::SegmentFill);
        // Piece by piece: while 64 MiB are flushed at once, every fsync of the log waits for its share of them.
        file.sync()?;
        at += count;
    }
    Ok(())
}

/// Turns a file of zeros into a segment. Needs no room on the disk.
pub(crate) fn adopt(
    disk: &dyn Disk,
    folder: &Path,
    owner: &Owner,
    file: Box<dyn File>,
    draft: &Path,
    base: u64,
    capacity: u64,
) -> io::Result<Segment> {
    let key: [u8; KEY_BYTES] = seal::random().map_err(io::Error::other)?;
    let block = Block { magic: *MAGIC, store: owner.store, numbers: [base, capacity] };
    // Until it has its name: who lists the segments behind a change of the master key finds it.
    let keys = owner.keys.hold();
    file.write_at(&block.area(&keys.current, &key).map_err(io::Error::other)?, 0)?;
    file.sync()?;
    pass(Place::SegmentHeader);
    disk.rename(draft, &path(folder, base))?;
    pass(Place::SegmentRename);
    disk.sync_directory(folder)?;
    drop(keys);
    pass(Place::SegmentReady);
    Ok(Segment { base, capacity, file, key: SealingKey::new(&key).map_err(io::Error::other)? })
}

/// Opens a segment and unwraps its key.
pub(crate) fn open(disk: &dyn Disk, folder: &Path, owner: &Owner, base: u64) -> Result<Segment, Error> {
    let name = format!("log/{}", name(base));
    let refused = |error: io::Error| Error::unavailable(&format!("opening {name}"), &error);
    let file = disk.open(&path(folder, base)).map_err(refused)?;
    let mut area = vec![0; envelope::AREA_BYTES];
    let count = file.read_at(&mut area, 0).map_err(refused)?;
    let (block, key) = envelope::open(&name, &area[..count], MAGIC, &owner.keys.now())?;
    if block.numbers[0] != base || block.store != owner.store {
        return Err(Error::corrupt(&name, 16, "the segment belongs to another place or store"));
    }
    Ok(Segment { base, capacity: block.numbers[1], file, key: SealingKey::new(&key)? })
}

/// The place up to which the file has bytes. A file that was cut short (by a repair of the file system, by half a copy)
/// keeps the records that it still has, and what is missing counts as damaged.
pub(crate) fn held(segment: &Segment) -> io::Result<u64> {
    Ok(segment.end().min(segment.base + segment.file.len()?))
}

/// Gives such a file its length back.
pub(crate) fn lengthen(segment: &Segment) -> io::Result<()> {
    let from = held(segment)? - segment.base;
    if from < segment.capacity {
        zero(&*segment.file, from, segment.capacity)?;
    }
    Ok(())
}

/// Whether the header's copies and what surrounds them are as they were written.
pub(crate) fn is_header_whole(segment: &Segment) -> io::Result<bool> {
    let mut area = vec![0; envelope::AREA_BYTES];
    let count = segment.file.read_at(&mut area, 0)?;
    Ok(envelope::is_whole(&name(segment.base), &area[..count], MAGIC))
}

/// Wraps the data key by the current master key; nothing where retention was faster.
pub(crate) fn rewrap(disk: &dyn Disk, folder: &Path, keys: &Keys, base: u64) -> Result<(), Error> {
    let name = format!("log/{}", name(base));
    let refused = |error: io::Error| Error::unavailable(&format!("wrapping the key of {name}"), &error);
    let file = match disk.open(&path(folder, base)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(refused)?,
    };
    let mut area = vec![0; envelope::AREA_BYTES];
    let count = file.read_at(&mut area, 0).map_err(refused)?;
    envelope::rewrap(&name, &area[..count], MAGIC, keys, |bytes, at| {
        file.write_at(bytes, at).and_then(|()| file.sync()).map_err(refused)
    })
}

/// The first bytes of a segment, its data key wrapped by the current one of these master keys.
pub(crate) fn head_under(area: &[u8], keys: &Keys, base: u64) -> Result<Vec<u8>, Error> {
    envelope::rewrapped(&format!("log/{}", name(base)), area, MAGIC, keys)
}
