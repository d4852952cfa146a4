//! The tree: the text, its tokens, and the statements over them.

use super::Token;
use std::{ops::Range, sync::Arc};

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
    pub fn value(&self, token: Token) -> std::borrow::Cow<'_, str> {
        std::borrow::Cow::Borrowed(self.slice(token)) // texts: see the lexer
    }
}
