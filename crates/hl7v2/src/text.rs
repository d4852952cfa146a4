//! Values as text: escapes and character sets resolved on the way out, put in on the way in.
//!
//! Promises: `decode(encode(text)) == text`; a value without escapes in ASCII or UTF-8 is borrowed; what is not known
//! comes out as it stands.

use crate::charset::{Charset, Mode};
use crate::escape::{Format, Token, Tokens, unhex};
use crate::{Delimiters, charset};
use std::borrow::Cow;

/// The plain text of a value. Line-making commands become `\n`, `.sk n` n spaces; highlighting and layout commands
/// leave nothing; `\X..\` becomes the characters of its bytes; local and unknown sequences stay as written.
pub(crate) fn decode<'a>(raw: &'a [u8], shape: &'a [u8], delimiters: Delimiters, charset: Charset) -> Cow<'a, str> {
    if memchr::memchr(delimiters.escape, shape).is_none() {
        return charset.decode(raw);
    }
    let mut out = String::with_capacity(raw.len());
    let mut mode = Mode::Default;
    for token in Tokens::new(raw, shape, delimiters) {
        match token {
            Token::Text(run) => push_run(&mut out, run, mode, charset),
            Token::Delimiter(byte) => out.push(char::from(byte)),
            Token::Hex(digits) => push_hex(&mut out, digits, delimiters, charset),
            Token::HighlightOn | Token::HighlightOff => {}
            Token::Charset(digits) => match Mode::after_escape(&unhex(digits)) {
                Some(next) => mode = next,
                None => push_verbatim(&mut out, if digits.len() == 6 { b"M" } else { b"C" }, digits, delimiters),
            },
            Token::Format(format, number) => push_format(&mut out, format, number),
            Token::Local(body) | Token::Unknown(body) => {
                let escape = char::from(delimiters.escape);
                out.push(escape);
                out.push_str(&charset.decode(body));
                out.push(escape);
            }
        }
    }
    Cow::Owned(out)
}

fn push_run(out: &mut String, run: &[u8], mode: Mode, charset: Charset) {
    match mode {
        Mode::Default => out.push_str(&charset.decode(run)),
        _ => out.push_str(&charset::decode_in(run, mode, charset)),
    }
}

/// Bytes that are no text in the message's character set stay as the sequence that was sent.
fn push_hex(out: &mut String, digits: &[u8], delimiters: Delimiters, charset: Charset) {
    let bytes = unhex(digits);
    if charset.reads_all(&bytes) {
        out.push_str(&charset.decode(&bytes));
    } else {
        push_verbatim(out, b"X", digits, delimiters);
    }
}

fn push_verbatim(out: &mut String, kind: &[u8], digits: &[u8], delimiters: Delimiters) {
    let bytes = [&[delimiters.escape], kind, digits, &[delimiters.escape]].concat();
    out.push_str(&String::from_utf8_lossy(&bytes));
}

fn push_format(out: &mut String, format: Format, number: Option<u16>) {
    /// A command may not blow a small message up.
    const REPEAT_MAX: u16 = 255;
    let times = usize::from(number.unwrap_or(1).min(REPEAT_MAX));
    match format {
        Format::Break | Format::Center => out.push('\n'),
        Format::Space => out.extend(std::iter::repeat_n('\n', times.max(1))),
        Format::Skip => out.extend(std::iter::repeat_n(' ', times)),
        Format::Indent | Format::TemporaryIndent | Format::Fill | Format::NoFill => {}
    }
}

/// Text as the bytes of a value: delimiters escaped, LF as `\.br\`, CR as `\X0D\`, then the character set.
/// `None` when the set lacks a character.
pub(crate) fn encode(text: &str, delimiters: Delimiters, charset: Charset) -> Option<Cow<'_, [u8]>> {
    let must_escape = |byte: u8| {
        byte == delimiters.field
            || byte == delimiters.component
            || byte == delimiters.repetition
            || byte == delimiters.escape
            || byte == delimiters.subcomponent
            || Some(byte) == delimiters.truncation
            || byte == b'\r'
            || byte == b'\n'
    };
    if !text.bytes().any(must_escape) {
        return charset.encode(text);
    }
    let escape = char::from(delimiters.escape);
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        let Some(byte) = u8::try_from(character).ok().filter(|byte| must_escape(*byte)) else {
            out.push(character);
            continue;
        };
        out.push(escape);
        out.push_str(match byte {
            b'\r' => "X0D",
            b'\n' => ".br",
            _ if byte == delimiters.field => "F",
            _ if byte == delimiters.component => "S",
            _ if byte == delimiters.repetition => "R",
            _ if byte == delimiters.escape => "E",
            _ if byte == delimiters.subcomponent => "T",
            _ => "P",
        });
        out.push(escape);
    }
    Some(Cow::Owned(charset.encode(&out)?.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(raw: &[u8], charset: Charset) -> String {
        decode(raw, raw, Delimiters::default(), charset).into_owned()
    }

    #[test]
    fn decoding() {
        let check = |raw: &str, expect: &str| assert_eq!(plain(raw.as_bytes(), Charset::Utf8), expect, "{raw}");
        check("plain", "plain");
        check("A \\T\\ B \\S\\ C \\R\\ D \\F\\ E \\E\\ F", "A & B ^ C ~ D | E \\ F");
        check("one\\.br\\two\\.sp2\\three\\.sk3\\four", "one\ntwo\n\nthree   four");
        check("\\H\\loud\\N\\ quiet", "loud quiet");
        check("\\X41C3A9\\", "Aé");
        check("\\XFF\\", "\\XFF\\");
        check("\\Zlocal\\ \\Q\\", "\\Zlocal\\ \\Q\\");
        check("C:\\temp", "C:\\temp");
        check("\\C2D41\\\\X41\\", "A");
        check("\\M2442\\;3ED\\C2842\\ T", "山田 T");
        check("\\C9999\\x", "\\C9999\\x");
    }

    #[test]
    fn latin_switch() {
        assert_eq!(plain(b"\\C2D41\\M\xFCller", Charset::Utf8), "Müller");
        assert_eq!(plain(b"\\C2D4C\\\xB8", Charset::Utf8), "И");
    }

    #[test]
    fn what_a_set_lacks_is_refused() {
        assert_eq!(encode("é", Delimiters::default(), Charset::Ascii), None);
        assert_eq!(encode("a|é", Delimiters::default(), Charset::Ascii), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn encode_then_decode(text in "[a-zé山|^~\\\\&#\\r\\n .]{0,30}") {
            let delimiters = Delimiters { truncation: Some(b'#'), ..Delimiters::default() };
            let bytes = encode(&text, delimiters, Charset::Utf8).expect("UTF-8 has every character");
            prop_assert!(!bytes.iter().any(|byte| b"|^~&#\r\n".contains(byte)));
            prop_assert_eq!(decode(&bytes, &bytes, delimiters, Charset::Utf8), text.as_str());
        }
    }
}
