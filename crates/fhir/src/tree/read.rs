//! Reads JSON: RFC 8259 and nothing beside it, in one pass over the bytes.

use super::name::{Known, known};
use super::write::plain_length;
use super::{Cell, Kind, NONE, Name, TREE_BYTES_MAX, TREE_DEPTH_MAX, TREE_NODES_MAX, Tree};
use crate::{Error, codes};
use message::Code;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Properties up to which names are compared with each other; larger objects are sorted instead.
const COMPARED_MAX: usize = 16;

pub(super) fn read(tree: &mut Tree, bytes: &[u8]) -> Result<(), Error> {
    tree.clear();
    tree.cells.clear();
    if bytes.len() > TREE_BYTES_MAX {
        let text = format!("the document is larger than {} MiB", TREE_BYTES_MAX >> 20);
        return Err(Error::bytes(codes::E1201, bytes, 0, text));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|bad| Error::bytes(codes::E1203, bytes, bad.valid_up_to(), "the bytes are not UTF-8"))?;
    tree.text.push_str(text);
    let start = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
    let mut reader = Reader { source: text, bytes, at: start, tree, known: known(), names: Vec::new() };
    reader.skip_space();
    reader.value(NONE, NONE, 0)?;
    reader.skip_space();
    if reader.at < bytes.len() {
        return Err(reader.error("something follows the end of the value"));
    }
    Ok(())
}

struct Reader<'s> {
    source: &'s str,
    bytes: &'s [u8],
    at: usize,
    tree: &'s mut Tree,
    known: &'static Known,
    /// Names of the open objects with the byte they stand at.
    names: Vec<(u32, u32)>,
}

impl Reader<'_> {
    fn error(&self, text: &'static str) -> Error {
        let text = if self.at >= self.bytes.len() { "the document ends too early" } else { text };
        self.error_at(codes::E1200, self.at, text)
    }

    fn error_at(&self, code: Code, at: usize, text: &'static str) -> Error {
        Error::bytes(code, self.bytes, at, text)
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Adds a node behind the others; its parent links it.
    #[inline]
    fn add(&mut self, cell: Cell) -> Result<u32, Error> {
        let id = self.tree.cells.len();
        if id >= TREE_NODES_MAX {
            return Err(self.error_at(codes::E1201, self.at, "the document has more values than a tree may hold"));
        }
        self.tree.cells.push(cell);
        Ok(id as u32)
    }

    fn value(&mut self, parent: u32, name: u32, depth: usize) -> Result<u32, Error> {
        match self.peek() {
            b'"' => self.text(parent, name),
            b'{' => self.object(parent, name, depth),
            b'[' => self.array(parent, name, depth),
            b'-' | b'0'..=b'9' => self.number(parent, name),
            b't' => self.word("true", Cell { a: 1, ..Cell::new(Kind::Bool, parent, name) }),
            b'f' => self.word("false", Cell::new(Kind::Bool, parent, name)),
            b'n' => self.word("null", Cell::new(Kind::Null, parent, name)),
            _ => Err(self.error("a value is expected here")),
        }
    }

    fn word(&mut self, word: &'static str, cell: Cell) -> Result<u32, Error> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error("a value is expected here"));
        }
        self.at += word.len();
        self.add(cell)
    }

    fn open(&mut self, depth: usize) -> Result<(), Error> {
        if depth >= TREE_DEPTH_MAX {
            return Err(self.error_at(codes::E1201, self.at, "values are nested too deep"));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn object(&mut self, parent: u32, name: u32, depth: usize) -> Result<u32, Error> {
        let id = self.add(Cell::new(Kind::Object, parent, name))?;
        self.open(depth)?;
        let base = self.names.len();
        let (mut last, mut seen) = (NONE, 0);
        let mut is_open = self.peek() != b'}';
        while is_open {
            let at = self.at;
            let child_name = self.name()?;
            seen |= child_name.bit();
            self.names.push((child_name.0, at as u32));
            self.skip_space();
            if self.peek() != b':' {
                return Err(self.error("a colon is expected after the name of a property"));
            }
            self.at += 1;
            self.skip_space();
            let child = self.value(id, child_name.0, depth + 1)?;
            self.link(id, last, child);
            last = child;
            is_open = self.comma(b'}', "a comma or a closing brace is expected here")?;
        }
        self.at += 1;
        let cell = self.tree.cell_mut(id);
        (cell.b, cell.seen) = (last, seen);
        self.refuse_twins(base)?;
        Ok(id)
    }

    fn array(&mut self, parent: u32, name: u32, depth: usize) -> Result<u32, Error> {
        let id = self.add(Cell::new(Kind::Array, parent, name))?;
        self.open(depth)?;
        let mut last = NONE;
        let mut is_open = self.peek() != b']';
        while is_open {
            let child = self.value(id, NONE, depth + 1)?;
            self.link(id, last, child);
            last = child;
            is_open = self.comma(b']', "a comma or a closing bracket is expected here")?;
        }
        self.at += 1;
        self.tree.cell_mut(id).b = last;
        Ok(id)
    }

    #[inline]
    fn link(&mut self, parent: u32, last: u32, child: u32) {
        if last == NONE {
            self.tree.cell_mut(parent).a = child;
        } else {
            self.tree.cell_mut(last).next = child;
        }
    }

    /// After a value: true behind a comma, false at the closing byte.
    #[inline]
    fn comma(&mut self, close: u8, expected: &'static str) -> Result<bool, Error> {
        self.skip_space();
        if self.peek() == close {
            return Ok(false);
        }
        if self.peek() != b',' {
            return Err(self.error(expected));
        }
        self.at += 1;
        self.skip_space();
        if self.peek() == close {
            return Err(self.error("a comma stands before the end"));
        }
        Ok(true)
    }

    /// A property may stand once in an object (FHIR R4 §2.6.2); which of two counts, nobody could say.
    fn refuse_twins(&mut self, base: usize) -> Result<(), Error> {
        let names = &mut self.names[base..];
        let twin = if names.len() <= COMPARED_MAX {
            let is_twin = |at: &usize| names[..*at].iter().any(|(name, _)| *name == names[*at].0);
            (1..names.len()).find(is_twin).map(|at| names[at].1)
        } else {
            names.sort_unstable();
            names.windows(2).find(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1)
        };
        self.names.truncate(base);
        match twin {
            Some(at) => Err(self.error_at(codes::E1202, at as usize, "a property stands twice in one object")),
            None => Ok(()),
        }
    }

    fn name(&mut self) -> Result<Name, Error> {
        if self.peek() != b'"' {
            return Err(self.error("the name of a property is expected here, in quotation marks"));
        }
        let start = self.at + 1;
        let end = self.plain_end(start);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            let text = &self.source[start..end];
            return Ok(self.known.find(text).unwrap_or_else(|| self.tree.names.intern(text)));
        }
        let from = self.tree.text.len();
        self.escaped(start, end)?;
        let text = self.tree.text.split_off(from);
        Ok(self.tree.name(&*text))
    }

    fn text(&mut self, parent: u32, name: u32) -> Result<u32, Error> {
        let start = self.at + 1;
        let end = self.plain_end(start);
        let mut cell = Cell::new(Kind::Text, parent, name);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            (cell.a, cell.b, cell.is_plain) = (start as u32, (end - start) as u32, true);
        } else {
            let from = self.tree.text.len();
            self.escaped(start, end)?;
            (cell.a, cell.b) = (from as u32, (self.tree.text.len() - from) as u32);
        }
        self.add(cell)
    }

    /// Where the string at `start` ends or has something to decode.
    #[inline]
    fn plain_end(&self, start: usize) -> usize {
        start + plain_length(self.bytes.get(start..).unwrap_or_default())
    }

    /// Decodes a string that has escapes onto the end of the buffer; `stop` is its first byte that is not plain.
    fn escaped(&mut self, start: usize, stop: usize) -> Result<(), Error> {
        let (mut from, mut at) = (start, stop);
        loop {
            self.tree.text.push_str(&self.source[from..at]);
            match self.bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(());
                }
                Some(b'\\') => at = self.escape(at)?,
                Some(_) => return Err(self.error_at(codes::E1203, at, "a string holds a control character")),
                None => return Err(self.error_at(codes::E1200, at, "the document ends inside a string")),
            }
            from = at;
            at = self.plain_end(at);
        }
    }

    /// One escape sequence; gives the byte after it.
    fn escape(&mut self, at: usize) -> Result<usize, Error> {
        let letter = match self.bytes.get(at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(at),
            _ => return Err(self.error_at(codes::E1203, at, "there is no such escape sequence")),
        };
        self.tree.text.push(letter);
        Ok(at + 2)
    }

    fn unicode(&mut self, at: usize) -> Result<usize, Error> {
        let wrong = |reader: &Self| reader.error_at(codes::E1203, at, "an escape sequence gives no character");
        let first = self.hex(at + 2).ok_or_else(|| wrong(self))?;
        if let Some(letter) = char::from_u32(first) {
            self.tree.text.push(letter);
            return Ok(at + 6);
        }
        let second = self.bytes[at + 6..].starts_with(b"\\u").then(|| self.hex(at + 8)).flatten();
        let pair = second.filter(|second| first < 0xDC00 && (0xDC00..0xE000).contains(second));
        let letter = pair.and_then(|second| char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00)));
        self.tree.text.push(letter.ok_or_else(|| wrong(self))?);
        Ok(at + 12)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self, parent: u32, name: u32) -> Result<u32, Error> {
        let start = self.at;
        let Some(length) = number_length(&self.bytes[start..]) else {
            return Err(self.error("this is not a number of JSON"));
        };
        self.at += length;
        self.add(Cell { a: start as u32, b: length as u32, ..Cell::new(Kind::Number, parent, name) })
    }
}

/// How many bytes of the text are a number of JSON; `None` where it begins with none.
pub(super) fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text[at] == b'0') {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at = (fraction > 0).then_some(at + 1 + fraction)?;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        at = (exponent > 0).then_some(at + 1 + sign + exponent)?;
    }
    Some(at)
}
