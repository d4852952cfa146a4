//! HTTP: a message in the body of a request, on either side, with TLS and credentials.
//!
//! Source: RFC 9110 and RFC 9112 (HTTP/1.1), RFC 9457 (problem details); the media type is that of *HL7 over HTTP*.
//!
//! Owns: requests and responses, their limits of size and time, what a status means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`.
//! Never: follows a redirect, puts anything of a message into an address or a header, answers with what it was sent.

mod answer;
mod config;
mod destination;
mod dialect;
mod guard;
mod lookup;
mod media;
mod source;

#[cfg(test)]
mod tests;

pub(crate) use answer::Answer;
pub(crate) use config::{Serving, check_serving, headers};
pub(crate) use destination::media_type;
pub(crate) use dialect::{Dialect, Opened};
pub(crate) use source::Http as Server;

use crate::{
    settings::{join, setting},
    tls,
    web::{
        Url, auth,
        settings::{CREDENTIALS, LIMITS},
    },
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Lookup, Source},
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

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            return config::check_serving(settings);
        }
        let url = Url::parse(&settings.address)?;
        config::Posting::read(settings, &url)?;
        auth::check(settings, &url)
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Serving::read(settings, context);
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(source::Http::open(config?, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }

    fn lookup_side(&self) -> Option<&'static Side> {
        Some(&LOOKUP)
    }

    fn check_lookup(&self, settings: &Settings) -> Result<(), Reason> {
        auth::check(settings, &lookup::Asking::read(settings)?.url)
    }

    fn lookup(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Lookup>, Reason> {
        Ok(Box::new(lookup::Question::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "http",
    title: "HTTP and HTTPS",
    description: "\
Receives and sends messages as the body of an HTTP/1.1 request, one message a request: HL7 v2, JSON, XML, forms. TLS 1.2 \
and 1.3 on both sides, with client certificates.

**As a source** it answers 200 with the acknowledgment as the body (204 if there is none) only after the message is on \
disk; 503 with `Retry-After` when it cannot be taken now; 422 when it never can, with the acknowledgment that says why. \
A client that asks for `Accept: application/json` gets the same as a JSON object, with `application/fhir+json` as a FHIR \
OperationOutcome. Other paths get 404, other methods 405, other media types 415, wrong credentials 401 after a pause, \
bodies above the limit 413 while they are read.

**As a destination** it keeps one connection open for each lane and looks before each message whether the server has \
closed it. 2xx is delivery, and the body is the reply: an HL7 acknowledgment in it is read by the reply table. 401 and 407 \
keep the message in its queue until the credentials are mended; 408, 425, 429, 500, 503 and other 5xx mean again later, as \
`Retry-After` says (seconds or a date); 502 and 504 are *ambiguous*, because a gateway does not know; other 3xx and 4xx \
park the message. A row such as `http 409 done` in `replies` says otherwise for one status. No answer in time, or a \
connection that breaks after the first byte was written, is *ambiguous*. Redirects are not followed.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Url,
            description: "Where to listen: `host:port/path`; a port alone listens on this machine only.",
        },
        options: &join::<{ SERVING.len() + BODIES.len() + tls::SERVER.len() }>(&[SERVING, BODIES, tls::SERVER]),
        example: "receive http 127.0.0.1:8080/hl7 { limit size 16MiB }",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Url,
            description: "`http://host:port/path` or `https://host/path`. Nothing of a message is ever put into it.",
        },
        options: &join::<{ DESTINATION_OPTIONS.len() + LIMITS.len() + CREDENTIALS.len() + tls::CLIENT.len() }>(&[
            LIMITS,
            DESTINATION_OPTIONS,
            CREDENTIALS,
            tls::CLIENT,
        ]),
        example: "send registry {\n  http https://registry.example.org/hl7 timeout 20s\n}",
    }),
};

/// A question of a line.
static LOOKUP: Side = Side {
    address: Address {
        kind: AddressKind::Remote,
        description: "`\"http://host:port/path/{key}\"` or with a query, in quotes; `{key}` is the value that is looked up, encoded. \
                      Addresses end in the logs of servers and proxies: put the value into `body` where the server takes it. \
                      The answer is JSON; 404, 410 and 204 mean that nothing is found.",
    },
    options: &join::<{ LOOKUP_OPTIONS.len() + LIMITS.len() + CREDENTIALS.len() + tls::CLIENT.len() }>(&[
        LIMITS,
        LOOKUP_OPTIONS,
        CREDENTIALS,
        tls::CLIENT,
    ]),
    example: "lookup census http \"https://census.example.org/stays/{key}\" within 2s fresh 5m",
};

const LOOKUP_OPTIONS: &[Setting] = &[
    setting(
        "body",
        SettingKind::Text,
        "",
        "Asks with POST and this text, with `{key}` for the value, escaped for JSON, or for forms where `content-type` says so. Only for \
         servers that change nothing by it.",
    ),
    setting("content-type", SettingKind::Text, "", "The media type of `body`; without it `application/json`."),
    setting(
        "accept",
        SettingKind::Text,
        "",
        "The media type of the answer that is asked for; without it `application/json`.",
    ),
    setting("headers", SettingKind::List, "", "Further headers, each `\"Name: value\"`."),
];

/// How a server is reached and what it stands, whatever it speaks.
pub(crate) const SERVING: &[Setting] = &[
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
    setting(
        "idle",
        SettingKind::Duration,
        "60s",
        "Longest wait for the head of a request, also between two requests, and for a TLS handshake.",
    ),
    setting("frame-idle", SettingKind::Duration, "30s", "Longest silence inside a body."),
    setting("frame-time", SettingKind::Duration, "5m", "Longest time for a whole body."),
    setting(
        "paths",
        SettingKind::List,
        "",
        "Further paths that are served besides the one of the address; `/oru/*` is all below `/oru/`.",
    ),
    setting(
        "users",
        SettingKind::List,
        "",
        "Basic authentication: who may send, each `name:password`, best as `[secret:ward]`. Needs `cert`, or loopback.",
    ),
    setting(
        "tokens",
        SettingKind::List,
        "",
        "Bearer authentication: the tokens that are taken, best as `[secret:token]`. Needs `cert`, or loopback.",
    ),
];

/// What bodies are.
const BODIES: &[Setting] = &[
    setting("methods", SettingKind::List, "", "What is taken: `POST`, `PUT`, `PATCH`; without it, `POST`."),
    setting(
        "media-types",
        SettingKind::List,
        "",
        "The media types that are taken, the first for bodies that do not say theirs: `[\"application/json\"]`. Without it, \
         those of the interface's `format`; for HL7 v2 `application/hl7-v2`, `application/hl7-v2+er7`, \
         `x-application/hl7-v2+er7` and `text/plain`.",
    ),
    setting(
        "form-field",
        SettingKind::Text,
        "message",
        "With the media type `application/x-www-form-urlencoded` among `media-types`: the field that holds the message.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting("method", SettingKind::Word(&["POST", "PUT", "PATCH"]), "POST", "The method of the request."),
    setting(
        "max-size",
        SettingKind::Size,
        "",
        "A longer HL7 v2 message goes out in parts of at most this size, joined by DSC and MSH-14, with ADD where a segment is \
         cut (HL7 v2.9 §2.10.2): one behind the other, each after the answer to the one before. For partners that join \
         them. Where nothing is said, messages go out whole.",
    ),
    setting(
        "content-type",
        SettingKind::Text,
        "",
        "The media type of what is sent; without it, that of the format: `application/hl7-v2`, `application/fhir+json` and so on.",
    ),
    setting("accept", SettingKind::Text, "", "The media type of the answer that is asked for."),
    setting(
        "headers",
        SettingKind::List,
        "",
        "Further headers, each `\"Name: value\"`; a value may be a reference such as `secret:token`.",
    ),
    setting(
        "query",
        SettingKind::List,
        "",
        "Fixed parameters behind the path, each `\"name=value\"`, encoded here. Nothing of a message: addresses end in logs.",
    ),
    setting(
        "form-field",
        SettingKind::Text,
        "",
        "Send a form (`application/x-www-form-urlencoded`) with the message in this field, for servers that want one.",
    ),
    setting("form", SettingKind::List, "", "With `form-field`: the other fields, each `\"name=value\"`."),
];
