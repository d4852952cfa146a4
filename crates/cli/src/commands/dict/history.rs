//! The same thing in all versions: when it came, what changed, when it was withdrawn.

use super::question::Found;
use super::{answer, show};
use crate::screen::Screen;
use hl7v2::dictionary::{Nodes, Part, Usage, Version};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is true from one version on.
struct Period {
    first: Version,
    last: Version,
    found: Option<Found>,
    text: String,
}

/// Versions in a row in which it is the same.
fn periods(found: &Found) -> Vec<Period> {
    let mut out: Vec<Period> = Vec::new();
    for version in Version::ALL {
        let there = found.in_version(version);
        let text = there.as_ref().map(said).unwrap_or_default();
        match out.last_mut() {
            Some(last) if last.text == text && last.found.is_some() == there.is_some() => last.last = version,
            _ => out.push(Period { first: version, last: version, found: there, text }),
        }
    }
    out
}

/// Everything that counts as a change.
fn said(found: &Found) -> String {
    let parts = |parts: &mut dyn Iterator<Item = Part>| parts.map(line).collect::<Vec<_>>().join("\n");
    match found {
        Found::Segment(segment, _) => parts(&mut segment.fields()),
        Found::Datatype(kind, _) => parts(&mut kind.components()),
        Found::Part(_, chain, _) => chain.last().map(|part| line(*part)).unwrap_or_default(),
        Found::Table(table, _) => table.codes().map(|code| code.code).collect::<Vec<_>>().join("\n"),
        Found::Structure(structure, _) => grammar(structure.nodes()).join("\n"),
        Found::TriggerEvent(event, _) => {
            let triggers =
                event.triggers().map(|found| format!("{}^{} → {}", found.message_type, found.event, found.structure));
            triggers.collect::<Vec<_>>().join("\n")
        }
    }
}

/// A field on one line.
fn line(part: Part) -> String {
    if part.usage() == Usage::Withdrawn {
        return format!("{} {}  withdrawn", part.number(), part.name());
    }
    let mut out = format!("{} {}  {}  {}", part.number(), part.name(), part.type_name(), show::usage(part.usage()));
    if part.is_repeating() {
        out.push_str(&format!(", {}", show::repetitions(part)));
    }
    match show::length(part) {
        known if known.is_empty() => {}
        known => out.push_str(&format!(", length {known}")),
    }
    if let Some(table) = part.table_number() {
        out.push_str(&format!(", table {table:04}"));
    }
    out
}

/// Every place of a structure: `PATIENT_RESULT+ / PATIENT? / PID`.
fn grammar(nodes: Nodes) -> Vec<String> {
    let mut out = Vec::new();
    for node in nodes {
        let label = format!("{}{}", node.name(), show::cardinality(node));
        out.push(label.clone());
        out.extend(grammar(node.children()).into_iter().map(|inner| format!("{label} / {inner}")));
    }
    out
}

pub fn print(screen: &Screen, found: &Found) {
    let id = match found {
        Found::Segment(segment, _) => segment.id().to_owned(),
        Found::Part(place, _, _) => place.clone(),
        Found::Datatype(kind, _) => kind.id().to_owned(),
        Found::Table(table, _) => format!("table {:04}", table.number()),
        Found::Structure(structure, _) => structure.id().to_owned(),
        Found::TriggerEvent(event, _) => event.code().to_owned(),
    };
    screen.line(screen.paint("1;36", &id));
    let mut before: Option<&Period> = None;
    let all = periods(found);
    for period in &all {
        let range = if period.first == period.last {
            period.first.to_string()
        } else {
            format!("{} – {}", period.first, period.last)
        };
        let range = screen.paint("1", &format!("{range:<14}"));
        match (&period.found, before) {
            (None, None) => {}
            (None, Some(_)) => screen.line(format!("  {range} not in it")),
            (Some(Found::Part(..)), _) => {
                let text = period.text.split_once(' ').map_or("", |(_, text)| text);
                screen.line(format!("  {range} {text}"));
            }
            (Some(found), None) => screen.line(format!("  {range} {}", first(found, &period.text))),
            (Some(_), Some(before)) => {
                screen.line(format!("  {range} {}", if before.found.is_some() { "changed" } else { "came back" }));
                changes(screen, &before.text, &period.text);
            }
        }
        if before.is_some() || period.found.is_some() {
            before = Some(period);
        }
    }
}

fn first(found: &Found, text: &str) -> String {
    let count = text.lines().count();
    match found {
        Found::Segment(..) => format!("came with {count} fields"),
        Found::Datatype(..) => format!("came with {count} components"),
        Found::Table(..) => format!("came with {count} codes"),
        Found::Structure(..) => format!("came with {count} segments and groups"),
        Found::TriggerEvent(..) => text.replace('\n', ", "),
        Found::Part(..) => text.to_owned(),
    }
}

/// Lines that went and lines that came.
fn changes(screen: &Screen, before: &str, after: &str) {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), after.lines().collect());
    for line in before.lines().filter(|line| !new.contains(line)) {
        screen.line(format!("      {} {line}", screen.paint("31", "-")));
    }
    for line in after.lines().filter(|line| !old.contains(line)) {
        screen.line(format!("      {} {line}", screen.paint("32", "+")));
    }
}

pub fn json(found: &Found) -> Value {
    let periods: Vec<Value> = periods(found)
        .iter()
        .map(|period| {
            json!({"first": period.first.as_str(), "last": period.last.as_str(),
                "is": period.found.as_ref().map(answer::json)})
        })
        .collect();
    json!({"schema": "sinew.dict/1", "kind": "versions", "periods": periods})
}
