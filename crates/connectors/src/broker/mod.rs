//! What the connectors to message brokers share: who we are there, the connection, and the two loops.
//!
//! Owns: [`Login`] and its settings; [`wire`], one connection whose bytes are read a whole frame at a time; [`feed`], the loop
//! of a source; [`lane`], what a destination reports.
//! Promises: a broker is told that a message arrived only after it is on disk, one message after the other, so that order
//! holds; a send whose confirmation did not come is ambiguous, one that was turned down is not.
//! Never: sends anything again, keeps a connection after a failure, keeps more than one message in memory.

pub(crate) mod feed;
pub(crate) mod lane;
pub(crate) mod wire;

use crate::{
    codes,
    settings::{duration, setting},
    tcp, tls,
};
use interface::{
    catalogue::{Context, Setting, SettingKind, Settings},
    contract::Outgoing,
};
use message::Reason;
use std::{fmt, sync::Arc, time::Duration};

/// Settings of every broker.
pub(crate) const LOGIN: &[Setting] = &[
    setting("user", SettingKind::Text, "", "Who we are at the broker, where it asks."),
    setting("password", SettingKind::Text, "", "Our password: `secret:NAME`."),
    setting("connect-timeout", SettingKind::Duration, "10s", "How long to wait until the broker has let us in."),
    setting("timeout", SettingKind::Duration, "10s", "How long to wait for each answer of the broker."),
    tls::SWITCH,
];

/// A broker, and who we are there.
#[derive(Clone)]
pub(crate) struct Login {
    /// `host:port/place`, for people.
    pub(crate) address: Arc<str>,
    pub(crate) host_port: String,
    pub(crate) user: String,
    pub(crate) password: Arc<str>,
    pub(crate) tls: Option<Arc<tls::Client>>,
    pub(crate) connect_time_max: Duration,
    pub(crate) answer_time_max: Duration,
}

impl fmt::Debug for Login {
    /// Without what opens doors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// How an address of a protocol is written.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    /// What may stand in front: `nats://`.
    pub(crate) scheme: &'static str,
    /// What holds where no port is given, without and with TLS.
    pub(crate) ports: (u16, u16),
    /// What stands behind the host: `subject`.
    pub(crate) place: &'static str,
}

impl Login {
    /// The login and the place, from `host:port/place`. `context` is absent while the settings are only looked at: then no
    /// certificate is read.
    pub(crate) fn read(
        settings: &Settings,
        context: Option<&Context>,
        shape: Shape,
    ) -> Result<(Login, String), Reason> {
        let is_secure = settings.flag("tls");
        let (host_port, place) = separate(&settings.address, shape, is_secure)?;
        let host = host_port.rsplit_once(':').map_or("", |(host, _)| host).to_owned();
        let tls = context.filter(|_| is_secure);
        let tls = tls.map(|context| tls::Client::read(settings, context, &host)).transpose()?;
        let login = Login {
            address: format!("{host_port}/{place}").into(),
            host_port,
            user: settings.text("user").to_owned(),
            password: settings.text("password").into(),
            tls: tls.map(Arc::new),
            connect_time_max: duration(settings, "connect-timeout")?,
            answer_time_max: duration(settings, "timeout")?,
        };
        Ok((login, place))
    }
}

fn separate(address: &str, shape: Shape, is_secure: bool) -> Result<(String, String), Reason> {
    let Shape { scheme, ports, place: word } = shape;
    let complain = |why: &str| Reason::new(codes::E6001, format!("`{address}`: {why}"));
    let rest = address.strip_prefix(scheme).unwrap_or(address);
    let wanted = format!("write host:port/{word}");
    let (host, place) = rest.split_once('/').ok_or_else(|| complain(&wanted))?;
    if host.contains('@') {
        return Err(complain("who we are is said by `user` and `password`, not in the address"));
    }
    if place.is_empty() {
        return Err(complain(&wanted));
    }
    let has_port = host.rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    let port = if is_secure { ports.1 } else { ports.0 };
    let host_port = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    tcp::check_host_port(&host_port)?;
    Ok((host_port, place.to_owned()))
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Broken,
    Silent,
    /// It is not the protocol.
    Unreadable,
}

impl Failure {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Failure::Broken => "the connection broke",
            Failure::Silent => "the broker did not answer in time",
            Failure::Unreadable => "what the broker says cannot be read",
        }
    }

    /// The same where nothing of a message was sent.
    pub(crate) fn reason(self, host_port: &str) -> Reason {
        Reason::new(codes::E6640, format!("{host_port}: {}", self.words()))
    }
}

/// The same for every attempt of a delivery, and another one when a person sends it again. The time is in it because message
/// ids begin anew in another store.
pub(crate) fn delivery_id(outgoing: &Outgoing) -> String {
    let (message, number) = (outgoing.delivery.message, outgoing.delivery.number);
    format!("{}-{message}-{number}-{}-{}", outgoing.interface, outgoing.accepted.0, outgoing.resends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let shape = Shape { scheme: "nats://", ports: (4222, 4223), place: "subject" };
        let check = |address: &str, expect: Option<(&str, &str)>| {
            let expect = expect.map(|(host, place)| (host.to_owned(), place.to_owned()));
            assert_eq!(separate(address, shape, false).ok(), expect, "{address}");
        };
        check("127.0.0.1:4000/lab", Some(("127.0.0.1:4000", "lab")));
        check("nats://broker.example.org/lab/in", Some(("broker.example.org:4222", "lab/in")));
        check("[::1]/lab", Some(("[::1]:4222", "lab")));
        check("127.0.0.1:4222", None);
        check("127.0.0.1:4222/", None);
        check("me@127.0.0.1/lab", None);
        assert_eq!(separate("broker.example.org/lab", shape, true).unwrap().0, "broker.example.org:4223");
    }
}
