//! Steps 7 to 10 of the journey: claim, send, decide, settle.
//!
//! [`deliver`] is the whole life of one attempt. [`run_lane`] repeats it.

use crate::{
    age::Ages,
    application::Endings,
    codes,
    decide::{self, Decision, Next, Situation},
    follow, fragments,
    live::{self, Kind, Live, Passed},
    orphans::Orphans,
    outbox::Outbox,
    queue::{Claim, Entry, HOPS_UNKNOWN},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Context},
    contract::{Destination, Outgoing},
};
use message::{
    Class, Clock, DeliveryId, Name, Origin, Outcome, Phi, Reason, Scope, Timestamp,
    failpoint::{Place, pass},
    limits,
};
use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};
use store::{Attempt, Change, Store, Then};

/// A lane without work for this long ends and closes its connection, unless it is the only one.
const LANE_IDLE_MAX: Duration = Duration::from_secs(60);

/// What every lane needs.
pub struct Dock {
    /// Where outcomes are recorded and outputs are read.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Time that does not jump, and how old messages are by it.
    pub ages: Arc<Ages>,
    /// Finds a connector by its word.
    pub connectors: &'static [&'static dyn Connector],
    /// What connectors need.
    pub context: Context,
    /// What waits for an interface or destination that is not there.
    pub orphans: Arc<Orphans>,
    /// Who waits for the end of a message's deliveries.
    pub endings: Arc<Endings>,
    /// What is counted of the messages that come.
    pub quality: Arc<crate::quality::Room>,
    /// What happens, for those who watch.
    pub live: Arc<Live>,
    /// What goes wrong, and who is told.
    pub alerts: Arc<crate::alerts::Room>,
    /// Peers that were turned away.
    pub(crate) refusals: crate::refusals::Refusals,
}

impl Dock {
    /// The time that does not jump.
    #[must_use]
    pub fn steady(&self) -> Timestamp {
        self.ages.life().now(&*self.clock)
    }

    /// The connector of this name.
    #[must_use]
    pub fn connector(&self, name: &str) -> Option<&'static dyn Connector> {
        self.connectors.iter().copied().find(|connector| connector.spec().name == name)
    }
}

/// Starts a lane if none is idle and the definition allows one more.
pub fn start_lanes(dock: &Arc<Dock>, outbox: &Arc<Outbox>) {
    if outbox.reserve_lane() {
        let (dock, outbox) = (dock.clone(), outbox.clone());
        tokio::spawn(async move {
            run_lane(&dock, &outbox).await;
        });
    }
}

/// One lane: claims and delivers until the outbox stops, its wire changes, or there is no work.
async fn run_lane(dock: &Arc<Dock>, outbox: &Arc<Outbox>) {
    let mut wire: Option<(u64, Box<dyn Destination>)> = None;
    loop {
        leave_stale(outbox, &mut wire).await;
        if wire.is_none() && is_tended(dock, outbox) && !outbox.is_stopping() {
            wire = open(dock, outbox).ok();
            tend(dock, outbox, &mut wire).await;
        }
        let rest = wire.as_ref().and_then(|(_, open)| open.rest());
        let Some(claim) = outbox.claim(rest.map_or(LANE_IDLE_MAX, |rest| rest.min(LANE_IDLE_MAX))).await else {
            if rest.is_some() && !outbox.is_stopping() {
                tend(dock, outbox, &mut wire).await;
                continue;
            }
            close(outbox, &mut wire).await;
            if outbox.release_lane() {
                return;
            }
            continue;
        };
        start_lanes(dock, outbox);
        leave_stale(outbox, &mut wire).await;
        if wire.is_none() {
            match open(dock, outbox) {
                Ok(opened) => wire = Some(opened),
                Err(reason) => {
                    settle(dock, outbox, &claim, (dock.clock.now(), dock.clock.monotonic()), (unopened(reason), None))
                        .await;
                    continue;
                }
            }
        }
        if let Some((_, open)) = &mut wire
            && !deliver(dock, outbox, open.as_mut(), claim).await
        {
            wire = None;
        }
    }
}

/// Its connector may keep something open between deliveries.
fn is_tended(dock: &Dock, outbox: &Outbox) -> bool {
    dock.connector(outbox.definition().connector).is_some_and(|connector| connector.is_tended())
}

/// A lane by the settings of now, with their number.
fn open(dock: &Dock, outbox: &Outbox) -> Result<(u64, Box<dyn Destination>), Reason> {
    let (generation, definition) = (outbox.generation(), outbox.definition());
    let Some(connector) = dock.connector(definition.connector) else {
        return Err(Reason::new(codes::E5011, "the connector is not part of this build"));
    };
    let owner = place(&outbox.interface, &outbox.name).into();
    let context = Context { owner, ..dock.context.clone() };
    Ok((generation, connector.destination(&definition.settings, &context)?))
}

/// A lane by settings that are no longer those of the definition finishes what it has open, and ends.
async fn leave_stale(outbox: &Outbox, wire: &mut Option<(u64, Box<dyn Destination>)>) {
    if wire.as_ref().is_some_and(|(opened, _)| *opened != outbox.generation())
        && let Some((_, mut stale)) = wire.take()
    {
        // What it could not finish, the next lane finds and reports.
        let _ = stale.tend(true).await;
        stale.close().await;
    }
}

/// The outbox stops, or nothing was to do for long. A destination that is not coming back finishes what it has open.
async fn close(outbox: &Outbox, wire: &mut Option<(u64, Box<dyn Destination>)>) {
    if let Some((_, mut open)) = wire.take() {
        if outbox.is_retired() {
            let _ = open.tend(true).await;
        }
        open.close().await;
    }
}

/// Lets a destination finish what is due; trouble is told once, as long as it is the same.
async fn tend(dock: &Dock, outbox: &Outbox, wire: &mut Option<(u64, Box<dyn Destination>)>) {
    if let Some((_, open)) = wire
        && let Err(reason) = open.tend(false).await
        && outbox.last_trouble().is_none_or(|known| known.reason != reason)
    {
        outbox.trouble(dock.clock.now(), reason);
    }
}

fn unopened(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

/// One attempt: bytes from memory or the store, sent, decided, recorded, given back to the queue. `false` when the wire
/// must not be used again.
pub async fn deliver(dock: &Arc<Dock>, outbox: &Arc<Outbox>, wire: &mut dyn Destination, mut claim: Claim) -> bool {
    let started = (dock.clock.now(), dock.clock.monotonic());
    let mut is_sound = true;
    let mut sent = None;
    let outcome = match claim.entry.bytes.take().map_or_else(|| read_output(dock, &claim), Ok) {
        Ok(bytes) => {
            sent = dock.live.is_tapped().then(|| bytes.clone());
            let Past { accepted, hops, resends } = past(dock, &claim);
            let outgoing = Outgoing {
                delivery: claim.entry.delivery,
                interface: outbox.interface.clone(),
                bytes,
                format: outbox.definition().format,
                attempt: claim.entry.attempts,
                accepted,
                hops,
                resends,
            };
            let sent = fragments::send(outbox, wire, &outgoing).await.unwrap_or_else(|| {
                is_sound = false;
                panicked(claim.entry.attempts)
            });
            follow::up(dock, outbox, &outgoing, sent).await
        }
        Err(outcome) => outcome,
    };
    settle(dock, outbox, &claim, started, (outcome, sent)).await;
    is_sound
}

/// A panic in a connector is a bug of ours: it ends this attempt, not the lane (F16). `None` after a panic.
pub(crate) async fn send_guarded(wire: &mut dyn Destination, outgoing: &Outgoing) -> Option<Outcome> {
    let mut send = pin!(wire.send(outgoing));
    poll_fn(move |context| match catch_unwind(AssertUnwindSafe(|| send.as_mut().poll(context))) {
        Ok(Poll::Ready(outcome)) => Poll::Ready(Some(outcome)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// Attempts that may end in a panic before a person has to look (F16).
const PANICS_MAX: u32 = 3;

fn panicked(attempts: u32) -> Outcome {
    let reason = Reason::new(codes::E5006, "the connector stopped unexpectedly; this is a bug, please report it");
    if attempts + 1 >= PANICS_MAX {
        return Outcome::Permanent { reason, reply: None };
    }
    Outcome::Ambiguous { reason }
}

/// What the store knows of a delivery besides its queue's entry.
struct Past {
    /// When its message was received: the same in every life, as what is named after it must be.
    accepted: Timestamp,
    hops: u8,
    resends: u32,
}

/// An entry that the store gave back, after a restart or by a person's wish, knows less than one that is new.
fn past(dock: &Dock, claim: &Claim) -> Past {
    let Entry { delivery, accepted, hops, .. } = claim.entry;
    if hops != HOPS_UNKNOWN {
        return Past { accepted, hops, resends: 0 };
    }
    let stored = dock.store.read(delivery.message).map(|stored| stored.accept.envelope);
    let (received, origin) = stored.map_or((accepted, Origin::Received), |stored| (stored.received, stored.origin));
    Past { accepted: received, hops: hops_of(dock, origin), resends: resends(dock, delivery) }
}

/// The origins of a message tell how many interfaces it has crossed, so that a circle of interfaces ends also when the
/// engine is started again and again.
fn hops_of(dock: &Dock, mut origin: Origin) -> u8 {
    let mut hops = 0;
    while let (true, Origin::Interface { from }) = (hops < limits::INTERFACE_HOPS_MAX, &origin) {
        hops += 1;
        match dock.store.read(*from) {
            Ok(stored) => origin = stored.accept.envelope.origin,
            Err(_) => return hops,
        }
    }
    hops
}

/// How often a person had this delivery sent again.
fn resends(dock: &Dock, delivery: DeliveryId) -> u32 {
    let is_one = |entry: &store::Entry| matches!(entry.change, Change::Resent { delivery: of, .. } if of == delivery);
    // In doubt it is a wish: twice is better than never.
    let Ok(history) = dock.store.history(delivery.message) else { return u32::MAX };
    u32::try_from(history.iter().filter(|entry| is_one(entry)).count()).unwrap_or(u32::MAX)
}

/// Outputs that are no longer in memory come from the store.
fn read_output(dock: &Dock, claim: &Claim) -> Result<Bytes, Outcome> {
    dock.store.read_output(claim.entry.delivery).map_err(|error| {
        let reason = Reason::new(codes::E5103, error.to_string());
        match error.class() {
            Class::Transient | Class::Ambiguous => {
                Outcome::Transient { scope: Scope::Message, reason, retry_after: None }
            }
            Class::Permanent => Outcome::Permanent { reason, reply: None },
        }
    })
}

/// Steps 9 and 10: decides, records, and gives the claim back. When the store has ended, the claim is given back as it
/// was: the next run sends it again (R2).
async fn settle(
    dock: &Dock,
    outbox: &Outbox,
    claim: &Claim,
    (started, begun): (Timestamp, Instant),
    (outcome, sent): (Outcome, Option<Bytes>),
) {
    // An attempt takes as long as it takes, also when the clock is set meanwhile.
    let ended = started.after(dock.clock.monotonic().saturating_duration_since(begun));
    let definition = outbox.definition();
    let answer = decide::read_answer(&outcome, definition.format);
    let situation = Situation {
        delivery: claim.entry.delivery,
        attempts: claim.entry.attempts,
        failures: outbox.look(crate::queue::Queue::failures),
        age: dock.ages.of(claim.entry.delivery.message, claim.entry.accepted, &*dock.clock),
    };
    let decision = decide::decide(&outcome, &answer, &definition, situation);
    let then = match decision.next {
        Next::Done => Then::Done,
        Next::Retry(pause) => Then::RetryAt(ended.after(pause)),
        Next::Park => Then::Park,
        Next::Hold => Then::Hold,
        Next::Expire => Then::Expire,
    };
    let change = Change::Attempt(Attempt {
        delivery: claim.entry.delivery,
        number: claim.entry.attempts + 1,
        started,
        ended,
        failure: class_of(&outcome, &decision),
        reply: decision.code,
        reason: decision.reason.clone(),
        reply_bytes: kept_reply(&outcome, &decision),
        then,
    });
    pass(Place::SettleBefore);
    if !record(dock, &change).await {
        outbox.change(|queue| queue.unclaim(claim.key));
        outbox.stop();
        return;
    }
    pass(Place::SettleAfter);
    if matches!(decision.next, Next::Done) {
        outbox.delivery_times().add(situation.age);
    }
    outbox.reply_times().add(ended.since(started));
    dock.endings.tell(claim.entry.delivery.message);
    watched(dock, outbox, claim, &decision, (ended, sent));
    if let Some(reason) = &decision.reason {
        outbox.trouble(ended, reason.clone());
    }
    give_back(dock, outbox, claim, &decision, ended);
}

/// Tells those who watch what became of an attempt.
fn watched(dock: &Dock, outbox: &Outbox, claim: &Claim, decision: &Decision, (at, sent): (Timestamp, Option<Bytes>)) {
    let kind = match decision.next {
        Next::Done => Kind::Delivered,
        Next::Retry(_) => Kind::Retrying,
        Next::Park => Kind::Parked,
        Next::Hold => Kind::Held,
        Next::Expire => Kind::Expired,
    };
    let (place, id) = ((&outbox.interface, Some(&outbox.name)), claim.entry.delivery.message);
    let reason = decision.reason.as_ref();
    dock.live.tell(kind, |kind| live::news(at, kind, place, Some(id), reason));
    let was_down = outbox.look(crate::queue::Queue::is_down);
    if decision.is_up && was_down {
        dock.live.tell(Kind::Up, |kind| live::news(at, kind, place, None, None));
    }
    if decision.is_down && !was_down {
        dock.live.tell(Kind::Down, |kind| live::news(at, kind, place, None, reason));
    }
    if let Some(bytes) = sent {
        dock.live.pass(&Passed {
            at,
            received: claim.entry.accepted,
            message: id,
            interface: outbox.interface.clone(),
            destination: Some(outbox.name.clone()),
            end: kind,
            code: live::code_of(reason),
            bytes,
            definition: None,
        });
    }
}

/// Pause before a full inlet of the log is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Writes a change, waiting while the log has too much to write. `false` when the store has ended.
async fn record(dock: &Dock, change: &Change) -> bool {
    loop {
        match dock.store.append(change) {
            Ok(()) => return true,
            Err(store::Error::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
            Err(_) => return false,
        }
    }
}

fn give_back(dock: &Dock, outbox: &Outbox, claim: &Claim, decision: &Decision, ended: Timestamp) {
    if decision.is_up {
        outbox.answered();
    }
    if !matches!(decision.next, Next::Retry(_)) {
        outbox.forget_parts(claim.entry.delivery);
    }
    match decision.next {
        Next::Done => outbox.settle(claim.key, true, ended),
        Next::Park | Next::Expire => outbox.settle(claim.key, false, ended),
        Next::Hold => outbox.change(|queue| queue.hold(claim.key)),
        Next::Retry(pause) => {
            let now = dock.clock.monotonic();
            outbox.change(|queue| {
                queue.retry(claim.key, now + pause);
                if decision.is_down {
                    queue.mark_down(now, now + pause);
                }
            });
        }
    }
}

/// `None` when the peer took it. A reply that the table does not accept counts as the peer's refusal.
fn class_of(outcome: &Outcome, decision: &Decision) -> Option<Class> {
    if decision.next == Next::Done {
        return None;
    }
    Some(match outcome {
        Outcome::Transient { .. } => Class::Transient,
        Outcome::Ambiguous { .. } => Class::Ambiguous,
        Outcome::Permanent { .. } => Class::Permanent,
        Outcome::Delivered { .. } if matches!(decision.next, Next::Retry(_)) => Class::Transient,
        Outcome::Delivered { .. } => Class::Permanent,
    })
}

/// Replies that say more than "yes" are kept, sealed.
fn kept_reply(outcome: &Outcome, decision: &Decision) -> Option<Phi<Bytes>> {
    match outcome {
        Outcome::Delivered { reply } if decision.next != Next::Done => reply.clone().map(Phi::new),
        Outcome::Permanent { reply, .. } => reply.clone().map(Phi::new),
        Outcome::Delivered { .. } | Outcome::Transient { .. } | Outcome::Ambiguous { .. } => None,
    }
}

/// A name for logs and status: `interface/destination`.
#[must_use]
pub fn place(interface: &Name, destination: &Name) -> String {
    format!("{interface}/{destination}")
}
