//! The checkpoint: a copy of the ledger at one place of the log, so that a start reads only what follows it.
//!
//! Promises: derived and disposable: absent, damaged, or not of this log means a full scan, never an error. Written
//! beside the old one and renamed over it, after the log up to its place was synced.

use super::{
    baseline::{put_counts, take_counts},
    duplicates::Duplicates,
    ledger::{Ledger, Row},
    names::Names,
    transition::DELIVERY_STATES,
};
use crate::{
    disk::File,
    wire::{Put, Take},
};
use message::{Counts, DeliveryState};
use std::collections::BTreeMap;

/// The file, in the data directory.
pub(crate) const NAME: &str = "checkpoint";
/// The first bytes, with the version.
const MAGIC: &[u8; 8] = b"SINEWCP\x01";

/// Set in a row's state when its message is at its end. Such rows are kept in the checkpoint too: a late answer that the
/// live ledger took must find the same rows when the log is folded again.
const DEAD: u8 = 0x80;

/// A ledger and the place up to which it has folded.
pub(crate) struct Checkpoint {
    /// The next record stands here.
    pub(crate) lsn: u64,
    /// The last record before that, and its checksum, so that a checkpoint of another history is noticed.
    pub(crate) last: (u64, u32),
    pub(crate) epoch: u16,
    pub(crate) ledger: Ledger,
}

/// Encodes a checkpoint without copying the ledger.
pub(crate) fn encode(store: &[u8; 16], lsn: u64, last: (u64, u32), epoch: u16, ledger: &Ledger) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096 + ledger.rows.len() * 32);
    out.put(MAGIC);
    out.put(store);
    out.put_u64(lsn);
    out.put_u64(last.0);
    out.put_u64(u64::from(last.1) | u64::from(epoch) << 32);
    out.put_u64(ledger.cut);
    put_names(&mut out, &ledger.names);
    put_list(&mut out, &ledger.baseline);
    out.put_varint(ledger.segments.len() as u64);
    for (base, list) in &ledger.segments {
        out.put_u64(*base);
        put_list(&mut out, list);
    }
    out.put_varint(ledger.rows.len() as u64);
    let mut before = 0;
    for row in &ledger.rows {
        put_row(&mut out, row, before);
        before = row.message;
    }
    for generation in ledger.duplicates.generations() {
        out.put_varint(generation.len() as u64);
        for (key, lsn) in generation {
            out.put_u64(*key);
            out.put_varint(*lsn);
        }
    }
    let crc = crc32c::crc32c(&out);
    out.put(&crc.to_le_bytes());
    out
}

fn put_names(out: &mut Vec<u8>, names: &Names) {
    out.put_varint(names.interfaces().len() as u64);
    names.interfaces().iter().for_each(|name| out.put_counted(name.as_bytes()));
    out.put_varint(names.routes().len() as u64);
    for (interface, destination) in names.routes() {
        out.put_varint(u64::from(*interface));
        out.put_counted(destination.as_bytes());
    }
}

fn put_list(out: &mut Vec<u8>, list: &[Counts]) {
    out.put_varint(list.len() as u64);
    list.iter().for_each(|counts| put_counts(out, counts));
}

fn put_row(out: &mut Vec<u8>, row: &Row, before: u64) {
    out.put_varint(row.message - before);
    out.put_u64(row.order_key);
    out.put_varint(row.retry_at as u64);
    out.put_signed(row.accepted);
    out.put_varint(row.head);
    out.put_varint(u64::from(row.attempts));
    out.put_varint(u64::from(row.number));
    out.put_varint(u64::from(row.route));
    out.put_u8(row.state as u8 | if row.is_dead { DEAD } else { 0 });
    out.put_u8(row.priority);
}

/// Bytes of a checkpoint that are in memory at a time while it is read: with a million messages queued it has fifty
/// megabytes, which a start would take from the system and an allocator not give back soon.
const WINDOW_BYTES: usize = 1024 * 1024;
/// The bytes of a checkpoint, a window at a time.
struct Feed<'f> {
    read: &'f mut dyn FnMut(&mut [u8], u64) -> Option<usize>,
    window: Vec<u8>,
    used: usize,
    /// Where the window ends, and where the content does.
    at: u64,
    end: u64,
}

impl<'f> Feed<'f> {
    /// `None` when the checksum over all of it does not fit.
    fn new(length: u64, read: &'f mut dyn FnMut(&mut [u8], u64) -> Option<usize>) -> Option<Feed<'f>> {
        let end = length.checked_sub(4)?;
        let mut window = vec![0; WINDOW_BYTES];
        let (mut crc, mut at) = (0, 0);
        while at < end {
            let size = usize::try_from((end - at).min(WINDOW_BYTES as u64)).ok()?;
            let count = read(&mut window[..size], at).filter(|count| *count > 0)?;
            crc = crc32c::crc32c_append(crc, &window[..count]);
            at += count as u64;
        }
        let mut sum = [0; 4];
        let is_whole = read(&mut sum, end)? == sum.len() && sum == crc.to_le_bytes();
        is_whole.then_some(Feed { read, window: Vec::new(), used: 0, at: 0, end })
    }

    /// Bytes that were not taken yet.
    fn left(&self) -> u64 {
        self.end - self.at + (self.window.len() - self.used) as u64
    }

    /// Takes something; where the window is too short for it, with more of the file. What `take` does to others must bear
    /// to be done again.
    fn take<T>(&mut self, mut take: impl FnMut(&mut Take<'_>) -> Option<T>) -> Option<T> {
        loop {
            let mut rest = Take(&self.window[self.used..]);
            if let Some(taken) = take(&mut rest) {
                self.used = self.window.len() - rest.0.len();
                return Some(taken);
            }
            if self.at == self.end {
                return None;
            }
            self.window.drain(..self.used);
            self.used = 0;
            let start = self.window.len();
            let size = (self.end - self.at).min(WINDOW_BYTES as u64);
            self.window.resize(start + usize::try_from(size).ok()?, 0);
            let count = (self.read)(&mut self.window[start..], self.at).filter(|count| *count > 0)?;
            self.window.truncate(start + count);
            self.at += count as u64;
        }
    }

    /// A count of things that take at least one byte each.
    fn count(&mut self) -> Option<usize> {
        let count: u64 = self.take(|take| take.varint())?;
        (count <= self.left()).then(|| usize::try_from(count).ok()).flatten()
    }
}

/// Reads a checkpoint; `None` when it is not whole or not of this store.
pub(crate) fn decode(bytes: &[u8], store: &[u8; 16]) -> Option<Checkpoint> {
    let mut read = |into: &mut [u8], at: u64| {
        let rest = bytes.get(usize::try_from(at).ok()?..)?;
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Some(count)
    };
    decode_feed(Feed::new(bytes.len() as u64, &mut read)?, store)
}

/// The same from a file, without all of it in memory.
pub(crate) fn read(file: &dyn File, store: &[u8; 16]) -> Option<Checkpoint> {
    let mut read = |into: &mut [u8], at: u64| file.read_at(into, at).ok();
    decode_feed(Feed::new(file.len().ok()?, &mut read)?, store)
}

fn decode_feed(mut feed: Feed<'_>, store: &[u8; 16]) -> Option<Checkpoint> {
    let (lsn, last_lsn, mixed, cut) = feed.take(|take| {
        if take.bytes(MAGIC.len())? != MAGIC || take.bytes(store.len())? != store {
            return None;
        }
        Some((take.u64()?, take.u64()?, take.u64()?, take.u64()?))
    })?;
    let names = take_names(&mut feed)?;
    let baseline = feed.take(take_list)?;
    let mut segments = BTreeMap::new();
    for _ in 0..feed.count()? {
        let (base, list) = feed.take(|take| Some((take.u64()?, take_list(take)?)))?;
        segments.insert(base, list);
    }
    let count = feed.count()?;
    let mut ledger = Ledger { names, baseline, segments, cut, folded: last_lsn, ..Ledger::default() };
    ledger.rows.reserve_exact(count);
    ledger.add_up();
    let mut before = 0;
    for _ in 0..count {
        let row = feed.take(|take| take_row(take, before))?;
        if usize::from(row.route) >= ledger.names.routes().len() {
            return None;
        }
        before = row.message;
        ledger.dead += usize::from(row.is_dead);
        ledger.open += usize::from(!row.state.is_settled());
        ledger.rows.push_back(row);
    }
    let mut generation = || {
        let count = feed.count()?;
        let mut entries = foldhash::HashMap::with_capacity_and_hasher(count, Default::default());
        for _ in 0..count {
            let (key, lsn) = feed.take(|take| Some((take.u64()?, take.varint()?)))?;
            entries.insert(key, lsn);
        }
        Some(entries)
    };
    ledger.duplicates = Duplicates::from_generations(generation()?, generation()?);
    let (last, epoch) = ((last_lsn, mixed as u32), (mixed >> 32) as u16);
    Some(Checkpoint { lsn, last, epoch, ledger })
}

fn take_names(feed: &mut Feed<'_>) -> Option<Names> {
    let mut names = Names::default();
    for _ in 0..feed.count()? {
        feed.take(|take| take.text().map(|name| names.interface(name)))?;
    }
    let count = names.interfaces().len();
    for _ in 0..feed.count()? {
        let interface: u16 = feed.take(|take| {
            let interface = take.number()?;
            names.route(interface, take.text()?);
            Some(interface)
        })?;
        if usize::from(interface) >= count {
            return None;
        }
    }
    Some(names)
}

fn take_list(take: &mut Take<'_>) -> Option<Vec<Counts>> {
    (0..take.count()?).map(|_| take_counts(take)).collect()
}

fn take_row(take: &mut Take<'_>, before: u64) -> Option<Row> {
    let mut row = Row {
        message: before.checked_add(take.varint()?)?,
        order_key: take.u64()?,
        retry_at: take.varint()? as i64,
        accepted: take.signed()?,
        head: take.varint()?,
        attempts: take.number()?,
        number: take.number()?,
        route: take.number()?,
        state: DeliveryState::Queued,
        priority: 0,
        is_dead: false,
    };
    let state = take.u8()?;
    row.is_dead = state & DEAD != 0;
    row.state = *DELIVERY_STATES.get(usize::from(state & !DEAD))?;
    row.priority = take.u8()?;
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::accepted;

    /// A checkpoint of several windows.
    fn large() -> (Vec<u8>, Ledger) {
        let mut ledger = Ledger::default();
        for number in 1..=60_000u64 {
            let fixed = accepted::Fixed { key: number, ..accepted::Fixed::default() };
            let planned = accepted::OpenPlanned { destination: "out", order_key: number * 7, priority: 0 };
            let name = format!("adt-{}", number % 50);
            let open = accepted::Open { interface: &name, disposition: 0, deliveries: vec![planned] };
            ledger.accept(number / 10_000 * 4_000_000, number * 64, 1_772_348_889_000_000, &fixed, &open);
        }
        (encode(&[7; 16], 9_000_000, (8_999_000, 5), 3, &ledger), ledger)
    }

    #[test]
    fn it_reads_the_same_by_the_window_as_it_was_written() {
        let (bytes, ledger) = large();
        assert!(bytes.len() > 2 * WINDOW_BYTES, "{}", bytes.len());
        let found = decode(&bytes, &[7; 16]).unwrap();
        assert_eq!((found.lsn, found.last, found.epoch), (9_000_000, (8_999_000, 5), 3));
        assert_eq!((found.ledger.counts(), found.ledger.open), (ledger.counts(), ledger.open));
        assert!(found.ledger.rows == ledger.rows);
        assert_eq!(encode(&[7; 16], found.lsn, found.last, found.epoch, &found.ledger).len(), bytes.len());
        assert!(decode(&bytes, &[8; 16]).is_none(), "of another store");
    }

    #[test]
    fn one_that_is_not_whole_is_none() {
        let (bytes, _) = large();
        for place in [0, 30, 60, bytes.len() / 2, bytes.len() - 5, bytes.len() - 1] {
            let mut bad = bytes.clone();
            bad[place] ^= 1;
            assert!(decode(&bad, &[7; 16]).is_none(), "byte {place}");
        }
        for end in [0, 3, 4, 40, bytes.len() / 2, bytes.len() - 1] {
            assert!(decode(&bytes[..end], &[7; 16]).is_none(), "up to {end}");
        }
    }
}
