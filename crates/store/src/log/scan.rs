//! Walking over a log from record to record, past damage (R7).
//!
//! Promises: every byte between start and end is either part of a visited record, reported as damaged, or zero.
//! Never changes a file.

use super::{
    record::{self, ALIGNMENT, Header, Invalid, MAGIC},
    segment::{self, Segment},
};
use crate::disk::File;
use std::io;

/// Bytes that are read at a time.
const WINDOW_BYTES: usize = 4 * 1024 * 1024;

/// What stands at a place.
pub(crate) enum Found<'a> {
    /// A valid record; the bytes are header and body.
    Record(Header, &'a [u8]),
    /// Bytes that are no record, and a valid record or another segment after them.
    Damaged {
        /// Where they begin.
        lsn: u64,
        /// How many.
        length: u64,
    },
}

/// How a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Zeros from here on.
    Clean(u64),
    /// Bytes that are no record from here on, up to the second place, and zeros after.
    Torn(u64, u64),
}

/// A part of a file in memory.
struct Window<'a> {
    file: &'a dyn File,
    bytes: Vec<u8>,
    start: u64,
    /// Bytes that are read at a time.
    step: usize,
}

impl Window<'_> {
    /// `length` bytes at `offset`; fewer at the end of the file.
    fn slice(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let end = self.start + self.bytes.len() as u64;
        if offset < self.start || offset + length as u64 > end {
            self.bytes.resize(self.step.max(length), 0);
            let count = self.file.read_at(&mut self.bytes, offset)?;
            self.bytes.truncate(count);
            self.start = offset;
        }
        let from = (offset - self.start) as usize;
        let to = (from + length).min(self.bytes.len());
        Ok(&self.bytes[from.min(to)..to])
    }
}

/// Visits the records of a segment from `from` up to `until`, and what is missing of its file as damaged.
pub(crate) fn segment(segment: &Segment, from: u64, until: u64, visit: &mut dyn FnMut(Found<'_>)) -> io::Result<End> {
    let until = until.min(segment.end());
    let held = segment::held(segment)?;
    // Not beyond the file's end, where each look for a record would be a read.
    let end = records(segment, from, until.min(held), visit)?;
    if held < until {
        visit(Found::Damaged { lsn: held, length: until - held });
    }
    Ok(end)
}

fn records(segment: &Segment, from: u64, until: u64, visit: &mut dyn FnMut(Found<'_>)) -> io::Result<End> {
    let step = WINDOW_BYTES.min(usize::try_from(segment.capacity).unwrap_or(WINDOW_BYTES));
    let mut window = Window { file: &*segment.file, bytes: Vec::new(), start: 0, step };
    let mut at = from.max(segment.first());
    while at + record::HEADER_BYTES as u64 <= until {
        match check(&mut window, segment, at, until)? {
            Ok(header) => {
                let length = record::HEADER_BYTES + header.length as usize;
                visit(Found::Record(header, window.slice(at - segment.base, length)?));
                at += header.span();
            }
            Err(_) => {
                let Some(start) = next_written(&mut window, segment, at, until)? else { return Ok(End::Clean(at)) };
                let Some(valid) = next_valid(&mut window, segment, start.max(at + ALIGNMENT), until)? else {
                    return Ok(End::Torn(at, last_written(&mut window, segment, start, until)?));
                };
                visit(Found::Damaged { lsn: at, length: valid - at });
                at = valid;
            }
        }
    }
    Ok(End::Clean(at))
}

fn check(window: &mut Window<'_>, segment: &Segment, at: u64, until: u64) -> io::Result<Result<Header, Invalid>> {
    let offset = at - segment.base;
    let header = match Header::decode(window.slice(offset, record::HEADER_BYTES)?, at) {
        Ok(header) => header,
        Err(invalid) => return Ok(Err(invalid)),
    };
    if at + header.span() > until {
        return Ok(Err(Invalid::Header));
    }
    Ok(Header::check(window.slice(offset, header.span() as usize)?, at))
}

/// The first place at or after `at`, aligned down, where a byte is not zero.
fn next_written(window: &mut Window<'_>, segment: &Segment, at: u64, until: u64) -> io::Result<Option<u64>> {
    let mut place = at;
    while place < until {
        let length = (until - place).min(WINDOW_BYTES as u64) as usize;
        let bytes = window.slice(place - segment.base, length)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if let Some(found) = first_nonzero(bytes) {
            return Ok(Some((place + found as u64) / ALIGNMENT * ALIGNMENT));
        }
        place += bytes.len() as u64;
    }
    Ok(None)
}

/// Eight bytes at a time: the tail segment's zeros are read at every start.
fn first_nonzero(bytes: &[u8]) -> Option<usize> {
    let is_zero = |chunk: &&[u8]| chunk.iter().fold(0, |all, byte| all | byte) == 0;
    let skipped = bytes.chunks(512).take_while(is_zero).count() * 512;
    bytes.get(skipped..)?.iter().position(|byte| *byte != 0).map(|place| skipped + place)
}

/// The place after the last byte that is not zero.
fn last_written(window: &mut Window<'_>, segment: &Segment, from: u64, until: u64) -> io::Result<u64> {
    let (mut place, mut last) = (from, from);
    while place < until {
        let length = (until - place).min(WINDOW_BYTES as u64) as usize;
        let bytes = window.slice(place - segment.base, length)?;
        if bytes.is_empty() {
            break;
        }
        if let Some(found) = bytes.iter().rposition(|byte| *byte != 0) {
            last = place + found as u64 + 1;
        }
        place += bytes.len() as u64;
    }
    Ok(last)
}

/// The first place at or after `from` where a whole valid record stands.
fn next_valid(window: &mut Window<'_>, segment: &Segment, from: u64, until: u64) -> io::Result<Option<u64>> {
    let mut at = from;
    while at + record::HEADER_BYTES as u64 <= until {
        let is_candidate = window.slice(at - segment.base, MAGIC.len())? == MAGIC;
        if is_candidate && check(window, segment, at, until)?.is_ok() {
            return Ok(Some(at));
        }
        at += ALIGNMENT;
    }
    Ok(None)
}
