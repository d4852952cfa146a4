//! Reads the package `hl7-dictionary`: names as people write them, lengths, usage, texts of codes.

use super::json;
use super::model::{PartFacts, VersionFacts, WholeFacts, squeezed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What the package says of a version; nothing for one that it does not have.
pub(super) fn read(package: &Path, version: &str) -> Result<VersionFacts, String> {
    let folder = package.join(version);
    if !folder.is_dir() {
        return Ok(VersionFacts::default());
    }
    let wholes = |file: &str, list: &str| -> Result<BTreeMap<String, WholeFacts>, String> {
        let value = json::read(&folder.join(file))?;
        let entries = value.as_object().ok_or_else(|| format!("{file}: no object"))?;
        Ok(entries.iter().map(|(name, entry)| (name.clone(), whole(entry, list))).collect())
    };
    Ok(VersionFacts {
        segments: wholes("segments.js", "fields")?,
        types: wholes("fields.js", "subfields")?,
        ..VersionFacts::default()
    })
}

fn whole(entry: &Value, list: &str) -> WholeFacts {
    let parts = entry[list].as_array().map(Vec::as_slice).unwrap_or_default();
    let numbered = parts.iter().zip(1..).map(|(entry, number)| (number, part(entry)));
    WholeFacts { name: squeezed(entry["desc"].as_str().unwrap_or_default()), parts: numbered.collect() }
}

fn part(entry: &Value) -> PartFacts {
    let number = |name: &str| entry[name].as_u64().unwrap_or(0);
    PartFacts {
        name: squeezed(entry["desc"].as_str().unwrap_or_default()),
        kind: entry["datatype"].as_str().unwrap_or_default().to_string(),
        usage: match number("opt") {
            2 => 'R',
            3 => 'C',
            4 => 'B',
            _ => 'O',
        },
        repetitions: u16::try_from(number("rep")).unwrap_or(0),
        table: u16::try_from(number("table")).unwrap_or(0),
        max: u32::try_from(number("len")).unwrap_or(0),
        ..PartFacts::default()
    }
}

/// A table: its number, its title, its codes with their texts.
pub(super) type Listed = (u16, String, Vec<(String, String)>);

/// The tables.
pub(super) fn tables(package: &Path) -> Result<Vec<Listed>, String> {
    let value = json::read(&package.join("tables.js"))?;
    let entries = value.as_object().ok_or("tables.js: no object")?;
    let text = |value: &Value| squeezed(value.as_str().unwrap_or_default());
    let table = |(number, entry): (&String, &Value)| {
        let codes = entry["values"].as_object().into_iter().flatten();
        let codes = codes.map(|(code, display)| (squeezed(code), text(display))).collect();
        Some((number.parse().ok()?, text(&entry["desc"]), codes))
    };
    Ok(entries.iter().filter_map(table).collect())
}
