//! Settings of the redis connector, read once.

use crate::{
    codes,
    settings::{count, duration, size},
    tcp, tls,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::{fmt, sync::Arc, time::Duration};

const PORT: u16 = 6379;

/// A server, a stream, and who we are there.
#[derive(Clone)]
pub(crate) struct Login {
    /// `redis host:port/stream`, for people.
    pub(crate) address: Arc<str>,
    pub(crate) host_port: String,
    pub(crate) stream: String,
    /// The field that holds the message.
    pub(crate) field: String,
    pub(crate) user: String,
    pub(crate) password: Arc<str>,
    pub(crate) database: u64,
    pub(crate) tls: Option<Arc<tls::Client>>,
    pub(crate) connect_time_max: Duration,
    pub(crate) answer_time_max: Duration,
}

/// How a stream is read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) login: Login,
    pub(crate) group: String,
    pub(crate) consumer: String,
    /// The id behind which a new group begins.
    pub(crate) start: &'static str,
    pub(crate) batch: usize,
    pub(crate) bytes_max: usize,
    /// `None`: never.
    pub(crate) claim_after: Option<Duration>,
    pub(crate) refused: String,
}

/// How a stream is written.
#[derive(Clone, Debug)]
pub(crate) struct Writing {
    pub(crate) login: Login,
    /// 0 keeps all.
    pub(crate) length: u64,
    pub(crate) replicas: u64,
}

impl fmt::Debug for Login {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

impl Login {
    /// `context` is absent while the settings are only looked at: then no certificate is read.
    fn read(settings: &Settings, context: Option<&Context>) -> Result<Login, Reason> {
        let (host_port, stream) = separate(&settings.address)?;
        let field = settings.text("field").to_owned();
        if field.is_empty() {
            return Err(Reason::new(codes::E6010, "`field` must name a field"));
        }
        let host = host_port.rsplit_once(':').map_or("", |(host, _)| host).to_owned();
        let tls = context.filter(|_| settings.flag("tls"));
        let tls = tls.map(|context| tls::Client::read(settings, context, &host)).transpose()?;
        Ok(Login {
            address: format!("{host_port}/{stream}").into(),
            host_port,
            stream,
            field,
            user: settings.text("user").to_owned(),
            password: settings.text("password").into(),
            database: settings.count("database"),
            tls: tls.map(Arc::new),
            connect_time_max: duration(settings, "connect-timeout")?,
            answer_time_max: duration(settings, "timeout")?,
        })
    }
}

impl Reading {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Reading, Reason> {
        let login = Login::read(settings, context)?;
        for name in ["group", "consumer"] {
            if settings.text(name).is_empty() {
                return Err(Reason::new(codes::E6010, format!("`{name}` must not be empty")));
            }
        }
        let refused = match settings.text("refused") {
            "" => format!("{}:refused", login.stream),
            name => name.to_owned(),
        };
        Ok(Reading {
            group: settings.text("group").to_owned(),
            consumer: settings.text("consumer").to_owned(),
            start: if settings.text("start") == "new" { "$" } else { "0" },
            batch: count(settings, "batch"),
            bytes_max: size(settings, "limit")?,
            claim_after: Some(settings.duration("claim-after")).filter(|after| !after.is_zero()),
            refused,
            login,
        })
    }
}

impl Writing {
    pub(crate) fn read(settings: &Settings, context: Option<&Context>) -> Result<Writing, Reason> {
        let login = Login::read(settings, context)?;
        Ok(Writing { login, length: settings.count("length"), replicas: settings.count("replicas") })
    }
}

fn separate(address: &str) -> Result<(String, String), Reason> {
    let complain = |why: &str| Reason::new(codes::E6001, format!("`{address}`: {why}"));
    let rest = address.strip_prefix("redis://").unwrap_or(address);
    let (host, stream) = rest.split_once('/').ok_or_else(|| complain("write host:port/stream"))?;
    if host.contains('@') || stream.is_empty() {
        return Err(complain("write host:port/stream; who we are is said by `user` and `password`"));
    }
    let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let host_port = if has_port { host.to_owned() } else { format!("{host}:{PORT}") };
    tcp::check_host_port(&host_port)?;
    Ok((host_port, stream.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |address: &str, expect: Option<(&str, &str)>| {
            let expect = expect.map(|(host, stream)| (host.to_owned(), stream.to_owned()));
            assert_eq!(separate(address).ok(), expect, "{address}");
        };
        check("127.0.0.1:6380/lab", Some(("127.0.0.1:6380", "lab")));
        check("redis://cache.example.org/lab:results/in", Some(("cache.example.org:6379", "lab:results/in")));
        check("[::1]/lab", Some(("[::1]:6379", "lab")));
        check("127.0.0.1:6379", None);
        check("127.0.0.1:6379/", None);
        check("me@127.0.0.1/lab", None);
    }
}
