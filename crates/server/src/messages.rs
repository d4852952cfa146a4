//! Finding messages, telling their journeys, and reading their content.

use crate::{
    codes,
    find::{find, read},
    problem::Problem,
    socket::{Peer, State},
};
use axum::{
    Json,
    extract::{ConnectInfo, Path, Query as Parameters, State as Extract},
    http::header,
    response::{IntoResponse, Response},
};
use engine::acts::Person;
use message::{MessageId, Reason};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Content, Query};

/// `?query=…&limit=…`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    query: String,
    limit: Option<usize>,
}

/// `?which=raw|acknowledgment|log|output:NAME&reason=…`
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

pub(crate) async fn journey(Extract(state): Extract<State>, Path(id): Path<MessageId>) -> Result<Json<Value>, Problem> {
    let journey = aside(move || {
        read(&state, id)?;
        Ok(state.engine.journey(id)?)
    })
    .await?;
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
        let stored = read(&state, id)?;
        let bytes = match which.which.split_once(':') {
            None if which.which == "raw" => Some(stored.accept.envelope.raw.clone()),
            None if which.which == "log" => {
                let lines = engine::journey::script_lines(&stored);
                let line = |line: &message::Phi<&str>| format!("{}\n", line.reveal().replace('\n', " "));
                Some(lines.iter().map(line).collect::<String>().into())
            }
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
                "the message has no such content: raw, acknowledgment, log or output:DESTINATION",
            ))
        })
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
