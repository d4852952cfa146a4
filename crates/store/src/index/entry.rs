//! What the log tells the index.

use crate::{
    Accept,
    hash::{self, Key},
};
use message::{MessageState, Name};

/// Keys of one message that are indexed; more are found by their message only.
const KEYS_MAX: usize = 64;

/// One message or change, in log order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A message was accepted.
    Accepted(Box<Accepted>),
    /// A message changed.
    Changed(Changed),
}

/// A message as the index sees it: no patient data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The message.
    pub lsn: u64,
    /// When it was committed, in microseconds.
    pub at: i64,
    /// The interface.
    pub interface: Name,
    /// MSH-9.1.
    pub message_type: String,
    /// MSH-9.2.
    pub event: String,
    /// MSH-3.
    pub application: String,
    /// MSH-4.
    pub facility: String,
    /// Keyed hashes of patients, visits, orders, control id and extra fields, each mixed with its kind.
    pub keys: Vec<i64>,
    /// Where it goes.
    pub destinations: Vec<Name>,
    /// The state in which it starts.
    pub state: MessageState,
    /// Another message with the same control id came before.
    pub is_reused: bool,
}

/// A change as the index sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The change.
    pub lsn: u64,
    /// The message.
    pub message: u64,
    /// The change before it; `u64::MAX` if its record does not know.
    pub prev: u64,
    /// The message's state after it; `None` if it stays as it was.
    pub state: Option<MessageState>,
}

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind<'a> {
    /// A patient identifier.
    Patient,
    /// A visit number.
    Visit,
    /// An order number.
    Order,
    /// MSH-10.
    ControlId,
    /// A field that the interface names.
    Extra(&'a str),
}

/// The keyed hash under which a value is indexed.
pub(crate) fn key_of(secret: Key, kind: KeyKind<'_>, value: &str) -> i64 {
    let (number, name) = match kind {
        KeyKind::Patient => (1u8, ""),
        KeyKind::Visit => (2, ""),
        KeyKind::Order => (3, ""),
        KeyKind::ControlId => (4, ""),
        KeyKind::Extra(name) => (5, name),
    };
    hash::hash_parts(secret, &[&[number], name.as_bytes(), value.trim().as_bytes()]) as i64
}

impl Accepted {
    /// Hashes the facts in the caller's thread; place, time and state are filled in by the log.
    pub(crate) fn of(accept: &Accept, secret: Key) -> Accepted {
        let facts = &accept.facts;
        let mut keys = Vec::with_capacity(8);
        let mut add = |kind: KeyKind<'_>, value: &str| {
            if !value.is_empty() && keys.len() < KEYS_MAX {
                keys.push(key_of(secret, kind, value));
            }
        };
        add(KeyKind::ControlId, &facts.control_id);
        facts.patients.iter().for_each(|value| add(KeyKind::Patient, value.reveal()));
        facts.visits.iter().for_each(|value| add(KeyKind::Visit, value.reveal()));
        facts.orders.iter().for_each(|value| add(KeyKind::Order, value.reveal()));
        facts.extra.iter().for_each(|(name, value)| add(KeyKind::Extra(name), value.reveal()));
        keys.sort_unstable();
        keys.dedup();
        Accepted {
            lsn: 0,
            at: 0,
            interface: accept.envelope.interface.clone(),
            message_type: facts.message_type.clone(),
            event: facts.event.clone(),
            application: facts.application.clone(),
            facility: facts.facility.clone(),
            keys,
            destinations: accept.deliveries.iter().map(|planned| planned.destination.clone()).collect(),
            state: MessageState::InFlight,
            is_reused: false,
        }
    }
}
