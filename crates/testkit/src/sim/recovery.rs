//! The checkers over a store that was just opened, or is at rest: nothing acknowledged is lost, the sums are right,
//! opening it again changes nothing.

use super::{Answer, Letter, Seen, check::Verdict};
use message::{DeliveryId, MessageId};
use std::{collections::BTreeSet, fmt::Write};
use store::Store;

/// What an opened store says of messages: equal before and after a recovery is repeated.
#[must_use]
pub fn picture(store: &Store) -> String {
    let mut counts = store.counts();
    counts.sort_by(|one, other| one.0.cmp(&other.0));
    let mut picture = format!("{counts:?}\n");
    for open in store.open_deliveries() {
        let _ = writeln!(picture, "{open:?}");
    }
    picture
}

/// The deliveries that are open in a store.
#[must_use]
pub fn open(store: &Store) -> BTreeSet<DeliveryId> {
    store.open_deliveries().map(|open| open.id).collect()
}

/// Every message that someone outside knows of.
#[must_use]
pub fn known(seen: &[Seen]) -> BTreeSet<MessageId> {
    let of = |one: &Seen| match one {
        Seen::Answered(_, Answer::Accepted(id, _)) | Seen::Replayed(_, id) => vec![*id],
        Seen::Arrived { delivery, .. } => vec![delivery.message],
        Seen::Began(open) => open.iter().map(|delivery| delivery.message).collect(),
        Seen::Answered(..) | Seen::Given(_) | Seen::Ended { .. } | Seen::Acted(..) => Vec::new(),
    };
    seen.iter().flat_map(of).collect()
}

/// R1, R5, R9: what was acknowledged is there byte for byte, what arrived at a peer is what the store holds, and no
/// message is in no state.
///
/// # Errors
/// The first that is not so.
pub fn check(store: &Store, seen: &[Seen], letters: &[Letter]) -> Verdict {
    if let Some(finding) = store::check::conservation(&store.counts()).first() {
        return Err(format!("{finding} (R5)"));
    }
    let mut checked = BTreeSet::new();
    for one in seen {
        match one {
            Seen::Answered(letter, Answer::Accepted(id, answer)) if checked.insert(*id) => {
                let lost = |error| format!("letter {letter} was acknowledged as {id} and is lost: {error} (R1)");
                let stored = store.read(*id).map_err(lost)?;
                let is_whole = stored.accept.envelope.raw == letters[*letter].bytes
                    && stored.accept.acknowledgment.as_ref() == Some(answer)
                    && *stored.accept.envelope.interface == *letters[*letter].interface;
                if !is_whole {
                    return Err(format!("{id} is not letter {letter} byte for byte (R9)"));
                }
            }
            Seen::Arrived { delivery, bytes, .. } => {
                let lost = |error| format!("{delivery} was sent and is lost: {error} (R1)");
                if store.read_output(*delivery).map_err(lost)? != *bytes {
                    return Err(format!("{delivery} was sent with other bytes than are stored (R9)"));
                }
            }
            Seen::Replayed(of, id) => {
                let read = |id| store.read(id).map_err(|error| format!("replay {id} of {of} is lost: {error} (R1)"));
                if read(*of)?.accept.envelope.raw != read(*id)?.accept.envelope.raw {
                    return Err(format!("replay {id} is not {of} byte for byte (R9)"));
                }
            }
            Seen::Began(_) | Seen::Given(_) | Seen::Answered(..) | Seen::Ended { .. } | Seen::Acted(..) => {}
        }
    }
    Ok(())
}

/// R7, after one byte of the log was changed behind the store's back: at most one message is not served any more, and
/// none is served otherwise than it was acknowledged.
///
/// # Errors
/// What is not so.
pub fn check_damaged(store: &Store, seen: &[Seen], letters: &[Letter]) -> Verdict {
    let mut lost = BTreeSet::new();
    for one in seen {
        let Seen::Answered(letter, Answer::Accepted(id, _)) = one else { continue };
        match store.read(*id) {
            Ok(stored) if stored.accept.envelope.raw == letters[*letter].bytes => {}
            Ok(_) => return Err(format!("{id} is served with other bytes than were acknowledged (R7, R9)")),
            Err(_) => drop(lost.insert(*id)),
        }
    }
    match lost.len() {
        0 | 1 => Ok(()),
        many => Err(format!("one byte was changed, and {many} messages are not served: {lost:?} (R7)")),
    }
}
