//! What an interface is made of, and what the standard calls the places of messages: for those who look.
//!
//! Promises: texts of the workspace are shown as they lie there; a secret is never among them, because interfaces name
//! secrets and do not hold them.
//! Never: files outside the folder of the interface.

use crate::{
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    names,
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) async fn interface(call: Call<Nothing>) -> Result<Response, Problem> {
    let name = call.path.first().cloned().unwrap_or_default();
    let definition = call.state.engine.flow(&name)?.version().definition.clone();
    let (file, host) = (definition.place.file.to_string(), call.state.host.clone());
    let texts = aside(move || Ok(host.texts(&file))).await?;
    let is_own = |path: &String| **path == *definition.place.file;
    let text = texts.iter().find(|(path, _)| is_own(path)).map(|(_, text)| text.clone()).unwrap_or_default();
    let files: Vec<Value> = texts
        .iter()
        .filter(|(path, _)| !is_own(path))
        .map(|(path, text)| json!({"path": path, "text": text}))
        .collect();
    let owner = &definition.owner;
    Ok(Json(json!({
        "schema": "sinew.interface/1",
        "name": definition.name,
        "title": definition.title,
        "description": definition.description,
        "owner": {"team": owner.team, "contact": owner.contact, "oncall": owner.oncall},
        "critical": definition.critical,
        "version": format!("{:016x}", definition.version),
        "file": definition.place.file,
        "text": text,
        "files": files,
    }))
    .into_response())
}

/// Runs the tests of an interface: without partners, without messages of the engine.
pub(crate) async fn test(call: Call<Nothing>) -> Result<Response, Problem> {
    let name = call.path.first().cloned().unwrap_or_default();
    call.state.engine.flow(&name)?;
    let host = call.state.host.clone();
    Ok(Json(aside(move || Ok(host.test(&name)?)).await?).into_response())
}

/// Whose names.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    /// Of this version of HL7 v2: `2.5.1`.
    version: String,
    /// Of these segments: `MSH,PID`.
    segments: String,
}

impl Input for Asked {
    const FROM: From = From::Query;
}

pub(crate) async fn names(call: Call<Asked>) -> Result<Response, Problem> {
    let asked = &call.input;
    let names = names::names(&asked.version, asked.segments.split(','));
    Ok(Json(json!({"schema": "sinew.dictionary/1", "names": names})).into_response())
}
