//! What values look like and how they compare: numbers, dates and times of HL7.
//!
//! Promises: the form is looked at without allocation; a value that has not the form of its type compares to nothing.

use super::expression::{Manner, Operator};
use super::model::Format;
use std::{borrow::Cow, cmp::Ordering};

/// The value has the form of its type (HL7 v2.9 §2.A: NM, SI, DT, TM, DTM).
pub(super) fn fits(format: Format, text: &str) -> bool {
    match format {
        Format::Text => true,
        Format::Number => is_number(text),
        Format::SequenceId => text.len() <= 10 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        Format::Date => matches!(text.len(), 4 | 6 | 8) && Moment::read(text, false).is_some(),
        Format::Time => is_time(text),
        Format::DateTime => Moment::read(text, true).is_some(),
    }
}

/// What the form is, for people.
pub(super) fn form(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Number => "a number: digits, with a sign in front and a decimal point where needed",
        Format::SequenceId => "a sequence number: digits only",
        Format::Date => "a date: YYYY, YYYYMM or YYYYMMDD",
        Format::Time => "a time: HH[MM[SS[.SSSS]]][+/-ZZZZ]",
        Format::DateTime => "a date and time: YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+/-ZZZZ]",
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && all(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// An offset to UTC in minutes, `+/-ZZZZ`.
fn offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes() {
        [b'+', _, _, _, _] => 1,
        [b'-', _, _, _, _] => -1,
        _ => return None,
    };
    let (hours, minutes) = (number(&text[1..3], 0, 23)?, number(&text[3..5], 0, 59)?);
    Some(sign * (hours * 60 + minutes))
}

fn number(text: &str, low: i64, high: i64) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| (low..=high).contains(number))
}

fn is_time(text: &str) -> bool {
    let (time, zone) = split_zone(text);
    if zone.is_some_and(|zone| offset(zone).is_none()) {
        return false;
    }
    time_of_day(time).is_some()
}

fn split_zone(text: &str) -> (&str, Option<&str>) {
    match text.find(['+', '-']) {
        Some(at) => (&text[..at], Some(&text[at..])),
        None => (text, None),
    }
}

/// `HH[MM[SS[.SSSS]]]` in ten-thousandths of a second.
fn time_of_day(text: &str) -> Option<i64> {
    let (time, fraction) = match text.split_once('.') {
        Some((time, fraction)) if time.len() == 6 && (1..=4).contains(&fraction.len()) => (time, fraction),
        Some(_) => return None,
        None => (text, ""),
    };
    if !time.is_ascii() || !matches!(time.len(), 2 | 4 | 6) {
        return None;
    }
    let part = |at: usize, high: i64| if time.len() > at { number(&time[at..at + 2], 0, high) } else { Some(0) };
    let seconds = part(0, 23)? * 3_600 + part(2, 59)? * 60 + part(4, 59)?;
    let fraction = if fraction.is_empty() {
        0
    } else {
        number(fraction, 0, 9_999)? * 10_i64.pow(4 - u32::try_from(fraction.len()).unwrap_or(4))
    };
    Some(seconds * 10_000 + fraction)
}

/// A point in time as a message says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Ten-thousandths of a second; missing parts are their lowest.
    ticks: i64,
    /// Minutes to UTC, where said.
    zone: Option<i64>,
    /// Digits in front of a fraction: 4 for a year to 14 for a second.
    pub(super) precision: usize,
}

impl Moment {
    /// Reads a date, with a time and an offset where `has_time`.
    pub(super) fn read(text: &str, has_time: bool) -> Option<Moment> {
        let (digits, zone) = split_zone(text);
        let zone = match zone {
            Some(zone) if has_time => Some(offset(zone)?),
            Some(_) => return None,
            None => None,
        };
        if !digits.is_ascii() || digits.len() < 4 {
            return None;
        }
        let (date, time) = digits.split_at(digits.len().min(8));
        if !matches!(date.len(), 4 | 6 | 8) || !(has_time || time.is_empty()) {
            return None;
        }
        let year = number(&date[..4], 0, 9_999)?;
        let month = if date.len() > 4 { number(&date[4..6], 1, 12)? } else { 1 };
        let day = if date.len() > 6 { number(&date[6..8], 1, days_of(year, month))? } else { 1 };
        let time = if time.is_empty() { 0 } else { time_of_day(time)? };
        let precision = digits.split('.').next().map_or(0, str::len);
        Some(Moment { ticks: days(year, month, day) * 864_000_000 + time, zone, precision })
    }

    /// Earlier, equal or later. Where only one says its offset, both are read as in the same place.
    pub(super) fn compare(&self, other: &Moment) -> Ordering {
        let utc = |of: &Moment| of.ticks - of.zone.unwrap_or(0) * 600_000;
        if self.zone.is_some() && other.zone.is_some() {
            utc(self).cmp(&utc(other))
        } else {
            self.ticks.cmp(&other.ticks)
        }
    }
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 0000-03-01 of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (month * 153 + 2) / 5 + day - 1
}

/// Compares two values as those of one type; `None` when one of them has not its form.
fn compare(format: Format, is_cut: bool, first: &str, second: &str) -> Option<Ordering> {
    let (first, second) = if is_cut { cut(format, first, second) } else { (first.into(), second.into()) };
    match format {
        Format::Number | Format::SequenceId => {
            if !(is_number(&first) && is_number(&second)) {
                return None;
            }
            first.parse::<f64>().ok()?.partial_cmp(&second.parse::<f64>().ok()?)
        }
        Format::Date | Format::DateTime => Some(Moment::read(&first, true)?.compare(&Moment::read(&second, true)?)),
        Format::Time => {
            let ticks = |text: &str| time_of_day(split_zone(text).0);
            Some(ticks(&first)?.cmp(&ticks(&second)?))
        }
        Format::Text => Some(first.to_lowercase().cmp(&second.to_lowercase())),
    }
}

/// Two values, the longer one as far as the shorter one goes: of numbers the fractions, of times what is in front of the
/// offset.
fn cut<'v>(format: Format, first: &'v str, second: &'v str) -> (Cow<'v, str>, Cow<'v, str>) {
    let parts = |text: &'v str| match format {
        Format::Number | Format::SequenceId => {
            let at = text.find('.').map_or(text.len(), |point| point + 1);
            (&text[..at], &text[at..], "")
        }
        Format::Date | Format::Time | Format::DateTime => {
            let (digits, zone) = split_zone(text);
            ("", digits, zone.unwrap_or(""))
        }
        Format::Text => ("", text, ""),
    };
    let (one, other) = (parts(first), parts(second));
    let length = one.1.chars().count().min(other.1.chars().count());
    let taken = |(before, within, behind): (&str, &str, &str)| {
        let within: String = within.chars().take(length).collect();
        Cow::Owned(format!("{before}{within}{behind}"))
    };
    (taken(one), taken(other))
}

impl Operator {
    /// Whether two values of one type stand to one another like this; `None` when one of them has not the form of the type.
    pub(super) fn takes(self, format: Format, manner: Manner, first: &str, second: &str) -> Option<bool> {
        let ordering = compare(format, manner.is_cut, first, second)?;
        let is_same = ordering.is_eq() && (!manner.is_exact || first == second);
        Some(match self {
            Operator::Equal => is_same,
            Operator::NotEqual => !is_same,
            Operator::Greater => ordering.is_gt(),
            Operator::Less => ordering.is_lt(),
            Operator::GreaterOrEqual => ordering.is_gt() || is_same,
            Operator::LessOrEqual => ordering.is_lt() || is_same,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let check = |format: Format, good: &[&str], bad: &[&str]| {
            for text in good {
                assert!(fits(format, text), "{format:?} {text}");
            }
            for text in bad {
                assert!(!fits(format, text), "{format:?} {text}");
            }
        };
        check(Format::Number, &["1", "-1.5", "+0.20", "5.", ".5"], &["", ".", "1e5", "1,5", " 1", "--1", "1.2.3"]);
        check(Format::SequenceId, &["1", "0012"], &["", "-1", "1.0", "A", "12345678901"]);
        check(
            Format::Date,
            &["2024", "202402", "20240229"],
            &["20230229", "20241301", "2024013", "20240101120000", "24", "2024+0100"],
        );
        check(Format::Time, &["12", "1259", "125959.9999", "1200+0100"], &["", "24", "12:00", "1200+2500", "12.5"]);
        check(
            Format::DateTime,
            &["2024", "20240229", "2024022912", "20240229123456.1-0500", "2024+0100"],
            &["2024022924", "202402291", "20240229123456.12345", "20240431", "2024-01-01", "abcd", "é024"],
        );
    }

    #[test]
    fn comparisons() {
        let check = |format: Format, first: &str, second: &str, expect: Option<Ordering>| {
            assert_eq!(compare(format, false, first, second), expect, "{format:?} {first} {second}");
        };
        check(Format::DateTime, "20240101120000+0100", "20240101110000+0000", Some(Ordering::Equal));
        check(Format::DateTime, "20240101", "20231231235959", Some(Ordering::Greater));
        check(Format::DateTime, "20240301", "20240229", Some(Ordering::Greater));
        check(Format::DateTime, "x", "2024", None);
        check(Format::Number, "1.0", "1", Some(Ordering::Equal));
        check(Format::Number, "10", "9", Some(Ordering::Greater));
        check(Format::Number, "ten", "9", None);
        check(Format::Text, "10", "9", Some(Ordering::Less));
        check(Format::Text, "ab", "AB", Some(Ordering::Equal));
    }

    #[test]
    fn operators() {
        let check = |format: Format, (is_exact, is_cut): (bool, bool), first: &str, second: &str, expect: [bool; 6]| {
            let all = [
                Operator::Equal,
                Operator::NotEqual,
                Operator::Greater,
                Operator::Less,
                Operator::GreaterOrEqual,
                Operator::LessOrEqual,
            ];
            let manner = Manner { is_exact, is_cut };
            let found = all.map(|operator| operator.takes(format, manner, first, second).unwrap());
            assert_eq!(found, expect, "{format:?} {manner:?} {first} {second}");
        };
        let (same, less) = ([true, false, false, false, true, true], [false, true, false, true, false, true]);
        let none = [false, true, false, false, false, false];
        let (plain, exact, cut) = ((false, false), (true, false), (false, true));
        check(Format::Number, plain, "1.0", "1", same);
        check(Format::Number, exact, "1.0", "1", none);
        check(Format::Number, exact, "9", "10", less);
        check(Format::Number, cut, "2.25", "2.2", same);
        check(Format::Number, cut, "2.25", "2", same);
        check(Format::Number, cut, "2.25", "2.3", less);
        check(Format::Number, cut, "12", "123", less);
        check(Format::Date, plain, "202403", "20240301", same);
        check(Format::Date, cut, "202403", "20240331", same);
        check(Format::Date, cut, "202402", "20240301", less);
        check(Format::DateTime, cut, "20240301", "202403011530+0100", same);
        check(Format::DateTime, cut, "20240301123000.5+0100", "20240301123000.59+0100", same);
        check(Format::DateTime, plain, "20240301", "202403011530", less);
        check(Format::Time, cut, "1530", "153059", same);
        check(Format::Text, plain, "Ab", "aB", same);
        check(Format::Text, exact, "Ab", "aB", none);
        check(Format::Text, cut, "Maximilian", "max", same);
        check(Format::Text, (true, true), "Maximilian", "Max", none);
        assert_eq!(Operator::NotEqual.takes(Format::Number, Manner::default(), "x", "1"), None);
    }
}
