//! Steps 2 to 6 of the journey: frame → envelope → plan → one durable commit → acknowledgment.
//!
//! Promises: no positive answer before the fsync (R1: [`Reply::accepted`] takes the receipt); a message whose steps fail
//! is stored and parked, never refused for it; one that the interface rejects is stored too, and its sender is told no;
//! deliveries enter the outboxes in the order of acceptance (R3), even when the peer hangs up before its answer. Batches,
//! parts of messages and sequence numbers are leaves: [`batches`], [`parts`], [`sequence`].

mod joined;
mod numbered;

pub(crate) use joined::commit_whole;

use crate::{
    acknowledge::{self, Due},
    application::Owed,
    batches, codes, collect, contents, findings,
    flow::{Flow, Version},
    journey::REJECTED_BY,
    live::{self, Kind, Passed},
    parts,
    pipeline::{self, Delivery, End, OrderKey, Plan, watch::Watch},
    quality::{self, Repeat, Waiting},
    queue::Entry,
    sequence::{self, Turn},
};
use bytes::Bytes;
use formats::Messages;
use hl7v2::{Facts, Message};
use interface::{
    contract::{Frame, Reply},
    definition::{Acknowledge, Definition},
};
use lang::{Matter, lookup::Answers};
use message::{
    DeliveryId, Diagnostic, Envelope, Format, MessageId, Origin, Phi, Reason, Timestamp,
    failpoint::{Place, pass},
    limits,
};
use std::{
    borrow::Cow,
    hash::BuildHasher,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};
use store::{Accept, Content, Disposition, Planned, Receipt, Verdict};

/// Takes one frame to its final answer.
pub(crate) async fn accept(flow: &Flow, frame: Frame, origin: Origin) -> Reply {
    let version = flow.version();
    let is_replay = matches!(origin, Origin::Replay { .. });
    if version.definition.receive.messages != Messages::Whole && !is_replay {
        let cut = contents::cut(&version.definition, &frame.bytes);
        if cut.len() > 1 || cut.first().is_some_and(|(bytes, _)| *bytes != frame.bytes) {
            return contents::accept(flow, frame, origin, cut).await;
        }
    }
    let (matter, found) = read(&version.definition, &frame.bytes);
    if !is_replay && matter.v2().is_some_and(|message| batches::is_one(message, &found)) {
        return batches::accept(flow, frame, origin).await;
    }
    take_parsed(flow, frame, origin, (matter, &found), "").await.answered().await
}

/// Bytes as the interface takes them.
pub(crate) fn read(definition: &Definition, bytes: &Bytes) -> (Matter, Vec<Diagnostic>) {
    Matter::read(&definition.receive.form, bytes.clone())
}

/// What a message of another format has of HL7 v2: nothing.
static NO_MESSAGE: LazyLock<Message> = LazyLock::new(|| Message::parse(Bytes::new()).0);

/// The message of HL7 v2, without any part where it is of another format.
pub(crate) fn v2_of(matter: &Matter) -> &Message {
    matter.v2().unwrap_or(&NO_MESSAGE)
}

/// A message that was stored, or not, before what its sender waits for besides.
pub(crate) struct Taken {
    reply: Reply,
    owed: Option<(Due, Owed)>,
}

impl Taken {
    fn done(reply: Reply) -> Taken {
        Taken { reply, owed: None }
    }

    /// The answer so far.
    pub(crate) fn reply(&self) -> &Reply {
        &self.reply
    }

    /// The sender waits for more than the storing.
    pub(crate) fn is_awaited(&self) -> bool {
        matches!(self.owed, Some((Due::Alone, _)))
    }

    /// Step 11, where the sender waits for more than the storing.
    pub(crate) async fn answered(self) -> Reply {
        match self.owed {
            Some((Due::Alone, owed)) => self.reply.with_acknowledgment(owed.answered().await),
            Some((Due::Later, owed)) => self.reply.with_later(owed.deferred()),
            Some((Due::Never, _)) | None => self.reply,
        }
    }
}

/// Takes one message as far as its commit.
pub(crate) async fn take(flow: &Flow, frame: Frame, origin: Origin) -> Taken {
    let (matter, found) = read(&flow.version().definition, &frame.bytes);
    take_parsed(flow, frame, origin, (matter, &found), "").await
}

/// As [`take`], for a message that was cut out of a content of another format.
pub(crate) async fn take_part(flow: &Flow, frame: Frame, origin: Origin, part: &str) -> Taken {
    let (matter, found) = read(&flow.version().definition, &frame.bytes);
    take_parsed(flow, frame, origin, (matter, &found), part).await
}

/// A message that is not looked at, because one in front of it has to come later.
pub(crate) fn put_off(flow: &Flow, bytes: &Bytes, reason: Reason) -> Taken {
    let (matter, _) = read(&flow.version().definition, bytes);
    let answer = acknowledge::later(v2_of(&matter), &flow.version().definition, flow.dock.clock.now());
    Taken::done(Reply::later(reason, answer))
}

async fn take_parsed(
    flow: &Flow,
    frame: Frame,
    origin: Origin,
    (matter, found): (Matter, &[Diagnostic]),
    part: &str,
) -> Taken {
    let version = flow.version();
    let message = v2_of(&matter);
    let frame = Frame { format: version.definition.receive.format, ..frame };
    if let Some(reply) = turned_away(flow, &version, &frame, &matter) {
        return Taken::done(reply);
    }
    let turn = match flow.links.begin(&flow.dock, &version.definition, message, &origin).await {
        Ok(turn) => turn,
        Err(error) => return unstored(flow, &version, message, &error),
    };
    if let Some(turn) = &turn
        && let Some(refused) = numbered::refuse(flow, &version, message, turn).await
    {
        return Taken::done(refused);
    }
    let is_whole = version.definition.join.is_some() && collect::is_whole(&flow.dock.store, &origin, &[]);
    let processed_by = if is_whole { &version.whole } else { &version.definition };
    let make = |answers| plan(processed_by, (&matter, found), &frame.bytes, frame.received, answers);
    let mut plan = version.lookups.plan(&flow.dock, make).await;
    if let Some(reply) = put_off_by(flow, &version, message, &mut plan, &origin) {
        return Taken::done(reply);
    }
    if let Some(turn) = &turn {
        numbered::amend(&version.definition, turn, &mut plan);
    }
    let answer = answer(&version, message, &plan, flow.dock.clock.now());
    let answer = if let Some(turn) = &turn { acknowledge::numbered(answer, turn.judged.answer) } else { answer };
    let (received, bytes, hops) = (frame.received, frame.bytes.len(), frame.from.map_or(0, |(_, hops)| hops));
    let is_replay = matches!(origin, Origin::Replay { .. });
    let flags = flags(frame.found.iter().chain(found), &plan);
    let rejection = rejection(&plan.end);
    let seen = Seen::of(flow, &plan.end, &frame.bytes);
    let facts = Facts::searched(message);
    let mut accepted =
        Accept { flags, ..describe(flow, &version, frame, origin, (&matter, facts), &plan, answer.clone()) };
    found_by(&mut accepted, processed_by, (&matter, part), turn.as_ref());
    match commit(flow, version.clone(), accepted, plan.deliveries, hops).await {
        Ok(receipt) => {
            pass(Place::AcknowledgeBefore);
            seen.tell(flow, &version, &receipt, received);
            if let Some(turn) = turn.filter(|_| !matches!(receipt.verdict(), Verdict::Duplicate { .. })) {
                turn.settle();
            }
            let whole = match gather(flow, &version, (&matter, bytes), &receipt, is_whole).await {
                Ok(whole) => whole,
                Err(error) => return unstored(flow, &version, message, &error),
            };
            let (reply, is_rejected) =
                refuse_rejected(flow, &receipt, rejection, answer_receipt(flow, &receipt, answer), is_replay);
            let owed = if is_replay || is_rejected { None } else { owed(flow, &version, message, &receipt, whole) };
            // A message that a person runs again was counted when it came; a part counts with its whole.
            let is_counted = !is_replay && parts::of(&version.definition, message).is_none();
            if let (Matter::V2(message), true) = (matter, is_counted) {
                let verdict = plan.is_valid.map(|is_valid| quality::Verdict::of(is_valid, plan.issues));
                flow.count(waiting(message, &receipt, (received, bytes), verdict));
            }
            Taken { reply, owed }
        }
        Err(error) => unstored(flow, &version, message, &error),
    }
}

/// The answer to a message that the store did not take.
fn unstored(flow: &Flow, version: &Version, message: &Message, error: &store::Error) -> Taken {
    Taken::done(match error {
        store::Error::TooLarge { .. } => refuse(flow, version, message, Reason::new(codes::E5008, error.to_string())),
        _ => not_stored(flow, version, message, error),
    })
}

/// The answer to a message that a line puts off, because a lookup failed. A person who runs one again sees it parked.
fn put_off_by(flow: &Flow, version: &Version, message: &Message, plan: &mut Plan, origin: &Origin) -> Option<Reply> {
    let reason = plan.put_off.take().filter(|_| !matches!(origin, Origin::Replay { .. }))?;
    flow.report_trouble(reason.clone());
    let answer = acknowledge::later(message, &version.definition, flow.dock.clock.now());
    Some(Reply::later(reason, answer))
}

/// What a message is known and found by besides its own facts.
fn found_by(accepted: &mut Accept, definition: &Definition, (matter, part): (&Matter, &str), turn: Option<&Turn<'_>>) {
    if matter.v2().is_none() {
        accepted.facts.control_id = contents::identity(definition, matter, part);
    }
    accepted.facts.extra.extend(turn.and_then(Turn::field));
    accepted.facts.extra.extend(collect::key(definition, matter).iter().flat_map(|key| collect::fields(key)));
}

/// What a stored message completes: those that are collected, and a message that comes in parts, whose whole is given.
async fn gather(
    flow: &Flow,
    version: &Arc<Version>,
    (matter, bytes): (&Matter, usize),
    receipt: &Receipt,
    is_whole: bool,
) -> Result<Option<MessageId>, store::Error> {
    if !is_whole && !matches!(receipt.verdict(), Verdict::Duplicate { .. }) {
        collect::take(flow, version, matter, (1, bytes)).await?;
    }
    joined::join(flow, version, v2_of(matter), receipt).await
}

/// The answer to a frame that is not even looked into.
fn turned_away(flow: &Flow, version: &Version, frame: &Frame, matter: &Matter) -> Option<Reply> {
    flow.tally.received.fetch_add(1, Ordering::Relaxed);
    flow.tally.last_received.store(flow.dock.steady().0, Ordering::Relaxed);
    let message = v2_of(matter);
    if flow.is_closed() {
        let reason = Reason::new(codes::E5004, "the interface was taken out of the workspace");
        let answer = acknowledge::later(message, &version.definition, flow.dock.clock.now());
        return Some(Reply::later(reason, answer));
    }
    check(version, frame, matter).err().map(|reason| refuse(flow, version, message, reason))
}

/// What those who watch are told of a message, once it is stored.
struct Seen {
    kind: Kind,
    reason: Option<Reason>,
    bytes: Option<Bytes>,
}

impl Seen {
    fn of(flow: &Flow, end: &End, raw: &Bytes) -> Seen {
        let (kind, reason) = match end {
            End::Routed => (Kind::Accepted, None),
            End::Filtered(_) | End::Unrouted => (Kind::Filtered, None),
            End::Parked(reason) => (Kind::Parked, Some(reason.clone())),
            End::Rejected { reason, .. } => (Kind::Rejected, Some(reason.clone())),
        };
        Seen { kind, reason, bytes: flow.dock.live.is_tapped().then(|| raw.clone()) }
    }

    fn tell(self, flow: &Flow, version: &Version, receipt: &Receipt, received: Timestamp) {
        if matches!(receipt.verdict(), Verdict::Duplicate { .. }) {
            return;
        }
        let (live, id, reason) = (&flow.dock.live, receipt.id(), self.reason.as_ref());
        live.stored(id);
        live.tell(self.kind, |kind| live::news(flow.dock.clock.now(), kind, (&flow.name, None), Some(id), reason));
        if let Some(bytes) = self.bytes {
            live.pass(&Passed {
                at: flow.dock.clock.now(),
                received,
                message: id,
                interface: flow.name.clone(),
                destination: None,
                end: self.kind,
                code: live::code_of(reason),
                bytes,
                definition: Some(version.definition.clone()),
            });
        }
    }
}

/// "Later": the store did not take it.
fn not_stored(flow: &Flow, version: &Version, message: &Message, error: &store::Error) -> Reply {
    let code = if error.class() == message::Class::Transient { codes::E5002 } else { codes::E5003 };
    let reason = Reason::new(code, error.to_string());
    flow.report_trouble(reason.clone());
    Reply::later(reason, acknowledge::later(message, &version.definition, flow.dock.clock.now()))
}

/// A message that the interface rejected is stored and found again by its id; to the sender it is refused, and nothing
/// more will follow. A duplicate of one that was taken has the answer of that one.
fn refuse_rejected(
    flow: &Flow,
    receipt: &Receipt,
    rejection: Option<Reason>,
    reply: Reply,
    is_replay: bool,
) -> (Reply, bool) {
    match rejection.filter(|_| !matches!(receipt.verdict(), Verdict::Duplicate { .. })) {
        None => (reply, false),
        Some(reason) => {
            // Of a replay no sender hears.
            flow.tally.rejected.fetch_add(u64::from(!is_replay), Ordering::Relaxed);
            (Reply::rejected(receipt, reason, reply.acknowledgment().cloned()), true)
        }
    }
}

/// Trying the same frame again is of no use.
fn refuse(flow: &Flow, version: &Version, message: &Message, reason: Reason) -> Reply {
    flow.tally.refused.fetch_add(1, Ordering::Relaxed);
    flow.report_trouble(reason.clone());
    let answer = acknowledge::refuse(message, &version.definition, flow.dock.clock.now(), &reason);
    Reply::refused(reason, answer)
}

/// What can be said about a frame before anything is done with it.
fn check(version: &Version, frame: &Frame, matter: &Matter) -> Result<(), Reason> {
    check_message(&version.definition, frame.bytes.len(), matter)?;
    if frame.from.is_some_and(|(_, hops)| hops > limits::INTERFACE_HOPS_MAX) {
        return Err(Reason::new(codes::E5009, format!("more than {} interfaces", limits::INTERFACE_HOPS_MAX)));
    }
    Ok(())
}

/// What holds wherever the message comes from.
pub(crate) fn check_message(definition: &Definition, size: usize, matter: &Matter) -> Result<(), Reason> {
    if size > definition.receive.size_max {
        let text = format!("{size} bytes, the interface allows {}", definition.receive.size_max);
        return Err(Reason::new(codes::E5008, text));
    }
    if matter.v2().is_some_and(|message| !message.has_header()) {
        return Err(Reason::new(codes::E5001, "the frame does not begin with an MSH segment"));
    }
    Ok(())
}

/// Runs the pipeline. A panic in it is a bug of ours: the message is parked, the engine goes on (F16).
pub(crate) fn plan(
    definition: &Definition,
    (matter, found): (&Matter, &[Diagnostic]),
    raw: &[u8],
    received: Timestamp,
    answers: Option<Arc<dyn Answers>>,
) -> Plan {
    plan_watched(definition, (matter, found), raw, received, (answers, None))
}

/// The same, told line by line to who watches.
pub(crate) fn plan_watched(
    definition: &Definition,
    (matter, found): (&Matter, &[Diagnostic]),
    raw: &[u8],
    received: Timestamp,
    (answers, watch): (Option<Arc<dyn Answers>>, Option<&mut Watch>),
) -> Plan {
    let message = v2_of(matter);
    if parts::of(definition, message).is_some() {
        return Plan::ended(End::Parked(parts::waiting()));
    }
    if collect::key(definition, matter).is_some() {
        return Plan::ended(End::Parked(collect::waiting()));
    }
    if sequence::is_bare_start(definition, message) {
        let rule = numbered::rule(definition, "the sender starts the link: sequence number 0 or -1");
        return Plan::ended(End::Filtered(rule));
    }
    if contents::is_empty(definition, matter) {
        return Plan::ended(End::Filtered(numbered::rule(definition, "the content holds no message")));
    }
    let seed = seed(raw);
    let run = || {
        pass(Place::PlanBefore);
        pipeline::process_watched(definition, (matter, found), received, seed, (answers, watch))
    };
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        let text = "a step stopped unexpectedly; this is a bug, please report it";
        Plan::ended(End::Parked(Reason::new(codes::E5006, text)))
    })
}

/// What makes chance of this message: the same for the same bytes.
pub(crate) fn seed(raw: &[u8]) -> u64 {
    foldhash::fast::FixedState::default().hash_one(raw)
}

/// The answer to a message that is stored: no where it was rejected.
fn answer(version: &Version, message: &Message, plan: &Plan, now: Timestamp) -> Option<Bytes> {
    match &plan.end {
        End::Rejected { .. } => acknowledge::reject(message, &version.definition, now, &plan.issues),
        End::Routed | End::Filtered(_) | End::Unrouted | End::Parked(_) => {
            let when = acknowledged_when(&version.definition, message);
            acknowledge::accept(message, when, now).filter(|_| version.definition.receive.format == Format::Hl7v2)
        }
    }
}

fn rejection(end: &End) -> Option<Reason> {
    match end {
        End::Rejected { reason, .. } => Some(reason.clone()),
        End::Routed | End::Filtered(_) | End::Unrouted | End::Parked(_) => None,
    }
}

/// What was found, in few words: the issues of validation under their own codes.
fn flags<'d>(found: impl Iterator<Item = &'d Diagnostic>, plan: &'d Plan) -> Vec<Cow<'static, str>> {
    let notes = found.chain(&plan.notes).filter(|finding| finding.code != codes::E5017);
    let mut flags = findings::brief(notes);
    flags.extend(findings::brief_issues(&plan.issues));
    flags.extend(findings::of_scripts(&plan.log));
    flags
}

/// Everything that the commit stores.
fn describe(
    flow: &Flow,
    version: &Version,
    frame: Frame,
    origin: Origin,
    (matter, facts): (&Matter, Facts),
    plan: &Plan,
    answer: Option<Bytes>,
) -> Accept {
    let definition = &version.definition;
    let deliveries = plan.deliveries.iter().map(|delivery| planned(flow, delivery)).collect();
    let mut found = acknowledge::facts(facts);
    for (name, locus) in &definition.index {
        found.extra.extend(locus.every(matter).into_iter().map(|text| (name.clone(), Phi::new(text))));
    }
    found.extra.extend(parts::of(definition, v2_of(matter)).iter().flat_map(parts::fields));
    Accept {
        envelope: Envelope {
            interface: flow.name.clone(),
            interface_version: definition.version,
            received: frame.received,
            peer: frame.peer,
            origin,
            format: frame.format,
            raw: frame.bytes,
        },
        facts: found,
        disposition: disposition(&plan.end),
        acknowledgment: answer,
        deliveries,
        duplicate_window: definition.receive.duplicate_window,
        // A rejected message comes again, with its cause mended here or there.
        is_remembered: rejection(&plan.end).is_none(),
        flags: Vec::new(),
    }
}

pub(crate) fn disposition(end: &End) -> Disposition {
    match end {
        End::Routed => Disposition::Routed,
        End::Filtered(rule) => {
            Disposition::Filtered { rule: format!("{} ({}:{})", rule.text, rule.place.file, rule.place.line) }
        }
        End::Rejected { rule, .. } => Disposition::Filtered {
            rule: format!("{REJECTED_BY}{} ({}:{})", rule.text, rule.place.file, rule.place.line),
        },
        End::Unrouted => Disposition::Filtered { rule: "no destination's `when` holds".to_owned() },
        End::Parked(reason) => Disposition::Parked { reason: reason.clone() },
    }
}

fn planned(flow: &Flow, delivery: &Delivery) -> Planned {
    Planned {
        destination: delivery.destination.clone(),
        order_key: order_key(flow, &delivery.order),
        content: delivery.output.clone().map_or(Content::Raw, Content::Output),
        priority: delivery.priority,
    }
}

/// Keyed, because the key stands unsealed in the log and may be a patient's number.
fn order_key(flow: &Flow, order: &OrderKey) -> u64 {
    static FREE: AtomicU64 = AtomicU64::new(1);
    match order {
        OrderKey::Strict => 0,
        OrderKey::Value(value) => flow.dock.store.keyed_hash(value.reveal()),
        OrderKey::Free => {
            let number = FREE.fetch_add(1, Ordering::Relaxed);
            foldhash::fast::FixedState::default().hash_one((flow.dock.clock.now(), number))
        }
    }
}

/// Step 5. The deliveries enter the outboxes on the log's thread, in the order of the log, before anyone is told: so
/// neither a hurried second connection nor a peer that hangs up can change their order or lose them.
async fn commit(
    flow: &Flow,
    version: Arc<Version>,
    accepted: Accept,
    deliveries: Vec<Delivery>,
    hops: u8,
) -> Result<Receipt, store::Error> {
    let received = accepted.envelope.received;
    let raw = accepted.envelope.raw.clone();
    // Not the whole dock: the log's thread must not be the one that lets go of the store.
    let (orphans, ages) = (flow.dock.orphans.clone(), flow.dock.ages.clone());
    let steady = flow.dock.steady();
    let keys: Vec<u64> = accepted.deliveries.iter().map(|planned| planned.order_key).collect();
    let enqueue = move |receipt: &Receipt| {
        if matches!(receipt.verdict(), Verdict::Duplicate { .. }) {
            return;
        }
        ages.note(receipt.id(), received, steady);
        for (number, (delivery, key)) in deliveries.into_iter().zip(keys).enumerate() {
            let Some(outbox) = version.outboxes.get(delivery.place) else { continue };
            let id = DeliveryId { message: receipt.id(), number: u16::try_from(number).unwrap_or(u16::MAX) };
            let entry = Entry {
                delivery: id,
                accepted: received,
                attempts: 0,
                priority: delivery.priority,
                bytes: Some(delivery.output.unwrap_or_else(|| raw.clone())),
                hops,
            };
            if let Err(entry) = outbox.push(key, entry) {
                orphans.keep(&outbox.interface, &outbox.name, key, &entry, false);
            }
        }
    };
    flow.dock.store.commit_then(accepted, enqueue).await
}

/// A message on its way to be counted.
fn waiting(
    message: Message,
    receipt: &Receipt,
    (received, bytes): (Timestamp, usize),
    verdict: Option<quality::Verdict>,
) -> Waiting {
    let repeat = match receipt.verdict() {
        Verdict::New => Repeat::No,
        Verdict::ReusedControlId { .. } => Repeat::OtherContent,
        Verdict::Duplicate { .. } => Repeat::Same,
    };
    Waiting { message, id: receipt.id(), received, repeat, bytes, verdict }
}

/// Step 6.
fn answer_receipt(flow: &Flow, receipt: &Receipt, answer: Option<Bytes>) -> Reply {
    match receipt.verdict() {
        Verdict::New => {
            flow.tally.accepted.fetch_add(1, Ordering::Relaxed);
            Reply::accepted(receipt, answer)
        }
        Verdict::ReusedControlId { .. } => {
            flow.tally.accepted.fetch_add(1, Ordering::Relaxed);
            flow.tally.reused_ids.fetch_add(1, Ordering::Relaxed);
            Reply::accepted(receipt, answer)
        }
        Verdict::Duplicate { of } => {
            flow.tally.duplicates.fetch_add(1, Ordering::Relaxed);
            Reply::accepted(receipt, stored_answer(flow, of).or(answer))
        }
    }
}

/// A duplicate gets the answer that the original got (R4).
fn stored_answer(flow: &Flow, of: MessageId) -> Option<Bytes> {
    flow.dock.store.read(of).ok().and_then(|stored| stored.accept.acknowledgment)
}

/// What the sender waits for besides the storing. A duplicate asks for the answer to the original; the last part of a
/// message for that to the whole.
fn owed(
    flow: &Flow,
    version: &Version,
    message: &Message,
    receipt: &Receipt,
    whole: Option<MessageId>,
) -> Option<(Due, Owed)> {
    let when = acknowledged_when(&version.definition, message);
    let due = acknowledge::due(message, when);
    if due == Due::Never || version.definition.receive.format != Format::Hl7v2 {
        return None;
    }
    let id = whole.unwrap_or(receipt.id());
    let within = version.definition.receive.acknowledge_within;
    let leaving = (due == Due::Alone).then(|| flow.leaving.subscribe());
    Some((due, Owed { dock: flow.dock.clone(), id, message: message.clone(), when, within, leaving }))
}

/// A part that is not the last one is answered once it is stored: nothing is delivered before the others have come.
fn acknowledged_when(definition: &Definition, message: &Message) -> Acknowledge {
    let when = definition.receive.acknowledge;
    let is_early = parts::of(definition, message).is_some_and(|part| part.goes_on_at.is_some());
    if is_early && when == Acknowledge::AfterDelivered { Acknowledge::AfterStored } else { when }
}
