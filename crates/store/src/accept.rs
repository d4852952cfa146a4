//! What the engine hands over to be accepted: one message, its facts, its plan of deliveries.

use bytes::Bytes;
use message::{AckCode, Envelope, MessageId, Name, Phi, Reason, Timestamp};
use std::{borrow::Cow, time::Duration};

/// One message with everything that is committed together with it.
#[derive(Clone)]
pub struct Accept {
    /// Context and raw bytes.
    pub envelope: Envelope,
    /// What it can be found by.
    pub facts: Facts,
    /// What the pipeline decided.
    pub disposition: Disposition,
    /// The acknowledgment that will be sent once the receipt is there: the stored answer for a duplicate (R4).
    pub acknowledgment: Option<Bytes>,
    /// The plan; empty unless the disposition is `Routed`.
    pub deliveries: Vec<Planned>,
    /// How long its control id is remembered; `None` turns duplicate detection off. Replays are never duplicates.
    pub duplicate_window: Option<Duration>,
    /// A later message with this control id may be its duplicate. Not so for one that was refused: the sender mends the
    /// cause and sends it again.
    pub is_remembered: bool,
    /// Codes of the diagnostics that processing gave.
    pub flags: Vec<Cow<'static, str>>,
}

/// What a message can be found by. Sealed with the message; the index holds keyed hashes of the patient's part only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// MSH-10; empty when absent.
    pub control_id: String,
    /// MSH-9.1, or what stands for it in another format.
    pub message_type: String,
    /// MSH-9.2, the trigger event.
    pub event: String,
    /// MSH-3, the sending application.
    pub application: String,
    /// MSH-4, the sending facility.
    pub facility: String,
    /// Patient identifiers.
    pub patients: Vec<Phi<String>>,
    /// Visit numbers.
    pub visits: Vec<Phi<String>>,
    /// Order numbers, placer and filler.
    pub orders: Vec<Phi<String>>,
    /// What the interface names beyond that.
    pub extra: Vec<(Name, Phi<String>)>,
}

/// What the pipeline decided about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It goes where the deliveries say; without deliveries it counts as filtered.
    Routed,
    /// A rule left no destination.
    Filtered {
        /// Which rule, as a person would name it.
        rule: String,
    },
    /// It waits for a person before any delivery.
    Parked {
        /// Why.
        reason: Reason,
    },
}

/// One delivery of the plan; its number is its place in `Accept::deliveries`.
#[derive(Clone)]
pub struct Planned {
    /// Where to.
    pub destination: Name,
    /// Hash of the ordering key (R3).
    pub order_key: u64,
    /// What is delivered.
    pub content: Content,
    /// Higher goes first among free keys.
    pub priority: u8,
}

/// What a delivery carries.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// The raw bytes as received: stored once.
    Raw,
    /// Bytes that a map made; equal outputs are stored once.
    Output(Bytes),
}

/// Proof that a message is on stable storage (R1). Only a durable commit makes one: it has no public constructor.
///
/// ```compile_fail
/// let forged = store::Receipt { id: message::MessageId(1), verdict: store::Verdict::New, at: message::Timestamp(0) };
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Receipt {
    id: MessageId,
    verdict: Verdict,
    at: Timestamp,
}

impl Receipt {
    pub(crate) fn new(id: MessageId, verdict: Verdict, at: Timestamp) -> Receipt {
        Receipt { id, verdict, at }
    }
    /// The message; for a duplicate, the original.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }
    /// Whether it was seen before.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }
    /// When it was committed.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }
}

/// What duplicate detection found (R4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not seen before, or not looked for.
    New,
    /// Same control id, same content: nothing was written; answer with the original's acknowledgment.
    Duplicate {
        /// The original, which is durable.
        of: MessageId,
    },
    /// Same control id, other content: accepted and flagged.
    ReusedControlId {
        /// The latest earlier message with this control id.
        of: MessageId,
    },
}

/// Where a stored message came out, as it was accepted.
#[derive(Clone)]
pub struct Stored {
    /// Its id.
    pub id: MessageId,
    /// When it was committed.
    pub at: Timestamp,
    /// What was accepted, outputs included.
    pub accept: Accept,
    /// The earlier message with the same control id, if there was one.
    pub reused_control_id_of: Option<MessageId>,
}

/// The application's acknowledgment of a message, on an axis of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationAcknowledgment {
    /// The message that was acknowledged.
    pub message: MessageId,
    /// MSA-1.
    pub code: AckCode,
}
