//! What happens to a message after it was accepted.

use crate::ApplicationAcknowledgment;
use bytes::Bytes;
use message::{AckCode, Class, DeliveryId, MessageId, Name, Phi, Reason, Timestamp};

/// One change of state: the unit of history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A delivery was tried.
    Attempt(Attempt),
    /// The engine took a delivery out of the queue without trying it.
    Parked {
        /// The delivery.
        delivery: DeliveryId,
        /// Why.
        reason: Reason,
    },
    /// The engine holds a delivery, and all behind it under the same ordering key.
    Held {
        /// The delivery.
        delivery: DeliveryId,
        /// Why.
        reason: Reason,
    },
    /// The interface's policy gave a delivery up without another attempt.
    Expired {
        /// The delivery.
        delivery: DeliveryId,
        /// Why.
        reason: Reason,
    },
    /// A person put a parked or held delivery back into the queue.
    Released {
        /// The delivery.
        delivery: DeliveryId,
        /// Who and why.
        act: Act,
    },
    /// A person removed a delivery that was not delivered.
    Deleted {
        /// The delivery.
        delivery: DeliveryId,
        /// Who and why.
        act: Act,
    },
    /// A person sends a settled delivery's stored output again.
    Resent {
        /// The delivery.
        delivery: DeliveryId,
        /// Who and why.
        act: Act,
    },
    /// A person removed a message that was parked as a whole.
    Dismissed {
        /// The message.
        message: MessageId,
        /// Who and why.
        act: Act,
    },
    /// The application's answer arrived.
    ApplicationAcknowledged(ApplicationAcknowledgment),
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// The class of failure; `None` when the peer took it.
    pub failure: Option<Class>,
    /// The code in the peer's answer.
    pub reply: Option<AckCode>,
    /// Why it failed.
    pub reason: Option<Reason>,
    /// The peer's answer, kept (and sealed) when it was not plainly positive.
    pub reply_bytes: Option<Phi<Bytes>>,
    /// What follows.
    pub then: Then,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Delivered.
    Done,
    /// Tried again, not before this time.
    RetryAt(Timestamp),
    /// Parked for a person.
    Park,
    /// Held, with all behind it.
    Hold,
    /// Given up by policy.
    Expire,
}

/// What a person did. The reason is sealed: people type what they like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Who.
    pub by: Name,
    /// Why.
    pub reason: Phi<String>,
}

impl Change {
    /// The message that it is about.
    #[must_use]
    pub fn message(&self) -> MessageId {
        match self {
            Change::Attempt(Attempt { delivery, .. })
            | Change::Parked { delivery, .. }
            | Change::Held { delivery, .. }
            | Change::Expired { delivery, .. }
            | Change::Released { delivery, .. }
            | Change::Deleted { delivery, .. }
            | Change::Resent { delivery, .. } => delivery.message,
            Change::Dismissed { message, .. } => *message,
            Change::ApplicationAcknowledged(acknowledgment) => acknowledgment.message,
        }
    }

    /// Why, where the engine gives a reason; what persons give is sealed and not told here.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Change::Attempt(attempt) => attempt.reason.as_ref(),
            Change::Parked { reason, .. } | Change::Held { reason, .. } | Change::Expired { reason, .. } => {
                Some(reason)
            }
            Change::Released { .. }
            | Change::Deleted { .. }
            | Change::Resent { .. }
            | Change::Dismissed { .. }
            | Change::ApplicationAcknowledged(_) => None,
        }
    }

    /// The delivery that it is about; `None` where it is about the whole message.
    #[must_use]
    pub fn delivery(&self) -> Option<DeliveryId> {
        match self {
            Change::Attempt(Attempt { delivery, .. })
            | Change::Parked { delivery, .. }
            | Change::Held { delivery, .. }
            | Change::Expired { delivery, .. }
            | Change::Released { delivery, .. }
            | Change::Deleted { delivery, .. }
            | Change::Resent { delivery, .. } => Some(*delivery),
            Change::Dismissed { .. } | Change::ApplicationAcknowledged(_) => None,
        }
    }
}

/// One line of a message's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the change stands in the log.
    pub lsn: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The change.
    pub change: Change,
}
