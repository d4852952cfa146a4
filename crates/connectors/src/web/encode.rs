//! Base64 and percent encoding, as HTTP wants them.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Base64 with padding (RFC 4648 §4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 without padding and with `-` and `_` (RFC 4648 §5).
pub(crate) fn base64_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a Base64 text.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Percent encoding of all but the unreserved letters (RFC 3986 §2.3): right in paths, queries and forms.
pub(crate) fn percent(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

/// The bytes that a percent encoded text stands for; `+` is a space, as forms have it. `None` for half an escape.
pub(crate) fn from_form(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(*rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => *byte,
        });
    }
    Some(bytes)
}

/// `name=value&…`, encoded.
pub(crate) fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let field = |(name, value): (&str, &[u8])| format!("{}={}", percent(name.as_bytes()), percent(value));
    fields.into_iter().map(field).collect::<Vec<_>>().join("&")
}
