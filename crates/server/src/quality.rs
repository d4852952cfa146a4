//! The quality of what interfaces received, over time.

use crate::{codes, problem::Problem, socket::State};
use axum::{
    Json,
    extract::{Query, State as Extract},
};
use engine::quality::Place;
use message::{Clock as _, Reason, clock};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How far back is looked unless asked otherwise, and at most.
const SINCE_S: u64 = 7 * 86_400;
const SINCE_S_MAX: u64 = 400 * 86_400;

/// `?interface=&since_s=&field=`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    interface: Option<String>,
    since_s: Option<u64>,
    field: Option<String>,
}

pub(crate) async fn look(Extract(state): Extract<State>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let field = match asked.field.as_deref() {
        None => None,
        Some(text) => Some(Place::parse(text).ok_or_else(|| {
            let text = "the field cannot be read: write PID, PID-3 or PID-3.5";
            Problem::bad_request(Reason::new(codes::E7004, text))
        })?),
    };
    let since_s = asked.since_s.unwrap_or(SINCE_S).min(SINCE_S_MAX);
    let reports = state.engine.quality(asked.interface.as_deref(), Duration::from_secs(since_s), field).await?;
    let settings = state.engine.quality_settings();
    Ok(Json(json!({"schema": "sinew.quality/1", "at": clock::System.now(), "since_s": since_s,
        "is_counted": settings.is_on, "span_s": settings.spans.hour.as_secs(), "interfaces": reports})))
}
