//! Reads the package `hl7apy`: structures with groups, segments, fields, data types.

use super::literal::{Literal, assigned};
use super::model::{NodeFacts, NodeKind, PartFacts, StructureFacts, VersionFacts, WholeFacts, folder_name, titled};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

type Named = BTreeMap<String, Literal>;

/// What the package says of a version; nothing for one that it does not have.
pub(super) fn read(package: &Path, version: &str) -> Result<VersionFacts, String> {
    let folder = package.join(folder_name(version));
    if !folder.is_dir() {
        return Ok(VersionFacts::default());
    }
    let named = |file: &str, name: &str| -> Result<Named, String> {
        let path = folder.join(file);
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(assigned(&source, name).map_err(|error| format!("{}: {error}", path.display()))?.into_iter().collect())
    };
    let components = named("datatypes.py", "DATATYPES")?;
    let fields = named("fields.py", "FIELDS")?;
    let groups = named("groups.py", "GROUPS")?;
    let mut facts = VersionFacts::default();
    for (name, list) in named("datatypes.py", "DATATYPES_STRUCTS")? {
        facts.types.insert(name, whole(list.list(), &components));
    }
    for (name, entry) in named("segments.py", "SEGMENTS")? {
        facts.segments.insert(name, whole(members(&entry), &fields));
    }
    for (name, entry) in named("messages.py", "MESSAGES")? {
        let nodes = nodes(members(&entry), &groups, &name, 0)?;
        facts.structures.insert(name, StructureFacts { name: String::new(), nodes });
    }
    Ok(facts)
}

/// The codes of the tables of a version: number, title, codes.
pub(super) fn tables(package: &Path, version: &str) -> Result<Vec<(u16, String, Vec<String>)>, String> {
    let path = package.join(folder_name(version)).join("tables.py");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut out = Vec::new();
    for (name, entry) in assigned(&source, "TABLES").map_err(|error| format!("{}: {error}", path.display()))? {
        let Some(number) = table_number(&name) else { continue };
        let title = entry.list().first().and_then(Literal::text).unwrap_or_default().to_string();
        let codes = match entry.list().get(1) {
            Some(Literal::Text(one)) => vec![one.clone()],
            Some(list) => list.list().iter().filter_map(Literal::text).map(str::to_string).collect(),
            None => Vec::new(),
        };
        out.push((number, title, codes));
    }
    Ok(out)
}

/// The second item of `('sequence', (…))`; a tuple of one is written without its parentheses.
fn members(entry: &Literal) -> &[Literal] {
    match entry.list().get(1).map(Literal::list) {
        Some([Literal::Text(_), ..]) => &entry.list()[1..2],
        Some(list) => list,
        None => &[],
    }
}

fn cardinality(member: &[Literal]) -> (i64, i64) {
    match member.get(2).map(Literal::list) {
        Some([least, most]) => (least.number().unwrap_or(0), most.number().unwrap_or(1)),
        _ => (0, 1),
    }
}

/// The parts of a segment or data type: `('PID_3', …, (1, -1), 'FIE')` with the entry of that name.
fn whole(list: &[Literal], entries: &Named) -> WholeFacts {
    let mut out = WholeFacts::default();
    for member in list.iter().map(Literal::list) {
        let Some(name) = member.first().and_then(Literal::text) else { continue };
        let Some(number) = name.rsplit('_').next().and_then(|digits| digits.parse().ok()) else { continue };
        let (least, most) = cardinality(member);
        let is_withdrawn = (least, most) == (0, 0);
        let mut part = entries.get(name).map(part).unwrap_or_default();
        part.usage = match (is_withdrawn, least) {
            (true, _) => 'W',
            (false, 0) => 'O',
            (false, _) => 'R',
        };
        part.repetitions = if is_withdrawn { 1 } else { u16::try_from(most).unwrap_or(0) };
        out.parts.insert(number, part);
    }
    out
}

/// `('leaf', None, 'ST', 'NAME', 'HL70001', -1)`, in some versions with the last four in a list.
fn part(entry: &Literal) -> PartFacts {
    let items = entry.list();
    let tail = match items.get(1) {
        Some(Literal::List(inner)) if inner.first().is_some_and(|first| first.text().is_some()) => &inner[..],
        _ => items.get(2..).unwrap_or_default(),
    };
    let text = |place: usize| tail.get(place).and_then(Literal::text).unwrap_or_default();
    PartFacts {
        kind: text(0).to_string(),
        name: titled(text(1)),
        table: table_number(text(2)).unwrap_or(0),
        ..PartFacts::default()
    }
}

fn table_number(name: &str) -> Option<u16> {
    name.strip_prefix("HL7")?.parse().ok()
}

/// Deepest nesting of groups.
const DEPTH_MAX: usize = 12;

fn nodes(list: &[Literal], groups: &Named, structure: &str, depth: usize) -> Result<Vec<NodeFacts>, String> {
    if depth > DEPTH_MAX {
        return Err(format!("{structure}: groups nest too deep"));
    }
    let mut out = Vec::new();
    for member in list.iter().map(Literal::list) {
        let Some(name) = member.first().and_then(Literal::text) else { continue };
        let (least, most) = cardinality(member);
        let (min, max) = (u8::from(least > 0), u16::try_from(most).unwrap_or(0));
        if (least, most) == (0, 0) {
            continue;
        }
        if member.get(3).and_then(Literal::text) != Some("GRP") {
            out.push(NodeFacts { name: name.to_string(), kind: NodeKind::Segment, min, max, children: Vec::new() });
            continue;
        }
        let entry = groups.get(name).ok_or_else(|| format!("{structure}: no group {name}"))?;
        let children = nodes(members(entry), groups, structure, depth + 1)?;
        // A choice has single members; a "choice" with optional or repeating ones is a slip of the schemas for a sequence.
        let is_choice = entry.list().first().and_then(Literal::text) == Some("choice")
            && children.iter().all(|child| (child.min, child.max) == (1, 1));
        let kind = if is_choice { NodeKind::Choice } else { NodeKind::Group };
        let short = name.strip_prefix(structure).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
        out.push(NodeFacts { name: short.to_string(), kind, min, max, children });
    }
    Ok(out)
}
