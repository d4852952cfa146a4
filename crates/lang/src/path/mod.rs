//! Paths as lines use them: found in words, checked, ready to read.
//!
//! Owns the shorthands (`event`, `patient` …) and the names bound by `each`. The evaluation of a v2 path is `hl7v2`'s.

mod resolve;
mod target;

pub(crate) use resolve::{
    Found, SHORTHANDS, bound_name, check_path, is_segment_shape, looks_like_path, not_a_path, parse_v2, resolve,
};
pub(crate) use target::{Target, parse_target};

use crate::{
    item::{Atom, Item},
    map::from_fhir::path::ElementPath,
    place::{self, PlacePath},
    run::Run,
    view::{Need, View},
};
use hl7v2::{
    Element, Filled, Path, State,
    path::{Index, Member},
    structure::NodeId,
};
use std::sync::Arc;

/// A resolved path to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReadPath {
    /// A path of the message.
    Message(Path),
    /// A path inside the turn of an `each` over a group; with `group`, inside groups of that turn.
    Within { slot: usize, group: Option<Inside>, path: Path },
    /// A member of what a name stands for.
    Bound { slot: usize, member: Member },
    /// Elements of FHIR, in a map from FHIR.
    Element(Arc<ElementPath>),
    /// Places of a message in another format.
    Place(Arc<PlacePath>),
    /// The time of the run.
    Now,
}

/// Groups inside the turn of an `each`, as `TIMING.TQ1-3` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) node: NodeId,
    /// Which of them in the turn, from 1; every one where the path does not say.
    pub(crate) number: Option<u16>,
}

/// The three states of an element as a value.
pub(crate) fn atom(element: Element<'_>) -> Atom<'_> {
    match element.state() {
        State::Empty => Atom::Empty,
        State::Null => Atom::Null,
        State::Value => Atom::text(element.text()),
    }
}

impl ReadPath {
    /// The part of the message, or of what a name stands for, without which the path has no value.
    pub(crate) fn need(&self) -> Option<Need> {
        match self {
            ReadPath::Bound { slot, member } => {
                let number = member.field.as_ref().map(|(number, _)| *number).or(member.component)?;
                Some(Need { slot: u32::try_from(*slot).ok()?, parts: Filled::part(number) })
            }
            ReadPath::Message(path) | ReadPath::Within { path, .. } => {
                let parts = path.member.field.as_ref().map_or(Filled::THERE, |(number, _)| Filled::part(*number));
                Some(Need::of_segments(path.segment, parts))
            }
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => None,
        }
    }

    /// It says `[*]`, so as a value it is a list.
    pub(crate) fn is_list(&self) -> bool {
        let repetition = |member: &Member| matches!(member.field, Some((_, Index::All)));
        match self {
            ReadPath::Message(path) | ReadPath::Within { path, .. } => {
                path.occurrence == Index::All || repetition(&path.member)
            }
            ReadPath::Bound { member, .. } => repetition(member),
            ReadPath::Element(path) => path.is_list,
            ReadPath::Place(path) => path.is_list,
            ReadPath::Now => false,
        }
    }

    /// It leads into a message of HL7 v2.
    pub(crate) fn is_of_v2(&self) -> bool {
        match self {
            ReadPath::Message(_) | ReadPath::Within { .. } | ReadPath::Bound { .. } => true,
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => false,
        }
    }

    /// A whole segment.
    pub(crate) fn is_segment(&self) -> bool {
        matches!(self, ReadPath::Message(path) | ReadPath::Within { path, .. } if path.is_segment())
    }

    /// The element for a copy: a field without more is the field with all its repetitions.
    pub(crate) fn whole<'m>(&self, view: &View<'m>) -> Option<Element<'m>> {
        match self {
            ReadPath::Message(path) => match view.focus_of(path) {
                Some(focus) => whole_of(focus, &path.member),
                None => view.message.whole(path),
            },
            ReadPath::Bound { slot, member } => whole_of(view.turn(*slot)?.element, member),
            ReadPath::Within { slot, group, path } => {
                whole_of(segment_within(view, *slot, *group, path)?, &path.member)
            }
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => None,
        }
    }

    /// The first element.
    pub(crate) fn first<'m>(&self, view: &View<'m>) -> Option<Element<'m>> {
        match self {
            ReadPath::Message(path) => match view.focus_of(path) {
                Some(focus) => focus.get(&path.member),
                None => view.first(path),
            },
            ReadPath::Bound { slot, member } => view.get(*slot, member),
            ReadPath::Within { slot, group, path } => {
                let segment = segment_within(view, *slot, *group, path)?;
                if path.is_segment() { Some(segment) } else { segment.get(&path.member) }
            }
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => None,
        }
    }

    /// As a value: the first, or the list that `[*]` asks for.
    pub(crate) fn value<'m>(&self, view: &View<'m>, run: &mut Run) -> Item<'m> {
        if matches!(self, ReadPath::Now) {
            return Item::One(Atom::text(run.now.to_dtm()));
        }
        if let ReadPath::Element(path) = self {
            return path.value(view);
        }
        if let ReadPath::Place(path) = self {
            return path.value(view);
        }
        if !self.is_list() {
            return Item::One(self.first(view).map_or(Atom::Empty, atom));
        }
        let mut atoms = Vec::new();
        self.every(view, |element| {
            atoms.push(atom(element));
            false
        });
        Item::Many(atoms)
    }

    /// Gives every element that the path can name to `visit`, until it says `true`. Empty ones below segment level are
    /// left out.
    pub(crate) fn every<'m>(&self, view: &View<'m>, mut visit: impl FnMut(Element<'m>) -> bool) -> bool {
        match self {
            ReadPath::Message(path) => match view.focus_of(path) {
                Some(focus) => {
                    each_place(focus, &path.member, |place| place.is_some_and(|e| !e.is_empty() && visit(e)))
                }
                None => view.message.every(path).any(visit),
            },
            ReadPath::Bound { slot, member } => {
                each_bound(view, *slot, member, |place| place.is_some_and(|e| !e.is_empty() && visit(e)))
            }
            ReadPath::Within { slot, group, path } => every_within(view, *slot, *group, path).any(|segment| {
                each_place(segment, &path.member, |place| {
                    place.is_some_and(|element| (path.is_segment() || !element.is_empty()) && visit(element))
                })
            }),
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => false,
        }
    }

    /// Gives every place that the path can name to `visit`, the empty ones too: one for each repetition that is there,
    /// and one for a segment whose field is empty. What `all` needs.
    pub(crate) fn places<'m>(&self, view: &View<'m>, mut visit: impl FnMut(Option<Element<'m>>) -> bool) -> bool {
        match self {
            ReadPath::Message(path) => {
                if let Some(focus) = view.focus_of(path) {
                    return each_place(focus, &path.member, visit);
                }
                let is_wanted = |number: usize| match &path.occurrence {
                    Index::Unsaid | Index::All => true,
                    Index::At(wanted) => usize::from(*wanted) == number,
                    Index::Append | Index::Where(_) => false,
                };
                view.message
                    .segments_named(path.segment)
                    .enumerate()
                    .filter(|(at, _)| is_wanted(at + 1))
                    .any(|(_, segment)| each_place(segment, &path.member, &mut visit))
            }
            ReadPath::Bound { slot, member } => each_bound(view, *slot, member, visit),
            ReadPath::Within { slot, group, path } => {
                every_within(view, *slot, *group, path).any(|segment| each_place(segment, &path.member, &mut visit))
            }
            ReadPath::Element(_) | ReadPath::Place(_) | ReadPath::Now => false,
        }
    }

    /// As [`ReadPath::every`], as values: also those of FHIR.
    pub(crate) fn every_atom<'m>(&self, view: &View<'m>, mut visit: impl FnMut(Atom<'m>) -> bool) -> bool {
        match self {
            ReadPath::Element(path) => path.every(view, &mut |node| visit(path.atom(node))),
            ReadPath::Place(path) => path.every(view, &mut |node| visit(place::atom(node))),
            _ => self.every(view, |element| visit(atom(element))),
        }
    }
}

/// A field without more with all its repetitions.
fn whole_of<'m>(element: Element<'m>, member: &Member) -> Option<Element<'m>> {
    match member {
        Member { field: Some((number, Index::Unsaid)), component: None, .. } => element.field(*number),
        _ => element.get(member),
    }
}

/// The segment of a group's turn that a path means.
fn segment_within<'m>(view: &View<'m>, slot: usize, group: Option<Inside>, path: &Path) -> Option<Element<'m>> {
    let mut segments = view.within(slot, group, path.segment);
    match &path.occurrence {
        Index::Unsaid | Index::All => segments.next(),
        Index::At(number) => segments.nth(usize::from(*number).checked_sub(1)?),
        Index::Append | Index::Where(_) => None,
    }
}

/// Every segment of a group's turn that a path can mean.
pub(crate) fn every_within<'m>(
    view: &View<'m>,
    slot: usize,
    group: Option<Inside>,
    path: &Path,
) -> impl Iterator<Item = Element<'m>> {
    let wanted = match &path.occurrence {
        Index::Unsaid | Index::All => None,
        Index::At(number) => Some(usize::from(*number)),
        Index::Append | Index::Where(_) => Some(0),
    };
    let numbered = view.within(slot, group, path.segment).enumerate();
    numbered.filter(move |(at, _)| wanted.is_none_or(|wanted| wanted == at + 1)).map(|(_, segment)| segment)
}

/// The repetition with this number, from 1, is one that the index names.
pub(crate) fn is_named(index: &Index, number: usize, repetition: Element<'_>) -> bool {
    match index {
        Index::Unsaid | Index::All => true,
        Index::At(wanted) => usize::from(*wanted) == number,
        Index::Append => false,
        Index::Where(filter) => {
            let part = Member { field: None, component: Some(filter.component), subcomponent: filter.subcomponent };
            repetition.inner(&part).map_or(filter.value.is_empty(), |element| element.text() == *filter.value)
        }
    }
}

fn each_place<'m>(element: Element<'m>, member: &Member, mut visit: impl FnMut(Option<Element<'m>>) -> bool) -> bool {
    match &member.field {
        Some((number, index)) => each_repetition(element.field(*number), index, member, visit),
        None => visit(element.get(member)),
    }
}

/// As [`each_place`], of what a name stands for.
fn each_bound<'m>(
    view: &View<'m>,
    slot: usize,
    member: &Member,
    mut visit: impl FnMut(Option<Element<'m>>) -> bool,
) -> bool {
    match &member.field {
        _ if view.turn(slot).is_none() => false,
        Some((number, index)) => each_repetition(view.field(slot, *number), index, member, visit),
        None => visit(view.get(slot, member)),
    }
}

/// The part that a member names in every repetition of a field that it names.
pub(crate) fn each_repetition<'m>(
    field: Option<Element<'m>>,
    index: &Index,
    member: &Member,
    mut visit: impl FnMut(Option<Element<'m>>) -> bool,
) -> bool {
    let Some(field) = field.filter(|field| !field.is_empty()) else { return visit(None) };
    if field.level() == hl7v2::Level::Verbatim {
        return visit(Some(field));
    }
    field
        .parts()
        .enumerate()
        .filter(|(at, repetition)| is_named(index, at + 1, *repetition))
        .any(|(_, repetition)| visit(repetition.inner(member)))
}
