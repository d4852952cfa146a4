//! What is hidden: values that may identify a patient or say something of their health.
//!
//! Promises: a field that this table does not know is hidden when its segment is about a person; a format that is not read
//! is hidden as a whole.
//! Never: a protection of stored data; it keeps patients off screens that others can see, and from those without the right.

use fhir::definitions::{Primitive, Type};
use fhir::fhirpath::Item;
use fhir::{Kind, Node, NodeId, Tree, Value};
use message::Format;

/// Fields of person segments that say nothing about who it is: set id, sex, marital status, codes and flags.
const OPEN_FIELDS: &[(&str, &[u16])] = &[
    ("PID", &[1, 8, 10, 15, 16, 17, 22, 24, 27, 30, 31, 32, 33, 34, 35, 36]),
    ("NK1", &[1, 3, 7, 8, 9, 14, 15]),
    ("GT1", &[1, 9, 10, 11]),
    ("IN1", &[1, 2, 15, 17]),
    ("MRG", &[]),
    ("IN2", &[]),
    ("IN3", &[1]),
    ("PD1", &[1, 2, 5, 6, 7, 8, 9, 10, 11, 12]),
    ("ACC", &[2]),
    ("NTE", &[1, 2, 4]),
    ("AL1", &[1, 2, 4]),
    ("DG1", &[1, 2, 5, 6, 15]),
    ("PR1", &[1, 2, 5]),
];

/// Single fields to hide in segments that are otherwise open.
const HIDDEN_FIELDS: &[(&str, &[u16])] =
    &[("OBX", &[5]), ("PV1", &[5, 19, 50, 52]), ("RXA", &[20]), ("SCH", &[16]), ("QPD", &[3, 4, 5, 6]), ("MSA", &[3])];

/// `field` of `segment` may identify a patient.
#[must_use]
pub fn is_hidden(segment: &str, field: u16) -> bool {
    if let Some((_, open)) = OPEN_FIELDS.iter().find(|(id, _)| *id == segment) {
        return !open.contains(&field);
    }
    if segment.starts_with('Z') {
        return true;
    }
    HIDDEN_FIELDS.iter().any(|(id, fields)| *id == segment && fields.contains(&field))
}

/// An item of a FHIR resource, or a text made of one, may identify a patient. Codes, flags, counts and addresses of
/// definitions do not; what is not known is hidden.
#[must_use]
pub fn is_hidden_item(item: &Item<'_>) -> bool {
    match item {
        Item::Boolean(_) | Item::Integer(_) | Item::Type(..) => false,
        Item::Decimal(_) | Item::Text(_) | Item::Temporal(_) | Item::Quantity(_) => true,
        Item::Element(node) if is_place(*node) => true,
        Item::Element(_) => !item.fhir().and_then(Type::primitive).is_some_and(|primitive| match primitive {
            Primitive::Boolean | Primitive::Canonical | Primitive::Code | Primitive::Integer => true,
            Primitive::PositiveInt | Primitive::UnsignedInt | Primitive::Uri | Primitive::Oid => true,
            Primitive::Base64Binary | Primitive::Date | Primitive::DateTime | Primitive::Decimal | Primitive::Id => {
                false
            }
            Primitive::Instant | Primitive::Markdown | Primitive::String | Primitive::Time | Primitive::Url => false,
            Primitive::Uuid | Primitive::Xhtml => false,
        }),
    }
}

/// The address of a resource, or of a search for one: an id or an identifier of the patient stands in it. Names that were made up
/// for one bundle, and addresses of definitions, are none.
fn is_place(node: Node<'_>) -> bool {
    let text = node.scalar().unwrap_or_default();
    match node.key() {
        Some("fullUrl" | "location") => !text.starts_with("urn:uuid:"),
        Some("url") => text.contains('?') || text.contains('/') && !text.contains("://"),
        _ => false,
    }
}

/// The first letter of each part stays, so that a person can tell two values apart: `Pérez^María` → `P****^M****`.
#[must_use]
pub fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut is_start = true;
    for character in text.chars() {
        match character {
            '^' | '&' | '~' | ' ' => {
                out.push(character);
                is_start = true;
            }
            letter if is_start => {
                out.push(letter);
                out.push_str("****");
                is_start = false;
            }
            _ => {}
        }
    }
    out
}

/// A resource in which every text that may identify a patient is masked.
#[must_use]
pub fn masked_resource(tree: &Tree) -> Tree {
    let mut out = tree.clone();
    let mut hidden = Vec::new();
    hidden_below(tree.root(), &mut hidden);
    for (node, text) in hidden {
        // A masked text is never longer than the limit that the text itself has passed.
        let _ = out.replace(node, Value::Text(&text));
    }
    out
}

fn hidden_below(node: Node<'_>, out: &mut Vec<(NodeId, String)>) {
    match node.kind() {
        Kind::Object | Kind::Array => node.children().for_each(|child| hidden_below(child, out)),
        Kind::Text if node.key() == Some("resourceType") => {}
        Kind::Text | Kind::Number if is_hidden_item(&Item::Element(node)) => {
            out.push((node.id(), masked(node.scalar().unwrap_or_default())));
        }
        Kind::Text | Kind::Number | Kind::Bool | Kind::Null => {}
    }
}

/// A message as somebody sees it who may not see patients: HL7 v2 and FHIR with masked values, other formats not at all.
#[must_use]
pub fn masked_content(format: Format, bytes: &[u8]) -> Vec<u8> {
    match format {
        Format::Hl7v2 => masked_er7(bytes),
        Format::Fhir => match Tree::read(bytes) {
            Ok(tree) => masked_resource(&tree).write(),
            Err(_) => hidden(bytes),
        },
        Format::Json | Format::Xml | Format::Text | Format::Binary | Format::Delimited | Format::X12 => hidden(bytes),
    }
}

fn hidden(bytes: &[u8]) -> Vec<u8> {
    format!("[{} bytes, masked]", bytes.len()).into_bytes()
}

/// ER7 line by line: what stands in a hidden field is masked, and a line without a known segment id as a whole.
fn masked_er7(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let lines = || text.split(['\r', '\n']).filter(|line| !line.is_empty());
    let separator = lines().find_map(|line| line.strip_prefix("MSH")?.chars().next()).unwrap_or('|');
    let mut out = String::with_capacity(text.len());
    for line in lines() {
        let mut fields = line.split(separator);
        let id = fields.next().unwrap_or_default();
        let is_known = id.len() == 3 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        if !is_known {
            out.push_str(&masked(line));
            out.push('\r');
            continue;
        }
        out.push_str(id);
        let first: u16 = if id == "MSH" { 2 } else { 1 };
        for (place, field) in fields.enumerate() {
            out.push(separator);
            let number = first.saturating_add(u16::try_from(place).unwrap_or(u16::MAX));
            if is_hidden(id, number) { out.push_str(&masked(field)) } else { out.push_str(field) }
        }
        out.push('\r');
    }
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_segments_are_hidden_unless_known_to_be_harmless() {
        assert!(is_hidden("PID", 5) && is_hidden("PID", 3) && is_hidden("PID", 99) && is_hidden("ZPD", 1));
        assert!(is_hidden("OBX", 5) && !is_hidden("OBX", 3) && !is_hidden("PID", 8) && !is_hidden("MSH", 9));
    }

    #[test]
    fn first_letters_stay() {
        assert_eq!(masked("Pérez^María Elena"), "P****^M**** E****");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn texts_of_a_resource_are_masked_and_codes_stay() {
        let text = r#"{"resourceType":"Patient","id":"N1","gender":"female","name":[{"family":"Quist","given":["Ada"]}],"birthDate":"1978-07-01"}"#;
        let made = masked_resource(&Tree::read(text.as_bytes()).unwrap());
        let expect = r#"{"resourceType":"Patient","id":"N****","gender":"female","name":[{"family":"Q****","given":["A****"]}],"birthDate":"1****"}"#;
        assert_eq!(String::from_utf8(made.write()).unwrap(), expect);
    }

    #[test]
    fn addresses_of_resources_and_searches_are_masked() {
        let check = |place: &str, expect: &str| {
            let text = format!(r#"{{"resourceType":"Bundle","entry":[{{{place}}}]}}"#);
            let made = masked_resource(&Tree::read(text.as_bytes()).unwrap());
            let expect = format!(r#"{{"resourceType":"Bundle","entry":[{{{expect}}}]}}"#);
            assert_eq!(String::from_utf8(made.write()).unwrap(), expect);
        };
        let put = |url: &str| format!(r#""request":{{"method":"PUT","url":"{url}"}}"#);
        check(&put("Patient?identifier=urn:x|482113"), &put("P****"));
        check(&put("Patient/482113"), &put("P****"));
        check(&put("https://fhir.example.org/Patient?name=Quist"), &put("h****"));
        check(r#""fullUrl":"https://fhir.example.org/Patient/482113""#, r#""fullUrl":"h****""#);
        check(r#""response":{"location":"Patient/482113/_history/1"}"#, r#""response":{"location":"P****"}"#);
        let stays = r#""fullUrl":"urn:uuid:c5390ce1-e6a5-8695-a34b-95f51812f9fe","resource":{"resourceType":"Patient","extension":[{"url":"http://hl7.org/fhir/x","extension":[{"url":"text"}]}]}"#;
        check(stays, stays);
    }

    #[test]
    fn a_message_without_the_right_to_see_it() {
        let message = "MSH|^~\\&|REG|NORTH\rPID|1||482113^^^NORTH^MR||Quist^Ada||19780701|F\rOBX|1|NM|718-7||13.2\rQuist is well\r";
        let text = String::from_utf8(masked_content(Format::Hl7v2, message.as_bytes())).unwrap();
        assert!(text.starts_with("MSH|^~\\&|REG|NORTH\rPID|1||4****^^^N****^M****||Q****^A****||1****|F\r"), "{text}");
        for word in ["482113", "Quist", "Ada", "1978", "13.2"] {
            assert!(!text.contains(word), "{word} in {text}");
        }
        assert_eq!(masked_content(Format::Xml, b"<name>Quist</name>"), b"[18 bytes, masked]");
    }
}
