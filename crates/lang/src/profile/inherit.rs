//! A profile over another: whose lines count where both speak.

use super::Profile;
use crate::condition::Condition;
use hl7v2::validate::lines::{Base, Demand, DocumentedSegment, Line, Place};
use std::sync::Arc;

/// What a profile begins with.
pub(super) struct Start {
    pub(super) base: Base,
    pub(super) lines: Vec<Line>,
    pub(super) conditions: Vec<Arc<Condition>>,
    pub(super) documented: Vec<DocumentedSegment>,
    pub(super) entries: Vec<super::Entry>,
}

impl Start {
    pub(super) fn over(base: Base) -> Start {
        Start { base, lines: Vec::new(), conditions: Vec::new(), documented: Vec::new(), entries: Vec::new() }
    }

    pub(super) fn with(parent: &Profile) -> Start {
        Start {
            base: parent.lines.base().clone(),
            lines: parent.lines.lines().to_vec(),
            conditions: parent.conditions.clone(),
            documented: parent.lines.documented().to_vec(),
            entries: parent.entries.clone(),
        }
    }

    /// Takes out the inherited lines that an own one goes over: at the same place about the same, or of the same code.
    pub(super) fn go_over(&mut self, inherited: usize, own: &Line) {
        let mut gone: Vec<Arc<str>> = Vec::new();
        let mut at = 0;
        self.lines.retain(|line| {
            at += 1;
            let is_gone = at <= inherited && goes_over(own, line);
            if is_gone {
                gone.push(line.code.clone());
            }
            !is_gone
        });
        self.entries.retain(|entry| !gone.contains(&entry.code));
    }
}

/// Both say whether something is there; or both its length, its number, its codes.
pub(super) fn is_same_topic(one: &Demand, other: &Demand) -> bool {
    let topic = |demand: &Demand| match demand {
        Demand::Present | Demand::Absent | Demand::Free => 0,
        Demand::Count { .. } => 1,
        Demand::Length { .. } => 2,
        Demand::Value { is_coded: true, .. } => 3,
        Demand::Value { is_coded: false, .. } => 4,
        Demand::Rule { .. } => 5,
    };
    topic(one) == topic(other) && topic(one) != 5
}

/// The part of a code behind the name of its profile.
fn local(code: &str) -> &str {
    code.split_once(':').map_or(code, |(_, local)| local)
}

fn goes_over(own: &Line, inherited: &Line) -> bool {
    if local(&own.code) == local(&inherited.code) {
        return true;
    }
    own.when.is_none()
        && inherited.when.is_none()
        && own.place != Place::Message
        && own.place == inherited.place
        && is_same_topic(&own.demand, &inherited.demand)
}
