//! Finding messages, telling their journeys, and reading their content.

use crate::{
    codes,
    find::{self, find, read},
    gate::{
        self, Call, aside,
        input::{From, Input, Nothing},
    },
    mask,
    problem::Problem,
    query,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use message::{Clock as _, Format, Phi, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{AuditEntry, Content, Query, Stored};

/// A search. It stands in a body, because its words may be about a patient.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Words of a search: `patient:482113 state:parked since:2h`.
    #[serde(default)]
    query: String,
    /// At most this many.
    limit: Option<usize>,
}

impl Input for Wanted {
    const FROM: From = From::Body;
}

/// Which bytes of a message, and why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// `raw`, `acknowledgment`, `log` or `output:DESTINATION`.
    which: String,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Which {
    const FROM: From = From::Body;
}

/// Which bytes of a message.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    /// `raw`, `acknowledgment` or `output:DESTINATION`.
    which: String,
}

impl Input for Part {
    const FROM: From = From::Query;
}

/// Messages of one answer unless it asks for fewer.
const LIMIT_DEFAULT: usize = 100;

pub(crate) async fn search(call: Call<Wanted>) -> Result<Response, Problem> {
    let limit = call.input.limit.unwrap_or(LIMIT_DEFAULT).min(Query::LIMIT_MAX);
    let rows = aside(move || {
        searched(&call, "search", &call.input.query)?;
        let sees = |interface: &str, facility: &str| call.sees(interface, Some(facility));
        find(&call.state, &call.input.query, limit, (!call.sees_all()).then_some(&sees))
    })
    .await?;
    Ok(Json(json!({"schema": "sinew.messages/1", "messages": rows})).into_response())
}

/// A search whose counts are wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Counted {
    /// Words of a search.
    #[serde(default)]
    query: String,
}

impl Input for Counted {
    const FROM: From = From::Body;
}

/// Counts by state, interface, type and facility. Who does not see everything gets none: counts would tell of the rest.
pub(crate) async fn facets(call: Call<Counted>) -> Result<Response, Problem> {
    let found = aside(move || {
        if !call.sees_all() {
            return Ok(None);
        }
        searched(&call, "count", &call.input.query)?;
        find::facets(&call.state, &call.input.query)
    })
    .await?;
    let list = |facets: &[store::Facet]| -> Vec<serde_json::Value> {
        facets.iter().map(|one| json!({"value": one.value, "count": one.count})).collect()
    };
    let facets = found.map(|found| {
        json!({"total": found.total, "states": list(&found.states), "interfaces": list(&found.interfaces),
            "types": list(&found.types), "facilities": list(&found.facilities)})
    });
    Ok(Json(json!({"schema": "sinew.facets/1", "facets": facets})).into_response())
}

/// Records a search: its words sealed, and the identifiers in it as keyed hashes. One without words, which a screen asks every
/// few seconds, is about nobody.
fn searched<I>(call: &Call<I>, act: &str, text: &str) -> Result<(), Problem> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let search = query::parse(text, clock::System.now()).unwrap_or_default();
    let patients = search.patient.into_iter().chain(search.words).map(Phi::new).collect();
    let terms = Some(Phi::new(text.to_owned()));
    Ok(call.state.audit.keep(&AuditEntry { patients, terms, ..call.entry(act, "messages") })?)
}

/// An act on a message as the audit chain keeps it: with keyed hashes of whom it is about.
fn seen<I>(call: &Call<I>, act: &str, which: &str, reason: &str, message: &Stored) -> AuditEntry {
    let object = format!("{} {which}", message.id);
    let patients = message.accept.facts.patients.clone();
    AuditEntry { patients, reason: reason.to_owned(), ..call.entry(act, object.trim_end()) }
}

pub(crate) async fn journey(call: Call<Nothing>) -> Result<Response, Problem> {
    let id = call.message()?;
    let journey = aside(move || {
        let state = &call.state;
        let stored = read(state, id)?;
        state.audit.keep(&seen(&call, "view", "", "", &stored))?;
        Ok(state.engine.journey(id)?)
    })
    .await?;
    let mut answer = serde_json::to_value(&journey).unwrap_or_default();
    if let Some(object) = answer.as_object_mut() {
        object.insert("schema".to_owned(), json!("sinew.journey/1"));
    }
    Ok(Json(answer).into_response())
}

/// The bytes that a person names, and their format.
fn bytes_of(stored: &Stored, which: &str) -> Result<(Format, Bytes), Problem> {
    let envelope = &stored.accept.envelope;
    let found = match which.split_once(':') {
        None if which == "raw" => Some((envelope.format, envelope.raw.clone())),
        None if which == "log" => {
            let lines = engine::journey::script_lines(stored);
            let line = |line: &message::Phi<&str>| format!("{}\n", line.reveal().replace('\n', " "));
            Some((Format::Text, lines.iter().map(line).collect::<String>().into()))
        }
        None if which == "acknowledgment" => stored.accept.acknowledgment.clone().map(|bytes| (envelope.format, bytes)),
        Some(("output", name)) => {
            stored.accept.deliveries.iter().find(|planned| &*planned.destination == name).map(|planned| match &planned
                .content
            {
                Content::Raw => (envelope.format, envelope.raw.clone()),
                Content::Output(bytes) => (format_of(bytes), bytes.clone()),
            })
        }
        None | Some(_) => None,
    };
    found.ok_or_else(|| {
        let text = "the message has no such content: raw, acknowledgment, log or output:DESTINATION";
        Problem::from(Reason::new(engine::codes::E5201, text))
    })
}

/// The format of an output; what is not known is hidden as a whole where it is masked.
fn format_of(bytes: &[u8]) -> Format {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'M') => Format::Hl7v2,
        Some(b'{') => Format::Fhir,
        _ => Format::Binary,
    }
}

/// The bytes themselves: patient data, so reading them is audited with its reason.
pub(crate) async fn content(call: Call<Which>) -> Result<Response, Problem> {
    if call.input.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why the content is read")));
    }
    let id = call.message()?;
    let bytes = aside(move || {
        let stored = read(&call.state, id)?;
        let (_, bytes) = bytes_of(&stored, &call.input.which)?;
        call.state.audit.keep(&seen(&call, "read", &call.input.which, &call.input.reason, &stored))?;
        Ok(bytes)
    })
    .await?;
    Ok(gate::bytes("application/octet-stream", bytes))
}

/// The bytes with what may identify a patient masked.
pub(crate) async fn masked(call: Call<Part>) -> Result<Response, Problem> {
    let id = call.message()?;
    let bytes = aside(move || {
        let stored = read(&call.state, id)?;
        let (format, bytes) = bytes_of(&stored, &call.input.which)?;
        call.state.audit.keep(&seen(&call, "read masked", &call.input.which, "", &stored))?;
        Ok(mask::masked_content(format, &bytes).into())
    })
    .await?;
    Ok(gate::bytes("application/octet-stream", bytes))
}
