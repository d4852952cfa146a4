//! When items are equal, equivalent, or cannot be compared (FHIRPath N1 §6.1).

use super::decimal::Decimal;
use super::item::Item;
use super::quantity::{Quantity, is_near};
use crate::tree::{Kind, Node};
use std::cmp::Ordering;

/// Equality of two items; `None` where what is known does not decide.
pub(super) fn equal<'t>(left: &Item<'t>, right: &Item<'t>) -> Option<bool> {
    if let (Item::Element(left), Item::Element(right)) = (left, right)
        && left.id() == right.id()
        && std::ptr::eq(left.tree(), right.tree())
    {
        return Some(true);
    }
    match (left.value(), right.value()) {
        (Item::Element(left), Item::Element(right)) => Some(is_same(left, right)),
        (Item::Boolean(left), Item::Boolean(right)) => Some(left == right),
        (Item::Text(left), Item::Text(right)) => Some(left == right),
        (Item::Type(left, mine), Item::Type(right, its)) => Some(left == right && mine == its),
        (Item::Temporal(left), Item::Temporal(right)) => {
            let is_clock = |value: super::Temporal| value.kind == super::TemporalKind::Time;
            if is_clock(left) == is_clock(right) { left.compare(right).map(Ordering::is_eq) } else { Some(false) }
        }
        (left, right) => match (quantity(&left), quantity(&right), decimal(&left), decimal(&right)) {
            (_, _, Some(left), Some(right)) => Some(left == right),
            (Some(left), Some(right), ..) => match left.compare(&right) {
                Some(order) => Some(order.is_eq()),
                // Units of another kind are another thing; a month is not said to be no 30 days.
                None if left.is_comparable(&right) || is_calendar(&left) != is_calendar(&right) => None,
                None => None,
            },
            _ => Some(false),
        },
    }
}

fn is_calendar(quantity: &Quantity<'_>) -> bool {
    matches!(quantity.unit, super::QuantityUnit::Calendar(_))
}

/// A number as a decimal.
pub(super) fn decimal(item: &Item<'_>) -> Option<Decimal> {
    match item {
        Item::Integer(value) => Some(Decimal::from(*value)),
        Item::Decimal(value) => Some(*value),
        Item::Element(_)
        | Item::Boolean(_)
        | Item::Text(_)
        | Item::Temporal(_)
        | Item::Quantity(_)
        | Item::Type(..) => None,
    }
}

/// A quantity, or a number as one.
pub(super) fn quantity<'t>(item: &Item<'t>) -> Option<Quantity<'t>> {
    match item {
        Item::Quantity(value) => Some((**value).clone()),
        other => decimal(other).map(Quantity::number),
    }
}

/// Same elements below, whatever their order; items of an array in the same order.
fn is_same(left: Node<'_>, right: Node<'_>) -> bool {
    if left.kind() != right.kind() || left.scalar() != right.scalar() {
        return false;
    }
    match left.kind() {
        Kind::Object => {
            left.len() == right.len()
                && left.children().all(|child| {
                    let twin = child.key().and_then(|key| right.get(key));
                    twin.is_some_and(|twin| equal(&Item::Element(child), &Item::Element(twin)) == Some(true))
                })
        }
        Kind::Array => {
            left.len() == right.len()
                && left
                    .children()
                    .zip(right.children())
                    .all(|(left, right)| equal(&Item::Element(left), &Item::Element(right)) == Some(true))
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Text => {
            left.extras().map(Node::len) == right.extras().map(Node::len)
        }
    }
}

/// Equality of two collections, in order.
pub(super) fn equal_all<'t>(left: &[Item<'t>], right: &[Item<'t>]) -> Option<bool> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left.len() != right.len() {
        return Some(false);
    }
    let mut out = Some(true);
    for (left, right) in left.iter().zip(right) {
        match equal(left, right) {
            Some(false) => return Some(false),
            None => out = None,
            Some(true) => {}
        }
    }
    out
}

/// One of the items equals this one.
pub(super) fn contains<'t>(items: &[Item<'t>], item: &Item<'t>) -> bool {
    items.iter().any(|known| equal(known, item) == Some(true))
}

/// Alike: text without case and spaces, numbers to the digits of the less precise one, in any order.
pub(super) fn equivalent<'t>(left: &Item<'t>, right: &Item<'t>) -> bool {
    match (left.value(), right.value()) {
        (Item::Element(left), Item::Element(right)) => is_alike(left, right),
        (Item::Text(left), Item::Text(right)) => folded(&left) == folded(&right),
        (Item::Temporal(left), Item::Temporal(right)) => left.compare(right) == Some(Ordering::Equal),
        (left, right) => match (decimal(&left), decimal(&right), quantity(&left), quantity(&right)) {
            (Some(left), Some(right), ..) => is_near(left, right),
            (_, _, Some(left), Some(right)) => left.is_equivalent(&right),
            _ => equal(&left, &right) == Some(true),
        },
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn is_alike(left: Node<'_>, right: Node<'_>) -> bool {
    let item = Item::Element;
    match (left.kind(), right.kind()) {
        (Kind::Object, Kind::Object) => {
            let is_counted = |node: &Node<'_>| node.key() != Some("id");
            left.children().filter(is_counted).count() == right.children().filter(is_counted).count()
                && left.children().filter(is_counted).all(|child| {
                    let twin = child.key().and_then(|key| right.get(key));
                    twin.is_some_and(|twin| equivalent(&item(child), &item(twin)))
                })
        }
        (Kind::Array, Kind::Array) => {
            let (left, right): (Vec<_>, Vec<_>) =
                (left.children().map(item).collect(), right.children().map(item).collect());
            equivalent_all(&left, &right)
        }
        _ => left.is_same(right),
    }
}

/// Collections alike in any order.
pub(super) fn equivalent_all<'t>(left: &[Item<'t>], right: &[Item<'t>]) -> bool {
    let mut rest: Vec<&Item<'t>> = right.iter().collect();
    left.len() == right.len()
        && left.iter().all(|item| {
            let found = rest.iter().position(|other| equivalent(item, other));
            found.map(|at| rest.swap_remove(at)).is_some()
        })
}

/// Order of two values. `Err` where they are of different kinds, `Ok(None)` where what is known does not decide.
pub(super) fn compare<'t>(left: &Item<'t>, right: &Item<'t>) -> Result<Option<Ordering>, ()> {
    match (left.value(), right.value()) {
        (Item::Text(left), Item::Text(right)) => Ok(Some(left.cmp(&right))),
        (Item::Temporal(left), Item::Temporal(right)) => {
            let is_clock = |value: super::Temporal| value.kind == super::TemporalKind::Time;
            if is_clock(left) == is_clock(right) { Ok(left.compare(right)) } else { Err(()) }
        }
        (left, right) => match (decimal(&left), decimal(&right), quantity(&left), quantity(&right)) {
            (Some(left), Some(right), ..) => Ok(Some(left.cmp(&right))),
            (_, _, Some(left), Some(right)) => Ok(left.compare(&right)),
            _ => Err(()),
        },
    }
}
