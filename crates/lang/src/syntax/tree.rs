//! The tree: the text, its tokens, and the statements over them.

use super::{Token, TokenKind, quote};
use std::{borrow::Cow, ops::Range, sync::Arc};

/// One source file, whole: `text` is exactly the concatenation of the tokens.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The file's name relative to the workspace, for diagnostics.
    pub file: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// Every token in order, trivia included.
    pub tokens: Vec<Token>,
    /// The statements at the top.
    pub statements: Vec<Statement>,
    /// Reading found an error, so the tree is a guess in places.
    pub has_errors: bool,
}

/// A line of the language: header tokens, and what belongs to it in braces.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Indices of the header's significant tokens in [`Tree::tokens`] (trivia and the braces of `block` left out;
    /// brackets, commas, pipes and continuation lines included).
    pub header: Vec<u32>,
    /// `{ … }`.
    pub block: Option<Block>,
    /// Bytes from the first header token to the end of the block.
    pub span: Range<usize>,
}

/// `{ … }` with the statements inside.
#[derive(Clone, Debug)]
pub struct Block {
    /// The statements in order.
    pub statements: Vec<Statement>,
    /// Bytes from `{` to one past `}` (or to the end of the file when `}` is missing).
    pub span: Range<usize>,
}

impl Tree {
    /// The characters of a token as written.
    #[must_use]
    pub fn slice(&self, token: Token) -> &str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }
}

impl Tree {
    /// The value of a token: a text without quotes and with escapes resolved, anything else as written.
    #[must_use]
    pub fn value(&self, token: Token) -> Cow<'_, str> {
        let written = self.slice(token);
        match token.kind {
            TokenKind::Text => quote::resolve(inner(written, 1), &mut |_| {}),
            TokenKind::BlockText => Cow::Owned(quote::resolve_block(inner(written, 3))),
            _ => Cow::Borrowed(written),
        }
    }

    /// The token at `index`, which a header holds.
    #[must_use]
    pub fn token(&self, index: u32) -> Option<Token> {
        self.tokens.get(index as usize).copied()
    }

    /// Every token that is not trivia, in order.
    pub fn significant(&self) -> impl Iterator<Item = Token> {
        self.tokens.iter().copied().filter(|token| !token.kind.is_trivia())
    }

    /// Line and column of a byte, both from 1; columns count characters.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or("");
        let mark = if before.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
        let line_start = before.rfind('\n').map_or(mark, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The innermost statement whose span holds `offset`, with those around it, outermost first.
    #[must_use]
    pub fn statements_at(&self, offset: usize) -> Vec<&Statement> {
        let mut found = Vec::new();
        let mut level = &self.statements;
        while let Some(statement) = level.iter().find(|statement| statement.span.contains(&offset)) {
            found.push(statement);
            match &statement.block {
                Some(block) => level = &block.statements,
                None => break,
            }
        }
        found
    }
}

impl Statement {
    /// The first header token as written: the word that says what the line is. `""` if it is not bare.
    #[must_use]
    pub fn word<'t>(&self, tree: &'t Tree) -> &'t str {
        let first = self.header.first().and_then(|index| tree.token(*index));
        first.filter(|token| token.kind.is_bare()).map_or("", |token| tree.slice(token))
    }

    /// The statements inside its braces; none without braces.
    #[must_use]
    pub fn children(&self) -> &[Statement] {
        self.block.as_ref().map_or(&[], |block| &block.statements)
    }
}

/// What stands between `quotes` characters at either end.
fn inner(written: &str, quotes: usize) -> &str {
    written.get(quotes..written.len().saturating_sub(quotes)).unwrap_or("")
}
