//! Everything about quality while the engine runs: an inbox for each interface, the keeper, and what was judged last.
//!
//! Promises: nothing here is waited for by a sender or a destination; judging takes at most a fiftieth of the time; what the
//! tables do not take is tried again.

use super::{
    alerts::{self, OpenAlert, Time},
    drift::Settings as Days,
    findings::{self, Finding},
    inbox::{Inbox, local_offset_s},
    keep::{self, Gap, Keeper, Kept, Spans, micros},
    limits::FLUSH_PAUSE,
    report::{self, Asked, Found, Report},
};
use interface::definition::Alert;
use message::{Clock, Name, Timestamp};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};
use store::{Error, tables::Tables};

/// How an engine counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Messages are counted.
    pub is_on: bool,
    /// How the spans are cut.
    pub spans: Spans,
    /// Pause between writings: what a crash may lose.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { is_on: true, spans: Spans::default(), pause: FLUSH_PAUSE }
    }
}

/// Shortest pause between judgements, in writings.
const JUDGE_WRITINGS: u32 = 10;
/// A judgement that took so long is followed by a pause of so many times that.
const JUDGE_SHARE: u32 = 50;
/// Days of history that are read: the fine spans, and as much again of coarse ones.
const HISTORY_DAYS: i64 = 36;

/// What was found about an interface when it was judged last.
#[derive(Clone, Debug, Default)]
struct Judged {
    findings: Vec<Finding>,
    alerts: Vec<OpenAlert>,
}

/// What the status of an interface says of quality.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Messages that were counted since the start.
    pub messages_counted: u64,
    /// Messages that were accepted since the start and not looked at.
    pub messages_left_out: u64,
    /// Shares that are worse than the history has them.
    pub changes_worse: usize,
    /// Alerts that are open.
    pub alerts_open: usize,
    /// Them.
    pub alerts: Vec<OpenAlert>,
    /// Seconds by which the sender's clock is ahead of ours, by what came lately; behind where negative.
    pub skew_s: Option<i64>,
}

/// See the module.
pub struct Room {
    settings: Settings,
    inboxes: Mutex<BTreeMap<Name, Arc<Inbox>>>,
    keeper: Mutex<Keeping>,
    judged: Mutex<BTreeMap<Name, Judged>>,
    judge_after: Mutex<Option<Instant>>,
    skews: Mutex<BTreeMap<Name, i64>>,
}

#[derive(Default)]
struct Keeping {
    keeper: Keeper,
    has_begun: bool,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    pub(crate) fn new(settings: Settings) -> Room {
        Room {
            settings,
            inboxes: Mutex::default(),
            keeper: Mutex::default(),
            judged: Mutex::default(),
            judge_after: Mutex::default(),
            skews: Mutex::default(),
        }
    }

    /// How it counts.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// The inbox of an interface; `None` where nothing is counted.
    pub(crate) fn inbox(&self, interface: &Name) -> Option<Arc<Inbox>> {
        let new = || Arc::new(Inbox::new(self.settings.spans.hour));
        self.settings.is_on.then(|| lock(&self.inboxes).entry(interface.clone()).or_insert_with(new).clone())
    }

    /// Counts what waits and writes what was counted. `is_end` when nothing more will come.
    ///
    /// # Errors
    /// The store's; what could not be written is kept.
    pub fn write(&self, tables: &dyn Tables, clock: &dyn Clock, is_end: bool) -> Result<(), Error> {
        if !self.settings.is_on {
            return Ok(());
        }
        let now = clock.now();
        let inboxes: Vec<_> = lock(&self.inboxes).iter().map(|(name, inbox)| (name.clone(), inbox.clone())).collect();
        let mut kept = lock(&self.keeper);
        for (name, inbox) in inboxes {
            let taken = inbox.take(clock);
            if let Some(skew) = taken.iter().filter_map(|of| of.record.sent.skew_s()).next_back() {
                lock(&self.skews).insert(name.clone(), skew);
            }
            kept.keeper.add(&name, taken);
        }
        if !kept.has_begun {
            kept.keeper.begin(tables, now)?;
            kept.has_begun = true;
        }
        kept.keeper.write(tables, self.settings.spans, now, is_end)
    }

    /// Compares with history and holds alerts against what was counted, where it is time to.
    ///
    /// # Errors
    /// The store's.
    pub fn judge(&self, tables: &dyn Tables, clock: &dyn Clock, alerts: &[(Name, Vec<Alert>)]) -> Result<(), Error> {
        let started = clock.monotonic();
        if !self.settings.is_on || lock(&self.judge_after).is_some_and(|after| started < after) {
            return Ok(());
        }
        for (interface, alerts) in alerts {
            self.judge_one(tables, clock.now(), interface, alerts)?;
        }
        lock(&self.judged).retain(|name, _| alerts.iter().any(|(known, _)| known == name));
        let took = clock.monotonic().saturating_duration_since(started);
        // The pause between judgements follows that between writings, so that trials are quick.
        let pause = (self.settings.pause * JUDGE_WRITINGS).min(self.settings.spans.hour / 12);
        *lock(&self.judge_after) = Some(started + pause.max(took * JUDGE_SHARE));
        Ok(())
    }

    fn history(&self, tables: &dyn Tables, now: Timestamp, interface: &Name) -> Result<Vec<Kept>, Error> {
        keep::read(tables, interface, Timestamp(now.0 - HISTORY_DAYS * micros(self.settings.spans.day)))
    }

    fn judge_one(&self, tables: &dyn Tables, now: Timestamp, name: &Name, of: &[Alert]) -> Result<(), Error> {
        let kept = self.history(tables, now, name)?;
        let judged = self.look(&kept, of, now);
        lock(&self.judged).insert(name.clone(), judged);
        Ok(())
    }

    fn look(&self, kept: &[Kept], alerts: &[Alert], now: Timestamp) -> Judged {
        let day_s = i64::try_from(self.settings.spans.day.as_secs()).unwrap_or(i64::MAX).max(1);
        let findings = findings::find(kept, Days { day_s });
        let time = Time { now, spans: self.settings.spans, offset_s: &local_offset_s };
        let alerts = alerts::open(alerts, kept, &findings, &time);
        Judged { findings, alerts }
    }

    /// What the status says of an interface: from memory.
    #[must_use]
    pub fn summary(&self, interface: &Name) -> Summary {
        let inbox = lock(&self.inboxes).get(interface).cloned();
        let judged = lock(&self.judged).get(interface).cloned().unwrap_or_default();
        let read = |of: fn(&Inbox) -> u64| inbox.as_ref().map_or(0, |inbox| of(inbox));
        Summary {
            messages_counted: read(|inbox| inbox.counted.load(Ordering::Relaxed)),
            messages_left_out: read(|inbox| inbox.left_out.load(Ordering::Relaxed)),
            changes_worse: judged.findings.iter().filter(|finding| finding.is_worse()).count(),
            alerts_open: judged.alerts.len(),
            alerts: judged.alerts,
            skew_s: lock(&self.skews).get(interface).copied(),
        }
    }

    /// The report of an interface, with what was counted until now.
    ///
    /// # Errors
    /// The store's.
    pub fn report(&self, tables: &dyn Tables, name: &Name, alerts: &[Alert], asked: Asked) -> Result<Report, Error> {
        let mut kept = self.history(tables, asked.now, name)?;
        let Judged { findings, alerts } = self.look(&kept, alerts, asked.now);
        if asked.since.0 < asked.now.0 - HISTORY_DAYS * micros(self.settings.spans.day) {
            kept = keep::read(tables, name, asked.since)?;
        }
        let gaps: Vec<Gap> = keep::gaps(tables, asked.since)?;
        Ok(report::of(name, &kept, Found { alerts, findings, gaps }, asked))
    }
}
