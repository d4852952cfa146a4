//! What is hidden on a terminal: values that may identify a patient or say something of their health.
//!
//! Promises: a field that this table does not know is hidden when its segment is about a person; files and pipes are
//! never masked, because programs read them.
//! Never: a protection of stored data; it keeps patients off screens that others can see.

use crate::{
    commands::show::{self, Look},
    messages,
    outcome::{Failure, Result},
    screen::Screen,
};
use fhir::definitions::{Primitive, Type};
use fhir::fhirpath::Item;
use fhir::{Kind, Node, NodeId, Tree, Value};
use std::path::Path;

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
pub fn is_hidden_item(item: &Item<'_>) -> bool {
    match item {
        Item::Boolean(_) | Item::Integer(_) | Item::Type(..) => false,
        Item::Decimal(_) | Item::Text(_) | Item::Temporal(_) | Item::Quantity(_) => true,
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

/// The first letter of each part stays, so that a person can tell two values apart: `Pérez^María` → `P****^M****`.
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

/// Writes messages to a file, or to standard output: masked on a terminal, unless they are to be revealed.
pub fn put_messages(screen: &Screen, bytes: Vec<u8>, is_revealed: bool, output: Option<&Path>) -> Result<()> {
    match output {
        None if screen.is_terminal && !is_revealed => {
            for found in messages::split(bytes.into()).messages {
                show::print(screen, &found.bytes, Look { is_masked: true, is_plain: true, documented: &[] }, None);
            }
            screen.say("masked; -o FILE writes the message, --reveal shows it");
        }
        None => screen.message(&bytes),
        Some(path) => std::fs::write(path, &bytes)
            .map_err(|error| Failure::unreachable(format!("{}: {error}", path.display())))?,
    }
    Ok(())
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
}
