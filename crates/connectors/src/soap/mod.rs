//! Messages to web services that speak SOAP.
//!
//! Source: SOAP 1.1 (W3C note), SOAP 1.2 (part 1), Web Services Addressing 1.0 (core and SOAP binding).
//!
//! Owns: the envelope around a message, what stands in the envelope that comes back, and what a fault means.
//! Promises: `Destination` 1–7 of `interface::contract`; a fault of the sender parks, one of the receiver is tried again; an
//! answer that names another message is never taken for ours; document type definitions are refused.
//! Never: says what a fault says: its words may quote the message.

mod config;
mod destination;
mod envelope;

#[cfg(test)]
mod tests;

use crate::{
    settings::{join, setting},
    tls,
    web::settings::{CREDENTIALS, LIMITS},
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Soap;

impl Connector for Soap {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _: bool) -> Result<(), Reason> {
        config::Calling::read(settings).map(drop)
    }

    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(crate::codes::E6010, "`soap` can only send")) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "soap",
    title: "Web services that speak SOAP",
    description: "\
Calls a web service with each message: SOAP 1.1 or 1.2 over HTTP and HTTPS, with the addressing headers of WS-Addressing \
where they are wanted.

What is sent is an envelope whose body is the message, where it is XML, or what `body` makes of it: the text of the \
message stands where `{message}` is, escaped, so that HL7 v2 in its usual form reaches a service that wants it as a text.

What comes back decides. A body without a fault is delivered; the text of the element that `reply` names is the \
acknowledgment, which the reply table reads. A fault of the sender (`Client`, `Sender`) parks the message \
([E6831](../errors/E6831.md)); one of the service (`Server`, `Receiver`) is tried again ([E6832](../errors/E6832.md)); one that \
says that the service speaks another SOAP makes the whole destination wait ([E6833](../errors/E6833.md)). Without an envelope \
the HTTP status decides, as for [`http`](#http). An answer whose `RelatesTo` names another message, or one that cannot be \
read, is *ambiguous*.

The id of a call depends only on the delivery, so that a service that knows it recognises a repeated call. Attachments \
(MTOM) are not sent; of an answer in parts the first one is read.",
    source: None,
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
];
