//! Notifications (traps) to a receiver of SNMP.
//!
//! Source: RFC 3416 §4.2.6 (the notification), RFC 3417 (over UDP), RFC 1901 (SNMPv2c), RFC 3412 and 3414 (SNMPv3), RFC 7860 and 3826
//! (how it is authenticated and encrypted). The names are in `deploy/snmp/SINEW-MIB.txt`.
//!
//! Owns: the notification, its encoding, the keys of a user.
//! Promises: `Destination` 1–7 of `interface::contract`, as far as a protocol without answers lets it: a notification counts as
//! delivered when the network has taken it.
//! Never: answers questions; there is no agent here.

mod ber;
mod config;
mod destination;
mod notification;
mod usm;

#[cfg(test)]
mod tests;

use crate::settings::setting;
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Snmp;

impl Connector for Snmp {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, _: bool) -> Result<(), Reason> {
        config::check(settings)
    }

    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(crate::codes::E6010, "`snmp` can only send")) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Notifying::read(settings)?, context.clock.clone())))
    }
}

static SPEC: Spec = Spec {
    name: "snmp",
    title: "Notifications (traps) over SNMP",
    description: "\
Sends notifications to a receiver of SNMP traps; it is made for a channel of `[alerts.channels]`. An alert is told with its parts, each a \
variable of its own: incident, level, code, what, whether messages are safe, what to do. Any other text is one variable. Names and numbers \
are in `deploy/snmp/SINEW-MIB.txt`, below the number 32473, which RFC 5612 keeps for examples: set `enterprise` to one below the \
number of your own organisation, and change the one line of the MIB, where the receiver minds.

Version 3 is authenticated (HMAC-SHA-256, or `sha512`, or `sha` for old receivers) and encrypted (AES-128); there is no version 3 \
without. The receiver needs the id of this engine with the user: `0x80`, the number of the organisation in six digits, `04`, and \
`engine-name` in hexadecimal digits. Two engines that tell one receiver need two names. Version 2c has a community, and anybody on the \
way can read all of it.

A notification has no answer: it counts as delivered once the network has taken it, and what is lost then is lost without a trace. Let \
another channel tell alarms too. Do not send messages with patients there.",
    source: None,
    destination: Some(Side {
        address: Address { kind: AddressKind::HostPort, description: "The receiver: `host:port`, usually 162." },
        options: OPTIONS,
        example: "send monitoring {\n  snmp nms.example.org:162 version v2c community hospital\n}",
    }),
};

const OPTIONS: &[Setting] = &[
    setting("version", SettingKind::Word(&["v3", "v2c"]), "v3", "The version of SNMP."),
    setting("user", SettingKind::Text, "", "The user of version 3."),
    setting("auth", SettingKind::Word(&usm::Digest::WORDS), "sha256", "How version 3 authenticates."),
    setting(
        "auth-password",
        SettingKind::Text,
        "",
        "The password that messages are authenticated by, best as `secret:name`.",
    ),
    setting(
        "privacy-password",
        SettingKind::Text,
        "",
        "The password that messages are encrypted by, best as `secret:name`.",
    ),
    setting("community", SettingKind::Text, "", "The community of version 2c."),
    setting("engine-name", SettingKind::Text, "sinew", "The text in the id of this engine."),
    setting(
        "enterprise",
        SettingKind::Text,
        "1.3.6.1.4.1.32473.1",
        "What names stand below: the number of your organisation, and one of yours below it.",
    ),
    setting("timeout", SettingKind::Duration, "10s", "How long to look for the address of the receiver."),
];
