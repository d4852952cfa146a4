//! The outline of a profile of lines: the standard's, and what the lines say over it.
//!
//! What holds of some repetitions only (`PID-3[.5=MR]`), and rules over several places, are statements. Where the standard
//! itself does not count (`standard off`), nothing is asked for but what the lines ask; read leniently it asks for no
//! lengths.

use super::{Codes, Condition, Node, NodeKind, Outline, Part, Statement, StatementKind, Usage};
use crate::Path;
use crate::dictionary::Version;
use crate::path::{Group, Index};
use crate::validate::Level;
use crate::validate::lines::{Demand, Line, Lines, Place, UNBOUNDED};
use message::Severity;
use std::sync::Arc;

pub(super) fn outline(name: &str, lines: &Lines, version: Version, structure: &str) -> Option<Outline> {
    let mut out = super::standard::outline(version, structure)?;
    name.clone_into(&mut out.name);
    match lines.base().level {
        Some(Level::Strict) => {}
        Some(Level::Lenient) => loosen(&mut out.nodes, &|part| part.length = None),
        None => {
            release(&mut out.nodes);
            loosen(&mut out.nodes, &|part| {
                (part.length, part.codes, part.max) = (None, None, None);
                release_usage(&mut part.usage);
                part.min = 0;
            });
        }
    }
    document(&mut out, lines);
    for line in lines.lines() {
        apply(&mut out, line);
    }
    Some(out)
}

fn loosen(nodes: &mut [Node], change: &dyn Fn(&mut Part)) {
    fn parts(all: &mut [Part], change: &dyn Fn(&mut Part)) {
        for part in all {
            change(part);
            parts(&mut part.parts, change);
        }
    }
    for node in nodes {
        parts(&mut node.parts, change);
        loosen(&mut node.nodes, change);
    }
}

fn release(nodes: &mut [Node]) {
    for node in nodes {
        release_usage(&mut node.usage);
        (node.min, node.max) = (0, None);
        release(&mut node.nodes);
    }
}

fn release_usage(usage: &mut Usage) {
    if *usage != Usage::NotSupported {
        *usage = Usage::Optional;
    }
}

/// Segments and fields of the site.
fn document(out: &mut Outline, lines: &Lines) {
    for segment in lines.documented() {
        let id = String::from_utf8_lossy(&segment.id).into_owned();
        bring_in(out, &id);
        each(&mut out.nodes, &[], &id, &mut |node| {
            if node.title.is_empty() {
                segment.name.as_ref().clone_into(&mut node.title);
            }
            for field in &segment.fields {
                let own = at(&mut node.parts, field.number);
                field.name.as_ref().clone_into(&mut own.name);
                if own.datatype.is_empty() {
                    field.type_name.as_ref().clone_into(&mut own.datatype);
                }
            }
        });
    }
}

/// A segment that the structure does not have, at its end.
fn bring_in(out: &mut Outline, id: &str) {
    let mut is_there = false;
    each(&mut out.nodes, &[], id, &mut |_| is_there = true);
    if !is_there {
        out.nodes.push(Node {
            kind: NodeKind::Segment,
            name: id.to_owned(),
            title: String::new(),
            usage: Usage::Optional,
            condition: None,
            min: 0,
            max: None,
            seen: None,
            nodes: Vec::new(),
            parts: Vec::new(),
        });
    }
}

/// Each segment or group of a name below these groups.
fn each(nodes: &mut [Node], groups: &[Group], name: &str, change: &mut dyn FnMut(&mut Node)) {
    for node in nodes {
        let rest = match groups.split_first() {
            Some((first, rest)) if node.kind != NodeKind::Segment && *first.name == *node.name => rest,
            Some(_) | None => groups,
        };
        if rest.is_empty() && node.name == name {
            change(node);
        }
        each(&mut node.nodes, rest, name, change);
    }
}

/// The part with a number, made where it is not there.
fn at(parts: &mut Vec<Part>, number: u16) -> &mut Part {
    let index = parts.iter().position(|part| part.number == number).unwrap_or_else(|| {
        parts.push(Part {
            number,
            name: String::new(),
            usage: Usage::Optional,
            condition: None,
            min: 0,
            max: None,
            length: None,
            datatype: String::new(),
            types: Vec::new(),
            constant: None,
            codes: None,
            seen: None,
            parts: Vec::new(),
        });
        parts.len() - 1
    });
    &mut parts[index]
}

fn apply(out: &mut Outline, line: &Line) {
    match &line.place {
        Place::Group(groups) => {
            if let Some((last, around)) = groups.split_last() {
                each(&mut out.nodes, around, &last.name, &mut |node| to_node(node, line));
            }
        }
        Place::Path(path) if is_plain(path) && !matches!(line.demand, Demand::Rule { .. }) => {
            let id = path.segment_name();
            if path.groups.is_empty() && (id.starts_with('Z') || matches!(line.demand, Demand::Count { .. })) {
                bring_in(out, id);
            }
            each(&mut out.nodes, &path.groups, id, &mut |node| match &path.member.field {
                None => to_node(node, line),
                Some((number, _)) => {
                    let mut part = at(&mut node.parts, *number);
                    for number in path.member.component.into_iter().chain(path.member.subcomponent) {
                        // A line that asks for a part asks for what it is in; one that expects it takes nothing back.
                        if matches!(line.demand, Demand::Present) && part.usage != Usage::Required {
                            to_part(part, line);
                        }
                        part = at(&mut part.parts, number);
                    }
                    to_part(part, line);
                }
            });
        }
        Place::Path(_) | Place::Message => state(out, line),
    }
}

/// It means every repetition of every such segment.
fn is_plain(path: &Path) -> bool {
    let is_all = |index: &Index| matches!(index, Index::Unsaid | Index::All);
    is_all(&path.occurrence) && path.member.field.as_ref().is_none_or(|(_, index)| is_all(index))
}

/// A rule that is of no one place.
fn state(out: &mut Outline, line: &Line) {
    let what = match &line.demand {
        Demand::Present => "is required".to_owned(),
        Demand::Absent => "is not allowed".to_owned(),
        Demand::Free => return,
        Demand::Count { min, max } => format!("comes {}", super::bounds(*min, unbounded(*max))),
        Demand::Length { min, max } => format!("has {} characters", super::bounds(*min, unbounded(*max))),
        Demand::Value { fails, .. } => format!("is refused when it {fails}"),
        Demand::Rule { text, .. } => text.to_string(),
    };
    let text = if matches!(line.demand, Demand::Rule { .. }) { what } else { format!("{} {what}", line.place) };
    let path = if matches!(line.place, Place::Message) { String::new() } else { line.place.to_string() };
    let kind = StatementKind::Rule;
    out.statements.push(Statement { kind, id: line.code.to_string(), path, severity: line.severity, text });
}

fn unbounded(max: u32) -> Option<u32> {
    (max != UNBOUNDED).then_some(max)
}

/// What a line makes of a usage, and when, if not always.
fn usage(line: &Line, before: Usage) -> Option<(Usage, Option<Condition>)> {
    let always = match (&line.demand, line.severity) {
        (Demand::Present, Severity::Error) => Usage::Required,
        (Demand::Present, Severity::Warning) => Usage::RequiredOrEmpty,
        (Demand::Absent, Severity::Error) => Usage::NotSupported,
        (Demand::Free, Severity::Error | Severity::Warning | Severity::Note) => Usage::Optional,
        (Demand::Present | Demand::Absent, Severity::Warning | Severity::Note) => return None,
        (Demand::Count { .. } | Demand::Length { .. } | Demand::Value { .. } | Demand::Rule { .. }, _) => return None,
    };
    let Some(when) = &line.when else { return Some((always, None)) };
    if !matches!(always, Usage::Required | Usage::NotSupported) || before == Usage::Required {
        return None;
    }
    let (when_true, when_false) = if when.is_negated { (Usage::Optional, always) } else { (always, Usage::Optional) };
    Some((Usage::Conditional, Some(Condition { text: when.words.to_string(), when_true, when_false })))
}

fn to_node(node: &mut Node, line: &Line) {
    if let Some((usage, condition)) = usage(line, node.usage) {
        (node.usage, node.condition) = (usage, condition);
        if usage == Usage::Required {
            node.min = node.min.max(1);
        } else if usage == Usage::Optional {
            node.min = 0;
        }
    }
    if let (Demand::Count { min, max }, Severity::Error, None) = (&line.demand, line.severity, &line.when) {
        (node.min, node.max) = (*min, unbounded(*max));
        if *min > 0 {
            node.usage = Usage::Required;
        } else if node.usage == Usage::Required {
            node.usage = Usage::Optional;
        }
    }
}

fn to_part(part: &mut Part, line: &Line) {
    if let Some((usage, condition)) = usage(line, part.usage) {
        (part.usage, part.condition) = (usage, condition);
        part.min = u32::from(usage == Usage::Required);
    }
    if line.when.is_some() {
        return;
    }
    match &line.demand {
        Demand::Count { min, max } => (part.min, part.max) = (*min, unbounded(*max)),
        Demand::Length { min, max } => part.length = Some((*min, unbounded(*max))),
        Demand::Value { codes: Some(codes), .. } => {
            // Of a coded element the first component has the code.
            let part = match part.parts.first_mut() {
                Some(first) if first.number == 1 => first,
                _ => part,
            };
            part.codes = Some(Arc::new(Codes {
                name: line.code.to_string(),
                codes: codes.to_vec(),
                severity: Some(line.severity),
                ..Codes::default()
            }));
        }
        Demand::Value { .. } | Demand::Present | Demand::Absent | Demand::Free | Demand::Rule { .. } => {}
    }
}
