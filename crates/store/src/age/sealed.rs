//! ChaCha20-Poly1305 as age uses it: an empty additional text, a nonce from the caller.

use super::Error;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};

/// The nonce of a key that seals one thing only.
pub(super) const NONCE_ZERO: [u8; 12] = [0; 12];
/// Bytes that sealing adds.
pub(super) const TAG_BYTES: usize = 16;

/// A key.
pub(super) struct Key(Option<LessSafeKey>);

impl Key {
    pub(super) fn new(bytes: [u8; 32]) -> Key {
        Key(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok().map(LessSafeKey::new))
    }

    /// Seals in place, with the tag behind.
    pub(super) fn seal(&self, nonce: [u8; 12], bytes: &mut Vec<u8>) -> Result<(), Error> {
        let key = self.0.as_ref().ok_or(Error::NoRandomness)?;
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::empty(), bytes).map_err(|_| Error::Damaged("too much to seal"))
    }

    /// Opens in place; `None` when it is not what was sealed.
    pub(super) fn open<'b>(&self, nonce: [u8; 12], bytes: &'b mut [u8]) -> Option<&'b mut [u8]> {
        self.0.as_ref()?.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), bytes).ok()
    }
}
