//! The first line of a map: `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT`.

use crate::{
    codes,
    form::Form,
    scope::Scope,
    suggest,
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
    /// JSON, XML, rows or X12: the shape's form says which.
    Other,
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
    /// Of another format: which, and what is said of it.
    pub other: Option<Form>,
}

impl Shape {
    /// What messages of this side look like.
    #[must_use]
    pub fn form(&self) -> Form {
        match self.format {
            Format::Hl7v2 => Form::of(message::Format::Hl7v2),
            Format::FhirR4 => Form::of(message::Format::Fhir),
            Format::Other => self.other.clone().unwrap_or_default(),
        }
    }

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

const HINT: &str =
    "write it like `map NAME from hl7v2 2.5.1 ADT to hl7v2 2.3 ADT { … }`, or `… to fhir r4 Bundle { … }`";

pub(super) fn parse(
    tree: &Tree,
    statement: &Statement,
    scope: &Scope<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Header> {
    let mut cursor = Cursor::new(tree, statement);
    if !cursor.eat("map") {
        let word = cursor.peek_str().to_owned();
        let hint = suggest::did_you_mean(&word, ["map"]).unwrap_or_else(|| HINT.to_owned());
        return fail(tree, found, format!("`{word}` does not belong into a file of maps"), cursor.here(), hint);
    }
    if ["segment", "datatype", "resource"].iter().any(|word| cursor.is_at(word)) {
        return Some(Header::Shared);
    }
    let place = cursor.here();
    if cursor.is_at("from") {
        return fail(tree, found, "the map has no name".to_owned(), place, HINT.to_owned());
    }
    let Some((name, _)) = cursor.text() else {
        return fail(tree, found, "the map has no name".to_owned(), place, HINT.to_owned());
    };
    let name: Arc<str> = Arc::from(&*name);
    let (mut sides, mut last) = (Vec::new(), place);
    for word in ["from", "to"] {
        let place = cursor.here();
        if !cursor.eat(word) {
            return fail(tree, found, format!("`{word} hl7v2` is missing"), place, HINT.to_owned());
        }
        let place = cursor.here();
        last = place.clone();
        let format = cursor.peek_str().to_owned();
        cursor.take();
        match format.as_str() {
            "hl7v2" => sides.push(side(&mut cursor)),
            "fhir" => {
                let here = cursor.here();
                if !cursor.eat("r4") && !cursor.eat("R4") {
                    let hint = format!("write `{word} fhir r4 Bundle`; this build has R4 (4.0.1)");
                    return fail(tree, found, "which version of FHIR?".to_owned(), here, hint);
                }
                let kind = cursor.text().map(|(kind, _)| Arc::from(&*kind));
                sides.push(Shape {
                    format: Format::FhirR4,
                    version: Some(Arc::from("4.0.1")),
                    kind,
                    also: Vec::new(),
                    other: None,
                });
            }
            _ => sides.push(other_side(&mut cursor, scope, word, (format, place), found)?),
        }
    }
    let is_fhir = |side: Option<&Shape>| side.is_some_and(|side| side.format == Format::FhirR4);
    if is_fhir(sides.last()) && is_fhir(sides.first()) {
        let what = "a map makes no FHIR from FHIR".to_owned();
        let finding = Diagnostic::error(codes::E2648, what).at(&tree.file, last, "");
        found.push(finding.hint("change a resource with FHIRPath Patch: `sinew fhir patch`"));
        return None;
    }
    let reads_fhir = sides.first().is_some_and(|side| side.format == Format::FhirR4);
    // What stands behind `when` is read with the lines of the map.
    let is_condition = reads_fhir && cursor.is_at("when");
    if !cursor.is_done() && !is_condition {
        return fail(tree, found, "the line should end here".to_owned(), cursor.rest_span(), HINT.to_owned());
    }
    let to = sides.pop()?;
    let from = sides.pop()?;
    Some(Header::Message { name, from, to })
}

/// `json`, `csv`, `lab-csv`, `delimited lab-csv`.
fn other_side(
    cursor: &mut Cursor<'_>,
    scope: &Scope<'_>,
    word: &str,
    (format, place): (String, std::ops::Range<usize>),
    found: &mut Vec<Diagnostic>,
) -> Option<Shape> {
    let file = cursor.tree().file.clone();
    // `delimited lab-csv` and `lab-csv` are the same.
    let is_kind = matches!(format.as_str(), "delimited" | "fixed") && !cursor.is_at("to");
    let (name, at) = match cursor.clone().text().filter(|_| is_kind) {
        Some((name, _)) => {
            let at = cursor.here();
            cursor.take();
            (name.into_owned(), at)
        }
        None => (format, place),
    };
    let form = match scope.forms {
        Some(forms) => forms.get(&name),
        None => Form::named(&name),
    };
    let finding = match form {
        Some(form) if form.has_places() => {
            return Some(Shape {
                format: Format::Other,
                version: None,
                kind: None,
                also: Vec::new(),
                other: Some(form),
            });
        }
        Some(_) => Diagnostic::error(codes::E2648, format!("there are no maps {word} {name}"))
            .hint("maps read and make hl7v2, fhir r4, json, xml, csv, x12 and described formats"),
        None => {
            let usual = ["hl7v2", "fhir"].into_iter();
            let hint = match scope.forms {
                Some(forms) => suggest::did_you_mean(&name, usual.chain(forms.names())),
                None => suggest::did_you_mean(&name, usual.chain(["json", "xml", "csv", "tsv", "x12"])),
            };
            Diagnostic::error(codes::E2302, format!("there is no format `{name}`")).hint(hint.unwrap_or_else(|| {
                "a format is hl7v2, fhir, json, xml, csv, x12, or described in shared/formats".to_owned()
            }))
        }
    };
    found.push(finding.at(&file, at, ""));
    None
}

fn fail<T>(
    tree: &Tree,
    found: &mut Vec<Diagnostic>,
    what: String,
    place: std::ops::Range<usize>,
    hint: String,
) -> Option<T> {
    found.push(Diagnostic::error(codes::E2302, what).at(&tree.file, place, "").hint(hint));
    None
}

/// `[VERSION] [TYPE | [TYPE, …]]`.
fn side(cursor: &mut Cursor<'_>) -> Shape {
    let mut shape = Shape { format: Format::Hl7v2, version: None, kind: None, also: Vec::new(), other: None };
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
