//! Sealing: AES-256-GCM, a data key a segment, wrapped by the master key (docs/spec/store-format.md §2).
//!
//! Owns keys and their envelopes. Promises: a data key never leaves memory unwrapped; a wrong master key is told at
//! open, by the key's id, before anything is written. Never logs a key or its bytes.

use crate::{Error, disk::Disk};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest,
    rand::{SecureRandom, SystemRandom},
};
use std::{fmt, io, path::Path};
use zeroize::Zeroize as _;

/// Bytes of every key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes that sealing adds.
pub(crate) const TAG_BYTES: usize = 16;
/// Bytes of a slot that holds a wrapped key.
pub(crate) const SLOT_BYTES: usize = 96;

/// The key that wraps the data keys. Keep it apart from the backups of the store. Overwritten in memory when it is dropped.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

impl Drop for MasterKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[master key]")
    }
}

impl MasterKey {
    /// A key from its 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> MasterKey {
        MasterKey(bytes)
    }

    /// A key from 64 hexadecimal digits, as in a key file or an environment variable; blanks around it do not count.
    ///
    /// # Errors
    /// `Misconfigured` when the text is something else.
    pub fn from_text(text: &str) -> Result<MasterKey, Error> {
        let text = text.trim().as_bytes();
        let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
        let mut bytes = [0; KEY_BYTES];
        let is_length_right = text.len() == 2 * KEY_BYTES;
        let is_right = is_length_right
            && text.chunks_exact(2).zip(&mut bytes).all(|(pair, byte)| match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            });
        is_right
            .then_some(MasterKey(bytes))
            .ok_or_else(|| Error::misconfigured("a master key is 64 hexadecimal digits"))
    }

    /// A new random key.
    ///
    /// # Errors
    /// `Unavailable` when the system has no randomness.
    pub fn generate() -> Result<MasterKey, Error> {
        Ok(MasterKey(random()?))
    }

    /// The key as 64 hexadecimal digits, to be written to a key file.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Tells keys apart without telling the key.
    #[must_use]
    pub fn id(&self) -> u64 {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"sinew master key id");
        context.update(&self.0);
        let mut id = [0; 8];
        id.copy_from_slice(&context.finish().as_ref()[..8]);
        u64::from_le_bytes(id).max(1)
    }
}

/// Reads the master key file, or makes it (owner-only) when `may_create` says that the store is new.
pub(crate) fn load_key_file(disk: &dyn Disk, path: &Path, may_create: bool) -> Result<MasterKey, Error> {
    match crate::disk::read_all(disk, path) {
        Ok(bytes) => MasterKey::from_text(&String::from_utf8_lossy(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
            let key = MasterKey::generate()?;
            let folder = path.parent().unwrap_or(Path::new("."));
            let write = || {
                disk.create_directory(folder)?;
                crate::disk::replace(disk, path, format!("{}\n", key.to_text()).as_bytes())
            };
            write().map_err(|error| Error::unavailable("writing the master key file", &error))?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::misconfigured(format!("the master key file {} is missing", path.display())))
        }
        Err(error) => Err(Error::unavailable("reading the master key file", &error)),
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let refused = |_| Error::Unavailable { what: "the system has no randomness".into() };
    SystemRandom::new().fill(&mut bytes).map_err(refused)?;
    Ok(bytes)
}

/// A key that seals; one a segment.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    pub(crate) fn new(bytes: &[u8; KEY_BYTES]) -> Result<SealingKey, Error> {
        let unbound = UnboundKey::new(&AES_256_GCM, bytes);
        Ok(SealingKey(LessSafeKey::new(unbound.map_err(|_| Error::misconfigured("a key has the wrong length"))?)))
    }

    /// Seals in place; the tag is to be put behind.
    pub(crate) fn seal(&self, nonce: [u8; 12], open: &[u8], bytes: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::from(open), bytes).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Opens bytes with the tag behind; `None` when they are not what was sealed.
    pub(crate) fn open<'a>(&self, nonce: [u8; 12], open: &[u8], bytes: &'a mut [u8]) -> Option<&'a mut [u8]> {
        self.0.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(open), bytes).ok()
    }
}

/// Wraps a key into a slot: master key id, nonce, sealed key.
pub(crate) fn wrap(master: &MasterKey, context: &[u8], key: &[u8; KEY_BYTES]) -> Result<[u8; SLOT_BYTES], Error> {
    let nonce: [u8; 12] = random()?;
    let mut sealed = *key;
    let tag = SealingKey::new(&master.0)?.seal(nonce, context, &mut sealed);
    let tag = tag.ok_or_else(|| Error::misconfigured("a key could not be wrapped"))?;
    let mut slot = [0; SLOT_BYTES];
    slot[..8].copy_from_slice(&master.id().to_le_bytes());
    slot[8..20].copy_from_slice(&nonce);
    slot[20..52].copy_from_slice(&sealed);
    slot[52..68].copy_from_slice(&tag);
    Ok(slot)
}

/// Opens a slot; `None` when another master key made it, or for another place.
pub(crate) fn unwrap(master: &MasterKey, context: &[u8], slot: &[u8]) -> Option<[u8; KEY_BYTES]> {
    if *slot.get(..8)? != master.id().to_le_bytes() {
        return None;
    }
    let nonce = slot.get(8..20)?.try_into().ok()?;
    let mut sealed = [0; KEY_BYTES + TAG_BYTES];
    sealed.copy_from_slice(slot.get(20..68)?);
    let key = SealingKey::new(&master.0).ok()?;
    key.open(nonce, context, &mut sealed)?.try_into().ok().map(|key: &mut [u8; KEY_BYTES]| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_with_its_master_key_and_place_only() {
        let (master, other) = (MasterKey::from_bytes([1; 32]), MasterKey::from_bytes([2; 32]));
        let slot = wrap(&master, b"place", &[9; 32]).unwrap();
        assert_eq!(unwrap(&master, b"place", &slot), Some([9; 32]));
        assert_eq!(unwrap(&master, b"other place", &slot), None);
        assert_eq!(unwrap(&other, b"place", &slot), None);
        let mut damaged = slot;
        damaged[30] ^= 1;
        assert_eq!(unwrap(&master, b"place", &damaged), None);
    }

    #[test]
    fn key_text() {
        let key = MasterKey::from_bytes(std::array::from_fn(|i| i as u8));
        let text = key.to_text();
        assert_eq!(MasterKey::from_text(&format!(" {text}\n")).unwrap().id(), key.id());
        for bad in ["", "00", &text[1..], &text.replace('0', "g")] {
            assert!(MasterKey::from_text(bad).is_err(), "{bad}");
        }
        assert_eq!(format!("{key:?}"), "[master key]");
    }
}
