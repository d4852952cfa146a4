//! Incidents: what is wrong, who has it, and what people do about it.

use crate::{
    gate::{
        Call,
        input::{From, Input},
    },
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use watch::Act;

/// Incidents that are over and told unless asked otherwise, and at most.
const PAST: usize = 50;
const PAST_MAX: usize = 500;

/// Which incidents.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// So many that are over; those that are open are all told.
    past: Option<usize>,
}

impl Input for Asked {
    const FROM: From = From::Query;
}

/// What is done about an incident.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Deed {
    /// "I have it": nobody is told again until it gets worse.
    Acknowledge,
    /// Somebody else shall have it: `to`.
    Assign,
    /// Tell nobody for `for_s` seconds; `note` says why.
    Snooze,
    /// Tell again: takes an acknowledgment and a snooze back.
    Wake,
    /// Only write something down: `note`.
    Note,
}

/// An act on an incident.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acted {
    /// The number of the incident.
    incident: u64,
    /// What.
    act: Deed,
    /// To whom, where it is assigned.
    to: Option<String>,
    /// For how many seconds, where it is snoozed; 7 days at most.
    for_s: Option<u64>,
    /// What people should know. It stays in this system and never names a patient.
    #[serde(default)]
    note: String,
}

impl Input for Acted {
    const FROM: From = From::Body;
}

/// A channel to try.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    /// Its name.
    channel: String,
}

impl Input for Tried {
    const FROM: From = From::Body;
}

/// `GET /api/v1/alerts`: what concerns an interface that the caller sees; of the engine itself, who sees all.
pub(crate) async fn look(call: Call<Asked>) -> Result<Response, Problem> {
    let past = call.input.past.unwrap_or(PAST).min(PAST_MAX);
    let mut told = call.state.engine.alerts(past);
    if !call.sees_all() {
        let is_seen = |row: &Value| {
            let interfaces = row["interfaces"].as_array();
            interfaces.is_some_and(|of| of.iter().filter_map(Value::as_str).any(|name| call.sees(name, None)))
        };
        for key in ["open", "past"] {
            if let Some(rows) = told[key].as_array_mut() {
                rows.retain(is_seen);
                rows.iter_mut().for_each(|row| narrow(row, &|name| call.sees(name, None)));
            }
        }
        if let Some(rows) = told["habits"].as_array_mut() {
            rows.retain(|row| row["interface"].as_str().is_some_and(|name| call.sees(name, None)));
        }
        told["told"] = json!([]);
    }
    Ok(Json(told).into_response())
}

/// Leaves the interfaces of others out of an incident.
fn narrow(row: &mut Value, sees: &dyn Fn(&str) -> bool) {
    if let Some(names) = row["interfaces"].as_array_mut() {
        names.retain(|name| name.as_str().is_some_and(sees));
    }
    if let Some(symptoms) = row["symptoms"].as_array_mut() {
        symptoms.retain(|symptom| symptom["interface"].as_str().is_some_and(sees));
    }
}

/// `POST /api/v1/alerts/act`.
pub(crate) async fn act(call: Call<Acted>) -> Result<Response, Problem> {
    let Acted { incident, act, to, for_s, note } = &call.input;
    let (deed, name) = match act {
        Deed::Acknowledge => (Act::Acknowledge, "acknowledge incident"),
        Deed::Assign => (Act::Assign(to.as_deref().unwrap_or_default().trim().into()), "assign incident"),
        Deed::Snooze => (Act::Snooze(Duration::from_secs(for_s.unwrap_or(0))), "snooze incident"),
        Deed::Wake => (Act::Wake, "wake incident"),
        Deed::Note => (Act::Note, "note on incident"),
    };
    let told = call.state.engine.act_on_incident(*incident, &deed, &call.caller.who, note).await?;
    call.record(name, incident.to_string(), note).await?;
    Ok(Json(json!({"schema": "sinew.incident/1", "incident": told})).into_response())
}

/// `POST /api/v1/alerts/try`: sends a trial through a channel.
pub(crate) async fn attempt(call: Call<Tried>) -> Result<Response, Problem> {
    call.record("try alert channel", call.input.channel.clone(), "").await?;
    call.state.engine.try_channel(&call.input.channel).await?;
    Ok(Json(json!({"sent": true})).into_response())
}
