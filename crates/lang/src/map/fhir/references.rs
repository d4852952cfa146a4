//! References: to a resource by its name, above or below, and to one that a shared map makes.

use super::{
    machine::{At, Machine, too_large},
    plan::{Last, Target, Write},
};
use crate::run::{Fault, Site};
use fhir::names::names;
use fhir::{NodeId, Value};
use hl7v2::Element;

/// A reference to a resource by a name that stands further down.
pub(super) struct Waiting<'p> {
    name: usize,
    at: NodeId,
    target: &'p Target,
    slot_base: usize,
    site: &'p Site,
}

impl<'p, 'm> Machine<'p, 'm, '_> {
    pub(super) fn refer_by_name(
        &mut self,
        name: usize,
        write: &'p Write,
        site: &'p Site,
        at: At,
    ) -> Result<bool, Fault> {
        let name = self.name_base + name;
        match self.names.get(name).copied().flatten() {
            Some(resource) => {
                let (node, is_new) = self.open(&write.target, at, site)?;
                if !is_new && write.target.last == Last::Single && !self.tree.node(node).is_empty() {
                    return Ok(true);
                }
                self.refer(resource, node, site)?;
                self.finish(node, is_new, write, &[], site)
            }
            None => {
                self.waiting.push(Waiting { name, at, target: &write.target, slot_base: self.slot_base, site });
                Ok(true)
            }
        }
    }

    /// References whose names belong to a block that ends: those whose resource was made are written.
    pub(super) fn settle_names(&mut self, before: usize, first: usize, end: usize) -> Result<(), Fault> {
        let mut at = before;
        while at < self.waiting.len() {
            let name = self.waiting[at].name;
            if name < first || name >= end {
                at += 1;
                continue;
            }
            let waiting = self.waiting.remove(at);
            let Some(resource) = self.names.get(waiting.name).copied().flatten() else { continue };
            let base = std::mem::replace(&mut self.slot_base, waiting.slot_base);
            let (node, is_new) = self.open(waiting.target, waiting.at, waiting.site)?;
            self.slot_base = base;
            if is_new || self.tree.node(node).is_empty() {
                self.refer(resource, node, waiting.site)?;
            }
        }
        Ok(())
    }

    /// Writes a reference to a resource; its text is filled in when the bundle is whole.
    fn refer(&mut self, resource: usize, node: NodeId, site: &Site) -> Result<(), Fault> {
        let text = self.tree.set(node, names().reference, Value::Text("")).map_err(|error| too_large(site, &error))?;
        if let Some(lineage) = &mut self.lineage {
            // It comes from a name, or from a resource whose own lines say where they read.
            lineage.begin();
        }
        self.entries.refer(text, resource);
        self.weight += 1;
        self.trace_line(node, site);
        Ok(())
    }

    /// Makes a resource by a shared map and refers to it.
    pub(super) fn make_and_refer(
        &mut self,
        part: usize,
        element: Element<'m>,
        node: NodeId,
        site: &'p Site,
    ) -> Result<(), Fault> {
        let Some(routine) = self.routines.get(part) else { return Ok(()) };
        let Some(making) = &routine.resource else { return Ok(()) };
        let Some((resource, root)) = self.entries.open(self.tree, making.kind, site)? else { return Ok(()) };
        let (frame, weight) = (self.enter(routine, element), self.weight);
        let before = self.waiting.len();
        let result = self.perform(&routine.actions, root);
        if result.is_ok() {
            self.settle_names(before, self.name_base, self.names.len())?;
        }
        self.leave(frame);
        result?;
        if self.weight == weight {
            self.entries.give_up(self.tree, resource);
            return Ok(());
        }
        let made = self.entries.close(self.tree, resource, making, site)?;
        self.trace_merge(root, made);
        if let Some(resource) = made {
            self.refer(resource, node, site)?;
            if let Some(stays) = self.entries.root_of(resource) {
                self.remember_lacking(stays, making, site);
            }
        }
        Ok(())
    }
}
