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
pub(super) struct Lineage<'m> {
    reads: Vec<Node<'m>>,
    wrote: Vec<(PartId, Site, Vec<Node<'m>>)>,
    missed: crate::run::Missed,
}

impl<'m> Lineage<'m> {
    /// Another value begins.
    pub(super) fn begin(&mut self) {
        self.reads.clear();
    }
    /// A path that the value reads.
    pub(super) fn read(&mut self, path: &ReadPath, view: &View<'m>) {
        if let ReadPath::Element(path) = path {
            let is_list = path.is_list;
            path.every(view, &mut |node| {
                self.reads.push(node);
                !is_list
            });
        }
    }
    /// An element that is read.
    pub(super) fn node(&mut self, node: Node<'m>) {
        self.reads.push(node);
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
            let mut sources: Vec<String> = reads.into_iter().map(Node::path).collect();
            sources.dedup();
            origins.push(Origin { element, file: site.file.clone(), line: site.line(), sources });
        }
        Origins { origins, missed: self.missed, ..Origins::default() }
    }
}
