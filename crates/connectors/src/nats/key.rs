//! Who we are by a key: nkeys (Ed25519 in base 32 with a checksum) and the `.creds` files that hold one with a token.
//!
//! Never: prints a seed.

use crate::codes;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use message::Reason;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fmt;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The first five bits of a seed (`S`), and of the public key of a user (`U`).
const SEED: u8 = 18 << 3;
const USER: u8 = 20 << 3;

/// A key, and the token that an account gave it.
pub(crate) struct Credentials {
    pair: Ed25519KeyPair,
    pub(crate) token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl Credentials {
    /// Reads a seed, or the text of a `.creds` file.
    pub(crate) fn read(text: &str) -> Result<Credentials, Reason> {
        let complain = || Reason::new(codes::E6010, "`credentials` holds neither a `.creds` file nor an nkey seed");
        let token = section(text, "NATS USER JWT");
        let seed = section(text, "USER NKEY SEED").unwrap_or_else(|| text.trim());
        let bytes = decode(seed).ok_or_else(complain)?;
        // Two bytes say that it is a seed and whose, 32 are the seed.
        let (head, seed) = bytes.split_at_checked(2).ok_or_else(complain)?;
        if head[0] & 0xF8 != SEED || seed.len() != 32 {
            return Err(complain());
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| complain())?;
        Ok(Credentials { pair, token: token.map(str::to_owned) })
    }

    /// Our public key as NATS writes it.
    pub(crate) fn public(&self) -> String {
        let mut bytes = vec![USER];
        bytes.extend_from_slice(self.pair.public_key().as_ref());
        encode(&bytes)
    }

    /// What proves that we have the key.
    pub(crate) fn sign(&self, nonce: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.sign(nonce.as_bytes()))
    }
}

/// What stands between the two lines of a `.creds` file that have this title.
fn section<'a>(text: &'a str, title: &str) -> Option<&'a str> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| !(line.contains("BEGIN") && line.contains(title)));
    lines.next()?;
    lines.find(|line| !line.is_empty())
}

/// CRC-16/XMODEM.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum: u16, byte| {
        (0..8).fold(
            sum ^ (u16::from(*byte) << 8),
            |sum, _| {
                if sum & 0x8000 == 0 { sum << 1 } else { (sum << 1) ^ 0x1021 }
            },
        )
    })
}

fn encode(bytes: &[u8]) -> String {
    let sum = checksum(bytes).to_le_bytes();
    let (mut text, mut bits, mut count) = (String::new(), 0_u32, 0);
    for byte in bytes.iter().chain(&sum) {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(char::from(ALPHABET[((bits >> count) & 31) as usize]));
        }
    }
    if count > 0 {
        text.push(char::from(ALPHABET[((bits << (5 - count)) & 31) as usize]));
    }
    text
}

/// The bytes without their checksum, if it is right.
fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u32::try_from(value).ok()?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 255).ok()?);
        }
    }
    let sum = bytes.split_off(bytes.len().checked_sub(2)?);
    (checksum(&bytes).to_le_bytes() == sum[..]).then_some(bytes)
}

#[cfg(test)]
pub(crate) use tests::seed;

#[cfg(test)]
mod tests {
    use super::*;

    /// A seed of a user, made of these bytes.
    pub(crate) fn seed(bytes: [u8; 32]) -> String {
        // `S` and `U` share the second byte: five bits of each.
        let mut all = vec![SEED | (USER >> 5), (USER & 31) << 3];
        all.extend_from_slice(&bytes);
        encode(&all)
    }

    #[test]
    fn seeds_and_files() {
        let text = seed([7; 32]);
        assert!(text.starts_with("SU"), "{text}");
        let alone = Credentials::read(&text).unwrap();
        assert!(alone.public().starts_with('U') && alone.token.is_none());
        let file = format!(
            "-----BEGIN NATS USER JWT-----\neyJ0.token\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{text}\n------END USER NKEY SEED------\n"
        );
        let whole = Credentials::read(&file).unwrap();
        assert_eq!((whole.public(), whole.token.as_deref()), (alone.public(), Some("eyJ0.token")));
        let broken = text.replacen('A', "B", 1);
        let complaint = Credentials::read(&broken).unwrap_err();
        assert!(!complaint.to_string().contains(&broken[4..20]), "a seed is printed");
        assert!(Credentials::read("").is_err());
        assert_eq!(checksum(b"123456789"), 0x31C3);
    }
}
