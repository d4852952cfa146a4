//! The structures of the standard: compiled from the dictionary, once each, and found for a message.
//!
//! Promises: a message gets the structure of its own version; where that version has none of the name, the nearest newer
//! version that has it, else the nearest older one. "Any segment" of the standard is no node: what stands there is unknown.
//! Never: a finding.

use super::model::{Builder, Structure, UNBOUNDED};
use super::place::{Placement, place};
use crate::dictionary::{self, Dictionary, NodeKind, Nodes, Version};
use crate::path::{Group, Index};
use crate::{Message, Path};
use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

/// A place for each definition in the dictionary.
static COMPILED: LazyLock<Vec<OnceLock<Structure>>> =
    LazyLock::new(|| (0..dictionary::Structure::definitions()).map(|_| OnceLock::new()).collect());

/// The names of all groups of all versions.
static GROUPS: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let structures = Version::ALL.into_iter().flat_map(|version| Dictionary::of(version).structures());
    let mut names = BTreeSet::new();
    structures.for_each(|structure| group_names(structure.nodes(), &mut names));
    names
});

fn group_names(nodes: Nodes, names: &mut BTreeSet<&'static str>) {
    for node in nodes.filter(|node| node.kind() != NodeKind::Segment) {
        names.insert(node.name());
        group_names(node.children(), names);
    }
}

/// What [`compiled`] answers for a structure that the dictionary does not have.
static EMPTY: LazyLock<Structure> = LazyLock::new(|| Builder::new("").finish());

/// The structure as the placement needs it.
#[must_use]
pub fn compiled(structure: dictionary::Structure) -> &'static Structure {
    let Some(slot) = COMPILED.get(structure.definition_number()) else { return &EMPTY };
    slot.get_or_init(|| {
        let mut builder = Builder::new(structure.id());
        add(&mut builder, structure.nodes());
        builder.finish()
    })
}

fn add(builder: &mut Builder, nodes: Nodes) {
    for node in nodes {
        let max = node.max().unwrap_or(UNBOUNDED);
        match (node.kind(), <[u8; 3]>::try_from(node.name().as_bytes())) {
            (NodeKind::Segment, Ok(id)) => {
                builder.segment(id, node.min(), max);
                continue;
            }
            (NodeKind::Segment, Err(_)) => continue,
            (NodeKind::Group, _) => builder.open(node.name(), node.min(), max),
            (NodeKind::Choice, _) => builder.open_choice(node.name(), node.min(), max),
        };
        add(builder, node.children());
        builder.close();
    }
}

/// The structure that a message has by its MSH-9 and MSH-12: named there, or derived from message type and trigger event.
/// A message without a version is read as 2.5.1.
#[must_use]
pub fn of_message(message: &Message) -> Option<dictionary::Structure> {
    let part = |number| message.text(&Path::component(b"MSH", 9, number));
    let (kind, event, structure) = (part(1), part(2), part(3));
    let version = Version::of(message).unwrap_or(Version::V2_5_1);
    let find = |version| Dictionary::of(version).structure_named(&kind, &event, &structure);
    let (older, newer) = Version::ALL.split_at(version.index());
    newer.iter().chain(older.iter().rev()).find_map(|version| find(*version))
}

/// A group name that some structure of the standard has.
#[must_use]
pub fn is_group(name: &str) -> bool {
    GROUPS.contains(name)
}

/// The group name that was probably meant.
#[must_use]
pub fn similar_group(name: &str) -> Option<&'static str> {
    let wanted = name.to_ascii_uppercase();
    let exact = GROUPS.get(&*wanted).copied();
    let close = |group: &&&str| {
        let (longer, shorter) = if group.len() > wanted.len() { (**group, &*wanted) } else { (&*wanted, **group) };
        longer.len() - shorter.len() <= 2 && longer.bytes().zip(shorter.bytes()).filter(|(a, b)| a != b).count() <= 2
    };
    exact.or_else(|| GROUPS.iter().find(close).copied())
}

/// The segments of a message in the groups of its structure; `None` where the structure is not known.
#[must_use]
pub fn place_message(message: &Message) -> Option<(&'static Structure, Placement)> {
    let structure = compiled(of_message(message)?);
    let ids = message.segments().map(|segment| segment.id().as_bytes().try_into().unwrap_or_default());
    Some((structure, place(structure, ids)))
}

/// The numbers of the segments that a path with groups names, from 0, in order of the message. A group is looked for
/// anywhere inside the one before it, so that `ORDER_OBSERVATION[2].OBX` needs no `OBSERVATION`; numbers count inside it.
/// Where the path says nothing, the first is meant, or every one.
pub(crate) fn segments_at(message: &Message, path: &Path, is_every: bool) -> Vec<u32> {
    let Some((structure, placement)) = place_message(message) else { return Vec::new() };
    let mut inside = vec![0];
    for Group { name, occurrence } in &path.groups {
        let is_wanted = |item: usize| {
            let node = structure.node(placement.items[item].node);
            placement.items[item].segment.is_none() && node.name == *name
        };
        inside = below(&placement, &inside, is_wanted, occurrence, is_every);
    }
    let ids: Vec<[u8; 3]> =
        message.segments().map(|segment| segment.id().as_bytes().try_into().unwrap_or_default()).collect();
    let is_wanted = |item: usize| {
        let segment = placement.items[item].segment;
        segment.is_some_and(|number| ids.get(number as usize) == Some(&path.segment))
    };
    let found = below(&placement, &inside, is_wanted, &path.occurrence, is_every);
    found.into_iter().filter_map(|item| placement.items[item].segment).collect()
}

/// The items below each of some groups that fit, those that the index names.
fn below(
    placement: &Placement,
    groups: &[usize],
    is_wanted: impl Fn(usize) -> bool,
    index: &Index,
    is_every: bool,
) -> Vec<usize> {
    let is_inside = |item: usize, group: usize| {
        let mut at = item;
        while at > group {
            at = placement.items[at].parent as usize;
        }
        at == group
    };
    let mut out = Vec::new();
    for group in groups {
        let fits = |item: &usize| is_wanted(*item) && is_inside(*item, *group);
        let mut found = (*group + 1..placement.items.len()).filter(fits);
        match index {
            Index::All => out.extend(found),
            Index::Unsaid if is_every => out.extend(found),
            Index::Unsaid => out.extend(found.next()),
            Index::At(number) => out.extend(usize::from(*number).checked_sub(1).and_then(|before| found.nth(before))),
            Index::Append | Index::Where(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORU: &str = "MSH|^~\\&|A|B|C|D|20260301||ORU^R01|1|P|2.5.1\rPID|1||7\rNTE|1||of the patient\rPV1|1\rORC|RE\rOBR|1\r\
OBX|1|NM|a||1\rNTE|1||of a\rOBX|2|NM|b||2\rZZZ|1\rORC|RE\rOBR|2\rOBX|1|NM|c||3\rNTE|1||of c\r";

    fn values(path: &str, is_every: bool) -> Vec<String> {
        let (message, _) = Message::parse(ORU);
        let path = Path::parse(path).expect("a path");
        path.check_evaluable().expect("known groups");
        let found: Vec<_> = if is_every { message.every(&path).collect() } else { message.values(&path).collect() };
        found.into_iter().map(|element| element.text().into_owned()).collect()
    }

    #[test]
    fn paths_through_groups() {
        let check = |path: &str, expect: &[&str]| assert_eq!(values(path, false), expect, "{path}");
        check("PATIENT_RESULT.ORDER_OBSERVATION[2].OBX[1]-5", &["3"]);
        check("ORDER_OBSERVATION[1].OBX[2]-5", &["2"]);
        check("ORDER_OBSERVATION[1].OBSERVATION[2].OBX-5", &["2"]);
        check("ORDER_OBSERVATION[*].OBX[*]-5", &["1", "2", "3"]);
        check("ORDER_OBSERVATION[*].OBX-5", &["1", "3"]);
        check("ORDER_OBSERVATION[3].OBX-5", &[]);
        check("PATIENT.NTE-3", &["of the patient"]);
        check("OBSERVATION.NTE-3", &["of a"]);
        check("OBSERVATION[2].NTE-3", &[]);
        assert_eq!(values("ORDER_OBSERVATION.OBX-5", true), ["1", "2", "3"]);
        assert_eq!(values("OBSERVATION.NTE-3", true), ["of a", "of c"]);
    }

    #[test]
    fn edits_through_groups() {
        let (mut message, _) = Message::parse(ORU);
        let path = Path::parse("ORDER_OBSERVATION[2].OBX-5").expect("a path");
        message.set(&path, crate::Value::Text("9")).expect("a place");
        assert_eq!(message.text(&path), "9");
        assert_eq!(message.text(&Path::parse("OBX[3]-5").expect("a path")), "9");
        let notes = Path::parse("ORDER_OBSERVATION[1].NTE").expect("a path");
        assert_eq!(message.delete(&notes), Ok(1));
        assert_eq!(message.segments_named(*b"NTE").count(), 2);
    }

    #[test]
    fn structures_of_messages() {
        let of = |header: &str| of_message(&Message::parse(header.to_string()).0).map(|found| found.id());
        assert_eq!(of("MSH|^~\\&|||||||ADT^A04|1|P|2.5.1\r"), Some("ADT_A01"));
        assert_eq!(of("MSH|^~\\&|||||||ADT^A04|1|P\r"), Some("ADT_A01"));
        assert_eq!(of("MSH|^~\\&|||||||ORU^R01^ORU_R01|1|P|2.3\r"), Some("ORU_R01"));
        assert_eq!(of("MSH|^~\\&|||||||OML^O21|1|P|2.3\r"), Some("OML_O21"), "of a newer version");
        assert_eq!(of("MSH|^~\\&|||||||ORM^O01|1|P|2.8\r"), Some("ORM_O01"), "of an older version");
        assert_eq!(of("MSH|^~\\&|||||||ZZZ^Z99|1|P|2.8\r"), None);
    }

    #[test]
    fn group_names_are_known() {
        assert!(is_group("PATIENT_RESULT") && !is_group("PATIENT_RESULTS"));
        assert_eq!(similar_group("PATIENT_RESULTS"), Some("PATIENT_RESULT"));
        assert_eq!(similar_group("nothing like it"), None);
    }
}
