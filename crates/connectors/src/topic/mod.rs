//! The connector `topic`: what other interfaces of this engine publish.
//!
//! Owns: what is said of it. Publishers hand their messages over as the connector `interface` does.
//! Promises: `Source` 1–8 of `interface::contract`.
//! Never: reads the message, or knows a publisher.

mod config;
mod source;

#[cfg(test)]
mod tests;

use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Topic;

impl Connector for Topic {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn source(&self, settings: &Settings, _context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        let topic = config::Topic::read(settings);
        Box::pin(async move { Ok(Box::new(source::Topic::new(topic?)) as Box<dyn Source>) })
    }

    fn destination(&self, _settings: &Settings, _context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Err(Reason::new(crate::codes::E6001, "write `publish TOPIC` in the interface, not a `send` block"))
    }
}

static SPEC: Spec = Spec {
    name: "topic",
    title: "What other interfaces publish",
    description: "\
Receives every message that interfaces of the same engine publish under a name with `publish NAME`. `when CONDITION` takes \
some of them; it is asked of the message as it is published. Publishers and subscribers do not know each other: a new \
subscriber needs no change of the publisher.

Each subscriber has a queue of its own at the publisher, called `TOPIC:SUBSCRIBER` in `sinew queues`: a message is done when \
the subscriber has stored it. A subscriber that is stopped, slow or restarted loses none. A new subscriber gets what is \
accepted from the reload on that finds it.",
    source: Some(Side {
        address: Address { kind: AddressKind::Topic, description: "The name of the topic." },
        options: &[],
        example: "receive topic lab-results",
    }),
    destination: None,
};
