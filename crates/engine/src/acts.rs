//! What a person may do to interfaces, messages and deliveries. Every act names who and why, and is audited.
//!
//! Promises: an act is durable before it is reported; order within a key is kept, what was parked goes to the end of
//! its key; a replay is marked as one and bypasses duplicate detection (R4).

use crate::{
    codes,
    engine::Engine,
    intake,
    outbox::Outbox,
    queue::{Entry, HOPS_UNKNOWN},
};
use bytes::Bytes;
use interface::contract::{Frame, Verdict};
use message::{DeliveryId, DeliveryState, MessageId, Name, Origin, Phi, Reason, Timestamp};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use store::{Act, AuditEntry, Change, Disposition, Stored, Switch};

/// Who acts, and why.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub by: Name,
    /// The reason that was given.
    pub reason: Arc<str>,
}

impl Person {
    fn act(&self) -> Act {
        Act { by: self.by.clone(), reason: Phi::new(self.reason.to_string()) }
    }
}

/// A delivery that is the next under its key.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Which.
    pub delivery: DeliveryId,
    /// When its message was accepted.
    pub accepted: Timestamp,
    /// `ready`, `under way`, `tried again`, `held`.
    pub why: &'static str,
    /// So many wait behind it under the same key.
    pub behind: usize,
}

/// Which way a person turns a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Pause,
    Drain,
    Resume,
}

impl Turn {
    fn word(self) -> &'static str {
        match self {
            Turn::Pause => "pause",
            Turn::Drain => "drain",
            Turn::Resume => "resume",
        }
    }
}

/// What a replay did with one message.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// The message that was run again.
    pub of: MessageId,
    /// The message that came of it.
    pub message: Option<MessageId>,
    /// Why nothing came of it.
    pub refused: Option<Reason>,
}

impl Engine {
    /// Stops the intake of an interface (its peers queue), or the deliveries of one destination (they wait here).
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn pause(&self, interface: &str, destination: Option<&str>, person: &Person) -> Result<(), Reason> {
        self.switch(interface, destination, Turn::Pause, person).await
    }

    /// Lets what waits now go out, and nothing that comes later: of an interface by stopping its intake, of a destination by
    /// letting messages that come from now on wait.
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn empty(&self, interface: &str, destination: Option<&str>, person: &Person) -> Result<(), Reason> {
        self.switch(interface, destination, Turn::Drain, person).await
    }

    /// Undoes [`Engine::pause`].
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's; the connector's when the source cannot be opened.
    pub async fn resume(&self, interface: &str, destination: Option<&str>, person: &Person) -> Result<(), Reason> {
        self.switch(interface, destination, Turn::Resume, person).await
    }

    async fn switch(
        &self,
        interface: &str,
        destination: Option<&str>,
        turn: Turn,
        person: &Person,
    ) -> Result<(), Reason> {
        // Alone, or a reload could open the source that is being closed.
        let _alone = self.shared.reloading.lock().await;
        let flow = self.flow(interface)?;
        let outbox = destination.map(|name| self.outbox(interface, name)).transpose()?;
        self.audit(person, turn.word(), &object(interface, destination))?;
        let last = outbox.as_ref().filter(|_| turn == Turn::Drain);
        let last = last.map(|outbox| outbox.look(crate::queue::Queue::youngest).unwrap_or(MessageId(0)));
        let is_paused = turn != Turn::Resume;
        let switch = Switch {
            value: last.map_or_else(|| PAUSED.to_owned(), |last| format!("{DRAINING}{last}")),
            at: self.shared.dock.clock.now(),
            by: person.by.to_string(),
            reason: person.reason.to_string(),
        };
        let name = object(interface, destination);
        self.store().tables().set_switch(&name, is_paused.then_some(&switch)).map_err(stored)?;
        match outbox {
            Some(outbox) => {
                outbox.change(|queue| match last {
                    Some(last) => queue.drain(last),
                    None => queue.pause(is_paused),
                });
                Ok(())
            }
            None => {
                flow.pause(is_paused);
                if is_paused {
                    flow.close_source().await;
                    return Ok(());
                }
                flow.open_source().await
            }
        }
    }

    /// Makes held and waiting deliveries of a destination go now.
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn release(&self, interface: &str, destination: &str, person: &Person) -> Result<usize, Reason> {
        let outbox = self.outbox(interface, destination)?;
        self.audit(person, "release", &object(interface, Some(destination)))?;
        outbox.change(crate::queue::Queue::hurry);
        let mut released = 0;
        for (key, delivery) in outbox.look(crate::queue::Queue::held_heads) {
            released += usize::from(self.release_head(&outbox, key, delivery, person).await?);
        }
        Ok(released)
    }

    /// Lets the next so many deliveries of a destination go that a person paused, in their order.
    ///
    /// # Errors
    /// [`codes::E5201`]; [`codes::E5202`] when it is not paused.
    pub fn let_go(&self, interface: &str, destination: &str, count: usize, person: &Person) -> Result<(), Reason> {
        let outbox = self.outbox(interface, destination)?;
        self.audit(person, "let go", &format!("{} next of {}", count, object(interface, Some(destination))))?;
        if outbox.change(|queue| queue.let_go(count)) {
            return Ok(());
        }
        Err(Reason::new(
            codes::E5202,
            format!("{} is not paused: what waits there goes by itself", object(interface, Some(destination))),
        ))
    }

    /// The first deliveries that wait for a destination, in their order.
    ///
    /// # Errors
    /// [`codes::E5201`].
    pub fn waiting(&self, interface: &str, destination: &str, count: usize) -> Result<Vec<Waiting>, Reason> {
        let heads = self.outbox(interface, destination)?.look(|queue| queue.first_heads(count));
        let row = |(delivery, accepted, why, behind)| Waiting { delivery, accepted, why, behind };
        Ok(heads.into_iter().map(row).collect())
    }

    /// Recorded first: once it is ready, its next attempt may be in the log before the act is.
    async fn release_head(
        &self,
        outbox: &Outbox,
        key: u64,
        delivery: DeliveryId,
        person: &Person,
    ) -> Result<bool, Reason> {
        self.commit(Change::Released { delivery, act: person.act() }).await?;
        Ok(outbox.change(|queue| queue.release(key, delivery)))
    }

    /// Records a change, waiting while the log has too much to write.
    async fn commit(&self, change: Change) -> Result<(), Reason> {
        loop {
            match self.store().commit_change(change.clone()).await {
                Ok(_) => {
                    self.shared.dock.endings.tell(change.message());
                    return Ok(());
                }
                Err(store::Error::Busy) => tokio::time::sleep(BUSY_PAUSE).await,
                Err(store::Error::Refused { delivery, why }) => {
                    return Err(Reason::new(codes::E5202, format!("delivery {delivery}: {why}")));
                }
                Err(error) => return Err(stored(error)),
            }
        }
    }

    /// Puts a parked delivery back at the end of its key; lets a held one go, which keeps its place.
    ///
    /// # Errors
    /// [`codes::E5202`] when it is neither; the store's.
    pub async fn retry(&self, delivery: DeliveryId, person: &Person) -> Result<(), Reason> {
        self.requeue(delivery, person, "retry", Change::Released { delivery, act: person.act() }).await
    }

    /// Sends the stored output of a settled delivery again: the same bytes, the same control id (R2).
    ///
    /// # Errors
    /// [`codes::E5202`] when it is still in the queue; the store's.
    pub async fn resend(&self, delivery: DeliveryId, person: &Person) -> Result<(), Reason> {
        self.requeue(delivery, person, "resend", Change::Resent { delivery, act: person.act() }).await
    }

    async fn requeue(&self, delivery: DeliveryId, person: &Person, act: &str, change: Change) -> Result<(), Reason> {
        let stored_message = self.store().read(delivery.message).map_err(stored)?;
        let Some(planned) = stored_message.accept.deliveries.get(usize::from(delivery.number)) else {
            return Err(Reason::new(
                codes::E5201,
                format!("message {} has no delivery {}", delivery.message, delivery.number),
            ));
        };
        let outbox = self.outbox(&stored_message.accept.envelope.interface, &planned.destination)?;
        self.audit_message(person, act, &delivery.to_string(), &stored_message)?;
        let key = planned.order_key;
        let (is_held, is_waiting) = outbox.look(|queue| (queue.is_held(delivery), queue.contains(key, delivery)));
        if is_held && matches!(change, Change::Released { .. }) {
            return self.release_head(&outbox, key, delivery, person).await.map(|_| ());
        }
        if is_waiting {
            return Err(Reason::new(codes::E5202, format!("delivery {delivery} is in the queue")));
        }
        // The store refuses what does not fit the delivery's state, so two persons cannot both put it back.
        self.commit(change).await?;
        let entry = Entry {
            delivery,
            accepted: stored_message.accept.envelope.received,
            attempts: 0,
            priority: planned.priority,
            bytes: None,
            hops: HOPS_UNKNOWN,
        };
        if let Err(entry) = outbox.push_again(key, entry) {
            self.shared.dock.orphans.keep(&outbox.interface, &outbox.name, key, &entry, false);
        }
        Ok(())
    }

    /// Removes a delivery that was not delivered: from its queue, or from among the parked.
    ///
    /// # Errors
    /// [`codes::E5202`] while it is being sent; the store's.
    pub async fn delete(&self, delivery: DeliveryId, person: &Person) -> Result<(), Reason> {
        let message = self.store().read(delivery.message).map_err(stored)?;
        self.audit_message(person, "delete", &delivery.to_string(), &message)?;
        let planned = message.accept.deliveries.get(usize::from(delivery.number));
        let queued = planned.and_then(|planned| {
            let outbox = self.outbox(&message.accept.envelope.interface, &planned.destination).ok()?;
            let is_waiting = outbox.look(|queue| queue.contains(planned.order_key, delivery));
            is_waiting.then_some((outbox, planned.order_key))
        });
        if queued.is_some_and(|(outbox, key)| outbox.remove(key, delivery).is_none()) {
            return Err(Reason::new(codes::E5202, format!("delivery {delivery} is being sent at this moment")));
        }
        self.shared.dock.orphans.take(delivery);
        self.commit(Change::Deleted { delivery, act: person.act() }).await
    }

    /// Gives up a message that was parked as a whole.
    ///
    /// # Errors
    /// [`codes::E5202`] when it is not parked; the store's.
    pub async fn dismiss(&self, message: MessageId, person: &Person) -> Result<(), Reason> {
        self.audit(person, "dismiss", &message.to_string())?;
        self.commit(Change::Dismissed { message, act: person.act() }).await
    }

    /// Runs a stored message again from its raw bytes, through the interface as it is now. A message that was parked as
    /// a whole is dismissed once its replay is safe.
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn replay(&self, of: MessageId, person: &Person) -> Result<Replayed, Reason> {
        self.run_again(of, None, person).await
    }

    /// As [`Engine::replay`], with the bytes as a person corrected them. What was stored stays as it is (R9).
    ///
    /// # Errors
    /// [`codes::E5201`]; the store's.
    pub async fn replay_edited(&self, of: MessageId, edited: Bytes, person: &Person) -> Result<Replayed, Reason> {
        self.run_again(of, Some(edited), person).await
    }

    async fn run_again(&self, of: MessageId, edited: Option<Bytes>, person: &Person) -> Result<Replayed, Reason> {
        let original = self.store().read(of).map_err(stored)?;
        let flow = self.flow(&original.accept.envelope.interface)?;
        let act = if edited.is_some() { "edit" } else { "replay" };
        self.audit_message(person, act, &of.to_string(), &original)?;
        let envelope = &original.accept.envelope;
        let frame = Frame {
            bytes: edited.unwrap_or_else(|| envelope.raw.clone()),
            peer: envelope.peer.clone(),
            received: self.shared.dock.clock.now(),
            format: envelope.format,
            from: None,
            found: Arc::default(),
        };
        let origin = Origin::Replay { of, by: person.by.clone(), reason: person.reason.clone() };
        let reply = intake::accept(&flow, frame, origin).await;
        match reply.verdict() {
            Verdict::Accepted(message) => {
                if is_parked_whole(&original) && self.is_parked(of) {
                    let reason = Phi::new(format!("replayed as {message}: {}", person.reason));
                    let act = Act { by: person.by.clone(), reason };
                    // Refused if someone else replayed or dismissed it meanwhile: then that is done, too.
                    let _ = self.commit(Change::Dismissed { message: of, act }).await;
                }
                Ok(Replayed { of, message: Some(*message), refused: None })
            }
            Verdict::Later(reason) | Verdict::Refused(reason) => {
                Ok(Replayed { of, message: reply.stored_as_rejected(), refused: Some(reason.clone()) })
            }
        }
    }

    fn is_parked(&self, message: MessageId) -> bool {
        let ended = |entry: &store::Entry| matches!(entry.change, Change::Dismissed { .. });
        self.store().history(message).is_ok_and(|history| !history.iter().any(ended))
    }

    fn outbox(&self, interface: &str, destination: &str) -> Result<Arc<Outbox>, Reason> {
        self.flow(interface)?.outbox(destination).ok_or_else(|| {
            Reason::new(codes::E5201, format!("interface `{interface}` has no destination `{destination}`"))
        })
    }

    /// Appends to the audit chain: who did what to which object, and why.
    ///
    /// # Errors
    /// The store's.
    pub fn audit(&self, person: &Person, act: &str, object: &str) -> Result<(), Reason> {
        self.record(&entry(person, act, object))
    }

    /// As [`Engine::audit`], for an act on a message: who the message is about is kept as keyed hashes.
    ///
    /// # Errors
    /// The store's.
    pub fn audit_message(&self, person: &Person, act: &str, object: &str, message: &Stored) -> Result<(), Reason> {
        let patients = message.accept.facts.patients.clone();
        self.record(&AuditEntry { patients, ..entry(person, act, object) })
    }

    /// A peer was turned away at this door of the process, such as `api`: recorded like those of the interfaces.
    pub fn turn_away(&self, door: &str, peer: &str, reason: &Reason) {
        let dock = &self.shared.dock;
        dock.refusals.record(&dock.store, &dock.clock, (door, peer), reason);
    }

    /// Appends any record to the audit chain.
    ///
    /// # Errors
    /// The store's: what was to be recorded must not be done.
    pub fn record(&self, entry: &AuditEntry) -> Result<(), Reason> {
        self.store().audit().append(self.shared.dock.clock.now(), entry).map(|_| ()).map_err(stored)
    }
}

fn entry(person: &Person, act: &str, object: &str) -> AuditEntry {
    AuditEntry {
        who: person.by.to_string(),
        act: act.to_owned(),
        object: object.to_owned(),
        reason: person.reason.to_string(),
        ..AuditEntry::default()
    }
}

fn is_parked_whole(message: &Stored) -> bool {
    matches!(message.accept.disposition, Disposition::Parked { .. })
}

/// Pause before a full inlet of the log is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The value of a switch that pauses an interface or a destination.
pub const PAUSED: &str = "paused";

/// The value of a switch that lets a destination have what came up to a message, whose number stands behind it.
const DRAINING: &str = "draining:";

/// The last message that a destination is to have, where a switch says so.
pub(crate) fn drained_to(value: &str) -> Option<MessageId> {
    value.strip_prefix(DRAINING)?.parse().ok().map(MessageId)
}

fn object(interface: &str, destination: Option<&str>) -> String {
    destination.map_or_else(|| interface.to_owned(), |destination| format!("{interface}/{destination}"))
}

/// The store's errors keep their own codes.
fn stored(error: store::Error) -> Reason {
    error.reason()
}

/// A delivery in this state may be put back by `retry`.
#[must_use]
pub fn is_retryable(state: DeliveryState) -> bool {
    match state {
        DeliveryState::Parked | DeliveryState::Held => true,
        DeliveryState::Queued
        | DeliveryState::Retrying
        | DeliveryState::Delivered
        | DeliveryState::Expired
        | DeliveryState::Deleted => false,
    }
}
