//! The part `[sso]` of `sinew.toml`: who vouches for people by OpenID Connect, and which of its groups has which role.

use super::{
    secure::is_secure_or_here,
    server::{KeyPlace, key_place},
};
use std::{path::PathBuf, sync::Arc};

/// Keys of the part.
pub(super) const KEYS: [&str; 8] =
    ["sso.issuer", "sso.client", "sso.secret", "sso.title", "sso.claim", "sso.roles", "sso.second-factor", "sso.ca"];

/// A group of the provider and the role that its members have.
pub type GroupRole = (Arc<str>, Arc<str>);

/// What `[sso]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SsoLines {
    /// The provider's address; empty: there is none.
    pub issuer: Arc<str>,
    /// We, as the provider calls us; empty: `sinew`.
    pub client: Arc<str>,
    /// Where our secret is found; none for a public client.
    pub secret: Option<KeyPlace>,
    /// What the button says; empty: the provider's host.
    pub title: Arc<str>,
    /// The claim that holds groups; empty: `groups`.
    pub claim: Arc<str>,
    /// Which group has which role.
    pub roles: Vec<GroupRole>,
    /// The provider asks for a second factor.
    pub has_factor: bool,
    /// Authorities that are trusted besides the public ones, PEM.
    pub ca: Option<PathBuf>,
}

impl SsoLines {
    /// Reads one line of the part.
    pub(super) fn apply(&mut self, key: &str, text: &str) -> Result<(), (String, String)> {
        match key {
            "sso.issuer" => {
                if !is_secure_or_here(text) {
                    let hint = "write it as the provider calls itself: https://id.example.org/realms/north";
                    return Err((format!("`{text}` is neither https nor on this machine"), hint.to_owned()));
                }
                self.issuer = text.into();
            }
            "sso.client" => self.client = text.into(),
            "sso.secret" => self.secret = Some(key_place(text)?),
            "sso.title" => self.title = text.into(),
            "sso.claim" => self.claim = text.into(),
            "sso.roles" => self.roles = roles(text)?,
            "sso.ca" => self.ca = Some(PathBuf::from(text)),
            _ => {
                self.has_factor = match text {
                    "provider" => true,
                    "here" => false,
                    _ => {
                        let hint = "write here (the default) or provider, where it asks everyone for one".to_owned();
                        return Err((format!("`{text}` is neither here nor provider"), hint));
                    }
                }
            }
        }
        Ok(())
    }
}

/// `it=administrator, nurses=viewer`.
fn roles(text: &str) -> Result<Vec<GroupRole>, (String, String)> {
    let pair = |pair: &str| {
        let (group, role) = pair.rsplit_once('=')?;
        let (group, role) = (group.trim(), role.trim());
        (!group.is_empty() && !role.is_empty()).then(|| (group.into(), role.into()))
    };
    let pairs: Option<Vec<_>> = text.split(',').map(pair).collect();
    pairs.ok_or_else(|| {
        let hint = "write group=role, with commas between: it=administrator, nurses=viewer".to_owned();
        ("the roles cannot be read".to_owned(), hint)
    })
}
