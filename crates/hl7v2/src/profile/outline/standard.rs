//! The outline of a structure of the standard, from the dictionary.

use super::{Codes, Node, NodeKind, Outline, PARTS_MAX, Part, Usage};
use crate::dictionary::{self, Dictionary, Parts, Table, Version};
use message::Severity;
use std::collections::HashMap;
use std::sync::Arc;

/// Fields, components, subcomponents.
const DEPTH: u8 = 3;

pub(super) fn outline(version: Version, structure: &str) -> Option<Outline> {
    let dictionary = Dictionary::of(version);
    let found = dictionary.structure(structure)?;
    let mut walk = Walk { dictionary, left: PARTS_MAX, tables: HashMap::new() };
    let nodes = walk.nodes(found.nodes());
    Some(Outline {
        name: format!("HL7 {version} {structure}"),
        kind: structure.split('_').next().unwrap_or_default().to_owned(),
        structure: structure.to_owned(),
        version: Some(version),
        nodes,
        is_cut: walk.left == 0,
        is_silent_on_parts: version < Version::V2_5,
        ..Outline::default()
    })
}

struct Walk {
    dictionary: Dictionary,
    left: usize,
    tables: HashMap<u16, Arc<Codes>>,
}

impl Walk {
    fn nodes(&mut self, nodes: dictionary::Nodes) -> Vec<Node> {
        nodes.map(|node| self.node(node)).collect()
    }

    fn node(&mut self, node: dictionary::Node) -> Node {
        let segment = self.dictionary.segment(node.name());
        let kind = match node.kind() {
            dictionary::NodeKind::Segment => NodeKind::Segment,
            dictionary::NodeKind::Group => NodeKind::Group,
            dictionary::NodeKind::Choice => NodeKind::Choice,
        };
        Node {
            kind,
            name: node.name().to_owned(),
            title: segment.map(|segment| segment.name().to_owned()).unwrap_or_default(),
            usage: if node.min() > 0 { Usage::Required } else { Usage::Optional },
            condition: None,
            min: u32::from(node.min()),
            max: node.max().map(u32::from),
            seen: None,
            nodes: self.nodes(node.children()),
            parts: segment.map(|segment| self.parts(segment.fields(), DEPTH)).unwrap_or_default(),
        }
    }

    fn parts(&mut self, parts: Parts, depth: u8) -> Vec<Part> {
        let mut out = Vec::new();
        for part in parts {
            if self.left == 0 {
                break;
            }
            self.left -= 1;
            out.push(self.part(part, depth));
        }
        out
    }

    fn part(&mut self, part: dictionary::Part, depth: u8) -> Part {
        let usage = usage(part.usage());
        let inner = part.datatype().filter(|_| depth > 1);
        Part {
            number: part.number(),
            name: part.name().to_owned(),
            usage,
            condition: None,
            min: u32::from(usage == Usage::Required),
            max: part.repetitions_max().map(u32::from).or(if depth < DEPTH { Some(1) } else { None }),
            length: part.length_max().map(|longest| (part.length_min().unwrap_or(0), Some(longest))),
            datatype: part.type_name().to_owned(),
            types: Vec::new(),
            constant: None,
            codes: part.table().map(|table| self.codes(table)),
            seen: None,
            parts: inner.map(|datatype| self.parts(datatype.components(), depth - 1)).unwrap_or_default(),
        }
    }

    fn codes(&mut self, table: Table) -> Arc<Codes> {
        let make = || {
            let codes = Codes {
                name: format!("{:04}", table.number()),
                title: table.name().to_owned(),
                codes: table.codes().map(|code| code.code.to_owned()).collect(),
                is_open: table.is_user_defined(),
                has_patterns: false,
                severity: Some(if table.is_user_defined() { Severity::Note } else { Severity::Error }),
            };
            Arc::new(codes)
        };
        self.tables.entry(table.number()).or_insert_with(make).clone()
    }
}

fn usage(usage: dictionary::Usage) -> Usage {
    match usage {
        dictionary::Usage::Required => Usage::Required,
        dictionary::Usage::Optional | dictionary::Usage::Backward => Usage::Optional,
        dictionary::Usage::Conditional => Usage::Conditional,
        dictionary::Usage::Withdrawn => Usage::Withdrawn,
    }
}
