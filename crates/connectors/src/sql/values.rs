//! What a statement takes from a message.
//!
//! `PID-5.1` is a place of HL7 v2; `patient.mrn` or `orders[0].code` one of JSON and FHIR; `_message`, `_delivery`,
//! `_interface` and `_accepted` are about the message itself. `as date` and `as timestamp` turn a date of HL7 v2 into ISO 8601.

use super::cell::Cell;
use crate::codes;
use hl7v2::{Message, Path, path::Index};
use interface::contract::Outgoing;
use message::{Format, Reason};
use serde_json::Value;

/// Rows that one message may become.
const ROWS_MAX: usize = 100_000;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    /// The whole message.
    Message,
    /// Message and number: the same for every attempt.
    Delivery,
    Interface,
    /// When the message was accepted, RFC 3339.
    Accepted,
    Hl7v2(Box<Path>),
    Json(Vec<Step>),
}

/// One step into JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    At(usize),
}

/// How a text is changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    AsItIs,
    Date,
    Timestamp,
}

/// A value that a statement takes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    source: Source,
    shape: Shape,
}

impl Place {
    /// Reads `PID-7 as date`.
    pub(crate) fn read(text: &str) -> Result<Place, Reason> {
        let (path, shape) = match text.trim().rsplit_once(" as ") {
            None => (text.trim(), Shape::AsItIs),
            Some((path, "date")) => (path.trim(), Shape::Date),
            Some((path, "timestamp")) => (path.trim(), Shape::Timestamp),
            Some((_, other)) => {
                let text = format!("`{text}`: `as date` and `as timestamp` are known, not `as {other}`");
                return Err(Reason::new(codes::E6621, text));
            }
        };
        Ok(Place { source: Source::read(path)?, shape })
    }
}

impl Source {
    fn read(path: &str) -> Result<Source, Reason> {
        Ok(match path {
            "_message" => Source::Message,
            "_delivery" => Source::Delivery,
            "_interface" => Source::Interface,
            "_accepted" => Source::Accepted,
            _ if path.starts_with('_') => {
                let text = format!("`{path}`: known are _message, _delivery, _interface and _accepted");
                return Err(Reason::new(codes::E6621, text));
            }
            _ => match Path::parse(path) {
                Ok(path) if !path.is_target_only() => Source::Hl7v2(Box::new(path)),
                Ok(_) | Err(_) => Source::Json(steps(path)?),
            },
        })
    }

    /// What there is a row for each of: a segment of HL7 v2, or an array of JSON.
    pub(crate) fn each(path: &str) -> Result<Source, Reason> {
        let source = match path {
            "." => Source::Json(Vec::new()),
            path => Source::read(path)?,
        };
        match &source {
            Source::Hl7v2(path) if path.is_segment() && path.groups.is_empty() => Ok(source),
            Source::Json(_) => Ok(source),
            Source::Hl7v2(_) | Source::Message | Source::Delivery | Source::Interface | Source::Accepted => {
                let text =
                    format!("`each {path}`: name a segment (`OBX`) or an array (`orders`, `.` for the message itself)");
                Err(Reason::new(codes::E6621, text))
            }
        }
    }
}

fn steps(path: &str) -> Result<Vec<Step>, Reason> {
    let complain =
        || Reason::new(codes::E6621, format!("`{path}` is no place in a message: PID-5.1, patient.name[0].family"));
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = part.split_at(part.find('[').unwrap_or(part.len()));
        if name.is_empty() || name.contains([' ', '{', '}']) {
            return Err(complain());
        }
        steps.push(Step::Name(name.to_owned()));
        while let Some(inner) = rest.strip_prefix('[') {
            let (number, behind) = inner.split_once(']').ok_or_else(complain)?;
            steps.push(Step::At(number.parse().map_err(|_| complain())?));
            rest = behind;
        }
        if !rest.is_empty() {
            return Err(complain());
        }
    }
    Ok(steps)
}

/// A message that values are taken from.
pub(crate) struct Content<'m> {
    outgoing: &'m Outgoing,
    hl7v2: Option<Message>,
    json: Option<Value>,
}

/// One of the rows that a message becomes.
#[derive(Clone, Copy)]
pub(crate) struct Row<'c> {
    /// Which of the segments, from 1.
    occurrence: u16,
    segment: Option<[u8; 3]>,
    /// Which item of the array.
    item: Option<&'c Value>,
}

impl<'m> Content<'m> {
    /// Reads the message once. Fails for JSON that is none; HL7 v2 always reads.
    pub(crate) fn read(outgoing: &'m Outgoing) -> Result<Content<'m>, Reason> {
        let mut content = Content { outgoing, hl7v2: None, json: None };
        match outgoing.format {
            Format::Hl7v2 => content.hl7v2 = Some(Message::parse(outgoing.bytes.clone()).0),
            Format::Json | Format::Fhir => {
                let json = serde_json::from_slice(&outgoing.bytes);
                content.json = Some(json.map_err(|_| Reason::new(codes::E6627, "the message is not JSON"))?);
            }
            Format::Xml | Format::Delimited | Format::X12 | Format::Text | Format::Binary => {}
        }
        Ok(content)
    }

    /// The rows: one, or one for each of what `each` names.
    pub(crate) fn rows(&self, each: Option<&Source>) -> Result<Vec<Row<'_>>, Reason> {
        let whole = Row { occurrence: 1, segment: None, item: None };
        let too_many = || Reason::new(codes::E6627, format!("the message becomes more than {ROWS_MAX} rows"));
        let complain = |text: &'static str| Err(Reason::new(codes::E6627, text));
        match each {
            None => Ok(vec![whole]),
            Some(Source::Hl7v2(path)) => {
                let Some(message) = &self.hl7v2 else {
                    return complain("`each` names a segment, and the message is not HL7 v2");
                };
                let count = message.segments_named(path.segment).count();
                let count = u16::try_from(count).map_err(|_| too_many())?;
                Ok((1..=count).map(|occurrence| Row { occurrence, segment: Some(path.segment), item: None }).collect())
            }
            Some(Source::Json(steps)) => {
                let Some(json) = &self.json else {
                    return complain("`each` names an array, and the message is not JSON");
                };
                let items = match walk(json, steps) {
                    None | Some(Value::Null) => &[],
                    Some(Value::Array(items)) => items.as_slice(),
                    Some(other) => std::slice::from_ref(other),
                };
                if items.len() > ROWS_MAX {
                    return Err(too_many());
                }
                Ok(items.iter().map(|item| Row { item: Some(item), ..whole }).collect())
            }
            Some(Source::Message | Source::Delivery | Source::Interface | Source::Accepted) => Ok(vec![whole]),
        }
    }

    /// The value of one place in one row. What is absent, empty or null is NULL.
    pub(crate) fn value(&self, place: &Place, row: Row<'_>) -> Result<Cell, Reason> {
        let cell = self.take(&place.source, row)?;
        let (Cell::Text(text), true) = (&cell, place.shape != Shape::AsItIs) else { return Ok(cell) };
        match iso(text, place.shape) {
            Some(text) => Ok(Cell::Text(text)),
            None => Err(Reason::new(
                codes::E6627,
                format!("{} is no date of HL7 v2 that is exact enough", place.source.words()),
            )),
        }
    }

    fn take(&self, source: &Source, row: Row<'_>) -> Result<Cell, Reason> {
        let foreign =
            || Reason::new(codes::E6627, format!("{} cannot be taken from a message of this format", source.words()));
        Ok(match source {
            Source::Message => match std::str::from_utf8(&self.outgoing.bytes) {
                Ok(text) => Cell::Text(text.to_owned()),
                Err(_) => Cell::Bytes(self.outgoing.bytes.to_vec()),
            },
            Source::Delivery => {
                let delivery = self.outgoing.delivery;
                Cell::Text(format!("{}-{}", delivery.message, delivery.number))
            }
            Source::Interface => Cell::Text(self.outgoing.interface.to_string()),
            Source::Accepted => Cell::Text(self.outgoing.accepted.to_rfc3339()),
            Source::Hl7v2(path) => {
                let message = self.hl7v2.as_ref().ok_or_else(foreign)?;
                let mut path = path.clone();
                if row.segment == Some(path.segment) && path.groups.is_empty() && path.occurrence == Index::Unsaid {
                    path.occurrence = Index::At(row.occurrence);
                }
                match message.first(&path).map(|element| element.text()) {
                    Some(text) if !text.is_empty() && text != "\"\"" => Cell::Text(text.into_owned()),
                    Some(_) | None => Cell::Null,
                }
            }
            Source::Json(steps) => {
                let json = self.json.as_ref().ok_or_else(foreign)?;
                // What the item does not have may stand around it, such as the number of an order around its lines.
                let found = row.item.and_then(|item| walk(item, steps)).or_else(|| walk(json, steps));
                found.map_or(Cell::Null, Cell::of_json)
            }
        })
    }
}

impl Source {
    fn words(&self) -> String {
        match self {
            Source::Message => "`_message`".to_owned(),
            Source::Delivery => "`_delivery`".to_owned(),
            Source::Interface => "`_interface`".to_owned(),
            Source::Accepted => "`_accepted`".to_owned(),
            Source::Hl7v2(path) => format!("`{path}`"),
            Source::Json(steps) => {
                let parts = steps.iter().map(|step| match step {
                    Step::Name(name) => name.clone(),
                    Step::At(number) => format!("[{number}]"),
                });
                format!("`{}`", parts.collect::<Vec<_>>().join(".").replace(".[", "["))
            }
        }
    }
}

fn walk<'v>(value: &'v Value, steps: &[Step]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::At(number) => value.get(number),
    })
}

/// A DTM (HL7 v2.9 §2A.3.22) as ISO 8601; `None` if it is none, or not as exact as a day or a minute. What is ISO 8601
/// already stays as it is.
fn iso(text: &str, shape: Shape) -> Option<String> {
    if text.get(4..5) == Some("-") {
        return Some(text.to_owned());
    }
    let (local, zone) = match text.find(['+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let (digits, fraction) = local.split_once('.').map_or((local, ""), |(digits, fraction)| (digits, fraction));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(digits) || !is_number(fraction) || digits.len() < 8 {
        return None;
    }
    let date = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..8]);
    if shape == Shape::Date {
        return Some(date);
    }
    let second = match digits.len() {
        12 => "00",
        14 => &digits[12..14],
        _ => return None,
    };
    let fraction = if fraction.is_empty() { String::new() } else { format!(".{fraction}") };
    let zone = match zone.len() {
        0 => String::new(),
        5 if is_number(&zone[1..]) => format!("{}:{}", &zone[..3], &zone[3..]),
        _ => return None,
    };
    Some(format!("{date}T{}:{}:{second}{fraction}{zone}", &digits[8..10], &digits[10..12]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use testkit::sample;

    fn outgoing(text: &str, format: Format) -> Outgoing {
        Outgoing { format, ..sample::outgoing(7, Bytes::copy_from_slice(text.as_bytes())) }
    }

    fn value(outgoing: &Outgoing, place: &str) -> String {
        let content = Content::read(outgoing).unwrap();
        let row = content.rows(None).unwrap()[0];
        let cell = Place::read(place).and_then(|place| content.value(&place, row));
        cell.map_or_else(|reason| reason.code.to_string(), |cell| cell.to_json())
    }

    #[test]
    fn from_hl7v2() {
        let text = "MSH|^~\\&|LAB|X|||20260301||ORU^R01|1|P|2.5.1\rPID|1||7^^^A^MR~8^^^B^SS||A\\T\\B^C||198001011230-0500|\"\"\r\
                    OBX|1|NM|A||5\rOBX|2|NM|B||6\r";
        let outgoing = outgoing(text, Format::Hl7v2);
        let check = |place: &str, expect: &str| assert_eq!(value(&outgoing, place), expect, "{place}");
        check("PID-5.1", "\"A&B\"");
        check("PID-3[.5=SS].1", "\"8\"");
        check("PID-8", "null");
        check("PID-30", "null");
        check("OBX[2]-5", "\"6\"");
        check("PID-7 as date", "\"1980-01-01\"");
        check("PID-7 as timestamp", "\"1980-01-01T12:30:00-05:00\"");
        check("MSH-7 as timestamp", "E6627");
        check("PID-3.1 as date", "E6627");
        check("PID-3.1 as number", "E6621");
        check("_delivery", "\"7-0\"");
        check("_interface", "\"adt-main\"");
        check("_accepted", "\"2026-03-01T07:08:09.123Z\"");
        check("_other", "E6621");
        check("patient.name", "E6627");

        let content = Content::read(&outgoing).unwrap();
        let each = Source::each("OBX").unwrap();
        let values = |place: &str| {
            let place = Place::read(place).unwrap();
            let rows = content.rows(Some(&each)).unwrap();
            rows.into_iter().map(|row| content.value(&place, row).unwrap().to_json()).collect::<Vec<_>>()
        };
        assert_eq!(values("OBX-5"), ["\"5\"", "\"6\""]);
        assert_eq!(values("OBX[1]-5"), ["\"5\"", "\"5\""], "what is said stays");
        assert_eq!(values("PID-5.2"), ["\"C\"", "\"C\""]);
    }

    #[test]
    fn from_json() {
        let text = r#"{"id": 5, "patient": {"names": [{"family": "A"}], "old": false}, "lines": [{"n": 1}, {"n": 2.50}], "none": null}"#;
        let outgoing = outgoing(text, Format::Json);
        let check = |place: &str, expect: &str| assert_eq!(value(&outgoing, place), expect, "{place}");
        check("id", "5");
        check("patient.names[0].family", "\"A\"");
        check("patient.names[1].family", "null");
        check("patient.old", "false");
        check("none", "null");
        check("patient.names", "[{\"family\":\"A\"}]");
        check("PID-5.1", "E6627");
        check("a..b", "E6621");
        check("a[x]", "E6621");

        let content = Content::read(&outgoing).unwrap();
        let rows = |each: &str| content.rows(Some(&Source::each(each).unwrap())).unwrap();
        assert_eq!((rows("lines").len(), rows("missing").len(), rows("patient").len(), rows(".").len()), (2, 0, 1, 1));
        let place = |text| Place::read(text).unwrap();
        assert_eq!(content.value(&place("n"), rows("lines")[0]).unwrap(), Cell::Int(1));
        assert_eq!(content.value(&place("id"), rows("lines")[1]).unwrap(), Cell::Int(5), "from around the item");
        assert!(Source::each("_message").is_err() && Source::each("PID-5").is_err());
    }

    #[test]
    fn what_is_no_json_is_told_without_its_content() {
        let outgoing = outgoing(sample::SECRET, Format::Json);
        let reason = Content::read(&outgoing).err().unwrap();
        assert!(reason.code == "E6627" && !reason.text.contains(sample::SECRET));
    }
}
