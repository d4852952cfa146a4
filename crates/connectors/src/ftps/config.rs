//! Settings of the ftps connector, read once.

use crate::{
    codes,
    folder::{
        self, Habits,
        distant::{self, join, separate},
        name::Template,
    },
    settings::duration,
    tls,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::{fmt, sync::Arc, time::Duration};

/// The port of FTP (RFC 959 §8).
const PORT: u16 = 21;
/// The port where TLS begins at once (IANA: ftps).
const PORT_IMPLICIT: u16 = 990;

/// A server, and who we are there.
#[derive(Clone)]
pub(crate) struct Login {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) user: String,
    pub(crate) password: Arc<str>,
    /// Absent while the settings are only looked at: then no certificate is read.
    pub(crate) tls: Option<tls::Client>,
    /// TLS begins with the connection, not with `AUTH TLS`.
    pub(crate) is_implicit: bool,
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

fn is_implicit(settings: &Settings) -> bool {
    settings.text("mode") == "implicit"
}

fn port(settings: &Settings) -> u16 {
    if is_implicit(settings) { PORT_IMPLICIT } else { PORT }
}

pub(crate) fn reading(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
    let (address, path) = separate(&settings.address, "ftps://", port(settings))?;
    let (folder, pattern) = folder::separate(&path)?;
    Ok(Reading {
        login: Login::read(settings, context, address)?,
        habits: Habits::read(settings, pattern)?,
        done: join(&folder, settings.text("done")),
        errors: join(&folder, settings.text("errors")),
        folder,
    })
}

pub(crate) fn writing(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
    let (address, folder) = separate(&settings.address, "ftps://", port(settings))?;
    folder::check_target(&folder)?;
    let template = Template::read(settings.text("name"))?;
    Ok(Writing { login: Login::read(settings, context, address)?, folder, template })
}

impl Login {
    fn read(settings: &Settings, context: Option<&Context>, address: String) -> Result<Login, Reason> {
        let (user, password) = (settings.text("user"), settings.text("password"));
        // A line end in either would be a command of its own.
        let is_line = |text: &str| !text.is_empty() && !text.contains(['\r', '\n', '\0']);
        if !is_line(user) || !is_line(password) {
            let text = format!("`ftps {address}` needs `user` and `password`, each one line");
            return Err(Reason::new(codes::E6010, text));
        }
        let host = address.rsplit_once(':').map_or("", |(host, _)| host);
        let tls = context.map(|context| tls::Client::read(settings, context, host)).transpose()?;
        Ok(Login {
            user: user.to_owned(),
            password: password.into(),
            tls,
            is_implicit: is_implicit(settings),
            connect_time_max: duration(settings, "connect-timeout")?,
            answer_time_max: duration(settings, "timeout")?,
            address,
        })
    }
}
