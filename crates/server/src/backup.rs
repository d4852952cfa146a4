//! Backups of a running engine: begun here, made by the host beside its work, asked after until they are done.

use crate::{
    gate::{
        Call,
        input::{From, Input, Nothing},
    },
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// A backup to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The repository.
    to: String,
    /// To whom it is encrypted.
    recipients: Vec<String>,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Wanted {
    const FROM: From = From::Body;
}

/// Begins a backup; answers at once.
pub(crate) async fn begin(call: Call<Wanted>) -> Result<Response, Problem> {
    let person = call.person(&call.input.reason)?;
    let Wanted { to, recipients, .. } = call.input;
    Ok(Json(call.state.host.begin_backup(to.into(), recipients, person)?).into_response())
}

/// How the backup under way is, or how the last one ended.
pub(crate) async fn look(call: Call<Nothing>) -> Result<Response, Problem> {
    Ok(Json(call.state.host.backup()).into_response())
}
