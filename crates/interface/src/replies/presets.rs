//! The standard meaning of acknowledgment codes, and named deviations from it.

use super::{Action, Row};
use message::AckCode::{self, AE, AR, CE, CR};

/// A named set of rows over the standard meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Preset {
    /// The word after `replies preset`.
    pub name: &'static str,
    /// When to use it.
    pub description: &'static str,
    pub(super) rows: &'static [(Row, Action)],
}

/// Every preset; the first is the default.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "standard",
        description: "The meaning of the standard: AE is bad content (park), AR is trouble over there (retry).",
        rows: &[],
    },
    Preset {
        name: "ae-is-transient",
        description: "For systems that answer AE for trouble of their own and AR for messages they do not want: \
                      AE is tried again, AR is parked.",
        rows: AE_IS_TRANSIENT,
    },
    Preset {
        name: "accept-any",
        description: "For systems whose answer means nothing: every acknowledgment, even an unreadable one, ends the \
                      delivery. Use it only when the other side agrees that it never asks for a message again.",
        rows: ACCEPT_ANY,
    },
    Preset {
        name: "accept-any-id",
        description: "For systems that do not echo the message control id: an answer with another MSA-2 counts.",
        rows: &[(Row::WrongId, Action::Done)],
    },
    Preset {
        name: "duplicate-is-done",
        description: "For systems that answer a repeated message with AE and condition 205 (duplicate key): that \
                      answer ends the delivery.",
        rows: &[(Row::Condition(AE, 205), Action::Done), (Row::Condition(AR, 205), Action::Done)],
    },
    Preset {
        name: "retry-all",
        description: "Nothing is parked: every negative answer is tried again, in order, until the other side takes it.",
        rows: &[
            (Row::Code(AE), Action::Retry),
            (Row::Code(AR), Action::Retry),
            (Row::Code(CE), Action::Retry),
            (Row::Code(CR), Action::Retry),
            (Row::Refused, Action::Retry),
        ],
    },
    Preset {
        name: "hold-on-error",
        description: "Order before flow: what would be parked is held instead, with everything behind it under the \
                      same key, until a person releases it.",
        rows: HOLD_ON_ERROR,
    },
];

const AE_IS_TRANSIENT: &[(Row, Action)] = &[
    (Row::Code(AE), Action::Retry),
    (Row::Condition(AE, 100), Action::Park),
    (Row::Condition(AE, 101), Action::Park),
    (Row::Condition(AE, 102), Action::Park),
    (Row::Condition(AE, 103), Action::Park),
    (Row::Condition(AE, 104), Action::Park),
    (Row::Condition(AE, 200), Action::Park),
    (Row::Condition(AE, 201), Action::Park),
    (Row::Condition(AE, 202), Action::Park),
    (Row::Condition(AE, 203), Action::Park),
    (Row::Code(AR), Action::Park),
    (Row::Condition(AR, 206), Action::Retry),
    (Row::Condition(AR, 207), Action::Retry),
];

const ACCEPT_ANY: &[(Row, Action)] = &[
    (Row::Code(AE), Action::Done),
    (Row::Code(AR), Action::Done),
    (Row::Code(CE), Action::Done),
    (Row::Code(CR), Action::Done),
    (Row::Unreadable, Action::Done),
    (Row::WrongId, Action::Done),
];

const HOLD_ON_ERROR: &[(Row, Action)] = &[
    (Row::Code(AE), Action::Hold),
    (Row::Condition(AE, 206), Action::Retry),
    (Row::Condition(AE, 207), Action::Retry),
    (Row::Condition(AR, 100), Action::Hold),
    (Row::Condition(AR, 101), Action::Hold),
    (Row::Condition(AR, 102), Action::Hold),
    (Row::Condition(AR, 103), Action::Hold),
    (Row::Condition(AR, 104), Action::Hold),
    (Row::Condition(AR, 200), Action::Hold),
    (Row::Condition(AR, 201), Action::Hold),
    (Row::Condition(AR, 202), Action::Hold),
    (Row::Condition(AR, 203), Action::Hold),
    (Row::Code(CR), Action::Hold),
    (Row::Refused, Action::Hold),
];

/// HL7 v2.9 §2.9.2: AE and AR of the application, CE and CR of the transport; refined by ERR-3 (table 0357): 206 (record
/// locked) and 207 (internal error) pass by themselves; 100–104 (content) and 200–203 (unsupported) do not.
pub(super) fn standard(code: AckCode, condition: Option<u16>) -> Action {
    match (code, condition) {
        (AckCode::AA | AckCode::CA, _) => Action::Done,
        (AE, Some(206 | 207)) => Action::Retry,
        (AE, _) => Action::Park,
        (AR, Some(100..=104 | 200..=203)) => Action::Park,
        (AR | CE, _) => Action::Retry,
        (CR, _) => Action::Park,
    }
}
