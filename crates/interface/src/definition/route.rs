//! Where messages go by cases: `route first|every { case … to …  default … }`.
//!
//! Promises: there is always a default, so that no message leaves a route undecided.

use super::Rule;
use lang::Condition;
use message::Name;
use std::sync::Arc;

/// A `route` block. A destination that any route names gets what a route gives it, and nothing else.
#[derive(Clone, Debug)]
pub struct Route {
    /// How many of its cases count.
    pub choice: Choice,
    /// The cases, in the order of the lines.
    pub cases: Vec<Case>,
    /// Where a message goes for which no case holds.
    pub default: Targets,
}

/// How many cases of a route count for one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// The first that holds; the others are not asked.
    First,
    /// Every one that holds.
    Every,
}

impl Choice {
    /// The word of the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Choice::First => "first",
            Choice::Every => "every",
        }
    }
}

/// A `case` line.
#[derive(Clone, Debug)]
pub struct Case {
    /// For which messages.
    pub condition: Arc<Condition>,
    /// Where they go.
    pub targets: Targets,
}

/// Where a line of a route leads.
#[derive(Clone, Debug)]
pub struct Targets {
    /// The destinations by name; none is `nothing`.
    pub names: Vec<Name>,
    /// Their places among the destinations of the definition.
    pub places: Vec<usize>,
    /// The line.
    pub rule: Rule,
}

impl Route {
    /// The targets of each line, the default last.
    pub fn targets(&self) -> impl Iterator<Item = &Targets> {
        self.cases.iter().map(|case| &case.targets).chain([&self.default])
    }

    pub(crate) fn targets_mut(&mut self) -> impl Iterator<Item = &mut Targets> {
        self.cases.iter_mut().map(|case| &mut case.targets).chain([&mut self.default])
    }
}
