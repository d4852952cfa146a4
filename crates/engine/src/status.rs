//! What the engine says of itself: one snapshot for `status`, `top`, `queues` and the console.
//!
//! Never: patient data, or anything that costs more than a look at counters and queues.

use crate::{
    engine::Engine,
    flow::Flow,
    outbox::{Outbox, Trouble},
    quality::Summary,
    queue::Queue,
};
use interface::{
    definition::{GiveUp, Order, Owner},
    handles::Handles,
};
use message::{Counts, Name, Timestamp};
use serde::Serialize;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};
use store::Health;

/// The whole engine.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// When this was true.
    pub at: Timestamp,
    /// Seconds since the engine started.
    pub uptime_s: u64,
    /// Which store it is, hexadecimal: backups name it too. Empty where backups are not made by Sinew.
    pub store_id: String,
    /// `ok`, `full` or `failed`.
    pub store: &'static str,
    /// Figures of the store since it was opened.
    pub stats: StoreStats,
    /// Messages by state over all interfaces, from the log.
    pub counts: Counts,
    /// 0, or messages are unaccounted for.
    pub lost: i64,
    /// Deliveries whose interface or destination is not in the workspace.
    pub orphans: usize,
    /// Connections of peers over all sources.
    pub connections: Connections,
    /// By name.
    pub interfaces: Vec<InterfaceStatus>,
}

/// Connections of peers over all sources.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Connections {
    /// There are so many.
    pub open: usize,
    /// There may be so many; `None` where nobody set a limit.
    pub max: Option<usize>,
}

/// What the store did since it was opened, and what it takes on disk.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StoreStats {
    /// Messages committed.
    pub messages: u64,
    /// Writes of the log: one a group.
    pub groups: u64,
    /// fsyncs of the log.
    pub fsyncs: u64,
    /// Microseconds of the last fsync.
    pub fsync_micros_last: u64,
    /// Bytes of the log that hold records.
    pub log_bytes: u64,
    /// Bytes of the index files.
    pub index_bytes: u64,
}

/// One interface.
#[derive(Clone, Debug, Serialize)]
pub struct InterfaceStatus {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: String,
    /// The worst thing that can be said of it.
    pub state: State,
    /// A person paused its intake.
    pub is_paused: bool,
    /// Why, in words; empty when it is ok.
    pub why: String,
    /// The last thing that its source or its senders did wrong: a batch that was cut off, bytes outside frames.
    pub last_trouble: Option<Trouble>,
    /// Where it receives.
    pub address: Option<String>,
    /// The connector of its source.
    pub connector: &'static str,
    /// Hash of the running definition, hexadecimal.
    pub version: String,
    /// Peers that are connected.
    pub peers: usize,
    /// Frames since the start.
    pub received: u64,
    /// Messages accepted since the start.
    pub accepted: u64,
    /// Duplicates since the start.
    pub duplicates: u64,
    /// Frames refused since the start: unreadable, too large, out of sequence; nothing of them is stored.
    pub refused: u64,
    /// Messages that a `validate … reject` line refused since the start; they are stored, as filtered.
    pub rejected: u64,
    /// Framing errors and other oddities since the start.
    pub anomalies: u64,
    /// When the last frame came.
    pub last_received: Option<Timestamp>,
    /// Messages by state, from the log.
    pub counts: Counts,
    /// How important it is: 1 to 3.
    pub critical: u8,
    /// Who answers for it; texts may be empty.
    pub owner: OwnerStatus,
    /// What is known of the quality of what it receives.
    pub quality: Summary,
    /// In the order of the file.
    pub destinations: Vec<DestinationStatus>,
}

/// Who answers for an interface.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerStatus {
    /// The team or person.
    pub team: Arc<str>,
    /// Where to write.
    pub contact: Arc<str>,
    /// Whom to call at night.
    pub oncall: Arc<str>,
}

impl OwnerStatus {
    fn of(owner: &Owner) -> OwnerStatus {
        OwnerStatus { team: owner.team.clone(), contact: owner.contact.clone(), oncall: owner.oncall.clone() }
    }
}

/// One destination.
#[derive(Clone, Debug, Serialize)]
pub struct DestinationStatus {
    /// Its name.
    pub name: Name,
    /// Its state.
    pub state: State,
    /// A person paused it; its state may be a worse one.
    pub is_paused: bool,
    /// A person lets out what came before: so many are left.
    pub draining: Option<usize>,
    /// Its connector.
    pub connector: &'static str,
    /// Where it sends.
    pub address: String,
    /// Deliveries that wait or are under way.
    pub queued: usize,
    /// Deliveries under way.
    pub busy: usize,
    /// Ordering keys that wait for a person.
    pub held: usize,
    /// When the oldest waiting message was accepted.
    pub oldest: Option<Timestamp>,
    /// Delivered since the start.
    pub delivered: u64,
    /// Attempts that failed since the start.
    pub failed: u64,
    /// When something was last delivered.
    pub last_delivered: Option<Timestamp>,
    /// The last failure.
    pub last_trouble: Option<Trouble>,
    /// Seconds until it is probed again, while it is out of reach.
    pub probe_in_s: Option<u64>,
    /// `strict`, `by PATH` or `none`.
    pub order: String,
    /// When it gives up.
    pub gives_up: bool,
}

/// How something fares, the worse the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It works.
    Ok,
    /// A person paused it.
    Paused,
    /// It is no longer in the workspace and empties its queue.
    Retired,
    /// No message for longer than its interface says is normal.
    Silent,
    /// Something waits for a person.
    Held,
    /// It does not work now and will be tried again.
    Failing,
}

/// When the snapshot is taken, by each clock.
#[derive(Clone, Copy)]
struct At {
    wall: Timestamp,
    steady: Timestamp,
    monotonic: Instant,
}

impl At {
    /// A time of the clock that does not jump as people read it now: as long ago as it is.
    fn told(self, steady: Timestamp) -> Timestamp {
        Timestamp(self.wall.0.saturating_sub(self.steady.0.saturating_sub(steady.0)))
    }
}

impl Engine {
    /// A snapshot.
    #[must_use]
    pub fn status(&self) -> Status {
        let dock = &self.shared.dock;
        let at = At { wall: dock.clock.now(), steady: dock.steady(), monotonic: dock.clock.monotonic() };
        let counts = self.store().counts();
        debug_assert_eq!(store::check::conservation(&counts), [], "R5");
        let of =
            |name: &Name| counts.iter().find(|(known, _)| known == name).map_or_else(Counts::default, |(_, of)| *of);
        let interfaces: Vec<InterfaceStatus> =
            self.flows().iter().map(|flow| interface_status(flow, of(&flow.name), at)).collect();
        let total = self.store().counts_total();
        Status {
            at: at.wall,
            uptime_s: self.shared.dock.ages.life().uptime(&*self.shared.dock.clock).as_secs(),
            store_id: self.store().id().iter().flatten().map(|byte| format!("{byte:02x}")).collect(),
            store: match self.store().health() {
                Health::Ok => "ok",
                Health::Full => "full",
                Health::Away(_) => "away",
                Health::Failed(_) => "failed",
            },
            stats: store_stats(self.store()),
            counts: total,
            lost: total.lost(),
            orphans: self.shared.dock.orphans.count(),
            connections: connections(self.handles()),
            interfaces,
        }
    }
}

fn connections(handles: &Handles) -> Connections {
    let (open, max) = handles.count();
    Connections { open, max: (max != usize::MAX).then_some(max) }
}

fn store_stats(store: &store::Store) -> StoreStats {
    let store::Stats { messages, groups, fsyncs, fsync_micros_last, log_bytes, .. } = store.stats();
    StoreStats { messages, groups, fsyncs, fsync_micros_last, log_bytes, index_bytes: store.index_bytes() }
}

fn interface_status(flow: &Flow, counts: Counts, at: At) -> InterfaceStatus {
    let definition = flow.version().definition.clone();
    let destinations: Vec<_> =
        flow.outboxes().iter().map(|outbox| destination_status(&definition.receive.order, outbox, at)).collect();
    let last_received = Some(flow.tally.last_received.load(Ordering::Relaxed)).filter(|at| *at != 0).map(Timestamp);
    let (state, why) = judge(flow, &destinations, last_received, at.steady);
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    InterfaceStatus {
        name: flow.name.clone(),
        title: definition.title.to_string(),
        state,
        is_paused: flow.is_paused(),
        why,
        last_trouble: flow.trouble().map(|(at, reason)| Trouble { at, reason }),
        address: flow.address(),
        connector: definition.receive.connector,
        version: format!("{:016x}", definition.version),
        peers: flow.tally.peers.load(Ordering::Relaxed),
        received: read(&flow.tally.received),
        accepted: read(&flow.tally.accepted),
        duplicates: read(&flow.tally.duplicates),
        refused: read(&flow.tally.refused),
        rejected: read(&flow.tally.rejected),
        anomalies: read(&flow.tally.anomalies),
        last_received: last_received.map(|last| at.told(last)),
        counts,
        critical: definition.critical,
        owner: OwnerStatus::of(&definition.owner),
        quality: flow.dock.quality.summary(&flow.name),
        destinations,
    }
}

/// The worst state, and the sentence that goes with it.
fn judge(
    flow: &Flow,
    destinations: &[DestinationStatus],
    last_received: Option<Timestamp>,
    now: Timestamp,
) -> (State, String) {
    if flow.is_paused() {
        return (State::Paused, "its intake is paused: peers keep their messages".to_owned());
    }
    if !flow.is_listening() {
        let why = flow.trouble().map_or_else(|| "its source is not open".to_owned(), |(_, reason)| reason.to_string());
        return (State::Failing, why);
    }
    let definition = flow.version().definition.clone();
    let silent = definition.silent_after().filter(|limit| last_received.is_some_and(|last| now.since(last) > *limit));
    let worst = destinations.iter().max_by_key(|destination| destination.state);
    match (worst, silent) {
        (Some(worst), _) if worst.state > State::Silent => {
            let trouble = worst.last_trouble.as_ref().map_or_else(String::new, |trouble| trouble.reason.to_string());
            (worst.state, format!("{}: {trouble}", worst.name))
        }
        (_, Some(limit)) => (State::Silent, format!("no message for longer than {} s", limit.as_secs())),
        (Some(worst), None) if worst.state > State::Ok => {
            (worst.state, format!("{}: {:?}", worst.name, worst.state).to_lowercase())
        }
        _ => (State::Ok, String::new()),
    }
}

fn destination_status(order: &Order, outbox: &Outbox, at: At) -> DestinationStatus {
    let definition = outbox.definition();
    let (queued, busy, held, oldest, (is_paused, draining), is_down, probe) = outbox.look(|queue: &Queue| {
        let is_down = queue.is_down() || queue.waiting() > 0;
        let probe = queue.probe_in(at.monotonic);
        (queue.len(), queue.busy(), queue.held(), queue.oldest(), (queue.is_paused(), queue.draining()), is_down, probe)
    });
    let state = match () {
        () if is_down => State::Failing,
        () if held > 0 => State::Held,
        () if is_paused => State::Paused,
        () if outbox.is_retired() => State::Retired,
        () => State::Ok,
    };
    DestinationStatus {
        name: outbox.name.clone(),
        state,
        is_paused,
        draining,
        connector: definition.connector,
        address: definition.settings.address.to_string(),
        queued,
        busy,
        held,
        oldest,
        delivered: outbox.delivered.load(Ordering::Relaxed),
        failed: outbox.failed.load(Ordering::Relaxed),
        last_delivered: outbox.last_delivered(),
        last_trouble: outbox.last_trouble(),
        probe_in_s: probe.map(|left| left.as_secs()),
        order: match definition.order.as_ref().unwrap_or(order) {
            Order::Source => "strict".to_owned(),
            Order::By(path) => format!("by {path}"),
            Order::None => "none".to_owned(),
        },
        gives_up: definition.retry.give_up != GiveUp::Never,
    }
}
