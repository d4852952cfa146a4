//! Syntax: from text to a lossless tree of statements, and back.
//!
//! A line is a word, its values, then `name value` settings; `{ }` holds what belongs to it. The tree is uniform: it
//! knows statements and blocks, not keywords. What a statement means is for the crates that read it.

mod cursor;
mod token;
mod tree;

pub use cursor::Cursor;
pub use token::{Token, TokenKind};
pub use tree::{Block, Statement, Tree};
