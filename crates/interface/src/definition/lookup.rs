//! What lines may ask outside, and for how long an answer counts.

use crate::catalogue::Settings;
use message::Name;
use std::time::Duration;

/// A `lookup` line.
#[derive(Clone, Debug)]
pub struct LookupDefinition {
    /// Its name.
    pub name: Name,
    /// Which connector asks.
    pub connector: &'static str,
    /// Its address and settings, checked and complete.
    pub settings: Settings,
    /// How long a message waits for an answer, the time for a free line included.
    pub within: Duration,
    /// How long an answer is used again; zero: each message asks anew.
    pub fresh: Duration,
    /// Answers that are remembered at most.
    pub remember: usize,
}
