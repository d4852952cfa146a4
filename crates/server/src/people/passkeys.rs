//! Passkeys of a person: making one, showing it as the second factor, removing it.
//!
//! Promises: a challenge is good for one try of one session.

use super::{
    People, chance,
    me::Anew,
    none_such,
    passkey::{self, ALGORITHMS, Expected, Shown},
    record::{Passkey, Session, User},
    totp::{RECOVERY_CODES, recovery_code, recovery_hash},
};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        caller::Stage,
        input::{From, Input, Nothing},
    },
    problem::Problem,
};
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use message::{Clock as _, clock};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Passkeys of one person.
const PASSKEYS_MAX: usize = 10;
/// How long the browser waits for the person.
const WAIT_MS: u32 = 300_000;

/// What `navigator.credentials.create` gave; bytes as base64url.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Created {
    /// What the person calls it.
    title: String,
    /// `response.clientDataJSON`.
    client: String,
    /// `response.attestationObject`.
    attestation: String,
}

impl Input for Created {
    const FROM: From = From::Body;
}

/// What `navigator.credentials.get` gave; bytes as base64url.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Got {
    /// `id`.
    id: String,
    /// `response.clientDataJSON`.
    client: String,
    /// `response.authenticatorData`.
    statement: String,
    /// `response.signature`.
    signature: String,
}

impl Input for Got {
    const FROM: From = From::Body;
}

/// A passkey to be removed, and the password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removed {
    /// Its id.
    id: String,
    /// The password.
    password: String,
}

impl Input for Removed {
    const FROM: From = From::Body;
}

fn not_made() -> Problem {
    let text = "the passkey could not be set up: try again on a page of this server";
    Problem::new(StatusCode::BAD_REQUEST, codes::E7077, text)
}

fn wrong() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, codes::E7068, "name, password or code are not right")
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).unwrap_or_default()
}

impl People {
    /// A challenge for a session, instead of one before.
    fn challenge(&self, session: &str, purpose: &str) -> Result<String, Problem> {
        let challenge = chance::token()?;
        let kept = format!("{purpose} {challenge}");
        let changed = self.kept.change::<Session, ()>(session, |session| {
            session.challenge = Some(kept.clone());
            Ok(())
        })?;
        changed.map(|_| challenge).ok_or_else(|| none_such("session"))
    }

    /// Takes the challenge of a session out of use.
    fn take_challenge(&self, session: &str, purpose: &str) -> Result<String, Problem> {
        let taken = self.kept.change::<Session, Option<String>>(session, |session| Ok(session.challenge.take()))?;
        let kept = taken.and_then(|(_, kept)| kept).unwrap_or_default();
        kept.strip_prefix(purpose)
            .map(|rest| rest.trim().to_owned())
            .filter(|rest| !rest.is_empty())
            .ok_or_else(not_made)
    }
}

fn known(user: &User) -> Vec<Value> {
    user.passkeys.iter().map(|passkey| json!({"type": "public-key", "id": passkey.id})).collect()
}

/// `POST /api/v1/me/passkeys/begin`.
pub(crate) async fn begin(call: Call<Anew>) -> Result<Response, Problem> {
    call.confirm_where_complete().await?;
    aside(move || {
        let people = &call.state.people;
        let user = people.kept.find::<User>(&call.caller.who)?.ok_or_else(|| none_such("user"))?;
        let challenge = people.challenge(&call.session()?, "make")?;
        let kinds: Vec<Value> = ALGORITHMS.iter().map(|alg| json!({"type": "public-key", "alg": alg})).collect();
        let handle = URL_SAFE_NO_PAD.encode(people.signed(&["handle", &user.name]));
        let title = if user.title.is_empty() { &user.name } else { &user.title };
        Ok(Json(json!({"schema": "sinew.passkey-options/1", "publicKey": {
            "challenge": challenge, "rp": {"id": passkey::site(&call.host), "name": "Sinew"},
            "user": {"id": handle, "name": user.name, "displayName": title}, "pubKeyCredParams": kinds,
            "timeout": WAIT_MS, "attestation": "none", "excludeCredentials": known(&user),
            "authenticatorSelection": {"userVerification": "required", "residentKey": "preferred"}}}))
        .into_response())
    })
    .await
}

/// `POST /api/v1/me/passkeys`: the browser made a key. Completes the sign-in; gives recovery codes where there are none.
pub(crate) async fn add(call: Call<Created>) -> Result<Response, Problem> {
    let title = super::names::title(&call.input.title)?;
    let session = call.session()?;
    aside(move || {
        let people = &call.state.people;
        let challenge = people.take_challenge(&session, "make")?;
        let expected = Expected { challenge: &challenge, host: &call.host };
        let (client, attestation) = (decoded(&call.input.client), decoded(&call.input.attestation));
        let made = passkey::register(&client, &attestation, &expected).map_err(|_| not_made())?;
        if people.kept.list::<User>(None)?.iter().any(|user| user.passkeys.iter().any(|one| one.id == made.id)) {
            return Err(not_made());
        }
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<_, _>>()?;
        let hashes: Vec<String> = codes.iter().map(|code| recovery_hash(code)).collect();
        let passkey = Passkey { id: made.id, title, key: made.key, counter: made.counter, made: clock::System.now() };
        let changed = people.kept.change::<User, bool>(&call.caller.who, |user| {
            if user.passkeys.len() >= PASSKEYS_MAX {
                return Err(not_made());
            }
            user.passkeys.push(passkey.clone());
            let is_first = user.recovery.is_empty();
            if is_first {
                user.recovery.clone_from(&hashes);
            }
            Ok(is_first)
        })?;
        let (user, is_first) = changed.ok_or_else(|| none_such("user"))?;
        call.state.audit.record(&user.name, "add factor", "passkey", Outcome::Done, "")?;
        let begun = people.raise(&session, Stage::Full)?.ok_or_else(|| none_such("session"))?;
        people.end_all(&user.name, Some(&begun.session.id))?;
        let codes = if is_first { codes } else { Vec::new() };
        let token = people.page_token(&begun.session.id);
        let told = json!({"schema": "sinew.recovery/1", "recovery": codes, "token": token});
        let mut response = Json(told).into_response();
        for value in people.told(&user, &begun)?.headers().get_all(header::SET_COOKIE) {
            response.headers_mut().append(header::SET_COOKIE, value.clone());
        }
        Ok(response)
    })
    .await
}

/// `GET /api/v1/me/passkeys`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let user = call.state.people.kept.find::<User>(&call.caller.who)?.ok_or_else(|| none_such("user"))?;
        let row = |one: &Passkey| json!({"id": one.id, "title": one.title, "made": one.made});
        let rows: Vec<Value> = user.passkeys.iter().map(row).collect();
        Ok(Json(json!({"schema": "sinew.passkeys/1", "passkeys": rows})).into_response())
    })
    .await
}

/// `POST /api/v1/me/passkeys/remove`.
pub(crate) async fn remove(call: Call<Removed>) -> Result<Response, Problem> {
    let user = call.confirm(&call.input.password).await?;
    aside(move || {
        call.state.audit.record(&user.name, "remove factor", "passkey", Outcome::Done, "")?;
        let changed = call.state.people.kept.change::<User, bool>(&user.name, |user| {
            let before = user.passkeys.len();
            user.passkeys.retain(|one| one.id != call.input.id);
            Ok(user.passkeys.len() < before)
        })?;
        match changed {
            Some((_, true)) => {
                call.state.people.end_all(&user.name, Some(&*call.session()?))?;
                Ok(Json(json!({"removed": true})).into_response())
            }
            Some((_, false)) | None => Err(none_such("passkey")),
        }
    })
    .await
}

/// `POST /api/v1/sign-in/passkey/begin`.
pub(crate) async fn begin_sign_in(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        let user = people.kept.find::<User>(&call.caller.who)?.ok_or_else(|| none_such("user"))?;
        let challenge = people.challenge(&call.session()?, "show")?;
        Ok(Json(json!({"schema": "sinew.passkey-options/1", "publicKey": {
            "challenge": challenge, "rpId": passkey::site(&call.host), "allowCredentials": known(&user),
            "userVerification": "required", "timeout": WAIT_MS}}))
        .into_response())
    })
    .await
}

/// `POST /api/v1/sign-in/passkey`: the second factor.
pub(crate) async fn sign_in(call: Call<Got>) -> Result<Response, Problem> {
    let (session, name) = (call.session()?, call.caller.who.to_string());
    let attempt = call.attempt(&name);
    let people = call.state.people.clone();
    people.throttle.admit(&attempt, clock::System.monotonic())?;
    let (showing, who, id, host) = (people.clone(), name.clone(), session.clone(), call.host.clone());
    let got = Got {
        id: call.input.id.clone(),
        client: call.input.client.clone(),
        statement: call.input.statement.clone(),
        signature: call.input.signature.clone(),
    };
    let shown = aside(move || showing.show(&who, &id, &host, &got)).await?;
    let Some(user) = shown else { return Err(call.failed(&attempt, Some(&name)).await) };
    people.throttle.succeed(&attempt);
    aside(move || {
        let object = format!("with a passkey from {}", call.source.told());
        call.state.audit.record(&user.name, "sign-in", &object, Outcome::Done, "")?;
        let begun = people.raise(&session, Stage::Full)?.ok_or_else(wrong)?;
        people.told(&user, &begun)
    })
    .await
}

impl People {
    /// Verifies an assertion against the keys of a user, and keeps the new counter.
    fn show(&self, name: &str, session: &str, host: &str, got: &Got) -> Result<Option<User>, Problem> {
        let Ok(challenge) = self.take_challenge(session, "show") else { return Ok(None) };
        let expected = Expected { challenge: &challenge, host };
        let (client, statement, signature) = (decoded(&got.client), decoded(&got.statement), decoded(&got.signature));
        let shown = Shown { client: &client, statement: &statement, signature: &signature };
        let changed = self.kept.change::<User, ()>(name, |user| {
            // 7.2 steps 5 to 7: the key is one of those of this user.
            let kept = user.passkeys.iter_mut().find(|one| one.id == got.id).ok_or_else(wrong)?;
            kept.counter = passkey::verify(&shown, &kept.key, kept.counter, &expected).map_err(|_| wrong())?;
            user.last_sign_in = Some(clock::System.now());
            Ok(())
        });
        match changed {
            Ok(found) => Ok(found.map(|(user, ())| user)),
            Err(problem) if problem.code() == codes::E7068.id => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
