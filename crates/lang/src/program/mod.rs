//! Programs: the lines that change a message in place, in their order.
//!
//! `set PATH = VALUE`, `remove PATH|SEGMENT`, `insert SEGMENT after|before SEGMENT { … }`,
//! `translate PATH with TABLE missing error|keep|null|default CODE`, `translate version FROM to TO loss note|keep|park`,
//! `enrich LOOKUP by VALUE failed … else … { PATH = COLUMN }`, each with `when COND` at its end.
//!
//! Promises: a line sees what the lines before it did; an edit changes its own bytes only; a line that cannot do its work
//! ends the run with a [`Fault`], never silently; the same message, program and run give the same bytes.

pub(crate) mod action;
mod edit;
mod enrich;
pub(crate) mod parse;
mod version;
pub(crate) mod write;

use crate::{
    codes,
    matter::Matter,
    path::ReadPath,
    place::change::{self, Change},
    run::{Fault, Run, Site},
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
    /// The lines of a program for another format than HL7 v2.
    changes: Vec<Change>,
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
        if enrich::is_enriching(tree, statement) {
            return enrich::parse(tree, statement, scope, self, found).is_some();
        }
        if let Some(form) = scope.form {
            let change =
                change::parse(tree, statement, form, scope, found).filter(|_| self.changes.len() < ACTIONS_MAX);
            let is_sound = change.is_some();
            self.changes.extend(change);
            return is_sound;
        }
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
        self.actions.len() + self.changes.len()
    }

    /// No lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.changes.is_empty()
    }

    /// Where its first line stands: the file, and the line from 1.
    #[must_use]
    pub fn place(&self) -> Option<(Arc<str>, usize)> {
        let site = match (self.actions.first(), self.changes.first()) {
            (Some(action), _) => &action.site,
            (None, Some(change)) => &change.site,
            (None, None) => return None,
        };
        Some((site.file.clone(), site.line()))
    }

    /// The places that are translated whatever the message, with their tables.
    pub fn translations(&self) -> impl Iterator<Item = (&Path, &Arc<Table>)> {
        translated(&self.actions, true)
    }

    /// Changes a message in whichever format it was compiled for.
    ///
    /// # Errors
    /// As [`Program::apply`]; E2646 for a message of another format.
    pub fn apply_to(&self, matter: &mut Matter, run: &mut Run) -> Result<(), Fault> {
        match matter {
            Matter::V2(message) if self.changes.is_empty() => self.apply(message, run),
            Matter::Other(document) if self.actions.is_empty() => change::perform(&self.changes, document, run),
            Matter::V2(_) | Matter::Fhir(..) | Matter::Other(_) if self.is_empty() => Ok(()),
            Matter::V2(_) | Matter::Fhir(..) | Matter::Other(_) => {
                Err(Site::nowhere().fault(codes::E2646, "the line is for messages of another format"))
            }
        }
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
            (
                ReadPath::Within { .. }
                | ReadPath::Bound { .. }
                | ReadPath::Element(_)
                | ReadPath::Place(_)
                | ReadPath::Now,
                _,
            ) => None,
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
