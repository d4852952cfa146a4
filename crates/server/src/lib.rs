//! Floor 5: the API of a running engine, and who may use it.
//!
//! Owns the table of routes under `/api/v1`, their JSON shapes and the OpenAPI document made of them, the gate that every
//! request passes, users, roles and sessions, the pages of the console, the query words of message search, and where all of it is served: a Unix socket
//! that only its owner may open, and HTTP.
//!
//! Promises: nothing of a request's body is read for somebody who may not ask; bodies go into closed types, unknown fields
//! are refused; every act of a person is audited; reading content is an act.
//! Never: decides anything about a message.

mod alerts;
mod assets;
pub mod audit;
mod backup;
mod bench;
mod certificate;
pub mod certificates;
mod changes;
pub mod client;
pub mod codes;
pub mod confine;
mod describe;
mod dictionary;
mod engine_routes;
mod find;
mod gate;
mod host;
mod listen;
mod live;
mod maps;
pub mod mask;
mod messages;
pub mod metrics;
mod names;
pub mod openapi;
pub mod pages;
mod people;
mod probes;
mod problem;
mod quality;
pub mod query;
pub mod rights;
pub mod risks;
mod route;
mod routes;
mod scan;
mod searches;
pub mod secrets;
mod steer;
pub mod store_key;
pub mod telemetry;
mod verify;
pub mod way;

pub use changes::{Texts, fingerprint};
pub use host::{Api, ApiSettings, Host};
pub use listen::{LISTEN_DEFAULT, Listening, bind};
pub use people::{
    SETUP_TIME,
    sso::{Fetch, Provider},
};
