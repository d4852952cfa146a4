//! What is kept of what people do. The gate calls it; nothing else has to.

use engine::Engine;
use message::Reason;
use store::AuditEntry;

/// How an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, or is about to be.
    Done,
    /// It was refused.
    Refused,
}

/// Keeps who did what.
///
/// 1. What was recorded is durable before the call returns.
/// 2. A failure is an error, and then the act is not done.
pub trait Audit: Send + Sync {
    /// Records an act. `object` names and never quotes: an id, a name, a place.
    ///
    /// # Errors
    /// The store's.
    fn record(&self, who: &str, what: &str, object: &str, outcome: Outcome, reason: &str) -> Result<(), Reason> {
        self.keep(&AuditEntry {
            who: who.to_owned(),
            act: what.to_owned(),
            object: object.to_owned(),
            reason: reason.to_owned(),
            is_refused: outcome == Outcome::Refused,
            ..AuditEntry::default()
        })
    }

    /// Records everything that is known of an act: from where, about which patients, what was searched for.
    ///
    /// # Errors
    /// The store's.
    fn keep(&self, entry: &AuditEntry) -> Result<(), Reason>;
}

/// The audit chain of the engine's store.
pub(crate) struct Chain(pub(crate) Engine);

impl Audit for Chain {
    fn keep(&self, entry: &AuditEntry) -> Result<(), Reason> {
        self.0.record(entry)
    }
}
