//! Escape sequences as tokens (HL7 v2.9 §2.7): what stands between two escape characters.
//!
//! Promises: the tokens of a value, written back, are the value's bytes; a sequence that is not known stays whole.
//! Resolved after splitting, never before.

use crate::Delimiters;

/// One part of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// Bytes in the message's character set, without an escape.
    Text(&'a [u8]),
    /// `\F\ \S\ \T\ \R\ \E\ \P\`: a delimiter of the message that the value belongs to.
    Delimiter(u8),
    /// `\Xdd..\`: the pairs of hexadecimal digits.
    Hex(&'a [u8]),
    /// `\Zdd..\`: meaning agreed between two sites; all between the escape characters.
    Local(&'a [u8]),
    /// `\H\`: start highlighting.
    HighlightOn,
    /// `\N\`: normal text again.
    HighlightOff,
    /// `\Cxxyy\` or `\Mxxyyzz\`: switch to a character set; the hexadecimal digits.
    Charset(&'a [u8]),
    /// A formatting command (HL7 v2.9 §2.7.6), with its number where it has one.
    Format(Format, Option<u16>),
    /// A sequence that is not known: all between the escape characters.
    Unknown(&'a [u8]),
}

/// Formatting commands of FT fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.br`: begin a new line.
    Break,
    /// `.sp n`: end the line and skip n.
    Space,
    /// `.in n`: indent all lines.
    Indent,
    /// `.ti n`: indent this line.
    TemporaryIndent,
    /// `.fi`: word wrap.
    Fill,
    /// `.nf`: no word wrap.
    NoFill,
    /// `.sk n`: skip n spaces.
    Skip,
    /// `.ce`: end the line and centre the next.
    Center,
}

/// Iterates over the tokens of one value.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    raw: &'a [u8],
    shape: &'a [u8],
    delimiters: Delimiters,
}

impl<'a> Tokens<'a> {
    /// `shape` is `raw` with multi-byte characters masked, or `raw` itself; both have the same length.
    pub(crate) fn new(raw: &'a [u8], shape: &'a [u8], delimiters: Delimiters) -> Tokens<'a> {
        Tokens { raw, shape, delimiters }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (head, tail) = self.raw.split_at(length);
        self.raw = tail;
        self.shape = &self.shape[length..];
        head
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.raw.is_empty() {
            return None;
        }
        let escape = self.delimiters.escape;
        match memchr::memchr(escape, self.shape) {
            None => Some(Token::Text(self.take(self.raw.len()))),
            Some(0) => match memchr::memchr(escape, &self.shape[1..]) {
                // An escape character that nothing closes is text.
                None => Some(Token::Text(self.take(self.raw.len()))),
                Some(length) => {
                    let body = &self.take(length + 2)[1..=length];
                    Some(read(body, self.delimiters))
                }
            },
            Some(at) => Some(Token::Text(self.take(at))),
        }
    }
}

/// What stands between two escape characters.
fn read(body: &[u8], delimiters: Delimiters) -> Token<'_> {
    let is_hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match body {
        b"F" => Token::Delimiter(delimiters.field),
        b"S" => Token::Delimiter(delimiters.component),
        b"T" => Token::Delimiter(delimiters.subcomponent),
        b"R" => Token::Delimiter(delimiters.repetition),
        b"E" => Token::Delimiter(delimiters.escape),
        b"P" => Token::Delimiter(delimiters.truncation.unwrap_or(b'#')),
        b"H" => Token::HighlightOn,
        b"N" => Token::HighlightOff,
        [b'X', digits @ ..] if !digits.is_empty() && digits.len() % 2 == 0 && is_hex(digits) => Token::Hex(digits),
        [b'Z', ..] => Token::Local(body),
        [b'C', digits @ ..] if digits.len() == 4 && is_hex(digits) => Token::Charset(digits),
        [b'M', digits @ ..] if matches!(digits.len(), 4 | 6) && is_hex(digits) => Token::Charset(digits),
        [b'.', command @ ..] => format(command).unwrap_or(Token::Unknown(body)),
        _ => Token::Unknown(body),
    }
}

/// `sp`, `sp3`, `sp 3` and `in+2` are all met.
fn format<'a>(command: &[u8]) -> Option<Token<'a>> {
    let (name, rest) = command.split_at_checked(2)?;
    let digits = rest.trim_ascii();
    let number = match digits {
        [] => None,
        [b'+' | b'-', ..] => Some(std::str::from_utf8(&digits[1..]).ok()?.parse().ok()?),
        _ => Some(std::str::from_utf8(digits).ok()?.parse().ok()?),
    };
    let format = match &name.to_ascii_lowercase()[..] {
        b"br" => Format::Break,
        b"sp" => Format::Space,
        b"in" => Format::Indent,
        b"ti" => Format::TemporaryIndent,
        b"fi" => Format::Fill,
        b"nf" => Format::NoFill,
        b"sk" => Format::Skip,
        b"ce" => Format::Center,
        _ => return None,
    };
    Some(Token::Format(format, number))
}

/// Bytes that pairs of hexadecimal digits stand for; the caller has checked that they are such.
pub(crate) fn unhex(digits: &[u8]) -> Vec<u8> {
    let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        let check = |text: &str, expect: &[Token<'_>]| {
            let found: Vec<Token<'_>> = Tokens::new(text.as_bytes(), text.as_bytes(), Delimiters::default()).collect();
            assert_eq!(found, expect, "{text}");
        };
        check("", &[]);
        check("plain", &[Token::Text(b"plain")]);
        check("a\\F\\b", &[Token::Text(b"a"), Token::Delimiter(b'|'), Token::Text(b"b")]);
        check("\\P\\", &[Token::Delimiter(b'#')]);
        check("\\X0D0A\\", &[Token::Hex(b"0D0A")]);
        check("\\X0\\", &[Token::Unknown(b"X0")]);
        check("\\Zpay\\", &[Token::Local(b"Zpay")]);
        check("\\H\\x\\N\\", &[Token::HighlightOn, Token::Text(b"x"), Token::HighlightOff]);
        check("\\C2D41\\", &[Token::Charset(b"2D41")]);
        check("\\M242844\\", &[Token::Charset(b"242844")]);
        check("\\.br\\", &[Token::Format(Format::Break, None)]);
        check("\\.sp 3\\", &[Token::Format(Format::Space, Some(3))]);
        check("\\.in+2\\", &[Token::Format(Format::Indent, Some(2))]);
        check("\\.zz\\", &[Token::Unknown(b".zz")]);
        check("\\\\", &[Token::Unknown(b"")]);
        check("C:\\temp", &[Token::Text(b"C:"), Token::Text(b"\\temp")]);
    }
}
