//! What a profile is over: a version, message types or structures, and how strictly the standard is read there.

use crate::dictionary::{self, Dictionary, NodeKind, Nodes, Version};
use crate::validate::Level;

/// What a profile is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Base {
    /// The versions of the messages; the first is the one they are checked by. Without one, that of the message.
    pub versions: Vec<Version>,
    /// The types or structures; any without one.
    pub of: Vec<Of>,
    /// How strictly the standard itself is checked; `None`: only the lines count.
    pub level: Option<Level>,
}

/// A type of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Every message with this MSH-9.1: `ADT`.
    Type(Box<str>),
    /// Messages of this structure: `ADT_A01`.
    Structure(Box<str>),
}

impl Of {
    /// `ADT` or `ADT_A01`, as a base names it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Of::Type(name) | Of::Structure(name) => name,
        }
    }
}

impl Base {
    /// The version by which messages are checked that say `own`.
    pub(in crate::validate) fn version(&self, own: Option<Version>) -> Option<Version> {
        match own {
            Some(own) if self.versions.contains(&own) => Some(own),
            _ => self.versions.first().copied().or(own),
        }
    }

    /// The dictionaries that the profile speaks of: the newest first where it names no version.
    #[must_use]
    pub fn dictionaries(&self) -> Vec<Dictionary> {
        if self.versions.is_empty() {
            Version::ALL.into_iter().rev().map(Dictionary::of).collect()
        } else {
            self.versions.iter().copied().map(Dictionary::of).collect()
        }
    }

    /// The structures that messages of the profile may have; empty when they are not known.
    #[must_use]
    pub fn structures(&self) -> Vec<dictionary::Structure> {
        let is_of_type =
            |id: &str, kind: &str| id == kind || id.strip_prefix(kind).is_some_and(|rest| rest.starts_with('_'));
        let takes = |id: &str| {
            self.of.is_empty()
                || self.of.iter().any(|of| match of {
                    Of::Type(kind) => is_of_type(id, kind),
                    Of::Structure(name) => id == &**name,
                })
        };
        let all = self.dictionaries();
        all.into_iter().flat_map(|one| one.structures().filter(|found| takes(found.id())).collect::<Vec<_>>()).collect()
    }

    /// A segment may come in a message of the profile by the standard.
    #[must_use]
    pub fn has_segment(&self, id: &str) -> bool {
        let structures = self.structures();
        structures.is_empty() || structures.iter().any(|structure| has(structure.nodes(), NodeKind::Segment, id))
    }

    /// The names of all groups that messages of the profile may have.
    #[must_use]
    pub fn groups(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.structures().into_iter().for_each(|structure| collect(structure.nodes(), &mut names));
        names.sort_unstable();
        names.dedup();
        names
    }
}

fn has(mut nodes: Nodes, kind: NodeKind, name: &str) -> bool {
    nodes.any(|node| (node.kind() == kind && node.name() == name) || has(node.children(), kind, name))
}

fn collect(nodes: Nodes, names: &mut Vec<&'static str>) {
    for node in nodes.filter(|node| node.kind() != NodeKind::Segment) {
        names.push(node.name());
        collect(node.children(), names);
    }
}
