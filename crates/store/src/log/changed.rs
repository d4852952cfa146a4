//! The body of a change of state (docs/spec/store-format.md §5).
//!
//! Owns the encoding of [`Change`]. Promises: what people typed and what peers answered is in the sealed part; the fold
//! needs the fixed and the open part only.

use super::accepted::{put_reason, take_reason};
use crate::{
    Act, ApplicationAcknowledgment, Attempt, Change, Then,
    wire::{Put, Take},
};
use bytes::Bytes;
use message::{AckCode, Class, DeliveryId, DeliveryState, MessageId, Name, Phi, Reason, Timestamp};

/// Bytes of the fixed part.
pub(crate) const FIXED_BYTES: usize = 24;
/// Delivery number of a change that is about the whole message.
pub(crate) const WHOLE: u16 = u16::MAX;
/// `prev` of a change whose message had left the ledger: the index knows the change before it.
pub(crate) const PREV_UNKNOWN: u64 = u64::MAX;
/// `state` of a change that leaves the message's state as it was.
pub(crate) const STATE_SAME: u8 = 0xff;

/// The fixed part; the log thread fills in `prev` and `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// The change of the same message before this one; 0 if this is the first.
    pub(crate) prev: u64,
    pub(crate) message: u64,
    /// Where in the body the sealed part begins.
    pub(crate) seal_at: u32,
    /// `MessageState` after this change as a number, or [`STATE_SAME`].
    pub(crate) state: u8,
    pub(crate) kind: u8,
    pub(crate) number: u16,
}

impl Fixed {
    pub(crate) fn encode(&self) -> [u8; FIXED_BYTES] {
        let mut bytes = [0; FIXED_BYTES];
        bytes[..8].copy_from_slice(&self.prev.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.message.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.seal_at.to_le_bytes());
        bytes[20] = self.state;
        bytes[21] = self.kind;
        bytes[22..].copy_from_slice(&self.number.to_le_bytes());
        bytes
    }
    pub(crate) fn decode(body: &[u8]) -> Option<Fixed> {
        let mut take = Take(body);
        Some(Fixed {
            prev: take.u64()?,
            message: take.u64()?,
            seal_at: take.u32()?,
            state: take.u8()?,
            kind: take.u8()?,
            number: take.u16()?,
        })
    }
}

/// What a change does to its delivery: all that the fold needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The delivery was tried and goes on to this state; `retry_at` counts for `Retrying`.
    Tried { state: DeliveryState, retry_at: i64, number: u32 },
    /// The delivery goes to this state without an attempt.
    Moved(DeliveryState),
    /// A settled delivery goes back to the queue.
    Resent,
    /// The message parked as a whole is removed.
    Dismissed,
    /// Nothing changes.
    Noted,
}

/// A change encoded by its caller, ready for the log thread.
pub(crate) struct Encoded {
    pub(crate) fixed: Fixed,
    pub(crate) effect: Effect,
    pub(crate) open: Vec<u8>,
    /// To be sealed; empty when there is nothing to hide.
    pub(crate) secret: Vec<u8>,
}

/// The effect of a change.
pub(crate) fn effect(change: &Change) -> Effect {
    match change {
        Change::Attempt(attempt) => {
            let (state, retry_at) = match attempt.then {
                Then::Done => (DeliveryState::Delivered, 0),
                Then::RetryAt(at) => (DeliveryState::Retrying, at.0),
                Then::Park => (DeliveryState::Parked, 0),
                Then::Hold => (DeliveryState::Held, 0),
                Then::Expire => (DeliveryState::Expired, 0),
            };
            Effect::Tried { state, retry_at, number: attempt.number }
        }
        Change::Parked { .. } => Effect::Moved(DeliveryState::Parked),
        Change::Held { .. } => Effect::Moved(DeliveryState::Held),
        Change::Expired { .. } => Effect::Moved(DeliveryState::Expired),
        Change::Released { .. } => Effect::Moved(DeliveryState::Queued),
        Change::Deleted { .. } => Effect::Moved(DeliveryState::Deleted),
        Change::Resent { .. } => Effect::Resent,
        Change::Dismissed { .. } => Effect::Dismissed,
        Change::ApplicationAcknowledged(_) => Effect::Noted,
    }
}

/// What an encoded `Resent` restates.
pub(crate) fn restated(encoded: &Encoded) -> &[u8] {
    let mut take = Take(&encoded.open);
    take.counted().map_or(&[], |_| take.0)
}

/// Encodes a change in its caller's thread. `restated` is what [`super::restated`] made for a `Resent`.
pub(crate) fn encode(change: &Change, restated: &[u8]) -> Encoded {
    let mut open = Vec::with_capacity(24);
    let mut secret = Vec::new();
    let kind = match change {
        Change::Attempt(attempt) => {
            put_attempt(&mut open, &mut secret, attempt);
            1
        }
        Change::Parked { reason, .. } => put_reason_kind(&mut open, reason, 2),
        Change::Held { reason, .. } => put_reason_kind(&mut open, reason, 3),
        Change::Expired { reason, .. } => put_reason_kind(&mut open, reason, 4),
        Change::Released { act, .. } => put_act(&mut open, &mut secret, act, 5),
        Change::Deleted { act, .. } => put_act(&mut open, &mut secret, act, 6),
        Change::Resent { act, .. } => {
            put_act(&mut open, &mut secret, act, 7);
            open.put(restated);
            7
        }
        Change::Dismissed { act, .. } => put_act(&mut open, &mut secret, act, 8),
        Change::ApplicationAcknowledged(acknowledgment) => {
            open.put_u8(code_number(Some(acknowledgment.code)));
            9
        }
    };
    let number = change.delivery().map_or(WHOLE, |delivery| delivery.number);
    let seal_at = (FIXED_BYTES + open.len()) as u32;
    let fixed = Fixed { prev: 0, message: change.message().0, seal_at, state: STATE_SAME, kind, number };
    Encoded { fixed, effect: effect(change), open, secret }
}

fn put_reason_kind(open: &mut Vec<u8>, reason: &Reason, kind: u8) -> u8 {
    put_reason(open, reason);
    kind
}

fn put_act(open: &mut Vec<u8>, secret: &mut Vec<u8>, act: &Act, kind: u8) -> u8 {
    open.put_counted(act.by.as_bytes());
    secret.put_counted(act.reason.reveal().as_bytes());
    kind
}

fn put_attempt(open: &mut Vec<u8>, secret: &mut Vec<u8>, attempt: &Attempt) {
    let failure = match attempt.failure {
        None => 0,
        Some(Class::Transient) => 1,
        Some(Class::Permanent) => 2,
        Some(Class::Ambiguous) => 3,
    };
    let (then, at) = match attempt.then {
        Then::Done => (0, 0),
        Then::RetryAt(at) => (1, at.0),
        Then::Park => (2, 0),
        Then::Hold => (3, 0),
        Then::Expire => (4, 0),
    };
    open.put_u8(failure | then << 2 | u8::from(attempt.reason.is_some()) << 5);
    open.put_u8(code_number(attempt.reply));
    open.put_varint(u64::from(attempt.number));
    open.put_signed(attempt.started.0);
    open.put_signed(attempt.ended.0 - attempt.started.0);
    if then == 1 {
        open.put_signed(at);
    }
    if let Some(reason) = &attempt.reason {
        put_reason(open, reason);
    }
    if let Some(reply) = &attempt.reply_bytes {
        secret.put_counted(reply.reveal());
    }
}

fn code_number(code: Option<AckCode>) -> u8 {
    code.and_then(|code| AckCode::ALL.into_iter().position(|known| known == code)).map_or(0, |place| place as u8 + 1)
}

fn code_of(number: u8) -> Option<Option<AckCode>> {
    match number {
        0 => Some(None),
        number => Some(Some(*AckCode::ALL.get(usize::from(number) - 1)?)),
    }
}

/// The fixed part, the effect, and what a `Resent` restates: all that the fold needs.
pub(crate) fn split(body: &[u8]) -> Option<(Fixed, Effect, &[u8])> {
    let fixed = Fixed::decode(body)?;
    let mut take = Take(body.get(FIXED_BYTES..fixed.seal_at as usize)?);
    let change = take_change(&fixed, &mut take, &[])?;
    Some((fixed, effect(&change), take.0))
}

/// The whole change; `secret` is the opened sealed part.
pub(crate) fn decode(body: &[u8], secret: &[u8]) -> Option<Change> {
    let fixed = Fixed::decode(body)?;
    take_change(&fixed, &mut Take(body.get(FIXED_BYTES..fixed.seal_at as usize)?), secret)
}

fn take_change(fixed: &Fixed, take: &mut Take<'_>, secret: &[u8]) -> Option<Change> {
    let message = MessageId(fixed.message);
    let delivery = DeliveryId { message, number: fixed.number };
    let act = |take: &mut Take<'_>| {
        let reason = Take(secret).text().unwrap_or_default().to_owned();
        Some(Act { by: Name::from(take.text()?), reason: Phi::new(reason) })
    };
    Some(match fixed.kind {
        1 => Change::Attempt(take_attempt(delivery, take, secret)?),
        2 => Change::Parked { delivery, reason: take_reason(take)? },
        3 => Change::Held { delivery, reason: take_reason(take)? },
        4 => Change::Expired { delivery, reason: take_reason(take)? },
        5 => Change::Released { delivery, act: act(take)? },
        6 => Change::Deleted { delivery, act: act(take)? },
        7 => Change::Resent { delivery, act: act(take)? },
        8 => Change::Dismissed { message, act: act(take)? },
        9 => {
            let code = code_of(take.u8()?)??;
            Change::ApplicationAcknowledged(ApplicationAcknowledgment { message, code })
        }
        _ => return None,
    })
}

fn take_attempt(delivery: DeliveryId, take: &mut Take<'_>, secret: &[u8]) -> Option<Attempt> {
    let packed = take.u8()?;
    let failure = match packed & 3 {
        0 => None,
        1 => Some(Class::Transient),
        2 => Some(Class::Permanent),
        _ => Some(Class::Ambiguous),
    };
    let reply = code_of(take.u8()?)?;
    let number = take.number()?;
    let started = take.signed()?;
    let ended = started.checked_add(take.signed()?)?;
    let then = match packed >> 2 & 7 {
        0 => Then::Done,
        1 => Then::RetryAt(Timestamp(take.signed()?)),
        2 => Then::Park,
        3 => Then::Hold,
        4 => Then::Expire,
        _ => return None,
    };
    let reason = if packed >> 5 & 1 == 1 { Some(take_reason(take)?) } else { None };
    let reply_bytes = Take(secret).counted().map(|bytes| Phi::new(Bytes::copy_from_slice(bytes)));
    let (started, ended) = (Timestamp(started), Timestamp(ended));
    Some(Attempt { delivery, number, started, ended, failure, reply, reason, reply_bytes, then })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back() {
        let delivery = DeliveryId { message: MessageId(4096), number: 2 };
        let act = || Act { by: "ann".into(), reason: Phi::new("the partner is back".to_owned()) };
        let reason = || Reason::read("E6101", "refused");
        let attempt = |then, failure: Option<Class>| {
            let (started, ended) = (Timestamp(1_700_000_000_000_000), Timestamp(1_700_000_000_004_000));
            let reply_bytes = failure.map(|_| Phi::new(Bytes::from_static(b"MSA|AE")));
            let reason = failure.map(|_| reason());
            Change::Attempt(Attempt {
                delivery,
                number: 3,
                started,
                ended,
                failure,
                reply: Some(AckCode::AE),
                reason,
                reply_bytes,
                then,
            })
        };
        let changes = [
            attempt(Then::Done, None),
            attempt(Then::RetryAt(Timestamp(5)), Some(Class::Transient)),
            attempt(Then::Park, Some(Class::Permanent)),
            attempt(Then::Hold, Some(Class::Ambiguous)),
            attempt(Then::Expire, Some(Class::Ambiguous)),
            Change::Parked { delivery, reason: reason() },
            Change::Held { delivery, reason: reason() },
            Change::Expired { delivery, reason: reason() },
            Change::Released { delivery, act: act() },
            Change::Deleted { delivery, act: act() },
            Change::Resent { delivery, act: act() },
            Change::Dismissed { message: delivery.message, act: act() },
            Change::ApplicationAcknowledged(ApplicationAcknowledgment { message: delivery.message, code: AckCode::AA }),
        ];
        for change in changes {
            let encoded = encode(&change, b"restated");
            let mut body = encoded.fixed.encode().to_vec();
            body.extend(&encoded.open);
            assert_eq!(decode(&body, &encoded.secret).as_ref(), Some(&change));
            let (fixed, read, rest) = split(&body).unwrap();
            assert_eq!((fixed, read), (encoded.fixed, effect(&change)));
            assert_eq!(rest, if read == Effect::Resent { &b"restated"[..] } else { b"" });
            for end in 0..body.len() {
                decode(&body[..end], &encoded.secret);
            }
        }
    }
}
