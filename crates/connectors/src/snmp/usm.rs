//! The user-based security of SNMPv3: a message that is authenticated and encrypted for one user of one engine.
//!
//! Sources: RFC 3414 (keys §2.6 and A.2, the message §2.4), RFC 7860 (HMAC-SHA-2), RFC 3826 (AES-128 in CFB), RFC 3412 §6.
//!
//! Promises: keys are made for this engine's id; every message has a salt of its own; nothing is sent that is not encrypted.
//! Never: keeps a password.

use super::ber;
use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use ring::{digest, hmac};

/// Bytes over which a password is repeated before it is hashed (RFC 3414 A.2).
const EXPANDED_BYTES: usize = 1_048_576;
const BLOCK_BYTES: usize = 16;
const SALT_BYTES: usize = 8;
/// The largest message that we would take, were we asked anything.
const SIZE_MAX: i64 = 65_507;
/// Authenticated and encrypted, and nobody is asked for a report.
const FLAGS: u8 = 0x03;
const USER_BASED: i64 = 3;
const VERSION_3: i64 = 3;

/// How messages are authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// Their words.
    pub(super) const WORDS: [&'static str; 3] = ["sha256", "sha512", "sha"];

    /// By its word; others are `sha256`.
    pub(super) fn parse(word: &str) -> Digest {
        match word {
            "sha" => Digest::Sha1,
            "sha512" => Digest::Sha512,
            _ => Digest::Sha256,
        }
    }

    fn hash(self) -> &'static digest::Algorithm {
        match self {
            Digest::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => &digest::SHA256,
            Digest::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => hmac::HMAC_SHA256,
            Digest::Sha512 => hmac::HMAC_SHA512,
        }
    }

    /// Bytes of the code that a message carries: 96, 192 and 384 bits.
    fn code_bytes(self) -> usize {
        match self {
            Digest::Sha1 => 12,
            Digest::Sha256 => 24,
            Digest::Sha512 => 48,
        }
    }
}

/// When a message is made, as receivers compare it: starts of this engine so far, and seconds since the last one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) boots: u32,
    pub(super) time_s: u32,
}

/// A user, with the keys for this engine.
pub(crate) struct User {
    name: String,
    engine: Vec<u8>,
    digest: Digest,
    authentication: hmac::Key,
    privacy: Aes128,
}

impl User {
    /// Makes the keys out of the two passwords.
    pub(super) fn new(name: &str, engine: &[u8], digest: Digest, (authentication, privacy): (&str, &str)) -> User {
        let private = localized(digest, privacy.as_bytes(), engine);
        let mut key = [0; BLOCK_BYTES];
        // Every digest has at least 20 bytes.
        key.copy_from_slice(&private[..BLOCK_BYTES]);
        User {
            name: name.to_owned(),
            engine: engine.to_owned(),
            digest,
            authentication: hmac::Key::new(digest.hmac(), &localized(digest, authentication.as_bytes(), engine)),
            privacy: Aes128::new(&key.into()),
        }
    }

    /// The whole message around a PDU.
    pub(super) fn seal(&self, pdu: &[u8], at: Moment, id: u32, salt: [u8; SALT_BYTES]) -> Vec<u8> {
        let scoped = ber::wrap(ber::SEQUENCE, &[ber::octets(&self.engine), ber::octets(b""), pdu.to_vec()].concat());
        let encrypted = ber::octets(&self.encrypted(scoped, at, salt));
        let code_bytes = self.digest.code_bytes();
        let security = ber::sequence(&[
            ber::octets(&self.engine),
            ber::integer(i64::from(at.boots)),
            ber::integer(i64::from(at.time_s)),
            ber::octets(self.name.as_bytes()),
            ber::octets(&vec![0; code_bytes]),
            ber::octets(&salt),
        ]);
        let header = ber::sequence(&[
            ber::integer(i64::from(id)),
            ber::integer(SIZE_MAX),
            ber::octets(&[FLAGS]),
            ber::integer(USER_BASED),
        ]);
        let behind = ber::octets(&salt).len() + encrypted.len();
        let mut message = ber::sequence(&[ber::integer(VERSION_3), header, ber::octets(&security), encrypted]);
        // The code is made over the message with zeros in its place (RFC 3414 §6.3.1).
        let code = hmac::sign(&self.authentication, &message);
        let end = message.len() - behind;
        message[end - code_bytes..end].copy_from_slice(&code.as_ref()[..code_bytes]);
        message
    }

    /// AES-128 in CFB with whole blocks fed back (RFC 3826 §3.1.3): the length stays.
    fn encrypted(&self, mut plain: Vec<u8>, at: Moment, salt: [u8; SALT_BYTES]) -> Vec<u8> {
        let mut before = [0; BLOCK_BYTES];
        before[..4].copy_from_slice(&at.boots.to_be_bytes());
        before[4..8].copy_from_slice(&at.time_s.to_be_bytes());
        before[8..].copy_from_slice(&salt);
        for piece in plain.chunks_mut(BLOCK_BYTES) {
            let mut block = before.into();
            self.privacy.encrypt_block(&mut block);
            piece.iter_mut().zip(block.iter()).for_each(|(byte, mask)| *byte ^= mask);
            before[..piece.len()].copy_from_slice(piece);
        }
        plain
    }
}

/// The key of a password for one engine (RFC 3414 A.2, RFC 7860 §9.3).
fn localized(digest: Digest, password: &[u8], engine: &[u8]) -> Vec<u8> {
    let many = password.repeat(64);
    let mut context = digest::Context::new(digest.hash());
    let mut left = EXPANDED_BYTES;
    while left > 0 && !many.is_empty() {
        let piece = &many[..many.len().min(left)];
        context.update(piece);
        left -= piece.len();
    }
    let key = context.finish();
    let mut context = digest::Context::new(digest.hash());
    for part in [key.as_ref(), engine, key.as_ref()] {
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// RFC 3414 A.3.2.
    #[test]
    fn the_key_of_the_standard_comes_out() {
        let engine = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        let key = localized(Digest::Sha1, b"maplesyrup", &engine);
        assert_eq!(hex(&key), "6695febc9288e36282235fc7151f128497b38f3f");
    }

    /// NIST SP 800-38A F.3.13, CFB128-AES128, with its initial vector as boots, time and salt.
    #[test]
    fn the_cipher_of_the_standard_comes_out() {
        let mut user = User::new("u", b"\x80\0\0\0\x04x", Digest::Sha256, ("password1", "password2"));
        let bytes = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let key: [u8; 16] = bytes("2b7e151628aed2a6abf7158809cf4f3c").try_into().unwrap();
        user.privacy = Aes128::new(&key.into());
        let at = Moment { boots: 0x0001_0203, time_s: 0x0405_0607 };
        let plain = bytes("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
        let sealed = user.encrypted(plain, at, [8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(hex(&sealed), "3b3fd92eb72dad20333449f8e83cfb4ac8a64537a0b3a93fcde3cdad9f1ce58b");
    }
}
