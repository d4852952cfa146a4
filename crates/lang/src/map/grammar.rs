//! What the lines of maps have in common, whatever they make: the head of a `when`, the reason of an `ignore`, what stands
//! behind a value, and which targets were written before.

use crate::{
    codes,
    condition::Condition,
    program::parse::{expect_end, parse_when},
    scope::Scope,
    suggest,
    syntax::{Block, Cursor, Statement, TokenKind, Tree},
    table::Table,
};
use message::{Code, Diagnostic};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// `when COND { … }`: the condition and the block.
pub(super) fn when<'t>(
    tree: &'t Tree,
    statement: &'t Statement,
    mut cursor: Cursor<'t>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<(Option<Condition>, &'t Block)> {
    let when = parse_when(&mut cursor, scope, found)?;
    expect_end(&cursor, found)?;
    let Some(block) = &statement.block else {
        let finding = Diagnostic::error(codes::E2309, "a line that begins with `when` has a block `{ … }`");
        found.push(finding.at(&tree.file, statement.span.clone(), ""));
        return None;
    };
    Some((when, block))
}

/// `reason TEXT` to the end of the line; empty where it is not said.
pub(super) fn reason(cursor: &mut Cursor<'_>) -> String {
    let mut words = Vec::new();
    if cursor.eat("reason") {
        while let Some((text, _)) = cursor.text() {
            words.push(text.into_owned());
        }
    }
    words.join(" ")
}

/// What happens to a code that the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Otherwise {
    /// The sender's code stays, with a note.
    Note,
    /// It stays.
    Keep,
    /// Nothing is written.
    Empty,
    /// The run ends.
    Stop,
}

/// What `| required` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Stop,
    Note,
}

/// `| code TABLE [backwards] [else …]`, `| use NAME`, `| required [else …]` behind a value.
#[derive(Default)]
pub(super) struct Tail {
    pub(super) table: Option<(Arc<Table>, Range<usize>)>,
    pub(super) is_backwards: bool,
    pub(super) otherwise: Option<Otherwise>,
    pub(super) part: Option<(String, Range<usize>)>,
    pub(super) required: Option<Missing>,
}

impl Tail {
    pub(super) fn parse(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Tail> {
        let mut tail = Tail::default();
        while cursor.eat_kind(TokenKind::Pipe).is_some() {
            let place = cursor.here();
            if cursor.eat("use") {
                let span = cursor.here();
                let Some((name, _)) = cursor.text() else {
                    let finding = Diagnostic::error(codes::E2306, "the name of a shared map is missing");
                    return refuse(cursor, finding, span, found);
                };
                tail.part = Some((name.into_owned(), span));
            } else if cursor.eat("code") {
                let span = cursor.here();
                let name = cursor.text().map(|(name, _)| name.into_owned()).unwrap_or_default();
                match scope.table(&name) {
                    Ok(table) => tail.table = Some((table, span)),
                    Err(finding) => return refuse(cursor, *finding, span, found),
                }
                // Tables are those from HL7 v2 to FHIR.
                tail.is_backwards = scope.reads_fhir && cursor.eat("backwards");
                tail.otherwise = otherwise(cursor, found)?;
            } else if cursor.eat("required") {
                let is_note = otherwise(cursor, found)?.is_some_and(|said| said != Otherwise::Stop);
                tail.required = Some(if is_note { Missing::Note } else { Missing::Stop });
            } else {
                let what = format!("`{}` cannot stand behind this step", cursor.peek_str());
                let finding = Diagnostic::error(codes::E2310, what)
                    .hint("behind `use` and `code` only `required` may stand; other steps come before");
                return refuse(cursor, finding, place, found);
            }
        }
        Some(tail)
    }
}

fn refuse<T>(cursor: &Cursor<'_>, finding: Diagnostic, place: Range<usize>, found: &mut Vec<Diagnostic>) -> Option<T> {
    found.push(finding.at(&cursor.tree().file, place, ""));
    None
}

/// `else keep|empty|warn|error`, if it is said.
#[allow(clippy::option_option)]
fn otherwise(cursor: &mut Cursor<'_>, found: &mut Vec<Diagnostic>) -> Option<Option<Otherwise>> {
    if !cursor.eat("else") {
        return Some(None);
    }
    let place = cursor.here();
    let word = cursor.peek_str();
    cursor.take();
    Some(Some(match word {
        "keep" => Otherwise::Keep,
        "empty" => Otherwise::Empty,
        "warn" => Otherwise::Note,
        "error" => Otherwise::Stop,
        _ => {
            let hint = suggest::did_you_mean(word, ["keep", "empty", "warn", "error"]);
            let what = "after a step `else` is followed by error, warn, keep or empty";
            return refuse(cursor, Diagnostic { hint, ..Diagnostic::error(codes::E2207, what) }, place, found);
        }
    }))
}

/// Targets that a block has written without a condition, and where.
#[derive(Debug, Default)]
pub(super) struct Written(BTreeMap<String, Range<usize>>);

impl Written {
    /// Takes a target in; a finding when a line before writes it too.
    pub(super) fn take(
        &mut self,
        tree: &Tree,
        key: &str,
        place: &Range<usize>,
        code: Code,
        found: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        let Some(first) = self.0.insert(key.to_owned(), place.clone()) else { return Some(()) };
        let finding = Diagnostic::error(code, format!("a second line writes `{key}`"))
            .at(&tree.file, place.clone(), "again here")
            .at(&tree.file, first, "first here");
        found.push(finding.hint("take one away, give one of them a `when`, or join them with `else`"));
        None
    }
}
