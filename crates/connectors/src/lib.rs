//! Floor 4: the connectors, a folder each; that of `interface` is `link`, that of `tcp` is `raw`.
//!
//! Owns: how bytes come in and go out. Each folder has the same files: `mod.rs` (protocol, guarantees, its `SPEC`),
//! `config.rs`, `source.rs`, `destination.rs`, `tests.rs`; what several of them share is [`tcp`] about sockets, [`tls`]
//! about certificates, [`web`] about servers, [`folder`] about files and `broker` about brokers of messages.
//!
//! Promises: the numbered lists of `interface::contract`, proved by the suites of `testkit`.
//! Never: stores a message, acknowledges on its own account, decides a retry, or says what was in a message (R10).

#[cfg(feature = "amqp")]
mod amqp;
mod asking;
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats"))]
mod broker;
pub mod codes;
mod fhir;
mod file;
mod folder;
#[cfg(feature = "ftp")]
mod ftps;
mod http;
mod link;
mod mllp;
#[cfg(feature = "mqtt")]
mod mqtt;
#[cfg(feature = "nats")]
mod nats;
mod raw;
mod redis;
mod relay;
mod s3;
mod schedule;
mod settings;
#[cfg(feature = "sftp")]
mod sftp;
mod smtp;
mod snmp;
mod soap;
#[cfg(feature = "sql")]
mod sql;
mod syslog;
mod tcp;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tls;
mod topic;
mod web;
mod webhook;

pub use asking::Asking;
pub use relay::{Pems, Relay};

use interface::catalogue::Connector;

/// Every connector, by name in alphabetical order. Adding one is adding a folder and a line here.
#[must_use]
pub fn catalogue() -> &'static [&'static dyn Connector] {
    &[
        #[cfg(feature = "amqp")]
        &amqp::Amqp,
        &fhir::Fhir,
        &file::File,
        #[cfg(feature = "ftp")]
        &ftps::Ftps,
        &http::Http,
        &link::Link,
        &mllp::Mllp,
        #[cfg(feature = "mqtt")]
        &mqtt::Mqtt,
        #[cfg(feature = "nats")]
        &nats::Nats,
        &redis::Redis,
        &s3::S3,
        &schedule::Schedule,
        #[cfg(feature = "sftp")]
        &sftp::Sftp,
        &smtp::Smtp,
        &snmp::Snmp,
        &soap::Soap,
        #[cfg(feature = "sql")]
        &sql::Sql,
        &syslog::Syslog,
        &raw::Tcp,
        &topic::Topic,
        &webhook::Webhook,
    ]
}
