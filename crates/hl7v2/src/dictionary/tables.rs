//! Tables and their codes.

use super::Version;
use super::file::{self, Section};
use std::sync::LazyLock;

/// The row of each table by its number.
static ROWS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut rows = Vec::new();
    for (index, at) in file::rows(Section::Tables).enumerate() {
        let number = usize::from(file::u16_at(at));
        if rows.len() <= number {
            rows.resize(number + 1, NO_ROW);
        }
        rows[number] = u16::try_from(index).unwrap_or(NO_ROW);
    }
    rows
});
/// There is no table of this number.
const NO_ROW: u16 = u16::MAX;

/// A table of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    at: usize,
    version: Version,
}

/// A code with its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// `F`.
    pub code: &'static str,
    /// `Female`; empty where no source has a text.
    pub display: &'static str,
}

impl Table {
    pub(super) fn find(number: u16, version: Version) -> Option<Table> {
        let index = *ROWS.get(usize::from(number))?;
        let at = file::row(Section::Tables, usize::from(index));
        (index != NO_ROW).then_some(Table { at, version }).filter(|table| table.exists())
    }

    pub(super) fn all(version: Version) -> impl Iterator<Item = Table> {
        file::rows(Section::Tables).map(move |at| Table { at, version }).filter(|table| table.exists())
    }

    fn exists(self) -> bool {
        file::u16_at(self.at + 2) & self.version.bit() != 0
    }

    /// `1` for 0001.
    #[must_use]
    pub fn number(self) -> u16 {
        file::u16_at(self.at)
    }

    /// `Administrative Sex`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.at + 4)
    }

    /// Codes in any version.
    fn count(self) -> usize {
        usize::from(file::u16_at(self.at + 12))
    }

    /// The site may add codes: a user-defined table. Tables of HL7 are closed.
    #[must_use]
    pub fn is_user_defined(self) -> bool {
        file::u8_at(self.at + 14) & 1 != 0
    }

    fn first(self) -> usize {
        file::u32_at(self.at + 8) as usize
    }

    /// The codes of this version, in order of their bytes.
    pub fn codes(self) -> impl Iterator<Item = Code> {
        (self.first()..self.first() + self.count())
            .map(|index| file::row(Section::Codes, index))
            .filter(move |at| file::u16_at(at + 8) & self.version.bit() != 0)
            .map(|at| Code { code: file::text(at), display: file::text(at + 4) })
    }

    /// The version lists no code for it: the site fills it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.codes().next().is_none()
    }

    /// The code as this version has it.
    #[must_use]
    pub fn code(self, code: &str) -> Option<Code> {
        let range = self.first()..self.first() + self.count();
        let code = code.as_bytes();
        let index = file::partition(Section::Codes, range.clone(), |at| file::bytes(at) < code);
        let at = file::row(Section::Codes, index);
        let is_it = index < range.end && file::bytes(at) == code && file::u16_at(at + 8) & self.version.bit() != 0;
        is_it.then(|| Code { code: file::text(at), display: file::text(at + 4) })
    }

    /// The meaning of a code; `None` when this version does not have it.
    #[must_use]
    pub fn display(self, code: &str) -> Option<&'static str> {
        self.code(code).map(|code| code.display)
    }
}
