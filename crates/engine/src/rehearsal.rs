//! A test case without an engine: messages through the pipeline, partners as the test says.
//!
//! Promises: the same pipeline, the same acknowledgments as in the running engine; the time of the test is the time the
//! test states.
//! Never: stores, sends, sleeps.

use crate::{acknowledge, intake, pipeline};
use bytes::Bytes;
use interface::{
    case::{self, End, Given, Processed, TestCase, Verdict},
    definition::Definition,
};
use lang::Run;
use message::{Clock, Format, Name, Timestamp, clock};

/// One test, run.
#[derive(Debug)]
pub struct Rehearsed {
    /// Whether it did what it says.
    pub verdict: Verdict,
    /// What became of each given message, in order.
    pub processed: Vec<Processed>,
    /// The time at which it happened.
    pub at: Timestamp,
}

/// Runs one test: at the time that it states; else at `at`; else now.
#[must_use]
pub fn rehearse(definition: &Definition, case: &TestCase, at: Option<Timestamp>) -> Rehearsed {
    let stated = case.at.as_deref().and_then(instant).or(at);
    let at = stated.unwrap_or_else(|| clock::System.now());
    let processed: Vec<Processed> = case.given.iter().map(|given| process(definition, given, at)).collect();
    Rehearsed { verdict: case::evaluate(case, definition, &processed), processed, at }
}

/// `2026-03-29T02:30 Europe/Berlin`; without a zone it is UTC. `None` when it cannot be read.
#[must_use]
pub fn instant(text: &str) -> Option<Timestamp> {
    let (clock, zone) = text.split_once(' ').unwrap_or((text, "UTC"));
    let local: jiff::civil::DateTime = clock.parse().ok()?;
    let zoned = local.in_tz(zone).ok()?;
    Some(Timestamp(zoned.timestamp().as_microsecond()))
}

fn process(definition: &Definition, given: &Given, now: Timestamp) -> Processed {
    let is_v2 = definition.receive.format == Format::Hl7v2;
    let (mut message, _) = intake::read(definition, &given.bytes);
    let refused = |code: &str| Processed {
        end: End::Refused { code: code.into() },
        outputs: Vec::new(),
        acknowledgment: None,
        notes: Vec::new(),
        issues: Vec::new(),
    };
    if let Some(edits) = &given.edits
        && let Err(fault) = edits.apply(&mut message, &mut Run::new(now, 0))
    {
        return refused(fault.code.id);
    }
    let bytes = if is_v2 { message.to_bytes() } else { given.bytes.clone() };
    let (message, found) = intake::read(definition, &bytes);
    if let Err(reason) = intake::check_message(definition, bytes.len(), &message) {
        return refused(&reason.code);
    }
    let plan = intake::plan(definition, (&message, &found), &bytes, now);
    let answer = match &plan.end {
        pipeline::End::Rejected { .. } => acknowledge::reject(&message, definition, now, &plan.issues),
        pipeline::End::Routed | pipeline::End::Filtered(_) | pipeline::End::Unrouted | pipeline::End::Parked(_) => {
            acknowledge::accept(&message, definition.receive.acknowledge, now).filter(|_| is_v2)
        }
    };
    Processed {
        end: end(&plan.end),
        acknowledgment: answer.and_then(|answer| hl7v2::ack::Reply::read(answer).code),
        outputs: outputs(definition, plan.deliveries, plan.published, &bytes),
        issues: plan.issues.iter().map(|issue| ((*issue.code).into(), issue.path.clone())).collect(),
        notes: plan.notes,
    }
}

/// What goes where: a topic counts once, however many receive it.
fn outputs(
    definition: &Definition,
    deliveries: Vec<pipeline::Delivery>,
    published: Vec<(Name, Option<Bytes>)>,
    raw: &Bytes,
) -> Vec<(Name, Bytes)> {
    let is_own = |delivery: &pipeline::Delivery| {
        definition.destinations.get(delivery.place).is_none_or(|destination| destination.subscriber.is_none())
    };
    let sent = deliveries.into_iter().filter(is_own).map(|delivery| (delivery.destination, delivery.output));
    sent.chain(published).map(|(name, output)| (name, output.unwrap_or_else(|| raw.clone()))).collect()
}

fn end(end: &pipeline::End) -> End {
    match end {
        pipeline::End::Routed => End::Routed,
        pipeline::End::Filtered(rule) => End::Filtered { rule: rule.text.clone() },
        pipeline::End::Unrouted => End::Filtered { rule: "no destination's `when` holds".into() },
        pipeline::End::Rejected { reason, .. } => End::Refused { code: (*reason.code).into() },
        pipeline::End::Parked(reason) => End::Parked { code: (*reason.code).into() },
    }
}

#[cfg(test)]
mod tests;
