//! What has to be told: to whom, about which incident, and why now.

use crate::incident::Incident;
use message::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Why somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is new, or the first of it that is not quiet.
    Opened,
    /// It is worse than it was.
    Raised,
    /// Nobody has it, and it goes on.
    Again,
    /// A person has it.
    Acknowledged,
    /// It is over.
    Closed,
}

impl What {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            What::Opened => "opened",
            What::Raised => "raised",
            What::Again => "again",
            What::Acknowledged => "acknowledged",
            What::Closed => "closed",
        }
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// When it was decided.
    pub at: Timestamp,
    /// Why now.
    pub what: What,
    /// About what, as it was then. Its notes are left out.
    pub incident: Incident,
    /// Through which channels.
    pub channels: Vec<Arc<str>>,
    /// Who is on call.
    pub oncall: Option<Arc<str>>,
}
