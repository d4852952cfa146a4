//! The engine as a whole: how it fares, what waits, its counters, reading the workspace again, ending.

use crate::{
    gate::{
        Call,
        input::{From, Input, Nothing},
    },
    metrics, openapi,
    problem::Problem,
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use engine::acts::Person;
use message::Counts;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// What the engine says of itself, without interfaces that are not the caller's.
fn seen(call: &Call<Nothing>) -> engine::status::Status {
    let mut status = call.state.engine.status();
    if !call.sees_all() {
        status.interfaces.retain(|row| call.sees(&row.name, None));
        status.counts = Counts::default();
        status.lost = 0;
    }
    status
}

pub(crate) async fn status(call: Call<Nothing>) -> Result<Response, Problem> {
    let process = if call.sees_all() { call.state.host.describe() } else { json!({}) };
    Ok(Json(json!({"schema": "sinew.status/1", "process": process, "engine": seen(&call)})).into_response())
}

pub(crate) async fn interfaces(call: Call<Nothing>) -> Result<Response, Problem> {
    Ok(Json(json!({"schema": "sinew.interfaces/1", "interfaces": seen(&call).interfaces})).into_response())
}

pub(crate) async fn queues(call: Call<Nothing>) -> Result<Response, Problem> {
    let mut queues = Vec::new();
    for row in seen(&call).interfaces {
        for to in row.destinations {
            queues.push(json!({"interface": row.name, "destination": to}));
        }
    }
    Ok(Json(json!({"schema": "sinew.queues/1", "queues": queues})).into_response())
}

/// `{"reason"?}`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stop {
    /// Why.
    #[serde(default)]
    reason: String,
}

impl Input for Stop {
    const FROM: From = From::Body;
}

pub(crate) async fn stop(call: Call<Stop>) -> Result<Response, Problem> {
    let reason = match call.input.reason.trim() {
        "" => "asked for on the control API",
        given => given,
    };
    let person = Person { by: call.caller.who.clone(), reason: reason.into() };
    call.state.engine.audit(&person, "stop", "engine")?;
    call.state.host.stop();
    Ok(Json(json!({"stopping": true})).into_response())
}

pub(crate) async fn openapi(_: Call<Nothing>) -> Result<Response, Problem> {
    Ok(([(header::CONTENT_TYPE, "application/json")], openapi::document()).into_response())
}

pub(crate) async fn metrics(call: Call<Nothing>) -> Result<Response, Problem> {
    let text = metrics::exposition(&call.state.engine);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
