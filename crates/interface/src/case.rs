//! Test cases: what a `test` block says, as data, and whether a processed message fulfils it.
//!
//! Promises: [`evaluate`] is pure; a [`Verdict`] says what was expected, where, and what was found instead.
//! Never: runs an interface (the engine does), opens a socket, or reads a file.

mod evaluate;
mod verdict;

#[cfg(test)]
mod tests;

pub use evaluate::{Place as Standing, evaluate, place as standing};
pub use verdict::{Failure, Verdict};

use crate::definition::{Edit, Place};
use bytes::Bytes;
use lang::{Claim, Condition, Locus};
use message::{AckCode, Diagnostic, Name};
use std::{sync::Arc, time::Duration};

/// One `test` block.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// The sentence about behaviour.
    pub name: Arc<str>,
    /// The interface that is tested.
    pub interface: Name,
    /// Where it is written.
    pub place: Place,
    /// The bytes of its name in that file.
    pub span: std::ops::Range<usize>,
    /// The messages, in order.
    pub given: Vec<Given>,
    /// How partners behave.
    pub with: Vec<With>,
    /// The time at which it happens, as written (`2026-03-29T02:30 Europe/Berlin`); `None`: now.
    pub at: Option<Arc<str>>,
    /// What must be true at the end.
    pub expectations: Vec<Expectation>,
}

/// One message that goes in.
#[derive(Clone, Debug)]
pub struct Given {
    /// A file of the workspace, or `line 12` for a text in the test itself.
    pub label: Arc<str>,
    /// The bytes before the edits.
    pub bytes: Bytes,
    /// `set PATH = VALUE, …` on this message only.
    pub edits: Option<Arc<Edit>>,
}

/// How a partner behaves in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum With {
    /// `with NAME refuses-connections`.
    Refuses(Name),
    /// `with NAME replies AE`.
    Replies(Name, AckCode),
    /// `with NAME is-slow 5s`: changes nothing of what arrives, only when.
    Slow(Name, Duration),
    /// `with lookup NAME [KEY] returns """…"""`, `nothing`, or `fails`.
    Lookup {
        /// Which lookup.
        name: Name,
        /// For which value; for every one that no other line names when absent.
        key: Option<Arc<str>>,
        /// What it answers.
        answer: Told,
    },
}

/// What a lookup answers in a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// This document of JSON.
    Returns(Arc<str>),
    /// It has nothing under the value.
    Nothing,
    /// It cannot be asked.
    Fails,
}

/// One `expect` line.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The line as written, blanks collapsed.
    pub text: Arc<str>,
    /// Where it is written.
    pub place: Place,
    /// What must be true.
    pub what: Expected,
}

/// What must be true.
#[derive(Clone, Debug)]
pub enum Expected {
    /// Every message that `destination` got fulfils the condition, and it got at least one.
    Holds {
        /// Which destination.
        destination: Name,
        /// What must hold.
        condition: Arc<Condition>,
        /// The path that the line compares, to show what was there instead.
        path: Option<Locus>,
    },
    /// The claim is true of every resource that `destination` got, and it got at least one.
    Claims {
        /// Which destination.
        destination: Name,
        /// What must be true.
        claim: Arc<Claim>,
    },
    /// `destination` took this many; at least one when no number is given.
    Sent {
        /// Which destination.
        destination: Name,
        /// How many.
        count: Option<usize>,
    },
    /// This many wait for `destination`.
    Queued {
        /// Which destination.
        destination: Name,
        /// How many.
        count: usize,
    },
    /// Nothing was planned for `destination`; for any destination when absent.
    Nothing {
        /// Which destination.
        destination: Option<Name>,
    },
    /// What `destination` got is the file, byte for byte; line ends of the file may be LF or CRLF for CR.
    Matches {
        /// Which destination.
        destination: Name,
        /// The file's name.
        file: Arc<str>,
        /// Its content.
        bytes: Bytes,
    },
    /// The message was filtered, by a line that starts with this word if one is given (`keep` or `drop`).
    Filtered {
        /// The word.
        by: Option<Arc<str>>,
    },
    /// The message was refused or parked with this code.
    Rejected {
        /// The code.
        code: Arc<str>,
    },
    /// The message, or a delivery (to `destination` if given), waits for a person.
    Parked {
        /// Which destination.
        destination: Option<Name>,
    },
    /// The sender was told this.
    Acknowledged(AckCode),
    /// A step left a note of this code, at this place of the message if one is given.
    Noted {
        /// The code.
        code: Arc<str>,
        /// The place.
        path: Option<Arc<str>>,
    },
}

/// What became of one given message, as the runner saw it.
#[derive(Clone, Debug)]
pub struct Processed {
    /// How it ended.
    pub end: End,
    /// What goes to which destination, in the order of the plan.
    pub outputs: Vec<(Name, Bytes)>,
    /// What the sender was told.
    pub acknowledgment: Option<AckCode>,
    /// What the steps noted: places and reasons, nothing of the message.
    pub notes: Vec<Diagnostic>,
    /// What validation found: code and place of each issue.
    pub issues: Vec<(Arc<str>, String)>,
}

/// How the processing of a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It has at least one destination.
    Routed,
    /// A line left no destination for it.
    Filtered {
        /// The line as written.
        rule: Arc<str>,
    },
    /// It waits for a person.
    Parked {
        /// Why.
        code: Arc<str>,
    },
    /// It was a part of a message, and is told with the part that completed it.
    Joined,
    /// It was not accepted.
    Refused {
        /// Why.
        code: Arc<str>,
    },
}
