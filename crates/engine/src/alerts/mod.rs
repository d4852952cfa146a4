//! The engine watches itself: what it sees of itself goes into the crate `watch`, what comes out is kept and sent.
//!
//! Owns the one book of incidents of a process, the habits of its interfaces, and the way to those who are told.
//! Promises: a look costs no message anything; incidents, habits and alerts that wait survive a restart; a channel that does not answer holds
//! up no other and is tried again for [`send::PATIENCE`]; the heartbeat goes out only after a look that went well.
//! Never: puts anything of a message into a text.

pub mod keep;
mod look;
pub mod send;
pub mod settings;

pub use settings::{Channel, Settings};

use crate::{codes, engine::Engine};
use message::{Reason, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use store::tables::Tables;
use watch::{Act, Book, Habits, Incident, Notice, judge::Judge, words};

/// Pause between two looks.
pub const LOOK_PAUSE: Duration = Duration::from_secs(10);
/// What was told lately and is kept to be looked at.
const TOLD_MAX: usize = 200;

/// What the process around the engine knows of the ground it stands on.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// Bytes that are free where messages are kept, and bytes of that disk.
    pub disk: Option<(u64, u64)>,
    /// Certificates in use: whose, and until when.
    pub certificates: Vec<(Arc<str>, Timestamp)>,
    /// Backups are set up.
    pub has_backups: bool,
    /// When the last one ended well.
    pub backup: Option<Timestamp>,
    /// When the last drill ended well.
    pub drill: Option<Timestamp>,
}

/// How an alert went out, or did not.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// Why: `opened`, `raised`, `again`, `acknowledged`, `closed`, `trial`.
    pub what: &'static str,
    /// Which incident; 0 for a trial.
    pub incident: u64,
    /// Through which channel.
    pub channel: Arc<str>,
    /// Why it did not go out; `None`: it did.
    pub trouble: Option<Reason>,
}

/// See the module.
#[derive(Default)]
pub struct Room {
    state: Mutex<State>,
    settings: Mutex<Arc<Settings>>,
    /// What was written last. Whoever writes holds it, so that nothing older is written over what is newer; never taken while
    /// `state` is held.
    written: Mutex<keep::Kept>,
}

#[derive(Default)]
struct State {
    book: Book,
    habits: Habits,
    judge: Judge,
    rates: look::Rates,
    is_loaded: bool,
    looked: Option<Timestamp>,
    waiting: Vec<send::Waiting>,
    /// Tries of alerts so far.
    tries: u64,
    told: std::collections::VecDeque<Told>,
    heartbeat: Option<std::time::Instant>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    fn settings(&self) -> Arc<Settings> {
        lock(&self.settings).clone()
    }

    /// Writes what changed since it was written last. What the tables do not take is written the next time.
    fn keep(&self, tables: &dyn Tables) -> Result<(), store::Error> {
        let mut written = lock(&self.written);
        let (now, histories) = {
            let mut state = lock(&self.state);
            (keep::Kept { book: state.book.clone(), waiting: state.waiting.clone() }, state.habits.take_unwritten())
        };
        let kept = keep::write(tables, &written, &now, &histories);
        match kept {
            Ok(()) => *written = now,
            Err(_) => lock(&self.state).habits.put_back(histories.into_iter().map(|(name, _)| name)),
        }
        kept
    }
}

/// One incident as the API tells it.
fn told(incident: &Incident, links: &words::Links) -> Value {
    let mut told = serde_json::to_value(incident).unwrap_or_default();
    if let Some(object) = told.as_object_mut() {
        object.insert("headline".to_owned(), words::headline(incident).into());
        object.insert("code".to_owned(), incident.kind.code().id.into());
        object.insert("safe".to_owned(), incident.kind.safety().into());
        object.insert("advice".to_owned(), incident.kind.advice().into());
        object.insert("runbook".to_owned(), links.runbook(incident).into());
    }
    told
}

impl Engine {
    /// Says who is told of what: the part `[alerts]` of `sinew.toml`.
    pub fn set_alerts(&self, settings: Settings) {
        let room = &self.shared.dock.alerts;
        lock(&room.state).habits.set_calendar(settings.holidays.clone());
        *lock(&room.settings) = Arc::new(settings);
    }

    /// Looks at everything once, keeps what changed and tells who has to be told. Whoever runs the engine calls it every
    /// [`LOOK_PAUSE`].
    ///
    /// # Errors
    /// The store's, when incidents cannot be kept; people are told all the same.
    pub async fn watch(&self, ground: Ground) -> Result<(), store::Error> {
        let engine = self.clone();
        let looked = tokio::task::spawn_blocking(move || engine.look(&ground)).await;
        let kept = looked.unwrap_or(Err(store::Error::Closed));
        self.send_alerts().await;
        let kept = kept.and(self.keep_alerts().await);
        if kept.is_ok() {
            self.beat().await;
        }
        kept
    }

    fn look(&self, ground: &Ground) -> Result<(), store::Error> {
        let dock = &self.shared.dock;
        let (room, tables) = (&dock.alerts, dock.store.tables());
        let settings = room.settings();
        let mut state = lock(&room.state);
        if !state.is_loaded {
            let (kept, histories) = keep::read(tables)?;
            state.book = kept.book;
            state.waiting.splice(..0, kept.waiting);
            state.habits = Habits::new(settings.holidays.clone(), histories);
            state.is_loaded = true;
        }
        let sight = self.sight(&mut state.rates, ground);
        let rules = self.rules();
        let State { book, habits, judge, .. } = &mut *state;
        habits.see(&sight);
        let symptoms = judge.judge(&sight, &|name| rules.get(name).cloned().unwrap_or_default(), habits);
        let notices = book.see(&settings.book, sight.at, sight.local_s(), symptoms);
        state.looked = Some(sight.at);
        state.wait(notices, &settings);
        drop(state);
        room.keep(tables)
    }

    /// The incidents: those that are open, and as many that are over.
    #[must_use]
    pub fn alerts(&self, past_max: usize) -> Value {
        let room = &self.shared.dock.alerts;
        let settings = room.settings();
        let state = lock(&room.state);
        let local_s = self.local_s();
        let open: Vec<Value> = state.book.open().into_iter().map(|incident| told(incident, &settings.links)).collect();
        let past: Vec<Value> = state.book.past().take(past_max).map(|of| told(of, &settings.links)).collect();
        let windows: Vec<Value> = settings
            .book
            .windows
            .iter()
            .map(|window| json!({"name": window.name, "hours": window.hours.as_str(), "is_on": window.is_on(local_s)}))
            .collect();
        let oncall: BTreeMap<&str, Value> = settings
            .book
            .rotas
            .iter()
            .map(|(team, rota)| {
                let (now, next) = rota.at(local_s);
                (&**team, json!({"now": now, "next": next}))
            })
            .collect();
        let interfaces: Vec<Value> = self
            .flows()
            .iter()
            .map(|flow| {
                let (days, is_learned) = state.habits.learned(&flow.name);
                let limit = state.habits.silence_limit_s(&flow.name, local_s);
                json!({"interface": flow.name, "days_watched": days, "is_learned": is_learned, "silence_limit_s": limit})
            })
            .collect();
        json!({
            "schema": "sinew.alerts/1",
            "at": self.shared.dock.clock.now(),
            "looked": state.looked,
            "open": open,
            "past": past,
            "channels": settings.channels.iter().map(|channel| json!({
                "name": channel.name, "connector": channel.destination.connector,
                "is_page": settings.book.page.contains(&channel.name),
                "is_escalation": settings.book.escalate.contains(&channel.name),
                "waiting": state.waiting.iter().filter(|waiting| waiting.channel == channel.name).count(),
            })).collect::<Vec<_>>(),
            "maintenance": windows,
            "oncall": oncall,
            "habits": interfaces,
            "told": state.told,
        })
    }

    /// Numbers for the metrics: open incidents by level, and seconds of silence that would be unusual by interface.
    #[must_use]
    pub fn alert_figures(&self) -> (BTreeMap<&'static str, usize>, BTreeMap<message::Name, i64>) {
        let state = lock(&self.shared.dock.alerts.state);
        let mut levels = BTreeMap::from([("warning", 0), ("alarm", 0), ("escalated", 0)]);
        for incident in state.book.open() {
            *levels.entry(incident.level.as_str()).or_default() += 1;
        }
        let local_s = self.local_s();
        let limit = |name: &message::Name| Some((name.clone(), state.habits.silence_limit_s(name, local_s)?));
        (levels, self.flows().iter().filter_map(|flow| limit(&flow.name)).collect())
    }

    /// A person does something about an incident; gives it as it is then.
    ///
    /// # Errors
    /// [`watch::codes::E5320`], [`watch::codes::E5321`]; the store's.
    pub async fn act_on_incident(&self, id: u64, act: &Act, by: &str, note: &str) -> Result<Value, Reason> {
        let dock = &self.shared.dock;
        let settings = dock.alerts.settings();
        let at = (dock.clock.now(), self.local_s());
        let told = {
            let mut state = lock(&dock.alerts.state);
            let notices = state.book.act(&settings.book, at, id, act, by, note)?;
            state.wait(notices, &settings);
            state.book.get(id).map(|incident| told(incident, &settings.links)).unwrap_or_default()
        };
        self.keep_alerts().await.map_err(|error| error.reason())?;
        self.send_alerts().await;
        // What went out is forgotten at the next look at the latest; the act itself is kept.
        let _ = self.keep_alerts().await;
        Ok(told)
    }

    /// Writes what changed.
    async fn keep_alerts(&self) -> Result<(), store::Error> {
        let engine = self.clone();
        let kept = tokio::task::spawn_blocking(move || engine.shared.dock.alerts.keep(engine.store().tables())).await;
        kept.unwrap_or(Err(store::Error::Closed))
    }

    /// Sends a trial through a channel, so that people know that it works.
    ///
    /// # Errors
    /// [`codes::E5201`] when there is no such channel; why it did not go out.
    pub async fn try_channel(&self, name: &str) -> Result<(), Reason> {
        let settings = self.shared.dock.alerts.settings();
        let channel = settings.channels.iter().find(|channel| *channel.name == *name);
        let none = || Reason::new(codes::E5201, format!("no channel of alerts is called `{name}`"));
        let channel = channel.ok_or_else(none)?;
        let sent = self.send_through(channel, &send::trial(self.shared.dock.clock.now()), &settings).await;
        let trouble = sent.clone().err();
        let at = self.shared.dock.clock.now();
        let told = Told { at, what: "trial", incident: 0, channel: channel.name.clone(), trouble };
        lock(&self.shared.dock.alerts.state).remember(told);
        sent
    }

    /// Seconds since 1970-01-01 00:00 of this place.
    fn local_s(&self) -> i64 {
        let now = self.shared.dock.clock.now();
        now.0.div_euclid(1_000_000) + crate::quality::local_offset_s(now)
    }
}

impl State {
    fn wait(&mut self, notices: Vec<Notice>, settings: &Settings) {
        for notice in notices {
            for channel in &notice.channels {
                if settings.channels.iter().any(|known| known.name == *channel) {
                    self.waiting.push(send::Waiting::new(channel.clone(), notice.clone()));
                }
            }
        }
        let over = self.waiting.len().saturating_sub(send::WAITING_MAX);
        self.waiting.drain(..over);
    }

    fn remember(&mut self, told: Told) {
        self.told.push_back(told);
        while self.told.len() > TOLD_MAX {
            self.told.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
