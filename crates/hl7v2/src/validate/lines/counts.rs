//! How often segments and groups come: in the message, or in each instance of a group.
//!
//! Promises: time linear in the segments; a group that does not come breaks no line about what is in it.

use super::check::{bounds, sentence, tell, times};
use super::{Demand, Line, Place, UNBOUNDED};
use crate::path::{Group, Index};
use crate::validate::check::{Check, Placed, id_of};
use crate::validate::spot::Spot;
use std::collections::BTreeMap;

/// The instance of the last of these groups that an item is in, by its item: the groups around it hold the names in
/// order, others between them are passed over.
pub(super) fn inside(placed: &Placed, item: u32, groups: &[Group]) -> Option<u32> {
    let mut rest = groups;
    let mut innermost = None;
    let mut at = placed.placement.items.get(item as usize)?.parent;
    while let Some((wanted, outer)) = rest.split_last() {
        if at == 0 {
            return None;
        }
        let own = placed.placement.items.get(at as usize)?;
        let is_it = placed.structure.node(own.node).name == wanted.name
            && match wanted.occurrence {
                Index::At(number) => number == own.occurrence,
                Index::Unsaid | Index::All | Index::Append | Index::Where(_) => true,
            };
        if is_it {
            innermost.get_or_insert(at);
            rest = outer;
        }
        at = own.parent;
    }
    Some(innermost.unwrap_or(0))
}

/// What is counted in one place: how many there are, and the last of them.
#[derive(Clone, Copy, Default)]
struct Count {
    found: u32,
    last: u32,
}

pub(super) fn check(check: &mut Check<'_>, line: &Line) {
    let (min, max) = match line.demand {
        Demand::Present => (1, UNBOUNDED),
        Demand::Absent => (0, 0),
        Demand::Count { min, max } => (min, max),
        Demand::Free | Demand::Length { .. } | Demand::Value { .. } | Demand::Rule { .. } => return,
    };
    let counted = match &line.place {
        Place::Message => return,
        Place::Path(path) => segments(check, path.segment, &path.groups),
        Place::Group(groups) => match groups.split_last() {
            Some((last, around)) => group(check, &last.name, around),
            None => return,
        },
    };
    for (instance, count) in counted {
        if count.found > max {
            let what = match max {
                0 => "is not allowed here".to_owned(),
                _ => format!("is one of {}; the profile asks for {}", count.found, bounds(min, max)),
            };
            tell(check, line, Spot::segment(count.last as usize), None, &what);
        } else if count.found < min {
            let what = match (count.found, min) {
                (0, 1) => "is required and missing".to_owned(),
                (found, _) => format!("comes {}; the profile asks for {}", times(found), bounds(min, max)),
            };
            let group = check.placed.as_ref().map(|placed| placed.path_of(instance)).unwrap_or_default();
            let name = match &line.place {
                Place::Path(path) => path.segment_name().to_owned(),
                Place::Group(groups) => {
                    let name = groups.last().map(|last| last.name.to_string()).unwrap_or_default();
                    if group.is_empty() { name } else { format!("{group}.{name}") }
                }
                Place::Message => String::new(),
            };
            let text = sentence(line, &name, &what);
            check.put_at(line.code.to_string(), line.severity, name, group, text, line.condition());
        }
    }
}

/// How many segments of a kind there are, in the message or in each instance of a group.
fn segments(check: &Check<'_>, id: [u8; 3], groups: &[Group]) -> BTreeMap<u32, Count> {
    let mut counts = start(check, groups);
    for (number, _) in check.segments.iter().enumerate().filter(|(_, segment)| id_of(segment) == id) {
        let instance = match (groups.is_empty(), &check.placed) {
            (true, _) => Some(0),
            (false, Some(placed)) => inside(placed, check.item(number), groups),
            (false, None) => None,
        };
        if let Some(count) = instance.and_then(|instance| counts.get_mut(&instance)) {
            count.found += 1;
            count.last = number as u32;
        }
    }
    counts
}

/// How many instances of a group there are, in the message or in each instance of another.
fn group(check: &Check<'_>, name: &str, around: &[Group]) -> BTreeMap<u32, Count> {
    let mut counts = start(check, around);
    let Some(placed) = &check.placed else { return BTreeMap::new() };
    for (at, item) in placed.placement.items.iter().enumerate().skip(1).filter(|(_, item)| item.segment.is_none()) {
        if *placed.structure.node(item.node).name != *name {
            continue;
        }
        if let Some(count) = inside(placed, at as u32, around).and_then(|instance| counts.get_mut(&instance)) {
            count.found += 1;
            // A group is where its first segment is.
            let first = placed.placement.items[at..].iter().find_map(|item| item.segment);
            count.last = first.unwrap_or_default();
        }
    }
    counts
}

/// A count for every instance of the group.
fn start(check: &Check<'_>, groups: &[Group]) -> BTreeMap<u32, Count> {
    let Some((last, around)) = groups.split_last() else { return BTreeMap::from([(0, Count::default())]) };
    let Some(placed) = &check.placed else { return BTreeMap::new() };
    let items = placed.placement.items.iter().enumerate().skip(1).filter(|(_, item)| item.segment.is_none());
    let named = items.filter(|(_, item)| placed.structure.node(item.node).name == last.name);
    let meant = named.filter(|(at, item)| {
        let is_number = match last.occurrence {
            Index::At(number) => number == item.occurrence,
            Index::Unsaid | Index::All | Index::Append | Index::Where(_) => true,
        };
        is_number && inside(placed, *at as u32, around).is_some()
    });
    meant.map(|(at, _)| (at as u32, Count::default())).collect()
}
