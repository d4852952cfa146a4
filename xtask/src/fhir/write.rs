//! Writes the embedded file: `docs/spec/fhir-definitions-format.md`.

use super::PINNED;
use super::profiles;
use super::read::{Sources, list, tail, text};
use super::rows::{Section, Strings, narrow, short};
use super::structures::Structures;
use super::terminology::Terminology;
use serde_json::Value;

const MAGIC: &[u8; 8] = b"SINEWFD1";

/// What is written, while it grows.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) strings: Strings,
    pub(super) structures: Structures,
    terminology: Terminology,
}

pub(super) fn file(sources: &Sources) -> Result<Vec<u8>, String> {
    let mut writer = Writer::default();
    let mut origin = Section::default();
    let name = writer.strings.add(&format!("{}:{}", PINNED.registry, PINNED.name));
    let (version, hash) = (writer.strings.add(PINNED.version), writer.strings.add(PINNED.sha256));
    origin.row(&[&name, &version, &hash]);
    writer.number_value_sets(sources)?;
    writer.structures.add(sources, &mut writer.strings)?;
    writer.terminology.add(sources, &mut writer.strings)?;
    let profiles = profiles::rows(&sources.profiles, &mut writer.structures, &mut writer.strings)?;
    let parameters = writer.search_parameters(sources)?;
    let members = writer.structures.members()?;
    let Writer { strings, structures, terminology } = writer;
    let strings = Section { rows: strings.bytes.len(), bytes: strings.bytes };
    Ok(join(&[
        strings,
        origin,
        structures.types,
        structures.elements,
        structures.references.section,
        structures.lists.section,
        structures.constraints.section,
        members,
        terminology.value_sets,
        terminology.includes,
        terminology.members.section,
        terminology.systems,
        terminology.codes,
        profiles,
        parameters,
    ]))
}

fn join(sections: &[Section]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    let mut at = MAGIC.len() + sections.len() * 8;
    for section in sections {
        out.extend_from_slice(&(at as u32).to_le_bytes());
        out.extend_from_slice(&(section.rows as u32).to_le_bytes());
        at += section.bytes.len();
    }
    sections.iter().for_each(|section| out.extend_from_slice(&section.bytes));
    for (number, section) in sections.iter().enumerate() {
        println!("  section {number}: {} rows, {} bytes", section.rows, section.bytes.len());
    }
    out
}

impl Writer {
    fn search_parameters(&mut self, sources: &Sources) -> Result<Section, String> {
        let mut found: Vec<&Value> = sources.search_parameters.iter().collect();
        found.sort_by_key(|parameter| (text(parameter, "code"), text(parameter, "url")));
        let mut out = Section::default();
        for parameter in found {
            let (bases, base_count) = self.type_list(list(parameter, "base"))?;
            let (targets, target_count) = self.type_list(list(parameter, "target"))?;
            let kind = match text(parameter, "type") {
                "number" => 0_u8,
                "date" => 1,
                "string" => 2,
                "token" => 3,
                "reference" => 4,
                "composite" => 5,
                "quantity" => 6,
                "uri" => 7,
                _ => 8,
            };
            out.row(&[
                &self.strings.add(text(parameter, "code")),
                &self.strings.add(text(parameter, "expression")),
                &bases.to_le_bytes(),
                &targets.to_le_bytes(),
                &[base_count, target_count, kind, 0],
            ]);
        }
        Ok(out)
    }

    fn type_list(&mut self, names: &[Value]) -> Result<(u16, u8), String> {
        let names = names.iter().filter_map(Value::as_str);
        let rows: Vec<u16> = names.filter_map(|name| self.structures.type_rows.get(tail(name)).copied()).collect();
        Ok((narrow(usize::from(self.structures.lists.add_numbers(&rows)?))?, short(rows.len())?))
    }
}
