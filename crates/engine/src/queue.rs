//! The queue of one destination: first in, first out per ordering key, parallel across keys (R3).
//!
//! Owns which delivery may be sent next. Pure: time is an argument, nothing blocks, nothing is stored.
//! Promises: two deliveries of one key are never claimed at once, and are claimed in the order of acceptance; a key
//! that waits for a retry or a person holds only itself; while the destination is down, one probe at a time goes out.
//! What is asked about it (how many, the oldest) costs no walk, because the log's thread waits for the same lock; a
//! delivery that waits takes 24 bytes, and its content only as long as the destination is within reach.
//! Never: drops an entry. What leaves the queue leaves by [`Queue::settle`] or [`Queue::remove`].

mod gate;
mod key;

use bytes::Bytes;
use foldhash::fast::RandomState;
use gate::Gate;
use key::{KeyQueue, KeyState, Rank, Slot};
use message::{DeliveryId, MessageId, Timestamp};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, hash_map},
    fmt,
    ops::Bound,
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

/// See the module.
#[derive(Debug, Default)]
pub struct Queue {
    keys: HashMap<u64, KeyQueue, RandomState>,
    /// Heads that may be claimed.
    ready: BTreeSet<Rank>,
    /// Heads under way, waiting for a retry, held: each in the order of acceptance, with its key.
    busy: BTreeMap<DeliveryId, u64>,
    retrying: BTreeMap<DeliveryId, u64>,
    held: BTreeMap<DeliveryId, u64>,
    /// Deliveries that are held but not yet the head of their key.
    held_behind: BTreeMap<DeliveryId, u64>,
    /// When which key may be tried again.
    waiting: BinaryHeap<Reverse<(Instant, u64)>>,
    cached: HashMap<DeliveryId, Bytes, RandomState>,
    /// Bytes that left `cached` without being claimed.
    dropped_bytes: usize,
    /// What persons put back, for the asserts alone.
    #[cfg(debug_assertions)]
    put_back: BTreeSet<DeliveryId>,
    len: usize,
    down: Option<Down>,
    gate: Gate,
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
        debug_assert!(self.is_youngest(key, entry.delivery), "R3: {:?} comes behind a younger one", entry.delivery);
        self.enqueue(key, entry);
    }

    /// Adds a delivery that a person put back: it goes to the end of its key, whatever its age.
    pub fn push_again(&mut self, key: u64, entry: Entry) {
        #[cfg(debug_assertions)]
        self.put_back.insert(entry.delivery);
        self.enqueue(key, entry);
    }

    fn enqueue(&mut self, key: u64, entry: Entry) {
        self.len += 1;
        self.gate.entered(entry.delivery);
        let slot = Slot::of(&entry);
        if let Some(bytes) = entry.bytes {
            self.cached.insert(entry.delivery, bytes);
        }
        match self.keys.entry(key) {
            hash_map::Entry::Occupied(_) => self.change_rank(key, |queue| queue.push(slot)),
            hash_map::Entry::Vacant(place) => {
                let queue = place.insert(KeyQueue::new(slot, KeyState::Ready));
                self.ready.insert(queue.rank(key));
            }
        }
    }

    /// Changes what is behind the head of a key, which may make the key more urgent or less.
    fn change_rank<R: Default>(&mut self, key: u64, change: impl FnOnce(&mut KeyQueue) -> R) -> R {
        let Some(queue) = self.keys.get_mut(&key) else { return R::default() };
        let before = queue.rank(key);
        let result = change(queue);
        let after = queue.rank(key);
        if before != after && queue.state == KeyState::Ready {
            self.ready.remove(&before);
            self.ready.insert(after);
        }
        result
    }

    /// Claims the next delivery that may be sent at `now`.
    pub fn claim(&mut self, now: Instant) -> Next {
        self.claim_from(now, false)
    }

    /// The same; of what is urgent only, or stands in front of such in its key, where that is asked for.
    pub fn claim_from(&mut self, now: Instant, is_urgent_only: bool) -> Next {
        if self.gate == (Gate::Shut { steps: 0 }) {
            return Next::Wait;
        }
        if let Some(down) = self.down {
            if now < down.until {
                return Next::WaitUntil(down.until);
            }
            if !self.busy.is_empty() {
                return Next::Wait; // the probe is out
            }
        }
        self.wake_waiting(now);
        let first = self.first_allowed().filter(|rank| rank.is_urgent() || !is_urgent_only);
        let Some(key) = first.map(|rank| rank.key) else {
            return self.waiting.peek().map_or(Next::Wait, |Reverse((at, _))| Next::WaitUntil(*at));
        };
        debug_assert!(self.is_in_order(key), "R3: the head of a key is its oldest delivery");
        self.turn(key, KeyState::Busy);
        self.gate.claimed();
        // The bytes go with the claim: after a failure they are read from the store again, so that a long outage does
        // not keep them in memory.
        let entry = self.keys.get(&key).map(|queue| queue.head.entry());
        entry.map_or(Next::Wait, |entry| {
            let bytes = self.cached.remove(&entry.delivery);
            Next::Claimed(Box::new(Claim { key, entry: Entry { bytes, ..entry } }))
        })
    }

    /// The first ready head that a person lets out. Ready heads stand by level, within one the oldest first: one look for each
    /// level that there is.
    fn first_allowed(&self) -> Option<Rank> {
        let mut next = self.ready.first();
        while let Some(rank) = next {
            if self.gate.lets(rank) {
                return Some(*rank);
            }
            next = self.ready.range((Bound::Excluded(rank.last_of_level()), Bound::Unbounded)).next();
        }
        None
    }

    /// Puts the head of a key from the list of what it did into the list of what it does.
    fn turn(&mut self, key: u64, to: KeyState) {
        let Some(queue) = self.keys.get_mut(&key) else { return };
        let (rank, from) = (queue.rank(key), std::mem::replace(&mut queue.state, to));
        self.leave(rank, from);
        self.enter(rank, to);
    }

    fn leave(&mut self, rank: Rank, state: KeyState) {
        match state {
            KeyState::Ready => drop(self.ready.remove(&rank)),
            KeyState::Busy => drop(self.busy.remove(&rank.delivery())),
            KeyState::Waiting(_) => drop(self.retrying.remove(&rank.delivery())),
            KeyState::Held => drop(self.held.remove(&rank.delivery())),
        }
    }

    fn enter(&mut self, rank: Rank, state: KeyState) {
        match state {
            KeyState::Ready => drop(self.ready.insert(rank)),
            KeyState::Busy => drop(self.busy.insert(rank.delivery(), rank.key)),
            KeyState::Waiting(at) => {
                self.retrying.insert(rank.delivery(), rank.key);
                self.waiting.push(Reverse((at, rank.key)));
            }
            KeyState::Held => drop(self.held.insert(rank.delivery(), rank.key)),
        }
    }

    fn state(&self, key: u64) -> Option<KeyState> {
        self.keys.get(&key).map(|queue| queue.state)
    }

    /// Moves keys whose time has come from `waiting` to `ready`. Stale heap entries are passed over.
    fn wake_waiting(&mut self, now: Instant) {
        while let Some(Reverse((at, key))) = self.waiting.peek().copied() {
            let is_current = self.state(key) == Some(KeyState::Waiting(at));
            if is_current && at > now {
                return;
            }
            self.waiting.pop();
            if is_current {
                self.turn(key, KeyState::Ready);
            }
        }
    }

    /// The claimed delivery ended (delivered, parked, expired, deleted): the key goes on with the next one.
    pub fn settle(&mut self, key: u64) {
        let Some(queue) = self.keys.get_mut(&key) else { return };
        let (rank, state, next) = (queue.rank(key), queue.state, queue.advance());
        let following = queue.rank(key);
        self.len = self.len.saturating_sub(1);
        self.gate.left(rank.delivery());
        self.leave(rank, state);
        #[cfg(debug_assertions)]
        self.put_back.remove(&rank.delivery());
        let Some(next) = next else {
            self.keys.remove(&key);
            return;
        };
        let is_held = self.held_behind.remove(&next.delivery()).is_some();
        let state = if is_held { KeyState::Held } else { KeyState::Ready };
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.state = state;
        }
        self.enter(following, state);
    }

    fn count_attempt(&mut self, key: u64) {
        if let Some(queue) = self.keys.get_mut(&key) {
            queue.head.attempts = queue.head.attempts.saturating_add(1);
        }
    }

    /// The claimed delivery is tried again at `at`; until then its key waits.
    pub fn retry(&mut self, key: u64, at: Instant) {
        self.count_attempt(key);
        self.turn(key, KeyState::Waiting(at));
    }

    /// The claimed delivery was never sent (a lane stopped): it is the head again, its attempts unchanged.
    pub fn unclaim(&mut self, key: u64) {
        self.turn(key, KeyState::Ready);
    }

    /// The claimed delivery, and all behind it under its key, waits for a person.
    pub fn hold(&mut self, key: u64) {
        self.count_attempt(key);
        self.turn(key, KeyState::Held);
    }

    /// Adds a delivery that was held before a restart. Where an older one of its key is open too (a person put it back,
    /// or its end did not reach the disk), that one goes first (R3), and this one is held once it is the head.
    pub fn push_held(&mut self, key: u64, entry: Entry) {
        if self.keys.contains_key(&key) {
            self.held_behind.insert(entry.delivery, key);
            return self.enqueue(key, entry);
        }
        self.len += 1;
        self.gate.entered(entry.delivery);
        let slot = Slot::of(&entry);
        let queue = KeyQueue::new(slot, KeyState::Held);
        let rank = queue.rank(key);
        self.keys.insert(key, queue);
        self.enter(rank, KeyState::Held);
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
        self.drop_cached();
    }

    /// Lets go of the bytes in memory: the store has them.
    fn drop_cached(&mut self) {
        let cached = std::mem::take(&mut self.cached);
        self.dropped_bytes += cached.values().map(Bytes::len).sum::<usize>();
    }

    /// Bytes of waiting deliveries that are in memory.
    #[must_use]
    pub fn cached_bytes(&self) -> usize {
        self.cached.values().map(Bytes::len).sum()
    }

    /// Bytes that were let go of since the last call; who keeps the budget takes them off.
    pub(crate) fn take_dropped_bytes(&mut self) -> usize {
        std::mem::take(&mut self.dropped_bytes)
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
        self.gate = if is_paused { Gate::Shut { steps: 0 } } else { Gate::Open };
    }

    /// Lets out what is here now, up to this message, and nothing that comes later.
    pub fn drain(&mut self, last: MessageId) {
        let left = self.keyed().filter(|(_, entry)| entry.delivery.message <= last).count();
        self.gate = Gate::Draining { last, left };
    }

    /// The youngest message in the queue.
    #[must_use]
    pub fn youngest(&self) -> Option<MessageId> {
        self.keyed().map(|(_, entry)| entry.delivery.message).max()
    }

    /// So many are still to go out while it is drained; `None` where it is not.
    #[must_use]
    pub fn draining(&self) -> Option<usize> {
        match self.gate {
            Gate::Draining { left, .. } => Some(left),
            Gate::Open | Gate::Shut { .. } => None,
        }
    }

    /// Lets the next so many go while claiming is stopped; false where it is not.
    pub fn let_go(&mut self, count: usize) -> bool {
        match &mut self.gate {
            Gate::Shut { steps } => *steps = steps.saturating_add(count),
            Gate::Draining { .. } => self.gate = Gate::Shut { steps: count },
            Gate::Open => return false,
        }
        true
    }

    /// Claiming is stopped by a person, for what came last at least.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.gate != Gate::Open
    }

    /// Makes every key that waits for a retry ready now, and forgets that the destination was down.
    pub fn hurry(&mut self) {
        let keys: Vec<u64> = self.retrying.values().copied().collect();
        keys.into_iter().for_each(|key| self.turn(key, KeyState::Ready));
        self.waiting.clear();
        self.down = None;
    }

    /// Makes a key ready whose held head is this delivery; `false` when it is not held.
    pub fn release(&mut self, key: u64, delivery: DeliveryId) -> bool {
        if self.held_behind.remove(&delivery).is_some() {
            return true;
        }
        let is_held = self.held.contains_key(&delivery);
        if is_held {
            self.turn(key, KeyState::Ready);
        }
        is_held
    }

    /// The deliveries that wait for a person, with their keys, in the order of acceptance.
    #[must_use]
    pub fn held_heads(&self) -> Vec<(u64, DeliveryId)> {
        let held = self.held.iter().chain(&self.held_behind);
        let mut heads: Vec<_> = held.map(|(delivery, key)| (*key, *delivery)).collect();
        heads.sort_unstable_by_key(|(_, delivery)| *delivery);
        heads
    }

    /// This delivery waits for a person.
    #[must_use]
    pub fn is_held(&self, delivery: DeliveryId) -> bool {
        self.held.contains_key(&delivery) || self.held_behind.contains_key(&delivery)
    }

    /// This delivery is in the queue under this key, waiting or under way.
    #[must_use]
    pub fn contains(&self, key: u64, delivery: DeliveryId) -> bool {
        self.keys.get(&key).is_some_and(|queue| queue.slots().any(|slot| slot.delivery() == delivery))
    }

    /// Takes a delivery that is not being sent right now out of the queue (a person parks or deletes it).
    pub fn remove(&mut self, key: u64, delivery: DeliveryId) -> Option<Entry> {
        let queue = self.keys.get(&key)?;
        let entry = if queue.head.delivery() == delivery {
            if queue.state == KeyState::Busy {
                return None;
            }
            let entry = queue.head.entry();
            self.settle(key);
            entry
        } else {
            let entry = self.change_rank(key, |queue| queue.take_out(delivery))?.entry();
            self.len = self.len.saturating_sub(1);
            self.gate.left(delivery);
            self.held_behind.remove(&delivery);
            #[cfg(debug_assertions)]
            self.put_back.remove(&delivery);
            entry
        };
        Some(Entry { bytes: self.cached.remove(&delivery), ..entry })
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
        self.busy.len()
    }

    /// Keys that could be claimed at once.
    #[must_use]
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// Keys that wait for a person.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Keys whose head failed and will be tried again.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.retrying.len()
    }

    /// When the oldest head was accepted: the first in the order of acceptance.
    #[must_use]
    pub fn oldest(&self) -> Option<Timestamp> {
        let first = |heads: &BTreeMap<DeliveryId, u64>| heads.first_key_value().map(|(id, key)| (*id, *key));
        let others = [first(&self.busy), first(&self.retrying), first(&self.held)];
        let (_, key) = others.into_iter().chain([self.oldest_ready()]).flatten().min()?;
        self.keys.get(&key).map(|queue| queue.head.accepted)
    }

    /// The ready heads stand by level first: one look for each level that there is.
    fn oldest_ready(&self) -> Option<(DeliveryId, u64)> {
        let mut oldest = None;
        let mut next = self.ready.first();
        while let Some(rank) = next {
            let found = (rank.delivery(), rank.key);
            oldest = Some(oldest.map_or(found, |known: (DeliveryId, u64)| known.min(found)));
            next = self.ready.range((Bound::Excluded(rank.last_of_level()), Bound::Unbounded)).next();
        }
        oldest
    }

    /// How long until the destination is probed again.
    #[must_use]
    pub fn probe_in(&self, now: Instant) -> Option<Duration> {
        self.down.map(|down| down.until.saturating_duration_since(now))
    }

    /// The first heads in the order of acceptance: the delivery, when its message came, what it waits for, and how many are
    /// behind it under its key.
    #[must_use]
    pub fn first_heads(&self, count: usize) -> Vec<(DeliveryId, Timestamp, &'static str, usize)> {
        let of = |heads: &BTreeMap<DeliveryId, u64>, why: &'static str| {
            heads.iter().take(count).map(move |(delivery, key)| (*delivery, *key, why)).collect::<Vec<_>>()
        };
        let mut heads =
            [of(&self.busy, "under way"), of(&self.retrying, "tried again"), of(&self.held, "held")].concat();
        let mut next = self.ready.first();
        while let Some(first) = next {
            let level = self.ready.range(*first..=first.last_of_level()).take(count);
            heads.extend(level.map(|rank| (rank.delivery(), rank.key, "ready")));
            next = self.ready.range((Bound::Excluded(first.last_of_level()), Bound::Unbounded)).next();
        }
        heads.sort_unstable_by_key(|(delivery, ..)| *delivery);
        heads.truncate(count);
        let row = |(delivery, key, why): (DeliveryId, u64, &'static str)| {
            let queue = self.keys.get(&key)?;
            Some((delivery, queue.head.accepted, why, queue.behind()))
        };
        heads.into_iter().filter_map(row).collect()
    }

    /// Every delivery in the queue with its key: in order within a key. Their bytes, where they are in memory, stay.
    pub fn keyed(&self) -> impl Iterator<Item = (u64, Entry)> {
        self.keys.iter().flat_map(|(key, queue)| queue.slots().map(move |slot| (*key, slot.entry())))
    }

    #[cfg(debug_assertions)]
    fn is_youngest(&self, key: u64, delivery: DeliveryId) -> bool {
        let last = self.keys.get(&key).and_then(|queue| queue.slots().last());
        last.is_none_or(|last| last.delivery() < delivery || self.put_back.contains(&last.delivery()))
    }

    /// Looks at the first few behind the head: any could be wrong, and each claim looks at others.
    #[cfg(debug_assertions)]
    fn is_in_order(&self, key: u64) -> bool {
        let Some(queue) = self.keys.get(&key) else { return false };
        let is_free = |slot: &Slot| self.put_back.contains(&slot.delivery());
        is_free(&queue.head)
            || queue.slots().take(8).all(|slot| is_free(slot) || slot.delivery() >= queue.head.delivery())
    }

    #[cfg(not(debug_assertions))]
    fn is_youngest(&self, _: u64, _: DeliveryId) -> bool {
        true
    }

    #[cfg(not(debug_assertions))]
    fn is_in_order(&self, _: u64) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
