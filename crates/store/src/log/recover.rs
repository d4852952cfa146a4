//! From the files of a log to a ledger and a place to go on (R6, R7).
//!
//! Promises: idempotent; nothing that a valid record follows is ever cut; a torn tail is zeroed and synced before the
//! first new record. Trusts the checkpoint only after finding its last record in the log.

use super::{
    checkpoint, fold,
    ledger::Ledger,
    prepare,
    record::{HEADER_BYTES, Kind},
    scan::{self, End, Found},
    segment::{self, Segment},
    segments::Segments,
};
use crate::{Error, Quarantined, Report};
use message::failpoint::{Place, pass};
use std::{io, path::Path, sync::Arc};

/// Size of the first segment of a new store at most: it is written full of zeros before the engine listens, the
/// segments after it are made beside the work.
const FIRST_SEGMENT_BYTES: u64 = 4 * 1024 * 1024;

/// A log that is ready to be written.
pub(crate) struct Recovered {
    pub(crate) ledger: Ledger,
    /// The segment that holds the tail.
    pub(crate) segment: Arc<Segment>,
    /// An empty segment after it, if one was ready.
    pub(crate) spare: Option<Arc<Segment>>,
    pub(crate) tail: u64,
    pub(crate) epoch: u16,
    pub(crate) last: (u64, u32),
    pub(crate) report: Report,
}

/// The ledger of the checkpoint with the place where it goes on; `None` where it does not fit the log.
pub(crate) fn from_checkpoint(segments: &Segments, path: &Path) -> Option<(Ledger, u64)> {
    let Walk { ledger, end, report, .. } = start(segments, path);
    report.has_checkpoint.then_some((ledger, end?))
}

struct Walk {
    ledger: Ledger,
    epoch: u16,
    last: (u64, u32),
    /// The place after the last valid record.
    end: Option<u64>,
    kind: Option<Kind>,
    report: Report,
}

fn refused(error: io::Error) -> Error {
    Error::unavailable("recovering the log", &error)
}

/// Recovers, and makes the first segment where there is none.
pub(crate) fn recover(segments: &Segments, checkpoint: &Path, segment_bytes: u64) -> Result<Recovered, Error> {
    let disk = &*segments.disk;
    disk.create_directory(&segments.folder).map_err(refused)?;
    prepare::sweep(disk, &segments.folder).map_err(refused)?;
    let mut bases: Vec<u64> =
        disk.list(&segments.folder).map_err(refused)?.iter().filter_map(|name| segment::parse_name(name)).collect();
    bases.sort_unstable();
    if bases.is_empty() {
        let capacity = segment_bytes.min(FIRST_SEGMENT_BYTES);
        let made = segment::create(disk, &segments.folder, &segments.owner, 0, capacity);
        let made = Arc::new(made.map_err(refused)?);
        segments.insert(&made);
        let (tail, last) = (made.first(), (0, 0));
        let report = Report { was_closed: true, ..Report::default() };
        return Ok(Recovered { ledger: Ledger::default(), segment: made, spare: None, tail, epoch: 0, last, report });
    }
    let mut walk = start(segments, checkpoint);
    let from = walk.end.unwrap_or(0);
    let mut ends = Vec::new();
    for (place, base) in bases.iter().enumerate() {
        if bases.get(place + 1).is_some_and(|next| *next <= from) {
            // The checkpoint covers it: its size follows from the next one's place.
            segments.insert_closed(*base, bases[place + 1] - base);
            continue;
        }
        let opened = Arc::new(segment::open(disk, &segments.folder, &segments.owner, *base)?);
        segments.insert(&opened);
        let end = walk.segment(&opened, from).map_err(refused)?;
        ends.push((opened, end));
    }
    finish(segments, walk, ends)
}

/// The checkpoint if it fits the log, an empty ledger if not.
fn start(segments: &Segments, path: &Path) -> Walk {
    let empty =
        Walk { ledger: Ledger::default(), epoch: 0, last: (0, 0), end: None, kind: None, report: Report::default() };
    let Ok(file) = segments.disk.open(path) else { return empty };
    let Some(found) = checkpoint::read(&*file, &segments.owner.store) else { return empty };
    if !has_record(segments, found.last) {
        return empty;
    }
    let report = Report { has_checkpoint: true, ..Report::default() };
    let kind = Some(Kind::Closed);
    Walk { ledger: found.ledger, epoch: found.epoch, last: found.last, end: Some(found.lsn), kind, report }
}

/// Whether the checkpoint's last record stands in the log with the same checksum.
fn has_record(segments: &Segments, (lsn, crc): (u64, u32)) -> bool {
    let names = segments.disk.list(&segments.folder).unwrap_or_default();
    let base = names.iter().filter_map(|name| segment::parse_name(name)).filter(|base| *base <= lsn).max();
    let Some(base) = base else { return false };
    let Ok(opened) = segment::open(&*segments.disk, &segments.folder, &segments.owner, base) else { return false };
    let mut header = [0; HEADER_BYTES];
    let is_read = opened.file.read_at(&mut header, lsn - base).is_ok_and(|count| count == header.len());
    is_read && header[12..16] == crc.to_le_bytes() && super::record::Header::decode(&header, lsn).is_ok()
}

impl Walk {
    fn segment(&mut self, opened: &Segment, from: u64) -> io::Result<End> {
        scan::segment(opened, from, opened.end(), &mut |found| match found {
            Found::Record(header, bytes) => {
                self.report.records += 1;
                self.epoch = self.epoch.max(header.epoch);
                self.end = Some(header.lsn + header.span());
                self.kind = Some(header.kind);
                let mut crc = [0; 4];
                crc.copy_from_slice(&bytes[12..16]);
                self.last = (header.lsn, u32::from_le_bytes(crc));
                if !fold::fold(&mut self.ledger, opened.base, &header, bytes) {
                    self.report.quarantined.push(Quarantined { lsn: header.lsn, length: header.span() });
                }
            }
            Found::Damaged { lsn, length } => self.report.quarantined.push(Quarantined { lsn, length }),
        })
    }
}

/// Finds the tail, cuts what is torn, and drops what retention had condemned.
fn finish(segments: &Segments, mut walk: Walk, ends: Vec<(Arc<Segment>, End)>) -> Result<Recovered, Error> {
    let first = ends.first().map(|(segment, _)| segment.first());
    let mut tail = walk.end.or(first).ok_or_else(|| Error::corrupt("log", 0, "the log has no segment to write to"))?;
    let mut home = ends.iter().rposition(|(segment, _)| segment.base < tail).unwrap_or(0);
    // A file that was shortened may have held messages, and an id is never given twice: the log goes on behind it.
    let is_short = |(segment, _): &(Arc<Segment>, End)| segment::held(segment).is_ok_and(|held| held < segment.end());
    if let Some(short) = ends.iter().rposition(is_short).filter(|short| *short > home) {
        (home, tail) = (short, ends[short].0.end());
    }
    for (place, (segment, end)) in ends.iter().enumerate() {
        let End::Torn(from, to) = *end else { continue };
        if place < home {
            walk.report.quarantined.push(Quarantined { lsn: from, length: to - from });
            continue;
        }
        let zeros = vec![0; (to - from) as usize];
        pass(Place::RecoverBefore);
        segment.file.write_at(&zeros, from - segment.base).and_then(|()| segment.file.sync()).map_err(refused)?;
        pass(Place::RecoverAfter);
        walk.report.torn.push(Quarantined { lsn: from, length: to - from });
    }
    segment::lengthen(&ends[home].0).map_err(refused)?;
    let mut spare = None;
    for (place, (segment, _)) in ends.iter().enumerate().skip(home + 1) {
        segments.remove(segment.base);
        let is_whole = segment::is_header_whole(segment).map_err(refused)?;
        if !is_whole {
            walk.report.quarantined.push(Quarantined { lsn: segment.base, length: segment::HEADER_BYTES });
        }
        let is_whole = is_whole && segment::held(segment).map_err(refused)? == segment.end();
        if is_whole && place == home + 1 && segment.base == ends[home].0.end() {
            spare = Some(segment.clone());
        } else {
            segments.disk.remove(&segment::path(&segments.folder, segment.base)).map_err(refused)?;
        }
    }
    for (base, capacity) in segments.list() {
        if base + capacity <= walk.ledger.cut {
            segments.remove(base);
            segments.disk.remove(&segment::path(&segments.folder, base)).map_err(refused)?;
        }
    }
    walk.report.was_closed = walk.kind == Some(Kind::Closed);
    let segment = ends[home].0.clone();
    let Walk { ledger, epoch, last, report, .. } = walk;
    Ok(Recovered { ledger, segment, spare, tail: tail.max(ends[home].0.first()), epoch, last, report })
}
