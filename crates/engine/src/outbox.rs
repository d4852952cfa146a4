//! The outbox: the queue of one destination, and the lanes that empty it.
//!
//! Owns the wakes: a lane sleeps until there is something to claim, and no delivery waits for a lane that sleeps.
//! Promises: order as [`Queue`] promises; at most `lanes` sends under way; the memory of cached bytes is bounded.
//! Never: decides what an outcome means (see [`crate::decide`]).

use crate::{
    meter::Meter,
    queue::{Claim, Entry, Next, Queue},
};
use arc_swap::ArcSwap;
use interface::definition::DestinationDefinition;
use message::{DeliveryId, Name, Reason, Timestamp};
use serde::Serialize;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Bytes that all outboxes together may keep in memory for deliveries that wait. Beyond, the store is read.
pub const CACHED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Deliveries in parts whose progress is remembered while they are tried again.
const IN_PARTS_MAX: usize = 10_000;

/// The shared budget of [`CACHED_BYTES_MAX`].
#[derive(Debug, Default)]
pub struct Cache(AtomicUsize);

impl Cache {
    fn take(&self, bytes: usize) -> bool {
        let before = self.0.fetch_add(bytes, Ordering::Relaxed);
        let fits = before + bytes <= CACHED_BYTES_MAX;
        if !fits {
            self.0.fetch_sub(bytes, Ordering::Relaxed);
        }
        fits
    }
    fn give_back(&self, bytes: usize) {
        self.0.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One destination of one interface.
pub struct Outbox {
    /// The interface.
    pub interface: Name,
    /// The destination.
    pub name: Name,
    definition: ArcSwap<DestinationDefinition>,
    generation: AtomicU64,
    queue: Mutex<Queue>,
    wake: Notify,
    cache: Arc<Cache>,
    is_retired: AtomicBool,
    /// Changes only under the lock of `queue`, so that nothing is pushed where nobody will claim.
    is_closed: AtomicBool,
    is_stopping: AtomicBool,
    lanes: AtomicUsize,
    idle: AtomicUsize,
    /// Parts that the partner has of deliveries that are tried again, with the generation by which they were cut.
    parts: Mutex<HashMap<DeliveryId, (u64, usize)>>,
    pub(crate) delivered: AtomicU64,
    pub(crate) failed: AtomicU64,
    last_delivered: AtomicI64,
    last_trouble: Mutex<Option<Trouble>>,
    delivery_times: Meter,
    reply_times: Meter,
}

/// The last thing that went wrong, for `status`.
#[derive(Clone, Debug, Serialize)]
pub struct Trouble {
    /// When.
    pub at: Timestamp,
    /// What.
    pub reason: Reason,
}

impl Outbox {
    /// An empty outbox.
    #[must_use]
    pub fn new(interface: Name, definition: DestinationDefinition, cache: Arc<Cache>) -> Outbox {
        Outbox {
            interface,
            name: definition.name.clone(),
            definition: ArcSwap::from_pointee(definition),
            generation: AtomicU64::new(0),
            queue: Mutex::default(),
            wake: Notify::new(),
            cache,
            is_retired: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            lanes: AtomicUsize::new(0),
            idle: AtomicUsize::new(0),
            parts: Mutex::default(),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            last_delivered: AtomicI64::new(0),
            last_trouble: Mutex::new(None),
            delivery_times: Meter::default(),
            reply_times: Meter::default(),
        }
    }

    /// The definition that sends go by now.
    #[must_use]
    pub fn definition(&self) -> Arc<DestinationDefinition> {
        self.definition.load_full()
    }

    /// Counts the changes of connector settings; a lane that sees another number makes its connection anew.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Takes a new version of the definition. What waits is sent by the new one.
    pub fn redefine(&self, definition: DestinationDefinition) {
        let before = self.definition.load();
        let is_new_wire = before.connector != definition.connector || before.settings != definition.settings;
        self.definition.store(Arc::new(definition));
        if is_new_wire {
            self.generation.fetch_add(1, Ordering::AcqRel);
            self.lock().mark_up();
        }
        self.wake.notify_waiters();
    }

    /// Adds a delivery. Must be called in the order of acceptance; returns quickly, as the log's thread calls it.
    ///
    /// # Errors
    /// The delivery, when the outbox is closed.
    pub fn push(&self, key: u64, mut entry: Entry) -> Result<(), Box<Entry>> {
        {
            let mut queue = self.lock();
            if self.is_closed.load(Ordering::Relaxed) {
                return Err(Box::new(entry));
            }
            // While the destination is out of reach nothing is sent soon: the store has it.
            if let Some(bytes) = &entry.bytes
                && (queue.is_down() || !self.cache.take(bytes.len()))
            {
                entry.bytes = None;
            }
            queue.push(key, entry);
        }
        self.wake.notify_one();
        Ok(())
    }

    /// Adds a delivery that a person put back: it goes to the end of its key.
    ///
    /// # Errors
    /// The delivery, when the outbox is closed.
    pub(crate) fn push_again(&self, key: u64, entry: Entry) -> Result<(), Box<Entry>> {
        {
            let mut queue = self.lock();
            if self.is_closed.load(Ordering::Relaxed) {
                return Err(Box::new(entry));
            }
            queue.push_again(key, Entry { bytes: None, ..entry });
        }
        self.wake.notify_one();
        Ok(())
    }

    /// Adds a delivery that is held: it is not claimable for a moment.
    pub(crate) fn push_held(&self, key: u64, entry: Entry) -> Result<(), Box<Entry>> {
        let mut queue = self.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return Err(Box::new(entry));
        }
        queue.push_held(key, Entry { bytes: None, ..entry });
        Ok(())
    }

    /// Takes everything out and takes nothing more: each delivery with its key and whether it is held, in the order of
    /// acceptance. Lanes end.
    pub(crate) fn close(&self) -> Vec<(u64, Entry, bool)> {
        self.stop();
        let queue = {
            let mut queue = self.lock();
            self.is_closed.store(true, Ordering::Relaxed);
            std::mem::take(&mut *queue)
        };
        // Without the lock, which the log's thread takes.
        let mut entries: Vec<_> =
            queue.keyed().map(|(key, entry)| (key, queue.is_held(entry.delivery), entry)).collect();
        entries.sort_unstable_by_key(|(_, _, entry)| entry.delivery);
        self.cache.give_back(queue.cached_bytes());
        entries.into_iter().map(|(key, is_held, entry)| (key, entry, is_held)).collect()
    }

    /// Closes it if nothing is in it; `false` when something is.
    pub(crate) fn close_if_empty(&self) -> bool {
        {
            let queue = self.lock();
            if !queue.is_empty() {
                return false;
            }
            self.is_closed.store(true, Ordering::Relaxed);
        }
        self.stop();
        true
    }

    /// Waits for a delivery to send. `None` when the lane is to end: the outbox stops, or it was idle for `idle_max`.
    pub async fn claim(&self, idle_max: Duration) -> Option<Claim> {
        let give_up = tokio::time::Instant::now().into_std() + idle_max;
        self.idle.fetch_add(1, Ordering::AcqRel);
        let claim = loop {
            // Before everything that is looked at: what changes after the look wakes this future, polled or not.
            let notified = self.wake.notified();
            if self.is_stopping() {
                break None;
            }
            let now = tokio::time::Instant::now().into_std();
            let until = match self.claim_now(now) {
                Next::Claimed(claim) => break Some(*claim),
                Next::WaitUntil(at) => at,
                Next::Wait if now >= give_up => break None,
                Next::Wait => give_up,
            };
            // A timeout is as good as a wake: the queue is asked again either way.
            let _ = tokio::time::timeout_at(until.into(), notified).await;
        };
        self.idle.fetch_sub(1, Ordering::AcqRel);
        if let Some(bytes) = claim.as_ref().and_then(|claim| claim.entry.bytes.as_ref()) {
            self.cache.give_back(bytes.len());
        }
        claim
    }

    /// Claims unless as many sends are under way as the definition allows, and wakes the next lane where more is ready:
    /// two pushes may have left one wake only.
    fn claim_now(&self, now: Instant) -> Next {
        let (lanes_max, reserved) = {
            let definition = self.definition.load();
            (definition.lanes.max(1), definition.reserved_lanes())
        };
        let mut queue = self.lock();
        if queue.busy() >= lanes_max {
            return Next::Wait;
        }
        // The last lanes are for what is urgent.
        let is_urgent_only = queue.busy() >= lanes_max - reserved;
        let next = queue.claim_from(now, is_urgent_only);
        if matches!(next, Next::Claimed(_)) && queue.ready() > 0 {
            self.wake.notify_one();
        }
        next
    }

    /// Counts one more lane in, unless one is idle or there are as many as the definition allows. So a lane is always
    /// there to hear of a push or to see the time of a retry come, while others wait for their peer.
    pub(crate) fn reserve_lane(&self) -> bool {
        let lanes_max = self.definition.load().lanes.max(1);
        let is_needed = self.idle.load(Ordering::Acquire) == 0;
        let more = |lanes: usize| (lanes == 0 || (is_needed && lanes < lanes_max)).then_some(lanes + 1);
        !self.is_stopping() && self.lanes.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok()
    }

    /// Counts a lane out. The last lane stays unless the outbox stops.
    pub(crate) fn release_lane(&self) -> bool {
        let lanes_min = usize::from(!self.is_stopping());
        let fewer = |lanes: usize| (lanes > lanes_min).then(|| lanes - 1);
        self.lanes.fetch_update(Ordering::AcqRel, Ordering::Acquire, fewer).is_ok()
    }

    /// Lanes that run.
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.lanes.load(Ordering::Acquire)
    }

    /// Ends the lanes after the sends under way.
    pub fn stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
        self.wake.notify_waiters();
        self.wake.notify_one();
    }

    /// Lanes are ending.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// The workspace no longer names this destination: what waits is still delivered.
    pub fn retire(&self, is_retired: bool) {
        self.is_retired.store(is_retired, Ordering::Release);
    }

    /// See [`Outbox::retire`].
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
    }

    /// Changes the queue, then wakes whoever may go on.
    pub fn change<R>(&self, act: impl FnOnce(&mut Queue) -> R) -> R {
        let (result, dropped) = {
            let mut queue = self.lock();
            (act(&mut queue), queue.take_dropped_bytes())
        };
        self.cache.give_back(dropped);
        self.wake.notify_waiters();
        self.wake.notify_one();
        result
    }

    /// Reads the queue.
    pub fn look<R>(&self, read: impl FnOnce(&Queue) -> R) -> R {
        read(&self.lock())
    }

    /// How many parts of a delivery the partner has taken, as this life knows.
    pub(crate) fn parts_taken(&self, delivery: DeliveryId) -> usize {
        let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.get(&delivery).filter(|(cut, _)| *cut == self.generation()).map_or(0, |(_, taken)| *taken)
    }

    /// One more part of a delivery was taken. A delivery that is not remembered begins with its first part again.
    pub(crate) fn note_parts(&self, delivery: DeliveryId, taken: usize) {
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.len() < IN_PARTS_MAX || parts.contains_key(&delivery) {
            parts.insert(delivery, (self.generation(), taken));
        }
    }

    /// A delivery ended.
    pub(crate) fn forget_parts(&self, delivery: DeliveryId) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).remove(&delivery);
    }

    /// The destination is within reach: lanes that waited for the probe go on.
    pub(crate) fn answered(&self) {
        let was_down = {
            let mut queue = self.lock();
            let was_down = queue.is_down();
            queue.mark_up();
            was_down
        };
        if was_down {
            self.wake.notify_waiters();
        }
    }

    /// Ends the claimed delivery of a key, and wakes one lane if another key is ready.
    pub(crate) fn settle(&self, key: u64, is_delivered: bool, now: Timestamp) {
        let has_more = {
            let mut queue = self.lock();
            queue.settle(key);
            queue.ready() > 0
        };
        if is_delivered {
            self.delivered.fetch_add(1, Ordering::Relaxed);
            self.last_delivered.store(now.0, Ordering::Relaxed);
        }
        if has_more {
            self.wake.notify_one();
        }
    }

    /// Remembers what went wrong.
    pub(crate) fn trouble(&self, at: Timestamp, reason: Reason) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(Trouble { at, reason });
    }

    /// Deliveries since the start.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// The last thing that went wrong.
    #[must_use]
    pub fn last_trouble(&self) -> Option<Trouble> {
        self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long deliveries took from acceptance to the end.
    #[must_use]
    pub fn delivery_times(&self) -> &Meter {
        &self.delivery_times
    }

    /// How long attempts took, whatever came of them.
    #[must_use]
    pub fn reply_times(&self) -> &Meter {
        &self.reply_times
    }

    /// When something was last delivered.
    #[must_use]
    pub fn last_delivered(&self) -> Option<Timestamp> {
        Some(self.last_delivered.load(Ordering::Relaxed)).filter(|at| *at != 0).map(Timestamp)
    }

    /// Takes a waiting delivery out.
    pub fn remove(&self, key: u64, delivery: DeliveryId) -> Option<Entry> {
        let entry = self.lock().remove(key, delivery)?;
        if let Some(bytes) = &entry.bytes {
            self.cache.give_back(bytes.len());
        }
        // The one behind it may be ready now.
        self.wake.notify_one();
        Some(entry)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
