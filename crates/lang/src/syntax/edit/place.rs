//! Places in a text: where lines start and end around a statement, and how a new one is indented.

use crate::syntax::{Token, TokenKind, Tree, parse};

/// The line end that the file uses.
pub(super) fn newline(tree: &Tree) -> &'static str {
    match tree.tokens.iter().find(|token| token.kind == TokenKind::Newline) {
        Some(token) if tree.slice(*token) == "\r\n" => "\r\n",
        _ => "\n",
    }
}

/// Where the line of `offset` starts, if only blanks stand before `offset`.
pub(super) fn line_start(tree: &Tree, offset: usize) -> Option<usize> {
    let before = tree.text.get(..offset)?.trim_end_matches([' ', '\t']);
    (before.is_empty() || before.ends_with(['\n', '\r', '\u{FEFF}'])).then_some(before.len())
}

/// Where the line of `offset` ends, its line end not included, if only blanks and a comment follow `offset`.
pub(super) fn line_end(tree: &Tree, offset: usize) -> Option<usize> {
    let first = tree.tokens.partition_point(|token| (token.start as usize) < offset);
    let rest = tree.tokens.get(first..)?;
    match rest.iter().find(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)) {
        Some(token) if token.kind == TokenKind::Newline => Some(token.start as usize),
        Some(_) => None,
        None => Some(tree.text.len()),
    }
}

/// One past the line end at `offset`, if there is one.
pub(super) fn after_newline(tree: &Tree, offset: usize) -> usize {
    let rest = &tree.text[offset..];
    let length = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\n', '\r'])) };
    offset + length
}

/// The blanks with which the line of `offset` starts.
pub(super) fn indent_of(tree: &Tree, offset: usize) -> &str {
    let before = tree.text.get(..offset).unwrap_or("");
    let start = before
        .rfind(['\n', '\r', '\u{FEFF}'])
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let line = &tree.text[start..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Bytes of the mark before the first line.
fn byte_order_mark(tree: &Tree) -> usize {
    if tree.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 }
}

/// The start of the comments that stand on lines of their own directly above the line that starts at `line`.
pub(super) fn above_comments(tree: &Tree, line: usize) -> usize {
    let mut at = line;
    let mut index = tree.tokens.partition_point(|token| (token.start as usize) < line);
    // Each round passes one line upwards: a line end, a comment, the blanks before it.
    loop {
        let kind = |back: usize| index.checked_sub(back).and_then(|i| tree.tokens.get(i)).map(|token| token.kind);
        if kind(1) != Some(TokenKind::Newline) || kind(2) != Some(TokenKind::Comment) {
            return at;
        }
        let start = if kind(3) == Some(TokenKind::Space) { index - 3 } else { index - 2 };
        let is_own_line = start == 0 || tree.tokens[start - 1].kind == TokenKind::Newline;
        if !is_own_line {
            return at;
        }
        index = start;
        at = (tree.tokens[start].start as usize).max(byte_order_mark(tree));
    }
}

/// `source` with `indent` before each line, in the file's line ends. Block texts stay as they are.
pub(super) fn indented(source: &str, indent: &str, newline: &str) -> String {
    let trimmed = source.trim_matches(['\n', '\r', ' ', '\t']);
    let (tree, _) = parse("", trimmed);
    let mut out = indent.to_owned();
    for (index, token) in tree.tokens.iter().enumerate() {
        if token.kind != TokenKind::Newline {
            out.push_str(tree.slice(*token));
            continue;
        }
        out.push_str(newline);
        let is_line_empty = tree.tokens.get(index + 1).is_none_or(|next| next.kind == TokenKind::Newline);
        if !is_line_empty {
            out.push_str(indent);
        }
    }
    out
}

/// Every bracket among `tokens` has its partner among them.
pub(super) fn is_balanced(tokens: &[Token]) -> bool {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            TokenKind::OpenBracket | TokenKind::OpenParen => depth += 1,
            TokenKind::CloseBracket | TokenKind::CloseParen if depth == 0 => return false,
            TokenKind::CloseBracket | TokenKind::CloseParen => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

/// A value put directly behind a token of this kind needs a blank before it.
pub(super) fn needs_gap_after(before: TokenKind) -> bool {
    use TokenKind::{CloseBrace, Comma, OpenBrace, OpenBracket, OpenParen};
    !(before.is_trivia() || matches!(before, OpenBracket | OpenParen | OpenBrace | CloseBrace | Comma))
}

/// A value put directly before a token of this kind needs a blank behind it. A comment does: `#` inside a word is part
/// of the word.
pub(super) fn needs_gap_before(after: TokenKind) -> bool {
    use TokenKind::{CloseBrace, CloseBracket, CloseParen, Comma, Newline, OpenBrace, Space};
    !matches!(after, CloseBracket | CloseParen | OpenBrace | CloseBrace | Comma | Newline | Space)
}
