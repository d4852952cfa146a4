//! Values to write, and whether they fit.

use super::super::{Element, Level, Message};
use crate::charset::{Charset, shape};
use crate::escape::Token;
use crate::path::Path;
use crate::{Delimiters, Error, codes, text};
use std::borrow::Cow;

/// What an edit writes.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Text, whose delimiters and line ends are escaped.
    Text(&'a str),
    /// Bytes that go in as they are: separators below the place's level are structure.
    Raw(&'a [u8]),
    /// `""`: the receiver shall delete what it has.
    Null,
    /// Nothing: the receiver shall keep what it has.
    Empty,
    /// A copy of an element, of this or another message: delimiters, escapes and character set are translated.
    Element(Element<'a>),
}

impl Message {
    /// The value in this message's delimiters and character set.
    pub(super) fn bytes_of<'a>(&self, path: &Path, value: Value<'a>) -> Result<Cow<'a, [u8]>, Error> {
        let bytes = match value {
            Value::Text(text) => text::encode(text, self.delimiters, self.charset),
            Value::Raw(bytes) => Some(Cow::Borrowed(bytes)),
            Value::Null => Some(Cow::Borrowed(&b"\"\""[..])),
            Value::Empty => Some(Cow::Borrowed(&[][..])),
            Value::Element(element) => transcribe(element, self.delimiters, self.charset),
        };
        bytes.ok_or_else(|| {
            let text = format!("the value has a character that does not exist in {}", self.charset.name());
            Error::refused(codes::E1043, path, text)
                .with_hint("declare UNICODE UTF-8 in MSH-18 if the receiver reads it")
        })
    }

    /// The bytes hold no separator of the place's own level or above, and no line end.
    pub(super) fn check_fits(&self, path: &Path, bytes: &[u8], level: Level) -> Result<(), Error> {
        let masked = if self.charset.needs_shape() { shape::of(bytes, self.charset) } else { None };
        let shape = masked.as_deref().unwrap_or(bytes);
        if memchr::memchr2(b'\r', b'\n', shape).is_some() {
            return Err(Error::refused(codes::E1044, path, "the value holds a line end, which would end the segment"));
        }
        let delimiters = self.delimiters;
        let ladder = [
            (Level::Field, delimiters.field, "field"),
            (Level::Repetition, delimiters.repetition, "repetition"),
            (Level::Component, delimiters.component, "component"),
            (Level::Subcomponent, delimiters.subcomponent, "subcomponent"),
        ];
        for (_, separator, name) in ladder.iter().filter(|(place, _, _)| *place <= level) {
            if memchr::memchr(*separator, shape).is_some() {
                let text = format!("the value holds a {name} separator, which this place cannot hold");
                return Err(Error::refused(codes::E1044, path, text)
                    .with_hint("copy to a higher level, or take one part of the value"));
            }
        }
        Ok(())
    }
}

/// The element's bytes in other delimiters and another character set; `None` when a character is lacking.
pub(super) fn transcribe(element: Element<'_>, to: Delimiters, charset: Charset) -> Option<Cow<'_, [u8]>> {
    let source = element.message();
    let from = source.delimiters;
    let is_same_set = source.charset == charset || (source.is_ascii && source.shape.is_none());
    if element.level() == Level::Verbatim {
        return Some(Cow::Owned(text::encode(&element.text(), to, charset)?.into_owned()));
    }
    if from == to && is_same_set {
        return Some(Cow::Borrowed(element.raw()));
    }
    let mut out = Vec::with_capacity(element.raw().len());
    let mut rest = element.shape();
    for token in element.tokens() {
        let before = rest.len();
        match token {
            Token::Text(run) => {
                push_run(&mut out, run, &rest[..run.len()], source, to, charset)?;
                rest = &rest[run.len()..];
                continue;
            }
            Token::Delimiter(byte) => {
                let mut one = [0; 4];
                out.extend_from_slice(&text::encode(char::from(byte).encode_utf8(&mut one), to, charset)?);
            }
            _ => {}
        }
        // Every other token is one escape character, a body and one escape character.
        let length = 2 + memchr::memchr(from.escape, &rest[1..])?;
        if !matches!(token, Token::Delimiter(_)) {
            let at = element.raw().len() - before;
            out.push(to.escape);
            out.extend_from_slice(&element.raw()[at + 1..at + length - 1]);
            out.push(to.escape);
        }
        rest = &rest[length..];
    }
    Some(Cow::Owned(out))
}

/// A run without escapes: separators change, text between them is decoded and encoded.
fn push_run(
    out: &mut Vec<u8>,
    run: &[u8],
    shape: &[u8],
    source: &Message,
    to: Delimiters,
    charset: Charset,
) -> Option<()> {
    let from = source.delimiters;
    let mut start = 0;
    for at in 0..=run.len() {
        let separator = match shape.get(at) {
            None => None,
            Some(byte) if *byte == from.field => Some(to.field),
            Some(byte) if *byte == from.component => Some(to.component),
            Some(byte) if *byte == from.repetition => Some(to.repetition),
            Some(byte) if *byte == from.subcomponent => Some(to.subcomponent),
            Some(_) => continue,
        };
        let piece = &run[start..at];
        // `""` is a state, not text; it has no delimiter in it either way.
        out.extend_from_slice(&text::encode(&source.charset.decode(piece), to, charset)?);
        out.extend(separator);
        start = at + 1;
    }
    Some(())
}
