//! What validation tells: issues, each with a code, a severity, a place and a sentence; whatever the rules come from.
//!
//! Promises: a message is valid when no issue is an error; the sentence says what the rule asks, and never holds content
//! of the message. What stood there is apart, as [`Phi`], and only where it was asked for.
//!
//! The rules of a guide's profile are in [`crate::profile`]; those of the standard are here: [`validate`] checks a message by the
//! dictionary of its version, strictly or as receivers in practice need it ([`Level`]). A profile of a site is the standard
//! with [`lines`] over it: [`validate_with`]. [`Conditions`] makes ERR segments of any of them.
//!
//! ```
//! use hl7v2::{Message, validate::{self, Level, Options}};
//! let (message, findings) = Message::parse("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5\rEVN||20260301\rPID|1||7||Doe||1970-01-01\rPV1|1|I\r");
//! let report = validate::validate(&message, &findings, Options::default());
//! assert_eq!(report.issues.iter().map(|issue| &*issue.path).collect::<Vec<_>>(), ["PID-7"]);
//! assert!(!report.is_valid());
//! ```

mod check;
mod condition;
mod form;
mod header;
mod levels;
pub mod lines;
mod placing;
#[cfg(test)]
mod rules;
mod segments;
mod spot;
mod values;

pub use condition::{CONDITIONS_MAX, Conditions, condition};
pub use form::{Fit, Form};
pub use levels::Level;

use crate::Message;
use message::{Diagnostic, Phi, Severity};
use std::borrow::Cow;

/// What a check by the standard should tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// How strictly.
    pub level: Level,
    /// What stood at the place of an issue, as [`message::Phi`].
    pub values: bool,
}

/// Checks a message by the dictionary of the version that MSH-12 names, or of the nearest one. `findings` is what
/// [`Message::parse`] said of it.
#[must_use]
pub fn validate(message: &Message, findings: &[Diagnostic], options: Options) -> Report {
    check::check(message, findings, options, None)
}

/// Checks a message by a profile over the standard; the level of its base goes over that of `options`.
#[must_use]
pub fn validate_with(
    message: &Message,
    findings: &[Diagnostic],
    options: Options,
    lines: &lines::Lines,
    judge: &mut dyn lines::Judge,
) -> Report {
    check::check(message, findings, options, Some((lines, judge)))
}

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
    /// The condition of table 0357, where the code does not say it by itself.
    pub condition: Option<u16>,
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
            condition: None,
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
