//! What the world outside saw, in one order.
//!
//! Owns the observations. Promises: an observation is noted after what it rests on; what was noted after the moment of
//! a crash never happened ([`Witness::forget_after_mark`]).

use bytes::Bytes;
use message::{DeliveryId, MessageId};
use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What a sender heard.
#[derive(Clone, PartialEq, Eq)]
pub enum Answer {
    /// Safe, under this id, with these bytes as the acknowledgment.
    Accepted(MessageId, Bytes),
    /// Not stored, later perhaps; `true` when the store had failed for good.
    Later(bool, Bytes),
    /// Refused for good.
    Refused,
}

/// What a peer's answer meant, by the peer's own intention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It said yes: sending again is a mistake.
    Consented,
    /// It said no, nothing, or nonsense.
    Other,
}

/// What a person did to one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Retry or resend: it may come again, at the end of its key.
    Requeued,
    /// Deleted.
    Deleted,
}

/// One observation.
#[derive(Clone)]
pub enum Seen {
    /// An engine started over a store in which these deliveries were open.
    Began(BTreeSet<DeliveryId>),
    /// Letter number so was given to the engine.
    Given(usize),
    /// Its answer.
    Answered(usize, Answer),
    /// A person replayed a message as another.
    Replayed(MessageId, MessageId),
    /// An attempt reached a peer.
    Arrived {
        /// The address of the peer.
        to: String,
        /// Which delivery.
        delivery: DeliveryId,
        /// The bytes that came.
        bytes: Bytes,
    },
    /// The attempt ended.
    Ended {
        /// Which delivery.
        delivery: DeliveryId,
        /// The peer has it now, whatever it said.
        is_taken: bool,
        /// What it said.
        ending: Ending,
    },
    /// A person is about to act.
    Acted(Act, DeliveryId),
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seen::Began(open) => write!(f, "began with {} open", open.len()),
            Seen::Given(letter) => write!(f, "letter {letter} given"),
            Seen::Answered(letter, Answer::Accepted(id, _)) => write!(f, "letter {letter} accepted as {id}"),
            Seen::Answered(letter, Answer::Later(is_failed, _)) => write!(f, "letter {letter} later ({is_failed})"),
            Seen::Answered(letter, Answer::Refused) => write!(f, "letter {letter} refused"),
            Seen::Replayed(of, id) => write!(f, "{of} replayed as {id}"),
            Seen::Arrived { to, delivery, .. } => write!(f, "{delivery} arrived at {to}"),
            Seen::Ended { delivery, is_taken, ending } => write!(f, "{delivery} ended, taken {is_taken}, {ending:?}"),
            Seen::Acted(act, delivery) => write!(f, "{act:?} {delivery}"),
        }
    }
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    mark: Option<usize>,
}

/// See the module. Clones are the same witness.
#[derive(Clone, Default)]
pub struct Witness(Arc<Mutex<State>>);

impl Witness {
    /// Notes an observation.
    pub fn note(&self, seen: Seen) {
        self.lock().seen.push(seen);
    }
    /// Everything so far.
    #[must_use]
    pub fn all(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }
    /// The machine ends here.
    pub(super) fn mark(&self) {
        let mut state = self.lock();
        state.mark = Some(state.seen.len());
    }
    /// Drops what was noted after the machine ended.
    pub fn forget_after_mark(&self) {
        let mut state = self.lock();
        if let Some(mark) = state.mark.take() {
            state.seen.truncate(mark);
        }
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
