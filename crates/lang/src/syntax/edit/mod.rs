//! Minimal edits: what the mapper and the console change in a file, as replacements of a few bytes.
//!
//! Promises: bytes outside the statement that is changed stay as they are, comments and layout included; what is put in
//! is read first and refused when it is not whole; indentation and line ends follow the file.
//!
//! All positions are of the tree that was given. Edits of several operations may be applied together as long as they do
//! not overlap.

mod place;

use super::{Statement, Token, TokenKind, Tree, parse};
use crate::codes;
use message::Diagnostic;
use std::ops::Range;

/// Replaces the bytes of `range` by `replacement`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the old text; empty to insert.
    pub range: Range<usize>,
    /// What stands there afterwards.
    pub replacement: String,
}

/// The text with all edits made. Refuses (E2020) edits that overlap or lie outside the text.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Box<Diagnostic>> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in ordered {
        let Some(kept) = text.get(at..edit.range.start).filter(|_| text.get(edit.range.clone()).is_some()) else {
            return Err(refuse("two changes overlap, or one lies outside the file", "make them one after the other"));
        };
        out.push_str(kept);
        out.push_str(&edit.replacement);
        at = edit.range.end;
    }
    out.push_str(&text[at..]);
    Ok(out)
}

fn refuse(message: &str, hint: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(codes::E2020, message).hint(hint))
}

/// Puts `source` in the place of header token `nth` (from 0, the word of the line itself) of `statement`.
///
/// `source` is written as in a file: one value or several, on one line, without braces and comments.
pub fn set_value(tree: &Tree, statement: &Statement, nth: usize, source: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    check_value(source)?;
    let index = *statement.header.get(nth).ok_or_else(|| missing_value(nth))?;
    let token = tree.token(index).ok_or_else(|| missing_value(nth))?;
    let starts_with_pipe = source.trim_start().starts_with('|');
    if is_joint(token.kind) || (nth == 0 && starts_with_pipe) {
        return Err(refuse(
            "a bracket, a `|` or the start of a line cannot be replaced by this",
            "replace the whole value",
        ));
    }
    let mut replacement = source.trim_matches([' ', '\t']).to_owned();
    let neighbour = |offset: usize| tree.tokens.get(offset).map(|token| token.kind);
    if (index as usize).checked_sub(1).and_then(neighbour).is_some_and(place::needs_gap_after) {
        replacement.insert(0, ' ');
    }
    if neighbour(index as usize + 1).is_some_and(place::needs_gap_before) {
        replacement.push(' ');
    }
    Ok(vec![Edit { range: token.start as usize..token.end as usize, replacement }])
}

/// Replaces from header token `from` to the last one: the value of an assignment, all settings of a line.
pub fn set_rest(tree: &Tree, statement: &Statement, from: usize, source: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    check_value(source)?;
    if from == 0 && source.trim_start().starts_with('|') {
        return Err(refuse("a line cannot start with `|`", "put the value before it"));
    }
    let tokens: Vec<Token> = statement.header.iter().filter_map(|index| tree.token(*index)).collect();
    let (Some(first), Some(last)) = (tokens.get(from), tokens.last()) else { return Err(missing_value(from)) };
    if !place::is_balanced(&tokens[from..]) {
        return Err(refuse("the rest of the line starts inside brackets", "replace the whole list"));
    }
    let start = first.start as usize;
    let before = from.checked_sub(1).and_then(|index| tokens.get(index)).map_or(start, |token| token.end as usize);
    // On a continuation line the new value would be a statement of its own, so it moves up behind what it belongs to.
    let is_continuation = tree.text[before..start].contains(['\n', '\r']);
    let (start, lead) = match (is_continuation, before == start && from > 0) {
        (true, _) => (before, " "),
        (false, true) => (start, " "),
        (false, false) => (start, ""),
    };
    let end = last.end as usize;
    let after = statement.header.last().and_then(|index| tree.tokens.get(*index as usize + 1));
    let tail = if after.is_some_and(|token| place::needs_gap_before(token.kind)) { " " } else { "" };
    let replacement = format!("{lead}{}{tail}", source.trim_matches([' ', '\t']));
    Ok(vec![Edit { range: start..end, replacement }])
}

/// Replaces every bare token of the header that reads `from`, but not those inside texts or longer runs.
pub fn rename(tree: &Tree, statement: &Statement, from: &str, to: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    let (read, _) = parse("", to);
    if read.has_errors || read.tokens.len() != 1 || !read.tokens[0].kind.is_bare() {
        return Err(refuse("the new name is not a single word", "use letters, digits and `-`"));
    }
    let tokens = statement.header.iter().filter_map(|index| tree.token(*index));
    let named = tokens.filter(|token| token.kind.is_bare() && tree.slice(*token) == from);
    let edit = |token: Token| Edit { range: token.start as usize..token.end as usize, replacement: to.to_owned() };
    Ok(named.map(edit).collect())
}

/// Inserts `source`, one or more statements, before `statement` and the comments directly above it.
pub fn insert_before(tree: &Tree, statement: &Statement, source: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    check_statements(source)?;
    let newline = place::newline(tree);
    let indent = place::indent_of(tree, statement.span.start);
    let edit = match place::line_start(tree, statement.span.start) {
        Some(line) => {
            let at = place::above_comments(tree, line);
            Edit { range: at..at, replacement: place::indented(source, indent, newline) + newline }
        }
        // In a block on one line: the block is opened up.
        None => {
            let inner = format!("{indent}  ");
            let text = place::indented(source, &inner, newline);
            let at = statement.span.start;
            Edit { range: at..at, replacement: format!("{newline}{text}{newline}{inner}") }
        }
    };
    Ok(vec![edit])
}

/// Inserts `source` after `statement` and the comment behind it.
pub fn insert_after(tree: &Tree, statement: &Statement, source: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    check_statements(source)?;
    let newline = place::newline(tree);
    let indent = place::indent_of(tree, statement.span.start);
    let edit = match place::line_end(tree, statement.span.end) {
        Some(at) => {
            let text = place::indented(source, indent, newline);
            Edit { range: at..at, replacement: format!("{newline}{text}") }
        }
        None => {
            // `}` follows on this line. Only a statement with a line of its own shows how far in its block is.
            let is_own_line = place::line_start(tree, statement.span.start).is_some();
            let inner = if is_own_line { indent.to_owned() } else { format!("{indent}  ") };
            let text = place::indented(source, &inner, newline);
            let at = statement.span.end;
            Edit { range: at..at, replacement: format!("{newline}{text}{newline}{indent}") }
        }
    };
    Ok(vec![edit])
}

/// Inserts `source` at the end of the block of `owner`, which gets a block if it has none; without `owner` at the end
/// of the file.
pub fn append(tree: &Tree, owner: Option<&Statement>, source: &str) -> Result<Vec<Edit>, Box<Diagnostic>> {
    check_statements(source)?;
    let newline = place::newline(tree);
    let Some(owner) = owner else { return Ok(vec![append_to_file(tree, source, newline)]) };
    let outer = place::indent_of(tree, owner.span.start);
    let inner = owner.children().last().and_then(|last| {
        place::line_start(tree, last.span.start).map(|_| place::indent_of(tree, last.span.start).to_owned())
    });
    let text = place::indented(source, &inner.unwrap_or_else(|| format!("{outer}  ")), newline);
    let Some(block) = &owner.block else { return Ok(append_new_block(tree, owner, &text, outer, newline)) };
    let close = block.span.end.saturating_sub(1);
    if !tree.text[block.span.clone()].ends_with('}') {
        return Err(refuse("the block does not close", "add its `}` first"));
    }
    Ok(vec![match place::line_start(tree, close) {
        Some(at) => Edit { range: at..at, replacement: text + newline },
        None => Edit { range: close..close, replacement: format!("{newline}{text}{newline}{outer}") },
    }])
}

fn append_to_file(tree: &Tree, source: &str, newline: &str) -> Edit {
    let at = tree.text.len();
    let has_line_end = tree.text.is_empty() || tree.text.ends_with(['\n', '\r', '\u{FEFF}']);
    let lead = if has_line_end { "" } else { newline };
    Edit { range: at..at, replacement: format!("{lead}{}{newline}", place::indented(source, "", newline)) }
}

/// ` {` behind the header and the rest behind the comment on its line.
fn append_new_block(tree: &Tree, owner: &Statement, text: &str, outer: &str, newline: &str) -> Vec<Edit> {
    let end = owner.span.end;
    let rest = format!("{newline}{text}{newline}{outer}}}");
    match place::line_end(tree, end) {
        Some(at) if at > end => {
            vec![Edit { range: end..end, replacement: " {".to_owned() }, Edit { range: at..at, replacement: rest }]
        }
        _ => vec![Edit { range: end..end, replacement: format!(" {{{rest}") }],
    }
}

/// Takes `statement` out: its lines with the comment behind it. Comments above stay, they may speak of more.
#[must_use]
pub fn remove(tree: &Tree, statement: &Statement) -> Vec<Edit> {
    let (start, end) = (statement.span.start, statement.span.end);
    let range = match (place::line_start(tree, start), place::line_end(tree, end)) {
        (Some(line), Some(line_end)) => line..place::after_newline(tree, line_end),
        // Not alone on its line: the blanks before it go, one blank before `}` stays.
        _ => tree.text[..start].trim_end_matches([' ', '\t']).len()..end,
    };
    vec![Edit { range, replacement: String::new() }]
}

fn missing_value(nth: usize) -> Box<Diagnostic> {
    refuse(&format!("the statement has no value {nth}"), "load the file again; it may have changed")
}

/// Holds the statement together: brackets pair up, and a `|` may be what continues a line.
fn is_joint(kind: TokenKind) -> bool {
    use TokenKind::{CloseBracket, CloseParen, OpenBracket, OpenParen, Pipe};
    matches!(kind, OpenBracket | CloseBracket | OpenParen | CloseParen | Pipe)
}

/// One or more values on one line.
fn check_value(source: &str) -> Result<(), Box<Diagnostic>> {
    let (tree, findings) = parse("", source);
    let wrong = |kind| matches!(kind, TokenKind::Newline | TokenKind::Comment | TokenKind::Error);
    let is_whole = tree.statements.len() == 1
        && tree.statements[0].block.is_none()
        && !tree.tokens.iter().any(|token| wrong(token.kind) || matches!(token.kind, TokenKind::OpenBrace))
        // A value may start with `|`, which a line of its own may not.
        && findings.iter().all(|finding| finding.code == codes::E2016 || !finding.is_error());
    let hint = "give values on one line, without braces or comments, with quotes and brackets closed";
    if is_whole { Ok(()) } else { Err(refuse("the value is not whole", hint)) }
}

/// One or more statements that can be read.
fn check_statements(source: &str) -> Result<(), Box<Diagnostic>> {
    let (tree, findings) = parse("", source);
    let reason = findings.iter().find(|finding| finding.is_error()).map(|finding| finding.message.as_str());
    match reason {
        Some(reason) => Err(refuse(&format!("the new statement cannot be read: {reason}"), "put it right first")),
        None if tree.statements.is_empty() => Err(refuse("there is no statement to insert", "write one")),
        None => Ok(()),
    }
}
