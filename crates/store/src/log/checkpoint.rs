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
use crate::wire::{Put, Take};
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

/// Reads a checkpoint; `None` when it is not whole or not of this store.
pub(crate) fn decode(bytes: &[u8], store: &[u8; 16]) -> Option<Checkpoint> {
    let (content, crc) = bytes.split_at_checked(bytes.len().checked_sub(4)?)?;
    if crc != crc32c::crc32c(content).to_le_bytes() {
        return None;
    }
    let mut take = Take(content);
    if take.bytes(MAGIC.len())? != MAGIC || take.bytes(store.len())? != store {
        return None;
    }
    let (lsn, last_lsn, mixed, cut) = (take.u64()?, take.u64()?, take.u64()?, take.u64()?);
    let names = take_names(&mut take)?;
    let baseline = take_list(&mut take)?;
    let mut segments = BTreeMap::new();
    for _ in 0..take.count()? {
        segments.insert(take.u64()?, take_list(&mut take)?);
    }
    let count = take.count()?;
    let mut ledger = Ledger { names, baseline, segments, cut, folded: last_lsn, ..Ledger::default() };
    ledger.rows.reserve_exact(count);
    ledger.add_up();
    let mut before = 0;
    for _ in 0..count {
        let row = take_row(&mut take, before).filter(|row| usize::from(row.route) < ledger.names.routes().len())?;
        before = row.message;
        ledger.dead += usize::from(row.is_dead);
        ledger.open += usize::from(!row.state.is_settled());
        ledger.rows.push_back(row);
    }
    let mut generation = || {
        let count = take.count()?;
        let mut entries = foldhash::HashMap::with_capacity_and_hasher(count, Default::default());
        for _ in 0..count {
            entries.insert(take.u64()?, take.varint()?);
        }
        Some(entries)
    };
    ledger.duplicates = Duplicates::from_generations(generation()?, generation()?);
    let (last, epoch) = ((last_lsn, mixed as u32), (mixed >> 32) as u16);
    Some(Checkpoint { lsn, last, epoch, ledger })
}

fn take_names(take: &mut Take<'_>) -> Option<Names> {
    let mut names = Names::default();
    for _ in 0..take.count()? {
        names.interface(take.text()?);
    }
    let count = names.interfaces().len();
    for _ in 0..take.count()? {
        let interface: u16 = take.number()?;
        names.route(interface, take.text()?);
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
