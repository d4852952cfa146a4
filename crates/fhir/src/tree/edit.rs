//! Building and changing a tree. An edit that is refused leaves the tree as it was.
//!
//! Nodes that are removed stay in the vector until [`Tree::clear`]; they are in no walk and are not written.

use super::read::number_length;
use super::write::is_plain;
use super::{Cell, Key, Kind, NONE, Name, Node, NodeId, TREE_NODES_MAX, TREE_TEXT_MAX, Tree};
use crate::{Error, codes};
use std::sync::Arc;

/// The text of a number as JSON has it, such as `1.00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// The text, if JSON could have it as a number: no `+`, no leading zeros, no bare point.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Number<'a>> {
        (number_length(text.as_bytes()) == Some(text.len())).then_some(Number(text))
    }
}

/// A text that was looked at before: what stands in a program is put into many trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    text: &'a str,
    is_plain: bool,
}

impl<'a> Known<'a> {
    /// A text that JSON writes as it is, such as a part of one for which [`Known::is_plain`] said so.
    #[must_use]
    pub fn of_plain(text: &'a str) -> Known<'a> {
        debug_assert!(is_plain(text.as_bytes()), "the text needs escapes");
        Known { text, is_plain: true }
    }

    /// JSON writes the text as it is, without escapes.
    #[must_use]
    pub fn is_plain(text: &str) -> bool {
        is_plain(text.as_bytes())
    }
}

/// The owner of a [`Known`] text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    text: Arc<str>,
    is_plain: bool,
}

impl Fixed {
    /// Looks at a text once.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Fixed {
        let text = text.into();
        Fixed { is_plain: is_plain(text.as_bytes()), text }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// As a value.
    #[inline]
    #[must_use]
    pub fn value(&self) -> Value<'_> {
        Value::Known(Known { text: &self.text, is_plain: self.is_plain })
    }
}

/// What to put somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`, for a place in an array beside `_name`.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A number, as it is to be written.
    Number(Number<'a>),
    /// A string.
    Text(&'a str),
    /// A string of a program.
    Known(Known<'a>),
    /// An empty array.
    Array,
    /// An empty object.
    Object,
}

/// Where to put something.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// This property of an object: in the place of the one it has, or as the last.
    Property(NodeId, Key<'a>),
    /// Before this item of an array, counted from 0; the number of items means behind the last.
    Before(NodeId, usize),
    /// Behind the last item of an array.
    Last(NodeId),
}

/// A place that was looked up: nothing can go wrong any more.
enum Aim {
    Over(u32),
    After { parent: u32, previous: u32, name: u32 },
}

impl Tree {
    /// Puts a value somewhere. What a property held before is gone, its place among the others stays.
    ///
    /// # Errors
    /// E1204 the place is of no object or array, or has no such item; E1201 the tree is full.
    pub fn put(&mut self, place: Place<'_>, value: Value<'_>) -> Result<NodeId, Error> {
        let aim = self.aim(place)?;
        let cell = self.make(value)?;
        self.attach_new(aim, cell)
    }

    /// [`put`](Tree::put) at a property.
    ///
    /// # Errors
    /// As [`put`](Tree::put).
    pub fn set<'a>(&mut self, object: NodeId, key: impl Into<Key<'a>>, value: Value<'_>) -> Result<NodeId, Error> {
        self.put(Place::Property(object, key.into()), value)
    }

    /// [`set`](Tree::set) of a property that the object is known not to have, without a look for it.
    ///
    /// # Errors
    /// As [`put`](Tree::put).
    #[inline]
    pub fn add(&mut self, object: NodeId, name: Name, value: Value<'_>) -> Result<NodeId, Error> {
        let parent = self.node(object).id().0;
        debug_assert!(self.node(object).get(name).is_none(), "the object has this property");
        if self.cell(parent).kind != Kind::Object {
            return self.set(object, name, value);
        }
        self.push(parent, name.0, value)
    }

    /// Puts a value behind the last item of an array property, which is made if there is none.
    ///
    /// # Errors
    /// E1204 the property is there and no array; E1201 the tree is full.
    pub fn append<'a>(&mut self, object: NodeId, key: impl Into<Key<'a>>, value: Value<'_>) -> Result<NodeId, Error> {
        let array = self.array(object, key)?;
        self.push(array.0, NONE, value)
    }

    /// The object at a property, which is made if there is none.
    ///
    /// # Errors
    /// E1204 the property is there and no object; E1201 the tree is full.
    pub fn object<'a>(&mut self, object: NodeId, key: impl Into<Key<'a>>) -> Result<NodeId, Error> {
        self.get_or_make(object, key.into(), Kind::Object)
    }

    /// The array at a property, which is made if there is none.
    ///
    /// # Errors
    /// E1204 the property is there and no array; E1201 the tree is full.
    pub fn array<'a>(&mut self, object: NodeId, key: impl Into<Key<'a>>) -> Result<NodeId, Error> {
        self.get_or_make(object, key.into(), Kind::Array)
    }

    /// The object at a place of an array property, counted from 0. Array and object are made if they are not there; the
    /// number of items means a new one.
    ///
    /// # Errors
    /// E1204 there are fewer items, or what is there is no object; E1201 the tree is full.
    pub fn slot<'a>(&mut self, object: NodeId, key: impl Into<Key<'a>>, index: usize) -> Result<NodeId, Error> {
        let array = self.array(object, key)?;
        match self.node(array).at(index) {
            Some(item) if item.kind() == Kind::Object => Ok(item.id()),
            Some(item) => Err(Error::refused(codes::E1204, item.path(), "the item is no object")),
            None => self.put(Place::Before(array, index), Value::Object),
        }
    }

    /// Changes a value where it stands; its number stays.
    ///
    /// # Errors
    /// E1201 the tree is full.
    pub fn replace(&mut self, node: NodeId, value: Value<'_>) -> Result<(), Error> {
        let id = self.node(node).id().0;
        let made = self.make(value)?;
        self.overwrite(id, made);
        Ok(())
    }

    /// Makes a text the same as another one, from that byte of it on: both stand at one place of the buffer.
    ///
    /// # Errors
    /// E1204 the other one is no text, or no letter begins at that byte.
    pub fn share(&mut self, node: NodeId, of: NodeId, from: usize) -> Result<(), Error> {
        let (id, of) = (self.node(node).id().0, self.node(of));
        if of.text().is_none_or(|text| !text.is_char_boundary(from)) {
            return Err(Error::refused(codes::E1204, of.path(), "there is no text to share"));
        }
        let known = *self.cell(of.id().0);
        let (a, b) = (known.a + from as u32, known.b - from as u32);
        self.overwrite(id, Cell { a, b, is_plain: known.is_plain, ..Cell::new(Kind::Text, NONE, NONE) });
        Ok(())
    }

    /// Gives a property another name; its place among the others and its number stay.
    ///
    /// # Errors
    /// E1204 it is no property, or the object has one of that name.
    pub fn rename<'a>(&mut self, node: NodeId, key: impl Into<Key<'a>>) -> Result<(), Error> {
        let name = self.name(key);
        let found = self.node(node);
        let is_taken = found.parent().is_none_or(|parent| parent.get(name).is_some_and(|other| other.id() != node));
        if is_taken || found.name().is_none() {
            return Err(Error::refused(codes::E1204, found.path(), "the property cannot have this name"));
        }
        let parent = self.cell(node.0).parent;
        self.cell_mut(parent).seen |= name.bit();
        self.cell_mut(node.0).name = name.0;
        Ok(())
    }

    /// Takes a value out of its object or array, with everything below. The root becomes an empty object.
    pub fn remove(&mut self, node: NodeId) {
        let id = self.node(node).id().0;
        if id == self.root {
            self.overwrite(id, Cell::new(Kind::Object, NONE, NONE));
        } else if self.cell(id).parent != NONE {
            self.detach(id);
        }
    }

    /// Puts a copy of a value of another tree somewhere, with everything below.
    ///
    /// # Errors
    /// As [`put`](Tree::put).
    pub fn graft(&mut self, place: Place<'_>, from: Node<'_>) -> Result<NodeId, Error> {
        let aim = self.aim(place)?;
        let top = from.id();
        let cell = self.make(copied(from))?;
        let copy = self.attach_new(aim, cell)?;
        let (mut source, mut parent) = (from, copy);
        // Depth first by links: a child is put behind its elder, so the copy has the same order.
        loop {
            if let Some(child) = source.children().next() {
                source = child;
            } else {
                loop {
                    if source.id() == top {
                        return Ok(copy);
                    }
                    if let Some(next) = source.next() {
                        source = next;
                        break;
                    }
                    (source, parent) = match (source.parent(), self.node(parent).parent()) {
                        (Some(up), Some(above)) if up.id() != top => (up, above.id()),
                        _ => return Ok(copy),
                    };
                }
            }
            let name = source.key().map_or(NONE, |key| self.name(key).0);
            let cell = self.make(copied(source))?;
            let previous = self.cell(parent.0).b;
            let made = self.attach_new(Aim::After { parent: parent.0, previous, name }, cell)?;
            if !source.is_empty() {
                parent = made;
            }
        }
    }

    /// Moves a value to another place of the same tree; its number stays. A place in an array is counted without it.
    ///
    /// # Errors
    /// E1204 the place is inside the value, or is of no object or array, or has no such item.
    pub fn relocate(&mut self, node: NodeId, place: Place<'_>) -> Result<(), Error> {
        let id = self.node(node).id().0;
        let (Place::Property(target, _) | Place::Before(target, _) | Place::Last(target)) = place;
        let mut above = Some(self.node(target));
        while let Some(at) = above {
            if at.id().0 == id {
                return Err(Error::refused(codes::E1204, at.path(), "a value cannot be moved into itself"));
            }
            above = at.parent();
        }
        let (parent, previous) = (self.cell(id).parent, self.previous(id));
        let (name, is_linked) = (self.cell(id).name, parent != NONE);
        if is_linked {
            self.detach(id);
        }
        match self.aim(place) {
            Ok(Aim::Over(old)) => {
                let (above, name, previous) = (self.cell(old).parent, self.cell(old).name, self.previous(old));
                self.detach(old);
                self.link(above, previous, name, id);
                Ok(())
            }
            Ok(Aim::After { parent, previous, name }) => {
                self.link(parent, previous, name, id);
                Ok(())
            }
            Err(error) => {
                if is_linked {
                    self.link(parent, previous, name, id);
                }
                Err(error)
            }
        }
    }

    #[inline]
    fn get_or_make(&mut self, object: NodeId, key: Key<'_>, kind: Kind) -> Result<NodeId, Error> {
        let name = self.name(key);
        match self.node(object).get(name) {
            Some(found) if found.kind() == kind => Ok(found.id()),
            Some(found) => {
                let text = if kind == Kind::Array { "the property is no array" } else { "the property is no object" };
                Err(Error::refused(codes::E1204, found.path(), text))
            }
            None => self.add(object, name, if kind == Kind::Array { Value::Array } else { Value::Object }),
        }
    }

    fn aim(&mut self, place: Place<'_>) -> Result<Aim, Error> {
        let refuse =
            |tree: &Tree, id, text: &'static str| Err(Error::refused(codes::E1204, tree.node(id).path(), text));
        match place {
            Place::Property(object, key) => {
                let parent = self.node(object).id().0;
                if self.cell(parent).kind != Kind::Object {
                    return refuse(self, object, "only an object has properties");
                }
                let name = self.name(key);
                Ok(match self.node(object).get(name) {
                    Some(old) => Aim::Over(old.id().0),
                    None => Aim::After { parent, previous: self.cell(parent).b, name: name.0 },
                })
            }
            Place::Before(array, _) | Place::Last(array) if self.node(array).kind() != Kind::Array => {
                refuse(self, array, "only an array has items")
            }
            Place::Before(array, 0) => Ok(Aim::After { parent: self.node(array).id().0, previous: NONE, name: NONE }),
            Place::Before(array, index) => match self.node(array).at(index - 1) {
                Some(item) => Ok(Aim::After { parent: self.node(array).id().0, previous: item.id().0, name: NONE }),
                None => refuse(self, array, "the array has fewer items"),
            },
            Place::Last(array) => {
                let parent = self.node(array).id().0;
                Ok(Aim::After { parent, previous: self.cell(parent).b, name: NONE })
            }
        }
    }

    /// Puts a value behind the last child of a container: how almost every value comes into a tree.
    #[inline]
    fn push(&mut self, parent: u32, name: u32, value: Value<'_>) -> Result<NodeId, Error> {
        let mut cell = Cell::new(Kind::Object, parent, name);
        let text = match value {
            Value::Object => None,
            Value::Array => {
                cell.kind = Kind::Array;
                None
            }
            Value::Text(text) => Some(Known { text, is_plain: is_plain(text.as_bytes()) }),
            Value::Known(known) => Some(known),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Number(_) => {
                let made = self.make(value)?;
                return self.hang(Cell { parent, name, ..made });
            }
        };
        if let Some(text) = text {
            self.keep(&mut cell, Kind::Text, text)?;
        }
        self.hang(cell)
    }

    /// Puts a cell behind the last child of its parent.
    #[inline(always)]
    fn hang(&mut self, cell: Cell) -> Result<NodeId, Error> {
        let id = self.cells.len();
        if id >= TREE_NODES_MAX {
            return Err(full_of_values());
        }
        let id = id as u32;
        let (parent, name) = (cell.parent, Name(cell.name));
        self.cells.push(cell);
        let above = self.cell_mut(parent);
        above.seen |= name.bit();
        let last = std::mem::replace(&mut above.b, id);
        if last == NONE {
            above.a = id;
        } else {
            self.cell_mut(last).next = id;
        }
        Ok(NodeId(id))
    }

    /// Keeps the text of a cell at the end of the buffer.
    #[inline(always)]
    fn keep(&mut self, cell: &mut Cell, kind: Kind, Known { text, is_plain }: Known<'_>) -> Result<(), Error> {
        let start = self.text.len();
        if start.saturating_add(text.len()) > TREE_TEXT_MAX {
            return Err(full_of_text());
        }
        self.text.push_str(text);
        (cell.kind, cell.a, cell.b) = (kind, start as u32, text.len() as u32);
        cell.is_plain = is_plain;
        Ok(())
    }

    /// A cell of this value, in no place yet. Texts go to the end of the buffer.
    fn make(&mut self, value: Value<'_>) -> Result<Cell, Error> {
        let cell = |kind| Cell::new(kind, NONE, NONE);
        Ok(match value {
            Value::Null => cell(Kind::Null),
            Value::Bool(value) => Cell { a: u32::from(value), ..cell(Kind::Bool) },
            Value::Array => cell(Kind::Array),
            Value::Object => cell(Kind::Object),
            Value::Integer(value) => self.make_text(Kind::Number, Known::of_plain(Digits::new(value).text()))?,
            Value::Number(Number(text)) => self.make_text(Kind::Number, Known::of_plain(text))?,
            Value::Text(text) => self.make_text(Kind::Text, Known { text, is_plain: is_plain(text.as_bytes()) })?,
            Value::Known(known) => self.make_text(Kind::Text, known)?,
        })
    }

    fn make_text(&mut self, kind: Kind, text: Known<'_>) -> Result<Cell, Error> {
        let mut cell = Cell::new(kind, NONE, NONE);
        self.keep(&mut cell, kind, text)?;
        Ok(cell)
    }

    fn attach_new(&mut self, aim: Aim, cell: Cell) -> Result<NodeId, Error> {
        match aim {
            Aim::Over(old) => {
                self.overwrite(old, cell);
                Ok(NodeId(old))
            }
            Aim::After { parent, previous, name } => {
                let id = self.cells.len();
                if id >= TREE_NODES_MAX {
                    return Err(full_of_values());
                }
                self.cells.push(cell);
                self.link(parent, previous, name, id as u32);
                Ok(NodeId(id as u32))
            }
        }
    }

    /// Another value in the same place; what was below is cut off.
    fn overwrite(&mut self, id: u32, made: Cell) {
        let mut child = if self.cell(id).is_container() { self.cell(id).a } else { NONE };
        while child != NONE {
            let cell = self.cell_mut(child);
            (child, cell.parent, cell.next) = (cell.next, NONE, NONE);
        }
        let old = *self.cell(id);
        *self.cell_mut(id) = Cell { parent: old.parent, next: old.next, name: old.name, ..made };
    }

    fn link(&mut self, parent: u32, previous: u32, name: u32, id: u32) {
        let next = if previous == NONE { self.cell(parent).a } else { self.cell(previous).next };
        let cell = self.cell_mut(id);
        (cell.parent, cell.next, cell.name) = (parent, next, name);
        self.cell_mut(parent).seen |= Name(name).bit();
        if previous == NONE {
            self.cell_mut(parent).a = id;
        } else {
            self.cell_mut(previous).next = id;
        }
        if next == NONE {
            self.cell_mut(parent).b = id;
        }
    }

    fn detach(&mut self, id: u32) {
        let (parent, next, previous) = (self.cell(id).parent, self.cell(id).next, self.previous(id));
        if previous == NONE {
            self.cell_mut(parent).a = next;
        } else {
            self.cell_mut(previous).next = next;
        }
        if next == NONE {
            self.cell_mut(parent).b = previous;
        }
        let cell = self.cell_mut(id);
        (cell.parent, cell.next) = (NONE, NONE);
    }

    fn previous(&self, id: u32) -> u32 {
        let parent = self.cell(id).parent;
        let mut at = if parent == NONE { NONE } else { self.cell(parent).a };
        let mut previous = NONE;
        while at != NONE && at != id {
            (previous, at) = (at, self.cell(at).next);
        }
        previous
    }
}

#[cold]
fn full_of_values() -> Error {
    Error::limit("a resource has more values than a tree may hold")
}

#[cold]
fn full_of_text() -> Error {
    Error::limit(format!("the texts of a resource take more than {} MiB", TREE_TEXT_MAX >> 20))
}

/// The value of a node, without what is below.
fn copied(node: Node<'_>) -> Value<'_> {
    match node.kind() {
        Kind::Null => Value::Null,
        Kind::Bool => Value::Bool(node.bool().unwrap_or_default()),
        Kind::Number => Value::Number(Number(node.number().unwrap_or("0"))),
        Kind::Text => Value::Text(node.text().unwrap_or_default()),
        Kind::Array => Value::Array,
        Kind::Object => Value::Object,
    }
}

/// An integer as text, without an allocation.
struct Digits {
    /// A sign and nineteen digits.
    bytes: [u8; 20],
    start: usize,
}

impl Digits {
    fn new(value: i64) -> Digits {
        let mut out = Digits { bytes: [b'0'; 20], start: 20 };
        let mut rest = value.unsigned_abs();
        loop {
            out.start -= 1;
            out.bytes[out.start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            out.start -= 1;
            out.bytes[out.start] = b'-';
        }
        out
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.start..]).unwrap_or("0")
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(value)
    }
}
