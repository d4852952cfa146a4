//! Programs: the lines that change a message in place, in their order.
//!
//! `set PATH = VALUE`, `remove PATH|SEGMENT`, `insert SEGMENT after|before SEGMENT { … }`,
//! `translate PATH with TABLE missing error|keep|null|default CODE`, `translate version FROM to TO loss note|keep|park`,
//! each with `when COND` at its end.
//!
//! Promises: a line sees what the lines before it did; an edit changes its own bytes only; a line that cannot do its work
//! ends the run with a [`Fault`], never silently; the same message, program and run give the same bytes.

pub(crate) mod action;
mod edit;
pub(crate) mod parse;
mod version;
pub(crate) mod write;

use crate::{
    path::ReadPath,
    run::{Fault, Run},
    scope::Scope,
    syntax::{Statement, Tree},
    table::Table,
};
use action::{Action, Kind, Stage, perform};
use hl7v2::{Message, Path};
use message::Diagnostic;
use std::sync::Arc;

/// Lines of one program or map.
pub(crate) const ACTIONS_MAX: usize = 20_000;

/// A compiled sequence of editing lines.
#[derive(Debug, Default)]
pub struct Program {
    actions: Vec<Action>,
}

impl Program {
    /// The words that begin the lines of a program.
    pub const WORDS: [&'static str; 4] = ["set", "remove", "insert", "translate"];

    /// Compiles statements in their order. A program that compiled with errors holds the lines that are sound; do not run
    /// it.
    #[must_use]
    pub fn from_statements<'t>(
        tree: &'t Tree,
        statements: impl IntoIterator<Item = &'t Statement>,
        scope: &Scope<'_>,
    ) -> (Program, Vec<Diagnostic>) {
        let mut program = Program::default();
        let mut found = Vec::new();
        for statement in statements {
            program.push_statement(tree, statement, scope, &mut found);
        }
        (program, found)
    }

    /// Compiles one statement and adds it to the end; `false` with an error among the findings when it cannot run.
    pub fn push_statement(
        &mut self,
        tree: &Tree,
        statement: &Statement,
        scope: &Scope<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> bool {
        let action = if version::is_crossing(tree, statement) {
            version::parse(tree, statement, scope, found)
        } else {
            parse::parse_edit(tree, statement, scope, found)
        };
        match action {
            Some(action) if self.actions.len() < ACTIONS_MAX => {
                self.actions.push(action);
                true
            }
            _ => false,
        }
    }

    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// No lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// The places that are translated whatever the message, with their tables.
    pub fn translations(&self) -> impl Iterator<Item = (&Path, &Arc<Table>)> {
        translated(&self.actions, true)
    }

    /// Changes a message.
    ///
    /// # Errors
    /// A line that could not do its work, or no fuel left. The message is then half changed: throw it away.
    pub fn apply(&self, message: &mut Message, run: &mut Run) -> Result<(), Fault> {
        perform(&self.actions, &mut Stage::in_place(message), run)
    }
}

/// What lines without a condition look up in tables. `is_in_place`: what they write is what they read.
pub(crate) fn translated(actions: &[Action], is_in_place: bool) -> impl Iterator<Item = (&Path, &Arc<Table>)> {
    actions.iter().filter(|action| action.when.is_none()).filter_map(move |action| match &action.kind {
        Kind::Translate { target, table, .. } => is_in_place.then_some((&target.path, table)),
        Kind::Assign { value, .. } => match value.looked_up()? {
            (ReadPath::Message(path), table) => Some((path, table)),
            (ReadPath::Within { .. } | ReadPath::Bound { .. } | ReadPath::Element(_) | ReadPath::Now, _) => None,
        },
        Kind::Remove { .. }
        | Kind::Insert { .. }
        | Kind::Cross(_)
        | Kind::Each { .. }
        | Kind::Block { .. }
        | Kind::Copy { .. } => None,
    })
}

#[cfg(test)]
mod tests;
