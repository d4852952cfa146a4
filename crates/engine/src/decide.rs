//! Step 9 of the journey: outcome + reply table + policy → what happens to the delivery. Pure.

use crate::codes;
use interface::{
    definition::{DestinationDefinition, GiveUp, Retry, Then},
    replies::{Action, Answer},
};
use message::{AckCode, DeliveryId, Format, Outcome, Reason, Scope};
use std::time::Duration;

/// What happens next to a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is delivered.
    Done,
    /// It is tried again after this pause.
    Retry(Duration),
    /// It leaves the queue for a person.
    Park,
    /// It stays, with all behind it under its key, for a person.
    Hold,
    /// It is given up for good, as the interface says.
    Expire,
}

/// The verdict over one attempt, with what `sinew explain` says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens.
    pub next: Next,
    /// The destination as a whole is out of reach: others must not try now.
    pub is_down: bool,
    /// The destination answered: whatever it said, it is within reach.
    pub is_up: bool,
    /// MSA-1 of the reply, if there was one.
    pub code: Option<AckCode>,
    /// Why it is not done, or what is odd about it.
    pub reason: Option<Reason>,
}

/// What decides besides the outcome.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// Which delivery: seeds the jitter.
    pub delivery: DeliveryId,
    /// Attempts before this one.
    pub attempts: u32,
    /// Failures in a row of the destination as a whole, before this one.
    pub failures: u32,
    /// Time since the message was accepted.
    pub age: Duration,
}

/// Decides. `answer` is the outcome's reply as [`read_answer`] understood it.
#[must_use]
pub fn decide(outcome: &Outcome, answer: &Answer, to: &DestinationDefinition, at: Situation) -> Decision {
    let code = match answer {
        Answer::Acknowledged { code, .. } => Some(*code),
        Answer::Unconfirmed => Some(AckCode::CA),
        _ => None,
    };
    let stated = status_of(outcome).and_then(|status| to.replies.stated_for(status));
    let action = stated.unwrap_or_else(|| to.replies.decide(answer, at.attempts));
    let is_down = matches!(outcome, Outcome::Transient { scope: Scope::Destination, .. });
    let is_committed = *answer == Answer::Unconfirmed;
    let is_up = is_committed || matches!(outcome, Outcome::Delivered { .. } | Outcome::Permanent { .. });
    let reason = if action == Action::Done && !is_committed { None } else { Some(reason_of(outcome, answer)) };
    let next = match action {
        Action::Done => Next::Done,
        Action::Park => Next::Park,
        Action::Hold => Next::Hold,
        Action::Retry => give_up(&to.retry, at.age).unwrap_or_else(|| {
            let attempts = if is_down { at.failures } else { at.attempts };
            let pause = backoff(&to.retry, attempts, at.delivery);
            Next::Retry(retry_after(outcome).map_or(pause, |asked| pause.max(asked.min(RETRY_AFTER_MAX))))
        }),
    };
    Decision { next, is_down, is_up, code, reason }
}

/// A peer may ask for a longer pause than the policy's, but not for more than this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

fn retry_after(outcome: &Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Transient { retry_after, .. } => *retry_after,
        Outcome::Delivered { .. } | Outcome::Permanent { .. } | Outcome::Ambiguous { .. } => None,
    }
}

fn give_up(retry: &Retry, age: Duration) -> Option<Next> {
    match retry.give_up {
        GiveUp::Never => None,
        GiveUp::After(limit, _) if age < limit => None,
        GiveUp::After(_, Then::Park) => Some(Next::Park),
        GiveUp::After(_, Then::Hold) => Some(Next::Hold),
        GiveUp::After(_, Then::Expire) => Some(Next::Expire),
    }
}

/// A connector that matches answers by itself says with these codes of E61xx that there were answers, but none that it
/// could take for this message: rows of the reply table of their own (requirement F15).
const WRONG_ID: &str = "E6107";
/// See [`WRONG_ID`].
const UNCONFIRMED: &str = "E6111";
/// See [`WRONG_ID`].
const UNREADABLE: &str = "E6108";

/// The HTTP status of an answer that was no success.
fn status_of(outcome: &Outcome) -> Option<u16> {
    match outcome {
        Outcome::Delivered { .. } => None,
        Outcome::Transient { reason, .. } | Outcome::Permanent { reason, .. } | Outcome::Ambiguous { reason } => {
            reason.status()
        }
    }
}

fn is_reason(outcome: &Outcome, code: &str) -> bool {
    matches!(outcome, Outcome::Ambiguous { reason } if reason.code == code)
}

/// Reads what the peer answered to bytes of this format. A medium without answers gives `Answer::Nothing`; so does a peer that
/// took what is no HL7 v2 and says so in its own words, as a FHIR server does in the body of its 200.
#[must_use]
pub fn read_answer(outcome: &Outcome, sent: Format) -> Answer {
    let reply = match outcome {
        Outcome::Delivered { reply } => reply.as_ref(),
        Outcome::Permanent { .. } | Outcome::Transient { .. } | Outcome::Ambiguous { .. } => None,
    };
    match reply {
        None if is_reason(outcome, WRONG_ID) => Answer::WrongId,
        None if is_reason(outcome, UNCONFIRMED) => Answer::Unconfirmed,
        None if is_reason(outcome, UNREADABLE) => Answer::Unreadable,
        None => Answer::of(outcome),
        Some(reply) if reply.is_empty() => Answer::of(outcome),
        Some(reply) => {
            let read = hl7v2::ack::Reply::read(reply.clone());
            let conditions = read.error_codes.iter().filter_map(|code| code.parse().ok()).collect();
            match read.code {
                Some(code) => Answer::Acknowledged { code, conditions },
                None if sent != Format::Hl7v2 => Answer::of(outcome),
                None => Answer::Unreadable,
            }
        }
    }
}

fn reason_of(outcome: &Outcome, answer: &Answer) -> Reason {
    match (outcome, answer) {
        (Outcome::Transient { reason, .. } | Outcome::Permanent { reason, .. } | Outcome::Ambiguous { reason }, _) => {
            reason.clone()
        }
        (Outcome::Delivered { .. }, Answer::Acknowledged { code, conditions }) => {
            let conditions: Vec<String> =
                conditions.iter().filter(|code| **code != 0).map(|code| format!("ERR-3 {code}")).collect();
            let detail = if conditions.is_empty() { String::new() } else { format!(" ({})", conditions.join(", ")) };
            Reason::new(codes::E5101, format!("the destination answered {code}{detail}"))
        }
        (Outcome::Delivered { .. }, _) => Reason::new(codes::E5102, "the destination's answer has no readable MSA"),
    }
}

/// Exponential from `delay_min` to `delay_max`, with ±20 % jitter that depends on delivery and attempt only, so that a
/// thousand lanes that failed together do not come back together, and a test can repeat it.
#[must_use]
pub fn backoff(retry: &Retry, attempts: u32, delivery: DeliveryId) -> Duration {
    let doubled = retry.delay_min.saturating_mul(1_u32.checked_shl(attempts.min(20)).unwrap_or(u32::MAX));
    let base = doubled.min(retry.delay_max).max(retry.delay_min.min(retry.delay_max));
    let mut mixed = delivery.message.0 ^ (u64::from(delivery.number) << 48) ^ (u64::from(attempts) << 32);
    mixed = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed ^= mixed >> 29;
    mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let permille = 800 + u32::try_from((mixed >> 33) % 401).unwrap_or(0);
    base.saturating_mul(permille) / 1000
}

#[cfg(test)]
mod tests;
