//! The audit chain for those who ask: what is found in it, whether it is whole, and the forms in which it leaves.
//!
//! Owns the JSON of a record. Promises: asking is recorded too; what was searched for is shown only to who says why.
//! Never: changes a record; puts a patient's identifier into an answer: a record holds a keyed hash of it.

pub mod atna;
pub mod balp;
pub mod csv;
mod keep;
mod route;

pub(crate) use keep::Chain;
pub use keep::{Audit, Outcome};
pub(crate) use route::{list, search, verify};

use message::{Phi, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{AuditQuery, AuditRow, Error, Store};

/// Most records of one answer.
pub const LIMIT_MAX: usize = 10_000;

/// Which records are asked for. In the body of a request: a patient's identifier does not belong into an address.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// By this user.
    pub who: Option<String>,
    /// Of this act.
    pub act: Option<String>,
    /// On this object.
    pub object: Option<String>,
    /// About the patient with this identifier; disclosures to destinations are told as well.
    pub patient: Option<String>,
    /// At or after, in microseconds since 1970.
    pub since: Option<i64>,
    /// Before.
    pub until: Option<i64>,
    /// Only records with a smaller number.
    pub before: Option<u64>,
    /// Records after this number, the oldest first, without regard to anything else that is asked.
    pub after: Option<u64>,
    /// Records; 100 unless stated.
    pub limit: usize,
    /// Show what was searched for: needs a reason.
    pub is_revealed: bool,
    /// Why: kept in the chain.
    pub reason: String,
}

impl Asked {
    /// The question in words, to be sealed; none where everything is asked for.
    #[must_use]
    pub fn terms(&self) -> Option<String> {
        let asked = [("who", &self.who), ("act", &self.act), ("object", &self.object), ("patient", &self.patient)];
        let words = asked.iter().filter_map(|(name, value)| Some(format!("{name}:{}", value.as_deref()?)));
        let words: Vec<String> = words.collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

/// A record as it is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// From 1, without a gap.
    pub number: u64,
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub who: String,
    /// What.
    pub act: String,
    /// On what.
    pub object: String,
    /// Why.
    pub reason: String,
    /// From where.
    pub origin: String,
    /// It was refused.
    pub is_refused: bool,
    /// Keyed hashes of the patients.
    pub patients: Vec<String>,
    /// What was searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<String>,
    /// The hash of the record.
    pub hash: String,
}

impl Record {
    /// A row of the chain as it is told.
    #[must_use]
    pub fn of(row: &AuditRow, is_revealed: bool) -> Record {
        let entry = &row.entry;
        Record {
            number: row.number,
            at: row.at.to_rfc3339(),
            who: entry.who.clone(),
            act: entry.act.clone(),
            object: entry.object.clone(),
            reason: entry.reason.clone(),
            origin: entry.origin.clone(),
            is_refused: entry.is_refused,
            patients: row.patients.iter().map(ToString::to_string).collect(),
            terms: entry.terms.as_ref().filter(|_| is_revealed).map(|terms| terms.reveal().clone()),
            hash: hex(&row.hash),
        }
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is found.
///
/// # Errors
/// The store's.
pub fn find(store: &Store, asked: &Asked) -> Result<Value, Error> {
    let limit = if asked.limit == 0 { 100 } else { asked.limit.min(LIMIT_MAX) };
    if let Some(after) = asked.after {
        let rows = store.audit().after(after, limit)?;
        let records: Vec<Record> = rows.iter().map(|row| Record::of(row, asked.is_revealed)).collect();
        return Ok(json!({"schema": "sinew.audit/1", "records": records, "disclosures": []}));
    }
    let (since, until) = (asked.since.map(Timestamp), asked.until.map(Timestamp));
    let patient = asked.patient.clone().map(Phi::new);
    let query = AuditQuery {
        who: asked.who.clone(),
        act: asked.act.clone(),
        object: asked.object.clone(),
        patient: patient.clone(),
        since,
        until,
        before: asked.before,
        limit,
    };
    let rows = store.audit().list(&query)?;
    let records: Vec<Record> = rows.iter().map(|row| Record::of(row, asked.is_revealed)).collect();
    let given = match &patient {
        Some(patient) => store::audit::disclosures(store, patient, (since, until), limit)?,
        None => Vec::new(),
    };
    let disclosure = |one: &store::audit::Disclosure| {
        json!({"at": one.at.to_rfc3339(), "message": one.message, "interface": &*one.interface,
            "destination": &*one.destination, "type": one.kind})
    };
    let disclosures: Vec<Value> = given.iter().map(disclosure).collect();
    Ok(json!({"schema": "sinew.audit/1", "records": records, "disclosures": disclosures}))
}

/// Whether the chain is whole, as JSON.
///
/// # Errors
/// The store's.
pub fn verified(store: &Store) -> Result<Value, Error> {
    let head = store.audit().head()?;
    let head = head.map(|(number, hash)| json!({"number": number, "hash": hex(&hash)}));
    let key = hex(&store.audit().public_key());
    Ok(match store.audit().verify()? {
        Ok(whole) => json!({"schema": "sinew.audit_verify/1", "is_whole": true, "records": whole.number,
            "first": whole.first, "pieces": whole.pieces, "bytes": whole.bytes, "checkpoints": whole.checkpoints,
            "last": whole.last.map(Timestamp::to_rfc3339), "head": head, "public_key": key}),
        Err(broken) => json!({"schema": "sinew.audit_verify/1", "is_whole": false, "record": broken.number,
            "what": broken.what, "head": head, "public_key": key}),
    })
}

/// The record with a number; for a head that was kept elsewhere.
///
/// # Errors
/// The store's.
pub fn hash_of(store: &Store, number: u64) -> Result<Option<String>, Error> {
    let query = AuditQuery { before: Some(number.saturating_add(1)), limit: 1, ..AuditQuery::default() };
    let found = store.audit().list(&query)?;
    Ok(found.first().filter(|row| row.number == number).map(|row| hex(&row.hash)))
}

#[cfg(test)]
pub(crate) fn sample() -> Record {
    Record {
        number: 7,
        at: "2026-03-01T12:00:00.000Z".into(),
        who: "ann".into(),
        act: "read".into(),
        object: "message 4096 raw".into(),
        reason: "ward asked: <a> & \"b\"".into(),
        origin: "10.1.2.3".into(),
        is_refused: false,
        patients: vec!["00112233445566778899aabbccddeeff".into()],
        terms: None,
        hash: "ab".repeat(32),
    }
}
