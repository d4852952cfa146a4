//! The acknowledgments that this engine gives, and the facts it stores: the seam to `hl7v2`.
//!
//! Promises: AE and AR are never given for what happens after a message is stored; an acknowledgment is never
//! acknowledged; "later" is AR with ERR-3 207 in original mode and CE in enhanced mode (requirement F3).

use crate::codes;
use bytes::Bytes;
use hl7v2::{
    Message,
    ack::{self, Problem},
};
use interface::definition::{Acknowledge, Definition};
use message::{AckCode, Reason, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

/// The answer to a message that is stored, if its sender wants one.
#[must_use]
pub fn accept(message: &Message, definition: &Definition, now: Timestamp) -> Option<Bytes> {
    if definition.receive.acknowledge == Acknowledge::None {
        return None;
    }
    build(message, now, AckCode::AA, AckCode::CA, None)
}

/// The answer to a message that will never be taken as it stands.
#[must_use]
pub fn refuse(message: &Message, definition: &Definition, now: Timestamp, reason: &Reason) -> Option<Bytes> {
    if definition.receive.acknowledge == Acknowledge::None {
        return None;
    }
    let condition = if reason.code == codes::E5001.id { 100 } else { 102 };
    build(message, now, AckCode::AR, AckCode::CR, Some((condition, reason)))
}

/// The answer that means "try again later".
#[must_use]
pub fn later(message: &Message, now: Timestamp) -> Option<Bytes> {
    let reason = Reason::new(codes::E5002, "not stored, please send it again later");
    build(message, now, AckCode::AR, AckCode::CE, Some((207, &reason)))
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
    if ack::is_acknowledgment(message) {
        return None;
    }
    let wanted = ack::Wanted::of(message);
    let is_positive = original.is_positive();
    let code = if !wanted.is_enhanced() {
        original
    } else if wanted.wants_commit(is_positive) {
        commit
    } else if wanted.wants_application(is_positive) {
        original
    } else {
        return None;
    };
    let problems: Vec<Problem> =
        problem.into_iter().map(|(condition, reason)| Problem::new(condition, reason.to_string())).collect();
    Some(Bytes::from(ack::build(message, code, &control_id(now), &now.to_dtm(), &problems)))
}

/// MSH-10 of our acknowledgments: unique in this process, at most 20 characters (the limit before v2.7).
fn control_id(now: Timestamp) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{:X}{:04X}", now.0, number & 0xFFFF)
}
