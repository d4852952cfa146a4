//! HTTP: HL7 v2 messages (ER7) in the body of a POST.
//!
//! Source: RFC 9110 and RFC 9112 (HTTP/1.1), RFC 9457 (problem details); the media type is that of *HL7 over HTTP*.
//!
//! Owns: requests and responses, their limits of size and time, what a status means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`.
//! Never: follows a redirect, puts anything of a message into an address or a header, answers with what it was sent.

mod answer;
mod config;
mod destination;
mod line;
mod meaning;
mod source;

#[cfg(test)]
mod tests;

use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// Media type of an ER7 message over HTTP.
const MEDIA_TYPE: &str = "application/hl7-v2";

/// The connector.
pub(crate) struct Http;

impl Connector for Http {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Serving::read(settings);
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(source::Http::open(config?, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, _context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Posting::read(settings)?)))
    }
}

static SPEC: Spec = Spec {
    name: "http",
    title: "HL7 v2 over HTTP",
    description: "\
Receives and sends HL7 v2 messages as the body of an HTTP/1.1 POST, one message a request. TLS comes with a later \
release; until then put a proxy in front.

**As a source** it answers 200 with the acknowledgment as the body (204 if there is none) only after the message is on \
disk; 503 with `Retry-After` when it cannot be taken now; 422 when it never can, with the acknowledgment that says why. \
Other paths get 404, other methods 405, other media types 415, bodies above the limit 413 while they are read.

**As a destination** it keeps one connection open for each lane and looks before each message whether the server has \
closed it. 2xx is delivery, and the body is the reply. 408, 425, 429, 500, 503 and other 5xx mean again later, as \
`Retry-After` says; 502 and 504 are *ambiguous*, because a gateway does not know; other 3xx and 4xx park the message. No answer \
in time, or a connection that breaks after the first byte was written, is *ambiguous*.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Url,
            description: "Where to listen: `host:port/path`; a port alone listens on this machine only.",
        },
        options: SOURCE_OPTIONS,
        example: "receive http 127.0.0.1:8080/hl7 { limit size 16MiB }",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Url, description: "`http://host:port/path`." },
        options: DESTINATION_OPTIONS,
        example: "send registry {\n  http http://127.0.0.1:8080/hl7 timeout 20s\n}",
    }),
};

const fn setting(name: &'static str, kind: SettingKind, default: &'static str, description: &'static str) -> Setting {
    Setting { name, kind, default, description }
}

const SOURCE_OPTIONS: &[Setting] = &[
    setting("limit", SettingKind::Size, "64MiB", "Largest body. A larger one is answered with 413 before it is read."),
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
    setting("idle", SettingKind::Duration, "60s", "Longest wait for the head of a request, also between two requests."),
    setting("frame-idle", SettingKind::Duration, "30s", "Longest silence inside a body."),
    setting("frame-time", SettingKind::Duration, "5m", "Longest time for a whole body."),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting("timeout", SettingKind::Duration, "30s", "From the first byte sent to the last byte of the answer."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait for a connection."),
    setting("limit", SettingKind::Size, "1MiB", "Largest answer that is read."),
    setting(
        "content-type",
        SettingKind::Text,
        "",
        "The media type of what is sent; without it, `application/hl7-v2`, or `application/fhir+json` behind a map to FHIR.",
    ),
    setting(
        "headers",
        SettingKind::List,
        "",
        "Further headers, each `\"Name: value\"`; a value may be a reference such as `secret:token`.",
    ),
];
