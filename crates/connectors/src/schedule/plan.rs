//! When a schedule is due, in the time of its zone: cron lines and intervals. Pure.
//!
//! Promises: a local time that does not exist (clocks go forward) runs at the moment after the gap; one that comes twice
//! runs once, unless the line is due each hour; what is due follows from the time of the last run and nothing else.

use crate::codes;
use croner::{Cron, parser::CronParser};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use message::Reason;
use std::{collections::VecDeque, str::FromStr, time::Duration};

/// Shortest interval.
const EVERY_MIN: Duration = Duration::from_secs(1);
/// A run that begins no later than this after its time is on time.
pub(super) const LATE_MAX: Duration = Duration::from_secs(60);
/// Missed runs that are caught up with at most; older ones are told and left out.
pub(super) const CAUGHT_UP_MAX: usize = 1000;

/// Missed runs that are counted one by one.
const COUNTED_MAX: usize = 50_000;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A schedule.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    times: Times,
    zone: TimeZone,
}

#[derive(Clone, Debug)]
enum Times {
    Cron(Box<Cron>),
    Every(Duration),
}

/// What happens to runs that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// They are left out.
    Skip,
    /// The latest is made up for.
    Once,
    /// Each is made up for, in order.
    All,
}

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Run for these times, in order.
    pub(crate) runs: Vec<Timestamp>,
    /// So many were missed and are left out; the last of them.
    pub(crate) left_out: Option<(usize, Timestamp)>,
    /// When to look again.
    pub(crate) next: Timestamp,
}

impl Schedule {
    /// Reads `0 6 * * Mon-Fri` or `every 15m`, and the name of a zone.
    pub(crate) fn read(text: &str, zone: &str) -> Result<Schedule, Reason> {
        let complain = |text: String| Reason::new(codes::E6010, text);
        let zone = TimeZone::get(zone)
            .map_err(|_| complain(format!("`zone {zone}` is not a time zone: write one as \"Europe/Berlin\"")))?;
        let times = match text.trim().strip_prefix("every ") {
            Some(interval) => Times::Every(
                interval_of(interval.trim())
                    .filter(|every| *every >= EVERY_MIN)
                    .ok_or_else(|| complain(format!("`{text}`: write \"every 15m\", at least 1s")))?,
            ),
            None => {
                let parser = CronParser::builder().seconds(croner::parser::Seconds::Optional).build();
                let cron = parser.parse(text.trim()).map_err(|_| {
                    let how = "minute, hour, day, month, day of the week, as \"0 6 * * Mon-Fri\"; or \"every 15m\"";
                    complain(format!("`{text}` is no schedule: write {how}"))
                })?;
                Times::Cron(Box::new(cron))
            }
        };
        Ok(Schedule { times, zone })
    }

    /// A moment in the zone of the schedule.
    pub(crate) fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    /// The first time after `last`.
    pub(crate) fn after(&self, last: Timestamp) -> Result<Timestamp, Reason> {
        let never = || Reason::new(codes::E6010, "the schedule is never due");
        match &self.times {
            Times::Every(every) => {
                // Whole multiples since the beginning of time, so that a restart moves nothing.
                let step = i64::try_from(every.as_millis()).map_err(|_| never())?;
                let next = (last.as_millisecond().div_euclid(step) + 1).saturating_mul(step);
                Timestamp::from_millisecond(next).map_err(|_| never())
            }
            Times::Cron(cron) => {
                let next = cron.find_next_occurrence(&self.local(last), false).map_err(|_| never())?.timestamp();
                if next > last { Ok(next) } else { Err(never()) }
            }
        }
    }

    /// What is to be done at `now`, where everything up to `last` is.
    pub(crate) fn plan(&self, last: Timestamp, now: Timestamp, missed: Missed) -> Result<Plan, Reason> {
        let mut due = VecDeque::new();
        let mut count = 0_usize;
        let mut next = self.after(last)?;
        while next <= now {
            count += 1;
            due.push_back(next);
            if due.len() > CAUGHT_UP_MAX {
                due.pop_front();
            }
            if count == COUNTED_MAX {
                // So many are not counted to the end: the last day is looked at, and the rest is "more than".
                next = next.max(now.checked_sub(DAY).unwrap_or(next));
            }
            next = self.after(next)?;
        }
        let due = Vec::from(due);
        let is_late = |at: &Timestamp| now.duration_since(*at).unsigned_abs() > LATE_MAX;
        let runs = match missed {
            Missed::All => due.clone(),
            Missed::Once => due.last().copied().into_iter().collect(),
            Missed::Skip => due.last().copied().filter(|at| !is_late(at)).into_iter().collect(),
        };
        let left_out = count - runs.len();
        let last_left_out = due.iter().rev().find(|at| !runs.contains(at)).or(due.first());
        let left_out = (left_out > 0).then(|| last_left_out.map(|at| (left_out, *at))).flatten();
        Ok(Plan { runs, left_out, next })
    }
}

/// `15m`, `1h`, `30s`, `1d`.
fn interval_of(text: &str) -> Option<Duration> {
    let at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let number = u64::from_str(&text[..at]).ok()?;
    let unit = match &text[at..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_in_a_zone() {
        let check = |schedule: &str, from: &str, expect: &[&str]| {
            let schedule = Schedule::read(schedule, "Europe/Berlin").unwrap();
            let mut last = at(from);
            for expect in expect {
                last = schedule.after(last).unwrap();
                assert_eq!(last, at(expect), "{schedule:?}");
            }
        };
        check("0 6 * * Mon-Fri", "2026-03-06T04:00:00Z", &["2026-03-06T05:00:00Z", "2026-03-09T05:00:00Z"]);
        check("*/15 * * * *", "2026-03-06T04:14:59Z", &["2026-03-06T04:15:00Z", "2026-03-06T04:30:00Z"]);
        check("every 15m", "2026-03-06T04:14:59Z", &["2026-03-06T04:15:00Z", "2026-03-06T04:30:00Z"]);
        check("*/2 * * * * *", "2026-03-06T04:14:59Z", &["2026-03-06T04:15:00Z", "2026-03-06T04:15:02Z"]);
        // Summer time begins on 29 March 2026: there is no 02:30, and the run is not lost.
        check("30 2 * * *", "2026-03-28T12:00:00Z", &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
        // It ends on 25 October 2026: 02:30 comes twice, and is run once.
        check("30 2 * * *", "2026-10-24T12:00:00Z", &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    }

    #[test]
    fn what_is_no_schedule() {
        let check = |schedule: &str, zone: &str| {
            assert_eq!(Schedule::read(schedule, zone).unwrap_err().code, "E6010", "{schedule} {zone}");
        };
        check("6 o'clock", "UTC");
        check("61 * * * *", "UTC");
        check("every 0s", "UTC");
        check("every day", "UTC");
        check("0 6 * * *", "Europe/Atlantis");
    }

    #[test]
    fn what_was_missed() {
        let schedule = Schedule::read("0 * * * *", "UTC").unwrap();
        let check = |now: &str, missed, runs: &[&str], left_out: Option<(usize, &str)>| {
            let plan = schedule.plan(at("2026-03-06T04:00:00Z"), at(now), missed).unwrap();
            assert_eq!(plan.runs, runs.iter().map(|text| at(text)).collect::<Vec<_>>(), "{now} {missed:?}");
            assert_eq!(plan.left_out, left_out.map(|(count, text)| (count, at(text))), "{now} {missed:?}");
            assert!(plan.next > at(now));
        };
        let (five, six, seven) = ("2026-03-06T05:00:00Z", "2026-03-06T06:00:00Z", "2026-03-06T07:00:00Z");
        for missed in [Missed::Skip, Missed::Once, Missed::All] {
            check("2026-03-06T04:59:59Z", missed, &[], None);
            check("2026-03-06T05:00:01Z", missed, &[five], None);
        }
        check("2026-03-06T05:30:00Z", Missed::Skip, &[], Some((1, five)));
        check("2026-03-06T07:00:01Z", Missed::Skip, &[seven], Some((2, six)));
        check("2026-03-06T07:30:00Z", Missed::Once, &[seven], Some((2, six)));
        check("2026-03-06T07:30:00Z", Missed::All, &[five, six, seven], None);
        let years = schedule.plan(at("2020-01-01T00:00:00Z"), at("2021-01-01T00:00:00Z"), Missed::All).unwrap();
        assert_eq!((years.runs.len(), years.left_out.unwrap().0), (CAUGHT_UP_MAX, 366 * 24 - CAUGHT_UP_MAX));
    }
}
