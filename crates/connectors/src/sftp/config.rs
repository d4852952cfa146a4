//! Settings of the sftp connector, read once.

use crate::{
    codes,
    folder::{self, Habits, name::Template},
    settings::duration,
    tcp,
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
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) folder: String,
    pub(crate) habits: Habits,
    pub(crate) done: String,
    pub(crate) errors: String,
}

/// How files are written into a distant folder.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) login: Login,
    pub(crate) folder: String,
    pub(crate) template: Template,
}

impl fmt::Debug for Login {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.address)
    }
}

impl Reading {
    pub(crate) fn read(settings: &Settings) -> Result<Reading, Reason> {
        let (address, path) = separate(&settings.address)?;
        let (folder, pattern) = folder::separate(&path)?;
        Ok(Reading {
            login: Login::read(settings, address)?,
            habits: Habits::read(settings, pattern)?,
            done: join(&folder, settings.text("done")),
            errors: join(&folder, settings.text("errors")),
            folder,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings) -> Result<Writing, Reason> {
        let (address, folder) = separate(&settings.address)?;
        folder::check_target(&folder)?;
        let template = Template::read(settings.text("name"))?;
        Ok(Writing { login: Login::read(settings, address)?, folder, template })
    }
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

/// `host:port/folder` is a server and a folder where the login leads; `host//folder` a folder from the root.
fn separate(address: &str) -> Result<(String, String), Reason> {
    let address = address.strip_prefix("sftp://").unwrap_or(address);
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let host = if has_port { host.to_owned() } else { format!("{host}:{PORT}") };
    if host.contains('@') {
        let text = format!("`{address}`: who we are is said by `user`, not in the address");
        return Err(Reason::new(codes::E6001, text));
    }
    tcp::check_host_port(&host)?;
    Ok((host, if path.is_empty() { ".".to_owned() } else { path.to_owned() }))
}

/// A path inside a folder, or one from the root.
pub(crate) fn join(folder: &str, name: &str) -> String {
    match name.starts_with('/') {
        true => name.to_owned(),
        false => format!("{}/{name}", folder.trim_end_matches('/')),
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
    fn addresses() {
        let check = |address: &str, expect: Option<(&str, &str)>| {
            let expect = expect.map(|(host, path)| (host.to_owned(), path.to_owned()));
            assert_eq!(separate(address).ok(), expect, "{address}");
        };
        check("files.example.org/out/*.hl7", Some(("files.example.org:22", "out/*.hl7")));
        check("files.example.org:2222//data/out", Some(("files.example.org:2222", "/data/out")));
        check("sftp://files.example.org", Some(("files.example.org:22", ".")));
        check("[::1]/in", Some(("[::1]:22", "in")));
        check("[::1]:2222/in", Some(("[::1]:2222", "in")));
        check("me@files.example.org/in", None);
        check("files.example.org:port/in", None);
        check("/in", None);
    }

    #[test]
    fn places_inside() {
        assert_eq!(join("in", "done"), "in/done");
        assert_eq!(join("/", "done"), "/done");
        assert_eq!(join("in", "/done"), "/done");
    }

    #[test]
    fn fingerprints() {
        assert!(is_fingerprint("SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDnoKvVDgDmMDNk6yk"));
        assert!(!is_fingerprint("SHA256:short"));
        assert!(!is_fingerprint("MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"));
    }
}
