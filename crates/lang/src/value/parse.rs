//! Reads values from a line.

use super::{Primary, Template, Term, Value};
use crate::{
    codes,
    path::{Found, ReadPath, not_a_path, resolve},
    run::Site,
    scope::Scope,
    steps::{self, Flow, parse_step, parse_steps},
    syntax::{Cursor, TokenKind},
};
use message::{Diagnostic, limits};
use std::sync::Arc;

/// Values that one list may have.
const TERMS_MAX: usize = 256;

impl Value {
    /// Reads a value; the cursor is left at what follows it (`when`, a closing bracket, the end). `None` with an error
    /// among the findings when it cannot run.
    pub fn parse(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>) -> Option<Value> {
        parse_value(cursor, scope, found, 0)
    }
}

fn parse_value(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>, depth: usize) -> Option<Value> {
    let file = cursor.tree().file.clone();
    let start = cursor.here();
    if depth > limits::SYNTAX_DEPTH_MAX {
        found.push(Diagnostic::error(codes::E2308, "the value is nested too deeply").at(&file, start, ""));
        return None;
    }
    let mut terms = Vec::new();
    let mut is_sound = true;
    loop {
        match parse_term(cursor, scope, found, depth) {
            Some(term) => terms.push(term),
            None => is_sound = false,
        }
        if terms.len() > TERMS_MAX {
            let what = format!("a list has at most {TERMS_MAX} values");
            found.push(Diagnostic::error(codes::E2308, what).at(&file, start, ""));
            return None;
        }
        if cursor.eat_kind(TokenKind::Comma).is_none() {
            break;
        }
    }
    let flow = match terms.as_slice() {
        [term] => term.flow(),
        _ => Flow::Any,
    };
    let mut is_list = terms.len() > 1 || terms.iter().any(Term::is_list);
    let mut calls = Vec::new();
    let flow = parse_steps(cursor, scope, flow, &mut calls, found);
    for call in &calls {
        is_list = match call.step.name {
            "split" => true,
            "join" | "first" | "last" | "nth" | "count" | "uuid" | "id" | "sequence" => false,
            _ => is_list,
        };
    }
    let end = cursor.here().start.max(start.start);
    let site = Site::new(cursor.tree(), start.start..end);
    if !is_sound {
        return None;
    }
    Some(Value { terms, calls, flow: flow?, is_list, site })
}

impl Term {
    fn is_list(&self) -> bool {
        self.alternatives.iter().any(|primary| match primary {
            Primary::Read(path) => path.is_list(),
            Primary::Inner(value) => value.is_list,
            _ => false,
        })
    }
    fn flow(&self) -> Flow {
        match self.alternatives.as_slice() {
            [Primary::Begin(call)] => call.step.gives,
            [Primary::Inner(value)] => value.flow,
            [Primary::Read(ReadPath::Now)] => Flow::Date,
            _ => Flow::Any,
        }
    }
}

fn parse_term(cursor: &mut Cursor<'_>, scope: &Scope<'_>, found: &mut Vec<Diagnostic>, depth: usize) -> Option<Term> {
    let mut alternatives = vec![parse_primary(cursor, scope, found, depth)?];
    while cursor.eat("else") {
        if alternatives.len() >= TERMS_MAX {
            return None;
        }
        alternatives.push(parse_primary(cursor, scope, found, depth)?);
    }
    Some(Term { alternatives })
}

fn parse_primary(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
    depth: usize,
) -> Option<Primary> {
    let file = cursor.tree().file.clone();
    let place = cursor.here();
    if cursor.eat_kind(TokenKind::OpenParen).is_some() {
        let value = parse_value(cursor, scope, found, depth + 1);
        if cursor.eat_kind(TokenKind::CloseParen).is_none() {
            found.push(Diagnostic::error(codes::E2108, "`)` is missing").at(&file, cursor.here(), "here"));
            return None;
        }
        return value.map(|value| Primary::Inner(Box::new(value)));
    }
    let before = cursor.clone();
    let missing = cursor.is_at("when") || cursor.is_at("else");
    let Some((text, token)) = (if missing { None } else { cursor.text() }) else {
        let finding = Diagnostic::error(codes::E2108, "a value is missing").at(&file, place, "here");
        found.push(finding.hint("a value is a path such as `PID-5.1`, a word, or a text between quotes"));
        return None;
    };
    if token.kind.is_text() {
        return match Template::parse(&text, scope) {
            Ok(template) => Some(match template.literal() {
                Some(literal) => Primary::Literal(literal),
                None => Primary::Template(template),
            }),
            Err(finding) => {
                found.push(finding.at(&file, place, ""));
                None
            }
        };
    }
    parse_word(&text, token.kind, cursor, before, scope, found)
}

fn parse_word<'t>(
    text: &str,
    kind: TokenKind,
    cursor: &mut Cursor<'t>,
    mut before: Cursor<'t>,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Primary> {
    let file = cursor.tree().file.clone();
    let place = before.here();
    match text {
        "null" => return Some(Primary::Null),
        "empty" => return Some(Primary::Empty),
        _ => {}
    }
    match resolve(text, scope) {
        Found::Path(path, odd) => {
            found.extend(odd.into_iter().map(|finding| finding.at(&file, place.clone(), "")));
            if path.is_segment() {
                let what = format!("`{text}` is a whole segment; a field is needed here");
                found.push(Diagnostic::error(codes::E2105, what).at(&file, place, ""));
                return None;
            }
            return Some(Primary::Read(path));
        }
        Found::Wrong(finding) => {
            found.push(finding.at(&file, place, ""));
            return None;
        }
        Found::WrongPart(finding, part) => {
            found.push(finding.at(&file, place.start + part.start..place.start + part.end, ""));
            return None;
        }
        Found::Nothing => {}
    }
    if kind == TokenKind::Path {
        found.push(not_a_path(text, scope).at(&file, place, ""));
        return None;
    }
    if steps::find(text).is_some_and(|step| step.can_begin) {
        // The step is read from its own name, so the cursor goes back to it.
        let call = parse_step(&mut before, scope, Flow::Any, found)?;
        *cursor = before;
        return Some(Primary::Begin(Box::new(call)));
    }
    Some(Primary::Literal(Arc::from(text)))
}

impl Value {
    /// Reads one path or text and its steps: the left side of a test, where a comma or `else` does not belong to it.
    pub(crate) fn parse_piped(
        cursor: &mut Cursor<'_>,
        scope: &Scope<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Value> {
        let start = cursor.here();
        let term = Term { alternatives: vec![parse_primary(cursor, scope, found, 0)?] };
        let mut calls = Vec::new();
        let is_list = term.is_list();
        let flow = parse_steps(cursor, scope, term.flow(), &mut calls, found)?;
        Some(Value { terms: vec![term], calls, flow, is_list, site: Site::new(cursor.tree(), start) })
    }
}
