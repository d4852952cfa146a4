//! The journey of one stored message, told step by step: what `sinew explain MESSAGE-ID` prints.
//!
//! Owns the telling; the facts are the log's. Never: content of the message, so it may be shown to anyone who may see
//! that the message exists.

use crate::{application, engine::Engine, findings};
use message::{Class, DeliveryId, DeliveryState, MessageId, Origin, Phi, Timestamp};
use serde::Serialize;
use store::{Attempt, Change, Content, Disposition, Entry, Query, Stored, Then};

/// One line of the journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// The number of the step in the table of the crate's documentation.
    pub step: u8,
    /// When, if it is known.
    pub at: Option<Timestamp>,
    /// The destination that it is about.
    pub destination: Option<String>,
    /// What happened, in words.
    pub text: String,
    /// It went well, or it is only told.
    pub is_good: bool,
}

/// The lines that scripts kept with a message. Patient data: reading them is an act that is audited.
#[must_use]
pub fn script_lines(stored: &Stored) -> Vec<Phi<&str>> {
    findings::parted(&stored.accept.flags).1
}

/// A message's journey, and where it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Journey {
    /// The message.
    pub id: MessageId,
    /// Its interface.
    pub interface: String,
    /// MSH-9.1 and MSH-9.2: `ADT^A01`.
    pub kind: String,
    /// MSH-10.
    pub control_id: String,
    /// Bytes as received.
    pub size: usize,
    /// Where each delivery stands.
    pub deliveries: Vec<Standing>,
    /// What happened, in order.
    pub stages: Vec<Stage>,
}

/// Where one delivery stands.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Which.
    pub delivery: DeliveryId,
    /// Where to.
    pub destination: String,
    /// Its state.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// The next attempt, while it is retrying.
    pub retry_at: Option<Timestamp>,
}

impl Engine {
    /// Tells the journey of a message.
    ///
    /// # Errors
    /// The store's: not found, corrupt.
    pub fn journey(&self, id: MessageId) -> Result<Journey, store::Error> {
        let stored = self.store().read(id)?;
        let history = self.store().history(id)?;
        let mut journey = tell(&stored, &history);
        journey.stages.extend(self.replays(&stored));
        Ok(journey)
    }

    /// The replays of a message, as far as the index knows them. It may be behind, or not there: then they are not told.
    fn replays(&self, stored: &Stored) -> Vec<Stage> {
        let query = Query {
            interface: Some(stored.accept.envelope.interface.clone()),
            control_id: Some(stored.accept.facts.control_id.clone()),
            limit: REPLAYS_TOLD_MAX,
            ..Query::default()
        };
        let hits = self.store().search(&query).map(|page| page.hits).unwrap_or_default();
        let mut found: Vec<Stage> = hits
            .iter()
            .filter(|hit| hit.id > stored.id)
            .filter_map(|hit| replayed_as(stored.id, &self.store().read(hit.id).ok()?))
            .collect();
        found.reverse();
        found
    }
}

/// Messages of one control id among which replays are looked for.
const REPLAYS_TOLD_MAX: usize = 32;

/// `replay` as what became of `original`, if it is a replay of it.
fn replayed_as(original: MessageId, replay: &Stored) -> Option<Stage> {
    let Origin::Replay { of, by, .. } = &replay.accept.envelope.origin else { return None };
    let became = match &replay.accept.disposition {
        Disposition::Routed => "goes its way as",
        Disposition::Filtered { rule } if rule.starts_with(REJECTED_BY) => "was rejected again, as",
        Disposition::Filtered { .. } => "was filtered, as",
        Disposition::Parked { .. } => "was parked, as",
    };
    let is_good = matches!(replay.accept.disposition, Disposition::Routed);
    let text = format!("replayed by {by}: it {became} message {}; the sender was not told", replay.id);
    (*of == original).then(|| Stage { is_good, ..stage(12, Some(replay.at), text) })
}

/// How the rule of a rejected message begins.
pub(crate) const REJECTED_BY: &str = "rejected by ";

/// Tells the journey from what the log holds. Pure.
#[must_use]
pub fn tell(stored: &Stored, history: &[Entry]) -> Journey {
    let accept = &stored.accept;
    let mut stages = arrival(stored);
    let name = |delivery: DeliveryId| {
        accept.deliveries.get(usize::from(delivery.number)).map(|planned| planned.destination.to_string())
    };
    stages.extend(history.iter().flat_map(|entry| told(entry, entry.change.delivery().and_then(name))));
    if application::is_owed(accept, history) {
        stages.push(Stage {
            is_good: false,
            ..stage(11, None, "application acknowledgment owed to the sender: sent when the message comes again")
        });
    }
    Journey {
        id: stored.id,
        interface: accept.envelope.interface.to_string(),
        kind: format!("{}^{}", accept.facts.message_type, accept.facts.event),
        control_id: accept.facts.control_id.clone(),
        size: accept.envelope.raw.len(),
        deliveries: standings(stored, history),
        stages,
    }
}

/// Where each delivery of a message stands after its history.
#[must_use]
pub fn standings(stored: &Stored, history: &[Entry]) -> Vec<Standing> {
    let one = |(number, planned): (usize, &store::Planned)| {
        let delivery = DeliveryId { message: stored.id, number: u16::try_from(number).unwrap_or(u16::MAX) };
        let (state, attempts, retry_at) = standing(delivery, history);
        Standing { delivery, destination: planned.destination.to_string(), state, attempts, retry_at }
    };
    stored.accept.deliveries.iter().enumerate().map(one).collect()
}

fn stage(step: u8, at: Option<Timestamp>, text: impl Into<String>) -> Stage {
    Stage { step, at, destination: None, text: text.into(), is_good: true }
}

/// Steps 1 to 6.
fn arrival(stored: &Stored) -> Vec<Stage> {
    let accept = &stored.accept;
    let envelope = &accept.envelope;
    let came = match &envelope.origin {
        Origin::Received => format!("received from {}, {} bytes", envelope.peer, envelope.raw.len()),
        Origin::Replay { of, by, .. } => format!("replay of message {of}, asked for by {by}"),
        Origin::Interface { from } if envelope.peer == envelope.interface => {
            format!("joined from parts, {} bytes; message {from} was the one that completed it", envelope.raw.len())
        }
        Origin::Interface { from } => format!("came from message {from} through interface {}", envelope.peer),
    };
    let mut stages = vec![
        stage(1, Some(envelope.received), came),
        stage(2, None, format!("interface {}, version {:016x}", envelope.interface, envelope.interface_version)),
    ];
    stages.push(match stored.reused_control_id_of {
        None => stage(3, None, "its control id was not seen before"),
        Some(of) => Stage {
            is_good: false,
            ..stage(
                3,
                None,
                format!("its control id was used before with other content, by message {of}: taken and flagged"),
            )
        },
    });
    stages.push(planned(stored));
    let (found, lines) = findings::parted(&accept.flags);
    if !found.is_empty() {
        stages.push(stage(4, None, format!("findings: {}", found.join("; "))));
    }
    if !lines.is_empty() {
        stages.push(stage(
            4,
            None,
            format!("lines that scripts kept with it: {} (sinew message ID --log)", lines.len()),
        ));
    }
    stages.push(stage(5, Some(stored.at), "stored and fsynced, with its plan"));
    stages.push(match &accept.acknowledgment {
        Some(_) if matches!(envelope.origin, Origin::Replay { .. }) => stage(
            6,
            None,
            "acknowledged to nobody: it is a replay, and the sender had its answer when the message came",
        ),
        Some(answer) => {
            let code =
                hl7v2::ack::Reply::read(answer.clone()).code.map_or_else(|| "?".to_owned(), |code| code.to_string());
            stage(6, None, format!("acknowledged {code}"))
        }
        None => stage(6, None, "no acknowledgment was asked for at once"),
    });
    stages
}

fn planned(stored: &Stored) -> Stage {
    let accept = &stored.accept;
    match &accept.disposition {
        Disposition::Filtered { rule } => stage(4, None, format!("filtered by: {rule}")),
        Disposition::Parked { reason } => Stage { is_good: false, ..stage(4, None, format!("parked: {reason}")) },
        Disposition::Routed => {
            let plan: Vec<String> = accept
                .deliveries
                .iter()
                .map(|planned| match &planned.content {
                    Content::Raw => format!("{} (as received)", planned.destination),
                    Content::Output(bytes) => format!("{} (changed, {} bytes)", planned.destination, bytes.len()),
                })
                .collect();
            stage(4, None, format!("goes to {}", plan.join(", ")))
        }
    }
}

/// Steps 7 to 12.
fn told(entry: &Entry, destination: Option<String>) -> Vec<Stage> {
    let line =
        |step, at, text: String, is_good| Stage { step, at: Some(at), destination: destination.clone(), text, is_good };
    let person = |act: &store::Act, what: &str| vec![line(12, entry.at, format!("{what} by {}", act.by), true)];
    match &entry.change {
        Change::Attempt(attempt) => attempted(attempt, &line),
        Change::Parked { reason, .. } => vec![line(9, entry.at, format!("parked: {reason}"), false)],
        Change::Held { reason, .. } => vec![line(9, entry.at, format!("held: {reason}"), false)],
        Change::Expired { reason, .. } => vec![line(9, entry.at, format!("expired: {reason}"), false)],
        Change::Released { act, .. } => person(act, "put back into the queue"),
        Change::Deleted { act, .. } => person(act, "deleted"),
        Change::Resent { act, .. } => person(act, "sent again"),
        Change::Dismissed { act, .. } => person(act, "dismissed"),
        Change::ApplicationAcknowledged(answer) => {
            vec![line(
                11,
                entry.at,
                format!("application acknowledgment {} for the sender", answer.code),
                answer.code.is_positive(),
            )]
        }
    }
}

fn attempted(attempt: &Attempt, line: &impl Fn(u8, Timestamp, String, bool) -> Stage) -> Vec<Stage> {
    let took = attempt.ended.since(attempt.started).as_secs_f64() * 1000.0;
    let reply = attempt.reply.map_or_else(String::new, |code| format!(", answered {code}"));
    let sent = match attempt.failure {
        None => {
            let odd = attempt.reason.as_ref().map_or_else(String::new, |reason| format!("; {reason}"));
            format!("attempt {}: delivered in {took:.1} ms{reply}{odd}", attempt.number)
        }
        Some(class) => {
            let class = match class {
                Class::Transient => "not delivered",
                Class::Permanent => "refused",
                Class::Ambiguous => "no answer, it may have arrived",
            };
            let why = attempt.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
            format!("attempt {}: {class} after {took:.1} ms{reply}{why}", attempt.number)
        }
    };
    let mut stages = vec![line(8, attempt.ended, sent, attempt.failure.is_none())];
    match attempt.then {
        Then::Done => stages.push(line(10, attempt.ended, "settled".to_owned(), true)),
        Then::RetryAt(at) => {
            stages.push(line(9, attempt.ended, format!("tried again at {}", at.to_rfc3339()), false));
        }
        Then::Park => stages.push(line(9, attempt.ended, "parked for a person".to_owned(), false)),
        Then::Hold => stages.push(line(9, attempt.ended, "held, with all behind it under its key".to_owned(), false)),
        Then::Expire => stages.push(line(9, attempt.ended, "given up, as the interface says".to_owned(), false)),
    }
    stages
}

/// Where a delivery stands after its history.
pub(crate) fn standing(delivery: DeliveryId, history: &[Entry]) -> (DeliveryState, u32, Option<Timestamp>) {
    let mut now = (DeliveryState::Queued, 0, None);
    for entry in history.iter().filter(|entry| entry.change.delivery() == Some(delivery)) {
        now = match &entry.change {
            // What a person or the peer ended stays so, whatever an attempt that was under way then says; the peer's
            // consent alone counts always.
            Change::Attempt(attempt) if now.0.is_settled() && attempt.then != Then::Done => now,
            Change::Attempt(attempt) => match attempt.then {
                Then::Done => (DeliveryState::Delivered, attempt.number, None),
                Then::RetryAt(at) => (DeliveryState::Retrying, attempt.number, Some(at)),
                Then::Park => (DeliveryState::Parked, attempt.number, None),
                Then::Hold => (DeliveryState::Held, attempt.number, None),
                Then::Expire => (DeliveryState::Expired, attempt.number, None),
            },
            Change::Parked { .. } => (DeliveryState::Parked, now.1, None),
            Change::Held { .. } => (DeliveryState::Held, now.1, None),
            Change::Expired { .. } => (DeliveryState::Expired, now.1, None),
            Change::Deleted { .. } => (DeliveryState::Deleted, now.1, None),
            Change::Released { .. } | Change::Resent { .. } => (DeliveryState::Queued, now.1, None),
            Change::Dismissed { .. } | Change::ApplicationAcknowledged(_) => now,
        };
    }
    now
}

#[cfg(test)]
mod tests;
