//! Streams of NATS (JetStream).
//!
//! Source: the client protocol (<https://docs.nats.io/reference/reference-protocols/nats-protocol>) and the JetStream API that is
//! spoken over it (<https://docs.nats.io/reference/reference-protocols/nats_api_reference>).
//!
//! Owns: the protocol, the durable consumer, what an answer of the server means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. A message is acknowledged only after it is on disk;
//! one is under way at a time, so order holds, also after a restart. A delivery counts only when the stream has confirmed it.
//! Never: makes, changes or purges a stream, or publishes what no stream keeps.

mod config;
mod destination;
mod key;
mod protocol;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    broker::{LOGIN, feed::Feed, lane::Lane},
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Nats;

impl Connector for Nats {
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
        Box::pin(async move { Ok(Box::new(Feed::<source::Consumer>::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane::<destination::Publisher>::new(config::Writing::read(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "nats",
    title: "Streams of NATS",
    description: "\
Reads and writes streams of a NATS server 2.9 or newer with JetStream.

**As a source** it is a durable pull consumer of a stream, which it makes if it is missing. A message is acknowledged only \
after it is on disk, and the next one is asked for only then, so the order of the stream holds, also after an outage or a \
restart of either side. What was given to us and not acknowledged comes again after `ack-wait`; a message whose \
acknowledgment got lost is recognised by its number in the stream and not taken twice, as long as this engine runs. A message \
that can never be accepted is published to `refused`, with the reason, and then taken off; until some stream keeps that \
subject, reading stands still and says so.

**As a destination** it publishes with a `Nats-Msg-Id` that is the same for every attempt, so that the stream itself leaves \
out a repetition within its duplicate window (2 minutes, where the stream does not say otherwise). It is delivered when the \
stream has confirmed that it keeps the message. A subject that no stream keeps, or a stream that is full or has no leader, \
means again later; a message that is larger than the server takes is parked; no confirmation in time is *ambiguous*.

Streams are made by whoever runs the server: `nats stream add`. Who we are is said by `user` and `password`, by `password` \
alone (a token), or by `credentials`.",
    source: Some(Side {
        address: Address { kind: AddressKind::Remote, description: "`host:port/STREAM`; without a port, 4222." },
        options: &SOURCE_TABLE,
        example: "receive nats 127.0.0.1:4222/LAB {\n  consumer sinew\n  subject \"lab.results.>\"\n}",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Remote, description: "`host:port/subject`; without a port, 4222." },
        options: &DESTINATION_TABLE,
        example: "send stream {\n  nats 127.0.0.1:4222/adt.north stream ADT\n}",
    }),
};

const CREDENTIALS: &[Setting] = &[setting(
    "credentials",
    SettingKind::Text,
    "",
    "What a `.creds` file holds, or an nkey seed (`SU…`): `secret:NAME`.",
)];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("consumer", SettingKind::Text, "sinew", "The name of the durable consumer."),
    setting(
        "subject",
        SettingKind::Text,
        "",
        "Which subjects of the stream; without it all. `*` is one word, `>` the rest.",
    ),
    setting(
        "start",
        SettingKind::Word(&["first", "new"]),
        "first",
        "Where a consumer begins that is not there yet: at the first message, or behind the last.",
    ),
    setting(
        "ack-wait",
        SettingKind::Duration,
        "30s",
        "When the server gives a message again that was not acknowledged, where it is we who make the consumer. At least 15s.",
    ),
    setting("limit", SettingKind::Size, "16MiB", "Largest message. A larger one is refused."),
    setting(
        "refused",
        SettingKind::Text,
        "",
        "The subject for what cannot be accepted; without it, `refused.` and the name of the consumer.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[setting(
    "stream",
    SettingKind::Text,
    "",
    "The stream that has to take it; without it, whichever keeps the subject.",
)];

static SOURCE_TABLE: [Setting; SOURCE_OPTIONS.len() + LOGIN.len() + CREDENTIALS.len() + tls::CLIENT.len()] =
    join(&[SOURCE_OPTIONS, LOGIN, CREDENTIALS, tls::CLIENT]);
static DESTINATION_TABLE: [Setting; DESTINATION_OPTIONS.len() + LOGIN.len() + CREDENTIALS.len() + tls::CLIENT.len()] =
    join(&[DESTINATION_OPTIONS, LOGIN, CREDENTIALS, tls::CLIENT]);
