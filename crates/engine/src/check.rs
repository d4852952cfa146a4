//! What must be true of a whole store, as far as it takes the engine's words to say it: what [`store::check`] says of the
//! records, and that every answer was one that the standard allows, that no reason holds a patient's value, that the audit
//! chain is unbroken, and that recovery would give what there is.
//!
//! Owns nothing; promises to change nothing. `sinew doctor`, the drill of a backup, the simulator and the tests call it.
//! Never: repeats what stood in a message.

use hl7v2::{Message, Path, ack};
use message::Format;
use serde_json::{Value, json};
use std::sync::LazyLock;
use store::{
    Error, Store, Stored,
    check::{Examination, Examined, Finding, Place, Progress},
    codes,
};

/// What a whole examination found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was found in the records, and in all that follows from them.
    pub examined: Examined,
    /// Rows of the audit chain.
    pub audit_rows: u64,
}

/// Examines everything. `is_at_rest` says that nothing else uses the store. `progress` is told how far it is, and ends the
/// examination with `false`.
///
/// # Errors
/// `Unavailable`.
pub fn store(store: &Store, is_at_rest: bool, progress: &mut dyn FnMut(Progress) -> bool) -> Result<Report, Error> {
    let asked = Examination {
        is_at_rest,
        each: Some(&mut |stored: &Stored| acknowledgment(stored).into_iter().collect()),
        values: Some(&values),
        progress: Some(progress),
    };
    let mut examined = store.examine(asked)?;
    if examined.is_partial {
        return Ok(Report { examined, audit_rows: 0 });
    }
    examined.findings.extend(store.examine_recovery(is_at_rest)?);
    let audit_rows = match store.audit().verify()? {
        Ok(chain) => chain.number,
        Err(broken) => {
            let text = format!("record {}: {}", broken.number, broken.what);
            let hint = "what stands before that record is proven; sinew explain E4089 says what to do";
            examined.findings.push(Finding::new(codes::E4089, Place::Store, text, hint));
            broken.number.saturating_sub(1)
        }
    };
    Ok(Report { examined, audit_rows })
}

/// The report as the control API and `sinew doctor --json` give it.
#[must_use]
pub fn to_json(report: &Report) -> Value {
    let Examined { messages, deliveries, changes, open, damaged, findings, more, is_partial, .. } = &report.examined;
    let damaged: Vec<Value> = damaged.iter().map(|place| json!({"lsn": place.lsn, "bytes": place.length})).collect();
    let finding = |finding: &Finding| {
        let place = finding.place.to_string();
        json!({"code": finding.code.id, "place": place, "text": finding.text, "hint": finding.hint})
    };
    json!({"schema": "sinew.verify/1", "messages": messages, "deliveries": deliveries, "changes": changes,
        "open": open, "audit_rows": report.audit_rows, "is_partial": is_partial, "damaged": damaged,
        "findings": findings.iter().map(finding).collect::<Vec<_>>(), "more": more})
}

/// R1: the answer that was stored with a message is one that says "stored" in the way that the message asks for.
#[must_use]
pub fn acknowledgment(stored: &Stored) -> Option<Finding> {
    if stored.accept.envelope.format != Format::Hl7v2 {
        return None;
    }
    let answer = stored.accept.acknowledgment.as_deref()?;
    let (message, _) = Message::parse(stored.accept.envelope.raw.clone());
    let illegal = ack::check(&message, true, Some(answer)).err()?;
    Some(Finding::bug(codes::E4088, Place::Message(stored.id), illegal.to_string()))
}

/// Fields that say who a patient is, besides the identifiers that are searched by.
const WHO: [&str; 14] = [
    "PID-5.1", "PID-5.2", "PID-5.3", "PID-6.1", "PID-7", "PID-9.1", "PID-11.1", "PID-13.1", "PID-14.1", "PID-19",
    "NK1-2.1", "NK1-2.2", "GT1-3.1", "GT1-3.2",
];

/// The values of a message that say who it is about (R10).
#[must_use]
pub fn values(stored: &Stored) -> Vec<String> {
    static PATHS: LazyLock<Vec<Path>> =
        LazyLock::new(|| WHO.iter().filter_map(|path| Path::parse(path).ok()).collect());
    let facts = &stored.accept.facts;
    let known = facts.patients.iter().chain(&facts.visits).chain(&facts.orders);
    let mut values: Vec<String> = known.map(|value| value.reveal().clone()).collect();
    if stored.accept.envelope.format == Format::Hl7v2 {
        let (message, _) = Message::parse(stored.accept.envelope.raw.clone());
        for path in PATHS.iter() {
            values.extend(message.every(path).map(|value| value.text().into_owned()));
        }
    }
    values
}

#[cfg(test)]
mod tests;
