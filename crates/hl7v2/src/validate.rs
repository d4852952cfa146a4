//! What validation tells: issues, each with a code, a severity, a place and a sentence; whatever the rules come from.
//!
//! Promises: a message is valid when no issue is an error; the sentence says what the rule asks, and never holds content
//! of the message. What stood there is apart, as [`Phi`], and only where it was asked for.
//! Never: rules. A profile ([`crate::profile`]) has them.

use message::{Phi, Severity};
use std::borrow::Cow;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The id of the statement that is broken (`LOI-51`, `[CWE_CR]6[1]`, `HL70155_USL.1`), or a code of the catalogue.
    pub code: Cow<'static, str>,
    /// An error makes the message invalid.
    pub severity: Severity,
    /// `OBX[3]-5.1`; of a group, its group path.
    pub path: String,
    /// The groups around the place: `ORDER[2].OBSERVATION`; empty at the top.
    pub group: String,
    /// One or two sentences to forward: what the rule says, and how the message stands to it.
    pub message: String,
    /// What stood there, when values were asked for.
    pub found: Option<Phi<String>>,
}

/// All that was found about one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// In order of the message, the structure first.
    pub issues: Vec<Issue>,
    /// Issues beyond [`ISSUES_MAX`] that are not in the list.
    pub left_out: usize,
    /// One of those left out was an error.
    pub is_error_left_out: bool,
}

/// Most issues that one report holds.
pub const ISSUES_MAX: usize = 10_000;

impl Report {
    /// No issue is an error.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.count(Severity::Error) == 0 && !self.is_error_left_out
    }

    /// How many issues have this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.issues.iter().filter(|issue| issue.severity == severity).count()
    }

    /// Adds an issue, within the limit.
    pub fn push(&mut self, issue: Issue) {
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(issue);
        } else {
            self.left_out += 1;
            self.is_error_left_out |= issue.severity == Severity::Error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_bounded_and_stay_honest() {
        let issue = |severity| Issue {
            code: Cow::Borrowed("X-1"),
            severity,
            path: String::new(),
            group: String::new(),
            message: String::new(),
            found: None,
        };
        let mut report = Report::default();
        for _ in 0..ISSUES_MAX {
            report.push(issue(Severity::Warning));
        }
        assert!(report.is_valid());
        report.push(issue(Severity::Error));
        assert_eq!((report.issues.len(), report.left_out, report.is_valid()), (ISSUES_MAX, 1, false));
    }
}
