//! The two halves of an age key: the recipient that may stand anywhere, and the identity that opens what was sealed to it.

use super::{Error, bech32};
use crate::seal;
use curve25519_dalek::montgomery::MontgomeryPoint;
use std::{fmt, str::FromStr};

const RECIPIENT_PREFIX: &str = "age";
const IDENTITY_PREFIX: &str = "age-secret-key-";

/// Whom something is encrypted to: an X25519 public key, `age1…` as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient(pub(super) [u8; 32]);

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Recipient, Error> {
        bech32::decode(RECIPIENT_PREFIX, text.trim()).map(Recipient).ok_or(Error::NoKey("a recipient is `age1…`"))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32::encode(RECIPIENT_PREFIX, &self.0))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The private key of a [`Recipient`], `AGE-SECRET-KEY-1…` as text. Belongs on another machine than the backups.
#[derive(Clone)]
pub struct Identity(pub(super) [u8; 32]);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[age identity]")
    }
}

impl Identity {
    /// A new random one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Identity, crate::Error> {
        Ok(Identity(seal::random()?))
    }

    /// Its public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(MontgomeryPoint::mul_base_clamped(self.0).0)
    }

    /// The text for a key file.
    #[must_use]
    pub fn to_text(&self) -> String {
        bech32::encode(IDENTITY_PREFIX, &self.0).to_ascii_uppercase()
    }

    /// The identities of a key file, as `age-keygen` writes it: one a line; empty lines and those with `#` do not count.
    ///
    /// # Errors
    /// `NoKey` when a line is something else, or there is none.
    pub fn read_all(text: &str) -> Result<Vec<Identity>, Error> {
        let wrong = Error::NoKey("a key file has lines with `AGE-SECRET-KEY-1…` and comments with `#`");
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let read: Option<Vec<Identity>> =
            lines.map(|line| bech32::decode(IDENTITY_PREFIX, line).map(Identity)).collect();
        read.filter(|identities| !identities.is_empty()).ok_or(wrong)
    }
}

/// X25519. `None` for a point that gives every key the same secret (RFC 7748 §6.1).
pub(super) fn agree(secret: [u8; 32], public: [u8; 32]) -> Option<[u8; 32]> {
    let shared = MontgomeryPoint(public).mul_clamped(secret).0;
    (shared != [0; 32]).then_some(shared)
}

pub(super) fn public(secret: [u8; 32]) -> [u8; 32] {
    MontgomeryPoint::mul_base_clamped(secret).0
}
