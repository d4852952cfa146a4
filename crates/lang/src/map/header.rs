//! The first line of a map: `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT`.

use crate::{
    codes, suggest,
    syntax::{Cursor, Statement, Tree},
};
use message::Diagnostic;
use std::sync::Arc;

/// Formats that maps go between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// HL7 v2.
    Hl7v2,
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
}

/// What a `map` line declares.
pub(super) enum Header {
    /// A map of whole messages.
    Message { name: Arc<str>, from: Shape, to: Shape },
    /// A shared part, for `use`.
    Shared,
}

/// Formats that are planned, with what they are called.
const LATER: [&str; 5] = ["fhir", "cda", "json", "xml", "csv"];
const HINT: &str = "write it like `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT { … }`";

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
    if cursor.is_at("segment") || cursor.is_at("datatype") {
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
            let hint = "this build maps from hl7v2 to hl7v2".to_owned();
            return fail(format!("maps {word} {format} come later"), place, hint);
        }
        if format != "hl7v2" {
            let hint = suggest::did_you_mean(&format, ["hl7v2"]).unwrap_or_else(|| HINT.to_owned());
            return fail(format!("there is no format `{format}`"), place, hint);
        }
        sides.push(side(&mut cursor));
    }
    if !cursor.is_done() {
        return fail("the line should end here".to_owned(), cursor.rest_span(), HINT.to_owned());
    }
    let to = sides.pop()?;
    let from = sides.pop()?;
    Some(Header::Message { name, from, to })
}

/// `[VERSION] [TYPE]`.
fn side(cursor: &mut Cursor<'_>) -> Shape {
    let mut shape = Shape { format: Format::Hl7v2, version: None, kind: None };
    while !cursor.is_done() && !cursor.is_at("to") {
        let Some((text, _)) = cursor.text() else { break };
        let is_version = text.starts_with(|c: char| c.is_ascii_digit());
        let place = if is_version { &mut shape.version } else { &mut shape.kind };
        *place = Some(Arc::from(&*text));
    }
    shape
}
