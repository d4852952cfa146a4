//! What a person lets out of a queue: everything, nothing, the next few, or what came before a moment.
//!
//! Owns that decision. Never: changes the order.

use super::key::Rank;
use message::{DeliveryId, MessageId};

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Gate {
    /// Everything may go.
    #[default]
    Open,
    /// Nothing goes but the next so many.
    Shut { steps: usize },
    /// What came up to this message goes, and nothing that came later.
    Draining {
        /// The last that may go.
        last: MessageId,
        /// So many of them are still here.
        left: usize,
    },
}

impl Gate {
    /// This head may be claimed.
    pub(super) fn lets(self, rank: &Rank) -> bool {
        match self {
            Gate::Open => true,
            Gate::Shut { steps } => steps > 0,
            Gate::Draining { last, .. } => rank.delivery().message <= last,
        }
    }

    /// One was claimed.
    pub(super) fn claimed(&mut self) {
        if let Gate::Shut { steps } = self {
            *steps = steps.saturating_sub(1);
        }
    }

    /// One came into the queue.
    pub(super) fn entered(&mut self, delivery: DeliveryId) {
        if let Gate::Draining { last, left } = self {
            *left += usize::from(delivery.message <= *last);
        }
    }

    /// One left the queue.
    pub(super) fn left(&mut self, delivery: DeliveryId) {
        if let Gate::Draining { last, left } = self {
            *left = left.saturating_sub(usize::from(delivery.message <= *last));
        }
    }
}
