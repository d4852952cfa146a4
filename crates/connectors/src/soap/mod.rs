//! Messages to and from web services that speak SOAP.
//!
//! Source: SOAP 1.1 (W3C note), SOAP 1.2 (part 1), Web Services Addressing 1.0 (core and SOAP binding), MTOM and XOP 1.0.
//!
//! Owns: the envelope around a message, what is attached to it, what stands in the envelope that comes back, and what a fault means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`; a fault of the sender parks, one of the receiver is tried again; an
//! answer that names another message is never taken for ours; document type definitions are refused.
//! Never: says what a fault says: its words may quote the message.

mod config;
mod destination;
mod envelope;
mod parts;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    http,
    settings::{join, setting},
    tls,
    web::settings::{CREDENTIALS, LIMITS},
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;
use std::sync::Arc;

/// The connector.
pub(crate) struct Soap;

impl Connector for Soap {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            http::check_serving(settings)?;
            return config::Answering::read(settings).map(drop);
        }
        config::Calling::read(settings).map(drop)
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = serving(settings, context);
        let context = context.clone();
        Box::pin(async move { Ok(Box::new(http::Server::open(config?, context).await?) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }
}

fn serving(settings: &Settings, context: &Context) -> Result<http::Serving, Reason> {
    let service = source::Service(Arc::new(config::Answering::read(settings)?));
    Ok(http::Serving { dialect: Some(Arc::new(service)), ..http::Serving::read(settings, context)? })
}

static SPEC: Spec = Spec {
    name: "soap",
    title: "Web services that speak SOAP",
    description: "\
Calls a web service with each message, or is one: SOAP 1.1 or 1.2 over HTTP and HTTPS, with the addressing headers of \
WS-Addressing and attachments (MTOM) where they are wanted.

**As a source** it is a service that takes both versions and answers in the one in which it was asked. The message is the \
text of the element that `message` names, or the content of the body. What is attached is taken where its element stands: as \
the message itself, or in base64 inside of the document. The answer comes after the message is on disk: the body is what \
`response` says, with the stored acknowledgment where `{acknowledgment}` is, and a call with a `MessageID` is answered with \
`RelatesTo`. A message that cannot be taken now is answered with a fault of the receiver and `Retry-After`; one that never can \
with its acknowledgment, where `response` has a place for it, else with a fault of the sender. A request without a message \
gets a fault ([E6840](../errors/E6840.md)), so does one with a header that must be understood and is not addressing, such as \
WS-Security, or that wants its answer at another address ([E6841](../errors/E6841.md)). Credentials, paths and limits are \
those of [`http`](#http).

**As a destination** it sends an envelope whose body is the message, where it is XML, or what `body` makes of it: the text of \
the message stands where `{message}` is, escaped, so that HL7 v2 in its usual form reaches a service that wants it as a text. \
With `mtom` the message is attached instead, whatever it is; without `body`, the base64 in the elements that `attach` names is.

What comes back decides. A body without a fault is delivered; the text, or the attachment, of the element that `reply` names \
is the acknowledgment, which the reply table reads. A fault of the sender (`Client`, `Sender`) parks the message \
([E6831](../errors/E6831.md)); one of the service (`Server`, `Receiver`) is tried again ([E6832](../errors/E6832.md)); one that \
says that the service speaks another SOAP makes the whole destination wait ([E6833](../errors/E6833.md)). Without an envelope \
the HTTP status decides, as for [`http`](#http). An answer whose `RelatesTo` names another message, or one that cannot be \
read, is *ambiguous*.

The id of a call depends only on the delivery, so that a service that knows it recognises a repeated call.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Url,
            description: "Where to listen: `host:port/path`; a port alone listens on this machine only.",
        },
        options: &join::<{ SERVICE.len() + http::SERVING.len() + tls::SERVER.len() }>(&[
            SERVICE,
            http::SERVING,
            tls::SERVER,
        ]),
        example: "receive soap 127.0.0.1:8080/iis {\n  message  hl7Message\n  response \"<r:return \
                  xmlns:r='urn:example'><r:out>{acknowledgment}</r:out></r:return>\"\n}",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Url,
            description: "The endpoint of the service: `https://host/path`.",
        },
        options: &join::<{ OPTIONS.len() + LIMITS.len() + CREDENTIALS.len() + tls::CLIENT.len() }>(&[
            OPTIONS,
            LIMITS,
            CREDENTIALS,
            tls::CLIENT,
        ]),
        example: "send registry {\n  soap https://iis.example.org/soap {\n    action \"urn:example:submit\"\n    body   \
                  \"<e:submit xmlns:e='urn:example'><e:hl7>{message}</e:hl7></e:submit>\"\n    reply  hl7Return\n  }\n}",
    }),
};

const SERVICE: &[Setting] = &[
    setting(
        "message",
        SettingKind::Text,
        "",
        "The element of a request whose text or attachment is the message, by its name without a prefix. Without it, the \
         content of the body is, as XML.",
    ),
    setting(
        "response",
        SettingKind::Text,
        "",
        "The content of the body of an answer, with `{acknowledgment}` where the acknowledgment belongs; without it, the body \
         is empty.",
    ),
];

const OPTIONS: &[Setting] = &[
    setting("version", SettingKind::Word(&["1.2", "1.1"]), "1.2", "The version of SOAP."),
    setting("action", SettingKind::Text, "", "What is called, as the service's description (WSDL) names it."),
    setting(
        "body",
        SettingKind::Text,
        "",
        "The content of the body, with `{message}` where the text of the message belongs; without it, the message is XML \
         and is the body itself.",
    ),
    setting(
        "reply",
        SettingKind::Text,
        "",
        "The element of the answer whose text is the acknowledgment, by its name without a prefix. Without it, an answer \
         without a fault is yes, whatever it says.",
    ),
    setting(
        "addressing",
        SettingKind::Flag,
        "no",
        "Whether the headers of WS-Addressing are sent (`To`, `Action`, `MessageID`, `ReplyTo`).",
    ),
    setting(
        "mtom",
        SettingKind::Flag,
        "no",
        "Whether the envelope goes with attachments (MTOM): the message, where `{message}` stands in `body`, or what `attach` \
         names.",
    ),
    setting(
        "attach",
        SettingKind::Text,
        "",
        "With `mtom` and without `body`: the elements of the message that hold base64, by their name without a prefix, such as \
         `Document`. Each goes as an attachment.",
    ),
];
