//! A test case without an engine: messages through the pipeline, partners as the test says.
//!
//! Promises: the same pipeline, the same acknowledgments as in the running engine; parts of a message are joined as there;
//! the time of the test is the time the test states.
//! Never: stores, sends, sleeps.

use crate::{acknowledge, codes, collect, contents, intake, lookups::Given as Answers, parts, pipeline};
use bytes::Bytes;
use formats::Messages;
use hl7v2::{
    Message,
    continuation::{Part, join},
};
use interface::{
    case::{self, End, Given, Processed, TestCase, Verdict},
    definition::{Definition, Join},
};
use lang::{Matter, Run};
use message::{Clock, Diagnostic, Name, Timestamp, clock};
use std::{collections::VecDeque, sync::Arc};

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
    let answers = Arc::new(Answers(case.with.clone()));
    let mut stage = Stage { definition, at, answers, shelf: Vec::new(), groups: Vec::new(), processed: Vec::new() };
    case.given.iter().for_each(|given| stage.take_all(given));
    stage.close_all();
    let processed = stage.processed;
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

/// The messages of one test.
struct Stage<'d> {
    definition: &'d Definition,
    at: Timestamp,
    /// What lookups answer.
    answers: Arc<Answers>,
    /// Parts that wait for others, with their places in `processed`.
    shelf: Vec<(usize, Part, Message)>,
    /// Messages that wait for those that belong to them, by the value that joins them, with their places in `processed`.
    groups: Vec<(String, Vec<(usize, Matter)>)>,
    processed: Vec<Processed>,
}

impl Stage<'_> {
    /// Each message of what is given, as the engine would cut it.
    fn take_all(&mut self, given: &Given) {
        let cut = match self.definition.receive.messages {
            Messages::Whole => Vec::new(),
            Messages::Rows | Messages::Items | Messages::Lines => contents::cut(self.definition, &given.bytes),
        };
        if cut.is_empty() {
            return self.take(given);
        }
        cut.into_iter().for_each(|(bytes, _)| self.take(&Given { bytes, ..given.clone() }));
    }

    fn take(&mut self, given: &Given) {
        let (bytes, matter, found) = match prepare(self.definition, given, self.at) {
            Ok(prepared) => prepared,
            Err(code) => return self.processed.push(ended(End::Refused { code })),
        };
        let message = intake::v2_of(&matter);
        if let Some(key) = collect::key(self.definition, &matter) {
            return self.collect(key, matter);
        }
        let Some(part) = parts::of(self.definition, message) else {
            return self.processed.push(self.process((&matter, &found), &bytes));
        };
        let answer = acknowledge::accept(message, self.definition.receive.acknowledge, self.at);
        let acknowledgment = answer.and_then(|answer| hl7v2::ack::Reply::read(answer).code);
        let place = self.processed.len();
        self.processed.push(Processed { acknowledgment, ..ended(End::Parked { code: codes::E5031.id.into() }) });
        self.shelf.push((place, part, message.clone()));
        if let Some(chain) = self.chain() {
            self.join(place, &chain);
        }
    }

    /// A message that is collected; the last of its group brings the whole.
    fn collect(&mut self, key: String, matter: Matter) {
        let Some(join) = self.definition.join.clone() else { return };
        let answer = acknowledge::accept(intake::v2_of(&matter), self.definition.receive.acknowledge, self.at);
        let acknowledgment = answer.and_then(|answer| hl7v2::ack::Reply::read(answer).code);
        let place = self.processed.len();
        self.processed.push(Processed { acknowledgment, ..ended(End::Parked { code: codes::E5060.id.into() }) });
        let is_last = collect::is_last(&join, &matter);
        let at = match self.groups.iter().position(|(known, _)| *known == key) {
            Some(at) => at,
            None => {
                self.groups.push((key, Vec::new()));
                self.groups.len() - 1
            }
        };
        self.groups[at].1.push((place, matter));
        if is_last || self.groups[at].1.len() >= join.at_most {
            let (_, group) = self.groups.remove(at);
            self.make_whole(&join, &group);
        }
    }

    /// The time of a test ends: what waits goes on as it is.
    fn close_all(&mut self) {
        let Some(join) = self.definition.join.clone() else { return };
        for (_, group) in std::mem::take(&mut self.groups) {
            self.make_whole(&join, &group);
        }
    }

    fn make_whole(&mut self, join: &Join, group: &[(usize, Matter)]) {
        let matters: Vec<&Matter> = group.iter().map(|(_, matter)| matter).collect();
        let (Some(bytes), Some((last, _))) = (collect::whole::of(join, &matters), group.last()) else { return };
        let definition = Definition { join: None, ..self.definition.clone() };
        let (matter, found) = intake::read(&definition, &bytes);
        let whole = process(&definition, (&matter, &found), &bytes, self.at, self.answers.clone());
        for (place, _) in group {
            self.processed[*place].end = End::Joined;
        }
        let acknowledgment = self.processed[*last].acknowledgment;
        self.processed[*last] = Processed { acknowledgment, ..whole };
    }

    fn process(&self, message: (&Matter, &[Diagnostic]), bytes: &Bytes) -> Processed {
        process(self.definition, message, bytes, self.at, self.answers.clone())
    }

    /// The places on the shelf of the chain that the last part completes.
    fn chain(&self) -> Option<Vec<usize>> {
        let last = self.shelf.len().checked_sub(1)?;
        let find = |fits: &dyn Fn(&Part) -> bool| self.shelf.iter().position(|(_, part, _)| fits(part));
        let mut chain = VecDeque::from([last]);
        while let Some(pointer) = chain.back().and_then(|end| self.shelf[*end].1.goes_on_at.as_deref()) {
            chain.push_back(find(&|part| part.comes_from.as_deref() == Some(pointer))?);
            if chain.len() > self.shelf.len() {
                return None;
            }
        }
        while let Some(pointer) = chain.front().and_then(|start| self.shelf[*start].1.comes_from.as_deref()) {
            chain.push_front(find(&|part| part.goes_on_at.as_deref() == Some(pointer))?);
            if chain.len() > self.shelf.len() {
                return None;
            }
        }
        Some(chain.into())
    }

    /// Makes the whole of its parts, and tells it with the one that completed it.
    fn join(&mut self, place: usize, chain: &[usize]) {
        let messages: Vec<Message> = chain.iter().map(|at| self.shelf[*at].2.clone()).collect();
        let Some(bytes) = join(&messages).ok().filter(|bytes| bytes.len() <= self.definition.receive.size_max) else {
            self.processed[place].end = End::Parked { code: codes::E5032.id.into() };
            return;
        };
        let (matter, found) = intake::read(self.definition, &bytes);
        let whole = self.process((&matter, &found), &bytes);
        for at in chain {
            self.processed[self.shelf[*at].0].end = End::Joined;
        }
        let acknowledgment = self.processed[place].acknowledgment;
        self.processed[place] = Processed { acknowledgment, ..whole };
        let mut number = 0;
        self.shelf.retain(|_| {
            number += 1;
            !chain.contains(&(number - 1))
        });
    }
}

fn ended(end: End) -> Processed {
    Processed { end, outputs: Vec::new(), acknowledgment: None, notes: Vec::new(), issues: Vec::new() }
}

/// A given message with the edits of the test, as far as the intake would take it; else the code that says why not.
fn prepare(
    definition: &Definition,
    given: &Given,
    now: Timestamp,
) -> Result<(Bytes, Matter, Vec<Diagnostic>), Arc<str>> {
    let (mut matter, _) = intake::read(definition, &given.bytes);
    if let Some(edits) = &given.edits
        && let Err(fault) = edits.apply_to(&mut matter, &mut Run::new(now, 0))
    {
        return Err(fault.code.id.into());
    }
    let bytes = matter.to_bytes();
    let (matter, found) = intake::read(definition, &bytes);
    if let Err(reason) = intake::check_message(definition, bytes.len(), &matter) {
        return Err((*reason.code).into());
    }
    Ok((bytes, matter, found))
}

fn process(
    definition: &Definition,
    (matter, found): (&Matter, &[Diagnostic]),
    bytes: &Bytes,
    now: Timestamp,
    answers: Arc<Answers>,
) -> Processed {
    let message = intake::v2_of(matter);
    let plan = intake::plan(definition, (matter, found), bytes, now, Some(answers));
    if let Some(reason) = plan.put_off {
        return ended(End::Refused { code: (*reason.code).into() });
    }
    let answer = match &plan.end {
        pipeline::End::Rejected { .. } => acknowledge::reject(message, definition, now, &plan.issues),
        pipeline::End::Routed | pipeline::End::Filtered(_) | pipeline::End::Unrouted | pipeline::End::Parked(_) => {
            acknowledge::accept(message, definition.receive.acknowledge, now).filter(|_| matter.v2().is_some())
        }
    };
    Processed {
        end: end(&plan.end),
        acknowledgment: answer.and_then(|answer| hl7v2::ack::Reply::read(answer).code),
        outputs: outputs(definition, plan.deliveries, plan.published, bytes),
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
