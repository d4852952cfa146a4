//! The audit chain: each row carries a hash over itself and the row before.

use message::Timestamp;
use ring::digest::{Context, SHA256};

/// What is to be recorded. No patient data: the object is an id, never a content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// Who: a user, or `system`.
    pub who: String,
    /// What: `release`, `read`, `apply`.
    pub act: String,
    /// On what: `delivery 4096/0`, `interface adt-main`.
    pub object: String,
    /// Why, where a reason is asked for.
    pub reason: String,
}

/// A row of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// From 1, without a gap.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub entry: AuditEntry,
    /// The hash of the row before; zeros for the first.
    pub before: [u8; 32],
    /// SHA-256 over number, time, entry and `before`.
    pub hash: [u8; 32],
}

impl AuditRow {
    /// The hash that the row should have.
    #[must_use]
    pub fn expected_hash(&self) -> [u8; 32] {
        let mut context = Context::new(&SHA256);
        context.update(b"sinew audit 1");
        context.update(&self.number.to_le_bytes());
        context.update(&self.at.0.to_le_bytes());
        for text in [&self.entry.who, &self.entry.act, &self.entry.object, &self.entry.reason] {
            context.update(&(text.len() as u64).to_le_bytes());
            context.update(text.as_bytes());
        }
        context.update(&self.before);
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        hash
    }

    /// What does not fit in the row that should have this number and follow this hash.
    pub(crate) fn broken(&self, number: u64, before: [u8; 32]) -> Option<&'static str> {
        match () {
            () if self.number != number => Some("a row is missing"),
            () if self.before != before => Some("the row does not follow the one before"),
            () if self.hash != self.expected_hash() => Some("the row was changed"),
            () => None,
        }
    }
}

/// Which rows to list.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// By this user.
    pub who: Option<String>,
    /// Of this act.
    pub act: Option<String>,
    /// On this object.
    pub object: Option<String>,
    /// Only rows with a smaller number: the cursor.
    pub before: Option<u64>,
    /// Rows; 0 is 100, at most 10,000.
    pub limit: usize,
}

/// Where the chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBreak {
    /// The number of the first row that does not fit.
    pub number: u64,
    /// What does not fit.
    pub what: &'static str,
}
