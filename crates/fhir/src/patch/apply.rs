//! One operation on one resource: where it leads, then the change.

use super::change::{self, Target};
use super::{Change, Operation, impossible, misplaced};
use crate::Error;
use crate::fhirpath::{Environment, Item, Program};
use crate::tree::{NodeId, Tree};

pub(super) fn apply(tree: &mut Tree, source: &Tree, operation: &Operation) -> Result<(), Error> {
    let found = find(tree, &operation.path)?;
    match &operation.change {
        Change::Add { name, value } => {
            let parent = single(&found)?;
            let target = Target::named(tree, parent, name, Some(value))?;
            if target.is_repeating {
                let at = change::count(tree, &target);
                return change::insert(tree, source, &target, at, value);
            }
            if change::is_there(tree, &target) {
                return Err(impossible("the element is there already, and does not repeat"));
            }
            change::set(tree, source, &target, value)
        }
        Change::Insert { index, value } => {
            let target = match found.first() {
                Some(first) => list(tree, &found, *first)?,
                None => empty_list(tree, &operation.path, value)?,
            };
            if *index > change::count(tree, &target) {
                return Err(impossible("the position is behind the end of the list"));
            }
            change::insert(tree, source, &target, *index, value)
        }
        Change::Delete => match found.as_slice() {
            [] => Ok(()),
            [one] => change::delete(tree, *one),
            _ => Err(misplaced("the path leads to several elements, and one is deleted at a time")),
        },
        Change::Replace { value } => change::replace(tree, source, single(&found)?, value),
        Change::Move { source: from, destination } => {
            let first = *found.first().ok_or_else(|| misplaced("the path leads to no list"))?;
            let target = list(tree, &found, first)?;
            let count = change::count(tree, &target);
            if *from >= count || *destination >= count {
                return Err(impossible("the position is behind the end of the list"));
            }
            change::relocate(tree, &target, *from, *destination)
        }
    }
}

fn find(tree: &Tree, path: &Program) -> Result<Vec<NodeId>, Error> {
    let items = path.run(&Environment::new(tree.root()))?;
    let node = |item: &Item<'_>| match item {
        Item::Element(node) => Some(node.id()),
        Item::Boolean(_)
        | Item::Integer(_)
        | Item::Decimal(_)
        | Item::Text(_)
        | Item::Temporal(_)
        | Item::Quantity(_)
        | Item::Type(..) => None,
    };
    let found: Option<Vec<NodeId>> = items.iter().map(node).collect();
    found.ok_or_else(|| misplaced("the path gives a value that it made, not an element of the resource"))
}

fn single(found: &[NodeId]) -> Result<NodeId, Error> {
    match found {
        [one] => Ok(*one),
        [] => Err(misplaced("the path leads to no element")),
        _ => Err(misplaced("the path leads to several elements")),
    }
}

/// The list that all these are of.
fn list(tree: &Tree, found: &[NodeId], first: NodeId) -> Result<Target, Error> {
    let target = Target::around(tree, first)?;
    let is_other = |node: &NodeId| Target::around(tree, *node) != Ok(target);
    if !target.is_repeating || found.iter().any(is_other) {
        return Err(misplaced("the path does not lead to one list"));
    }
    Ok(target)
}

/// A list that has nothing yet: the last name of the path says which.
fn empty_list(tree: &Tree, path: &Program, value: &super::Given) -> Result<Target, Error> {
    let (before, name) = path.text().trim().rsplit_once('.').ok_or_else(|| misplaced("the path leads to no list"))?;
    let parent = single(&find(tree, &Program::parse(before)?)?)?;
    let target = Target::named(tree, parent, name, Some(value))?;
    if target.is_repeating { Ok(target) } else { Err(misplaced("the path does not lead to a list")) }
}
