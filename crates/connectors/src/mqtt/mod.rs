//! Topics of MQTT brokers, versions 5 and 3.1.1.
//!
//! Source: MQTT Version 5.0 and MQTT Version 3.1.1, OASIS Standards.
//!
//! Owns: the packets, the session, what a code of the broker means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. A message that came with QoS 1 is acknowledged only
//! after it is on disk; until then the broker keeps it for our session, also while we are away. A message that is sent counts
//! only when the broker has acknowledged it.
//! Never: acknowledges in another order than messages came, or sends again what it cannot know to be missing.

mod config;
mod connection;
mod destination;
mod packet;
mod source;

#[cfg(test)]
mod tests;

use crate::{
    broker::{LOGIN, feed::Feed, lane::Lane},
    settings::{join, setting},
    tls,
};
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Setting, SettingKind, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Mqtt;

impl Connector for Mqtt {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn check(&self, settings: &Settings, is_source: bool) -> Result<(), Reason> {
        if is_source {
            config::Reading::read(settings, None).map(|_| ())
        } else {
            config::Writing::read(settings, None).map(|_| ())
        }
    }

    fn source(&self, settings: &Settings, context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let config = config::Reading::read(settings, Some(context));
        let clock = context.clock.clone();
        Box::pin(async move { Ok(Box::new(Feed::<source::Subscriber>::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane::<destination::Publisher>::new(config::Writing::read(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "mqtt",
    title: "Topics of MQTT",
    description: "\
Reads and writes topics of an MQTT broker, in version 5 or 3.1.1.

**As a source** it subscribes with QoS 1 under a client id of its own, with a session that lasts: while Sinew is away, the broker \
keeps what is published. A message is acknowledged only after it is on disk, one after the other, so order holds; what was not \
acknowledged comes again when we are back. When the broker has forgotten the session, messages may be missing, and that is \
said (E6705). What devices publish with QoS 0 is only as safe as the way to us: the broker does not keep it for anybody who is \
away. What the broker has retained from before the subscription is left out, unless `retained` is `yes`. A message that can \
never be accepted is published to `refused`, and then acknowledged.

**As a destination** it publishes with QoS 1, each attempt in a fresh session, so that nothing is sent behind our back. It is \
delivered when the broker has acknowledged it; in version 5 also only when somebody is subscribed who gets it, where the \
broker says so. With version 5 a message carries its media type and `delivery`, which is the same for every attempt. A broker \
that is busy means again later; a message that is larger than it takes is parked; no acknowledgment in time is *ambiguous*.",
    source: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/filter`, in which `+` is one level and `#` the rest; without a port, 1883, or 8883 \
                          with TLS. In quotes if it has a `#`.",
        },
        options: &SOURCE_TABLE,
        example: "receive mqtt \"127.0.0.1:1883/ward/+/monitor/#\" {\n  client sinew-monitors\n}",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/topic`; without a port, 1883, or 8883 with TLS.",
        },
        options: &DESTINATION_TABLE,
        example: "send alarms {\n  mqtt 127.0.0.1:1883/hospital/alarms\n}",
    }),
};

const VERSION: &[Setting] =
    &[setting("version", SettingKind::Word(&["v5", "v3"]), "v5", "MQTT 5, or 3.1.1 for older brokers.")];

const SOURCE_OPTIONS: &[Setting] = &[
    setting(
        "client",
        SettingKind::Text,
        "",
        "Our client id, for which the broker keeps messages. It has to be said, and nobody else may use it.",
    ),
    setting(
        "session",
        SettingKind::Duration,
        "168h",
        "How long a broker of version 5 keeps messages for us while we are away. With 3.1.1 the broker decides.",
    ),
    setting("filters", SettingKind::List, "", "Further filters to subscribe to."),
    setting("retained", SettingKind::Flag, "no", "Whether to take what the broker has retained from before."),
    setting("in-flight", SettingKind::Count(1, 1000), "20", "How many messages the broker may send ahead (version 5)."),
    setting("limit", SettingKind::Size, "16MiB", "Largest message. A larger one is refused."),
    setting(
        "refused",
        SettingKind::Text,
        "",
        "The topic for what cannot be accepted; without it, `refused/` and our client id.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[
    setting("client", SettingKind::Text, "", "Our client id; without it, the broker gives us one."),
    setting("retain", SettingKind::Flag, "no", "Whether the broker keeps the message for who subscribes later."),
    setting(
        "needs-subscriber",
        SettingKind::Flag,
        "yes",
        "Whether a message that nobody is subscribed to counts as not delivered, where a broker of version 5 says so.",
    ),
];

static SOURCE_TABLE: [Setting; SOURCE_OPTIONS.len() + VERSION.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[SOURCE_OPTIONS, VERSION, LOGIN, tls::CLIENT]);
static DESTINATION_TABLE: [Setting; DESTINATION_OPTIONS.len() + VERSION.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[DESTINATION_OPTIONS, VERSION, LOGIN, tls::CLIENT]);
