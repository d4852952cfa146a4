//! What lines read: the elements that a path names, the turns of an `each`, values and primitives.

use super::{
    gates::{Due, Lines},
    machine::Machine,
    plan::{Kind, Source},
    primitive::{self, Primitive, Read},
};
use crate::{
    codes,
    item::{Atom, Item},
    path::{ReadPath, each_repetition, every_within},
    run::{Fault, Site},
    value::{Plain, Value},
    view::Turn,
};
use hl7v2::{
    Element, Only, State,
    path::{Index, Member},
};
use message::Diagnostic;
use std::{borrow::Cow, ops::Range};

impl<'p, 'm> Machine<'p, 'm, '_> {
    /// The groups of a structure's node, inside the turn of a group around; of the first node one, the whole message.
    pub(super) fn group_turns(&self, node: u32, within: Option<usize>) -> Vec<Turn<'m>> {
        if node == 0 {
            let span = (0, self.view.segments.len() as u32);
            let first = self.view.segments.first();
            return first.map(|element| Turn { span, ..Turn::new(*element) }).into_iter().collect();
        }
        let (first, end) = within.and_then(|slot| self.view.turn(slot)).map_or((0, u32::MAX), |turn| turn.span);
        let inside =
            self.view.groups_within(first, end).iter().filter(|(found, _, stop)| *found == node && *stop <= end);
        let turn = |(_, start, stop): &(u32, u32, u32)| {
            let element = *self.view.segments.get(*start as usize)?;
            Some(Turn { span: (*start, *stop), ..Turn::new(element) })
        };
        inside.filter_map(turn).collect()
    }

    /// The segments of the turn's group `node` itself. Groups inside it have higher numbers: nodes are numbered from the top.
    pub(super) fn gather_own(&mut self, node: u32, within: usize, segment: [u8; 3]) -> Range<usize> {
        let before = self.found.len();
        let (first, end) = self.view.turn(within).map_or((0, 0), |turn| turn.span);
        let groups = self.view.groups_within(first, end);
        let is_deeper = |at: u32| {
            groups.iter().any(|(found, start, stop)| *found > node && *stop <= end && (*start..*stop).contains(&at))
        };
        let named = (first..end).filter_map(|at| Some((at, *self.view.segments.get(at as usize)?)));
        let wanted = named.filter(|(at, found)| found.raw().get(..3) == Some(&segment) && !is_deeper(*at));
        let wanted: Vec<Element<'m>> = wanted.map(|(_, element)| element).collect();
        self.found.extend(wanted);
        before..self.found.len()
    }

    /// The first of the elements that a path names.
    pub(super) fn first_of(&mut self, path: &ReadPath) -> Option<Element<'m>> {
        let found = self.gather(path, false);
        let first = self.found.get(found.start).copied();
        self.found.truncate(found.start);
        first
    }

    /// Puts the elements that a path names behind [`Machine::found`]: every repetition where it says no index, or the
    /// first. Gives their places there; whoever asked takes them away again.
    pub(super) fn gather(&mut self, path: &ReadPath, is_every: bool) -> Range<usize> {
        let before = self.found.len();
        let (view, found) = (&self.view, &mut self.found);
        let mut take = |element: Option<Element<'m>>| {
            found.extend(element);
            !is_every && element.is_some()
        };
        match path {
            ReadPath::Message(path) if path.is_segment() => {
                let mut segments = view.message.segments_named(path.segment).enumerate();
                segments.any(|(at, segment)| is_number(&path.occurrence, at + 1) && take(Some(segment)));
            }
            ReadPath::Message(path) => {
                let mut segments = view.message.segments_named(path.segment);
                match &path.occurrence {
                    Index::All => {
                        segments.any(|segment| repetitions(segment, &path.member, &mut take));
                    }
                    Index::At(number) => {
                        let wanted = segments.nth(usize::from(*number).saturating_sub(1));
                        wanted.map(|segment| repetitions(segment, &path.member, &mut take));
                    }
                    Index::Unsaid | Index::Append | Index::Where(_) => {
                        if let Some(segment) = segments.next() {
                            match view.only_of(&segment, &path.member) {
                                Only::Nothing => {}
                                Only::One(element) => {
                                    take(Some(element));
                                }
                                Only::Several => {
                                    repetitions(segment, &path.member, &mut take);
                                }
                            }
                        }
                    }
                }
            }
            ReadPath::Within { slot, group, path } => {
                let mut segments = every_within(view, *slot, *group, path);
                if path.is_segment() {
                    segments.any(|segment| take(Some(segment)));
                } else if path.occurrence == Index::All {
                    segments.any(|segment| repetitions(segment, &path.member, &mut take));
                } else if let Some(segment) = segments.next() {
                    repetitions(segment, &path.member, &mut take);
                }
            }
            ReadPath::Bound { slot, member } => match &member.field {
                Some((number, index)) => match view.only(*slot, member) {
                    Only::Nothing => {}
                    Only::One(element) => found.push(element),
                    Only::Several => {
                        each_repetition(view.field(*slot, *number), index, member, |part| take(part.filter(is_filled)));
                    }
                },
                None => {
                    take(view.get(*slot, member));
                }
            },
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => {}
        }
        before..self.found.len()
    }

    /// Keeps what a value reads, where origins are asked for.
    pub(super) fn trace_reads(&mut self, value: &Value) {
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
            let view = &self.view;
            value.each_read(&mut |path| lineage.read(path, view));
        }
    }

    /// As [`Machine::trace_reads`], of a value of the map itself.
    pub(super) fn trace_nothing(&mut self) {
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
        }
    }

    /// The text at the first place that a path names, where there is one.
    #[inline]
    pub(super) fn text_at(&mut self, path: &ReadPath, site: &Site) -> Result<Option<Cow<'m, str>>, Fault> {
        site.burn(self.run, 2)?;
        if let Some(lineage) = &mut self.lineage {
            lineage.begin();
            lineage.read(path, &self.view);
        }
        let element = path.first(&self.view).filter(|element| element.state() == State::Value);
        Ok(element.map(|element| element.text()).filter(|text| !text.is_empty()))
    }

    /// A value; `None` with a note where a step could not do its work. What must stop the message stops it.
    pub(super) fn evaluated<'v>(&mut self, value: &'v Value) -> Result<Option<Item<'v>>, Fault>
    where
        'm: 'v,
    {
        self.trace_reads(value);
        let item = value.evaluate(&self.view, self.run);
        self.settled(item)
    }

    /// The short way of a value, where it has one; whoever keeps origins goes the long one.
    #[inline]
    pub(super) fn plain<'v>(&self, value: &'v Value) -> Option<Plain<'v>> {
        value.plain().filter(|_| self.lineage.is_none())
    }

    /// `None` with a note where a step could not do its work. What must stop the message stops it.
    #[inline]
    pub(super) fn settled<T>(&mut self, done: Result<T, Fault>) -> Result<Option<T>, Fault> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(fault) if fault.code.id == codes::E2404.id || fault.code.id == codes::E2402.id => Err(fault),
            Err(fault) => {
                let finding = Diagnostic { severity: message::Severity::Warning, ..fault.diagnostic() };
                self.run.note(finding);
                Ok(None)
            }
        }
    }

    pub(super) fn read<'t>(
        &mut self,
        text: std::borrow::Cow<'t, str>,
        wanted: Primitive,
        site: &Site,
    ) -> Option<Read<'t>> {
        let is_blank =
            !text.bytes().next().is_some_and(|byte| byte.is_ascii_graphic()) && text.chars().all(char::is_whitespace);
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

    /// What a shared map for a primitive makes of an element: the first of its lines that has a value.
    pub(super) fn primitive_of(
        &mut self,
        part: usize,
        element: Element<'m>,
        wanted: Primitive,
        site: &'p Site,
    ) -> Result<Option<Read<'static>>, Fault> {
        let Some(routine) = self.routines.get(part) else { return Ok(None) };
        site.burn(self.run, 2)?;
        let frame = self.enter(routine, element);
        let found = self.first_value(&routine.actions, wanted);
        self.leave(frame);
        found
    }

    fn first_value(&mut self, actions: &'p Lines, wanted: Primitive) -> Result<Option<Read<'static>>, Fault> {
        let (mut due, mut done) = (Due::default(), 0);
        while let Some(number) = due.next(actions, &self.view) {
            let action = &actions[number];
            action.site.burn(self.run, (number + 1 - done) as u64)?;
            done = number + 1;
            if !self.is_wanted(action)? {
                continue;
            }
            let found = match &action.kind {
                Kind::When { actions } => self.first_value(actions, wanted)?,
                Kind::Write(write) => match &write.source {
                    Source::Text { from, .. } => match self.text_at(from, &action.site)? {
                        Some(text) => self.read(text.into_owned().into(), wanted, &action.site),
                        None => None,
                    },
                    Source::Constant(read) => {
                        self.trace_nothing();
                        Some(read.clone())
                    }
                    Source::Primitive { value, .. } if let Some(plain) = self.plain(value) => {
                        let text = plain.text(&self.view, self.run);
                        let text = self.settled(text)?.flatten();
                        text.and_then(|text| self.read(text.into_owned().into(), wanted, &action.site))
                    }
                    Source::Primitive { value, .. } => {
                        let item = self.evaluated(value)?;
                        let text = item
                            .as_ref()
                            .and_then(|item| item.atoms().iter().find(|atom| matches!(atom, Atom::Text(_))));
                        let text = text.map(|atom| atom.as_str().to_owned());
                        text.and_then(|text| self.read(text.into(), wanted, &action.site))
                    }
                    Source::PartPrimitive { from, part, .. } => match self.first_of(from) {
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
}

/// A segment with this number, from 1, is one that the index names.
fn is_number(index: &Index, number: usize) -> bool {
    match index {
        Index::Unsaid | Index::All => true,
        Index::At(wanted) => usize::from(*wanted) == number,
        Index::Append | Index::Where(_) => false,
    }
}

fn is_filled(element: &Element<'_>) -> bool {
    !element.is_empty()
}

/// Every repetition that a member names, with the part that it names in each, until `take` has enough.
fn repetitions<'m>(element: Element<'m>, member: &Member, take: &mut impl FnMut(Option<Element<'m>>) -> bool) -> bool {
    match &member.field {
        Some((number, index)) => {
            each_repetition(element.field(*number), index, member, |part| take(part.filter(is_filled)))
        }
        None => take(element.get(member)),
    }
}
