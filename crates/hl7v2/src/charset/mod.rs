//! Character sets (MSH-18, HL7 v2.9 §2.14.9.18, table 0211), through `encoding_rs` with own parts where it lacks.
//!
//! Raw bytes stay the truth: a charset only says how to read a value's bytes and how to write new ones. For sets whose
//! second bytes can equal a delimiter, [`shape`] makes a copy of the same length in which such bytes are masked, so
//! that splitting never cuts a character and offsets stay those of the raw bytes.

mod iso2022;
pub(crate) mod shape;
pub(crate) mod wide;

use encoding_rs::Encoding;
use std::borrow::Cow;

pub(crate) use iso2022::Mode;

/// How the bytes of values are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Declared as ASCII: other characters cannot be written.
    Ascii,
    /// UTF-8, or nothing declared and nothing but ASCII or valid UTF-8 met.
    Utf8,
    /// A set with one byte a character, or EUC-KR, GB 18030, Big5, Shift JIS.
    Legacy(&'static Encoding),
    /// ASCII with switches to ISO IR14, IR87 and IR159 (the ISO-2022-JP family).
    Iso2022Jp,
}

impl Charset {
    /// Reads one repetition of MSH-18; `None` for a name that is not known. UTF-16 and UTF-32 answer [`Charset::Utf8`]:
    /// a message that really is in them was transcribed before it was split ([`wide`]).
    #[must_use]
    pub fn named(name: &[u8]) -> Option<Charset> {
        let key: String = name
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| byte.to_ascii_uppercase() as char)
            .collect();
        let key = key.strip_prefix("ISO").filter(|rest| rest.starts_with("8859")).map_or(key.as_str(), |rest| rest);
        Some(match key {
            "ASCII" | "USASCII" | "ISOIR6" => Charset::Ascii,
            "UNICODEUTF8" | "UTF8" | "UNICODE" | "UNICODEUTF16" | "UTF16" | "UNICODEUTF32" | "UTF32" => Charset::Utf8,
            "88591" | "LATIN1" | "WINDOWS1252" | "CP1252" => Charset::Legacy(encoding_rs::WINDOWS_1252),
            "88592" => Charset::Legacy(encoding_rs::ISO_8859_2),
            "88593" => Charset::Legacy(encoding_rs::ISO_8859_3),
            "88594" => Charset::Legacy(encoding_rs::ISO_8859_4),
            "88595" => Charset::Legacy(encoding_rs::ISO_8859_5),
            "88596" => Charset::Legacy(encoding_rs::ISO_8859_6),
            "88597" => Charset::Legacy(encoding_rs::ISO_8859_7),
            "88598" => Charset::Legacy(encoding_rs::ISO_8859_8),
            "88599" => Charset::Legacy(encoding_rs::WINDOWS_1254),
            "885915" => Charset::Legacy(encoding_rs::ISO_8859_15),
            "ISOIR14" | "ISOIR87" | "ISOIR159" | "ISO2022JP" => Charset::Iso2022Jp,
            "GB180302000" | "GB18030" | "GB2312" | "GBK" => Charset::Legacy(encoding_rs::GB18030),
            "KSX1001" | "KSC5601" | "EUCKR" => Charset::Legacy(encoding_rs::EUC_KR),
            "BIG5" => Charset::Legacy(encoding_rs::BIG5),
            "SHIFTJIS" | "SJIS" => Charset::Legacy(encoding_rs::SHIFT_JIS),
            _ => {
                let encoding = Encoding::for_label(name)?;
                if encoding == encoding_rs::UTF_8 { Charset::Utf8 } else { Charset::Legacy(encoding) }
            }
        })
    }

    /// The name for diagnostics, as table 0211 has it where it does.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Charset::Ascii => "ASCII",
            Charset::Utf8 => "UNICODE UTF-8",
            Charset::Legacy(encoding) => encoding.name(),
            Charset::Iso2022Jp => "ISO IR87",
        }
    }

    /// Bytes of one run of text to characters. What cannot be read becomes U+FFFD; the raw bytes keep what it was.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            // `from_utf8_lossy` alone goes byte by byte; the check in front takes words of ASCII at a time.
            Charset::Ascii | Charset::Utf8 => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => String::from_utf8_lossy(bytes),
            },
            Charset::Legacy(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Charset::Iso2022Jp if bytes.is_ascii() && !bytes.contains(&0x1B) => String::from_utf8_lossy(bytes),
            Charset::Iso2022Jp => Cow::Owned(iso2022::decode(bytes, Mode::Ascii, Charset::Iso2022Jp)),
        }
    }

    /// Characters to bytes; `None` when a character does not exist in the set.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        if text.is_ascii() {
            return Some(Cow::Borrowed(text.as_bytes()));
        }
        match self {
            Charset::Ascii => None,
            Charset::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            Charset::Legacy(encoding) => lossless(encoding, text),
            Charset::Iso2022Jp => lossless(encoding_rs::ISO_2022_JP, text),
        }
    }

    /// All of `bytes` can be read without a replacement character.
    pub(crate) fn reads_all(self, bytes: &[u8]) -> bool {
        match self {
            Charset::Ascii => bytes.is_ascii(),
            Charset::Utf8 => std::str::from_utf8(bytes).is_ok(),
            Charset::Legacy(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some(),
            Charset::Iso2022Jp => !self.decode(bytes).contains('\u{FFFD}'),
        }
    }

    /// Second bytes of characters may equal a delimiter.
    pub(crate) fn needs_shape(self) -> bool {
        match self {
            Charset::Ascii | Charset::Utf8 => false,
            Charset::Legacy(encoding) => !encoding.is_single_byte(),
            Charset::Iso2022Jp => true,
        }
    }
}

/// Reads a run behind a charset switch (`\C..\`, `\M..\`); `outer` is the message's own set.
pub(crate) fn decode_in(bytes: &[u8], mode: Mode, outer: Charset) -> String {
    iso2022::decode(bytes, mode, outer)
}

/// `encoding_rs` writes numeric character references for what a set lacks; a message must not.
fn lossless<'a>(encoding: &'static Encoding, text: &'a str) -> Option<Cow<'a, [u8]>> {
    let (bytes, _, had_unmappable) = encoding.encode(text);
    (!had_unmappable).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(Charset::named(name.as_bytes()).map(Charset::name), expect, "{name}");
        };
        check("ASCII", Some("ASCII"));
        check("8859/1", Some("windows-1252"));
        check("ISO-8859-15", Some("ISO-8859-15"));
        check("8859/9", Some("windows-1254"));
        check("UNICODE UTF-8", Some("UNICODE UTF-8"));
        check("ISO IR87", Some("ISO IR87"));
        check("GB 18030-2000", Some("gb18030"));
        check("KS X 1001", Some("EUC-KR"));
        check("BIG-5", Some("Big5"));
        check("windows-1251", Some("windows-1251"));
        check("KLINGON", None);
    }

    #[test]
    fn both_ways() {
        let check = |name: &str, text: &str| {
            let set = Charset::named(name.as_bytes()).expect("a known name");
            let bytes = set.encode(text).expect("every character exists");
            assert_eq!(set.decode(&bytes), text, "{name}");
            assert!(set.reads_all(&bytes));
        };
        check("8859/1", "Müller");
        check("8859/5", "Иванов");
        check("ISO IR87", "Yamada^山田^やまだ");
        check("GB 18030-2000", "王小明");
        check("BIG-5", "陳功");
        check("KS X 1001", "홍길동");
        assert_eq!(Charset::Ascii.encode("é"), None);
        assert_eq!(Charset::Legacy(encoding_rs::WINDOWS_1252).encode("山"), None);
    }
}
