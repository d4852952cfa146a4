//! Reads `review.toml`: facts that a person chose, each with the reason.

use super::model::{NodeFacts, PartFacts, VERSIONS, VersionFacts, WholeFacts};
use super::syntax;
use std::fs;
use std::path::Path;
use toml::{Table, Value};

/// The list.
pub(super) struct Review {
    entries: Vec<Entry>,
}

struct Entry {
    /// `OBX-20`, `CX.5`, `GSP`, `ORU_R01`, `ORU_R01/PATIENT_RESULT/PATIENT`, `event ADT^A04`.
    place: String,
    /// A bit for each version.
    versions: u16,
    set: Table,
}

pub(super) fn read(path: &Path) -> Result<Review, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let table: Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let mut entries = Vec::new();
    for value in table.get("fact").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let place = text("place").ok_or("review.toml: a fact without a place")?.to_string();
        let versions = versions(text("versions").ok_or_else(|| format!("review.toml: {place}: no versions"))?)?;
        if text("reason").is_none_or(str::is_empty) {
            return Err(format!("review.toml: {place}: no reason"));
        }
        let set =
            value.get("set").and_then(Value::as_table).ok_or_else(|| format!("review.toml: {place}: no `set`"))?;
        entries.push(Entry { place, versions, set: set.clone() });
    }
    Ok(Review { entries })
}

/// `2.3`, `2.3..2.5.1` (both ends included), several with commas.
fn versions(text: &str) -> Result<u16, String> {
    let index = |name: &str| {
        let found = VERSIONS.iter().position(|version| *version == name.trim());
        found.ok_or_else(|| format!("review.toml: `{name}` is no version"))
    };
    let mut mask = 0;
    for piece in text.split(',') {
        let (first, last) = piece.split_once("..").unwrap_or((piece, piece));
        (index(first)?..=index(last)?).for_each(|version| mask |= 1 << version);
    }
    Ok(mask)
}

impl Review {
    /// Puts the chosen facts in. Every entry must change something: a fact that the sources agree on is no exception.
    pub(super) fn apply(&self, facts: &mut VersionFacts, version: usize) -> Result<(), String> {
        let mut refused = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.versions & (1 << version) != 0) {
            if let Err(error) = entry.apply(facts) {
                refused.push(format!("review.toml: {} {}: {error}", VERSIONS[version], entry.place));
            }
        }
        if !refused.is_empty() {
            return Err(refused.join("\n"));
        }
        Ok(())
    }
}

impl Entry {
    fn text(&self, name: &str) -> Option<String> {
        self.set.get(name).and_then(Value::as_str).map(str::to_string)
    }

    fn number(&self, name: &str) -> Option<u32> {
        self.set.get(name).and_then(Value::as_integer).and_then(|number| u32::try_from(number).ok())
    }

    fn is_absent(&self) -> bool {
        self.set.get("absent").and_then(Value::as_bool) == Some(true)
    }

    fn apply(&self, facts: &mut VersionFacts) -> Result<(), String> {
        if let Some(trigger) = self.place.strip_prefix("event ") {
            return self.trigger(trigger, facts);
        }
        if self.place.contains('/') {
            return self.node(facts);
        }
        if let Some((segment, number)) = self.place.split_once('-') {
            let whole = facts.segments.entry(segment.to_string()).or_default();
            return self.part(whole, number);
        }
        if let Some((kind, number)) = self.place.split_once('.') {
            let whole = facts.types.entry(kind.to_string()).or_default();
            return self.part(whole, number);
        }
        if let Some(written) = self.text("nodes") {
            let nodes = syntax::parse(&written)?;
            let structure = facts.structures.entry(self.place.clone()).or_default();
            if structure.nodes == nodes {
                return Err("the sources say so already".to_string());
            }
            structure.nodes = nodes;
            structure.name = self.text("name").unwrap_or_else(|| structure.name.clone());
            return Ok(());
        }
        match (self.text("segment"), self.text("type"), self.is_absent()) {
            (Some(name), None, false) => facts.segments.entry(self.place.clone()).or_default().name = name,
            (None, Some(name), false) => facts.types.entry(self.place.clone()).or_default().name = name,
            (None, None, true) => {
                let was_there = facts.segments.remove(&self.place).is_some()
                    | facts.types.remove(&self.place).is_some()
                    | facts.structures.remove(&self.place).is_some();
                if !was_there {
                    return Err("is not there".to_string());
                }
            }
            _ => return Err("set `segment`, `type`, `nodes` or `absent`".to_string()),
        }
        Ok(())
    }

    fn part(&self, whole: &mut WholeFacts, number: &str) -> Result<(), String> {
        let number = number.parse().map_err(|_| "no number")?;
        if self.is_absent() {
            return whole.parts.remove(&number).map(|_| ()).ok_or_else(|| "is not there".to_string());
        }
        let new = PartFacts { usage: 'O', repetitions: 1, ..PartFacts::default() };
        let part = whole.parts.entry(number).or_insert(new);
        let before = part.clone();
        part.name = self.text("name").unwrap_or_else(|| part.name.clone());
        part.kind = self.text("type").unwrap_or_else(|| part.kind.clone());
        part.usage = self.text("usage").and_then(|text| text.chars().next()).unwrap_or(part.usage);
        let short = |name: &str| self.number(name).and_then(|number| u16::try_from(number).ok());
        part.repetitions = short("repetitions").unwrap_or(part.repetitions);
        part.table = short("table").unwrap_or(part.table);
        part.min = short("min").unwrap_or(part.min);
        part.conformance = short("conformance").unwrap_or(part.conformance);
        part.max = self.number("max").unwrap_or(part.max);
        if part.name.is_empty() || part.kind.is_empty() {
            return Err("a new part needs a name and a type".to_string());
        }
        if *part == before { Err("the sources say so already".to_string()) } else { Ok(()) }
    }

    /// `ORU_R01/PATIENT_RESULT/PATIENT`: min, max, a new name, or absent.
    fn node(&self, facts: &mut VersionFacts) -> Result<(), String> {
        let mut names = self.place.split('/');
        let structure = names.next().unwrap_or_default();
        let mut nodes = &mut facts.structures.get_mut(structure).ok_or("no such structure")?.nodes;
        let names: Vec<&str> = names.collect();
        for (depth, name) in names.iter().enumerate() {
            let at = nodes.iter().position(|node| node.name == *name).ok_or_else(|| format!("no {name}"))?;
            if depth + 1 < names.len() {
                nodes = &mut nodes[at].children;
                continue;
            }
            if self.is_absent() {
                nodes.remove(at);
                return Ok(());
            }
            let node: &mut NodeFacts = &mut nodes[at];
            let before = node.clone();
            node.name = self.text("name").unwrap_or_else(|| node.name.clone());
            node.min = self.number("min").and_then(|number| u8::try_from(number).ok()).unwrap_or(node.min);
            node.max = self.number("max").and_then(|number| u16::try_from(number).ok()).unwrap_or(node.max);
            return if *node == before { Err("the sources say so already".to_string()) } else { Ok(()) };
        }
        Err("no node named".to_string())
    }

    /// `ADT^A04`.
    fn trigger(&self, trigger: &str, facts: &mut VersionFacts) -> Result<(), String> {
        let (kind, event) = trigger.split_once('^').ok_or("an event is TYPE^EVENT")?;
        let key = (event.to_string(), kind.to_string());
        if self.is_absent() {
            return facts.triggers.remove(&key).map(|_| ()).ok_or_else(|| "is not there".to_string());
        }
        let entry = facts.triggers.entry(key).or_default();
        let before = entry.clone();
        entry.structure = self.text("structure").unwrap_or_else(|| entry.structure.clone());
        entry.name = self.text("name").unwrap_or_else(|| entry.name.clone());
        if *entry == before { Err("the sources say so already".to_string()) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(versions("2.1"), Ok(1));
        assert_eq!(versions("2.2..2.3, 2.9"), Ok(0b10_0000_0000_0110));
        assert!(versions("2.5.2").is_err());
    }

    #[test]
    fn facts_are_set_and_must_change_something() {
        let table: Table = "usage = 'C'".parse().unwrap();
        let entry = Entry { place: "PID-3".to_string(), versions: 1, set: table };
        let mut facts = VersionFacts::default();
        assert!(entry.apply(&mut facts).is_err(), "a new part without a name");
        let part = PartFacts { name: "Id".to_string(), kind: "CX".to_string(), usage: 'O', ..PartFacts::default() };
        facts.segments.entry("PID".to_string()).or_default().parts.insert(3, part);
        assert_eq!(entry.apply(&mut facts), Ok(()));
        assert_eq!(facts.segments["PID"].parts[&3].usage, 'C');
        assert!(entry.apply(&mut facts).is_err(), "no change");
        let table: Table = "nodes = 'MSH NTE*'".parse().unwrap();
        let entry = Entry { place: "ORM_O01".to_string(), versions: 1, set: table };
        assert_eq!(entry.apply(&mut facts), Ok(()));
        assert_eq!(facts.structures["ORM_O01"].nodes[1].name, "NTE");
        assert!(entry.apply(&mut facts).is_err(), "no change");
    }
}
