//! Where an element is, as FHIRPath finds it: `Observation.value.ofType(Quantity).unit`.

use crate::definitions::{Member, Type};
use crate::{Kind, Node, NodeId};
use std::collections::HashMap;
use std::fmt::Write;

/// Longest name of a property that is shown.
const NAME_BYTES_MAX: usize = 64;

/// What is known of arrays that had an issue inside, so that issues all along a long array neither count it nor look for its
/// path anew each time.
#[derive(Default)]
pub(super) struct Places<'t> {
    known: HashMap<NodeId, Known<'t>, foldhash::fast::RandomState>,
}

/// An array.
struct Known<'t> {
    /// The item that was asked for last, and its place.
    item: Node<'t>,
    place: usize,
    path: String,
    member: Option<Member>,
}

impl<'t> Places<'t> {
    /// The place of an item in an array that has this path and definition.
    fn of(&mut self, item: Node<'t>, path: &str, member: Option<Member>) -> usize {
        let Some(array) = item.parent() else { return 0 };
        let from = |start: Node<'t>, place: usize| {
            std::iter::successors(Some(start), |at| at.next()).zip(place..).find(|(at, _)| at.id() == item.id())
        };
        let known = self.known.get_mut(&array.id());
        let found = known.as_ref().and_then(|known| from(known.item, known.place));
        let found = found.or_else(|| array.children().next().and_then(|first| from(first, 0)));
        let Some((_, place)) = found else { return 0 };
        match known {
            Some(known) => (known.item, known.place) = (item, place),
            None => {
                let known = Known { item, place, path: path.to_owned(), member };
                self.known.insert(array.id(), known);
            }
        }
        place
    }
}

/// Room for most paths.
const PATH_BYTES: usize = 64;
/// How deep most issues are.
const DEPTH: usize = 16;

/// The path of a node from the root of its tree.
pub(super) fn location<'t>(node: Node<'t>, places: &mut Places<'t>) -> String {
    let mut chain = Vec::with_capacity(DEPTH);
    let mut out = String::with_capacity(PATH_BYTES);
    let mut member: Option<Member> = None;
    let mut at = Some(node);
    while let Some(below) = at {
        chain.push(below);
        at = below.parent();
        if let Some(known) = at.and_then(|array| places.known.get(&array.id())) {
            out.push_str(&known.path);
            member = known.member;
            break;
        }
    }
    for at in chain.into_iter().rev() {
        let is_root = at.parent().is_none();
        match at.key() {
            Some(key) => {
                let key = key.strip_prefix('_').unwrap_or(key);
                member = member.and_then(|above| above.property(key));
                push(key, member, &mut out);
            }
            None if !is_root => {
                let place = places.of(at, &out, member);
                let _ = write!(out, "[{place}]");
            }
            None => {}
        }
        let name = if at.kind() == Kind::Object { at.resource_type() } else { None };
        if let Some(ty) = name.and_then(Type::named) {
            member = Some(ty.root().member());
            if is_root {
                out.push_str(ty.name());
            }
        } else if is_root {
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
