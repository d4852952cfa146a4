//! The assertion language of NIST and IGAMT profiles, compiled.
//!
//! Promises: an expression is at most [`DEPTH_MAX`] deep; regular expressions are anchored at both ends, and run in time
//! linear in the value.

use super::model::Binding;
use super::program;
use regex::Regex;

/// Deepest nesting of an expression; the XML is not deeper either.
pub(super) const DEPTH_MAX: usize = xml::DEPTH_MAX;

/// One step of a path: a child by its position, one instance of it or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) position: u16,
    /// From 1; 0 for `*`.
    pub(super) instance: u16,
}

/// `3[1].1[*]`; no steps for `.`, the context itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path(pub(super) Box<[Step]>);

/// Most steps of a path: messages are not deeper.
const STEPS_MAX: usize = 32;

impl Path {
    pub(super) fn read(text: &str) -> Option<Path> {
        let text = text.trim();
        if text == "." {
            return Some(Path::default());
        }
        let steps: Option<Box<[Step]>> = text.split('.').map(Step::read).collect();
        steps.filter(|steps| steps.len() <= STEPS_MAX).map(Path)
    }

    pub(super) fn child(position: u16, instance: u16) -> Path {
        Path(Box::new([Step { position, instance }]))
    }
}

impl Step {
    fn read(text: &str) -> Option<Step> {
        let (position, instance) = match text.split_once('[') {
            Some((position, rest)) => (position, rest.strip_suffix(']')?),
            None => (text, "1"),
        };
        let instance = if instance == "*" { 0 } else { instance.parse().ok().filter(|number| *number > 0)? };
        Some(Step { position: position.parse().ok().filter(|number| *number > 0)?, instance })
    }
}

/// How many of the values at a path have to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Many {
    All,
    AtLeastOne,
    Between(u32, u32),
}

/// What an assertion came to. Unknown: the rule cannot be applied here, and nothing is said about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    Fails,
    Unknown,
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    Less,
    GreaterOrEqual,
    LessOrEqual,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// The same is only what is written the same: 1.0 is not 1, and `a` is not `A`.
    pub(super) is_exact: bool,
    /// The longer one counts as far as the shorter one goes: a day is the same as a time of it.
    pub(super) is_cut: bool,
}

/// A check of the values at a path.
#[derive(Clone, Debug)]
pub(super) struct ValueTest {
    pub(super) path: Path,
    pub(super) test: Test,
    pub(super) many: Many,
    /// The verdict where nothing is there.
    pub(super) absent: Verdict,
}

/// What one value has to be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Text { text: Box<str>, ignores_case: bool },
    Pattern(Regex),
    OneOf { list: Vec<Box<str>>, ignores_case: bool },
    OneOfNumbers(Vec<f64>),
    Compare { operator: Operator, text: Box<str>, is_number: bool, manner: Manner },
    Code(program::CodeSystem),
}

/// Two paths, compared value by value.
#[derive(Clone, Debug)]
pub(super) struct PathTest {
    pub(super) first: Path,
    pub(super) second: Path,
    pub(super) operator: Operator,
    pub(super) manner: Manner,
    pub(super) absent: Verdict,
    pub(super) first_many: Many,
    pub(super) second_many: Many,
    /// Of whole elements: a part that only one side has is a difference.
    pub(super) is_strict: bool,
}

/// An assertion.
#[derive(Clone, Debug)]
pub(super) enum Expression {
    Presence(Path),
    Value(ValueTest),
    Paths(PathTest),
    /// Elements with all their parts.
    Elements(PathTest),
    /// Holds for each of the elements at a path.
    Inside {
        path: Path,
        assertion: Box<Expression>,
        many: Many,
        absent: Verdict,
    },
    /// The number of the context among its like.
    SetId(Path),
    /// Numbers that run on, or start anew in each parent.
    SequenceId {
        parent: Path,
        element: Path,
    },
    ValueSet {
        path: Path,
        binding: Binding,
        absent: Verdict,
    },
    IsNull(Path),
    Not(Box<Expression>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Xor(Box<Expression>, Box<Expression>),
    Imply(Box<Expression>, Box<Expression>),
    /// A statement that its guide wrote as a program.
    Program(program::Run),
    /// Written in a way that is not known, or left to a program that is not known.
    Unreadable,
}

impl Expression {
    /// Visits every text that a value is compared with.
    pub(super) fn texts<'e>(&'e self, visitor: &mut dyn FnMut(&'e str)) {
        match self {
            Expression::Value(ValueTest { test: Test::Text { text, .. }, .. }) => visitor(text),
            Expression::Value(ValueTest { test: Test::OneOf { list, .. }, .. }) => {
                list.iter().for_each(|text| visitor(text))
            }
            Expression::Program(program::Run::ProfileIds(lists)) => lists.iter().flatten().for_each(|id| visitor(id)),
            Expression::Not(inner) | Expression::Inside { assertion: inner, .. } => inner.texts(visitor),
            Expression::And(list) | Expression::Or(list) => list.iter().for_each(|one| one.texts(visitor)),
            Expression::Xor(first, second) | Expression::Imply(first, second) => {
                first.texts(visitor);
                second.texts(visitor);
            }
            Expression::Presence(_)
            | Expression::Value(_)
            | Expression::Paths(_)
            | Expression::Elements(_)
            | Expression::SetId(_)
            | Expression::SequenceId { .. }
            | Expression::ValueSet { .. }
            | Expression::IsNull(_)
            | Expression::Program(_)
            | Expression::Unreadable => {}
        }
    }

    /// It asks, on a message, for nothing outside of the header.
    pub(super) fn is_of_header(&self) -> bool {
        let leads = |path: &Path| path.0.first().is_some_and(|step| step.position == 1);
        match self {
            Expression::Presence(path)
            | Expression::SetId(path)
            | Expression::IsNull(path)
            | Expression::Inside { path, .. }
            | Expression::SequenceId { parent: path, .. }
            | Expression::ValueSet { path, .. } => leads(path),
            Expression::Value(test) => leads(&test.path),
            Expression::Paths(test) | Expression::Elements(test) => leads(&test.first) && leads(&test.second),
            Expression::Not(inner) => inner.is_of_header(),
            Expression::And(list) | Expression::Or(list) => list.iter().all(Expression::is_of_header),
            Expression::Xor(first, second) | Expression::Imply(first, second) => {
                first.is_of_header() && second.is_of_header()
            }
            Expression::Program(run) => matches!(run, program::Run::ProfileIds(_) | program::Run::ProfileEntity(_)),
            Expression::Unreadable => true,
        }
    }

    /// Nothing in it is unreadable.
    pub(super) fn is_readable(&self) -> bool {
        match self {
            Expression::Unreadable => false,
            Expression::Not(inner) | Expression::Inside { assertion: inner, .. } => inner.is_readable(),
            Expression::And(list) | Expression::Or(list) => list.iter().all(Expression::is_readable),
            Expression::Xor(first, second) | Expression::Imply(first, second) => {
                first.is_readable() && second.is_readable()
            }
            Expression::Presence(_)
            | Expression::Value(_)
            | Expression::Paths(_)
            | Expression::Elements(_)
            | Expression::SetId(_)
            | Expression::SequenceId { .. }
            | Expression::ValueSet { .. }
            | Expression::IsNull(_)
            | Expression::Program(_) => true,
        }
    }

    /// The first path in it: where a broken statement without a target is shown.
    pub(super) fn first_path(&self) -> Option<&Path> {
        match self {
            Expression::Presence(path)
            | Expression::SetId(path)
            | Expression::IsNull(path)
            | Expression::Inside { path, .. }
            | Expression::SequenceId { parent: path, .. }
            | Expression::ValueSet { path, .. } => Some(path),
            Expression::Value(test) => Some(&test.path),
            Expression::Paths(test) | Expression::Elements(test) => Some(&test.first),
            Expression::Not(inner) => inner.first_path(),
            Expression::And(list) | Expression::Or(list) => list.iter().find_map(Expression::first_path),
            // What is asked stands behind the condition.
            Expression::Imply(first, second) => second.first_path().or_else(|| first.first_path()),
            Expression::Xor(first, second) => first.first_path().or_else(|| second.first_path()),
            Expression::Program(_) | Expression::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let check = |text: &str, expect: Option<&[(u16, u16)]>| {
            let steps = |path: Path| path.0.iter().map(|step| (step.position, step.instance)).collect::<Vec<_>>();
            assert_eq!(Path::read(text).map(steps).as_deref(), expect, "{text}");
        };
        check("3[1].1[*]", Some(&[(3, 1), (1, 0)]));
        check(".", Some(&[]));
        check("7", Some(&[(7, 1)]));
        for wrong in ["", "0[1]", "1[0]", "1[", "1[1]x", "a", "1..2", "99999[1]", &"1[1].".repeat(40)] {
            check(wrong, None);
        }
    }
}
