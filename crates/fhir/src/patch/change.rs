//! The changes themselves, in JSON: an array beside the one of its extensions, and nothing empty left behind.

use super::{Given, impossible};
use crate::Error;
use crate::definitions::Member;
use crate::fhirpath::member;
use crate::tree::{Key, Kind, Name, Node, NodeId, Place, Tree, Value};

/// A property of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    parent: NodeId,
    name: Name,
    pub(super) is_repeating: bool,
}

impl Target {
    /// The property below `parent` that an element has in JSON. A choice takes its type from the value.
    pub(super) fn named(tree: &Tree, parent: NodeId, name: &str, value: Option<&Given>) -> Result<Target, Error> {
        let node = tree.node(parent);
        let node = if node.kind() == Kind::Object { node } else { node.extras().unwrap_or(node) };
        let unknown = || impossible("the element has nothing of this name");
        let mut key = name.to_string();
        let child = member(node).and_then(|member: Member| member.child(name).or_else(|| member.property(name)));
        if let (Some(child), Some(Given::Value { suffix, .. })) = (child, value)
            && child.is_open()
        {
            key += suffix;
        }
        let is_repeating = match child {
            Some(child) => child.element().is_repeating(),
            // Where the definitions do not know the element, what is there decides.
            None => tree.node(parent).get(name).ok_or_else(unknown)?.kind() == Kind::Array,
        };
        if node.kind() != Kind::Object {
            return Err(impossible("a value without parts has nothing below it"));
        }
        let name = Name::known(&key).or_else(|| tree.find_name(&key)).ok_or_else(unknown)?;
        Ok(Target { parent: node.id(), name, is_repeating })
    }

    /// The property that an element stands at.
    pub(super) fn around(tree: &Tree, id: NodeId) -> Result<Target, Error> {
        let node = tree.node(id);
        let whole = || impossible("the resource itself cannot be changed like this");
        let holder = node.parent().ok_or_else(whole)?;
        let (holder, is_repeating) = if holder.kind() == Kind::Array { (holder, true) } else { (node, false) };
        let name = holder.name().ok_or_else(whole)?;
        let parent = holder.parent().ok_or_else(whole)?.id();
        Ok(Target { parent, name: if name.is_extension() { name.twin() } else { name }, is_repeating })
    }
}

fn property(tree: &Tree, target: &Target, name: Name) -> Option<NodeId> {
    tree.node(target.parent).get(name).map(Node::id)
}

pub(super) fn is_there(tree: &Tree, target: &Target) -> bool {
    property(tree, target, target.name).or(property(tree, target, target.name.twin())).is_some()
}

/// Items of a list, those that are extensions only included.
pub(super) fn count(tree: &Tree, target: &Target) -> usize {
    let length = |name: Name| property(tree, target, name).map_or(0, |array| tree.node(array).len());
    length(target.name).max(length(target.name.twin()))
}

/// The value and its extras in the tree of the patch.
fn parts<'s>(source: &'s Tree, value: &Given) -> (Option<Node<'s>>, Option<Node<'s>>) {
    match value {
        Given::Value { node, extras, .. } => {
            let (node, extras) = (source.node(*node), extras.map(|extras| source.node(extras)));
            (Some(node).filter(|node| extras.is_none_or(|extras| extras.id() != node.id())), extras)
        }
        Given::Resource(node) => (Some(source.node(*node)), None),
        Given::Parts(_) => (None, None),
    }
}

/// Puts a value, with its extras at the place beside it.
fn put(tree: &mut Tree, source: &Tree, place: Place<'_>, value: &Given) -> Result<NodeId, Error> {
    if let Given::Parts(inner) = value {
        let object = tree.put(place, Value::Object)?;
        for (name, value) in inner {
            // A new object is known by its place, so that its own parts are arrays where R4 has them so.
            let target = Target::named(tree, object, name, Some(value))?;
            if target.is_repeating {
                let at = count(tree, &target);
                insert(tree, source, &target, at, value)?;
            } else {
                set(tree, source, &target, value)?;
            }
        }
        return Ok(object);
    }
    match parts(source, value).0 {
        Some(node) => tree.graft(place, node),
        None => tree.put(place, Value::Null),
    }
}

pub(super) fn set(tree: &mut Tree, source: &Tree, target: &Target, value: &Given) -> Result<(), Error> {
    let (node, extras) = parts(source, value);
    if node.is_some() || matches!(value, Given::Parts(_)) {
        put(tree, source, Place::Property(target.parent, Key::Name(target.name)), value)?;
    } else if let Some(old) = property(tree, target, target.name) {
        tree.remove(old);
    }
    match (extras, property(tree, target, target.name.twin())) {
        (Some(extras), _) => {
            tree.graft(Place::Property(target.parent, Key::Name(target.name.twin())), extras).map(drop)?
        }
        (None, Some(old)) => tree.remove(old),
        (None, None) => {}
    }
    Ok(())
}

/// Fills a list with nulls up to a length.
fn pad(tree: &mut Tree, array: NodeId, length: usize) -> Result<(), Error> {
    while tree.node(array).len() < length {
        tree.put(Place::Last(array), Value::Null)?;
    }
    Ok(())
}

pub(super) fn insert(tree: &mut Tree, source: &Tree, target: &Target, at: usize, value: &Given) -> Result<(), Error> {
    let array = tree.array(target.parent, target.name)?;
    pad(tree, array, at)?;
    put(tree, source, Place::Before(array, at), value)?;
    let extras = parts(source, value).1;
    let twin = property(tree, target, target.name.twin());
    let beside = match (twin, extras) {
        (Some(twin), _) => twin,
        (None, Some(_)) => tree.array(target.parent, target.name.twin())?,
        (None, None) => return Ok(()),
    };
    pad(tree, beside, at)?;
    match extras {
        Some(extras) => tree.graft(Place::Before(beside, at), extras).map(drop),
        None => tree.put(Place::Before(beside, at), Value::Null).map(drop),
    }
}

pub(super) fn replace(tree: &mut Tree, source: &Tree, id: NodeId, value: &Given) -> Result<(), Error> {
    let target = Target::around(tree, id)?;
    if target.is_repeating {
        let at = tree.node(id).index().unwrap_or_default();
        remove_item(tree, &target, at);
        return insert(tree, source, &target, at, value);
    }
    let renamed = renamed(tree, &target, value);
    if renamed.name != target.name {
        for (from, to) in [(target.name, renamed.name), (target.name.twin(), renamed.name.twin())] {
            if let Some(old) = property(tree, &target, from) {
                tree.rename(old, to)?;
            }
        }
    }
    set(tree, source, &renamed, value)
}

/// A choice is called by the type of its new value.
fn renamed(tree: &Tree, target: &Target, value: &Given) -> Target {
    let parent = tree.node(target.parent);
    let spelled = tree.spell(target.name);
    let old = member(parent).and_then(|member| member.property(spelled)).filter(|member| member.element().is_choice());
    let name = match (old, value) {
        (Some(old), Given::Value { suffix, .. }) => Name::known(&format!("{}{suffix}", old.json_name().0)),
        _ => None,
    };
    Target { name: name.unwrap_or(target.name), ..*target }
}

fn remove_item(tree: &mut Tree, target: &Target, at: usize) {
    for name in [target.name, target.name.twin()] {
        let array = property(tree, target, name);
        if let Some(item) = array.and_then(|array| tree.node(array).at(at)).map(Node::id) {
            tree.remove(item);
        }
    }
}

pub(super) fn delete(tree: &mut Tree, id: NodeId) -> Result<(), Error> {
    let target = Target::around(tree, id)?;
    if target.is_repeating {
        let at = tree.node(id).index().unwrap_or_default();
        remove_item(tree, &target, at);
    } else {
        for name in [target.name, target.name.twin()] {
            if let Some(node) = property(tree, &target, name) {
                tree.remove(node);
            }
        }
    }
    clear_empty(tree, &target);
    Ok(())
}

/// FHIR has no empty arrays and objects: what lost its last part goes with it.
fn clear_empty(tree: &mut Tree, target: &Target) {
    for name in [target.name, target.name.twin()] {
        let Some(array) = property(tree, target, name) else { continue };
        let node = tree.node(array);
        if node.kind() == Kind::Array && (node.is_empty() || name.is_extension() && node.children().all(Node::is_null))
        {
            tree.remove(array);
        }
    }
    let parent = tree.node(target.parent);
    if parent.is_empty() && parent.parent().is_some() {
        let id = parent.id();
        // The whole element, so that an array of it is looked at again.
        let _ = delete(tree, id);
    }
}

pub(super) fn relocate(tree: &mut Tree, target: &Target, from: usize, to: usize) -> Result<(), Error> {
    let length = count(tree, target);
    for name in [target.name, target.name.twin()] {
        let Some(array) = property(tree, target, name) else { continue };
        pad(tree, array, length)?;
        if let Some(item) = tree.node(array).at(from).map(Node::id) {
            tree.relocate(item, Place::Before(array, to))?;
        }
    }
    Ok(())
}
