//! Finding messages, telling their journeys, and reading their content.

use crate::{
    codes,
    problem::Problem,
    query::{self, Search},
    socket::{Peer, State},
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, Query as Parameters, State as Extract},
    http::header,
    response::{IntoResponse, Response},
};
use engine::acts::Person;
use message::{Clock, MessageId, MessageState, Phi, Reason, Timestamp, clock};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use store::{Content, Query};

/// One message in a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) id: MessageId,
    pub(crate) received: Timestamp,
    pub(crate) interface: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) control_id: String,
    pub(crate) state: MessageState,
    pub(crate) destinations: Vec<String>,
}

/// `?query=…&limit=…`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    query: String,
    limit: Option<usize>,
}

/// `?which=raw|acknowledgment|output:NAME&reason=…`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    which: String,
    reason: String,
}

/// Messages of one answer unless it asks for fewer.
const LIMIT_DEFAULT: usize = 100;

pub(crate) async fn search(
    Extract(state): Extract<State>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<Value>, Problem> {
    let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).min(Query::LIMIT_MAX);
    let rows = aside(move || find(&state, &wanted.query, limit)).await?;
    Ok(Json(json!({"schema": "sinew.messages/1", "messages": rows})))
}

/// Runs what reads the disk beside the tasks that serve sockets.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    let interrupted = || Problem::bad_request(Reason::new(codes::E7004, "the search was interrupted"));
    tokio::task::spawn_blocking(work).await.map_err(|_| interrupted())?
}

/// The messages that a query finds, newest first.
pub(crate) fn find(state: &State, text: &str, limit: usize) -> Result<Vec<Row>, Problem> {
    let search = query::parse(text, clock::System.now())?;
    let store = state.engine.store();
    let mut found = BTreeMap::new();
    if !search.ids.is_empty() {
        for id in &search.ids {
            if let Some(row) = row_of(state, MessageId(*id), &search)? {
                found.insert(row.id, row);
            }
        }
    } else {
        for query in queries(&search, limit) {
            for hit in store.search(&query)?.hits {
                let stored = store.read(hit.id);
                let control_id = stored.map(|stored| stored.accept.facts.control_id).unwrap_or_default();
                let row = Row {
                    id: hit.id,
                    received: hit.at,
                    interface: hit.interface.to_string(),
                    kind: format!("{}^{}", hit.message_type, hit.event),
                    control_id,
                    state: hit.state,
                    destinations: hit.destinations.iter().map(ToString::to_string).collect(),
                };
                found.insert(row.id, row);
            }
        }
    }
    // A number that stands alone may be a message too, as it stands in the lists.
    for id in search.words.iter().filter_map(|word| word.parse().ok()).map(MessageId) {
        if let Some(row) = row_of(state, id, &search)? {
            found.insert(row.id, row);
        }
    }
    Ok(found.into_values().rev().take(limit).collect())
}

/// A message asked for by its id: its state comes from the journey.
fn row_of(state: &State, id: MessageId, search: &Search) -> Result<Option<Row>, Problem> {
    let stored = match state.engine.store().read(id) {
        Ok(stored) => stored,
        Err(store::Error::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let facts = &stored.accept.facts;
    let query = Query {
        interface: Some(stored.accept.envelope.interface.clone()),
        before: Some(MessageId(id.0.saturating_add(1))),
        limit: 1,
        ..Query::default()
    };
    let hit = state.engine.store().search(&query)?.hits.into_iter().find(|hit| hit.id == id);
    let state = hit.map_or(MessageState::InFlight, |hit| hit.state);
    let is_wanted = search.states.is_empty() || search.states.contains(&state);
    Ok(is_wanted.then(|| Row {
        id,
        received: stored.at,
        interface: stored.accept.envelope.interface.to_string(),
        kind: format!("{}^{}", facts.message_type, facts.event),
        control_id: facts.control_id.clone(),
        state,
        destinations: stored.accept.deliveries.iter().map(|planned| planned.destination.to_string()).collect(),
    }))
}

/// The store's questions: a word without a name is asked for as each kind of identifier.
fn queries(search: &Search, limit: usize) -> Vec<Query> {
    let private = |value: &Option<String>| value.clone().map(Phi::new);
    let base = Query {
        interface: search.interface.as_deref().map(Into::into),
        patient: private(&search.patient),
        visit: private(&search.visit),
        order: private(&search.order),
        control_id: search.control_id.clone(),
        extra: search.fields.first().map(|(name, value)| (name.as_str().into(), Phi::new(value.clone()))),
        message_type: search.message_type.clone(),
        event: search.event.clone(),
        application: search.application.clone(),
        facility: search.facility.clone(),
        states: search.states.clone(),
        destination: search.destination.as_deref().map(Into::into),
        since: search.since,
        until: search.until,
        limit,
        ..Query::default()
    };
    if search.words.is_empty() {
        return vec![base];
    }
    let word = |word: &String| {
        let private = Some(Phi::new(word.clone()));
        [
            Query { patient: private.clone(), ..base.clone() },
            Query { visit: private.clone(), ..base.clone() },
            Query { order: private, ..base.clone() },
            Query { control_id: Some(word.clone()), ..base.clone() },
        ]
    };
    search.words.iter().flat_map(word).collect()
}

pub(crate) async fn journey(Extract(state): Extract<State>, Path(id): Path<MessageId>) -> Result<Json<Value>, Problem> {
    let journey = aside(move || Ok(state.engine.journey(id)?)).await?;
    let mut answer = serde_json::to_value(&journey).unwrap_or_default();
    if let Some(object) = answer.as_object_mut() {
        object.insert("schema".to_owned(), json!("sinew.journey/1"));
    }
    Ok(Json(answer))
}

/// The bytes themselves: patient data, so reading them is audited with its reason.
pub(crate) async fn content(
    Extract(state): Extract<State>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    Path(id): Path<MessageId>,
    Parameters(which): Parameters<Which>,
) -> Result<Response, Problem> {
    if which.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why the content is read")));
    }
    let by = peer.0.clone();
    let bytes = aside(move || {
        let stored = state.engine.store().read(id)?;
        let bytes = match which.which.split_once(':') {
            None if which.which == "raw" => Some(stored.accept.envelope.raw.clone()),
            None if which.which == "acknowledgment" => stored.accept.acknowledgment.clone(),
            Some(("output", name)) => {
                stored.accept.deliveries.iter().find(|planned| &*planned.destination == name).map(|planned| {
                    match &planned.content {
                        Content::Raw => stored.accept.envelope.raw.clone(),
                        Content::Output(bytes) => bytes.clone(),
                    }
                })
            }
            None | Some(_) => None,
        };
        let person = Person { by, reason: which.reason.as_str().into() };
        state.engine.audit(&person, "read", &format!("{id} {}", which.which))?;
        bytes.ok_or_else(|| {
            Problem::from(Reason::new(
                engine::codes::E5201,
                "the message has no such content: raw, acknowledgment or output:DESTINATION",
            ))
        })
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
