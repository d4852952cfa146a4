//! Floor 4: the language server, for editors that speak the Language Server Protocol (3.17).
//!
//! | what | where |
//! |---|---|
//! | frames of JSON-RPC | [`rpc`] |
//! | places in UTF-16, as editors count | [`position`] |
//! | open files over those of the workspace, and what is wrong with them | [`project`] |
//! | what a word at a place is | [`spot`] |
//! | hover, completion, definition, symbols | [`hover`], [`completion`], [`definition`], [`symbols`] |
//! | another name, and what can be done about a finding | [`rename`], [`actions`] |
//!
//! Promises: a request that cannot be answered gets an error and the server goes on; a file that is open is as the editor has it,
//! saved or not; nothing is written and no socket is opened.
//! Never: decides what is right; the findings are those of `sinew check`.

mod actions;
mod completion;
mod definition;
mod hover;
mod position;
mod project;
mod rename;
mod rpc;
mod server;
mod spot;
mod symbols;

pub use server::serve;
