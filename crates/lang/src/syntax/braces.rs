//! Guessing from indentation which `}` was forgotten or is one too many.
//!
//! Only where the file's braces do not add up, only as often as they do not, and only in blocks whose first line was
//! indented: a file without indentation is never rearranged.

use super::{Token, TokenKind};

/// An open brace.
#[derive(Clone, Copy)]
pub(crate) struct Brace {
    /// `{`.
    pub(crate) token: Token,
    /// It has a frame; otherwise what it holds belongs to the block around.
    pub(crate) is_block: bool,
    /// Columns before the line of its statement.
    pub(crate) indent: usize,
    /// Its first statement stood on a line of its own and further in. Unknown until there is one.
    pub(crate) is_indented: Option<bool>,
}

/// How far the braces of the file are from adding up.
pub(crate) struct Guess {
    /// `}` that are still to be supplied.
    pub(crate) missing: usize,
    /// `}` that are still to be passed over.
    pub(crate) surplus: usize,
}

impl Guess {
    pub(crate) fn new(tokens: &[Token]) -> Guess {
        let count = |kind: TokenKind| tokens.iter().filter(|token| token.kind == kind).count();
        let (open, close) = (count(TokenKind::OpenBrace), count(TokenKind::CloseBrace));
        Guess { missing: open.saturating_sub(close), surplus: close.saturating_sub(open) }
    }

    /// A line that starts at `indent` cannot be inside `top`.
    pub(crate) fn is_forgotten(&self, top: &Brace, indent: usize) -> bool {
        self.missing > 0 && top.is_indented == Some(true) && indent <= top.indent
    }

    /// A `}` at `indent` stands too far in to close `top`.
    pub(crate) fn is_surplus(&self, top: &Brace, indent: usize) -> bool {
        self.surplus > 0 && top.is_indented == Some(true) && indent > top.indent
    }
}
