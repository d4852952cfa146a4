//! What a record says, and the text form that is sealed into it.

use super::Keys;
use message::{Phi, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text of a record, in bytes; what is longer is cut and ends in `…`: an act must not fail for its reason.
pub const TEXT_BYTES_MAX: usize = 4096;
/// Most patients that one record names.
const PATIENTS_MAX: usize = 256;

/// What is to be recorded. The object is an id, never a content; what may be about a patient stands in `Phi`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who: a user, `local uid 0`, or `system`.
    pub who: String,
    /// What: `release`, `read`, `search`, `sign-in`, `apply`.
    pub act: String,
    /// On what: `delivery 4096/0`, `interface adt-main`.
    pub object: String,
    /// Why, where a reason is asked for.
    pub reason: String,
    /// From where: an address, or `control socket`.
    pub origin: String,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Identifiers of the patients whom it is about: kept as keyed hashes.
    pub patients: Vec<Phi<String>>,
    /// What was searched for, as typed: sealed, and shown to those only who may.
    pub terms: Option<Phi<String>>,
}

/// A patient's identifier under the store's key: tells that two records are about the same one, and not about whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatientHash(pub(super) [u8; 16]);

impl fmt::Display for PatientHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PatientHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl PatientHash {
    fn parse(text: &str) -> Option<PatientHash> {
        let mut bytes = [0; 16];
        let is_whole = text.len() == 32 && text.is_ascii();
        let pairs = text.as_bytes().chunks_exact(2).zip(&mut bytes);
        let digit = |byte: u8| (byte as char).to_digit(16).map(|digit| digit as u8);
        let is_right = is_whole
            && pairs.into_iter().all(|(pair, byte)| match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => {
                    *byte = high << 4 | low;
                    true
                }
                _ => false,
            });
        is_right.then_some(PatientHash(bytes))
    }
}

/// A record of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What. `patients` is empty: they are kept as hashes.
    pub entry: AuditEntry,
    /// The patients whom it is about.
    pub patients: Vec<PatientHash>,
    /// SHA-256 over the record, which holds the hash of the one before.
    pub hash: [u8; 32],
}

/// Which records to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// By this user.
    pub who: Option<String>,
    /// Of this act.
    pub act: Option<String>,
    /// On this object, or beginning with it and a blank.
    pub object: Option<String>,
    /// About the patient with this identifier.
    pub patient: Option<Phi<String>>,
    /// At or after this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Only records with a smaller number: the cursor.
    pub before: Option<u64>,
    /// Records; 0 is 100, at most 10,000.
    pub limit: usize,
}

impl AuditQuery {
    /// Whether a record is asked for; `patient` is the hash of the one asked for.
    pub(super) fn finds(&self, row: &AuditRow, patient: Option<PatientHash>) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let is_object = self.object.as_deref().is_none_or(|wanted| {
            row.entry.object.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '/']))
        });
        is_object
            && is(&self.who, &row.entry.who)
            && is(&self.act, &row.entry.act)
            && patient.is_none_or(|patient| row.patients.contains(&patient))
            && self.since.is_none_or(|since| row.at >= since)
            && self.until.is_none_or(|until| row.at < until)
            && self.before.is_none_or(|before| row.number < before)
    }
}

/// The sealed form. Short names: a record is read by its format (docs/spec/audit-format.md), not by eye.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    who: String,
    act: String,
    object: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    origin: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    refused: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    patients: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terms: Option<String>,
}

fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let end = (0..=TEXT_BYTES_MAX - '…'.len_utf8()).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// The bytes to seal.
pub(super) fn encode(entry: &AuditEntry, keys: &Keys) -> Vec<u8> {
    let mut patients: Vec<String> = Vec::new();
    for patient in entry.patients.iter().filter(|patient| !patient.reveal().trim().is_empty()) {
        let hash = keys.patient(patient.reveal()).to_string();
        if !patients.contains(&hash) && patients.len() < PATIENTS_MAX {
            patients.push(hash);
        }
    }
    let sealed = Sealed {
        who: cut(&entry.who),
        act: cut(&entry.act),
        object: cut(&entry.object),
        reason: cut(&entry.reason),
        origin: cut(&entry.origin),
        refused: entry.is_refused,
        patients,
        terms: entry.terms.as_ref().map(|terms| cut(terms.reveal())),
    };
    serde_json::to_vec(&sealed).unwrap_or_default()
}

/// What sealed bytes say; `None` when they are not a record's.
pub(super) fn decode(bytes: &[u8]) -> Option<(AuditEntry, Vec<PatientHash>)> {
    let Sealed { who, act, object, reason, origin, refused, patients, terms } = serde_json::from_slice(bytes).ok()?;
    let patients: Option<Vec<PatientHash>> = patients.iter().map(|text| PatientHash::parse(text)).collect();
    let terms = terms.map(Phi::new);
    let entry = AuditEntry { who, act, object, reason, origin, is_refused: refused, patients: Vec::new(), terms };
    Some((entry, patients?))
}
