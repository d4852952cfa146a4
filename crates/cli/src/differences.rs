//! Differences between two messages or two resources, field by field.
//!
//! Promises: what is equal gives none; a place is named as a path that the other commands take.
//! Never: decides what may be seen; whoever shows them says whether they are masked.

use crate::{
    mask,
    screen::{Screen, plain},
};
use fhir::{Kind, Node, fhirpath::Item};
use hl7v2::{Element, Message};
use std::collections::BTreeMap;

/// One difference.
#[derive(Clone, Debug)]
pub struct Difference {
    /// `PID-5`, `Bundle.entry[0].resource.gender`.
    pub path: String,
    /// What was there; `None`: nothing.
    pub before: Option<String>,
    /// What is there now; `None`: nothing.
    pub after: Option<String>,
    /// It may identify a patient.
    pub is_hidden: bool,
}

/// A line each, with the paths in a column.
pub fn lines(screen: &Screen, differences: &[Difference], is_masked: bool) -> Vec<String> {
    let width = differences.iter().map(|found| found.path.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for found in differences {
        let shown = |text: &String| match (screen.is_terminal, is_masked && found.is_hidden) {
            (true, true) => plain(&mask::masked(text)),
            (true, false) => plain(text),
            (false, _) => text.clone(),
        };
        let what = match (found.before.as_ref().map(shown), found.after.as_ref().map(shown)) {
            (Some(before), Some(after)) => {
                format!("{before} {} {after}", if screen.is_unicode { "→" } else { "->" })
            }
            (Some(before), None) => screen.paint("31", &format!("- {before}")),
            (None, Some(after)) => screen.paint("32", &format!("+ {after}")),
            (None, None) => continue,
        };
        lines.push(format!("{:<width$}  {what}", found.path));
    }
    lines
}

/// Properties are paired by name, entries of a bundle by `fullUrl` and then by type, other items by their place from the
/// start or from the end.
pub fn of_resources(left: Node<'_>, right: Node<'_>) -> Vec<Difference> {
    let mut out = Vec::new();
    between(Some(left), Some(right), &mut out);
    out
}

fn between(left: Option<Node<'_>>, right: Option<Node<'_>>, out: &mut Vec<Difference>) {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) if left.is_same(right) => return,
        (Some(left), Some(right)) => (left, right),
        (Some(only), None) | (None, Some(only)) => return leaves(only, left.is_some(), out),
        (None, None) => return,
    };
    match (left.kind(), right.kind()) {
        (Kind::Object, Kind::Object) => {
            for child in left.children() {
                between(Some(child), child.key().and_then(|key| right.get(key)), out);
            }
            for child in right.children().filter(|child| child.key().is_some_and(|key| left.get(key).is_none())) {
                between(None, Some(child), out);
            }
        }
        (Kind::Array, Kind::Array) => {
            let (left, right): (Vec<_>, Vec<_>) = (left.children().collect(), right.children().collect());
            pairs(&left, &right).into_iter().for_each(|(left, right)| between(left, right, out));
        }
        (Kind::Object | Kind::Array, _) | (_, Kind::Object | Kind::Array) => {
            leaves(left, true, out);
            leaves(right, false, out);
        }
        _ => out.push(Difference {
            path: right.path(),
            before: left.scalar().map(str::to_owned),
            after: right.scalar().map(str::to_owned),
            is_hidden: mask::is_hidden_item(&Item::Element(right)),
        }),
    }
}

/// Everything below a node that only one side has.
fn leaves(node: Node<'_>, is_before: bool, out: &mut Vec<Difference>) {
    if matches!(node.kind(), Kind::Object | Kind::Array) {
        node.children().for_each(|child| leaves(child, is_before, out));
        return;
    }
    let text = node.scalar().map(str::to_owned);
    let (before, after) = if is_before { (text, None) } else { (None, text) };
    out.push(Difference { path: node.path(), before, after, is_hidden: mask::is_hidden_item(&Item::Element(node)) });
}

/// What two entries have in common that are the same.
type Key<'t> = dyn Fn(&Node<'t>) -> Option<&'t str>;

type Pair<'t> = (Option<Node<'t>>, Option<Node<'t>>);

fn pairs<'t>(left: &[Node<'t>], right: &[Node<'t>]) -> Vec<Pair<'t>> {
    let is_entry = |node: &Node<'t>| node.get("resource").is_some() || node.get("fullUrl").is_some();
    if left.iter().chain(right).all(is_entry) {
        return entries(left, right);
    }
    // What was put in front or taken out in the middle does not make all that follows differ.
    let same = |(left, right): &(&Node<'t>, &Node<'t>)| left.is_same(**right);
    let start = left.iter().zip(right).take_while(same).count();
    let end = left[start..].iter().rev().zip(right[start..].iter().rev()).take_while(same).count();
    let (left, right) = (&left[start..left.len() - end], &right[start..right.len() - end]);
    (0..left.len().max(right.len())).map(|at| (left.get(at).copied(), right.get(at).copied())).collect()
}

fn entries<'t>(left: &[Node<'t>], right: &[Node<'t>]) -> Vec<Pair<'t>> {
    let url = |node: &Node<'t>| node.get("fullUrl").and_then(Node::text);
    let kind = |node: &Node<'t>| node.get("resource").and_then(Node::resource_type);
    let mut rest: Vec<Option<Node<'t>>> = right.iter().copied().map(Some).collect();
    let mut found: Vec<Option<Node<'t>>> = vec![None; left.len()];
    let keys: [&Key<'t>; 2] = [&url, &kind];
    for key in keys {
        for (place, entry) in
            left.iter().enumerate().filter(|(place, _)| !matches!(found.get(*place), Some(Some(_)))).collect::<Vec<_>>()
        {
            let wanted = key(entry);
            let is_it =
                |slot: &Option<Node<'t>>| slot.as_ref().is_some_and(|other| wanted.is_some() && key(other) == wanted);
            if let Some(at) = rest.iter().position(is_it) {
                found[place] = rest[at].take();
            }
        }
    }
    let mut out: Vec<Pair<'t>> = left.iter().copied().map(Some).zip(found).collect();
    out.extend(rest.into_iter().flatten().map(|only| (None, Some(only))));
    out
}

/// Segments are paired by name and occurrence, their fields by number.
pub fn of_messages(left: &Message, right: &Message, prefix: &str) -> Vec<Difference> {
    let (left, right) = (by_name(left), by_name(right));
    let mut names: Vec<&(String, usize)> = left.keys().chain(right.keys()).collect();
    names.sort();
    names.dedup();
    let mut differences = Vec::new();
    for key in names {
        let label = if key.1 == 1 { key.0.clone() } else { format!("{}[{}]", key.0, key.1) };
        match (left.get(key), right.get(key)) {
            (Some(a), Some(b)) => fields(a, b, &format!("{prefix}{label}"), &mut differences),
            (a, _) => differences.push(Difference {
                path: format!("{prefix}{label}"),
                before: a.map(|_| "whole segment".to_owned()),
                after: if a.is_some() { None } else { Some("whole segment".to_owned()) },
                is_hidden: false,
            }),
        }
    }
    differences
}

fn by_name(message: &Message) -> BTreeMap<(String, usize), Element<'_>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    message
        .segments()
        .map(|segment| {
            let count = counts.entry(segment.id().to_owned()).or_default();
            *count += 1;
            ((segment.id().to_owned(), *count), segment)
        })
        .collect()
}

fn fields(left: &Element<'_>, right: &Element<'_>, label: &str, differences: &mut Vec<Difference>) {
    let count = left.field_count().max(right.field_count());
    for number in 1..=u16::try_from(count).unwrap_or(u16::MAX) {
        let raw = |segment: &Element<'_>| segment.field(number).map(|field| field.raw().to_vec()).unwrap_or_default();
        if raw(left) == raw(right) {
            continue;
        }
        let text = |segment: &Element<'_>| {
            segment.field(number).map(|field| field.text().into_owned()).filter(|text| !text.is_empty())
        };
        differences.push(Difference {
            path: format!("{label}-{number}"),
            before: text(left),
            after: text(right),
            is_hidden: mask::is_hidden(left.id(), number),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fhir::Tree;

    /// The differences, as `PATH: BEFORE > AFTER`.
    fn check(left: &str, right: &str, expect: &[&str]) {
        let read = |text: &str| Tree::read(text.as_bytes()).unwrap();
        let (left, right) = (read(left), read(right));
        let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let found = of_resources(left.root(), right.root());
        let found: Vec<String> =
            found.iter().map(|one| format!("{}: {} > {}", one.path, text(&one.before), text(&one.after))).collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn resources_differ_at_their_leaves() {
        let old = r#"{"resourceType":"Patient","gender":"male","name":[{"family":"Quist","given":["Ada"]}]}"#;
        check(old, old, &[]);
        check(old, &old.replace("male", "female"), &["Patient.gender: male > female"]);
        check(
            old,
            r#"{"resourceType":"Patient","name":[{"given":["Ida","Ada"],"family":"Quist"}],"active":true}"#,
            &["Patient.gender: male > -", "Patient.name[0].given[0]: - > Ida", "Patient.active: - > true"],
        );
    }

    #[test]
    fn entries_are_paired_by_what_they_are() {
        let entry = |url: &str, kind: &str, status: &str| {
            format!(r#"{{"fullUrl":"{url}","resource":{{"resourceType":"{kind}","status":"{status}"}}}}"#)
        };
        let bundle = |entries: &[String]| format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","));
        check(
            &bundle(&[entry("urn:1", "Encounter", "planned"), entry("urn:2", "Account", "active")]),
            &bundle(&[
                entry("urn:9", "Basic", "x"),
                entry("urn:2", "Account", "active"),
                entry("urn:3", "Encounter", "arrived"),
            ]),
            &[
                "Bundle.entry[2].fullUrl: urn:1 > urn:3",
                "Bundle.entry[2].resource.status: planned > arrived",
                "Bundle.entry[0].fullUrl: - > urn:9",
                "Bundle.entry[0].resource.resourceType: - > Basic",
                "Bundle.entry[0].resource.status: - > x",
            ],
        );
    }

    #[test]
    fn names_are_hidden_and_codes_are_not() {
        let read = |text: &str| Tree::read(text.as_bytes()).unwrap();
        let left = read(r#"{"resourceType":"Patient","gender":"male","birthDate":"1978-07-01"}"#);
        let right = read(r#"{"resourceType":"Patient","gender":"female","birthDate":"1978-07-02"}"#);
        let found = of_resources(left.root(), right.root());
        assert_eq!(found.iter().map(|one| one.is_hidden).collect::<Vec<_>>(), [false, true]);
    }
}
