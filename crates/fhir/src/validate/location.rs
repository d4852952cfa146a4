//! Where an element is, as FHIRPath finds it: `Observation.value.ofType(Quantity).unit`.

use crate::definitions::{Member, Type};
use crate::{Kind, Node, NodeId};
use std::collections::HashMap;
use std::fmt::Write;

/// Longest name of a property that is shown.
const NAME_BYTES_MAX: usize = 64;

/// Places in arrays that were counted last, so that issues all along a long array do not count it anew each time.
#[derive(Default)]
pub(super) struct Places<'t> {
    /// An item of each array, and its place.
    last: HashMap<NodeId, (Node<'t>, usize)>,
}

impl<'t> Places<'t> {
    fn of(&mut self, node: Node<'t>) -> usize {
        let Some(array) = node.parent() else { return 0 };
        let known = self.last.get(&array.id()).copied();
        let from = |start: Node<'t>, place: usize| {
            std::iter::successors(Some(start), |at| at.next()).zip(place..).find(|(at, _)| at.id() == node.id())
        };
        let found = known.and_then(|(start, place)| from(start, place));
        let found = found.or_else(|| array.children().next().and_then(|first| from(first, 0)));
        found.map_or(0, |(_, place)| {
            self.last.insert(array.id(), (node, place));
            place
        })
    }
}

/// The path of a node from the root of its tree.
pub(super) fn location<'t>(node: Node<'t>, places: &mut Places<'t>) -> String {
    let mut chain = vec![node];
    while let Some(parent) = chain.last().and_then(|last| last.parent()) {
        chain.push(parent);
    }
    let mut out = String::new();
    let mut member: Option<Member> = None;
    for (depth, at) in chain.iter().rev().enumerate() {
        match at.key() {
            Some(key) => {
                let key = key.strip_prefix('_').unwrap_or(key);
                member = member.and_then(|above| above.property(key));
                push(key, member, &mut out);
            }
            None if depth > 0 => {
                let _ = write!(out, "[{}]", places.of(*at));
            }
            None => {}
        }
        let name = if at.kind() == Kind::Object { at.resource_type() } else { None };
        if let Some(ty) = name.and_then(Type::named) {
            member = Some(ty.root().member());
            if depth == 0 {
                out.push_str(ty.name());
            }
        } else if depth == 0 {
            out.push('$');
        }
    }
    out
}

fn push(key: &str, member: Option<Member>, out: &mut String) {
    match member {
        Some(member) if member.element().is_choice() => {
            let _ = write!(out, ".{}.ofType({})", member.element().name(), member.type_name());
        }
        _ if is_name(key) => {
            out.push('.');
            out.push_str(key);
        }
        // What is no name may be content.
        _ => out.push_str(".?"),
    }
}

/// It looks like the name of an element.
pub(super) fn is_name(key: &str) -> bool {
    !key.is_empty() && key.len() <= NAME_BYTES_MAX && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
