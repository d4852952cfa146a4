//! What every interface usually does, learned while it does it.
//!
//! Owns the histories: counts of what came are cut into hours of the place, and profiles are made of them once a day.
//! Promises: an hour that was not watched from beginning to end counts as unknown, so that a restart is not an outage.

use crate::{
    DAY_S, HOUR_S,
    history::{History, hour_of},
    profile::{Profile, Silence},
    sight::{InterfaceSight, Sight},
    windows::Calendar,
};
use message::Name;
use std::collections::BTreeMap;

/// The habits of one interface.
#[derive(Clone, Debug, Default)]
struct Habit {
    history: History,
    profile: Option<Profile>,
    /// The day for which the profile was made.
    made: Option<i64>,
    hour: Option<Hour>,
    /// When the last message came, seconds of the place.
    last_s: Option<i64>,
}

/// The hour that is being counted.
#[derive(Clone, Copy, Debug)]
struct Hour {
    number: i64,
    accepted_before: u64,
    pause_s: i64,
    is_whole: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    calendar: Calendar,
    known: BTreeMap<Name, Habit>,
    /// Interfaces with an hour that nobody has written down yet.
    unwritten: Vec<Name>,
}

impl Habits {
    /// Habits by what was written down before.
    #[must_use]
    pub fn new(calendar: Calendar, histories: impl IntoIterator<Item = (Name, History)>) -> Habits {
        let habit = |history| Habit { history, ..Habit::default() };
        let known = histories.into_iter().map(|(name, history)| (name, habit(history))).collect();
        Habits { calendar, known, unwritten: Vec::new() }
    }

    /// With other holidays.
    pub fn set_calendar(&mut self, calendar: Calendar) {
        if calendar != self.calendar {
            self.calendar = calendar;
            self.known.values_mut().for_each(|habit| habit.made = None);
        }
    }

    /// Takes what is seen now.
    pub fn see(&mut self, sight: &Sight) {
        let now_s = sight.local_s();
        for interface in &sight.interfaces {
            let habit = self.known.entry(interface.name.clone()).or_default();
            let last_s = interface.last_received.map(|at| at.0.div_euclid(1_000_000) + sight.offset_s);
            if habit.see(&self.calendar, interface, last_s, now_s) {
                self.unwritten.push(interface.name.clone());
            }
        }
    }

    /// Histories that changed since this was asked last.
    pub fn take_unwritten(&mut self) -> Vec<(Name, History)> {
        let names = std::mem::take(&mut self.unwritten);
        names.into_iter().filter_map(|name| Some((name.clone(), self.known.get(&name)?.history.clone()))).collect()
    }

    /// Histories that were taken to be written, and could not be.
    pub fn put_back(&mut self, names: impl IntoIterator<Item = Name>) {
        self.unwritten.extend(names);
        self.unwritten.sort_unstable();
        self.unwritten.dedup();
    }

    /// Whether the silence of an interface is unusual.
    #[must_use]
    pub fn judge(&self, interface: &str, now_s: i64) -> Option<Silence> {
        let habit = self.known.get(interface)?;
        habit.profile.as_ref()?.judge(&habit.history, &self.calendar, habit.last_s?, now_s)
    }

    /// Days that were watched of an interface, and whether that is enough to judge.
    #[must_use]
    pub fn learned(&self, interface: &str) -> (usize, bool) {
        self.known
            .get(interface)
            .map_or((0, false), |habit| (habit.history.hours_known() / 24, habit.profile.is_some()))
    }

    /// Seconds of silence from now on that would be unusual; `None` while nothing is learned, or never.
    #[must_use]
    pub fn silence_limit_s(&self, interface: &str, now_s: i64) -> Option<i64> {
        self.known.get(interface)?.profile.as_ref()?.silence_limit_s(&self.calendar, now_s)
    }
}

impl Habit {
    /// True when an hour is over.
    fn see(&mut self, calendar: &Calendar, seen: &InterfaceSight, last_s: Option<i64>, now_s: i64) -> bool {
        // A pause ends with the message that ends it; what came between two looks has pauses shorter than a look.
        if let Some(last_s) = last_s.filter(|last_s| self.last_s != Some(*last_s)) {
            let pause_s = self.last_s.map_or(0, |before| last_s - before);
            self.last_s = Some(last_s);
            if let Some(hour) = &mut self.hour {
                hour.pause_s = hour.pause_s.max(pause_s);
            }
        }
        let number = hour_of(now_s);
        let is_over = match self.hour {
            // A counter that went back is that of another process.
            Some(hour) if hour.number == number && seen.accepted >= hour.accepted_before => return false,
            Some(hour) if hour.number + 1 == number && hour.is_whole && seen.accepted >= hour.accepted_before => {
                let count = seen.accepted - hour.accepted_before;
                self.history.set(hour.number, Some((count, u64::try_from(hour.pause_s / 60).unwrap_or(0))));
                true
            }
            Some(hour) => {
                self.history.set(hour.number, None);
                true
            }
            None => false,
        };
        // The first look of an hour is a minute late at most where the engine looks every few seconds.
        let is_whole = now_s.rem_euclid(HOUR_S) < 120 && self.hour.is_some() && !seen.is_paused;
        self.hour = Some(Hour { number, accepted_before: seen.accepted, pause_s: 0, is_whole });
        let day = now_s.div_euclid(DAY_S);
        if self.made != Some(day) {
            self.made = Some(day);
            self.profile = Profile::learn(&self.history, calendar, number).or_else(|| self.profile.take());
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::Timestamp;

    #[test]
    fn hours_are_counted_and_a_restart_is_not_an_outage() {
        let name: Name = "adt".into();
        let mut habits = Habits::default();
        let mut accepted = 0;
        // Every minute one message, for three weeks; a minute is missed now and then, and one night nobody watches.
        for minute in 0..21 * 1_440_i64 {
            accepted += 1;
            if minute % 97 == 5 || (5_000..5_400).contains(&minute) {
                continue;
            }
            if minute == 5_400 {
                accepted = 0;
            }
            let at = Timestamp(minute * 60_000_000);
            let seen = InterfaceSight {
                name: name.clone(),
                accepted,
                last_received: Some(Timestamp(at.0 - 30_000_000)),
                ..InterfaceSight::default()
            };
            habits.see(&Sight { at, interfaces: vec![seen], ..Sight::default() });
        }
        let (days, is_learned) = habits.learned("adt");
        assert!((19..=21).contains(&days) && is_learned, "{days}");
        let taken = habits.take_unwritten();
        assert!(habits.take_unwritten().is_empty(), "what was taken is taken once");
        habits.put_back(taken.iter().map(|(name, _)| name.clone()));
        assert_eq!(habits.take_unwritten().len(), 1, "what could not be written is there again, once");
        let history = taken.into_iter().next_back().unwrap().1;
        assert_eq!([history.get(0), history.get(84), history.get(87)], [None, None, None]);
        assert!((200..300).all(|hour| history.get(hour).is_none_or(|count| (58..=62).contains(&count))));
        let now_s = 21 * DAY_S;
        assert_eq!(habits.judge("adt", now_s), None);
        assert!(habits.judge("adt", now_s + HOUR_S).is_some());
        assert!(habits.silence_limit_s("adt", now_s).is_some_and(|limit| limit < HOUR_S));
        assert_eq!(habits.judge("other", now_s), None);
        let again = Habits::new(Calendar::default(), [(name, history)]);
        assert_eq!(again.learned("adt").0, days);
    }
}
