//! Dates, times and both, with the precision they were written with. No clock, no time zone tables.

use std::cmp::Ordering;
use std::fmt;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemporalKind {
    /// `2024-02`.
    Date,
    /// `2024-02-29T14:30:00Z`; also `2024T`.
    DateTime,
    /// `14:30`.
    Time,
}

/// How much of it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
    /// To the hour.
    Hour,
    /// To the minute.
    Minute,
    /// To the second or a fraction of it.
    Second,
}

/// A date, a time or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Temporal {
    /// Which.
    pub kind: TemporalKind,
    /// How much is known; what is finer is at its least value.
    pub precision: Precision,
    /// 1 to 9999; 0 for a time.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
    /// Nanoseconds.
    pub nanos: u32,
    /// Digits of the fraction of a second as written.
    pub fraction_digits: u8,
    /// Minutes east of UTC, where it is said.
    pub offset: Option<i16>,
}

/// East and west ends of the world's time zones, in minutes.
const OFFSET_EAST: i16 = 14 * 60;
const OFFSET_WEST: i16 = -12 * 60;
const NANOS_A_SECOND: i128 = 1_000_000_000;
/// Years that FHIR and FHIRPath have.
const YEAR_MAX: i64 = 9999;

impl Temporal {
    const START: Temporal = Temporal {
        kind: TemporalKind::Date,
        precision: Precision::Year,
        year: 0,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        nanos: 0,
        fraction_digits: 0,
        offset: None,
    };

    /// A moment in UTC with milliseconds, from milliseconds since 1970.
    #[must_use]
    pub fn from_unix_ms(ms: i64) -> Temporal {
        let (day, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000));
        let mut out = Temporal {
            kind: TemporalKind::DateTime,
            precision: Precision::Second,
            hour: (rest / 3_600_000) as u8,
            minute: (rest / 60_000 % 60) as u8,
            second: (rest / 1000 % 60) as u8,
            nanos: (rest % 1000) as u32 * 1_000_000,
            fraction_digits: 3,
            offset: Some(0),
            ..Temporal::START
        };
        out.set_day(day);
        out
    }

    /// A date as FHIR writes it: `2024`, `2024-02`, `2024-02-29`.
    #[must_use]
    pub fn parse_date(text: &str) -> Option<Temporal> {
        whole(text, Temporal::read_date)
    }

    /// A date, or a date and time: `2024-02-29T14:30:00.5+01:00`.
    #[must_use]
    pub fn parse_date_time(text: &str) -> Option<Temporal> {
        let mut out = whole(text, |text| {
            let (date, length) = Temporal::read_date(text)?;
            match text[length..].strip_prefix('T') {
                Some(rest) => date.read_clock(rest, true).map(|(out, more)| (out, length + 1 + more)),
                None => Some((date, length)),
            }
        })?;
        out.kind = TemporalKind::DateTime;
        Some(out)
    }

    /// A time: `14:30:00`.
    #[must_use]
    pub fn parse_time(text: &str) -> Option<Temporal> {
        whole(text, |text| Temporal::START.read_clock(text, false))
            .map(|out| Temporal { kind: TemporalKind::Time, ..out })
    }

    /// A literal behind its `@`, and how many bytes it has.
    pub(super) fn read_literal(text: &str) -> Option<(Temporal, usize)> {
        if let Some(clock) = text.strip_prefix('T') {
            let (out, length) = Temporal::START.read_clock(clock, false)?;
            return Some((Temporal { kind: TemporalKind::Time, ..out }, length + 1));
        }
        let (date, length) = Temporal::read_date(text)?;
        let Some(rest) = text[length..].strip_prefix('T') else { return Some((date, length)) };
        let (out, more) = date.read_clock(rest, true).unwrap_or((date, 0));
        Some((Temporal { kind: TemporalKind::DateTime, ..out }, length + 1 + more))
    }

    fn read_date(text: &str) -> Option<(Temporal, usize)> {
        let mut out = Temporal { year: number(text, 0, 4)?, ..Temporal::START };
        let mut length = 4;
        if let Some(month) = after(text, 4, b'-').and_then(|at| number(text, at, 2)) {
            (out.month, out.precision, length) = (month as u8, Precision::Month, 7);
            if let Some(day) = after(text, 7, b'-').and_then(|at| number(text, at, 2)) {
                (out.day, out.precision, length) = (day as u8, Precision::Day, 10);
            }
        }
        let is_real = out.year > 0 && (1..=12).contains(&out.month) && out.day > 0 && out.day <= out.month_days();
        is_real.then_some((out, length))
    }

    /// Hour to fraction, and the offset where there may be one.
    fn read_clock(mut self, text: &str, has_offset: bool) -> Option<(Temporal, usize)> {
        (self.hour, self.precision) = (number(text, 0, 2)? as u8, Precision::Hour);
        let mut length = 2;
        if let Some(minute) = after(text, 2, b':').and_then(|at| number(text, at, 2)) {
            (self.minute, self.precision, length) = (minute as u8, Precision::Minute, 5);
            if let Some(second) = after(text, 5, b':').and_then(|at| number(text, at, 2)) {
                (self.second, self.precision, length) = (second as u8, Precision::Second, 8);
                length += self.read_fraction(&text[8..]);
            }
        }
        if has_offset {
            length += self.read_offset(&text[length..])?;
        }
        (self.hour < 24 && self.minute < 60 && self.second < 61).then_some((self, length))
    }

    fn read_fraction(&mut self, text: &str) -> usize {
        let Some(rest) = text.strip_prefix('.') else { return 0 };
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return 0;
        }
        let kept = rest[..digits.min(9)].parse::<u32>().unwrap_or_default();
        self.nanos = kept * 10_u32.pow(9 - digits.min(9) as u32);
        self.fraction_digits = digits.min(9) as u8;
        digits + 1
    }

    fn read_offset(&mut self, text: &str) -> Option<usize> {
        let sign = match text.as_bytes().first() {
            Some(b'Z') => {
                self.offset = Some(0);
                return Some(1);
            }
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Some(0),
        };
        let (hours, minutes) = (number(text, 1, 2)?, after(text, 3, b':').and_then(|at| number(text, at, 2))?);
        self.offset = Some(sign * (hours * 60 + minutes) as i16);
        (hours <= 14 && minutes < 60).then_some(6)
    }

    fn month_days(self) -> u8 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => 31,
        }
    }

    /// Days since 1970-01-01 (Howard Hinnant's civil calendar).
    fn day_number(self) -> i64 {
        let (year, month) = (i64::from(self.year) - i64::from(self.month <= 2), i64::from(self.month));
        let era = year.div_euclid(400);
        let of_era = year - era * 400;
        let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// Sets year, month and day; false past the years there are.
    fn set_day(&mut self, day: i64) -> bool {
        let shifted = day + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        self.day = (of_year - (153 * month + 2) / 5 + 1) as u8;
        self.month = if month < 10 { month + 3 } else { month - 9 } as u8;
        let year = year_of_era + era * 400 + i64::from(self.month <= 2);
        self.year = year.clamp(0, YEAR_MAX) as u16;
        (1..=YEAR_MAX).contains(&year)
    }

    fn nanos_at(self, offset: i16) -> i128 {
        let day = if self.kind == TemporalKind::Time { 0 } else { self.day_number() };
        let minutes = day * 1440 + i64::from(self.hour) * 60 + i64::from(self.minute) - i64::from(offset);
        (i128::from(minutes) * 60 + i128::from(self.second)) * NANOS_A_SECOND + i128::from(self.nanos)
    }

    /// The same moment at UTC, where the offset is known.
    fn at_utc(self) -> Temporal {
        let Some(offset) = self.offset.filter(|offset| *offset != 0) else { return self };
        let minutes = self.day_number() * 1440 + i64::from(self.hour) * 60 + i64::from(self.minute) - i64::from(offset);
        let mut out = Temporal { offset: Some(0), ..self };
        out.set_day(minutes.div_euclid(1440));
        out.hour = (minutes.rem_euclid(1440) / 60) as u8;
        out.minute = (minutes.rem_euclid(60)) as u8;
        out
    }

    /// Which comes first. `None` where they cannot be compared (a time with a date) or what is known does not decide:
    /// different precisions that agree as far as they go, or an offset that only one of them has.
    #[must_use]
    pub fn compare(self, other: Temporal) -> Option<Ordering> {
        if (self.kind == TemporalKind::Time) != (other.kind == TemporalKind::Time) {
            return None;
        }
        let has_clock = |value: Temporal| value.precision >= Precision::Hour && value.kind == TemporalKind::DateTime;
        if has_clock(self) && has_clock(other) && self.offset.is_some() != other.offset.is_some() {
            return self.compare_anywhere(other);
        }
        let (mine, its) =
            if has_clock(self) && has_clock(other) { (self.at_utc(), other.at_utc()) } else { (self, other) };
        let common = mine.precision.min(its.precision);
        let order = mine
            .fields()
            .zip(its.fields())
            .take(common as usize + 1)
            .find_map(|(mine, its)| Some(mine.cmp(&its)).filter(|order| order.is_ne()));
        match order {
            Some(order) => Some(order),
            None if mine.precision == its.precision => Some(Ordering::Equal),
            None => None,
        }
    }

    /// One of the two has no offset: the order holds if it does in every time zone.
    fn compare_anywhere(self, other: Temporal) -> Option<Ordering> {
        let ends = |value: Temporal| match value.offset {
            Some(offset) => (value.nanos_at(offset), value.nanos_at(offset)),
            None => (value.nanos_at(OFFSET_EAST), value.nanos_at(OFFSET_WEST)),
        };
        let (mine, its) = (ends(self), ends(other));
        if mine.1 < its.0 {
            Some(Ordering::Less)
        } else if mine.0 > its.1 {
            Some(Ordering::Greater)
        } else {
            None
        }
    }

    /// Year, month, day, hour, minute, second in nanoseconds, in order of [`Precision`].
    fn fields(self) -> impl Iterator<Item = u64> {
        let second = u64::from(self.second) * 1_000_000_000 + u64::from(self.nanos);
        [self.year.into(), self.month.into(), self.day.into(), self.hour.into(), self.minute.into(), second].into_iter()
    }

    /// Moved by whole months; a day that the month does not have becomes its last one.
    #[must_use]
    pub fn add_months(self, months: i64) -> Option<Temporal> {
        let count = (i64::from(self.year) * 12 + i64::from(self.month) - 1).checked_add(months)?;
        let year = count.div_euclid(12);
        if !(1..=YEAR_MAX).contains(&year) {
            return None;
        }
        let mut out = Temporal { year: year as u16, month: (count.rem_euclid(12) + 1) as u8, ..self };
        out.day = out.day.min(out.month_days());
        Some(out)
    }

    /// Moved by milliseconds. A time goes round the clock.
    #[must_use]
    pub fn add_ms(self, ms: i64) -> Option<Temporal> {
        let day = if self.kind == TemporalKind::Time { 0 } else { self.day_number() };
        let minutes = day * 1440 + i64::from(self.hour) * 60 + i64::from(self.minute);
        let nanos = (i128::from(minutes) * 60 + i128::from(self.second)) * NANOS_A_SECOND + i128::from(self.nanos);
        let moved = nanos + i128::from(ms) * 1_000_000;
        let seconds = i64::try_from(moved.div_euclid(NANOS_A_SECOND)).ok()?;
        let mut out = self;
        out.nanos = moved.rem_euclid(NANOS_A_SECOND) as u32;
        if ms % 1000 != 0 {
            out.fraction_digits = out.fraction_digits.max(3);
        }
        let of_day = seconds.rem_euclid(86_400);
        (out.hour, out.minute, out.second) = ((of_day / 3600) as u8, (of_day / 60 % 60) as u8, (of_day % 60) as u8);
        let is_real = self.kind == TemporalKind::Time || out.set_day(seconds.div_euclid(86_400));
        is_real.then_some(out)
    }

    /// Digits that are known, without signs: `2014-01` has six, milliseconds make it 17.
    #[must_use]
    pub fn digit_count(self) -> u32 {
        let whole = match self.precision {
            Precision::Year => 4,
            Precision::Month => 6,
            Precision::Day => 8,
            Precision::Hour => 10,
            Precision::Minute => 12,
            Precision::Second => 14 + u32::from(self.fraction_digits),
        };
        if self.kind == TemporalKind::Time { whole - 8 } else { whole }
    }

    /// The earliest or latest moment that it can mean, with this many digits.
    #[must_use]
    pub fn boundary(self, digits: u32, is_high: bool) -> Option<Temporal> {
        let mut out = self;
        let known = self.precision;
        // The suite of R4 reads an hour alone as its first minute.
        if is_high {
            if known < Precision::Month {
                out.month = 12;
            }
            if known < Precision::Day {
                out.day = out.month_days();
            }
            if known < Precision::Hour {
                (out.hour, out.minute) = (23, 59);
            }
            if known < Precision::Second {
                out.second = 59;
            }
            if known < Precision::Second || self.fraction_digits < 3 {
                out.nanos = 999_000_000;
            }
        }
        let of_date = if self.kind == TemporalKind::Time { digits + 8 } else { digits };
        out.fraction_digits = 0;
        out.precision = match of_date {
            4 => Precision::Year,
            6 => Precision::Month,
            8 => Precision::Day,
            10 => Precision::Hour,
            12 => Precision::Minute,
            14 => Precision::Second,
            17 => {
                out.fraction_digits = 3;
                Precision::Second
            }
            _ => return None,
        };
        if self.kind == TemporalKind::Date && out.precision > Precision::Day
            || self.kind == TemporalKind::Time && out.precision < Precision::Hour
        {
            return None;
        }
        if self.kind == TemporalKind::DateTime && out.precision >= Precision::Hour && self.offset.is_none() {
            out.offset = Some(if is_high { OFFSET_WEST } else { OFFSET_EAST });
        }
        Some(out)
    }
}

impl fmt::Display for Temporal {
    /// As FHIR writes it: `2024-02-29T14:30:00+01:00`, `14:30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precision = self.precision;
        if self.kind != TemporalKind::Time {
            write!(f, "{:04}", self.year)?;
            if precision >= Precision::Month {
                write!(f, "-{:02}", self.month)?;
            }
            if precision >= Precision::Day {
                write!(f, "-{:02}", self.day)?;
            }
            if precision >= Precision::Hour {
                f.write_str("T")?;
            }
        }
        if precision >= Precision::Hour {
            write!(f, "{:02}", self.hour)?;
        }
        if precision >= Precision::Minute {
            write!(f, ":{:02}", self.minute)?;
        }
        if precision >= Precision::Second {
            write!(f, ":{:02}", self.second)?;
            if self.fraction_digits > 0 {
                let digits = format!("{:09}", self.nanos);
                write!(f, ".{}", &digits[..usize::from(self.fraction_digits)])?;
            }
        }
        match self.offset {
            Some(0) => f.write_str("Z"),
            Some(offset) if precision >= Precision::Hour => {
                let sign = if offset < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn whole(text: &str, read: impl Fn(&str) -> Option<(Temporal, usize)>) -> Option<Temporal> {
    // Bytes are looked at one by one, and only ASCII has a meaning here.
    text.is_ascii().then(|| read(text))?.filter(|(_, length)| *length == text.len()).map(|(out, _)| out)
}

fn after(text: &str, at: usize, byte: u8) -> Option<usize> {
    (text.as_bytes().get(at) == Some(&byte)).then_some(at + 1)
}

fn number(text: &str, at: usize, digits: usize) -> Option<u16> {
    let part = text.as_bytes().get(at..at + digits)?;
    part.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))
}
