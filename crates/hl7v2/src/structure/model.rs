//! An abstract message structure: groups and segments with how often they may come.
//!
//! Promises: nodes stand in the order of the structure, a parent before its children; node 0 is the message itself; the
//! children of a node keep the order in which they were added, and their position counts from 1.

/// A node of a structure, by its place in it. 0 is the message.
pub type NodeId = u32;

/// No upper bound.
pub const UNBOUNDED: u16 = u16::MAX;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A segment with this id.
    Segment([u8; 3]),
    /// Segments and groups in order.
    Group,
    /// Exactly one of its children.
    Choice,
}

/// One segment or group of a structure.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The name of a group; the id of a segment.
    pub name: Box<str>,
    /// How often it must come at least, where its parent comes.
    pub min: u16,
    /// How often it may come; [`UNBOUNDED`] for no bound.
    pub max: u16,
    /// The group that it is in; the message is its own.
    pub parent: NodeId,
    /// Its place among its parent's children, from 1.
    pub position: u16,
    pub(super) children: Vec<NodeId>,
    /// The segment ids below it, by their numbers in the structure's list of ids.
    pub(super) holds: u128,
}

/// A compiled structure.
#[derive(Clone, Debug)]
pub struct Structure {
    pub(super) nodes: Vec<Node>,
    /// Every segment id, once.
    pub(super) ids: Vec<[u8; 3]>,
}

impl Structure {
    /// The nodes, the message first.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One node.
    ///
    /// # Panics
    /// When the id is of another, larger structure.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The children of a node in order.
    #[must_use]
    pub fn children(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).children
    }

    /// A segment with this id may come somewhere.
    #[must_use]
    pub fn has(&self, id: [u8; 3]) -> bool {
        self.ids.contains(&id)
    }

    pub(super) fn bit(&self, id: [u8; 3]) -> Option<u128> {
        let at = self.ids.iter().position(|known| *known == id)?;
        // Beyond 127 different ids all share the last bit: the search looks into a few groups more.
        Some(1 << at.min(127))
    }
}

/// Builds a structure from the outside in.
///
/// ```
/// use hl7v2::structure::Builder;
/// let mut builder = Builder::new("ADT_A01");
/// builder.segment(*b"MSH", 1, 1);
/// builder.open("INSURANCE", 0, u16::MAX);
/// builder.segment(*b"IN1", 1, 1);
/// builder.close();
/// let structure = builder.finish();
/// assert_eq!(structure.nodes().len(), 4);
/// ```
#[derive(Debug)]
pub struct Builder {
    structure: Structure,
    open: Vec<NodeId>,
}

impl Builder {
    /// A message structure with this name.
    #[must_use]
    pub fn new(name: &str) -> Builder {
        let root = Node {
            kind: Kind::Group,
            name: name.into(),
            min: 1,
            max: 1,
            parent: 0,
            position: 1,
            children: Vec::new(),
            holds: 0,
        };
        Builder { structure: Structure { nodes: vec![root], ids: Vec::new() }, open: vec![0] }
    }

    /// Adds a segment to the open group.
    pub fn segment(&mut self, id: [u8; 3], min: u16, max: u16) -> NodeId {
        if !self.structure.ids.contains(&id) {
            self.structure.ids.push(id);
        }
        let name = String::from_utf8_lossy(&id).into_owned();
        let node = self.add(Kind::Segment(id), &name, min, max);
        let bit = self.structure.bit(id).unwrap_or(0);
        for group in self.open.iter().copied().chain([node]) {
            self.structure.nodes[group as usize].holds |= bit;
        }
        node
    }

    /// Adds a group to the open group, and opens it.
    pub fn open(&mut self, name: &str, min: u16, max: u16) -> NodeId {
        let node = self.add(Kind::Group, name, min, max);
        self.open.push(node);
        node
    }

    /// Adds a choice to the open group, and opens it.
    pub fn open_choice(&mut self, name: &str, min: u16, max: u16) -> NodeId {
        let node = self.add(Kind::Choice, name, min, max);
        self.open.push(node);
        node
    }

    /// Closes the group or choice that was opened last; the message stays open.
    pub fn close(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    /// The structure.
    #[must_use]
    pub fn finish(self) -> Structure {
        self.structure
    }

    fn add(&mut self, kind: Kind, name: &str, min: u16, max: u16) -> NodeId {
        let parent = self.open.last().copied().unwrap_or(0);
        let id = self.structure.nodes.len() as NodeId;
        let siblings = &mut self.structure.nodes[parent as usize].children;
        siblings.push(id);
        let position = u16::try_from(siblings.len()).unwrap_or(u16::MAX);
        self.structure.nodes.push(Node {
            kind,
            name: name.into(),
            min,
            max,
            parent,
            position,
            children: Vec::new(),
            holds: 0,
        });
        id
    }
}
