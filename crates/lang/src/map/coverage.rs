//! What a map leaves out: places of a message that have a value and went nowhere.
//!
//! A place is covered when a line that wrote something read it, when a line could not write it and it is told why, or when
//! a line `ignore PATH reason TEXT` names it. `XPN.9` there means that component of every field of that data type.

use super::{
    Ignored,
    fhir::{lineage, source},
};
use crate::{Origins, Why};
use ::fhir::{Node, Tree};
use hl7v2::{Message, Path};
use std::collections::BTreeSet;

/// Places with a value that neither went anywhere nor are ignored, in order of the message.
#[must_use]
pub fn uncovered(message: &Message, origins: &Origins, ignored: &[Ignored]) -> Vec<String> {
    let places = lineage::places(message);
    let written = origins.origins.iter().flat_map(|origin| &origin.sources);
    let left = origins.left.iter().flat_map(|left| &left.sources);
    let read: BTreeSet<&str> = written.chain(left).map(String::as_str).collect();
    let is_leaf = |at: usize| places.get(at + 1).is_none_or(|(_, next)| next.start >= places[at].1.end);
    let mut out = Vec::new();
    for (_, (path, _)) in places.iter().enumerate().filter(|(at, _)| is_leaf(*at)) {
        let is_separator = path.ends_with("-1") || path.ends_with("-2");
        let is_header = path.starts_with("MSH-") || path.starts_with("BHS-") || path.starts_with("FHS-");
        if is_separator && is_header {
            continue;
        }
        let is_read = around(path).any(|outer| read.contains(outer));
        if is_read {
            continue;
        }
        let plain = without_indexes(path);
        let names = names_of(&plain);
        let is_ignored =
            |one: &Ignored| is_segment(&plain, &one.path) || names.iter().any(|name| is_inside(name, &one.path));
        if !ignored.iter().any(is_ignored) {
            out.push(path.clone());
        }
    }
    out
}

/// Elements of a resource with a value that a map from FHIR read nowhere and does not ignore, each as `Patient.name.given`, in
/// order. Not counted is what is of the server and the bundle: ids, addresses, requests, references, the narrative.
#[must_use]
pub fn uncovered_elements(tree: &Tree, origins: &Origins, ignored: &[Ignored]) -> Vec<String> {
    let read: BTreeSet<&str> = origins.origins.iter().flat_map(|origin| &origin.sources).map(String::as_str).collect();
    let is_read = |path: &str| {
        let around = std::iter::successors(Some(path), |path| path.rfind(['.', '[']).map(|at| &path[..at]));
        around.into_iter().any(|outer| read.contains(outer))
    };
    let mut out = Vec::new();
    leaves(tree.root(), "", &mut |place, node| {
        if !is_read(&node.path()) && !ignored.iter().any(|one| is_element(place, &one.path)) {
            out.push(place.to_owned());
        }
    });
    out
}

/// Names that say nothing of the matter itself.
const OF_SERVER: [&str; 8] = ["resourceType", "id", "fullUrl", "request", "response", "search", "reference", "div"];

/// Every value of a resource with its place, from the resource that it stands in.
fn leaves<'t>(node: Node<'t>, place: &str, visit: &mut impl FnMut(&str, Node<'t>)) {
    let place = node.resource_type().unwrap_or(place);
    if node.scalar().is_some() {
        return visit(place, node);
    }
    for child in node.children() {
        match child.key() {
            Some(key) if OF_SERVER.contains(&key) => {}
            Some("text") if child.get("div").is_some() => {}
            Some(key) => leaves(child, &format!("{place}.{key}"), visit),
            None => leaves(child, place, visit),
        }
    }
}

/// `Patient.name.given` is what `Patient.name` names, and what `who.name` of a name that stands for a patient does.
fn is_element(place: &str, ignored: &str) -> bool {
    let (_, within) = place.split_once('.').unwrap_or(("", place));
    let (head, rest) = ignored.split_once('.').unwrap_or((ignored, ""));
    let is_name = head.starts_with(|c: char| c.is_ascii_lowercase());
    is_inside(place, ignored) || is_name && is_inside(within, rest)
}

/// Places of a message in another format that a map read nowhere and does not ignore, without indexes, in order.
#[must_use]
pub fn uncovered_places(document: &formats::Document, origins: &Origins, ignored: &[Ignored]) -> Vec<String> {
    let written = origins.origins.iter().flat_map(|origin| &origin.sources);
    let left = origins.left.iter().flat_map(|left| &left.sources);
    let read: BTreeSet<&str> = written.chain(left).map(String::as_str).collect();
    let places = lineage::places_of(document).into_iter().map(|(path, _)| path);
    let plain = places.filter(|path| !read.contains(path.as_str())).map(|path| without_indexes(&path));
    plain.filter(|place| !ignored.iter().any(|one| is_inside(place, &one.path))).collect()
}

/// Places that a line read and that are nowhere in the result, without indexes, and why.
#[must_use]
pub fn left(origins: &Origins) -> BTreeSet<(String, Why)> {
    let written: BTreeSet<&str> =
        origins.origins.iter().flat_map(|origin| &origin.sources).flat_map(|path| around(path)).collect();
    let places = origins.left.iter().flat_map(|left| left.sources.iter().map(|source| (source, left.why)));
    let gone = places.filter(|(source, _)| !written.contains(source.as_str()));
    gone.map(|(source, why)| (without_indexes(source), why)).collect()
}

/// A path, and those of everything around it inside its segment.
fn around(path: &str) -> impl Iterator<Item = &str> {
    let field = path.find('-').unwrap_or(0);
    std::iter::successors(Some(path), move |path| path.rfind(['.', '[']).filter(|at| *at > field).map(|at| &path[..at]))
}

/// What a place may be called in an `ignore` line: `PID-5.1.2`, and by the types around it `XPN.1.2`, `FN.2`.
fn names_of(plain: &str) -> Vec<String> {
    let mut names = vec![plain.to_owned()];
    let Ok(path) = Path::parse(plain) else { return names };
    let Some((number, _)) = path.member.field else { return names };
    let mut name = source::field(path.segment, number).map_or("", hl7v2::dictionary::Part::type_name);
    let parts: Vec<u16> = [path.member.component, path.member.subcomponent].into_iter().flatten().collect();
    for (at, part) in parts.iter().enumerate() {
        let rest: String = parts[at..].iter().map(|part| format!(".{part}")).collect();
        names.push(format!("{name}{rest}"));
        name = source::step(name, *part).unwrap_or("");
    }
    // A field with one part is that part: `PID-8` is `PID-8.1`.
    if parts.is_empty() {
        names.push(format!("{name}.1"));
        names.push(format!("{plain}.1"));
    }
    names
}

/// `inner` is `outer`, or a part of it.
fn is_inside(inner: &str, outer: &str) -> bool {
    !outer.is_empty() && inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

fn is_segment(path: &str, segment: &str) -> bool {
    segment.len() == 3 && path.strip_prefix(segment).is_some_and(|rest| rest.starts_with('-'))
}

/// `OBX[2]-5[1].1` as `OBX-5.1`.
#[must_use]
pub fn without_indexes(path: &str) -> String {
    let mut depth = 0;
    path.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Left, Origin};

    #[test]
    fn elements_that_nobody_reads() {
        let tree = Tree::read(
            br#"{"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Patient","id":"7",
            "name":[{"family":"Doe","given":["Jane","Ann"]}],"photo":[{"title":"front"}],"gender":"female"}}]}"#,
        )
        .unwrap();
        let origin = |source: &str| crate::Origin {
            element: "PID-5.1".to_owned(),
            file: "m.map".into(),
            line: 1,
            sources: vec![source.to_owned()],
        };
        let read =
            ["Bundle.type", "Bundle.entry[0].resource.name[0].family", "Bundle.entry[0].resource.name[0].given[0]"];
        let origins = Origins { origins: read.map(origin).to_vec(), ..Origins::default() };
        let ignored = |path: &str| Ignored { path: path.to_owned(), reason: "r".to_owned() };
        assert_eq!(
            uncovered_elements(&tree, &origins, &[]),
            ["Patient.name.given", "Patient.photo.title", "Patient.gender"]
        );
        assert_eq!(
            uncovered_elements(&tree, &origins, &[ignored("who.photo"), ignored("Patient.gender")]),
            ["Patient.name.given"]
        );
    }

    #[test]
    fn what_went_nowhere() {
        let (message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||7^^^N~8||Doe^Jane|||F\rZPD|x\r");
        let origin = |source: &str| Origin {
            element: String::new(),
            file: "m".into(),
            line: 1,
            sources: vec![source.to_owned()],
        };
        let origins = Origins { origins: vec![origin("PID-5"), origin("PID-3[1].1")], ..Origins::default() };
        let ignored = [
            Ignored { path: "PID-1".into(), reason: "a number".into() },
            Ignored { path: "ZPD".into(), reason: "own".into() },
        ];
        assert_eq!(uncovered(&message, &origins, &ignored), ["MSH-3", "PID-3[1].4", "PID-3[2]", "PID-8"]);
        assert_eq!(without_indexes("OBX[2]-5[1].1"), "OBX-5.1");
        // By data type, at every depth: PID-3 is a CX, its fourth component an HD.
        let by_type = |path: &str| {
            let ignored = [Ignored { path: path.into(), reason: "own".into() }];
            uncovered(&message, &Origins::default(), &ignored)
        };
        assert!(
            !by_type("CX.4").contains(&"PID-3[1].4".to_owned()) && by_type("CX.5").contains(&"PID-3[1].4".to_owned())
        );
        assert!(!by_type("HD.1").contains(&"MSH-3".to_owned()) && by_type("HD.1").contains(&"PID-8".to_owned()));
    }

    #[test]
    fn what_was_read_and_left_out() {
        let (message, _) = Message::parse("MSH|^~\\&|LAB\rPID|1||||Doe^Jane||nonsense\r");
        let left = |source: &str, why| Left { file: "m".into(), line: 1, sources: vec![source.to_owned()], why };
        let origins =
            Origins { left: vec![left("PID-7", Why::Unfit), left("PID-5[1].1", Why::Second)], ..Origins::default() };
        assert_eq!(
            super::left(&origins).into_iter().collect::<Vec<_>>(),
            [("PID-5.1".into(), Why::Second), ("PID-7".into(), Why::Unfit)]
        );
        assert!(!uncovered(&message, &origins, &[]).contains(&"PID-7".to_owned()));
    }
}
