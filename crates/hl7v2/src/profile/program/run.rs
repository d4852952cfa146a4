//! The operations themselves.

use super::{FieldRef, Pick, Run, is_code};
use crate::profile::expression::Verdict;
use crate::profile::program::CodeSystem;
use crate::profile::tree::{Tree, What};
use crate::profile::value::Moment;
use std::borrow::Cow;
use std::collections::HashSet;

/// Runs an operation in the context of a node.
pub(in crate::profile) fn run(run: &Run, tree: &Tree<'_, '_>, at: u32) -> Verdict {
    match run {
        Run::ProfileIds(lists) => {
            let ids = texts(tree, at, &FieldRef { segment: *b"MSH", field: 21, component: 3 });
            lists.iter().any(|list| list.iter().all(|id| ids.iter().any(|found| **found == **id))).into()
        }
        Run::ProfileEntity(parts) => {
            let entities = fields(tree, at, &FieldRef { segment: *b"MSH", field: 21, component: 0 });
            let has = |entity: u32, index: usize| {
                part(tree, entity, index as u16 + 1).is_some_and(|text| *text == *parts[index])
            };
            entities.iter().any(|entity| (0..parts.len()).all(|index| has(*entity, index))).into()
        }
        Run::CodeForm { field, system } => code_form(tree, at, field, *system).into(),
        Run::Unique(field) => {
            let mut seen = HashSet::new();
            fields(tree, at, field).into_iter().all(|node| seen.insert(whole(tree, node))).into()
        }
        Run::AtMostOne { field, value } => {
            (texts(tree, at, field).iter().filter(|text| ***text == **value).count() <= 1).into()
        }
        Run::OneForEach { field, among, value } => {
            let count = texts(tree, at, among).iter().filter(|text| ***text == **value).count();
            (count >= fields(tree, at, field).len()).into()
        }
        Run::Among { field, when, value, same } => among(tree, at, (field, when, same), value).into(),
        Run::UniqueObservation => unique_observations(tree, at).into(),
        Run::NotBefore { first, second } => not_before(tree, at, first, second),
        Run::ParentOrder { has_service } => parent_orders(tree, at, *has_service).into(),
        Run::Linked { when, is_other, pairs } => linked(tree, at, when, *is_other, pairs).into(),
        Run::PartNumber { field, above } => part_numbers(tree, at, field, above).into(),
        Run::Statements => information_statements(tree, at).into(),
        Run::All(runs) => {
            let verdicts: Vec<Verdict> = runs.iter().map(|one| self::run(one, tree, at)).collect();
            let worst = [Verdict::Fails, Verdict::Unknown].into_iter().find(|verdict| verdicts.contains(verdict));
            worst.unwrap_or(Verdict::Holds)
        }
        Run::EachIn { first, second } => {
            let allowed = texts(tree, at, second);
            texts(tree, at, first).iter().all(|text| allowed.contains(text)).into()
        }
    }
}

/// The segments with an id below a node, the node itself included; prior results do not count.
fn segments(tree: &Tree<'_, '_>, at: u32, id: [u8; 3]) -> Vec<u32> {
    let mut found = Vec::new();
    each_segment(tree, at, id, true, &mut |segment| found.push(segment));
    found
}

fn each_segment(tree: &Tree<'_, '_>, at: u32, id: [u8; 3], is_top: bool, visitor: &mut dyn FnMut(u32)) {
    let node = &tree.nodes[at as usize];
    match node.what {
        What::Group(place) => {
            let is_prior = tree.message.structure.node(place).name.contains("PRIOR");
            if is_top || !is_prior {
                tree.children(at).for_each(|child| each_segment(tree, child, id, false, visitor));
            }
        }
        What::Segment(_) => {
            if node.element.is_some_and(|element| element.id().as_bytes() == id) {
                visitor(at);
            }
        }
        What::Value(_) => {}
    }
}

/// Every repetition of a field below a node.
fn each_field(tree: &Tree<'_, '_>, at: u32, field: &FieldRef, visitor: &mut dyn FnMut(u32)) {
    each_segment(tree, at, field.segment, true, &mut |segment| {
        tree.children_at(segment, field.field).for_each(&mut *visitor);
    });
}

fn fields(tree: &Tree<'_, '_>, at: u32, field: &FieldRef) -> Vec<u32> {
    let mut found = Vec::new();
    each_field(tree, at, field, &mut |node| found.push(node));
    found
}

/// The first value of a component; of a field without parts, the field.
fn part<'m>(tree: &Tree<'m, '_>, field: u32, component: u16) -> Option<Cow<'m, str>> {
    let mut node = if tree.is_leaf(field) {
        (component <= 1).then_some(field)?
    } else {
        tree.children_at(field, component.max(1)).next()?
    };
    while !tree.is_leaf(node) {
        node = tree.children(node).next()?;
    }
    Some(tree.text(node))
}

fn texts<'m>(tree: &Tree<'m, '_>, at: u32, field: &FieldRef) -> Vec<Cow<'m, str>> {
    let mut found = Vec::new();
    each_field(tree, at, field, &mut |node| found.extend(part(tree, node, field.component)));
    found
}

/// A whole field, without separators behind its last value.
fn whole(tree: &Tree<'_, '_>, node: u32) -> Vec<u8> {
    let Some(element) = tree.nodes[node as usize].element else { return Vec::new() };
    let delimiters = element.message().delimiters();
    let mut raw = element.raw();
    while let [rest @ .., last] = raw
        && (*last == delimiters.component || *last == delimiters.subcomponent)
    {
        raw = rest;
    }
    raw.to_vec()
}

fn code_form(tree: &Tree<'_, '_>, at: u32, field: &FieldRef, system: CodeSystem) -> bool {
    let name = match system {
        CodeSystem::Loinc => "LN",
        CodeSystem::Snomed => "SCT",
    };
    let mut is_good = true;
    each_field(tree, at, field, &mut |node| {
        let is_meant = part(tree, node, field.component + 2).is_some_and(|found| found == name);
        is_good &= !is_meant || part(tree, node, field.component).is_some_and(|code| is_code(system, &code));
    });
    is_good
}

fn among(tree: &Tree<'_, '_>, at: u32, of: (&FieldRef, &FieldRef, &FieldRef), value: &str) -> bool {
    let (field, when, same) = of;
    let allowed: HashSet<Vec<u8>> = fields(tree, at, field).into_iter().map(|node| whole(tree, node)).collect();
    segments(tree, at, when.segment).into_iter().all(|segment| {
        let is_meant = texts(tree, segment, when).iter().any(|text| text == value);
        let mut found = tree.children_at(segment, same.field).peekable();
        !is_meant || (found.peek().is_some() && found.all(|node| allowed.contains(&whole(tree, node))))
    })
}

/// Observations under one request: the code of either triplet with the sub-id does not come twice.
fn unique_observations(tree: &Tree<'_, '_>, at: u32) -> bool {
    let mut seen: HashSet<(u32, Vec<Cow<'_, str>>, Vec<u8>)> = HashSet::new();
    for segment in segments(tree, at, *b"OBX") {
        let parent = tree.nodes[segment as usize].parent;
        let is_own_group = match tree.nodes[parent as usize].what {
            What::Group(place) => &*tree.message.structure.node(place).name == "OBSERVATION",
            What::Segment(_) | What::Value(_) => false,
        };
        let scope = if is_own_group { tree.nodes[parent as usize].parent } else { parent };
        let sub_id = tree.children_at(segment, 4).next().map(|node| whole(tree, node)).unwrap_or_default();
        let Some(code) = tree.children_at(segment, 3).next() else { continue };
        let mut keys = HashSet::new();
        for first in [1, 4] {
            let key: Vec<_> = [first, first + 2].iter().map(|at| part(tree, code, *at).unwrap_or_default()).collect();
            if key.iter().any(|part| !part.is_empty()) {
                keys.insert((scope, key, sub_id.clone()));
            }
        }
        if keys.into_iter().any(|key| !seen.insert(key)) {
            return false;
        }
    }
    true
}

/// The values of the parts of an element, with their places: a field with components and a component with subcomponents
/// that say the same are the same (HL7 v2.5.1 §4.5.3.29: the separators of a parent number go one level down).
fn parts(tree: &Tree<'_, '_>, node: Option<u32>) -> Vec<(u16, String)> {
    let Some(node) = node else { return Vec::new() };
    if tree.is_leaf(node) {
        return vec![(1, tree.text(node).into_owned())];
    }
    let text = |child: u32| {
        let mut leaf = child;
        while !tree.is_leaf(leaf) {
            leaf = tree.children(leaf).next()?;
        }
        Some((tree.nodes[child as usize].position, tree.text(leaf).into_owned()))
    };
    tree.children(node).filter_map(text).collect()
}

/// A child order is one for a generated specimen action, or one with a parent result (HL7 v2.5.1 §4.5.3).
fn parent_orders(tree: &Tree<'_, '_>, at: u32, has_service: bool) -> bool {
    let field = |segment: u32, number: u16| tree.children_at(segment, number).next();
    let component = |segment: u32, number: u16, part: u16| {
        field(segment, number).filter(|node| !tree.is_leaf(*node)).and_then(|node| tree.children_at(node, part).next())
    };
    let same = |child: Option<u32>, parent: Option<u32>| parts(tree, child) == parts(tree, parent);
    let orders = segments(tree, at, *b"OBR");
    orders.iter().enumerate().all(|(number, child)| {
        let is_child = field(*child, 26).is_some() || field(*child, 11).is_some_and(|node| tree.text(node) == "G");
        let has_observation = |child: u32, parent: u32| {
            let group = tree.nodes[parent as usize].parent;
            segments(tree, group, *b"OBX").into_iter().any(|observation| {
                same(component(child, 26, 1), field(observation, 3))
                    && same(component(child, 26, 2), field(observation, 4))
            })
        };
        let is_parent = |parent: &&u32| {
            same(component(*child, 29, 1), field(**parent, 2))
                && same(component(*child, 29, 2), field(**parent, 3))
                && (!has_service || same(field(*child, 50), field(**parent, 4)))
                && (field(*child, 26).is_none() || has_observation(*child, **parent))
        };
        !is_child || orders[..number].iter().any(|parent| is_parent(&parent))
    })
}

/// Every segment that says the first field finds the one that its values lead to.
fn linked(tree: &Tree<'_, '_>, at: u32, when: &FieldRef, is_other: bool, pairs: &[(FieldRef, FieldRef)]) -> bool {
    let Some((first, _)) = pairs.first() else { return true };
    let value = |segment: u32, field: &FieldRef| {
        let whole = tree.children_at(segment, field.field).next()?;
        if field.component == 0 || tree.is_leaf(whole) {
            return Some(whole);
        }
        tree.children_at(whole, field.component).next()
    };
    let targets = segments(tree, at, first.segment);
    segments(tree, at, when.segment).into_iter().all(|segment| {
        let is_meant = tree.children_at(segment, when.field).next().is_some();
        let fits = |target: &&u32| {
            (!is_other || **target != segment)
                && pairs
                    .iter()
                    .all(|(own, named)| parts(tree, value(**target, own)) == parts(tree, value(segment, named)))
        };
        !is_meant || targets.iter().any(|target| fits(&target))
    })
}

/// `3.1`, `3.2` below the segment with number 3; a single one may say `3`.
fn part_numbers(tree: &Tree<'_, '_>, at: u32, field: &FieldRef, above: &FieldRef) -> bool {
    let own = texts(tree, at, above).into_iter().next().unwrap_or_default();
    texts(tree, at, field).iter().enumerate().all(|(index, text)| match text.split_once('.') {
        Some((first, second)) => first == own && second == (index + 1).to_string(),
        None => *text == own && index == 0,
    })
}

/// Groups of observations by OBX-4 (LOINC: 69764-9 barcode, 29769-7 date given, 30956-7 vaccine, 29768-9 version date).
fn information_statements(tree: &Tree<'_, '_>, at: u32) -> bool {
    const CODES: [&str; 4] = ["69764-9", "29769-7", "30956-7", "29768-9"];
    let mut groups: std::collections::BTreeMap<String, Vec<Option<usize>>> = std::collections::BTreeMap::new();
    let observations = segments(tree, at, *b"OBX");
    for segment in &observations {
        let of = |field, component| FieldRef { segment: *b"OBX", field, component };
        let (code, sub_id) = (texts(tree, *segment, &of(3, 1)), texts(tree, *segment, &of(4, 1)));
        if let (Some(code), Some(sub_id)) = (code.first(), sub_id.first()) {
            let kind = CODES.iter().position(|known| *known == code.as_ref());
            groups.entry(sub_id.to_string()).or_default().push(kind);
        }
    }
    observations.len() > 1
        && groups.values().all(|kinds| {
            let mut known: Vec<usize> = kinds.iter().flatten().copied().collect();
            known.sort_unstable();
            known.is_empty() || (known.len() == kinds.len() && (known == [0, 1] || known == [1, 2, 3]))
        })
}

/// Times of different precision compare as far as both say.
fn not_before(tree: &Tree<'_, '_>, at: u32, first: &(FieldRef, Pick), second: &(FieldRef, Pick)) -> Verdict {
    let pick = |of: &(FieldRef, Pick)| {
        let texts = texts(tree, at, &of.0);
        let moments = texts.into_iter().filter_map(|text| Moment::read(&text, true).map(|moment| (moment, text)));
        match of.1 {
            Pick::Earliest => moments.min_by(|left, right| left.0.compare(&right.0)),
            Pick::Latest => moments.max_by(|left, right| left.0.compare(&right.0)),
        }
    };
    let (Some((first, first_text)), Some((second, second_text))) = (pick(first), pick(second)) else {
        return Verdict::Holds;
    };
    let precision = first.precision.min(second.precision);
    let cut = |text: &str| {
        let zone = text.find(['+', '-']).unwrap_or(text.len());
        let digits = &text[..zone];
        // A fraction goes with a second.
        let kept = if precision >= 14 { digits } else { &digits[..precision] };
        Moment::read(&format!("{kept}{}", &text[zone..]), true)
    };
    match (cut(&first_text), cut(&second_text)) {
        (Some(first), Some(second)) => first.compare(&second).is_ge().into(),
        _ => Verdict::Unknown,
    }
}
