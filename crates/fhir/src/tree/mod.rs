//! A resource as a tree: one vector of nodes, one buffer of text.
//!
//! Owns nodes by number, property names ([`Name`]) and all texts; unescaped strings stand in the buffer as they came.
//! Keeps what JSON says and FHIR needs: order of properties, numbers as written (`1.00` is not `1.0`), elements nobody
//! knows, `_name` properties, nulls in arrays.
//!
//! Promises: reading is strict (RFC 8259) and bounded, and an error says code, byte, line and column; writing what was
//! read gives the same values in the same order; [`Tree::clear`] keeps the memory for the next message.
//! Never: knows which elements FHIR has; drops an element; holds content in an error or a `Debug`.

mod edit;
mod name;
mod node;
mod read;
mod route;
#[cfg(test)]
mod tests;
mod write;

pub use edit::{Fixed, Known, Number, Place, Value};
pub use name::{Key, Name, NameSet};
pub use node::{Children, Node};
pub use route::Route;

use crate::Error;
use name::Names;

/// Largest document that is read, in bytes.
pub const TREE_BYTES_MAX: usize = message::limits::FRAME_BYTES_MAX;
/// Nesting of objects and arrays that is read.
pub const TREE_DEPTH_MAX: usize = 128;
/// Nodes of one tree, those that were removed included.
pub const TREE_NODES_MAX: usize = 8 * 1024 * 1024;
/// Text of one tree in bytes, that of removed nodes included.
pub const TREE_TEXT_MAX: usize = 4 * TREE_BYTES_MAX;

/// No node.
const NONE: u32 = u32::MAX;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`, in an array beside `_name`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number, as it is written.
    Number,
    /// A string.
    Text,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// The number of a node in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// A node. For arrays and objects `a` and `b` are the first and the last child, for texts start and length in the
/// buffer, for booleans `a` is the value.
#[derive(Clone, Copy)]
struct Cell {
    parent: u32,
    next: u32,
    /// The property name; `NONE` for items of arrays and for the root.
    name: u32,
    a: u32,
    b: u32,
    kind: Kind,
    /// A text that JSON writes as it is, without escapes.
    is_plain: bool,
    /// Of an object: a bit for each property that it has or had, see [`Name::bit`].
    seen: u64,
}

/// A resource.
///
/// `Debug` prints the shape only, never content.
#[derive(Clone)]
pub struct Tree {
    cells: Vec<Cell>,
    text: String,
    names: Names,
    root: u32,
}

impl Tree {
    /// An empty object.
    #[must_use]
    pub fn new() -> Tree {
        let mut out = Tree { cells: Vec::new(), text: String::new(), names: Names::default(), root: 0 };
        out.clear();
        out
    }

    /// Reads one JSON value; a byte order mark before it is passed over.
    ///
    /// # Errors
    /// E1200 not JSON, E1201 past a limit, E1202 a property twice in one object, E1203 a string that is no text; each
    /// with its byte, line and column.
    pub fn read(bytes: &[u8]) -> Result<Tree, Error> {
        let mut out = Tree::new();
        out.read_again(bytes)?;
        Ok(out)
    }

    /// Reads into this tree, with the memory it has. After an error it is an empty object.
    ///
    /// # Errors
    /// As [`read`](Tree::read).
    pub fn read_again(&mut self, bytes: &[u8]) -> Result<(), Error> {
        read::read(self, bytes).inspect_err(|_| self.clear())
    }

    /// Makes it an empty object and keeps the memory. Numbers of nodes that were taken before mean nothing afterwards.
    pub fn clear(&mut self) {
        self.cells.clear();
        self.text.clear();
        self.names.clear();
        self.root = 0;
        self.cells.push(Cell::new(Kind::Object, NONE, NONE));
    }

    /// The outermost value.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::new(self, self.root)
    }

    /// A node by its number; a number of another tree gives some node or the root.
    #[inline]
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        Node::new(self, if (id.0 as usize) < self.cells.len() { id.0 } else { self.root })
    }

    /// How many nodes it takes, removed ones included.
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.cells.len()
    }

    /// The number of a name in this tree, which is made if there is none.
    pub fn name<'a>(&mut self, key: impl Into<Key<'a>>) -> Name {
        match key.into() {
            Key::Name(name) => name,
            Key::Text(text) => Name::known(text).unwrap_or_else(|| self.names.intern(text)),
        }
    }

    /// The number of a name, if FHIR or this tree has it.
    #[must_use]
    pub fn find_name(&self, text: &str) -> Option<Name> {
        Name::known(text).or_else(|| self.names.find(text))
    }

    /// How a name of this tree is spelled.
    #[must_use]
    pub fn spell(&self, name: Name) -> &str {
        self.names.spell(name)
    }

    #[inline]
    fn cell(&self, id: u32) -> &Cell {
        &self.cells[id as usize]
    }

    #[inline]
    fn cell_mut(&mut self, id: u32) -> &mut Cell {
        &mut self.cells[id as usize]
    }

    #[inline]
    fn text_of(&self, cell: &Cell) -> &str {
        let start = cell.a as usize;
        self.text.get(start..start + cell.b as usize).unwrap_or_default()
    }
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tree({} nodes, {} bytes of text)", self.cells.len(), self.text.len())
    }
}

impl Cell {
    #[inline]
    fn new(kind: Kind, parent: u32, name: u32) -> Cell {
        let (a, b) = match kind {
            Kind::Array | Kind::Object => (NONE, NONE),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Text => (0, 0),
        };
        Cell { parent, next: NONE, name, a, b, kind, is_plain: false, seen: 0 }
    }

    #[inline]
    fn is_container(&self) -> bool {
        matches!(self.kind, Kind::Array | Kind::Object)
    }
}
