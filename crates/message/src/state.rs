//! States of deliveries and messages, and the conservation counters (R5).

use serde::{Deserialize, Serialize};

/// Where one delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Waiting for its turn.
    Queued,
    /// Tried without success; will be tried again by itself.
    Retrying,
    /// Kept back, with everything behind it under the same ordering key, until a person releases it.
    Held,
    /// Taken out of the queue for a person to decide.
    Parked,
    /// The destination took it.
    Delivered,
    /// Given up by the policy that the interface states.
    Expired,
    /// Removed by a named person.
    Deleted,
}

impl DeliveryState {
    /// Nothing more will happen unless a person acts.
    #[must_use]
    pub fn is_settled(self) -> bool {
        match self {
            DeliveryState::Queued | DeliveryState::Retrying | DeliveryState::Held => false,
            DeliveryState::Parked | DeliveryState::Delivered | DeliveryState::Expired | DeliveryState::Deleted => true,
        }
    }
}

/// Where a message stands: the worst state over its deliveries, or its own end.
///
/// The order of the variants is the order of "worse": a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// A `keep`, `drop` or route left no destination for it; the rule is recorded.
    Filtered,
    /// Every delivery was taken.
    Delivered,
    /// At least one delivery was removed by a named person, the others ended.
    Deleted,
    /// At least one delivery was given up by policy, the others ended.
    Expired,
    /// At least one delivery is waiting, retrying or held.
    InFlight,
    /// The message, or at least one delivery, waits for a person.
    Parked,
}

/// How many messages are in each state; the equation of R5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Every message ever accepted and still within retention, or counted before it was dropped.
    pub accepted: u64,
    /// See [`MessageState::Delivered`].
    pub delivered: u64,
    /// See [`MessageState::Filtered`].
    pub filtered: u64,
    /// See [`MessageState::Parked`].
    pub parked: u64,
    /// See [`MessageState::Expired`].
    pub expired: u64,
    /// See [`MessageState::Deleted`].
    pub deleted: u64,
    /// See [`MessageState::InFlight`].
    pub in_flight: u64,
}

impl Counts {
    /// Accepted messages that are in no end state and not in flight: 0 unless something was lost.
    #[must_use]
    pub fn lost(&self) -> i64 {
        let seen = self.delivered + self.filtered + self.parked + self.expired + self.deleted + self.in_flight;
        i64::try_from(self.accepted).unwrap_or(i64::MAX) - i64::try_from(seen).unwrap_or(i64::MAX)
    }

    /// The counter of one state.
    pub fn of(&mut self, state: MessageState) -> &mut u64 {
        match state {
            MessageState::Filtered => &mut self.filtered,
            MessageState::Delivered => &mut self.delivered,
            MessageState::Deleted => &mut self.deleted,
            MessageState::Expired => &mut self.expired,
            MessageState::InFlight => &mut self.in_flight,
            MessageState::Parked => &mut self.parked,
        }
    }
}
