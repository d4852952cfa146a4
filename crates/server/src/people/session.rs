//! Sessions of browsers and keys of programs: who a request comes from.
//!
//! Promises: a session ends 15 minutes after its last use and 12 hours after its beginning, when it is revoked, and when its
//! user is disabled; its token changes with every step of signing in.

use super::{
    People, chance,
    record::{Key, Session, User},
};
use crate::{
    gate::caller::{Caller, Stage, Voucher},
    problem::Problem,
};
use message::{Clock as _, Timestamp, clock};
use std::time::Duration;

/// The cookies, and how long a mark stays.
pub(crate) const COOKIE: &str = "__Host-sinew";
pub(crate) const MARK_COOKIE: &str = "__Host-sinew-mark";
const MARK_TIME: Duration = Duration::from_secs(180 * 86_400);

const IDLE: Duration = Duration::from_secs(15 * 60);
const ABSOLUTE: Duration = Duration::from_secs(12 * 3_600);
/// Time for the second factor, and for setting one up.
const FACTOR: Duration = Duration::from_secs(5 * 60);
const ENROLL: Duration = Duration::from_secs(30 * 60);
/// A use is written down when the last one is older.
const TOUCH: Duration = Duration::from_secs(30);
/// Sessions of one user; the oldest end.
const SESSIONS_MAX: usize = 20;
/// How a key begins.
const KEY_PREFIX: &str = "sinew_";

/// A session that was just begun, with the token that only its browser gets.
pub(crate) struct Begun {
    pub(crate) token: String,
    pub(crate) session: Session,
}

impl People {
    /// Begins a session.
    pub(super) fn begin(&self, user: &str, stage: Stage, source: String, agent: String) -> Result<Begun, Problem> {
        let now = clock::System.now();
        self.kept.expire(now)?;
        let mut others = self.kept.list::<Session>(Some(user))?;
        others.sort_by_key(|session| session.made);
        let over = others.len().saturating_sub(SESSIONS_MAX - 1);
        for oldest in others.iter().take(over) {
            self.kept.remove::<Session>(&oldest.id)?;
        }
        let token = chance::token()?;
        let until = now.after(match stage {
            Stage::Factor => FACTOR,
            Stage::Enroll => ENROLL,
            Stage::Full => ABSOLUTE,
        });
        let user = user.to_owned();
        let id = chance::hashed(&token);
        let session = Session { id, user, stage, made: now, used: now, until, source, agent, challenge: None };
        self.kept.add(&session)?;
        Ok(Begun { token, session })
    }

    /// The session goes on with another token, at another stage. The one before ends.
    pub(super) fn raise(&self, id: &str, stage: Stage) -> Result<Option<Begun>, Problem> {
        let Some(before) = self.kept.find::<Session>(id)? else { return Ok(None) };
        if !self.kept.remove::<Session>(id)? {
            return Ok(None);
        }
        self.begin(&before.user, stage, before.source, before.agent).map(Some)
    }

    /// Ends every session of a user, one aside.
    pub(super) fn end_all(&self, user: &str, besides: Option<&str>) -> Result<usize, Problem> {
        let mut ended = 0;
        for session in self.kept.list::<Session>(Some(user))? {
            if besides != Some(&*session.id) {
                ended += usize::from(self.kept.remove::<Session>(&session.id)?);
            }
        }
        Ok(ended)
    }

    /// Who a token of a cookie stands for.
    pub(crate) fn by_session(&self, token: &str) -> Result<Option<Caller>, Problem> {
        self.of_session(chance::hashed(token), true)
    }

    /// Who vouched for a caller before, does it still: for what goes on behind a request.
    pub(crate) fn again(&self, voucher: &Voucher) -> Result<Option<Caller>, Problem> {
        match voucher {
            Voucher::Socket => Ok(Some(Caller::local("local"))),
            Voucher::Session(id) => self.of_session(id.to_string(), false),
            Voucher::Key(id) => {
                let key = self.kept.find::<Key>(id)?.filter(|key| clock::System.now() < key.until);
                key.map_or(Ok(None), |key| self.of_key(&key))
            }
        }
    }

    fn of_session(&self, id: String, is_use: bool) -> Result<Option<Caller>, Problem> {
        let now = clock::System.now();
        let Some(session) = self.kept.find::<Session>(&id)? else { return Ok(None) };
        if now >= session.until || now >= session.used.after(IDLE) {
            self.kept.remove::<Session>(&id)?;
            return Ok(None);
        }
        let Some(user) = self.active(&session.user)? else { return Ok(None) };
        if is_use && now >= session.used.after(TOUCH) {
            // Somebody else may have written it at this moment: then it is touched.
            let touch = |session: &mut Session| {
                session.used = now;
                Ok(())
            };
            if self.kept.change(&id, touch)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(Caller {
            who: user.name.as_str().into(),
            voucher: Voucher::Session(id.into()),
            stage: session.stage,
            powers: self.powers_of(&user, now)?,
            bounds: None,
        }))
    }

    fn active(&self, name: &str) -> Result<Option<User>, Problem> {
        Ok(self.kept.find::<User>(name)?.filter(|user| !user.is_disabled))
    }

    /// Who a key stands for.
    pub(crate) fn by_key(&self, text: &str) -> Result<Option<Caller>, Problem> {
        let Some((id, secret)) = text.strip_prefix(KEY_PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(None);
        };
        let (Some(key), now) = (self.kept.find::<Key>(id)?, clock::System.now()) else { return Ok(None) };
        let is_right = chance::is_same(chance::hashed(secret).as_bytes(), key.hash.as_bytes());
        if !is_right || now >= key.until {
            return Ok(None);
        }
        if key.used.is_none_or(|used| now >= used.after(TOUCH)) {
            let touch = |key: &mut Key| {
                key.used = Some(now);
                Ok(())
            };
            if self.kept.change(id, touch)?.is_none() {
                return Ok(None);
            }
        }
        self.of_key(&key)
    }

    fn of_key(&self, key: &Key) -> Result<Option<Caller>, Problem> {
        let Some(user) = self.active(&key.user)? else { return Ok(None) };
        Ok(Some(Caller {
            who: format!("{} (key {})", user.name, key.id).into(),
            voucher: Voucher::Key(key.id.as_str().into()),
            stage: Stage::Full,
            powers: self.powers_of(&User { glass: None, ..user }, clock::System.now())?,
            bounds: Some(self.powers(&key.grants)?),
        }))
    }

    /// A new key and the text that its program sends.
    pub(super) fn make_key(&self, make: impl FnOnce(String, String) -> Key) -> Result<(Key, String), Problem> {
        let (id, secret) = (chance::hex(&chance::bytes::<6>()?), chance::token()?);
        let key = make(id.clone(), chance::hashed(&secret));
        self.kept.add(&key)?;
        Ok((key, format!("{KEY_PREFIX}{id}_{secret}")))
    }
}

/// `Set-Cookie` for a token; an empty one takes the cookie away.
pub(crate) fn cookie(token: &str) -> String {
    let age = if token.is_empty() { "; Max-Age=0" } else { "" };
    format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict{age}")
}

/// `Set-Cookie` for a mark.
pub(crate) fn mark_cookie(mark: &str) -> String {
    let age = MARK_TIME.as_secs();
    format!("{MARK_COOKIE}={mark}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={age}")
}

/// When a session ends if it is not used again.
pub(crate) fn ends(session: &Session) -> Timestamp {
    session.until.min(session.used.after(IDLE))
}
