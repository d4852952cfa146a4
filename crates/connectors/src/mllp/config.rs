//! Settings of the mllp connector, read once.

use super::permit::Permits;
use crate::{
    settings::{count, duration, part_size, size},
    tcp,
    tcp::listen::Seats,
    tls,
};
use interface::catalogue::{Context, Settings};
use message::Reason;
use std::time::Duration;

/// Which edition of the transport specification a side speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// Frames only.
    One,
    /// Each message is answered by a commit frame.
    Two,
}

/// How a source listens.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) address: String,
    pub(crate) seats: Seats,
    pub(crate) limits: FrameLimits,
    /// Longest pause between frames; `None` for ever.
    pub(crate) idle_max: Option<Duration>,
    pub(crate) release: Release,
    /// `None`: unencrypted.
    pub(crate) tls: Option<tls::Server>,
    pub(crate) permits: Permits,
}

/// What one frame may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameLimits {
    pub(crate) bytes_max: usize,
    pub(crate) silence_max: Duration,
    pub(crate) time_max: Duration,
}

/// How a lane sends.
#[derive(Clone)]
pub(crate) struct Sending {
    pub(crate) address: String,
    pub(crate) connect_time_max: Duration,
    pub(crate) reply_time_max: Duration,
    pub(crate) reply_bytes_max: usize,
    pub(crate) matching: Matching,
    pub(crate) is_reply_expected: bool,
    /// How long to wait for the application acknowledgment behind a commit acknowledgment; `None`: not at all.
    pub(crate) application_time_max: Option<Duration>,
    pub(crate) release: Release,
    /// MSH-13 is given here, and MSA-4 is heard.
    pub(crate) is_numbered: bool,
    /// `None`: unencrypted.
    pub(crate) tls: Option<tls::Client>,
}

/// Which reply counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Matching {
    /// MSA-2 must be the MSH-10 that was sent.
    Strict,
    /// The next one.
    Any,
}

impl Listening {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Listening, Reason> {
        Ok(Listening {
            address: settings.address.to_string(),
            seats: Seats { total_max: count(settings, "connections"), per_peer_max: count(settings, "per-peer") },
            limits: FrameLimits {
                bytes_max: size(settings, "limit")?,
                silence_max: duration(settings, "frame-idle")?,
                time_max: duration(settings, "frame-time")?,
            },
            idle_max: Some(settings.duration("idle")).filter(|idle| !idle.is_zero()),
            release: release(settings),
            tls: tls::Server::read(settings, context)?,
            permits: Permits::read(settings)?,
        })
    }
}

impl Sending {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Sending, Reason> {
        check_sending(settings)?;
        let host = settings.address.rsplit_once(':').map_or("", |(host, _)| host);
        let tls = settings.flag("tls").then(|| tls::Client::read(settings, context, host)).transpose()?;
        Ok(Sending {
            address: settings.address.to_string(),
            connect_time_max: duration(settings, "connect-timeout")?,
            reply_time_max: duration(settings, "timeout")?,
            reply_bytes_max: size(settings, "limit")?,
            matching: if settings.text("match") == "any" { Matching::Any } else { Matching::Strict },
            application_time_max: match settings.text("await") {
                "application" => Some(duration(settings, "application-timeout")?),
                _ => None,
            },
            is_reply_expected: settings.text("acknowledgment") != "none",
            is_numbered: settings.text("sequence") == "numbers",
            release: release(settings),
            tls,
        })
    }
}

/// What can be said of a destination without opening anything.
pub(crate) fn check_sending(settings: &Settings) -> Result<(), Reason> {
    tcp::check_host_port(&settings.address)?;
    tls::check_switch(settings)?;
    part_size(settings)
}

fn release(settings: &Settings) -> Release {
    if settings.count("release") == 2 { Release::Two } else { Release::One }
}
