//! Dates and times as HL7 writes them: as exact as they were given, with the offset they were given.
//!
//! Owns reading and writing DTM (HL7 v2.9 §2A.3.22), ISO 8601, and formats that an analyst spells out. Never guesses a
//! missing part, never changes an offset unless told the zone.

mod pattern;

pub use pattern::Pattern;

use jiff::civil;
use std::cmp::Ordering;

/// How exact a time is: the last part that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// `2026`
    Year,
    /// `202603`
    Month,
    /// `20260301`
    Day,
    /// `2026030107`
    Hour,
    /// `202603010708`
    Minute,
    /// `20260301070809`
    Second,
    /// `20260301070809.123`, with 1 to 9 digits.
    Fraction(u8),
}

/// A date or time. Parts beyond the precision are at their lowest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dtm {
    /// The parts.
    pub at: civil::DateTime,
    /// How many of them count.
    pub precision: Precision,
    /// Minutes east of UTC, if given.
    pub offset: Option<i16>,
}

impl Dtm {
    /// Reads a DTM (`20260301070809.123+0100`) or ISO 8601 (`2026-03-01T07:08:09.123+01:00`), by their shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Dtm> {
        let text = text.trim();
        if !text.is_ascii() || text.len() > 40 {
            return None;
        }
        if text.as_bytes().get(4) == Some(&b'-')
            && text.len() >= 7
            && text.as_bytes()[5].is_ascii_digit()
            && !is_hl7_offset(text)
        {
            return read_iso(text);
        }
        read_hl7(text)
    }

    /// From parts; `None` when there is no such day or time.
    #[must_use]
    pub fn new(parts: Parts, precision: Precision, offset: Option<i16>) -> Option<Dtm> {
        let narrow = |value: u32| i8::try_from(value).ok();
        let at = civil::DateTime::new(
            i16::try_from(parts.year).ok()?,
            narrow(parts.month)?,
            narrow(parts.day)?,
            narrow(parts.hour)?,
            narrow(parts.minute)?,
            // A leap second is read as the second before it: no calendar library counts it.
            narrow(if parts.second == 60 { 59 } else { parts.second })?,
            i32::try_from(parts.nanosecond).ok()?,
        )
        .ok()?;
        let is_offset_real = offset.is_none_or(|minutes| (-14 * 60..=14 * 60).contains(&minutes));
        (parts.year >= 1 && is_offset_real).then_some(Dtm { at, precision, offset })
    }

    /// As HL7 writes it, with all the precision there is.
    #[must_use]
    pub fn to_hl7(&self) -> String {
        let at = &self.at;
        let mut out = String::with_capacity(TEXT_BYTES_MAX);
        push_year(&mut out, at.year());
        let parts = [at.month(), at.day(), at.hour(), at.minute(), at.second()];
        for part in &parts[..self.parts_after_year()] {
            push_two(&mut out, *part);
        }
        self.write_fraction(&mut out);
        if let Some(minutes) = self.offset {
            push_offset(&mut out, minutes, "");
        }
        out
    }

    /// As ISO 8601 and FHIR write it. A time to the hour is written with minutes, which ISO needs beside an offset.
    #[must_use]
    pub fn to_iso(&self) -> String {
        let mut out = String::with_capacity(TEXT_BYTES_MAX);
        self.write_iso(&mut out);
        out
    }

    /// [`Dtm::to_iso`] behind a text.
    pub fn write_iso(&self, out: &mut String) {
        let at = &self.at;
        push_year(out, at.year());
        if self.precision >= Precision::Month {
            out.push('-');
            push_two(out, at.month());
        }
        if self.precision >= Precision::Day {
            out.push('-');
            push_two(out, at.day());
        }
        if self.precision >= Precision::Hour {
            out.push('T');
            push_two(out, at.hour());
            out.push(':');
            push_two(out, at.minute());
            if self.precision >= Precision::Second {
                out.push(':');
                push_two(out, at.second());
            }
            self.write_fraction(out);
            match self.offset {
                Some(0) => out.push('Z'),
                Some(minutes) => push_offset(out, minutes, ":"),
                None => {}
            }
        }
    }

    /// The same time, no more exact than `precision`; without an offset when no time of day is left.
    #[must_use]
    pub fn truncated(&self, precision: Precision) -> Dtm {
        if self.precision <= precision {
            return *self;
        }
        let at = &self.at;
        let keep = |from: Precision, value: i8, lowest: i8| if precision >= from { value } else { lowest };
        let at = civil::DateTime::new(
            at.year(),
            keep(Precision::Month, at.month(), 1),
            keep(Precision::Day, at.day(), 1),
            keep(Precision::Hour, at.hour(), 0),
            keep(Precision::Minute, at.minute(), 0),
            keep(Precision::Second, at.second(), 0),
            match precision {
                Precision::Fraction(digits) => {
                    let unit = 10_i32.pow(u32::from(9 - digits.min(9)));
                    at.subsec_nanosecond() / unit * unit
                }
                _ => 0,
            },
        )
        .unwrap_or(*at);
        let offset = if precision >= Precision::Hour { self.offset } else { None };
        Dtm { at, precision, offset }
    }

    /// Earlier, later, or the same as far as both are exact. With an offset on both sides moments are compared, else
    /// what the clocks on the wall said.
    #[must_use]
    pub fn compare(&self, other: &Dtm) -> Ordering {
        let common = self.precision.min(other.precision);
        let (left, right) = match (self.offset, other.offset) {
            (Some(_), Some(_)) if common >= Precision::Hour => (self.in_utc(), other.in_utc()),
            _ => (*self, *other),
        };
        left.truncated(common).at.cmp(&right.truncated(common).at)
    }

    fn in_utc(self) -> Dtm {
        let minutes = i64::from(self.offset.unwrap_or(0));
        let at = self.at.checked_sub(jiff::Span::new().minutes(minutes)).unwrap_or(self.at);
        Dtm { at, offset: Some(0), ..self }
    }

    fn parts_after_year(&self) -> usize {
        match self.precision {
            Precision::Year => 0,
            Precision::Month => 1,
            Precision::Day => 2,
            Precision::Hour => 3,
            Precision::Minute => 4,
            Precision::Second | Precision::Fraction(_) => 5,
        }
    }

    fn write_fraction(&self, out: &mut String) {
        if let Precision::Fraction(digits) = self.precision {
            out.push('.');
            let mut rest = self.at.subsec_nanosecond().unsigned_abs();
            let mut unit = 100_000_000;
            for _ in 0..digits.clamp(1, 9) {
                push_digit(out, rest / unit);
                rest %= unit;
                unit = (unit / 10).max(1);
            }
        }
    }
}

/// The longest that a time is as text: `2026-03-01T07:08:09.123456789+01:00`.
const TEXT_BYTES_MAX: usize = 35;

fn push_digit(out: &mut String, digit: u32) {
    out.push(char::from(b'0' + (digit % 10) as u8));
}

fn push_two(out: &mut String, value: i8) {
    let value = u32::from(value.unsigned_abs());
    push_digit(out, value / 10);
    push_digit(out, value);
}

/// Four digits; years are from 1 to 9999.
fn push_year(out: &mut String, year: i16) {
    let year = u32::from(year.unsigned_abs());
    [year / 1000, year / 100, year / 10, year].into_iter().for_each(|digit| push_digit(out, digit));
}

fn push_offset(out: &mut String, minutes: i16, between: &str) {
    out.push(if minutes < 0 { '-' } else { '+' });
    // At most fourteen hours.
    let (hours, minutes) = (minutes.abs() / 60, minutes.abs() % 60);
    push_two(out, i8::try_from(hours).unwrap_or_default());
    out.push_str(between);
    push_two(out, i8::try_from(minutes).unwrap_or_default());
}

/// The numbers of a time before they are checked.
#[derive(Clone, Copy, Debug)]
pub struct Parts {
    /// From 1.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 60.
    pub second: u32,
    /// Fraction of the second.
    pub nanosecond: u32,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts { year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 }
    }
}

/// `2026-0500`: a year with an offset, which begins like an ISO date.
fn is_hl7_offset(text: &str) -> bool {
    text.len() == 9 && text.bytes().skip(5).all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None };
    }
    text.bytes().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Nanoseconds and precision of the digits after the point.
fn fraction(digits: &str) -> Option<(u32, Precision)> {
    let count = u8::try_from(digits.len()).ok().filter(|count| (1..=9).contains(count))?;
    let value = number(digits)? * 10_u32.pow(u32::from(9 - count));
    Some((value, Precision::Fraction(count)))
}

/// `+0100`, `-0500`.
fn offset_minutes(text: &str) -> Option<i16> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text.get(1..)?;
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes) = (number(digits.get(..2)?)?, number(digits.get(2..)?)?);
    (minutes < 60).then(|| i16::try_from(hours * 60 + minutes).ok()).flatten().map(|minutes| sign * minutes)
}

fn read_hl7(text: &str) -> Option<Dtm> {
    let (stamp, zone) = match text.find(['+', '-']) {
        Some(position) => (&text[..position], Some(&text[position..])),
        None => (text, None),
    };
    let offset = match zone {
        Some(zone) => Some(offset_minutes(zone)?),
        None => None,
    };
    let (digits, point) = match stamp.split_once('.') {
        Some((digits, point)) => (digits, Some(point)),
        None => (stamp, None),
    };
    let mut parts = Parts { year: number(digits.get(..4)?)?, ..Parts::default() };
    let mut precision = Precision::Year;
    let rest = digits.get(4..)?;
    if rest.len() % 2 != 0 || rest.len() > 10 {
        return None;
    }
    let places: [(&mut u32, Precision); 5] = [
        (&mut parts.month, Precision::Month),
        (&mut parts.day, Precision::Day),
        (&mut parts.hour, Precision::Hour),
        (&mut parts.minute, Precision::Minute),
        (&mut parts.second, Precision::Second),
    ];
    for (index, (place, reached)) in places.into_iter().enumerate().take(rest.len() / 2) {
        *place = number(rest.get(index * 2..index * 2 + 2)?)?;
        precision = reached;
    }
    if let Some(point) = point {
        if precision != Precision::Second {
            return None;
        }
        (parts.nanosecond, precision) = fraction(point)?;
    }
    Dtm::new(parts, precision, offset)
}

fn read_iso(text: &str) -> Option<Dtm> {
    let (date, time) = match text.find(['T', ' ']) {
        Some(position) => (&text[..position], Some(&text[position + 1..])),
        None => (text, None),
    };
    let mut parts = Parts::default();
    let mut precision = Precision::Year;
    let mut pieces = date.split('-');
    parts.year = number(pieces.next()?)?;
    if let Some(month) = pieces.next() {
        (parts.month, precision) = (number(month)?, Precision::Month);
    }
    if let Some(day) = pieces.next() {
        (parts.day, precision) = (number(day)?, Precision::Day);
    }
    if pieces.next().is_some() {
        return None;
    }
    let Some(time) = time else { return Dtm::new(parts, precision, None) };
    let (clock, offset) = match time.find(['Z', '+', '-']) {
        Some(position) if &time[position..] == "Z" => (&time[..position], Some(0)),
        Some(position) => (&time[..position], Some(offset_minutes(&time[position..].replace(':', ""))?)),
        None => (time, None),
    };
    let mut pieces = clock.split(':');
    (parts.hour, parts.minute, precision) = (number(pieces.next()?)?, number(pieces.next()?)?, Precision::Minute);
    if let Some(second) = pieces.next() {
        let (whole, point) = second.split_once('.').unwrap_or((second, ""));
        (parts.second, precision) = (number(whole)?, Precision::Second);
        if !point.is_empty() {
            (parts.nanosecond, precision) = fraction(point)?;
        }
    }
    if pieces.next().is_some() { None } else { Dtm::new(parts, precision, offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hl7_round_trip() {
        for text in [
            "2026",
            "202603",
            "20260301",
            "2026030107",
            "202603010708",
            "20260301070809",
            "20260301070809.1",
            "20260301070809.1234+0100",
            "202603010708-0500",
            "20240229",
        ] {
            assert_eq!(Dtm::parse(text).unwrap().to_hl7(), text);
        }
        for text in
            ["", "20260230", "20261301", "2026030125", "202", "2026030", "abc", "20260301070809.", "20260301+9900"]
        {
            assert!(Dtm::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn iso() {
        let check = |text: &str, hl7: &str| assert_eq!(Dtm::parse(text).map(|dtm| dtm.to_hl7()).as_deref(), Some(hl7));
        check("2026-03-01", "20260301");
        check("2026-03", "202603");
        check("2026-03-01T07:08", "202603010708");
        check("2026-03-01T07:08:09.123+01:00", "20260301070809.123+0100");
        check("2026-03-01T07:08:09Z", "20260301070809+0000");
        assert_eq!(Dtm::parse("20260301070809-0500").unwrap().to_iso(), "2026-03-01T07:08:09-05:00");
        assert_eq!(Dtm::parse("2026030107").unwrap().to_iso(), "2026-03-01T07:00");
    }

    #[test]
    fn order() {
        let check = |left: &str, right: &str, expect| {
            assert_eq!(Dtm::parse(left).unwrap().compare(&Dtm::parse(right).unwrap()), expect, "{left} {right}");
        };
        check("19991231", "2000", Ordering::Less);
        check("20000601", "2000", Ordering::Equal);
        check("202603010800+0100", "202603010700+0000", Ordering::Equal);
        check("202603010800", "202603010700+0000", Ordering::Greater);
    }
}
