//! A profile of a site: the standard, and lines that say more, or something else, about single places.
//!
//! | what | where |
//! |---|---|
//! | what a line is about | [`Place`], resolved against a [`Base`] |
//! | what it asks for | [`Demand`] |
//! | fields that the site explains | [`Documented`] |
//! | check a message | [`super::validate_with`] |
//!
//! The standard's own rules apply at the level of the [`Base`]; where a line speaks about a place, it answers there for
//! the standard. Conditions are asked from a [`Judge`]: who wrote them knows how to read them.
//!
//! Promises: a profile is resolved once; while a message is checked, no name is looked up and nothing is allocated for a
//! line that holds; no issue holds content of the message.
//! Never: the text that the lines were written in.

mod answered;
mod base;
mod check;
mod counts;
mod documented;
mod place;

pub use base::{Base, Of};
pub use documented::{Documented, DocumentedSegment};
pub use place::{Facts, Place, Unknown};

use crate::tree::Element;
use answered::Answered;
use message::Severity;
use std::sync::Arc;

pub(super) use check::check;

/// Most lines of one profile, inherited ones included.
pub const LINES_MAX: usize = 10_000;

/// No upper bound of a count or length.
pub const UNBOUNDED: u32 = u32::MAX;

/// A test of one value: a code of a table, a pattern.
pub type ValueTest = dyn Fn(&str) -> bool + Send + Sync;

/// Answers conditions, which lines name by numbers.
pub trait Judge {
    /// Whether the condition is true of the message; of the segment, where one is meant, for paths into segments of its
    /// kind. `None` when it cannot be told: nothing is said about the message then.
    fn holds(&mut self, condition: usize, message: &crate::Message, segment: Option<Element<'_>>) -> Option<bool>;
}

/// A judge for lines without conditions.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJudge;

impl Judge for NoJudge {
    fn holds(&mut self, _: usize, _: &crate::Message, _: Option<Element<'_>>) -> Option<bool> {
        None
    }
}

/// When a line applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The judge's number of it.
    pub condition: usize,
    /// It applies where the condition does not hold.
    pub is_negated: bool,
    /// As it is written, for sentences.
    pub words: Arc<str>,
}

/// What a line asks for.
#[derive(Clone)]
pub enum Demand {
    /// There is a value, a segment, a group.
    Present,
    /// There is none.
    Absent,
    /// There may be one: what the standard asks for is not asked.
    Free,
    /// How often a segment, a group or a repetition comes.
    Count {
        /// At least.
        min: u32,
        /// At most; [`UNBOUNDED`].
        max: u32,
    },
    /// Shortest and longest, in characters.
    Length {
        /// At least.
        min: u32,
        /// At most; [`UNBOUNDED`].
        max: u32,
    },
    /// Every value passes a test.
    Value {
        /// The test.
        test: Arc<ValueTest>,
        /// Behind `PATH (Name) `: `is not a code of table 0001 (Administrative Sex)`.
        fails: Arc<str>,
        /// The test is about codes: it answers for the standard's table.
        is_coded: bool,
        /// The codes that pass, in order, where the line lists them: to be shown and compared.
        codes: Option<Arc<Vec<String>>>,
    },
    /// Conditions hold, each with the path that is shown when it does not.
    Rule {
        /// What the rule says.
        text: Arc<str>,
        /// The judge's numbers, and places.
        conditions: Vec<(usize, Arc<str>)>,
    },
}

impl std::fmt::Debug for Demand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Demand::Present => f.write_str("Present"),
            Demand::Absent => f.write_str("Absent"),
            Demand::Free => f.write_str("Free"),
            Demand::Count { min, max } => write!(f, "Count({min}..{max})"),
            Demand::Length { min, max } => write!(f, "Length({min}..{max})"),
            Demand::Value { fails, .. } => write!(f, "Value({fails})"),
            Demand::Rule { text, .. } => write!(f, "Rule({text})"),
        }
    }
}

/// One line of a profile.
#[derive(Clone, Debug)]
pub struct Line {
    /// What an issue is called: `adt-feed:require-PID-8`.
    pub code: Arc<str>,
    /// What it is about.
    pub place: Place,
    /// What the place is called; empty where nobody says.
    pub name: Arc<str>,
    /// What it asks for.
    pub demand: Demand,
    /// How much it weighs.
    pub severity: Severity,
    /// When it applies; always without.
    pub when: Option<When>,
    /// Why, in words for the vendor.
    pub because: Option<Arc<str>>,
}

/// The lines of a profile, ready to check.
#[derive(Clone, Debug)]
pub struct Lines {
    base: Base,
    lines: Vec<Line>,
    documented: Vec<DocumentedSegment>,
    /// Lines about values or single segments, in order of the kinds.
    of_segments: Vec<OfSegment>,
    /// Lines that count segments or groups, and rules about the whole message.
    of_message: Vec<u32>,
    answered: Answered,
}

/// The lines that are looked at for each segment of a kind.
#[derive(Clone, Debug)]
struct OfSegment {
    id: [u8; 3],
    lines: Vec<u32>,
    /// The last field that one of them is about.
    field_max: u16,
}

impl Lines {
    /// Sorts lines by where they are looked at.
    #[must_use]
    pub fn new(base: Base, lines: Vec<Line>, documented: Vec<DocumentedSegment>) -> Lines {
        let mut of_segments: Vec<OfSegment> = Vec::new();
        let mut of_message = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            match line.segment_looked_at() {
                None if matches!(line.demand, Demand::Free) => {}
                None => of_message.push(number),
                Some((id, field)) => match of_segments.iter_mut().find(|known| known.id == id) {
                    Some(known) => {
                        known.lines.push(number);
                        known.field_max = known.field_max.max(field);
                    }
                    None => of_segments.push(OfSegment { id, lines: vec![number], field_max: field }),
                },
            }
        }
        of_segments.sort_unstable_by_key(|of| of.id);
        let answered = Answered::by(&lines, &documented);
        Lines { base, lines, documented, of_segments, of_message, answered }
    }

    /// What the profile is over.
    #[must_use]
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// The lines, inherited ones first.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The segments with fields that the profile explains.
    #[must_use]
    pub fn documented(&self) -> &[DocumentedSegment] {
        &self.documented
    }

    /// The profile speaks about what this issue of the standard is about.
    pub(super) fn answers(&self, issue: &super::Issue) -> bool {
        self.answered.takes(issue)
    }

    fn of_segment(&self, id: [u8; 3]) -> Option<&OfSegment> {
        let found = self.of_segments.binary_search_by_key(&id, |of| of.id);
        found.ok().and_then(|at| self.of_segments.get(at))
    }
}

impl Line {
    /// The kind of segment that the line is looked at for, one by one, and the field, 0 for none; `None` when it is about
    /// the message as a whole.
    fn segment_looked_at(&self) -> Option<([u8; 3], u16)> {
        let Place::Path(path) = &self.place else { return None };
        let at = Some((path.segment, path.member.field.as_ref().map_or(0, |(number, _)| *number)));
        match self.demand {
            Demand::Free => None,
            Demand::Rule { .. } => at,
            // A segment that is not wanted is told of where it stands.
            Demand::Absent => at,
            Demand::Present | Demand::Count { .. } if path.is_segment() => None,
            Demand::Present | Demand::Count { .. } | Demand::Length { .. } | Demand::Value { .. } => at,
        }
    }

    /// The condition of table 0357 that a broken line is.
    pub(super) fn condition(&self) -> u16 {
        let is_segment = match &self.place {
            Place::Message | Place::Group(_) => true,
            Place::Path(path) => path.is_segment(),
        };
        match &self.demand {
            Demand::Present if is_segment => 100,
            Demand::Present => 101,
            Demand::Value { is_coded: true, .. } => 103,
            Demand::Length { .. } | Demand::Value { .. } => 102,
            Demand::Count { .. } => 198,
            Demand::Absent | Demand::Free | Demand::Rule { .. } => 199,
        }
    }
}

#[cfg(test)]
mod tests;
