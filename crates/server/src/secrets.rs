//! Passwords and keys of partners: which there are, set, removed. They go in and never come out.
//!
//! Promises: no answer, record or error holds a text; what came in is overwritten in memory as far as the memory is ours; what
//! an interface needs is not removed unless that is meant.

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
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::{Reason, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::borrow::Cow;
use store::vault::{self, SECRET_BYTES_MAX};
use zeroize::Zeroizing;

/// Largest body: a text in which every letter is escaped for JSON, and what stands around it.
pub(crate) const BODY_BYTES_MAX: usize = 2 * SECRET_BYTES_MAX + 4096;

/// A secret, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Secret {
    /// As interfaces name it behind `secret:`.
    pub name: String,
    /// `vault`; what the environment says (`env:NAME`, `file:PATH`, `credential:NAME`), which goes first; or `missing`.
    pub place: String,
    /// A text is in the vault.
    pub is_kept: bool,
    /// When it was set in the vault, in microseconds since 1970; none where nobody knows.
    #[schemars(with = "Option<i64>")]
    pub set: Option<Timestamp>,
    /// Who set it, as the audit chain names them; empty where nobody knows.
    pub by: String,
    /// Interfaces that name it, and files that several share.
    pub used_by: Vec<String>,
}

/// A text that is taken and never given.
pub(crate) struct Text(Zeroizing<String>);

impl Text {
    pub(crate) fn read(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
        String::deserialize(from).map(|text| Text(Zeroizing::new(text)))
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "writeOnly": true, "format": "password"})
    }
}

/// A secret to be kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    /// Its text, at most 64 KiB.
    text: Text,
    /// Why: kept in the audit chain.
    #[serde(default)]
    reason: String,
}

impl Input for Set {
    const FROM: From = From::Body;
}

/// How a secret is removed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removed {
    /// Also where an interface names it: that interface does not start again without it.
    #[serde(default)]
    is_confirmed: bool,
}

impl Input for Removed {
    const FROM: From = From::Query;
}

fn refused(text: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, codes::E7305, text)
}

/// `GET /api/v1/secrets`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let secrets = call.state.host.secrets()?;
        Ok(Json(json!({"schema": "sinew.secrets/2", "secrets": secrets})).into_response())
    })
    .await
}

/// `PUT /api/v1/secrets/{name}`: keeps a text under a name, over what was there.
pub(crate) async fn set(call: Call<Set>) -> Result<Response, Problem> {
    aside(move || {
        let name = call.path.first().cloned().unwrap_or_default();
        let Set { text: Text(text), reason } = &call.input;
        vault::check(&name, text).map_err(|error| refused(error.to_string()))?;
        call.state.audit.record(&call.caller.who, "set secret", &name, crate::audit::Outcome::Done, reason)?;
        call.state.host.set_secret(&name, text.clone(), &call.caller.who)?;
        let secret = call.state.host.secrets()?.into_iter().find(|secret| secret.name == name);
        let needs_reload = secret.as_ref().is_some_and(|secret| !secret.used_by.is_empty());
        Ok(Json(json!({"schema": "sinew.secret/1", "secret": secret, "needs_reload": needs_reload})).into_response())
    })
    .await
}

/// `DELETE /api/v1/secrets/{name}`.
pub(crate) async fn remove(call: Call<Removed>) -> Result<Response, Problem> {
    aside(move || {
        let name = call.path.first().cloned().unwrap_or_default();
        let mut secrets = call.state.host.secrets()?.into_iter();
        let Some(found) = secrets.find(|secret| secret.name == name && secret.is_kept) else {
            let text = "there is no secret of that name in the vault: `sinew secret list` shows those that there are";
            return Err(Problem::new(StatusCode::NOT_FOUND, codes::E7304, text));
        };
        if let Some(reason) = in_use(&found).filter(|_| !call.input.is_confirmed) {
            return Err(reason.into());
        }
        call.state.audit.record(&call.caller.who, "remove secret", &name, crate::audit::Outcome::Done, "")?;
        call.state.host.remove_secret(&name)?;
        Ok(Json(json!({"removed": true})).into_response())
    })
    .await
}

/// Where a secret is in the vault, and where it is nowhere.
pub const VAULT: &str = "vault";
/// See [`VAULT`].
pub const MISSING: &str = "missing";

/// Why a secret is not removed without a word more: who needs it.
#[must_use]
pub fn in_use(secret: &Secret) -> Option<Reason> {
    if secret.used_by.is_empty() || secret.place != VAULT {
        return None;
    }
    let by = secret.used_by.join(", ");
    let text = format!(
        "{by} would not start again without the secret {}: confirm it, or take it out there first",
        secret.name
    );
    Some(Reason::new(codes::E7306, text))
}
