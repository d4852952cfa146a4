//! Maps as people change them: what a text would do to a message, a stroke of the drawing as a change of the text, the values of a
//! line over many messages, and keeping the text.
//!
//! Promises: nothing of this touches what runs: a map that was kept is applied as any change of the workspace is. What a person may
//! not see is masked, values and results alike. A stroke changes the bytes of its own line.
//! Never: a file that is no map of the interface.

mod look;
mod suggest;
mod values;

use crate::{
    codes, find,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    problem::Problem,
    rights::{Object, Right},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use interface::workspace::{Around, Files};
use lang::{
    drawing::{self, Stroke},
    syntax::{self, Tree},
};
use message::{Clock as _, Location, MessageId, Reason, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{AuditEntry, Stored};

/// Largest text of a map, and of a request with one.
pub(crate) const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Messages that one question about values runs at most.
const MESSAGES_MAX: usize = 500;
/// How many it runs where it does not say.
const MESSAGES_DEFAULT: usize = 250;

/// A map, as it lies in the workspace or as somebody is writing it, and the message that it is tried on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The file, relative to the workspace.
    file: String,
    /// Its text as it is being written; without it as it lies there.
    text: Option<String>,
    /// A message of the interface.
    message: Option<u64>,
    /// Why the content is read; without it, it is masked.
    reason: Option<String>,
}

impl Input for Wanted {
    const FROM: From = From::Body;
}

/// One act in the drawing.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Act {
    /// A new line.
    Draw {
        /// A value with its steps.
        source: String,
        /// What it writes.
        target: String,
        /// The resource that it fills, in a map to FHIR.
        resource: Option<String>,
    },
    /// Another value.
    Source {
        /// The line, from 1.
        line: usize,
        /// What it writes.
        target: String,
        /// The value.
        source: String,
    },
    /// Other steps.
    Steps {
        /// The line, from 1.
        line: usize,
        /// What it writes.
        target: String,
        /// Each as written.
        steps: Vec<String>,
    },
    /// The line goes.
    Erase {
        /// The line, from 1.
        line: usize,
        /// What it writes.
        target: String,
    },
}

/// A text, and what a person did in its drawing.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drawn {
    /// The file, relative to the workspace.
    file: String,
    /// Its text as it is being written.
    text: String,
    /// The act.
    stroke: Act,
}

impl Input for Drawn {
    const FROM: From = From::Body;
}

/// A text whose line is tried on many messages.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tried {
    /// The file, relative to the workspace.
    file: String,
    /// Its text as it is being written.
    text: String,
    /// The line, from 1.
    line: usize,
    /// What it writes.
    target: String,
    /// Newest messages of the interface, 250 where it does not say.
    messages: Option<usize>,
}

impl Input for Tried {
    const FROM: From = From::Body;
}

/// A text to keep.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// The file, relative to the workspace.
    file: String,
    /// The text that the change began from.
    before: String,
    /// The new one.
    text: String,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Kept {
    const FROM: From = From::Body;
}

/// A map file of an interface, read.
struct Opened {
    files: Files,
    tree: Tree,
    findings: Vec<message::Diagnostic>,
}

fn none_such() -> Problem {
    Problem::from(Reason::new(codes::E7400, "the interface has no map file of this name"))
}

/// The map files of the interface that a call names: those in its folder.
fn names<I>(call: &Call<I>) -> Result<(String, Vec<String>), Problem> {
    let name = call.path.first().cloned().unwrap_or_default();
    let place = call.state.engine.flow(&name)?.version().definition.place.file.to_string();
    let texts = call.state.host.texts(&place);
    let maps = texts.into_iter().map(|(path, _)| path).filter(|path| path.ends_with(".map"));
    Ok((name, maps.collect()))
}

/// Opens a map of the interface, with `text` over what lies there.
fn open<I>(call: &Call<I>, file: &str, text: Option<String>) -> Result<Opened, Problem> {
    let (_, maps) = names(call)?;
    if !maps.iter().any(|known| known == file) {
        return Err(none_such());
    }
    let files = call.state.host.files();
    let text = match text {
        Some(text) => text,
        None => files.text(file).map_err(|_| none_such())?,
    };
    let (tree, findings) = syntax::parse(file, text);
    Ok(Opened { files, tree, findings })
}

/// A message of the interface, where the caller may see it.
fn sample<I>(call: &Call<I>, id: u64) -> Result<Stored, Problem> {
    let stored = find::read(&call.state, MessageId(id))?;
    let (interface, facility) = (stored.accept.envelope.interface.to_string(), stored.accept.facts.facility.clone());
    let is_own = call.path.first().is_some_and(|name| *name == interface) && call.sees(&interface, Some(&facility));
    if is_own {
        return Ok(stored);
    }
    Err(Reason::new(engine::codes::E5201, format!("the interface has no message {id}")).into())
}

/// A finding with its line, for an editor.
fn finding(tree: &Tree, found: &message::Diagnostic) -> Value {
    let span = found.locations.iter().find_map(|location| match location {
        Location::Text { file, span, .. } if **file == *tree.file => Some(span.clone()),
        _ => None,
    });
    let place = span.as_ref().map(|span| tree.line_column(span.start));
    let until = span.as_ref().map(|span| tree.line_column(span.end));
    json!({"code": found.code.id, "is_error": found.is_error(), "message": found.message, "hint": found.hint,
        "line": place.map(|(line, _)| line), "column": place.map(|(_, column)| column),
        "until": until.filter(|(line, _)| place.is_some_and(|(start, _)| *line == start)).map(|(_, column)| column)})
}

/// `GET /api/v1/interfaces/{name}/maps`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let (_, maps) = names(&call)?;
        Ok(Json(json!({"schema": "sinew.maps/1", "files": maps})).into_response())
    })
    .await
}

/// `POST /api/v1/interfaces/{name}/maps/look`: what the text would do.
pub(crate) async fn look(call: Call<Wanted>) -> Result<Response, Problem> {
    aside(move || {
        let opened = open(&call, &call.input.file, call.input.text.clone())?;
        let stored = call.input.message.map(|id| sample(&call, id)).transpose()?;
        let reason = call.input.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        if let Some(stored) = &stored {
            seen(&call, stored, reason)?;
        }
        let around = Around::read(&opened.files, &call.input.file);
        Ok(Json(look::answer(&opened, &around, stored.as_ref(), reason.is_some())).into_response())
    })
    .await
}

/// Reading content is an act: with its reason where it is shown as it is, which needs that right; masked, once for each opening of a
/// message, not for every letter that is typed.
fn seen(call: &Call<Wanted>, stored: &Stored, reason: Option<&str>) -> Result<(), Problem> {
    let envelope = &stored.accept.envelope;
    if reason.is_some() {
        let object = Object::Message(&envelope.interface, &stored.accept.facts.facility);
        if !call.caller.may(Right::Reveal, object, clock::System.now()) {
            let text = "your roles do not show content as it is";
            return Err(Problem::new(StatusCode::FORBIDDEN, codes::E7061, text));
        }
    }
    if reason.is_none() && call.input.text.is_some() {
        return Ok(());
    }
    let act = if reason.is_some() { "read" } else { "read masked" };
    let entry = AuditEntry {
        patients: stored.accept.facts.patients.clone(),
        reason: reason.unwrap_or_default().to_owned(),
        ..call.entry(act, &format!("{} in a map", stored.id))
    };
    Ok(call.state.audit.keep(&entry)?)
}

/// `POST /api/v1/interfaces/{name}/maps/draw`: the text after an act in its drawing.
pub(crate) async fn draw(call: Call<Drawn>) -> Result<Response, Problem> {
    aside(move || {
        let Drawn { file, text, stroke } = &call.input;
        let opened = open(&call, file, Some(text.clone()))?;
        let refused = |finding: Box<message::Diagnostic>| {
            Problem::bad_request(Reason::new(
                finding.code,
                [Some(finding.message), finding.hint].into_iter().flatten().collect::<Vec<_>>().join("; "),
            ))
        };
        let edits = drawing::edits(&opened.tree, &of(stroke)).map_err(refused)?;
        let made = syntax::edit::apply(text, &edits).map_err(refused)?;
        let (tree, _) = syntax::parse(file.as_str(), made.as_str());
        let first = edits.iter().map(|edit| edit.range.start).min().unwrap_or(0);
        let line = tree.line_column(first).0;
        Ok(Json(json!({"schema": "sinew.map-drawn/1", "text": made, "line": line})).into_response())
    })
    .await
}

fn of(act: &Act) -> Stroke {
    match act {
        Act::Draw { source, target, resource } => {
            Stroke::Draw { source: source.clone(), target: target.clone(), resource: resource.clone() }
        }
        Act::Source { line, target, source } => {
            Stroke::Source { line: *line, target: target.clone(), source: source.clone() }
        }
        Act::Steps { line, target, steps } => {
            Stroke::Steps { line: *line, target: target.clone(), steps: steps.clone() }
        }
        Act::Erase { line, target } => Stroke::Erase { line: *line, target: target.clone() },
    }
}

/// `POST /api/v1/interfaces/{name}/maps/values`: what a line became over the newest messages.
pub(crate) async fn values(call: Call<Tried>) -> Result<Response, Problem> {
    aside(move || {
        let name = call.path.first().cloned().unwrap_or_default();
        let opened = open(&call, &call.input.file, Some(call.input.text.clone()))?;
        let count = call.input.messages.unwrap_or(MESSAGES_DEFAULT).min(MESSAGES_MAX);
        let sees = |interface: &str, facility: &str| call.sees(interface, Some(facility));
        let rows = find::find(&call.state, &format!("interface:{name}"), count, Some(&sees))?;
        call.state.audit.keep(&call.entry("count values", &format!("{} of {}", call.input.target, call.input.file)))?;
        let stored = rows.iter().filter_map(|row| find::read(&call.state, row.id).ok());
        let around = Around::read(&opened.files, &call.input.file);
        let answer = values::answer(&opened.tree, &around, (call.input.line, &call.input.target), stored);
        Ok(Json(answer).into_response())
    })
    .await
}

/// `PUT /api/v1/interfaces/{name}/maps`: keeps the text in the workspace. What runs stays as it is until the change is applied.
pub(crate) async fn keep(call: Call<Kept>) -> Result<Response, Problem> {
    call.person(&call.input.reason)?;
    let object = call.input.file.clone();
    let checked = aside(move || {
        let opened = open(&call, &call.input.file, Some(call.input.text.clone()))?;
        let (_, found) = Around::read(&opened.files, &call.input.file).compile(&opened.tree);
        if let Some(error) = opened.findings.iter().chain(&found).find(|finding| finding.is_error()) {
            let text = format!("the map has errors and was not kept: {} {}", error.code, error.message);
            return Err(Problem::bad_request(Reason::new(codes::E7401, text)));
        }
        call.state.host.write(&call.input.file, &call.input.before, &call.input.text)?;
        Ok(call)
    });
    let call = checked.await?;
    call.record("keep map", object, &call.input.reason).await?;
    Ok(Json(json!({"schema": "sinew.map-kept/1"})).into_response())
}
