//! Synthetic histories: quiet ones that must stay quiet, and breaks that must be found, by hours.

use super::*;

const HOUR_S: i64 = 3_600;
/// A Thursday, 2026-01-01 00:00 UTC.
const START_S: i64 = 1_767_225_600;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
    fn hits(&mut self, of: u64, rate: f64) -> u64 {
        (0..of).filter(|_| self.next() < rate).count() as u64
    }
}

/// An hour of the week: how many cases, and the share.
type Shape = fn(i64, &mut Dice) -> (f64, f64);

fn point(hour: i64, hits: u64, of: u64) -> Point {
    Point { start_s: START_S + hour * HOUR_S, span_s: HOUR_S, hits, of }
}

fn history(hours: i64, dice: &mut Dice, shape: impl Fn(i64, &mut Dice) -> (f64, f64)) -> Vec<Point> {
    (0..hours)
        .map(|hour| {
            let (of, rate) = shape(hour, dice);
            let of = (of * (0.7 + 0.6 * dice.next())) as u64;
            point(hour, dice.hits(of, rate), of)
        })
        .collect()
}

fn hour_of_day(hour: i64) -> i64 {
    hour % 24
}

fn is_weekend(hour: i64) -> bool {
    matches!(hour / 24 % 7, 2 | 3)
}

/// What quiet senders look like.
const QUIET: &[(&str, Shape)] = &[
    ("always filled", |_, _| (40.0, 1.0)),
    ("nearly always filled", |_, _| (40.0, 0.998)),
    ("filled in half", |_, _| (40.0, 0.5)),
    ("never filled", |_, _| (40.0, 0.0)),
    ("three messages an hour", |_, _| (3.0, 0.97)),
    ("a message a day", |hour, _| (if hour_of_day(hour) == 9 { 1.5 } else { 0.0 }, 0.9)),
    ("nights differ", |hour, _| if hour_of_day(hour) < 6 { (8.0, 0.55) } else { (60.0, 0.95) }),
    ("weekends differ", |hour, _| if is_weekend(hour) { (15.0, 0.40) } else { (60.0, 0.90) }),
    ("nothing at night, little at weekends", |hour, _| {
        (
            if hour_of_day(hour) < 6 {
                0.0
            } else if is_weekend(hour) {
                2.0
            } else {
                90.0
            },
            0.85,
        )
    }),
    ("hours scatter more than chance", |_, dice| (50.0, 0.70 + 0.25 * dice.next())),
    ("bursts of one patient", |_, dice| (50.0, if dice.next() < 0.05 { 0.6 } else { 0.9 })),
];

#[test]
fn a_quiet_year_raises_no_alarm() {
    let mut alarms = Vec::new();
    for (name, shape) in QUIET {
        for seed in 1..=2_u64 {
            let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let year = history(365 * 24, &mut dice, shape);
            // As the engine sees it: the last fifteen days by hours, a look every seven hours, so at every hour of the day.
            for end in (1..=year.len()).step_by(7) {
                let seen = &year[end.saturating_sub(15 * 24)..end];
                if let Some(shift) = detect(seen, Of::Good, Settings::default()) {
                    alarms.push((*name, seed, end, shift));
                }
            }
        }
    }
    assert!(alarms.is_empty(), "{} alarms, such as {:?}", alarms.len(), &alarms[..alarms.len().min(4)]);
}

/// Hours from a break to the alarm, and what the alarm said.
fn found(shape: impl Fn(i64, &mut Dice) -> (f64, f64), of: Of, hours_max: i64, begin: i64) -> Option<(i64, Shift)> {
    let mut dice = Dice(77);
    let all = history(begin + hours_max, &mut dice, shape);
    (begin..begin + hours_max).find_map(|hour| {
        let end = usize::try_from(hour + 1).unwrap();
        detect(&all[end.saturating_sub(15 * 24)..end], of, Settings::default()).map(|shift| (hour + 1 - begin, shift))
    })
}

#[test]
fn breaks_are_found_soon_and_dated() {
    const BREAK: i64 = 12 * 24 + 14;
    // Cases an hour, share before and after; found within so many hours, dated within so many of the truth.
    let check = |of: f64, before: f64, after: f64, within: i64, slack: i64| {
        let shape = |hour: i64, _: &mut Dice| (of, if hour < BREAK { before } else { after });
        let (hours, shift) = found(shape, Of::Good, 7 * 24, BREAK)
            .unwrap_or_else(|| panic!("{of} an hour, {before} to {after}: not found"));
        assert!(hours <= within, "{of} an hour, {before} to {after}: found after {hours} hours");
        let off = (shift.since_s - START_S) / HOUR_S - BREAK;
        assert!(off.abs() <= slack, "{of} an hour, {before} to {after}: dated {off} hours off");
    };
    check(40.0, 0.998, 0.0, 1, 0);
    check(40.0, 0.998, 0.61, 2, 0);
    check(3.0, 0.97, 0.0, 8, 1);
    check(3.0, 0.97, 0.5, 24, 3);
    check(40.0, 0.95, 0.85, 18, 4);
    check(40.0, 0.5, 0.2, 6, 2);
    check(40.0, 0.99, 0.95, 24, 6);
    // A field that is filled from now on is a change too.
    check(40.0, 0.0, 1.0, 1, 0);
}

#[test]
fn faults_that_begin_are_found() {
    const BREAK: i64 = 12 * 24 + 14;
    let shape = |hour: i64, _: &mut Dice| (60.0, if hour < BREAK { 0.001 } else { 0.06 });
    let (hours, _) = found(shape, Of::Fault, 48, BREAK).expect("a new code in six of a hundred");
    assert!(hours <= 12, "{hours}");
}

#[test]
fn a_break_at_night_is_found_though_nights_differ() {
    const BREAK: i64 = 12 * 24 + 2;
    let shape = |hour: i64, _: &mut Dice| match hour_of_day(hour) < 6 {
        _ if hour >= BREAK => (30.0, 0.0),
        true => (30.0, 0.55),
        false => (60.0, 0.95),
    };
    let (hours, _) = found(shape, Of::Good, 24, BREAK).expect("found");
    assert!(hours <= 8, "{hours}");
}

#[test]
fn what_is_no_change() {
    let mut dice = Dice(5);
    let mut check = |name: &str, hours: i64, shape: &dyn Fn(i64) -> (f64, f64)| {
        let points = history(hours, &mut dice, |hour, _| shape(hour));
        assert_eq!(detect(&points, Of::Good, Settings::default()), None, "{name}");
    };
    check("nothing", 0, &|_| (0.0, 0.0));
    check("too little history for half a break", 6 * 24, &|hour| (40.0, if hour < 5 * 24 { 0.95 } else { 0.70 }));
    check("no history", 20, &|hour| (40.0, if hour < 10 { 1.0 } else { 0.0 }));
    check("few messages", 12 * 24 + 1, &|hour| if hour < 12 * 24 { (40.0, 1.0) } else { (3.0, 0.0) });
    check("it has healed", 13 * 24, &|hour| (40.0, if (280..290).contains(&hour) { 0.0 } else { 1.0 }));
    check("a difference that nobody would call one", 13 * 24, &|hour| {
        (4_000.0, if hour < 280 { 0.999 } else { 0.985 })
    });
    check("long ago", 15 * 24, &|hour| (40.0, if hour < 7 * 24 { 1.0 } else { 0.0 }));
}

#[test]
fn a_break_after_a_day_is_found() {
    let points: Vec<Point> =
        (0..30).map(|hour| if hour < 28 { point(hour, 39, 40) } else { point(hour, 1, 40) }).collect();
    let shift = detect(&points, Of::Good, Settings::default()).expect("nearly all is gone");
    assert_eq!(shift.since_s, START_S + 28 * HOUR_S);
    assert_eq!((shift.before, shift.after), (Share { hits: 28 * 39, of: 28 * 40 }, Share { hits: 2, of: 80 }));
}
