//! Where every part of the message came from: the line of the map that wrote it, and the elements that it read. Kept on
//! request only.

use super::draft::{Draft, PartId};
use crate::{
    map::{Origin, Origins},
    path::ReadPath,
    run::Site,
    view::View,
};
use fhir::Node;
use std::sync::Arc;

/// What one run keeps.
#[derive(Debug, Default)]
pub(super) struct Lineage {
    reads: Vec<String>,
    wrote: Vec<(PartId, Site, Vec<String>)>,
    missed: crate::run::Missed,
}

impl Lineage {
    /// Another value begins.
    pub(super) fn begin(&mut self) {
        self.reads.clear();
    }
    /// A path that the value reads.
    pub(super) fn read(&mut self, path: &ReadPath, view: &View<'_>) {
        match path {
            ReadPath::Element(path) => {
                let is_list = path.is_list;
                path.every(view, &mut |node| {
                    self.reads.push(node.path());
                    !is_list
                });
            }
            ReadPath::Place(path) => {
                let is_list = path.is_list;
                path.every(view, &mut |node| {
                    self.reads.push(node.path());
                    !is_list
                });
            }
            ReadPath::Message(_) | ReadPath::Within { .. } | ReadPath::Bound { .. } | ReadPath::Now => {}
        }
    }
    /// An element that is read.
    pub(super) fn node(&mut self, node: Node<'_>) {
        self.reads.push(node.path());
    }
    /// A part that was written from what was read.
    pub(super) fn wrote(&mut self, part: PartId, site: &Site) {
        self.wrote.push((part, site.clone(), self.reads.clone()));
    }
    /// A code that a table does not have.
    pub(super) fn missed(&mut self, table: &Arc<str>, code: &str) {
        self.missed.insert((table.clone(), code.to_owned()));
    }
    /// For people.
    pub(super) fn finish(self, draft: &Draft) -> Origins {
        let mut origins = Vec::with_capacity(self.wrote.len());
        for (part, site, reads) in self.wrote {
            let Some(element) = draft.path(part) else { continue };
            let mut sources = reads;
            sources.dedup();
            origins.push(Origin { element, file: site.file.clone(), line: site.line(), sources });
        }
        Origins { origins, missed: self.missed, ..Origins::default() }
    }
}
