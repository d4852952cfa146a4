//! What a `Resent` says about its message, so that the ledger can take it up again after it had left.

use super::transition::DELIVERY_STATES;
use crate::{
    Entry, Stored,
    wire::{Put, Take},
};
use message::DeliveryState;

/// A message's plan and states, just before the `Resent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Restated {
    pub(crate) interface: String,
    pub(crate) accepted: i64,
    pub(crate) deliveries: Vec<RestatedDelivery>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RestatedDelivery {
    pub(crate) destination: String,
    pub(crate) order_key: u64,
    pub(crate) attempts: u32,
    pub(crate) priority: u8,
    pub(crate) state: DeliveryState,
}

impl Restated {
    /// Folds a message's history over its plan.
    pub(crate) fn from_history(stored: &Stored, history: &[Entry]) -> Restated {
        let first = match stored.accept.disposition {
            crate::Disposition::Parked { .. } => DeliveryState::Parked,
            crate::Disposition::Routed | crate::Disposition::Filtered { .. } => DeliveryState::Queued,
        };
        let mut deliveries: Vec<RestatedDelivery> = stored
            .accept
            .deliveries
            .iter()
            .map(|planned| RestatedDelivery {
                destination: planned.destination.to_string(),
                order_key: planned.order_key,
                attempts: 0,
                priority: planned.priority,
                state: first,
            })
            .collect();
        for entry in history {
            let number = entry.change.delivery().map(|delivery| usize::from(delivery.number));
            let Some(delivery) = number.and_then(|number| deliveries.get_mut(number)) else { continue };
            let effect = super::changed::effect(&entry.change);
            if let super::changed::Effect::Tried { number, .. } = effect {
                delivery.attempts = delivery.attempts.max(number);
            }
            delivery.state = super::transition::next(delivery.state, effect).unwrap_or(delivery.state);
        }
        Restated { interface: stored.accept.envelope.interface.to_string(), accepted: stored.at.0, deliveries }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.put_counted(self.interface.as_bytes());
        out.put_signed(self.accepted);
        out.put_varint(self.deliveries.len() as u64);
        for delivery in &self.deliveries {
            out.put_counted(delivery.destination.as_bytes());
            out.put_u64(delivery.order_key);
            out.put_varint(u64::from(delivery.attempts));
            out.put_u8(delivery.priority);
            out.put_u8(delivery.state as u8);
        }
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Restated> {
        let mut take = Take(bytes);
        let interface = take.text()?.to_owned();
        let accepted = take.signed()?;
        let deliveries = (0..take.count()?).map(|_| {
            Some(RestatedDelivery {
                destination: take.text()?.to_owned(),
                order_key: take.u64()?,
                attempts: take.number()?,
                priority: take.u8()?,
                state: *DELIVERY_STATES.get(usize::from(take.u8()?))?,
            })
        });
        Some(Restated { interface, accepted, deliveries: deliveries.collect::<Option<_>>()? })
    }
}
