//! What a profile says, laid out to be read and compared: groups, segments, fields, components, with their usage, how
//! often they may come, length, type, codes and constants, and the statements beside them.
//!
//! Owns one form for whatever the rules come from: a profile ([`super::Profile::outline`]) or the standard
//! ([`Outline::of_standard`]).
//! Promises: parts stand in the order of the message; nothing of a message is in it; at most [`PARTS_MAX`] parts, and it
//! says when it is cut there.
//! Never: a judgement. [`super::gap`] compares two of them. Other rules for some instances of an element (slices), and the
//! rows of co-constraint tables, are statements: when they apply is said in the words of the profile.

mod compiled;
mod lines;
mod standard;
#[cfg(test)]
mod tests;

pub use super::model::Usage;
pub(super) use compiled::outline as of_compiled;

use crate::dictionary::Version;
use crate::validate::lines::Lines;
use message::Severity;
use std::sync::Arc;

/// Most fields, components and subcomponents of one outline.
pub const PARTS_MAX: usize = 200_000;

/// One message of a profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outline {
    /// What it is called: the id of the message in its profile, or `HL7 2.5.1 ADT_A01`.
    pub name: String,
    /// MSH-9.1; empty where only the structure is known.
    pub kind: String,
    /// MSH-9.2.
    pub trigger_event: String,
    /// MSH-9.3.
    pub structure: String,
    /// MSH-12, where one is said.
    pub version: Option<Version>,
    /// What stands at the top level.
    pub nodes: Vec<Node>,
    /// In the order of their owners: message, groups, segments, types. Each once, wherever its owner is used.
    pub statements: Vec<Statement>,
    /// There are more parts than an outline holds.
    pub is_cut: bool,
    /// It was counted from messages: it says what was sent, not what may be.
    pub is_observed: bool,
    /// It does not say which components have to be there: the standard does so from 2.5 on.
    pub is_silent_on_parts: bool,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A segment.
    Segment,
    /// Segments and groups in order.
    Group,
    /// A group of which one child is sent.
    Choice,
}

/// A segment or group at its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Segment, group or choice.
    pub kind: NodeKind,
    /// The segment id or the name of the group: `PID`, `PATIENT_RESULT`.
    pub name: String,
    /// `Patient Identification`; empty for a group.
    pub title: String,
    /// How it is to be used.
    pub usage: Usage,
    /// What decides where the usage is conditional and the profile says it.
    pub condition: Option<Condition>,
    /// How often it must come at least, where its parent comes.
    pub min: u32,
    /// How often it may come; `None` for no bound.
    pub max: Option<u32>,
    /// Where it was counted.
    pub seen: Option<Seen>,
    /// Of a group.
    pub nodes: Vec<Node>,
    /// Of a segment: its fields.
    pub parts: Vec<Part>,
}

/// A field, component or subcomponent.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its place, from 1.
    pub number: u16,
    /// `Patient Name`.
    pub name: String,
    /// How it is to be used.
    pub usage: Usage,
    /// What decides where the usage is conditional and the profile says it.
    pub condition: Option<Condition>,
    /// How often it must come at least.
    pub min: u32,
    /// How often it may come; `None` for no bound.
    pub max: Option<u32>,
    /// Shortest and longest in characters; no bound where the longest is `None`.
    pub length: Option<(u32, Option<u32>)>,
    /// `XPN`; `varies` where another field says it.
    pub datatype: String,
    /// The types that another field may say, where the profile lists them.
    pub types: Vec<String>,
    /// The one value that it may have.
    pub constant: Option<String>,
    /// The codes that it may have.
    pub codes: Option<Arc<Codes>>,
    /// Where it was counted.
    pub seen: Option<Seen>,
    /// Components, or subcomponents.
    pub parts: Vec<Part>,
}

/// In how many messages, groups, segments or values something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// It was there.
    pub present: u64,
    /// It could have been there.
    pub of: u64,
}

/// When a conditional element is to be used how.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// In the words of the profile.
    pub text: String,
    /// Where it holds.
    pub when_true: Usage,
    /// Where it does not.
    pub when_false: Usage,
}

/// A value set or table that is bound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Codes {
    /// Its id: `HL70001`, `0001`.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// In order. Empty where the profile binds the set and does not list it.
    pub codes: Vec<String>,
    /// Partners may agree on more.
    pub is_open: bool,
    /// Some of its codes are said by a pattern, and not in the list.
    pub has_patterns: bool,
    /// What a code that is not in it is; `None` where nothing is said.
    pub severity: Option<Severity>,
}

/// What a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// A rule that is asked wherever its owner is used.
    Rule,
    /// Other rules for some instances of a segment or a field.
    Slice,
    /// A row of a co-constraint table: how many segments of a kind there are, and what they have.
    CoConstraint,
}

/// A rule in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// A rule, a slice, a row.
    pub kind: StatementKind,
    /// What an issue's code would be.
    pub id: String,
    /// The segment or type that it is about: `PID-3.4`, `CX_1.4`, `ORDER.OBX-2`; empty for the whole message.
    pub path: String,
    /// What breaking it is.
    pub severity: Severity,
    /// What it says.
    pub text: String,
}

impl Outline {
    /// What the standard says of a structure in a version; `None` where the version does not have it.
    ///
    /// ```
    /// use hl7v2::{dictionary::Version, profile::outline::{Outline, Usage}};
    /// let outline = Outline::of_standard(Version::V2_5_1, "ADT_A01").expect("a structure of the version");
    /// let pid = outline.nodes.iter().find(|node| node.name == "PID").expect("a segment of the structure");
    /// assert_eq!((pid.usage, pid.parts[4].name.as_str()), (Usage::Required, "Patient Name"));
    /// ```
    #[must_use]
    pub fn of_standard(version: Version, structure: &str) -> Option<Outline> {
        standard::outline(version, structure)
    }

    /// What a profile of lines says of a structure in a version: the standard, and the lines over it. `None` where the
    /// version does not have the structure.
    #[must_use]
    pub fn of_lines(name: &str, lines: &Lines, version: Version, structure: &str) -> Option<Outline> {
        lines::outline(name, lines, version, structure)
    }
}

impl Usage {
    /// As profiles write it: `R`, `RE`, `O`, `C`, `X`, `W`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Usage::Required => "R",
            Usage::RequiredOrEmpty => "RE",
            Usage::Optional => "O",
            Usage::Conditional => "C",
            Usage::NotSupported => "X",
            Usage::Withdrawn => "W",
        }
    }

    /// It may not be there.
    #[must_use]
    pub const fn is_excluded(self) -> bool {
        matches!(self, Usage::NotSupported | Usage::Withdrawn)
    }
}

/// `0..*`, `1..1`: how often something may come.
#[must_use]
pub fn bounds(min: u32, max: Option<u32>) -> String {
    max.map_or_else(|| format!("{min}..*"), |max| format!("{min}..{max}"))
}
