//! Settings of the sftp connector, read once.

use crate::{
    codes,
    folder::{
        self, Habits,
        distant::{self, join, separate},
        name::Template,
    },
    settings::duration,
};
use interface::catalogue::Settings;
use message::Reason;
use russh::keys::{PrivateKey, decode_secret_key};
use std::{fmt, sync::Arc, time::Duration};

/// The port of SSH (RFC 4251 §4).
const PORT: u16 = 22;

/// A server, and who we are there.
#[derive(Clone)]
pub(crate) struct Login {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) user: String,
    pub(crate) password: Option<Arc<str>>,
    pub(crate) key: Option<Arc<PrivateKey>>,
    /// Fingerprints of the keys that the server may have.
    pub(crate) host_keys: Vec<Arc<str>>,
    pub(crate) connect_time_max: Duration,
    pub(crate) answer_time_max: Duration,
}

/// How a distant folder is read.
pub(crate) type Reading = distant::Reading<Login>;
/// How files are written into a distant folder.
pub(crate) type Writing = distant::Writing<Login>;

impl fmt::Debug for Login {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.address)
    }
}

pub(crate) fn reading(settings: &Settings) -> Result<Reading, Reason> {
    let (address, path) = separate(&settings.address, "sftp://", PORT)?;
    let (folder, pattern) = folder::separate(&path)?;
    Ok(Reading {
        login: Login::read(settings, address)?,
        habits: Habits::read(settings, pattern)?,
        done: join(&folder, settings.text("done")),
        errors: join(&folder, settings.text("errors")),
        folder,
    })
}

pub(crate) fn writing(settings: &Settings) -> Result<Writing, Reason> {
    let (address, folder) = separate(&settings.address, "sftp://", PORT)?;
    folder::check_target(&folder)?;
    let template = Template::read(settings.text("name"))?;
    Ok(Writing { login: Login::read(settings, address)?, folder, template })
}

impl Login {
    fn read(settings: &Settings, address: String) -> Result<Login, Reason> {
        let complain = |code, text: String| Err(Reason::new(code, text));
        let text = |name: &str| Some(settings.text(name)).filter(|text| !text.is_empty());
        let Some(user) = text("user") else {
            return complain(codes::E6010, format!("`sftp {address}` needs `user`: who we are at the server"));
        };
        let key = text("key").map(|key| decode_secret_key(key, text("passphrase"))).transpose().map_err(|_| {
            let why = "`key` is no private key that can be read, or `passphrase` does not open it";
            Reason::new(codes::E6603, why)
        })?;
        let password = text("password").map(Arc::from);
        if key.is_none() && password.is_none() {
            return complain(codes::E6010, format!("`sftp {address}` needs `key` or `password`"));
        }
        let host_keys = settings.list("host-key").to_vec();
        if let Some(wrong) = host_keys.iter().find(|print| !is_fingerprint(print)) {
            let text =
                format!("`host-key {wrong}`: a fingerprint is \"SHA256:\" and 43 letters, as ssh-keygen -l prints it");
            return complain(codes::E6010, text);
        }
        Ok(Login {
            address,
            user: user.to_owned(),
            password,
            key: key.map(Arc::new),
            host_keys,
            connect_time_max: duration(settings, "connect-timeout")?,
            answer_time_max: duration(settings, "timeout")?,
        })
    }
}

/// `SHA256:` and 43 letters of Base64 without padding (OpenSSH).
fn is_fingerprint(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    text.strip_prefix("SHA256:").is_some_and(|rest| rest.len() == 43 && rest.bytes().all(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints() {
        assert!(is_fingerprint("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnoKvVDgDmMDNk6yk"));
        assert!(!is_fingerprint("SHA256:short"));
        assert!(!is_fingerprint("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"));
    }
}
