//! Floor 0: the words of the house.
//!
//! Owns the vocabulary that every other crate speaks: ids, envelopes, states, acknowledgment codes, outcomes,
//! diagnostics, limits, the clock, the places where tests end a process. A closed list: a type lands here only when two floors need it and neither owns it.
//!
//! Promises: pure apart from [`clock::System`], the one place that reads the wall clock; no patient data in any
//! `Debug` or `Display` of its own ([`Phi`] redacts).
//! Never: I/O, async, parsing of message content.

mod ack;
pub mod clock;
mod code;
mod diagnostic;
mod envelope;
pub mod failpoint;
mod id;
pub mod limits;
mod outcome;
mod phi;
mod state;

pub use ack::AckCode;
pub use clock::{Clock, Steady, Timestamp};
pub use code::Code;
pub use diagnostic::{Diagnostic, Location, Severity};
pub use envelope::{Envelope, Format, Origin};
pub use id::{DeliveryId, MessageId, Name};
pub use outcome::{Class, Outcome, Reason, Scope};
pub use phi::Phi;
pub use state::{Counts, DeliveryState, MessageState};
