//! Managing users and roles. Every act is recorded, and none leaves a site without an administrator.

use super::{
    People, names, none_such,
    record::{Invitation, Key, Session, User},
    there_is,
};
use crate::{
    audit::Outcome,
    codes,
    gate::{
        Call, aside,
        input::{From, Input, Nothing},
    },
    problem::Problem,
    rights::{Grant, ROLES, Right, Role, built_in},
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

/// A user to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    /// 2 to 64 of `a-z 0-9 . _ @ -`.
    name: String,
    /// The name as people write it.
    #[serde(default)]
    title: String,
    /// A program, which has keys and no password.
    #[serde(default)]
    is_service: bool,
    /// Its roles.
    #[serde(default)]
    grants: Vec<Grant>,
}

impl Input for New {
    const FROM: From = From::Body;
}

/// The roles of a user, instead of those before.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grants {
    /// The roles.
    grants: Vec<Grant>,
    /// Why: kept in the audit chain.
    #[serde(default)]
    reason: String,
}

impl Input for Grants {
    const FROM: From = From::Body;
}

/// Roles of one user, at most.
const GRANTS_MAX: usize = 64;

fn told(user: &User) -> Value {
    let factors = [user.totp.is_some().then_some("totp"), (!user.passkeys.is_empty()).then_some("passkey")];
    let factors: Vec<&str> = factors.into_iter().flatten().collect();
    json!({"name": user.name, "title": user.title, "is_service": user.is_service, "is_disabled": user.is_disabled,
        "grants": user.grants, "has_password": user.password.is_some(), "factors": factors, "made": user.made,
        "last_sign_in": user.last_sign_in})
}

fn done(value: Value) -> Result<Response, Problem> {
    Ok(Json(value).into_response())
}

impl<I> Call<I> {
    fn named(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    fn note(&self, what: &str, object: &str, reason: &str) -> Result<(), Problem> {
        Ok(self.state.audit.record(&self.caller.who, what, object, Outcome::Done, reason)?)
    }
}

impl People {
    /// Refuses what would leave nobody to manage users.
    fn spare(&self, user: &User) -> Result<(), Problem> {
        if self.is_administrator(user)? && !self.has_administrator_besides(&user.name)? {
            let text = "this is the last administrator: make somebody else one first";
            return Err(Problem::new(StatusCode::CONFLICT, codes::E7074, text));
        }
        Ok(())
    }

    fn user(&self, name: &str) -> Result<User, Problem> {
        self.kept.find::<User>(name)?.ok_or_else(|| none_such("user"))
    }

    fn set(&self, name: &str, set: impl Fn(&mut User)) -> Result<User, Problem> {
        let changed = self.kept.change::<User, ()>(name, |user| {
            set(user);
            Ok(())
        })?;
        changed.map(|(user, ())| user).ok_or_else(|| none_such("user"))
    }
}

/// `GET /api/v1/users`.
pub(crate) async fn list(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let users = call.state.people.kept.list::<User>(None)?;
        done(json!({"schema": "sinew.users/1", "users": users.iter().map(told).collect::<Vec<_>>()}))
    })
    .await
}

/// `POST /api/v1/users`: a person gets an invitation, a service gets keys later.
pub(crate) async fn add(call: Call<New>) -> Result<Response, Problem> {
    let (name, title) = (names::read(&call.input.name)?, names::title(&call.input.title)?);
    aside(move || {
        let people = &call.state.people;
        check_count(&call.input.grants)?;
        people.check_grants(&call.input.grants)?;
        let made = clock::System.now();
        let (is_service, grants) = (call.input.is_service, call.input.grants.clone());
        let user = User { name: name.clone(), title, is_service, grants, made, ..User::default() };
        if !people.kept.add(&user)? {
            return Err(there_is("user"));
        }
        call.note("add user", &name, &told_grants(&user.grants))?;
        let invitation = if is_service { None } else { Some(people.invite_again(&name)?) };
        let (token, until) = invitation.unzip();
        done(json!({"schema": "sinew.user/1", "user": told(&user), "token": token, "until": until}))
    })
    .await
}

fn check_count(grants: &[Grant]) -> Result<(), Problem> {
    if grants.len() > GRANTS_MAX || grants.iter().any(|grant| grant.interfaces.len() + grant.facilities.len() > 256) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7080, "these are too many grants"));
    }
    Ok(())
}

/// For the audit chain: roles and places.
fn told_grants(grants: &[Grant]) -> String {
    let one = |grant: &Grant| {
        let list = |what: &str, names: &[String]| match names.is_empty() {
            true => String::new(),
            false => format!(" {what} {}", names.join(",")),
        };
        format!("{}{}{}", grant.role, list("interfaces", &grant.interfaces), list("facilities", &grant.facilities))
    };
    grants.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// `GET /api/v1/users/{name}`.
pub(crate) async fn look(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let user = call.state.people.user(call.named())?;
        let sessions = call.state.people.kept.list::<Session>(Some(&user.name))?.len();
        done(json!({"schema": "sinew.user/1", "user": told(&user), "sessions": sessions}))
    })
    .await
}

/// `PUT /api/v1/users/{name}/grants`.
pub(crate) async fn grant(call: Call<Grants>) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        check_count(&call.input.grants)?;
        people.check_grants(&call.input.grants)?;
        let before = people.user(call.named())?;
        let after = User { grants: call.input.grants.clone(), ..before.clone() };
        if !people.is_administrator(&after)? {
            people.spare(&before)?;
        }
        let object = format!("{}: {}", before.name, told_grants(&after.grants));
        call.note("grant", &object, &call.input.reason)?;
        let user = people.set(&before.name, |user| user.grants.clone_from(&call.input.grants))?;
        done(json!({"schema": "sinew.user/1", "user": told(&user)}))
    })
    .await
}

/// `POST /api/v1/users/{name}/disable`: out at once, everywhere.
pub(crate) async fn disable(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        let user = people.user(call.named())?;
        people.spare(&user)?;
        call.note("disable user", &user.name, "")?;
        let user = people.set(&user.name, |user| user.is_disabled = true)?;
        let ended = people.end_all(&user.name, None)?;
        done(json!({"schema": "sinew.user/1", "user": told(&user), "sessions_ended": ended}))
    })
    .await
}

/// `POST /api/v1/users/{name}/enable`.
pub(crate) async fn enable(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        call.note("enable user", call.named(), "")?;
        let user = call.state.people.set(call.named(), |user| user.is_disabled = false)?;
        done(json!({"schema": "sinew.user/1", "user": told(&user)}))
    })
    .await
}

/// `POST /api/v1/users/{name}/reset`: without password and factors, and with a new invitation.
pub(crate) async fn reset(call: Call<Nothing>) -> Result<Response, Problem> {
    let begin_anew = |user: &mut User| {
        user.password = None;
        user.totp = None;
        user.totp_begun = None;
        user.recovery.clear();
        user.passkeys.clear();
    };
    take_away(call, "reset user", begin_anew).await
}

/// `POST /api/v1/users/{name}/reset-password`: without password, and with a new invitation; the second factor is asked for as before.
pub(crate) async fn reset_password(call: Call<Nothing>) -> Result<Response, Problem> {
    take_away(call, "reset password", |user| user.password = None).await
}

async fn take_away(
    call: Call<Nothing>,
    act: &'static str,
    take: impl Fn(&mut User) + Send + 'static,
) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        let user = people.user(call.named())?;
        if user.is_service {
            return Err(Problem::new(StatusCode::CONFLICT, codes::E7080, "a service has keys and no password"));
        }
        call.note(act, &user.name, "")?;
        let user = people.set(&user.name, take)?;
        people.end_all(&user.name, None)?;
        let (token, until) = people.invite_again(&user.name)?;
        done(json!({"schema": "sinew.user/1", "user": told(&user), "token": token, "until": until}))
    })
    .await
}

/// `POST /api/v1/users/{name}/sign-out`: ends every session.
pub(crate) async fn sign_out(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let user = call.state.people.user(call.named())?;
        call.note("end sessions", &user.name, "")?;
        done(json!({"sessions_ended": call.state.people.end_all(&user.name, None)?}))
    })
    .await
}

/// `DELETE /api/v1/users/{name}`.
pub(crate) async fn remove(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let people = &call.state.people;
        let user = people.user(call.named())?;
        people.spare(&user)?;
        call.note("remove user", &user.name, "")?;
        people.kept.remove::<User>(&user.name)?;
        people.end_all(&user.name, None)?;
        for key in people.kept.list::<Key>(Some(&user.name))? {
            people.kept.remove::<Key>(&key.id)?;
        }
        for invitation in people.kept.list::<Invitation>(Some(&user.name))? {
            people.kept.remove::<Invitation>(&invitation.id)?;
        }
        done(json!({"removed": true}))
    })
    .await
}

/// `POST /api/v1/setup`: a new one-time token for the first administrator. Only somebody on the machine itself can ask.
pub(crate) async fn setup(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let Some((token, until)) = call.state.people.begin_setup()? else {
            let text = "there is an administrator: who has lost the way in is reset by `sinew user reset NAME`";
            return Err(Problem::new(StatusCode::CONFLICT, codes::E7070, text));
        };
        call.note("begin setup", "users", "")?;
        done(json!({"schema": "sinew.setup/1", "token": token, "until": until}))
    })
    .await
}

/// A role of this site.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRole {
    /// 2 to 64 of `a-z 0-9 . _ @ -`.
    name: String,
    /// One line for people.
    #[serde(default)]
    title: String,
    /// What it allows.
    rights: Vec<Right>,
}

impl Input for NewRole {
    const FROM: From = From::Body;
}

/// `GET /api/v1/roles`.
pub(crate) async fn roles(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        let own = call.state.people.kept.list::<Role>(None)?;
        let row = |role: &Role, is_own: bool| json!({"name": role.name, "title": role.title, "rights": role.rights, "is_own": is_own});
        let known = ROLES.iter().filter_map(|(name, ..)| built_in(name));
        let mut rows: Vec<Value> = known.map(|role| row(&role, false)).collect();
        rows.extend(own.iter().map(|role| row(role, true)));
        done(json!({"schema": "sinew.roles/1", "roles": rows}))
    })
    .await
}

/// `POST /api/v1/roles`.
pub(crate) async fn add_role(call: Call<NewRole>) -> Result<Response, Problem> {
    let (name, title) = (names::read(&call.input.name)?, names::title(&call.input.title)?);
    aside(move || {
        let mut rights = call.input.rights.clone();
        rights.sort_unstable();
        rights.dedup();
        let role = Role { name: name.clone(), title, rights };
        if built_in(&name).is_some() || !call.state.people.kept.add(&role)? {
            return Err(there_is("role"));
        }
        let rights: Vec<&str> = role.rights.iter().map(|right| right.name()).collect();
        call.note("add role", &format!("{name}: {}", rights.join(",")), "")?;
        done(json!({"schema": "sinew.role/1", "role": {"name": role.name, "title": role.title, "rights": role.rights}}))
    })
    .await
}

/// `DELETE /api/v1/roles/{name}`: who had it has it no more.
pub(crate) async fn remove_role(call: Call<Nothing>) -> Result<Response, Problem> {
    aside(move || {
        call.note("remove role", call.named(), "")?;
        if !call.state.people.kept.remove::<Role>(call.named())? {
            return Err(none_such("role of this site"));
        }
        done(json!({"removed": true}))
    })
    .await
}
