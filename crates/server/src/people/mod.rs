//! Users, and how they show who they are.
//!
//! Owns the records of users, sessions, keys, roles and invitations, passwords and one-time codes, and what a failed sign-in
//! costs. Promises: there is no account before the local one-time token was used; a user who is disabled is out at once; what
//! was shown once (a token, a key, a code) is kept as a hash.
//! Never: decides what a right is, or what a request may do.

pub(crate) mod chance;
mod kept;
pub(crate) mod keys;
pub(crate) mod me;
mod names;
mod passkey;
pub(crate) mod passkeys;
mod password;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod sso;
#[cfg(test)]
mod tests;
mod throttle;
mod totp;
pub(crate) mod users;

use crate::{
    codes,
    host::ApiSettings,
    problem::Problem,
    rights::{ADMINISTRATOR, Grant, Power, Right, Role, built_in},
};
use axum::http::StatusCode;
use kept::Kept;
use message::{Clock as _, Timestamp, clock};
use record::{Change, Invitation, Shared, User, Version};
use ring::hmac;
use std::time::Duration;
use store::Store;

/// How long the token for the first administrator is good.
pub const SETUP_TIME: Duration = Duration::from_secs(15 * 60);
/// How long an invitation is good.
const INVITATION_TIME: Duration = Duration::from_secs(3 * 86_400);

/// Which users there are and how they sign in.
pub(crate) struct People {
    kept: Kept,
    desk: password::Desk,
    throttle: throttle::Throttle,
    provider: sso::Desk,
    /// Signs tokens of pages and marks of browsers.
    signing: hmac::Key,
    is_factor_for_administrators_only: bool,
    is_demo: bool,
}

impl People {
    pub(crate) fn new(store: Store, settings: &ApiSettings) -> Option<People> {
        let signing = hmac::Key::new(hmac::HMAC_SHA256, &store.key_for("page tokens"));
        let kept = Kept::new(store)?;
        Some(People {
            kept,
            desk: password::Desk::default(),
            throttle: throttle::Throttle::default(),
            provider: sso::Desk::default(),
            signing,
            is_factor_for_administrators_only: settings.is_factor_for_administrators_only,
            is_demo: settings.is_demo,
        })
    }

    /// The role of this name, of those that come along or those of this site.
    fn role(&self, name: &str) -> Result<Option<Role>, Problem> {
        match built_in(name) {
            Some(role) => Ok(Some(role)),
            None => self.kept.find::<Role>(name),
        }
    }

    /// What grants give. A role that is gone gives nothing.
    fn powers(&self, grants: &[Grant]) -> Result<Vec<Power>, Problem> {
        let mut powers = Vec::new();
        for grant in grants {
            powers.extend(self.role(&grant.role)?.map(|role| Power::of(grant, &role)));
        }
        Ok(powers)
    }

    /// What a user may do now, a broken glass considered.
    fn powers_of(&self, user: &User, now: Timestamp) -> Result<Vec<Power>, Problem> {
        let mut powers = self.powers(&user.grants)?;
        if let Some(glass) = user.glass.as_ref().filter(|glass| now < glass.until) {
            let broken = |power: &Power| {
                power.rights.contains(&Right::BreakGlass).then(|| Power {
                    rights: vec![Right::Look, Right::Masked, Right::Reveal],
                    until: Some(glass.until),
                    ..power.clone()
                })
            };
            let more: Vec<Power> = powers.iter().filter_map(broken).collect();
            powers.extend(more);
        }
        Ok(powers)
    }

    /// Refuses grants of roles that there are not.
    fn check_grants(&self, grants: &[Grant]) -> Result<(), Problem> {
        for grant in grants {
            if self.role(&grant.role)?.is_none() {
                let text = "there is no role of that name: `sinew role list` shows those that there are";
                return Err(Problem::new(StatusCode::BAD_REQUEST, codes::E7080, text));
            }
        }
        Ok(())
    }

    /// Manages users, as long as nobody changes it.
    fn is_administrator(&self, user: &User) -> Result<bool, Problem> {
        let lasting = |power: &Power| {
            power.until.is_none() && power.interfaces.is_empty() && power.rights.contains(&Right::People)
        };
        Ok(!user.is_disabled && !user.is_service && self.powers(&user.grants)?.iter().any(lasting))
    }

    /// Somebody besides `name` manages users.
    fn has_administrator_besides(&self, name: &str) -> Result<bool, Problem> {
        for user in self.kept.list::<User>(None)? {
            if user.name != name && self.is_administrator(&user)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The one-time token that makes the first administrator; `None` when there is one. An earlier token ends.
    pub(crate) fn begin_setup(&self) -> Result<Option<(String, Timestamp)>, Problem> {
        if self.has_administrator_besides("")? {
            return Ok(None);
        }
        self.invite("", SETUP_TIME).map(Some)
    }

    /// A one-time token for a user; earlier ones end.
    fn invite(&self, user: &str, time: Duration) -> Result<(String, Timestamp), Problem> {
        for before in self.kept.list::<Invitation>(Some(user))? {
            self.kept.remove::<Invitation>(&before.id)?;
        }
        let (token, until) = (chance::token()?, clock::System.now().after(time));
        self.kept.add(&Invitation { id: chance::hashed(&token), user: user.to_owned(), until })?;
        Ok((token, until))
    }

    /// The first user.
    fn first(name: String, title: String, password: password::Password, now: Timestamp) -> User {
        let grants = vec![Grant { role: ADMINISTRATOR.to_owned(), ..Grant::default() }];
        User { name, title, grants, password: Some(password), made: now, ..User::default() }
    }

    /// The changes that were proposed.
    pub(crate) fn changes(&self) -> Result<Vec<Change>, Problem> {
        self.kept.expire(clock::System.now())?;
        self.kept.list::<Change>(None)
    }

    /// A change that was proposed and is not too old.
    pub(crate) fn change(&self, id: &str) -> Result<Option<Change>, Problem> {
        let now = clock::System.now();
        Ok(self.kept.find::<Change>(id)?.filter(|change| now < change.until))
    }

    pub(crate) fn add_change(&self, change: &Change) -> Result<(), Problem> {
        if self.kept.add(change)? { Ok(()) } else { Err(there_is("change")) }
    }

    pub(crate) fn set_change(
        &self,
        id: &str,
        set: impl Fn(&mut Change) -> Result<(), Problem>,
    ) -> Result<Change, Problem> {
        let changed = self.kept.change::<Change, ()>(id, set)?;
        changed.map(|(change, ())| change).ok_or_else(|| none_such("change"))
    }

    /// The states of the workspace that were put into force, the newest first.
    pub(crate) fn versions(&self) -> Result<Vec<Version>, Problem> {
        let mut versions = self.kept.list::<Version>(None)?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.at));
        Ok(versions)
    }

    /// The ids of kept versions that cannot be read.
    pub(crate) fn unreadable_versions(&self) -> Result<Vec<String>, Problem> {
        self.kept.unreadable::<Version>()
    }

    pub(crate) fn add_version(&self, version: &Version) -> Result<(), Problem> {
        if self.kept.add(version)? { Ok(()) } else { Err(there_is("version")) }
    }

    pub(crate) fn remove_version(&self, id: &str) -> Result<(), Problem> {
        self.kept.remove::<Version>(id).map(|_| ())
    }

    /// The searches that people share, by title.
    pub(crate) fn searches(&self) -> Result<Vec<Shared>, Problem> {
        let mut searches = self.kept.list::<Shared>(None)?;
        searches.sort_by(|one, other| one.title.cmp(&other.title));
        Ok(searches)
    }

    pub(crate) fn add_search(&self, shared: &Shared) -> Result<(), Problem> {
        if self.kept.add(shared)? { Ok(()) } else { Err(there_is("search")) }
    }

    pub(crate) fn remove_search(&self, id: &str) -> Result<(), Problem> {
        self.kept.remove::<Shared>(id).map(|_| ())
    }

    fn signed(&self, what: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.signing);
        for part in what {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        chance::hex(context.sign().as_ref())
    }

    /// The token that pages of a session send along.
    pub(crate) fn page_token(&self, session: &str) -> String {
        self.signed(&["page", session])
    }

    /// A mark for a browser in which this name has signed in.
    fn mark(&self, name: &str) -> Result<String, Problem> {
        let random = chance::hex(&chance::bytes::<16>()?);
        Ok(format!("{random}.{}", self.signed(&["mark", name, &random])))
    }

    /// The mark is one of this name.
    fn known(&self, mark: Option<&str>, name: &str) -> Option<String> {
        let (random, signature) = mark?.split_once('.')?;
        let expected = self.signed(&["mark", name, random]);
        chance::is_same(expected.as_bytes(), signature.as_bytes()).then(|| random.to_owned())
    }
}

/// There is no such thing.
pub(crate) fn none_such(what: &str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, codes::E7072, format!("there is no such {what}"))
}

/// There is one already.
fn there_is(what: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, codes::E7073, format!("there is a {what} of that name already"))
}
