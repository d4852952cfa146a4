//! From one delivery state to the next: the one table that live writing, recovery and history share.

use super::changed::Effect;
use message::{DeliveryState, MessageState};

/// The state after an effect, or why the effect is not possible.
pub(crate) fn next(state: DeliveryState, effect: Effect) -> Result<DeliveryState, &'static str> {
    use DeliveryState::{Deleted, Delivered, Expired, Held, Parked, Queued, Retrying};
    match effect {
        // The peer's word is the truth: it counts also when a person parked or deleted the delivery meanwhile.
        Effect::Tried { state: Delivered, .. } => Ok(Delivered),
        Effect::Tried { state: new, .. } => match state {
            Queued | Retrying | Held => Ok(new),
            Parked | Delivered | Expired | Deleted => Ok(state),
        },
        Effect::Moved(new) => moved(state, new),
        Effect::Resent => match state {
            Parked | Delivered | Expired | Deleted => Ok(Queued),
            Queued | Retrying | Held => Err("it is still in the queue"),
        },
        Effect::Dismissed => match state {
            Parked => Ok(Deleted),
            Queued | Retrying | Held | Delivered | Expired | Deleted => Err("the message is not parked as a whole"),
        },
        Effect::Noted => Ok(state),
    }
}

fn moved(state: DeliveryState, new: DeliveryState) -> Result<DeliveryState, &'static str> {
    use DeliveryState::{Deleted, Delivered, Expired, Held, Parked, Queued, Retrying};
    let is_possible = match new {
        Parked => matches!(state, Queued | Retrying | Held),
        Held => matches!(state, Queued | Retrying),
        Expired | Deleted => matches!(state, Queued | Retrying | Held | Parked),
        Queued => matches!(state, Parked | Held | Retrying),
        Delivered | Retrying => false,
    };
    if is_possible {
        return Ok(new);
    }
    Err(match state {
        Queued | Retrying | Held => "it is in the queue",
        Parked => "it is parked",
        Delivered => "it was delivered",
        Expired => "it was given up",
        Deleted => "it was deleted",
    })
}

/// What a delivery's state means for its message.
pub(crate) fn of_delivery(state: DeliveryState) -> MessageState {
    match state {
        DeliveryState::Queued | DeliveryState::Retrying | DeliveryState::Held => MessageState::InFlight,
        DeliveryState::Parked => MessageState::Parked,
        DeliveryState::Delivered => MessageState::Delivered,
        DeliveryState::Expired => MessageState::Expired,
        DeliveryState::Deleted => MessageState::Deleted,
    }
}

/// Delivery states by number, as on disk.
pub(crate) const DELIVERY_STATES: [DeliveryState; 7] = [
    DeliveryState::Queued,
    DeliveryState::Retrying,
    DeliveryState::Held,
    DeliveryState::Parked,
    DeliveryState::Delivered,
    DeliveryState::Expired,
    DeliveryState::Deleted,
];

/// Message states by number, as on disk.
pub(crate) const MESSAGE_STATES: [MessageState; 6] = [
    MessageState::Filtered,
    MessageState::Delivered,
    MessageState::Deleted,
    MessageState::Expired,
    MessageState::InFlight,
    MessageState::Parked,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_disk_are_places() {
        for (place, state) in DELIVERY_STATES.into_iter().enumerate() {
            assert_eq!(state as usize, place);
        }
        for (place, state) in MESSAGE_STATES.into_iter().enumerate() {
            assert_eq!(state as usize, place);
        }
    }

    #[test]
    fn the_table() {
        use DeliveryState::{Deleted, Delivered, Expired, Held, Parked, Queued, Retrying};
        let check = |new: DeliveryState, from: &[DeliveryState]| {
            for state in DELIVERY_STATES {
                assert_eq!(next(state, Effect::Moved(new)).is_ok(), from.contains(&state), "{state:?} to {new:?}");
            }
        };
        check(Parked, &[Queued, Retrying, Held]);
        check(Held, &[Queued, Retrying]);
        check(Expired, &[Queued, Retrying, Held, Parked]);
        check(Deleted, &[Queued, Retrying, Held, Parked]);
        check(Queued, &[Retrying, Held, Parked]);
        check(Delivered, &[]);
        check(Retrying, &[]);
        let tried = |state| Effect::Tried { state, retry_at: 0, number: 1 };
        for state in DELIVERY_STATES {
            assert_eq!(next(state, tried(Delivered)), Ok(Delivered));
            let expect = if state.is_settled() { state } else { Parked };
            assert_eq!(next(state, tried(Parked)), Ok(expect));
            assert_eq!(next(state, Effect::Resent).is_ok(), state.is_settled());
            assert_eq!(next(state, Effect::Dismissed).is_ok(), state == Parked);
            assert_eq!(next(state, Effect::Noted), Ok(state));
        }
    }
}
