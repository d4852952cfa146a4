//! Versions of the workspace that were put into force, with their texts: what runs is compared with the newest, and each
//! can be gone back to.
//!
//! Promises: what runs before the first change is the first version, so that the first change can be taken back too; the
//! newest [`VERSIONS_MAX`] are kept, sealed, in the tables of the store, so a backup has them; each is signed by the
//! installation, and one that is not as it was signed is never put into force; edits that were never in force are put aside
//! before a way back writes over them.
//! Never: runs git; `sinew apply` does, on the side of the person.

use super::{Texts, answered, difference, second_needed, signature};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        self, Call, aside,
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
use message::{Clock as _, Reason, clock};
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

fn told(version: &Version, newest: Option<&Version>, public: &[u8; 32]) -> Value {
    let looked = signature::look(version, public);
    json!({"id": version.id, "at": version.at, "by": version.by, "reason": version.reason, "ticket": version.ticket,
        "environment": version.environment, "fingerprint": version.fingerprint, "was_in_force": !version.is_aside,
        "signature": looked.map_or_else(signature::Wrong::as_str, |()| "valid"),
        "trouble": looked.err().map(signature::Wrong::in_words),
        "is_newest": newest.is_some_and(|newest| newest.id == version.id)})
}

/// The versions that were in force, the newest first.
fn in_force(versions: &[Version]) -> impl Iterator<Item = &Version> {
    versions.iter().filter(|version| !version.is_aside)
}

/// Keeps texts as a version. Gives it; `None` where the newest in force has them already, as it was signed.
fn keep_as(
    state: &State,
    texts: Texts,
    (by, reason, ticket): (&str, &str, &str),
    is_aside: bool,
) -> Result<Option<Version>, Problem> {
    let (audit, environment) = (state.engine.store().audit(), state.host.environment());
    let fingerprint = signature::fingerprint(&texts);
    let versions = state.people.versions()?;
    let is_it = |newest: &Version| {
        let is_same = newest.fingerprint == fingerprint && newest.environment == environment;
        is_same && signature::look(newest, &audit.public_key()).is_ok()
    };
    if !is_aside && in_force(&versions).next().is_some_and(is_it) {
        return Ok(None);
    }
    let mut version = Version {
        id: chance::hex(&chance::bytes::<6>()?),
        at: clock::System.now(),
        by: by.to_owned(),
        reason: reason.to_owned(),
        ticket: ticket.to_owned(),
        environment,
        is_aside,
        fingerprint,
        signature: String::new(),
        texts,
    };
    version.signature = signature::sign(&version, audit);
    state.people.add_version(&version)?;
    versions.iter().skip(VERSIONS_MAX - 1).try_for_each(|old| state.people.remove_version(&old.id))?;
    Ok(Some(version))
}

/// Keeps what is in force now as the newest version, unless it is that already.
fn keep(state: &State, by: &str, reason: &str, ticket: &str) -> Result<Option<Version>, Problem> {
    keep_as(state, state.host.in_force(), (by, reason, ticket), false)
}

/// Keeps what the engine started with. What was changed while it did not run is told and recorded.
pub(crate) fn keep_start(state: &State) -> Result<Option<Reason>, Problem> {
    let before = in_force(&state.people.versions()?).next().map(|version| version.id.clone());
    let kept = keep(state, "", "the files at a start", "")?;
    let (Some(before), Some(kept)) = (before, kept) else { return Ok(None) };
    let object = format!("{} {}", kept.id, kept.fingerprint);
    state.audit.record("system", "start with other files", &object, Outcome::Done, "")?;
    let text = format!(
        "the files are not those of version {before}, which was put into force last: they are kept as version {}",
        kept.id
    );
    Ok(Some(Reason::new(codes::E7433, text)))
}

/// The version to go back to: this one, or the one in force before the newest. One that is not as it was signed is refused.
fn chosen(versions: Vec<Version>, to: Option<&str>, public: &[u8; 32]) -> Result<Version, Problem> {
    let found = match to {
        Some(id) => versions.into_iter().find(|version| version.id == id).ok_or_else(|| none_such("version"))?,
        None => versions.into_iter().filter(|version| !version.is_aside).nth(1).ok_or_else(|| {
            let text = "no earlier version was put into force since this engine keeps them";
            Problem::new(StatusCode::NOT_FOUND, codes::E7431, text)
        })?,
    };
    signature::look(&found, public).map_err(|wrong| {
        let text = format!("version {} is not put into force: {}", found.id, wrong.in_words());
        Problem::from(Reason::new(codes::E7432, text))
    })?;
    Ok(found)
}

/// Puts the files into force and keeps what was in force before, and what is then.
pub(super) async fn put_into_force(
    state: &State,
    who: &str,
    only: Option<String>,
    (reason, ticket): (&str, &str),
) -> Result<Option<Value>, Problem> {
    let before = state.clone();
    aside(move || keep(&before, "", "what ran before the first change", "").map(drop)).await?;
    let Some(applied) = state.host.reload(only).await else { return Ok(None) };
    let (after, who, reason, ticket) = (state.clone(), who.to_owned(), reason.to_owned(), ticket.to_owned());
    aside(move || keep(&after, &who, &reason, &ticket).map(drop)).await?;
    Ok(Some(applied))
}

/// `GET /api/v1/versions`: the newest first.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let versions = call.state.people.versions()?;
        let (newest, public) = (in_force(&versions).next(), call.state.engine.store().audit().public_key());
        let rows: Vec<Value> = versions.iter().map(|version| told(version, newest, &public)).collect();
        let unreadable = call.state.people.unreadable_versions()?;
        let versions = json!({"schema": "sinew.versions/1", "versions": rows, "unreadable": unreadable});
        Ok(Json(versions).into_response())
    })
    .await
}

/// `POST /api/v1/rollback`: the files become those of a version, and are put into force.
pub(crate) async fn back(call: Call<Back>) -> Result<Response, Problem> {
    let (state, to) = (call.state.clone(), call.input.to.clone());
    let public = state.engine.store().audit().public_key();
    let version = aside(move || chosen(state.people.versions()?, to.as_deref(), &public)).await;
    let version = match version {
        Ok(version) => version,
        Err(problem) => {
            if problem.code() == codes::E7432.id {
                let object = call.input.to.clone().unwrap_or_default();
                gate::record(&call.state, &call.caller.who, "roll back", object, Outcome::Refused, problem.code())
                    .await?;
            }
            return Err(problem);
        }
    };
    let host = call.state.host.clone();
    if !call.input.is_confirmed {
        return aside(move || {
            let files = difference::between(&host.on_disk(), &version.texts);
            let told = told(&version, None, &public);
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
    let (state, who) = (call.state.clone(), call.caller.who.clone());
    aside(move || {
        let (edited, running) = (host.on_disk(), host.in_force());
        if edited != running && edited != version.texts {
            keep_as(&state, edited, (&who, "edits that were never in force", ""), true)?;
        }
        Ok(host.restore(&version.texts)?)
    })
    .await?;
    let applied = put_into_force(&call.state, &call.caller.who, None, (reason, ticket)).await?;
    Ok(answered(applied))
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::Store;

    /// A store in a folder, and three versions that it signed, the newest first; the second was never in force.
    fn signed(folder: &testkit::Folder) -> (Store, Vec<Version>) {
        let (store, _) = Store::open(folder.path(), &store::Options::default()).unwrap();
        let version = |number: usize| {
            let texts = Texts::from([("sinew.toml".to_owned(), format!("name = \"v{number}\"\n"))]);
            let mut version = Version {
                id: format!("id{number}"),
                at: message::Timestamp(number as i64),
                by: "ann".into(),
                reason: "wards".into(),
                ticket: "T-1".into(),
                environment: "prod".into(),
                is_aside: number == 2,
                fingerprint: signature::fingerprint(&texts),
                signature: String::new(),
                texts,
            };
            version.signature = signature::sign(&version, store.audit());
            version
        };
        let versions = vec![version(3), version(2), version(1)];
        (store, versions)
    }

    #[test]
    fn a_version_that_was_changed_is_refused() {
        let (folder, foreign) = (testkit::Folder::new(), testkit::Folder::new());
        let (store, versions) = signed(&folder);
        let public = store.audit().public_key();
        let code = |versions: Vec<Version>, to: &str| {
            chosen(versions, Some(to), &public).map(|version| version.id).map_err(|problem| problem.code().to_owned())
        };
        assert_eq!(code(versions.clone(), "id1").as_deref(), Ok("id1"));
        assert_eq!(code(versions.clone(), "none"), Err("E7072".to_owned()));
        let before = chosen(versions.clone(), None, &public).map(|version| version.id);
        assert_eq!(before.ok().as_deref(), Some("id1"), "what was never in force is passed over");
        let mut wrong = Vec::new();
        let mut check = |what: &str, tamper: &dyn Fn(&mut Version)| {
            let mut versions = versions.clone();
            tamper(&mut versions[2]);
            if code(versions, "id1") != Err("E7432".to_owned()) {
                wrong.push(what.to_owned());
            }
        };
        let other = Texts::from([("sinew.toml".to_owned(), "name = \"evil\"\n".to_owned())]);
        check("a text", &|version| version.texts = other.clone());
        check("a text and its hash", &|version| {
            version.texts = other.clone();
            version.fingerprint = signature::fingerprint(&other);
        });
        check("who", &|version| version.by = "eve".into());
        check("why", &|version| version.reason = "wards and more".into());
        check("a piece of one field in the next", &|version| {
            (version.reason, version.ticket) = ("wardsT".into(), "-1".into());
        });
        check("when", &|version| version.at = message::Timestamp(9));
        check("where", &|version| version.environment = "test".into());
        check("whether it was in force", &|version| version.is_aside = true);
        check("no signature", &|version| version.signature.clear());
        check("half a signature", &|version| version.signature.truncate(64));
        check("the signature of another version", &|version| version.signature = versions[0].signature.clone());
        let (_, theirs) = signed(&foreign);
        check("the signature of another installation", &|version| version.signature = theirs[2].signature.clone());
        assert_eq!(wrong, Vec::<String>::new(), "these were not noticed");
    }
}
