//! Acknowledgment codes of HL7 table 0008.

use serde::{Deserialize, Serialize};
use std::fmt;

/// MSA-1 (HL7 v2.9 §2.14.8.1, table 0008). `A*` is the application acknowledgment (or original mode), `C*` the
/// commit acknowledgment of enhanced mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AckCode {
    /// Application accept.
    AA,
    /// Application error: something is wrong with the content.
    AE,
    /// Application reject: not for reasons of content, or type, version or processing id unsupported.
    AR,
    /// Commit accept.
    CA,
    /// Commit error.
    CE,
    /// Commit reject.
    CR,
}

impl AckCode {
    /// Every code, in the order of table 0008.
    pub const ALL: [AckCode; 6] = [AckCode::AA, AckCode::AE, AckCode::AR, AckCode::CA, AckCode::CE, AckCode::CR];

    /// The two letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            AckCode::AA => "AA",
            AckCode::AE => "AE",
            AckCode::AR => "AR",
            AckCode::CA => "CA",
            AckCode::CE => "CE",
            AckCode::CR => "CR",
        }
    }

    /// Reads the two letters; anything else is `None`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<AckCode> {
        AckCode::ALL.into_iter().find(|code| code.as_str().as_bytes() == text)
    }

    /// AA or CA: the sender may forget the message.
    #[must_use]
    pub fn is_positive(self) -> bool {
        matches!(self, AckCode::AA | AckCode::CA)
    }

    /// One of the three commit codes.
    #[must_use]
    pub fn is_commit(self) -> bool {
        matches!(self, AckCode::CA | AckCode::CE | AckCode::CR)
    }
}

impl fmt::Display for AckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
