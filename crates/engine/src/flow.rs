//! A flow: one interface while it runs.
//!
//! Owns the current version (definition and outboxes, swapped together), the source, and the counters of one interface.
//! Promises: a message is processed by one version from beginning to end; a change of definition drops no connection
//! unless the `receive` line itself changed.

use crate::{
    acknowledge, batches,
    collect::{self, Groups},
    dispatch::{self, Dock},
    intake,
    lookups::Counters,
    meter::Meter,
    outbox::{Cache, Outbox},
    quality,
    sequence::Links,
};
use arc_swap::ArcSwap;
use bytes::Bytes;
use hl7v2::{Batch, Message};
use interface::{
    contract::{Boxed, Frame, Intake, Phase, Reply},
    definition::{BatchCounts, Definition},
};
use message::{Format, Name, Origin, Reason, Timestamp};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::watch as phases, task::JoinHandle};

/// What a message is processed by.
pub struct Version {
    /// The definition.
    pub definition: Arc<Definition>,
    /// Its outboxes, in the order of its destinations.
    pub outboxes: Vec<Arc<Outbox>>,
    /// What its lines may ask outside.
    pub(crate) lookups: Arc<Counters>,
    /// What wholes are processed by, where messages are joined.
    pub(crate) whole: Arc<Definition>,
}

impl Version {
    fn new(definition: Arc<Definition>, outboxes: Vec<Arc<Outbox>>) -> Version {
        let (lookups, whole) = (Counters::of(&definition), collect::without(&definition));
        Version { definition, outboxes, lookups, whole }
    }
}

/// Counters of one interface since this process started; the log has the ones that count.
#[derive(Debug, Default)]
pub struct Tally {
    pub(crate) received: AtomicU64,
    pub(crate) accepted: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) reused_ids: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) rejected: AtomicU64,
    pub(crate) anomalies: AtomicU64,
    pub(crate) last_received: AtomicI64,
    pub(crate) peers: AtomicUsize,
    /// From a frame to its answer.
    pub(crate) acknowledged: Meter,
    /// The host that connected last.
    sender: Mutex<Option<Arc<str>>>,
}

/// See the module.
pub struct Flow {
    /// The interface's name.
    pub name: Name,
    pub(crate) dock: Arc<Dock>,
    pub(crate) tally: Tally,
    version: ArcSwap<Version>,
    retired: Mutex<Vec<Retired>>,
    source: Mutex<Option<RunningSource>>,
    is_paused: AtomicBool,
    is_closed: AtomicBool,
    cache: Arc<Cache>,
    /// Where accepted messages are handed to be counted.
    quality: Option<Arc<quality::Inbox>>,
    trouble: Mutex<Option<(Timestamp, Reason)>>,
    /// True while the source must end: nobody waits any longer for deliveries.
    pub(crate) leaving: phases::Sender<bool>,
    /// Sequence numbers of its links.
    pub(crate) links: Links,
    /// Messages that wait for those that belong to them.
    pub(crate) groups: Groups,
    /// Somebody looks whose time is over.
    pub(crate) is_watched: AtomicBool,
    /// Held while the parts of a message are looked at.
    pub(crate) joining: tokio::sync::Mutex<()>,
}

/// An outbox that the definition no longer names.
struct Retired {
    outbox: Arc<Outbox>,
    since: Instant,
}

/// An empty retired outbox is kept this long: a message that was under way by the old definition may still come.
const RETIRED_MIN: Duration = Duration::from_secs(10);

struct RunningSource {
    phase: phases::Sender<Phase>,
    address: String,
    handle: JoinHandle<()>,
}

/// Longest time that a source may take to finish what it has begun.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(12);

impl Flow {
    /// A flow that does not run yet. Its outboxes exist, so that deliveries of an earlier run can be put in.
    #[must_use]
    pub fn new(dock: Arc<Dock>, cache: Arc<Cache>, definition: Arc<Definition>) -> Flow {
        let outboxes = definition
            .destinations
            .iter()
            .map(|destination| Arc::new(Outbox::new(definition.name.clone(), destination.clone(), cache.clone())))
            .collect();
        let quality = dock.quality.inbox(&definition.name);
        if let Some(inbox) = &quality {
            inbox.use_tables(quality::OwnTables::of(&definition));
        }
        Flow {
            name: definition.name.clone(),
            dock,
            quality,
            tally: Tally::default(),
            version: ArcSwap::from_pointee(Version::new(definition, outboxes)),
            retired: Mutex::default(),
            source: Mutex::default(),
            is_paused: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            cache,
            trouble: Mutex::default(),
            leaving: phases::Sender::new(false),
            links: Links::default(),
            groups: Groups::default(),
            is_watched: AtomicBool::new(false),
            joining: tokio::sync::Mutex::default(),
        }
    }

    /// The version that new messages are processed by.
    #[must_use]
    pub fn version(&self) -> Arc<Version> {
        self.version.load_full()
    }

    /// Starts the first lane of every outbox.
    pub fn start_lanes(&self) {
        for outbox in &self.version().outboxes {
            dispatch::start_lanes(&self.dock, outbox);
        }
    }

    /// Every outbox, the retired ones that still hold something included.
    #[must_use]
    pub fn outboxes(&self) -> Vec<Arc<Outbox>> {
        let mut all = self.version().outboxes.clone();
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.retain(|old| old.since.elapsed() < RETIRED_MIN || !old.outbox.close_if_empty());
        all.extend(retired.iter().map(|old| old.outbox.clone()));
        all
    }

    /// The outbox of this name, current before retired.
    #[must_use]
    pub fn outbox(&self, destination: &str) -> Option<Arc<Outbox>> {
        self.outboxes().into_iter().find(|outbox| &*outbox.name == destination)
    }

    /// The outboxes that a new definition will have: kept by name, the retired ones included; else new and without
    /// lanes, so that what waited before can be put in first.
    #[must_use]
    pub fn prepare(&self, definition: Arc<Definition>) -> Version {
        let current = self.version();
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = |name: &Name| {
            if let Some(outbox) = current.outboxes.iter().find(|outbox| outbox.name == *name) {
                return Some(outbox.clone());
            }
            let place = retired.iter().position(|old| old.outbox.name == *name)?;
            Some(retired.remove(place).outbox)
        };
        let outboxes = definition.destinations.iter().map(|destination| match known(&destination.name) {
            Some(outbox) => {
                outbox.redefine(destination.clone());
                outbox.retire(false);
                outbox
            }
            None => Arc::new(Outbox::new(definition.name.clone(), destination.clone(), self.cache.clone())),
        });
        let outboxes = outboxes.collect();
        Version::new(definition, outboxes)
    }

    /// Makes a prepared version the current one. Outboxes that it does not name go on until they are empty.
    pub fn install(&self, version: Version) {
        let version = Arc::new(version);
        if let Some(inbox) = &self.quality {
            inbox.use_tables(quality::OwnTables::of(&version.definition));
        }
        let before = self.version.swap(version.clone());
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        for old in &before.outboxes {
            if !version.outboxes.iter().any(|new| Arc::ptr_eq(old, new)) {
                old.retire(true);
                retired.push(Retired { outbox: old.clone(), since: tokio::time::Instant::now().into_std() });
            }
        }
        drop(retired);
        self.start_lanes();
    }

    /// Opens the source, unless it runs or the interface is paused.
    ///
    /// # Errors
    /// What the connector says: a port in use, a folder that does not exist.
    pub async fn open_source(self: &Arc<Flow>) -> Result<(), Reason> {
        collect::watch(self);
        if self.is_paused() || self.is_listening() {
            return Ok(());
        }
        let definition = self.version().definition.clone();
        let Some(connector) = self.dock.connector(definition.receive.connector) else {
            return Err(Reason::new(crate::codes::E5010, "the connector is not part of this build"));
        };
        let opened = connector.source(&definition.receive.settings, &self.dock.context).await;
        let source = match opened {
            Ok(source) => source,
            Err(reason) => {
                self.report_trouble(reason.clone());
                return Err(reason);
            }
        };
        let address = source.address();
        self.leaving.send_replace(false);
        let (phase, watched) = phases::channel(Phase::Running);
        let flow = self.clone();
        let handle = tokio::spawn(async move {
            if let Err(reason) = source.run(flow.clone(), watched).await {
                flow.report_trouble(reason);
            }
        });
        *self.source.lock().unwrap_or_else(PoisonError::into_inner) = Some(RunningSource { phase, address, handle });
        Ok(())
    }

    /// Tells the source to finish what it has begun, and waits for it.
    pub async fn close_source(&self) {
        self.leaving.send_replace(true);
        let running = self.source.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(RunningSource { phase, mut handle, .. }) = running {
            let _ = phase.send(Phase::Draining);
            if tokio::time::timeout(DRAIN_TIME_MAX, &mut handle).await.is_err() {
                handle.abort();
            }
        }
    }

    /// The source runs.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.as_ref().is_some_and(|running| !running.handle.is_finished())
    }

    /// Where the source is reached.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        self.source.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|running| running.address.clone())
    }

    /// Marks the interface paused: its source is not opened. The caller closes it.
    pub fn pause(&self, is_paused: bool) {
        self.is_paused.store(is_paused, Ordering::Release);
    }

    /// A person paused the intake.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.is_paused.load(Ordering::Acquire)
    }

    /// Frames since the start that were recognised as sent before.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.tally.duplicates.load(Ordering::Relaxed)
    }

    /// Hands a message over to be counted. A full batch is counted by nobody who waits for something.
    pub(crate) fn count(&self, waiting: quality::Waiting) {
        if let Some(inbox) = &self.quality
            && inbox.put(waiting)
        {
            let (inbox, clock) = (inbox.clone(), self.dock.clock.clone());
            tokio::spawn(async move { inbox.count(&*clock) });
        }
    }

    /// The host that connected last.
    #[must_use]
    pub fn sender(&self) -> Option<Arc<str>> {
        self.tally.sender.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long it takes from a frame to its answer.
    #[must_use]
    pub fn acknowledgment_times(&self) -> &Meter {
        &self.tally.acknowledged
    }

    /// Takes nothing more: the interface is no longer in the workspace.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
    }

    /// See [`Flow::close`].
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// The last trouble of the source.
    #[must_use]
    pub fn trouble(&self) -> Option<(Timestamp, Reason)> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn report_trouble(&self, reason: Reason) {
        let at = self.dock.clock.now();
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, reason));
    }
}

impl Intake for Flow {
    fn accept(&self, frame: Frame) -> Boxed<'_, Reply> {
        let origin = match frame.from {
            Some((from, _)) => Origin::Interface { from },
            None => Origin::Received,
        };
        Box::pin(async move {
            let begun = self.dock.clock.monotonic();
            let reply = intake::accept(self, frame, origin).await;
            self.tally.acknowledged.add(self.dock.clock.monotonic().saturating_duration_since(begun));
            reply
        })
    }

    fn format(&self) -> Format {
        self.version().definition.receive.format
    }

    fn batch_counts(&self) -> BatchCounts {
        self.version().definition.receive.batch_counts
    }

    fn answer_batch(&self, batch: &Batch, answers: Vec<Bytes>, comment: Option<&str>) -> Vec<Bytes> {
        batches::answer(self, batch, answers, comment)
    }

    fn refuse(&self, message: &Bytes, reason: &Reason) -> Option<Bytes> {
        let message = Message::parse(message.clone()).0;
        acknowledge::refuse(&message, &self.version().definition, self.dock.clock.now(), reason)
    }

    fn report(&self, _peer: &str, reason: Reason) {
        self.tally.anomalies.fetch_add(1, Ordering::Relaxed);
        self.report_trouble(reason);
    }

    fn turn_away(&self, peer: &str, reason: Reason) {
        let object = format!("interface {}", self.name);
        self.dock.refusals.record(&self.dock.store, &self.dock.clock, (&object, peer), &reason);
        self.report(peer, reason);
    }

    fn connected(&self, peer: &str, is_connected: bool) {
        if is_connected {
            let host = watch::cause::host_of(peer);
            let mut sender = self.tally.sender.lock().unwrap_or_else(PoisonError::into_inner);
            // Of what connects from this machine the host says nothing.
            if !watch::cause::is_here(host) && sender.as_deref() != Some(host) {
                *sender = Some(host.into());
            }
            self.tally.peers.fetch_add(1, Ordering::Relaxed);
        } else {
            self.tally.peers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
