//! Secrets: made by the system's randomness, compared in constant time, kept as hashes.

use crate::{codes, problem::Problem};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    let none = |_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, codes::E7004, "the system has no randomness");
    SystemRandom::new().fill(&mut bytes).map_err(none)?;
    Ok(bytes)
}

/// 256 random bits as text.
pub(crate) fn token() -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// The hash of a token, as hexadecimal digits: what is kept of it. A token has 256 random bits, so nothing slow is needed.
pub(crate) fn hashed(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes of hexadecimal digits; `None` where they are none.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(digit(*high)? << 4 | digit(*low)?) } else { None }).collect()
}

/// Both are the same; the time it takes says nothing about where they differ.
pub(crate) fn is_same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |all, (left, right)| all | (left ^ right)) == 0
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648 §6, without padding.
pub(crate) fn base32(bytes: &[u8]) -> String {
    let (mut out, mut held, mut bits) = (String::new(), 0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(BASE32[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        out.push(char::from(BASE32[(held << (5 - bits) & 31) as usize]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_as_the_standard_has_it() {
        for (from, to) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(from.as_bytes()), to);
        }
    }

    #[test]
    fn digits_there_and_back() {
        assert_eq!(unhex(&hex(&[0, 9, 0xAB, 0xFF])), Some(vec![0, 9, 0xAB, 0xFF]));
        assert_eq!((unhex(""), unhex("abc"), unhex("zz"), unhex("é")), (Some(Vec::new()), None, None, None));
    }

    #[test]
    fn the_same_and_not() {
        assert!(is_same(b"abc", b"abc") && !is_same(b"abc", b"abd") && !is_same(b"abc", b"ab") && is_same(b"", b""));
        assert_ne!(token().unwrap(), token().unwrap());
    }
}
