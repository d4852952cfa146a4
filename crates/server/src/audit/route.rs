//! The routes of the audit chain.

use super::{Asked, find, verified};
use crate::{
    codes,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use message::{Phi, Reason};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AuditEntry, AuditQuery, AuditRow};

/// Rows of a list, at most.
const ROWS_MAX: usize = 1_000;

/// Which rows of the list.
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

impl Input for Asked {
    const FROM: From = From::Body;
}

fn told(row: &AuditRow) -> Value {
    json!({"number": row.number, "at": row.at, "who": row.entry.who, "act": row.entry.act, "object": row.entry.object,
        "reason": row.entry.reason, "origin": row.entry.origin, "is_refused": row.entry.is_refused})
}

/// `GET /api/v1/audit`: the newest first, by nothing that is about a patient.
pub(crate) async fn list(call: Call<Wanted>) -> Result<Response, Problem> {
    aside(move || {
        call.state.audit.keep(&call.entry("audit-search", "audit chain"))?;
        let Wanted { who, act, object, before, limit } = call.input;
        let limit = limit.unwrap_or(100).clamp(1, ROWS_MAX);
        let query = AuditQuery { who, act, object, before, limit, ..AuditQuery::default() };
        let rows = call.state.engine.store().audit().list(&query)?;
        Ok(Json(json!({"schema": "sinew.audit/1", "rows": rows.iter().map(told).collect::<Vec<_>>()})).into_response())
    })
    .await
}

/// `POST /api/v1/audit/search`.
pub(crate) async fn search(call: Call<Asked>) -> Result<Response, Problem> {
    if call.input.is_revealed && call.input.reason.trim().is_empty() {
        return Err(Problem::bad_request(Reason::new(codes::E7003, "say why the terms of searches are shown")));
    }
    let answer = aside(move || {
        let asked = &call.input;
        // Pages of one export are one act.
        if asked.after.is_none_or(|after| after == 0) {
            let patients: Vec<Phi<String>> = asked.patient.iter().cloned().map(Phi::new).collect();
            let entry = call.entry("audit-search", "audit chain");
            let terms = asked.terms().map(Phi::new);
            call.state.audit.keep(&AuditEntry { reason: asked.reason.clone(), patients, terms, ..entry })?;
        }
        Ok(find(call.state.engine.store(), asked)?)
    })
    .await?;
    Ok(Json(answer).into_response())
}

/// `POST /api/v1/audit/verify`.
pub(crate) async fn verify(call: Call<Nothing>) -> Result<Response, Problem> {
    let answer = aside(move || {
        let answer = verified(call.state.engine.store())?;
        call.state.audit.keep(&call.entry("audit-verify", "audit chain"))?;
        Ok(answer)
    })
    .await?;
    Ok(Json(answer).into_response())
}
