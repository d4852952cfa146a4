//! Syntax: from text to a lossless tree of statements, and back.
//!
//! A line is a word, its values, then `name value` settings; `{ }` holds what belongs to it. The tree is uniform: it
//! knows statements and blocks, not keywords. What a statement means is for the crates that read it.

mod braces;
mod brackets;
mod closest;
mod cursor;
pub mod edit;
mod findings;
mod format;
mod lexer;
mod parser;
mod quote;
pub mod render;
mod shape;
mod token;
mod tree;
pub mod twin;

pub use closest::closest;
pub use cursor::Cursor;
pub use format::{format, format_checked};
pub use parser::{parse, parse_bytes};
pub use quote::quote;
pub use shape::{REFERENCE_KINDS, UNITS};
pub use token::{Token, TokenKind};
pub use tree::{Block, Statement, Tree};

#[cfg(test)]
mod tests;
