//! `at "Mon-Fri 07:00-19:00" zone Europe/Berlin`: the time at which the message was accepted.
//!
//! Promises: the same message asked again (a replay) gives the same answer, on any machine: the zone stands in the line.

use crate::hours::Hours;
use jiff::tz::TimeZone;
use message::Timestamp;

/// Hours of a place.
#[derive(Debug)]
pub(super) struct When {
    pub(super) hours: Hours,
    pub(super) zone: TimeZone,
}

impl When {
    /// The message was accepted in these hours.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        let second = now.0.div_euclid(1_000_000);
        let offset = jiff::Timestamp::from_second(second).map_or(0, |at| self.zone.to_offset(at).seconds());
        self.hours.contain(second.saturating_add(i64::from(offset)))
    }

    /// The time there, for people: `Mon 07:30`.
    pub(super) fn local(&self, now: Timestamp) -> String {
        let at = jiff::Timestamp::from_microsecond(now.0);
        at.map_or_else(|_| String::new(), |at| at.to_zoned(self.zone.clone()).strftime("%a %H:%M").to_string())
    }
}
