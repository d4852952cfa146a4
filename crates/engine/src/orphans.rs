//! Deliveries whose interface or destination is not in the workspace (E5012): kept, not sent.
//!
//! Owns them from the start of the engine, or from the end of their outbox, until their destination comes back or a
//! person deletes them. Promises: they are given back in the order of acceptance. Never: sends or stores; the log has
//! them already.

use crate::{
    outbox::Outbox,
    queue::{Entry, HOPS_UNKNOWN},
};
use message::{DeliveryId, DeliveryState, MessageId, Name, Timestamp};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use store::OpenDelivery;

/// See the module.
#[derive(Default)]
pub struct Orphans(Mutex<BTreeMap<Name, BTreeMap<Name, Line>>>);

/// One of them under its interface and destination. 32 bytes: at a start every open delivery is here for a moment.
#[derive(Clone, Copy)]
struct Kept {
    message: u64,
    order_key: u64,
    accepted: Timestamp,
    attempts: u32,
    number: u16,
    priority: u8,
    is_held: bool,
}

const _: () = assert!(size_of::<Kept>() == 32);

/// Those of one destination in the order of acceptance, in pieces: while a million of them go over into a queue at a start,
/// each piece gives its memory to the next of the queue.
#[derive(Default)]
struct Line(VecDeque<Vec<Kept>>);

/// Of one piece, unless something comes in between.
const PIECE: usize = 1024;

impl Line {
    fn push(&mut self, kept: Kept) {
        match self.0.back_mut() {
            Some(piece) if piece.last().is_some_and(|last| last.id() > kept.id()) => self.insert(kept),
            Some(piece) if piece.len() < PIECE => piece.push(kept),
            _ => {
                let mut piece = Vec::with_capacity(PIECE);
                piece.push(kept);
                self.0.push_back(piece);
            }
        }
    }

    /// Among those that are there.
    fn insert(&mut self, kept: Kept) {
        let place = self.0.partition_point(|piece| piece.last().is_some_and(|last| last.id() < kept.id()));
        if let Some(piece) = self.0.get_mut(place) {
            let place = piece.partition_point(|known| known.id() < kept.id());
            piece.insert(place, kept);
        }
    }

    fn take(&mut self, delivery: DeliveryId) -> Option<Kept> {
        let place = self.0.partition_point(|piece| piece.last().is_some_and(|last| last.id() < delivery));
        let piece = self.0.get_mut(place)?;
        let kept = piece.remove(piece.binary_search_by_key(&delivery, Kept::id).ok()?);
        if piece.is_empty() {
            self.0.remove(place);
        }
        Some(kept)
    }

    fn iter(&self) -> impl Iterator<Item = &Kept> {
        self.0.iter().flatten()
    }
}

impl Kept {
    fn id(&self) -> DeliveryId {
        DeliveryId { message: MessageId(self.message), number: self.number }
    }

    fn of(entry: &Entry, order_key: u64, is_held: bool) -> Kept {
        let Entry { delivery, accepted, attempts, priority, .. } = *entry;
        Kept { message: delivery.message.0, number: delivery.number, order_key, accepted, attempts, priority, is_held }
    }

    fn entry(&self) -> Entry {
        Entry {
            delivery: self.id(),
            accepted: self.accepted,
            attempts: self.attempts,
            priority: self.priority,
            bytes: None,
            hops: HOPS_UNKNOWN,
        }
    }

    fn open(&self, interface: &Name, destination: &Name) -> OpenDelivery {
        OpenDelivery {
            id: self.id(),
            interface: interface.clone(),
            destination: destination.clone(),
            order_key: self.order_key,
            state: if self.is_held { DeliveryState::Held } else { DeliveryState::Queued },
            attempts: self.attempts,
            retry_at: None,
            priority: self.priority,
            accepted: self.accepted,
        }
    }
}

impl Orphans {
    /// What the store recovered: all of it is orphaned until interfaces start.
    pub fn new(open: impl IntoIterator<Item = OpenDelivery>) -> Orphans {
        let orphans = Orphans::default();
        let mut all = orphans.lock();
        for open in open {
            let kept = Kept {
                message: open.id.message.0,
                number: open.id.number,
                order_key: open.order_key,
                accepted: open.accepted,
                attempts: open.attempts,
                priority: open.priority,
                is_held: open.state == DeliveryState::Held,
            };
            all.entry(open.interface).or_default().entry(open.destination).or_default().push(kept);
        }
        drop(all);
        orphans
    }

    /// Every one of them, by interface, in the order of acceptance.
    #[must_use]
    pub fn all(&self) -> Vec<OpenDelivery> {
        let all = self.lock();
        let of = |(interface, mine): (&Name, &BTreeMap<Name, Line>)| {
            let open = mine.iter().flat_map(|(to, kept)| kept.iter().map(|kept| kept.open(interface, to)));
            let mut open: Vec<_> = open.collect();
            open.sort_unstable_by_key(|open| open.id);
            open
        };
        all.iter().flat_map(of).collect()
    }

    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().values().flat_map(BTreeMap::values).flat_map(|line| &line.0).map(Vec::len).sum()
    }

    /// Keeps a delivery whose outbox has gone.
    pub(crate) fn keep(&self, interface: &Name, destination: &Name, key: u64, entry: &Entry, is_held: bool) {
        let kept = Kept::of(entry, key, is_held);
        let mut all = self.lock();
        all.entry(interface.clone()).or_default().entry(destination.clone()).or_default().push(kept);
    }

    /// Takes one out; `false` when it is not here.
    pub(crate) fn take(&self, delivery: DeliveryId) -> bool {
        let mut all = self.lock();
        all.values_mut().flat_map(BTreeMap::values_mut).find_map(|mine| mine.take(delivery)).is_some()
    }

    /// Puts what waits for these outboxes of an interface into them. Must be done before a new message can reach them,
    /// or an older delivery would come behind a younger one of its key (R3).
    pub(crate) fn adopt(&self, interface: &Name, outboxes: &[Arc<Outbox>]) {
        let mut all = self.lock();
        let Some(mine) = all.get_mut(interface) else { return };
        for outbox in outboxes {
            let Some(waiting) = mine.remove(&outbox.name) else { continue };
            let push = |kept: &Kept| match kept.is_held {
                true => outbox.push_held(kept.order_key, kept.entry()),
                false => outbox.push(kept.order_key, kept.entry()),
            };
            let mut left = Line::default();
            for piece in waiting.0 {
                piece.into_iter().filter(|kept| push(kept).is_err()).for_each(|kept| left.push(kept));
            }
            if !left.0.is_empty() {
                mine.insert(outbox.name.clone(), left);
            }
        }
        if mine.is_empty() {
            all.remove(interface);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, BTreeMap<Name, Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(message: u64) -> Kept {
        let entry = Entry {
            delivery: DeliveryId { message: MessageId(message), number: 0 },
            accepted: Timestamp(1),
            attempts: 0,
            priority: 0,
            bytes: None,
            hops: HOPS_UNKNOWN,
        };
        Kept::of(&entry, 7, false)
    }

    #[test]
    fn a_line_is_in_order_whatever_comes_when_and_gives_each_one_back_once() {
        let mut line = Line::default();
        let odd = (0..3000).map(|number| number * 2 + 1);
        let even = (0..3000).rev().map(|number| number * 2);
        odd.chain(even).for_each(|number| line.push(kept(number)));
        let all = |line: &Line| line.iter().map(|kept| kept.message).collect::<Vec<_>>();
        assert_eq!(all(&line), (0..6000).collect::<Vec<_>>());
        for number in (0..6000).step_by(3) {
            assert!(line.take(kept(number).id()).is_some() && line.take(kept(number).id()).is_none());
        }
        assert_eq!(all(&line), (0..6000).filter(|number| number % 3 != 0).collect::<Vec<_>>());
        assert!(line.take(kept(6001).id()).is_none());
        (0..6000).for_each(|number| {
            line.take(kept(number).id());
        });
        assert!(line.0.is_empty());
    }
}
