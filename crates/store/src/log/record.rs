//! The record header: 32 bytes before every body in the log (docs/spec/store-format.md §3).
//!
//! Owns framing and checksums. Promises: [`Header::check`] accepts a record only in the place where it was written, so
//! a misdirected, stale or torn one is never taken for valid. Never looks into a body.

use crate::wire::Take;

/// Bytes of a header.
pub(crate) const HEADER_BYTES: usize = 32;
/// Records begin at multiples of this, so that a search for the next valid one need not try every byte.
pub(crate) const ALIGNMENT: u64 = 8;
/// Longest body; a message of the ceiling with its outputs has to fit.
pub(crate) const BODY_BYTES_MAX: u64 = u32::MAX as u64 - 64;
/// The first bytes of a record: three letters and the version of the record format.
pub(crate) const MAGIC: [u8; 4] = *b"SNR\x01";
/// Where the checksum stands.
const CRC_AT: usize = 12;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A message with its plan.
    Accept = 1,
    /// A change of state.
    Change = 2,
    /// The store was opened; carries the epoch.
    Opened = 3,
    /// The store was closed in order.
    Closed = 4,
    /// Retention: counters of dropped messages.
    Baseline = 5,
}

impl Kind {
    pub(crate) fn parse(byte: u8) -> Option<Kind> {
        [Kind::Accept, Kind::Change, Kind::Opened, Kind::Closed, Kind::Baseline]
            .into_iter()
            .find(|kind| *kind as u8 == byte)
    }
}

/// A header as read or to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) flags: u8,
    /// Number of the opening that wrote it; part of the nonce, so that a place that is written again after a crash
    /// never meets the same nonce.
    pub(crate) epoch: u16,
    pub(crate) length: u32,
    pub(crate) lsn: u64,
    pub(crate) time: i64,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// All zero: nothing was written here.
    Empty,
    /// Not a record, or not one of this place.
    Header,
    /// The checksum does not match.
    Checksum,
}

impl Header {
    /// The header with its checksum left open.
    pub(crate) fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = self.kind as u8;
        bytes[5] = self.flags;
        bytes[6..8].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.length.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.lsn.to_le_bytes());
        bytes[24..].copy_from_slice(&self.time.to_le_bytes());
        bytes
    }

    /// Reads a header that claims to stand at `lsn`; says nothing about the body yet.
    pub(crate) fn decode(bytes: &[u8], lsn: u64) -> Result<Header, Invalid> {
        let mut take = Take(bytes);
        let mut read = || {
            let magic: [u8; 4] = take.array()?;
            let (kind, flags) = (take.u8()?, take.u8()?);
            let (epoch, length, _crc) = (take.u16()?, take.u32()?, take.u32()?);
            let (own, time) = (take.u64()?, take.u64()? as i64);
            let kind = Kind::parse(kind)?;
            (magic == MAGIC && own == lsn).then_some(Header { kind, flags, epoch, length, lsn, time })
        };
        read().ok_or_else(|| {
            let is_empty = bytes.len() >= HEADER_BYTES && bytes[..HEADER_BYTES].iter().all(|byte| *byte == 0);
            if is_empty { Invalid::Empty } else { Invalid::Header }
        })
    }

    /// Reads and verifies a whole record that stands at `lsn`: header, length, checksum, padding included.
    pub(crate) fn check(record: &[u8], lsn: u64) -> Result<Header, Invalid> {
        let header = Header::decode(record, lsn)?;
        let end = header.span() as usize;
        if record.len() < end {
            return Err(Invalid::Header);
        }
        if checksum(&record[..end]).to_le_bytes() != record[CRC_AT..CRC_AT + 4] {
            return Err(Invalid::Checksum);
        }
        Ok(header)
    }

    /// Bytes that the record takes in the log.
    pub(crate) fn span(&self) -> u64 {
        span(u64::from(self.length))
    }

    /// The nonce of the sealed part: epoch and place, unique under the segment's key.
    pub(crate) fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..2].copy_from_slice(&self.epoch.to_le_bytes());
        nonce[4..].copy_from_slice(&self.lsn.to_le_bytes());
        nonce
    }
}

/// Bytes that a record with a body of `length` takes in the log.
pub(crate) fn span(length: u64) -> u64 {
    (HEADER_BYTES as u64 + length).next_multiple_of(ALIGNMENT)
}

/// Completes a record, padding included, in place.
pub(crate) fn seal_checksum(record: &mut [u8]) {
    let crc = checksum(record).to_le_bytes();
    record[CRC_AT..CRC_AT + 4].copy_from_slice(&crc);
}

/// CRC-32C over the record with the checksum field taken as zero.
fn checksum(record: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&record[..CRC_AT]);
    let crc = crc32c::crc32c_append(crc, &[0; 4]);
    crc32c::crc32c_append(crc, &record[CRC_AT + 4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lsn: u64) -> Vec<u8> {
        let header = Header { kind: Kind::Change, flags: 3, epoch: 7, length: 5, lsn, time: -9 };
        let mut bytes = header.encode().to_vec();
        bytes.extend(b"hello\0\0\0");
        seal_checksum(&mut bytes);
        bytes
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let good = record(4096);
        assert_eq!(Header::check(&good, 4096).map(|header| header.length), Ok(5));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Header::check(&bad, 4096).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_record_is_valid_in_its_own_place_only() {
        assert_eq!(Header::check(&record(4096), 4104), Err(Invalid::Header));
        assert_eq!(Header::check(&[0; 64], 4096), Err(Invalid::Empty));
    }
}
