//! The API over real sockets: who gets in, who may do what, and what a hostile client can do.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod bench;
mod bodies;
mod changes;
mod document;
mod door;
mod maps;
mod matrix;
mod passkeys;
mod records;
mod scan;
mod searches;
mod secrets;
mod sign_in;
mod sso;
mod stage;
mod store_key;
mod watching;
