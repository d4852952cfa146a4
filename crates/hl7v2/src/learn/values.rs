//! The values of one place: how many, how long, of which forms, and which of them may be told.
//!
//! Promises: a value is kept only where the place may tell codes, and goes with all others of the place as soon as there
//! are more than a list of codes has.

use super::count::Sight;
use super::listing::{FEW_MAX, FEW_VALUES_MIN, Listing};
use super::{CODE_BYTES_MAX, DISTINCT_MAX, Room};
use std::collections::BTreeMap;

/// What values look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `1970`.
    Year,
    /// `197001`.
    Month,
    /// `19700101`.
    Day,
    /// `1970010112`.
    Hour,
    /// `197001011230`.
    Minute,
    /// `19700101123000`.
    Second,
    /// `19700101123000.1`.
    Fraction,
    /// `1230`, where the standard has a time of day.
    Time,
    /// `-12`.
    Integer,
    /// `1.5`.
    Decimal,
    /// One short word.
    Word,
    /// Anything else.
    Text,
}

impl Form {
    /// All of them.
    pub const ALL: [Form; 12] = [
        Form::Year,
        Form::Month,
        Form::Day,
        Form::Hour,
        Form::Minute,
        Form::Second,
        Form::Fraction,
        Form::Time,
        Form::Integer,
        Form::Decimal,
        Form::Word,
        Form::Text,
    ];

    /// `day`, `decimal`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Form::Year => "year",
            Form::Month => "month",
            Form::Day => "day",
            Form::Hour => "hour",
            Form::Minute => "minute",
            Form::Second => "second",
            Form::Fraction => "fraction",
            Form::Time => "time",
            Form::Integer => "integer",
            Form::Decimal => "decimal",
            Form::Word => "word",
            Form::Text => "text",
        }
    }

    /// A date, or a date with a time.
    #[must_use]
    pub const fn is_moment(self) -> bool {
        matches!(self, Form::Year | Form::Month | Form::Day | Form::Hour | Form::Minute | Form::Second | Form::Fraction)
    }
}

/// What the type of the place makes likely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Moment,
    Time,
    Number,
    Text,
    /// Nobody says.
    Unknown,
}

/// What was counted of the values of a place.
#[derive(Debug)]
pub struct Values {
    /// How many.
    pub count: u64,
    /// Characters of the shortest.
    pub shortest: u32,
    /// Characters of the longest.
    pub longest: u32,
    /// Moments with an offset from UTC.
    pub with_offset: u64,
    forms: [u64; Form::ALL.len()],
    listing: Listing,
    /// `None` once there were too many, or where nothing is told.
    distinct: Option<BTreeMap<Box<str>, Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    count: u64,
    /// Some of the patients whose messages have it, as many as are asked for.
    patients: Vec<u64>,
    is_identity: bool,
    is_enough: bool,
}

/// A code that may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed<'v> {
    /// As it was sent.
    pub code: &'v str,
    /// How often.
    pub count: u64,
    /// A table of the standard has it for this place.
    pub is_standard: bool,
}

/// The codes of a place that may be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes<'v> {
    /// In order of their texts.
    pub listed: Vec<Listed<'v>>,
    /// Different values that are not told.
    pub kept_back: usize,
}

impl Codes<'_> {
    /// All values of the place are told.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.kept_back == 0 && !self.listed.is_empty()
    }
}

impl Values {
    pub(super) fn new(listing: Listing) -> Values {
        let distinct = (listing != Listing::Never).then(BTreeMap::new);
        Values {
            count: 0,
            shortest: u32::MAX,
            longest: 0,
            with_offset: 0,
            forms: [0; Form::ALL.len()],
            listing,
            distinct,
        }
    }

    pub(super) fn add(&mut self, text: &str, expected: Expected, sight: &Sight, room: &mut Room) {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        self.count += 1;
        self.shortest = self.shortest.min(length);
        self.longest = self.longest.max(length);
        let (form, has_offset) = form(text, expected);
        self.forms[form as usize] += 1;
        self.with_offset += u64::from(has_offset);
        self.keep(text, sight, room);
    }

    fn keep(&mut self, text: &str, sight: &Sight, room: &mut Room) {
        let Some(distinct) = &mut self.distinct else { return };
        let is_known = distinct.contains_key(text);
        let is_over = !is_known && (distinct.len() >= DISTINCT_MAX || text.len() > CODE_BYTES_MAX);
        if !is_known && !is_over && room.values == 0 {
            room.is_cut = true;
        }
        if is_over || (!is_known && room.values == 0) {
            room.values += distinct.len();
            self.distinct = None;
            return;
        }
        if !is_known {
            room.values -= 1;
        }
        let seen = distinct.entry(text.into()).or_default();
        seen.count += 1;
        seen.is_identity |= sight.is_identity(text);
        if !seen.is_enough && !seen.patients.contains(&sight.patient) {
            seen.patients.push(sight.patient);
            seen.is_enough = seen.patients.len() >= sight.patients_min as usize;
            if seen.is_enough {
                seen.patients = Vec::new();
            }
        }
    }

    /// How many values have this form.
    #[must_use]
    pub fn of_form(&self, form: Form) -> u64 {
        self.forms[form as usize]
    }

    /// The forms that there are, with how many values have each.
    pub fn forms(&self) -> impl Iterator<Item = (Form, u64)> + '_ {
        Form::ALL.into_iter().map(|form| (form, self.of_form(form))).filter(|(_, count)| *count > 0)
    }

    /// The codes that may be told.
    #[must_use]
    pub fn codes(&self) -> Codes<'_> {
        let Some(distinct) = &self.distinct else { return Codes::default() };
        match self.listing {
            Listing::Never => Codes::default(),
            Listing::Coded(table) => {
                let mut out = Codes::default();
                for (code, seen) in distinct {
                    let is_standard = table.is_some_and(|table| table.code(code).is_some());
                    if is_standard || (seen.is_enough && is_code(code) && !(seen.is_identity && code.len() > 3)) {
                        out.listed.push(Listed { code, count: seen.count, is_standard });
                    } else {
                        out.kept_back += 1;
                    }
                }
                out
            }
            Listing::Few => {
                let is_good =
                    |code: &str, seen: &Seen| seen.is_enough && is_code(code) && !(seen.is_identity && code.len() > 2);
                let is_few = distinct.len() <= FEW_MAX && self.count >= FEW_VALUES_MIN;
                if !is_few || !distinct.iter().all(|(code, seen)| is_good(code, seen)) {
                    return Codes { listed: Vec::new(), kept_back: distinct.len() };
                }
                let listed = distinct
                    .iter()
                    .map(|(code, seen)| Listed { code, count: seen.count, is_standard: false })
                    .collect();
                Codes { listed, kept_back: 0 }
            }
        }
    }
}

/// It looks like a code: printed letters without a blank.
fn is_code(text: &str) -> bool {
    let is_good = |letter: char| letter.is_ascii_graphic();
    !text.is_empty() && text.chars().all(is_good)
}

fn form(text: &str, expected: Expected) -> (Form, bool) {
    let (main, has_offset) = match text.rfind(['+', '-']) {
        Some(at) if at >= 4 && text.len() - at == 5 && digits(&text[at + 1..]) => (&text[..at], true),
        Some(_) | None => (text, false),
    };
    let moment = moment(main);
    match (expected, moment) {
        (Expected::Moment, Some(form)) => return (form, has_offset),
        (Expected::Unknown, Some(form)) if main.len() >= 8 && !matches!(form, Form::Hour) => return (form, has_offset),
        _ => {}
    }
    let is_time = matches!(main.len(), 2 | 4 | 6) && digits(main);
    let form = match expected {
        Expected::Time if is_time => Form::Time,
        _ if is_integer(text) => Form::Integer,
        _ if is_decimal(text) => Form::Decimal,
        _ if text.len() <= CODE_BYTES_MAX && is_code(text) => Form::Word,
        _ => Form::Text,
    };
    (form, false)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_integer(text: &str) -> bool {
    digits(text.strip_prefix(['+', '-']).unwrap_or(text))
}

fn is_decimal(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.split_once('.').is_some_and(|(whole, part)| (whole.is_empty() || digits(whole)) && digits(part))
}

/// A date with its time as HL7 writes it, whose numbers can be right.
fn moment(text: &str) -> Option<Form> {
    let (main, fraction) = text.split_once('.').map_or((text, None), |(main, rest)| (main, Some(rest)));
    if !digits(main) {
        return None;
    }
    let number = |from: usize| main.get(from..from + 2).and_then(|two| two.parse::<u8>().ok());
    let is_in =
        |from: usize, range: std::ops::RangeInclusive<u8>| number(from).is_none_or(|found| range.contains(&found));
    let days = days_of(main.get(..4).and_then(|year| year.parse().ok()).unwrap_or(0), number(4).unwrap_or(1));
    let is_sound = is_in(4, 1..=12) && is_in(6, 1..=days) && is_in(8, 0..=23) && is_in(10, 0..=59) && is_in(12, 0..=59);
    let form = match (main.len(), fraction) {
        (4, None) => Form::Year,
        (6, None) => Form::Month,
        (8, None) => Form::Day,
        (10, None) => Form::Hour,
        (12, None) => Form::Minute,
        (14, None) => Form::Second,
        (14, Some(part)) if digits(part) => Form::Fraction,
        _ => return None,
    };
    is_sound.then_some(form)
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
