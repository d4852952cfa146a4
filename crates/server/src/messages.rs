//! Finding messages, telling their journeys, and reading their content.

use crate::{
    codes,
    find::{self, find, read},
    gate::{
        self, Call, aside,
        input::{From, Input, Nothing},
    },
    host::State,
    mask,
    problem::Problem,
    query,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use message::{Clock as _, Format, MessageId, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use store::{Content, Query};

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
        // What was looked for may be a patient: the chain keeps by which names, and the values as hashes with a key.
        let object =
            query::sealed(&call.input.query, clock::System.now(), |text| call.state.engine.store().keyed_hash(text));
        if !object.is_empty() {
            call.state.audit.record(&call.caller.who, "search", &object, crate::audit::Outcome::Done, "")?;
        }
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
    let found =
        aside(move || if call.sees_all() { find::facets(&call.state, &call.input.query) } else { Ok(None) }).await?;
    let list = |facets: &[store::Facet]| -> Vec<serde_json::Value> {
        facets.iter().map(|one| json!({"value": one.value, "count": one.count})).collect()
    };
    let facets = found.map(|found| {
        json!({"total": found.total, "states": list(&found.states), "interfaces": list(&found.interfaces),
            "types": list(&found.types), "facilities": list(&found.facilities)})
    });
    Ok(Json(json!({"schema": "sinew.facets/1", "facets": facets})).into_response())
}

pub(crate) async fn journey(call: Call<Nothing>) -> Result<Response, Problem> {
    let (id, state) = (call.message()?, call.state);
    let journey = aside(move || {
        read(&state, id)?;
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
fn bytes_of(state: &State, id: MessageId, which: &str) -> Result<(Format, Bytes), Problem> {
    let stored = read(state, id)?;
    let envelope = &stored.accept.envelope;
    let found = match which.split_once(':') {
        None if which == "raw" => Some((envelope.format, envelope.raw.clone())),
        None if which == "log" => {
            let lines = engine::journey::script_lines(&stored);
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
    let (id, person) = (call.message()?, call.person(&call.input.reason)?);
    let bytes = aside(move || {
        let (_, bytes) = bytes_of(&call.state, id, &call.input.which)?;
        call.state.engine.audit(&person, "read", &format!("{id} {}", call.input.which))?;
        Ok(bytes)
    })
    .await?;
    Ok(gate::bytes("application/octet-stream", bytes))
}

/// The bytes with what may identify a patient masked.
pub(crate) async fn masked(call: Call<Part>) -> Result<Response, Problem> {
    let id = call.message()?;
    let bytes = aside(move || {
        let (format, bytes) = bytes_of(&call.state, id, &call.input.which)?;
        let object = format!("{id} {}", call.input.which);
        call.state.audit.record(&call.caller.who, "read masked", &object, crate::audit::Outcome::Done, "")?;
        Ok(mask::masked_content(format, &bytes).into())
    })
    .await?;
    Ok(gate::bytes("application/octet-stream", bytes))
}
