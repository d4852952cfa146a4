//! From what is seen to what is wrong.
//!
//! Owns what has to be remembered between two looks: since when something is so, and how many failed in the last hour.
//! Promises: nothing is told of an interface that a person paused; a clock that goes back makes nothing older.

use crate::{
    cause::{Cause, partner_of},
    habits::Habits,
    incident::Symptom,
    kind::Kind,
    rules::{Rule, Watched},
    sight::{DestinationSight, EngineSight, InterfaceSight, Sight, StoreState},
    words,
};
use message::{Name, Timestamp};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

/// Free space below which the disk is told of: a share of it in percent, and bytes.
pub const DISK_FREE_PERCENT: u64 = 10;
/// See [`DISK_FREE_PERCENT`]: less than this calls somebody.
pub const DISK_FREE_BYTES: u64 = 1024 * 1024 * 1024;
/// How long an fsync may take.
pub const FSYNC_US: u64 = 500_000;
/// Days before its end at which a certificate is told of, and at which somebody is called.
pub const CERTIFICATE_DAYS: (u64, u64) = (30, 3);
/// How old the last good backup may be.
pub const BACKUP_AGE: Duration = Duration::from_secs(26 * 3_600);
/// How old the last good drill may be.
pub const DRILL_AGE: Duration = Duration::from_secs(90 * 86_400);
/// Looks in a row that a slow thing has to be slow.
const SLOW_FOR: Duration = Duration::from_secs(120);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// Looks of the last hour that are kept of a counter.
const LOOKS_MAX: usize = 128;

type Place = (Kind, Option<Name>, Option<Name>);

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    since: BTreeMap<Place, Timestamp>,
    errors: BTreeMap<Name, VecDeque<(Timestamp, u64)>>,
}

/// One look, while it is judged.
struct Look<'a> {
    at: Timestamp,
    local_s: i64,
    now_wrong: Vec<Place>,
    symptoms: Vec<Symptom>,
    interface: Option<&'a InterfaceSight>,
}

impl Judge {
    /// What is wrong now. `rules` of an interface are all that hold there; see [`crate::rules::complete`].
    #[must_use]
    pub fn judge(&mut self, sight: &Sight, rules: &dyn Fn(&Name) -> Vec<Rule>, habits: &Habits) -> Vec<Symptom> {
        let mut look = Look {
            at: sight.at,
            local_s: sight.local_s(),
            now_wrong: Vec::new(),
            symptoms: Vec::new(),
            interface: None,
        };
        self.engine(&mut look, &sight.engine);
        for interface in &sight.interfaces {
            look.interface = Some(interface);
            let failed = self.failed(interface, sight.at);
            for rule in rules(&interface.name) {
                if rule.during.contain(look.local_s) {
                    self.rule(&mut look, interface, &rule, habits, failed);
                }
            }
            quality(&mut look, interface);
        }
        let still = look.now_wrong;
        self.since.retain(|place, _| still.contains(place));
        self.errors.retain(|name, _| sight.interfaces.iter().any(|interface| interface.name == *name));
        look.symptoms
    }

    /// How many failed within the last hour.
    fn failed(&mut self, interface: &InterfaceSight, at: Timestamp) -> u64 {
        let looks = self.errors.entry(interface.name.clone()).or_default();
        // A counter that went back is that of another process.
        if looks.back().is_some_and(|(_, errors)| *errors > interface.errors) {
            looks.clear();
        }
        while looks.front().is_some_and(|(then, _)| at.since(*then) > HOUR) {
            looks.pop_front();
        }
        if looks.back().is_none_or(|(then, _)| at.since(*then) >= HOUR / LOOKS_MAX as u32) {
            looks.push_back((at, interface.errors));
        }
        looks.front().map_or(0, |(_, errors)| interface.errors - errors)
    }

    /// Since when this is so; begins now if it was not so at the last look.
    fn since(&mut self, look: &mut Look<'_>, kind: Kind, destination: Option<&Name>) -> Timestamp {
        let place = (kind, look.interface.map(|interface| interface.name.clone()), destination.cloned());
        let since = *self.since.entry(place.clone()).or_insert(look.at);
        look.now_wrong.push(place);
        since.min(look.at)
    }

    fn engine(&mut self, look: &mut Look<'_>, engine: &EngineSight) {
        let at = look.at;
        match engine.store {
            StoreState::Ok => {}
            StoreState::Full => {
                self.ground(look, Kind::Disk, true, "the store has no room for new messages".to_owned())
            }
            StoreState::Away => self.ground(look, Kind::Store, true, "the store cannot be reached now".to_owned()),
            StoreState::Failed => {
                self.ground(look, Kind::Store, true, "the store failed and the engine ends".to_owned());
            }
        }
        if engine.lost != 0 {
            self.ground(look, Kind::Lost, true, format!("{} messages are in no state", engine.lost));
        }
        if let (Some(free), Some(all), StoreState::Ok) = (engine.free_bytes, engine.disk_bytes, engine.store) {
            let percent = free.saturating_mul(100).checked_div(all).unwrap_or(100);
            if percent < DISK_FREE_PERCENT || free < DISK_FREE_BYTES {
                let text = format!("{} are free on the disk of the messages, {percent} %", words::bytes(free));
                self.ground(look, Kind::Disk, free < DISK_FREE_BYTES, text);
            }
        }
        if engine.fsync_us > FSYNC_US && at.since(self.since(look, Kind::Fsync, None)) >= SLOW_FOR {
            let text = format!("the disk takes {} ms to sync", engine.fsync_us / 1_000);
            self.ground(look, Kind::Fsync, false, text);
        }
        for (whose, until) in &engine.certificates {
            let days = until.since(at).as_secs() / DAY.as_secs();
            if days < CERTIFICATE_DAYS.0 {
                let is_page = days < CERTIFICATE_DAYS.1;
                let text = match *until <= at {
                    true => format!("the certificate of {whose} ended on {}", words::day(*until)),
                    false => format!("the certificate of {whose} ends on {}, in {days} days", words::day(*until)),
                };
                let cause = Cause::Engine(format!("certificate {whose}").into());
                look.add(Kind::Certificate, cause, None, at, is_page, text);
            }
        }
        // What was never done counts from the start.
        let age = |last: Option<Timestamp>| at.since(last.unwrap_or(engine.started));
        let last = |last: Option<Timestamp>, what: &str| match last {
            Some(last) => format!("the last {what} that ended well is {} old", words::time(at.since(last))),
            None => format!("there is no {what} that ended well"),
        };
        if engine.has_backups && age(engine.backup) > BACKUP_AGE {
            self.ground(look, Kind::Backup, false, last(engine.backup, "backup"));
        }
        if engine.has_backups && age(engine.drill) > DRILL_AGE {
            self.ground(look, Kind::Drill, false, last(engine.drill, "drill"));
        }
    }

    /// Something of the ground that all interfaces stand on.
    fn ground(&mut self, look: &mut Look<'_>, kind: Kind, is_page: bool, sentence: String) {
        let since = self.since(look, kind, None);
        look.add(kind, Cause::engine(kind), None, since, is_page, sentence);
    }

    fn rule(&mut self, look: &mut Look<'_>, of: &InterfaceSight, rule: &Rule, habits: &Habits, failed: u64) {
        let own = |kind| Cause::interface(&of.name, kind);
        let is_page = rule.is_page;
        match &rule.watched {
            Watched::Down(after) => self.down(look, of, *after, is_page),
            Watched::Silent(after) => {
                let silent = of.last_received.map(|last| look.at.since(last)).filter(|silent| silent > after);
                if let Some(silent) = silent.filter(|_| is_open(of)) {
                    look.silent(of, silent, is_page, &format!("expected every {}", words::time(*after)));
                }
            }
            Watched::SilentLearned => {
                if let Some(silence) = habits.judge(&of.name, look.local_s).filter(|_| is_open(of)) {
                    let silent = Duration::from_secs(u64::try_from(silence.silent_s).unwrap_or(0));
                    let usual = format!("usually about {:.0} come in this time", silence.expected);
                    look.silent(of, silent, is_page, &usual);
                }
            }
            Watched::Backlog { destination, over, older_than } => {
                let meant = |to: &&DestinationSight| destination.as_ref().is_none_or(|name| *name == to.name);
                for to in of.destinations.iter().filter(meant).filter(|to| !to.is_paused) {
                    backlog(look, to, *over, *older_than, is_page);
                }
            }
            Watched::Errors(over) if failed > *over => {
                let since = self.since(look, Kind::Errors, None);
                let text = format!("{failed} messages were refused, rejected or parked within an hour");
                look.add(Kind::Errors, own(Kind::Errors), None, since, is_page, text);
            }
            Watched::Parked(over) if of.parked > *over => {
                let since = self.since(look, Kind::Parked, None);
                let text = format!("{} messages wait for a person", of.parked);
                look.add(Kind::Parked, own(Kind::Parked), None, since, is_page, text);
            }
            Watched::Acknowledgment(over) => {
                let slow = of.acknowledgment_ms.filter(|ms| u128::from(*ms) > over.as_millis());
                let Some(ms) = slow else { return };
                let since = self.since(look, Kind::Acknowledgment, None);
                if look.at.since(since) >= SLOW_FOR {
                    let text = format!("5 of 100 acknowledgments take longer than {ms} ms");
                    look.add(Kind::Acknowledgment, own(Kind::Acknowledgment), None, since, is_page, text);
                }
            }
            Watched::Slow(over) => self.slow(look, of, *over, is_page),
            Watched::Skew(over) => {
                let off = of.skew_s.filter(|skew| skew.unsigned_abs() > over.as_secs());
                let Some(skew) = off else { return };
                let since = self.since(look, Kind::Skew, None);
                if look.at.since(since) >= SLOW_FOR {
                    let way = if skew > 0 { "ahead of" } else { "behind" };
                    let time = words::time(Duration::from_secs(skew.unsigned_abs()));
                    let text = format!("the clock of the sender is {time} {way} ours");
                    let cause = of.sender.clone().map_or_else(|| own(Kind::Skew), Cause::Sender);
                    look.add(Kind::Skew, cause, None, since, is_page, text);
                }
            }
            Watched::Errors(_) | Watched::Parked(_) => {}
        }
    }

    fn down(&mut self, look: &mut Look<'_>, of: &InterfaceSight, after: Duration, is_page: bool) {
        if !of.is_open && !of.is_paused {
            let since = self.since(look, Kind::Closed, None);
            if look.at.since(since) >= after {
                let text = format!("{} does not listen: its source could not be opened", of.name);
                look.add(Kind::Closed, Cause::interface(&of.name, Kind::Closed), None, since, is_page, text);
            }
        }
        for to in of.destinations.iter().filter(|to| to.is_down && !to.is_paused) {
            let since = self.since(look, Kind::Down, Some(&to.name));
            if look.at.since(since) < after {
                continue;
            }
            let trouble = to.trouble.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
            let text = format!("{} of {} takes no messages{trouble}; {} wait", to.name, of.name, to.queued);
            look.add(Kind::Down, partner(to), Some(&to.name), since, is_page, text);
        }
    }

    fn slow(&mut self, look: &mut Look<'_>, of: &InterfaceSight, over: Duration, is_page: bool) {
        for to in &of.destinations {
            let Some(ms) = to.delivery_ms.filter(|ms| u128::from(*ms) > over.as_millis()) else { continue };
            let since = self.since(look, Kind::Slow, Some(&to.name));
            if look.at.since(since) >= SLOW_FOR {
                let text = format!("5 of 100 deliveries of {} to {} take longer than {ms} ms", of.name, to.name);
                look.add(Kind::Slow, partner(to), Some(&to.name), since, is_page, text);
            }
        }
    }
}

fn partner(to: &DestinationSight) -> Cause {
    Cause::Partner(partner_of(&to.partner).into())
}

/// Its silence says something: it could receive.
fn is_open(of: &InterfaceSight) -> bool {
    of.is_open && !of.is_paused
}

fn backlog(look: &mut Look<'_>, to: &DestinationSight, over: Option<u64>, older: Option<Duration>, is_page: bool) {
    let age = to.oldest.filter(|_| to.queued > 0).map_or(Duration::ZERO, |oldest| look.at.since(oldest));
    let is_long = over.is_some_and(|over| to.queued > over);
    let is_old = older.is_some_and(|older| age > older);
    if is_long || is_old {
        let since = to.oldest.unwrap_or(look.at);
        let name = look.interface.map_or("", |of| &of.name);
        let text = format!("{} of {name} has {} waiting, the oldest for {}", to.name, to.queued, words::time(age));
        look.add(Kind::Backlog, partner(to), Some(&to.name), since, is_page, text);
    }
}

fn quality(look: &mut Look<'_>, of: &InterfaceSight) {
    for (code, since, sentence, is_page) in &of.quality {
        let text = format!("{sentence} ({code})");
        look.add(Kind::Quality, Cause::interface(&of.name, Kind::Quality), None, *since, *is_page, text);
    }
}

impl Look<'_> {
    fn add(
        &mut self,
        kind: Kind,
        cause: Cause,
        destination: Option<&Name>,
        since: Timestamp,
        is_page: bool,
        sentence: String,
    ) {
        self.symptoms.push(Symptom {
            kind,
            cause,
            interface: self.interface.map(|of| of.name.clone()),
            destination: destination.cloned(),
            team: self.interface.map_or_else(|| Arc::from(""), |of| of.team.clone()),
            critical: self.interface.map_or(1, |of| of.critical),
            since: since.min(self.at),
            is_page,
            sentence,
        });
    }

    fn silent(&mut self, of: &InterfaceSight, silent: Duration, is_page: bool, usual: &str) {
        // Connected but silent and not connected at all are different calls to make.
        let (how, cause) = match (of.peers, &of.sender) {
            (0, Some(host)) => ("nobody is connected", Cause::Sender(host.clone())),
            (0, None) => ("nobody is connected", Cause::interface(&of.name, Kind::Silent)),
            (_, Some(host)) => ("the sender is connected", Cause::Sender(host.clone())),
            (_, None) => ("the sender is connected", Cause::interface(&of.name, Kind::Silent)),
        };
        let text = format!("{} got nothing for {}; {usual}; {how}", of.name, words::time(silent));
        let since = of.last_received.unwrap_or(self.at);
        self.add(Kind::Silent, cause, None, since, is_page, text);
    }
}

#[cfg(test)]
pub(crate) mod tests;
