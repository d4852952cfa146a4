//! Where every element came from: the line of the map that wrote it, and the places of the message that it read. Kept on
//! request only.

use crate::{path::ReadPath, run::Site, view::View};
use fhir::{NodeId, Tree};
use hl7v2::{Element, Level, Message};
use std::{collections::BTreeSet, fmt::Write, sync::Arc};

/// Where one element came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The element, as FHIRPath has it.
    pub element: String,
    /// The file of the map, and the line in it, from 1.
    pub file: Arc<str>,
    /// See `file`.
    pub line: usize,
    /// The places of the message: `PID-5.1`. None for a text of the map.
    pub sources: Vec<String>,
}

/// Everything that is known about one conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// In the order in which elements were written.
    pub origins: Vec<Origin>,
    /// Codes that tables do not have: table and code. Content of the message: not for logs.
    pub missed: BTreeSet<(Arc<str>, String)>,
}

/// A node, the line that wrote it, and the bytes that it read.
type Wrote = (NodeId, Site, Vec<(usize, usize)>);

/// What one run keeps.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    reads: Vec<(usize, usize)>,
    wrote: Vec<Wrote>,
    missed: BTreeSet<(Arc<str>, String)>,
}

impl Lineage {
    /// Another value begins.
    pub(super) fn begin(&mut self) {
        self.reads.clear();
    }
    /// A path that the value reads.
    pub(super) fn read(&mut self, path: &ReadPath, view: &View<'_>) {
        if path.is_list() {
            path.every(view, |element| {
                self.element(element);
                false
            });
        } else if let Some(element) = path.first(view) {
            self.element(element);
        }
    }
    /// An element that is read.
    pub(super) fn element(&mut self, element: Element<'_>) {
        let span = element.span();
        if !span.is_empty() {
            self.reads.push((span.start, span.end));
        }
    }
    /// An element that was written from what was read.
    pub(super) fn wrote(&mut self, node: NodeId, site: &Site) {
        self.wrote.push((node, site.clone(), self.reads.clone()));
    }
    /// A code that a table does not have.
    pub(super) fn missed(&mut self, table: &Arc<str>, code: &str) {
        self.missed.insert((table.clone(), code.to_owned()));
    }
    /// For people.
    pub(super) fn finish(self, tree: &Tree, message: &Message) -> Origins {
        let places = places(message);
        let mut origins = Vec::with_capacity(self.wrote.len());
        for (node, site, reads) in self.wrote {
            let is_there = std::iter::successors(Some(tree.node(node)), |node| node.parent())
                .any(|node| node.id() == tree.root().id());
            if !is_there {
                continue;
            }
            let mut sources: Vec<String> = reads.iter().map(|span| place_of(&places, *span)).collect();
            sources.dedup();
            let element = tree.node(node).path();
            origins.push(Origin { element, file: site.file.clone(), line: site.line(), sources });
        }
        Origins { origins, missed: self.missed }
    }
}

/// Every part of a message that has a value, with its path: fields, repetitions, components, subcomponents.
#[must_use]
pub fn places(message: &Message) -> Vec<(String, std::ops::Range<usize>)> {
    let mut out = Vec::new();
    let mut counts: Vec<([u8; 3], usize)> = Vec::new();
    for segment in message.segments() {
        let id: [u8; 3] = segment.id().as_bytes().try_into().unwrap_or_default();
        let number = match counts.iter_mut().find(|(known, _)| *known == id) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push((id, 1));
                1
            }
        };
        let name = if number == 1 { segment.id().to_owned() } else { format!("{}[{number}]", segment.id()) };
        for field in 1..=u16::try_from(segment.field_count()).unwrap_or(u16::MAX) {
            if let Some(element) = segment.field(field).filter(|element| !element.is_empty()) {
                below(element, &format!("{name}-{field}"), &mut out);
            }
        }
    }
    out
}

fn below(element: Element<'_>, path: &str, out: &mut Vec<(String, std::ops::Range<usize>)>) {
    let several = element.parts().count() > 1;
    out.push((path.to_owned(), element.span()));
    for (index, part) in element.parts().enumerate() {
        if part.is_empty() {
            continue;
        }
        let mut inner = path.to_owned();
        match part.level() {
            Level::Repetition if several => {
                let _ = write!(inner, "[{}]", index + 1);
            }
            Level::Component | Level::Subcomponent if several => {
                let _ = write!(inner, ".{}", index + 1);
            }
            // What has one part is that part: `PID-8` is `PID-8.1`.
            _ => {
                below_unnamed(part, &inner, out);
                continue;
            }
        }
        below(part, &inner, out);
    }
}

fn below_unnamed(element: Element<'_>, path: &str, out: &mut Vec<(String, std::ops::Range<usize>)>) {
    if element.parts().count() > 1 {
        let before = out.len();
        below(element, path, out);
        out.remove(before);
    }
}

/// The smallest part that covers a span.
fn place_of(places: &[(String, std::ops::Range<usize>)], (start, end): (usize, usize)) -> String {
    let covers = places.iter().filter(|(_, range)| range.start <= start && range.end >= end);
    covers.min_by_key(|(_, range)| range.len()).map(|(path, _)| path.clone()).unwrap_or_default()
}
