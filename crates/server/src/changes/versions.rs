//! Versions of the workspace that were put into force, with their texts: what runs is compared with the newest, and each
//! can be gone back to.
//!
//! Promises: what runs before the first change is the first version, so that the first change can be taken back too; the
//! newest [`VERSIONS_MAX`] are kept, sealed, in the tables of the store, so a backup has them.
//! Never: runs git; `sinew apply` does, on the side of the person.

use super::{answered, difference, second_needed};
use crate::{
    codes,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    host::State,
    people::{chance, none_such, record::Version},
    problem::Problem,
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::{Clock as _, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Versions that are kept.
pub(super) const VERSIONS_MAX: usize = 20;

/// Which version to go back to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Back {
    /// Its id; without one, the one before the newest.
    to: Option<String>,
    /// Do it; otherwise only what would differ is told.
    #[serde(default)]
    is_confirmed: bool,
    /// Why: kept in the audit chain.
    #[serde(default)]
    reason: String,
    /// The ticket it belongs to.
    #[serde(default)]
    ticket: String,
}

impl Input for Back {
    const FROM: From = From::Body;
}

fn told(version: &Version, newest: Option<&Version>) -> Value {
    json!({"id": version.id, "at": version.at, "by": version.by, "reason": version.reason, "ticket": version.ticket,
        "fingerprint": version.fingerprint, "is_newest": newest.is_some_and(|newest| newest.id == version.id)})
}

/// Keeps what is in force now as the newest version, unless it is that already.
fn keep(state: &State, by: &str, reason: &str, ticket: &str) -> Result<(), Problem> {
    let texts = state.host.in_force();
    let fingerprint = super::fingerprint(texts.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let versions = state.people.versions()?;
    if versions.first().is_some_and(|newest| newest.fingerprint == fingerprint) {
        return Ok(());
    }
    let id = chance::hex(&chance::bytes::<6>()?);
    let (by, reason, ticket) = (by.to_owned(), reason.to_owned(), ticket.to_owned());
    let at = clock::System.now();
    state.people.add_version(&Version { id, at, by, reason, ticket, fingerprint, texts })?;
    versions.iter().skip(VERSIONS_MAX - 1).try_for_each(|old| state.people.remove_version(&old.id))
}

/// Puts the files into force and keeps what was in force before, and what is then.
pub(super) async fn put_into_force(
    state: &State,
    who: &str,
    only: Option<String>,
    (reason, ticket): (&str, &str),
) -> Result<Option<Value>, Problem> {
    let before = state.clone();
    aside(move || keep(&before, "", "what ran before the first change", "")).await?;
    let Some(applied) = state.host.reload(only).await else { return Ok(None) };
    let (after, who, reason, ticket) = (state.clone(), who.to_owned(), reason.to_owned(), ticket.to_owned());
    aside(move || keep(&after, &who, &reason, &ticket)).await?;
    Ok(Some(applied))
}

/// `GET /api/v1/versions`: the newest first.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let versions = call.state.people.versions()?;
        let rows: Vec<Value> = versions.iter().map(|version| told(version, versions.first())).collect();
        Ok(Json(json!({"schema": "sinew.versions/1", "versions": rows})).into_response())
    })
    .await
}

/// `POST /api/v1/rollback`: the files become those of a version, and are put into force.
pub(crate) async fn back(call: Call<Back>) -> Result<Response, Problem> {
    let (people, to) = (call.state.people.clone(), call.input.to.clone());
    let version = aside(move || {
        let versions = people.versions()?;
        let wanted = match &to {
            Some(id) => versions.into_iter().find(|version| version.id == *id),
            None => versions.into_iter().nth(1),
        };
        wanted.ok_or_else(|| match to {
            Some(_) => none_such("version"),
            None => {
                let text = "no earlier version was put into force since this engine keeps them";
                Problem::new(StatusCode::NOT_FOUND, codes::E7431, text)
            }
        })
    })
    .await?;
    let host = call.state.host.clone();
    if !call.input.is_confirmed {
        return aside(move || {
            let files = difference::between(&host.on_disk(), &version.texts);
            let told = told(&version, None);
            Ok(Json(json!({"schema": "sinew.rollback-plan/1", "version": told, "files": files})).into_response())
        })
        .await;
    }
    if call.state.settings.has_four_eyes {
        return Err(second_needed(
            "this workspace asks for a second person: restore the files, then propose the change",
        ));
    }
    let Back { reason, ticket, .. } = &call.input;
    call.person(reason)?;
    call.record("roll back", format!("{} {}", version.id, version.fingerprint), reason).await?;
    aside(move || Ok(host.restore(&version.texts)?)).await?;
    let applied = put_into_force(&call.state, &call.caller.who, None, (reason, ticket)).await?;
    Ok(answered(applied))
}
