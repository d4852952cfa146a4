//! A map from FHIR in its compiled form.

use super::{path::ElementPath, values::Plain};
use crate::{
    condition::Condition,
    map::grammar::{Missing, Otherwise},
    place::PlacePath,
    run::Site,
    table::Table,
    value::Value,
};
use std::{ops::Range, sync::Arc};

/// Lines that run in one frame: a map, or a shared map.
#[derive(Debug, Default)]
pub(crate) struct Routine {
    pub(crate) actions: Vec<Action>,
    /// Repetitions that lines of one block share.
    pub(crate) slots: usize,
}

/// A line.
#[derive(Debug)]
pub(crate) struct Action {
    pub(crate) kind: Kind,
    pub(crate) when: Option<Condition>,
    pub(crate) site: Site,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// `SEGMENT { … }`
    Segment(Box<Segment>),
    /// `TARGET = VALUE`
    Write(Box<Write>),
    /// `each PATH as NAME { … }`
    Each { over: Over, turn: usize, body: Body },
    /// `when COND { … }`
    When { actions: Vec<Action> },
    /// `use NAME with PATH`
    Use { part: usize, with: Arc<ElementPath> },
}

/// What an `each` goes over.
#[derive(Debug)]
pub(crate) enum Over {
    /// Elements of FHIR.
    Element(Arc<ElementPath>),
    /// Places of another format.
    Place(Arc<PlacePath>),
}

impl Over {
    /// There may be several turns.
    pub(crate) fn repeats(&self) -> bool {
        match self {
            Over::Element(path) => path.repeats,
            Over::Place(_) => true,
        }
    }
}

/// Lines with repetitions of their own.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) actions: Vec<Action>,
    pub(crate) slots: Range<usize>,
}

/// A segment to make.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: [u8; 3],
    /// The message needs it, so that it stays also without a value of the bundle.
    pub(crate) is_required: bool,
    /// Its first field is a set id (type SI), which counts by itself.
    pub(crate) counts: bool,
    /// Fields that must have a value.
    pub(crate) required: Vec<u16>,
    pub(crate) body: Body,
}

/// Where something goes, from the segment or value that the block is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// The field of a segment, and which of its repetitions.
    pub(crate) field: Option<(u16, Which)>,
    /// Component and subcomponent, down to what takes a text.
    pub(crate) parts: Vec<u16>,
}

/// A repetition of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// That of this number.
    At(u16),
    /// A new one.
    New,
    /// The one that the lines of the block share.
    Slot(usize),
}

/// An assignment.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) target: Target,
    pub(crate) from: From,
    pub(crate) required: Option<Missing>,
    /// `else TARGET = …`
    pub(crate) is_fallback: bool,
}

/// What is written.
#[derive(Debug)]
pub(crate) enum From {
    /// Texts, written as a simple type. `reads` is false for a text of the map.
    Text { value: Value, plain: Plain, reads: bool },
    /// Values of a path, each through a shared map. `most` components are there in the target's own type.
    Part { path: Arc<ElementPath>, part: usize, most: u16 },
    /// Codings or concepts of a path, each through a table.
    Coded(Box<Coded>),
}

/// A code through a table.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) path: Arc<ElementPath>,
    pub(crate) table: Arc<Table>,
    pub(crate) is_backwards: bool,
    /// The target has components for name and system: `CWE`.
    pub(crate) has_parts: bool,
    /// What the table of the field is called as a system: `HL70001`.
    pub(crate) system: Option<String>,
    /// The shared map for what the table does not have, and how many components the target's own type has.
    pub(crate) part: Option<(usize, u16)>,
    pub(crate) otherwise: Otherwise,
}
