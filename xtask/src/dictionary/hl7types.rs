//! Reads the package `hl7types`: the descriptions in its classes name type, usage, repetition and table of every field,
//! and which message types with which events share a structure.

use super::model::{
    NodeFacts, NodeKind, PartFacts, StructureFacts, TriggerFacts, VersionFacts, WholeFacts, folder_name, squeezed,
    titled,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What the package says of a version; nothing for one that it does not have.
pub(super) fn read(package: &Path, version: &str) -> Result<VersionFacts, String> {
    let folder = package.join(folder_name(version));
    let mut facts = VersionFacts::default();
    if !folder.is_dir() {
        return Ok(facts);
    }
    for (name, source) in sources(&folder.join("segments"))? {
        facts.segments.insert(name, whole(&source, field));
    }
    for (name, source) in sources(&folder.join("datatypes"))? {
        let mut found = whole(&source, component);
        lengths(&source, &mut found);
        facts.types.insert(name, found);
    }
    let groups = sources(&folder.join("groups"))?;
    let messages = sources(&folder.join("messages"))?;
    for (name, source) in &messages {
        let structure = root_of(name, &messages);
        if structure == *name {
            let nodes = nodes(source, &groups);
            facts.structures.insert(name.clone(), StructureFacts { name: title(source), nodes });
        }
        if let Some((message_type, event)) = name.split_once('_') {
            let trigger = TriggerFacts { structure, name: trigger_title(&title(source)) };
            facts.triggers.insert((event.to_string(), message_type.to_string()), trigger);
        }
    }
    Ok(facts)
}

fn sources(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut out = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        if path.extension().is_some_and(|kind| kind == "py") && !name.starts_with('_') {
            out.insert(name.to_string(), fs::read_to_string(&path).map_err(failed)?);
        }
    }
    Ok(out)
}

/// `ADT_A04` is made as `class ADT_A04(ADT_A01)`: the structure is the class that stands on its own.
fn root_of(name: &str, messages: &BTreeMap<String, String>) -> String {
    let Some(source) = messages.get(name) else { return name.to_string() };
    let base = source.lines().find_map(|line| line.strip_prefix("class ")?.split(['(', ')']).nth(1));
    match base {
        Some(base) if base != "HL7Model" && base != name => root_of(base, messages),
        _ => name.to_string(),
    }
}

/// The first line of the class's description, without the section in parentheses.
fn title(source: &str) -> String {
    let line = source.split("\n    \"\"\"").nth(1).and_then(|text| text.lines().next()).unwrap_or_default();
    let line = line.trim_end_matches("\"\"\"").trim_end_matches('.');
    let line = line.rfind(" (S").map_or(line, |at| &line[..at]);
    squeezed(line)
}

/// `ADT/ACK - Register a patient` without what stands in front of the dash.
fn trigger_title(title: &str) -> String {
    let is_types =
        |front: &str| front.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "/ ".contains(c));
    match title.split_once(" - ") {
        Some((front, rest)) if is_types(front) => squeezed(rest),
        _ => title.to_string(),
    }
}

fn whole(source: &str, read: fn(&str) -> Option<(u16, PartFacts)>) -> WholeFacts {
    let description = source.split("\"\"\"").nth(3).unwrap_or_default();
    let name = title(source);
    let name = if name.chars().any(char::is_lowercase) { name } else { titled(&name) };
    WholeFacts { name, parts: description.lines().filter_map(|line| read(line.trim())).collect() }
}

/// `PID.8 - Administrative Sex (CWE) O rep S15.4.8.5 | 0001 - Administrative Sex`.
fn field(line: &str) -> Option<(u16, PartFacts)> {
    let (front, rest) = line.split_once(" - ")?;
    let number = front.split_once('.')?.1.parse().ok()?;
    let (rest, table) = match rest.rfind(" | ") {
        Some(at) => (&rest[..at], rest[at + 3..].get(..4).and_then(|digits| digits.parse().ok())),
        None => (rest, None),
    };
    let (open, close) = (rest.rfind('(')?, rest.rfind(')')?);
    let kind = rest.get(open + 1..close)?;
    let mut words = rest[close + 1..].split_whitespace();
    let usage = match words.next() {
        Some("R") => 'R',
        Some("C") => 'C',
        Some("X") => 'W',
        _ => 'O',
    };
    let repetitions = u16::from(words.next() != Some("rep"));
    let part = PartFacts {
        name: squeezed(&rest[..open]),
        kind: known_kind(kind),
        usage,
        repetitions,
        table: table.unwrap_or(0),
        ..PartFacts::default()
    };
    Some((number, part))
}

/// `XPN.1 (opt) - Family Name (FN)`.
fn component(line: &str) -> Option<(u16, PartFacts)> {
    let (front, rest) = line.split_once(") - ")?;
    let (place, usage) = front.split_once(" (")?;
    let number = place.rsplit_once('.')?.1.parse().ok()?;
    let (open, close) = (rest.rfind('(')?, rest.rfind(')')?);
    let part = PartFacts {
        name: squeezed(&rest[..open]),
        kind: known_kind(rest.get(open + 1..close)?),
        usage: if usage == "req" { 'R' } else { 'O' },
        repetitions: 1,
        ..PartFacts::default()
    };
    Some((number, part))
}

fn known_kind(kind: &str) -> String {
    match kind {
        "*" | "var" | "varies" | "VARIES" => "varies".to_string(),
        "NUL" | "-" => String::new(),
        other => other.to_string(),
    }
}

/// `max_length=6,` inside the definition of `cnn_9`.
fn lengths(source: &str, found: &mut WholeFacts) {
    let mut current = None;
    for line in source.lines() {
        if let Some((front, _)) = line.strip_prefix("    ").and_then(|rest| rest.split_once(": "))
            && !front.starts_with(' ')
            && !line.ends_with("None")
        {
            current = front.rsplit_once('_').and_then(|(_, digits)| digits.parse::<u16>().ok());
        }
        let said = |name: &str| line.trim().strip_prefix(name)?.trim_end_matches(',').parse::<u32>().ok();
        let Some(part) = current.and_then(|number| found.parts.get_mut(&number)) else { continue };
        if let Some(most) = said("max_length=") {
            part.max = most;
        }
        if let Some(least) = said("min_length=") {
            part.min = u16::try_from(least).unwrap_or(0);
        }
    }
}

/// `PATIENT_RESULT (List[ORU_R01_PATIENT_RESULT]): required` in the description of a message or group.
fn nodes(source: &str, groups: &BTreeMap<String, String>) -> Vec<NodeFacts> {
    let description = source.split("\"\"\"").nth(3).unwrap_or_default();
    let node = |line: &str| {
        let (name, rest) = line.trim().split_once(" (")?;
        let (kind, rest) = rest.split_once("):")?;
        let class = kind.rsplit('[').next()?.trim_end_matches(']');
        let group = groups.get(class);
        Some(NodeFacts {
            name: name.to_uppercase(),
            kind: if group.is_some() { NodeKind::Group } else { NodeKind::Segment },
            min: u8::from(rest.trim_end().ends_with("required")),
            max: u16::from(!kind.contains("List[")),
            children: group.map(|source| nodes(source, groups)).unwrap_or_default(),
        })
    };
    description.split("Attributes:").nth(1).unwrap_or_default().lines().filter_map(node).collect()
}
