//! Hours of the week: `Mon-Fri 06:00-20:00`, `Sat, Sun`, `22:00-06:00`.
//!
//! Pure: whoever asks says which time it is there. Promises: what was read is shown as it was written.

use std::{ops::Range, sync::Arc};

/// Minutes of a day.
const DAY: u16 = 24 * 60;
/// Minutes of a week.
const WEEK: u16 = 7 * DAY;
/// 1970-01-01 was a Thursday; a week begins on Monday.
const EPOCH_MINUTE: i64 = 3 * DAY as i64;
/// Spans of one text: more is no habit of anybody.
const SPANS_MAX: usize = 256;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours {
    words: Arc<str>,
    /// Minutes of the week, from Monday 00:00; none: always.
    spans: Vec<Range<u16>>,
}

impl Hours {
    /// Reads days, then the times of day that are meant on them; a day without times is meant as a whole, times without
    /// days every day. `22:00-06:00` goes on into the next morning.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Hours, String> {
        let mut hours = Hours { words: text.into(), spans: Vec::new() };
        let (mut days, mut has_times) = (Vec::new(), false);
        for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
            if word.starts_with(|first: char| first.is_ascii_digit()) {
                let (from, to) = times(word)?;
                let every_day: Vec<u16> = (0..7).collect();
                let meant = if days.is_empty() { &every_day } else { &days };
                meant.iter().for_each(|day| hours.add(*day, from, to));
                has_times = true;
            } else {
                if std::mem::take(&mut has_times) {
                    days.clear();
                }
                days.extend(days_of(word)?);
            }
            if hours.spans.len() > SPANS_MAX {
                return Err(format!("there are more than {SPANS_MAX} spans of time in it"));
            }
        }
        if !has_times {
            days.iter().for_each(|day| hours.add(*day, 0, DAY));
        }
        if hours.spans.is_empty() {
            return Err("it names neither a day nor a time".to_owned());
        }
        Ok(hours)
    }

    fn add(&mut self, day: u16, from: u16, to: u16) {
        let start = day * DAY;
        if from < to {
            self.spans.push(start + from..start + to);
        } else {
            let next = (start + DAY) % WEEK;
            self.spans.extend([start + from..start + DAY, next..next + to]);
        }
    }

    /// It is one of these hours, by seconds since 1970-01-01 00:00 of the place.
    #[must_use]
    pub fn contain(&self, local_s: i64) -> bool {
        let minute = (local_s.div_euclid(60) + EPOCH_MINUTE).rem_euclid(i64::from(WEEK)) as u16;
        self.spans.is_empty() || self.spans.iter().any(|span| span.contains(&minute))
    }

    /// As it was written; empty for always.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.words
    }
}

/// `Mon`, `Mon-Fri`, `Sat-Mon`.
fn days_of(word: &str) -> Result<Vec<u16>, String> {
    let day = |name: &str| {
        let name = name.to_ascii_lowercase();
        let found = DAYS.iter().position(|known| *known == name);
        found.map(|day| day as u16).ok_or_else(|| format!("`{word}` is no day"))
    };
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (day(first)?, day(last)?);
    let count = (last + 7 - first) % 7 + 1;
    Ok((0..count).map(|step| (first + step) % 7).collect())
}

/// `06:00-20:00`, in minutes of the day.
fn times(word: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("`{word}` is no span of the day");
    let time = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        let at = hour * 60 + minute;
        (hour <= 24 && minute < 60 && at <= DAY).then_some(at)
    };
    let (from, to) = word.split_once('-').ok_or_else(wrong)?;
    match (time(from), time(to)) {
        (Some(from), Some(to)) if from != to && from < DAY => Ok((from, to)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday 2026-03-02 00:00.
    const MONDAY_S: i64 = 1_772_409_600;

    #[test]
    fn hours_of_the_week() {
        let check = |text: &str, day: i64, time: &str, expect: bool| {
            let (hour, minute) = time.split_once(':').unwrap();
            let of_day = hour.parse::<i64>().unwrap() * 3_600 + minute.parse::<i64>().unwrap() * 60;
            let hours = Hours::parse(text).unwrap();
            assert_eq!(hours.contain(MONDAY_S + day * 86_400 + of_day), expect, "{text}: day {day}, {time}");
            assert_eq!(hours.as_str(), text);
        };
        let work = "Mon-Fri 06:00-20:00";
        check(work, 0, "05:59", false);
        check(work, 0, "06:00", true);
        check(work, 4, "19:59", true);
        check(work, 4, "20:00", false);
        check(work, 5, "12:00", false);
        check(work, 7, "12:00", true);
        check(work, -3, "12:00", true);
        check(work, -1, "12:00", false);
        let nights = "22:00-06:00";
        check(nights, 2, "23:00", true);
        check(nights, 3, "05:59", true);
        check(nights, 3, "06:00", false);
        check(nights, 0, "00:30", true);
        check("Sun 22:00-06:00", 7, "05:00", true);
        check("Sun 22:00-06:00", 0, "21:00", false);
        check("sat, Sun", 5, "00:00", true);
        check("sat, Sun", 6, "23:59", true);
        check("sat, Sun", 0, "00:00", false);
        let several = "Mon-Thu 06:00-12:00 13:00-18:00, Fri 06:00-12:00; Sat-Sun";
        check(several, 3, "12:30", false);
        check(several, 3, "13:00", true);
        check(several, 4, "13:00", false);
        check(several, 6, "04:00", true);
        check("Sat-Mon", 0, "10:00", true);
        check("Sat-Mon", 1, "10:00", false);
        check("Mon 00:00-24:00", 0, "23:59", true);
    }

    #[test]
    fn always_and_what_is_wrong() {
        assert!(Hours::default().contain(0) && Hours::default().contain(MONDAY_S + 5 * 86_400));
        let check = |text: &str, expect: &str| assert_eq!(Hours::parse(text).unwrap_err(), expect, "{text}");
        check("", "it names neither a day nor a time");
        check(" , ", "it names neither a day nor a time");
        check("Mon-Fry", "`Mon-Fry` is no day");
        check("Monday", "`Monday` is no day");
        check("Mon 6-20", "`6-20` is no span of the day");
        check("06:00", "`06:00` is no span of the day");
        check("06:00-06:00", "`06:00-06:00` is no span of the day");
        check("06:00-25:00", "`06:00-25:00` is no span of the day");
        check("06:60-07:00", "`06:60-07:00` is no span of the day");
        check("24:00-07:00", "`24:00-07:00` is no span of the day");
        check(&"Mon-Sun 01:00-02:00 ".repeat(60), "there are more than 256 spans of time in it");
    }
}
