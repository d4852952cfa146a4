//! What is usual for an interface, by the hour of the week, and how unusual a silence is.
//!
//! The rate of an hour of the week is the median of what came in that hour of the last weeks, so that an outage, a flood or
//! a holiday among them does not move it. A silence is unusual when messages that should have come did not: with `expected`
//! messages in it, and a load that differs from day to day as it did before, it comes about with the chance
//! `(1 + expected/k)^-k` (negative binomial; `k` from the spread of the history, robust by the median deviation).
//! Each message begins a silence, so the limit of the chance is divided by the messages of a month: an interface is called
//! silent by accident once in [`MONTHS_BETWEEN_FALSE`] months, however busy it is.
//! Holidays go by the Sunday, and a day that turns out to be a quiet one lowers what is expected of its rest.
//!
//! Promises: with less than [`DAYS_MIN`] days of history it says nothing (start-up mode: lines of the interface file do).

use crate::{HOUR_S, WEEK_S, history::History, windows::Calendar};

/// Days of history that it takes to judge.
pub const DAYS_MIN: usize = 14;
/// Months between two silences by accident, of one interface.
pub const MONTHS_BETWEEN_FALSE: f64 = 50.0;
/// No silence shorter than this is unusual: connections are made anew, systems restarted.
pub const SILENCE_MIN_S: i64 = 600;
/// A silence misses at least so many times what usual pauses miss: systems that send in batches.
const PAUSES: f64 = 1.6;
/// Weeks whose pauses are looked at, and which of a hundred of them counts as usual.
const PAUSE_WEEKS: i64 = 4;
const PAUSE_PERCENT: usize = 95;
/// Weeks of history that a rate is the median of.
const WEEKS: i64 = 8;
const SLOTS: usize = 168;
/// Pieces that an hour is cut into where rates are added up.
const PIECES: i64 = 4;
/// Hours looked back at to see whether today is a quiet day.
const LEVEL_HOURS: [i64; 4] = [1, 3, 8, 24];
/// Messages of doubt in that: a few that are missing do not make a quiet day.
const DOUBT: f64 = 5.0;
/// 1970-01-01 was a Thursday; slot 0 is Monday 00:00.
const EPOCH_SLOT: i64 = 3 * 24;

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Messages an hour, by hour of the week from Monday 00:00.
    rates: [f64; SLOTS],
    /// Messages that usually come in a time as long as a long but usual pause: a handful where each is sent at once, a
    /// whole batch where they are sent in batches.
    pause: f64,
    /// How much the load differs from day to day: small is much.
    k: f64,
    /// Messages of a week.
    weekly: f64,
}

/// A silence that is unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Silence {
    /// Seconds without a message.
    pub silent_s: i64,
    /// Messages that usually come in that time.
    pub expected: f64,
}

fn slot(local_hour: i64) -> usize {
    (local_hour + EPOCH_SLOT).rem_euclid(SLOTS as i64) as usize
}

/// The middle one; the lower of the two where there are two.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

impl Profile {
    /// What is usual, learned from what came before this hour; `None` while too little is known.
    #[must_use]
    pub fn learn(history: &History, calendar: &Calendar, local_hour: i64) -> Option<Profile> {
        if history.hours_known() < DAYS_MIN * 24 {
            return None;
        }
        let hours = || (local_hour - WEEKS * 168..local_hour).filter(|hour| !calendar.has(hour * HOUR_S));
        let mut counts = vec![Vec::new(); SLOTS];
        for hour in hours() {
            if let Some(count) = history.get(hour) {
                counts[slot(hour)].push(f64::from(count));
            }
        }
        let mut profile = Profile { rates: [0.0; SLOTS], pause: 0.0, k: 100.0, weekly: 0.0 };
        let by_hour: Vec<f64> = (0..24).map(|hour| median(&mut of_hour(&counts, hour))).collect();
        for (at, rate) in profile.rates.iter_mut().enumerate() {
            *rate = match &mut counts[at][..] {
                [] => 0.0,
                // One week is no habit: no more than the other days have.
                [one] => one.min(by_hour[at % 24]),
                several => median(several),
            };
        }
        profile.weekly = profile.rates.iter().sum();
        profile.k = spread(&profile.rates, hours().filter_map(|hour| Some((slot(hour), history.get(hour)?))));
        profile.pause = profile.usual_pause(history, calendar, local_hour);
        Some(profile)
    }

    fn usual_pause(&self, history: &History, calendar: &Calendar, local_hour: i64) -> f64 {
        let hours =
            (local_hour - PAUSE_WEEKS * 168..local_hour).filter(|hour| history.get(*hour).is_some_and(|n| n > 0));
        let missed = hours.filter_map(|hour| {
            let end_s = hour * HOUR_S + HOUR_S / 2;
            Some(self.expected(calendar, end_s - i64::from(history.pause(hour)?) * 60, end_s))
        });
        let mut missed: Vec<f64> = missed.collect();
        missed.sort_by(f64::total_cmp);
        missed.get(missed.len() * PAUSE_PERCENT / 100).copied().unwrap_or(0.0)
    }

    /// Messages that usually come between two times, seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn expected(&self, calendar: &Calendar, from_s: i64, to_s: i64) -> f64 {
        let piece_s = HOUR_S / PIECES;
        // Longer than a week only says more of the same.
        let from_s = from_s.max(to_s - WEEK_S);
        let mut sum = 0.0;
        for piece in from_s.div_euclid(piece_s)..=(to_s - 1).div_euclid(piece_s) {
            let (start, end) = ((piece * piece_s).max(from_s), ((piece + 1) * piece_s).min(to_s));
            if start < end {
                sum += self.rate(calendar, piece) * (end - start) as f64 / HOUR_S as f64;
            }
        }
        sum
    }

    /// The rate of a quarter of an hour, careful at the edges of busy hours: a morning begins gradually.
    fn rate(&self, calendar: &Calendar, piece: i64) -> f64 {
        let hour = piece.div_euclid(PIECES);
        let own = self.hourly(calendar, hour);
        let middle = (piece.rem_euclid(PIECES) as f64 + 0.5) / PIECES as f64;
        let (other, share) = if middle < 0.5 { (hour - 1, 0.5 - middle) } else { (hour + 1, middle - 0.5) };
        own.min(own * (1.0 - share) + self.hourly(calendar, other) * share)
    }

    fn hourly(&self, calendar: &Calendar, hour: i64) -> f64 {
        let own = self.rates[slot(hour)];
        if !calendar.has(hour * HOUR_S) {
            return own;
        }
        // The same hour of a Sunday.
        own.min(self.rates[6 * 24 + hour.rem_euclid(24) as usize])
    }

    /// How today is, of what is usual, by the hours before this one: 1, or less on a quiet day. An hour without any message
    /// where some are usual is an outage and no sign of a quiet day, and so are the hours beside it.
    #[must_use]
    pub fn level(&self, history: &History, calendar: &Calendar, local_hour: i64) -> f64 {
        let is_outage = |hour| history.get(hour) == Some(0) && self.hourly(calendar, hour) >= DOUBT;
        let mut level: f64 = 1.0;
        let (mut came, mut usual, mut back) = (0.0, 0.0, 0);
        for hours in LEVEL_HOURS {
            while back < hours {
                back += 1;
                let hour = local_hour - back;
                let Some(count) = history.get(hour).filter(|_| !(hour - 1..=hour + 1).any(is_outage)) else { continue };
                came += f64::from(count);
                usual += self.hourly(calendar, hour);
            }
            level = level.min((came + DOUBT) / (usual + DOUBT));
        }
        level
    }

    /// Whether it is unusual that nothing came since `last_s`; times in seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn judge(&self, history: &History, calendar: &Calendar, last_s: i64, now_s: i64) -> Option<Silence> {
        let silent_s = now_s - last_s;
        if silent_s < SILENCE_MIN_S || self.weekly < 1.0 {
            return None;
        }
        let usual = self.expected(calendar, last_s, now_s);
        // Without the level it is cheap to see that nothing is unusual.
        if !self.is_unusual(usual) {
            return None;
        }
        let expected = usual * self.level(history, calendar, last_s.div_euclid(HOUR_S));
        self.is_unusual(expected).then_some(Silence { silent_s, expected })
    }

    fn is_unusual(&self, expected: f64) -> bool {
        self.chance(expected) < self.limit() && expected > PAUSES * self.pause
    }

    /// The chance that nothing comes where so many are expected.
    fn chance(&self, expected: f64) -> f64 {
        (1.0 + expected / self.k).powf(-self.k)
    }

    /// The chance below which a silence is unusual.
    fn limit(&self) -> f64 {
        let monthly = (self.weekly * 30.0 / 7.0).max(1.0);
        (1.0 / (MONTHS_BETWEEN_FALSE * monthly)).min(0.001)
    }

    /// Seconds of silence from this time on that become unusual; `None`: not within a week.
    #[must_use]
    pub fn silence_limit_s(&self, calendar: &Calendar, from_s: i64) -> Option<i64> {
        let piece_s = HOUR_S / PIECES;
        let steps = (SILENCE_MIN_S..WEEK_S).step_by(usize::try_from(piece_s).ok()?);
        let is_over = |silent: &i64| self.is_unusual(self.expected(calendar, from_s, from_s + silent));
        (self.weekly >= 1.0).then(|| steps.into_iter().find(is_over)).flatten()
    }
}

/// What came in this hour of all days.
fn of_hour(counts: &[Vec<f64>], hour: usize) -> Vec<f64> {
    counts.iter().skip(hour).step_by(24).flatten().copied().collect()
}

/// `k` of the negative binomial: the relative variance of hours that is more than that of chance alone, robust.
fn spread(rates: &[f64; SLOTS], hours: impl Iterator<Item = (usize, u32)>) -> f64 {
    const BUSY: f64 = 10.0;
    let (mut deviations, mut by_chance) = (Vec::new(), Vec::new());
    for (slot, count) in hours.filter(|(slot, _)| rates[*slot] >= BUSY) {
        deviations.push((f64::from(count) - rates[slot]).abs() / rates[slot]);
        by_chance.push(1.0 / rates[slot]);
    }
    // 1.4826 makes a standard deviation of the median deviation of a normal distribution.
    let relative = (1.4826 * median(&mut deviations)).powi(2) - median(&mut by_chance);
    (1.0 / relative.max(0.01)).clamp(2.0, 100.0)
}

#[cfg(test)]
mod eight_weeks;
