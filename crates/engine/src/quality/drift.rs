//! Whether a share has changed against its own history, how much, and since when. Pure.
//!
//! How: of all moments that could divide the history in two, the one that divides it best (likelihood ratio of two
//! binomial shares against one); where it is older than a week, what came before it is left out and the rest is divided
//! again. It counts as a change when all of this holds:
//!
//! 1. there is enough history before it, and enough messages on both sides;
//! 2. the shares differ by what a person would call a difference;
//! 3. the ratio is past [`RATIO_MIN`], after it was divided by how much more the hours of the history scatter than chance
//!    alone would have it (a robust estimate: the middle, the ninth tenth and the last thirtieth of the squared residuals);
//! 4. the same hours of a week before, or of two days before, were not like that too: nights and weekends differ;
//! 5. it is still so in the latest messages: what has healed is no change.
//!
//! Promises: a quiet year raises no false alarm in the tests, a break of a field that was always filled is found within ten
//! messages of it. Never: a judgement from few messages.

/// Seconds of a day.
const DAY_S: i64 = 86_400;
/// How far back a change may lie; older ones are what is usual now.
pub const RECENT_S: i64 = 7 * DAY_S;
/// The least logarithm of the likelihood ratio. 20 is a chance of 2.5 in ten thousand million for one look; an interface
/// has some hundred places and is looked at some ten thousand times a year.
const RATIO_MIN: f64 = 20.0;
/// History that is needed before a change can be told from the days of the week, in spans of a day.
const DAYS_MIN: i64 = 8;
/// History that is enough where next to all of something is gone, in spans of a day.
const DAYS_MIN_BREAK: i64 = 1;
/// What that means: most had it and hardly any has it, or the other way round.
const BREAK_FROM: f64 = 0.6;
const BREAK_TO: f64 = 0.1;
/// Older changes that are stepped over: what came before each is no history of what is usual now.
const OLDER_MAX: usize = 8;
/// Least cases before and after.
const BEFORE_MIN: u64 = 100;
const AFTER_MIN: u64 = 10;
/// Least number of cases since the change that would have been otherwise before it: fewer are one odd message or two.
const OTHERWISE_MIN: f64 = 5.0;
/// Least difference of two shares that is worth a word: of something that should be there, and of something that should not.
const DIFFERENCE_MIN: f64 = 0.02;
const DIFFERENCE_MIN_OF_FAULTS: f64 = 0.01;

/// One span of the history: in so many of so many cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When the span begins, seconds since 1970.
    pub start_s: i64,
    /// Its length, seconds.
    pub span_s: i64,
    /// How often it was so.
    pub hits: u64,
    /// How often it could have been so.
    pub of: u64,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Share {
    /// How often it was so.
    pub hits: u64,
    /// How often it could have been so.
    pub of: u64,
}

impl Share {
    /// The share, 0 to 1; 0 of nothing.
    #[must_use]
    pub fn rate(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.hits as f64 / self.of as f64 }
    }
}

/// A change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shift {
    /// Since when, seconds since 1970: the begin of the first span that is different.
    pub since_s: i64,
    /// The share before.
    pub before: Share,
    /// The share since.
    pub after: Share,
}

/// What a share is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Something that should be there: less is worse.
    Good,
    /// Something that should not: more is worse.
    Fault,
}

/// How much history is needed; shorter for spans shorter than an hour, which are for trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What counts as a day: 86,400 s.
    pub day_s: i64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { day_s: DAY_S }
    }
}

/// Looks for a change in spans that are in order of time.
#[must_use]
pub fn detect(points: &[Point], of: Of, settings: Settings) -> Option<Shift> {
    let last_s = points.last()?.start_s;
    let mut points = points;
    for _ in 0..OLDER_MAX {
        let sums = Sums::of(points);
        let (at, ratio) = best_split(points, &sums)?;
        if last_s - points.get(at)?.start_s <= RECENT_S / DAY_S * settings.day_s {
            return judge(points, &sums, at, ratio, of, settings);
        }
        if ratio / scatter(&points[..at], sums.share(0, at)) < RATIO_MIN {
            return None;
        }
        points = &points[at..];
    }
    None
}

/// Whether the best split is a change.
fn judge(points: &[Point], sums: &Sums, at: usize, ratio: f64, of: Of, settings: Settings) -> Option<Shift> {
    let (before, after) = (sums.share(0, at), sums.share(at, points.len()));
    let (was, is) = (before.rate(), after.rate());
    let least = match of {
        Of::Good => DIFFERENCE_MIN,
        Of::Fault => DIFFERENCE_MIN_OF_FAULTS,
    };
    let history_s = points.get(at)?.start_s - points.first()?.start_s;
    let is_long = history_s >= DAYS_MIN * settings.day_s;
    let is_all = was.max(is) >= BREAK_FROM && was.min(is) <= BREAK_TO;
    let is_break = history_s >= DAYS_MIN_BREAK * settings.day_s && is_all;
    let otherwise = after.of as f64 * (was - is).abs();
    if (was - is).abs() < least || otherwise < OTHERWISE_MIN || !(is_long || is_break) {
        return None;
    }
    if ratio / scatter(&points[..at], before) < RATIO_MIN {
        return None;
    }
    let shift = Shift { since_s: points.get(at)?.start_s, before, after };
    let is_usual = was_so_before(points, at, shift, settings);
    (!is_usual && is_still_so(points, at, shift)).then_some(shift)
}

/// Running sums, so that any stretch is a subtraction.
struct Sums(Vec<Share>);

impl Sums {
    fn of(points: &[Point]) -> Sums {
        let mut sum = Share::default();
        let mut sums = Vec::with_capacity(points.len() + 1);
        sums.push(sum);
        for point in points {
            sum.hits += point.hits;
            sum.of += point.of;
            sums.push(sum);
        }
        Sums(sums)
    }

    fn share(&self, from: usize, to: usize) -> Share {
        let at = |index: usize| self.0.get(index).copied().unwrap_or_default();
        Share { hits: at(to).hits - at(from).hits, of: at(to).of - at(from).of }
    }
}

/// The place that divides best, and the logarithm of its likelihood ratio.
fn best_split(points: &[Point], sums: &Sums) -> Option<(usize, f64)> {
    let all = sums.share(0, points.len());
    let mut best: Option<(usize, f64)> = None;
    for at in (1..points.len()).rev() {
        let (before, after) = (sums.share(0, at), sums.share(at, points.len()));
        if after.of < AFTER_MIN || points[at].of == 0 {
            continue;
        }
        if before.of < BEFORE_MIN {
            break;
        }
        let ratio = likelihood(before, before.rate()) + likelihood(after, after.rate())
            - likelihood(before, all.rate())
            - likelihood(after, all.rate());
        if best.is_none_or(|(_, found)| ratio > found) {
            best = Some((at, ratio));
        }
    }
    best.filter(|(_, ratio)| *ratio >= RATIO_MIN)
}

/// The logarithm of the likelihood of a share of this rate.
fn likelihood(share: Share, rate: f64) -> f64 {
    let part = |count: u64, rate: f64| if count == 0 { 0.0 } else { count as f64 * rate.max(1e-12).ln() };
    part(share.hits, rate) + part(share.of - share.hits, 1.0 - rate)
}

/// How much more the spans scatter around a share than chance would have it; at least 1.
fn scatter(points: &[Point], before: Share) -> f64 {
    // Half a case more, so that a share of all or nothing has a spread too.
    let rate = (before.hits as f64 + 0.5) / (before.of as f64 + 1.0);
    let mut residuals: Vec<f64> = points
        .iter()
        .filter(|point| point.of > 0)
        .map(|point| {
            let (of, hits) = (point.of as f64, point.hits as f64);
            (hits - of * rate).powi(2) / (of * rate * (1.0 - rate))
        })
        .collect();
    residuals.sort_by(f64::total_cmp);
    let at = |share: f64| residuals.get((residuals.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    // What the square of a normal variable has at the same parts.
    (at(0.5) / 0.455).max(at(0.9) / 2.706).max(at(0.97) / 4.709).max(1.0)
}

/// The same hours a week before, or on two other days, were nearer to what is now than to what was.
fn was_so_before(points: &[Point], at: usize, shift: Shift, settings: Settings) -> bool {
    let (Some(first), Some(last)) = (points.get(at), points.last()) else { return false };
    let (from_s, to_s) = (first.start_s, last.start_s + last.span_s);
    let days = |number: i64| number * settings.day_s;
    let mut like = 0;
    for number in 1..=14_i64 {
        // Windows that overlap with the change say nothing.
        if days(number) < to_s - from_s {
            continue;
        }
        let is_inside = |point: &&Point| {
            point.start_s >= from_s - days(number) && point.start_s + point.span_s <= to_s - days(number)
        };
        let window = points[..at]
            .iter()
            .filter(is_inside)
            .fold(Share::default(), |sum, point| Share { hits: sum.hits + point.hits, of: sum.of + point.of });
        let (was, is, then) = (shift.before.rate(), shift.after.rate(), window.rate());
        if window.of >= AFTER_MIN && (then - is).abs() < (then - was).abs() {
            if number % 7 == 0 {
                return true;
            }
            like += 1;
        }
    }
    like >= 2
}

/// The latest messages, enough of them to say so, are nearer to the new share than to the old one.
fn is_still_so(points: &[Point], at: usize, shift: Shift) -> bool {
    let mut latest = Share::default();
    for point in points[at..].iter().rev() {
        latest = Share { hits: latest.hits + point.hits, of: latest.of + point.of };
        if latest.of >= AFTER_MIN {
            break;
        }
    }
    let (was, is, now) = (shift.before.rate(), shift.after.rate(), latest.rate());
    (now - is).abs() < (now - was).abs()
}

#[cfg(test)]
mod tests;
