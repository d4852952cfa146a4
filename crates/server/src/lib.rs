//! Floor 5: the control API of a running engine.
//!
//! Owns the routes under `/api/v1`, their JSON shapes, the query words of message search, and the local socket that
//! they are served on until users and sign-in exist: a Unix socket that only its owner may open.
//!
//! Promises: bodies go into closed types, unknown fields are refused; every act of a person is audited with a reason;
//! reading content is an act.
//! Never: decides anything about a message; answers anyone but the owner of the socket.

mod backup;
pub mod client;
pub mod codes;
mod find;
mod live;
mod messages;
mod problem;
mod quality;
pub mod query;
mod routes;
pub mod socket;
mod steer;
mod verify;

pub use socket::{Host, serve};
