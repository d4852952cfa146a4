//! A compiled profile: everything by index, nothing left to be looked up by name while a message is checked.
//!
//! Promises: every index is in range once [`super::read`] has returned the profile.

use super::expression::{Expression, Path};
use crate::structure::Structure;
use message::Severity;
use regex::Regex;
use std::collections::{HashMap, HashSet};

/// Hashes of codes: a guide is read from files of the site, never from a message.
type Hash = foldhash::fast::RandomState;

/// Index of a datatype of no kind: a value whose type is not known.
pub(super) const NO_TYPE: u32 = u32::MAX;

/// How an element is to be used (HL7 v2.9 §2.B.7.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// R.
    Required,
    /// RE: sent wherever a value is known.
    RequiredOrEmpty,
    /// O, and B.
    Optional,
    /// C: a predicate decides.
    Conditional,
    /// X.
    NotSupported,
    /// W.
    Withdrawn,
}

impl Usage {
    pub(super) fn read(text: &str) -> Usage {
        match text.trim() {
            "R" => Usage::Required,
            "RE" => Usage::RequiredOrEmpty,
            "X" => Usage::NotSupported,
            "W" => Usage::Withdrawn,
            conditional if conditional.starts_with('C') => Usage::Conditional,
            // O, B (kept for old receivers), IX and what later versions add ask nothing of the message.
            _ => Usage::Optional,
        }
    }
}

/// A place for a value: a field of a segment or a component of a datatype.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) name: Box<str>,
    pub(super) usage: Usage,
    pub(super) datatype: u32,
    pub(super) min: u32,
    /// `u32::MAX` for no bound.
    pub(super) max: u32,
    /// Shortest and longest in characters.
    pub(super) length: Option<(u32, u32)>,
    pub(super) constant: Option<Box<str>>,
}

/// Places of which something is told where they are empty: R and RE, in order.
pub(super) fn wanted(slots: &[Slot]) -> Box<[u16]> {
    let is_wanted = |slot: &Slot| matches!(slot.usage, Usage::Required | Usage::RequiredOrEmpty);
    (1..).zip(slots).filter(|(_, slot)| is_wanted(slot)).map(|(position, _)| position).collect()
}

/// What a primitive value has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Number,
    SequenceId,
    Date,
    Time,
    DateTime,
}

/// Statements that belong to one datatype, segment, group or message.
#[derive(Clone, Debug, Default)]
pub(super) struct Statements {
    pub(super) constraints: Vec<Constraint>,
    pub(super) predicates: Vec<Predicate>,
    pub(super) bindings: Vec<Binding>,
    pub(super) single_codes: Vec<SingleCode>,
    /// Co-constraints of the older form: a key value, and what must hold where it stands.
    pub(super) pairs: Vec<Pair>,
}

impl Statements {
    /// Nothing is said.
    pub(super) fn is_empty(&self) -> bool {
        let has_assertions = !(self.constraints.is_empty() && self.predicates.is_empty() && self.pairs.is_empty());
        let has_bindings = !(self.bindings.is_empty() && self.single_codes.is_empty());
        !has_assertions && !has_bindings
    }
}

#[derive(Clone, Debug)]
pub(super) struct Datatype {
    pub(super) id: Box<str>,
    pub(super) name: Box<str>,
    /// Empty for a primitive.
    pub(super) components: Vec<Slot>,
    /// See [`wanted`].
    pub(super) wanted: Box<[u16]>,
    pub(super) format: Format,
    pub(super) statements: Statements,
}

#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) id: Box<str>,
    pub(super) name: Box<str>,
    pub(super) description: Box<str>,
    pub(super) fields: Vec<Slot>,
    /// See [`wanted`].
    pub(super) wanted: Box<[u16]>,
    pub(super) dynamic: Vec<Dynamic>,
    pub(super) slicings: Vec<Slicing>,
    pub(super) statements: Statements,
}

/// The type of a field is said by the value of another, such as OBX-5 by OBX-2.
#[derive(Clone, Debug)]
pub(super) struct Dynamic {
    pub(super) position: u16,
    /// Field, component and subcomponent; 0 where not said.
    pub(super) reference: [u16; 3],
    pub(super) second: Option<[u16; 3]>,
    pub(super) cases: Vec<Case>,
}

#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) value: Option<Box<str>>,
    pub(super) second: Option<Box<str>>,
    pub(super) datatype: u32,
}

/// Different rules for different instances of the same field or segment.
#[derive(Clone, Debug)]
pub(super) struct Slicing {
    pub(super) position: u16,
    pub(super) slices: Vec<Slice>,
}

#[derive(Clone, Debug)]
pub(super) struct Slice {
    pub(super) when: SliceWhen,
    /// The datatype or segment that applies.
    pub(super) target: u32,
    /// Its id in the profile.
    pub(super) id: Box<str>,
    pub(super) description: Box<str>,
}

#[derive(Clone, Debug)]
pub(super) enum SliceWhen {
    Occurrence(u16),
    Holds(Expression),
}

/// A message or group of a message: what its node in the structure is.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) usage: Option<Usage>,
    /// Of a segment reference.
    pub(super) segment: u32,
    pub(super) min: u32,
    pub(super) max: u32,
    /// Index into [`Message::statements`]; of groups and of the message.
    pub(super) statements: Option<u32>,
    /// Of a segment reference: other rules for some of its instances.
    pub(super) slicing: Option<Slicing>,
}

#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Which of the profile files it is from.
    pub(super) file: u32,
    pub(super) id: Box<str>,
    pub(super) identifier: Box<str>,
    pub(super) name: Box<str>,
    pub(super) kind: Box<str>,
    pub(super) event: Box<str>,
    pub(super) structure_id: Box<str>,
    pub(super) structure: Structure,
    /// One for each node of the structure.
    pub(super) places: Vec<Place>,
    /// The ids of groups, one for each node; of the message its own, of segments empty.
    pub(super) group_ids: Vec<Box<str>>,
    pub(super) statements: Vec<Statements>,
    pub(super) tables: Vec<super::table::Context>,
}

/// A statement of the guide in the assertion language.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    pub(super) id: Box<str>,
    pub(super) target: Option<Path>,
    pub(super) severity: Severity,
    pub(super) description: Box<str>,
    pub(super) assertion: Expression,
}

/// Decides the usage of a conditional element.
#[derive(Clone, Debug)]
pub(super) struct Predicate {
    pub(super) id: Box<str>,
    pub(super) target: Path,
    pub(super) when_true: Usage,
    pub(super) when_false: Usage,
    pub(super) description: Box<str>,
    pub(super) condition: Expression,
}

/// How strongly a value set is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Strength {
    Required,
    Suggested,
    Undetermined,
}

impl Strength {
    pub(super) fn read(text: Option<&str>) -> Strength {
        match text {
            Some("S") => Strength::Suggested,
            Some("U") => Strength::Undetermined,
            _ => Strength::Required,
        }
    }
}

/// A value set that a binding names.
#[derive(Clone, Debug)]
pub(super) enum SetRef {
    Set(u32),
    /// The library says that it is not checked, does not have it, or does not list its codes.
    Unchecked,
}

#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) target: Path,
    pub(super) sets: Vec<SetRef>,
    pub(super) locations: Vec<Location>,
    pub(super) strength: Strength,
}

/// Where the code of an element is, and its code system.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) code: Path,
    pub(super) system: Option<Path>,
}

/// An element that must be one certain code.
#[derive(Clone, Debug)]
pub(super) struct SingleCode {
    pub(super) target: Path,
    pub(super) code: Box<str>,
    pub(super) system: Box<str>,
    pub(super) locations: Vec<Location>,
}

#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub(super) description: Box<str>,
    pub(super) key: Expression,
    pub(super) assertions: Vec<Expression>,
}

/// What a code of a value set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeUsage {
    Required,
    Permitted,
    Excluded,
}

#[derive(Clone, Debug)]
pub(super) struct Coded {
    pub(super) system: Box<str>,
    pub(super) usage: CodeUsage,
}

/// Codes that are said by a shape: a pattern, or `2 … 12`.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Pattern(Regex),
    Between(u64, u64),
}

impl Shape {
    pub(super) fn takes(&self, value: &str) -> bool {
        match self {
            Shape::Pattern(pattern) => pattern.is_match(value),
            Shape::Between(low, high) => value.parse().is_ok_and(|number: u64| (*low..=*high).contains(&number)),
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct ValueSet {
    pub(super) id: Box<str>,
    pub(super) name: Box<str>,
    pub(super) is_open: bool,
    /// It is table 0396, which takes names that sites give.
    pub(super) is_0396: bool,
    /// The code systems of its codes.
    pub(super) systems: HashSet<Box<str>, Hash>,
    pub(super) codes: HashMap<Box<str>, Vec<Coded>, Hash>,
    pub(super) shapes: Vec<(Shape, Coded)>,
}

impl ValueSet {
    pub(super) fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.shapes.is_empty()
    }

    /// Takes the codes of another set of the same name.
    pub(super) fn absorb(&mut self, other: &ValueSet) {
        self.is_open |= other.is_open;
        self.systems.extend(other.systems.iter().cloned());
        for (code, entries) in &other.codes {
            let own = self.codes.entry(code.clone()).or_default();
            own.extend(entries.iter().filter(|entry| entry.usage != CodeUsage::Excluded).cloned());
        }
        self.shapes.extend(other.shapes.iter().cloned());
    }

    /// The entries for a code.
    pub(super) fn find<'a>(&'a self, value: &'a str) -> impl Iterator<Item = &'a Coded> {
        let listed = self.codes.get(value).into_iter().flatten();
        let shaped = self.shapes.iter().filter(move |(shape, _)| shape.takes(value)).map(|(_, coded)| coded);
        listed.chain(shaped)
    }
}

/// The whole profile.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) id: String,
    pub(super) datatypes: Vec<Datatype>,
    pub(super) segments: Vec<Segment>,
    pub(super) messages: Vec<Message>,
    pub(super) sets: Vec<ValueSet>,
    /// How many statements are left to programs that are not known here.
    pub(super) unanswered: usize,
}
