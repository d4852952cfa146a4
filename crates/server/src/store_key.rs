//! The master key of the store of a running engine: which it is, and putting another one under the store while messages go on.
//!
//! Promises: who asked is recorded before anything changes, and how it ended; a person at a browser types the password again;
//! an exchange that a crash interrupted goes on when the engine starts; no answer, record or error holds a key.

use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        caller::Voucher,
        input::{From, Input, Nothing},
    },
    host::State,
    problem::Problem,
    secrets::Text,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use engine::Engine;
use message::{Reason, Timestamp};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{
    AuditEntry, MasterKey, Store,
    keys::{Progress, Rotated},
};

/// What the audit chain calls asking for it, going on with it behind a crash, and its end.
pub const ASKED: &str = "rotate master key";
const RESUMED: &str = "resume key rotation";
/// See [`ASKED`].
pub const ENDED: &str = "master key rotated";

/// Another master key that is wanted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The key, 64 hexadecimal digits. Without it one is made, where the engine can put it in its place; an exchange that is
    /// not at its end is gone on with.
    #[serde(default)]
    key: Option<Text>,
    /// Why: kept in the audit chain.
    reason: String,
    /// The password of the person who asks; not for keys of programs, and not over the control socket.
    #[serde(default)]
    password: Option<Text>,
}

impl Input for Wanted {
    const FROM: From = From::Body;
}

/// The exchange under way, or how the last one of this process ended.
#[derive(Default)]
pub(crate) struct Rotations(Mutex<Told>);

#[derive(Default)]
struct Told {
    is_running: bool,
    progress: Progress,
    ended: Option<Result<Rotated, Reason>>,
}

/// An id as it is shown.
#[must_use]
pub fn hex(id: u64) -> String {
    format!("{id:016x}")
}

/// From which key to which, for the audit chain.
#[must_use]
pub fn object(before: u64, after: u64) -> String {
    format!("{} to {}", hex(before), hex(after))
}

/// How an exchange ended, as JSON: `sinew.key-rotated/1`.
#[must_use]
pub fn ended(rotated: &Rotated) -> Value {
    json!({"schema": "sinew.key-rotated/1", "before": hex(rotated.before), "after": hex(rotated.after),
        "count": rotated.count, "is_in_place": rotated.is_in_place, "kept": rotated.kept, "unreadable": rotated.unreadable})
}

/// How an exchange ended, for the audit chain.
#[must_use]
pub fn entry(who: &str, ended: &Result<Rotated, store::Error>) -> AuditEntry {
    let (object, reason) = match ended {
        Ok(rotated) if rotated.is_in_place => (object(rotated.before, rotated.after), String::new()),
        Ok(rotated) => {
            (object(rotated.before, rotated.after), "both open until the new one is in its place".to_owned())
        }
        Err(error) => (String::new(), format!("not at its end: {error}")),
    };
    let (who, act) = (who.to_owned(), ENDED.to_owned());
    AuditEntry { who, act, object, reason, is_refused: ended.is_err(), ..AuditEntry::default() }
}

/// The state of the key, as JSON: `sinew.store-key/1`.
///
/// # Errors
/// The store's.
pub fn told(store: &Store) -> Result<Value, store::Error> {
    let state = store.key()?;
    // The first key of a store is as old as its first record.
    let first = || Ok::<_, store::Error>(store.audit().after(0, 1)?.first().map(|row| row.at));
    let since = match state.since {
        Some(since) => Some(since),
        None => first()?,
    };
    Ok(shown(&state, since))
}

/// The state of the key of a store that is not open: as [`told`], without its age.
#[must_use]
pub fn shown(state: &store::keys::State, since: Option<Timestamp>) -> Value {
    let kept: Vec<Value> = state.kept.iter().map(|(id, file)| json!({"id": hex(*id), "file": file})).collect();
    let unfinished = state.unfinished.as_ref().map(|one| {
        json!({"before": hex(one.before), "begun": one.begun.to_rfc3339(), "waits_for_people": one.waits_for_people})
    });
    json!({"schema": "sinew.store-key/1", "id": hex(state.id), "file": state.file,
        "since": since.map(Timestamp::to_rfc3339), "unfinished": unfinished, "kept": kept})
}

impl Rotations {
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, store: &Store) -> Result<Value, Problem> {
        let mut value = told(store)?;
        let told = self.lock();
        let (done, failed) = match &told.ended {
            Some(Ok(rotated)) => (Some(ended(rotated)), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        value["is_running"] = told.is_running.into();
        value["progress"] = json!({"done": told.progress.done, "all": told.progress.all});
        value["ended"] = done.into();
        value["failed"] = json!(failed);
        Ok(value)
    }

    /// Does it on a thread of its own, and records the end; refused while another is under way. `before` is done first.
    fn begin(
        self: &Arc<Rotations>,
        engine: &Engine,
        who: &str,
        new: Option<MasterKey>,
        before: impl FnOnce() -> Result<(), Reason>,
    ) -> Result<(), Reason> {
        let mut told = self.lock();
        if told.is_running {
            return Err(Reason::new(store::codes::E4014, "the master key is being exchanged already"));
        }
        before()?;
        let (own, engine, who) = (self.clone(), engine.clone(), who.to_owned());
        let work = move || {
            let mut progress = |progress| own.lock().progress = progress;
            let store = engine.store();
            let done = match new {
                Some(new) => store.rotate(&new, &mut progress).map(Some),
                None => store.resume_rotation(&mut progress),
            };
            // Between the question and the work it came to its end: nothing is left to be done or told.
            let done = done.transpose();
            let recorded = done.as_ref().map_or(Ok(()), |done| engine.record(&entry(&who, done)));
            let done = done.map(|done| done.map_err(|error| error.reason()));
            let mut told = own.lock();
            told.is_running = false;
            told.ended = done.map(|done| recorded.and(done));
        };
        let started = std::thread::Builder::new().name("sinew-key".into()).spawn(work);
        started.map_err(|error| Reason::new(store::codes::E4010, format!("starting a thread: {error}")))?;
        *told = Told { is_running: true, ..Told::default() };
        Ok(())
    }

    /// Goes on with what a crash interrupted.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn resume(self: &Arc<Rotations>, engine: &Engine) -> Result<(), Reason> {
        let state = engine.store().key().map_err(|error| error.reason())?;
        let Some(unfinished) = state.unfinished else { return Ok(()) };
        let (who, act) = ("sinew".to_owned(), RESUMED.to_owned());
        let entry = AuditEntry { who, act, object: object(unfinished.before, state.id), ..AuditEntry::default() };
        self.begin(engine, "sinew", None, || engine.record(&entry))
    }
}

/// `GET /api/v1/store/key`.
pub(crate) async fn look(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || Ok(Json(call.state.rotations.told(call.state.engine.store())?).into_response())).await
}

/// `POST /api/v1/store/key`: begins; answers at once.
pub(crate) async fn rotate(call: Call<Wanted>) -> Result<Response, Problem> {
    let person = call.person(&call.input.reason)?;
    // Who holds a session and nothing else does not change what opens everything.
    if let Voucher::Session(_) = call.caller.voucher {
        let password = call.input.password.as_ref().map_or("", Text::read);
        call.confirm(password).await?;
    }
    aside(move || {
        let State { engine, rotations, audit, .. } = &call.state;
        let store = engine.store();
        let key = call.input.key.as_ref().map(|text| MasterKey::from_text(text.read())).transpose();
        let key = key.map_err(|error| Problem::bad_request(Reason::new(codes::E7004, error.to_string())))?;
        let state = store.key()?;
        let new = match (key, &state.unfinished) {
            (Some(key), Some(_)) if key.id() == state.id => None,
            (None, Some(_)) => None,
            (Some(key), _) => {
                store.may_become(&key)?;
                Some(key)
            }
            (None, None) => Some(store.new_key()?),
        };
        let to = new.as_ref().map_or(state.id, MasterKey::id);
        let from = state.unfinished.map_or(state.id, |unfinished| unfinished.before);
        let asked = || audit.record(&call.caller.who, ASKED, &object(from, to), Outcome::Done, &person.reason);
        rotations.begin(engine, &call.caller.who, new, asked)?;
        Ok(Json(rotations.told(store)?).into_response())
    })
    .await
}
