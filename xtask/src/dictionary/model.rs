//! The facts, as the sources give them and as they are written.

use std::collections::BTreeMap;

/// All versions, oldest first; their places are the places in the file.
pub(super) const VERSIONS: [&str; 14] =
    ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"];

/// `2.3.1` as folders say it: `v2_3_1`.
pub(super) fn folder_name(version: &str) -> String {
    format!("v{}", version.replace('.', "_"))
}

/// A field or a component.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct PartFacts {
    pub(super) name: String,
    pub(super) kind: String,
    /// R, O, C, B or W.
    pub(super) usage: char,
    /// 0 for no limit.
    pub(super) repetitions: u16,
    pub(super) table: u16,
    /// 0 for unsaid.
    pub(super) min: u16,
    pub(super) max: u32,
    pub(super) conformance: u16,
}

/// A segment or a data type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WholeFacts {
    pub(super) name: String,
    pub(super) parts: BTreeMap<u16, PartFacts>,
}

/// A segment or group of a structure.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NodeFacts {
    pub(super) name: String,
    pub(super) kind: NodeKind,
    pub(super) min: u8,
    /// 0 for no limit.
    pub(super) max: u16,
    pub(super) children: Vec<NodeFacts>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum NodeKind {
    Segment,
    Group,
    Choice,
}

/// A message structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct StructureFacts {
    pub(super) name: String,
    pub(super) nodes: Vec<NodeFacts>,
}

/// A message type with a trigger event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TriggerFacts {
    pub(super) structure: String,
    pub(super) name: String,
}

/// What one source, or all of them together, say of one version.
#[derive(Clone, Debug, Default)]
pub(super) struct VersionFacts {
    pub(super) segments: BTreeMap<String, WholeFacts>,
    pub(super) types: BTreeMap<String, WholeFacts>,
    pub(super) structures: BTreeMap<String, StructureFacts>,
    /// By event, then message type.
    pub(super) triggers: BTreeMap<(String, String), TriggerFacts>,
}

/// A code of a table with the versions that have it, a bit each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CodeFacts {
    pub(super) display: String,
    pub(super) versions: u16,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TableFacts {
    pub(super) name: String,
    pub(super) codes: BTreeMap<String, CodeFacts>,
    pub(super) versions: u16,
    pub(super) is_user_defined: bool,
}

/// Everything, ready to be written.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// In the order of [`VERSIONS`].
    pub(super) versions: Vec<VersionFacts>,
    pub(super) tables: BTreeMap<u16, TableFacts>,
}

/// A name in upper case with underscores or spaces, as people write it.
pub(super) fn titled(name: &str) -> String {
    let words: Vec<String> = name
        .split(['_', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| {
            let is_short =
                word.len() <= 3 && matches!(word, "ID" | "SSN" | "UB" | "DRG" | "PID" | "NK1" | "PV1" | "OBX");
            let mut letters = word.chars();
            match letters.next() {
                Some(first) if !is_short => first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect(),
                _ => word.to_string(),
            }
        })
        .collect();
    words.join(" ")
}

/// Text without doubled, leading or trailing spaces.
pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
