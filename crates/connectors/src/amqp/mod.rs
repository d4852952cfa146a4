//! Queues and exchanges of RabbitMQ and other brokers of AMQP 0-9-1.
//!
//! Source: AMQP 0-9-1, Protocol Specification; the extensions of RabbitMQ for publisher confirms and negative acknowledgments
//! (<https://www.rabbitmq.com/docs/confirms>).
//!
//! Owns: the frames, the channel, what a code of the broker means.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. A message is acknowledged only after it is on disk,
//! in the order of the queue. A message that is sent counts only when the broker has confirmed it and some queue has it.
//! Never: makes, binds or purges queues and exchanges, but for the queue of refused messages.

mod config;
mod connection;
mod destination;
mod frame;
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
pub(crate) struct Amqp;

impl Connector for Amqp {
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
        Box::pin(async move { Ok(Box::new(Feed::<source::Consumer>::new(config?, clock)) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane::<destination::Publisher>::new(config::Writing::read(settings, Some(context))?)))
    }
}

static SPEC: Spec = Spec {
    name: "amqp",
    title: "Queues of RabbitMQ",
    description: "\
Reads queues and writes to exchanges of RabbitMQ, or another broker of AMQP 0-9-1.

**As a source** it consumes a queue that is there. A message is acknowledged only after it is on disk, one after the other; \
what was not acknowledged when a connection ends goes back to its place in the queue, so one consumer keeps the order. After \
an outage the message whose acknowledgment got lost comes once more. A message that can never be accepted is copied to the \
queue `refused`, which is made if it is missing, and then acknowledged.

**As a destination** it publishes persistent messages, with `mandatory`, and waits for the broker's confirmation: it is \
delivered when every queue that gets it has it on disk. A message that no queue gets, an exchange that is not there, or a \
queue that is full and rejects means again later; one that is larger than the broker takes is parked; no confirmation in time \
is *ambiguous*. Each message carries its media type and a message id, which is the same for every attempt, so that a \
reader can tell a repetition.",
    source: Some(Side {
        address: Address { kind: AddressKind::Remote, description: "`host:port/queue`; without a port, 5672, or 5671 with TLS." },
        options: &SOURCE_TABLE,
        example: "receive amqp 127.0.0.1:5672/lab-results {\n  prefetch 20\n}",
    }),
    destination: Some(Side {
        address: Address {
            kind: AddressKind::Remote,
            description: "`host:port/exchange`; without a port, 5672, or 5671 with TLS. `amq.default` is the exchange that \
                          every queue is bound to by its name.",
        },
        options: &DESTINATION_TABLE,
        example: "send broker {\n  amqp 127.0.0.1:5672/hospital routing-key adt.north\n}",
    }),
};

const VHOST: &[Setting] = &[setting("vhost", SettingKind::Text, "/", "The virtual host.")];

const SOURCE_OPTIONS: &[Setting] = &[
    setting("prefetch", SettingKind::Count(1, 1000), "10", "How many messages the broker may send ahead."),
    setting(
        "exclusive",
        SettingKind::Flag,
        "no",
        "Whether nobody else may consume the queue, so that the order cannot be split.",
    ),
    setting("limit", SettingKind::Size, "16MiB", "Largest message. A larger one is refused."),
    setting(
        "refused",
        SettingKind::Text,
        "",
        "The queue for what cannot be accepted; without it, the queue's name and `.refused`.",
    ),
];

const DESTINATION_OPTIONS: &[Setting] = &[setting("routing-key", SettingKind::Text, "", "The routing key.")];

static SOURCE_TABLE: [Setting; SOURCE_OPTIONS.len() + VHOST.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[SOURCE_OPTIONS, VHOST, LOGIN, tls::CLIENT]);
static DESTINATION_TABLE: [Setting; DESTINATION_OPTIONS.len() + VHOST.len() + LOGIN.len() + tls::CLIENT.len()] =
    join(&[DESTINATION_OPTIONS, VHOST, LOGIN, tls::CLIENT]);
