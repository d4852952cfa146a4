//! The keys of a chain, all from the store's secret: what seals, what signs, what hides who a patient is.
//!
//! Promises: no key is written anywhere; a new master key changes none of them, so that no byte of a chain ever has to be
//! written again.

use super::entry::PatientHash;
use crate::{
    Error,
    seal::{self, SealingKey, TAG_BYTES},
};
use ring::{
    hmac,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};

/// Bytes of a nonce.
const NONCE_BYTES: usize = 12;
/// Bytes of a signature.
pub(super) const SIGNATURE_BYTES: usize = 64;

/// See the module.
pub(crate) struct Keys {
    pub(super) store: [u8; 16],
    sealing: SealingKey,
    signing: Ed25519KeyPair,
    patients: hmac::Key,
}

fn derived(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), purpose.as_bytes());
    let mut key = [0; 32];
    key.copy_from_slice(tag.as_ref());
    key
}

impl Keys {
    /// The keys of the store with this id and this secret.
    pub(crate) fn new(store: [u8; 16], secret: &[u8; 32]) -> Result<Keys, Error> {
        let signing = Ed25519KeyPair::from_seed_unchecked(&derived(secret, "sinew audit signing 1"));
        Ok(Keys {
            store,
            sealing: SealingKey::new(&derived(secret, "sinew audit sealing 1"))?,
            signing: signing.map_err(|_| Error::misconfigured("the signing key of the audit chain is unusable"))?,
            patients: hmac::Key::new(hmac::HMAC_SHA256, &derived(secret, "sinew audit patients 1")),
        })
    }

    /// The key that proves signatures: may be given to anyone.
    pub(super) fn public(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(self.signing.public_key().as_ref());
        key
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(self.signing.sign(bytes).as_ref());
        signature
    }

    pub(super) fn is_ours(&self, bytes: &[u8], signature: &[u8]) -> bool {
        verify_signature(&self.public(), bytes, signature)
    }

    /// Seals; the nonce stands before, the tag behind.
    pub(super) fn seal(&self, open: &[u8], bytes: &[u8]) -> Result<Vec<u8>, Error> {
        let nonce: [u8; NONCE_BYTES] = seal::random()?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(bytes);
        let tag = self.sealing.seal(nonce, open, &mut sealed[NONCE_BYTES..]);
        sealed.extend_from_slice(&tag.ok_or_else(|| Error::misconfigured("an audit record could not be sealed"))?);
        Ok(sealed)
    }

    /// Opens what `seal` gave; `None` when it is something else.
    pub(super) fn open(&self, open: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES)?;
        let mut bytes = rest.to_vec();
        self.sealing.open(nonce.try_into().ok()?, open, &mut bytes)?;
        bytes.truncate(bytes.len().checked_sub(TAG_BYTES)?);
        Some(bytes)
    }

    /// Blanks around an identifier and its case do not count.
    pub(super) fn patient(&self, identifier: &str) -> PatientHash {
        let tag = hmac::sign(&self.patients, identifier.trim().to_uppercase().as_bytes());
        let mut hash = [0; 16];
        hash.copy_from_slice(&tag.as_ref()[..16]);
        PatientHash(hash)
    }
}

/// Whether a signature of a checkpoint or an anchor was made by the owner of a public key.
#[must_use]
pub fn verify_signature(public: &[u8; 32], bytes: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(bytes, signature).is_ok()
}

/// A statement as it is signed: nothing that a chain signs begins so.
pub(super) fn statement(purpose: &str, statement: &[u8]) -> Vec<u8> {
    [b"sinew statement 1\0".as_slice(), purpose.as_bytes(), b"\0", statement].concat()
}

/// Whether a signature by [`Audit::sign_statement`](super::Audit::sign_statement) is that of the owner of a public key, of this
/// purpose and statement.
#[must_use]
pub fn is_statement(public: &[u8; 32], purpose: &str, of: &[u8], signature: &[u8]) -> bool {
    verify_signature(public, &statement(purpose, of), signature)
}
