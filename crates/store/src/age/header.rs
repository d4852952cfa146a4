//! The header of an age file: the file key, wrapped to each recipient, and a MAC over all of it.

use super::{Error, Identity, Recipient, keys, sealed};
use crate::seal;
use ring::{aead, hkdf, hmac};
use std::io::Read;

const VERSION_LINE: &str = "age-encryption.org/v1";
const STANZA: &str = "-> X25519 ";
const WRAP_LABEL: &[u8] = b"age-encryption.org/v1/X25519";
/// Bytes of the key of one file.
pub(super) const FILE_KEY_BYTES: usize = 16;
/// Bytes of header that are read: some hundred recipients.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Letters of a line of a stanza's body; a shorter one ends it.
const BODY_LINE: usize = 64;

/// HKDF with SHA-256, 32 bytes.
pub(super) fn derive(secret: &[u8], salt: &[u8], label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let expanded = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    // 32 bytes are one block: neither step can refuse.
    let _ = expanded.expand(&[label], hkdf::HKDF_SHA256).and_then(|key_material| key_material.fill(&mut key));
    key
}

/// A header for these recipients, with the end of its last line.
pub(super) fn write(file_key: &[u8; FILE_KEY_BYTES], recipients: &[Recipient]) -> Result<Vec<u8>, Error> {
    let mut text = format!("{VERSION_LINE}\n");
    for recipient in recipients {
        let ephemeral: [u8; 32] = seal::random().map_err(|_| Error::NoRandomness)?;
        let share = keys::public(ephemeral);
        let shared = keys::agree(ephemeral, recipient.0).ok_or(Error::NoKey("the recipient is not a usable key"))?;
        let mut body = file_key.to_vec();
        wrapping(&shared, &share, recipient).seal(sealed::NONCE_ZERO, &mut body)?;
        text.push_str(&format!("{STANZA}{}\n{}\n", base64(&share), base64(&body)));
    }
    text.push_str("---");
    let mac = hmac::sign(&mac_key(file_key), text.as_bytes());
    text.push_str(&format!(" {}\n", base64(mac.as_ref())));
    Ok(text.into_bytes())
}

fn wrapping(shared: &[u8; 32], share: &[u8; 32], recipient: &Recipient) -> sealed::Key {
    let salt = [*share, recipient.0].concat();
    sealed::Key::new(derive(shared, &salt, WRAP_LABEL))
}

fn mac_key(file_key: &[u8; FILE_KEY_BYTES]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &derive(file_key, &[], b"header"))
}

/// Reads a header and opens the file key with the first identity that fits.
pub(super) fn read(from: &mut dyn Read, identities: &[Identity]) -> Result<[u8; FILE_KEY_BYTES], Error> {
    let mut text = Vec::new();
    let mut shares: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    if line(from, &mut text)? != VERSION_LINE.as_bytes() {
        return Err(Error::Damaged("it does not begin as an age file"));
    }
    let mut head = line(from, &mut text)?;
    let mac = loop {
        if let Some(mac) = head.strip_prefix(b"--- ") {
            break from_base64(mac).ok_or(Error::Damaged("the header's end"))?;
        }
        if !head.starts_with(b"-> ") {
            return Err(Error::Damaged("the header has an unknown line"));
        }
        let mut body = Vec::new();
        loop {
            let part = line(from, &mut text)?;
            body.extend_from_slice(&part);
            if part.len() < BODY_LINE {
                break;
            }
        }
        let share = head.strip_prefix(STANZA.as_bytes()).map(from_base64);
        // Stanzas of another kind are for other identities.
        if let Some(share) = share {
            let share = share.ok_or(Error::Damaged("a recipient's line"))?;
            shares.push((share, from_base64(&body).ok_or(Error::Damaged("a recipient's line"))?));
        }
        head = line(from, &mut text)?;
    };
    let file_key = shares.iter().find_map(|(share, body)| {
        let share: [u8; 32] = share.as_slice().try_into().ok()?;
        identities.iter().find_map(|identity| unwrap(identity, &share, body))
    });
    let file_key = file_key.ok_or(Error::WrongKey)?;
    let signed = text.len() - head.len() - 1 + "---".len();
    let is_whole = hmac::verify(&mac_key(&file_key), &text[..signed], &mac).is_ok();
    is_whole.then_some(file_key).ok_or(Error::Damaged("the header does not match its MAC"))
}

fn unwrap(identity: &Identity, share: &[u8; 32], body: &[u8]) -> Option<[u8; FILE_KEY_BYTES]> {
    if body.len() != FILE_KEY_BYTES + aead::CHACHA20_POLY1305.tag_len() {
        return None;
    }
    let shared = keys::agree(identity.0, *share)?;
    let mut body = body.to_vec();
    let opened = wrapping(&shared, share, &identity.recipient()).open(sealed::NONCE_ZERO, &mut body)?;
    <[u8; FILE_KEY_BYTES]>::try_from(&*opened).ok()
}

/// One line without its end; all that was read is in `text`.
fn line(from: &mut dyn Read, text: &mut Vec<u8>) -> Result<Vec<u8>, Error> {
    let start = text.len();
    let mut byte = [0];
    loop {
        if text.len() >= HEADER_BYTES_MAX {
            return Err(Error::Damaged("the header has no end"));
        }
        if from.read(&mut byte)? == 0 {
            return Err(Error::Damaged("the file ends in its header"));
        }
        text.push(byte[0]);
        if byte[0] == b'\n' {
            return Ok(text[start..text.len() - 1].to_vec());
        }
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648 §4 without padding.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(BASE64[(group >> (18 - 6 * place) & 63) as usize]));
        }
    }
    out
}

/// The canonical form only: what it gives is written the same way again.
fn from_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for chunk in text.chunks(4) {
        let mut group = 0u32;
        for letter in chunk {
            group = group << 6 | BASE64.iter().position(|known| known == letter)? as u32;
        }
        group <<= 6 * (4 - chunk.len());
        let bytes = group.to_be_bytes();
        out.extend_from_slice(bytes.get(1..chunk.len())?);
    }
    (base64(&out).as_bytes() == text).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_canonical() {
        for length in 0..40 {
            let bytes: Vec<u8> = (0..length).map(|place| (place * 71 + 5) as u8).collect();
            assert_eq!(from_base64(base64(&bytes).as_bytes()), Some(bytes));
        }
        for bad in ["A", "QR", "Zg==", "Zm9v!", "Zh"] {
            assert_eq!(from_base64(bad.as_bytes()), None, "{bad}");
        }
    }
}
