//! Which map of a folder a bundle needs: by the event that its MessageHeader names, else by its resources.

use super::source::Source;
use crate::{
    codes,
    map::{MapFile, Standard},
    run::Run,
};
use fhir::{Node, Tree};
use hl7v2::dictionary::{Dictionary, Version};
use message::{Diagnostic, Timestamp};

/// What a header says of the message: `ADT^A01^ADT_A01` in the display of the event, or the event alone in its code.
fn triggers(source: &Source<'_>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for header in source.of_type("MessageHeader") {
        let Some(coding) = header.get("eventCoding") else { continue };
        let text = |name: &str| coding.get(name).and_then(Node::text);
        let display = text("display").unwrap_or("");
        let mut parts = display.split('^');
        let (kind, event) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let code = text("code").unwrap_or("");
        let (code_kind, code_event) = code.split_once('^').unwrap_or(("", code));
        if !event.is_empty() {
            out.push((kind.to_owned(), event.to_owned()));
        }
        if !code_event.is_empty() {
            out.push((code_kind.to_owned(), code_event.to_owned()));
        }
    }
    out
}

/// The structures that an event may have, newest version first.
fn structures((kind, event): &(String, String)) -> Vec<&'static str> {
    let versions = Version::ALL.into_iter().rev().map(Dictionary::of);
    let mut out: Vec<&'static str> = Vec::new();
    for dictionary in versions {
        if !kind.is_empty() {
            out.extend(dictionary.structure_of(kind, event));
        } else if let Some(found) = dictionary.trigger_event(event) {
            out.extend(found.triggers().map(|trigger| trigger.structure));
        }
    }
    out
}

impl Standard {
    /// The map for a bundle, and what the checker says of it; `None` when the folder has none.
    #[must_use]
    pub fn map_for_bundle(&self, tree: &Tree) -> Option<&(MapFile, Vec<Diagnostic>)> {
        let source = Source::of(tree.root());
        let maps = || self.messages().iter().filter(|map| map.to.format == crate::Format::Hl7v2);
        for event in triggers(&source) {
            let wanted = structures(&event);
            let by_structure = wanted.iter().find_map(|name| maps().find(|map| map.to.takes(name)));
            if let Some(map) = by_structure {
                return Some(map.compiled(self));
            }
        }
        let mut run = Run::new(Timestamp::default(), 0);
        let mut all = maps().map(|map| map.compiled(self));
        all.find(|(file, _)| file.main().is_some_and(|map| map.takes_bundle(&source, &mut run)))
    }
}

/// A finding for a bundle that has no map.
#[must_use]
pub fn no_map(tree: &Tree) -> Diagnostic {
    let root = tree.root();
    let kind = root.resource_type().filter(|kind| fhir::definitions::Type::named(kind).is_some());
    let what = match kind {
        None => "this is no FHIR resource".to_owned(),
        Some("Bundle") => {
            "the library has no map for this bundle: no MessageHeader names an event that it has, and no map takes its resources"
                .to_owned()
        }
        Some(kind) => format!("the library has no map for a {kind} alone"),
    };
    Diagnostic::error(codes::E2377, what).hint("name a map with `--map`")
}
