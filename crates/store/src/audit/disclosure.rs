//! What destinations were given about a patient.
//!
//! Owns nothing: each delivery stands in the log with its attempts, and writing it a second time would cost every message a
//! record. Promises: a disclosure is told as long as its message is kept.

use crate::{Change, Error, Query, Store, Then};
use message::{MessageId, Name, Phi, Timestamp};

/// A delivery to a destination that took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// When the destination had taken it.
    pub at: Timestamp,
    /// The message.
    pub message: MessageId,
    /// The interface.
    pub interface: Name,
    /// Who was given it.
    pub destination: Name,
    /// What kind of message: `ADT^A01`.
    pub kind: String,
}

/// Disclosures about the patient with this identifier between two times, the newest message first.
///
/// # Errors
/// `Unavailable`.
pub fn disclosures(
    store: &Store,
    patient: &Phi<String>,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    limit: usize,
) -> Result<Vec<Disclosure>, Error> {
    let mut found = Vec::new();
    let mut before = None;
    while found.len() < limit {
        // Delivered later than accepted: what was accepted before `since` may have been given away after it.
        let query =
            Query { patient: Some(patient.clone()), until, before, limit: Query::LIMIT_DEFAULT, ..Query::default() };
        let page = store.search(&query)?.hits;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        for hit in &page {
            found.extend(of_message(store, hit.id, &format!("{}^{}", hit.message_type, hit.event)));
        }
    }
    found.retain(|one| since.is_none_or(|since| one.at >= since) && until.is_none_or(|until| one.at < until));
    found.truncate(limit);
    Ok(found)
}

/// A message whose record is damaged has none that could be told.
fn of_message(store: &Store, id: MessageId, kind: &str) -> Vec<Disclosure> {
    let (Ok(stored), Ok(history)) = (store.read(id), store.history(id)) else { return Vec::new() };
    let disclosure = |entry: &crate::Entry| match &entry.change {
        Change::Attempt(attempt) if attempt.then == Then::Done => {
            let planned = stored.accept.deliveries.get(usize::from(attempt.delivery.number))?;
            Some(Disclosure {
                at: attempt.ended,
                message: id,
                interface: stored.accept.envelope.interface.clone(),
                destination: planned.destination.clone(),
                kind: kind.to_owned(),
            })
        }
        Change::Attempt(_)
        | Change::Parked { .. }
        | Change::Held { .. }
        | Change::Expired { .. }
        | Change::Released { .. }
        | Change::Deleted { .. }
        | Change::Resent { .. }
        | Change::Dismissed { .. }
        | Change::ApplicationAcknowledged(_) => None,
    };
    history.iter().filter_map(disclosure).collect()
}
