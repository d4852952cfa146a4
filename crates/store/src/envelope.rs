//! The block that opens every sealed file: who it belongs to, and its key in an envelope (docs/spec/store-format.md §1).
//!
//! Owns the block's bytes, two copies of it in the first 4,096 bytes. Promises: one damaged copy does no harm; a new
//! master key is put into one copy after the other, so that a crash in between leaves one that opens.

use crate::{
    Error,
    keys::Keys,
    seal::{self, KEY_BYTES, MasterKey, SLOT_BYTES},
    wire::Take,
};

/// Bytes at the start of a file that the copies take up.
pub(crate) const AREA_BYTES: usize = 4096;
/// The version of the block.
pub(crate) const VERSION: u16 = 1;
/// Where the copies stand.
const COPIES_AT: [usize; 2] = [0, AREA_BYTES / 2];
const SLOT_AT: usize = 64;
const BLOCK_BYTES: usize = SLOT_AT + SLOT_BYTES;
const CRC_AT: usize = 12;

/// What a block says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) magic: [u8; 8],
    pub(crate) store: [u8; 16],
    /// Base and capacity of a segment; zero elsewhere.
    pub(crate) numbers: [u64; 2],
}

impl Block {
    fn context(&self) -> [u8; 40] {
        let mut context = [0; 40];
        context[..8].copy_from_slice(&self.magic);
        context[8..24].copy_from_slice(&self.store);
        context[24..32].copy_from_slice(&self.numbers[0].to_le_bytes());
        context[32..].copy_from_slice(&self.numbers[1].to_le_bytes());
        context
    }

    fn encode(&self, master: &MasterKey, key: &[u8; KEY_BYTES]) -> Result<[u8; BLOCK_BYTES], Error> {
        let mut bytes = [0; BLOCK_BYTES];
        bytes[..8].copy_from_slice(&self.magic);
        bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.numbers[0].to_le_bytes());
        bytes[24..32].copy_from_slice(&self.numbers[1].to_le_bytes());
        bytes[32..48].copy_from_slice(&self.store);
        bytes[SLOT_AT..].copy_from_slice(&seal::wrap(master, &self.context(), key)?);
        let crc = crc32c::crc32c(&bytes);
        bytes[CRC_AT..CRC_AT + 4].copy_from_slice(&crc.to_le_bytes());
        Ok(bytes)
    }

    /// The first bytes of a file with this block and key.
    pub(crate) fn area(&self, master: &MasterKey, key: &[u8; KEY_BYTES]) -> Result<Vec<u8>, Error> {
        let mut area = vec![0; AREA_BYTES];
        for at in COPIES_AT {
            area[at..at + BLOCK_BYTES].copy_from_slice(&self.encode(master, key)?);
        }
        Ok(area)
    }
}

/// One copy, verified, with its slot.
fn copy<'a>(name: &str, area: &'a [u8], at: usize, magic: &[u8; 8]) -> Result<(Block, &'a [u8]), Error> {
    let damaged = |what| Error::corrupt(name, at as u64, what);
    let bytes = area.get(at..at + BLOCK_BYTES).ok_or_else(|| damaged("the file is shorter than its header"))?;
    let mut take = Take(bytes);
    let mut read = || Some((take.array::<8>()?, take.u16()?, take.u16()?, take.u32()?));
    let (found, version, _, crc) = read().ok_or_else(|| damaged("the file is shorter than its header"))?;
    let mut clean = [0; BLOCK_BYTES];
    clean.copy_from_slice(bytes);
    clean[CRC_AT..CRC_AT + 4].fill(0);
    if found != *magic {
        return Err(damaged("the header does not begin as it should"));
    }
    if crc != crc32c::crc32c(&clean) {
        return Err(damaged("the header does not match its checksum"));
    }
    if version != VERSION {
        return Err(Error::Incompatible { file: name.into(), found: version.into(), known: VERSION.into() });
    }
    let mut rest = || Some(([take.u64()?, take.u64()?], take.array()?));
    let (numbers, store) = rest().ok_or_else(|| damaged("the file is shorter than its header"))?;
    Ok((Block { magic: found, store, numbers }, &bytes[SLOT_AT..]))
}

/// Reads the block and unwraps the key, with whichever master key does.
pub(crate) fn open(name: &str, area: &[u8], magic: &[u8; 8], keys: &Keys) -> Result<(Block, [u8; KEY_BYTES]), Error> {
    let mut problem = None;
    for at in COPIES_AT {
        match copy(name, area, at, magic) {
            Ok((block, slot)) => match keys.all().find_map(|master| seal::unwrap(master, &block.context(), slot)) {
                Some(key) => return Ok((block, key)),
                None => problem = Some(Error::WrongKey { file: name.into() }),
            },
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    Err(problem.unwrap_or_else(|| Error::corrupt(name, 0, "no header")))
}

/// Whether nothing in the area is damaged: both copies are sound and say the same, and the rest is zero.
pub(crate) fn is_whole(name: &str, area: &[u8], magic: &[u8; 8]) -> bool {
    let copies = COPIES_AT.map(|at| copy(name, area, at, magic).ok().map(|(block, _)| block));
    let is_rest_zero = area
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte == 0 || COPIES_AT.into_iter().any(|start| (start..start + BLOCK_BYTES).contains(&at)));
    copies[0].is_some() && copies[0] == copies[1] && is_rest_zero
}

/// Both copies are sound and wrapped by this master key.
fn is_under(name: &str, area: &[u8], magic: &[u8; 8], master: &MasterKey) -> bool {
    let opens = |(block, slot): (Block, &[u8])| seal::unwrap(master, &block.context(), slot).is_some();
    COPIES_AT.into_iter().all(|at| copy(name, area, at, magic).is_ok_and(opens))
}

/// Wraps the key by the current master key, unless it is; `write` gets bytes and their place, and returns when they are durable.
pub(crate) fn rewrap(
    name: &str,
    area: &[u8],
    magic: &[u8; 8],
    keys: &Keys,
    mut write: impl FnMut(&[u8], u64) -> Result<(), Error>,
) -> Result<(), Error> {
    if is_under(name, area, magic, &keys.current) {
        return Ok(());
    }
    let (block, key) = open(name, area, magic, keys)?;
    for at in COPIES_AT {
        write(&block.encode(&keys.current, &key)?, at as u64)?;
    }
    Ok(())
}

/// The area with its key wrapped by the current master key; what stands behind the copies is as it was.
pub(crate) fn rewrapped(name: &str, area: &[u8], magic: &[u8; 8], keys: &Keys) -> Result<Vec<u8>, Error> {
    let mut new = area.to_vec();
    rewrap(name, area, magic, keys, |copy, at| {
        let at = at as usize;
        let place = new.get_mut(at..at + copy.len());
        place
            .ok_or_else(|| Error::corrupt(name, at as u64, "the file is shorter than its header"))?
            .copy_from_slice(copy);
        Ok(())
    })?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Block = Block { magic: *b"SINEWTST", store: [7; 16], numbers: [4096, 65536] };

    #[test]
    fn any_damage_of_one_copy_is_survived_and_of_both_is_told() {
        let master = MasterKey::from_bytes([1; 32]);
        let area = BLOCK.area(&master, &[9; 32]).unwrap();
        let master = Keys::from(master);
        for at in 0..BLOCK_BYTES {
            let mut bad = area.clone();
            bad[at] ^= 0x10;
            assert_eq!(open("t", &bad, b"SINEWTST", &master).unwrap(), (BLOCK, [9; 32]), "byte {at}");
            assert!(is_whole("t", &area, b"SINEWTST") && !is_whole("t", &bad, b"SINEWTST"), "byte {at}");
            bad[AREA_BYTES / 2 + at] ^= 0x10;
            assert!(open("t", &bad, b"SINEWTST", &master).is_err(), "byte {at}");
        }
    }

    #[test]
    fn rewrapping_may_stop_anywhere() {
        let (old, new) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
        let both = Keys { current: new.clone(), before: Some(old.clone()) };
        let opens = |area: &[u8], key: &MasterKey| open("t", area, b"SINEWTST", &Keys::from(key.clone())).is_ok();
        for writes in 0..=2 {
            let mut area = BLOCK.area(&old, &[9; 32]).unwrap();
            let before = area.clone();
            let mut left = writes;
            let _ = rewrap("t", &before, b"SINEWTST", &both, |bytes, at| {
                left = usize::checked_sub(left, 1).ok_or(Error::Closed)?;
                area[at as usize..at as usize + bytes.len()].copy_from_slice(bytes);
                Ok(())
            });
            assert_eq!([&old, &new].map(|key| opens(&area, key)), [writes < 2, writes > 0], "{writes} writes");
            let whole = rewrapped("t", &area, b"SINEWTST", &both).unwrap();
            assert_eq!([&old, &new].map(|key| opens(&whole, key)), [false, true], "{writes} writes, and then all");
            assert_eq!(whole == area, writes == 2, "what is done is not done again");
        }
    }
}
