//! Runs a compiled map over one message, straight into a tree.
//!
//! Promises: bounded by the run's fuel; the same message, map and settings give the same bytes; what does not fit its
//! element is left out and noted, and never written; no note says what the message held.

use super::{
    bundle::Entries,
    coded,
    lineage::{Lineage, Why},
    plan::{Action, Body, CodeFrom, Hop, Kind, Last, Missing, Over, Routine, Source, Target, Write},
    primitive::{self, Clock, Primitive, Read},
};
use crate::{
    codes,
    item::Atom,
    path::{ReadPath, inner, is_named},
    run::{Fault, Run, Site},
    view::{Turn, View},
};
use fhir::{Name, NodeId, Tree, Value};
use hl7v2::{Element, Level, path::Index};
use message::{Code, Diagnostic};
use std::sync::Arc;

/// Fuel of one value that is written.
const WRITE_FUEL: u64 = 2;

/// A reference to a resource by a name that stands further down.
struct Waiting {
    name: usize,
    at: NodeId,
    target: Target,
    slot_base: usize,
    site: Site,
}

/// One run.
pub(super) struct Machine<'p, 'm, 'r> {
    pub(super) routines: &'p [Routine],
    pub(super) view: View<'m>,
    pub(super) tree: &'r mut Tree,
    pub(super) run: &'r mut Run,
    pub(super) clock: Clock,
    pub(super) entries: Entries,
    pub(super) lineage: Option<Lineage>,
    /// The groups of the message: node, first segment, one past the last.
    pub(super) groups: Vec<(u32, u32, u32)>,
    pub(super) slots: Vec<Option<NodeId>>,
    pub(super) slot_base: usize,
    pub(super) names: Vec<Option<usize>>,
    pub(super) name_base: usize,
    waiting: Vec<Waiting>,
    /// Resources that lacked a required element when their block ended: lines further down may still add it.
    lacking: Vec<Lacking<'p>>,
    told_offset: bool,
    /// Values of the message that were written so far: what holds only texts of the map is left out again.
    weight: u64,
}

/// A resource whose required elements are looked at again when the whole map has run.
struct Lacking<'p> {
    root: NodeId,
    required: &'p [Name],
    kind: &'static str,
    site: Site,
}

/// Where the lines of a block write.
type At = NodeId;

impl<'p, 'm, 'r> Machine<'p, 'm, 'r> {
    pub(super) fn new(
        routines: &'p [Routine],
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
            groups: Vec::new(),
            slots: Vec::new(),
            slot_base: 0,
            names: Vec::new(),
            name_base: 0,
            waiting: Vec::new(),
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
        self.settle_waiting(0)?;
        for Lacking { root, required, kind, site } in std::mem::take(&mut self.lacking) {
            if let Some(name) = self.first_lacking(root, required) {
                let name = self.tree.spell(name);
                let what = format!("{kind}: `{name}` is required and stayed empty");
                self.note(&site, codes::E2602, what);
            }
        }
        Ok(())
    }

    fn first_lacking(&self, root: NodeId, required: &[Name]) -> Option<Name> {
        let found = self.tree.node(root);
        required.iter().copied().find(|name| found.get(*name).is_none() && found.get(name.twin()).is_none())
    }

    fn perform(&mut self, actions: &'p [Action], at: At) -> Result<(), Fault> {
        for action in actions {
            action.site.burn(self.run, 1)?;
            let is_per_turn = match &action.kind {
                Kind::Each { .. } => true,
                Kind::Write(write) => write.turn.is_some(),
                Kind::Element { .. }
                | Kind::When { .. }
                | Kind::Resource { .. }
                | Kind::Reopen { .. }
                | Kind::Use { .. } => false,
            };
            if !is_per_turn && !self.is_wanted(action)? {
                continue;
            }
            match &action.kind {
                Kind::Write(write) => self.write(write, action, at)?,
                Kind::Element { target, body } => self.element(target, body, &action.site, at)?,
                Kind::Each { over, turn, body } => self.each(over, *turn, body, action, at)?,
                Kind::When { actions } => self.perform(actions, at)?,
                Kind::Resource { making, name, body } => {
                    self.resource(making, name.map(|name| self.name_base + name), body, &action.site)?;
                }
                Kind::Reopen { name, body } => {
                    let resource = self.names.get(self.name_base + name).copied().flatten();
                    if let Some(root) = resource.and_then(|resource| self.entries.root_of(resource)) {
                        self.body(body, root)?;
                    }
                }
                Kind::Use { part, with } => self.use_part(*part, with, &action.site, at)?,
            }
        }
        Ok(())
    }

    fn is_wanted(&mut self, action: &Action) -> Result<bool, Fault> {
        match &action.when {
            Some(condition) => condition.holds(&self.view, self.run),
            None => Ok(true),
        }
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
    fn body(&mut self, body: &'p Body, at: At) -> Result<(), Fault> {
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

    fn element(&mut self, target: &'p Target, body: &'p Body, site: &Site, at: At) -> Result<(), Fault> {
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
    fn body_in(&mut self, body: &'p Body, at: At) -> Result<(), Fault> {
        for name in body.names.clone() {
            self.names[self.name_base + name] = None;
        }
        self.perform(&body.actions, at)
    }

    /// An object that stayed empty, or lacks what it must have, is taken out again.
    fn close(&mut self, node: NodeId, target: &Target, required: &[Name], site: &Site) -> bool {
        let found = self.tree.node(node);
        let own = |name: &Name| *name == url_name();
        let is_empty = found.children().all(|child| child.name().is_some_and(|name| own(&name)));
        let lacking = if is_empty {
            None
        } else {
            required.iter().find(|name| found.get(**name).is_none() && found.get(name.twin()).is_none())
        };
        if let Some(name) = lacking {
            let what = format!("`{}` is required and stayed empty, so the whole is left out", self.tree.spell(*name));
            self.note(site, codes::E2602, what);
        }
        if !is_empty && lacking.is_none() {
            return true;
        }
        self.remove(node, target);
        false
    }

    /// Takes a node out, and what would be left empty around it.
    fn remove(&mut self, node: NodeId, target: &Target) {
        // As far up as the target itself goes: the block's own element is not its to take.
        let above = target.hops.iter().map(|hop| 1 + usize::from(hop.slot.is_some())).sum::<usize>();
        let mut left = above + 1 + usize::from(target.last != Last::Single);
        let mut at = Some(node);
        while let Some(node) = at.filter(|_| left > 0) {
            left -= 1;
            let parent = self.tree.node(node).parent().map(fhir::Node::id);
            self.tree.remove(node);
            at = parent.filter(|parent| {
                let found = self.tree.node(*parent);
                let is_bare = found.children().all(|child| child.name() == Some(url_name()));
                is_bare && found.parent().is_some()
            });
        }
        if let Last::Slot(slot) = target.last {
            self.slots[self.slot_base + slot] = None;
        }
    }

    fn each(&mut self, over: &'p Over, turn: usize, body: &'p Body, action: &'p Action, at: At) -> Result<(), Fault> {
        let depth = self.view.base + turn;
        let turns = match over {
            Over::Path(path) => self.turns(path),
            Over::Group { node, within } => self.group_turns(*node, *within),
            Over::Own { node, within, segment } => self.own_turns(*node, *within, *segment),
        };
        for found in turns {
            action.site.burn(self.run, 2)?;
            self.view.turns.truncate(depth);
            self.view.turns.push(found);
            if self.is_wanted(action)? {
                self.body(body, at)?;
            }
        }
        self.view.turns.truncate(depth);
        Ok(())
    }

    fn group_turns(&self, node: u32, within: Option<usize>) -> Vec<Turn<'m>> {
        let (first, end) = within.and_then(|slot| self.view.turn(slot)).map_or((0, u32::MAX), |turn| turn.span);
        let inside =
            self.groups.iter().filter(|(found, start, stop)| *found == node && *start >= first && *stop <= end);
        let turn = |(_, start, stop): &(u32, u32, u32)| {
            let element = *self.view.segments.get(*start as usize)?;
            Some(Turn { element, occurrence: 0, repetition: 0, span: (*start, *stop) })
        };
        inside.filter_map(turn).collect()
    }

    /// The segments of the turn's group `node` itself. Groups inside it have higher numbers: nodes are numbered from the top.
    fn own_turns(&self, node: u32, within: usize, segment: [u8; 3]) -> Vec<Turn<'m>> {
        let (first, end) = self.view.turn(within).map_or((0, 0), |turn| turn.span);
        let is_deeper = |at: u32| {
            let mut inner = self.groups.iter().filter(|(found, start, stop)| {
                *found > node && *start >= first && *stop <= end && (*start..*stop).contains(&at)
            });
            inner.next().is_some()
        };
        let named = (first..end).filter_map(|at| Some((at, *self.view.segments.get(at as usize)?)));
        let wanted = named.filter(|(at, found)| found.raw().get(..3) == Some(&segment) && !is_deeper(*at));
        wanted.map(|(_, element)| Turn { element, occurrence: 0, repetition: 0, span: (0, 0) }).collect()
    }

    /// The segments or repetitions that a path names.
    fn turns(&self, path: &ReadPath) -> Vec<Turn<'m>> {
        let turn = |element| Turn { element, occurrence: 0, repetition: 0, span: (0, 0) };
        self.elements(path, true).into_iter().map(turn).collect()
    }

    /// The elements that a path names: every repetition where it says no index, or the first.
    pub(super) fn elements(&self, path: &ReadPath, is_every: bool) -> Vec<Element<'m>> {
        let mut out = Vec::new();
        match path {
            ReadPath::Message(inner) if inner.is_segment() => {
                let wanted = |number: usize| match &inner.occurrence {
                    Index::Unsaid | Index::All => true,
                    Index::At(wanted) => usize::from(*wanted) == number,
                    Index::Append | Index::Where(_) => false,
                };
                let segments = self.view.message.segments_named(inner.segment).enumerate();
                out.extend(segments.filter(|(at, _)| wanted(at + 1)).map(|(_, segment)| segment));
            }
            ReadPath::Within { slot, path } if path.is_segment() => {
                out.extend(crate::path::every_within(&self.view, *slot, path));
            }
            ReadPath::Message(inner) => {
                let mut segments = self.view.message.segments_named(inner.segment);
                let first = match &inner.occurrence {
                    Index::At(number) => segments.nth(usize::from(*number).saturating_sub(1)),
                    Index::All => {
                        for segment in segments.by_ref() {
                            repetitions(segment, &inner.member, &mut out);
                        }
                        None
                    }
                    Index::Unsaid | Index::Append | Index::Where(_) => segments.next(),
                };
                if let Some(segment) = first {
                    repetitions(segment, &inner.member, &mut out);
                }
            }
            ReadPath::Within { slot, path } => {
                let mut segments = crate::path::every_within(&self.view, *slot, path);
                if path.occurrence == Index::All {
                    segments.for_each(|segment| repetitions(segment, &path.member, &mut out));
                } else if let Some(segment) = segments.next() {
                    repetitions(segment, &path.member, &mut out);
                }
            }
            ReadPath::Bound { slot, member } => {
                if let Some(turn) = self.view.turn(*slot) {
                    repetitions(turn.element, member, &mut out);
                }
            }
            ReadPath::Element(_) | ReadPath::Now => {}
        }
        if !is_every {
            out.truncate(1);
        }
        out
    }

    fn use_part(&mut self, part: usize, with: &ReadPath, site: &Site, at: At) -> Result<(), Fault> {
        let Some(element) = self.elements(with, false).first().copied() else { return Ok(()) };
        self.call(part, element, site, at)
    }

    /// Runs a shared map over an element, in a frame of its own.
    fn call(&mut self, part: usize, element: Element<'m>, site: &Site, at: At) -> Result<(), Fault> {
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

    fn enter(&mut self, routine: &Routine, element: Element<'m>) -> (usize, usize, usize) {
        let frame = (self.view.base, self.slot_base, self.name_base);
        self.view.base = self.view.turns.len();
        self.view.turns.push(Turn { element, occurrence: 0, repetition: 0, span: (0, 0) });
        self.slot_base = self.slots.len();
        self.name_base = self.names.len();
        self.slots.resize(self.slot_base + routine.slots, None);
        self.names.resize(self.name_base + routine.names, None);
        frame
    }

    fn leave(&mut self, (base, slots, names): (usize, usize, usize)) {
        self.view.turns.truncate(self.view.base);
        self.slots.truncate(self.slot_base);
        self.names.truncate(self.name_base);
        (self.view.base, self.slot_base, self.name_base) = (base, slots, names);
    }

    /// The element of a target is there already.
    fn is_there(&self, target: &Target, at: At) -> bool {
        let mut node = self.tree.node(at);
        for hop in &target.hops {
            let next = match hop.slot {
                Some(slot) => match self.slots[self.slot_base + slot].map(|node| self.tree.node(node)) {
                    Some(item) if item.parent().is_some() => Some(item),
                    // Items of other lines are there: a value was given.
                    _ if hop.url.is_none() && node.get(hop.name).is_some() => return true,
                    _ => None,
                },
                None => node.get(hop.name),
            };
            let Some(next) = next else { return false };
            node = next;
        }
        match target.last {
            Last::Slot(slot) => self.slots[self.slot_base + slot].is_some(),
            Last::Append => node.get(target.name).is_some(),
            Last::Single => self.single(target, node.id()).is_some(),
        }
    }

    fn write(&mut self, write: &'p Write, action: &'p Action, at: At) -> Result<(), Fault> {
        if write.is_fallback && self.is_there(&write.target, at) {
            self.trace_passed_over(write, &action.site);
            return Ok(());
        }
        let written = match &write.source {
            Source::Primitive { value, wanted } => {
                if write.turn.is_some() && !self.is_wanted(action)? {
                    return Ok(());
                }
                self.texts(value, *wanted, write, &action.site, at)?
            }
            Source::Part { from, part } => self.for_each(
                from,
                write,
                action,
                |machine, element, node| {
                    machine.call(*part, element, &action.site, node)?;
                    Ok(machine.routines.get(*part).map_or(&[][..], |routine| &routine.required))
                },
                at,
            )?,
            Source::PartPrimitive { from, part, wanted } => {
                let mut any = false;
                for element in self.elements(from, write.target.last == Last::Append) {
                    if let Some(read) = self.primitive_of(*part, element, *wanted, &action.site)? {
                        any |= self.put(&write.target, &read, false, &action.site, at)?;
                    }
                }
                any
            }
            Source::Coded(coded) => match &coded.from {
                CodeFrom::Element { from, part } => self.for_each(
                    from,
                    write,
                    action,
                    |machine, element, node| {
                        machine.call(*part, element, &action.site, node)?;
                        coded::translate(machine, coded, element, node, &action.site)?;
                        Ok(&[][..])
                    },
                    at,
                )?,
                CodeFrom::Value(value) => self.write_codes(value, coded, write, &action.site, at)?,
            },
            Source::Named(name) => self.refer_by_name(*name, write, &action.site, at)?,
            Source::Made { from, part } => self.for_each(
                from,
                write,
                action,
                |machine, element, node| {
                    machine.make_and_refer(*part, element, node, &action.site)?;
                    Ok(&[][..])
                },
                at,
            )?,
        };
        if !written && let Some(missing) = write.required {
            if missing == Missing::Stop {
                return Err(action.site.fault(codes::E2402, "`required`: the value is empty"));
            }
            self.note(&action.site, codes::E2402, "`required`: the value is empty");
        }
        Ok(())
    }

    /// The texts of a value, each through a table.
    fn write_codes(
        &mut self,
        value: &'p crate::Value,
        coded: &'p super::plan::Coded,
        write: &'p Write,
        site: &Site,
        at: At,
    ) -> Result<bool, Fault> {
        let Some(item) = self.evaluated(value, site)? else { return Ok(false) };
        let mut any = false;
        for atom in item.atoms() {
            let Atom::Text(text) = atom else { continue };
            let (node, is_new) = self.open(&write.target, at, site)?;
            if !is_new && write.target.last == Last::Single && !self.tree.node(node).is_empty() {
                if value.literal().is_none() {
                    self.note(site, codes::E2601, "an earlier line gave this element a value; it stays");
                }
                return Ok(true);
            }
            coded::from_text(self, coded, text, node, site)?;
            self.weight += u64::from(value.literal().is_none());
            any |= self.finish(node, is_new, write, &[], site)?;
            self.trace_line(node, site);
            if write.target.last != Last::Append {
                break;
            }
        }
        Ok(any)
    }

    /// One element a value: opened, filled, refined, closed.
    fn for_each(
        &mut self,
        from: &ReadPath,
        write: &'p Write,
        action: &'p Action,
        mut fill: impl FnMut(&mut Self, Element<'m>, NodeId) -> Result<&'p [Name], Fault>,
        at: At,
    ) -> Result<bool, Fault> {
        let mut any = false;
        for element in self.elements(from, write.target.last == Last::Append) {
            if element.is_empty() {
                continue;
            }
            let depth = self.view.turns.len();
            if let Some(turn) = write.turn {
                self.view.turns.truncate(self.view.base + turn);
                self.view.turns.push(Turn { element, occurrence: 0, repetition: 0, span: (0, 0) });
                if !self.is_wanted(action)? {
                    self.view.turns.truncate(self.view.base + turn);
                    continue;
                }
            }
            let (node, is_new) = self.open(&write.target, at, &action.site)?;
            if !is_new && write.target.last == Last::Single {
                // An earlier line gave it a value.
                if !self.tree.node(node).is_empty() {
                    if let Some(lineage) = &mut self.lineage {
                        lineage.begin();
                        lineage.element(element);
                    }
                    self.note(&action.site, codes::E2601, "an earlier line gave this element a value; it stays");
                    self.view.turns.truncate(depth);
                    return Ok(true);
                }
            }
            let before = self.weight;
            let required = fill(self, element, node)?;
            if is_new && self.weight == before {
                // Nothing of the message is in it.
                self.remove(node, &write.target);
                self.view.turns.truncate(depth);
                continue;
            }
            any |= self.finish(node, is_new, write, required, &action.site)?;
            self.view.turns.truncate(depth);
        }
        Ok(any)
    }

    /// Refines a new element and closes it.
    fn finish(
        &mut self,
        node: NodeId,
        is_new: bool,
        write: &'p Write,
        required: &[Name],
        site: &Site,
    ) -> Result<bool, Fault> {
        if let Some(body) = &write.body
            && !self.tree.node(node).is_empty()
        {
            self.body(body, node)?;
        }
        Ok(if is_new { self.close(node, &write.target, required, site) } else { true })
    }

    /// The object of a target, and whether it was made now.
    pub(super) fn open(&mut self, target: &Target, at: At, site: &Site) -> Result<(NodeId, bool), Fault> {
        let parent = self.walk(&target.hops, at, site)?;
        let full = |error: fhir::Error| too_large(site, &error);
        let found = match target.last {
            Last::Single => match self.single(target, parent) {
                Some(found) => (found, false),
                None => (self.tree.set(parent, target.name, Value::Object).map_err(full)?, true),
            },
            Last::Append => (self.tree.append(parent, target.name, Value::Object).map_err(full)?, true),
            Last::Slot(slot) => self.item(slot, parent, target.name, None, site)?,
        };
        if let (Some(url), true) = (&target.url, found.1) {
            self.tree.set(found.0, url_name(), Value::Text(url)).map_err(full)?;
        }
        Ok(found)
    }

    /// The value that a single element has, under any name of its choice.
    fn single(&self, target: &Target, parent: NodeId) -> Option<NodeId> {
        let parent = self.tree.node(parent);
        let found = parent.get(target.name).or_else(|| target.rivals.iter().find_map(|name| parent.get(*name)));
        found.map(fhir::Node::id)
    }

    /// The item of a slot, made when it is not there.
    fn item(
        &mut self,
        slot: usize,
        parent: NodeId,
        name: Name,
        url: Option<&Arc<str>>,
        site: &Site,
    ) -> Result<(NodeId, bool), Fault> {
        let index = self.slot_base + slot;
        if let Some(node) = self.slots[index]
            && self.tree.node(node).parent().is_some()
        {
            return Ok((node, false));
        }
        let full = |error: fhir::Error| too_large(site, &error);
        let node = self.tree.append(parent, name, Value::Object).map_err(full)?;
        if let Some(url) = url {
            self.tree.set(node, url_name(), Value::Text(url)).map_err(full)?;
        }
        self.slots[index] = Some(node);
        Ok((node, true))
    }

    fn walk(&mut self, hops: &[Hop], at: At, site: &Site) -> Result<NodeId, Fault> {
        let mut node = at;
        for hop in hops {
            node = match hop.slot {
                Some(slot) => self.item(slot, node, hop.name, hop.url.as_ref(), site)?.0,
                None => match self.tree.node(node).get(hop.name) {
                    Some(found) => found.id(),
                    None => self.tree.set(node, hop.name, Value::Object).map_err(|error| too_large(site, &error))?,
                },
            };
        }
        Ok(node)
    }

    /// The texts of a value, each read as the primitive.
    fn texts(
        &mut self,
        value: &'p crate::Value,
        wanted: Primitive,
        write: &'p Write,
        site: &Site,
        at: At,
    ) -> Result<bool, Fault> {
        let Some(item) = self.evaluated(value, site)? else { return Ok(false) };
        if !item.atoms().iter().any(|atom| matches!(atom, Atom::Text(text) if !text.trim().is_empty()))
            && let Some(lineage) = &mut self.lineage
        {
            lineage.left(site, Why::Nothing);
        }
        // A text of the map says nothing of the message, and gives way to what does.
        let is_own = value.literal().is_some();
        let mut any = false;
        for atom in item.atoms() {
            let Atom::Text(text) = atom else { continue };
            let Some(read) = self.read(std::borrow::Cow::Borrowed(&**text), wanted, site) else { continue };
            any |= self.put(&write.target, &read, is_own, site, at)?;
            if write.target.last != Last::Append {
                break;
            }
        }
        Ok(any)
    }

    /// A value; `None` with a note where a step could not do its work. What must stop the message stops it.
    fn evaluated<'v>(&mut self, value: &'v crate::Value, site: &Site) -> Result<Option<crate::Item<'v>>, Fault>
    where
        'm: 'v,
    {
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
            let view = &self.view;
            value.each_read(&mut |path| lineage.read(path, view));
        }
        let _ = site;
        match value.evaluate(&self.view, self.run) {
            Ok(item) => Ok(Some(item)),
            Err(fault) if fault.code.id == codes::E2404.id || fault.code.id == codes::E2402.id => Err(fault),
            Err(fault) => {
                let finding = Diagnostic { severity: message::Severity::Warning, ..fault.diagnostic() };
                self.run.note(finding);
                Ok(None)
            }
        }
    }

    fn read<'t>(&mut self, text: std::borrow::Cow<'t, str>, wanted: Primitive, site: &Site) -> Option<Read<'t>> {
        let is_blank = text.trim().is_empty();
        let read = primitive::read(text, wanted, &self.clock);
        if read.is_none() && !is_blank {
            self.note(site, codes::E2600, format!("the value is not {}; it is left out", wanted.noun()));
        }
        let is_time = matches!(wanted, Primitive::DateTime | Primitive::Instant);
        if is_time
            && !self.told_offset
            && self.clock.zone.is_none()
            && self.clock.offset.is_none()
            && let Some(Read::Text(text)) = &read
            && text.ends_with('Z')
        {
            self.told_offset = true;
            self.note(site, codes::E2605, "times without an offset are taken as UTC");
        }
        read
    }

    /// Writes a primitive. An earlier value of a single element stays.
    fn put(&mut self, target: &Target, read: &Read<'_>, is_own: bool, site: &Site, at: At) -> Result<bool, Fault> {
        site.burn(self.run, WRITE_FUEL)?;
        let Some(value) = read.value() else { return Ok(false) };
        let parent = self.walk(&target.hops, at, site)?;
        let full = |error: fhir::Error| too_large(site, &error);
        let node = match target.last {
            Last::Append | Last::Slot(_) => self.tree.append(parent, target.name, value).map_err(full)?,
            Last::Single => {
                if let Some(found) = self.single(target, parent) {
                    let is_same = matches!(read, Read::Text(text) if self.tree.node(found).text() == Some(text));
                    if is_same {
                        self.trace_line(found, site);
                    } else if !is_own {
                        self.note(site, codes::E2601, "an earlier line gave this element a value; it stays");
                    }
                    return Ok(true);
                }
                self.tree.set(parent, target.name, value).map_err(full)?
            }
        };
        self.weight += u64::from(!is_own);
        self.trace_line(node, site);
        Ok(true)
    }

    /// What a shared map for a primitive makes of an element: the first of its lines that has a value.
    fn primitive_of(
        &mut self,
        part: usize,
        element: Element<'m>,
        wanted: Primitive,
        site: &Site,
    ) -> Result<Option<Read<'static>>, Fault> {
        let Some(routine) = self.routines.get(part) else { return Ok(None) };
        site.burn(self.run, 2)?;
        let frame = self.enter(routine, element);
        let found = self.first_value(&routine.actions, wanted);
        self.leave(frame);
        found
    }

    fn first_value(&mut self, actions: &'p [Action], wanted: Primitive) -> Result<Option<Read<'static>>, Fault> {
        for action in actions {
            action.site.burn(self.run, 1)?;
            if !self.is_wanted(action)? {
                continue;
            }
            let found = match &action.kind {
                Kind::When { actions } => self.first_value(actions, wanted)?,
                Kind::Write(write) => match &write.source {
                    Source::Primitive { value, .. } => {
                        let item = self.evaluated(value, &action.site)?;
                        let text = item
                            .as_ref()
                            .and_then(|item| item.atoms().iter().find(|atom| matches!(atom, Atom::Text(_))));
                        let text = text.map(|atom| atom.as_str().to_owned());
                        text.and_then(|text| self.read(text.into(), wanted, &action.site))
                    }
                    Source::PartPrimitive { from, part, .. } => match self.elements(from, false).first().copied() {
                        Some(element) => self.primitive_of(*part, element, wanted, &action.site)?,
                        None => None,
                    },
                    Source::Part { .. } | Source::Coded(_) | Source::Named(_) | Source::Made { .. } => None,
                },
                Kind::Element { .. }
                | Kind::Each { .. }
                | Kind::Resource { .. }
                | Kind::Reopen { .. }
                | Kind::Use { .. } => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn refer_by_name(&mut self, name: usize, write: &'p Write, site: &Site, at: At) -> Result<bool, Fault> {
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
                let waiting =
                    Waiting { name, at, target: write.target.clone(), slot_base: self.slot_base, site: site.clone() };
                self.waiting.push(waiting);
                Ok(true)
            }
        }
    }

    /// References whose names belong to a block that ends: those whose resource was made are written.
    fn settle_names(&mut self, before: usize, first: usize, end: usize) -> Result<(), Fault> {
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
            let (node, is_new) = self.open(&waiting.target, waiting.at, &waiting.site)?;
            self.slot_base = base;
            if is_new || self.tree.node(node).is_empty() {
                self.refer(resource, node, &waiting.site)?;
            }
        }
        Ok(())
    }

    fn settle_waiting(&mut self, from: usize) -> Result<(), Fault> {
        self.settle_names(0, from, self.names.len())
    }

    /// Writes a reference to a resource; its text is filled in when the bundle is whole.
    fn refer(&mut self, resource: usize, node: NodeId, site: &Site) -> Result<(), Fault> {
        let text = self.tree.set(node, reference_name(), Value::Text("")).map_err(|error| too_large(site, &error))?;
        self.entries.refer(text, resource);
        self.weight += 1;
        self.trace_line(node, site);
        Ok(())
    }

    /// Makes a resource by a shared map and refers to it.
    fn make_and_refer(&mut self, part: usize, element: Element<'m>, node: NodeId, site: &Site) -> Result<(), Fault> {
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
        }
        Ok(())
    }

    fn resource(
        &mut self,
        making: &'p super::plan::Making,
        name: Option<usize>,
        body: &'p Body,
        site: &Site,
    ) -> Result<(), Fault> {
        let Some((resource, root)) = self.entries.open(self.tree, making.kind, site)? else { return Ok(()) };
        self.body(body, root)?;
        let lacks = self.first_lacking(root, &body.required).is_some();
        let made = self.entries.close(self.tree, resource, making, site)?;
        self.trace_merge(root, made);
        if lacks && made.is_some() {
            self.lacking.push(Lacking { root, required: &body.required, kind: making.kind, site: site.clone() });
        }
        if let Some(name) = name {
            self.names[name] = made;
        }
        Ok(())
    }

    /// A line that begins with `else` and was not needed: what it would have read.
    fn trace_passed_over(&mut self, write: &Write, site: &Site) {
        let Some(mut lineage) = self.lineage.take() else { return };
        lineage.begin();
        match &write.source {
            Source::Primitive { value, .. } => value.each_read(&mut |path| lineage.read(path, &self.view)),
            Source::Part { from, .. } | Source::PartPrimitive { from, .. } | Source::Made { from, .. } => {
                self.elements(from, false).into_iter().for_each(|element| lineage.element(element));
            }
            Source::Coded(coded) => match &coded.from {
                CodeFrom::Element { from, .. } => {
                    self.elements(from, false).into_iter().for_each(|element| lineage.element(element));
                }
                CodeFrom::Value(value) => value.each_read(&mut |path| lineage.read(path, &self.view)),
            },
            Source::Named(_) => {}
        }
        lineage.left(site, Why::Second);
        self.lineage = Some(lineage);
    }

    /// A resource that turned out to be another one.
    fn trace_merge(&mut self, root: NodeId, made: Option<usize>) {
        let Some(lineage) = &mut self.lineage else { return };
        if let Some(stays) = made.and_then(|made| self.entries.root_of(made)).filter(|stays| *stays != root) {
            lineage.merged(root, stays);
        }
    }

    fn trace_line(&mut self, node: NodeId, site: &Site) {
        if let Some(lineage) = &mut self.lineage {
            lineage.wrote(node, site);
        }
    }
}

/// Every repetition that a member names, with the part that it names in each.
fn repetitions<'m>(element: Element<'m>, member: &hl7v2::path::Member, out: &mut Vec<Element<'m>>) {
    let Some((number, index)) = &member.field else {
        out.extend(element.get(member));
        return;
    };
    let Some(field) = element.field(*number).filter(|field| !field.is_empty()) else { return };
    if field.level() == Level::Verbatim {
        out.push(field);
        return;
    }
    let named = field.parts().enumerate().filter(|(at, repetition)| is_named(index, at + 1, *repetition));
    out.extend(named.filter_map(|(_, repetition)| inner(repetition, member)).filter(|found| !found.is_empty()));
}

fn url_name() -> Name {
    known("url")
}

fn reference_name() -> Name {
    known("reference")
}

/// A name that FHIR has.
pub(super) fn known(text: &str) -> Name {
    Name::known(text).unwrap_or_else(|| Tree::new().name("id"))
}

#[cold]
pub(super) fn too_large(site: &Site, error: &fhir::Error) -> Fault {
    site.fault(codes::E2603, format!("the result is too large ({})", error.code()))
}
