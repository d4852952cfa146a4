//! Statements that a guide leaves to a program of its own tool, and what we check in their place.
//!
//! The guides of one family (laboratory orders, results, compendiums, syndromic surveillance) name a Java class for
//! statements that their language cannot say. Their sentences follow a few patterns; each pattern is an operation here,
//! and its operands are read from the sentence. A sentence that fits none is not checked, and the reader of the profile
//! is told.
//!
//! Promises: a program that is not known is never guessed at: it holds nothing against a message.

mod codes;
mod parse;
mod run;

pub(super) use codes::is_code;
pub(super) use parse::resolve;
pub(super) use run::run;

/// A code system whose codes can be checked by their form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeSystem {
    /// `12345-6`, with a check digit.
    Loinc,
    /// 6 to 18 digits, with a partition and a check digit.
    Snomed,
}

/// A field of a segment, and a part of it: `OBR-4.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldRef {
    pub(super) segment: [u8; 3],
    pub(super) field: u16,
    /// 0 for the whole field.
    pub(super) component: u16,
}

/// Which of several times is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    Earliest,
    Latest,
}

/// What is done instead of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// MSH-21 holds all ids of one of the lists.
    ProfileIds(Vec<Vec<Box<str>>>),
    /// Where the code system is the one, the code has its form: of the first triplet, or the second.
    CodeForm { field: FieldRef, system: CodeSystem },
    /// The field is not the same twice in the context; groups of prior results do not count.
    Unique(FieldRef),
    /// At most one segment of the context has this value.
    AtMostOne { field: FieldRef, value: Box<str> },
    /// As many segments with this value as the field has repetitions.
    OneForEach { field: FieldRef, among: FieldRef, value: Box<str> },
    /// Each segment with the value has its other field among the repetitions of the first.
    Among { field: FieldRef, when: FieldRef, value: Box<str>, same: FieldRef },
    /// Observations of one kind differ in their sub-id.
    UniqueObservation,
    /// The first is at the same time as the second or later.
    NotBefore { first: (FieldRef, Pick), second: (FieldRef, Pick) },
    /// Every value of the first is a value of the second.
    EachIn { first: FieldRef, second: FieldRef },
    /// Ids that MSH-21 has to hold in one repetition.
    ProfileEntity([Box<str>; 4]),
    /// Where the first is said, there is a segment (another one, if so) whose fields have the values of these.
    Linked { when: FieldRef, is_other: bool, pairs: Vec<(FieldRef, FieldRef)> },
    /// Numbers in two parts, `3.1`: the first is that of the segment above, the second counts.
    PartNumber { field: FieldRef, above: FieldRef },
    /// Observations with one sub-id tell a vaccine information statement: barcode and date given, or vaccine type,
    /// version date and date given.
    Statements,
    /// Every child order names its parent order, and the observation of it that it follows from.
    ParentOrder { has_service: bool },
    /// All of several.
    All(Vec<Run>),
}
