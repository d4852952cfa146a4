//! Mail: a message goes out as an attachment, or as the text, of one mail.
//!
//! Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 8314 (TLS from the first byte), RFC 4954 (AUTH PLAIN), RFC 5322 and RFC
//! 2045 to 2047 (what a mail looks like).
//!
//! Owns: the conversation with the mail server, and what its replies mean.
//! Promises: `Destination` 1–7 of `interface::contract`; nothing of a message in the subject, in the name of the attachment
//! or in an address; without `tls none` no unencrypted word beyond the greeting.
//! Never: receives; queues by itself; sends to a part of the recipients.

mod config;
mod destination;
mod mail;
mod talk;

#[cfg(test)]
mod tests;

use crate::{
    codes,
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Smtp;

impl Connector for Smtp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _is_source: bool) -> Result<(), Reason> {
        config::Mailing::read(settings).map(|_| ())
    }

    fn source(&self, _settings: &Settings, _context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(codes::E6010, "mail is sent, not received")) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::open(settings, context)?))
    }
}

static SPEC: Spec = Spec {
    name: "smtp",
    title: "Mail",
    description: "\
Sends each message as one mail, as its attachment or as its text, to a mail server that takes it over.

The connection is encrypted: with STARTTLS, which is required and not just tried, or from the first byte (`tls implicit`). \
Subject, text and the name of the attachment are fixed by the settings; nothing of a message goes into them, because they are \
shown in lists and kept in logs. What happens to a mail behind the mail server is not encrypted by this connection: ask whether a \
patient's values may go this way at all.

The mail server's yes after the end of the mail is delivery. A reply of the kind 4xx is tried again, and so is a login that fails, for which all \
mails wait; 5xx parks the message. All recipients must be taken, or none gets it. A connection that breaks before the end of the mail was \
sent has sent nothing (RFC 5321 §4.1.1.4); one that breaks after it is *ambiguous*. `Message-ID` is the same over all attempts of a \
delivery, so that a mailbox can drop the second.",
    source: None,
    destination: Some(Side {
        address: Address { kind: AddressKind::HostPort, description: "The mail server: `host:587`, or `host:465` with `tls implicit`." },
        options: &join::<{ OPTIONS.len() + tls::CLIENT.len() }>(&[OPTIONS, tls::CLIENT]),
        example: "send registry-mail {\n  smtp mail.example.org:587 from sinew@example.org to [registry@example.org] subject \"New message\"\n}",
    }),
};

const OPTIONS: &[Setting] = &[
    setting("from", SettingKind::Text, "", "The sender: `sinew@example.org`. Replies and bounces go there."),
    setting("to", SettingKind::List, "", "The recipients, at least one."),
    setting("subject", SettingKind::Text, "A message from Sinew", "The subject, the same for every mail."),
    setting(
        "text",
        SettingKind::Text,
        "The message is attached.",
        "The text of the mail where the message is attached.",
    ),
    setting(
        "attach",
        SettingKind::Flag,
        "yes",
        "Whether the message is an attachment; `no` makes it the text of the mail, for formats that are text.",
    ),
    setting(
        "name",
        SettingKind::Text,
        "",
        "The name of the attachment; without it, `message` with the ending of the format.",
    ),
    setting(
        "tls",
        SettingKind::Word(&["starttls", "implicit", "none"]),
        "starttls",
        "How the connection is encrypted. `none` is for a mail server on the same machine or behind a tunnel.",
    ),
    setting("user", SettingKind::Text, "", "The user to log in as. Needs TLS, or a mail server on this machine."),
    setting("password", SettingKind::Text, "", "The password, best as `secret:name`."),
    setting("timeout", SettingKind::Duration, "60s", "From the connection to the mail server's last word."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait for a connection."),
];
