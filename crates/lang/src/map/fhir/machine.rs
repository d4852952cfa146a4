//! Runs a compiled map over one message, straight into a tree.
//!
//! Promises: bounded by the run's fuel; the same message, map and settings give the same bytes; what does not fit its
//! element is left out and noted, and never written; no note says what the message held.

use super::{
    bundle::Entries,
    gates::{Due, Lines},
    lineage::{Lineage, Why},
    plan::{Action, Body, Kind, Last, Making, Over, Routine, Target},
    primitive::Clock,
    references::Waiting,
};
use crate::{
    codes,
    path::ReadPath,
    place::PlacePath,
    run::{Fault, Run, Site},
    view::{Turn, View},
};
use fhir::{NodeId, Tree};
use hl7v2::Element;
use message::{Code, Diagnostic};
use std::sync::Arc;

/// One run.
pub(super) struct Machine<'p, 'm, 'r> {
    pub(super) routines: &'p [Arc<Routine>],
    pub(super) view: View<'m>,
    pub(super) tree: &'r mut Tree,
    pub(super) run: &'r mut Run,
    pub(super) clock: Clock,
    pub(super) entries: Entries,
    pub(super) lineage: Option<Lineage>,
    pub(super) slots: Vec<Option<NodeId>>,
    pub(super) slot_base: usize,
    pub(super) names: Vec<Option<usize>>,
    pub(super) name_base: usize,
    pub(super) waiting: Vec<Waiting<'p>>,
    /// Elements that a path named and that wait for their turn: used like a stack, so that it is made once.
    pub(super) found: Vec<Element<'m>>,
    /// Resources that lacked a required element when their block ended: lines further down may still add it.
    lacking: Vec<Lacking<'p>>,
    pub(super) told_offset: bool,
    /// Values of the message that were written so far: what holds only texts of the map is left out again.
    pub(super) weight: u64,
}

/// A resource whose required elements are looked at again when the whole map has run.
struct Lacking<'p> {
    root: NodeId,
    making: &'p Making,
    site: &'p Site,
}

/// Room that most messages need, so that a list does not grow step by step.
const ROOM: usize = 64;

/// Where the lines of a block write.
pub(super) type At = NodeId;

impl<'p, 'm, 'r> Machine<'p, 'm, 'r> {
    pub(super) fn new(
        routines: &'p [Arc<Routine>],
        view: View<'m>,
        tree: &'r mut Tree,
        run: &'r mut Run,
        clock: Clock,
        entries: Entries,
    ) -> Machine<'p, 'm, 'r> {
        Machine {
            routines,
            view,
            tree,
            run,
            clock,
            entries,
            lineage: None,
            slots: Vec::with_capacity(ROOM),
            slot_base: 0,
            names: Vec::with_capacity(ROOM),
            name_base: 0,
            waiting: Vec::with_capacity(ROOM),
            found: Vec::with_capacity(ROOM),
            lacking: Vec::new(),
            told_offset: false,
            weight: 0,
        }
    }

    /// Runs the lines of a whole map.
    pub(super) fn start(&mut self, routine: &'p Routine, at: At) -> Result<(), Fault> {
        self.slots.resize(routine.slots, None);
        self.names.resize(routine.names, None);
        self.perform(&routine.actions, at)?;
        self.settle_names(0, 0, self.names.len())?;
        for Lacking { root, making, site } in std::mem::take(&mut self.lacking) {
            self.say_absent(root, &making.required, making.kind, site)?;
        }
        Ok(())
    }

    /// Remembers a resource that lacks something when its block ends.
    pub(super) fn remember_lacking(&mut self, root: NodeId, making: &'p Making, site: &'p Site) {
        if self.lacks(root, &making.required) {
            self.lacking.push(Lacking { root, making, site });
        }
    }

    pub(super) fn perform(&mut self, actions: &'p Lines, at: At) -> Result<(), Fault> {
        let (mut due, mut done) = (Due::default(), 0);
        while let Some(number) = due.next(actions, &self.view) {
            let action = &actions[number];
            action.site.burn(self.run, (number + 1 - done) as u64)?;
            done = number + 1;
            if (action.is_asked_last && self.is_settled(action, at))
                || action.kind.turn().is_none() && !self.is_wanted(action)?
            {
                continue;
            }
            match &action.kind {
                Kind::Write(write) => self.write(write, action, at)?,
                Kind::When { actions } => self.perform(actions, at)?,
                Kind::Element { .. }
                | Kind::Each { .. }
                | Kind::Resource { .. }
                | Kind::Reopen { .. }
                | Kind::Use { .. } => self.perform_block(action, at)?,
            }
        }
        match actions.last() {
            Some(last) => last.site.burn(self.run, (actions.len() - done) as u64),
            None => Ok(()),
        }
    }

    /// A line that is more than a value: apart, so that lines with values, of which there are many more, need little room.
    #[inline(never)]
    fn perform_block(&mut self, action: &'p Action, at: At) -> Result<(), Fault> {
        match &action.kind {
            Kind::Element { target, body } => self.element(target, body, &action.site, at),
            Kind::Each { over, turn, body } => self.each(over, *turn, body, action, at),
            Kind::Resource { making, name, body } => {
                self.resource(making, name.map(|name| self.name_base + name), body, &action.site)
            }
            Kind::Reopen { name, body } => {
                let resource = self.names.get(self.name_base + name).copied().flatten();
                match resource.and_then(|resource| self.entries.root_of(resource)) {
                    Some(root) => self.body(body, root),
                    None => Ok(()),
                }
            }
            Kind::Use { part, with } => self.use_part(*part, with, &action.site, at),
            Kind::Write(_) | Kind::When { .. } => Ok(()),
        }
    }

    #[inline]
    pub(super) fn is_wanted(&mut self, action: &Action) -> Result<bool, Fault> {
        match &action.when {
            Some(condition) => condition.holds(&self.view, self.run),
            None => Ok(true),
        }
    }

    /// A line that begins with `else`, and lines before gave its element a value: less work than its condition.
    #[inline]
    fn is_settled(&self, action: &Action, at: At) -> bool {
        let Kind::Write(write) = &action.kind else { return false };
        self.lineage.is_none() && self.is_there(&write.target, at)
    }

    /// A note at a line. Says nothing of the message's content.
    #[cold]
    pub(super) fn note(&mut self, site: &Site, code: Code, text: impl Into<String>) {
        if let Some(lineage) = &mut self.lineage {
            match code.id {
                id if id == codes::E2600.id => lineage.left(site, Why::Unfit),
                id if id == codes::E2601.id => lineage.left(site, Why::Second),
                _ => {}
            }
        }
        self.run.note(Diagnostic::warning(code, text).at(&site.file, site.span(), ""));
    }

    /// Runs lines with fresh items and names of their own.
    pub(super) fn body(&mut self, body: &'p Body, at: At) -> Result<(), Fault> {
        for slot in body.slots.clone() {
            self.slots[self.slot_base + slot] = None;
        }
        for name in body.names.clone() {
            self.names[self.name_base + name] = None;
        }
        let before = self.waiting.len();
        self.perform(&body.actions, at)?;
        if !body.names.is_empty() {
            self.settle_names(before, body.names.start + self.name_base, body.names.end + self.name_base)?;
        }
        Ok(())
    }

    fn element(&mut self, target: &'p Target, body: &'p Body, site: &'p Site, at: At) -> Result<(), Fault> {
        for slot in body.slots.clone() {
            self.slots[self.slot_base + slot] = None;
        }
        let (node, is_new) = self.open(target, at, site)?;
        if target.last == Last::Single && self.tree.node(node).name() != Some(target.name) {
            // The choice was made with another type.
            self.note(site, codes::E2601, "an earlier line gave this element a value; it stays");
            return Ok(());
        }
        self.body_in(body, node)?;
        if is_new {
            self.close(node, target, &body.required, site);
        }
        Ok(())
    }

    /// As [`Machine::body`], but items that the block itself stands in stay.
    pub(super) fn body_in(&mut self, body: &'p Body, at: At) -> Result<(), Fault> {
        for name in body.names.clone() {
            self.names[self.name_base + name] = None;
        }
        self.perform(&body.actions, at)
    }

    fn each(&mut self, over: &'p Over, turn: usize, body: &'p Body, action: &'p Action, at: At) -> Result<(), Fault> {
        let depth = self.view.base + turn;
        let found = match over {
            Over::Path(path) => self.gather(path, true),
            Over::Own { node, within, segment } => self.gather_own(*node, *within, *segment),
            Over::Place(path) => return self.each_place(path, turn, body, action, at),
            Over::Group { node, within } => {
                for turn in self.group_turns(*node, *within) {
                    action.site.burn(self.run, 2)?;
                    self.view.turns.truncate(depth);
                    self.view.push_group(turn);
                    if self.is_wanted(action)? {
                        self.body(body, at)?;
                    }
                }
                self.view.turns.truncate(depth);
                return Ok(());
            }
        };
        for number in found.clone() {
            action.site.burn(self.run, 2)?;
            self.view.turns.truncate(depth);
            self.view.push(Turn::new(self.found[number]));
            if self.is_wanted(action)? {
                self.body(body, at)?;
            }
        }
        self.found.truncate(found.start);
        self.view.turns.truncate(depth);
        Ok(())
    }

    fn each_place(
        &mut self,
        path: &PlacePath,
        turn: usize,
        body: &'p Body,
        action: &'p Action,
        at: At,
    ) -> Result<(), Fault> {
        for node in path.turns(&self.view) {
            action.site.burn(self.run, 2)?;
            self.view.spots.truncate(turn);
            self.view.spots.push(node);
            if self.is_wanted(action)? {
                self.body(body, at)?;
            }
        }
        self.view.spots.truncate(turn);
        Ok(())
    }

    fn use_part(&mut self, part: usize, with: &ReadPath, site: &'p Site, at: At) -> Result<(), Fault> {
        match self.first_of(with) {
            Some(element) => self.call(part, element, site, at),
            None => Ok(()),
        }
    }

    /// Runs a shared map over an element, in a frame of its own.
    pub(super) fn call(&mut self, part: usize, element: Element<'m>, site: &'p Site, at: At) -> Result<(), Fault> {
        let Some(routine) = self.routines.get(part) else { return Ok(()) };
        site.burn(self.run, 2)?;
        let frame = self.enter(routine, element);
        let before = self.waiting.len();
        let result = self.perform(&routine.actions, at);
        if result.is_ok() {
            self.settle_names(before, self.name_base, self.names.len())?;
        }
        self.leave(frame);
        result
    }

    pub(super) fn enter(&mut self, routine: &Routine, element: Element<'m>) -> (usize, usize, usize) {
        let frame = (self.view.base, self.slot_base, self.name_base);
        self.view.base = self.view.turns.len();
        self.view.push(Turn::new(element));
        self.slot_base = self.slots.len();
        self.name_base = self.names.len();
        self.slots.resize(self.slot_base + routine.slots, None);
        self.names.resize(self.name_base + routine.names, None);
        frame
    }

    pub(super) fn leave(&mut self, (base, slots, names): (usize, usize, usize)) {
        self.view.turns.truncate(self.view.base);
        self.slots.truncate(self.slot_base);
        self.names.truncate(self.name_base);
        (self.view.base, self.slot_base, self.name_base) = (base, slots, names);
    }

    fn resource(
        &mut self,
        making: &'p Making,
        name: Option<usize>,
        body: &'p Body,
        site: &'p Site,
    ) -> Result<(), Fault> {
        let Some((resource, root)) = self.entries.open(self.tree, making.kind, site)? else { return Ok(()) };
        self.body(body, root)?;
        let made = self.entries.close(self.tree, resource, making, site)?;
        self.trace_merge(root, made);
        if let Some(stays) = made.and_then(|made| self.entries.root_of(made)) {
            self.remember_lacking(stays, making, site);
        }
        if let Some(name) = name {
            self.names[name] = made;
        }
        Ok(())
    }

    /// A resource that turned out to be another one.
    pub(super) fn trace_merge(&mut self, root: NodeId, made: Option<usize>) {
        let Some(lineage) = &mut self.lineage else { return };
        if let Some(stays) = made.and_then(|made| self.entries.root_of(made)).filter(|stays| *stays != root) {
            lineage.merged(root, stays);
        }
    }

    #[inline]
    pub(super) fn trace_line(&mut self, node: NodeId, site: &Site) {
        if let Some(lineage) = &mut self.lineage {
            lineage.wrote(node, site);
        }
    }
}

#[cold]
pub(super) fn too_large(site: &Site, error: &fhir::Error) -> Fault {
    site.fault(codes::E2603, format!("the result is too large ({})", error.code()))
}
