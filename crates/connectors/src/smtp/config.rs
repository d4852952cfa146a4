//! Settings of the smtp connector, read once.

use crate::{codes, settings::duration, tcp};
use interface::{catalogue::Settings, host::is_this_machine};
use message::Reason;
use std::time::Duration;

/// Recipients of one mail; more of them are a list at the mail server.
const RECIPIENTS_MAX: usize = 100;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    StartTls,
    Implicit,
    None,
}

/// How a lane mails.
pub(crate) struct Mailing {
    /// `host:port`.
    pub(crate) address: String,
    pub(crate) host: String,
    pub(crate) encryption: Encryption,
    pub(crate) login: Option<(String, String)>,
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) is_attached: bool,
    /// Empty: by the format.
    pub(crate) name: String,
    pub(crate) connect_time_max: Duration,
    pub(crate) time_max: Duration,
}

impl Mailing {
    pub(crate) fn read(settings: &Settings) -> Result<Mailing, Reason> {
        let complain = |text: String| Reason::new(codes::E6010, text);
        tcp::check_host_port(&settings.address)?;
        let host = settings.address.rsplit_once(':').map_or(&*settings.address, |(host, _)| host);
        let text = |name: &str| settings.text(name).to_owned();
        let encryption = match settings.text("tls") {
            "implicit" => Encryption::Implicit,
            "none" => Encryption::None,
            _ => Encryption::StartTls,
        };
        let from = mailbox("from", settings.text("from"))?;
        let to = settings.list("to").iter().map(|to| mailbox("to", to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() || to.len() > RECIPIENTS_MAX {
            return Err(complain(format!("`to` holds 1 to {RECIPIENTS_MAX} recipients")));
        }
        for name in ["subject", "name"] {
            if settings.text(name).contains(char::is_control) || settings.text(name).len() > 200 {
                return Err(complain(format!("`{name}` must be one line of at most 200 letters")));
            }
        }
        let login = match (text("user"), text("password")) {
            (user, password) if user.is_empty() && password.is_empty() => None,
            (user, password) if user.is_empty() || password.is_empty() || user.contains('\0') => {
                return Err(complain("`user` and `password` belong together".to_owned()));
            }
            pair => Some(pair),
        };
        if login.is_some() && encryption == Encryption::None && !is_this_machine(host) {
            return Err(Reason::new(codes::E6513, "`tls none` would send the password in the clear"));
        }
        Ok(Mailing {
            address: settings.address.to_string(),
            host: host.to_owned(),
            encryption,
            login,
            from,
            to,
            subject: text("subject"),
            text: text("text"),
            is_attached: settings.flag("attach"),
            name: text("name"),
            connect_time_max: duration(settings, "connect-timeout")?,
            time_max: duration(settings, "timeout")?,
        })
    }
}

/// `name@domain` in letters that need no quoting (RFC 5321 §4.1.2, without its comments and quoted forms).
fn mailbox(name: &str, text: &str) -> Result<String, Reason> {
    let is_plain = |text: &str, more: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    match text.rsplit_once('@') {
        Some((local, domain)) if is_plain(local, b".!#$%&'*+/=?^_`{|}~-") && is_plain(domain, b".-") => {
            Ok(text.to_owned())
        }
        _ => Err(Reason::new(codes::E6010, format!("`{name}` needs an address such as sinew@example.org"))),
    }
}
