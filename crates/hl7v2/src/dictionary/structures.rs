//! Message structures: segments and groups as a tree, in the order in which they are sent.

use super::file::{self, Section};
use super::{Version, definition};

/// A message structure of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    row: usize,
    definition: usize,
}

impl Structure {
    pub(super) fn at(row: usize, version: Version) -> Option<Structure> {
        let definition = file::row(Section::StructureDefinitions, definition(row, version)?);
        Some(Structure { row, definition })
    }

    pub(super) fn name_at(row: usize) -> &'static str {
        file::text(row)
    }

    /// `ADT_A01`.
    #[must_use]
    pub fn id(self) -> &'static str {
        Structure::name_at(self.row)
    }

    /// `Admit/visit notification`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.definition)
    }

    /// What stands at the top level.
    #[must_use]
    pub fn nodes(self) -> Nodes {
        let first = file::u32_at(self.definition + 4) as usize;
        Nodes { next: first, end: first + usize::from(file::u16_at(self.definition + 8)) }
    }

    /// The number of its definition, which it may share with the same structure of other versions.
    #[must_use]
    pub fn definition_number(self) -> usize {
        file::index(Section::StructureDefinitions, self.definition)
    }

    /// How many definitions there are.
    #[must_use]
    pub fn definitions() -> usize {
        file::count(Section::StructureDefinitions)
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A segment.
    Segment,
    /// A group: its children in order.
    Group,
    /// A group of which one child is sent.
    Choice,
}

/// A segment or group at its place in a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    index: usize,
}

impl Node {
    fn at(self) -> usize {
        file::row(Section::Nodes, self.index)
    }

    /// The segment id or the name of the group: `PID`, `PATIENT_RESULT`.
    #[must_use]
    pub fn name(self) -> &'static str {
        file::text(self.at())
    }

    /// Segment, group or choice.
    #[must_use]
    pub fn kind(self) -> NodeKind {
        match file::u8_at(self.at() + 4) {
            1 => NodeKind::Group,
            2 => NodeKind::Choice,
            _ => NodeKind::Segment,
        }
    }

    /// The least occurrences: 0 or 1.
    #[must_use]
    pub fn min(self) -> u16 {
        u16::from(file::u8_at(self.at() + 5))
    }

    /// The most occurrences; `None` for no limit.
    #[must_use]
    pub fn max(self) -> Option<u16> {
        let most = file::u16_at(self.at() + 6);
        (most != 0).then_some(most)
    }

    /// What is inside a group; nothing for a segment.
    #[must_use]
    pub fn children(self) -> Nodes {
        Nodes { next: self.index + 1, end: self.index + usize::from(file::u16_at(self.at() + 8)) }
    }
}

/// Nodes of one level, in order.
#[derive(Clone, Debug)]
pub struct Nodes {
    next: usize,
    end: usize,
}

impl Iterator for Nodes {
    type Item = Node;

    fn next(&mut self) -> Option<Node> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { index: self.next };
        self.next += usize::from(file::u16_at(node.at() + 8)).max(1);
        Some(node)
    }
}
