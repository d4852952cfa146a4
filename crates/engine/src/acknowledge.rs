//! The acknowledgments that this engine gives, and the facts it stores: the seam to `hl7v2`.
//!
//! Promises: AE and AR are never given for what happens after a message is stored, unless the interface says
//! `ack after-delivered`, and AE or CE for a message that a `validate` line rejects, which is known before it is stored; an acknowledgment is never acknowledged; "later" is AR with ERR-3 207 in original mode and CE in enhanced mode (requirement F3).

use crate::codes;
use bytes::Bytes;
use hl7v2::{
    Facts, Message, Path, Value,
    ack::{self, Acknowledgment, Finding, Mode},
    validate::{Conditions, Issue, Report},
};
use interface::definition::{Acknowledge, Definition};
use message::{AckCode, Format, Reason, Severity, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

/// The answer to a message that is stored, if its sender wants one.
#[must_use]
pub fn accept(message: &Message, when: Acknowledge, now: Timestamp) -> Option<Bytes> {
    match when {
        Acknowledge::None => None,
        Acknowledge::AfterDelivered if !ack::needs_accept_ack(message, true) => None,
        Acknowledge::AfterStored | Acknowledge::AfterValidated | Acknowledge::AfterDelivered => {
            build(message, now, AckCode::AA, AckCode::CA, None)
        }
    }
}

/// When the sender of a stored message waits for an application acknowledgment besides what [`accept`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It does not.
    Never,
    /// It waits for nothing else: original mode.
    Alone,
    /// It comes as a message of its own: enhanced mode.
    Later,
}

/// See [`Due`].
#[must_use]
pub fn due(message: &Message, when: Acknowledge) -> Due {
    if when == Acknowledge::None || ack::is_acknowledgment(message) {
        return Due::Never;
    }
    let is_delivered = when == Acknowledge::AfterDelivered;
    match Mode::of(message) {
        Mode::Original if is_delivered => Due::Alone,
        Mode::Original => Due::Never,
        Mode::Enhanced { accept, application } => {
            let can_be = application.applies(true) || (is_delivered && application.applies(false));
            // Without a commit acknowledgment the answer to the storing is already the application's.
            if can_be && (is_delivered || accept.applies(true)) { Due::Later } else { Due::Never }
        }
    }
}

/// The application acknowledgment of a stored message, if its sender wants one of this sign.
#[must_use]
pub fn application(message: &Message, now: Timestamp, code: AckCode, reason: Option<&Reason>) -> Option<Bytes> {
    let is_wanted = !ack::is_acknowledgment(message) && ack::needs_application_ack(message, code.is_positive());
    is_wanted.then(|| write(message, now, code, reason.map(|reason| (207, reason))))
}

/// The sender waits for a message of HL7 v2 as the answer.
fn is_answered(definition: &Definition) -> bool {
    definition.receive.acknowledge != Acknowledge::None && definition.receive.format == Format::Hl7v2
}

/// The answer to a message that will never be taken as it stands.
#[must_use]
pub fn refuse(message: &Message, definition: &Definition, now: Timestamp, reason: &Reason) -> Option<Bytes> {
    if !is_answered(definition) {
        return None;
    }
    let condition = if reason.code == codes::E5001.id { 100 } else { 102 };
    build(message, now, AckCode::AR, AckCode::CR, Some((condition, reason)))
}

/// The answer to a message that is stored and not valid: an ERR segment for each error.
#[must_use]
pub fn reject(message: &Message, definition: &Definition, now: Timestamp, issues: &[Issue]) -> Option<Bytes> {
    if !is_answered(definition) {
        return None;
    }
    let code = code(message, AckCode::AE, AckCode::CE)?;
    let mut report = Report { issues: issues.to_vec(), ..Report::default() };
    // Where warnings are rejected, they are what the sender has to know.
    if report.is_valid() {
        report.issues.iter_mut().for_each(|issue| issue.severity = Severity::Error);
    }
    let conditions = Conditions::of(message, &report);
    let findings: Vec<Finding<'_>> = conditions.findings().collect();
    Some(write_findings(message, now, code, &findings))
}

/// The answer that means "try again later".
#[must_use]
pub fn later(message: &Message, definition: &Definition, now: Timestamp) -> Option<Bytes> {
    let reason = Reason::new(codes::E5002, "not stored, please send it again later");
    wait_for(message, definition, now, &reason)
}

/// The same, where something else has to come first.
#[must_use]
pub fn wait_for(message: &Message, definition: &Definition, now: Timestamp, reason: &Reason) -> Option<Bytes> {
    if !is_answered(definition) {
        return None;
    }
    build(message, now, AckCode::AR, AckCode::CE, Some((207, reason)))
}

/// The answer with MSA-4, the sequence number protocol (HL7 v2.9 §2.10.1).
#[must_use]
pub fn numbered(answer: Option<Bytes>, number: i64) -> Option<Bytes> {
    let answer = answer?;
    let (mut message, _) = Message::parse(answer.clone());
    let text = number.to_string();
    let is_set = message.set(&Path::field(b"MSA", 4), Value::Text(&text)).is_ok();
    Some(if is_set { message.into_bytes() } else { answer })
}

/// In enhanced mode (MSH-15 or MSH-16 valued) the commit code answers if MSH-15 asks for it, else the application code
/// if MSH-16 does (HL7 v2.9 §2.9.3).
fn build(
    message: &Message,
    now: Timestamp,
    original: AckCode,
    commit: AckCode,
    problem: Option<(u16, &Reason)>,
) -> Option<Bytes> {
    Some(write(message, now, code(message, original, commit)?, problem))
}

/// Which of the two is said; nothing where nobody asked.
fn code(message: &Message, original: AckCode, commit: AckCode) -> Option<AckCode> {
    if ack::is_acknowledgment(message) {
        return None;
    }
    let is_positive = original.is_positive();
    match Mode::of(message) {
        Mode::Original => Some(original),
        Mode::Enhanced { .. } if ack::needs_accept_ack(message, is_positive) => Some(commit),
        Mode::Enhanced { .. } if ack::needs_application_ack(message, is_positive) => Some(original),
        Mode::Enhanced { .. } => None,
    }
}

fn write(message: &Message, now: Timestamp, code: AckCode, problem: Option<(u16, &Reason)>) -> Bytes {
    let text = problem.map(|(_, reason)| reason.to_string()).unwrap_or_default();
    let finding =
        problem.map(|(condition, _)| Finding { location: None, condition, severity: Severity::Error, text: &text });
    let findings: Vec<Finding<'_>> = finding.into_iter().collect();
    write_findings(message, now, code, &findings)
}

fn write_findings(message: &Message, now: Timestamp, code: AckCode, findings: &[Finding<'_>]) -> Bytes {
    let reply = Acknowledgment {
        code,
        control_id: &control_id(now),
        time: &now.to_dtm(),
        text: None,
        sequence: None,
        findings,
    };
    Bytes::from(ack::build(message, &reply))
}

/// What the store indexes of a message. Every patient id counts, whatever its type.
#[must_use]
pub fn facts(facts: Facts) -> store::Facts {
    store::Facts {
        control_id: facts.control_id,
        message_type: facts.message_type,
        event: facts.trigger_event,
        application: facts.sending_application,
        facility: facts.sending_facility,
        patients: facts.patient_ids.into_iter().map(|patient| patient.id).collect(),
        visits: facts.visit.into_iter().collect(),
        orders: facts.orders,
        extra: Vec::new(),
    }
}

/// MSH-10 of our acknowledgments: unique in this process, at most 20 characters (the limit before v2.7).
pub(crate) fn control_id(now: Timestamp) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:X}{:04X}", now.0, number & 0xFFFF)
}

#[cfg(test)]
mod tests;
