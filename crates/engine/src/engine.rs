//! The engine: every flow of a workspace over one store.
//!
//! Owns start, reload, drain and stop. Promises: deliveries of an earlier run are in their outboxes before the first
//! source opens; a reload changes only what changed and never stops what runs well; stopping finishes what is under way.

use crate::{
    age::Ages,
    codes,
    dispatch::Dock,
    flow::Flow,
    live::{self, Live},
    orphans::Orphans,
    outbox::{Cache, Outbox},
    quality::{self, report::Asked},
    refusals::Refusals,
};
use interface::{
    catalogue::{Connector, Context, Exchange, Notebook},
    contract::Intake,
    definition::Definition,
    handles::Handles,
};
use message::{Clock, Name, Reason};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock, Weak},
    time::Duration,
};
use store::{OpenDelivery, Store, Switch};

/// What an engine is started with.
pub struct Options {
    /// Where relative addresses start.
    pub workspace: PathBuf,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Every connector of this build.
    pub connectors: &'static [&'static dyn Connector],
    /// How the quality of what comes is counted.
    pub quality: quality::Settings,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) dock: Arc<Dock>,
    pub(crate) flows: Arc<Flows>,
    cache: Arc<Cache>,
    pub(crate) reloading: tokio::sync::Mutex<()>,
}

/// The flows by name.
#[derive(Default)]
pub(crate) struct Flows(RwLock<BTreeMap<Name, Arc<Flow>>>);

impl Flows {
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Flow>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
    pub(crate) fn all(&self) -> Vec<Arc<Flow>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
    fn insert(&self, flow: Arc<Flow>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(flow.name.clone(), flow);
    }
    fn remove(&self, name: &str) -> Option<Arc<Flow>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

/// The way between interfaces, as connectors have it. Weak, because every flow holds it: an engine that nobody uses any
/// more must end, and with it its store.
struct Doors(Weak<Flows>);

impl Exchange for Doors {
    fn intake(&self, interface: &str) -> Option<Arc<dyn Intake>> {
        let flow = self.0.upgrade()?.get(interface)?;
        let connector = flow.version().definition.receive.connector;
        (matches!(connector, "interface" | "topic") && flow.is_listening()).then_some(flow as Arc<dyn Intake>)
    }
}

/// What connectors keep: a switch each, which is as durable as what people turn and comes with a backup.
struct Pages {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Notebook for Pages {
    fn read(&self, name: &str) -> Result<Option<String>, Reason> {
        let switches = self.store.tables().switches().map_err(unkept)?;
        Ok(switches.into_iter().find(|(known, _)| known == name).map(|(_, switch)| switch.value))
    }
    fn write(&self, name: &str, text: &str) -> Result<(), Reason> {
        let switch =
            Switch { value: text.to_owned(), at: self.clock.now(), by: "sinew".to_owned(), reason: String::new() };
        self.store.tables().set_switch(name, Some(&switch)).map_err(unkept)
    }
}

fn unkept(error: store::Error) -> Reason {
    Reason::new(codes::E5103, error.to_string())
}

/// What a start or reload did.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Changes {
    /// Interfaces that were not there before.
    pub started: Vec<Name>,
    /// Interfaces that go on under a new definition.
    pub changed: Vec<Name>,
    /// Interfaces whose source was closed and opened anew.
    pub reopened: Vec<Name>,
    /// Interfaces that are no longer there.
    pub stopped: Vec<Name>,
    /// Interfaces that did not change.
    pub kept: usize,
    /// Sources that could not be opened: interface and reason. The rest runs.
    pub failed: Vec<(Name, Reason)>,
}

impl Engine {
    /// An engine without interfaces over a store that was just opened; `open` is what the store recovered.
    #[must_use]
    pub fn new(store: Store, open: impl IntoIterator<Item = OpenDelivery>, options: Options) -> Engine {
        let flows = Arc::new(Flows::default());
        let context = Context {
            clock: options.clock.clone(),
            offset_s: quality::local_offset_s,
            owner: Arc::default(),
            workspace: options.workspace,
            exchange: Arc::new(Doors(Arc::downgrade(&flows))),
            handles: Arc::default(),
            notebook: Arc::new(Pages { store: store.clone(), clock: options.clock.clone() }),
        };
        let orphans = Arc::new(Orphans::new(open));
        let ages = Arc::new(Ages::start(&*options.clock));
        let endings = Arc::default();
        let quality = Arc::new(quality::Room::new(options.quality));
        let connectors = options.connectors;
        let (live, alerts) = (Arc::default(), Arc::default());
        let (clock, refusals) = (options.clock, Refusals::default());
        let dock = Dock { store, clock, ages, connectors, context, orphans, endings, quality, live, alerts, refusals };
        Engine {
            shared: Arc::new(Shared {
                dock: Arc::new(dock),
                flows,
                cache: Arc::default(),
                reloading: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.shared.dock.store
    }

    /// The folder of the workspace.
    #[must_use]
    pub fn workspace(&self) -> &std::path::Path {
        &self.shared.dock.context.workspace
    }

    /// What connectors are given to work with.
    #[must_use]
    pub fn surroundings(&self) -> &Context {
        &self.shared.dock.context
    }

    /// What it does, for those who watch.
    #[must_use]
    pub fn live(&self) -> &Live {
        &self.shared.dock.live
    }

    /// The connections that peers may have: the process that runs the engine knows how many.
    #[must_use]
    pub fn handles(&self) -> &Handles {
        &self.shared.dock.context.handles
    }

    /// Brings the running interfaces to these definitions. `broken` names interfaces that exist but do not compile:
    /// their running version goes on.
    pub async fn apply(&self, definitions: Vec<Arc<Definition>>, broken: &[Name]) -> Changes {
        let _one_at_a_time = self.shared.reloading.lock().await;
        let mut changes = Changes::default();
        self.stop_missing(&definitions, broken, &mut changes).await;
        let mut to_open = Vec::new();
        for definition in definitions {
            match self.shared.flows.get(&definition.name) {
                None => to_open.push(self.start(definition, &mut changes)),
                Some(flow) if flow.version().definition.version == definition.version => {
                    changes.kept += 1;
                    to_open.push(flow); // a source that could not be opened is tried again
                }
                Some(flow) => {
                    self.change(&flow, definition, &mut changes).await;
                    to_open.push(flow);
                }
            }
        }
        for name in [&changes.started, &changes.changed, &changes.stopped].into_iter().flatten() {
            let now = self.shared.dock.clock.now();
            self.live().tell(live::Kind::Reloaded, |kind| live::news(now, kind, (name, None), None, None));
        }
        for flow in to_open {
            if let Err(reason) = flow.open_source().await {
                changes.failed.push((flow.name.clone(), reason));
            }
        }
        changes
    }

    async fn stop_missing(&self, definitions: &[Arc<Definition>], broken: &[Name], changes: &mut Changes) {
        for flow in self.shared.flows.all() {
            let is_wanted = definitions.iter().any(|definition| definition.name == flow.name);
            if is_wanted || broken.contains(&flow.name) {
                continue;
            }
            flow.close_source().await;
            flow.close();
            self.shared.flows.remove(&flow.name);
            for outbox in flow.outboxes() {
                outbox.retire(true);
                self.orphan(&flow, &outbox).await;
            }
            changes.stopped.push(flow.name.clone());
        }
    }

    /// What waits in an outbox whose interface is gone is kept until the interface comes back or a person acts. Sends
    /// under way end first, so that nothing is sent twice.
    async fn orphan(&self, flow: &Flow, outbox: &Outbox) {
        outbox.stop();
        wait_until(SEND_TIME_MAX, || outbox.look(|queue| queue.busy() == 0)).await;
        for (key, entry, is_held) in outbox.close() {
            self.shared.dock.orphans.keep(&flow.name, &outbox.name, key, &entry, is_held);
        }
    }

    fn start(&self, definition: Arc<Definition>, changes: &mut Changes) -> Arc<Flow> {
        let flow = Arc::new(Flow::new(self.shared.dock.clone(), self.shared.cache.clone(), definition));
        let version = flow.version();
        self.restore_switches(&flow, &version.outboxes);
        self.shared.dock.orphans.adopt(&flow.name, &version.outboxes);
        flow.start_lanes();
        self.shared.flows.insert(flow.clone());
        changes.started.push(flow.name.clone());
        flow
    }

    async fn change(&self, flow: &Arc<Flow>, definition: Arc<Definition>, changes: &mut Changes) {
        let before = flow.version().definition.clone();
        let is_same_source = before.receive.connector == definition.receive.connector
            && before.receive.settings == definition.receive.settings;
        if !is_same_source {
            flow.close_source().await;
            changes.reopened.push(flow.name.clone());
        }
        let version = flow.prepare(definition);
        self.restore_switches(flow, &version.outboxes);
        self.shared.dock.orphans.adopt(&flow.name, &version.outboxes);
        flow.install(version);
        changes.changed.push(flow.name.clone());
    }

    /// Pauses survive a restart.
    fn restore_switches(&self, flow: &Flow, outboxes: &[Arc<Outbox>]) {
        let Ok(switches) = self.shared.dock.store.tables().switches() else { return };
        for (name, switch) in &switches {
            let last = crate::acts::drained_to(&switch.value);
            if last.is_none() && switch.value != crate::acts::PAUSED {
                continue;
            }
            let (interface, destination) = match name.split_once('/') {
                Some((interface, destination)) => (interface, Some(destination)),
                None => (name.as_str(), None),
            };
            if *interface != *flow.name {
                continue;
            }
            match destination {
                None => flow.pause(true),
                Some(destination) => {
                    if let Some(outbox) = outboxes.iter().find(|outbox| *outbox.name == *destination) {
                        outbox.change(|queue| match last {
                            Some(last) => queue.drain(last),
                            None => queue.pause(true),
                        });
                    }
                }
            }
        }
    }

    /// Deliveries whose interface or destination is not in the workspace: kept, not sent (E5012).
    #[must_use]
    pub fn orphans(&self) -> Vec<OpenDelivery> {
        self.shared.dock.orphans.all()
    }

    /// Closes the sources (peers queue), lets the sends under way end, then closes the store.
    ///
    /// # Errors
    /// The store's, when the last flush fails.
    pub async fn stop(&self, patience: Duration) -> Result<(), store::Error> {
        // A reload under way comes to its end first, or it would open what is being closed.
        let _alone = tokio::time::timeout(patience, self.shared.reloading.lock()).await;
        let flows = self.shared.flows.all();
        let closing: Vec<_> = flows
            .iter()
            .map(|flow| {
                let flow = flow.clone();
                tokio::spawn(async move { flow.close_source().await })
            })
            .collect();
        for closed in closing {
            let _ = closed.await;
        }
        let outboxes: Vec<_> = flows.iter().flat_map(|flow| flow.outboxes()).collect();
        outboxes.iter().for_each(|outbox| outbox.stop());
        wait_until(patience, || outboxes.iter().all(|outbox| outbox.look(|queue| queue.busy() == 0))).await;
        // The counts of what came until now. Messages are safe without them, so a failure does not hold up the end.
        let _ = self.with_tables(|dock| dock.quality.write(dock.store.tables(), &*dock.clock, true)).await;
        self.shared.dock.live.end();
        self.shared.dock.store.close().await
    }

    /// Work on the tables, which waits for the disk: on a thread that may wait. `None` when it stopped unexpectedly.
    async fn with_tables<T: Send + 'static>(&self, work: impl FnOnce(&Dock) -> T + Send + 'static) -> Option<T> {
        let dock = self.shared.dock.clone();
        tokio::task::spawn_blocking(move || work(&dock)).await.ok()
    }

    /// Writes what was counted of the messages' quality, and judges it where it is time to. Who runs the engine calls it
    /// once in [`quality::Settings::pause`].
    ///
    /// # Errors
    /// The store's; what could not be written is kept for the next time.
    pub async fn keep_quality(&self) -> Result<(), store::Error> {
        let alerts: Vec<_> =
            self.flows().iter().map(|flow| (flow.name.clone(), flow.version().definition.alerts.clone())).collect();
        let work = move |dock: &Dock| {
            dock.quality.write(dock.store.tables(), &*dock.clock, false)?;
            dock.quality.judge(dock.store.tables(), &*dock.clock, &alerts)
        };
        self.with_tables(work).await.unwrap_or(Ok(()))
    }

    /// The quality of what an interface received, or every interface.
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn quality(
        &self,
        interface: Option<&str>,
        since: Duration,
        field: Option<quality::Place>,
    ) -> Result<Vec<quality::Report>, Reason> {
        let flows = match interface {
            Some(name) => vec![self.flow(name)?],
            None => self.flows(),
        };
        let work = move |dock: &Dock| {
            dock.quality.write(dock.store.tables(), &*dock.clock, false)?;
            let now = dock.clock.now();
            let back = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
            let asked = Asked { since: message::Timestamp(now.0.saturating_sub(back)), now, field };
            let report = |flow: &Arc<Flow>| {
                dock.quality.report(dock.store.tables(), &flow.name, &flow.version().definition.alerts, asked)
            };
            flows.iter().map(report).collect()
        };
        let gone = || Err(store::Error::Closed);
        self.with_tables(work).await.unwrap_or_else(gone).map_err(|error: store::Error| error.reason())
    }

    /// How the quality of what comes is counted.
    #[must_use]
    pub fn quality_settings(&self) -> quality::Settings {
        self.shared.dock.quality.settings()
    }

    /// Waits until no delivery is queued, retrying or under way anywhere, or until `patience` ends.
    pub async fn drain(&self, patience: Duration) -> bool {
        let is_empty =
            |flow: &Arc<Flow>| flow.outboxes().iter().all(|outbox| outbox.look(crate::queue::Queue::is_empty));
        wait_until(patience, || self.shared.flows.all().iter().all(is_empty)).await
    }

    /// The flow of this interface.
    ///
    /// # Errors
    /// [`codes::E5201`] when there is none.
    pub fn flow(&self, interface: &str) -> Result<Arc<Flow>, Reason> {
        self.shared
            .flows
            .get(interface)
            .ok_or_else(|| Reason::new(codes::E5201, format!("no interface is called `{interface}`")))
    }

    /// Every flow, by name.
    #[must_use]
    pub fn flows(&self) -> Vec<Arc<Flow>> {
        self.shared.flows.all()
    }
}

/// The longest that one send may take: connecting and waiting for the reply, with some to spare.
const SEND_TIME_MAX: Duration = Duration::from_secs(45);

/// Looks every 10 ms until the claim holds or time is up.
async fn wait_until(patience: Duration, holds: impl Fn() -> bool) -> bool {
    let until = tokio::time::Instant::now() + patience;
    while !holds() {
        if tokio::time::Instant::now() >= until {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}
