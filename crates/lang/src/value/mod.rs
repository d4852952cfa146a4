//! Values: a path or literal, then steps.
//!
//! `PID-5.1 | trim`, `n.2, n.3 | skip-empty | join " "`, `PID-13.1 else PID-14.1`, `"{PID-5.2} {PID-5.1}"`, `null`.
//! Promises: a plain path or literal is evaluated without allocation; evaluation uses fuel for everything it visits.

mod leaves;
mod parse;
mod template;

use crate::{
    item::{Atom, Item},
    path::ReadPath,
    run::{Fault, Run, Site},
    steps::{Call, Flow},
    table::Table,
    view::{Need, View},
};
use hl7v2::{Element, Level, State};
pub(crate) use leaves::{Coordinate, level_of};
use std::{borrow::Cow, sync::Arc};
use template::Template;

/// A compiled value. [`Value::parse`] reads it, [`Value::evaluate`] runs it.
#[derive(Debug)]
pub struct Value {
    terms: Vec<Term>,
    calls: Vec<Call>,
    flow: Flow,
    is_list: bool,
    site: Site,
}

/// One of the values of a list: the first of its alternatives that is not empty.
#[derive(Debug)]
struct Term {
    alternatives: Vec<Primary>,
}

#[derive(Debug)]
enum Primary {
    Read(ReadPath),
    Literal(Arc<str>),
    Template(Template),
    Null,
    Empty,
    /// A step that begins a value: `uuid`.
    Begin(Box<Call>),
    Inner(Box<Value>),
}

/// What an assignment writes.
#[derive(Debug)]
pub(crate) enum Content<'v> {
    /// One value.
    Atom(Atom<'v>),
    /// Several.
    List(Vec<Atom<'v>>),
    /// A copy with its structure.
    Element(Element<'v>),
    /// A copy with its structure, of which these parts are others.
    Parts(Element<'v>, Vec<(Coordinate, Atom<'v>)>),
}

impl Value {
    /// What a lookup finds under this value; else what stands at `kept`.
    pub(crate) fn asking(mut self, call: Call, kept: Option<ReadPath>) -> Value {
        self.calls.push(call);
        self.flow = Flow::Text;
        let Some(kept) = kept else { return self };
        let site = self.site.clone();
        let alternatives = vec![Primary::Inner(Box::new(self)), Primary::Read(kept)];
        Value { terms: vec![Term { alternatives }], calls: Vec::new(), flow: Flow::Any, is_list: false, site }
    }

    /// What flows out of it, as far as it is known.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// It gives several values.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.is_list
    }

    /// The text, if it is nothing but a literal.
    pub(crate) fn literal(&self) -> Option<&Arc<str>> {
        match self.single()? {
            Primary::Literal(text) => Some(text),
            _ => None,
        }
    }

    /// The path, if it is nothing but a path.
    pub(crate) fn plain_path(&self) -> Option<&ReadPath> {
        match self.single()? {
            Primary::Read(path) => Some(path),
            _ => None,
        }
    }

    /// The path and the table, where it is a path whose value is looked up before anything else happens to it.
    pub(crate) fn looked_up(&self) -> Option<(&ReadPath, &Arc<Table>)> {
        let ([Term { alternatives }], Some(call)) = (self.terms.as_slice(), self.calls.first()) else { return None };
        match alternatives.as_slice() {
            [Primary::Read(path)] => Some((path, call.table.as_ref()?)),
            _ => None,
        }
    }

    /// The names of its steps.
    pub(crate) fn step_names(&self) -> impl Iterator<Item = &'static str> {
        self.calls.iter().map(|call| call.step.name)
    }

    /// Every path that it reads.
    pub(crate) fn each_read(&self, visit: &mut dyn FnMut(&ReadPath)) {
        for primary in self.terms.iter().flat_map(|term| &term.alternatives) {
            match primary {
                Primary::Read(path) => visit(path),
                Primary::Template(template) => template.reads().for_each(&mut *visit),
                Primary::Inner(value) => value.each_read(visit),
                Primary::Literal(_) | Primary::Null | Primary::Empty | Primary::Begin(_) => {}
            }
        }
    }

    /// The parts of the message without which nothing comes of it.
    pub(crate) fn need(&self) -> Option<Need> {
        // A step on each text makes nothing of nothing; one on the whole may.
        let is_plain = self.calls.iter().all(|call| call.operation.is_each());
        let primaries = self.terms.iter().flat_map(|term| &term.alternatives);
        if !is_plain {
            return None;
        }
        Need::of_all(primaries.map(|primary| match primary {
            Primary::Read(path) => path.need(),
            Primary::Inner(value) => value.need(),
            Primary::Literal(_) | Primary::Template(_) | Primary::Null | Primary::Empty | Primary::Begin(_) => None,
        }))
    }

    /// Every path that is a value of its own, to be made narrower or wider; not those inside texts.
    pub(crate) fn each_read_mut(&mut self, visit: &mut dyn FnMut(&mut ReadPath)) {
        for primary in self.terms.iter_mut().flat_map(|term| &mut term.alternatives) {
            match primary {
                Primary::Read(path) => visit(path),
                Primary::Inner(value) => value.each_read_mut(visit),
                Primary::Template(_) | Primary::Literal(_) | Primary::Null | Primary::Empty | Primary::Begin(_) => {}
            }
        }
    }

    fn single(&self) -> Option<&Primary> {
        match (self.terms.as_slice(), self.calls.is_empty()) {
            ([Term { alternatives }], true) if alternatives.len() == 1 => alternatives.first(),
            _ => None,
        }
    }

    /// Paths of a message in HL7 v2, of which the first with a value counts, and steps that each work on one text: what most
    /// values are.
    pub(crate) fn plain(&self) -> Option<Plain<'_>> {
        let [Term { alternatives }] = self.terms.as_slice() else { return None };
        let is_one = |primary: &Primary| matches!(primary, Primary::Read(path) if path.is_of_v2() && !path.is_list());
        let is_plain = alternatives.iter().all(is_one) && self.calls.iter().all(|call| call.operation.is_each());
        is_plain.then_some(Plain { value: self, alternatives })
    }

    /// The value for this message: texts in three states, one or several.
    ///
    /// # Errors
    /// A step that could not work on what flowed into it, or no fuel left.
    pub fn evaluate<'v>(&'v self, view: &View<'v>, run: &mut Run) -> Result<Item<'v>, Fault> {
        self.site.burn(run, 1)?;
        let mut item = match self.terms.as_slice() {
            [term] => term.evaluate(&self.site, view, run)?,
            terms => {
                let mut atoms = Vec::with_capacity(terms.len());
                for term in terms {
                    match term.evaluate(&self.site, view, run)? {
                        Item::One(atom) => atoms.push(atom),
                        Item::Many(more) => atoms.extend(more),
                    }
                }
                Item::Many(atoms)
            }
        };
        for call in &self.calls {
            item = call.apply(item, run)?;
        }
        Ok(item)
    }

    /// What to write to a place of this level: a plain path is copied with its structure, a path with steps keeps its
    /// structure where each step works on one text, anything else is text.
    pub(crate) fn content<'v>(&'v self, view: &View<'v>, target: Level, run: &mut Run) -> Result<Content<'v>, Fault> {
        if let Some(path) = self.plain_path().filter(|path| **path != ReadPath::Now && !path.is_list()) {
            self.site.burn(run, 1)?;
            let element = if target == Level::Field { path.whole(view) } else { path.first(view) };
            return Ok(element.map_or(Content::Atom(Atom::Empty), Content::Element));
        }
        if let Some(parts) = self.parts(view, target, run)? {
            return Ok(parts);
        }
        Ok(match self.evaluate(view, run)? {
            Item::One(atom) => Content::Atom(atom),
            Item::Many(atoms) => Content::List(atoms),
        })
    }
}

/// See [`Value::plain`].
#[derive(Clone, Copy)]
pub(crate) struct Plain<'v> {
    value: &'v Value,
    alternatives: &'v [Primary],
}

impl<'v> Plain<'v> {
    /// As [`Value::evaluate`]; `None` where no text comes of it.
    pub(crate) fn text(self, view: &View<'v>, run: &mut Run) -> Result<Option<Cow<'v, str>>, Fault> {
        let site = &self.value.site;
        site.burn(run, 1)?;
        let mut found = None;
        for primary in self.alternatives {
            let Primary::Read(path) = primary else { continue };
            site.burn(run, 1)?;
            found = path.first(view).filter(|element| element.state() != State::Empty);
            if found.is_some() {
                break;
            }
        }
        let found = found.filter(|element| element.state() == State::Value).map(|element| element.text());
        let Some(mut text) = found.filter(|text| !text.is_empty()) else { return Ok(None) };
        for call in &self.value.calls {
            match call.apply_to_text(text, run)? {
                Some(made) => text = made,
                None => return Ok(None),
            }
        }
        Ok(Some(text))
    }
}

impl Term {
    fn evaluate<'v>(&'v self, site: &Site, view: &View<'v>, run: &mut Run) -> Result<Item<'v>, Fault> {
        let mut last = Item::EMPTY;
        for primary in &self.alternatives {
            last = primary.evaluate(site, view, run)?;
            if !last.is_empty() {
                break;
            }
        }
        Ok(last)
    }
}

impl Primary {
    fn evaluate<'v>(&'v self, site: &Site, view: &View<'v>, run: &mut Run) -> Result<Item<'v>, Fault> {
        Ok(match self {
            Primary::Read(path) => {
                let item = path.value(view, run);
                site.burn(run, item.atoms().len() as u64)?;
                item
            }
            Primary::Literal(text) => Item::One(Atom::text(Cow::Borrowed(&**text))),
            Primary::Template(template) => Item::One(template.evaluate(site, view, run)?),
            Primary::Null => Item::One(Atom::Null),
            Primary::Empty => Item::EMPTY,
            Primary::Begin(call) => call.apply(Item::EMPTY, run)?,
            Primary::Inner(value) => value.evaluate(view, run)?,
        })
    }
}

#[cfg(test)]
mod tests;
