//! Step 4 of the journey: from a parsed message to a plan of deliveries. Pure.
//!
//! Promises: same bytes + same interface version + same time = same plan; bounded by fuel; no I/O. A step that fails
//! parks the message, so nothing is lost and nobody is told a lie.
//! Never: stores, sends, or answers.

mod publish;
mod route;
mod split;
mod validate;
pub mod watch;

use crate::{codes, intake};
use bytes::Bytes;
use hl7v2::{continuation, validate::Issue};
use interface::definition::{Definition, DestinationDefinition, Order, Rule, Step};
use lang::{
    Locus, Matter, Run,
    lookup::{Answers, Question},
};
use message::{Diagnostic, Name, Phi, Reason, Timestamp, limits};
use publish::Published;
use route::Chosen;
use std::{fmt, sync::Arc};
use watch::{Course, Kind, Verdict, Watch};

/// What became of a message.
#[derive(Debug)]
pub struct Plan {
    /// How it ended.
    pub end: End,
    /// Where it goes: empty unless `end` is `Routed`.
    pub deliveries: Vec<Delivery>,
    /// The topics that it is published under, with the bytes; `None` when they are the raw bytes as received.
    pub published: Vec<(Name, Option<Bytes>)>,
    /// Findings on the way, for people.
    pub notes: Vec<Diagnostic>,
    /// What validation found, the errors of each step first; bounded.
    pub issues: Vec<Issue>,
    /// What scripts keep with the message.
    pub log: Vec<Phi<String>>,
    /// What a line has to know before the plan can be made; then the rest of it is of no use.
    pub asks: Option<Question>,
    /// The message is not to be taken now: a lookup failed, and its line says `later`.
    pub put_off: Option<Reason>,
    /// No `validate` line found an error; `None` where the message came to none.
    pub is_valid: Option<bool>,
}

impl Plan {
    /// Without a delivery, and nothing found.
    #[must_use]
    pub fn ended(end: End) -> Plan {
        Plan {
            end,
            deliveries: Vec::new(),
            published: Vec::new(),
            notes: Vec::new(),
            issues: Vec::new(),
            log: Vec::new(),
            asks: None,
            put_off: None,
            is_valid: None,
        }
    }
}

/// The end of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It has at least one delivery.
    Routed,
    /// This rule left no destination.
    Filtered(Rule),
    /// No destination's `when` holds.
    Unrouted,
    /// A step failed, or found that a person has to look.
    Parked(Reason),
    /// It is not valid, and the sender is told so.
    Rejected {
        /// The line that decided.
        rule: Rule,
        /// What is wrong, in short.
        reason: Reason,
    },
}

/// One delivery of the plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Place of the destination in the definition.
    pub place: usize,
    /// Its name.
    pub destination: Name,
    /// What must stay in order: equal keys stay in the order of acceptance.
    pub order: OrderKey,
    /// The bytes; `None` when they are the raw bytes as received.
    pub output: Option<Bytes>,
    /// Higher goes first among other keys.
    pub priority: u8,
}

impl fmt::Debug for Delivery {
    /// Without content (R10).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.output.as_ref().map(Bytes::len);
        write!(f, "Delivery {{ {} by {:?}, {size:?} bytes, priority {} }}", self.destination, self.order, self.priority)
    }
}

/// The ordering key of a delivery, before it is hashed with the store's secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderKey {
    /// One key for the whole destination.
    Strict,
    /// The value of the `order by` path; empty when the message has none.
    Value(Phi<Vec<u8>>),
    /// A key of its own.
    Free,
}

/// Runs the interface's steps and routes. `findings` is what [`Matter::read`] said of the message.
#[must_use]
pub fn process(definition: &Definition, message: &Matter, findings: &[Diagnostic], now: Timestamp, seed: u64) -> Plan {
    process_watched(definition, (message, findings), now, seed, (None, None))
}

/// The same, with what lookups are known to have answered, and told line by line to who watches.
#[must_use]
pub fn process_watched(
    definition: &Definition,
    (message, findings): (&Matter, &[Diagnostic]),
    now: Timestamp,
    seed: u64,
    (answers, watch): (Option<Arc<dyn Answers>>, Option<&mut Watch>),
) -> Plan {
    let mut course = Course { run: Run::new(now, seed).with_answers(answers), watch };
    let mut plan = Plan::ended(End::Unrouted);
    if let Some(finding) = unreadable(message, findings) {
        plan.end = End::Parked(Reason::new(finding.code, finding.message.clone()));
        return plan;
    }
    match prepare(definition, &definition.steps, (message, findings), &mut plan, &mut course) {
        Err(end) => plan.end = end,
        Ok(Prepared::Parts(parts, rest)) => split::process(definition, message, (&parts, rest), &mut plan, &mut course),
        Ok(Prepared::One(prepared, chosen)) => {
            match route(definition, message, prepared.as_ref(), &chosen, &mut course) {
                Err(reason) => plan.end = End::Parked(reason),
                Ok((deliveries, published)) => {
                    plan.end = ended(&deliveries, &published, &chosen);
                    plan.deliveries = deliveries;
                    plan.published = published.into_topics();
                }
            }
        }
    }
    plan.put_off = match &plan.end {
        End::Parked(reason) if reason.code == lang::codes::E2704.id => Some(reason.clone()),
        End::Parked(_) | End::Routed | End::Filtered(_) | End::Unrouted | End::Rejected { .. } => None,
    };
    plan.asks = course.run.asked.filter(|_| matches!(plan.end, End::Parked(_)));
    plan.notes = course.run.notes;
    plan.log = course.run.log;
    plan
}

/// How a message ended that went through all steps.
fn ended(deliveries: &[Delivery], published: &Published, chosen: &Chosen) -> End {
    match (deliveries.is_empty(), published.end()) {
        (false, _) => End::Routed,
        (true, Some(unheard)) => unheard,
        (true, None) => chosen.end(),
    }
}

/// The message as it stands behind the first `count` steps, the first part where it was split, which are run again: the same bytes, time and version give the same.
///
/// # Errors
/// How it ended before.
pub fn behind(definition: &Definition, raw: &Bytes, count: usize, now: Timestamp) -> Result<Bytes, End> {
    let (message, findings) = intake::read(definition, raw);
    let mut course = Course { run: Run::new(now, crate::intake::seed(raw)), watch: None };
    let steps = definition.steps.get(..count).unwrap_or(&definition.steps);
    let mut plan = Plan::ended(End::Unrouted);
    let bytes = |made: Option<&Matter>| made.map_or_else(|| raw.clone(), Matter::to_bytes);
    match prepare(definition, steps, (&message, &findings), &mut plan, &mut course)? {
        Prepared::One(made, _) => Ok(bytes(made.as_ref())),
        Prepared::Parts(parts, rest) => {
            let Some(part) = parts.first() else { return Ok(raw.clone()) };
            match prepare(definition, rest, (part, &[]), &mut plan, &mut course)? {
                Prepared::One(made, _) => Ok(bytes(made.as_ref().or(Some(part)))),
                Prepared::Parts(..) => Ok(bytes(Some(part))),
            }
        }
    }
}

/// Why no line can be run over a message of another format than HL7 v2: it could not be read to its end.
fn unreadable<'f>(message: &Matter, findings: &'f [Diagnostic]) -> Option<&'f Diagnostic> {
    findings.iter().find(|finding| finding.is_error()).filter(|_| message.v2().is_none())
}

/// What the steps of an interface made.
#[expect(clippy::large_enum_variant, reason = "nearly every message is one: a box would cost each an allocation")]
enum Prepared<'s> {
    /// The message, `None` when nothing changed it, and what the routes chose.
    One(Option<Matter>, Chosen),
    /// Several messages, and the steps that each of them has to go through.
    Parts(Vec<Matter>, &'s [Step]),
}

/// The interface's own steps as far as a `split`, and what its routes chose.
fn prepare<'s>(
    definition: &Definition,
    steps: &'s [Step],
    (message, findings): (&Matter, &[Diagnostic]),
    plan: &mut Plan,
    course: &mut Course<'_>,
) -> Result<Prepared<'s>, End> {
    let mut chosen = Chosen::default();
    let addenda = |message| definition.receive.join_within.and_then(|_| continuation::with_addenda(message));
    let mut edited = message.v2().and_then(addenda).map(Matter::V2);
    for (number, step) in steps.iter().enumerate() {
        let current = edited.as_ref().unwrap_or(message);
        let fault = match step {
            Step::Keep { condition, rule } => match filter(course, condition, current, (Kind::Keep, rule), true) {
                Ok(true) => continue,
                Ok(false) => return Err(End::Filtered(rule.clone())),
                Err(fault) => fault,
            },
            Step::Drop { condition, rule } => match filter(course, condition, current, (Kind::Drop, rule), false) {
                Ok(true) => return Err(End::Filtered(rule.clone())),
                Ok(false) => continue,
                Err(fault) => fault,
            },
            Step::Validate { ruleset, errors, warnings, rule } => {
                // What the reader of the bytes found is about the message as it came.
                let findings = if edited.is_some() { &[][..] } else { findings };
                match ruleset.validate(intake::v2_of(current), findings, false, &mut course.run) {
                    Ok(report) => {
                        plan.is_valid = Some(plan.is_valid.unwrap_or(true) && report.is_valid());
                        let what = (*errors, *warnings);
                        let name = ruleset.name();
                        let end = validate::decide(report, what, rule, name, &mut plan.issues, &mut course.run);
                        course.tell(Kind::Validate, rule, || if end.is_ok() { Verdict::GoesOn } else { Verdict::Ends });
                        end?;
                        continue;
                    }
                    Err(fault) => fault,
                }
            }
            Step::Split(split) => match split.cut(current, &mut course.run) {
                Ok(parts) if parts.len() > 1 => {
                    return Ok(Prepared::Parts(parts, steps.get(number + 1..).unwrap_or_default()));
                }
                Ok(_) => continue,
                Err(fault) => fault,
            },
            Step::Route(route) => match chosen.choose(route, current, course) {
                Ok(()) => continue,
                Err(fault) => fault,
            },
            Step::Edit(program) => {
                let edited = edited.get_or_insert_with(|| message.clone());
                match program.apply_to(edited, &mut course.run) {
                    Ok(None) => {
                        course.made(program, None, edited);
                        continue;
                    }
                    Ok(Some(rule)) => {
                        course.tell(Kind::Drop, rule, || Verdict::Ends);
                        return Err(End::Filtered(rule.clone()));
                    }
                    Err(fault) => fault,
                }
            }
        };
        return Err(End::Parked(reason_of(&fault)));
    }
    Ok(Prepared::One(edited, chosen))
}

/// Asks a `keep` or a `drop`.
fn filter(
    course: &mut Course<'_>,
    condition: &lang::Condition,
    message: &Matter,
    line: (Kind, &Rule),
    is_kept: bool,
) -> Result<bool, lang::Fault> {
    let verdict = |holds| if holds == is_kept { Verdict::GoesOn } else { Verdict::Ends };
    course.ask(condition, message, line, verdict)
}

fn route(
    definition: &Definition,
    raw: &Matter,
    prepared: Option<&Matter>,
    chosen: &Chosen,
    course: &mut Course<'_>,
) -> Result<(Vec<Delivery>, Published), Reason> {
    let message = prepared.unwrap_or(raw);
    let received = raw.to_bytes();
    let shared = prepared.map(Matter::to_bytes);
    let published = Published::ask(definition, message, shared.as_ref().filter(|bytes| **bytes != received), course)
        .map_err(|fault| reason_of(&fault))?;
    let mut deliveries = Vec::new();
    for (place, destination) in definition.destinations.iter().enumerate() {
        if destination.is_routed && !chosen.has(place) {
            course.send(destination, Verdict::NotChosen);
            continue;
        }
        if let Some(subscriber) = &destination.subscriber {
            if !published.reaches(subscriber, message, course).map_err(|fault| reason_of(&fault))? {
                continue;
            }
        } else if !is_meant(destination, message, course).map_err(|fault| reason_of(&fault))? {
            continue;
        }
        if deliveries.len() >= limits::DELIVERIES_PER_MESSAGE_MAX {
            return Err(Reason::new(codes::E5007, "more destinations than a message may have"));
        }
        let delivery = deliver_to(definition, destination, place, (raw, message), shared.clone(), course)?;
        let Some(delivery) = delivery else { continue };
        let output = delivery.output.filter(|bytes| *bytes != received);
        deliveries.push(Delivery { output, ..delivery });
    }
    Ok((deliveries, published))
}

/// Whether the destination's `when` holds.
fn is_meant(
    destination: &DestinationDefinition,
    message: &Matter,
    course: &mut Course<'_>,
) -> Result<bool, lang::Fault> {
    let Some(condition) = &destination.when else {
        course.send(destination, Verdict::Sent);
        return Ok(true);
    };
    if course.watch.is_none() {
        return condition.is_true_of(message, &mut course.run);
    }
    let rule = watch::rule_of(destination);
    let verdict = |holds| if holds { Verdict::Sent } else { Verdict::NotMeant };
    course.ask(condition, message, (Kind::Send, &rule), verdict)
}

/// What goes to one destination; `None` where a script of its own drops it.
fn deliver_to(
    definition: &Definition,
    destination: &DestinationDefinition,
    place: usize,
    (raw, message): (&Matter, &Matter),
    shared: Option<Bytes>,
    course: &mut Course<'_>,
) -> Result<Option<Delivery>, Reason> {
    let mut output = shared;
    if !destination.programs.is_empty() {
        let mut own = message.clone();
        for program in &destination.programs {
            // A script of the destination may say that the message does not go here.
            let dropped = program.apply_to(&mut own, &mut course.run).map_err(|fault| reason_of(&fault))?;
            if dropped.is_some() {
                return Ok(None);
            }
            course.made(program, Some(&destination.name), &own);
        }
        output = Some(own.to_bytes());
    }
    let is_urgent = match &destination.priority {
        Some(condition) => condition.is_true_of(message, &mut course.run).map_err(|fault| reason_of(&fault))?,
        None => false,
    };
    let order = match destination.order.as_ref().unwrap_or(&definition.receive.order) {
        Order::Source => OrderKey::Strict,
        Order::None => OrderKey::Free,
        // What an interface's own order names is in what came in.
        Order::By(locus) if destination.order.is_some() => OrderKey::Value(Phi::new(locus.first(message).into_bytes())),
        Order::By(locus) => OrderKey::Value(Phi::new(key_of(locus, raw, message).into_bytes())),
    };
    let (destination, priority) = (destination.name.clone(), u8::from(is_urgent));
    Ok(Some(Delivery { place, destination, order, output, priority }))
}

/// The key of a message that a step may have made another of: by the message as it is routed where that is of the same
/// format still, else by what came in.
fn key_of(locus: &Locus, raw: &Matter, message: &Matter) -> String {
    locus.first(if raw.format() == message.format() { message } else { raw })
}

/// The fault of a step keeps its own code; the text says where, never what was in the message.
fn reason_of(fault: &lang::Fault) -> Reason {
    Reason::new(fault.code, fault.text.clone())
}

#[cfg(test)]
mod tests;
