//! The forms of primitive types (HL7 v2.9 §2A.2): dates, times, numbers, sequence ids, telephone numbers.
//!
//! Promises: no allocation; any bytes are answered. [`Fit::Near`] is what a receiver reads all the same: blanks around,
//! more precision than the type has.

use crate::dictionary::{self, Datatype};
use std::sync::LazyLock;

/// How a value stands to its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As the standard has it.
    Good,
    /// Not as the standard has it, and there is one way to read it.
    Near,
    /// Something else.
    Bad,
}

/// What a primitive type asks of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// DT.
    Date,
    /// TM.
    Time,
    /// DTM, and TS before it.
    DateTime,
    /// NM.
    Number,
    /// SNM: a string of digits, such as an area code.
    Digits,
    /// SI.
    Sequence,
    /// TN.
    Telephone,
    /// ID: a code of an HL7 table.
    Code,
    /// IS: a code of a table of the site.
    SiteCode,
    /// ST, TX, FT and what is not known.
    Text,
    /// CM, `varies`: nothing is said.
    Open,
}

impl Form {
    /// By the name of the type.
    #[must_use]
    pub fn of(datatype: &str) -> Form {
        match datatype {
            "DT" => Form::Date,
            "TM" => Form::Time,
            "DTM" | "TS" => Form::DateTime,
            "NM" => Form::Number,
            "SNM" => Form::Digits,
            "SI" => Form::Sequence,
            "TN" => Form::Telephone,
            "ID" => Form::Code,
            "IS" => Form::SiteCode,
            "CM" | "VARIES" | "varies" | "WILD" | "*" => Form::Open,
            _ => Form::Text,
        }
    }

    /// Of a data type: found out once for each.
    #[inline]
    pub(super) fn of_type(datatype: Datatype) -> Form {
        static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| dictionary::type_names().map(Form::of).collect());
        FORMS.get(datatype.index()).copied().unwrap_or(Form::Text)
    }

    /// Judges a value without parts.
    #[must_use]
    pub fn fit(self, raw: &[u8]) -> Fit {
        let exact = match self {
            Form::Date => date(raw),
            Form::Time => time(raw),
            Form::DateTime => date_time(raw),
            Form::Number => number(raw),
            Form::Digits => digits(raw),
            Form::Sequence => sequence(raw),
            Form::Telephone => telephone(raw),
            Form::Code | Form::SiteCode | Form::Text | Form::Open => return Fit::Good,
        };
        if exact != Fit::Bad {
            return exact;
        }
        let trimmed = raw.trim_ascii();
        if trimmed.len() < raw.len() && (trimmed.is_empty() || self.fit(trimmed) != Fit::Bad) {
            Fit::Near
        } else {
            Fit::Bad
        }
    }

    /// What the form is, for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            Form::Date => "a date: YYYY, YYYYMM or YYYYMMDD, and one that exists",
            Form::Time => "a time: HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]",
            Form::DateTime => "a date and time: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ], and one that exists",
            Form::Number => "a number: digits, with a sign in front and a decimal point where needed",
            Form::Digits => "digits, with + in front where needed",
            Form::Sequence => "a sequence id: up to four digits",
            Form::Telephone => "a telephone number: [NN] [(999)]999-9999[X99999][B99999][C any text]",
            Form::Code | Form::SiteCode => "a code",
            Form::Text | Form::Open => "text",
        }
    }
}

fn good(is_good: bool) -> Fit {
    if is_good { Fit::Good } else { Fit::Bad }
}

/// Two digits within bounds.
fn pair(raw: &[u8], low: u8, high: u8) -> Option<u8> {
    match raw {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => {
            Some((tens - b'0') * 10 + (ones - b'0')).filter(|number| (low..=high).contains(number))
        }
        _ => None,
    }
}

fn days_of(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `YYYY[MM[DD]]`, and it exists.
fn is_date(raw: &[u8]) -> bool {
    if !matches!(raw.len(), 4 | 6 | 8) {
        return false;
    }
    let (Some(century), Some(years)) = (pair(raw, 0, 99), pair(&raw[2..], 0, 99)) else { return false };
    let year = u16::from(century) * 100 + u16::from(years);
    let month = if raw.len() > 4 { pair(&raw[4..], 1, 12) } else { Some(1) };
    let Some(month) = month else { return false };
    year > 0 && (raw.len() < 8 || pair(&raw[6..], 1, days_of(year, month)).is_some())
}

fn date(raw: &[u8]) -> Fit {
    if is_date(raw) {
        return Fit::Good;
    }
    // A date with a time says more than was asked for.
    if raw.len() > 8 && date_time(raw) != Fit::Bad { Fit::Near } else { Fit::Bad }
}

/// `HH[MM[SS[.SSSS]]]`.
fn clock(raw: &[u8]) -> Fit {
    let (whole, fraction) = match raw.iter().position(|byte| *byte == b'.') {
        Some(at) => (&raw[..at], Some(&raw[at + 1..])),
        None => (raw, None),
    };
    let is_part = |at: usize, high: u8| whole.len() <= at || pair(&whole[at..], 0, high).is_some();
    if !matches!(whole.len(), 2 | 4 | 6) || !is_part(0, 23) || !is_part(2, 59) || !is_part(4, 59) {
        return Fit::Bad;
    }
    match fraction {
        None => Fit::Good,
        Some(fraction) if whole.len() == 6 && fraction.iter().all(u8::is_ascii_digit) => {
            if (1..=4).contains(&fraction.len()) { Fit::Good } else { Fit::Near }
        }
        Some(_) => Fit::Bad,
    }
}

/// Without the offset; `None` where there is one that is none.
fn without_offset(raw: &[u8]) -> Option<&[u8]> {
    let Some(at) = raw.iter().position(|byte| matches!(byte, b'+' | b'-')) else { return Some(raw) };
    let offset = &raw[at + 1..];
    let is_offset = offset.len() == 4 && pair(offset, 0, 23).is_some() && pair(&offset[2..], 0, 59).is_some();
    is_offset.then_some(&raw[..at])
}

fn time(raw: &[u8]) -> Fit {
    without_offset(raw).map_or(Fit::Bad, clock)
}

fn date_time(raw: &[u8]) -> Fit {
    let Some(moment) = without_offset(raw) else { return Fit::Bad };
    let (date, time) = moment.split_at(moment.len().min(8));
    if !is_date(date) {
        return Fit::Bad;
    }
    if time.is_empty() { Fit::Good } else { clock(time) }
}

fn number(raw: &[u8]) -> Fit {
    let digits = raw.strip_prefix(b"+").or_else(|| raw.strip_prefix(b"-")).unwrap_or(raw);
    let points = digits.iter().filter(|byte| **byte == b'.').count();
    let count = digits.iter().filter(|byte| byte.is_ascii_digit()).count();
    good(points <= 1 && count > 0 && points + count == digits.len())
}

fn digits(raw: &[u8]) -> Fit {
    let digits = raw.strip_prefix(b"+").unwrap_or(raw);
    good(!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
}

fn sequence(raw: &[u8]) -> Fit {
    match raw {
        [] => Fit::Bad,
        _ if !raw.iter().all(u8::is_ascii_digit) => Fit::Bad,
        _ if raw.len() > 4 => Fit::Near,
        _ => Fit::Good,
    }
}

/// Takes up to `most` digits, at least `least`.
fn take(raw: &[u8], least: usize, most: usize) -> Option<&[u8]> {
    let count = raw.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    (count >= least).then(|| &raw[count..])
}

/// HL7 v2.4 §2.9.46.
fn telephone(raw: &[u8]) -> Fit {
    good(telephone_rest(raw).is_some_and(|rest| rest.is_empty() || rest.first() == Some(&b'C')))
}

fn telephone_rest(raw: &[u8]) -> Option<&[u8]> {
    let country = raw.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_country = matches!(country, 1 | 2) && matches!(raw.get(country), Some(b' ' | b'('));
    let mut rest = if is_country { raw[country..].trim_ascii_start() } else { raw };
    if let Some(area) = rest.strip_prefix(b"(") {
        rest = take(area, 1, 5)?.strip_prefix(b")")?.trim_ascii_start();
    }
    rest = take(take(rest, 2, 4)?.strip_prefix(b"-")?, 4, 5)?.trim_ascii_start();
    for mark in [b"X", b"B"] {
        if let Some(extension) = rest.strip_prefix(mark) {
            rest = take(extension, 1, 5)?.trim_ascii_start();
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(form: Form, fit: Fit, values: &[&str]) {
        for value in values {
            assert_eq!(form.fit(value.as_bytes()), fit, "{form:?} {value:?}");
        }
    }

    #[test]
    fn dates() {
        check(Form::Date, Fit::Good, &["2024", "202402", "20240229", "19000228", "20000229"]);
        check(Form::Date, Fit::Near, &["20240229120000", " 20240229", "20240101+0100"]);
        check(
            Form::Date,
            Fit::Bad,
            &[
                "",
                "20230229",
                "19000229",
                "20241301",
                "20240100",
                "2024013",
                "24",
                "2024-01-01",
                "01/02/2024",
                "00000000",
            ],
        );
    }

    #[test]
    fn dates_with_times() {
        let good = ["2024", "20240229", "2024022912", "202402291259", "20240229123456.1-0500", "2024+0100"];
        check(Form::DateTime, Fit::Good, &good);
        check(Form::DateTime, Fit::Near, &["20240229123456.123456", "20240229 ", "20240229123456."]);
        let bad =
            ["2024022924", "202402291260", "202402291", "20240431", "2024-01-01", "20240229T1200", "é024", "0000"];
        check(Form::DateTime, Fit::Bad, &bad);
        check(Form::DateTime, Fit::Bad, &["202402291200+01", "202402291200+2500", "202402291200.5", "20240229120060"]);
    }

    #[test]
    fn times() {
        check(Form::Time, Fit::Good, &["12", "1259", "125959.9999", "1200+0100", "000000"]);
        check(Form::Time, Fit::Near, &["1200 ", "120000.123456"]);
        check(Form::Time, Fit::Bad, &["", "24", "12:00", "1200+2500", "12.5", "noon", "123"]);
    }

    #[test]
    fn numbers() {
        check(Form::Number, Fit::Good, &["1", "-1.5", "+0.20", "5.", ".5", "007"]);
        check(Form::Number, Fit::Near, &[" 1", "1 "]);
        check(Form::Number, Fit::Bad, &["", ".", "1e5", "1,5", "--1", "1.2.3", "<5", "5 mg", "-", "1-2"]);
        check(Form::Sequence, Fit::Good, &["0", "1", "0012", "9999"]);
        check(Form::Sequence, Fit::Near, &["12345", " 1"]);
        check(Form::Sequence, Fit::Bad, &["", "-1", "1.0", "A"]);
        check(Form::Digits, Fit::Good, &["0049", "+49"]);
        check(Form::Digits, Fit::Bad, &["", "+", "555-1234"]);
    }

    #[test]
    fn telephone_numbers() {
        let good =
            ["555-1234", "(415)555-1234", "1 (415)555-1234X123", "(415)555-1234B77Cafter five", "01 (415) 555-1234"];
        check(Form::Telephone, Fit::Good, &good);
        check(Form::Telephone, Fit::Bad, &["", "5551234", "call me", "(415", "(415)555-12", "+49 30 555"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(raw in proptest::collection::vec(any::<u8>(), 0..40)) {
            for name in ["DT", "TM", "DTM", "NM", "SNM", "SI", "TN", "ID", "IS", "ST", "CM"] {
                let _ = Form::of(name).fit(&raw);
            }
        }

        #[test]
        fn what_is_written_by_the_rules_fits(year in 1u16..9999, month in 1u8..=12, day in 1u8..=28, hour in 0u8..24, minute in 0u8..60) {
            let text = format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}");
            for end in [4, 6, 8, 10, 12] {
                prop_assert_eq!(Form::DateTime.fit(&text.as_bytes()[..end]), Fit::Good);
            }
        }
    }
}
