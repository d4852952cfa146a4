//! Floor 2: the flow and map language.
//!
//! Owns the text that analysts write: [`syntax`] reads any text into a lossless tree, formats it, edits it minimally
//! and renders findings; the other modules compile conditions, values, steps, code tables and maps from the tree and
//! run them over messages.
//!
//! Promises: every text yields a tree; every finding has a code, a place and a hint; running is bounded by fuel and
//! has no I/O.
//! Never: knows what an interface or a connector is (that is floor 3).

pub mod codes;
pub mod syntax;
