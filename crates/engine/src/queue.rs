//! The queue of one destination: first in, first out per ordering key, parallel across keys (R3).
//!
//! Owns which delivery may be sent next. Pure: time is an argument, nothing blocks, nothing is stored.
//! Promises: two deliveries of one key are never claimed at once, and are claimed in the order of acceptance; a key
//! that waits for a retry or a person holds only itself; while the destination is down, one probe at a time goes out.
//! Never: drops an entry. What leaves the queue leaves by [`Queue::settle`] or [`Queue::remove`].

use bytes::Bytes;
use foldhash::fast::RandomState;
use message::{DeliveryId, Timestamp};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque},
    fmt,
    time::{Duration, Instant},
};

/// One delivery that waits for its turn.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// When its message was accepted.
    pub accepted: Timestamp,
    /// Attempts so far.
    pub attempts: u32,
    /// 0 is ordinary; higher goes first among keys that are ready.
    pub priority: u8,
    /// The bytes to send, if they are still in memory; otherwise the store has them.
    pub bytes: Option<Bytes>,
    /// Interfaces that the message has crossed; [`HOPS_UNKNOWN`] after a restart.
    pub hops: u8,
}

impl fmt::Debug for Entry {
    /// Without content (R10).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.bytes.as_ref().map(Bytes::len);
        write!(f, "Entry {{ {:?}, {} attempts, {size:?} bytes, {} hops }}", self.delivery, self.attempts, self.hops)
    }
}

/// The hops of an entry that the store gave back: its message's origins tell them.
pub const HOPS_UNKNOWN: u8 = u8::MAX;

/// What a key is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyState {
    /// Its head may be claimed; it stands in `ready`.
    Ready,
    /// Its head is being sent.
    Busy,
    /// Its head is tried again at this time; it stands in `waiting`.
    Waiting(Instant),
    /// A person must release it.
    Held,
}

/// The deliveries of one ordering key. The head is kept apart so that a key with one delivery allocates nothing.
#[derive(Debug)]
struct KeyQueue {
    head: Entry,
    rest: VecDeque<Entry>,
    state: KeyState,
}

/// A ready key: higher priority first, then the older delivery.
type Rank = (Reverse<u8>, DeliveryId, u64);

/// See the module.
#[derive(Debug, Default)]
pub struct Queue {
    keys: HashMap<u64, KeyQueue, RandomState>,
    ready: BTreeSet<Rank>,
    waiting: BinaryHeap<Reverse<(Instant, u64)>>,
    /// Deliveries that are held but not yet the head of their key.
    held_behind: BTreeMap<DeliveryId, u64>,
    busy: usize,
    len: usize,
    down: Option<Down>,
    is_paused: bool,
}

/// The destination as a whole is out of reach.
#[derive(Clone, Copy, Debug)]
struct Down {
    until: Instant,
    failures: u32,
}

/// A claimed delivery: sent by one lane, then given back through `settle`, `retry`, `hold` or `unclaim`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The ordering key, to give it back.
    pub key: u64,
    /// The delivery.
    pub entry: Entry,
}

/// The answer to "what is next".
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Send this.
    Claimed(Box<Claim>),
    /// Nothing before this time, unless something arrives.
    WaitUntil(Instant),
    /// Nothing until something arrives or a person acts.
    Wait,
}

impl Queue {
    /// Adds a delivery at the end of its key. Must be called in the order of acceptance.
    pub fn push(&mut self, key: u64, entry: Entry) {
        self.len += 1;
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.rest.push_back(entry);
            return;
        }
        self.ready.insert(rank(&entry, key));
        self.keys.insert(key, KeyQueue { head: entry, rest: VecDeque::new(), state: KeyState::Ready });
    }

    /// Claims the next delivery that may be sent at `now`.
    pub fn claim(&mut self, now: Instant) -> Next {
        if self.is_paused {
            return Next::Wait;
        }
        if let Some(down) = self.down {
            if now < down.until {
                return Next::WaitUntil(down.until);
            }
            if self.busy > 0 {
                return Next::Wait; // the probe is out
            }
        }
        self.wake_waiting(now);
        let Some(rank) = self.ready.pop_first() else {
            return self.waiting.peek().map_or(Next::Wait, |Reverse((at, _))| Next::WaitUntil(*at));
        };
        let key = rank.2;
        match self.keys.get_mut(&key) {
            Some(queue) => {
                queue.state = KeyState::Busy;
                self.busy += 1;
                // The bytes go with the claim: after a failure they are read from the store again, so that a long
                // outage does not keep them in memory.
                let bytes = queue.head.bytes.take();
                Next::Claimed(Box::new(Claim { key, entry: Entry { bytes, ..queue.head.clone() } }))
            }
            None => Next::Wait,
        }
    }

    /// Moves keys whose time has come from `waiting` to `ready`. Stale heap entries are passed over.
    fn wake_waiting(&mut self, now: Instant) {
        while let Some(Reverse((at, key))) = self.waiting.peek().copied() {
            let queue = self.keys.get_mut(&key);
            let is_current = queue.as_ref().is_some_and(|queue| queue.state == KeyState::Waiting(at));
            if is_current && at > now {
                return;
            }
            self.waiting.pop();
            if let (true, Some(queue)) = (is_current, queue) {
                queue.state = KeyState::Ready;
                self.ready.insert(rank(&queue.head, key));
            }
        }
    }

    /// The claimed delivery ended (delivered, parked, expired, deleted): the key goes on with the next one.
    pub fn settle(&mut self, key: u64) {
        self.busy = self.busy.saturating_sub(1);
        self.len = self.len.saturating_sub(1);
        let Some(queue) = self.keys.get_mut(&key) else { return };
        match queue.rest.pop_front() {
            Some(next) => {
                queue.head = next;
                queue.state = KeyState::Held;
                if self.held_behind.remove(&queue.head.delivery).is_none() {
                    queue.state = KeyState::Ready;
                    self.ready.insert(rank(&queue.head, key));
                }
                if queue.rest.capacity() > 64 && queue.rest.len() * 8 < queue.rest.capacity() {
                    queue.rest.shrink_to(queue.rest.len() * 2);
                }
            }
            None => {
                self.keys.remove(&key);
            }
        }
    }

    /// The claimed delivery is tried again at `at`; until then its key waits.
    pub fn retry(&mut self, key: u64, at: Instant) {
        self.busy = self.busy.saturating_sub(1);
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.head.attempts += 1;
            queue.state = KeyState::Waiting(at);
            self.waiting.push(Reverse((at, key)));
        }
    }

    /// The claimed delivery was never sent (a lane stopped): it is the head again, its attempts unchanged.
    pub fn unclaim(&mut self, key: u64) {
        self.busy = self.busy.saturating_sub(1);
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.state = KeyState::Ready;
            self.ready.insert(rank(&queue.head, key));
        }
    }

    /// The claimed delivery, and all behind it under its key, waits for a person.
    pub fn hold(&mut self, key: u64) {
        self.busy = self.busy.saturating_sub(1);
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.head.attempts += 1;
            queue.state = KeyState::Held;
        }
    }

    /// Adds a delivery that was held before a restart. Where an older one of its key is open too (a person put it back,
    /// or its end did not reach the disk), that one goes first (R3), and this one is held once it is the head.
    pub fn push_held(&mut self, key: u64, entry: Entry) {
        if self.keys.contains_key(&key) {
            self.held_behind.insert(entry.delivery, key);
            return self.push(key, entry);
        }
        self.len += 1;
        self.keys.insert(key, KeyQueue { head: entry, rest: VecDeque::new(), state: KeyState::Held });
    }

    /// The destination is out of reach: nothing goes out before `until`, then one probe. Returns nothing; the claimed
    /// delivery must be given back besides, by `retry`.
    ///
    /// Lanes that fail together are one failure: while the pause lasts, a further one neither counts nor lengthens it.
    pub fn mark_down(&mut self, now: Instant, until: Instant) {
        let failures = match self.down {
            Some(down) if now < down.until => return,
            Some(down) => down.failures,
            None => 0,
        };
        self.down = Some(Down { until, failures: failures.saturating_add(1) });
    }

    /// The destination answered: everything may go.
    pub fn mark_up(&mut self) {
        self.down = None;
    }

    /// How often in a row the destination as a whole failed.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.down.map_or(0, |down| down.failures)
    }

    /// The destination is out of reach now.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.down.is_some()
    }

    /// Stops or resumes claiming.
    pub fn pause(&mut self, is_paused: bool) {
        self.is_paused = is_paused;
    }

    /// Claiming is stopped by a person.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Makes every key that waits for a retry ready now, and forgets that the destination was down.
    pub fn hurry(&mut self) {
        for (key, queue) in &mut self.keys {
            if matches!(queue.state, KeyState::Waiting(_)) {
                queue.state = KeyState::Ready;
                self.ready.insert(rank(&queue.head, *key));
            }
        }
        self.waiting.clear();
        self.down = None;
    }

    /// Makes a key ready whose held head is this delivery; `false` when it is not held.
    pub fn release(&mut self, key: u64, delivery: DeliveryId) -> bool {
        if self.held_behind.remove(&delivery).is_some() {
            return true;
        }
        let Some(queue) = self.keys.get_mut(&key) else { return false };
        if queue.state != KeyState::Held || queue.head.delivery != delivery {
            return false;
        }
        queue.state = KeyState::Ready;
        self.ready.insert(rank(&queue.head, key));
        true
    }

    /// The deliveries that wait for a person, with their keys, in the order of acceptance.
    #[must_use]
    pub fn held_heads(&self) -> Vec<(u64, DeliveryId)> {
        let held = self.keys.iter().filter(|(_, queue)| queue.state == KeyState::Held);
        let mut heads: Vec<_> = held.map(|(key, queue)| (*key, queue.head.delivery)).collect();
        heads.extend(self.held_behind.iter().map(|(delivery, key)| (*key, *delivery)));
        heads.sort_unstable_by_key(|(_, delivery)| *delivery);
        heads
    }

    /// This delivery waits for a person.
    #[must_use]
    pub fn is_held(&self, key: u64, delivery: DeliveryId) -> bool {
        let queue = self.keys.get(&key);
        queue.is_some_and(|queue| queue.state == KeyState::Held && queue.head.delivery == delivery)
            || self.held_behind.contains_key(&delivery)
    }

    /// This delivery is in the queue, waiting or under way.
    #[must_use]
    pub fn contains(&self, delivery: DeliveryId) -> bool {
        self.keyed().any(|(_, entry)| entry.delivery == delivery)
    }

    /// Takes a delivery that is not being sent right now out of the queue (a person parks or deletes it).
    pub fn remove(&mut self, delivery: DeliveryId) -> Option<Entry> {
        let (&key, queue) = self
            .keys
            .iter_mut()
            .find(|(_, queue)| queue.head.delivery == delivery || queue.rest.iter().any(|e| e.delivery == delivery))?;
        if queue.head.delivery != delivery {
            let place = queue.rest.iter().position(|entry| entry.delivery == delivery)?;
            self.len = self.len.saturating_sub(1);
            self.held_behind.remove(&delivery);
            return queue.rest.remove(place);
        }
        if queue.state == KeyState::Busy {
            return None;
        }
        let entry = queue.head.clone();
        self.ready.remove(&rank(&entry, key));
        self.busy += 1; // settle gives it back
        self.settle(key);
        Some(entry)
    }

    /// Deliveries in the queue, the ones under way included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Nothing waits and nothing is under way.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Deliveries under way.
    #[must_use]
    pub fn busy(&self) -> usize {
        self.busy
    }

    /// Keys that could be claimed at once.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Keys that wait for a person.
    #[must_use]
    pub fn held(&self) -> usize {
        self.keys.values().filter(|queue| queue.state == KeyState::Held).count()
    }

    /// Keys whose head failed and will be tried again.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.keys.values().filter(|queue| matches!(queue.state, KeyState::Waiting(_))).count()
    }

    /// When the oldest waiting message was accepted.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        self.keys.values().map(|queue| queue.head.accepted).min()
    }

    /// How long until the destination is probed again.
    #[must_use]
    pub fn probe_in(&self, now: Instant) -> Option<Duration> {
        self.down.map(|down| down.until.saturating_duration_since(now))
    }

    /// Every delivery in the queue with its key: in order within a key.
    pub fn keyed(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.keys
            .iter()
            .flat_map(|(key, queue)| std::iter::once(&queue.head).chain(&queue.rest).map(move |entry| (*key, entry)))
    }
}

fn rank(entry: &Entry, key: u64) -> Rank {
    (Reverse(entry.priority), entry.delivery, key)
}

#[cfg(test)]
mod tests;
