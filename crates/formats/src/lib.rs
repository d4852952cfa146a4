//! Floor 1: what is neither HL7 v2 nor FHIR: JSON, XML, delimited rows, X12.
//!
//! | to | use |
//! |---|---|
//! | tell a format from bytes, a file's name, a media type | [`detect`] |
//! | read a message | [`Document::read`], with a [`Layout`] of its site |
//! | cut a content into messages | [`cut`] |
//! | find a place in it | [`Path`] |
//! | change a place, and every other byte stays | [`edit`] |
//! | make a message | [`Draft`] |
//!
//! Promises: reading never fails: a tree and findings; no finding says what a message held; every size has a limit;
//! writing an unedited document gives the same bytes.
//! Never: I/O, clock, or a meaning of its own for an element or a column.

pub mod charset;
pub mod codes;
pub mod detect;
pub mod draft;
pub mod edit;
mod json;
pub mod layout;
pub mod limits;
mod markup;
pub mod path;
mod read;
mod rows;
#[cfg(test)]
mod tests;
mod tree;
mod write;
mod x12;

pub use draft::Draft;
pub use json::is_number;
pub use layout::Layout;
pub use path::Path;
pub use read::{Messages, cut};
pub use rows::Cut;
pub use tree::{Document, Kind, Node};
