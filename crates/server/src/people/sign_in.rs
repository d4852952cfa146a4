//! Signing in: a one-time token, a password, a second factor; and signing out.
//!
//! Promises: a name that nobody has, a wrong password and a disabled user get the same answer after the same work; a failure
//! is recorded without what was typed.

use super::{
    INVITATION_TIME, People, names, none_such,
    password::{Password, check_new},
    record::{Invitation, Session, User},
    session::{Begun, cookie, mark_cookie},
    throttle::Attempt,
    totp::recovery_hash,
};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        self, Call, aside,
        caller::{Stage, Voucher},
        input::{From, Input, Nothing},
    },
    problem::Problem,
};
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use message::{Clock as _, clock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a browser is told to forget.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Name and password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// The name.
    name: String,
    /// The password.
    password: String,
}

/// A one-time token, and the password that is chosen with it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invited {
    /// The token.
    token: String,
    /// The name; the first administrator chooses one.
    name: String,
    /// The name as people write it; for the first administrator.
    #[serde(default)]
    title: String,
    /// The password.
    password: String,
}

/// A code of an authenticator app, or a recovery code.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// The code.
    pub(super) code: String,
}

impl Input for Named {
    const FROM: From = From::Body;
}
impl Input for Invited {
    const FROM: From = From::Body;
}
impl Input for Code {
    const FROM: From = From::Body;
}

/// How far a sign-in is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SignedIn {
    /// `sinew.sign-in/1`.
    schema: &'static str,
    /// Who.
    name: String,
    /// What is still to be done.
    stage: Stage,
    /// To be sent in the header `x-sinew-token` with everything that changes something.
    token: String,
    /// Second factors that are set up.
    factors: Vec<&'static str>,
}

/// The one answer to every sign-in that fails.
fn wrong() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, codes::E7068, "name, password or code are not right")
}

impl<I: Sync> Call<I> {
    pub(super) fn attempt(&self, name: &str) -> Attempt {
        let mark = self.state.people.known(self.mark.as_deref(), name);
        Attempt { address: self.source.address(), name: name.to_owned(), mark }
    }

    /// Counts and records a failure.
    pub(super) async fn failed(&self, attempt: &Attempt, known: Option<&str>) -> Problem {
        self.state.people.throttle.fail(attempt, clock::System.monotonic());
        let object = format!("{} from {}", known.unwrap_or("an unknown name"), self.source.told());
        match gate::record(&self.state, known.unwrap_or("nobody"), "sign-in", object, Outcome::Refused, "").await {
            Ok(()) => wrong(),
            Err(problem) => problem,
        }
    }

    /// The session of the caller.
    pub(super) fn session(&self) -> Result<String, Problem> {
        match &self.caller.voucher {
            Voucher::Session(id) => Ok(id.to_string()),
            Voucher::Socket | Voucher::Key(_) => Err(none_such("session")),
        }
    }

    /// Ends the session that this browser has: a new sign-in leaves none behind.
    pub(super) fn leave(&self) -> Result<(), Problem> {
        match &self.caller.voucher {
            Voucher::Session(id) => self.state.people.kept.remove::<Session>(id).map(drop),
            Voucher::Socket | Voucher::Key(_) => Ok(()),
        }
    }
}

fn factors(user: &User) -> Vec<&'static str> {
    let passkey = (!user.passkeys.is_empty()).then_some("passkey");
    let recovery = (!user.recovery.is_empty()).then_some("recovery");
    user.totp.as_ref().map(|_| "totp").into_iter().chain(passkey).chain(recovery).collect()
}

impl People {
    pub(super) fn stage_of(&self, user: &User) -> Result<Stage, Problem> {
        let needs = !self.is_demo && (!self.is_factor_for_administrators_only || self.is_administrator(user)?);
        Ok(match (user.has_factor(), needs) {
            (true, _) => Stage::Factor,
            (false, true) => Stage::Enroll,
            (false, false) => Stage::Full,
        })
    }

    /// Keeps a right password under the parameters of today, where it is kept under others.
    pub(super) async fn renew(
        self: &std::sync::Arc<People>,
        user: &User,
        password: Zeroizing<String>,
    ) -> Result<(), Problem> {
        let Some(before) = user.password.clone().filter(Password::is_outdated) else { return Ok(()) };
        let after = self.desk.make(password).await?;
        let (people, name) = (self.clone(), user.name.clone());
        aside(move || {
            let changed = people.kept.change::<User, ()>(&name, |user| {
                // Not over a password that was chosen meanwhile.
                if user.password.as_ref() == Some(&before) {
                    user.password = Some(after.clone());
                }
                Ok(())
            });
            changed.map(drop)
        })
        .await
    }

    /// Somebody has signed in.
    pub(super) fn note_sign_in(&self, name: &str) -> Result<(), Problem> {
        let noted = self.kept.change::<User, ()>(name, |user| {
            user.last_sign_in = Some(clock::System.now());
            Ok(())
        });
        noted.map(drop)
    }

    /// The answer to a step of signing in, with its cookies.
    pub(super) fn told(&self, user: &User, begun: &Begun) -> Result<Response, Problem> {
        let session = &begun.session;
        let signed_in = SignedIn {
            schema: "sinew.sign-in/1",
            name: user.name.clone(),
            stage: session.stage,
            token: self.page_token(&session.id),
            factors: factors(user),
        };
        let mut response = Json(signed_in).into_response();
        let mut set = |text: String| {
            if let Ok(value) = HeaderValue::from_str(&text) {
                response.headers_mut().append(header::SET_COOKIE, value);
            }
        };
        set(cookie(&begun.token));
        if session.stage == Stage::Full {
            set(mark_cookie(&self.mark(&user.name)?));
        }
        Ok(response)
    }
}

/// `POST /api/v1/sign-in`.
pub(crate) async fn with_password(call: Call<Named>) -> Result<Response, Problem> {
    let password = Zeroizing::new(call.input.password.clone());
    // A name that cannot be one costs the same work.
    let name = names::read(&call.input.name).unwrap_or_default();
    let attempt = call.attempt(&name);
    let people = call.state.people.clone();
    people.throttle.admit(&attempt, clock::System.monotonic())?;
    let (finding, wanted) = (people.clone(), name.clone());
    let user = aside(move || finding.kept.find::<User>(&wanted)).await?;
    let active = user.as_ref().filter(|user| !user.is_disabled && !user.is_service);
    let is_right = people.desk.check(password.clone(), active.and_then(|user| user.password.clone())).await?;
    let is_known = user.is_some();
    let Some(user) = user.filter(|_| is_right) else {
        return Err(call.failed(&attempt, is_known.then_some(&*name)).await);
    };
    people.renew(&user, password).await?;
    enter(call, user, attempt).await
}

/// Behind the password: a session at its stage.
async fn enter<I: Send + Sync + 'static>(call: Call<I>, user: User, attempt: Attempt) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        let stage = people.stage_of(&user)?;
        let what = if stage == Stage::Full { "sign-in" } else { "sign-in begun" };
        call.state.audit.record(&user.name, what, &format!("from {}", call.source.told()), Outcome::Done, "")?;
        if stage == Stage::Full {
            people.throttle.succeed(&attempt);
            people.note_sign_in(&user.name)?;
        }
        call.leave()?;
        let begun = people.begin(&user.name, stage, call.source.told(), call.agent.clone())?;
        people.told(&user, &begun)
    })
    .await
}

/// `POST /api/v1/sign-in/token`.
pub(crate) async fn with_token(call: Call<Invited>) -> Result<Response, Problem> {
    let name = names::read(&call.input.name)?;
    let title = names::title(&call.input.title)?;
    check_new(&call.input.password, &[&name, &call.state.settings.site])?;
    let attempt = call.attempt("");
    let people = call.state.people.clone();
    people.throttle.admit(&attempt, clock::System.monotonic())?;
    let (taking, token, wanted) = (people.clone(), super::chance::hashed(&call.input.token), name.clone());
    // The token is gone before anything is made with it: of two who have it, one gets in.
    let taken = aside(move || taking.take_invitation(&token, &wanted)).await?;
    let Some(invitation) = taken else {
        let _ = call.failed(&attempt, None).await;
        return Err(Problem::new(StatusCode::UNAUTHORIZED, codes::E7070, "the token is unknown, used or too old"));
    };
    let kept = people.desk.make(Zeroizing::new(call.input.password.clone())).await?;
    let made = people.clone();
    let user = aside(move || made.welcome(&invitation, name, title, kept)).await?;
    enter(call, user, attempt).await
}

impl People {
    /// Takes a token out of use, if it is one for this name.
    fn take_invitation(&self, id: &str, name: &str) -> Result<Option<Invitation>, Problem> {
        let now = clock::System.now();
        let found = self.kept.find::<Invitation>(id)?.filter(|found| now < found.until);
        let Some(found) = found.filter(|found| found.user.is_empty() || found.user == name) else { return Ok(None) };
        if found.user.is_empty() && self.has_administrator_besides("")? {
            return Ok(None);
        }
        Ok(self.kept.remove::<Invitation>(id)?.then_some(found))
    }

    fn welcome(&self, invitation: &Invitation, name: String, title: String, kept: Password) -> Result<User, Problem> {
        if invitation.user.is_empty() {
            let user = People::first(name, title, kept, clock::System.now());
            if !self.kept.add(&user)? {
                return Err(super::there_is("user"));
            }
            return Ok(user);
        }
        let changed = self.kept.change::<User, ()>(&invitation.user, |user| {
            user.password = Some(kept.clone());
            Ok(())
        })?;
        self.end_all(&invitation.user, None)?;
        changed.map(|(user, ())| user).filter(|user| !user.is_disabled).ok_or_else(wrong)
    }

    /// A one-time token for somebody who is known.
    pub(super) fn invite_again(&self, name: &str) -> Result<(String, message::Timestamp), Problem> {
        self.invite(name, INVITATION_TIME)
    }
}

/// `POST /api/v1/sign-in/code`: the second factor.
pub(crate) async fn with_code(call: Call<Code>) -> Result<Response, Problem> {
    let (id, name) = (call.session()?, call.caller.who.to_string());
    let attempt = call.attempt(&name);
    let people = call.state.people.clone();
    people.throttle.admit(&attempt, clock::System.monotonic())?;
    let (taking, who, code) = (people.clone(), name.clone(), call.input.code.trim().to_owned());
    let taken = aside(move || taking.take_code(&who, &code)).await?;
    let Some((user, factor)) = taken else { return Err(call.failed(&attempt, Some(&name)).await) };
    people.throttle.succeed(&attempt);
    aside(move || {
        let object = format!("with {factor} from {}", call.source.told());
        call.state.audit.record(&user.name, "sign-in", &object, Outcome::Done, "")?;
        let begun = people.raise(&id, Stage::Full)?.ok_or_else(wrong)?;
        people.told(&user, &begun)
    })
    .await
}

impl People {
    /// Takes a code of the app, or a recovery code, out of use. Tells which it was.
    fn take_code(&self, name: &str, code: &str) -> Result<Option<(User, &'static str)>, Problem> {
        let now = clock::System.now();
        let hash = recovery_hash(code);
        let taken = self.kept.change::<User, &'static str>(name, |user| {
            let is_of_app = user.totp.as_mut().is_some_and(|totp| totp.take(code, now));
            let before = user.recovery.len();
            user.recovery.retain(|kept| is_of_app || !super::chance::is_same(kept.as_bytes(), hash.as_bytes()));
            let is_recovery = user.recovery.len() < before;
            user.last_sign_in = Some(now);
            match (is_of_app, is_recovery) {
                (true, _) => Ok("a code"),
                (false, true) => Ok("a recovery code"),
                (false, false) => Err(wrong()),
            }
        });
        match taken {
            Ok(found) => Ok(found),
            Err(problem) if problem.code() == codes::E7068.id => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// `POST /api/v1/sign-out`.
pub(crate) async fn out(call: Call<Nothing>) -> Result<Response, Problem> {
    let id = call.session()?;
    aside(move || {
        call.state.people.kept.remove::<Session>(&id)?;
        call.state.audit.record(&call.caller.who, "sign-out", "session", Outcome::Done, "")?;
        let mut response = Json(serde_json::json!({"signed_out": true})).into_response();
        if let Ok(value) = HeaderValue::from_str(&cookie("")) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
        // What this browser read stays in none of its caches; the theme and searches that name nobody may.
        response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
        Ok(response)
    })
    .await
}
