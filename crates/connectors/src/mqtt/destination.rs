//! A topic that is written: one message, one acknowledgment.

use super::{
    config::Writing,
    connection::{Connection, fits},
    packet::{self, Hello, Version},
    source::NO_SUBSCRIBER,
};
use crate::{
    broker::{
        Login, delivery_id,
        lane::{Push, Trouble},
    },
    codes,
};
use interface::contract::Outgoing;
use message::Reason;

/// Nobody sends us messages here.
const MESSAGE_BYTES_MAX: usize = 1024;

/// A connection that publishes.
pub(crate) struct Publisher(Connection);

impl Push for Publisher {
    type Config = Writing;

    fn login(config: &Writing) -> &Login {
        &config.login
    }

    async fn open(config: &Writing) -> Result<Publisher, Reason> {
        let hello = Hello {
            version: config.version,
            client: &config.client,
            user: &config.login.user,
            password: &config.login.password,
            // A connection that is idle is looked at before it is used again, and by the kernel.
            keep_alive_s: 0,
            session: None,
        };
        Connection::open(&config.login, &hello, MESSAGE_BYTES_MAX).await.map(Publisher)
    }

    fn is_quiet(&self) -> bool {
        self.0.is_quiet()
    }

    async fn push(&mut self, config: &Writing, outgoing: &Outgoing) -> Result<(), Trouble> {
        let host_port = &config.login.host_port;
        let mut properties = Vec::new();
        if config.version == Version::V5 {
            properties.extend(packet::content_type(formats::detect::media_type(outgoing.format)));
            properties.extend(packet::user_property("delivery", &delivery_id(outgoing)));
        }
        if !fits(self.0.limits, &config.topic, &properties, &outgoing.bytes) {
            let text = format!("{host_port}: the message has {} bytes, the broker takes less", outgoing.bytes.len());
            return Err(Trouble::Never(Reason::new(codes::E6702, text)));
        }
        let publishing = self.0.publish(&config.topic, config.is_retained, &properties, &outgoing.bytes);
        let code = publishing.await.map_err(Trouble::Doubt)?;
        let not_now = |error, why: &str| {
            let text = format!("{host_port}: {why} (code {code})");
            Err(Trouble::NotNow(Reason::new(error, text)))
        };
        match code {
            0 => Ok(()),
            NO_SUBSCRIBER if !config.needs_subscriber || config.is_retained => Ok(()),
            NO_SUBSCRIBER => not_now(codes::E6701, "nobody is subscribed to the topic"),
            0x87 => not_now(codes::E6641, "the broker does not permit us to write the topic"),
            0x90 => not_now(codes::E6704, "the broker does not know such a topic"),
            0x95 => {
                let text = format!("{host_port}: the message is larger than the broker takes");
                Err(Trouble::Never(Reason::new(codes::E6702, text)))
            }
            _ => not_now(codes::E6643, "the broker does not take the message now"),
        }
    }

    async fn part(mut self) {
        let _ = self.0.write(&packet::END).await;
    }
}
