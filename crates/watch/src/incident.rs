//! One thing that broke, with all that shows it: what people see, acknowledge and are woken for.

use crate::{cause::Cause, kind::Kind};
use message::{Name, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, sync::Arc};

/// Notes of one incident; the oldest are dropped.
pub const NOTES_MAX: usize = 50;
/// Symptoms of one incident that are kept one by one; all of them are counted.
pub const SYMPTOMS_MAX: usize = 40;

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Somebody should look in working hours.
    #[default]
    Warning,
    /// Somebody is called.
    Alarm,
    /// Nobody answered: the next ones are called.
    Escalated,
}

impl Level {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Alarm => "alarm",
            Level::Escalated => "escalated",
        }
    }
}

/// One thing that is not as it should be, at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    /// What.
    pub kind: Kind,
    /// What it probably comes from.
    pub cause: Cause,
    /// At which interface; `None`: at the engine.
    pub interface: Option<Name>,
    /// At which destination of it.
    pub destination: Option<Name>,
    /// Who answers for the interface; empty: nobody.
    pub team: Arc<str>,
    /// How important the interface is, 1 to 3.
    pub critical: u8,
    /// Since when.
    pub since: Timestamp,
    /// Somebody has to be called at once.
    pub is_page: bool,
    /// One sentence with figures, without a value of a message.
    pub sentence: String,
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who.
    pub by: Arc<str>,
    /// When.
    pub at: Timestamp,
}

/// What a person wrote. It stays here: no alert carries it to another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Who.
    pub by: Arc<str>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Counts from 1 within a store.
    pub id: u64,
    /// What broke.
    pub cause: Cause,
    /// The worst that shows.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// Since when it is so, by the earliest symptom.
    pub since: Timestamp,
    /// When it was seen first.
    pub opened: Timestamp,
    /// When it was an alarm first.
    pub alarmed: Option<Timestamp>,
    /// When the last symptom went away.
    pub healed: Option<Timestamp>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Who answers for it.
    pub team: Arc<str>,
    /// Interfaces that it has or had.
    pub interfaces: BTreeSet<Name>,
    /// What shows it now, the worst first; at most [`SYMPTOMS_MAX`].
    pub symptoms: Vec<Symptom>,
    /// How many show it now.
    pub symptoms_now: usize,
    /// Who has it.
    pub acknowledged: Option<Mark>,
    /// Who shall have it.
    pub assigned: Option<Arc<str>>,
    /// Nobody is told before this.
    pub snoozed_until: Option<Timestamp>,
    /// A maintenance window keeps it quiet.
    pub quiet_by: Option<Arc<str>>,
    /// When somebody was last told.
    pub told: Option<Timestamp>,
    /// How often somebody was told.
    pub times_told: u32,
    /// What people wrote, the newest last.
    pub notes: Vec<Note>,
}

impl Incident {
    /// One that nothing shows yet.
    #[must_use]
    pub fn new(id: u64, cause: Cause, at: Timestamp) -> Incident {
        Incident {
            id,
            cause,
            kind: Kind::Drill,
            level: Level::Warning,
            since: at,
            opened: at,
            alarmed: None,
            healed: None,
            closed: None,
            team: Arc::from(""),
            interfaces: Default::default(),
            symptoms: Vec::new(),
            symptoms_now: 0,
            acknowledged: None,
            assigned: None,
            snoozed_until: None,
            quiet_by: None,
            told: None,
            times_told: 0,
            notes: Vec::new(),
        }
    }

    /// It is not over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Takes what shows it now; true when somebody has to be called who did not have to be before.
    pub(crate) fn update(&mut self, mut symptoms: Vec<Symptom>) {
        symptoms.sort_by(|one, other| {
            (one.kind, !one.is_page, one.critical, &one.interface).cmp(&(
                other.kind,
                !other.is_page,
                other.critical,
                &other.interface,
            ))
        });
        self.healed = None;
        self.symptoms_now = symptoms.len();
        self.interfaces.extend(symptoms.iter().filter_map(|symptom| symptom.interface.clone()));
        if let Some(worst) = symptoms.first() {
            self.kind = worst.kind;
        }
        if let Some(since) = symptoms.iter().map(|symptom| symptom.since).min() {
            self.since = self.since.min(since);
        }
        symptoms.truncate(SYMPTOMS_MAX);
        self.symptoms = symptoms;
    }
}
