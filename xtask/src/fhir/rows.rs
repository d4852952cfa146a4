//! Building blocks of the file: sections of rows, strings and lists that are stored once.

use std::collections::HashMap;

/// No row: in a u16 that names one.
pub(super) const NONE: u16 = u16::MAX;
/// A string of this length says its length in front of itself.
const LONG: usize = 255;
/// Digits of that length.
const LONG_DIGITS: usize = 7;

/// A section while it grows.
#[derive(Default)]
pub(super) struct Section {
    pub(super) bytes: Vec<u8>,
    pub(super) rows: usize,
}

impl Section {
    /// Adds a row and says which one it is.
    pub(super) fn row(&mut self, parts: &[&[u8]]) -> usize {
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.rows += 1;
        self.rows - 1
    }
}

/// Strings, each once.
#[derive(Default)]
pub(super) struct Strings {
    pub(super) bytes: Vec<u8>,
    known: HashMap<String, u32>,
}

impl Strings {
    pub(super) fn add(&mut self, text: &str) -> [u8; 4] {
        if let Some(reference) = self.known.get(text) {
            return reference.to_le_bytes();
        }
        let reference = (self.bytes.len() as u32) << 8 | text.len().min(LONG) as u32;
        if text.len() >= LONG {
            self.bytes.extend_from_slice(format!("{:0LONG_DIGITS$}", text.len()).as_bytes());
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_string(), reference);
        reference.to_le_bytes()
    }
}

/// Runs of rows, equal runs once: the place of a run is its first row.
#[derive(Default)]
pub(super) struct Runs {
    pub(super) section: Section,
    known: HashMap<Vec<Vec<u8>>, usize>,
}

impl Runs {
    pub(super) fn add(&mut self, rows: Vec<Vec<u8>>) -> usize {
        if let Some(first) = self.known.get(&rows) {
            return *first;
        }
        let first = self.section.rows;
        rows.iter().for_each(|row| {
            self.section.row(&[row]);
        });
        self.known.insert(rows, first);
        first
    }

    /// A run of u16.
    pub(super) fn add_numbers(&mut self, numbers: &[u16]) -> Result<u16, String> {
        narrow(self.add(numbers.iter().map(|number| number.to_le_bytes().to_vec()).collect()))
    }
}

/// A number that must fit.
pub(super) fn narrow(number: usize) -> Result<u16, String> {
    u16::try_from(number).ok().filter(|number| *number != NONE).ok_or_else(|| format!("{number} rows are too many"))
}

/// A count that must fit.
pub(super) fn short(number: usize) -> Result<u8, String> {
    u8::try_from(number).map_err(|_| format!("{number} is too many"))
}
