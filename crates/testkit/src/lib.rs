//! What tests of several crates need: folders that remove themselves, a scripted intake, fake peers, and the
//! conformance suites of the connectors' contracts, and the parts of the simulator.
//!
//! Owns: [`source`], [`destination`] and [`lookup`], the suites; their clauses carry the numbers of the lists in
//! `interface::contract`.
//! Promises: waits are short and bounded; sockets are on loopback with ports that the system gives; every positive
//! answer stands on a commit to a real store, because there is no other way to a receipt (R1).
//! Never: part of the product.

pub mod between;
pub mod destination;
mod exchange;
pub mod fhir;
mod folder;
mod intake;
pub mod lookup;
pub mod objects;
pub mod partner;
mod peer;
pub mod sample;
pub mod server;
pub mod sim;
pub mod smtp;
pub mod smuggling;
pub mod source;
mod vault;
pub mod web;

pub use exchange::Switchboard;
pub use folder::Folder;
pub use intake::{Answer, ScriptedIntake};
pub use peer::Peer;
pub use vault::Vault;
