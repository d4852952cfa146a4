//! The journey of a message as spans: one for its arrival, one for each attempt to deliver it and for each other change.
//!
//! Their ids are keyed hashes of what they are about, so that the same journey told twice is the same trace, and nobody without
//! the key of the store finds a message by its trace or joins traces of two sites.

use super::{
    figures::system,
    resource, scope,
    words::{attribute, nanos, text, whole},
};
use engine::{
    Engine,
    live::{SAMPLES_MAX, Watch},
};
use hl7v2::ack::Reply;
use message::{MessageId, Origin, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};
use store::{Attempt, Change, Disposition, Entry, Stored, Then};

/// Messages that are not at their end and are looked at again.
const FOLLOWED_MAX: usize = 10_000;
/// Messages that are read at one time.
const ROUND_MAX: usize = SAMPLES_MAX;
/// Pauses between looks at one message, and how long it is followed.
const PAUSE: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(24 * 3_600);

/// `SpanKind` of OTLP.
const INTERNAL: u8 = 1;
const PRODUCER: u8 = 4;
const CONSUMER: u8 = 5;
/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;

/// Follows a share of the messages of one engine.
pub struct Tracer {
    engine: Engine,
    watch: Watch<MessageId>,
    followed: VecDeque<Followed>,
    left_out: usize,
}

/// A message whose journey is being told.
struct Followed {
    id: MessageId,
    /// Its arrival was told, and so many entries of its history.
    is_begun: bool,
    told: usize,
    since: Instant,
    due: Instant,
    pause: Duration,
}

impl Tracer {
    /// Follows about this share, 0 to 1, of the messages that are stored from now on.
    #[must_use]
    pub fn new(engine: Engine, share: f64) -> Tracer {
        let watch = engine.live().sample(share);
        Tracer { engine, watch, followed: VecDeque::new(), left_out: 0 }
    }

    /// Messages that were chosen and are not told of: they did not fit.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The body of a request to [`super::TRACES_PATH`] with what happened since the last call; `None` if nothing did. Reads
    /// the store: not on a thread that others wait for.
    pub fn step(&mut self, now: Instant) -> Option<Value> {
        while let Some(id) = self.watch.try_next() {
            let new = Followed { id, is_begun: false, told: 0, since: now, due: now, pause: PAUSE };
            self.followed.push_front(new);
        }
        self.left_out += self.watch.take_missed();
        while self.followed.len() > FOLLOWED_MAX {
            self.followed.pop_back();
            self.left_out += 1;
        }
        let mut spans = Vec::new();
        let mut reads = 0;
        let engine = self.engine.clone();
        self.followed.retain_mut(|followed| {
            if followed.due > now || reads >= ROUND_MAX {
                return true;
            }
            reads += 1;
            let is_over = now.duration_since(followed.since) >= PATIENCE;
            followed.due = now + followed.pause;
            followed.pause = (followed.pause * 2).min(PAUSE_MAX);
            // A message that retention took, or that cannot be read now: nothing more can be told of it.
            let Ok(is_ended) = look(&engine, followed, &mut spans) else { return false };
            !is_ended && !is_over
        });
        (!spans.is_empty()).then(|| {
            let scoped = json!([{"scope": scope(), "spans": spans}]);
            json!({"resourceSpans": [{"resource": resource(&self.engine), "scopeSpans": scoped}]})
        })
    }
}

/// Tells what is new of a message; says whether it is at its end.
fn look(engine: &Engine, followed: &mut Followed, spans: &mut Vec<Value>) -> Result<bool, store::Error> {
    let (stored, history) = (engine.store().read(followed.id)?, engine.store().history(followed.id)?);
    let systems = systems(engine, &stored);
    if !followed.is_begun {
        spans.push(arrival(engine, &stored, &systems.0));
        followed.is_begun = true;
    }
    for (at, entry) in history.iter().enumerate().skip(followed.told) {
        spans.push(change(engine, &stored, (at, entry), &systems.1));
    }
    followed.told = history.len();
    let deliveries = engine::journey::standings(&stored, &history);
    Ok(deliveries.iter().all(|standing| standing.state.is_settled())
        && !matches!(stored.accept.disposition, Disposition::Parked { .. }))
}

/// `messaging.system` of the source, and of each destination by its name.
fn systems(engine: &Engine, stored: &Stored) -> (String, Vec<(String, String)>) {
    let flows = engine.flows();
    let Some(flow) = flows.iter().find(|flow| flow.name == stored.accept.envelope.interface) else {
        return ("sinew".to_owned(), Vec::new());
    };
    let definition = flow.version().definition.clone();
    let to = definition.destinations.iter().map(|to| (to.name.to_string(), system(to.connector))).collect();
    (system(definition.receive.connector), to)
}

/// The id of the trace of a message.
fn trace_of(engine: &Engine, id: MessageId) -> String {
    let half = |part: u8| engine.store().keyed_hash(&[b"trace".as_slice(), &[part], &id.0.to_be_bytes()].concat());
    format!("{:016x}{:016x}", half(0), half(1))
}

/// The id of a span in it: 0 is the arrival, then the entries of the history.
fn span_of(engine: &Engine, id: MessageId, number: usize) -> String {
    let bytes = [b"span".as_slice(), &id.0.to_be_bytes(), &(number as u64).to_be_bytes()].concat();
    format!("{:016x}", engine.store().keyed_hash(&bytes))
}

/// MSH-9 where it has the form of the standard: what else a sender wrote there is not told.
fn kind(message_type: &str, event: &str) -> Option<String> {
    let is_fit =
        |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    match (is_fit(message_type), is_fit(event)) {
        (true, true) => Some(format!("{message_type}^{event}")),
        (true, false) => Some(message_type.to_owned()),
        (false, _) => None,
    }
}

fn arrival(engine: &Engine, stored: &Stored, system: &str) -> Value {
    let accept = &stored.accept;
    let envelope = &accept.envelope;
    let (disposition, reason) = match &accept.disposition {
        Disposition::Routed => ("routed", None),
        Disposition::Filtered { .. } => ("filtered", None),
        Disposition::Parked { reason } => ("parked", Some(&reason.code)),
    };
    let mut attributes = vec![
        attribute("messaging.system", text(system)),
        attribute("messaging.operation.name", text("receive")),
        attribute("messaging.operation.type", text("receive")),
        attribute("messaging.destination.name", text(&envelope.interface)),
        attribute("messaging.message.body.size", whole(i64::try_from(envelope.raw.len()).unwrap_or(i64::MAX))),
        attribute("sinew.message.id", whole(i64::try_from(stored.id.0).unwrap_or(i64::MAX))),
        attribute("sinew.interface.version", text(&format!("{:016x}", envelope.interface_version))),
        attribute("sinew.disposition", text(disposition)),
    ];
    attributes.extend(
        kind(&accept.facts.message_type, &accept.facts.event).map(|kind| attribute("sinew.message.type", text(&kind))),
    );
    let answer = accept.acknowledgment.as_ref().and_then(|answer| Reply::read(answer.clone()).code);
    attributes.extend(answer.map(|code| attribute("sinew.acknowledgment", text(&code.to_string()))));
    attributes.extend(reason.map(|code| attribute("error.type", text(code))));
    let before = match &envelope.origin {
        Origin::Received => None,
        Origin::Replay { of, .. } => Some(*of),
        Origin::Interface { from } => Some(*from),
    };
    let kind = if matches!(envelope.origin, Origin::Received) { CONSUMER } else { INTERNAL };
    let name = format!("receive {}", envelope.interface);
    let mut span = span(engine, (stored.id, 0), (&name, kind), (envelope.received, stored.at), attributes);
    if let Some(before) = before {
        span["links"] = json!([{"traceId": trace_of(engine, before), "spanId": span_of(engine, before, 0)}]);
    }
    failed(&mut span, reason.map(|code| &**code));
    span
}

/// A change of its state. Who did it is not told: the audit chain is the place for it.
fn change(engine: &Engine, stored: &Stored, (at, entry): (usize, &Entry), systems: &[(String, String)]) -> Value {
    let delivery = entry.change.delivery();
    let planned = delivery.and_then(|delivery| stored.accept.deliveries.get(usize::from(delivery.number)));
    let destination = planned.map_or("", |planned| &planned.destination);
    let mut attributes = Vec::new();
    if !destination.is_empty() {
        let system = systems.iter().find(|(name, _)| name == destination).map_or("sinew", |(_, system)| system);
        attributes.push(attribute("messaging.system", text(system)));
        attributes.push(attribute("messaging.destination.name", text(destination)));
    }
    let (word, reason) = match &entry.change {
        Change::Attempt(attempt) => return sent(engine, (stored.id, at), attempt, (destination, attributes)),
        Change::Parked { reason, .. } => ("park", Some(reason)),
        Change::Held { reason, .. } => ("hold", Some(reason)),
        Change::Expired { reason, .. } => ("expire", Some(reason)),
        Change::Released { .. } => ("release", None),
        Change::Deleted { .. } => ("delete", None),
        Change::Resent { .. } => ("resend", None),
        Change::Dismissed { .. } => ("dismiss", None),
        Change::ApplicationAcknowledged(_) => ("application acknowledgment", None),
    };
    let code = reason.map(|reason| &*reason.code);
    attributes.extend(code.map(|code| attribute("error.type", text(code))));
    let name = format!("{word} {destination}");
    let mut span = span(engine, (stored.id, at + 1), (name.trim_end(), INTERNAL), (entry.at, entry.at), attributes);
    failed(&mut span, code);
    span
}

fn sent(
    engine: &Engine,
    (id, at): (MessageId, usize),
    attempt: &Attempt,
    (destination, mut attributes): (&str, Vec<Value>),
) -> Value {
    let then = match attempt.then {
        Then::Done => "delivered",
        Then::RetryAt(_) => "retrying",
        Then::Park => "parked",
        Then::Hold => "held",
        Then::Expire => "expired",
    };
    attributes.extend([
        attribute("messaging.operation.name", text("send")),
        attribute("messaging.operation.type", text("send")),
        attribute("sinew.attempt", whole(i64::from(attempt.number))),
        attribute("sinew.delivery", text(then)),
    ]);
    attributes.extend(attempt.reply.map(|code| attribute("sinew.acknowledgment", text(&code.to_string()))));
    let code = attempt.failure.map(|_| attempt.reason.as_ref().map_or("_OTHER", |reason| &*reason.code));
    attributes.extend(code.map(|code| attribute("error.type", text(code))));
    let name = format!("send {destination}");
    let mut span = span(engine, (id, at + 1), (&name, PRODUCER), (attempt.started, attempt.ended), attributes);
    failed(&mut span, code);
    span
}

fn span(
    engine: &Engine,
    (id, number): (MessageId, usize),
    (name, kind): (&str, u8),
    (start, end): (Timestamp, Timestamp),
    attributes: Vec<Value>,
) -> Value {
    let mut span = json!({"traceId": trace_of(engine, id), "spanId": span_of(engine, id, number), "name": name, "kind": kind,
        "startTimeUnixNano": nanos(start), "endTimeUnixNano": nanos(start.max(end)), "attributes": attributes});
    if number > 0 {
        span["parentSpanId"] = span_of(engine, id, 0).into();
    }
    span
}

fn failed(span: &mut Value, code: Option<&str>) {
    if let Some(code) = code {
        span["status"] = json!({"code": ERROR, "message": code});
    }
}
