//! Streams of Redis and Valkey.
//!
//! Source: the RESP 2 protocol and the commands XADD, XREADGROUP, XACK, XAUTOCLAIM, WAIT (<https://redis.io/docs/latest/>).
//!
//! Owns: the connection, the consumer group, what an error of the server means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. An entry is acknowledged only after its message is
//! on disk; what was not acknowledged comes again, in order, also after a restart.
//! Never: deletes or trims what others wrote.

mod config;
mod destination;
mod resp;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Redis;

impl Connector for Redis {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            config::Reading::read(settings, None).map(|_| ())
        } else {
            config::Writing::read(settings, None).map(|_| ())
        }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Reading::read(settings, Some(context));
        let clock = context.clock.clone();
        Box::pin(async move { Ok(Box::new(source::Stream::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Writing::read(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "redis",
    title: "Streams of Redis",
    description: "\
Reads and writes entries of a stream of Redis 6.2 or newer, or Valkey. One field of an entry holds the message.

**As a source** it is a consumer of a group, which it makes if it is missing. An entry is acknowledged (XACK) only after its \
message is on disk. What was given to this consumer and not acknowledged is read first, in order, after a restart and after \
each outage; entries of another consumer of the group that has not acknowledged them for `claim-after` are taken over. An \
entry that can never be accepted is copied to `refused`, with the reason, and acknowledged. Entries stay in the stream; \
trimming it is the business of who writes it. One consumer of a group keeps the order of the stream; several share the \
entries, and only what each of them gets is in order.

**As a destination** it adds an entry with the message and `delivery`, which is the same for every attempt, so that a reader \
can tell a repetition. It is delivered when the server has answered; with `replicas`, when as many replicas have it too. \
Redis keeps what it answered for only as well as its own settings say: `appendfsync always` loses nothing when the power \
goes. A server that is loading, read-only, out of memory or has too few replicas means again later; no answer in time, or a \
connection that breaks after the entry was sent, is *ambiguous*.",
    source: Some(Side {
        address: Address { kind: AddressKind::Remote, description: ADDRESS },
        options: &SOURCE_TABLE,
        example: "receive redis 127.0.0.1:6379/lab-results { group sinew }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Remote, description: ADDRESS },
        options: &DESTINATION_TABLE,
        example: "send stream {\n  redis 127.0.0.1:6379/lab-results length 100000\n}",
    }),
};

const ADDRESS: &str = "`host:port/stream`; without a port, 6379.";

const LOGIN: &[Setting] = &[
    setting("field", SettingKind::Text, "message", "The field of an entry that holds the message."),
    setting("user", SettingKind::Text, "", "Who we are at the server, where it has users."),
    setting("password", SettingKind::Text, "", "Our password: `secret:NAME`."),
    setting("database", SettingKind::Count(0, 65_535), "0", "The number of the database."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait until the server has let us in."),
    setting("timeout", SettingKind::Duration, "10s", "How long to wait for each answer of the server."),
    tls::SWITCH,
];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("group", SettingKind::Text, "sinew", "The consumer group."),
    setting(
        "consumer",
        SettingKind::Text,
        "sinew",
        "Our name in the group; another one for each engine that shares it.",
    ),
    setting(
        "start",
        SettingKind::Word(&["first", "new"]),
        "first",
        "Where a group begins that is not there yet: at the first entry, or behind the last.",
    ),
    setting("batch", SettingKind::Count(1, 10_000), "100", "Entries that are read at a time."),
    setting("limit", SettingKind::Size, "16MiB", "Largest message. A larger one is refused."),
    setting(
        "claim-after",
        SettingKind::Duration,
        "5m",
        "When entries are taken over that another consumer has and does not acknowledge. 0s: never.",
    ),
    setting(
        "refused",
        SettingKind::Text,
        "",
        "The stream for what cannot be accepted; without it, the stream's name and `:refused`.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting(
        "length",
        SettingKind::Count(0, 1_000_000_000),
        "0",
        "Let the server drop the oldest entries beyond about this many, read or not; 0 keeps all.",
    ),
    setting(
        "replicas",
        SettingKind::Count(0, 16),
        "0",
        "How many replicas have to have the entry before it counts as delivered.",
    ),
];

static SOURCE_TABLE: [Setting; SOURCE_OPTIONS.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[SOURCE_OPTIONS, LOGIN, tls::CLIENT]);
static DESTINATION_TABLE: [Setting; DESTINATION_OPTIONS.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[DESTINATION_OPTIONS, LOGIN, tls::CLIENT]);
