//! How much a broken rule weighs at each level: the one place where it is decided.
//!
//! Promises: strict is the standard; lenient makes an error only of what receivers in practice cannot do without.

use crate::codes;
use message::{Code, Severity};

/// How strictly the standard is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// As it is written.
    Strict,
    /// What receivers in practice need: errors for what breaks them, warnings for the rest, nothing for local tables,
    /// local segments and lengths.
    #[default]
    Lenient,
}

impl Level {
    /// By its name.
    ///
    /// ```
    /// use hl7v2::validate::Level;
    /// assert_eq!((Level::parse("strict"), Level::parse("loose")), (Some(Level::Strict), None));
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Level> {
        match text {
            "strict" => Some(Level::Strict),
            "lenient" => Some(Level::Lenient),
            _ => None,
        }
    }

    /// `strict` or `lenient`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Strict => "strict",
            Level::Lenient => "lenient",
        }
    }
}

/// A rule of the standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Version,
    Type,
    StructureName,
    Missing,
    Unexpected,
    UnknownSegment,
    Order,
    TooMany,
    RequiredField,
    RequiredComponent,
    Repeats,
    Withdrawn,
    Beyond,
    Moment,
    Number,
    Sequence,
    Telephone,
    TableCode,
    SiteCode,
    Length,
    Escape,
    Untyped,
    Separators,
}

/// What a receiver makes of it in practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// It cannot do without.
    Heavy,
    /// It looks past it.
    Light,
}

impl Rule {
    pub(super) fn code(self) -> Code {
        match self {
            Rule::Version => codes::E1110,
            Rule::Type => codes::E1111,
            Rule::StructureName => codes::E1112,
            Rule::Missing => codes::E1113,
            Rule::Unexpected => codes::E1114,
            Rule::Order => codes::E1115,
            Rule::TooMany => codes::E1116,
            Rule::RequiredField => codes::E1117,
            Rule::RequiredComponent => codes::E1118,
            Rule::Repeats => codes::E1119,
            Rule::Withdrawn => codes::E1120,
            Rule::Beyond => codes::E1121,
            Rule::Moment => codes::E1122,
            Rule::Number => codes::E1123,
            Rule::Sequence => codes::E1124,
            Rule::Telephone => codes::E1125,
            Rule::TableCode | Rule::SiteCode => codes::E1126,
            Rule::Length => codes::E1127,
            Rule::Escape => codes::E1128,
            Rule::Untyped => codes::E1129,
            Rule::Separators => codes::E1130,
            Rule::UnknownSegment => codes::E1131,
        }
    }

    /// `None` where the level says nothing.
    pub(super) fn severity(self, level: Level, weight: Weight) -> Option<Severity> {
        match level {
            Level::Strict => Some(self.strict()),
            Level::Lenient => self.lenient(weight),
        }
    }

    fn strict(self) -> Severity {
        match self {
            Rule::Withdrawn | Rule::Beyond | Rule::Length | Rule::Escape => Severity::Warning,
            Rule::SiteCode => Severity::Note,
            Rule::Version
            | Rule::Type
            | Rule::StructureName
            | Rule::Missing
            | Rule::Unexpected
            | Rule::UnknownSegment => Severity::Error,
            Rule::Order | Rule::TooMany | Rule::RequiredField | Rule::RequiredComponent | Rule::Repeats => {
                Severity::Error
            }
            Rule::Moment | Rule::Number | Rule::Sequence | Rule::Telephone | Rule::TableCode => Severity::Error,
            Rule::Untyped | Rule::Separators => Severity::Error,
        }
    }

    fn lenient(self, weight: Weight) -> Option<Severity> {
        match self {
            Rule::Missing
            | Rule::RequiredField
            | Rule::Moment
            | Rule::Number
            | Rule::Sequence
            | Rule::TableCode
            | Rule::Untyped => Some(match weight {
                Weight::Heavy => Severity::Error,
                Weight::Light => Severity::Warning,
            }),
            Rule::Version
            | Rule::Type
            | Rule::StructureName
            | Rule::Unexpected
            | Rule::UnknownSegment
            | Rule::Order => Some(Severity::Warning),
            Rule::TooMany | Rule::Repeats | Rule::Escape | Rule::Separators => Some(Severity::Warning),
            Rule::RequiredComponent => (weight == Weight::Heavy).then_some(Severity::Warning),
            Rule::Withdrawn | Rule::Beyond => Some(Severity::Note),
            Rule::Telephone | Rule::SiteCode | Rule::Length => None,
        }
    }
}

/// Fields that a receiver cannot do without, where the version requires them.
const NEEDED: &[([u8; 3], &[u16])] = &[
    (*b"AL1", &[3]),
    (*b"MRG", &[1]),
    (*b"MSA", &[1, 2]),
    (*b"MSH", &[9, 10]),
    (*b"OBR", &[4]),
    (*b"OBX", &[3]),
    (*b"ORC", &[1]),
    (*b"PID", &[3, 5]),
    (*b"PV1", &[2]),
    (*b"RXA", &[5]),
    (*b"RXE", &[2]),
];

/// How much a required field weighs.
pub(super) fn weight_of_field(segment: [u8; 3], field: u16) -> Weight {
    let is_needed = NEEDED.iter().any(|(id, fields)| *id == segment && fields.contains(&field));
    if is_needed { Weight::Heavy } else { Weight::Light }
}

/// Required segments and groups that receivers do without: what EVN says stands in MSH too (HL7 v2.9 §3.4.1), NK1 is
/// required in version 2.1 only, and the timing stands in ORC-7 or RXE-1 as well.
const SPARED: [&str; 6] = ["EVN", "NK1", "TIMING", "TIMING_ENCODED", "TIMING_GIVE", "TQ1"];

/// How much a required segment or group weighs.
pub(super) fn weight_of_segment(name: &str) -> Weight {
    if SPARED.contains(&name) { Weight::Light } else { Weight::Heavy }
}

/// Tables whose codes steer what a receiver does: message type and structure of values.
const STEERING: [u16; 6] = [8, 76, 85, 103, 123, 136];

/// How much a code weighs that no version has in its table.
pub(super) fn weight_of_table(number: u16) -> Weight {
    if STEERING.contains(&number) { Weight::Heavy } else { Weight::Light }
}
