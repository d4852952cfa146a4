//! What a person does to the drawing of a map, as edits of its text.
//!
//! Promises: a stroke changes bytes of its own line only, or adds lines of its own; every other byte of the file stays as it is.
//! What would not be read as what was meant is refused (E2020).
//! Never: a look into a dictionary: what is drawn may still be wrong, and the checker says so at the character.

#[cfg(test)]
mod tests;

use crate::{
    codes,
    syntax::{
        self, Cursor, Statement, Token, TokenKind, Tree,
        edit::{self, Edit},
    },
};
use message::Diagnostic;
use std::ops::Range;

/// One act in the drawing. Lines count from 1; `target` is what the line writes, as the outline tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A new line from a source to a target, at the end of what fills `resource`, or of the map where it makes no resources.
    Draw {
        /// A value with its steps: `PID-8 | code sex`.
        source: String,
        /// A path: `gender`, `PID-5.1`.
        target: String,
        /// `Patient`; a block for it is made where there is none.
        resource: Option<String>,
    },
    /// Another value for a line; its steps stay.
    Source {
        /// Which line.
        line: usize,
        /// What it writes.
        target: String,
        /// The value, without steps.
        source: String,
    },
    /// Other steps for a line; its value stays.
    Steps {
        /// Which line.
        line: usize,
        /// What it writes.
        target: String,
        /// Each as written: `code sex`. None: the line has no steps any more.
        steps: Vec<String>,
    },
    /// The line goes.
    Erase {
        /// Which line.
        line: usize,
        /// What it writes.
        target: String,
    },
}

/// The parts of a line `TARGET = VALUE | STEP | STEP …`, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The target.
    pub target: Range<usize>,
    /// The value before the first step.
    pub value: Range<usize>,
    /// Each step.
    pub steps: Vec<Range<usize>>,
}

/// The edits that make the stroke. Positions are of the tree.
///
/// # Errors
/// E2020: there is no such line, the file has no map of messages, or the text would not be one value or step.
pub fn edits(tree: &Tree, stroke: &Stroke) -> Result<Vec<Edit>, Box<Diagnostic>> {
    match stroke {
        Stroke::Draw { source, target, resource } => draw(tree, source, target, resource.as_deref()),
        Stroke::Source { line, target, source } => {
            let (_, parts) = find(tree, *line, target)?;
            let made = whole(&format!("x = {source}"))?;
            if !made.steps.is_empty() {
                return Err(refuse("a value has no steps", "change the steps by themselves"));
            }
            Ok(vec![Edit { range: parts.value, replacement: source.trim().to_owned() }])
        }
        Stroke::Steps { line, target, steps } => {
            let (_, parts) = find(tree, *line, target)?;
            let text: String = steps.iter().map(|step| format!(" | {}", step.trim())).collect();
            if whole(&format!("x = y{text}"))?.steps.len() != steps.len() {
                return Err(refuse("a step is not whole", "give each step by itself"));
            }
            let end = parts.steps.last().map_or(parts.value.end, |last| last.end);
            Ok(vec![Edit { range: parts.value.end..end, replacement: text }])
        }
        Stroke::Erase { line, target } => Ok(edit::remove(tree, find(tree, *line, target)?.0)),
    }
}

/// The parts of an assignment; `None` for any other line.
#[must_use]
pub fn parts(tree: &Tree, statement: &Statement) -> Option<Parts> {
    let tokens: Vec<Token> = statement.header.iter().filter_map(|index| tree.token(*index)).collect();
    let at = match statement.word(tree) {
        "else" | "set" if tokens.get(1)?.kind != TokenKind::Equal => 1,
        _ => 0,
    };
    let is_assignment = tokens.get(at + 1)?.kind == TokenKind::Equal;
    let target = *tokens.get(at).filter(|_| is_assignment)?;
    let span = |token: &Token| token.start as usize..token.end as usize;
    let (mut depth, mut pieces) = (0_usize, vec![None::<Range<usize>>]);
    for token in &tokens[at + 2..] {
        match token.kind {
            TokenKind::OpenBracket | TokenKind::OpenParen => depth += 1,
            TokenKind::CloseBracket | TokenKind::CloseParen => depth = depth.saturating_sub(1),
            TokenKind::Pipe if depth == 0 => {
                pieces.push(None);
                continue;
            }
            _ if depth == 0 && token.kind.is_bare() && ["when", "as"].contains(&tree.slice(*token)) => break,
            _ => {}
        }
        let piece = pieces.last_mut()?;
        *piece = Some(piece.as_ref().map_or_else(|| span(token), |known| known.start..token.end as usize));
    }
    let mut pieces = pieces.into_iter();
    let value = pieces.next()??;
    Some(Parts { target: span(&target), value, steps: pieces.collect::<Option<Vec<_>>>()? })
}

/// Every assignment of the file with its line, in order.
#[must_use]
pub fn assignments(tree: &Tree) -> Vec<(usize, &Statement, Parts)> {
    let mut out = Vec::new();
    gather(tree, &tree.statements, &mut (0, 1), &mut out);
    out
}

/// `counted`: a byte and the line that it is in. Statements come in the order of the text, so that it is read once.
fn gather<'t>(
    tree: &Tree,
    statements: &'t [Statement],
    counted: &mut (usize, usize),
    out: &mut Vec<(usize, &'t Statement, Parts)>,
) {
    for statement in statements {
        if let Some(parts) = parts(tree, statement) {
            let between = tree.text.get(counted.0..statement.span.start).unwrap_or_default();
            *counted = (statement.span.start, counted.1 + between.bytes().filter(|byte| *byte == b'\n').count());
            out.push((counted.1, statement, parts));
        }
        gather(tree, statement.children(), counted, out);
    }
}

/// The assignment on this line that writes `target`; the only one on the line, whatever it writes.
fn find<'t>(tree: &'t Tree, line: usize, target: &str) -> Result<(&'t Statement, Parts), Box<Diagnostic>> {
    let missing = || refuse("there is no such line", "load the file again; it may have changed");
    let mut here: Vec<_> = assignments(tree).into_iter().filter(|(at, ..)| *at == line).collect();
    let at = match here.len() {
        1 => 0,
        _ => {
            let writes = |parts: &Parts| tree.text.get(parts.target.clone()).is_some_and(|own| target.ends_with(own));
            here.iter().position(|(.., parts)| writes(parts)).ok_or_else(missing)?
        }
    };
    let (_, statement, parts) = here.swap_remove(at);
    Ok((statement, parts))
}

fn draw(tree: &Tree, source: &str, target: &str, resource: Option<&str>) -> Result<Vec<Edit>, Box<Diagnostic>> {
    let text = format!("{} = {}", target.trim(), source.trim());
    whole(&text)?;
    let Some(map) = main(tree) else {
        return Err(refuse("the file has no map of whole messages", "open a file with `map NAME from … to …`"));
    };
    let Some(resource) = resource else { return edit::append(tree, Some(map), &text) };
    let is_it = |statement: &&Statement| statement.word(tree) == resource && parts(tree, statement).is_none();
    match map.children().iter().find(is_it) {
        Some(block) => edit::append(tree, Some(block), &text),
        None => edit::append(tree, Some(map), &format!("{resource} {{\n  {text}\n}}")),
    }
}

/// The map that a file is for: the only one of whole messages, or the one that is named like the file.
#[must_use]
pub fn main(tree: &Tree) -> Option<&Statement> {
    let named = |statement: &Statement| {
        let mut cursor = Cursor::new(tree, statement);
        cursor.eat("map").then(|| cursor.text().map(|(name, _)| name.into_owned())).flatten()
    };
    let is_shared = |name: &str| ["datatype", "segment", "element"].contains(&name);
    let maps = || tree.statements.iter().filter(|one| named(one).is_some_and(|name| !is_shared(&name)));
    let own = |one: &&Statement| {
        named(one).is_some_and(|name| tree.file.rsplit('/').next() == Some(format!("{name}.map").as_str()))
    };
    maps().find(own).or_else(|| maps().next())
}

/// The text is one assignment, all of it on one line.
fn whole(text: &str) -> Result<Parts, Box<Diagnostic>> {
    let (tree, findings) = syntax::parse("", text);
    let wrong =
        |kind| matches!(kind, TokenKind::Newline | TokenKind::Comment | TokenKind::Error | TokenKind::OpenBrace);
    let is_plain = !tree.tokens.iter().any(|token| wrong(token.kind)) && !findings.iter().any(Diagnostic::is_error);
    let read = tree.statements.first().filter(|_| is_plain && tree.statements.len() == 1);
    let found = read
        .and_then(|statement| parts(&tree, statement))
        .filter(|parts| parts.steps.last().map_or(parts.value.end, |last| last.end) == tree.text.trim_end().len());
    found.ok_or_else(|| refuse("this is not one value with its steps", "close quotes and brackets, on one line"))
}

fn refuse(message: &str, hint: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(codes::E2020, message).hint(hint))
}
