//! Time: a timestamp, and the clock that tests can replace.

use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The time `self + duration`, saturating.
    #[must_use]
    pub fn after(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to `self`; zero if the clock went backwards.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Calendar parts in UTC: year, month 1–12, day 1–31, hour, minute, second, microsecond.
    /// (Days to civil date by the proleptic Gregorian calendar.)
    #[must_use]
    pub fn utc(self) -> (i64, u32, u32, u32, u32, u32, u32) {
        let seconds = self.0.div_euclid(1_000_000);
        let micros = self.0.rem_euclid(1_000_000);
        let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let part = |value: i64| u32::try_from(value).unwrap_or(0);
        (
            year,
            part(month),
            part(day),
            part(second_of_day / 3_600),
            part(second_of_day / 60 % 60),
            part(second_of_day % 60),
            part(micros),
        )
    }

    /// HL7 v2 DTM to the millisecond in UTC: `20260301070809.123+0000` (HL7 v2.9 §2A.3.22).
    #[must_use]
    pub fn to_dtm(self) -> String {
        let (year, month, day, hour, minute, second, micro) = self.utc();
        format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}.{:03}+0000", micro / 1000)
    }

    /// RFC 3339 to the millisecond in UTC: `2026-03-01T07:08:09.123Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let (year, month, day, hour, minute, second, micro) = self.utc();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", micro / 1000)
    }
}

/// Where time comes from. Ordering and waiting use `monotonic`; only what people and peers read uses `now`.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// A clock that never goes backwards, for waits and ages.
    fn monotonic(&self) -> Instant;
}

/// The wall clock as it was at the start of a process, carried on by the monotonic one: it never jumps. Ages and windows
/// within a process go by it, so that a clock that is set does not make what waits a day older.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    started: Timestamp,
    since: Instant,
}

impl Steady {
    /// Begins now.
    #[must_use]
    pub fn start(clock: &dyn Clock) -> Steady {
        Steady { started: clock.now(), since: clock.monotonic() }
    }
    /// What the wall clock said when it began.
    #[must_use]
    pub fn started(&self) -> Timestamp {
        self.started
    }
    /// When it began, by the monotonic clock.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.since
    }
    /// Time since it began.
    #[must_use]
    pub fn uptime(&self, clock: &dyn Clock) -> Duration {
        clock.monotonic().saturating_duration_since(self.since)
    }
    /// The time.
    #[must_use]
    pub fn now(&self, clock: &dyn Clock) -> Timestamp {
        self.started.after(self.uptime(clock))
    }
}

/// The machine's clock: the only place in the product that reads it.
#[derive(Clone, Copy, Debug, Default)]
pub struct System;

impl Clock for System {
    fn now(&self) -> Timestamp {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX))
    }
    fn monotonic(&self) -> Instant {
        Instant::now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        let check = |micros: i64, expect: &str| assert_eq!(Timestamp(micros).to_rfc3339(), expect);
        check(0, "1970-01-01T00:00:00.000Z");
        check(951_782_400_000_000, "2000-02-29T00:00:00.000Z");
        check(1_772_348_889_123_456, "2026-03-01T07:08:09.123Z");
        check(-1, "1969-12-31T23:59:59.999Z");
        assert_eq!(Timestamp(1_772_348_889_123_456).to_dtm(), "20260301070809.123+0000");
    }
}
