//! Keys of programs: for a service or a person, for some of its rights, for a time.

use super::{
    none_such,
    record::{Key, User},
};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    problem::Problem,
    rights::Grant,
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
use std::time::Duration;

/// Days that a key is good at most.
const DAYS_MAX: u16 = 366;
/// Keys of one user.
const KEYS_MAX: usize = 64;

/// A key to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// Whose rights it has.
    user: String,
    /// What it is for.
    title: String,
    /// Which of them: roles and places, at least one.
    grants: Vec<Grant>,
    /// For how many days, 366 at most.
    #[schemars(range(min = 1, max = 366))]
    days: u16,
}

impl Input for New {
    const FROM: From = From::Body;
}

fn told(key: &Key) -> Value {
    json!({"id": key.id, "user": key.user, "title": key.title, "grants": key.grants, "made": key.made,
        "until": key.until, "used": key.used})
}

/// `GET /api/v1/keys`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let keys = call.state.people.kept.list::<Key>(None)?;
        let keys: Vec<Value> = keys.iter().map(told).collect();
        Ok(Json(json!({"schema": "sinew.keys/1", "keys": keys})).into_response())
    })
    .await
}

/// `POST /api/v1/keys`: the text of the key is told once.
pub(crate) async fn add(call: Call<New>) -> Result<Response, Problem> {
    let title = super::names::title(&call.input.title)?;
    let refused = |text: &str| Problem::new(StatusCode::BAD_REQUEST, codes::E7080, text);
    if call.input.grants.is_empty() || call.input.grants.len() > KEYS_MAX {
        return Err(refused("a key has at least one role, of those of its user"));
    }
    if !(1..=DAYS_MAX).contains(&call.input.days) {
        return Err(refused("a key is good for 1 to 366 days"));
    }
    aside(move || {
        let (people, user) = (&call.state.people, call.input.user.trim().to_ascii_lowercase());
        people.kept.find::<User>(&user)?.ok_or_else(|| none_such("user"))?;
        people.check_grants(&call.input.grants)?;
        if people.kept.list::<Key>(Some(&user))?.len() >= KEYS_MAX {
            return Err(Problem::new(StatusCode::CONFLICT, codes::E7073, "this user has too many keys: remove some"));
        }
        let made = clock::System.now();
        let until = made.after(Duration::from_secs(u64::from(call.input.days) * 86_400));
        let grants = call.input.grants.clone();
        let make = |id, hash| Key { id, user: user.clone(), title, hash, grants, made, until, used: None };
        let (key, text) = people.make_key(make)?;
        let object = format!("{} of {user}", key.id);
        call.state.audit.record(&call.caller.who, "add key", &object, Outcome::Done, "")?;
        Ok(Json(json!({"schema": "sinew.key/1", "key": told(&key), "text": text})).into_response())
    })
    .await
}

/// `DELETE /api/v1/keys/{id}`.
pub(crate) async fn remove(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let id = call.path.first().map_or("", String::as_str);
        if !call.state.people.kept.remove::<Key>(id)? {
            return Err(none_such("key"));
        }
        call.state.audit.record(&call.caller.who, "remove key", id, Outcome::Done, "")?;
        Ok(Json(json!({"removed": true})).into_response())
    })
    .await
}
