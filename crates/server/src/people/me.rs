//! A person's own account: who they are, their password, second factors, sessions, and breaking the glass.

use super::{
    chance, none_such,
    password::check_new,
    record::{Glass, Session, User},
    session::ends,
    sign_in::Code,
    totp::{RECOVERY_CODES, Totp, picture, recovery_code, recovery_hash},
};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        caller::{Stage, Voucher},
        input::{From, Input, Nothing},
    },
    problem::Problem,
    rights::{Grant, Object, Right},
};
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use message::{Clock as _, Timestamp, clock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a broken glass stays open.
const GLASS_TIME: Duration = Duration::from_secs(3_600);

/// Who the caller is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Me {
    schema: &'static str,
    /// The name in the audit chain.
    name: String,
    /// The name as people write it.
    title: String,
    /// How far the sign-in has come.
    stage: Stage,
    /// What is allowed somewhere.
    rights: Vec<Right>,
    /// By which roles, and where.
    grants: Vec<Grant>,
    /// Second factors that are set up.
    factors: Vec<&'static str>,
    /// Recovery codes that are left.
    recovery_left: usize,
    /// To be sent in the header `x-sinew-token`; empty without a session.
    token: String,
    /// When the glass that was broken closes.
    #[schemars(with = "Option<i64>")]
    glass_until: Option<Timestamp>,
}

/// `GET /api/v1/me`.
pub(crate) async fn look(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let (people, now) = (&call.state.people, clock::System.now());
        let (user, token) = match &call.caller.voucher {
            Voucher::Session(id) => (people.kept.find::<User>(&call.caller.who)?, people.page_token(id)),
            Voucher::Socket | Voucher::Key(_) => (None, String::new()),
        };
        let user = user.unwrap_or_default();
        let rights = Right::ALL.into_iter().filter(|right| call.caller.may(*right, Object::Some, now)).collect();
        let totp = user.totp.as_ref().map(|_| "totp");
        let me = Me {
            schema: "sinew.me/1",
            name: call.caller.who.to_string(),
            title: user.title.clone(),
            stage: call.caller.stage,
            rights,
            factors: totp.into_iter().chain((!user.passkeys.is_empty()).then_some("passkey")).collect(),
            recovery_left: user.recovery.len(),
            grants: user.grants,
            token,
            glass_until: user.glass.map(|glass| glass.until).filter(|until| now < *until),
        };
        Ok(Json(me).into_response())
    })
    .await
}

/// The password that there is, and another one.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Passwords {
    /// As it is.
    old: String,
    /// As it shall be.
    new: String,
}

impl Input for Passwords {
    const FROM: From = From::Body;
}

/// The password, asked again before something that weakens the account.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    /// The password.
    password: String,
}

impl Input for Again {
    const FROM: From = From::Body;
}

/// The password, where the sign-in is complete already.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Anew {
    /// The password; who is just signing in has given it.
    #[serde(default)]
    password: String,
}

impl Input for Anew {
    const FROM: From = From::Body;
}

impl Call<Anew> {
    /// Who holds a session and nothing else adds no factor of their own.
    pub(super) async fn confirm_where_complete(&self) -> Result<(), Problem> {
        match self.caller.stage {
            Stage::Full => self.confirm(&self.input.password).await.map(drop),
            Stage::Factor | Stage::Enroll => Ok(()),
        }
    }
}

impl<I: Send + Sync + 'static> Call<I> {
    /// The caller types the password again; failures count as those of signing in.
    pub(crate) async fn confirm(&self, password: &str) -> Result<User, Problem> {
        let people = self.state.people.clone();
        let attempt = self.attempt(&self.caller.who);
        people.throttle.admit(&attempt, clock::System.monotonic())?;
        let (finding, name) = (people.clone(), self.caller.who.to_string());
        let user = aside(move || finding.kept.find::<User>(&name)).await?;
        let kept = user.as_ref().and_then(|user| user.password.clone());
        let is_right = people.desk.check(Zeroizing::new(password.to_owned()), kept).await?;
        match user.filter(|_| is_right) {
            Some(user) => Ok(user),
            None => Err(self.failed(&attempt, Some(&self.caller.who)).await),
        }
    }
}

/// `POST /api/v1/me/password`.
pub(crate) async fn password(call: Call<Passwords>) -> Result<Response, Problem> {
    check_new(&call.input.new, &[&call.caller.who, &call.state.settings.site])?;
    let user = call.confirm(&call.input.old).await?;
    let kept = call.state.people.desk.make(Zeroizing::new(call.input.new.clone())).await?;
    aside(move || {
        let people = &call.state.people;
        call.state.audit.record(&user.name, "change password", &user.name, Outcome::Done, "")?;
        people.kept.change::<User, ()>(&user.name, |user| {
            user.password = Some(kept.clone());
            Ok(())
        })?;
        let ended = people.end_all(&user.name, Some(&*call.session()?))?;
        Ok(Json(json!({"sessions_ended": ended})).into_response())
    })
    .await
}

/// `POST /api/v1/me/totp`: a new secret, to be confirmed.
pub(crate) async fn begin_totp(call: Call<Anew>) -> Result<Response, Problem> {
    call.confirm_where_complete().await?;
    aside(move || {
        let begun = Totp::make()?;
        let address = begun.address(&call.caller.who);
        let answer = json!({"schema": "sinew.totp/1", "secret": begun.to_text(), "address": address,
            "picture": picture(&address)});
        let kept = call.state.people.kept.change::<User, ()>(&call.caller.who, |user| {
            // Who holds a session and nothing else cannot put their own app in the place of the owner's.
            if user.totp.is_some() {
                let text = "an app is set up already: remove it first, with the password";
                return Err(Problem::new(StatusCode::CONFLICT, codes::E7073, text));
            }
            user.totp_begun = Some(begun.clone());
            Ok(())
        })?;
        kept.ok_or_else(|| none_such("user"))?;
        Ok(Json(answer).into_response())
    })
    .await
}

/// `POST /api/v1/me/totp/confirm`: the app shows the right code. Gives recovery codes, once, and completes the sign-in.
pub(crate) async fn confirm_totp(call: Call<Code>) -> Result<Response, Problem> {
    let id = call.session()?;
    aside(move || {
        let (people, now) = (&call.state.people, clock::System.now());
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<_, _>>()?;
        let kept: Vec<String> = codes.iter().map(|code| recovery_hash(code)).collect();
        let changed = people.kept.change::<User, ()>(&call.caller.who, |user| {
            let is_right = user.totp_begun.as_mut().is_some_and(|begun| begun.take(call.input.code.trim(), now));
            if !is_right {
                let text = "the code does not fit: scan the picture again and use the newest code";
                return Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7077, text));
            }
            user.totp = user.totp_begun.take();
            user.recovery.clone_from(&kept);
            Ok(())
        })?;
        let (user, ()) = changed.ok_or_else(|| none_such("user"))?;
        call.state.audit.record(&user.name, "add factor", "totp", Outcome::Done, "")?;
        let begun = people.raise(&id, Stage::Full)?.ok_or_else(|| none_such("session"))?;
        people.end_all(&user.name, Some(&begun.session.id))?;
        let cookies = people.told(&user, &begun)?;
        let token = people.page_token(&begun.session.id);
        let mut response =
            Json(json!({"schema": "sinew.recovery/1", "recovery": codes, "token": token})).into_response();
        for value in cookies.headers().get_all(axum::http::header::SET_COOKIE) {
            response.headers_mut().append(axum::http::header::SET_COOKIE, value.clone());
        }
        Ok(response)
    })
    .await
}

/// `POST /api/v1/me/totp/remove`.
pub(crate) async fn remove_totp(call: Call<Again>) -> Result<Response, Problem> {
    let user = call.confirm(&call.input.password).await?;
    aside(move || {
        call.state.audit.record(&user.name, "remove factor", "totp", Outcome::Done, "")?;
        call.state.people.kept.change::<User, ()>(&user.name, |user| {
            user.totp = None;
            user.totp_begun = None;
            if user.passkeys.is_empty() {
                user.recovery.clear();
            }
            Ok(())
        })?;
        call.state.people.end_all(&user.name, Some(&*call.session()?))?;
        Ok(Json(json!({"removed": true})).into_response())
    })
    .await
}

/// `GET /api/v1/me/sessions`.
pub(crate) async fn sessions(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let current = call.session()?;
        let sessions = call.state.people.kept.list::<Session>(Some(&call.caller.who))?;
        // The hash of a token is told cut short: enough to name a session, of no use for anything else.
        let row = |session: &Session| {
            json!({"id": short(&session.id), "is_this": session.id == current, "made": session.made,
                "used": session.used, "ends": ends(session), "source": session.source, "agent": session.agent})
        };
        let rows: Vec<_> = sessions.iter().map(row).collect();
        Ok(Json(json!({"schema": "sinew.sessions/1", "sessions": rows})).into_response())
    })
    .await
}

fn short(id: &str) -> &str {
    id.get(..16).unwrap_or(id)
}

/// `DELETE /api/v1/me/sessions/{id}`.
pub(crate) async fn end_session(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let wanted = call.path.first().cloned().unwrap_or_default();
        let people = &call.state.people;
        let sessions = people.kept.list::<Session>(Some(&call.caller.who))?;
        let is_it = |session: &&Session| chance::is_same(short(&session.id).as_bytes(), wanted.as_bytes());
        let session = sessions.iter().find(is_it).ok_or_else(|| none_such("session"))?;
        people.kept.remove::<Session>(&session.id)?;
        call.state.audit.record(&call.caller.who, "end session", short(&session.id), Outcome::Done, "")?;
        Ok(Json(json!({"ended": true})).into_response())
    })
    .await
}

/// Why.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    /// Why: kept in the audit chain.
    pub(super) reason: String,
}

impl Input for Why {
    const FROM: From = From::Body;
}

/// `POST /api/v1/me/glass`: an hour of reading content where the right reaches.
pub(crate) async fn break_glass(call: Call<Why>) -> Result<Response, Problem> {
    call.person(&call.input.reason)?;
    call.session()?;
    aside(move || {
        let until = clock::System.now().after(GLASS_TIME);
        let reason = call.input.reason.clone();
        call.state.audit.record(&call.caller.who, "break glass", &call.caller.who, Outcome::Done, &reason)?;
        let changed = call.state.people.kept.change::<User, ()>(&call.caller.who, |user| {
            user.glass = Some(Glass { until, reason: reason.clone() });
            Ok(())
        })?;
        changed.ok_or_else(|| none_such("user"))?;
        Ok(Json(json!({"schema": "sinew.glass/1", "until": until})).into_response())
    })
    .await
}
