//! How many messages came in each hour, and the longest pause between two, for eight weeks: what a profile is learned from.
//!
//! Promises: bounded; an hour that was not watched is told apart from an hour in which nothing came.

use crate::HOUR_S;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Hours that are kept: eight weeks.
pub const HOURS_MAX: usize = 8 * 7 * 24;
/// Stands for an hour that was not watched from beginning to end.
const UNKNOWN: u32 = u32::MAX;

/// See the module. Hours are those of the place, so that seven o'clock stays seven o'clock in summer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// Hours since 1970-01-01 00:00 of the place of the first count.
    first: i64,
    counts: VecDeque<u32>,
    /// Minutes of the longest pause that ended in the hour.
    pauses: VecDeque<u16>,
}

impl History {
    /// Sets the count of an hour that is over, and the minutes of the longest pause that ended in it; `None`: it was not
    /// watched.
    pub fn set(&mut self, local_hour: i64, seen: Option<(u64, u64)>) {
        let pause = seen.map_or(0, |(_, pause)| u16::try_from(pause).unwrap_or(u16::MAX));
        let count = seen.map(|(count, _)| count);
        let count = count.map_or(UNKNOWN, |count| u32::try_from(count).unwrap_or(UNKNOWN - 1).min(UNKNOWN - 1));
        if self.counts.is_empty() {
            self.first = local_hour;
        }
        let Ok(at) = usize::try_from(local_hour - self.first) else { return };
        if at >= self.counts.len() + HOURS_MAX {
            // Nothing of what was known is recent enough.
            self.counts.clear();
            self.pauses.clear();
            self.first = local_hour;
            self.counts.push_back(count);
            self.pauses.push_back(pause);
            return;
        }
        while self.counts.len() <= at {
            self.counts.push_back(UNKNOWN);
            self.pauses.push_back(0);
        }
        self.counts[at] = count;
        if let Some(of) = self.pauses.get_mut(at) {
            *of = pause;
        }
        while self.counts.len() > HOURS_MAX {
            self.counts.pop_front();
            self.pauses.pop_front();
            self.first += 1;
        }
    }

    /// The count of an hour; `None` when it was not watched.
    #[must_use]
    pub fn get(&self, local_hour: i64) -> Option<u32> {
        let at = usize::try_from(local_hour - self.first).ok()?;
        self.counts.get(at).copied().filter(|count| *count != UNKNOWN)
    }

    /// Minutes of the longest pause that ended in an hour that was watched.
    #[must_use]
    pub fn pause(&self, local_hour: i64) -> Option<u16> {
        self.get(local_hour)?;
        self.pauses.get(usize::try_from(local_hour - self.first).ok()?).copied()
    }

    /// The hour behind the last that is known.
    #[must_use]
    pub fn end(&self) -> i64 {
        self.first + i64::try_from(self.counts.len()).unwrap_or(0)
    }

    /// Hours that were watched.
    #[must_use]
    pub fn hours_known(&self) -> usize {
        self.counts.iter().filter(|count| **count != UNKNOWN).count()
    }
}

/// The hour of the place.
#[must_use]
pub fn hour_of(local_s: i64) -> i64 {
    local_s.div_euclid(HOUR_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_eight_weeks_and_knows_what_it_does_not_know() {
        let mut history = History::default();
        history.set(100, Some((5, 20)));
        history.set(103, Some((0, 0)));
        history.set(99, Some((9, 1)));
        assert_eq!([99, 100, 101, 103, 104].map(|hour| history.get(hour)), [None, Some(5), None, Some(0), None]);
        assert_eq!((history.hours_known(), history.end()), (2, 104));
        assert_eq!([history.pause(100), history.pause(101)], [Some(20), None]);
        for hour in 104..104 + HOURS_MAX as i64 {
            history.set(hour, Some((1, 2)));
        }
        assert_eq!((history.get(103), history.hours_known()), (None, HOURS_MAX));
        history.set(10_000_000, None);
        assert_eq!((history.hours_known(), history.end()), (0, 10_000_001));
        let text = serde_json::to_string(&history).unwrap();
        assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    }
}
