//! Runs a compiled map to a tree over one message.

use super::{Action, Kind, Step, Target, Which};
use crate::{
    codes,
    form::Form,
    item::Atom,
    map::{Origin, Origins},
    path::ReadPath,
    place::change::Simple,
    run::{Fault, Run, Site},
    value::Value,
    view::{Turn, View},
};
use formats::{
    Draft, Kind as NodeKind, Node,
    draft::{PlaceId, ROOT, Simple as Written},
};
use message::{Diagnostic, Format};
use std::fmt::Write;

/// Places and bytes of one result.
const PLACES_MAX: usize = 1_000_000;
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// One run.
pub(super) struct Machine<'p, 'm, 'r> {
    view: View<'m>,
    draft: Draft,
    run: &'r mut Run,
    to: &'p Form,
    /// What `[+]` made in this turn, by the way to it, and where the memory of this turn begins.
    made: Vec<(String, PlaceId)>,
    base: usize,
    origins: Option<Vec<(PlaceId, Site)>>,
}

impl<'p, 'm, 'r> Machine<'p, 'm, 'r> {
    pub(super) fn new(view: View<'m>, to: &'p Form, run: &'r mut Run, explain: bool) -> Machine<'p, 'm, 'r> {
        Machine { view, draft: Draft::new(), run, to, made: Vec::new(), base: 0, origins: explain.then(Vec::new) }
    }

    pub(super) fn start(&mut self, actions: &'p [Action]) -> Result<(), Fault> {
        self.perform(actions, ROOT)
    }

    pub(super) fn finish(self) -> (Draft, Option<Origins>) {
        let draft = self.draft;
        let origin = |(place, site): (PlaceId, Site)| Origin {
            element: draft.path(place),
            file: site.file.clone(),
            line: site.line(),
            sources: Vec::new(),
        };
        let origins = self
            .origins
            .map(|wrote| Origins { origins: wrote.into_iter().map(origin).collect(), ..Origins::default() });
        (draft, origins)
    }

    fn perform(&mut self, actions: &'p [Action], at: PlaceId) -> Result<(), Fault> {
        for action in actions {
            action.site.burn(self.run, 1)?;
            if let Kind::Each { over, slot, body } = &action.kind {
                self.each(over, *slot, body, action, at)?;
                continue;
            }
            if let Some(when) = &action.when
                && !when.holds(&self.view, self.run)?
            {
                continue;
            }
            match &action.kind {
                Kind::Write { target, value, simple, is_fallback } => {
                    self.write(target, value, *simple, *is_fallback, &action.site, at)?;
                }
                Kind::Block { target, body } => {
                    let place = self.open(target, at, true);
                    self.turn(body, place)?;
                }
                Kind::When { body } => self.perform(body, at)?,
                Kind::Each { .. } => {}
            }
        }
        Ok(())
    }

    /// Lines with a memory of their own of what `[+]` made.
    fn turn(&mut self, body: &'p [Action], at: PlaceId) -> Result<(), Fault> {
        let base = std::mem::replace(&mut self.base, self.made.len());
        let result = self.perform(body, at);
        self.made.truncate(self.base);
        self.base = base;
        result
    }

    fn each(
        &mut self,
        over: &ReadPath,
        slot: usize,
        body: &'p [Action],
        action: &'p Action,
        at: PlaceId,
    ) -> Result<(), Fault> {
        // Names are bound to one of three things; each has its own list, which is filled up to the name's place.
        let (turns, nodes, spots) = match over {
            ReadPath::Place(path) => (Vec::new(), Vec::new(), path.turns(&self.view)),
            ReadPath::Element(path) => (Vec::new(), path.nodes(&self.view), Vec::new()),
            ReadPath::Message(_) | ReadPath::Within { .. } | ReadPath::Bound { .. } | ReadPath::Now => {
                let mut found = Vec::new();
                over.every(&self.view, |element| {
                    found.push(element);
                    false
                });
                (found, Vec::new(), Vec::new())
            }
        };
        let count = turns.len().max(nodes.len()).max(spots.len());
        for number in 0..count {
            action.site.burn(self.run, 2)?;
            self.view.turns.truncate(slot);
            self.view.nodes.truncate(slot);
            self.view.spots.truncate(slot);
            if let Some(element) = turns.get(number) {
                self.view.push(Turn::new(*element));
            }
            self.view.nodes.extend(nodes.get(number));
            self.view.spots.extend(spots.get(number));
            let is_wanted = match &action.when {
                Some(when) => when.holds(&self.view, self.run)?,
                None => true,
            };
            if is_wanted {
                self.turn(body, at)?;
            }
        }
        self.view.turns.truncate(slot);
        self.view.nodes.truncate(slot);
        self.view.spots.truncate(slot);
        Ok(())
    }

    /// Items of one name are a list of their own, not siblings.
    fn has_lists(&self) -> bool {
        matches!(self.to.format, Format::Json | Format::Delimited)
    }

    /// The place of a target, made where it is not there. A block makes a new one of `[+]`, lines share it.
    fn open(&mut self, target: &Target, at: PlaceId, is_block: bool) -> PlaceId {
        let mut place = at;
        let mut way = String::new();
        for (number, step) in target.hops.iter().enumerate() {
            let is_last = number + 1 == target.hops.len();
            let _ = write!(way, "{at:?}.{}", step.name.as_deref().unwrap_or("root"));
            place = self.step(place, step, &way, is_block && is_last);
        }
        place
    }

    fn step(&mut self, at: PlaceId, step: &Step, way: &str, is_fresh: bool) -> PlaceId {
        if step.which == Which::New && !is_fresh {
            let known = self.made[self.base..].iter().find(|(known, _)| known == way);
            if let Some((_, place)) = known {
                return *place;
            }
        }
        let place = match (&step.name, step.which) {
            (None, Which::Only) => at,
            (None, Which::At(number)) => self.draft.item(at, number),
            (None, Which::New) => self.draft.item(at, 0),
            (Some(name), Which::Only) => self.draft.child(at, name),
            (Some(name), Which::At(number)) if self.has_lists() => {
                let list = self.draft.child(at, name);
                self.draft.item(list, number)
            }
            (Some(name), Which::New) if self.has_lists() => {
                let list = self.draft.child(at, name);
                self.draft.item(list, 0)
            }
            (Some(name), Which::At(number)) => self.draft.numbered(at, name, number),
            (Some(name), Which::New) => self.draft.another(at, name),
        };
        if step.which == Which::New {
            self.made.push((way.to_owned(), place));
        }
        place
    }

    /// The place is there and holds something.
    fn is_filled(&self, target: &Target, at: PlaceId) -> bool {
        let mut place = at;
        for step in &target.hops {
            let (Some(name), Which::Only) = (&step.name, step.which) else { return false };
            let Some(found) = self.draft.find(place, name) else { return false };
            place = found;
        }
        self.draft.is_filled(place)
    }

    fn write(
        &mut self,
        target: &Target,
        value: &'p Value,
        simple: Simple,
        is_fallback: bool,
        site: &Site,
        at: PlaceId,
    ) -> Result<(), Fault> {
        if is_fallback && self.is_filled(target, at) {
            return Ok(());
        }
        if let Some(ReadPath::Place(path)) = value.plain_path() {
            let nodes = path.nodes(&self.view);
            let wanted = if path.is_list { nodes.len() } else { nodes.len().min(1) };
            for node in nodes.into_iter().take(wanted) {
                self.copy(target, node, site, at)?;
            }
            return Ok(());
        }
        let item = value.evaluate(&self.view, self.run)?.into_owned();
        for atom in item.into_atoms() {
            let (kind, text) = match (atom, simple) {
                (Atom::Empty, _) => continue,
                (Atom::Null, _) => (Written::Null, String::new()),
                (Atom::Text(text), Simple::Text) => (Written::Text, text.into_owned()),
                (Atom::Text(text), Simple::Number) => (Written::Number, text.into_owned()),
                (Atom::Text(text), Simple::Truth) => (Written::Truth, text.into_owned()),
            };
            let is_several = value.is_list();
            let place = self.open(target, at, is_several);
            self.put(place, kind, text, site)?;
        }
        Ok(())
    }

    fn put(&mut self, place: PlaceId, kind: Written, text: String, site: &Site) -> Result<(), Fault> {
        site.burn(self.run, 1 + (text.len() / 64) as u64)?;
        self.draft.set(place, kind, text);
        if let Some(origins) = &mut self.origins {
            origins.push((place, site.clone()));
        }
        self.check_size(site)
    }

    fn check_size(&self, site: &Site) -> Result<(), Fault> {
        let (places, bytes) = self.draft.size();
        if places > PLACES_MAX || bytes > BYTES_MAX {
            return Err(site.fault(codes::E2603, "the result is too large"));
        }
        Ok(())
    }

    /// A place of the message as it is: with its parts where the target's format has any.
    fn copy(&mut self, target: &Target, node: Node<'m>, site: &Site, at: PlaceId) -> Result<(), Fault> {
        if node.is_empty() {
            return Ok(());
        }
        let takes_parts = matches!(self.to.format, Format::Json | Format::Xml);
        let has_parts = node.children().any(|child| child.kind() != NodeKind::Attribute) && node.text().is_empty();
        let is_several = matches!(target.hops.last(), Some(Step { which: Which::New, .. }));
        if has_parts && !takes_parts {
            let what = "the place has parts, and a text is needed here";
            self.run.note(Diagnostic::warning(codes::E2647, what).at(&site.file, site.span(), ""));
            return Ok(());
        }
        let place = self.open(target, at, is_several);
        let kind = match node.kind() {
            NodeKind::Number => Written::Number,
            NodeKind::Truth => Written::Truth,
            _ => Written::Text,
        };
        if has_parts {
            site.burn(self.run, 1 + node.span().len() as u64 / 16)?;
            self.draft.copy(place, node);
            return self.check_size(site);
        }
        self.put(place, kind, node.text().to_owned(), site)
    }
}
