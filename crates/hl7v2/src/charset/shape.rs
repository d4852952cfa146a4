//! The shape of a message in a multi-byte set: a copy of the same length in which the bytes of characters beyond ASCII
//! cannot be taken for delimiters or line ends. Structure is read from the shape, values from the raw bytes at the same
//! offsets.

use super::{Charset, iso2022};

/// What a masked byte becomes: no delimiter can be 0x80.
const MASK: u8 = 0x80;

/// The shape, or `None` where the raw bytes are their own shape.
pub(crate) fn of(bytes: &[u8], charset: Charset) -> Option<Vec<u8>> {
    match charset {
        Charset::Ascii | Charset::Utf8 => None,
        Charset::Legacy(encoding) if encoding.is_single_byte() => None,
        Charset::Legacy(_) => (!bytes.is_ascii()).then(|| pairs(bytes)),
        Charset::Iso2022Jp => bytes.contains(&0x1B).then(|| switched(bytes)),
    }
}

/// GB 18030, Big5, EUC-KR, Shift JIS: a lead byte 0x81–0xFE takes its second byte along, and in GB 18030 a second byte
/// that is a digit takes two more. A lead byte before a control character is a broken character and takes nothing.
fn pairs(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        if !(0x81..=0xFE).contains(&bytes[at]) {
            at += 1;
            continue;
        }
        let length = match (bytes.get(at + 1), bytes.get(at + 2), bytes.get(at + 3)) {
            (Some(0x30..=0x39), Some(0x81..=0xFE), Some(0x30..=0x39)) => 4,
            (Some(0x40..), _, _) => 2,
            _ => 1,
        };
        out[at..at + length].fill(MASK);
        at += length;
    }
    out
}

/// ISO-2022-JP: everything from a switch to two bytes or to katakana up to the switch back. A line end switches back by
/// itself (RFC 1468), so that a sender who forgets costs one segment, not the message.
fn switched(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let mut is_masking = false;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == 0x1B
            && let Some((mode, length)) = iso2022::designation(&bytes[at..])
        {
            is_masking = mode.is_paired() || mode == iso2022::Mode::Katakana;
            out[at..at + length].fill(MASK);
            at += length;
            continue;
        }
        if matches!(bytes[at], b'\r' | b'\n') {
            is_masking = false;
        }
        if is_masking {
            out[at] = MASK;
        }
        at += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_bytes_are_masked() {
        let check = |name: &str, bytes: &[u8], expect: &[u8]| {
            let set = Charset::named(name.as_bytes()).expect("a known name");
            assert_eq!(of(bytes, set).as_deref(), Some(expect), "{name}");
        };
        check("BIG-5", b"|\xB3\x5C^\xA5\x5C|", b"|\x80\x80^\x80\x80|");
        check("GB 18030-2000", b"a\x81\x7C\x81\x30\x81\x30|\x81\r", b"a\x80\x80\x80\x80\x80\x80|\x80\r");
        check(
            "ISO IR87",
            b"|\x1b$B|^&~\x1b(B^\x1b$B^^\r|",
            b"|\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80^\x80\x80\x80\x80\x80\r|",
        );
        assert_eq!(of(b"plain|text", Charset::Legacy(encoding_rs::BIG5)), None);
        assert_eq!(of(b"\xE9", Charset::Legacy(encoding_rs::WINDOWS_1252)), None);
    }
}
