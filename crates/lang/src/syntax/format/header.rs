//! One statement's header as lines: which blanks stand between tokens, and how far continuation lines go in.

use super::columns::Content;
use crate::syntax::{Statement, Token, TokenKind, Tree};

/// A line of a header: tokens with the blanks between them, or a comment alone.
pub(super) struct HeaderLine {
    /// `None` for a line that holds a comment only.
    pub(super) text: Option<String>,
    pub(super) comment: Option<String>,
    /// Levels further in than the statement.
    pub(super) extra_indent: usize,
}

/// The index of the token that starts at `offset`, or of the first one after it.
pub(super) fn index_at(tree: &Tree, offset: usize) -> usize {
    tree.tokens.partition_point(|token| (token.start as usize) < offset)
}

/// The header in the lines in which the author wrote it.
pub(super) fn lines(tree: &Tree, statement: &Statement) -> Vec<HeaderLine> {
    let range = match (statement.header.first(), statement.header.last()) {
        (Some(first), Some(last)) => *first as usize..*last as usize + 1,
        _ => return Vec::new(),
    };
    let mut lines = Vec::new();
    let mut depth = 0usize;
    for tokens in tree.tokens[range].split(|token| token.kind == TokenKind::Newline) {
        let comment = tokens.iter().find(|token| token.kind == TokenKind::Comment);
        let comment = comment.map(|token| tree.slice(*token).trim_end().to_owned());
        let code: Vec<Token> = tokens.iter().copied().filter(|token| !token.kind.is_trivia()).collect();
        if code.is_empty() && comment.is_none() {
            continue;
        }
        let closing = code.iter().take_while(|token| is_closing(token.kind)).count();
        let starts_with_pipe = code.first().is_some_and(|token| token.kind == TokenKind::Pipe);
        let is_between_steps = code.is_empty() && depth == 0;
        let extra_indent = depth.saturating_sub(closing) + usize::from(starts_with_pipe || is_between_steps);
        for token in &code {
            depth = match token.kind {
                kind if is_opening(kind) => depth + 1,
                kind if is_closing(kind) => depth.saturating_sub(1),
                _ => depth,
            };
        }
        let text = (!code.is_empty()).then(|| join(tree, &code));
        lines.push(HeaderLine { text, comment, extra_indent });
    }
    lines
}

/// A header of one line as cells that neighbours can be aligned by.
pub(super) fn cells(tree: &Tree, statement: &Statement) -> Content {
    let tokens: Vec<Token> = statement.header.iter().filter_map(|index| tree.token(*index)).collect();
    let is_word = |token: &Token| token.kind.is_bare() || token.kind == TokenKind::Text;
    let has_block_text = tokens.iter().any(|token| token.kind == TokenKind::BlockText);
    match tokens.as_slice() {
        [first, ..] if !is_word(first) || has_block_text => Content::Fixed(join(tree, &tokens)),
        [first, equal, value @ ..] if equal.kind == TokenKind::Equal => {
            let steps = first_outer_pipe(value).unwrap_or(value.len());
            let mut cells = vec![tree.slice(*first).to_owned(), join(tree, &tokens[1..2 + steps])];
            if steps < value.len() {
                cells.push(join(tree, &value[steps..]));
            }
            Content::Assignment(cells)
        }
        [_, second, ..] if is_closing(second.kind) || second.kind == TokenKind::Comma => {
            Content::Fixed(join(tree, &tokens))
        }
        [first, rest @ ..] if !rest.is_empty() => Content::Plain(vec![tree.slice(*first).to_owned(), join(tree, rest)]),
        _ => Content::Plain(vec![join(tree, &tokens)]),
    }
}

/// The statement with its block on one line, if that is how it was written.
pub(super) fn one_line_block(tree: &Tree, statement: &Statement) -> Option<String> {
    let block = statement.block.as_ref()?;
    let range = index_at(tree, statement.span.start)..index_at(tree, block.span.end);
    let is_one_line = !tree.tokens.get(range)?.iter().any(|token| token.kind == TokenKind::Newline);
    is_one_line.then(|| inline(tree, statement))
}

fn inline(tree: &Tree, statement: &Statement) -> String {
    let tokens: Vec<Token> = statement.header.iter().filter_map(|index| tree.token(*index)).collect();
    let header = join(tree, &tokens);
    match &statement.block {
        None => header,
        Some(block) => {
            let inner: String = block.statements.iter().map(|inner| inline(tree, inner) + " ").collect();
            format!("{header} {{ {inner}}}")
        }
    }
}

fn first_outer_pipe(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        match token.kind {
            kind if is_opening(kind) => depth += 1,
            kind if is_closing(kind) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.kind == TokenKind::Pipe
    })
}

fn is_opening(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::OpenBracket | TokenKind::OpenParen)
}

fn is_closing(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::CloseBracket | TokenKind::CloseParen)
}

/// The tokens on one line: one blank between them, none inside brackets' edges and before commas.
pub(in crate::syntax) fn join(tree: &Tree, tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut before: Option<TokenKind> = None;
    for token in tokens {
        let is_tight = is_closing(token.kind) || token.kind == TokenKind::Comma || before.is_some_and(is_opening);
        if before.is_some() && !is_tight {
            out.push(' ');
        }
        out.push_str(tree.slice(*token));
        before = Some(token.kind);
    }
    out
}
