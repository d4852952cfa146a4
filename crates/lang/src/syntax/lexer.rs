//! The lexer: any text becomes tokens whose texts, joined, are the text again.
//!
//! Promises: never fails, linear time, every byte in exactly one token. What fits nothing is an `Error` token with a
//! finding. It knows no words of the language.

use super::{Token, TokenKind, findings::Findings, quote, shape};
use crate::codes;

/// Characters of an unquoted address that a finding underlines.
const ADDRESS_SHOWN_MAX: usize = 200;

/// Turns `text` into tokens.
pub(crate) fn lex(text: &str, findings: &mut Findings) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), findings, is_block_text_unclosed: false };
    while lexer.at < text.len() {
        let start = lexer.at;
        let kind = lexer.next_kind();
        // Each branch consumes at least one character; this line makes a slip loop-free.
        lexer.at = lexer.at.max(start + 1);
        lexer.tokens.push(Token { kind, start: start as u32, end: lexer.at as u32 });
    }
    lexer.tokens
}

/// A character that no file may hold as itself: control characters, and the marks that make an editor show text in
/// another order than it is read (Unicode TR36 §3.1, CVE-2021-42574).
pub(crate) fn is_forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Looks like a blank, or like nothing, and is not one: what pasting from a word processor leaves.
fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && (c.is_whitespace() && !c.is_control() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}'))
}

/// Ends a bare run. `[` and `(` are looked at more closely by the lexer.
fn ends_run(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '{' | '}' | '[' | ']' | '(' | ')' | ',' | '|' | '"' | '=' | '<' | '>' | '!')
        || is_forbidden(c)
        || is_odd_space(c)
}

struct Lexer<'t, 'f> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    findings: &'f mut Findings,
    /// A `"""` was found without an end, so no later one can have an end either.
    is_block_text_unclosed: bool,
}

impl Lexer<'_, '_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    /// Consumes while `accepts` holds.
    fn skip_while(&mut self, accepts: impl Fn(char) -> bool) {
        self.at += self.rest().find(|c| !accepts(c)).unwrap_or(self.text.len() - self.at);
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.rest().starts_with(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    /// Consumes `kind`'s single character.
    fn one(&mut self, kind: TokenKind) -> TokenKind {
        self.at += 1;
        kind
    }

    /// Consumes an operator of one character, or of two with `=`.
    fn with_equal(&mut self, alone: TokenKind, with: TokenKind) -> TokenKind {
        self.at += 1;
        if self.eat('=') { with } else { alone }
    }

    fn next_kind(&mut self) -> TokenKind {
        let Some(c) = self.peek() else { return TokenKind::Error };
        match c {
            ' ' | '\t' => self.space(),
            '\n' => self.one(TokenKind::Newline),
            '\r' => {
                self.at += 1;
                self.eat('\n');
                TokenKind::Newline
            }
            '#' => self.comment(),
            '"' => self.text(),
            '{' => self.one(TokenKind::OpenBrace),
            '}' => self.one(TokenKind::CloseBrace),
            '[' => self.one(TokenKind::OpenBracket),
            ']' => self.one(TokenKind::CloseBracket),
            '(' => self.one(TokenKind::OpenParen),
            ')' => self.one(TokenKind::CloseParen),
            ',' => self.one(TokenKind::Comma),
            '|' => self.one(TokenKind::Pipe),
            '=' => self.one(TokenKind::Equal),
            '<' => self.with_equal(TokenKind::Less, TokenKind::LessEqual),
            '>' => self.with_equal(TokenKind::Greater, TokenKind::GreaterEqual),
            '!' => self.exclamation(),
            c if is_odd_space(c) => self.odd_space(),
            c if is_forbidden(c) => self.forbidden(),
            _ => self.bare(),
        }
    }

    fn space(&mut self) -> TokenKind {
        self.skip_while(|c| c == ' ' || c == '\t');
        TokenKind::Space
    }

    fn odd_space(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(is_odd_space);
        let is_byte_order_mark = self.text[..self.at] == *"\u{FEFF}";
        if !is_byte_order_mark {
            self.findings.warning(
                codes::E2017,
                start..self.at,
                "a character looks like a blank and is not one",
                "not a blank",
                "replace it by an ordinary blank; text pasted from a document or a web page often brings these along",
            );
        }
        TokenKind::Space
    }

    fn forbidden(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(is_forbidden);
        self.report_forbidden(start);
        TokenKind::Error
    }

    /// One finding for the control characters since `start`.
    fn report_forbidden(&mut self, start: usize) {
        if let Some((at, c)) = self.text[start..self.at].char_indices().find(|(_, c)| is_forbidden(*c)) {
            self.findings.error(
                codes::E2008,
                start + at..start + at + c.len_utf8(),
                &format!("the file holds the control character U+{:04X}", u32::from(c)),
                "cannot be seen here",
                &format!("delete it; inside a text write it as \\u{{{:X}}}", u32::from(c)),
            );
        }
    }

    fn comment(&mut self) -> TokenKind {
        let start = self.at;
        self.skip_while(|c| c != '\n' && c != '\r');
        self.report_forbidden(start);
        TokenKind::Comment
    }

    fn exclamation(&mut self) -> TokenKind {
        let kind = self.with_equal(TokenKind::Error, TokenKind::NotEqual);
        if kind == TokenKind::Error {
            self.findings.error(
                codes::E2015,
                self.at - 1..self.at,
                "`!` alone means nothing here",
                "expected `!=` or `not`",
                "write `not` before a condition, `!=` between two values, or put a text with `!` in quotes",
            );
        }
        kind
    }
}

/// Texts.
impl Lexer<'_, '_> {
    fn text(&mut self) -> TokenKind {
        let start = self.at;
        let kind = if self.rest().starts_with("\"\"\"") { self.block_text() } else { self.line_text() };
        self.report_forbidden(start);
        if kind.is_text() {
            self.check_escapes(start, if kind == TokenKind::BlockText { 3 } else { 1 });
        } else {
            self.findings.error(
                codes::E2004,
                start..self.at,
                "the text does not end",
                "starts here and has no closing quotes",
                "add the missing `\"`; a text of several lines starts and ends with `\"\"\"`",
            );
        }
        kind
    }

    fn check_escapes(&mut self, start: usize, quotes: usize) {
        let inner = start + quotes;
        let mut wrong = Vec::new();
        quote::resolve(&self.text[inner..self.at - quotes], &mut |place| wrong.push(place));
        for place in wrong {
            let place = inner + place.start..inner + place.end;
            let written = &self.text[place.clone()];
            self.findings.error(
                codes::E2005,
                place,
                &format!("`{written}` is not an escape"),
                "unknown escape",
                &format!("for a backslash write two: `\\{written}`; escapes are \\\" \\\\ \\n \\t \\r \\u{{1F}}"),
            );
        }
    }

    /// `"…"` up to the line end.
    fn line_text(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        let mut is_escaped = false;
        for (offset, c) in self.text[start + 1..].char_indices() {
            match c {
                '\n' | '\r' => {
                    self.at = start + 1 + offset;
                    self.leave_open_brace(start);
                    return TokenKind::Error;
                }
                _ if is_escaped => is_escaped = false,
                '\\' => is_escaped = true,
                '"' => {
                    self.at = start + offset + 2;
                    return TokenKind::Text;
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        self.leave_open_brace(start);
        TokenKind::Error
    }

    /// A forgotten quote before `{` at the line end must not swallow the block: the brace is given back.
    fn leave_open_brace(&mut self, start: usize) {
        let line = self.text[start..self.at].trim_end_matches([' ', '\t']);
        if let Some(header) = line.strip_suffix('{') {
            let kept = header.trim_end_matches([' ', '\t']).len();
            if kept > 0 && kept < header.len() {
                self.at = start + kept;
            }
        }
    }

    fn block_text(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 3;
        let mut is_escaped = false;
        let mut quotes = 0;
        if !self.is_block_text_unclosed {
            for (offset, byte) in self.text.as_bytes()[start + 3..].iter().enumerate() {
                quotes = if *byte == b'"' && !is_escaped { quotes + 1 } else { 0 };
                is_escaped = *byte == b'\\' && !is_escaped;
                if quotes == 3 {
                    self.at = start + 3 + offset + 1;
                    return TokenKind::BlockText;
                }
            }
        }
        self.is_block_text_unclosed = true;
        self.skip_while(|c| c != '\n' && c != '\r');
        TokenKind::Error
    }
}

/// Bare runs.
impl Lexer<'_, '_> {
    fn bare(&mut self) -> TokenKind {
        let start = self.at;
        let mut is_whole = true;
        while let Some(c) = self.peek() {
            match c {
                '[' => {
                    is_whole = self.index();
                    if !is_whole {
                        break;
                    }
                }
                '(' => {
                    if !self.argument(start) {
                        break;
                    }
                }
                c if ends_run(c) => break,
                c => self.at += c.len_utf8(),
            }
        }
        if !is_whole {
            return TokenKind::Error;
        }
        self.check_run(start);
        shape::shape(&self.text[start..self.at])
    }

    /// `[…]` inside a run: quotes may hold blanks, nothing else may. What was looked at is consumed either way, so a
    /// line of unclosed brackets is still read once.
    fn index(&mut self) -> bool {
        let open = self.at;
        let mut is_quoted = false;
        let mut is_escaped = false;
        let mut close = None;
        for (offset, c) in self.text[open..].char_indices() {
            self.at = open + offset;
            match c {
                '\n' | '\r' => break,
                _ if is_escaped => is_escaped = false,
                '\\' if is_quoted => is_escaped = true,
                '"' => is_quoted = !is_quoted,
                _ if is_quoted => {}
                ']' => {
                    close = Some(self.at + 1);
                    break;
                }
                ' ' | '\t' | '{' | '}' | '|' => break,
                c if is_forbidden(c) || is_odd_space(c) => break,
                _ => {}
            }
            self.at = open + offset + c.len_utf8();
        }
        if let Some(end) = close {
            self.at = end;
            self.report_forbidden(open);
            return true;
        }
        self.findings.error(
            codes::E2006,
            open..self.at,
            "the index does not close",
            "expected `]`",
            "close it without blanks: `PID-3[.5=MR]`; put a value with blanks in quotes: `PID-3[.5=\"M R\"]`",
        );
        false
    }

    /// `(…)` inside a run, such as `extension(url)`, when it closes without blanks. After `and`, `or` and `not` it is
    /// always a group.
    fn argument(&mut self, start: usize) -> bool {
        if matches!(&self.text[start..self.at], "and" | "or" | "not") {
            return false;
        }
        let inner = &self.text[self.at + 1..];
        let length = inner.find(ends_run).unwrap_or(inner.len());
        let closes = length > 0 && inner[length..].starts_with(')');
        if closes {
            self.at += length + 2;
        }
        closes
    }

    /// What people carry over from other languages or documents and would not see.
    fn check_run(&mut self, start: usize) {
        let run = &self.text[start..self.at];
        let span = start..self.at;
        if run.starts_with(['\'', '\u{2018}', '\u{2019}', '\u{201A}', '\u{201C}', '\u{201D}', '\u{201E}', '\u{AB}']) {
            self.findings.error(
                codes::E2013,
                span,
                "a text stands between straight double quotes",
                "these quotation marks are part of the word",
                "write \"text\" instead",
            );
        } else if run.ends_with(';') {
            self.findings.error(
                codes::E2014,
                self.at - 1..self.at,
                "`;` does not end a statement, the line end does",
                "part of the word before it",
                "delete it, and give each statement its own line",
            );
        } else if self.rest().starts_with('=') && (run.contains("://") || run.contains('?')) {
            let rest = self.rest();
            // Bounded, so that a long line without blanks is not read again for each of its `=`.
            let shown = rest.char_indices().take(ADDRESS_SHOWN_MAX);
            let end = shown.take_while(|(_, c)| !matches!(c, ' ' | '\t' | '\n' | '\r' | '{' | '}')).last();
            let end = self.at + end.map_or(0, |(at, c)| at + c.len_utf8());
            self.findings.error(
                codes::E2012,
                start..end,
                "an address with `=` needs quotes",
                "`=` ends the address",
                "put the whole address between quotes",
            );
        }
    }
}
