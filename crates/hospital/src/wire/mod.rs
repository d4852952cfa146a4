//! Simulated systems on real sockets: an MLLP [`Sender`] and an MLLP [`Partner`] that can be told to misbehave.
//!
//! Promises: a sender has one message under way per connection (HL7 Transport Specification MLLP R1) and, like a real
//! store-and-forward system, sends the same bytes again after a lost connection; a partner records what arrived before
//! it answers. Buffers, histories and queues are bounded by the named limits of this file.
//! Never: parses beyond MSH, MSA and PID-3; keeps patient data unless told to keep message bytes.

mod error;
mod frame;
mod histogram;
mod pace;
mod partner;
mod peek;
mod sender;

pub use error::Error;
pub use histogram::{Histogram, Latency};
pub use pace::Pace;
pub use partner::{
    Act, Answer, Arrival, Behaviour, Key, Partner, PartnerConfig, PartnerHandle, PartnerStats, Sequence,
};
pub use peek::{Head, Reply, patient_id};
pub use sender::{AfterTimeout, ControlIds, Sender, SenderConfig, SenderStats, Source, send_planned};

/// Connections that one sender opens at most.
pub const CONNECTIONS_MAX: usize = 256;
/// Hashes of control ids that a partner remembers to tell duplicates (32 MiB at most).
pub const CONTROL_IDS_MAX: usize = 2_000_000;
/// Ordering keys that a partner follows.
pub const KEYS_MAX: usize = 1_000_000;
/// Answers that a partner may owe one connection while it answers late.
pub const LATE_ANSWERS_MAX: usize = 1024;
/// Arrivals kept for a slow subscriber before the oldest are skipped.
pub const ARRIVALS_MAX: usize = 4096;
/// Longest MSH-10 that a sender writes itself (HL7 v2.5.1 §2.15.9.10: 20 characters).
pub const CONTROL_ID_BYTES_MAX: usize = 20;
