//! The first line of a map: `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT`.

use crate::{
    codes, suggest,
    syntax::{Cursor, Statement, TokenKind, Tree},
};
use message::Diagnostic;
use std::sync::Arc;

/// Formats that maps go between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HL7 v2.
    Hl7v2,
    /// FHIR R4.
    FhirR4,
}

/// One side of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The format.
    pub format: Format,
    /// The version, if it says one: `2.5.1`.
    pub version: Option<Arc<str>>,
    /// The message type, if it says one: `ADT`, `ADT_A01`.
    pub kind: Option<Arc<str>>,
    /// More structures that the map is for: `[ADT_A01, ADT_A02]`.
    pub also: Vec<Arc<str>>,
}

impl Shape {
    /// The side is for messages of this structure or type.
    #[must_use]
    pub fn takes(&self, structure: &str) -> bool {
        self.kind.iter().chain(&self.also).any(|kind| **kind == *structure)
    }
}

/// What a `map` line declares.
pub(super) enum Header {
    /// A map of whole messages.
    Message { name: Arc<str>, from: Shape, to: Shape },
    /// A shared part, for `use`.
    Shared,
}

/// Formats that are planned, with what they are called.
const LATER: [&str; 4] = ["cda", "json", "xml", "csv"];
const HINT: &str =
    "write it like `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT { … }`, or `… to fhir r4 Bundle { … }`";

pub(super) fn parse(tree: &Tree, statement: &Statement, found: &mut Vec<Diagnostic>) -> Option<Header> {
    let mut cursor = Cursor::new(tree, statement);
    let mut fail = |what: String, place: std::ops::Range<usize>, hint: String| {
        found.push(Diagnostic::error(codes::E2302, what).at(&tree.file, place, "").hint(hint));
        None
    };
    if !cursor.eat("map") {
        let word = cursor.peek_str().to_owned();
        let hint = suggest::did_you_mean(&word, ["map"]).unwrap_or_else(|| HINT.to_owned());
        return fail(format!("`{word}` does not belong into a file of maps"), cursor.here(), hint);
    }
    if ["segment", "datatype", "resource"].iter().any(|word| cursor.is_at(word)) {
        return Some(Header::Shared);
    }
    let place = cursor.here();
    if cursor.is_at("from") {
        return fail("the map has no name".to_owned(), place, HINT.to_owned());
    }
    let Some((name, _)) = cursor.text() else {
        return fail("the map has no name".to_owned(), place, HINT.to_owned());
    };
    let name: Arc<str> = Arc::from(&*name);
    let mut sides = Vec::new();
    for word in ["from", "to"] {
        let place = cursor.here();
        if !cursor.eat(word) {
            return fail(format!("`{word} hl7v2` is missing"), place, HINT.to_owned());
        }
        let place = cursor.here();
        let format = cursor.peek_str().to_owned();
        cursor.take();
        if LATER.contains(&format.as_str()) {
            let hint = "this build maps from hl7v2 to hl7v2, from hl7v2 to fhir r4, and back".to_owned();
            return fail(format!("maps {word} {format} come later"), place, hint);
        }
        match format.as_str() {
            "hl7v2" => sides.push(side(&mut cursor)),
            "fhir" if word == "to" && sides.iter().any(|side: &Shape| side.format == Format::FhirR4) => {
                let hint = "a map from fhir goes to hl7v2".to_owned();
                return fail("maps from fhir to fhir come later".to_owned(), place, hint);
            }
            "fhir" => {
                let here = cursor.here();
                if !cursor.eat("r4") && !cursor.eat("R4") {
                    let hint = format!("write `{word} fhir r4 Bundle`; this build has R4 (4.0.1)");
                    return fail("which version of FHIR?".to_owned(), here, hint);
                }
                let kind = cursor.text().map(|(kind, _)| Arc::from(&*kind));
                sides.push(Shape { format: Format::FhirR4, version: Some(Arc::from("4.0.1")), kind, also: Vec::new() });
            }
            _ => {
                let hint = suggest::did_you_mean(&format, ["hl7v2", "fhir"]).unwrap_or_else(|| HINT.to_owned());
                return fail(format!("there is no format `{format}`"), place, hint);
            }
        }
    }
    let reads_fhir = sides.first().is_some_and(|side| side.format == Format::FhirR4);
    // What stands behind `when` is read with the lines of the map.
    let is_condition = reads_fhir && cursor.is_at("when");
    if !cursor.is_done() && !is_condition {
        return fail("the line should end here".to_owned(), cursor.rest_span(), HINT.to_owned());
    }
    let to = sides.pop()?;
    let from = sides.pop()?;
    Some(Header::Message { name, from, to })
}

/// `[VERSION] [TYPE | [TYPE, …]]`.
fn side(cursor: &mut Cursor<'_>) -> Shape {
    let mut shape = Shape { format: Format::Hl7v2, version: None, kind: None, also: Vec::new() };
    let mut is_list = false;
    while !cursor.is_done() && !cursor.is_at("to") && !cursor.is_at("when") {
        if cursor.eat_kind(TokenKind::OpenBracket).is_some() {
            is_list = true;
            continue;
        }
        if is_list
            && (cursor.eat_kind(TokenKind::Comma).is_some() || cursor.eat_kind(TokenKind::CloseBracket).is_some())
        {
            continue;
        }
        let Some((text, _)) = cursor.text() else { break };
        let text: Arc<str> = Arc::from(&*text);
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            shape.version = Some(text);
        } else if is_list && shape.kind.is_some() {
            shape.also.push(text);
        } else {
            shape.kind = Some(text);
        }
    }
    shape
}
