//! The connector `interface`: one interface of this engine feeds another, with lineage.
//!
//! Owns: the step from a delivery to a frame, and the limit on hops.
//! Promises: `Source` 1–8 and `Destination` 1–7 of `interface::contract`. A delivery is done when the other interface has
//! the message on disk.
//! Never: reads the message.

mod config;
mod destination;
mod source;

#[cfg(test)]
mod tests;

use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Source},
};
use message::Reason;

/// The connector.
pub(crate) struct Link;

impl Connector for Link {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn source(&self, _settings: &Settings, _context: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Ok(Box::new(source::Link) as Box<dyn Source>) })
    }

    fn destination(&self, settings: &Settings, context: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(destination::Lane::new(config::Target::read(settings)?, context)))
    }
}

static SPEC: Spec = Spec {
    name: "interface",
    title: "Another interface of this engine",
    description: "\
Hands a message to another interface of the same engine, without a network. The other interface begins with `receive \
interface`. The message is a new one there, with its own id, and keeps the id of the message that led to it, so that \
`sinew explain` shows the whole way.

The delivery is done when the other interface has stored the message. While it is stopped, the message waits in its \
queue. A message may cross 16 interfaces; one more is a circle, and the message is parked.",
    source: Some(Side {
        address: Address { kind: AddressKind::Nothing, description: "None: other interfaces name this one." },
        options: &[],
        example: "receive interface",
    }),
    destination: Some(Side {
        address: Address { kind: AddressKind::Interface, description: "The name of an interface of this workspace." },
        options: &[],
        example: "send hub {\n  interface adt-hub\n}",
    }),
};
