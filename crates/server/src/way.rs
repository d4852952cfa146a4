//! The way of a message through an interface, as JSON: each line that decides, what it said, and why.
//!
//! Promises: values that may say who the patient is are masked unless they are to be revealed.

use crate::mask;
use engine::pipeline::watch::{Kind, Looked, Verdict};
use lang::{Part, PartValue};
use serde_json::{Value, json};

/// A value, masked where it may say who it is. What steps made of a value is as hidden as what it was made of.
#[must_use]
pub fn shown(value: &PartValue, is_revealed: bool) -> String {
    let is_hidden = !value.is_open
        && value.path.as_ref().is_none_or(|path| {
            let segment = String::from_utf8_lossy(&path.segment);
            path.member.field.as_ref().is_none_or(|(field, _)| mask::is_hidden(&segment, *field))
        });
    if is_hidden && !is_revealed { mask::masked(&value.text) } else { value.text.clone() }
}

/// One line that decides, with the tests of its condition.
#[must_use]
pub fn looked(one: &Looked, is_revealed: bool) -> Value {
    let (kind, route) = match one.kind {
        Kind::Keep => ("keep", None),
        Kind::Drop => ("drop", None),
        Kind::Validate => ("validate", None),
        Kind::Case(route) => ("case", Some(route)),
        Kind::Default(route) => ("default", Some(route)),
        Kind::Send => ("send", None),
        Kind::Publish => ("publish", None),
        Kind::Receive => ("receive", None),
    };
    let word = match &one.verdict {
        Verdict::GoesOn => "goes-on",
        Verdict::Ends => "ends",
        Verdict::No => "no",
        Verdict::NotAsked => "not-asked",
        Verdict::Leads(_) => "leads",
        Verdict::Sent => "sent",
        Verdict::NotChosen => "not-chosen",
        Verdict::NotMeant => "not-meant",
        Verdict::Failed(_) => "failed",
    };
    let to = match &one.verdict {
        Verdict::Leads(names) => Some(names),
        Verdict::GoesOn | Verdict::Ends | Verdict::No | Verdict::NotAsked | Verdict::Sent | Verdict::NotChosen => None,
        Verdict::NotMeant | Verdict::Failed(_) => None,
    };
    let test = |part: &Part| {
        json!({"text": part.text, "holds": part.holds.as_ref().ok(), "error": part.holds.as_ref().err(),
            "values": part.values.iter().flatten().map(|value| shown(value, is_revealed)).collect::<Vec<_>>()})
    };
    json!({
        "kind": kind, "route": route, "text": &*one.rule.text, "file": &*one.rule.place.file,
        "line": one.rule.place.line, "verdict": word, "to": to,
        "tests": one.parts.iter().map(test).collect::<Vec<_>>(),
    })
}
