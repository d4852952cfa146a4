//! Searches that people share: a title and the words, for everybody who may search.
//!
//! Promises: no shared search can name a person: only words about interfaces, kinds, states and times are taken. What it
//! finds, each sees with their own rights.

use crate::{
    codes,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    people::{chance, none_such, record::Shared},
    problem::Problem,
    query::{self, Search},
    rights::{Object, Right},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::{Clock as _, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Shared searches that are kept.
const SEARCHES_MAX: usize = 200;
const TITLE_CHARS_MAX: usize = 80;
const QUERY_CHARS_MAX: usize = 400;

/// A search to share.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    /// What it is for: `Parked in the laboratory`.
    title: String,
    /// Its words: `state:parked interface:lab-results`.
    query: String,
}

impl Input for Made {
    const FROM: From = From::Body;
}

/// A search to take back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gone {
    /// Its id.
    id: String,
}

impl Input for Gone {
    const FROM: From = From::Body;
}

fn refused(text: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, codes::E7404, text)
}

/// Whether its words are about interfaces, kinds, states and times only.
fn names_nobody(search: &Search) -> bool {
    let Search { ids, patient, visit, order, control_id, fields, words, .. } = search;
    let is_about_one = patient.is_some() || visit.is_some() || order.is_some() || control_id.is_some();
    !is_about_one && ids.is_empty() && fields.is_empty() && words.is_empty()
}

fn told(shared: &Shared) -> Value {
    json!({"id": shared.id, "title": shared.title, "query": shared.query, "by": shared.by, "at": shared.at})
}

/// `GET /api/v1/searches`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let rows: Vec<Value> = call.state.people.searches()?.iter().map(told).collect();
        Ok(Json(json!({"schema": "sinew.searches/1", "searches": rows})).into_response())
    })
    .await
}

/// `POST /api/v1/searches`.
pub(crate) async fn add(call: Call<Made>) -> Result<Response, Problem> {
    let (title, query) = (call.input.title.trim().to_owned(), call.input.query.trim().to_owned());
    let is_sound = |text: &str, most: usize| {
        !text.is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
    };
    if !is_sound(&title, TITLE_CHARS_MAX) || !is_sound(&query, QUERY_CHARS_MAX) {
        return Err(refused("a shared search has a title of at most 80 letters, and words"));
    }
    let search = query::parse(&query, clock::System.now()).map_err(Problem::bad_request)?;
    if !names_nobody(&search) {
        return Err(refused(
            "only words about interfaces, kinds, states and times are shared: no ids, names or values",
        ));
    }
    let (call, shared) = aside(move || {
        let people = call.state.people.clone();
        if people.searches()?.len() >= SEARCHES_MAX {
            return Err(refused("there are 200 shared searches: take one back first"));
        }
        let id = chance::hex(&chance::bytes::<6>()?);
        let shared = Shared { id, title, query, by: call.caller.who.to_string(), at: clock::System.now() };
        people.add_search(&shared)?;
        Ok((call, shared))
    })
    .await?;
    call.record("share search", shared.id.clone(), "").await?;
    Ok(Json(json!({"schema": "sinew.search/1", "search": told(&shared)})).into_response())
}

/// `POST /api/v1/searches/remove`: by who shared it, or who manages users.
pub(crate) async fn remove(call: Call<Gone>) -> Result<Response, Problem> {
    let id = call.input.id.clone();
    let call = aside(move || {
        let people = call.state.people.clone();
        let found = people.searches()?.into_iter().find(|shared| shared.id == call.input.id);
        let found = found.ok_or_else(|| none_such("search"))?;
        let manages = call.caller.may(Right::People, Object::Engine, clock::System.now());
        if found.by != *call.caller.who && !manages {
            return Err(Problem::not_allowed("who shared a search takes it back, or who manages users"));
        }
        people.remove_search(&found.id)?;
        Ok(call)
    })
    .await?;
    call.record("take search back", id, "").await?;
    Ok(Json(json!({"removed": true})).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::Timestamp;

    #[test]
    fn only_searches_that_name_nobody() {
        let is_shared = |text: &str| names_nobody(&query::parse(text, Timestamp(0)).unwrap());
        assert!(is_shared("state:parked interface:lab type:ORU since:2h facility:NORTH"));
        for text in [
            "patient:482113",
            "visit:V1",
            "order:O1",
            "control:C1",
            "id:7",
            "OBR-3=A123",
            "quist",
            "state:parked quist",
        ] {
            assert!(!is_shared(text), "{text}");
        }
    }
}
