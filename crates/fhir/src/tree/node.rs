//! A node as a view: what it is, what it holds, what is around it. Reading allocates nothing.

use super::{Cell, Key, Kind, NONE, Name, NameSet, NodeId, Tree};
use crate::names::names;

/// A value of a tree. Cheap to copy. `Debug` prints the kind only.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: u32,
}

impl<'t> Node<'t> {
    #[inline]
    pub(super) fn new(tree: &'t Tree, id: u32) -> Node<'t> {
        Node { tree, id }
    }

    #[inline]
    fn cell(self) -> &'t Cell {
        self.tree.cell(self.id)
    }

    #[inline]
    fn maybe(self, id: u32) -> Option<Node<'t>> {
        (id != NONE).then_some(Node { tree: self.tree, id })
    }

    /// Its number.
    #[must_use]
    #[inline]
    pub fn id(self) -> NodeId {
        NodeId(self.id)
    }

    /// The tree it belongs to.
    #[must_use]
    #[inline]
    pub fn tree(self) -> &'t Tree {
        self.tree
    }

    /// What it is.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Kind {
        self.cell().kind
    }

    /// The name of the property whose value it is; `None` for items of arrays and for the root.
    #[must_use]
    #[inline]
    pub fn name(self) -> Option<Name> {
        let name = self.cell().name;
        (name != NONE).then_some(Name(name))
    }

    /// That name as text.
    #[must_use]
    pub fn key(self) -> Option<&'t str> {
        self.name().map(|name| self.tree.spell(name))
    }

    /// The object or array that holds it.
    #[must_use]
    #[inline]
    pub fn parent(self) -> Option<Node<'t>> {
        self.maybe(self.cell().parent)
    }

    /// The value after it in the same object or array.
    #[must_use]
    #[inline]
    pub fn next(self) -> Option<Node<'t>> {
        self.maybe(self.cell().next)
    }

    /// Its properties' values or its items, in order; nothing for scalars.
    #[must_use]
    #[inline]
    pub fn children(self) -> Children<'t> {
        let cell = self.cell();
        Children { tree: self.tree, next: if cell.is_container() { cell.a } else { NONE } }
    }

    /// The items of an array, or the value itself where it is none: FHIR JSON has both for the same element.
    #[must_use]
    #[inline]
    pub fn items(self) -> Children<'t> {
        if self.kind() == Kind::Array { self.children() } else { Children { tree: self.tree, next: self.id }.single() }
    }

    /// How many children there are.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        self.children().count()
    }

    /// There are no children.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.children().next().is_none()
    }

    /// The value of a property of an object.
    #[must_use]
    #[inline]
    pub fn get<'a>(self, key: impl Into<Key<'a>>) -> Option<Node<'t>> {
        let name = match key.into() {
            Key::Name(name) => name,
            Key::Text(text) => self.tree.find_name(text)?,
        };
        let cell = self.cell();
        if cell.seen & name.bit() == 0 {
            return None;
        }
        // What has properties is an object: its children go on until there is no next.
        let mut id = if cell.kind == Kind::Object { cell.a } else { NONE };
        while id != NONE {
            let child = self.tree.cell(id);
            if child.name == name.0 {
                return Some(Node { tree: self.tree, id });
            }
            id = child.next;
        }
        None
    }

    /// The first property with one of these names: of a choice, the one that it has.
    #[inline]
    #[must_use]
    pub fn get_any(self, names: &NameSet) -> Option<Node<'t>> {
        if self.cell().seen & names.bits() == 0 {
            return None;
        }
        self.children().find(|child| child.name().is_some_and(|name| names.contains(name)))
    }

    /// An item of an array, from 0.
    #[must_use]
    pub fn at(self, index: usize) -> Option<Node<'t>> {
        if self.kind() == Kind::Array { self.children().nth(index) } else { None }
    }

    /// Its place among the items of its array, from 0.
    #[must_use]
    pub fn index(self) -> Option<usize> {
        let parent = self.parent().filter(|parent| parent.kind() == Kind::Array)?;
        parent.children().position(|child| child.id == self.id)
    }

    /// The string, decoded.
    #[must_use]
    #[inline]
    pub fn text(self) -> Option<&'t str> {
        let cell = self.cell();
        (cell.kind == Kind::Text).then(|| self.tree.text_of(cell))
    }

    /// The number, as it is written.
    #[must_use]
    pub fn number(self) -> Option<&'t str> {
        let cell = self.cell();
        (cell.kind == Kind::Number).then(|| self.tree.text_of(cell))
    }

    /// The boolean.
    #[must_use]
    pub fn bool(self) -> Option<bool> {
        let cell = self.cell();
        (cell.kind == Kind::Bool).then_some(cell.a == 1)
    }

    /// String, number or boolean as XML would have it.
    #[must_use]
    pub fn scalar(self) -> Option<&'t str> {
        match self.kind() {
            Kind::Text | Kind::Number => Some(self.tree.text_of(self.cell())),
            Kind::Bool => Some(if self.cell().a == 1 { "true" } else { "false" }),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The value of `resourceType`.
    #[must_use]
    pub fn resource_type(self) -> Option<&'t str> {
        self.get(names().resource_type).and_then(Node::text)
    }

    /// What carries the id and the extensions of this primitive: the value of `_name`, or the item of it at the same
    /// place. `None` where there is none or a null.
    #[must_use]
    pub fn extras(self) -> Option<Node<'t>> {
        let found = match self.name() {
            Some(name) => self.parent()?.get(name.twin()),
            None => {
                let array = self.parent()?;
                array.parent()?.get(array.name()?.twin())?.at(self.index()?)
            }
        };
        found.filter(|node| node.kind() == Kind::Object)
    }

    /// Same kinds, names, texts and order below. Numbers are compared as written.
    #[must_use]
    pub fn is_same(self, other: Node<'_>) -> bool {
        if self.kind() != other.kind() || self.scalar() != other.scalar() {
            return false;
        }
        let (mut mine, mut its) = (self.children(), other.children());
        loop {
            match (mine.next(), its.next()) {
                (None, None) => return true,
                (Some(mine), Some(its)) if mine.key() == its.key() && mine.is_same(its) => {}
                (Some(_), _) | (None, Some(_)) => return false,
            }
        }
    }

    /// Where it is: `Patient.name[0].given[1]`. The root is its resource type, or `$`.
    #[must_use]
    pub fn path(self) -> String {
        let mut parts = Vec::new();
        let mut at = self;
        while let Some(parent) = at.parent() {
            match at.key() {
                Some(key) => parts.push(format!(".{key}")),
                None => parts.push(format!("[{}]", at.index().unwrap_or_default())),
            }
            at = parent;
        }
        // A name is of FHIR; anything else in its place could be content.
        let is_name = |text: &&str| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut out = at.resource_type().filter(is_name).unwrap_or("$").to_string();
        out.extend(parts.into_iter().rev());
        out
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({}, {:?})", self.id, self.kind())
    }
}

/// The children of a node.
#[derive(Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
}

impl<'t> Children<'t> {
    /// Only the first of them: a scalar seen as an array of one.
    fn single(self) -> Children<'t> {
        Children { tree: self.tree, next: self.next | SINGLE }
    }
}

/// Marks a walk of one step. Numbers of nodes stay far below: see `TREE_NODES_MAX`.
const SINGLE: u32 = 1 << 31;

impl<'t> Iterator for Children<'t> {
    type Item = Node<'t>;

    #[inline]
    fn next(&mut self) -> Option<Node<'t>> {
        if self.next == NONE {
            return None;
        }
        let id = self.next & !SINGLE;
        self.next = if self.next == id { self.tree.cell(id).next } else { NONE };
        Some(Node { tree: self.tree, id })
    }
}
