//! Bytes as characters, and back in the same encoding.
//!
//! Promises: [`Charset::encode`] of what [`decode`] gave is the bytes that it was made from, but for bytes that are no
//! characters of their encoding, which are told.

use crate::codes;
use bytes::Bytes;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use message::Diagnostic;
use std::borrow::Cow;

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// How characters are written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset {
    encoding: &'static Encoding,
    has_mark: bool,
}

impl Default for Charset {
    /// UTF-8 without a byte order mark.
    fn default() -> Charset {
        Charset { encoding: UTF_8, has_mark: false }
    }
}

impl Charset {
    /// By a name such as `utf-8`, `latin-1`, `windows-1252`, `iso-8859-15`.
    #[must_use]
    pub fn named(name: &str) -> Option<Charset> {
        let name = name.to_ascii_lowercase();
        let label = match name.as_str() {
            "latin-1" | "latin1" => "iso-8859-1",
            "latin-9" | "latin9" => "iso-8859-15",
            other => other,
        };
        Encoding::for_label_no_replacement(label.as_bytes()).map(|encoding| Charset { encoding, has_mark: false })
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.encoding.name()
    }

    /// The bytes of a text; `None` where a character has no place in the encoding.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        if self.encoding == UTF_16LE || self.encoding == UTF_16BE {
            let is_little = self.encoding == UTF_16LE;
            let units = self.has_mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
            let bytes = units.flat_map(|unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            return Some(bytes.collect());
        }
        if self.encoding == UTF_8 {
            let mark = if self.has_mark { MARK } else { b"" };
            return Some([mark, text.as_bytes()].concat());
        }
        match self.encoding.encode(text) {
            (bytes, _, false) => Some(bytes.into_owned()),
            (_, _, true) => None,
        }
    }
}

/// What bytes turned out to be.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// UTF-8: a slice of the bytes where they are, else a copy.
    pub text: Bytes,
    /// How to write it back.
    pub charset: Charset,
    /// What is wrong.
    pub found: Vec<Diagnostic>,
}

impl Decoded {
    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or("")
    }
}

/// By the byte order mark, else as expected, else UTF-8. Bytes that are none of it are read one by one, as Windows-1252,
/// and told.
#[must_use]
pub fn decode(bytes: &Bytes, expected: Option<Charset>) -> Decoded {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((expected.unwrap_or_default().encoding, 0));
    let rest = bytes.slice(mark..);
    let charset = Charset { encoding, has_mark: mark > 0 };
    if encoding == UTF_8 && std::str::from_utf8(&rest).is_ok() {
        return Decoded { text: rest, charset, found: Vec::new() };
    }
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(&rest) {
        return Decoded { text: owned(text), charset, found: Vec::new() };
    }
    let at = std::str::from_utf8(&rest).err().filter(|_| encoding == UTF_8).map(|error| mark + error.valid_up_to());
    let what = format!("some bytes are no characters of {}; they are read as Windows-1252", encoding.name());
    let finding = Diagnostic::warning(codes::E1300, what)
        .at_path("", at)
        .hint("say the encoding in the description of the format: `encoding latin-1`");
    let text = WINDOWS_1252.decode_without_bom_handling(bytes).0;
    let charset = Charset { encoding: WINDOWS_1252, has_mark: false };
    Decoded { text: owned(text), charset, found: vec![finding] }
}

fn owned(text: Cow<'_, str>) -> Bytes {
    Bytes::from(text.into_owned().into_bytes())
}

/// Line and column of a place in a text, from 1; columns count characters.
#[must_use]
pub fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    (line, before[start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let check = |bytes: &'static [u8], expected: Option<&str>, text: &str, name: &str, told: usize| {
            let bytes = Bytes::from_static(bytes);
            let decoded = decode(&bytes, expected.and_then(Charset::named));
            assert_eq!(decoded.as_str(), text);
            assert_eq!((decoded.charset.name(), decoded.found.len()), (name, told), "{text}");
            assert_eq!(decoded.charset.encode(decoded.as_str()).as_deref(), Some(&bytes[..]), "{text}");
        };
        check("Zoë".as_bytes(), None, "Zoë", "UTF-8", 0);
        check(b"\xEF\xBB\xBFa", Some("latin-1"), "a", "UTF-8", 0);
        check(b"Zo\xEB", Some("latin-1"), "Zoë", "windows-1252", 0);
        check(b"Zo\xEB", None, "Zoë", "windows-1252", 1);
        check(b"\xA4", Some("latin-9"), "€", "ISO-8859-15", 0);
        check(b"\xFF\xFEa\0\xEB\0", None, "aë", "UTF-16LE", 0);
        check(b"\xFE\xFF\0a", None, "a", "UTF-16BE", 0);
        assert_eq!(Charset::named("klingon"), None);
        assert_eq!(Charset::named("latin-1").unwrap().encode("日"), None);
    }
}
