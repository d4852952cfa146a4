//! Messages over TCP with a framing of any kind: the connector `tcp`.
//!
//! Owns: connections, frames as the settings say, and answers as bytes or frames.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`, as far as the peer answers at all.
//! Never: looks at what is in a message.

mod config;
mod destination;
mod framing;
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
pub(crate) struct Tcp;

impl Connector for Tcp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source { config::check_listening(settings) } else { config::check_sending(settings) }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Listening::read(settings, context);
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(source::Tcp::open(config?, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Sending::read(settings, context)?)))
    }
}

static SPEC: Spec = Spec {
    name: "tcp",
    title: "Bytes over TCP with a framing of your choice",
    description: "\
Receives and sends messages over TCP where the other side speaks neither MLLP nor HTTP: printers, analyzers, old \
interfaces. `framing` says where a message ends: at a delimiter, between start and end bytes, by a length before it, by a \
fixed length, or with the connection. TLS 1.2 and 1.3 on both sides.

**As a source** it answers only after the message is on disk: with the acknowledgment message in the same framing where the \
engine has one (HL7 v2), with bytes of your choice (`answer bytes`), or not at all. A message that was not taken never looks \
as if it was: the answer says no, or the connection is closed. A sender that hears nothing in either case cannot know, and \
loses what it sent while the engine is down.

**As a destination** it sends one message after the other on one connection for each lane. `reply` says how the other side \
confirms: with a frame, which the reply table reads, with bytes (`accepted`, `refused`), or not at all. No reply in time, or \
a connection that breaks after the message was written, is *ambiguous*. With `reply none` a message counts as delivered once \
it is written, which is weaker: what the network or the partner loses after that is lost without a trace.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::HostPort,
            description: "Where to listen: `host:port`; a port alone listens on this machine only; port 0 takes any.",
        },
        options: &join::<{ FRAMING.len() + SOURCE_OPTIONS.len() + tls::SERVER.len() }>(&[
            FRAMING,
            SOURCE_OPTIONS,
            tls::SERVER,
        ]),
        example: "receive tcp 127.0.0.1:4001 { framing block start \"0x02\" end \"0x03\" answer bytes accepted \"0x06\" \
                  refused \"0x15\" }",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::HostPort,
            description: "The partner: `host:port`. The name is looked up again for every new connection.",
        },
        options: &join::<{ FRAMING.len() + DESTINATION_OPTIONS.len() + 1 + tls::CLIENT.len() }>(&[
            FRAMING,
            DESTINATION_OPTIONS,
            &[tls::SWITCH],
            tls::CLIENT,
        ]),
        example: "send labels {\n  tcp printer.example.org:9100 framing length length-bytes 2 reply none\n}",
    }),
};

const FRAMING: &[Setting] = &[
    setting(
        "framing",
        SettingKind::Word(&["delimiter", "block", "length", "fixed", "connection"]),
        "delimiter",
        "Where a message ends: at `end` (`delimiter`), at `end` after it began with `start` (`block`), by a length before \
         it (`length`), after `size` bytes (`fixed`), or when the sender closes its side (`connection`).",
    ),
    setting("start", SettingKind::Text, "", "With `framing block`: the bytes before a message, as text or `\"0x02\"`."),
    setting(
        "end",
        SettingKind::Text,
        "\n",
        "With `framing delimiter` and `block`: the bytes behind a message, as text (`\"\\r\\n\"`) or `\"0x1C 0x0D\"`; a \
         line feed where nothing is said.",
    ),
    setting(
        "length-bytes",
        SettingKind::Count(1, framing::LENGTH_BYTES_MAX),
        "4",
        "With `framing length`: how many bytes the length takes.",
    ),
    setting(
        "length-form",
        SettingKind::Word(&["big", "little", "digits"]),
        "big",
        "With `framing length`: a binary number with its most significant byte first or last, or decimal digits.",
    ),
    setting(
        "length-counts",
        SettingKind::Word(&["content", "all"]),
        "content",
        "With `framing length`: whether the length counts the message alone or itself too.",
    ),
    setting("size", SettingKind::Count(1, 1 << 30), "", "With `framing fixed`: the length of each message in bytes."),
    setting("accepted", SettingKind::Text, "", "The bytes that say yes, as text or `\"0x06\"`."),
    setting("refused", SettingKind::Text, "", "The bytes that say no, as text or `\"0x15\"`."),
    setting("limit", SettingKind::Size, "64MiB", "Largest message, or largest reply, that is read."),
];

const SOURCE_OPTIONS: &[Setting] = &[
    setting(
        "answer",
        SettingKind::Word(&["acknowledgment", "bytes", "none"]),
        "acknowledgment",
        "What the sender gets: the acknowledgment message, where the format has one; the bytes of `accepted` and `refused`; \
         or nothing. Where there is nothing to say no with, the connection is closed.",
    ),
    setting(
        "connections",
        SettingKind::Count(1, 65_536),
        "1024",
        "Connections served at a time; one more is closed at once and reported.",
    ),
    setting("per-peer", SettingKind::Count(1, 65_536), "256", "Connections served at a time from one network address."),
    setting(
        "idle",
        SettingKind::Duration,
        "0s",
        "Close a connection on which no frame began for this long. 0s: never.",
    ),
    setting("frame-idle", SettingKind::Duration, "30s", "Longest silence inside a frame."),
    setting("frame-time", SettingKind::Duration, "5m", "Longest time from the first to the last byte of a frame."),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting(
        "reply",
        SettingKind::Word(&["frame", "bytes", "none"]),
        "frame",
        "How the partner confirms: with a frame in the same framing, with the bytes of `accepted` or `refused`, or not at \
         all.",
    ),
    setting("timeout", SettingKind::Duration, "30s", "How long to wait for the reply."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait for a connection."),
];
