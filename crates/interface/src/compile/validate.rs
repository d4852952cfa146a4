//! `validate PROFILE [errors reject|park|keep] [warnings keep|park|reject]`.

use super::{
    language::Home,
    line::{Line, Site},
    reader::Reader,
};
use crate::{
    codes,
    definition::{Acknowledge, OnIssue, Receive, Step},
};

const WHAT: [(&str, OnIssue); 3] = [("reject", OnIssue::Reject), ("park", OnIssue::Park), ("keep", OnIssue::Keep)];

/// Reads the line.
pub(super) fn read(reader: &mut Reader<'_>, line: Line<'_>, home: &Home) -> Option<Step> {
    let mut cursor = line.after_word();
    if home.form().format != message::Format::Hl7v2 {
        let message = format!("`validate` checks HL7 v2, and the message here is {}", home.form().name());
        let hint = Some("put it behind the map that makes HL7 v2".to_owned());
        reader.error(codes::E3372, line.tree, line.word_span(), message, hint);
        return None;
    }
    let name = reader.value(&mut cursor, "strict, lenient or the name of a profile")?;
    let ruleset = match home.profiles().ruleset(&name.text) {
        Ok(ruleset) => ruleset,
        Err(finding) => {
            reader.findings.push(finding.at(&line.tree.file, name.span, ""));
            return None;
        }
    };
    let (mut errors, mut warnings) = (None, None);
    while !cursor.is_done() {
        let (slot, word) = if cursor.is_at("errors") {
            (&mut errors, "errors")
        } else if cursor.is_at("warnings") {
            (&mut warnings, "warnings")
        } else {
            let (span, word) = (cursor.here(), cursor.peek_str());
            reader.unknown(codes::E3101, line.tree, span, "a word of `validate`", word, ["errors", "warnings"]);
            return None;
        };
        if slot.is_some() {
            let message = format!("`{word}` stands here for the second time");
            reader.error(codes::E3103, line.tree, cursor.here(), message, Some("leave one of them out".to_owned()));
            return None;
        }
        cursor.take();
        *slot = Some(reader.choice(&mut cursor, "what becomes of such a message", &WHAT)?);
    }
    let (errors, warnings) = (errors.unwrap_or(OnIssue::Reject), warnings.unwrap_or(OnIssue::Keep));
    Some(Step::Validate { ruleset, errors, warnings, rule: line.rule() })
}

/// Whether what the sender is told and what validation does go together.
pub(super) fn lint(reader: &mut Reader<'_>, steps: &[Step], receive: Option<&Receive>, site: &Site) {
    let Some(receive) = receive else { return };
    let mut is_edited = false;
    let mut rejects = false;
    for step in steps {
        match step {
            Step::Edit(_) | Step::Split(_) => is_edited = true,
            Step::Keep { .. } | Step::Drop { .. } | Step::Route(_) => {}
            Step::Validate { errors, warnings, rule, .. } => {
                if *errors.max(warnings) != OnIssue::Reject {
                    continue;
                }
                rejects = true;
                let what = if receive.acknowledge == Acknowledge::None {
                    (
                        "the sender hears nothing (`ack none`), so it cannot be told no",
                        "write `errors park`, or let it be acknowledged",
                    )
                } else if is_edited {
                    (
                        "a message is rejected for what lines above have changed in it",
                        "put `validate` above the lines that change the message",
                    )
                } else {
                    continue;
                };
                let text = format!("`{}`: {}", rule.text, what.0);
                reader.findings.push(site.warning(codes::E3121, text).hint(what.1));
            }
        }
    }
    if receive.acknowledge == Acknowledge::AfterValidated && !rejects {
        let hint = "add `validate lenient` or a profile as the first step, or write `ack after-stored`";
        let text = "`ack after-validated`, and no `validate` line rejects a message";
        reader.findings.push(site.error(codes::E3121, text).hint(hint));
    }
}
