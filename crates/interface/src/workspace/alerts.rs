//! The part `[alerts]` of `sinew.toml`: who is told of what goes wrong, and when.
//!
//! ```toml
//! [alerts]
//! tell            = "mail"                # channels of everything
//! page            = "pager"               # channels of alarms
//! escalate        = "chief"               # channels when nobody answers
//! alarm-after     = "30m"                 # a warning about an important interface becomes an alarm
//! escalate-after  = "15m"                 # an alarm that nobody acknowledged
//! again           = "1h"                  # what nobody has is told again
//! catch-all       = "integration"         # the team of interfaces without an owner
//! holidays        = "2026-12-25 2027-01-01"
//! runbook         = "https://wiki.example.org/{interface}/{code}"
//! heartbeat       = "http https://watchdog.example.org/ping/north"
//! heartbeat-every = "1m"
//!
//! [alerts.channels]
//! mail  = "smtp mail.example.org:587 from sinew@example.org to [hub@example.org]"
//! pager = "http https://events.pagerduty.com/v2/enqueue as pagerduty key env:PAGER_KEY"
//!
//! [alerts.people]
//! anna  = "anna-phone"
//!
//! [alerts.rotas]
//! integration = "anna, bela every 7d from 2026-01-05"
//!
//! [alerts.maintenance]
//! rx-patches = "Sun 02:00-04:00 partner rx01.example.org"
//! ```
//!
//! What the texts of channels, rotas and windows mean, the engine knows.

use crate::compile::read_duration;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Keys of the part itself.
const KEYS: [&str; 11] = [
    "tell",
    "page",
    "escalate",
    "alarm-after",
    "escalate-after",
    "again",
    "catch-all",
    "holidays",
    "runbook",
    "heartbeat",
    "heartbeat-every",
];
/// Its tables.
const TABLES: [&str; 4] = ["channels", "people", "rotas", "maintenance"];
/// Entries of one table.
const ENTRIES_MAX: usize = 500;

/// What `[alerts]` says, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertLines {
    /// Channels that are told of everything.
    pub tell: Vec<Arc<str>>,
    /// Channels of alarms.
    pub page: Vec<Arc<str>>,
    /// Channels when nobody answers.
    pub escalate: Vec<Arc<str>>,
    /// Until a warning is an alarm.
    pub alarm_after: Duration,
    /// Until an alarm that nobody acknowledged is escalated.
    pub escalate_after: Duration,
    /// Until what nobody has is told again.
    pub again: Duration,
    /// The team of interfaces without an owner.
    pub catch_all: Arc<str>,
    /// Dates.
    pub holidays: Arc<str>,
    /// Where the runbook is.
    pub runbook: Arc<str>,
    /// The line of a channel that is told that we live.
    pub heartbeat: Option<String>,
    /// How often.
    pub heartbeat_every: Duration,
    /// Lines of channels.
    pub channels: BTreeMap<String, String>,
    /// Channels of people.
    pub people: BTreeMap<String, Vec<Arc<str>>>,
    /// Who is on call, by team.
    pub rotas: BTreeMap<String, String>,
    /// Times of maintenance.
    pub maintenance: BTreeMap<String, String>,
}

impl Default for AlertLines {
    fn default() -> AlertLines {
        AlertLines {
            tell: Vec::new(),
            page: Vec::new(),
            escalate: Vec::new(),
            alarm_after: Duration::from_secs(30 * 60),
            escalate_after: Duration::from_secs(15 * 60),
            again: Duration::from_secs(3_600),
            catch_all: Arc::from(""),
            holidays: Arc::from(""),
            runbook: Arc::from(""),
            heartbeat: None,
            heartbeat_every: Duration::from_secs(60),
            channels: BTreeMap::new(),
            people: BTreeMap::new(),
            rotas: BTreeMap::new(),
            maintenance: BTreeMap::new(),
        }
    }
}

/// The key, what is wrong, a hint.
type Wrong = (String, String, String);

impl AlertLines {
    /// Reads the part; what is wrong is told and left out.
    pub(super) fn read(table: &toml::Table) -> (AlertLines, Vec<Wrong>) {
        let (mut lines, mut wrong) = (AlertLines::default(), Vec::new());
        for (key, value) in table {
            let told = match value {
                toml::Value::Table(entries) => lines.entries(key, entries),
                toml::Value::String(text) => lines.apply(key, text),
                _ => Err((format!("`alerts.{key}` is not a text"), "put the value in quotes".to_owned())),
            };
            wrong.extend(told.err().map(|(message, hint)| (key.clone(), message, hint)));
        }
        (lines, wrong)
    }

    fn apply(&mut self, key: &str, text: &str) -> Result<(), (String, String)> {
        match key {
            "tell" => self.tell = names(text),
            "page" => self.page = names(text),
            "escalate" => self.escalate = names(text),
            "alarm-after" => self.alarm_after = time(text)?,
            "escalate-after" => self.escalate_after = time(text)?,
            "again" => self.again = time(text)?,
            "catch-all" => self.catch_all = text.into(),
            "holidays" => self.holidays = text.into(),
            "runbook" => self.runbook = text.into(),
            "heartbeat" => self.heartbeat = Some(text.to_owned()),
            "heartbeat-every" => self.heartbeat_every = time(text)?,
            _ => {
                let known = KEYS.into_iter().chain(TABLES).collect::<Vec<_>>().join(", ");
                return Err((format!("`alerts.{key}` is not a setting"), format!("known here: {known}")));
            }
        }
        Ok(())
    }

    fn entries(&mut self, key: &str, entries: &toml::Table) -> Result<(), (String, String)> {
        if entries.len() > ENTRIES_MAX {
            return Err((format!("`alerts.{key}` has more than {ENTRIES_MAX} entries"), "leave some out".to_owned()));
        }
        for (name, value) in entries {
            let Some(text) = value.as_str() else {
                return Err((format!("`alerts.{key}.{name}` is not a text"), "put the value in quotes".to_owned()));
            };
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
            if !name.chars().all(is_name) {
                let hint = "letters, digits, - and _ make a name".to_owned();
                return Err((format!("`{name}` in `alerts.{key}` is no name"), hint));
            }
            match key {
                "channels" => drop(self.channels.insert(name.clone(), text.to_owned())),
                "people" => drop(self.people.insert(name.clone(), names(text))),
                "rotas" => drop(self.rotas.insert(name.clone(), text.to_owned())),
                "maintenance" => drop(self.maintenance.insert(name.clone(), text.to_owned())),
                _ => {
                    let hint = format!("known here: {}", TABLES.join(", "));
                    return Err((format!("`alerts.{key}` is not a part of the alerts"), hint));
                }
            }
        }
        Ok(())
    }
}

fn names(text: &str) -> Vec<Arc<str>> {
    text.split([' ', ',']).filter(|name| !name.is_empty()).map(Arc::from).collect()
}

fn time(text: &str) -> Result<Duration, (String, String)> {
    let wrong = || (format!("`{text}` is not a time"), "write a time such as 15m or 1h".to_owned());
    read_duration(text).filter(|time| !time.is_zero()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_what_is_wrong_with_them() {
        let read = |text: &str| AlertLines::read(&text.parse::<toml::Table>().unwrap());
        let (lines, wrong) = read(
            "tell = \"mail, chat\"\nagain = \"2h\"\n[channels]\nmail = \"smtp m:25\"\n[people]\nanna = \"a b\"\n\
             [rotas]\nhub = \"anna\"\n[maintenance]\nnight = \"Sun\"",
        );
        assert!(wrong.is_empty(), "{wrong:?}");
        assert_eq!((lines.tell.len(), lines.again), (2, Duration::from_secs(7_200)));
        assert_eq!((lines.people["anna"].len(), &*lines.rotas["hub"], lines.maintenance.len()), (2, "anna", 1));
        for (text, expect) in [
            ("tel = \"mail\"", "`alerts.tel` is not a setting"),
            ("again = \"soon\"", "`soon` is not a time"),
            ("again = 5", "`alerts.again` is not a text"),
            ("[teams]\na = \"b\"", "`alerts.teams` is not a part of the alerts"),
            ("[channels]\n\"a b\" = \"x\"", "`a b` in `alerts.channels` is no name"),
        ] {
            let (_, wrong) = read(text);
            assert_eq!(wrong.iter().map(|(_, message, _)| message.as_str()).collect::<Vec<_>>(), [expect], "{text}");
        }
    }
}
