//! Who may send: users with passwords (RFC 7617) and bearer tokens (RFC 6750).

use crate::{codes, web::encode::from_base64};
use interface::catalogue::Settings;
use message::Reason;
use ring::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
};
use std::sync::Arc;

/// Checks credentials. They are kept as keyed hashes, and all of them are compared, in a time that does not depend on
/// which one is right or how much of it.
pub(crate) struct Guard {
    key: hmac::Key,
    users: Vec<hmac::Tag>,
    tokens: Vec<hmac::Tag>,
}

impl Guard {
    /// Reads `users` (each `name:password`) and `tokens`.
    pub(crate) fn read(settings: &Settings) -> Result<Guard, Reason> {
        let complain = |text: String| Reason::new(codes::E6010, text);
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| complain("the system gives no random numbers".to_owned()))?;
        let tags = |list: &[Arc<str>]| list.iter().map(|text| tag(&key, text.as_bytes())).collect();
        let users = settings.list("users");
        if let Some(number) = users.iter().position(|user| !user.contains(':')) {
            return Err(complain(format!("`users`, number {}: write name:password, best as one secret", number + 1)));
        }
        if users.iter().chain(settings.list("tokens")).any(|text| text.len() < 8) {
            return Err(complain("a password or token is shorter than eight letters with its user".to_owned()));
        }
        Ok(Guard { users: tags(users), tokens: tags(settings.list("tokens")), key })
    }

    /// Whether anything has to be shown.
    pub(crate) fn asks(&self) -> bool {
        !self.users.is_empty() || !self.tokens.is_empty()
    }

    /// The header that says what has to be shown (RFC 9110 §11.6.1).
    pub(crate) fn challenge(&self) -> &'static str {
        if self.users.is_empty() { "Bearer realm=\"sinew\"" } else { "Basic realm=\"sinew\", charset=\"UTF-8\"" }
    }

    /// Whether the header `Authorization` shows enough.
    pub(crate) fn lets_in(&self, authorization: Option<&str>) -> bool {
        if !self.asks() {
            return true;
        }
        let Some((scheme, shown)) = authorization.and_then(|text| text.split_once(' ')) else { return false };
        let (known, shown) = match scheme.to_ascii_lowercase().as_str() {
            "basic" => (&self.users, from_base64(shown.trim()).unwrap_or_default()),
            "bearer" => (&self.tokens, shown.trim().as_bytes().to_vec()),
            _ => return false,
        };
        let shown = digest(&SHA256, &shown);
        // `verify` compares in constant time; no shortcut over the list.
        known
            .iter()
            .fold(false, |is_known, tag| hmac::verify(&self.key, shown.as_ref(), tag.as_ref()).is_ok() | is_known)
    }
}

fn tag(key: &hmac::Key, secret: &[u8]) -> hmac::Tag {
    hmac::sign(key, digest(&SHA256, secret).as_ref())
}
