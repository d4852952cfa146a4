//! Changes of the workspace: what a reload would change, putting it into force, going back, and, where two persons are asked
//! for, proposing, approving, applying.
//!
//! Promises: where four eyes are asked for, nothing is applied that somebody other than who proposed it did not approve, and
//! nothing but what they approved: the files as they were, by their hash.

mod difference;
mod signature;
pub(crate) mod versions;

pub use difference::Texts;

use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        caller::Voucher,
        input::{From, Input, Nothing},
    },
    host::Host,
    people::{chance, none_such, record::Change},
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::{Clock as _, clock};
use ring::digest::{Context, SHA256};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a proposal stands.
const TIME: Duration = Duration::from_secs(30 * 86_400);

/// What is proposed: the workspace as it is on disk now.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposed {
    /// One line: what changes.
    title: String,
    /// Why: kept in the audit chain.
    reason: String,
}

impl Input for Proposed {
    const FROM: From = From::Body;
}

/// A change that is put into force.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Applied {
    /// Why: kept in the audit chain and with the version.
    #[serde(default)]
    reason: String,
    /// The ticket it belongs to.
    #[serde(default)]
    ticket: String,
    /// Only if the files are still those that a plan was made of.
    #[serde(default)]
    fingerprint: Option<String>,
}

impl Input for Applied {
    const FROM: From = From::Body;
}

/// A hash over files, in the order in which they come: names, lengths, contents.
#[must_use]
pub fn fingerprint(files: impl Iterator<Item = (String, Vec<u8>)>) -> String {
    let mut context = Context::new(&SHA256);
    for (name, bytes) in files {
        for part in [name.as_bytes(), &bytes] {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
    }
    chance::hex(context.finish().as_ref())
}

fn second_needed(text: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, codes::E7075, text)
}

fn told(change: &Change) -> Value {
    json!({"id": change.id, "title": change.title, "by": change.by, "made": change.made, "until": change.until,
        "fingerprint": change.fingerprint, "plan": change.plan, "approved_by": change.approved_by,
        "applied_by": change.applied_by})
}

fn answer(change: &Change) -> Result<Response, Problem> {
    Ok(Json(json!({"schema": "sinew.change/1", "change": told(change)})).into_response())
}

/// Who a caller is as a person: two keys of one user are one person.
fn person<I>(call: &Call<I>) -> String {
    let who = &*call.caller.who;
    match call.caller.voucher {
        Voucher::Key(_) => who.split(" (key ").next().unwrap_or(who).to_owned(),
        Voucher::Socket | Voucher::Session(_) => who.to_owned(),
    }
}

fn answered(applied: Option<Value>) -> Response {
    Json(applied.unwrap_or_else(|| json!({}))).into_response()
}

/// What the files of the workspace would change, and where: interfaces and what they do, and the lines of the files.
fn planned(host: &dyn Host) -> Value {
    let mut plan = host.plan();
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("environment".to_owned(), json!(host.environment()));
        plan.insert("files".to_owned(), json!(difference::between(&host.in_force(), &host.on_disk())));
    }
    plan
}

/// `GET /api/v1/plan`.
pub(crate) async fn plan(call: Call<Nothing>) -> Result<Response, Problem> {
    let host = call.state.host.clone();
    Ok(Json(aside(move || Ok(planned(&*host))).await?).into_response())
}

/// `GET /api/v1/changes`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let changes = call.state.people.changes()?;
        let rows: Vec<Value> = changes.iter().map(told).collect();
        Ok(Json(json!({"schema": "sinew.changes/1", "four_eyes": call.state.settings.has_four_eyes, "changes": rows}))
            .into_response())
    })
    .await
}

/// `POST /api/v1/changes`.
pub(crate) async fn propose(call: Call<Proposed>) -> Result<Response, Problem> {
    call.person(&call.input.reason)?;
    aside(move || {
        let plan = planned(&*call.state.host);
        let fingerprint = plan["fingerprint"].as_str().unwrap_or_default().to_owned();
        let made = clock::System.now();
        let change = Change {
            id: chance::hex(&chance::bytes::<6>()?),
            title: call.input.title.chars().filter(|letter| !letter.is_control()).take(120).collect(),
            by: person(&call),
            fingerprint,
            plan,
            made,
            until: made.after(TIME),
            approved_by: None,
            applied_by: None,
        };
        let object = format!("{} {}", change.id, change.fingerprint);
        call.state.audit.record(&call.caller.who, "propose change", &object, Outcome::Done, &call.input.reason)?;
        call.state.people.add_change(&change)?;
        answer(&change)
    })
    .await
}

/// `POST /api/v1/changes/{id}/approve`: by somebody else.
pub(crate) async fn approve(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let who = person(&call);
        let id = call.path.first().map_or("", String::as_str);
        let change = call.state.people.set_change(id, |change| {
            if change.by == who {
                return Err(second_needed("who proposed a change cannot approve it"));
            }
            change.approved_by = Some(who.clone());
            Ok(())
        })?;
        let object = format!("{} {}", change.id, change.fingerprint);
        call.state.audit.record(&call.caller.who, "approve change", &object, Outcome::Done, "")?;
        answer(&change)
    })
    .await
}

/// `POST /api/v1/changes/{id}/apply`: the files have to be those that were approved.
pub(crate) async fn apply(call: Call<Applied>) -> Result<Response, Problem> {
    let id = call.path.first().cloned().unwrap_or_default();
    let (people, wanted) = (call.state.people.clone(), id.clone());
    let change = aside(move || people.change(&wanted)?.ok_or_else(|| none_such("change"))).await?;
    if call.state.settings.has_four_eyes && change.approved_by.is_none() {
        return Err(second_needed("this change was not approved by a second person"));
    }
    let Applied { reason, ticket, .. } = &call.input;
    let reason = if reason.trim().is_empty() { &change.title } else { reason };
    call.record("apply change", format!("{id} {}", change.fingerprint), reason).await?;
    let only = Some(change.fingerprint.clone());
    let Some(applied) = versions::put_into_force(&call.state, &call.caller.who, only, (reason, ticket)).await? else {
        return Err(second_needed("the files are not those that were proposed: propose again"));
    };
    let who = person(&call);
    aside(move || {
        call.state.people.set_change(&id, |change| {
            change.applied_by = Some(who.clone());
            Ok(())
        })?;
        Ok(Json(applied).into_response())
    })
    .await
}

/// `POST /api/v1/reload`: at once, where no second person is asked for.
pub(crate) async fn reload(call: Call<Applied>) -> Result<Response, Problem> {
    if call.state.settings.has_four_eyes {
        return Err(second_needed(
            "this workspace asks for a second person: propose the change, have it approved, apply it",
        ));
    }
    let Applied { reason, ticket, fingerprint } = &call.input;
    call.record("reload", "workspace".to_owned(), reason).await?;
    let only = fingerprint.clone();
    let is_asked = only.is_some();
    let applied = versions::put_into_force(&call.state, &call.caller.who, only, (reason, ticket)).await?;
    if is_asked && applied.is_none() {
        let text = "the files are not those of the plan any more: look at the plan again";
        return Err(Problem::new(StatusCode::CONFLICT, codes::E7402, text));
    }
    Ok(answered(applied))
}
