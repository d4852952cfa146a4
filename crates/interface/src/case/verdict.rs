//! What a test case came to.

use crate::definition::Place;
use message::{Diagnostic, Name};
use std::sync::Arc;

/// The result of one test case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The test's name.
    pub name: Arc<str>,
    /// The interface.
    pub interface: Name,
    /// Where it is written.
    pub place: Place,
    /// What was not as expected; empty when it passed.
    pub failures: Vec<Failure>,
    /// What the steps noted on the way, of all given messages in order.
    pub notes: Vec<Diagnostic>,
}

impl Verdict {
    /// Everything was as expected.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// One expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line: `expect pharmacy PV1-3.1 = "4WEST"`.
    pub expected: Arc<str>,
    /// What was found instead. May hold values of the test's own sample, so it is for a terminal, never for a log.
    pub found: String,
    /// Where the expectation is written.
    pub place: Place,
}
