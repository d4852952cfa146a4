//! The quality of what interfaces received, over time.

use crate::{
    codes,
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
use engine::quality::Place;
use message::{Clock as _, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How far back is looked unless asked otherwise, and at most.
const SINCE_S: u64 = 7 * 86_400;
const SINCE_S_MAX: u64 = 400 * 86_400;

/// Which counts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Of this interface.
    interface: Option<String>,
    /// Of so many seconds until now.
    since_s: Option<u64>,
    /// Of this field: PID, PID-3 or PID-3.5.
    field: Option<String>,
}

impl Input for Asked {
    const FROM: From = From::Query;
}

pub(crate) async fn look(call: Call<Asked>) -> Result<Response, Problem> {
    let (state, asked) = (&call.state, &call.input);
    let field = match asked.field.as_deref() {
        None => None,
        Some(text) => Some(Place::parse(text).ok_or_else(|| {
            let text = "the field cannot be read: write PID, PID-3 or PID-3.5";
            Problem::bad_request(Reason::new(codes::E7004, text))
        })?),
    };
    let since_s = asked.since_s.unwrap_or(SINCE_S).min(SINCE_S_MAX);
    let mut reports = state.engine.quality(asked.interface.as_deref(), Duration::from_secs(since_s), field).await?;
    reports.retain(|report| call.sees(&report.interface, None));
    let settings = state.engine.quality_settings();
    let told = json!({"schema": "sinew.quality/1", "at": clock::System.now(), "since_s": since_s,
        "is_counted": settings.is_on, "span_s": settings.spans.hour.as_secs(), "interfaces": reports});
    Ok(Json(told).into_response())
}
