//! One lane to a receiver of notifications.

use super::{
    ber,
    config::{Notifying, Security},
    notification::Notification,
    usm::Moment,
};
use crate::{codes, tcp::datagram};
use interface::contract::{Boxed, Destination, Outgoing};
use message::{
    Clock, Outcome, Reason, Scope,
    failpoint::{Place, pass},
};
use ring::rand::{SecureRandom as _, SystemRandom};
use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

/// SNMPv2c, as its version field says it.
const VERSION_2C: i64 = 1;
/// 2020-01-01, in seconds since 1970.
const COUNTED_FROM_S: i64 = 1_577_836_800;

/// The lane.
pub(crate) struct Lane {
    config: Notifying,
    clock: Arc<dyn Clock>,
}

/// When this process first notified: the seconds since 2020 that stand for the starts so far, so that each start has a larger number
/// than those before it and nothing has to be kept (RFC 3414 §2.2.2 asks for no more), and the instant.
static BEGUN: OnceLock<(u32, Instant)> = OnceLock::new();

impl Lane {
    pub(crate) fn new(config: Notifying, clock: Arc<dyn Clock>) -> Lane {
        Lane { config, clock }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let message = match self.message(&outgoing.bytes) {
            Ok(message) => message,
            Err(reason) => return Outcome::Transient { scope: Scope::Destination, reason, retry_after: None },
        };
        pass(Place::SendBefore);
        let outcome = datagram::post(&self.config.address, &message, self.config.time_max).await;
        pass(Place::SendAfter);
        outcome
    }

    fn message(&self, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
        let mut chance = [0; 16];
        let none = |_| Reason::new(codes::E6003, "the system gives no random numbers");
        SystemRandom::new().fill(&mut chance).map_err(none)?;
        let [a, b, c, d, e, f, g, h, salt @ ..] = chance;
        // Numbers of requests and messages are never below zero (RFC 3412 §6.2).
        let (request, id) = (u32::from_be_bytes([a, b, c, d]) >> 1, u32::from_be_bytes([e, f, g, h]) >> 1);
        let (boots, begun) = *BEGUN.get_or_init(|| {
            let since = self.clock.now().0.div_euclid(1_000_000) - COUNTED_FROM_S;
            (u32::try_from(since.clamp(1, i64::from(i32::MAX) - 1)).unwrap_or(1), self.clock.monotonic())
        });
        let up = self.clock.monotonic().saturating_duration_since(begun);
        // Hundredths of seconds begin again after 497 days (RFC 2578 §7.1.8).
        let ticks = (up.as_millis() / 10 % (1 << 32)) as u32;
        let pdu = Notification::read(bytes).pdu(&self.config.enterprise, request, ticks);
        Ok(match &self.config.security {
            Security::Community(community) => {
                ber::sequence(&[ber::integer(VERSION_2C), ber::octets(community.as_bytes()), pdu])
            }
            Security::User(user) => {
                let time_s = u32::try_from(up.as_secs()).unwrap_or(u32::MAX >> 1).min(u32::MAX >> 1);
                user.seal(&pdu, Moment { boots, time_s }, id, salt)
            }
        })
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {})
    }
}
