//! The `validate` step: from a report to what becomes of the message.
//!
//! Promises: every issue up to the limit is kept with the message; the reason says which rule was broken and where, never
//! what stood there.

use super::End;
use crate::{codes, quality::plain};
use hl7v2::validate::{Issue, Report};
use interface::definition::{OnIssue, Rule};
use lang::Run;
use message::{Diagnostic, Reason, Severity};
use std::collections::BTreeSet;

/// Issues of one message that are kept with it.
pub(super) const ISSUES_MAX: usize = 64;
/// Issues that the reason of a parked or rejected message tells.
const TOLD_MAX: usize = 3;

/// `Ok` when the message goes on.
pub(super) fn decide(
    report: Report,
    (errors, warnings): (OnIssue, OnIssue),
    rule: &Rule,
    name: &str,
    issues: &mut Vec<Issue>,
    run: &mut Run,
) -> Result<(), End> {
    let is_invalid = !report.is_valid();
    let has_warning = report.count(Severity::Warning) > 0;
    let what = if is_invalid { Some(errors) } else { None }.max(if has_warning { Some(warnings) } else { None });
    let reason = |code| Reason::new(code, tell(&report, name));
    let end = match what {
        None | Some(OnIssue::Keep) => Ok(()),
        Some(OnIssue::Park) => Err(End::Parked(reason(codes::E5016))),
        Some(OnIssue::Reject) => Err(End::Rejected { rule: rule.clone(), reason: reason(codes::E5015) }),
    };
    let mut found = report.issues;
    found.sort_by_key(|issue| std::cmp::Reverse(issue.severity));
    let room = ISSUES_MAX.saturating_sub(issues.len());
    if found.len() > room {
        // The same in each of a hundred segments must not hide what else there is.
        let mut met = BTreeSet::new();
        let is_again = |issue: Issue| (!met.insert((issue.code.clone(), plain(&issue.path))), issue);
        let mut told: Vec<(bool, Issue)> = found.into_iter().map(is_again).collect();
        told.sort_by_key(|(is_again, issue)| (std::cmp::Reverse(issue.severity), *is_again));
        found = told.into_iter().map(|(_, issue)| issue).take(room).collect();
    }
    for issue in &found {
        run.note(note(issue));
    }
    issues.extend(found);
    end
}

/// `not valid under adt-feed: 2 errors: PID-8 (Administrative Sex) is required and empty. …`
fn tell(report: &Report, name: &str) -> String {
    let is_invalid = !report.is_valid();
    let severity = if is_invalid { Severity::Error } else { Severity::Warning };
    let count = report.count(severity);
    let kind = match (is_invalid, count) {
        (true, 1) => "error",
        (true, _) => "errors",
        (false, 1) => "warning",
        (false, _) => "warnings",
    };
    let told = report.issues.iter().filter(|issue| issue.severity == severity).take(TOLD_MAX);
    let told: Vec<String> = told.map(|issue| format!("{} {}", issue.code, issue.message)).collect();
    let more = if count > told.len() { format!(" and {} more", count - told.len()) } else { String::new() };
    format!("{count} {kind} under {name}: {}{more}", told.join(" "))
}

fn note(issue: &Issue) -> Diagnostic {
    let text = format!("{} {}", issue.code, issue.message);
    let note = match issue.severity {
        Severity::Error => Diagnostic::error(codes::E5017, text),
        Severity::Warning => Diagnostic::warning(codes::E5017, text),
        Severity::Note => Diagnostic::note(codes::E5017, text),
    };
    note.at_path(issue.path.clone(), None)
}
