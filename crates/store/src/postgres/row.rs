//! One row: a record as the embedded log writes it (docs/spec/store-format.md §3–5), sealed with its day's key.
//!
//! Promises: a row read is a row verified: checksum, place, and the seal where there is one.

use crate::{
    Entry, Error, Stored,
    hash::Key,
    index,
    log::{
        accepted, changed,
        record::{self, HEADER_BYTES, Header, Kind},
        transition,
    },
    pack,
    seal::{SealingKey, TAG_BYTES},
};
use bytes::Bytes;
use message::{MessageId, Timestamp};
use std::{ops::Range, sync::Arc};

/// Longest record: PostgreSQL takes values of up to 1 GB, and a statement holds it with its group.
pub(super) const RECORD_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// What every record of a group begins with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stamp {
    pub(super) id: u64,
    pub(super) at: i64,
    pub(super) epoch: u16,
}

/// A record of a message, ready to be stored.
pub(super) fn accepted(stamp: Stamp, encoded: &accepted::Encoded, key: &SealingKey) -> Option<Vec<u8>> {
    build(stamp, Kind::Accept, &encoded.fixed.encode(), &encoded.open, &encoded.packed, key)
}

/// A record of a change, ready to be stored.
pub(super) fn changed(
    stamp: Stamp,
    fixed: &changed::Fixed,
    encoded: &changed::Encoded,
    key: &SealingKey,
) -> Option<Vec<u8>> {
    build(stamp, Kind::Change, &fixed.encode(), &encoded.open, &encoded.secret, key)
}

fn build(stamp: Stamp, kind: Kind, fixed: &[u8], open: &[u8], secret: &[u8], key: &SealingKey) -> Option<Vec<u8>> {
    let is_sealed = kind == Kind::Accept || !secret.is_empty();
    let body = fixed.len() + open.len() + secret.len() + if is_sealed { TAG_BYTES } else { 0 };
    let length = u32::try_from(body).ok()?;
    let header = Header { kind, flags: 0, epoch: stamp.epoch, length, lsn: stamp.id, time: stamp.at };
    let mut bytes = Vec::with_capacity(header.span() as usize);
    bytes.extend_from_slice(&header.encode());
    bytes.extend_from_slice(fixed);
    bytes.extend_from_slice(open);
    if is_sealed {
        let secret_at = bytes.len();
        bytes.extend_from_slice(secret);
        let (open, secret) = bytes.split_at_mut(secret_at);
        let tag = key.seal(header.nonce(), open, secret)?;
        bytes.extend_from_slice(&tag);
    }
    bytes.resize(header.span() as usize, 0);
    record::seal_checksum(&mut bytes);
    Some(bytes)
}

/// A row as read, verified.
pub(super) struct Row {
    pub(super) header: Header,
    bytes: Vec<u8>,
    key: Arc<SealingKey>,
}

fn damaged(id: u64, what: &'static str) -> Error {
    Error::corrupt("the row", id, what)
}

impl Row {
    pub(super) fn verify(id: u64, mut bytes: Vec<u8>, key: Option<Arc<SealingKey>>) -> Result<Row, Error> {
        let header = Header::check(&bytes, id).map_err(|_| damaged(id, "the record does not match its checksum"))?;
        bytes.truncate(HEADER_BYTES + header.length as usize);
        let key = key.ok_or_else(|| damaged(id, "its day has no key"))?;
        Ok(Row { header, bytes, key })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn body(&self) -> &[u8] {
        &self.bytes[HEADER_BYTES..]
    }

    fn unseal(&mut self, seal_at: usize) -> Option<&[u8]> {
        let at = HEADER_BYTES + seal_at;
        let (open, sealed) = self.bytes.split_at_mut_checked(at)?;
        // The checksum is made after sealing, so it is not part of what is authenticated.
        open[12..16].fill(0);
        self.key.open(self.header.nonce(), open, sealed).map(|plain| &*plain)
    }

    fn plain(&mut self, fixed: &accepted::Fixed) -> Result<Bytes, Error> {
        let id = self.header.lsn;
        let packed = self.unseal(fixed.seal_at as usize).ok_or_else(|| damaged(id, "the sealed part does not open"))?;
        let plain = pack::unpack(fixed.codec, packed, fixed.plain as usize);
        plain.map(Bytes::from).ok_or_else(|| damaged(id, "the sealed part does not unpack"))
    }

    /// The message.
    pub(super) fn stored(mut self) -> Result<Stored, Error> {
        let (id, time) = (self.header.lsn, self.header.time);
        let senseless = || damaged(id, "the record's body makes no sense");
        let (fixed, _, _) = accepted::split(self.body()).ok_or_else(senseless)?;
        let open = self.body().get(..fixed.seal_at as usize).ok_or_else(senseless)?.to_vec();
        let plain = self.plain(&fixed)?;
        let (_, open, _) = accepted::split(&open).ok_or_else(senseless)?;
        accepted::decode(id, time, &fixed, &open, &plain).ok_or_else(senseless)
    }

    /// What a delivery carries.
    pub(super) fn output(mut self, number: u16) -> Result<Bytes, Error> {
        let id = self.header.lsn;
        let senseless = || damaged(id, "the record's body makes no sense");
        let fixed = accepted::Fixed::decode(self.body()).ok_or_else(senseless)?;
        let plain = self.plain(&fixed)?;
        let directory = accepted::Directory::read(&plain).ok_or_else(senseless)?;
        let range: Range<usize> = directory.delivery(number).ok_or(Error::NotFound { message: MessageId(id) })?;
        Ok(plain.slice(range))
    }

    /// The change, with the part that the fold needs.
    pub(super) fn change(mut self) -> Result<(changed::Fixed, Entry), Error> {
        let (lsn, at) = (self.header.lsn, Timestamp(self.header.time));
        let senseless = || damaged(lsn, "the record's body makes no sense");
        let fixed = changed::Fixed::decode(self.body()).ok_or_else(senseless)?;
        let body = self.body().to_vec();
        let secret = match body.len() > fixed.seal_at as usize {
            true => self.unseal(fixed.seal_at as usize).ok_or_else(senseless)?,
            false => &[],
        };
        let change = changed::decode(&body, secret).ok_or_else(senseless)?;
        Ok((fixed, Entry { lsn, at, change }))
    }

    /// What the index needs to know.
    pub(super) fn entry(self, index_key: Key) -> Option<index::Entry> {
        match self.header.kind {
            Kind::Accept => {
                let stored = self.stored().ok()?;
                let mut entry = Box::new(index::Accepted::of(&stored.accept, index_key));
                entry.lsn = stored.id.0;
                entry.at = stored.at.0;
                entry.state = crate::log::first_state(&stored.accept);
                entry.is_reused = stored.reused_control_id_of.is_some();
                Some(index::Entry::Accepted(entry))
            }
            Kind::Change => {
                let (fixed, entry) = self.change().ok()?;
                let state = transition::MESSAGE_STATES.get(usize::from(fixed.state)).copied();
                let (lsn, message, prev) = (entry.lsn, fixed.message, fixed.prev);
                Some(index::Entry::Changed(index::Changed { lsn, message, prev, state }))
            }
            Kind::Opened | Kind::Closed | Kind::Baseline => None,
        }
    }

    /// Opens everything: `false` when something makes no sense.
    pub(super) fn prove(self) -> bool {
        match self.header.kind {
            Kind::Accept => self.stored().is_ok(),
            Kind::Change => self.change().is_ok(),
            Kind::Opened | Kind::Closed | Kind::Baseline => false,
        }
    }
}
