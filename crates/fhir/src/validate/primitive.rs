//! The form of primitive values (R4 datatypes §2.24.0.1).

use crate::definitions::Primitive;
use crate::xml::kind_of;
use crate::{Kind, Node};

/// Longest string (R4: 1 MB).
const STRING_BYTES_MAX: usize = 1024 * 1024;

/// What is wrong with a value: of another JSON type, or not of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// JSON has another type here; what it must be.
    Kind(&'static str),
    /// What the form is.
    Form(&'static str),
    /// What the form should be (R4 says SHOULD).
    Advice(&'static str),
}

/// Checks a value of a primitive type.
pub(super) fn check(primitive: Primitive, node: Node<'_>) -> Result<(), Wrong> {
    let kind = kind_of(primitive);
    if node.kind() != kind {
        return Err(Wrong::Kind(match kind {
            Kind::Bool => "true or false, without quotes",
            Kind::Number => "a number, without quotes",
            Kind::Text | Kind::Null | Kind::Array | Kind::Object => "a string, in quotes",
        }));
    }
    let text = node.scalar().unwrap_or_default();
    let form = |is_good: bool, form: &'static str| if is_good { Ok(()) } else { Err(Wrong::Form(form)) };
    if kind == Kind::Text && text.is_empty() {
        return Err(Wrong::Form("at least one character: an element without a value is left out"));
    }
    match primitive {
        // Every number of JSON is a decimal (R4 datatypes: precision is kept as it is written).
        Primitive::Boolean | Primitive::Xhtml | Primitive::Decimal => Ok(()),
        Primitive::Integer => form(integer(text).is_some(), "a whole number from -2147483648 to 2147483647"),
        Primitive::UnsignedInt => {
            form(integer(text).is_some_and(|value| value >= 0), "a whole number from 0 to 2147483647")
        }
        Primitive::PositiveInt => {
            form(integer(text).is_some_and(|value| value > 0), "a whole number from 1 to 2147483647")
        }
        Primitive::String | Primitive::Markdown => check_string(text),
        Primitive::Code => form(is_code(text), "a code: no blanks at its ends, no two blanks together"),
        Primitive::Id => form(is_id(text), "an id: 1 to 64 letters, digits, - and ."),
        Primitive::Uri | Primitive::Url | Primitive::Canonical => check_uri(text),
        Primitive::Oid => form(is_oid(text), "urn:oid: and an OID"),
        Primitive::Uuid => form(is_uuid(text), "urn:uuid: and a UUID in small letters"),
        Primitive::Date => form(is_date(text), "a date: YYYY, YYYY-MM or YYYY-MM-DD, and one that exists"),
        Primitive::DateTime => form(
            is_date_time(text),
            "a date, or a date with time and zone: YYYY-MM-DDThh:mm:ss+zz:zz, and one that exists",
        ),
        Primitive::Instant => {
            form(is_instant(text), "a date with time and zone: YYYY-MM-DDThh:mm:ss+zz:zz, and one that exists")
        }
        Primitive::Time => form(time(text.as_bytes()) == Some(text.len()), "a time: hh:mm:ss, without a zone"),
        Primitive::Base64Binary => form(is_base64(text), "base64: groups of four characters"),
    }
}

fn integer(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

const HIGH: u64 = eight(0x80);

/// Something holds of all bytes, eight at a time; what is left over is filled up with a letter.
#[inline]
fn all_eights(text: &str, holds: impl Fn(u64) -> bool) -> bool {
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let mut last = [b'x'; 8];
    last[..rest.len()].copy_from_slice(rest);
    eights.iter().all(|eight| holds(u64::from_le_bytes(*eight))) && holds(u64::from_le_bytes(last))
}

/// Letters, digits and signs of ASCII alone: no blank, no control character.
fn is_graphic(text: &str) -> bool {
    // Neither the high bit, nor below `!`, nor DEL. No step carries from one byte to the next.
    all_eights(text, |word| {
        let above = (word | HIGH) - eight(b'!');
        let is_delete = (word & !HIGH) + eight(1);
        (word | !above | is_delete) & HIGH == 0
    })
}

/// No byte below a blank.
fn has_no_control(text: &str) -> bool {
    all_eights(text, |word| (((word | HIGH) - eight(b' ')) | word) & HIGH == HIGH)
}

fn check_string(text: &str) -> Result<(), Wrong> {
    if text.len() > STRING_BYTES_MAX {
        return Err(Wrong::Form("a string of at most 1 MB"));
    }
    let begins = text.as_bytes().first().is_some_and(u8::is_ascii_graphic);
    if begins && has_no_control(text) {
        return Ok(());
    }
    // Below a blank R4 has tab, line feed and carriage return only (the regular expression of string).
    let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    if text.bytes().any(is_control) {
        return Err(Wrong::Form("a string without control characters"));
    }
    if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Err(Wrong::Advice("a string with more than blanks"));
    }
    Ok(())
}

fn is_code(text: &str) -> bool {
    if is_graphic(text) {
        return !text.is_empty();
    }
    let mut was_blank = true;
    for letter in text.chars() {
        let is_blank = letter.is_whitespace();
        if is_blank && was_blank {
            return false;
        }
        was_blank = is_blank;
    }
    !was_blank
}

/// An id of a resource or element.
pub(super) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn check_uri(text: &str) -> Result<(), Wrong> {
    let is_plain = is_graphic(text);
    if !is_plain && text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(Wrong::Form("a URI: no blanks"));
    }
    if !text.starts_with("urn:") {
        return Ok(());
    }
    if text.starts_with("urn:uuid:") && !is_uuid(text) && !is_uuid(&text.to_ascii_lowercase()) {
        return Err(Wrong::Form("urn:uuid: and a UUID"));
    }
    if text.starts_with("urn:oid:") && !is_oid(text) {
        return Err(Wrong::Form("urn:oid: and an OID"));
    }
    Ok(())
}

fn is_oid(text: &str) -> bool {
    let Some(oid) = text.strip_prefix("urn:oid:") else { return false };
    let mut arcs = oid.split('.');
    let is_arc = |arc: &str| {
        !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
    };
    arcs.next().is_some_and(|root| matches!(root, "0" | "1" | "2")) && oid.contains('.') && arcs.all(is_arc)
}

fn is_uuid(text: &str) -> bool {
    let Some(uuid) = text.strip_prefix("urn:uuid:") else { return false };
    // Groups of 8, 4, 4, 4 and 12.
    let is_small = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let fits = |(at, byte): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { is_small(byte) };
    uuid.len() == 36 && uuid.bytes().enumerate().all(fits)
}

fn is_base64(text: &str) -> bool {
    let mut letters = 0_usize;
    let mut ends = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'=' => ends += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if ends == 0 => letters += 1,
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => return false,
        }
    }
    letters > 0 && ends <= 2 && (letters + ends).is_multiple_of(4)
}

fn is_date(text: &str) -> bool {
    date(text.as_bytes()).is_some_and(|(length, _)| length == text.len())
}

fn is_date_time(text: &str) -> bool {
    match date(text.as_bytes()) {
        Some((length, _)) if length == text.len() => true,
        Some((length, true)) => is_time_with_zone(&text.as_bytes()[length..]),
        Some(_) | None => false,
    }
}

fn is_instant(text: &str) -> bool {
    matches!(date(text.as_bytes()), Some((length, true)) if is_time_with_zone(&text.as_bytes()[length..]))
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Bytes of the date at the beginning, and whether it has a day.
fn date(bytes: &[u8]) -> Option<(usize, bool)> {
    let year = number(bytes.get(..4)?).filter(|year| *year > 0)?;
    if bytes.get(4) != Some(&b'-') {
        return Some((4, false));
    }
    let month = number(bytes.get(5..7)?).filter(|month| (1..=12).contains(month))?;
    if bytes.get(7) != Some(&b'-') {
        return Some((7, false));
    }
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    number(bytes.get(8..10)?).filter(|day| (1..=days).contains(day)).map(|_| (10, true))
}

/// Bytes of the time at the beginning. A minute has a leap second, 60.
fn time(bytes: &[u8]) -> Option<usize> {
    number(bytes.get(..2)?).filter(|hour| *hour < 24)?;
    number(bytes.get(3..5)?).filter(|minute| *minute < 60)?;
    number(bytes.get(6..8)?).filter(|second| *second <= 60)?;
    if bytes[2] != b':' || bytes[5] != b':' {
        return None;
    }
    if bytes.get(8) != Some(&b'.') {
        return Some(8);
    }
    let digits = bytes[9..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then_some(9 + digits)
}

fn is_time_with_zone(bytes: &[u8]) -> bool {
    let Some(length) = bytes.strip_prefix(b"T").and_then(time) else { return false };
    match &bytes[1 + length..] {
        b"Z" => true,
        [b'+' | b'-', zone @ ..] if zone.len() == 5 && zone[2] == b':' => {
            let (hours, minutes) = (number(&zone[..2]), number(&zone[3..]));
            matches!((hours, minutes), (Some(0..14), Some(0..60)) | (Some(14), Some(0)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tree;

    #[test]
    fn eight_at_a_time_is_what_one_at_a_time_is() {
        let mut texts = vec![String::new(), "a b".into(), "ä".into(), "plain".into()];
        for letter in (0..=0x7F_u8).map(char::from).chain(['\u{80}', 'é', '€']) {
            texts.extend((0..18).map(|at| format!("{}{letter}{}", "x".repeat(at), "~!".repeat(at % 5))));
        }
        for text in texts {
            assert_eq!(is_graphic(&text), text.bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
            assert_eq!(has_no_control(&text), text.bytes().all(|byte| byte >= b' '), "{text:?}");
        }
    }

    #[test]
    fn forms() {
        let check = |primitive: Primitive, good: &[&str], bad: &[&str]| {
            let wrong = |text: &str| {
                let tree = Tree::read(format!("{{\"a\":{text}}}").as_bytes()).expect("JSON");
                check(primitive, tree.root().get("a").expect("a value")).err()
            };
            good.iter().for_each(|text| assert_eq!(wrong(text), None, "{primitive:?} {text}"));
            bad.iter().for_each(|text| assert!(wrong(text).is_some(), "{primitive:?} {text}"));
        };
        use Primitive as P;
        check(P::Boolean, &["true", "false"], &["\"true\"", "1"]);
        check(P::Integer, &["0", "-1", "2147483647", "-2147483648", "-0"], &["1.0", "2147483648", "1e3", "\"1\""]);
        check(P::UnsignedInt, &["0", "7"], &["-1", "1.5"]);
        check(P::PositiveInt, &["1"], &["0", "-1"]);
        check(P::Decimal, &["1.00", "-0.5", "1e-7"], &["\"1\"", "true"]);
        check(P::String, &["\"a\"", "\"a\\nb\\t\""], &["\"\"", "\"  \"", "1", "\"\\u0001\""]);
        check(P::Markdown, &["\"# a\""], &["\"\""]);
        check(P::Code, &["\"a\"", "\"a b\"", "\"4548-4\""], &["\" a\"", "\"a \"", "\"a  b\"", "\"\""]);
        check(P::Id, &["\"a-1.B\""], &["\"a_1\"", "\"a b\"", "\"\"", &format!("\"{}\"", "x".repeat(65))]);
        check(
            P::Uri,
            &["\"http://x/y\"", "\"urn:oid:1.2\"", "\"a\""],
            &["\"a b\"", "\"urn:uuid:1\"", "\"urn:oid:01.2\""],
        );
        check(
            P::Oid,
            &["\"urn:oid:2.16.840.1\"", "\"urn:oid:0.0\""],
            &["\"2.16\"", "\"urn:oid:3.1\"", "\"urn:oid:1\"", "\"urn:oid:1.02\""],
        );
        check(
            P::Uuid,
            &["\"urn:uuid:c757873d-ec9a-4326-a141-556f43239520\""],
            &["\"urn:uuid:C757873D-EC9A-4326-A141-556F43239520\"", "\"c757873d-ec9a-4326-a141-556f43239520\""],
        );
        check(
            P::Date,
            &["\"2024\"", "\"2024-02\"", "\"2024-02-29\""],
            &["\"2023-02-29\"", "\"24\"", "\"2024-13\"", "\"2024-1-1\"", "\"0000\"", "\"2024-01-01T00:00:00Z\""],
        );
        check(
            P::DateTime,
            &[
                "\"2024\"",
                "\"2024-02-29\"",
                "\"2024-02-29T12:30:00Z\"",
                "\"2024-02-29T23:59:60.123-05:00\"",
                "\"2024-01-01T00:00:00+14:00\"",
            ],
            &[
                "\"2024-02-29T12:30Z\"",
                "\"2024-02-29T12:30:00\"",
                "\"2024-02-29T24:00:00Z\"",
                "\"2024-01T00:00:00Z\"",
                "\"2024-01-01T00:00:00+14:30\"",
                "\"2024-01-01T00:00:00.Z\"",
                "\"20240101\"",
            ],
        );
        check(P::Instant, &["\"2024-02-29T12:30:00.5Z\""], &["\"2024-02-29\"", "\"2024\""]);
        check(P::Time, &["\"12:30:00\"", "\"12:30:00.25\""], &["\"12:30\"", "\"12:30:00Z\"", "\"25:00:00\""]);
        check(
            P::Base64Binary,
            &["\"YQ==\"", "\"YWFh\"", "\"YW Fh\\n\""],
            &["\"YQ\"", "\"=YQ=\"", "\"YQ==a\"", "\"a?b=\""],
        );
    }
}
