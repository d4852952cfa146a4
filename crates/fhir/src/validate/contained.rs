//! Contained resources (R4 references §2.3.0.6): no nesting, no versions, no security labels, and each is referred to.

use super::Issue;
use super::invariant::broken;
use super::walk::{Stand, Walk};
use crate::names::names;
use crate::{Kind, Node, codes};
use message::Severity;
use std::collections::HashSet;

impl<'t> Walk<'_, 't> {
    pub(super) fn contained(&mut self, node: Node<'t>, stand: Stand) {
        let Some(contained) = node.get(names().contained).filter(|found| found.kind() == Kind::Array) else { return };
        if stand == Stand::Contained {
            self.tell(
                contained,
                broken("dom-2", Severity::Error, "A contained resource does not contain other resources."),
            );
            return;
        }
        let mut seen: HashSet<&str> = HashSet::new();
        let mut references: Option<HashSet<&str>> = None;
        for resource in contained.children() {
            let meta = |name: &str| resource.get(names().meta).and_then(|meta| meta.get(name));
            if let Some(found) = meta("versionId").or_else(|| meta("lastUpdated")) {
                self.tell(
                    found,
                    broken(
                        "dom-4",
                        Severity::Error,
                        "A contained resource has no version and no time of its last change.",
                    ),
                );
            }
            if let Some(found) = meta("security") {
                self.tell(found, broken("dom-5", Severity::Error, "A contained resource has no security labels."));
            }
            let Some(id) = resource.get(names().id).and_then(Node::text) else {
                self.tell(
                    resource,
                    Issue::error(codes::E1275, "A contained resource has an id, so that it can be referred to."),
                );
                continue;
            };
            if !seen.insert(id) {
                self.tell(resource, Issue::error(codes::E1275, "Two contained resources have the same id."));
            }
            let references = references.get_or_insert_with(|| local_references(node));
            if !references.contains(id) && !refers_outwards(resource) {
                let text = "A contained resource is referred to from the resource around it, or refers to it.";
                self.tell(resource, broken("dom-3", Severity::Error, text));
            }
        }
    }
}

/// The ids behind `#` of every string below a node. Canonicals and URIs may lead to contained resources too.
fn local_references(node: Node<'_>) -> HashSet<&str> {
    let mut out = HashSet::new();
    each_text(node, &mut |text| {
        if let Some(id) = text.strip_prefix('#') {
            out.insert(id);
        }
    });
    out
}

fn refers_outwards(node: Node<'_>) -> bool {
    let mut is_found = false;
    each_text(node, &mut |text| is_found |= text == "#");
    is_found
}

/// Calls `each` with every string below a node. The depth of a tree is bounded.
fn each_text<'t>(node: Node<'t>, each: &mut impl FnMut(&'t str)) {
    for child in node.children() {
        match child.text() {
            Some(text) => each(text),
            None => each_text(child, each),
        }
    }
}
