//! What is kept of users, sessions, keys and tokens. Every record is sealed before it goes into the tables.

use super::{password::Password, totp::Totp};
use crate::{
    gate::caller::Stage,
    rights::{Grant, Role},
};
use message::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Something that is kept under a name.
pub(crate) trait Record: Serialize + DeserializeOwned + Clone + Send + 'static {
    /// Its kind in the tables.
    const KIND: &'static str;
    /// Its name.
    fn id(&self) -> &str;
    /// Whose it is.
    fn owner(&self) -> &str {
        ""
    }
    /// When it is over.
    fn until(&self) -> Option<Timestamp> {
        None
    }
}

/// A person, or a service that has keys only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    /// As people write it.
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) is_service: bool,
    #[serde(default)]
    pub(crate) is_disabled: bool,
    #[serde(default)]
    pub(crate) grants: Vec<Grant>,
    #[serde(default)]
    pub(crate) password: Option<Password>,
    #[serde(default)]
    pub(crate) totp: Option<Totp>,
    /// A secret that was shown and not confirmed yet.
    #[serde(default)]
    pub(crate) totp_begun: Option<Totp>,
    /// Hashes of recovery codes that are left.
    #[serde(default)]
    pub(crate) recovery: Vec<String>,
    #[serde(default)]
    pub(crate) passkeys: Vec<Passkey>,
    #[serde(default)]
    pub(crate) glass: Option<Glass>,
    /// Who they are for the single sign-on: issuer and subject.
    #[serde(default)]
    pub(crate) subject: Option<(String, String)>,
    #[serde(default)]
    pub(crate) made: Timestamp,
    #[serde(default)]
    pub(crate) last_sign_in: Option<Timestamp>,
}

/// An hour of reading content.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Glass {
    pub(crate) until: Timestamp,
    pub(crate) reason: String,
}

/// A WebAuthn credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passkey {
    /// Credential id, base64url.
    pub(crate) id: String,
    /// What the person calls it.
    pub(crate) title: String,
    /// COSE key, base64url.
    pub(crate) key: String,
    /// The signature counter; 0 where the authenticator has none.
    pub(crate) counter: u32,
    pub(crate) made: Timestamp,
}

impl Record for User {
    const KIND: &'static str = "user";
    fn id(&self) -> &str {
        &self.name
    }
}

impl User {
    /// A second factor is set up.
    pub(crate) fn has_factor(&self) -> bool {
        self.totp.is_some() || !self.passkeys.is_empty()
    }
}

/// A sign-in on one device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// The hash of its token.
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) stage: Stage,
    pub(crate) made: Timestamp,
    pub(crate) used: Timestamp,
    pub(crate) until: Timestamp,
    /// From where.
    pub(crate) source: String,
    /// What the browser says that it is.
    #[serde(default)]
    pub(crate) agent: String,
    /// What a passkey has to sign, while it is asked for.
    #[serde(default)]
    pub(crate) challenge: Option<String>,
}

impl Record for Session {
    const KIND: &'static str = "session";
    fn id(&self) -> &str {
        &self.id
    }
    fn owner(&self) -> &str {
        &self.user
    }
    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// A key of a program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) title: String,
    /// The hash of its secret.
    pub(crate) hash: String,
    /// What of its user's rights it has; none is nothing.
    pub(crate) grants: Vec<Grant>,
    pub(crate) made: Timestamp,
    pub(crate) until: Timestamp,
    #[serde(default)]
    pub(crate) used: Option<Timestamp>,
}

impl Record for Key {
    const KIND: &'static str = "key";
    fn id(&self) -> &str {
        &self.id
    }
    fn owner(&self) -> &str {
        &self.user
    }
    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

impl Record for Role {
    const KIND: &'static str = "role";
    fn id(&self) -> &str {
        &self.name
    }
}

/// A one-time token that lets somebody choose a password.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Invitation {
    /// The hash of the token.
    pub(crate) id: String,
    /// For whom; empty: for the first administrator, who chooses a name.
    pub(crate) user: String,
    pub(crate) until: Timestamp,
}

impl Record for Invitation {
    const KIND: &'static str = "invitation";
    fn id(&self) -> &str {
        &self.id
    }
    fn owner(&self) -> &str {
        &self.user
    }
    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// A change of the workspace that waits for a second person, or was applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) by: String,
    /// The hash of the files.
    pub(crate) fingerprint: String,
    /// What it changes, as it was when it was proposed.
    pub(crate) plan: serde_json::Value,
    pub(crate) made: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) approved_by: Option<String>,
    pub(crate) applied_by: Option<String>,
}

impl Record for Change {
    const KIND: &'static str = "change";
    fn id(&self) -> &str {
        &self.id
    }
    fn until(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// A search that somebody shares with everybody who may search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) query: String,
    pub(crate) by: String,
    pub(crate) at: Timestamp,
}

impl Record for Shared {
    const KIND: &'static str = "search";
    fn id(&self) -> &str {
        &self.id
    }
}

/// A state of the workspace that was put into force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) ticket: String,
    /// Whose addresses, secrets and limits held.
    #[serde(default)]
    pub(crate) environment: String,
    /// It was never in force: edits that somebody made and a way back would have thrown away.
    #[serde(default)]
    pub(crate) is_aside: bool,
    /// The hash of the texts.
    pub(crate) fingerprint: String,
    /// Over all of the above, by the installation: 128 hexadecimal digits.
    #[serde(default)]
    pub(crate) signature: String,
    pub(crate) texts: crate::changes::Texts,
}

impl Record for Version {
    const KIND: &'static str = "version";
    fn id(&self) -> &str {
        &self.id
    }
}
