//! Segments, data types, and what they consist of.

use super::file::{self, Section};
use super::{Dictionary, Table, Version, definition};
use std::sync::LazyLock;

/// A segment of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    row: usize,
    definition: usize,
    version: Version,
}

impl Segment {
    pub(super) fn at(row: usize, version: Version) -> Option<Segment> {
        let definition = file::row(Section::SegmentDefinitions, definition(row, version)?);
        Some(Segment { row, definition, version })
    }

    /// `PID`.
    #[must_use]
    pub fn id(self) -> &'static str {
        file::text(self.row)
    }

    /// `Patient Identification`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.definition)
    }

    /// The number of the last field that the version defines.
    #[must_use]
    pub fn field_count(self) -> u16 {
        file::u16_at(self.definition + 8)
    }

    /// The number of the last field that the version requires, 0 for none.
    #[inline]
    pub(crate) fn last_required(self) -> u16 {
        static LAST: LazyLock<Vec<u16>> = LazyLock::new(|| last_required(Section::SegmentDefinitions));
        LAST.get(file::index(Section::SegmentDefinitions, self.definition)).copied().unwrap_or(0)
    }

    /// A field, from 1. `None` past the last one and for numbers that the version leaves out.
    #[must_use]
    #[inline]
    pub fn field(self, number: u16) -> Option<Part> {
        part(self.definition, number, self.version)
    }

    /// The fields, in order.
    #[must_use]
    pub fn fields(self) -> Parts {
        Parts { definition: self.definition, next: 1, version: self.version }
    }
}

/// A data type of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datatype {
    row: usize,
    definition: usize,
    version: Version,
}

impl Datatype {
    pub(super) fn at(row: usize, version: Version) -> Option<Datatype> {
        let definition = file::row(Section::TypeDefinitions, definition(row, version)?);
        Some(Datatype { row, definition, version })
    }

    /// `XPN`.
    #[must_use]
    pub fn id(self) -> &'static str {
        file::text(self.row)
    }

    /// Its number among the types of all versions: see [`type_names`](super::type_names).
    #[inline]
    pub(crate) fn index(self) -> usize {
        file::index(Section::Types, self.row)
    }

    /// `Extended Person Name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.definition)
    }

    /// It has no components: ST, NM, DT …
    #[must_use]
    pub fn is_primitive(self) -> bool {
        self.component_count() == 0
    }

    /// The number of the last component that the version defines.
    #[must_use]
    pub fn component_count(self) -> u16 {
        file::u16_at(self.definition + 8)
    }

    /// The number of the last component that the version requires, 0 for none.
    #[inline]
    pub(crate) fn last_required(self) -> u16 {
        static LAST: LazyLock<Vec<u16>> = LazyLock::new(|| last_required(Section::TypeDefinitions));
        LAST.get(file::index(Section::TypeDefinitions, self.definition)).copied().unwrap_or(0)
    }

    /// A component, from 1. `None` past the last one and for numbers that the version leaves out.
    #[must_use]
    #[inline]
    pub fn component(self, number: u16) -> Option<Part> {
        part(self.definition, number, self.version)
    }

    /// The components, in order.
    #[must_use]
    pub fn components(self) -> Parts {
        Parts { definition: self.definition, next: 1, version: self.version }
    }

    /// The version of the dictionary that it is of.
    #[must_use]
    pub fn version(self) -> Version {
        self.version
    }
}

/// What a part must be (HL7 v2.9 §2.5.3.5): the codes R, O, C, B and W, X.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Usage {
    /// R.
    Required,
    /// O.
    Optional,
    /// C: the standard says when, in words.
    Conditional,
    /// B: kept for older systems.
    Backward,
    /// W or X: not to be used any more.
    Withdrawn,
}

impl Usage {
    /// The letter of the standard.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Usage::Required => 'R',
            Usage::Optional => 'O',
            Usage::Conditional => 'C',
            Usage::Backward => 'B',
            Usage::Withdrawn => 'W',
        }
    }
}

/// A field of a segment or a component of a data type: the same facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    at: usize,
    number: u16,
    version: Version,
}

/// The entry of a list for a number that is left out.
const NO_PART: u16 = u16::MAX;

#[inline]
fn part(definition: usize, number: u16, version: Version) -> Option<Part> {
    if number == 0 || number > file::u16_at(definition + 8) {
        return None;
    }
    let first = file::u32_at(definition + 4) as usize;
    let index = file::u16_at(file::row(Section::Lists, first + usize::from(number) - 1));
    (index != NO_PART).then(|| Part { at: file::row(Section::Parts, usize::from(index)), number, version })
}

/// Of every definition of a section the last part that must be there: most have none behind what senders fill.
fn last_required(section: Section) -> Vec<u16> {
    let last = |definition: usize| {
        // What a part must be is said by its definition, whatever the version.
        let is_required = |number: &u16| {
            part(definition, *number, Version::ALL[0]).is_some_and(|part| part.usage() == Usage::Required)
        };
        (1..=file::u16_at(definition + 8)).rev().find(is_required).unwrap_or(0)
    };
    file::rows(section).map(last).collect()
}

impl Part {
    /// Its place, from 1.
    #[must_use]
    pub fn number(self) -> u16 {
        self.number
    }

    /// `Patient Name`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.at)
    }

    /// `XPN`; `varies` where another field says the type (OBX-5).
    #[must_use]
    pub fn type_name(self) -> &'static str {
        file::text(self.type_row())
    }

    /// Its data type; `None` for `varies`.
    #[must_use]
    #[inline]
    pub fn datatype(self) -> Option<Datatype> {
        Datatype::at(self.type_row(), self.version)
    }

    fn type_row(self) -> usize {
        file::row(Section::Types, usize::from(file::u16_at(self.at + 4)))
    }

    /// The number of its table.
    #[must_use]
    pub fn table_number(self) -> Option<u16> {
        let number = file::u16_at(self.at + 6);
        (number != 0).then_some(number)
    }

    /// Its table, where the version has it.
    #[must_use]
    pub fn table(self) -> Option<Table> {
        Dictionary::of(self.version).table(self.table_number()?)
    }

    /// Required, optional, conditional, or of the past.
    #[must_use]
    pub fn usage(self) -> Usage {
        match file::u8_at(self.at + 8) {
            1 => Usage::Required,
            2 => Usage::Conditional,
            3 => Usage::Backward,
            4 => Usage::Withdrawn,
            _ => Usage::Optional,
        }
    }

    /// The most repetitions; `None` for no limit. Components never repeat.
    #[must_use]
    pub fn repetitions_max(self) -> Option<u16> {
        let most = file::u16_at(self.at + 10);
        (most != 0).then_some(most)
    }

    /// It may stand more than once.
    #[must_use]
    pub fn is_repeating(self) -> bool {
        self.repetitions_max() != Some(1)
    }

    /// The least length in characters, where the version says one (from 2.7 on).
    #[must_use]
    pub fn length_min(self) -> Option<u32> {
        Some(u32::from(file::u16_at(self.at + 12))).filter(|length| *length != 0)
    }

    /// The greatest length in characters, separators included, where the version says one.
    #[must_use]
    pub fn length_max(self) -> Option<u32> {
        Some(file::u32_at(self.at + 16)).filter(|length| *length != 0)
    }

    /// The length that a receiver must at least take (conformance length, from 2.7 on), where known.
    #[must_use]
    pub fn length_conformance(self) -> Option<u32> {
        Some(u32::from(file::u16_at(self.at + 14))).filter(|length| *length != 0)
    }
}

/// Fields or components, in order, without those that the version leaves out.
#[derive(Clone, Debug)]
pub struct Parts {
    definition: usize,
    next: u16,
    version: Version,
}

impl Iterator for Parts {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        while self.next <= file::u16_at(self.definition + 8) {
            self.next += 1;
            if let Some(part) = part(self.definition, self.next - 1, self.version) {
                return Some(part);
            }
        }
        None
    }
}
