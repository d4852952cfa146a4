//! Deliveries whose interface or destination is not in the workspace (E5012): kept, not sent.
//!
//! Owns them from the start of the engine, or from the end of their outbox, until their destination comes back or a
//! person deletes them. Promises: they are given back in the order of acceptance. Never: sends or stores; the log has
//! them already.

use crate::{
    outbox::Outbox,
    queue::{Entry, HOPS_UNKNOWN},
};
use message::{DeliveryId, DeliveryState, Name};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::OpenDelivery;

/// See the module.
#[derive(Default)]
pub struct Orphans(Mutex<BTreeMap<Name, Vec<OpenDelivery>>>);

impl Orphans {
    /// What the store recovered: all of it is orphaned until interfaces start.
    pub fn new(open: impl IntoIterator<Item = OpenDelivery>) -> Orphans {
        let mut all: BTreeMap<Name, Vec<OpenDelivery>> = BTreeMap::new();
        for delivery in open {
            all.entry(delivery.interface.clone()).or_default().push(delivery);
        }
        Orphans(Mutex::new(all))
    }

    /// Every one of them, by interface, in the order of acceptance.
    #[must_use]
    pub fn all(&self) -> Vec<OpenDelivery> {
        self.lock().values().flatten().cloned().collect()
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().values().map(Vec::len).sum()
    }

    /// Keeps a delivery whose outbox has gone.
    pub(crate) fn keep(&self, interface: &Name, destination: &Name, key: u64, entry: &Entry, is_held: bool) {
        let delivery = OpenDelivery {
            id: entry.delivery,
            interface: interface.clone(),
            destination: destination.clone(),
            order_key: key,
            state: if is_held { DeliveryState::Held } else { DeliveryState::Queued },
            attempts: entry.attempts,
            retry_at: None,
            priority: entry.priority,
            accepted: entry.accepted,
        };
        let mut all = self.lock();
        let mine = all.entry(interface.clone()).or_default();
        let place = mine.partition_point(|known| known.id < delivery.id);
        mine.insert(place, delivery);
    }

    /// Takes one out.
    pub(crate) fn take(&self, delivery: DeliveryId) -> Option<OpenDelivery> {
        let mut all = self.lock();
        let (mine, place) = all.values_mut().find_map(|mine| {
            let place = mine.binary_search_by_key(&delivery, |open| open.id).ok()?;
            Some((mine, place))
        })?;
        Some(mine.remove(place))
    }

    /// Puts what waits for these outboxes of an interface into them. Must be done before a new message can reach them,
    /// or an older delivery would come behind a younger one of its key (R3).
    pub(crate) fn adopt(&self, interface: &Name, outboxes: &[Arc<Outbox>]) {
        let mut all = self.lock();
        let Some(waiting) = all.remove(interface) else { return };
        let mut left = Vec::new();
        for open in waiting {
            let Some(outbox) = outboxes.iter().find(|outbox| outbox.name == open.destination) else {
                left.push(open);
                continue;
            };
            let entry = Entry {
                delivery: open.id,
                accepted: open.accepted,
                attempts: open.attempts,
                priority: open.priority,
                bytes: None,
                hops: HOPS_UNKNOWN,
            };
            let is_held = open.state == DeliveryState::Held;
            let pushed =
                if is_held { outbox.push_held(open.order_key, entry) } else { outbox.push(open.order_key, entry) };
            if pushed.is_err() {
                left.push(open);
            }
        }
        if !left.is_empty() {
            all.insert(interface.clone(), left);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, Vec<OpenDelivery>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
