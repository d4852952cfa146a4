//! ISO 2022 switches: inside the text (ESC sequences, the ISO-2022-JP family) and as HL7 escapes (`\Cxxyy\`,
//! `\Mxxyyzz\`, HL7 v2.9 §2.7.2).
//!
//! Japanese two-byte sets are read through the EUC-JP tables, where JIS X 0208 is a pair with high bits set and JIS
//! X 0212 the same behind 0x8F. Half-width katakana (JIS X 0201) is arithmetic.

use super::Charset;
use encoding_rs::Encoding;

/// What bytes mean after a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// As the message says.
    Default,
    /// ISO IR6.
    Ascii,
    /// ISO IR14, left half: ASCII with a yen sign and an overline.
    Roman,
    /// ISO IR14, right half: half-width katakana, in 7 or 8 bits.
    Katakana,
    /// ISO IR87.
    Jis0208,
    /// ISO IR159.
    Jis0212,
    /// A Latin, Cyrillic, Arabic, Greek or Hebrew right half.
    Single(&'static Encoding),
    /// KS X 1001 or GB 2312: pairs, in 7 or 8 bits.
    Pairs(&'static Encoding),
}

impl Mode {
    /// The mode that the bytes after ESC ask for; `None` for one that is not known.
    pub(crate) fn after_escape(designation: &[u8]) -> Option<Mode> {
        Some(match designation {
            b"(B" => Mode::Ascii,
            b"(J" => Mode::Roman,
            b"(I" | b")I" => Mode::Katakana,
            b"$@" | b"$B" => Mode::Jis0208,
            b"$(D" => Mode::Jis0212,
            b"$)C" | b"$(C" => Mode::Pairs(encoding_rs::EUC_KR),
            b"$)A" | b"$A" | b"$(A" => Mode::Pairs(encoding_rs::GB18030),
            b"-A" => Mode::Single(encoding_rs::WINDOWS_1252),
            b"-B" => Mode::Single(encoding_rs::ISO_8859_2),
            b"-C" => Mode::Single(encoding_rs::ISO_8859_3),
            b"-D" => Mode::Single(encoding_rs::ISO_8859_4),
            b"-L" => Mode::Single(encoding_rs::ISO_8859_5),
            b"-G" => Mode::Single(encoding_rs::ISO_8859_6),
            b"-F" => Mode::Single(encoding_rs::ISO_8859_7),
            b"-H" => Mode::Single(encoding_rs::ISO_8859_8),
            b"-M" => Mode::Single(encoding_rs::WINDOWS_1254),
            b"-b" => Mode::Single(encoding_rs::ISO_8859_15),
            _ => return None,
        })
    }

    /// Bytes come in pairs in this mode.
    pub(crate) fn is_paired(self) -> bool {
        matches!(self, Mode::Jis0208 | Mode::Jis0212 | Mode::Pairs(_))
    }
}

/// The ESC sequence at the front of `bytes` (which starts with ESC): its mode and length.
pub(crate) fn designation(bytes: &[u8]) -> Option<(Mode, usize)> {
    [3, 4].into_iter().find_map(|length| {
        let mode = Mode::after_escape(bytes.get(1..length)?)?;
        Some((mode, length))
    })
}

/// Reads `bytes` starting in `mode`, following ESC sequences; `outer` is what [`Mode::Default`] means.
pub(crate) fn decode(bytes: &[u8], mode: Mode, outer: Charset) -> String {
    let mut out = String::new();
    let mut mode = mode;
    let mut rest = bytes;
    while !rest.is_empty() {
        if rest[0] == 0x1B
            && let Some((next, length)) = designation(rest)
        {
            mode = next;
            rest = &rest[length..];
            continue;
        }
        let skip = usize::from(rest[0] == 0x1B);
        let end = rest[skip..].iter().position(|byte| *byte == 0x1B).map_or(rest.len(), |at| at + skip);
        decode_run(&rest[..end], mode, outer, &mut out);
        rest = &rest[end..];
    }
    out
}

/// Reads a run without switches.
fn decode_run(run: &[u8], mode: Mode, outer: Charset, out: &mut String) {
    match mode {
        Mode::Default if outer != Charset::Iso2022Jp => out.push_str(&outer.decode(run)),
        Mode::Default | Mode::Ascii => {
            out.extend(run.iter().map(|byte| katakana(*byte).filter(|_| *byte >= 0x80).unwrap_or(ascii(*byte))))
        }
        Mode::Roman => out.extend(run.iter().map(|byte| match byte {
            0x5C => '\u{A5}',
            0x7E => '\u{203E}',
            0x80.. => katakana(*byte).unwrap_or('\u{FFFD}'),
            _ => char::from(*byte),
        })),
        Mode::Katakana => out.extend(run.iter().map(|byte| katakana(*byte).unwrap_or(ascii(*byte)))),
        Mode::Single(encoding) => out.push_str(&encoding.decode_without_bom_handling(run).0),
        Mode::Jis0208 => decode_pairs(run, encoding_rs::EUC_JP, &[], out),
        Mode::Jis0212 => decode_pairs(run, encoding_rs::EUC_JP, &[0x8F], out),
        Mode::Pairs(encoding) => decode_pairs(run, encoding, &[], out),
    }
}

/// Pairs of 7-bit bytes read as their 8-bit form with `lead` in front; control characters stand for themselves.
fn decode_pairs(run: &[u8], encoding: &'static Encoding, lead: &[u8], out: &mut String) {
    let mut lifted = Vec::with_capacity(run.len() * 2);
    let mut at = 0;
    while at < run.len() {
        let byte = run[at];
        match run.get(at + 1) {
            Some(second) if byte & 0x7F > 0x20 && second & 0x7F > 0x20 => {
                lifted.extend_from_slice(lead);
                lifted.extend([byte | 0x80, second | 0x80]);
                at += 2;
            }
            _ => {
                lifted.push(byte);
                at += 1;
            }
        }
    }
    out.push_str(&encoding.decode_without_bom_handling(&lifted).0);
}

fn ascii(byte: u8) -> char {
    if byte.is_ascii() { char::from(byte) } else { '\u{FFFD}' }
}

/// JIS X 0201 half-width katakana: 0x21–0x5F or 0xA1–0xDF is U+FF61–U+FF9F.
fn katakana(byte: u8) -> Option<char> {
    let low = byte & 0x7F;
    (0x21..=0x5F).contains(&low).then(|| char::from_u32(0xFF61 + u32::from(low - 0x21))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(decode(bytes, Mode::Ascii, Charset::Iso2022Jp), expect);
        check(b"Yamada", "Yamada");
        check(b"\x1b$B;3ED\x1b(B^x", "山田^x");
        check(b"\x1b(I\x31\x32", "\u{FF71}\u{FF72}");
        check(b"\xB1\xB2", "\u{FF71}\u{FF72}");
        check(b"\x1b$(D\x30\x21", "丂");
        check(b"\x1b$)C;o", "삼");
        check(b"\x1b(J\\", "\u{A5}");
        check(b"\x1bQ", "\x1bQ");
    }
}
