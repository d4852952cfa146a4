//! The whole of one message as a profile has it: the outline that `profile diff` compares, to be read.

use crate::{
    screen::{Screen, plain},
    table::{Cell, Table},
};
use hl7v2::profile::outline::{Condition, Node, Outline, Part, Statement, StatementKind, Usage, bounds};
use message::Severity;
use serde_json::{Value, json};

/// Most codes that one line shows.
const CODES_SHOWN: usize = 8;

/// An element of the message, with the place that people call it by.
struct Element<'o> {
    place: String,
    group: String,
    name: &'o str,
    usage: Usage,
    condition: Option<&'o Condition>,
    min: u32,
    max: Option<u32>,
    /// Of a field or a part of one.
    part: Option<&'o Part>,
}

/// The elements in order: all, or those that are asked for, with what they are in.
fn elements(outline: &Outline, is_all: bool) -> Vec<Element<'_>> {
    let mut out = Vec::new();
    nodes(&outline.nodes, "", is_all, &mut out);
    out
}

fn nodes<'o>(all: &'o [Node], group: &str, is_all: bool, out: &mut Vec<Element<'o>>) {
    for node in all {
        if !(is_all || is_asked(node.usage)) {
            continue;
        }
        let is_segment = node.nodes.is_empty();
        let path = if group.is_empty() { node.name.clone() } else { format!("{group}.{}", node.name) };
        out.push(Element {
            place: if is_segment { node.name.clone() } else { path.clone() },
            group: group.to_owned(),
            name: &node.title,
            usage: node.usage,
            condition: node.condition.as_ref(),
            min: node.min,
            max: node.max,
            part: None,
        });
        if node.usage.is_excluded() {
            continue;
        }
        parts(&node.parts, &node.name, '-', group, is_all, out);
        nodes(&node.nodes, &path, is_all, out);
    }
}

fn parts<'o>(all: &'o [Part], base: &str, joint: char, group: &str, is_all: bool, out: &mut Vec<Element<'o>>) {
    for part in all {
        if !(is_all || is_asked(part.usage) || part.constant.is_some()) {
            continue;
        }
        let place = format!("{base}{joint}{}", part.number);
        out.push(Element {
            place: place.clone(),
            group: group.to_owned(),
            name: &part.name,
            usage: part.usage,
            condition: part.condition.as_ref(),
            min: part.min,
            max: part.max,
            part: Some(part),
        });
        if !part.usage.is_excluded() {
            parts(&part.parts, &place, '.', group, is_all, out);
        }
    }
}

/// It has to come, is expected, or depends on something.
fn is_asked(usage: Usage) -> bool {
    matches!(usage, Usage::Required | Usage::RequiredOrEmpty | Usage::Conditional)
}

/// Writes it for people.
pub fn print(screen: &Screen, outline: &Outline, is_all: bool) {
    screen.line(screen.paint("1", &plain(&heading(outline))));
    let mut table = Table::new(&["PLACE", "NAME", "USAGE", "TIMES", "LENGTH", "TYPE", "HAS TO BE"]);
    for own in elements(outline, is_all) {
        let length = own.part.and_then(|part| part.length).map_or(String::new(), |(min, max)| bounds(min, max));
        let datatype = own.part.map_or("", |part| &part.datatype);
        table.row(vec![
            plain(&own.place).into(),
            plain(own.name).into(),
            usage(&own).into(),
            bounds(own.min, own.max).into(),
            length.into(),
            plain(datatype).into(),
            plain(&wants(&own)).into(),
        ]);
    }
    table.lines(screen).iter().for_each(|line| screen.line(line.trim_end()));
    if outline.is_cut {
        screen.line("There is more than fits: the rest is left out.");
    }
    if !outline.statements.is_empty() {
        screen.line("");
        let mut table = Table::new(&["RULE", "PLACE", "WEIGHS", "SAYS"]);
        outline.statements.iter().for_each(|own| table.row(statement(own)));
        table.lines(screen).iter().for_each(|line| screen.line(line.trim_end()));
    }
}

fn heading(outline: &Outline) -> String {
    let event = if outline.trigger_event.is_empty() { String::new() } else { format!("^{}", outline.trigger_event) };
    format!("{}  {}{event} {}", outline.name, outline.kind, outline.structure)
}

/// `R`, `C(R/X)`.
fn usage(own: &Element<'_>) -> String {
    match own.condition {
        Some(when) => {
            format!("{}({}/{})", own.usage.as_str(), when.when_true.as_str(), when.when_false.as_str())
        }
        None => own.usage.as_str().to_owned(),
    }
}

/// The condition, the constant, the codes.
fn wants(own: &Element<'_>) -> String {
    let mut out = Vec::new();
    out.extend(own.condition.map(|when| when.text.trim().to_owned()));
    if let Some(part) = own.part {
        out.extend(part.constant.as_ref().map(|constant| format!("'{constant}'")));
        if let Some(codes) = part.codes.as_ref().filter(|codes| codes.severity.is_some()) {
            let shown = codes.codes.iter().take(CODES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if codes.codes.len() > CODES_SHOWN { ", …" } else { "" };
            out.push(format!("{} [{shown}{more}]", codes.name));
        }
    }
    out.join("; ")
}

fn statement(own: &Statement) -> Vec<Cell> {
    let weight = match own.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    vec![plain(&own.id).into(), plain(&own.path).into(), weight.into(), plain(own.text.trim()).into()]
}

/// The same for programs: every element, flat, in order.
pub fn as_json(outline: &Outline) -> Value {
    let element = |own: &Element<'_>| {
        let part = own.part;
        json!({"path": own.place, "group": own.group, "name": own.name, "usage": own.usage.as_str(), "min": own.min,
            "max": own.max, "type": part.map(|part| &part.datatype), "length": part.and_then(|part| part.length),
            "constant": part.and_then(|part| part.constant.as_ref()),
            "codes": part.and_then(|part| part.codes.as_ref()).map(|codes| json!({"name": codes.name,
                "open": codes.is_open, "codes": codes.codes})),
            "condition": own.condition.map(|when| json!({"text": when.text, "true": when.when_true.as_str(),
                "false": when.when_false.as_str()}))})
    };
    let statement = |own: &Statement| {
        let kind = match own.kind {
            StatementKind::Rule => "rule",
            StatementKind::Slice => "slice",
            StatementKind::CoConstraint => "co-constraint",
        };
        json!({"kind": kind, "code": own.id, "path": own.path, "text": own.text})
    };
    json!({"schema": "sinew.outline/1", "name": outline.name, "type": outline.kind, "event": outline.trigger_event,
        "structure": outline.structure, "is_cut": outline.is_cut,
        "elements": elements(outline, true).iter().map(element).collect::<Vec<_>>(),
        "statements": outline.statements.iter().map(statement).collect::<Vec<_>>()})
}
