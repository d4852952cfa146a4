//! Webhooks: a message is posted to an address that somebody else gave, signed, so that the receiver knows who sent it.
//!
//! Source: *Standard Webhooks* 1.0 (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`; signatures `v1`).
//!
//! Owns: the signature, the id, and which addresses may be reached.
//! Promises: `Destination` 1–7 of `interface::contract`; no connection to this machine or to a network that is not public
//! unless a setting says so, looked at after the name was resolved.
//! Never: receives; puts anything of a message into an address or a header.

mod config;
mod destination;
mod signature;

#[cfg(test)]
mod tests;

use crate::{
    codes,
    settings::{join, setting},
    tls,
    web::settings::LIMITS,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Webhook;

impl Connector for Webhook {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _is_source: bool) -> Result<(), Reason> {
        config::check(settings)
    }

    fn source(&self, _settings: &Settings, _context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(codes::E6010, "a webhook is received by the source `http`")) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "webhook",
    title: "Signed HTTP callbacks",
    description: "\
Posts each message to the address of somebody who subscribed to it, signed as *Standard Webhooks* 1.0 has it: \
`webhook-signature` is `v1,` and the Base64 of the HMAC-SHA-256 over `webhook-id`, a dot, `webhook-timestamp`, a dot, and \
the body. The libraries of that specification verify it. `webhook-id` stays the same over all attempts of a delivery, so \
that a receiver can drop what it has already; `webhook-timestamp` is the time of the attempt.

Order, retries and parking are those of every destination. 2xx is delivery, whatever the body says; 410 parks the message; \
404 waits, with those behind it, because receivers disappear while they are renewed; other statuses as for `http`. \
Redirects are not followed.

The address may be wrong on purpose, so it is only connected to where it leads to the public internet: this machine, \
private, link-local and other special networks are refused ([E6520](../errors/E6520.md)) after the name was resolved, at \
every connection. `private yes` allows them, for receivers in the house.",
    source: None,
    destination: Some(Side {
        address: Address { kind: AddressKind::Url, description: "`https://host/path`, as the subscriber gave it." },
        options: &join::<{ OPTIONS.len() + LIMITS.len() + tls::CLIENT.len() }>(&[OPTIONS, LIMITS, tls::CLIENT]),
        example: "send registry-hook {\n  webhook https://hooks.example.org/adt secret \"a secret of 24 letters or more\"\n}",
    }),
};

const OPTIONS: &[Setting] = &[
    setting(
        "secret",
        SettingKind::Text,
        "",
        "What both sides know, best as `secret:name`: `whsec_` and Base64 of 24 to 64 bytes as the specification has it, or \
         a text of 24 letters or more that is taken as it is.",
    ),
    setting(
        "former-secret",
        SettingKind::Text,
        "",
        "While a secret is being changed: the one before, with which each message is signed too, so that the receiver can \
         change at any time.",
    ),
    setting(
        "private",
        SettingKind::Flag,
        "no",
        "Whether the address may lead to this machine or to a network that is not public, and be `http://`.",
    ),
    setting("content-type", SettingKind::Text, "", "The media type of what is sent; without it, that of the format."),
    setting("headers", SettingKind::List, "", "Further headers, each `\"Name: value\"`."),
];
