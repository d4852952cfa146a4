//! What is kept of what people do. The gate calls it; nothing else has to.

use engine::{Engine, acts::Person};
use message::Reason;

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
    fn record(&self, who: &str, what: &str, object: &str, outcome: Outcome, reason: &str) -> Result<(), Reason>;
}

/// The audit chain of the engine's store.
pub(crate) struct Chain(pub(crate) Engine);

impl Audit for Chain {
    fn record(&self, who: &str, what: &str, object: &str, outcome: Outcome, reason: &str) -> Result<(), Reason> {
        let act = match outcome {
            Outcome::Done => what.to_owned(),
            Outcome::Refused => format!("{what} refused"),
        };
        self.0.audit(&Person { by: who.into(), reason: reason.into() }, &act, object)
    }
}
