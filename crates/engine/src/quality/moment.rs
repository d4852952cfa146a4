//! Dates and times of messages as numbers that compare: `YYYY[MM[DD[HH[MM[SS[.S…]]]]]][+/-ZZZZ]`. Pure.
//!
//! Promises: no allocation; `None` for what is no date. What a value does not say counts as its first moment, and how much
//! it says is kept, so that a birth in `1970` is not "after" an admission in `19700101`.

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;

/// A moment as a sender wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Seconds since 1970 of the written time, without regard to its offset.
    pub(crate) wall_s: i64,
    /// Its offset from UTC in seconds, where it says one.
    pub(crate) offset_s: Option<i64>,
    /// How much it leaves open: a year, a month, a day; 0 for a time.
    pub(crate) span_s: i64,
}

fn pair(raw: &[u8]) -> Option<i64> {
    match raw {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some(i64::from(tens - b'0') * 10 + i64::from(ones - b'0')),
        _ => None,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl Moment {
    pub(crate) fn read(raw: &[u8]) -> Option<Moment> {
        let raw = raw.trim_ascii();
        let cut = raw.iter().position(|byte| matches!(byte, b'+' | b'-')).unwrap_or(raw.len());
        let (text, zone) = raw.split_at(cut);
        let whole = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
        let text = &text[..whole];
        let part = |at: usize, low: i64, high: i64, unsaid: i64| match text.get(at..) {
            Some([]) | None => Some(unsaid),
            Some(rest) => pair(rest).filter(|number| (low..=high).contains(number)),
        };
        if !matches!(text.len(), 4 | 6 | 8 | 10 | 12 | 14) {
            return None;
        }
        let year = pair(text)? * 100 + pair(&text[2..])?;
        let (month, day) = (part(4, 1, 12, 1)?, part(6, 1, 31, 1)?);
        let (hour, minute, second) = (part(8, 0, 23, 0)?, part(10, 0, 59, 0)?, part(12, 0, 60, 0)?);
        let days_open = match text.len() {
            4 => days(year + 1, 1, 1) - days(year, 1, 1),
            6 if month == 12 => 31,
            6 => days(year, month + 1, 1) - days(year, month, 1),
            8 => 1,
            _ => 0,
        };
        let wall_s = days(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
        Some(Moment { wall_s, offset_s: offset(zone), span_s: days_open * DAY_S })
    }

    /// Seconds since 1970 in UTC; a value without an offset is of the zone that is given.
    pub(crate) fn utc_s(self, local_offset_s: i64) -> i64 {
        self.wall_s - self.offset_s.unwrap_or(local_offset_s)
    }

    /// It is certainly before the other, whatever both leave open.
    pub(crate) fn is_before(self, other: Moment) -> bool {
        let (own, others) = match (self.offset_s, other.offset_s) {
            (Some(own), Some(others)) if self.span_s == 0 && other.span_s == 0 => (own, others),
            (None, None) => (0, 0),
            // Days have no zone worth a word, and a time without one may be of any.
            (Some(_), None) | (None, Some(_)) if self.span_s == 0 && other.span_s == 0 => (0, DAY_S),
            (Some(_) | None, Some(_) | None) => (0, 0),
        };
        let (own, others) = (self.wall_s + self.span_s - own, other.wall_s - others);
        if self.span_s == 0 { own < others } else { own <= others }
    }
}

fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, digits) = zone.split_first()?;
    let seconds = pair(digits)? * 3_600 + pair(digits.get(2..)?)? * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        let check = |text: &str, expect: Option<(i64, Option<i64>, i64)>| {
            let found =
                Moment::read(text.as_bytes()).map(|moment| (moment.wall_s, moment.offset_s, moment.span_s / DAY_S));
            assert_eq!(found, expect, "{text}");
        };
        check("1970", Some((0, None, 365)));
        check("197002", Some((31 * DAY_S, None, 28)));
        check("20000229", Some((951_782_400, None, 1)));
        check("20260301070809.123+0100", Some((1_772_348_889, Some(3_600), 0)));
        check("202603010708-0530", Some((1_772_348_880, Some(-19_800), 0)));
        check("19691231", Some((-DAY_S, None, 1)));
        for none in ["", "20261301", "2026030", "today", "20260301 0708", "\"\"", "1/2/2026"] {
            check(none, None);
        }
    }

    #[test]
    fn compares_by_what_both_say() {
        let check = |a: &str, b: &str, expect: bool| {
            let read = |text: &str| Moment::read(text.as_bytes()).unwrap();
            assert_eq!(read(a).is_before(read(b)), expect, "{a} before {b}");
        };
        check("20260301", "20260302", true);
        check("20260301", "202603011200", false);
        check("202603011159", "202603011200", true);
        check("1970", "19700601", false);
        check("1970", "19710101", true);
        check("1972", "19721231", false);
        check("19790601", "1980", true);
        check("1979", "1980", true);
        check("197001", "19700215", true);
        check("202603011200+0000", "202603011230+0100", false);
        check("202603011200+0000", "202603011330+0100", true);
        check("202603011200", "202603012300+0000", false);
    }
}
