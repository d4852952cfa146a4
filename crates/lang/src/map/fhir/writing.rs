//! What lines write: elements opened and closed, values put into them.

use super::{
    coded,
    lineage::Why,
    machine::{At, Machine, too_large},
    plan::{Action, CodeFrom, Coded, Hop, Last, Source, Target, Write},
    primitive::{Primitive, Read},
};
use crate::{
    codes,
    item::{Atom, Item},
    map::grammar::Missing,
    path::ReadPath,
    run::{Fault, Site},
    value::Value as Expression,
    view::Turn,
};
use fhir::names::names;
use fhir::{Fixed, Name, NodeId, Value};
use hl7v2::Element;

/// Fuel of one value that is written.
const WRITE_FUEL: u64 = 2;

impl<'p, 'm> Machine<'p, 'm, '_> {
    /// An object that stayed empty, or lacks what it must have, is taken out again.
    pub(super) fn close(&mut self, node: NodeId, target: &Target, required: &[Name], site: &Site) -> bool {
        let found = self.tree.node(node);
        let own = |name: &Name| *name == names().url;
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
                let is_bare = found.children().all(|child| child.name() == Some(names().url));
                is_bare && found.parent().is_some()
            });
        }
        if let Last::Slot(slot) = target.last {
            self.slots[self.slot_base + slot] = None;
        }
    }

    /// The element of a target is there already.
    pub(super) fn is_there(&self, target: &Target, at: At) -> bool {
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

    pub(super) fn write(&mut self, write: &'p Write, action: &'p Action, at: At) -> Result<(), Fault> {
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
            Source::Text { from, wanted } => {
                if write.turn.is_some() && !self.is_wanted(action)? {
                    return Ok(());
                }
                self.text(from, *wanted, write, &action.site, at)?
            }
            Source::Constant(read) => {
                if write.turn.is_some() && !self.is_wanted(action)? {
                    return Ok(());
                }
                self.trace_nothing();
                self.put(&write.target, read, true, &action.site, at)?
            }
            Source::Part { from, part } => {
                let fill = |machine: &mut Self, element, node| {
                    machine.call(*part, element, &action.site, node)?;
                    Ok(machine.routines.get(*part).map_or(&[][..], |routine| &routine.required))
                };
                self.for_each(from, write, action, fill, at)?
            }
            Source::Named(name) => self.refer_by_name(*name, write, &action.site, at)?,
            Source::PartPrimitive { .. } | Source::Coded(_) | Source::Made { .. } => {
                self.write_seldom(write, action, at)?
            }
        };
        if !written && let Some(missing) = write.required {
            if missing == Missing::Stop {
                return Err(action.site.fault(codes::E2402, "`required`: the value is empty"));
            }
            self.note(&action.site, codes::E2402, "`required`: the value is empty");
        }
        Ok(())
    }

    /// The sources that fewer lines have.
    fn write_seldom(&mut self, write: &'p Write, action: &'p Action, at: At) -> Result<bool, Fault> {
        match &write.source {
            Source::PartPrimitive { from, part, wanted } => {
                let mut any = false;
                let found = self.gather(from, write.target.last == Last::Append);
                for number in found.clone() {
                    let element = self.found[number];
                    if let Some(read) = self.primitive_of(*part, element, *wanted, &action.site)? {
                        any |= self.put(&write.target, &read, false, &action.site, at)?;
                    }
                }
                self.found.truncate(found.start);
                Ok(any)
            }
            Source::Coded(coded) => match &coded.from {
                CodeFrom::Element { from, part } => {
                    let fill = |machine: &mut Self, element, node| {
                        machine.call(*part, element, &action.site, node)?;
                        coded::translate(machine, coded, element, node, &action.site)?;
                        Ok(&[][..])
                    };
                    self.for_each(from, write, action, fill, at)
                }
                CodeFrom::Value(value) => self.write_codes(value, coded, write, &action.site, at),
            },
            Source::Made { from, part } => {
                let fill = |machine: &mut Self, element, node| {
                    machine.make_and_refer(*part, element, node, &action.site)?;
                    Ok(&[][..])
                };
                self.for_each(from, write, action, fill, at)
            }
            Source::Primitive { .. }
            | Source::Text { .. }
            | Source::Constant(_)
            | Source::Part { .. }
            | Source::Named(_) => Ok(false),
        }
    }

    /// A line that begins with `else` and was not needed: what it would have read.
    fn trace_passed_over(&mut self, write: &Write, site: &Site) {
        let Some(mut lineage) = self.lineage.take() else { return };
        lineage.begin();
        match &write.source {
            Source::Primitive { value, .. } => value.each_read(&mut |path| lineage.read(path, &self.view)),
            Source::Text { from, .. } => lineage.read(from, &self.view),
            Source::Part { from, .. } | Source::PartPrimitive { from, .. } | Source::Made { from, .. } => {
                self.first_of(from).into_iter().for_each(|element| lineage.element(element));
            }
            Source::Coded(coded) => match &coded.from {
                CodeFrom::Element { from, .. } => {
                    self.first_of(from).into_iter().for_each(|element| lineage.element(element));
                }
                CodeFrom::Value(value) => value.each_read(&mut |path| lineage.read(path, &self.view)),
            },
            Source::Constant(_) | Source::Named(_) => {}
        }
        lineage.left(site, Why::Second);
        self.lineage = Some(lineage);
    }

    fn trace_left(&mut self, site: &Site, why: Why) {
        if let Some(lineage) = &mut self.lineage {
            lineage.left(site, why);
        }
    }

    /// The texts of a value, each through a table.
    fn write_codes(
        &mut self,
        value: &'p Expression,
        coded: &'p Coded,
        write: &'p Write,
        site: &'p Site,
        at: At,
    ) -> Result<bool, Fault> {
        let item = match value.literal() {
            Some(text) => {
                self.trace_nothing();
                Item::One(Atom::text(&**text))
            }
            None => match self.plain(value) {
                Some(plain) => {
                    let text = plain.text(&self.view, self.run);
                    match self.settled(text)?.flatten() {
                        Some(text) => Item::One(Atom::Text(text)),
                        None => return Ok(false),
                    }
                }
                None => match self.evaluated(value)? {
                    Some(item) => item,
                    None => return Ok(false),
                },
            },
        };
        let mut any = false;
        for atom in item.atoms() {
            let Atom::Text(text) = atom else { continue };
            if text.trim().is_empty() {
                self.trace_left(site, Why::Nothing);
                continue;
            }
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
    #[inline(never)]
    fn for_each(
        &mut self,
        from: &ReadPath,
        write: &'p Write,
        action: &'p Action,
        mut fill: impl FnMut(&mut Self, Element<'m>, NodeId) -> Result<&'p [Name], Fault>,
        at: At,
    ) -> Result<bool, Fault> {
        let mut any = false;
        let found = self.gather(from, write.target.last == Last::Append);
        for number in found.clone() {
            let element = self.found[number];
            if element.is_empty() {
                continue;
            }
            let depth = self.view.turns.len();
            if let Some(turn) = write.turn {
                self.view.turns.truncate(self.view.base + turn);
                self.view.push(Turn::new(element));
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
                    self.found.truncate(found.start);
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
        self.found.truncate(found.start);
        Ok(any)
    }

    /// Refines a new element and closes it.
    pub(super) fn finish(
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
                None => (self.tree.add(parent, target.name, Value::Object).map_err(full)?, true),
            },
            Last::Append => (self.tree.append(parent, target.name, Value::Object).map_err(full)?, true),
            Last::Slot(slot) => self.item(slot, parent, target.name, None, site)?,
        };
        if let (Some(url), true) = (&target.url, found.1) {
            self.tree.set(found.0, names().url, url.value()).map_err(full)?;
        }
        Ok(found)
    }

    /// The value that a single element has, under any name of its choice.
    #[inline]
    fn single(&self, target: &Target, parent: NodeId) -> Option<NodeId> {
        self.tree.node(parent).get_any(&target.names).map(fhir::Node::id)
    }

    /// The item of a slot, made when it is not there.
    fn item(
        &mut self,
        slot: usize,
        parent: NodeId,
        name: Name,
        url: Option<&Fixed>,
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
            self.tree.add(node, names().url, url.value()).map_err(full)?;
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
                    None => self.tree.add(node, hop.name, Value::Object).map_err(|error| too_large(site, &error))?,
                },
            };
        }
        Ok(node)
    }

    /// A text goes from its place to its element, borrowed.
    fn text(
        &mut self,
        from: &'p ReadPath,
        wanted: Primitive,
        write: &'p Write,
        site: &'p Site,
        at: At,
    ) -> Result<bool, Fault> {
        let text = self.text_at(from, site)?;
        if self.lineage.is_some() && text.as_ref().is_none_or(|text| text.chars().all(char::is_whitespace)) {
            self.trace_left(site, Why::Nothing);
        }
        let Some(text) = text else { return Ok(false) };
        let Some(read) = self.read(text, wanted, site) else { return Ok(false) };
        self.put(&write.target, &read, false, site, at)
    }

    /// The texts of a value, each read as the primitive.
    #[inline(never)]
    fn texts(
        &mut self,
        value: &'p Expression,
        wanted: Primitive,
        write: &'p Write,
        site: &'p Site,
        at: At,
    ) -> Result<bool, Fault> {
        if let Some(plain) = self.plain(value) {
            let text = plain.text(&self.view, self.run);
            let Some(text) = self.settled(text)?.flatten() else { return Ok(false) };
            let Some(read) = self.read(text, wanted, site) else { return Ok(false) };
            return self.put(&write.target, &read, false, site, at);
        }
        let Some(item) = self.evaluated(value)? else { return Ok(false) };
        let is_text = |atom: &Atom<'_>| matches!(atom, Atom::Text(text) if !text.trim().is_empty());
        if self.lineage.is_some() && !item.atoms().iter().any(is_text) {
            self.trace_left(site, Why::Nothing);
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

    /// Writes a primitive. An earlier value of a single element stays.
    pub(super) fn put(
        &mut self,
        target: &Target,
        read: &Read<'_>,
        is_own: bool,
        site: &Site,
        at: At,
    ) -> Result<bool, Fault> {
        site.burn(self.run, WRITE_FUEL)?;
        let Some(value) = read.value() else { return Ok(false) };
        let parent = self.walk(&target.hops, at, site)?;
        let full = |error: fhir::Error| too_large(site, &error);
        let node = match target.last {
            Last::Append | Last::Slot(_) => self.tree.append(parent, target.name, value).map_err(full)?,
            Last::Single => {
                if let Some(found) = self.single(target, parent) {
                    let is_same = read.text().is_some_and(|text| self.tree.node(found).text() == Some(text));
                    if is_same {
                        self.trace_line(found, site);
                    } else if !is_own {
                        self.note(site, codes::E2601, "an earlier line gave this element a value; it stays");
                    }
                    return Ok(true);
                }
                self.tree.add(parent, target.name, value).map_err(full)?
            }
        };
        self.weight += u64::from(!is_own);
        self.trace_line(node, site);
        Ok(true)
    }
}
