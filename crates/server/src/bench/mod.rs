//! The bench: a message through the lines of an interface that runs, step by step, without storing or sending anything; and
//! what it did kept as a test of the interface.
//!
//! Promises: what is told is what the engine would do with these bytes now, where nothing has to be asked outside. Content
//! of a stored message is masked unless there is a reason and the right; that it was read is on record.
//! Never: stores, sends, or asks a lookup.

mod keep;

pub(crate) use keep::keep;

use crate::{
    codes, find,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    mask,
    problem::Problem,
    rights::{Object, Right},
    way,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use engine::{
    pipeline::End,
    routing::{self, Way},
};
use interface::{
    case::{Standing, With, standing},
    definition::Definition,
};
use message::{AckCode, Clock as _, Format, MessageId, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use store::AuditEntry;

/// Largest message on the bench.
pub(crate) const CONTENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How a partner behaves on the bench.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Behaviour {
    /// It takes everything.
    Takes,
    /// It does not answer.
    RefusesConnections,
    /// It answers AE.
    RepliesAe,
    /// It answers AR.
    RepliesAr,
}

/// A partner and how it behaves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Partner {
    /// The destination.
    destination: String,
    /// What it does.
    does: Behaviour,
}

/// What is put on the bench: a text, or a stored message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    /// The message as a text; line ends may be LF or CR.
    content: Option<String>,
    /// A stored message of this interface.
    message: Option<u64>,
    /// Show the content of the stored message as it is, for this reason.
    #[serde(default)]
    reason: String,
    /// Partners that do not take everything.
    #[serde(default)]
    partners: Vec<Partner>,
}

impl Input for Tried {
    const FROM: From = From::Body;
}

/// The text of a person as the bytes of a message: HL7 v2 has CR at the end of a segment, whatever an editor makes of it.
pub(super) fn bytes_of(definition: &Definition, content: &str) -> Bytes {
    match definition.receive.format {
        Format::Hl7v2 => {
            let text = content.replace("\r\n", "\r").replace('\n', "\r");
            let text = text.trim_matches('\r');
            Bytes::from(if text.is_empty() { String::new() } else { format!("{text}\r") })
        }
        _ => Bytes::copy_from_slice(content.as_bytes()),
    }
}

pub(super) fn with(definition: &Definition, partners: &[Partner]) -> Vec<With> {
    let one = |partner: &Partner| {
        let name = definition.destination(&partner.destination)?.name.clone();
        match partner.does {
            Behaviour::Takes => None,
            Behaviour::RefusesConnections => Some(With::Refuses(name)),
            Behaviour::RepliesAe => Some(With::Replies(name, AckCode::AE)),
            Behaviour::RepliesAr => Some(With::Replies(name, AckCode::AR)),
        }
    };
    partners.iter().filter_map(one).collect()
}

pub(super) fn definition_of<I>(call: &Call<I>) -> Result<Arc<Definition>, Problem> {
    let name = call.path.first().cloned().unwrap_or_default();
    Ok(call.state.engine.flow(&name)?.version().definition.clone())
}

/// `POST /api/v1/interfaces/{name}/try`.
pub(crate) async fn attempt(call: Call<Tried>) -> Result<Response, Problem> {
    aside(move || {
        let definition = definition_of(&call)?;
        let (bytes, is_revealed) = match (&call.input.content, call.input.message) {
            (Some(content), None) => (bytes_of(&definition, content), true),
            (None, Some(id)) => stored(&call, id)?,
            _ => return Err(Problem::not_understood("give a text, or the number of a stored message")),
        };
        let told = match routing::trace(&definition, &bytes, clock::System.now()) {
            Ok(way) => told(&definition, &bytes, &way, &with(&definition, &call.input.partners), is_revealed),
            Err(reason) => json!({"end": "refused", "reason": reason}),
        };
        let mut told = told;
        told["schema"] = json!("sinew.bench/1");
        told["interface"] = json!(definition.name);
        told["is_masked"] = json!(!is_revealed);
        told["received"] = json!(shown(definition.receive.format, &bytes, is_revealed));
        Ok(Json(told).into_response())
    })
    .await
}

/// A stored message of the interface, and whether it is shown as it is.
fn stored(call: &Call<Tried>, id: u64) -> Result<(Bytes, bool), Problem> {
    let stored = find::read(&call.state, MessageId(id))?;
    let (envelope, facility) = (&stored.accept.envelope, &stored.accept.facts.facility);
    let is_own = call.path.first().is_some_and(|name| **name == *envelope.interface);
    if !is_own || !call.sees(&envelope.interface, Some(facility)) {
        return Err(Reason::new(engine::codes::E5201, format!("the interface has no message {id}")).into());
    }
    let reason = call.input.reason.trim();
    let may = call.caller.may(Right::Reveal, Object::Message(&envelope.interface, facility), clock::System.now());
    if !reason.is_empty() && !may {
        let text = "your roles do not show content as it is";
        return Err(Problem::new(StatusCode::FORBIDDEN, codes::E7061, text));
    }
    let act = if reason.is_empty() { "read masked" } else { "read" };
    let entry = AuditEntry {
        patients: stored.accept.facts.patients.clone(),
        reason: reason.to_owned(),
        ..call.entry(act, &format!("{id} on the bench"))
    };
    call.state.audit.keep(&entry)?;
    Ok((envelope.raw.clone(), !reason.is_empty()))
}

/// Samples that are told, and the longest of them.
const SAMPLES_MAX: usize = 100;
const SAMPLE_BYTES_MAX: usize = 64 * 1024;

/// `GET /api/v1/interfaces/{name}/samples`: the messages that lie beside the interface, for its tests.
pub(crate) async fn samples(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let definition = definition_of(&call)?;
        let folder = definition.place.file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let files = call.state.host.files();
        let (paths, _) = files.list(&format!("{folder}/samples"));
        let text = |path: &String| files.text(path).ok().filter(|text| text.len() <= SAMPLE_BYTES_MAX);
        let rows = paths.iter().filter_map(|path| Some(json!({"path": path, "text": text(path)?})));
        let rows: Vec<Value> = rows.take(SAMPLES_MAX).collect();
        Ok(Json(json!({"schema": "sinew.samples/1", "samples": rows})).into_response())
    })
    .await
}

fn shown(format: Format, bytes: &[u8], is_revealed: bool) -> String {
    let bytes = if is_revealed { bytes.to_vec() } else { mask::masked_content(format, bytes) };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a message is, by its first bytes: between the lines of an interface it may be anything.
fn guessed(bytes: &[u8]) -> Format {
    match bytes {
        [b'M', b'S', b'H', ..] => Format::Hl7v2,
        _ if fhir::Tree::read(bytes).is_ok() => Format::Fhir,
        _ => Format::Text,
    }
}

fn told(definition: &Definition, raw: &Bytes, way: &Way, with: &[With], is_revealed: bool) -> Value {
    let (end, reason) = match &way.plan.end {
        End::Routed => ("routed", Value::Null),
        End::Filtered(rule) => {
            ("filtered", json!({"text": &*rule.text, "file": &*rule.place.file, "line": rule.place.line}))
        }
        End::Unrouted => ("filtered", json!({"text": "no destination's `when` holds"})),
        End::Parked(reason) => ("parked", json!(reason)),
        End::Rejected { reason, .. } => ("rejected", json!(reason)),
    };
    let stages = way.stages.iter().map(|stage| {
        json!({"destination": stage.destination, "file": &*stage.place.file, "line": stage.place.line,
            "looked": stage.looked, "text": shown(guessed(&stage.bytes), &stage.bytes, is_revealed)})
    });
    let deliveries = way.plan.deliveries.iter().map(|delivery| {
        let to = definition.destinations.get(delivery.place);
        let bytes = delivery.output.as_ref().unwrap_or(raw);
        let stands = match standing(definition, with, &delivery.destination) {
            Standing::Sent => "sent",
            Standing::Queued => "queued",
            Standing::Parked => "parked",
        };
        json!({"destination": delivery.destination, "connector": to.map(|to| to.connector),
            "address": to.map(|to| &*to.settings.address), "is_changed": delivery.output.is_some(),
            "is_urgent": delivery.priority > 0, "stands": stands,
            "text": shown(guessed(bytes), bytes, is_revealed)})
    });
    let notes =
        way.plan.notes.iter().map(|note| json!({"code": note.code.id, "path": note.path(), "message": note.message}));
    let issues =
        way.plan.issues.iter().map(|issue| json!({"code": issue.code, "path": issue.path, "message": issue.message}));
    json!({
        "end": end, "reason": reason,
        "lines": way.looked.iter().map(|one| way::looked(one, is_revealed)).collect::<Vec<_>>(),
        "stages": stages.collect::<Vec<_>>(), "deliveries": deliveries.collect::<Vec<_>>(),
        "destinations": definition.destinations.iter().filter(|to| to.subscriber.is_none()).map(|to| &to.name).collect::<Vec<_>>(),
        "acknowledgment": way.acknowledgment.as_ref().map(|bytes| shown(Format::Hl7v2, bytes, is_revealed)),
        "notes": notes.collect::<Vec<_>>(), "issues": issues.collect::<Vec<_>>(),
        "needs_a_lookup": way.plan.asks.is_some(),
    })
}
