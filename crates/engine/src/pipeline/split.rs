//! The parts of a message that was split: each goes through the steps below for itself, and all their deliveries are one
//! plan.
//!
//! Promises: the plan of a message holds all its parts or none: one that fails, or is rejected, stops them all, so that a
//! person who replays the message gets no part twice; a part that is filtered leaves the others alone.

use super::{Course, End, Plan, Prepared, ended, prepare, route};
use crate::codes;
use interface::definition::{Definition, Step};
use lang::Matter;
use message::{Reason, limits};

/// Fills in the plan.
pub(super) fn process(
    definition: &Definition,
    raw: &Matter,
    (parts, rest): (&[Matter], &[Step]),
    plan: &mut Plan,
    course: &mut Course<'_>,
) {
    let mut last = End::Unrouted;
    for part in parts {
        let (prepared, chosen) = match prepare(definition, rest, (part, &[]), plan, course) {
            Ok(Prepared::One(prepared, chosen)) => (prepared, chosen),
            Ok(Prepared::Parts(..)) => return stop(plan, too_many("an interface splits once")),
            Err(end @ (End::Filtered(_) | End::Unrouted)) => {
                last = end;
                continue;
            }
            Err(end @ (End::Parked(_) | End::Rejected { .. } | End::Routed)) => return stop(plan, end),
        };
        match route(definition, raw, Some(prepared.as_ref().unwrap_or(part)), &chosen, course) {
            Err(reason) => return stop(plan, End::Parked(reason)),
            Ok((deliveries, published)) => {
                last = ended(&deliveries, &published, &chosen);
                plan.deliveries.extend(deliveries);
                plan.published.extend(published.into_topics());
            }
        }
        if plan.deliveries.len() > limits::DELIVERIES_PER_MESSAGE_MAX {
            return stop(plan, too_many("more deliveries of its parts than a message may have"));
        }
    }
    plan.end = if plan.deliveries.is_empty() { last } else { End::Routed };
}

fn too_many(text: &'static str) -> End {
    End::Parked(Reason::new(codes::E5007, text))
}

fn stop(plan: &mut Plan, end: End) {
    plan.deliveries.clear();
    plan.published.clear();
    plan.end = end;
}
