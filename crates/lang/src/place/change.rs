//! Lines that change a message of another format in place: `set PATH = VALUE`, `remove PATH`, `translate PATH with TABLE`.
//!
//! Promises: a line sees what the lines before it did; every byte that no line writes stays as it was.

use super::{atom, check};
use crate::{
    codes,
    condition::Condition,
    form::Form,
    item::Atom,
    program::{
        action::Missing,
        parse::{expect_end, parse_table, parse_when, refuse_block},
    },
    run::{Fault, Run, Site},
    scope::Scope,
    steps::Flow,
    suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
    table::Table,
    value::Value,
    view::View,
};
use formats::{Document, Path, edit};
use message::Diagnostic;
use std::sync::Arc;

/// Bytes that cost one unit of fuel: a message is read again after each change.
const READ_BYTES_PER_FUEL: usize = 256;

/// The words that begin such lines.
pub(crate) const WORDS: [&str; 3] = ["set", "remove", "translate"];

/// A compiled line.
#[derive(Debug)]
pub(crate) struct Change {
    kind: Kind,
    path: Path,
    when: Option<Condition>,
    pub(crate) site: Site,
}

#[derive(Debug)]
enum Kind {
    Set { value: Value, simple: Simple },
    Remove,
    Translate { table: Arc<Table>, missing: Missing },
}

/// What a value is written as where a format has more than texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Simple {
    Text,
    Number,
    Truth,
}

/// What a value is, as far as its line says it: a number or `true` without quotes, or a step that gives a number.
pub(crate) fn simple_of(cursor: &Cursor<'_>, value: &Value) -> Simple {
    let token = cursor.peek();
    match value.literal() {
        Some(text) if token.is_some_and(|token| token.kind == TokenKind::Number) && formats::is_number(text) => {
            Simple::Number
        }
        Some(text) if token.is_some_and(|token| token.kind.is_bare()) && matches!(&**text, "true" | "false") => {
            Simple::Truth
        }
        Some(_) => Simple::Text,
        None if value.flow() == Flow::Number => Simple::Number,
        None => Simple::Text,
    }
}

/// Reads a line.
pub(crate) fn parse(
    tree: &Tree,
    statement: &Statement,
    form: &Form,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Change> {
    let mut cursor = Cursor::new(tree, statement);
    let place = cursor.here();
    let word = cursor.peek_str();
    cursor.take();
    if !WORDS.contains(&word) {
        let what = format!("`{word}` changes HL7 v2, and the message is {}", form.name());
        let mut finding = Diagnostic::error(codes::E2644, what).at(&tree.file, place, "");
        finding.hint =
            suggest::did_you_mean(word, WORDS).or_else(|| Some("lines here are set, remove and translate".to_owned()));
        found.push(finding);
        return None;
    }
    let path = target(&mut cursor, form, word == "set", found)?;
    let kind = match word {
        "set" => {
            if cursor.eat_kind(TokenKind::Equal).is_none() {
                let finding = Diagnostic::error(codes::E2108, "`=` is missing").at(&tree.file, cursor.here(), "here");
                found.push(finding.hint("write it like `set patient.status = \"final\"`"));
                return None;
            }
            let before = cursor.clone();
            let value = Value::parse(&mut cursor, scope, found)?;
            if value.is_list() {
                let finding = Diagnostic::error(codes::E2112, "several values for a place that takes one");
                let hint = "choose one with `first`, or make one text of them with `join`";
                found.push(finding.at(&tree.file, before.here(), "").hint(hint));
                return None;
            }
            Kind::Set { simple: simple_of(&before, &value), value }
        }
        "remove" => Kind::Remove,
        _ => translate(&mut cursor, scope, found)?,
    };
    let when = parse_when(&mut cursor, scope, found)?;
    expect_end(&cursor, found)?;
    refuse_block(tree, statement, found)?;
    Some(Change { kind, path, when, site: Site::new(tree, statement.span.clone()) })
}

/// `PATH = …` with a value that is there already.
pub(crate) fn assigning(path: Path, value: Value, site: Site) -> Change {
    Change { kind: Kind::Set { value, simple: Simple::Text }, path, when: None, site }
}

/// A place to write to.
pub(crate) fn target(
    cursor: &mut Cursor<'_>,
    form: &Form,
    may_be_new: bool,
    found: &mut Vec<Diagnostic>,
) -> Option<Path> {
    let file = cursor.tree().file.clone();
    let place = cursor.here();
    let Some(token) = cursor.peek().filter(|token| token.kind.is_bare()) else {
        let finding = Diagnostic::error(codes::E2641, "a path is missing").at(&file, place, "here");
        found.push(finding.hint("a path is written like `patient.name[1].family`"));
        return None;
    };
    let text = cursor.tree().slice(token);
    cursor.take();
    match Path::parse(text) {
        Ok(path) if path.is_new() && !may_be_new => {
            let finding = Diagnostic::error(codes::E2104, "`[+]` makes a new one, so there is nothing to change");
            found.push(finding.at(&file, place, ""));
            None
        }
        Ok(mut path) => {
            path.resolve_prefixes(&form.layout.namespaces);
            match check_target(&path, form) {
                Ok(()) => Some(path),
                Err(refused) => {
                    let (finding, span) = *refused;
                    found.push(finding.at(&file, place.start + span.start..place.start + span.end, ""));
                    None
                }
            }
        }
        Err(wrong) => {
            let mut finding = Diagnostic::error(codes::E2641, wrong.text);
            finding.hint = wrong.hint;
            found.push(finding.at(&file, place.start + wrong.span.start..place.start + wrong.span.end, ""));
            None
        }
    }
}

/// The names of a place to write are declared, where any are.
pub(crate) fn check_target(path: &Path, form: &Form) -> Result<(), super::Refused> {
    let mut out = super::PlacePath {
        start: None,
        path: Path { hops: Vec::new() },
        is_list: false,
        repeats: false,
        way: Arc::default(),
    };
    check(path, form, 0, &mut out)
}

fn translate(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Kind> {
    let (table, missing) = parse_table(cursor, scope, "translate patient.sex with sexes missing keep", found)?;
    Some(Kind::Translate { table, missing })
}

/// Runs lines in their order.
pub(crate) fn perform(changes: &[Change], document: &mut Document, run: &mut Run) -> Result<(), Fault> {
    for change in changes {
        change.site.burn(run, 1)?;
        let view = View::of_document(document);
        if let Some(when) = &change.when
            && !when.holds(&view, run)?
        {
            continue;
        }
        let changed = change.apply(document, &view, run)?;
        if let Some(changed) = changed {
            change.site.burn(run, 1 + (changed.write().len() / READ_BYTES_PER_FUEL) as u64)?;
            *document = changed;
        }
    }
    Ok(())
}

impl Change {
    fn refused(&self, refused: edit::Refused) -> Fault {
        self.site.fault(refused.code, refused.text)
    }

    fn apply(&self, document: &Document, view: &View<'_>, run: &mut Run) -> Result<Option<Document>, Fault> {
        match &self.kind {
            Kind::Remove => document.remove(&self.path).map(Some).map_err(|refused| self.refused(refused)),
            Kind::Set { value, simple } => {
                let atom = value.evaluate(view, run)?.into_first();
                let is_there = document.first(&self.path).is_some();
                match atom {
                    Atom::Text(text) => self.set(document, simple.value(&text)).map(Some),
                    Atom::Empty | Atom::Null if is_there => self.set(document, edit::Value::Nothing).map(Some),
                    Atom::Empty | Atom::Null => Ok(None),
                }
            }
            Kind::Translate { table, missing } => {
                let mut current = document.clone();
                // A translated place keeps its number in the document, so each is found again by it.
                let numbers: Vec<usize> =
                    self.path.all(document.root()).into_iter().map(|node| node.number()).collect();
                for number in numbers {
                    let node = current.node(number);
                    let code = atom(node).as_str().to_owned();
                    if code.is_empty() {
                        continue;
                    }
                    let to = match (table.row(&code), missing) {
                        (Some(row), _) => row.to().to_owned(),
                        (None, Missing::Keep) => continue,
                        (None, Missing::Null) => String::new(),
                        (None, Missing::Default(code)) => code.to_string(),
                        (None, Missing::Error) => {
                            run.miss(table.name(), &code);
                            let what = format!("the code is not in table `{}`", table.name());
                            return Err(self.site.fault(codes::E2401, what));
                        }
                    };
                    let path = Path::parse(&node.path())
                        .map_err(|_| self.site.fault(codes::E2641, "the place cannot be named"))?;
                    let value = if to.is_empty() { edit::Value::Nothing } else { edit::Value::Text(&to) };
                    current = current.set(&path, value).map_err(|refused| self.refused(refused))?;
                    self.site.burn(run, 1 + (current.write().len() / READ_BYTES_PER_FUEL) as u64)?;
                }
                Ok(Some(current))
            }
        }
    }

    fn set(&self, document: &Document, value: edit::Value<'_>) -> Result<Document, Fault> {
        document.set(&self.path, value).map_err(|refused| self.refused(refused))
    }
}

impl Simple {
    fn value(self, text: &str) -> edit::Value<'_> {
        match self {
            Simple::Text => edit::Value::Text(text),
            Simple::Number => edit::Value::Number(text),
            Simple::Truth => edit::Value::Truth(text == "true"),
        }
    }
}
