//! A map to FHIR in its compiled form: flat lists of actions with every name looked up.

use super::{
    absent::{self, Absent},
    gates::Lines,
    primitive::{self, Clock, Primitive, Read},
};
use crate::{
    condition::Condition,
    map::grammar::{Missing, Otherwise},
    path::ReadPath,
    place::PlacePath,
    run::Site,
    table::Table,
    value::Value,
    view::Need,
};
use fhir::{Fixed, Name, NameSet, definitions::Type};
use hl7v2::{Filled, structure::NodeId};
use std::{borrow::Cow, ops::Range, sync::Arc};

/// Lines that run in one frame: a map, or a shared map.
#[derive(Debug, Default)]
pub(crate) struct Routine {
    pub(crate) actions: Lines,
    /// Items that lines of one block share.
    pub(crate) slots: usize,
    /// Names of resources.
    pub(crate) names: usize,
    /// Of a shared map that makes a resource.
    pub(crate) resource: Option<Making>,
    /// Elements that must be there, of a shared map for a data type.
    pub(crate) required: Vec<Name>,
}

/// A line. What is large stands behind a pointer, so that many lines fit into little memory.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) kind: Kind,
    pub(crate) when: Option<Box<Condition>>,
    /// Whether it has something to do is found with less work than what its condition says.
    pub(super) is_asked_last: bool,
    pub(crate) site: Site,
}

impl Routine {
    /// A line goes through groups of the message.
    pub(crate) fn has_groups(&self) -> bool {
        self.actions.iter().any(Action::has_groups)
    }
}

impl Action {
    fn has_groups(&self) -> bool {
        let inside = match &self.kind {
            Kind::Each { over, .. } if matches!(**over, Over::Group { .. } | Over::Own { .. }) => return true,
            Kind::Write(write) => write.body.as_ref().map_or(&[][..], |body| &body.actions),
            Kind::Element { body, .. }
            | Kind::Each { body, .. }
            | Kind::Resource { body, .. }
            | Kind::Reopen { body, .. } => &body.actions,
            Kind::When { actions } => actions,
            Kind::Use { .. } => &[],
        };
        inside.iter().any(Action::has_groups)
    }

    pub(crate) fn new(kind: Kind, when: Option<Condition>, site: Site) -> Action {
        let is_fallback = matches!(&kind, Kind::Write(write) if write.is_fallback);
        let is_asked_last = is_fallback && when.as_ref().is_some_and(Condition::is_safe);
        Action { kind, when: when.map(Box::new), is_asked_last, site }
    }

    /// Where what one of these needs is empty, the line does nothing.
    pub(super) fn needs(&self) -> [Option<Need>; 2] {
        // The condition of a line with turns of its own is about each turn.
        let turn = self.kind.turn().unwrap_or(usize::MAX);
        let of_condition = self.when.as_deref().and_then(Condition::need);
        [self.kind.need(), of_condition.filter(|need| !need.is_of_turns_from(turn))]
    }
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// `TARGET = VALUE`
    Write(Box<Write>),
    /// `ELEMENT { … }`
    Element { target: Box<Target>, body: Box<Body> },
    /// `each PATH as NAME { … }`
    Each { over: Box<Over>, turn: usize, body: Box<Body> },
    /// `when COND { … }`
    When { actions: Lines },
    /// `TYPE as NAME { … }`
    Resource { making: Box<Making>, name: Option<usize>, body: Box<Body> },
    /// `NAME { … }`: more lines for a resource that was made above.
    Reopen { name: usize, body: Box<Body> },
    /// `use NAME with PLACE`
    Use { part: usize, with: Box<ReadPath> },
}

impl Kind {
    /// The turn that the line makes itself.
    pub(crate) fn turn(&self) -> Option<usize> {
        match self {
            Kind::Write(write) => write.turn,
            Kind::Each { turn, .. } => Some(*turn),
            Kind::Element { .. }
            | Kind::When { .. }
            | Kind::Resource { .. }
            | Kind::Reopen { .. }
            | Kind::Use { .. } => None,
        }
    }

    /// The parts of the message without which the line does nothing.
    fn need(&self) -> Option<Need> {
        match self {
            // What is missing is told.
            Kind::Write(write) if write.required.is_some() => None,
            Kind::Write(write) => match &write.source {
                Source::Primitive { value, .. } => value.need(),
                Source::Text { from, .. } => from.need(),
                Source::Part { from, .. } | Source::PartPrimitive { from, .. } | Source::Made { from, .. } => {
                    from.need()
                }
                Source::Coded(coded) => match &coded.from {
                    CodeFrom::Element { from, .. } => from.need(),
                    CodeFrom::Value(value) => value.need(),
                },
                Source::Constant { .. } | Source::Named(_) => None,
            },
            Kind::Element { body, .. } => body.actions.need(),
            Kind::Each { over, .. } => match &**over {
                Over::Path(path) => path.need(),
                Over::Own { segment, .. } => Some(Need::of_segments(*segment, Filled::THERE)),
                Over::Group { .. } | Over::Place(_) => None,
            },
            Kind::When { actions } => actions.need(),
            Kind::Use { with, .. } => with.need(),
            Kind::Resource { .. } | Kind::Reopen { .. } => None,
        }
    }
}

/// Lines with their own items and names.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) actions: Lines,
    pub(crate) slots: Range<usize>,
    pub(crate) names: Range<usize>,
    /// Elements that must be there, or the whole is left out.
    pub(crate) required: Vec<Name>,
}

/// What `each` goes over.
#[derive(Debug)]
pub(crate) enum Over {
    /// Segments or repetitions.
    Path(ReadPath),
    /// Groups, inside the turn of a group around.
    Group { node: NodeId, within: Option<usize> },
    /// Places of a message in another format, and the items of an array or of rows.
    Place(Arc<PlacePath>),
    /// Segments that stand in the group of a turn itself, not in a group inside it.
    Own { node: NodeId, within: usize, segment: [u8; 3] },
}

/// A resource to make.
#[derive(Clone, Debug)]
pub(crate) struct Making {
    pub(crate) kind: &'static str,
    pub(crate) identity: Identity,
    /// What it must have.
    pub(crate) required: Arc<[Absent]>,
}

impl Making {
    pub(super) fn new(kind: Type, identity: Identity) -> Making {
        Making { kind: kind.name(), identity, required: absent::of_resource(kind.root().member()).into() }
    }
}

/// What a resource is in the system that gets the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// `create`, or nothing: one of this message.
    Message,
    /// `update by ELEMENT`
    Update(By),
    /// `create-if-none by ELEMENT`
    CreateIfNone(By),
}

/// The element that says which one it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct By {
    pub(crate) name: Name,
    /// The search parameter.
    pub(crate) parameter: Arc<str>,
    /// It is an Identifier, not a plain value.
    pub(crate) is_identifier: bool,
}

/// Where something goes, from the element that the block is for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) hops: Vec<Hop>,
    pub(crate) name: Name,
    pub(crate) last: Last,
    /// Of an extension that a block fills: its `url`.
    pub(crate) url: Option<Fixed>,
    /// The names that it may have: of a choice, one a type.
    pub(crate) names: NameSet,
}

/// One element down.
#[derive(Clone, Debug)]
pub(crate) struct Hop {
    pub(crate) name: Name,
    /// The item of this slot; none for an element that does not repeat.
    pub(crate) slot: Option<usize>,
    /// An extension: its `url`.
    pub(crate) url: Option<Fixed>,
}

/// How the last element is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    /// Its only value: the first one stays.
    Single,
    /// A new item.
    Append,
    /// The item of this slot.
    Slot(usize),
}

/// An assignment.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) target: Target,
    pub(crate) source: Source,
    /// The turn that `as NAME` makes.
    pub(crate) turn: Option<usize>,
    /// What is written inside the new element.
    pub(crate) body: Option<Box<Body>>,
    pub(crate) required: Option<Missing>,
    /// `else TARGET = …`: only where the lines before gave no value.
    pub(crate) is_fallback: bool,
}

/// What is written.
#[derive(Debug)]
pub(crate) enum Source {
    /// Texts, read as a primitive.
    Primitive { value: Value, wanted: Primitive },
    /// One text of a message in HL7 v2, read as a primitive: what most lines do.
    Text { from: ReadPath, wanted: Primitive },
    /// A value of the map itself.
    Constant(Read<'static>),
    /// Values of a place, each through a shared map.
    Part { from: ReadPath, part: usize },
    /// Values of a place, each through a shared map for a primitive.
    PartPrimitive { from: ReadPath, part: usize, wanted: Primitive },
    /// A code through a table.
    Coded(Box<Coded>),
    /// A reference to a resource by its name.
    Named(usize),
    /// A reference to a resource that a shared map makes.
    Made { from: ReadPath, part: usize },
}

impl Source {
    /// What becomes of a value that is read as a primitive.
    pub(super) fn of(value: Value, wanted: Primitive) -> Source {
        // A time may get the offset of a message.
        let is_timeless = !matches!(wanted, Primitive::DateTime | Primitive::Instant | Primitive::Time);
        let constant = value.literal().filter(|_| is_timeless).cloned();
        let read = constant.and_then(|text| primitive::read(Cow::Owned(text.to_string()), wanted, &Clock::default()));
        if let Some(read) = read {
            return Source::Constant(read.fixed());
        }
        match value.plain_path() {
            Some(path) if path.is_of_v2() && !path.is_list() => Source::Text { from: path.clone(), wanted },
            _ => Source::Primitive { value, wanted },
        }
    }
}

/// A code through a table, as Coding or CodeableConcept.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) from: CodeFrom,
    pub(crate) table: Arc<Table>,
    pub(crate) is_concept: bool,
    pub(crate) otherwise: Otherwise,
}

/// Where a code comes from.
#[derive(Debug)]
pub(crate) enum CodeFrom {
    /// A field with parts: the shared map for it makes the element, and the table's coding is put into it.
    Element { from: ReadPath, part: usize },
    /// A text.
    Value(Value),
}
