//! From a text of v2 to a primitive of FHIR (R4 §2.24.0.1), or to the reason why not.
//!
//! Promises: what comes out is a value that the type allows; nothing is guessed: a date keeps its precision, a number
//! its digits. A time of day needs an offset in FHIR: one that has none gets that of the map's zone or of MSH-7.

use crate::dtm::{Dtm, Precision};
use fhir::{Fixed, Number, Value};
use jiff::tz::TimeZone;
use std::borrow::Cow;

/// The primitive types, by how their values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Primitive {
    /// `string`, `markdown`, `xhtml`: any text.
    Text,
    /// `code`: no blanks but single ones inside.
    Code,
    /// `id`
    Id,
    /// `uri`, `url`, `canonical`: no blanks.
    Uri,
    /// `oid`: `urn:oid:…`
    Oid,
    /// `uuid`: `urn:uuid:…`
    Uuid,
    /// `boolean`
    Boolean,
    /// `integer`
    Integer,
    /// `positiveInt`
    PositiveInt,
    /// `unsignedInt`
    UnsignedInt,
    /// `decimal`
    Decimal,
    /// `date`
    Date,
    /// `dateTime`
    DateTime,
    /// `instant`
    Instant,
    /// `time`
    Time,
    /// `base64Binary`
    Base64,
}

impl Primitive {
    /// By the name of the type.
    pub(crate) fn of(name: &str) -> Option<Primitive> {
        Some(match name {
            "string" | "markdown" | "xhtml" | "http://hl7.org/fhirpath/System.String" => Primitive::Text,
            "code" => Primitive::Code,
            "id" => Primitive::Id,
            "uri" | "url" | "canonical" => Primitive::Uri,
            "oid" => Primitive::Oid,
            "uuid" => Primitive::Uuid,
            "boolean" => Primitive::Boolean,
            "integer" => Primitive::Integer,
            "positiveInt" => Primitive::PositiveInt,
            "unsignedInt" => Primitive::UnsignedInt,
            "decimal" => Primitive::Decimal,
            "date" => Primitive::Date,
            "dateTime" => Primitive::DateTime,
            "instant" => Primitive::Instant,
            "time" => Primitive::Time,
            "base64Binary" => Primitive::Base64,
            _ => return None,
        })
    }

    /// What a value has to be, for "the value is not …".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Primitive::Text => "a text",
            Primitive::Code => "a code",
            Primitive::Id => "an id",
            Primitive::Uri => "a URI",
            Primitive::Oid => "an OID",
            Primitive::Uuid => "a UUID",
            Primitive::Boolean => "yes or no",
            Primitive::Integer => "a whole number",
            Primitive::PositiveInt => "a whole number from 1",
            Primitive::UnsignedInt => "a whole number from 0",
            Primitive::Decimal => "a number",
            Primitive::Date => "a date",
            Primitive::DateTime | Primitive::Instant => "a date or time",
            Primitive::Time => "a time of day",
            Primitive::Base64 => "Base64",
        }
    }

    /// Its values are one word: of a field with parts the first is meant.
    pub(crate) fn is_narrow(self) -> bool {
        self != Primitive::Text && self != Primitive::Base64
    }
}

/// What a text turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read<'t> {
    Text(Cow<'t, str>),
    /// A text of the map.
    Fixed(Fixed),
    Number(Cow<'t, str>),
    Bool(bool),
}

impl Read<'_> {
    /// For use in many runs.
    pub(crate) fn fixed(self) -> Read<'static> {
        match self {
            Read::Text(text) => Read::Fixed(Fixed::new(text)),
            Read::Fixed(text) => Read::Fixed(text),
            Read::Number(text) => Read::Number(Cow::Owned(text.into_owned())),
            Read::Bool(value) => Read::Bool(value),
        }
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Read::Text(text) => Some(text),
            Read::Fixed(text) => Some(text.as_str()),
            Read::Number(_) | Read::Bool(_) => None,
        }
    }

    /// As a value of a tree.
    pub(crate) fn value(&self) -> Option<Value<'_>> {
        Some(match self {
            Read::Text(text) => Value::Text(text),
            Read::Fixed(text) => text.value(),
            Read::Number(text) => Value::Number(Number::new(text)?),
            Read::Bool(value) => Value::Bool(*value),
        })
    }
}

/// The offset that a time without one gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// The zone of the map.
    pub(crate) zone: Option<TimeZone>,
    /// The offset of MSH-7, in minutes.
    pub(crate) offset: Option<i16>,
}

/// Longest text of a primitive (R4 §2.24.0.1: strings are not to be longer than 1 MiB).
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// Reads a text as a value of the type; `None` when it is none.
pub(crate) fn read<'t>(text: Cow<'t, str>, wanted: Primitive, clock: &Clock) -> Option<Read<'t>> {
    match wanted {
        Primitive::Text => printable(text).map(Read::Text),
        Primitive::Code => trimmed(text).filter(|text| is_code(text)).map(Read::Text),
        Primitive::Id => trimmed(text).filter(|text| is_id(text)).map(Read::Text),
        Primitive::Uri => trimmed(text).filter(|text| is_uri(text)).map(Read::Text),
        Primitive::Oid => {
            trimmed(text).filter(|text| text.strip_prefix("urn:oid:").is_some_and(is_oid)).map(Read::Text)
        }
        Primitive::Uuid => {
            trimmed(text).filter(|text| text.strip_prefix("urn:uuid:").is_some_and(is_uuid)).map(Read::Text)
        }
        Primitive::Boolean => boolean(text.trim()).map(Read::Bool),
        Primitive::Integer => integer(text.trim()).filter(|value| i32::try_from(*value).is_ok()).map(written),
        Primitive::PositiveInt => {
            integer(text.trim()).filter(|value| (1..=i64::from(i32::MAX)).contains(value)).map(written)
        }
        Primitive::UnsignedInt => {
            integer(text.trim()).filter(|value| (0..=i64::from(i32::MAX)).contains(value)).map(written)
        }
        Primitive::Decimal => decimal(text).map(Read::Number),
        Primitive::Date => date(&text),
        Primitive::DateTime => date_time(&text, clock, Precision::Year),
        Primitive::Instant => date_time(&text, clock, Precision::Day),
        Primitive::Time => time(text.trim()),
        Primitive::Base64 => base64(text).map(Read::Text),
    }
}

fn written<'t>(value: i64) -> Read<'t> {
    Read::Number(Cow::Owned(value.to_string()))
}

fn trimmed(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let has_plain_ends = |text: &[u8]| match text {
        [first, .., last] => first.is_ascii_graphic() && last.is_ascii_graphic(),
        [only] => only.is_ascii_graphic(),
        [] => false,
    };
    if has_plain_ends(text.as_bytes()) {
        return Some(text);
    }
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    (!text.is_empty()).then_some(text)
}

/// A string has something besides blanks, and no control characters but tab and line ends (R4 `string`).
fn printable(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if text.len() <= TEXT_BYTES_MAX && text.bytes().next().is_some_and(|byte| byte != b' ') && is_in(&text, b' ') {
        return Some(text);
    }
    let is_blank = text.trim().is_empty();
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if is_blank || text.len() > TEXT_BYTES_MAX {
        return None;
    }
    Some(if text.contains(odd) { Cow::Owned(text.replace(odd, " ")) } else { text })
}

/// Every byte is from `low`, a blank or more, to `~`. Eight bytes at a time.
#[inline]
fn is_in(text: &str, low: u8) -> bool {
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Of a byte below 128, adding what `low` lacks to 128 sets the high bit if it is `low` or more; adding 1, if it is 127.
    let is_odd = |chunk: u64| {
        let reach = chunk & !HIGHS;
        (chunk | !(reach + ONES * u64::from(128 - low)) | (reach + ONES)) & HIGHS != 0
    };
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    !chunks.iter().any(|chunk| is_odd(u64::from_le_bytes(*chunk))) && rest.iter().all(|byte| (low..0x7F).contains(byte))
}

/// `[^\s]+(\s[^\s]+)*`
fn is_code(text: &str) -> bool {
    if is_in(text, b'!') {
        return !text.is_empty();
    }
    let mut was_blank = true;
    for c in text.chars() {
        let is_blank = c.is_whitespace();
        if is_blank && was_blank || c.is_control() {
            return false;
        }
        was_blank = is_blank;
    }
    !was_blank
}

/// `[A-Za-z0-9\-\.]{1,64}`
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn is_uri(text: &str) -> bool {
    if let Some(oid) = text.strip_prefix("urn:oid:") {
        return is_oid(oid);
    }
    if let Some(uuid) = text.strip_prefix("urn:uuid:") {
        return is_uuid(uuid);
    }
    !text.is_empty() && (is_in(text, b'!') || !text.contains(|c: char| c.is_whitespace() || c.is_control()))
}

/// 8-4-4-4-12 small hexadecimal digits (R4 `uuid`).
fn is_uuid(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let fits = |(at, byte): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { is_digit(byte) };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}

/// Numbers with dots, the first 0, 1 or 2, none with a leading zero.
pub(crate) fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    let is_number = |arc: &str| {
        !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
    };
    arcs.next().is_some_and(|root| matches!(root, "0" | "1" | "2")) && text.contains('.') && arcs.all(is_number)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "Y" | "y" | "true" | "TRUE" | "True" | "T" | "1" | "Yes" | "YES" => Some(true),
        "N" | "n" | "false" | "FALSE" | "False" | "F" | "0" | "No" | "NO" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let text = text
        .split_once('.')
        .filter(|(_, fraction)| fraction.bytes().all(|byte| byte == b'0'))
        .map_or(text, |(whole, _)| whole);
    (text.len() <= 18 && text.bytes().any(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// A number as JSON writes it: no `+`, no zeros in front, a digit on each side of the point. Its digits stay.
fn decimal(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let text = trimmed(text)?;
    if Number::new(&text).is_some() {
        return Some(text);
    }
    let (sign, body) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", &*text),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    let out = format!("{sign}{whole}{point}{fraction}");
    Number::new(&out).is_some().then_some(Cow::Owned(out))
}

fn date<'t>(text: &str) -> Option<Read<'t>> {
    let dtm = Dtm::parse(text)?;
    let day = Dtm { precision: dtm.precision.min(Precision::Day), offset: None, ..dtm };
    Some(Read::Text(Cow::Owned(day.to_iso())))
}

fn date_time<'t>(text: &str, clock: &Clock, least: Precision) -> Option<Read<'t>> {
    let mut dtm = Dtm::parse(text)?;
    if dtm.precision < least {
        return None;
    }
    if dtm.precision < Precision::Hour && least < Precision::Day {
        dtm.offset = None;
        return Some(Read::Text(Cow::Owned(dtm.to_iso())));
    }
    // FHIR wants seconds wherever there is a time of day (R4 `dateTime`).
    dtm.precision = dtm.precision.max(Precision::Second);
    dtm.offset = Some(dtm.offset.or_else(|| clock.offset_at(dtm)).unwrap_or(0));
    Some(Read::Text(Cow::Owned(dtm.to_iso())))
}

impl Clock {
    /// Minutes east of UTC at that time.
    fn offset_at(&self, dtm: Dtm) -> Option<i16> {
        let Some(zone) = &self.zone else { return self.offset };
        let timestamp = zone.to_timestamp(dtm.at).ok()?;
        i16::try_from(zone.to_offset(timestamp).seconds() / 60).ok()
    }
}

/// `HHMM[SS[.S+]]`, or with colons.
fn time<'t>(text: &str) -> Option<Read<'t>> {
    let digits: String = text.split(['+', '-', 'Z']).next()?.chars().filter(|c| *c != ':').collect();
    if digits.len() < 2 || !digits.is_ascii() {
        return None;
    }
    let dtm = Dtm::parse(&format!("20000101{digits}"))?;
    let dtm = Dtm { precision: dtm.precision.max(Precision::Second), offset: None, ..dtm };
    let iso = dtm.to_iso();
    Some(Read::Text(Cow::Owned(iso.split_once('T')?.1.to_owned())))
}

/// Base64 without the line ends that senders put in.
fn base64(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let is_blank = |c: char| c.is_ascii_whitespace();
    let text = if text.contains(is_blank) { Cow::Owned(text.replace(is_blank, "")) } else { text };
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let is_whole = !text.is_empty() && text.len() % 4 == 0 && padding <= 2;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    (is_whole && body.bytes().all(is_letter)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, wanted: Primitive, offset: Option<i16>) -> String {
        match read(Cow::Borrowed(text), wanted, &Clock { zone: None, offset }) {
            Some(Read::Text(text)) => text.into_owned(),
            Some(Read::Fixed(text)) => text.as_str().to_owned(),
            Some(Read::Number(text)) => format!("#{text}"),
            Some(Read::Bool(value)) => value.to_string(),
            None => "no".to_owned(),
        }
    }

    #[test]
    fn values() {
        let check = |text: &str, name: &str, expect: &str| {
            let wanted = Primitive::of(name).unwrap();
            assert_eq!(shown(text, wanted, None), expect, "{text} as {name}");
            if let Some(Read::Number(_)) = read(Cow::Borrowed(text), wanted, &Clock::default()) {
                assert!(read(Cow::Borrowed(text), wanted, &Clock::default()).unwrap().value().is_some(), "{text}");
            }
        };
        check("19880705", "date", "1988-07-05");
        check("1988", "date", "1988");
        check("198807", "dateTime", "1988-07");
        check("198807051200", "date", "1988-07-05");
        check("198807051200", "dateTime", "1988-07-05T12:00:00Z");
        check("19880705120001.5-0500", "dateTime", "1988-07-05T12:00:01.5-05:00");
        check("19880705+0100", "dateTime", "1988-07-05");
        check("19880705", "instant", "1988-07-05T00:00:00Z");
        check("1988", "instant", "no");
        check("19881305", "date", "no");
        check("0830", "time", "08:30:00");
        check("08:30:15", "time", "08:30:15");
        check("83015", "time", "no");
        check(" M ", "code", "M");
        check("a  b", "code", "no");
        check("a b", "code", "a b");
        check("a b", "uri", "no");
        check("urn:oid:1.2.3", "oid", "urn:oid:1.2.3");
        check("urn:oid:1.02.3", "oid", "no");
        check("urn:oid:none", "uri", "no");
        check("urn:uuid:5ef78bd3-abf2-8e26-a933-a1d1a121385a", "uri", "urn:uuid:5ef78bd3-abf2-8e26-a933-a1d1a121385a");
        check("urn:uuid:5ef78bd3", "uri", "no");
        check("A_1", "id", "no");
        check("A-1.b", "id", "A-1.b");
        check("Y", "boolean", "true");
        check("perhaps", "boolean", "no");
        check("007", "integer", "#7");
        check("-3", "unsignedInt", "no");
        check("0", "positiveInt", "no");
        check("3.0", "positiveInt", "#3");
        check("3.5", "integer", "no");
        check("99999999999", "integer", "no");
        check("1.50", "decimal", "#1.50");
        check("+007.50", "decimal", "#7.50");
        check(".5", "decimal", "#0.5");
        check("5.", "decimal", "#5");
        check("-.5", "decimal", "#-0.5");
        check("1,5", "decimal", "no");
        check("", "string", "no");
        check("   ", "string", "no");
        check("a\u{1}b", "string", "a b");
        check("QUJD\r\nRA==", "base64Binary", "QUJDRA==");
        check("QUJ", "base64Binary", "no");
    }

    #[test]
    fn plain_texts_are_told_from_others() {
        for byte in 0..=255u8 {
            for (place, length) in [(0, 1), (3, 8), (9, 10), (12, 24)] {
                let mut bytes = vec![b'a'; length];
                bytes[place] = byte;
                let Ok(text) = std::str::from_utf8(&bytes) else { continue };
                assert_eq!(is_in(text, b' '), bytes.iter().all(|byte| (b' '..0x7F).contains(byte)), "{byte}");
                assert_eq!(is_in(text, b'!'), bytes.iter().all(u8::is_ascii_graphic), "{byte}");
            }
        }
        assert!(!is_in("\u{e9}\u{e9}\u{e9}\u{e9}", b' ') && is_in("", b' '));
    }

    #[test]
    fn offsets() {
        assert_eq!(shown("202607011200", Primitive::DateTime, Some(120)), "2026-07-01T12:00:00+02:00");
        let zone = jiff::tz::TimeZoneDatabase::bundled().get("Europe/Berlin").ok();
        let clock = Clock { zone, offset: Some(0) };
        let of = |text| read(Cow::Borrowed(text), Primitive::DateTime, &clock);
        assert_eq!(of("202607011200"), Some(Read::Text("2026-07-01T12:00:00+02:00".into())));
        assert_eq!(of("202601011200"), Some(Read::Text("2026-01-01T12:00:00+01:00".into())));
    }
}
