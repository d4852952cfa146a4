//! Messages to a syslog server.
//!
//! Source: RFC 5424 (the format), RFC 5425 (over TLS), RFC 6587 §3.4.1 (over TCP, octet counting), RFC 5426 (over UDP).
//!
//! Owns: the header, the count of octets, the connection.
//! Promises: `Destination` 1–7 of `interface::contract`, as far as a protocol without answers lets it: a message counts as
//! delivered when it is written.
//! Never: cuts a message in two, or leaves out a part of one.

mod config;
mod destination;

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
pub(crate) struct Syslog;

impl Connector for Syslog {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _: bool) -> Result<(), Reason> {
        config::check(settings)
    }

    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(crate::codes::E6010, "`syslog` can only send")) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Logging::read(settings, context)?)))
    }
}

static SPEC: Spec = Spec {
    name: "syslog",
    title: "Messages to a syslog server",
    description: "\
Sends each message to a syslog server in the format of RFC 5424: over TLS (RFC 5425) if nothing else is said, over TCP with \
counted octets, or as a datagram (UDP). The time in the header is that at which the message was accepted.

Syslog has no answers: a message counts as delivered once it is written to the connection. What the network or the server \
loses after that is lost without a trace; before each message the lane looks whether the server has closed the connection. \
With UDP not even that is known. A record that must not be lost belongs into a destination that answers as well.

A syslog server is a place that many people read. Do not send messages with patients there, unless it is an audit record \
repository that is made for them; a `map` or a `set` line makes the text that is sent.",
    source: None,
    destination: Some(Side {
        address: Address {
            kind: AddressKind::HostPort,
            description: "The server: `host:port`; usually 6514 with TLS, 601 with TCP, 514 with UDP.",
        },
        options: &join::<{ OPTIONS.len() + tls::CLIENT.len() }>(&[OPTIONS, tls::CLIENT]),
        example: "send repository {\n  syslog log.example.org:6514 facility 13 severity notice message-id ADT\n}",
    }),
};

const OPTIONS: &[Setting] = &[
    setting(
        "transport",
        SettingKind::Word(&["tls", "tcp", "udp"]),
        "tls",
        "How messages travel: encrypted, over TCP as they are, or as single datagrams.",
    ),
    setting(
        "facility",
        SettingKind::Count(0, 23),
        "13",
        "The facility (RFC 5424 §6.2.1): 13 is the audit log, 16 to 23 are for local use.",
    ),
    setting(
        "severity",
        SettingKind::Word(&["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"]),
        "informational",
        "The severity of every message.",
    ),
    setting("hostname", SettingKind::Text, "", "The HOSTNAME of the header; `-` where nothing is said."),
    setting("app-name", SettingKind::Text, "sinew", "The APP-NAME of the header."),
    setting("message-id", SettingKind::Text, "", "The MSGID of the header; `-` where nothing is said."),
    setting("timeout", SettingKind::Duration, "30s", "How long a message may take to be written."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait for a connection."),
];
