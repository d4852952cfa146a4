//! Comma separated values as RFC 4180 writes them, one record after the other, with their lines.

use std::{borrow::Cow, ops::Range};

/// One record.
pub(crate) struct Record<'t> {
    pub(crate) cells: Vec<Cow<'t, str>>,
    /// The line it begins on, from 1.
    pub(crate) line: u32,
    pub(crate) span: Range<usize>,
    /// The text ended inside quotes.
    pub(crate) is_unclosed: bool,
}

impl Record<'_> {
    /// An empty line.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_empty()) && self.cells.len() <= 1
    }
}

/// Reads records from the front.
pub(crate) struct Records<'t> {
    text: &'t str,
    position: usize,
    line: u32,
}

impl<'t> Records<'t> {
    /// From the start, after a byte order mark.
    pub(crate) fn new(text: &'t str) -> Records<'t> {
        let position = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Records { text, position, line: 1 }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// Takes a cell; `true` if it ran to the end of the text inside quotes.
    fn cell(&mut self) -> (Cow<'t, str>, bool) {
        if self.byte() == Some(b'"') {
            return self.quoted();
        }
        let start = self.position;
        while self.byte().is_some_and(|byte| !matches!(byte, b',' | b'\r' | b'\n')) {
            self.position += 1;
        }
        (Cow::Borrowed(&self.text[start..self.position]), false)
    }

    fn quoted(&mut self) -> (Cow<'t, str>, bool) {
        self.position += 1;
        let mut cell = String::new();
        loop {
            let Some(length) = self.text[self.position..].find('"') else {
                self.position = self.text.len();
                return (Cow::Owned(cell), true);
            };
            let piece = &self.text[self.position..self.position + length];
            self.line = self.line.saturating_add(u32::try_from(piece.matches('\n').count()).unwrap_or(0));
            cell.push_str(piece);
            self.position += length + 1;
            if self.byte() != Some(b'"') {
                break;
            }
            cell.push('"');
            self.position += 1;
        }
        // What stands between the closing quote and the comma belongs to the cell, as spreadsheets read it.
        let start = self.position;
        while self.byte().is_some_and(|byte| !matches!(byte, b',' | b'\r' | b'\n')) {
            self.position += 1;
        }
        cell.push_str(&self.text[start..self.position]);
        (Cow::Owned(cell), false)
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Record<'t>;

    fn next(&mut self) -> Option<Record<'t>> {
        self.byte()?;
        let (start, line) = (self.position, self.line);
        let mut cells = Vec::new();
        loop {
            let (cell, is_unclosed) = self.cell();
            cells.push(cell);
            if is_unclosed {
                return Some(Record { cells, line, span: start..self.position, is_unclosed });
            }
            if self.byte() != Some(b',') {
                break;
            }
            self.position += 1;
        }
        let span = start..self.position;
        if self.byte() == Some(b'\r') {
            self.position += 1;
        }
        if self.byte() == Some(b'\n') {
            self.position += 1;
        }
        self.line = self.line.saturating_add(1);
        Some(Record { cells, line, span, is_unclosed: false })
    }
}
