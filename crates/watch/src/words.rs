//! What an alert says: what, since when, who is concerned, whether messages are safe, what to do, where to read on.

use crate::{incident::Incident, kind::Kind, notice::Notice, notice::What};
use message::Timestamp;
use std::{fmt::Write as _, time::Duration};

/// Interfaces that a text names; the others are counted.
const NAMED_MAX: usize = 8;

/// `2 h 5 min`.
#[must_use]
pub fn time(of: Duration) -> String {
    let (days, hours, minutes, seconds) =
        (of.as_secs() / 86_400, of.as_secs() / 3_600 % 24, of.as_secs() / 60 % 60, of.as_secs() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// `2026-03-01`.
#[must_use]
pub fn day(at: Timestamp) -> String {
    at.to_rfc3339().chars().take(10).collect()
}

/// `2026-03-01 07:08 UTC`.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let text = at.to_rfc3339();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

/// `1.2 GiB`.
#[must_use]
pub fn bytes(of: u64) -> String {
    match of {
        0..1_048_576 => format!("{} KiB", of / 1024),
        1_048_576..1_073_741_824 => format!("{} MiB", of / 1_048_576),
        _ => format!("{:.1} GiB", of as f64 / 1_073_741_824.0),
    }
}

/// Where texts point to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The console, without a slash at the end; empty: no link.
    pub console: String,
    /// The runbook: `{interface}` and `{code}` stand for the first interface and the code; empty: the console's.
    pub runbook: String,
    /// Which engine speaks.
    pub engine: String,
}

impl Links {
    /// Where to read what to do.
    #[must_use]
    pub fn runbook(&self, incident: &Incident) -> String {
        let interface = incident.interfaces.first().map_or("", |name| name);
        if !self.runbook.is_empty() {
            return self.runbook.replace("{interface}", interface).replace("{code}", incident.kind.code().id);
        }
        if self.console.is_empty() {
            String::new()
        } else {
            format!("{}/alerts?incident={}", self.console, incident.id)
        }
    }
}

/// What happened, in a few words: `partner rx01.example.org takes no messages`.
#[must_use]
pub fn headline(incident: &Incident) -> String {
    let of = incident.cause.words();
    let what = match incident.kind {
        Kind::Store => "the store does not take messages",
        Kind::Lost => "messages are unaccounted for",
        Kind::Disk => "the disk is nearly full",
        Kind::Closed => "its source is not open",
        Kind::Down => "takes no messages",
        Kind::Silent => "is silent",
        Kind::Backlog => "messages wait",
        Kind::Errors => "more messages fail than usual",
        Kind::Parked => "messages wait for a person",
        Kind::Acknowledgment => "acknowledgments take long",
        Kind::Slow => "deliveries take long",
        Kind::Fsync => "the disk is slow",
        Kind::Certificate => "a certificate ends soon",
        Kind::Quality => "quality is worse than it was",
        Kind::Skew => "its clock is wrong",
        Kind::Backup => "no recent backup",
        Kind::Drill => "no recent drill",
    };
    let joint = if matches!(incident.kind, Kind::Down | Kind::Silent) { " " } else { ": " };
    format!("{of}{joint}{what}")
}

/// The line above a text: `[alarm] partner rx01.example.org takes no messages, 400 interfaces`.
#[must_use]
pub fn subject(notice: &Notice) -> String {
    let incident = &notice.incident;
    let mark = match notice.what {
        What::Closed => "over",
        What::Acknowledged => "taken",
        What::Opened | What::Raised | What::Again => incident.level.as_str(),
    };
    let count = match incident.interfaces.len() {
        0 | 1 => String::new(),
        many => format!(", {many} interfaces"),
    };
    format!("[{mark}] {}{count}", headline(incident))
}

/// The whole text, a line each.
#[must_use]
pub fn text(notice: &Notice, links: &Links) -> String {
    let incident = &notice.incident;
    let mut out = String::new();
    let mut line = |name: &str, text: &str| {
        let _ = writeln!(out, "{name:<9} {text}");
    };
    line("What", &headline(incident));
    if let Some(symptom) = incident.symptoms.first() {
        line("Seen", &symptom.sentence);
    }
    match incident.closed {
        Some(closed) => line("Lasted", &format!("{}, until {}", time(closed.since(incident.since)), moment(closed))),
        None => line("Since", &format!("{}, {}", moment(incident.since), time(notice.at.since(incident.since)))),
    }
    if !incident.interfaces.is_empty() {
        line("At", &named(incident));
    }
    line("Safe?", incident.kind.safety());
    if incident.closed.is_none() {
        line("Do", incident.kind.advice());
    }
    if let Some(mark) = &incident.acknowledged {
        line("Taken by", &mark.by);
    }
    if let Some(person) = &notice.oncall {
        line("On call", person);
    }
    let runbook = links.runbook(incident);
    if !runbook.is_empty() {
        line("Read", &runbook);
    }
    line("Number", &format!("incident {}, {}, {}", incident.id, incident.kind.code().id, links.engine));
    out
}

fn named(incident: &Incident) -> String {
    let names: Vec<&str> = incident.interfaces.iter().take(NAMED_MAX).map(|name| &**name).collect();
    match incident.interfaces.len().saturating_sub(NAMED_MAX) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
