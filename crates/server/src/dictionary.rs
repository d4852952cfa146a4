//! What the standards say of a word: a segment, a field, a data type, a table of HL7 v2, an element of FHIR; else where the word stands.
//!
//! Promises: bounded answers. Never: anything about a message.

use crate::{
    gate::{
        Call, aside,
        input::{From, Input},
    },
    problem::Problem,
};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use fhir::definitions;
use hl7v2::dictionary::{Dictionary, Hit, HitKind, Part, Version};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Rows and codes of one answer.
const ROWS_MAX: usize = 500;
/// Places that a word is found at.
const FOUND_MAX: usize = 100;

/// What is looked up.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Word {
    /// Of this version of HL7 v2: `2.5.1`.
    version: String,
    /// `PID`, `PID-3`, `CX`, `0001`, `Patient.contact`, or words of a name.
    word: String,
}

impl Input for Word {
    // What a person types may be anything, also a name: it stands in no address.
    const FROM: From = From::Body;
}

/// `POST /api/v1/dictionary/look`.
pub(crate) async fn look(call: Call<Word>) -> Result<Response, Problem> {
    aside(move || {
        let version = Version::nearest(&call.input.version).unwrap_or(Version::V2_5_1);
        let mut answer = entry(Dictionary::of(version), call.input.word.trim());
        answer["schema"] = json!("sinew.dictionary-entry/1");
        answer["version"] = json!(version.as_str());
        Ok(Json(answer).into_response())
    })
    .await
}

fn entry(dictionary: Dictionary, word: &str) -> Value {
    let upper = word.to_ascii_uppercase();
    if let Some(segment) = dictionary.segment(&upper) {
        return json!({"kind": "segment", "word": segment.id(), "name": segment.name(), "rows": rows(segment.id(), '-', segment.fields())});
    }
    if let Some(part) = part(dictionary, &upper) {
        let below = part.datatype().map(|of| rows(&upper, '.', of.components()));
        return json!({"kind": "field", "word": upper, "name": part.name(), "own": row(upper.clone(), part), "rows": below,
            "codes": part.table().map(codes)});
    }
    if let Some(of) = dictionary.datatype(&upper) {
        return json!({"kind": "datatype", "word": of.id(), "name": of.name(), "rows": rows(of.id(), '.', of.components())});
    }
    if let Some(table) = word.parse().ok().and_then(|number| dictionary.table(number)) {
        return json!({"kind": "table", "word": format!("{:04}", table.number()), "name": table.name(),
            "is_user_defined": table.is_user_defined(), "codes": codes(table)});
    }
    match definitions::element(word) {
        Some(element) => {
            json!({"kind": "element", "word": word, "name": element.element().short(), "rows": elements(word, element)})
        }
        None => json!({"kind": "found", "word": word, "found": found(dictionary, word)}),
    }
}

/// `PID-3`, `PID-3.4`, `PID-3.4.1`.
fn part(dictionary: Dictionary, path: &str) -> Option<Part> {
    let (id, rest) = path.split_once('-')?;
    let mut numbers = rest.split('.').map(|number| number.parse::<u16>().ok());
    let mut part = dictionary.segment(id)?.field(numbers.next()??)?;
    for number in numbers {
        part = part.datatype()?.component(number?)?;
    }
    Some(part)
}

fn rows(above: &str, joint: char, parts: impl Iterator<Item = Part>) -> Vec<Value> {
    parts.take(ROWS_MAX).map(|part| row(format!("{above}{joint}{}", part.number()), part)).collect()
}

fn row(path: String, part: Part) -> Value {
    json!({"path": path, "name": part.name(), "type": part.type_name(), "usage": part.usage().letter().to_string(),
        "is_repeating": part.is_repeating(), "length": part.length_max(), "table": part.table_number().map(|number| format!("{number:04}"))})
}

fn codes(table: hl7v2::dictionary::Table) -> Vec<Value> {
    table.codes().take(ROWS_MAX).map(|code| json!({"code": code.code, "display": code.display})).collect()
}

fn elements(above: &str, member: definitions::Member) -> Vec<Value> {
    let row = |element: definitions::Element| {
        let most = element.max().map_or_else(|| "*".to_owned(), |most| most.to_string());
        json!({"path": format!("{above}.{}", element.name()), "name": element.short(), "type": element.member().type_name(),
            "usage": format!("{}..{most}", element.min()), "is_repeating": element.is_repeating(), "length": null, "table": null})
    };
    member.children().take(ROWS_MAX).map(row).collect()
}

/// What has all the words in its name and can be looked up by its place.
fn found(dictionary: Dictionary, words: &str) -> Vec<Value> {
    let is_shown =
        |hit: &Hit| matches!(hit.kind, HitKind::Segment | HitKind::Field | HitKind::Datatype | HitKind::Table);
    let row = |hit: Hit| json!({"path": hit.place.trim_start_matches("table "), "name": hit.name});
    dictionary.search(words).into_iter().filter(is_shown).take(FOUND_MAX).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_standards() {
        let dictionary = Dictionary::of(Version::V2_5_1);
        let check = |word: &str, kind: &str, name: &str| {
            let answer = entry(dictionary, word);
            assert_eq!((answer["kind"].as_str(), answer["name"].as_str()), (Some(kind), Some(name)), "{word}");
            answer
        };
        assert_eq!(check("pid", "segment", "Patient Identification")["rows"][2]["path"], "PID-3");
        let field = check("PID-8", "field", "Administrative Sex");
        assert!(field["codes"].as_array().is_some_and(|codes| codes.iter().any(|code| code["code"] == "F")));
        assert_eq!(check("PID-3.4", "field", "Assigning Authority")["rows"][0]["path"], "PID-3.4.1");
        assert!(check("0001", "table", "Administrative Sex")["codes"].is_array());
        assert_eq!(entry(dictionary, "CX")["rows"][0]["path"], "CX.1");
        assert!(entry(dictionary, "Patient.contact")["rows"].as_array().is_some_and(|rows| rows.len() > 5));
        let found = entry(dictionary, "mother maiden");
        let paths = |answer: &Value| -> Vec<String> {
            answer["found"].as_array().unwrap().iter().map(|hit| hit["path"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(paths(&found), ["GT1-42", "IN2-40", "NK1-26", "PID-6"], "{found}");
        assert_eq!(paths(&entry(dictionary, "administrative sex")).last().map(String::as_str), Some("0001"));
        assert_eq!(entry(dictionary, "no such words")["found"], json!([]));
    }
}
