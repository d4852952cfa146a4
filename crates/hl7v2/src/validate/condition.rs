//! Issues as ERR segments: the condition codes of HL7 table 0357 that a sender's system understands.
//!
//! Promises: errors only, at most [`CONDITIONS_MAX`]; no content of the message; a code that the version of the message
//! does not have is replaced by one that it has.

use super::{Issue, Report};
use crate::ack::Finding;
use crate::dictionary::{Dictionary, Version};
use crate::{Path, codes};
use message::Severity;

/// Most ERR segments of one acknowledgment: who reads it mends these first.
pub const CONDITIONS_MAX: usize = 20;

/// What is wrong with a message, for its acknowledgment.
///
/// ```
/// use hl7v2::{Message, validate::{self, Conditions, Options}};
/// let (message, findings) = Message::parse("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|1|P|2.5\rEVN||20260301\rPID|1||7||Doe\rPV1|1\r");
/// let report = validate::validate(&message, &findings, Options::default());
/// let conditions = Conditions::of(&message, &report);
/// let found: Vec<_> = conditions.findings().map(|finding| (finding.condition, finding.location.cloned())).collect();
/// assert_eq!(found, [(101, hl7v2::Path::parse("PV1-2").ok())]);
/// ```
#[derive(Clone, Debug)]
pub struct Conditions<'r> {
    found: Vec<(&'r Issue, Option<Path>, u16)>,
}

impl<'r> Conditions<'r> {
    /// The conditions of a report about this message.
    #[must_use]
    pub fn of(message: &crate::Message, report: &'r Report) -> Conditions<'r> {
        let dictionary = Dictionary::of(Version::of(message).unwrap_or(Version::V2_5_1));
        let errors = report.issues.iter().filter(|issue| issue.severity == Severity::Error).take(CONDITIONS_MAX);
        let found = errors.map(|issue| {
            let location = Path::parse(&issue.path).ok().filter(|path| path.check_evaluable().is_ok());
            (issue, location, known(dictionary, issue.condition.unwrap_or_else(|| condition(&issue.code))))
        });
        Conditions { found: found.collect() }
    }

    /// One for each ERR segment.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'_>> {
        self.found.iter().map(|(issue, location, condition)| Finding {
            location: location.as_ref(),
            condition: *condition,
            severity: issue.severity,
            text: &issue.message,
        })
    }
}

/// The condition that stands for an issue (HL7 v2.9 table 0357).
#[must_use]
pub fn condition(code: &str) -> u16 {
    let is = |known: &[message::Code]| known.iter().any(|known| known.id == code);
    if is(&[codes::E1113, codes::E1114, codes::E1115, codes::E1131, codes::E1087, codes::E1088]) {
        100
    } else if is(&[codes::E1117, codes::E1118, codes::E1080]) {
        101
    } else if is(&[codes::E1122, codes::E1123, codes::E1124, codes::E1125, codes::E1128, codes::E1129, codes::E1130])
        || is(&[codes::E1085, codes::E1090, codes::E1091])
    {
        102
    } else if is(&[codes::E1126, codes::E1086, codes::E1094]) {
        103
    } else if is(&[codes::E1127, codes::E1084]) {
        104
    } else if is(&[codes::E1116, codes::E1119, codes::E1083]) {
        198
    } else if is(&[codes::E1111, codes::E1112, codes::E1074, codes::E1132]) {
        200
    } else if is(&[codes::E1110]) {
        203
    } else {
        199
    }
}

/// 198 and 199 are of later versions: before, a wrong count is an error of the sequence, the rest an internal one.
fn known(dictionary: Dictionary, condition: u16) -> u16 {
    let has = |code: &str| dictionary.table(357).is_some_and(|table| table.code(code).is_some());
    match condition {
        198 if !has("198") => 100,
        199 if !has("199") => 207,
        _ => condition,
    }
}
