//! Structure: segments and groups that are missing, too many, out of order, or not of this message type.

use super::check::{Check, Placed};
use super::levels::{Rule, Weight, weight_of_segment};
use super::spot::Spot;
use crate::dictionary::{NodeKind, Nodes};
use crate::structure::{Kind, NodeId, Order, Structure, model::UNBOUNDED};

pub(super) fn check(check: &mut Check<'_>) {
    let Some(placed) = check.placed.take() else { return };
    let absent = absent(&placed);
    let odd: Vec<Odd> = odd(&placed).collect();
    check.placed = Some(placed);
    for (item, node) in absent {
        tell_absent(check, item, node);
    }
    for odd in odd {
        tell_odd(check, odd);
    }
}

/// Required children that no instance of their group has: the item of the group, the node.
fn absent(placed: &Placed) -> Vec<(u32, NodeId)> {
    let (structure, items) = (placed.structure, &placed.placement.items);
    // One flag for every child of every group instance, side by side.
    let mut base = Vec::with_capacity(items.len());
    let mut total = 0;
    for item in items {
        base.push(total);
        total += if item.segment.is_none() { structure.children(item.node).len() } else { 0 };
    }
    let mut is_there = vec![false; total];
    for item in items.iter().skip(1).filter(|item| item.order != Order::Unknown) {
        let at = base[item.parent as usize] + usize::from(structure.node(item.node).position) - 1;
        if let Some(flag) = is_there.get_mut(at) {
            *flag = true;
        }
    }
    let mut out = Vec::new();
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item.segment.is_none()) {
        if structure.node(item.node).kind == Kind::Choice {
            continue;
        }
        for (index, child) in structure.children(item.node).iter().enumerate() {
            let node = structure.node(*child);
            let is_named = !matches!(node.kind, Kind::Segment(_)) || !is_any(&node.name);
            if node.min > 0 && is_named && !is_there[base[at] + index] {
                out.push((at as u32, *child));
            }
        }
    }
    out
}

fn tell_absent(check: &mut Check<'_>, item: u32, node: NodeId) {
    let Some(placed) = &check.placed else { return };
    let structure = placed.structure;
    let missing = structure.node(node);
    let group = placed.path_of(item);
    let inside = if group.is_empty() { structure.node(0).name.to_string() } else { group.clone() };
    let name = missing.name.to_string();
    let first = first_segment(structure, node);
    // Where the message has such a segment elsewhere, the groups are mixed up; nothing need be missing.
    let is_elsewhere = check.segments.iter().any(|segment| segment.id() == first);
    let weight = if is_elsewhere { Weight::Light } else { weight_of_segment(&name) };
    let (path, text) = match missing.kind {
        Kind::Segment(_) => (name.clone(), format!("{name} is missing: {inside} requires it.")),
        Kind::Group | Kind::Choice => {
            let path = if group.is_empty() { name.clone() } else { format!("{group}.{name}") };
            (path, format!("The group {name} is missing, which begins with {first}: {inside} requires it."))
        }
    };
    check.tell_absent(weight, path, group, text);
}

/// A place for any segment, such as `Hxx` or `anyHL7Segment`: none is unexpected, and none is missing.
fn is_any(name: &str) -> bool {
    name.len() != 3 || name == "ANY" || name.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_open(mut nodes: Nodes) -> bool {
    nodes.any(|node| match node.kind() {
        NodeKind::Segment => is_any(node.name()),
        NodeKind::Group | NodeKind::Choice => is_open(node.children()),
    })
}

/// The first segment that a group must have, or else may have.
fn first_segment(structure: &Structure, node: NodeId) -> String {
    let mut at = node;
    loop {
        let children = structure.children(at);
        let required = children.iter().find(|child| structure.node(**child).min > 0);
        match required.or(children.first()) {
            Some(child) => at = *child,
            None => return structure.node(at).name.to_string(),
        }
    }
}

/// A segment or group that does not stand as the structure has it.
struct Odd {
    rule: Rule,
    segment: u32,
    name: String,
    max: u16,
}

fn odd(placed: &Placed) -> impl Iterator<Item = Odd> + '_ {
    let (structure, items) = (placed.structure, &placed.placement.items);
    items.iter().enumerate().skip(1).filter_map(move |(at, item)| {
        let node = structure.node(item.node);
        let is_over = node.max != UNBOUNDED && item.occurrence == node.max.saturating_add(1);
        let rule = match item.order {
            Order::Unknown if is_open(placed.of.nodes()) => return None,
            Order::Unknown => Rule::Unexpected,
            Order::Broken => Rule::Order,
            Order::Kept if is_over => Rule::TooMany,
            Order::Kept => return None,
        };
        // A group is where its first segment is.
        let segment = item.segment.or_else(|| items[at..].iter().find_map(|item| item.segment))?;
        Some(Odd { rule, segment, name: node.name.to_string(), max: node.max })
    })
}

fn tell_odd(check: &mut Check<'_>, odd: Odd) {
    let Some(segment) = check.segments.get(odd.segment as usize).copied() else { return };
    let id = segment.id();
    let is_local = id.starts_with('Z');
    let is_known = check.dictionary.segment(id).is_some();
    if odd.rule == Rule::Unexpected && (is_local || !is_known) {
        // Local segments may stand anywhere; of a segment that the version does not have, its own rule speaks.
        return;
    }
    let name = check.placed.as_ref().map(|placed| placed.structure.node(0).name.to_string()).unwrap_or_default();
    let spot = Spot::segment(odd.segment as usize);
    check.tell(odd.rule, Weight::Light, spot, None, |path| match odd.rule {
        Rule::Unexpected => format!("{path} has no place in {name}."),
        Rule::Order => format!("{path} stands too late: {name} has it before segments that came already."),
        _ if odd.name == id => format!("{path} is one {id} more than the {} that may stand here.", odd.max),
        _ => format!("{path} begins one group {} more than the {} that may stand here.", odd.name, odd.max),
    });
}
