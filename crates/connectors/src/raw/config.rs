//! Settings of the tcp connector, read once.

use super::framing::{Framing, bytes_of};
use crate::{
    codes,
    settings::{count, duration, size},
    tcp::{self, listen::Seats},
    tls,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::time::Duration;

/// How a source listens.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) address: String,
    pub(crate) framing: Framing,
    pub(crate) answer: Answer,
    pub(crate) seats: Seats,
    pub(crate) bytes_max: usize,
    pub(crate) silence_max: Duration,
    pub(crate) time_max: Duration,
    /// Longest pause between frames; `None` for ever.
    pub(crate) idle_max: Option<Duration>,
    pub(crate) tls: Option<tls::Server>,
}

/// What a sender gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The acknowledgment message, framed.
    Acknowledgment,
    /// These bytes; without any for no, the connection is closed.
    Bytes { accepted: Vec<u8>, refused: Vec<u8> },
    /// Nothing for yes; for no, the connection is closed.
    Nothing,
}

/// How a lane sends.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) address: String,
    pub(crate) framing: Framing,
    pub(crate) reply: Reply,
    pub(crate) connect_time_max: Duration,
    pub(crate) reply_time_max: Duration,
    pub(crate) reply_bytes_max: usize,
    pub(crate) tls: Option<tls::Client>,
}

/// How a partner confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Frame,
    Bytes { accepted: Vec<u8>, refused: Vec<u8> },
    Nothing,
}

/// What can be said of a source without opening anything.
pub(crate) fn check_listening(settings: &Settings) -> Result<(), Reason> {
    Framing::read(settings)?;
    answer(settings).map(drop)
}

/// What can be said of a destination without opening anything.
pub(crate) fn check_sending(settings: &Settings) -> Result<(), Reason> {
    tcp::check_host_port(&settings.address)?;
    tls::check_switch(settings)?;
    Framing::read(settings)?;
    reply(settings).map(drop)
}

impl Listening {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Listening, Reason> {
        Ok(Listening {
            address: settings.address.to_string(),
            framing: Framing::read(settings)?,
            answer: answer(settings)?,
            seats: Seats { total_max: count(settings, "connections"), per_peer_max: count(settings, "per-peer") },
            bytes_max: size(settings, "limit")?,
            silence_max: duration(settings, "frame-idle")?,
            time_max: duration(settings, "frame-time")?,
            idle_max: Some(settings.duration("idle")).filter(|idle| !idle.is_zero()),
            tls: tls::Server::read(settings, context)?,
        })
    }
}

impl Sending {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Sending, Reason> {
        check_sending(settings)?;
        let host = settings.address.rsplit_once(':').map_or("", |(host, _)| host);
        Ok(Sending {
            tls: settings.flag("tls").then(|| tls::Client::read(settings, context, host)).transpose()?,
            address: settings.address.to_string(),
            framing: Framing::read(settings)?,
            reply: reply(settings)?,
            connect_time_max: duration(settings, "connect-timeout")?,
            reply_time_max: duration(settings, "timeout")?,
            reply_bytes_max: size(settings, "limit")?,
        })
    }
}

/// `accepted` and `refused`.
fn said(settings: &Settings, way: &str) -> Result<(Vec<u8>, Vec<u8>), Reason> {
    let accepted = bytes_of(settings.text("accepted"), "accepted")?;
    let refused = bytes_of(settings.text("refused"), "refused")?;
    if accepted.is_empty() {
        return Err(Reason::new(codes::E6010, format!("`{way} bytes` needs `accepted`")));
    }
    // One that begins like the other could be taken for it while it is still coming.
    if accepted.starts_with(&refused) && !refused.is_empty() || refused.starts_with(&accepted) {
        return Err(Reason::new(codes::E6010, "`accepted` and `refused` must not begin with one another"));
    }
    Ok((accepted, refused))
}

fn answer(settings: &Settings) -> Result<Answer, Reason> {
    Ok(match settings.text("answer") {
        "bytes" => {
            let (accepted, refused) = said(settings, "answer")?;
            Answer::Bytes { accepted, refused }
        }
        "none" => Answer::Nothing,
        _ => Answer::Acknowledgment,
    })
}

fn reply(settings: &Settings) -> Result<Reply, Reason> {
    Ok(match settings.text("reply") {
        "bytes" => {
            let (accepted, refused) = said(settings, "reply")?;
            Reply::Bytes { accepted, refused }
        }
        "none" => Reply::Nothing,
        _ => Reply::Frame,
    })
}
