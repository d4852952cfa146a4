//! MLLP: HL7 messages over TCP, framed by 0x0B … 0x1C 0x0D.
//!
//! Source: *HL7 Version 3 Transport Specification: MLLP*, release 1 and release 2 (release 2 adds commit
//! acknowledgments, 0x06 and 0x15, each in a frame of its own).
//!
//! Owns: connections, frames, limits of size and time, and the match of a reply to the message it answers.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`.
//! Never: reads a message beyond the few fields of MSH and MSA that tell which reply belongs to which message.

mod config;
mod destination;
mod header;
mod inbox;
mod numbered;
mod permit;
mod source;
mod wire;

#[cfg(test)]
mod tests;

use crate::{settings::join, tls};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Mllp;

impl Connector for Mllp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source { permit::Permits::read(settings).map(drop) } else { config::check_sending(settings) }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Listening::read(settings, context);
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(source::Mllp::open(config?, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        let config = config::Sending::read(settings, context)?;
        Ok(Box::new(destination::Lane::new(config, context.clock.clone(), context.notebook.clone())))
    }
}

static SPEC: Spec = Spec {
    name: "mllp",
    title: "HL7 v2 over TCP with MLLP framing",
    description: "\
Receives and sends HL7 v2 messages in MLLP frames, release 1 and release 2, original and enhanced acknowledgment mode.

**As a source** it answers a message only after the message is on disk. Frames of one connection are taken one at a \
time, in order. Limits of size and time hold while a frame is read. Bytes between frames are skipped and reported; \
after a broken frame, reading goes on at the next 0x0B. \
An application acknowledgment that follows the commit acknowledgment (MSH-15 and MSH-16) goes out on the same \
connection as soon as it is due. A peer that vanished is found within 35 s.

**As a destination** it keeps one connection open for each lane. Before each message it looks whether the peer has \
closed the connection, and connects again if so; late replies that are waiting are read and dropped. A reply counts \
only if its MSA-2 is the MSH-10 of the message sent. No reply in time, or a connection that breaks after the message \
was written, is *ambiguous*: the peer may have it, and a second attempt may be a duplicate.

Both sides speak TLS 1.2 and 1.3. A source does once it has a certificate (`cert` and `key`), and asks the senders for \
theirs with `ca`; `senders` and `types` then bind what stands in MSH to the certificate. A destination does with `tls yes`. \
See [MLLP over TLS](../how-to/mllp-over-tls.md).",
    source: Some(Side {
        address: Address {
            kind: AddressKind::HostPort,
            description: "Where to listen: `host:port`; a port alone listens on this machine only; port 0 takes any.",
        },
        options: &join::<{ SOURCE_OPTIONS.len() + tls::SERVER.len() }>(&[SOURCE_OPTIONS, tls::SERVER]),
        example: "receive mllp 127.0.0.1:2575 { limit size 64MiB }",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::HostPort,
            description: "The partner: `host:port`. The name is looked up again for every new connection.",
        },
        options: &join::<{ DESTINATION_OPTIONS.len() + tls::CLIENT.len() }>(&[DESTINATION_OPTIONS, tls::CLIENT]),
        example: "send pharmacy {\n  mllp rx01.example.org:6661 timeout 20s\n}",
    }),
};

const fn setting(name: &'static str, kind: SettingKind, default: &'static str, description: &'static str) -> Setting {
    Setting { name, kind, default, description }
}

const SOURCE_OPTIONS: &[Setting] = &[
    setting(
        "limit",
        SettingKind::Size,
        "64MiB",
        "Largest frame. A larger one is reported and the connection closed, before the memory is taken.",
    ),
    setting(
        "connections",
        SettingKind::Count(1, 65_536),
        "1024",
        "Connections served at a time; one more is closed at once and reported. All sources together have those that the process can spare.",
    ),
    setting(
        "per-peer",
        SettingKind::Count(1, 65_536),
        "256",
        "Connections served at a time from one network address; never more than half of those that the process can spare.",
    ),
    setting(
        "idle",
        SettingKind::Duration,
        "0s",
        "Close a connection on which no frame began for this long. 0s: never; most senders keep theirs open for days.",
    ),
    setting("frame-idle", SettingKind::Duration, "30s", "Longest silence inside a frame."),
    setting("frame-time", SettingKind::Duration, "5m", "Longest time from the first to the last byte of a frame."),
    setting(
        "release",
        SettingKind::Count(1, 2),
        "1",
        "MLLP release. In release 2 the message is answered by a commit frame (0x06, or 0x15 for no), then by the \
         acknowledgment.",
    ),
    setting(
        "senders",
        SettingKind::List,
        "",
        "With `clients`: for whom a certificate may speak, `\"lab.example.org LAB|NORTH\"`: the name in the certificate, \
         then MSH-3 and MSH-4 (their first components; `*` for any). A message of somebody else is refused and reported. \
         A client without a row here may send nothing.",
    ),
    setting(
        "types",
        SettingKind::List,
        "",
        "With `clients`: what a certificate may send, `\"lab.example.org ORU^R01\"` or `\"lab.example.org ORU\"`: the \
         name in the certificate, then MSH-9. Other messages are refused and reported. A client without a row here may \
         send nothing.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    tls::SWITCH,
    setting("timeout", SettingKind::Duration, "30s", "How long to wait for the reply."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait for a connection."),
    setting("limit", SettingKind::Size, "1MiB", "Largest reply that is read."),
    setting(
        "match",
        SettingKind::Word(&["strict", "any"]),
        "strict",
        "Which reply counts: one whose MSA-2 is the MSH-10 that was sent, or the next one whatever it says. `any` is for \
         partners that do not echo the control id.",
    ),
    setting(
        "acknowledgment",
        SettingKind::Word(&["expected", "none"]),
        "expected",
        "`none` for partners that never answer: the message counts as delivered once it is written to the connection. \
         This is weaker: bytes that the network or the partner loses after that are lost without a trace.",
    ),
    setting(
        "await",
        SettingKind::Word(&["commit", "application"]),
        "commit",
        "What ends a delivery whose MSH-15 and MSH-16 ask for two answers: `commit`, the partner's CA; or `application`, \
         the AA, AE or AR that follows on the same connection, where MSH-16 is AL or SU. Only for partners that answer on \
         the connection on which they were asked: each message waits for it.",
    ),
    setting(
        "application-timeout",
        SettingKind::Duration,
        "30s",
        "With `await application`: how long to wait for it after the CA. Then the row `no-application` of `replies` \
         decides; without one the delivery is done, because the partner has committed it, and the trouble is shown.",
    ),
    setting(
        "release",
        SettingKind::Count(1, 2),
        "1",
        "MLLP release. In release 2 the partner's commit frame is awaited before its acknowledgment.",
    ),
    setting(
        "max-size",
        SettingKind::Size,
        "",
        "A longer HL7 v2 message goes out in parts of at most this size, joined by DSC and MSH-14, with ADD where a segment is \
         cut (HL7 v2.9 §2.10.2): one behind the other, each after the answer to the one before. For partners that join \
         them. Where nothing is said, messages go out whole.",
    ),
    setting(
        "sequence",
        SettingKind::Word(&["off", "numbers"]),
        "off",
        "`numbers`: each message gets a number in MSH-13, one after the other in the order of sending, also after a \
         restart; each new connection begins with the number 0, which asks the partner what it expects (MSA-4). For \
         partners that keep the sequence number protocol, in the order `order by source`.",
    ),
];
