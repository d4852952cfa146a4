//! Reads JSON (RFC 8259) into the tree.
//!
//! Promises: what stands in front of the first mistake is there; a mistake is told with line and column.

use crate::{
    charset::{Decoded, line_and_column},
    codes,
    limits::DEPTH_MAX,
    tree::{Builder, Kind, Slice},
};
use message::{Code, Diagnostic};
use std::{collections::HashSet, ops::Range};

/// Reads a text.
pub(crate) fn read(decoded: &Decoded, found: &mut Vec<Diagnostic>) -> Builder {
    let text = decoded.as_str();
    let root = match text.trim_start().bytes().next() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        _ => Kind::Null,
    };
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, builder: Builder::new(root, text.len()), found };
    reader.blanks();
    let start = reader.at;
    if reader.value(0, 0, start).is_some() {
        reader.blanks();
        if reader.at < text.len() {
            reader.fail::<()>(codes::E1301, "there is more behind the value", reader.at);
        }
    }
    reader.builder
}

struct Reader<'t, 'f> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    builder: Builder,
    found: &'f mut Vec<Diagnostic>,
}

impl Reader<'_, '_> {
    #[cold]
    fn fail<T>(&mut self, code: Code, what: &str, at: usize) -> Option<T> {
        let (line, column) = line_and_column(self.text, at);
        let what = format!("{what} (line {line}, column {column})");
        self.found.push(Diagnostic::error(code, what).at_path("", Some(at)));
        None
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Reads the value that begins here into node `id`, whose whole begins at `start`.
    fn value(&mut self, id: u32, depth: usize, start: usize) -> Option<()> {
        let begin = self.at;
        if depth > DEPTH_MAX {
            let what = format!("values are nested more than {DEPTH_MAX} deep");
            return self.fail(codes::E1305, &what, begin);
        }
        let done = match self.peek() {
            Some(b'{') => self.object(id, depth),
            Some(b'[') => self.array(id, depth),
            Some(b'"') => {
                let text = self.string()?;
                self.builder.node(id).text = text;
                self.builder.node(id).kind = Kind::Text;
                Some(())
            }
            Some(b'-' | b'0'..=b'9') => self.number(id),
            Some(b't' | b'f' | b'n') => self.word(id),
            Some(_) => self.fail(codes::E1301, "a value is expected here", begin),
            None => self.fail(codes::E1301, "the text ends where a value is expected", begin),
        };
        let end = u32::try_from(self.at).unwrap_or(0);
        let node = self.builder.node(id);
        node.value = u32::try_from(begin).unwrap_or(0)..end;
        node.span = u32::try_from(start).unwrap_or(0)..end;
        done
    }

    fn child(&mut self, id: u32, name: Slice, start: usize, depth: usize) -> Option<()> {
        match self.builder.add(id, Kind::Null, name, start) {
            Ok(child) => self.value(child, depth + 1, start),
            Err(_) => {
                let what = format!("there are more than {} values", crate::limits::NODES_MAX);
                self.fail(codes::E1305, &what, start)
            }
        }
    }

    fn object(&mut self, id: u32, depth: usize) -> Option<()> {
        self.builder.node(id).kind = Kind::Object;
        self.at += 1;
        self.blanks();
        let mut names: Vec<Range<usize>> = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek() != Some(b'"') {
                return self.fail(codes::E1301, "the name of a property is expected here, in quotes", start);
            }
            let name = self.string()?;
            names.push(start..self.at);
            self.blanks();
            if self.peek() != Some(b':') {
                return self.fail(codes::E1301, "`:` is expected here", self.at);
            }
            self.at += 1;
            self.blanks();
            self.child(id, name, start, depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.twice(&names);
                    return Some(());
                }
                Some(_) => return self.fail(codes::E1301, "`,` or `}` is expected here", self.at),
                None => return self.fail(codes::E1301, "an object does not end", self.at),
            }
        }
    }

    /// Properties of one name: readers do not agree which counts.
    fn twice(&mut self, names: &[Range<usize>]) {
        if names.len() < 2 {
            return;
        }
        let mut seen = HashSet::with_capacity(names.len());
        let again = names.iter().find(|name| !seen.insert(self.text.get((*name).clone()))).cloned();
        if let Some(again) = again {
            let (line, column) = line_and_column(self.text, again.start);
            let what = format!("an object names a property twice (line {line}, column {column})");
            self.found.push(Diagnostic::warning(codes::E1302, what).at_path("", Some(again.start)));
        }
    }

    fn array(&mut self, id: u32, depth: usize) -> Option<()> {
        self.builder.node(id).kind = Kind::Array;
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Some(());
        }
        loop {
            self.blanks();
            self.child(id, Slice::default(), self.at, depth)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Some(());
                }
                Some(_) => return self.fail(codes::E1301, "`,` or `]` is expected here", self.at),
                None => return self.fail(codes::E1301, "an array does not end", self.at),
            }
        }
    }

    fn word(&mut self, id: u32) -> Option<()> {
        let words = [("true", Kind::Truth), ("false", Kind::Truth), ("null", Kind::Null)];
        let rest = &self.text[self.at..];
        let Some((word, kind)) = words.into_iter().find(|(word, _)| rest.starts_with(word)) else {
            return self.fail(codes::E1301, "a value is expected here; a text stands in quotes", self.at);
        };
        let range = self.at..self.at + word.len();
        self.at = range.end;
        let node = self.builder.node(id);
        node.kind = kind;
        if kind == Kind::Truth {
            node.text = Builder::verbatim(range);
        }
        Some(())
    }

    fn digits(&mut self) -> usize {
        let before = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - before
    }

    fn number(&mut self, id: u32) -> Option<()> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let is_zero = self.peek() == Some(b'0');
        let whole = self.digits();
        let mut is_right = whole == 1 || whole > 1 && !is_zero;
        if self.peek() == Some(b'.') {
            self.at += 1;
            is_right &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            is_right &= self.digits() > 0;
        }
        if !is_right {
            return self.fail(codes::E1301, "this is not how a number is written", start);
        }
        let node = self.builder.node(id);
        node.kind = Kind::Number;
        node.text = Builder::verbatim(start..self.at);
        Some(())
    }

    /// The characters between two quotes; the first of them stands here.
    fn string(&mut self) -> Option<Slice> {
        let start = self.at + 1;
        self.at = start;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Some(Builder::verbatim(start..self.at - 1));
                }
                Some(b'\\') => return self.escaped(start),
                Some(0..=0x1F) => {
                    return self.fail(codes::E1301, "a control character stands in a string", self.at);
                }
                Some(_) => self.at += 1,
                None => return self.fail(codes::E1301, "a string does not end", start - 1),
            }
        }
    }

    /// As [`Reader::string`], from the first backslash on.
    fn escaped(&mut self, start: usize) -> Option<Slice> {
        let mut out = self.text[start..self.at].to_owned();
        loop {
            let from = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1F)) {
                self.at += 1;
            }
            out.push_str(&self.text[from..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Some(self.builder.kept(&out));
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return self.fail(codes::E1301, "a control character stands in a string", self.at),
                None => return self.fail(codes::E1301, "a string does not end", start - 1),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let start = self.at;
        self.at += 2;
        Some(match self.bytes.get(start + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(*byte),
            Some(b'u') => return self.unicode(start),
            _ => return self.fail(codes::E1301, "this is no escape of a string", start),
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// `\u00E9`, or two of them for a character beyond the first plane.
    fn unicode(&mut self, start: usize) -> Option<char> {
        let Some(high) = self.unit() else {
            return self.fail(codes::E1301, "four digits are expected behind `\\u`", start);
        };
        if (0xD800..0xDC00).contains(&high) && self.text[self.at..].starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            if let Some(low) = self.unit().filter(|low| (0xDC00..0xE000).contains(low)) {
                return char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00));
            }
            self.at = before;
        }
        Some(char::from_u32(high).unwrap_or_else(|| {
            let (line, column) = line_and_column(self.text, start);
            let what = format!("half of a character is written alone (line {line}, column {column})");
            self.found.push(Diagnostic::warning(codes::E1303, what).at_path("", Some(start)));
            '\u{FFFD}'
        }))
    }
}

/// A text as a JSON string, with its quotes.
pub(crate) fn quote(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7F}' => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A number as JSON writes it.
#[must_use]
pub fn is_number(text: &str) -> bool {
    let rest = text.strip_prefix('-').unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    if whole == 0 || whole > 1 && rest.starts_with('0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = &fraction[count..];
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        let count = digits(exponent);
        return count > 0 && count == exponent.len();
    }
    rest.is_empty()
}
