//! Writes the embedded file: `docs/spec/dictionary-format.md`. What two versions share is stored once.

use super::fetch::{PINNED, Packages};
use super::model::{Facts, NodeFacts, NodeKind, PartFacts, TableFacts, VERSIONS, WholeFacts};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const MAGIC: &[u8; 8] = b"SINEWDD1";
const ABSENT: u16 = u16::MAX;
/// Longest string: its length is a byte.
const TEXT_BYTES_MAX: usize = 255;

/// A section while it grows.
#[derive(Default)]
struct Section {
    bytes: Vec<u8>,
    rows: usize,
}

impl Section {
    fn row(&mut self, bytes: &[&[u8]]) {
        bytes.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.rows += 1;
    }
}

/// Strings, each once.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, u32>,
}

impl Strings {
    fn add(&mut self, text: &str) -> [u8; 4] {
        let mut end = text.len().min(TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        if let Some(reference) = self.known.get(text) {
            return reference.to_le_bytes();
        }
        let reference = (self.bytes.len() as u32) << 8 | text.len() as u32;
        self.bytes.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_string(), reference);
        reference.to_le_bytes()
    }
}

/// Rows of one definition each, equal ones once.
#[derive(Default)]
struct Definitions {
    section: Section,
    known: HashMap<Vec<u8>, u16>,
}

impl Definitions {
    fn add(&mut self, bytes: Vec<u8>) -> Result<u16, String> {
        if let Some(index) = self.known.get(&bytes) {
            return Ok(*index);
        }
        let index =
            u16::try_from(self.section.rows).ok().filter(|index| *index != ABSENT).ok_or("too many definitions")?;
        self.section.row(&[&bytes]);
        self.known.insert(bytes, index);
        Ok(index)
    }
}

#[derive(Default)]
struct Writer {
    strings: Strings,
    sources: Section,
    segments: Section,
    segment_definitions: Definitions,
    types: Section,
    type_definitions: Definitions,
    lists: Section,
    known_lists: HashMap<Vec<u16>, u32>,
    parts: Definitions,
    structures: Section,
    structure_definitions: Definitions,
    nodes: Section,
    known_nodes: HashMap<Vec<u8>, u32>,
    tables: Section,
    codes: Section,
    events: Section,
    type_index: HashMap<String, u16>,
}

pub(super) fn file(facts: &Facts, _packages: &Packages) -> Result<Vec<u8>, String> {
    let mut writer = Writer::default();
    for pinned in &PINNED {
        let name = writer.strings.add(&format!("{}:{}", pinned.registry, pinned.name));
        let (version, hash) = (writer.strings.add(pinned.version), writer.strings.add(pinned.sha256));
        writer.sources.row(&[&name, &version, &hash]);
    }
    let mut types: BTreeSet<&str> =
        facts.versions.iter().flat_map(|facts| facts.types.keys()).map(String::as_str).collect();
    types.insert("varies");
    writer.type_index = types.iter().zip(0..).map(|(name, index)| ((*name).to_string(), index)).collect();
    for name in types {
        let versions = facts.versions.iter().map(|facts| facts.types.get(name));
        let row = writer.versioned(versions, |writer, whole| {
            let definition = writer.whole(whole)?;
            writer.type_definitions.add(definition)
        })?;
        let name = writer.strings.add(name);
        writer.types.row(&[&name, &row]);
    }
    let segments: BTreeSet<&String> = facts.versions.iter().flat_map(|facts| facts.segments.keys()).collect();
    for name in segments {
        let versions = facts.versions.iter().map(|facts| facts.segments.get(name));
        let row = writer.versioned(versions, |writer, whole| {
            let definition = writer.whole(whole)?;
            writer.segment_definitions.add(definition)
        })?;
        let name = writer.strings.add(name);
        writer.segments.row(&[&name, &row]);
    }
    writer.structures(facts)?;
    writer.tables(&facts.tables)?;
    writer.finish()
}

impl Writer {
    fn versioned<'f, T: 'f>(
        &mut self,
        versions: impl Iterator<Item = Option<&'f T>>,
        mut add: impl FnMut(&mut Writer, &T) -> Result<u16, String>,
    ) -> Result<Vec<u8>, String> {
        let mut row = Vec::with_capacity(2 * VERSIONS.len());
        for version in versions {
            let index = version.map_or(Ok(ABSENT), |found| add(self, found))?;
            row.extend_from_slice(&index.to_le_bytes());
        }
        Ok(row)
    }

    /// Title, first entry of the list of parts, number of the last part.
    fn whole(&mut self, whole: &WholeFacts) -> Result<Vec<u8>, String> {
        let last = whole.parts.keys().next_back().copied().unwrap_or(0);
        let mut list = Vec::new();
        for number in 1..=last {
            list.push(whole.parts.get(&number).map_or(Ok(ABSENT), |part| self.part(part))?);
        }
        let first = match self.known_lists.get(&list) {
            Some(first) => *first,
            None => {
                let first = self.lists.rows as u32;
                list.iter().for_each(|index| self.lists.row(&[&index.to_le_bytes()]));
                self.known_lists.insert(list, first);
                first
            }
        };
        let title = self.strings.add(&whole.name);
        Ok([&title[..], &first.to_le_bytes(), &last.to_le_bytes(), &[0, 0]].concat())
    }

    fn part(&mut self, part: &PartFacts) -> Result<u16, String> {
        let name = self.strings.add(&part.name);
        let kind = self.type_index.get(&part.kind).ok_or_else(|| format!("no type {}", part.kind))?.to_le_bytes();
        let usage = match part.usage {
            'R' => 1,
            'C' => 2,
            'B' => 3,
            'W' => 4,
            _ => 0,
        };
        let bytes = [
            &name[..],
            &kind,
            &part.table.to_le_bytes(),
            &[usage, 0],
            &part.repetitions.to_le_bytes(),
            &part.min.to_le_bytes(),
            &part.conformance.to_le_bytes(),
            &part.max.to_le_bytes(),
        ];
        self.parts.add(bytes.concat())
    }

    fn structures(&mut self, facts: &Facts) -> Result<(), String> {
        let names: BTreeSet<&String> = facts.versions.iter().flat_map(|facts| facts.structures.keys()).collect();
        let places: HashMap<&String, u16> = names.iter().copied().zip(0..).collect();
        for name in &names {
            let versions = facts.versions.iter().map(|facts| facts.structures.get(*name));
            let row = self.versioned(versions, |writer, structure| {
                let mut rows = Vec::new();
                for node in &structure.nodes {
                    writer.node(node, &mut rows)?;
                }
                let count = u16::try_from(rows.len() / NODE_BYTES).map_err(|error| error.to_string())?;
                let first = match writer.known_nodes.get(&rows) {
                    Some(first) => *first,
                    None => {
                        let first = writer.nodes.rows as u32;
                        rows.chunks(NODE_BYTES).for_each(|row| writer.nodes.row(&[row]));
                        writer.known_nodes.insert(rows, first);
                        first
                    }
                };
                let title = writer.strings.add(&structure.name);
                let bytes = [&title[..], &first.to_le_bytes(), &count.to_le_bytes(), &[0, 0]].concat();
                writer.structure_definitions.add(bytes)
            })?;
            let name = self.strings.add(name);
            self.structures.row(&[&name, &row]);
        }
        let triggers: BTreeSet<&(String, String)> =
            facts.versions.iter().flat_map(|facts| facts.triggers.keys()).collect();
        for key in triggers {
            let found: Vec<_> = facts.versions.iter().map(|facts| facts.triggers.get(key)).collect();
            let title = found.iter().rev().flatten().map(|trigger| trigger.name.as_str()).find(|name| !name.is_empty());
            let (event, kind) = (self.strings.add(&key.0), self.strings.add(&key.1));
            let title = self.strings.add(title.unwrap_or_default());
            let row = self.versioned(found.into_iter(), |_, trigger| {
                Ok(places.get(&trigger.structure).copied().unwrap_or(ABSENT))
            })?;
            self.events.row(&[&event, &kind, &title, &row]);
        }
        Ok(())
    }

    /// A node and what is inside it, in order, each with the number of rows of its subtree.
    fn node(&mut self, node: &NodeFacts, rows: &mut Vec<u8>) -> Result<(), String> {
        let start = rows.len();
        let kind = match node.kind {
            NodeKind::Segment => 0,
            NodeKind::Group => 1,
            NodeKind::Choice => 2,
        };
        rows.extend_from_slice(&self.strings.add(&node.name));
        rows.extend_from_slice(&[kind, node.min]);
        rows.extend_from_slice(&node.max.to_le_bytes());
        rows.extend_from_slice(&[0; 4]);
        for child in &node.children {
            self.node(child, rows)?;
        }
        let size = u16::try_from((rows.len() - start) / NODE_BYTES).map_err(|error| error.to_string())?;
        rows[start + 8..start + 10].copy_from_slice(&size.to_le_bytes());
        Ok(())
    }

    fn tables(&mut self, tables: &BTreeMap<u16, TableFacts>) -> Result<(), String> {
        for (number, table) in tables {
            let name = self.strings.add(&table.name);
            let first = (self.codes.rows as u32).to_le_bytes();
            let count = u16::try_from(table.codes.len()).map_err(|error| error.to_string())?;
            for (code, facts) in &table.codes {
                let (code, display) = (self.strings.add(code), self.strings.add(&facts.display));
                self.codes.row(&[&code, &display, &facts.versions.to_le_bytes(), &[0, 0]]);
            }
            let flags = [u8::from(table.is_user_defined), 0];
            let versions = table.versions.to_le_bytes();
            self.tables.row(&[&number.to_le_bytes(), &versions, &name, &first, &count.to_le_bytes(), &flags]);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u8>, String> {
        let strings = Section { rows: self.strings.bytes.len(), bytes: self.strings.bytes };
        let sections = [
            strings,
            self.sources,
            self.segments,
            self.segment_definitions.section,
            self.types,
            self.type_definitions.section,
            self.lists,
            self.parts.section,
            self.structures,
            self.structure_definitions.section,
            self.nodes,
            self.tables,
            self.codes,
            self.events,
        ];
        let mut out = MAGIC.to_vec();
        let mut at = MAGIC.len() + sections.len() * 8;
        for section in &sections {
            let offset = u32::try_from(at).map_err(|error| error.to_string())?;
            out.extend_from_slice(&offset.to_le_bytes());
            out.extend_from_slice(&(section.rows as u32).to_le_bytes());
            at += section.bytes.len();
        }
        sections.iter().for_each(|section| out.extend_from_slice(&section.bytes));
        Ok(out)
    }
}

/// Bytes of a row of nodes.
const NODE_BYTES: usize = 12;
