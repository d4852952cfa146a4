//! Eight weeks of ADT and laboratory traffic with day and night, weekends, holidays known and unknown, drift and busy days,
//! and outages planted in them: what is found, and what is called silent by mistake.

use super::*;
use crate::{DAY_S, windows::day};

/// Chance with a seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
    /// How often something happens that happens `mean` times (Knuth; the mean is small).
    fn poisson(&mut self, mean: f64) -> u32 {
        let (limit, mut product, mut count) = ((-mean).exp(), self.next(), 0);
        while product > limit {
            product *= self.next();
            count += 1;
        }
        count
    }
}

/// One simulated interface.
struct Feed {
    name: &'static str,
    /// Messages of a weekday.
    daily: f64,
    /// Of the daytime rate at night, and at weekends.
    night: f64,
    weekend: f64,
    /// It sends what it has once in so many minutes.
    batch_min: i64,
    /// What it sends at the end, of what it sent at the beginning.
    drift: f64,
}

const FEEDS: [Feed; 6] = [
    Feed { name: "adt-large", daily: 4_000.0, night: 0.15, weekend: 0.55, batch_min: 1, drift: 1.0 },
    Feed { name: "adt-small", daily: 260.0, night: 0.08, weekend: 0.4, batch_min: 1, drift: 1.0 },
    Feed { name: "lab-large", daily: 2_500.0, night: 0.3, weekend: 0.5, batch_min: 1, drift: 0.7 },
    Feed { name: "lab-small", daily: 180.0, night: 0.1, weekend: 0.2, batch_min: 1, drift: 1.3 },
    Feed { name: "lab-batched", daily: 900.0, night: 0.2, weekend: 0.4, batch_min: 15, drift: 1.0 },
    Feed { name: "clinic", daily: 320.0, night: 0.0, weekend: 0.0, batch_min: 1, drift: 1.0 },
];

const WEEKS: i64 = 8;
/// Monday 2026-03-30; Good Friday and Easter Monday are in the calendar, the first of May is a holiday that nobody entered.
const START: &str = "2026-03-30";
const KNOWN: &str = "2026-04-03 2026-04-06";
const UNKNOWN: &str = "2026-05-01";
/// An outage in which so many messages are missing is one that somebody has to be told of; none is shorter than this.
const MISSING: std::ops::Range<f64> = 45.0..200.0;
const OUTAGE_MIN: i64 = 20;

impl Feed {
    /// Messages of a minute, on average.
    fn rate(&self, minute: i64, of: &Holidays, level: f64) -> f64 {
        let (day_of, hour) = (minute.div_euclid(1_440), minute.rem_euclid(1_440) / 60);
        let quiet = (day_of + 3).rem_euclid(7) >= 5 || of.0.has(minute * 60) || of.1.has(minute * 60);
        let by_hour = match hour {
            8..=16 => 1.0,
            7 | 17..=18 => 0.7,
            6 | 19..=21 => 0.35_f64.max(self.night),
            _ => self.night,
        };
        let by_hour = if self.night == 0.0 && !(7..=18).contains(&hour) { 0.0 } else { by_hour };
        self.daily / 13.0 / 60.0 * by_hour * if quiet { self.weekend } else { 1.0 } * level
    }
}

struct Holidays(Calendar, Calendar);

#[derive(Default, Debug)]
struct Score {
    planted: u32,
    found: u32,
    false_pages: u32,
    delay_min: i64,
}

/// Runs one feed minute by minute and says what was found.
fn run(feed: &Feed, seed: u64) -> Score {
    let mut chance = Chance(seed);
    let holidays = Holidays(Calendar::parse(KNOWN).unwrap(), Calendar::parse(UNKNOWN).unwrap());
    let start = day(START).unwrap() * 1_440;
    let (mut history, mut profile, mut score) = (History::default(), None, Score::default());
    let (mut last, mut count, mut pause, mut waiting, mut level) = (start, 0, 0, 0, 1.0);
    // The outage under way: when it began, what is missing until it ends, what is missing by now, whether it was found.
    let mut outage: Option<(i64, f64, f64, bool)> = None;
    let mut is_silent = false;
    let end = start + WEEKS * 7 * 1_440;
    for minute in start..end {
        if minute % 1_440 == 0 {
            level = 0.85 + 0.3 * chance.next();
        }
        let drift = 1.0 + (feed.drift - 1.0) * (minute - start) as f64 / (WEEKS * 7 * 1_440) as f64;
        let rate = feed.rate(minute, &holidays, level * drift);
        if minute % 60 == 0 {
            history.set(minute / 60 - 1, (minute > start).then_some((count, pause as u64)));
            (count, pause) = (0, 0);
            if minute % 1_440 == 0 {
                profile = Profile::learn(&history, &holidays.0, minute / 60).or(profile);
            }
        }
        // After the start-up weeks, an outage now and then: on average one in four days, none that is cut off by the end.
        let is_time = profile.is_some() && count > 0 && minute < end - 3 * 1_440;
        if outage.is_none() && is_time && rate > 0.0 && chance.next() < 1.0 / (4.0 * 1_440.0) {
            outage = Some((minute, MISSING.start + (MISSING.end - MISSING.start) * chance.next(), 0.0, false));
            score.planted += 1;
        }
        waiting += chance.poisson(rate);
        if let Some((began, until, missing, _)) = &mut outage {
            *missing += rate;
            waiting = 0;
            if missing >= until && minute - *began >= OUTAGE_MIN {
                outage = None;
            }
        }
        if waiting > 0 && minute % feed.batch_min == 0 {
            pause = pause.max(minute - last);
            (count, last, waiting, is_silent) = (count + u64::from(waiting), minute, 0, false);
        }
        let Some(profile) = &profile else { continue };
        if profile.judge(&history, &holidays.0, last * 60, minute * 60).is_some() && !is_silent {
            is_silent = true;
            match &mut outage {
                Some((began, _, _, is_found)) => {
                    score.found += u32::from(!*is_found);
                    score.delay_min += minute - *began;
                    *is_found = true;
                }
                None => score.false_pages += 1,
            }
        }
    }
    score
}

#[test]
fn silence_is_found_and_seldom_by_mistake() {
    let (mut planted, mut found, mut false_pages, mut months) = (0, 0, 0, 0.0);
    for feed in &FEEDS {
        let runs = (1..=4).map(|seed| run(feed, seed));
        let of = runs.fold(Score::default(), |sum, one| Score {
            planted: sum.planted + one.planted,
            found: sum.found + one.found,
            false_pages: sum.false_pages + one.false_pages,
            delay_min: sum.delay_min + one.delay_min,
        });
        let of_months = 4.0 * WEEKS as f64 * 7.0 / 30.0;
        println!(
            "{:<12} {:>3} outages, {:>3} found, told after {:>3} min on average; {} false pages in {of_months:.1} months",
            feed.name,
            of.planted,
            of.found,
            of.delay_min / i64::from(of.found.max(1)),
            of.false_pages
        );
        assert!(f64::from(of.false_pages) <= of_months, "{}: {of:?}", feed.name);
        (planted, found, false_pages) = (planted + of.planted, found + of.found, false_pages + of.false_pages);
        months += of_months;
    }
    let recall = f64::from(found) / f64::from(planted);
    println!(
        "all: {found} of {planted} found, recall {:.1} %; {:.2} false pages per interface and month",
        100.0 * recall,
        f64::from(false_pages) / months
    );
    assert!(planted > 100 && recall >= 0.95, "{found} of {planted}");
    assert!(f64::from(false_pages) <= months);
}

#[test]
fn says_nothing_before_it_knows_enough() {
    let mut history = History::default();
    for hour in 0..14 * 24 - 1 {
        history.set(hour, Some((50, 3)));
    }
    assert_eq!(Profile::learn(&history, &Calendar::default(), 14 * 24 - 1), None);
    history.set(14 * 24 - 1, Some((50, 3)));
    let profile = Profile::learn(&history, &Calendar::default(), 14 * 24).unwrap();
    let at = 14 * DAY_S;
    let judge = |silent| profile.judge(&history, &Calendar::default(), at, at + silent);
    assert_eq!([60, 599, 700].map(judge), [None, None, None]);
    assert!(judge(3_600).is_some_and(|silence| (40.0..=50.0).contains(&silence.expected)));
    let limit = profile.silence_limit_s(&Calendar::default(), at).unwrap();
    assert!((SILENCE_MIN_S..3_600).contains(&limit) && judge(limit).is_some(), "{limit}");
    // A holiday without a Sunday's habit changes nothing; an interface that never sends is never silent.
    let mut nothing = History::default();
    (0..400).for_each(|hour| nothing.set(hour, Some((0, 0))));
    let profile = Profile::learn(&nothing, &Calendar::default(), 400).unwrap();
    assert_eq!(profile.judge(&nothing, &Calendar::default(), 0, 400 * HOUR_S), None);
}
