//! A cursor over the significant tokens of one statement: how every reader of the tree takes a line apart.

use super::{Statement, Token, TokenKind, Tree};
use std::{borrow::Cow, ops::Range};

/// Walks a statement's header from left to right.
#[derive(Clone)]
pub struct Cursor<'t> {
    tree: &'t Tree,
    tokens: &'t [u32],
    position: usize,
    end: usize,
}

impl<'t> Cursor<'t> {
    /// At the first header token of `statement`.
    #[must_use]
    pub fn new(tree: &'t Tree, statement: &'t Statement) -> Cursor<'t> {
        Cursor { tree, tokens: &statement.header, position: 0, end: statement.span.start }
    }

    /// The tree that is read.
    #[must_use]
    pub fn tree(&self) -> &'t Tree {
        self.tree
    }

    /// The next token, without taking it.
    #[must_use]
    pub fn peek(&self) -> Option<Token> {
        self.tokens.get(self.position).and_then(|index| self.tree.tokens.get(*index as usize)).copied()
    }

    /// Takes the next token.
    pub fn take(&mut self) -> Option<Token> {
        let token = self.peek()?;
        self.position += 1;
        self.end = token.end as usize;
        Some(token)
    }

    /// The characters of the next token as written, `""` at the end.
    #[must_use]
    pub fn peek_str(&self) -> &'t str {
        self.peek().map_or("", |token| self.tree.slice(token))
    }

    /// The next token is bare and reads `word`.
    #[must_use]
    pub fn is_at(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.kind.is_bare()) && self.peek_str() == word
    }

    /// Takes the next token if it is bare and reads `word`.
    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.is_at(word);
        if found {
            self.take();
        }
        found
    }

    /// Takes the next token if it is of this kind.
    pub fn eat_kind(&mut self, kind: TokenKind) -> Option<Token> {
        if self.peek()?.kind == kind { self.take() } else { None }
    }

    /// Takes a bare token or a text and gives its value (quotes removed, escapes resolved).
    pub fn text(&mut self) -> Option<(Cow<'t, str>, Token)> {
        let token = self.peek()?;
        if !token.kind.is_bare() && !token.kind.is_text() {
            return None;
        }
        self.take();
        Some((self.tree.value(token), token))
    }

    /// Nothing is left.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.position >= self.tokens.len()
    }

    /// The place of the next token; at the end, the empty place after the last one.
    #[must_use]
    pub fn here(&self) -> Range<usize> {
        self.peek().map_or(self.end..self.end, |token| token.start as usize..token.end as usize)
    }

    /// One past the last token that was taken.
    #[must_use]
    pub fn before(&self) -> usize {
        self.end
    }

    /// From the start of the next token to the end of the header.
    #[must_use]
    pub fn rest_span(&self) -> Range<usize> {
        let end = self
            .tokens
            .last()
            .and_then(|index| self.tree.tokens.get(*index as usize))
            .map_or(self.end, |token| token.end as usize);
        self.here().start..end
    }
}
