//! Where every element came from: the line of the map that wrote it, and the places of the message that it read. Kept on
//! request only.

use crate::{path::ReadPath, run::Site, view::View};
use fhir::{NodeId, Tree};
use hl7v2::{Element, Level, Message};
use std::{fmt::Write, sync::Arc};

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

/// A value that a line read and that is not in the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The file of the map, and the line in it, from 1.
    pub file: Arc<str>,
    /// See `file`.
    pub line: usize,
    /// The places of the message: `PID-7`.
    pub sources: Vec<String>,
    /// In a few words.
    pub why: Why,
}

/// Why a value that was read is not in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It does not fit its element; a note says so.
    Unfit,
    /// A line before it gave the element its value.
    Second,
    /// Its table does not have the code, or a step left nothing of it.
    Nothing,
    /// The element around it was left out, since it lacked something.
    Around,
}

impl Why {
    /// For a report.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Unfit => "does not fit its element",
            Why::Second => "an earlier line gave the element its value",
            Why::Nothing => "no code of its table, or its steps left nothing",
            Why::Around => "the element around it was left out",
        }
    }
}

/// Everything that is known about one conversion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// In the order in which elements were written.
    pub origins: Vec<Origin>,
    /// What was read and is not in the result, and why.
    pub left: Vec<Left>,
    /// Codes that tables do not have: table and code. Content of the message: not for logs.
    pub missed: crate::run::Missed,
}

/// Bytes of the message.
type Reads = Vec<(usize, usize)>;
/// A node, the line that wrote it, and the bytes that it read.
type Wrote = (NodeId, Site, Reads);

/// What one run keeps.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    reads: Reads,
    wrote: Vec<Wrote>,
    left: Vec<(Site, Reads, Why)>,
    /// Resources that turned out to be another one: their root, and its root.
    merged: Vec<(NodeId, NodeId)>,
    missed: crate::run::Missed,
}

impl Lineage {
    /// Another value begins.
    pub(super) fn begin(&mut self) {
        self.reads.clear();
    }
    /// A path that the value reads.
    pub(super) fn read(&mut self, path: &ReadPath, view: &View<'_>) {
        if let ReadPath::Place(path) = path {
            let is_list = path.is_list;
            path.every(view, &mut |node| {
                let span = node.span();
                self.reads.push((span.start, span.end));
                !is_list
            });
        } else if path.is_list() {
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
    /// What was read is not written.
    pub(super) fn left(&mut self, site: &Site, why: Why) {
        if !self.reads.is_empty() {
            self.left.push((site.clone(), self.reads.clone(), why));
        }
    }
    /// A resource is another one.
    pub(super) fn merged(&mut self, gone: NodeId, stays: NodeId) {
        self.merged.push((gone, stays));
    }
    /// A code that a table does not have.
    pub(super) fn missed(&mut self, table: &Arc<str>, code: &str) {
        self.missed.insert((table.clone(), code.to_owned()));
    }
    /// For people.
    pub(super) fn finish(self, tree: &Tree, places: &[(String, std::ops::Range<usize>)]) -> Origins {
        let mut origins = Vec::with_capacity(self.wrote.len());
        let mut left = self.left;
        for (node, site, reads) in self.wrote {
            let Some(element) = element_of(tree, node, &self.merged) else {
                if !reads.is_empty() {
                    left.push((site, reads, Why::Around));
                }
                continue;
            };
            origins.push(Origin {
                element,
                file: site.file.clone(),
                line: site.line(),
                sources: sources(places, &reads),
            });
        }
        let left = left.into_iter().map(|(site, reads, why)| Left {
            file: site.file.clone(),
            line: site.line(),
            sources: sources(places, &reads),
            why,
        });
        let left = left.collect();
        Origins { origins, left, missed: self.missed }
    }
}

/// Where a node is in the result, also when its resource turned out to be another one; `None` when it is gone.
fn element_of(tree: &Tree, node: NodeId, merged: &[(NodeId, NodeId)]) -> Option<String> {
    let mut top = tree.node(node);
    let mut found = None;
    loop {
        if let Some((_, stays)) = merged.iter().find(|(gone, _)| *gone == top.id()) {
            found = Some(*stays);
        }
        match top.parent() {
            Some(parent) => top = parent,
            None => break,
        }
    }
    if top.id() == tree.root().id() {
        return Some(tree.node(node).path());
    }
    let stays = found?;
    element_of(tree, stays, merged)
}

fn sources(places: &[(String, std::ops::Range<usize>)], reads: &[(usize, usize)]) -> Vec<String> {
    let mut sources: Vec<String> = reads.iter().map(|span| place_of(places, *span)).collect();
    sources.dedup();
    sources
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
            if let Some(element) = segment.field(field).filter(|element| has_content(*element)) {
                below(element, &format!("{name}-{field}"), &mut out);
            }
        }
    }
    out
}

/// Every place of a message in another format that has a value, with its path.
pub(crate) fn places_of(document: &formats::Document) -> Vec<(String, std::ops::Range<usize>)> {
    let nodes = (0..document.len()).map(|number| document.node(number));
    nodes.filter(|node| !node.is_empty() && !node.has_children()).map(|node| (node.path(), node.span())).collect()
}

/// Something beside separators and blanks.
fn has_content(element: Element<'_>) -> bool {
    element.raw().iter().any(|byte| !b"^~& ".contains(byte))
}

fn below(element: Element<'_>, path: &str, out: &mut Vec<(String, std::ops::Range<usize>)>) {
    let several = element.parts().count() > 1;
    out.push((path.to_owned(), element.span()));
    for (index, part) in element.parts().enumerate() {
        if !has_content(part) {
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
