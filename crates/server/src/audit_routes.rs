//! The audit chain for those who may read it.

use crate::{
    audit::Outcome,
    gate::{
        Call, aside,
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
use store::{AuditQuery, AuditRow};

/// Rows of one answer, at most.
const ROWS_MAX: usize = 1_000;

/// Which rows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// By whom.
    who: Option<String>,
    /// Which act.
    act: Option<String>,
    /// On what.
    object: Option<String>,
    /// Older than this number: the last of the page before.
    before: Option<u64>,
    /// At most this many.
    limit: Option<usize>,
}

impl Input for Wanted {
    const FROM: From = From::Query;
}

fn told(row: &AuditRow) -> Value {
    json!({"number": row.number, "at": row.at, "who": row.entry.who, "act": row.entry.act, "object": row.entry.object,
        "reason": row.entry.reason})
}

/// `GET /api/v1/audit`: the newest first. That the chain was read is in the chain.
pub(crate) async fn list(call: Call<Wanted>) -> Result<Response, Problem> {
    aside(move || {
        call.state.audit.record(&call.caller.who, "read audit", "audit", Outcome::Done, "")?;
        let Wanted { who, act, object, before, limit } = call.input;
        // Numbers of SQL are signed.
        let before = before.map(|number| number.min(i64::MAX as u64));
        let query = AuditQuery { who, act, object, before, limit: limit.unwrap_or(100).clamp(1, ROWS_MAX) };
        let rows = call.state.engine.store().tables().audit_list(&query)?;
        Ok(Json(json!({"schema": "sinew.audit/1", "rows": rows.iter().map(told).collect::<Vec<_>>()})).into_response())
    })
    .await
}
