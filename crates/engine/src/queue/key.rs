//! One ordering key of a queue, kept small: a million deliveries may wait under one key, or under a million.
//!
//! Owns how a waiting delivery is kept. Never: decides what is next.

use super::Entry;
use message::{DeliveryId, MessageId, Timestamp};
use std::{cmp::Reverse, collections::VecDeque, time::Instant};

/// A delivery that waits, without its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    message: u64,
    pub(super) accepted: Timestamp,
    pub(super) attempts: u32,
    number: u16,
    priority: u8,
    hops: u8,
}

const _: () = assert!(size_of::<Slot>() == 24 && size_of::<KeyQueue>() == 48 && size_of::<Rank>() == 24);

impl Slot {
    pub(super) fn of(entry: &Entry) -> Slot {
        Slot {
            message: entry.delivery.message.0,
            accepted: entry.accepted,
            attempts: entry.attempts,
            number: entry.delivery.number,
            priority: entry.priority,
            hops: entry.hops,
        }
    }

    pub(super) fn entry(&self) -> Entry {
        Entry {
            delivery: self.delivery(),
            accepted: self.accepted,
            attempts: self.attempts,
            priority: self.priority,
            bytes: None,
            hops: self.hops,
        }
    }

    pub(super) fn delivery(&self) -> DeliveryId {
        DeliveryId { message: MessageId(self.message), number: self.number }
    }
}

/// A ready key: higher level first, then the older delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    level: Reverse<u8>,
    message: u64,
    number: u16,
    pub(super) key: u64,
}

impl Rank {
    pub(super) fn delivery(&self) -> DeliveryId {
        DeliveryId { message: MessageId(self.message), number: self.number }
    }

    pub(super) fn is_urgent(&self) -> bool {
        self.level.0 > 0
    }

    /// No rank of the same level comes after it.
    pub(super) fn last_of_level(&self) -> Rank {
        Rank { message: u64::MAX, number: u16::MAX, key: u64::MAX, ..*self }
    }
}

/// What a key is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyState {
    /// Its head may be claimed.
    Ready,
    /// Its head is being sent.
    Busy,
    /// Its head is tried again at this time.
    Waiting(Instant),
    /// A person must release it.
    Held,
}

/// The deliveries of one ordering key. The head is kept apart so that a key with one delivery allocates nothing.
#[derive(Debug)]
pub(super) struct KeyQueue {
    pub(super) head: Slot,
    rest: Option<Box<Rest>>,
    pub(super) state: KeyState,
}

/// What is behind the head of a key.
#[derive(Debug, Default)]
struct Rest {
    slots: VecDeque<Slot>,
    /// How many of them have a priority.
    urgent: u32,
    /// The highest priority that was among them since there were any.
    top: u8,
}

impl Rest {
    fn push(&mut self, slot: Slot) {
        if slot.priority > 0 {
            self.urgent += 1;
            self.top = self.top.max(slot.priority);
        }
        self.slots.push_back(slot);
    }

    fn left(&mut self, slot: Slot) {
        if slot.priority > 0 {
            self.urgent = self.urgent.saturating_sub(1);
        }
        if self.urgent == 0 {
            self.top = 0;
        }
    }
}

impl KeyQueue {
    pub(super) fn new(head: Slot, state: KeyState) -> KeyQueue {
        KeyQueue { head, rest: None, state }
    }

    /// Adds one behind the others.
    pub(super) fn push(&mut self, slot: Slot) {
        self.rest.get_or_insert_default().push(slot);
    }

    /// The place of the key among the ready ones: by its oldest delivery, and by the highest priority in it. What is urgent
    /// may not overtake its own key (R3), so what stands in front of it has to hurry.
    pub(super) fn rank(&self, key: u64) -> Rank {
        let behind = self.rest.as_ref().map_or(0, |rest| rest.top);
        let Slot { message, number, priority, .. } = self.head;
        // Even levels are those of what is urgent itself; it goes ahead of what only stands in front of such.
        let level = if behind > priority { behind.saturating_mul(2) - 1 } else { priority.saturating_mul(2) };
        Rank { level: Reverse(level), message, number, key }
    }

    /// So many are behind the head.
    pub(super) fn behind(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.slots.len())
    }

    /// The head, and what is behind it, in order.
    pub(super) fn slots(&self) -> impl DoubleEndedIterator<Item = &Slot> {
        std::iter::once(&self.head).chain(self.rest.iter().flat_map(|rest| rest.slots.iter()))
    }

    /// Makes the next one the head and gives it; `None` when there is none, and the head stays.
    pub(super) fn advance(&mut self) -> Option<Slot> {
        let rest = self.rest.as_mut()?;
        let next = rest.slots.pop_front()?;
        rest.left(next);
        if rest.slots.is_empty() {
            self.rest = None;
        } else if rest.slots.capacity() > 64 && rest.slots.len() * 8 < rest.slots.capacity() {
            rest.slots.shrink_to(rest.slots.len() * 2);
        }
        self.head = next;
        Some(next)
    }

    /// Takes out one that is not the head.
    pub(super) fn take_out(&mut self, delivery: DeliveryId) -> Option<Slot> {
        let rest = self.rest.as_mut()?;
        let place = rest.slots.iter().position(|slot| slot.delivery() == delivery)?;
        let slot = rest.slots.remove(place)?;
        rest.left(slot);
        if rest.slots.is_empty() {
            self.rest = None;
        }
        Some(slot)
    }
}
