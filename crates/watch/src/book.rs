//! The incidents: which are open, what people did about them, and who has to be told now.
//!
//! Promises: symptoms of one cause are one incident and one call, however many interfaces have them; what comes and goes
//! within [`SETTLE`] is one incident; an acknowledged or snoozed incident calls nobody until it gets worse or the time is
//! over; everything survives a restart, because all of it is one value that can be written down.

use crate::{
    cause::Cause,
    codes,
    incident::{Incident, Level, Mark, NOTES_MAX, Note, Symptom},
    notice::{Notice, What},
    rota::Rota,
    windows::Window,
};
use message::{Reason, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

/// An incident is over when nothing shows it for so long.
pub const SETTLE: Duration = Duration::from_secs(120);
/// What comes back within this time is the same incident.
pub const RETURN: Duration = Duration::from_secs(900);
/// Incidents that are over and kept.
pub const PAST_MAX: usize = 500;
/// Incidents that are open at one time; more causes than this are an incident of their own.
pub const OPEN_MAX: usize = 1_000;
/// The longest that an incident can be snoozed.
pub const SNOOZE_MAX: Duration = Duration::from_secs(7 * 86_400);
/// Characters of a note.
pub const NOTE_MAX: usize = 500;

/// Who is told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Channels that are told of everything.
    pub tell: Vec<Arc<str>>,
    /// Channels that call somebody.
    pub page: Vec<Arc<str>>,
    /// Channels that are called when nobody answers.
    pub escalate: Vec<Arc<str>>,
    /// A warning about an important interface becomes an alarm after this.
    pub alarm_after: Duration,
    /// An alarm that nobody acknowledged is escalated after this.
    pub escalate_after: Duration,
    /// What nobody has is told again after this.
    pub again: Duration,
    /// Who answers for interfaces that nobody answers for.
    pub catch_all: Arc<str>,
    /// Who is on call, by team.
    pub rotas: BTreeMap<Arc<str>, Rota>,
    /// Channels of a person.
    pub people: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Maintenance.
    pub windows: Vec<Window>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            tell: Vec::new(),
            page: Vec::new(),
            escalate: Vec::new(),
            alarm_after: Duration::from_secs(30 * 60),
            escalate_after: Duration::from_secs(15 * 60),
            again: Duration::from_secs(3_600),
            catch_all: Arc::from(""),
            rotas: BTreeMap::new(),
            people: BTreeMap::new(),
            windows: Vec::new(),
        }
    }
}

/// What a person does about an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// "I have it."
    Acknowledge,
    /// Somebody else shall have it.
    Assign(Arc<str>),
    /// Tell nobody for so long.
    Snooze(Duration),
    /// Tell again: takes an acknowledgment and a snooze back.
    Wake,
    /// Only write something.
    Note,
}

/// Why an act was not done.
pub type Refusal = Reason;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {
    last_id: u64,
    open: Vec<Incident>,
    past: VecDeque<Incident>,
}

impl Book {
    /// Incidents that are open: the worst first, then the oldest.
    #[must_use]
    pub fn open(&self) -> Vec<&Incident> {
        let mut open: Vec<&Incident> = self.open.iter().collect();
        open.sort_by_key(|incident| (std::cmp::Reverse(incident.level), incident.since, incident.id));
        open
    }

    /// Incidents that are over, the last first.
    pub fn past(&self) -> impl Iterator<Item = &Incident> {
        self.past.iter().rev()
    }

    /// An incident, open or over.
    #[must_use]
    pub fn get(&self, id: u64) -> Option<&Incident> {
        self.open.iter().chain(&self.past).find(|incident| incident.id == id)
    }

    /// Takes everything that shows now, and gives what has to be told.
    pub fn see(&mut self, settings: &Settings, at: Timestamp, local_s: i64, symptoms: Vec<Symptom>) -> Vec<Notice> {
        let mut by_cause: BTreeMap<Cause, Vec<Symptom>> = BTreeMap::new();
        for symptom in symptoms {
            by_cause.entry(symptom.cause.clone()).or_default().push(symptom);
        }
        let windows: Vec<&Window> = settings.windows.iter().filter(|window| window.is_on(local_s)).collect();
        let (mut notices, mut shown) = (Vec::new(), BTreeSet::new());
        for (cause, symptoms) in by_cause {
            let Some(incident) = self.find(cause, at) else { continue };
            shown.insert(incident.id);
            let quiet_by = quiet(&windows, &symptoms);
            let team = team(settings, &symptoms);
            let is_page = symptoms.iter().any(|symptom| symptom.is_page);
            let is_important = symptoms.iter().any(|symptom| symptom.critical <= 2);
            incident.update(symptoms);
            incident.team = team;
            incident.quiet_by = quiet_by;
            let is_due = is_page || (is_important && at.since(incident.since) >= settings.alarm_after);
            notices.extend(rise(incident, settings, at, local_s, is_due));
        }
        self.settle(settings, at, local_s, &shown, &mut notices);
        notices
    }

    /// The incident of a cause: open, lately over, or new.
    fn find(&mut self, cause: Cause, at: Timestamp) -> Option<&mut Incident> {
        if let Some(known) = self.open.iter().position(|incident| incident.cause == cause) {
            return self.open.get_mut(known);
        }
        if self.open.len() >= OPEN_MAX {
            return None;
        }
        let is_back = |past: &Incident| past.cause == cause && past.closed.is_some_and(|over| at.since(over) < RETURN);
        let incident = match self.past.iter().rposition(is_back) {
            Some(known) => {
                let mut incident = self.past.remove(known)?;
                incident.closed = None;
                incident
            }
            None => {
                self.last_id += 1;
                Incident::new(self.last_id, cause, at)
            }
        };
        self.open.push(incident);
        self.open.last_mut()
    }

    /// Closes what nothing shows any longer.
    fn settle(
        &mut self,
        settings: &Settings,
        at: Timestamp,
        local_s: i64,
        shown: &BTreeSet<u64>,
        notices: &mut Vec<Notice>,
    ) {
        for mut incident in std::mem::take(&mut self.open) {
            if shown.contains(&incident.id) {
                self.open.push(incident);
                continue;
            }
            incident.symptoms_now = 0;
            let healed = *incident.healed.get_or_insert(at);
            if at.since(healed) < SETTLE {
                self.open.push(incident);
                continue;
            }
            incident.closed = Some(at);
            incident.snoozed_until = None;
            if incident.told.is_some() && incident.quiet_by.is_none() {
                notices.push(notice(&incident, settings, at, local_s, What::Closed));
            }
            self.past.push_back(incident);
        }
        let over = self.past.len().saturating_sub(PAST_MAX);
        self.past.drain(..over);
    }

    /// A person does something about an incident. Gives what has to be told because of it.
    ///
    /// # Errors
    /// [`codes::E5320`], [`codes::E5321`].
    pub fn act(
        &mut self,
        settings: &Settings,
        (at, local_s): (Timestamp, i64),
        id: u64,
        act: &Act,
        by: &str,
        text: &str,
    ) -> Result<Vec<Notice>, Refusal> {
        let none = || Reason::new(codes::E5320, format!("no incident that is open has the number {id}"));
        let incident = self.open.iter_mut().find(|incident| incident.id == id).ok_or_else(none)?;
        let wrong = |text: String| Err(Reason::new(codes::E5321, text));
        let text = text.trim();
        if text.chars().count() > NOTE_MAX {
            return wrong(format!("a note has at most {NOTE_MAX} characters"));
        }
        let by: Arc<str> = by.into();
        let mut notices = Vec::new();
        match act {
            Act::Acknowledge => {
                let is_first = incident.acknowledged.is_none();
                incident.acknowledged = Some(Mark { by: by.clone(), at });
                if is_first && incident.told.is_some() {
                    notices.push(notice(incident, settings, at, local_s, What::Acknowledged));
                }
            }
            Act::Assign(to) if to.is_empty() => return wrong("say to whom it is assigned".to_owned()),
            Act::Assign(to) => incident.assigned = Some(to.clone()),
            Act::Snooze(time) if time.is_zero() || *time > SNOOZE_MAX => {
                return wrong("it can be snoozed for a time up to 7 days".to_owned());
            }
            Act::Snooze(_) if text.is_empty() => return wrong("say in a note why it is snoozed".to_owned()),
            Act::Snooze(time) => incident.snoozed_until = Some(at.after(*time)),
            Act::Wake => (incident.acknowledged, incident.snoozed_until) = (None, None),
            Act::Note if text.is_empty() => return wrong("the note is empty".to_owned()),
            Act::Note => {}
        }
        if !text.is_empty() {
            incident.notes.push(Note { by, at, text: text.to_owned() });
            let over = incident.notes.len().saturating_sub(NOTES_MAX);
            incident.notes.drain(..over);
        }
        Ok(notices)
    }
}

/// The window that keeps all of it quiet.
fn quiet(windows: &[&Window], symptoms: &[Symptom]) -> Option<Arc<str>> {
    let covering = |symptom: &Symptom| windows.iter().find(|window| window.covers(symptom));
    let first = covering(symptoms.first()?)?;
    symptoms.iter().all(|symptom| covering(symptom).is_some()).then(|| first.name.clone())
}

/// The team of the most important interface that has one.
fn team(settings: &Settings, symptoms: &[Symptom]) -> Arc<str> {
    let owned = symptoms.iter().filter(|symptom| !symptom.team.is_empty());
    owned.min_by_key(|symptom| symptom.critical).map_or_else(|| settings.catch_all.clone(), |of| of.team.clone())
}

/// Raises the level where it is due, and says whom to tell, if anybody.
fn rise(incident: &mut Incident, settings: &Settings, at: Timestamp, local_s: i64, is_due: bool) -> Option<Notice> {
    let before = incident.level;
    if is_due && incident.level == Level::Warning {
        incident.level = Level::Alarm;
        incident.alarmed = Some(at);
    }
    if incident.quiet_by.is_some() || incident.snoozed_until.is_some_and(|until| at < until) {
        // The time until somebody else is called begins when somebody could have been told.
        incident.alarmed = incident.alarmed.map(|_| at);
        return None;
    }
    let alarmed_for = incident.alarmed.map_or(Duration::ZERO, |alarmed| at.since(alarmed));
    if incident.level == Level::Alarm && incident.acknowledged.is_none() && alarmed_for >= settings.escalate_after {
        incident.level = Level::Escalated;
    }
    let what = match incident.told {
        None => What::Opened,
        Some(_) if incident.level > before => What::Raised,
        Some(_) if incident.snoozed_until.take().is_some() => What::Again,
        Some(told) if incident.acknowledged.is_none() && at.since(told) >= settings.again => What::Again,
        Some(_) => return None,
    };
    incident.told = Some(at);
    incident.times_told += 1;
    Some(notice(incident, settings, at, local_s, what))
}

fn notice(incident: &Incident, settings: &Settings, at: Timestamp, local_s: i64, what: What) -> Notice {
    let (first, next) = settings
        .rotas
        .get(&incident.team)
        .or_else(|| settings.rotas.get(&settings.catch_all))
        .map_or((None, None), |rota| rota.at(local_s));
    let mut channels = settings.tell.clone();
    let mut add = |more: &[Arc<str>]| {
        for channel in more {
            if !channels.contains(channel) {
                channels.push(channel.clone());
            }
        }
    };
    let of = |person: &Option<Arc<str>>| person.as_ref().and_then(|person| settings.people.get(person));
    if incident.level >= Level::Alarm {
        add(&settings.page);
        add(of(&incident.assigned).or_else(|| of(&first)).map_or(&[], Vec::as_slice));
    }
    if incident.level >= Level::Escalated {
        add(&settings.escalate);
        add(of(&next).map_or(&[], Vec::as_slice));
    }
    let incident = Incident { notes: Vec::new(), ..incident.clone() };
    Notice { at, what, incident, channels, oncall: first }
}

#[cfg(test)]
mod tests;
