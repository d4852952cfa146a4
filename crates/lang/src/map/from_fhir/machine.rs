//! Runs a compiled map over one bundle.
//!
//! Promises: bounded by the run's fuel; the same bundle and map give the same bytes; what is not of the field's type is left
//! out and noted, never written; texts of the map alone make no segment that the message does not need; no note says what the
//! bundle held.

use super::{
    draft::{Draft, PartId},
    lineage::Lineage,
    plan::{Action, Body, From, Kind, Over, Routine, Segment, Target, Which, Write},
    values::Plain,
};
use crate::{
    codes,
    condition::Condition,
    item::Atom,
    map::grammar::{Missing, Otherwise},
    run::{Fault, Run, Site},
    value::Value,
    view::View,
};
use fhir::Node;
use message::{Code, Diagnostic};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// Fuel of one value that is written.
const WRITE_FUEL: u64 = 2;

/// Segments of one message.
const SEGMENTS_MAX: usize = 100_000;

/// One run.
pub(super) struct Machine<'p, 'm, 'r> {
    routines: &'p [Arc<Routine>],
    pub(super) view: View<'m>,
    pub(super) draft: Draft,
    pub(super) run: &'r mut Run,
    pub(super) lineage: Option<Lineage>,
    slots: Vec<Option<PartId>>,
    slot_base: usize,
    /// Turns of `each` around, and how many there were so far: set ids count inside of the turn around the innermost.
    turns: Vec<u64>,
    turn_count: u64,
    counts: BTreeMap<(u64, [u8; 3]), u16>,
    /// Values of the bundle that were written so far: what holds only texts of the map is left out again.
    pub(super) weight: u64,
    segment_count: usize,
    /// Segments that hold texts of the map alone, and stay only where the message needs them.
    pub(super) bare: Vec<PartId>,
}

impl<'p, 'm, 'r> Machine<'p, 'm, 'r> {
    pub(super) fn new(routines: &'p [Arc<Routine>], view: View<'m>, run: &'r mut Run) -> Machine<'p, 'm, 'r> {
        Machine {
            routines,
            view,
            draft: Draft::new(),
            run,
            lineage: None,
            slots: Vec::new(),
            slot_base: 0,
            turns: Vec::new(),
            turn_count: 0,
            counts: BTreeMap::new(),
            weight: 0,
            segment_count: 0,
            bare: Vec::new(),
        }
    }

    /// Runs the lines of a whole map.
    pub(super) fn start(&mut self, routine: &'p Routine) -> Result<(), Fault> {
        self.slots.resize(routine.slots, None);
        self.perform(&routine.actions, super::draft::ROOT)
    }

    fn perform(&mut self, actions: &'p [Action], at: PartId) -> Result<(), Fault> {
        for action in actions {
            action.site.burn(self.run, 1)?;
            if let Kind::Each { over, turn, body } = &action.kind {
                self.each(over, *turn, body, action, at)?;
                continue;
            }
            if !self.is_wanted(action.when.as_ref())? {
                continue;
            }
            match &action.kind {
                Kind::Segment(segment) => self.segment(segment, &action.site)?,
                Kind::Write(write) => self.write(write, &action.site, at)?,
                Kind::When { actions } => self.perform(actions, at)?,
                Kind::Use { part, with } => {
                    if let Some(node) = with.nodes(&self.view).first().copied() {
                        self.call(*part, node, &action.site, at)?;
                    }
                }
                Kind::Each { .. } => {}
            }
        }
        Ok(())
    }

    fn is_wanted(&mut self, when: Option<&Condition>) -> Result<bool, Fault> {
        match when {
            Some(condition) => condition.holds(&self.view, self.run),
            None => Ok(true),
        }
    }

    /// A note at a line. Says nothing of the content.
    #[cold]
    pub(super) fn note(&mut self, site: &Site, code: Code, text: impl Into<String>) {
        self.run.note(Diagnostic::warning(code, text).at(&site.file, site.span(), ""));
    }

    fn body(&mut self, body: &'p Body, at: PartId) -> Result<(), Fault> {
        for slot in body.slots.clone() {
            self.slots[self.slot_base + slot] = None;
        }
        self.perform(&body.actions, at)
    }

    fn each(&mut self, over: &Over, turn: usize, body: &'p Body, action: &Action, at: PartId) -> Result<(), Fault> {
        let depth = self.view.base + turn;
        let (nodes, spots) = match over {
            Over::Element(path) => (path.nodes(&self.view), Vec::new()),
            Over::Place(path) => (Vec::new(), path.turns(&self.view)),
        };
        for number in 0..nodes.len().max(spots.len()) {
            action.site.burn(self.run, 2)?;
            self.view.nodes.truncate(depth);
            self.view.spots.truncate(depth);
            self.view.nodes.extend(nodes.get(number));
            self.view.spots.extend(spots.get(number));
            if !self.is_wanted(action.when.as_ref())? {
                continue;
            }
            self.turn_count += 1;
            if over.repeats() {
                self.turns.push(self.turn_count);
            }
            self.body(body, at)?;
            if over.repeats() {
                self.turns.pop();
            }
        }
        self.view.nodes.truncate(depth);
        self.view.spots.truncate(depth);
        Ok(())
    }

    fn segment(&mut self, segment: &'p Segment, site: &Site) -> Result<(), Fault> {
        site.burn(self.run, 2)?;
        self.segment_count += 1;
        if self.segment_count > SEGMENTS_MAX {
            return Err(site.fault(codes::E2603, format!("a message has at most {SEGMENTS_MAX} segments")));
        }
        let part = self.draft.segment(segment.id);
        let before = self.weight;
        self.body(&segment.body, part)?;
        if self.weight == before {
            if !segment.is_required {
                self.draft.remove(part);
                return Ok(());
            }
            self.bare.push(part);
        }
        if segment.counts {
            let around = self.turns.len().checked_sub(2).map_or(0, |at| self.turns[at]);
            let count = self.counts.entry((around, segment.id)).or_insert(0);
            *count = count.saturating_add(1);
            let count = *count;
            if self.draft.find(part, 1).is_none() {
                let field = self.draft.child(part, 1);
                let first = self.draft.append(field);
                self.draft.set(first, count.to_string());
            }
        }
        for number in &segment.required {
            if self.draft.find(part, *number).is_none_or(|field| self.draft.is_blank(field)) {
                let what = format!("{}-{number} is required and stayed empty", String::from_utf8_lossy(&segment.id));
                self.note(site, codes::E2376, what);
            }
        }
        Ok(())
    }

    /// Runs a shared map over a value, in a frame of its own.
    fn call(&mut self, part: usize, node: Node<'m>, site: &Site, at: PartId) -> Result<(), Fault> {
        let Some(routine) = self.routines.get(part) else { return Ok(()) };
        site.burn(self.run, 2)?;
        let (base, slot_base) = (self.view.base, self.slot_base);
        self.view.base = self.view.nodes.len();
        self.view.nodes.push(node);
        self.slot_base = self.slots.len();
        self.slots.resize(self.slot_base + routine.slots, None);
        let result = self.perform(&routine.actions, at);
        self.view.nodes.truncate(self.view.base);
        self.slots.truncate(self.slot_base);
        (self.view.base, self.slot_base) = (base, slot_base);
        result
    }

    /// The place of a target, if it is there.
    fn find(&self, target: &Target, at: PartId) -> Option<PartId> {
        let mut part = at;
        if let Some((field, which)) = target.field {
            part = match which {
                Which::New => return None,
                Which::Slot(slot) => self.slots[self.slot_base + slot]?,
                Which::At(number) => self.draft.find(self.draft.find(at, field)?, number)?,
            };
        }
        for number in &target.parts {
            part = self.draft.find(part, *number)?;
        }
        Some(part)
    }

    /// The place of a target, made where it is not there.
    fn open(&mut self, target: &Target, at: PartId) -> PartId {
        let mut part = at;
        if let Some((field, which)) = target.field {
            let field = self.draft.child(at, field);
            part = match which {
                Which::New => self.draft.append(field),
                Which::At(number) => self.draft.child(field, number),
                Which::Slot(slot) => {
                    let slot = self.slot_base + slot;
                    let known = self.slots[slot];
                    let part = known.unwrap_or_else(|| self.draft.append(field));
                    self.slots[slot] = Some(part);
                    part
                }
            };
        }
        for number in &target.parts {
            part = self.draft.child(part, *number);
        }
        part
    }

    /// Takes back what a line opened and did not fill.
    fn give_up(&mut self, target: &Target, part: PartId) {
        self.draft.remove(part);
        if let Some((_, Which::Slot(slot))) = target.field
            && let Some(known) = self.slots[self.slot_base + slot]
            && self.draft.path(known).is_none()
        {
            self.slots[self.slot_base + slot] = None;
        }
    }

    fn write(&mut self, write: &'p Write, site: &Site, at: PartId) -> Result<(), Fault> {
        site.burn(self.run, WRITE_FUEL)?;
        let there = self.find(&write.target, at).is_some_and(|part| !self.draft.is_blank(part));
        if there && write.is_fallback {
            return Ok(());
        }
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
        }
        let wrote = match &write.from {
            From::Text { value, plain, reads } => self.text(value, *plain, *reads, write, there, site, at)?,
            From::Part { path, part, most } => {
                let mut wrote = there;
                for node in path.nodes(&self.view) {
                    if self.is_second(write, wrote, site) {
                        break;
                    }
                    wrote |= self.made(*part, *most, node, write, site, at)?;
                }
                wrote
            }
            From::Coded(coded) => {
                let mut wrote = there;
                for node in coded.path.nodes(&self.view) {
                    if self.is_second(write, wrote, site) {
                        break;
                    }
                    wrote |= self.coded(coded, node, write, site, at)?;
                }
                wrote
            }
        };
        match write.required.filter(|_| !wrote) {
            Some(Missing::Stop) => return Err(site.fault(codes::E2402, "the value is empty")),
            Some(Missing::Note) => self.note(site, codes::E2402, "the value is empty"),
            None => {}
        }
        Ok(())
    }

    /// There is a value for a place that takes one already; the next one is told.
    fn is_second(&mut self, write: &Write, wrote: bool, site: &Site) -> bool {
        let takes_one = !matches!(write.target.field, Some((_, Which::New)));
        if wrote && takes_one && !write.is_fallback {
            self.note(site, codes::E2375, "there is a value already, and the place takes one");
        }
        wrote && takes_one
    }

    #[allow(clippy::too_many_arguments)]
    fn text(
        &mut self,
        value: &'p Value,
        plain: Plain,
        reads: bool,
        write: &Write,
        there: bool,
        site: &Site,
        at: PartId,
    ) -> Result<bool, Fault> {
        if let Some(lineage) = &mut self.lineage {
            value.each_read(&mut |path| lineage.read(path, &self.view));
        }
        let item = value.evaluate(&self.view, self.run)?.into_owned();
        let mut wrote = there;
        for atom in item.into_atoms() {
            let text = match atom {
                Atom::Text(text) => text,
                Atom::Null => Cow::Borrowed("\"\""),
                Atom::Empty => continue,
            };
            if text.trim().is_empty() {
                continue;
            }
            let Some(text) = plain.write(text) else {
                self.note(site, codes::E2374, format!("the value is not {}, so it is left out", plain.noun()));
                continue;
            };
            if self.is_second(write, wrote, site) {
                break;
            }
            let part = self.open(&write.target, at);
            self.put(part, text.into_owned(), reads, site);
            wrote = true;
        }
        Ok(wrote)
    }

    /// Writes a text, and counts it if it came from the bundle.
    pub(super) fn put(&mut self, part: PartId, text: String, reads: bool, site: &Site) {
        self.draft.set(part, text);
        self.weight += u64::from(reads);
        if let Some(lineage) = &mut self.lineage {
            lineage.wrote(part, site);
        }
    }

    /// The only element that the next text comes from.
    pub(super) fn reads(&mut self, node: Option<Node<'m>>) {
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
            node.into_iter().for_each(|node| lineage.node(node));
        }
    }

    /// What a shared map makes of a value, in the place of a target.
    fn made(
        &mut self,
        routine: usize,
        most: u16,
        node: Node<'m>,
        write: &Write,
        site: &Site,
        at: PartId,
    ) -> Result<bool, Fault> {
        let part = self.open(&write.target, at);
        let before = self.weight;
        self.call(routine, node, site, part)?;
        // A type of the same family may have fewer components.
        self.draft.cut(part, most);
        if self.weight == before || self.draft.is_blank(part) {
            self.give_up(&write.target, part);
            return Ok(false);
        }
        Ok(true)
    }

    /// A code through a table, in the place of a target; see [`super::coded`].
    fn coded(
        &mut self,
        coded: &super::plan::Coded,
        node: Node<'m>,
        write: &Write,
        site: &Site,
        at: PartId,
    ) -> Result<bool, Fault> {
        let part = self.open(&write.target, at);
        if super::coded::translate(self, coded, node, part, site)? {
            return Ok(true);
        }
        if let Some((routine, most)) = coded.part.filter(|_| coded.otherwise != Otherwise::Empty) {
            self.give_up(&write.target, part);
            return self.made(routine, most, node, write, site, at);
        }
        if self.draft.is_blank(part) {
            self.give_up(&write.target, part);
            return Ok(false);
        }
        Ok(true)
    }
}
