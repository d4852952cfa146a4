//! Writes JSON, compact or for reading. Walks by the links of the nodes, so that no depth is too deep.

use super::name::{Known, known};
use super::{Cell, Kind, NONE, Node, Tree};

/// Spaces for each level where people read it.
const INDENT: usize = 2;

impl Tree {
    /// Compact JSON.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + self.text.len() / 4);
        self.root().write_to(&mut out);
        out
    }

    /// JSON for people: a property a line, two spaces a level.
    #[must_use]
    pub fn write_pretty(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() * 2);
        self.root().write_pretty_to(&mut out);
        out
    }
}

impl Node<'_> {
    /// Appends compact JSON of this value.
    pub fn write_to(self, out: &mut Vec<u8>) {
        Writer { tree: self.tree(), known: known(), out, is_pretty: false }.write(self.id().0);
    }

    /// Appends JSON for people.
    pub fn write_pretty_to(self, out: &mut Vec<u8>) {
        Writer { tree: self.tree(), known: known(), out, is_pretty: true }.write(self.id().0);
    }
}

struct Writer<'t> {
    tree: &'t Tree,
    known: &'static Known,
    out: &'t mut Vec<u8>,
    is_pretty: bool,
}

impl Writer<'_> {
    fn write(&mut self, top: u32) {
        let (mut at, mut depth) = (top, 0);
        loop {
            let cell = self.tree.cell(at);
            if at != top {
                self.lead(cell, depth);
            }
            if cell.is_container() && cell.a != NONE {
                self.out.push(if cell.kind == Kind::Array { b'[' } else { b'{' });
                depth += 1;
                at = cell.a;
                continue;
            }
            self.scalar(cell);
            loop {
                if at == top {
                    return;
                }
                let cell = self.tree.cell(at);
                if cell.next != NONE {
                    self.out.push(b',');
                    at = cell.next;
                    break;
                }
                depth -= 1;
                self.line(depth);
                at = cell.parent;
                self.out.push(if self.tree.cell(at).kind == Kind::Array { b']' } else { b'}' });
            }
        }
    }

    /// What stands before a value: line, name, colon.
    fn lead(&mut self, cell: &Cell, depth: usize) {
        self.line(depth);
        if cell.name != NONE {
            // Known names are plain; one of the tree's own may hold anything.
            let name = super::Name(cell.name);
            match self.known.written(name) {
                Some(known) => {
                    self.out.push(b'"');
                    self.out.extend_from_slice(known.as_bytes());
                }
                None => {
                    self.string(self.tree.spell(name), false);
                    self.out.push(b':');
                }
            }
            if self.is_pretty {
                self.out.push(b' ');
            }
        }
    }

    fn line(&mut self, depth: usize) {
        if self.is_pretty {
            self.out.push(b'\n');
            self.out.resize(self.out.len() + depth * INDENT, b' ');
        }
    }

    fn scalar(&mut self, cell: &Cell) {
        match cell.kind {
            Kind::Null => self.out.extend_from_slice(b"null"),
            Kind::Bool => self.out.extend_from_slice(if cell.a == 1 { b"true" } else { b"false" }),
            Kind::Number => self.out.extend_from_slice(self.tree.text_of(cell).as_bytes()),
            Kind::Text => self.string(self.tree.text_of(cell), cell.is_plain),
            Kind::Array => self.out.extend_from_slice(b"[]"),
            Kind::Object => self.out.extend_from_slice(b"{}"),
        }
    }

    fn string(&mut self, text: &str, is_plain: bool) {
        self.out.push(b'"');
        if is_plain {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            let mut rest = text.as_bytes();
            while !rest.is_empty() {
                let (plain, after) = rest.split_at(plain_length(rest));
                self.out.extend_from_slice(plain);
                if let Some((byte, after)) = after.split_first() {
                    self.byte(*byte);
                    rest = after;
                } else {
                    break;
                }
            }
        }
        self.out.push(b'"');
    }

    fn byte(&mut self, byte: u8) {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..=0x1F => {
                self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                return;
            }
            _ => {
                self.out.push(byte);
                return;
            }
        };
        self.out.extend_from_slice(&[b'\\', short]);
    }
}

/// JSON can write every byte as it is. Sixteen at a time, without a look at which one it could not: vectors, where the
/// processor has them.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let is_odd = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    if let Some(last) = bytes.last_chunk::<16>() {
        let mut odd = last.map(|byte| u8::from(is_odd(byte)));
        for chunk in bytes.as_chunks::<16>().0 {
            for (odd, byte) in odd.iter_mut().zip(chunk) {
                *odd |= u8::from(is_odd(*byte));
            }
        }
        // As one number: compared byte by byte, the vector would be taken apart.
        return u128::from_le_bytes(odd) == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return odd_bytes(*first) | odd_bytes(*last) == 0;
    }
    if let (Some([a, b, c, d]), Some([e, f, g, h])) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return odd_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) == 0;
    }
    !bytes.iter().any(|byte| is_odd(*byte))
}

/// Where the first byte is that JSON cannot write as it is: a quotation mark, a backslash or a control character. Eight
/// bytes at a time; the length where there is none.
#[inline]
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(bytes.len());
    };
    let (chunks, _) = bytes.as_chunks::<8>();
    let marks = chunks.iter().map(|chunk| odd_bytes(*chunk));
    if let Some((index, mark)) = marks.enumerate().find(|(_, mark)| *mark != 0) {
        return index * 8 + (mark.trailing_zeros() / 8) as usize;
    }
    // What is left over, together with bytes in front of it that are known to be plain.
    match odd_bytes(*last) {
        0 => bytes.len(),
        mark => bytes.len() - 8 + (mark.trailing_zeros() / 8) as usize,
    }
}

/// A bit in the byte of the first that is not plain; bits above it may be wrong.
#[inline]
fn odd_bytes(chunk: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let chunk = u64::from_le_bytes(chunk);
    let (quote, slash) = (chunk ^ (ONES * 0x22), chunk ^ (ONES * 0x5C));
    // A borrow can only mark bytes above one that is really there, so the lowest mark is right.
    let found = (chunk.wrapping_sub(ONES * 0x20) & !chunk)
        | (quote.wrapping_sub(ONES) & !quote)
        | (slash.wrapping_sub(ONES) & !slash);
    found & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_is_what_has_no_odd_byte_anywhere() {
        for length in 0..70 {
            let text = "x".repeat(length);
            assert!(is_plain(text.as_bytes()), "{length}");
            for place in 0..length {
                for odd in [b'"', b'\\', b'\n', 0, 0x1F] {
                    let mut bytes = text.clone().into_bytes();
                    bytes[place] = odd;
                    assert!(!is_plain(&bytes), "{odd} at {place} of {length}");
                    assert_eq!(plain_length(&bytes), place);
                }
                let mut bytes = text.clone().into_bytes();
                bytes[place] = 0xC3;
                assert!(is_plain(&bytes), "letters beyond ASCII are plain");
            }
        }
    }
}
