//! The engine as a whole: how it fares, what waits, its counters, reading the workspace again, ending.

use crate::{
    gate::{
        Call,
        input::{From, Input, Nothing},
    },
    openapi,
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
use serde_json::{Value, json};
use std::fmt::Write;

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
    let status = serde_json::to_value(call.state.engine.status()).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], exposition(&status)).into_response())
}

/// A counter or gauge for each interface: name, help, type, and where it stands in the status.
const OF_INTERFACE: &[(&str, &str, &str, &str)] = &[
    ("sinew_messages_received_total", "Messages that came in", "counter", "/received"),
    ("sinew_messages_accepted_total", "Messages that were accepted", "counter", "/counts/accepted"),
    ("sinew_messages_duplicate_total", "Messages that were there before", "counter", "/duplicates"),
    ("sinew_messages_rejected_total", "Messages that were rejected", "counter", "/rejected"),
    ("sinew_messages_delivered_total", "Messages that were delivered", "counter", "/counts/delivered"),
    ("sinew_messages_filtered_total", "Messages that went nowhere by a rule", "counter", "/counts/filtered"),
    ("sinew_parked_messages", "Messages that wait for a person", "gauge", "/counts/parked"),
    ("sinew_in_flight_messages", "Messages under way", "gauge", "/counts/in_flight"),
    ("sinew_connections", "Peers that are connected", "gauge", "/peers"),
];

/// The text format of Prometheus.
fn exposition(status: &Value) -> String {
    let mut out = String::new();
    let rows: Vec<&Value> = status["interfaces"].as_array().into_iter().flatten().collect();
    for (name, help, kind, place) in OF_INTERFACE {
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for row in &rows {
            let value = row.pointer(place).and_then(Value::as_i64).unwrap_or(0);
            let _ = writeln!(out, "{name}{{interface=\"{}\"}} {value}", row["name"].as_str().unwrap_or_default());
        }
    }
    let _ = writeln!(
        out,
        "# HELP sinew_queue_messages Messages that wait for a destination\n# TYPE sinew_queue_messages gauge"
    );
    for row in &rows {
        for to in row["destinations"].as_array().into_iter().flatten() {
            let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
            let queued = to["queued"].as_i64().unwrap_or(0);
            let _ = writeln!(
                out,
                "sinew_queue_messages{{interface=\"{}\",destination=\"{}\"}} {queued}",
                name(row),
                name(to)
            );
        }
    }
    let lost = status["lost"].as_i64().unwrap_or(0);
    let _ = writeln!(
        out,
        "# HELP sinew_conservation_difference Messages that no state accounts for; must be 0\n\
         # TYPE sinew_conservation_difference gauge\nsinew_conservation_difference {lost}"
    );
    out
}
