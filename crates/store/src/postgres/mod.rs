//! The PostgreSQL engine: the three rooms of the store in a database (docs/how-to/postgresql.md).
//!
//! ```text
//!   callers --queue--> log thread --one statement a group: fence, messages, changes--> COMMIT --> answers
//!                          |  connection lost: outcome unknown
//!                          +--> reconnect, raise the fencing token, look the ids up, then answer or send again
//! ```
//!
//! Rows of `messages` and `changes` hold the records of the embedded log (docs/spec/store-format.md §3–5), sealed with
//! a key for each day. Rows are added and whole days dropped; nothing in the log is updated or vacuumed. A row's id is
//! its day in the upper bits and a number, so that days are ranges of ids.
//!
//! Promises what the contracts of the rooms promise. Trusts a commit only when the database said so, or when the ids
//! were found after a reconnection; asserts at every connection the settings that make a commit durable. Never: a
//! receipt for a commit whose outcome is not known.

mod account;
mod bare;
mod connection;
mod days;
mod durability;
mod group;
mod index;
mod lease;
mod load;
mod log;
mod open;
mod quality;
mod rewrap;
mod row;
mod schema;
mod search;
mod tables;
mod trail;
mod writer;

pub(crate) use bare::inserts_per_second;
pub use connection::Database;
pub use durability::Inspected;
pub(crate) use open::{Opened, is_home, open};
