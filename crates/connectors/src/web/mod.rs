//! The one HTTP client of the connectors: what they ask servers goes through here.
//!
//! Owns: addresses of servers, connections and their reuse, limits of size and time, credentials and tokens, what an
//! answer means for a delivery.
//! Promises: at most one request under way on a connection; a request is sent a second time only if nothing of the first
//! left this machine, or if the server refused its token unread; whether a server may have processed a request is always
//! said ([`Fault`]).
//! Never: follows a redirect, puts anything of a message into an address, prints a header or a body.

pub(crate) mod auth;
pub(crate) mod client;
pub(crate) mod encode;
pub(crate) mod json;
pub(crate) mod meaning;
mod packed;
pub(crate) mod settings;
pub(crate) mod token;
pub(crate) mod url;
mod wire;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use client::{Client, Limits, Place};
pub(crate) use url::Url;
