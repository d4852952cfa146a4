//! Value sets, code systems and their codes.

use super::file::{self, Section};
use std::fmt;

/// A value set of R4.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueSet(pub(super) u16);

/// A code system: those of R4, and others as far as value sets list their codes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeSystem(u16);

/// A code of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// The system that it is of.
    pub system: CodeSystem,
    /// `female`.
    pub code: &'static str,
    /// `Female`; may be empty.
    pub display: &'static str,
}

/// Whether a code is in a value set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Membership {
    /// It is.
    In,
    /// It is not.
    Out,
    /// The set takes codes of a system that is not known here (LOINC, SNOMED CT, UCUM …).
    Unknown,
}

/// What a set takes from a system.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Take {
    Whole,
    Listed,
    Open,
}

/// One system of a value set.
#[derive(Clone, Copy)]
struct Include {
    system: CodeSystem,
    take: Take,
    first: usize,
    count: usize,
}

impl ValueSet {
    /// The set with this canonical URL; a version behind `|` is ignored.
    #[must_use]
    pub fn of_url(url: &str) -> Option<ValueSet> {
        file::find_row(Section::ValueSets, super::unversioned(url)).map(ValueSet)
    }

    /// All sets, by URL.
    pub fn all() -> impl Iterator<Item = ValueSet> + Clone {
        file::all(Section::ValueSets).map(ValueSet)
    }

    fn at(self) -> usize {
        file::row(Section::ValueSets, usize::from(self.0))
    }

    /// `http://hl7.org/fhir/ValueSet/administrative-gender`.
    #[must_use]
    pub fn url(self) -> &'static str {
        file::text(self.at())
    }

    /// `AdministrativeGender`.
    #[must_use]
    pub fn title(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// Every code of the set is known here.
    #[must_use]
    pub fn is_complete(self) -> bool {
        file::u8_at(self.at() + 14) & 1 != 0
    }

    fn includes(self) -> impl Iterator<Item = Include> + Clone {
        let first = file::u32_at(self.at() + 8) as usize;
        let count = usize::from(file::u16_at(self.at() + 12));
        (first..first + count).map(|index| {
            let at = file::row(Section::Includes, index);
            Include {
                system: CodeSystem(file::u16_at(at)),
                take: match file::u8_at(at + 2) {
                    0 => Take::Whole,
                    1 => Take::Listed,
                    _ => Take::Open,
                },
                first: file::u32_at(at + 4) as usize,
                count: file::u32_at(at + 8) as usize,
            }
        })
    }

    /// Whether a code of a system is in the set.
    #[must_use]
    pub fn contains(self, system: &str, code: &str) -> Membership {
        let mut out = Membership::Out;
        for include in self.includes().filter(|include| include.system.is_url(system)) {
            match (include.take, include.find(code)) {
                (Take::Whole | Take::Listed, Some(_)) => return Membership::In,
                (Take::Whole | Take::Listed, None) => {}
                (Take::Open, _) => out = Membership::Unknown,
            }
        }
        out
    }

    /// Whether some system of the set has the code: for elements of the type `code`, which name no system.
    #[must_use]
    pub fn contains_code(self, code: &str) -> Membership {
        match self.code(code) {
            Some(_) => Membership::In,
            None if self.is_complete() => Membership::Out,
            None => Membership::Unknown,
        }
    }

    /// A code of the set, whatever its system.
    #[must_use]
    pub fn code(self, code: &str) -> Option<Code> {
        self.includes().find_map(|include| include.find(code))
    }

    /// Whether the set takes any code of a system.
    #[must_use]
    pub fn has_system(self, system: &str) -> bool {
        self.includes().any(|include| include.system.is_url(system))
    }

    /// The systems that it takes codes of.
    pub fn systems(self) -> impl Iterator<Item = CodeSystem> + Clone {
        self.includes().map(|include| include.system)
    }

    /// The codes of the set that are known here, by system.
    pub fn codes(self) -> impl Iterator<Item = Code> + Clone {
        self.includes().flat_map(Include::codes)
    }
}

impl Include {
    fn find(&self, code: &str) -> Option<Code> {
        let row = self.system.row(code)?;
        let is_in = match self.take {
            Take::Whole | Take::Open => true,
            Take::Listed => self.is_listed(row),
        };
        is_in.then(|| self.system.code_at(row))
    }

    fn is_listed(&self, row: usize) -> bool {
        let (mut low, mut high) = (self.first, self.first + self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            let found = file::u32_at(file::row(Section::Listed, middle)) as usize;
            match found.cmp(&row) {
                std::cmp::Ordering::Equal => return true,
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        false
    }

    fn codes(self) -> impl Iterator<Item = Code> + Clone {
        let range = match self.take {
            Take::Whole | Take::Open => self.system.range(),
            Take::Listed => self.first..self.first + self.count,
        };
        range.map(move |index| match self.take {
            Take::Whole | Take::Open => self.system.code_at(index),
            Take::Listed => self.system.code_at(file::u32_at(file::row(Section::Listed, index)) as usize),
        })
    }
}

impl fmt::Debug for ValueSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ValueSet({})", self.url())
    }
}

impl CodeSystem {
    /// The system with this URL; a version behind `|` is ignored but for the three tables of HL7 v2 whose codes it decides.
    #[must_use]
    pub fn of_url(url: &str) -> Option<CodeSystem> {
        let found = |url: &str| file::find_row(Section::CodeSystems, url).map(CodeSystem);
        found(super::unversioned(url)).or_else(|| found(url))
    }

    /// All systems, by URL.
    pub fn all() -> impl Iterator<Item = CodeSystem> + Clone {
        file::all(Section::CodeSystems).map(CodeSystem)
    }

    fn at(self) -> usize {
        file::row(Section::CodeSystems, usize::from(self.0))
    }

    fn is_url(self, url: &str) -> bool {
        let own = file::bytes(self.at());
        own == url.as_bytes() || own == super::unversioned(url).as_bytes()
    }

    /// `http://hl7.org/fhir/administrative-gender`.
    #[must_use]
    pub fn url(self) -> &'static str {
        file::text(self.at())
    }

    /// `AdministrativeGender`; empty for systems of others.
    #[must_use]
    pub fn title(self) -> &'static str {
        file::text(self.at() + 4)
    }

    /// Every code of the system is known here.
    #[must_use]
    pub fn is_complete(self) -> bool {
        file::u8_at(self.at() + 16) & 2 != 0
    }

    /// Codes that differ in case are different codes.
    #[must_use]
    pub fn is_case_sensitive(self) -> bool {
        file::u8_at(self.at() + 16) & 1 != 0
    }

    fn range(self) -> std::ops::Range<usize> {
        let first = file::u32_at(self.at() + 8) as usize;
        first..first + file::u32_at(self.at() + 12) as usize
    }

    fn row(self, code: &str) -> Option<usize> {
        file::find(Section::Codes, self.range(), code)
    }

    fn code_at(self, row: usize) -> Code {
        let at = file::row(Section::Codes, row);
        Code { system: self, code: file::text(at), display: file::text(at + 4) }
    }

    /// A code of the system, case as written.
    #[must_use]
    pub fn code(self, code: &str) -> Option<Code> {
        self.row(code).map(|row| self.code_at(row))
    }

    /// The codes that are known here, in order of their bytes.
    pub fn codes(self) -> impl Iterator<Item = Code> + Clone {
        self.range().map(move |row| self.code_at(row))
    }
}

impl fmt::Debug for CodeSystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeSystem({})", self.url())
    }
}
