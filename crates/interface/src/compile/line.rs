//! One line of the language with the tree that it stands in: a block that is brought in by `use` is another tree.

use crate::definition::{Place, Rule};
use lang::syntax::{Cursor, Statement, Tree};
use message::{Code, Diagnostic};
use std::{ops::Range, sync::Arc};

/// Longest text of a line that is kept for people, characters.
const LINE_CHARS_MAX: usize = 240;

/// A statement and its tree.
#[derive(Clone, Copy)]
pub(crate) struct Line<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) statement: &'t Statement,
}

impl<'t> Line<'t> {
    pub(crate) fn new(tree: &'t Tree, statement: &'t Statement) -> Line<'t> {
        Line { tree, statement }
    }

    /// At the first token.
    pub(crate) fn cursor(self) -> Cursor<'t> {
        Cursor::new(self.tree, self.statement)
    }

    /// After the first token.
    pub(crate) fn after_word(self) -> Cursor<'t> {
        let mut cursor = self.cursor();
        cursor.take();
        cursor
    }

    /// The first token as written.
    pub(crate) fn word(self) -> &'t str {
        self.cursor().peek_str()
    }

    /// The lines in the block, none without a block.
    pub(crate) fn lines(self) -> impl Iterator<Item = Line<'t>> {
        let statements = self.statement.block.as_ref().map_or(&[][..], |block| &block.statements);
        statements.iter().map(move |statement| Line { tree: self.tree, statement })
    }

    /// Where the first token is.
    pub(crate) fn word_span(self) -> Range<usize> {
        self.cursor().here()
    }

    /// The header as written, blanks collapsed.
    pub(crate) fn text(self) -> Arc<str> {
        let mut text = String::new();
        let mut end = None;
        for token in self.statement.header.iter().filter_map(|index| self.tree.tokens.get(*index as usize)) {
            if end.is_some_and(|end| end != token.start) {
                text.push(' ');
            }
            end = Some(token.end);
            text.push_str(self.tree.slice(*token));
        }
        if let Some((cut, _)) = text.char_indices().nth(LINE_CHARS_MAX) {
            text.truncate(cut);
            text.push('…');
        }
        text.into()
    }

    pub(crate) fn place(self) -> Place {
        Place { file: self.tree.file.clone(), line: line_number(&self.tree.text, self.statement.span.start) }
    }

    pub(crate) fn rule(self) -> Rule {
        Rule { text: self.text(), place: self.place() }
    }
}

/// The line of a byte position, from 1.
pub(crate) fn line_number(text: &str, position: usize) -> u32 {
    let before = text.as_bytes().get(..position).unwrap_or_default();
    u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).unwrap_or(u32::MAX)
}

/// Characters of a file, kept beyond the reading of the line.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) file: Arc<str>,
    pub(crate) span: Range<usize>,
}

impl Site {
    pub(crate) fn new(tree: &Tree, span: Range<usize>) -> Site {
        Site { file: tree.file.clone(), span }
    }
    pub(crate) fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(&self.file, self.span.clone(), "")
    }
    pub(crate) fn warning(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, message).at(&self.file, self.span.clone(), "")
    }
}
