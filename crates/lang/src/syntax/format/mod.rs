//! The formatter: one layout for every file.
//!
//! Two blanks a level; one blank between values; within a run of neighbouring lines the second value starts in one
//! column, the `=` and the first `|` of assignments too, and so do the comments behind them; at most one empty line;
//! line ends as the file has them. Line ends inside a statement stay where the author put them.
//!
//! Promises: the significant tokens stay the same, in the same order; no comment is lost; no statement is joined or
//! split; formatting twice is formatting once; a file with errors is left alone.

mod columns;
mod header;

use super::{Statement, Token, TokenKind, Tree, parse};
use crate::codes;
use columns::{Content, Line};
use message::Diagnostic;

/// The canonical layout of the file, or its text as it is when reading it found errors.
#[must_use]
pub fn format(tree: &Tree) -> String {
    if tree.has_errors {
        return tree.text.to_string();
    }
    let text = lay_out(tree);
    // A layout that changed the meaning would be a defect here; the author's file must not pay for it.
    if is_same(tree, &parse(tree.file.clone(), text.as_str()).0) { text } else { tree.text.to_string() }
}

/// As [`format()`], with a warning when the file was left alone.
#[must_use]
pub fn format_checked(tree: &Tree) -> (String, Vec<Diagnostic>) {
    let finding = tree.has_errors.then(|| {
        Diagnostic::warning(codes::E2018, "the file has errors and was left as it is")
            .at(&tree.file, 0..0, "")
            .hint("put the errors right that `check` shows, then format again")
    });
    (format(tree), finding.into_iter().collect())
}

/// Both have the same significant tokens, as written.
pub(super) fn is_same(a: &Tree, b: &Tree) -> bool {
    let written = |tree: &Tree, token: Token| (token.kind, tree.slice(token).to_owned());
    a.significant().map(|token| written(a, token)).eq(b.significant().map(|token| written(b, token)))
}

/// The layout itself. Only for trees without errors.
pub(super) fn lay_out(tree: &Tree) -> String {
    let mut layout = Layout { tree, at: 0, lines: Vec::new(), newlines: 0, is_block_start: true };
    layout.statements(&tree.statements, 0);
    layout.trivia(tree.tokens.len(), 0);
    let newline = match tree.tokens.iter().find(|token| token.kind == TokenKind::Newline) {
        Some(token) if tree.slice(*token) == "\r\n" => "\r\n",
        _ => "\n",
    };
    let mark = if tree.text.starts_with('\u{FEFF}') { "\u{FEFF}" } else { "" };
    format!("{mark}{}", columns::write(layout.lines, newline))
}

struct Layout<'t> {
    tree: &'t Tree,
    /// The next token that is not laid out yet.
    at: usize,
    lines: Vec<Line>,
    /// Line ends since the last token or comment.
    newlines: usize,
    /// Nothing stands in the current block yet, so no empty line may.
    is_block_start: bool,
}

impl Layout<'_> {
    fn statements(&mut self, statements: &[Statement], level: usize) {
        for statement in statements {
            let Some(first) = statement.header.first() else { continue };
            self.trivia(*first as usize, level);
            self.empty_line();
            self.statement(statement, level);
            self.is_block_start = false;
        }
    }

    fn push(&mut self, indent: usize, content: Content) {
        self.lines.push(Line { indent, content, comment: None });
        self.newlines = 0;
    }

    /// Keeps one empty line where the author left some.
    fn empty_line(&mut self) {
        if self.newlines > 1 && !self.is_block_start {
            self.push(0, Content::Empty);
        }
    }

    /// Lays out the comments before the token at `until`. One on the line of a token stays behind it.
    fn trivia(&mut self, until: usize, level: usize) {
        while self.at < until {
            let Some(token) = self.tree.tokens.get(self.at).copied() else { return };
            self.at += 1;
            match token.kind {
                TokenKind::Newline => self.newlines += 1,
                TokenKind::Comment => self.comment(token, level),
                _ => {}
            }
        }
    }

    fn comment(&mut self, token: Token, level: usize) {
        let text = self.tree.slice(token).trim_end().to_owned();
        match self.lines.last_mut() {
            Some(line) if self.newlines == 0 => line.comment = Some(text),
            _ => {
                self.empty_line();
                self.push(level, Content::Comment(text));
                self.is_block_start = false;
            }
        }
    }

    fn statement(&mut self, statement: &Statement, level: usize) {
        if let Some(text) = header::one_line_block(self.tree, statement) {
            self.push(level, Content::Fixed(text));
            self.at = header::index_at(self.tree, statement.span.end);
            return;
        }
        let lines = header::lines(self.tree, statement);
        let is_simple = statement.block.is_none() && lines.len() == 1;
        let last = lines.len().saturating_sub(1);
        for (number, line) in lines.into_iter().enumerate() {
            let content = match line.text {
                Some(text) if statement.block.is_some() && number == last => Content::Fixed(format!("{text} {{")),
                Some(_) if is_simple => header::cells(self.tree, statement),
                Some(text) => Content::Fixed(text),
                None => Content::Comment(String::new()),
            };
            self.lines.push(Line { indent: level + line.extra_indent, content, comment: line.comment });
        }
        self.newlines = 0;
        self.at = statement.header.last().map_or(self.at, |index| *index as usize + 1);
        if let Some(block) = &statement.block {
            self.at = header::index_at(self.tree, block.span.start + 1);
            self.is_block_start = true;
            self.statements(&block.statements, level + 1);
            let close = header::index_at(self.tree, block.span.end.saturating_sub(1));
            self.trivia(close, level + 1);
            self.push(level, Content::Fixed("}".to_owned()));
            self.at = close + 1;
        }
    }
}
