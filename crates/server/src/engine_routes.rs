//! The engine as a whole: how it fares, what waits, its counters, reading the workspace again, ending.

use crate::{
    certificates,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    host::State,
    metrics, openapi,
    problem::Problem,
    risks,
};
use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use engine::acts::Person;
use message::{Clock as _, Counts, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

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
    let (process, security) = match call.sees_all() {
        true => (call.state.host.describe(), security(&call.state).await?),
        false => (json!({}), json!({})),
    };
    let status = json!({"schema": "sinew.status/1", "process": process, "engine": seen(&call), "security": security});
    Ok(Json(status).into_response())
}

/// What travels in the open, and how long certificates are good.
async fn security(state: &State) -> Result<Value, Problem> {
    let state = state.clone();
    aside(move || {
        let definitions: Vec<_> = state.engine.flows().iter().map(|flow| flow.version().definition.clone()).collect();
        let risks = risks::in_the_open(&definitions, &state.settings);
        let now = clock::System.now();
        let certificates = state.certificates.look(&state.engine, &state.settings);
        let row = |used: &certificates::Used| {
            let days = used.certificate.as_ref().map(|found| found.days_left(now));
            json!({"by": used.by, "role": used.role, "place": used.place, "days_left": days,
                "notice": used.notice(now), "certificate": used.certificate})
        };
        Ok(json!({"in_the_open": risks, "certificates": certificates.iter().map(row).collect::<Vec<_>>()}))
    })
    .await
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
    let text = metrics::exposition(&call.state.engine, &transport(&call.state).await?);
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// When certificates end, and how many places are in the open.
pub(crate) async fn transport(state: &State) -> Result<metrics::Transport, Problem> {
    let security = security(state).await?;
    let mut told = std::collections::BTreeMap::new();
    for row in security["certificates"].as_array().into_iter().flatten() {
        if let (Some(by), Some(end)) = (row["by"].as_str(), row["certificate"]["not_after"].as_i64()) {
            let role = row["role"].as_str().unwrap_or_default();
            // The first of several authorities that ends is the one to know of.
            told.entry((by, role)).and_modify(|known: &mut i64| *known = end.min(*known)).or_insert(end);
        }
    }
    Ok(metrics::Transport {
        certificates: told
            .into_iter()
            .map(|((by, role), end)| (by.to_owned(), role.to_owned(), end / 1_000_000))
            .collect(),
        in_the_open: security["in_the_open"].as_array().map_or(0, Vec::len),
    })
}
