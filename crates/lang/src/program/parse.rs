//! Reads the editing lines that programs and maps share.

use super::action::{Action, Kind, Missing};
use crate::{
    codes,
    condition::Condition,
    path::{Target, bound_name, is_segment_shape, parse_target},
    run::Site,
    scope::{Bound, Scope},
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    table::Table,
    value::Value,
};
use hl7v2::{
    Path,
    path::{Index, Member},
};
use message::Diagnostic;
use std::sync::Arc;

/// Reads a line that begins with one of [`super::Program::WORDS`].
pub(crate) fn parse_edit(
    tree: &Tree,
    statement: &Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let mut cursor = Cursor::new(tree, statement);
    let place = cursor.here();
    let word = cursor.peek_str();
    cursor.take();
    let action = match word {
        "set" => assignment(&mut cursor, scope, found, &place)?,
        "remove" => remove(&mut cursor, scope, found)?,
        "insert" => return insert(tree, statement, cursor, scope, found),
        "translate" => translate(&mut cursor, statement, scope, found)?,
        _ => {
            let mut finding = Diagnostic::error(codes::E2301, format!("`{word}` does not change a message"));
            finding.hint = suggest::did_you_mean(word, super::Program::WORDS)
                .or_else(|| Some(format!("these lines do: {}", super::Program::WORDS.join(", "))));
            found.push(finding.at(&tree.file, place, ""));
            return None;
        }
    };
    refuse_block(tree, statement, found)?;
    finish(action, &mut cursor, statement, scope, found)
}

/// `when COND` and the end of the line.
pub(crate) fn finish(
    kind: Kind,
    cursor: &mut Cursor<'_>,
    statement: &Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let when = parse_when(cursor, scope, found)?;
    expect_end(cursor, found)?;
    Some(Action { kind, when, site: Site::new(cursor.tree(), statement.span.clone()) })
}

/// `when COND`, if it stands here. The outer `None` is a condition that cannot run.
#[allow(clippy::option_option)]
pub(crate) fn parse_when(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Option<Condition>> {
    if !cursor.eat("when") {
        return Some(None);
    }
    Some(Some(Condition::parse(cursor, scope, found)?))
}

/// Nothing is left on the line.
pub(crate) fn expect_end(cursor: &Cursor<'_>, found: &mut Vec<Diagnostic>) -> Option<()> {
    if cursor.is_done() {
        return Some(());
    }
    let text = cursor.tree().text.get(cursor.here()).unwrap_or("").to_owned();
    let mut finding = Diagnostic::error(codes::E2310, format!("the line should end before `{text}`"));
    finding.hint = Some(match text.as_str() {
        "and" | "or" => "a condition begins with `when`".to_owned(),
        "=" => "a line has one `=`".to_owned(),
        _ => "a condition begins with `when`, a step with `|`; a text with blanks needs quotes".to_owned(),
    });
    found.push(finding.at(&cursor.tree().file, cursor.rest_span(), ""));
    None
}

/// The line has no `{ }`.
pub(crate) fn refuse_block(tree: &Tree, statement: &Statement, found: &mut Vec<Diagnostic>) -> Option<()> {
    let Some(block) = &statement.block else { return Some(()) };
    let finding = Diagnostic::error(codes::E2309, "this line has no block");
    found.push(finding.at(&tree.file, block.span.start..block.span.start + 1, "").hint("take the braces away"));
    None
}

/// `PATH = VALUE`.
pub(crate) fn assignment(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
    place: &std::ops::Range<usize>,
) -> Option<Kind> {
    let path = parse_target(cursor, scope, false, found);
    if cursor.eat_kind(TokenKind::Equal).is_none() {
        if path.is_some() {
            let finding =
                Diagnostic::error(codes::E2108, "`=` is missing").at(&cursor.tree().file, cursor.here(), "here");
            found.push(finding.hint("write it like `PV1-2 = I`"));
        }
        return None;
    }
    let value = Value::parse(cursor, scope, found)?;
    let target = Target::within(path?, scope);
    if value.is_list() && !target.is_field() {
        let finding = Diagnostic::error(codes::E2112, "several values for a place that takes one");
        let hint = "choose one with `first`, or make one text of them with `join`";
        found.push(finding.at(&cursor.tree().file, place.clone(), "").hint(hint));
        return None;
    }
    Some(Kind::Assign { target, value })
}

fn remove(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Kind> {
    let place = cursor.here();
    let path = parse_target(cursor, scope, true, found)?;
    if path.is_target_only() {
        let finding = Diagnostic::error(codes::E2104, "`[+]` makes a new one, so it cannot be removed");
        found.push(finding.at(&cursor.tree().file, place, ""));
        return None;
    }
    if path.is_segment() && &path.segment == b"MSH" {
        let finding = Diagnostic::error(codes::E2103, "a message keeps its MSH segment");
        found.push(finding.at(&cursor.tree().file, place, ""));
        return None;
    }
    Some(Kind::Remove { target: Target::within(path, scope) })
}

fn insert(
    tree: &Tree,
    statement: &Statement,
    mut cursor: Cursor<'_>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let place = cursor.here();
    let id = segment_id(&mut cursor, scope, found)?;
    if &id == b"MSH" {
        found.push(Diagnostic::error(codes::E2103, "a message has one MSH segment").at(&tree.file, place, ""));
        return None;
    }
    let here = cursor.here();
    let is_after = cursor.eat("after");
    if !is_after && !cursor.eat("before") {
        let finding = Diagnostic::error(codes::E2310, "`after` or `before` is missing").at(&tree.file, here, "here");
        found.push(finding.hint("write it like `insert ZPD after PID { ZPD-1 = x }`"));
        return None;
    }
    let anchor = anchor(&mut cursor, scope, found)?;
    let when = parse_when(&mut cursor, scope, found)?;
    expect_end(&cursor, found)?;
    let mut lines = Vec::new();
    let mut is_sound = true;
    for inner in statement.block.iter().flat_map(|block| &block.statements) {
        match insert_line(tree, inner, id, scope, found) {
            Some(action) => lines.push(action),
            None => is_sound = false,
        }
    }
    let site = Site::new(tree, statement.span.clone());
    let kind = Kind::Insert { segment: id, is_after, anchor, lines };
    is_sound.then_some(Action { kind, when, site })
}

fn insert_line(
    tree: &Tree,
    statement: &Statement,
    id: [u8; 3],
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Action> {
    let mut cursor = Cursor::new(tree, statement);
    let place = cursor.here();
    let Kind::Assign { mut target, value } = assignment(&mut cursor, scope, found, &place)? else { return None };
    if target.path.segment != id || target.path.occurrence != Index::Unsaid {
        let name = String::from_utf8_lossy(&id).into_owned();
        let finding = Diagnostic::error(codes::E2113, format!("only the fields of the new {name} are set here"));
        found.push(finding.at(&tree.file, place, "").hint(format!("write it like `{name}-1 = …`")));
        return None;
    }
    target = Target::plain(target.path);
    refuse_block(tree, statement, found)?;
    finish(Kind::Assign { target, value }, &mut cursor, statement, scope, found)
}

/// Three characters of a segment id as a word of their own.
pub(crate) fn segment_id(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<[u8; 3]> {
    let place = cursor.here();
    let text = cursor.peek_str();
    if !is_segment_shape(text) {
        let mut finding = Diagnostic::error(codes::E2105, "a segment is needed here");
        let upper = text.to_ascii_uppercase();
        finding.hint = Some(if is_segment_shape(&upper) {
            format!("did you mean `{upper}`?")
        } else {
            "three capitals or digits, such as `PID` or `ZPD`".to_owned()
        });
        found.push(finding.at(&cursor.tree().file, place, ""));
        return None;
    }
    let path = parse_target(cursor, scope, true, found)?;
    Some(path.segment)
}

/// A segment, or the name of one bound by `each`.
fn anchor(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Target> {
    let text = cursor.peek_str();
    if let Some(binding) = scope.bound(bound_name(text)).filter(|binding| *binding.name == *text) {
        let segment = match binding.bound {
            Bound::Segment(segment) | Bound::Repetition(segment, _) => segment,
            // Only maps to and from FHIR bind these, and they insert nothing.
            Bound::Group(_) | Bound::Datatype(_) | Bound::Element(_) | Bound::Place(_) => return None,
        };
        let path = Path { groups: Vec::new(), segment, occurrence: Index::Unsaid, member: Member::default() };
        let slot = binding.slot;
        cursor.take();
        return Some(Target { path, occurrence_of: Some(slot), repetition_of: None });
    }
    let place = cursor.here();
    let path = parse_target(cursor, scope, true, found)?;
    if !path.is_segment() || path.is_target_only() {
        let finding = Diagnostic::error(codes::E2105, "a segment is needed here");
        found.push(finding.at(&cursor.tree().file, place, "").hint("write it like `after PID` or `after OBX[2]`"));
        return None;
    }
    Some(Target::plain(path))
}

/// The words after `missing`.
const MISSING: [&str; 4] = ["error", "keep", "null", "default"];

fn translate(
    cursor: &mut Cursor<'_>,
    statement: &Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Kind> {
    let file = cursor.tree().file.clone();
    let place = cursor.here();
    if super::version::is_crossing(cursor.tree(), statement) {
        super::version::refuse(&file, place, found);
        return None;
    }
    let path = parse_target(cursor, scope, false, found)?;
    if path.is_target_only() {
        let finding = Diagnostic::error(codes::E2104, "`[+]` makes a new one, so there is nothing to translate");
        found.push(finding.at(&file, place, ""));
        return None;
    }
    let (table, missing) = parse_table(cursor, scope, "translate PV1-3.1 with units missing error", found)?;
    Some(Kind::Translate { target: Target::within(path, scope), table, missing })
}

/// `with TABLE [missing …]`; `like` is how such a line is written, for whoever writes it otherwise.
pub(crate) fn parse_table(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    like: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<(Arc<Table>, Missing)> {
    let file = cursor.tree().file.clone();
    let here = cursor.here();
    if !cursor.eat("with") {
        let finding = Diagnostic::error(codes::E2310, "`with TABLE` is missing").at(&file, here, "here");
        found.push(finding.hint(format!("write it like `{like}`")));
        return None;
    }
    let here = cursor.here();
    let Some((name, _)) = cursor.text() else {
        found.push(Diagnostic::error(codes::E2209, "the name of a code table is missing").at(&file, here, "here"));
        return None;
    };
    let table = match scope.table(&name) {
        Ok(table) => table,
        Err(finding) => {
            found.push(finding.at(&file, here, ""));
            return None;
        }
    };
    let missing = if cursor.eat("missing") { parse_missing(cursor, found)? } else { Missing::Error };
    Some((table, missing))
}

fn parse_missing(cursor: &mut Cursor<'_>, found: &mut Vec<Diagnostic>) -> Option<Missing> {
    let file = cursor.tree().file.clone();
    let here = cursor.here();
    let word = cursor.peek_str();
    cursor.take();
    match word {
        "error" => Some(Missing::Error),
        "keep" => Some(Missing::Keep),
        "null" => Some(Missing::Null),
        "default" => {
            let here = cursor.here();
            match cursor.text() {
                Some((code, _)) => Some(Missing::Default(Arc::from(&*code))),
                None => {
                    let finding = Diagnostic::error(codes::E2108, "the default code is missing");
                    found.push(finding.at(&file, here, "here").hint("write it like `missing default UNK`"));
                    None
                }
            }
        }
        _ => {
            let mut finding = Diagnostic::error(codes::E2310, "what happens to a missing code is not said");
            finding.hint = suggest::did_you_mean(word, MISSING)
                .or_else(|| Some("`missing` is followed by error, keep, null or default CODE".to_owned()));
            found.push(finding.at(&file, here, ""));
            None
        }
    }
}
