//! `enrich LOOKUP by VALUE failed park|later|keep|empty else error|keep|empty { PATH = COLUMN … }`: several places of a
//! message from one answer of a lookup outside.
//!
//! Promises: the lookup is asked once for all its places; `keep` leaves a place as it is; what happens without an answer is
//! said, or the line is refused.

use super::{
    ACTIONS_MAX, Program,
    action::{Action, Kind},
    parse::{expect_end, refuse_block},
};
use crate::{
    codes,
    lookup::{ON_FAILURE, OnFailure},
    path::{Found, ReadPath, Target, parse_target, resolve},
    place::change,
    run::Site,
    scope::Scope,
    steps::{self, Call, OnTrouble},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    value::Value,
};
use message::Diagnostic;
use std::sync::Arc;

const SHAPE: &str = "write it like `enrich census by PID-3.1 failed park else keep { PV1-3.1 = ward }`";

pub(super) fn is_enriching(tree: &Tree, statement: &Statement) -> bool {
    Cursor::new(tree, statement).is_at("enrich")
}

/// What the head of the line says.
struct Head<'t> {
    lookup: Arc<str>,
    /// Where the value stands that is looked up: it is read once for each place.
    key: Cursor<'t>,
    failed: OnFailure,
    on_trouble: OnTrouble,
    keeps: bool,
}

/// Reads the line and adds what it does to the program.
pub(super) fn parse(
    tree: &Tree,
    statement: &Statement,
    scope: &Scope<'_>,
    program: &mut Program,
    found: &mut Vec<Diagnostic>,
) -> Option<()> {
    let head = head(tree, statement, scope, found)?;
    let lines = statement.block.as_ref().map(|block| block.statements.as_slice()).unwrap_or_default();
    if lines.is_empty() {
        let finding = Diagnostic::error(codes::E2705, "no place is named that takes something of the answer");
        found.push(finding.at(&tree.file, statement.span.clone(), "").hint(SHAPE));
        return None;
    }
    let mut is_sound = true;
    for line in lines {
        is_sound &= program.len() < ACTIONS_MAX && place(tree, line, &head, scope, program, found).is_some();
    }
    is_sound.then_some(())
}

fn head<'t>(
    tree: &'t Tree,
    statement: &'t Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Head<'t>> {
    let mut cursor = Cursor::new(tree, statement);
    cursor.take();
    let place = cursor.here();
    let name = cursor.peek_str();
    let Some(lookup) = scope.lookup(name).cloned() else {
        let mut finding = Diagnostic::error(codes::E2705, format!("there is no lookup `{name}`"));
        let known = scope.lookups.into_iter().flat_map(|lookups| lookups.names());
        finding.hint = suggest::did_you_mean(name, known)
            .or_else(|| Some(format!("add a line to the interface: `lookup {name} sql …`")));
        found.push(finding.at(&tree.file, place, ""));
        return None;
    };
    cursor.take();
    let complain = |at: std::ops::Range<usize>, code, what: &str, found: &mut Vec<Diagnostic>| {
        found.push(Diagnostic::error(code, what).at(&tree.file, at, "here").hint(SHAPE));
    };
    if !cursor.eat("by") {
        complain(cursor.here(), codes::E2705, "`by VALUE` is missing: what is looked up", found);
        return None;
    }
    let key = cursor.clone();
    let value = Value::parse(&mut cursor, scope, found)?;
    if value.is_list() {
        complain(key.here(), codes::E2705, "several values; one is looked up: choose it with `first`", found);
        return None;
    }
    let failed = if cursor.eat("failed") { OnFailure::named(cursor.peek_str()) } else { None };
    let Some(failed) = failed else {
        let what = format!("say what happens when nobody answers: `failed {}`", ON_FAILURE.join("|"));
        complain(cursor.here(), codes::E2700, &what, found);
        return None;
    };
    cursor.take();
    let (on_trouble, keeps) = match cursor.eat("else").then(|| cursor.peek_str()) {
        Some("error") => (OnTrouble::Error, false),
        Some("keep") => (OnTrouble::Empty, true),
        Some("empty") => (OnTrouble::Empty, false),
        _ => {
            complain(
                cursor.here(),
                codes::E2700,
                "say what happens when nothing is found: `else error|keep|empty`",
                found,
            );
            return None;
        }
    };
    if (failed == OnFailure::Keep && !keeps && on_trouble == OnTrouble::Empty) || (failed == OnFailure::Empty && keeps)
    {
        complain(cursor.here(), codes::E2700, "`failed` and `else` cannot be `keep` and `empty` at once", found);
        return None;
    }
    cursor.take();
    expect_end(&cursor, found)?;
    let keeps = keeps || failed == OnFailure::Keep;
    let failed = if failed == OnFailure::Keep { OnFailure::Empty } else { failed };
    Some(Head { lookup, key, failed, on_trouble, keeps })
}

/// `PATH = COLUMN`
fn place(
    tree: &Tree,
    line: &Statement,
    head: &Head<'_>,
    scope: &Scope<'_>,
    program: &mut Program,
    found: &mut Vec<Diagnostic>,
) -> Option<()> {
    let mut cursor = Cursor::new(tree, line);
    let (start, written) = (cursor.here(), cursor.peek_str());
    let kept = match (head.keeps, resolve(written, scope)) {
        (true, Found::Path(path, _)) => Some(path),
        // What is wrong with the path is told by who reads it as a target.
        (true, Found::Wrong(_) | Found::WrongPart(..) | Found::Nothing) | (false, _) => None,
    };
    let to = match scope.form {
        Some(form) => To::Place(change::target(&mut cursor, form, true, found)?),
        None => To::Field(parse_target(&mut cursor, scope, false, found)?),
    };
    let column = cursor.eat_kind(TokenKind::Equal).and_then(|_| cursor.text());
    let Some((column, _)) = column else {
        let finding = Diagnostic::error(codes::E2705, "a column or path of the answer is missing");
        found.push(finding.at(&tree.file, cursor.here(), "here").hint(SHAPE));
        return None;
    };
    expect_end(&cursor, found)?;
    refuse_block(tree, line, found)?;
    let site = Site::new(tree, line.span.clone());
    let value = asking(head, &column, kept, site.clone(), scope).map_err(|what| {
        found.push(Diagnostic::error(codes::E2705, what).at(&tree.file, start, ""));
    });
    let value = value.ok()?;
    match to {
        To::Place(path) => program.changes.push(change::assigning(path, value, site)),
        To::Field(path) => {
            let kind = Kind::Assign { target: Target::within(path, scope), value };
            program.actions.push(Action { kind, when: None, site });
        }
    }
    Some(())
}

enum To {
    Field(hl7v2::Path),
    Place(formats::Path),
}

fn asking(
    head: &Head<'_>,
    column: &str,
    kept: Option<ReadPath>,
    site: Site,
    scope: &Scope<'_>,
) -> Result<Value, String> {
    let step = steps::find("lookup").ok_or_else(String::new)?;
    let operation = steps::outside(head.lookup.clone(), Some(column), head.failed)?;
    let call = Call { step, operation, on_trouble: head.on_trouble, site, table: None };
    // It was read before without a finding that matters.
    let key = Value::parse(&mut head.key.clone(), scope, &mut Vec::new()).ok_or_else(String::new)?;
    Ok(key.asking(call, kept))
}
