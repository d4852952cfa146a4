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

    pub(super) fn rank(&self, key: u64) -> Rank {
        Rank { priority: Reverse(self.priority), message: self.message, number: self.number, key }
    }
}

/// A ready key: higher priority first, then the older delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    priority: Reverse<u8>,
    message: u64,
    number: u16,
    pub(super) key: u64,
}

impl Rank {
    pub(super) fn delivery(&self) -> DeliveryId {
        DeliveryId { message: MessageId(self.message), number: self.number }
    }

    /// No rank of the same priority comes after it.
    pub(super) fn last_of_priority(&self) -> Rank {
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
    #[allow(clippy::box_collection, reason = "24 bytes less for each key that has nothing behind its head")]
    pub(super) rest: Option<Box<VecDeque<Slot>>>,
    pub(super) state: KeyState,
}

impl KeyQueue {
    pub(super) fn new(head: Slot, state: KeyState) -> KeyQueue {
        KeyQueue { head, rest: None, state }
    }

    /// The head, and what is behind it, in order.
    pub(super) fn slots(&self) -> impl DoubleEndedIterator<Item = &Slot> {
        std::iter::once(&self.head).chain(self.rest.iter().flat_map(|rest| rest.iter()))
    }

    /// Makes the next one the head and gives it; `None` when there is none, and the head stays.
    pub(super) fn advance(&mut self) -> Option<Slot> {
        let rest = self.rest.as_mut()?;
        let next = rest.pop_front();
        if rest.is_empty() {
            self.rest = None;
        } else if rest.capacity() > 64 && rest.len() * 8 < rest.capacity() {
            rest.shrink_to(rest.len() * 2);
        }
        self.head = next?;
        next
    }

    /// Takes out one that is not the head.
    pub(super) fn take_out(&mut self, delivery: DeliveryId) -> Option<Slot> {
        let rest = self.rest.as_mut()?;
        let place = rest.iter().position(|slot| slot.delivery() == delivery)?;
        let slot = rest.remove(place);
        if rest.is_empty() {
            self.rest = None;
        }
        slot
    }
}
