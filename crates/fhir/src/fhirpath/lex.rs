//! The words of FHIRPath, each with the byte where it begins.

use super::Position;
use super::temporal::Temporal;
use crate::{Error, codes};

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A name in backquotes: never a keyword.
    Quoted(String),
    Text(String),
    /// A number without a point.
    Integer(i64),
    /// A number with one.
    Decimal(String),
    Temporal(Temporal),
    /// `%name`.
    Variable(String),
    /// `$this`, `$index`, `$total`.
    Special(String),
    Symbol(&'static str),
    End,
}

/// Longest first.
const SYMBOLS: &[&str] =
    &["!=", "!~", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", "+", "-", "*", "/", "&", "|", "<", ">", "=", "~"];

/// Every word of a text, with its place; the last is [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<(Token, Position)>, Error> {
    let mut lexer = Lexer { text, at: 0 };
    let mut out = Vec::new();
    loop {
        lexer.skip()?;
        let start = lexer.at as Position;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        out.push((token, start));
        if is_end {
            return Ok(out);
        }
    }
}

struct Lexer<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, at: usize, text: &'static str) -> Error {
        Error::expression(codes::E1210, at as Position, text)
    }

    fn skip(&mut self) -> Result<(), Error> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{feff}', '\u{a0}']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find(['\n', '\r']).unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                let end = trimmed.find("*/").ok_or_else(|| self.error(self.at, "the comment does not end"))?;
                self.at += end + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn take(&mut self, length: usize) -> &'s str {
        let out = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        out
    }

    fn token(&mut self) -> Result<Token, Error> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        match first {
            '\'' => self.quoted('\'').map(Token::Text),
            '`' => self.quoted('`').map(Token::Quoted),
            '0'..='9' => self.number(),
            '@' => self.temporal(),
            '%' => self.variable(),
            '$' => {
                let length = 1 + word_length(&rest[1..]);
                Ok(Token::Special(self.take(length).to_string()))
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                Ok(Token::Word(self.take(word_length(rest)).to_string()))
            }
            _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(Token::Symbol(symbol))
                }
                None => Err(self.error(self.at, "this character has no meaning in FHIRPath")),
            },
        }
    }

    fn variable(&mut self) -> Result<Token, Error> {
        let start = self.at;
        self.at += 1;
        match self.rest().chars().next() {
            Some(quote @ ('`' | '\'')) => self.quoted(quote).map(Token::Variable),
            _ => match word_length(self.rest()) {
                0 => Err(self.error(start, "a name is expected after `%`")),
                length => Ok(Token::Variable(self.take(length).to_string())),
            },
        }
    }

    fn number(&mut self) -> Result<Token, Error> {
        let start = self.at;
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let whole = digits(self.rest());
        let fraction = self.rest()[whole..].strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            return Ok(Token::Decimal(self.take(whole + 1 + fraction).to_string()));
        }
        let text = self.take(whole);
        // A long integer of later versions; here every integer is long.
        if self.rest().starts_with('L') && word_length(self.rest()) == 1 {
            self.at += 1;
        }
        text.parse().map(Token::Integer).map_err(|_| self.error(start, "the number is too large"))
    }

    fn temporal(&mut self) -> Result<Token, Error> {
        let start = self.at;
        let (value, length) = Temporal::read_literal(&self.rest()[1..])
            .ok_or_else(|| self.error(start, "this is not a date, a time or both, such as @2024-02-29T14:30:00Z"))?;
        self.at += 1 + length;
        Ok(Token::Temporal(value))
    }

    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        let mut letters = self.rest().char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at += at + 1;
                    return Ok(out);
                }
                '\\' => {
                    let place = self.at + at;
                    let wrong = || self.error(place, "there is no such escape sequence");
                    let (_, escaped) = letters.next().ok_or_else(wrong)?;
                    out.push(match escaped {
                        '\'' | '"' | '`' | '\\' | '/' => escaped,
                        'f' => '\u{c}',
                        'n' => '\n',
                        'r' => '\r',
                        't' => '\t',
                        'u' => {
                            let code =
                                self.rest().get(at + 2..at + 6).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                            letters.nth(3);
                            code.and_then(char::from_u32).ok_or_else(wrong)?
                        }
                        _ => return Err(wrong()),
                    });
                }
                _ => out.push(letter),
            }
        }
        Err(self.error(start, "the closing quotation mark is missing"))
    }
}

fn word_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}
