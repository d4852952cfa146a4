//! What must be true of a store's own records, written once: the simulator, the tests, the debug asserts of the running
//! engine, `sinew doctor` and the drill of a backup call the functions of this module.
//!
//! Owns the findings and the checkers over what the log says: [`conservation`] (R5), [`history`] of one message (every
//! step allowed, attempts without a gap, nothing tried after its end), [`Walk`] over all records (the same, and order for
//! each key, R3), [`content`] (R10). [`crate::Store::examine`] runs them over a whole store. Promises: pure; memory grows
//! with what is open, not with what is in the log. Never: says what stood in a message, only where.

mod examine;
mod track;
mod walk;

pub(crate) use examine::run;
pub use examine::{Examination, Examined, Look, Progress, Values};
pub use track::{Standing, history, standings};
pub use walk::{Line, OpenLine, PlannedLine, Recall, Walk};

use crate::codes;
use message::{Code, Counts, DeliveryId, MessageId, Name};
use std::fmt;

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// One interface.
    Interface(Name),
    /// One message.
    Message(MessageId),
    /// One delivery.
    Delivery(DeliveryId),
    /// Bytes of the log from here on.
    Log(u64),
    /// The store as a whole.
    Store,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Interface(name) => write!(f, "interface {name}"),
            Place::Message(id) => write!(f, "message {id}"),
            Place::Delivery(id) => write!(f, "delivery {id}"),
            Place::Log(lsn) => write!(f, "log at {lsn}"),
            Place::Store => f.write_str("store"),
        }
    }
}

/// Something that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code, with its page.
    pub code: Code,
    /// Where.
    pub place: Place,
    /// What, without content (R10).
    pub text: String,
    /// What to do.
    pub hint: &'static str,
}

/// What to do about a broken promise of ours.
const REPORT: &str = "this is a bug: keep the data directory and report it";

impl Finding {
    /// A finding.
    #[must_use]
    pub fn new(code: Code, place: Place, text: impl Into<String>, hint: &'static str) -> Finding {
        Finding { code, place, text: text.into(), hint }
    }

    /// A promise that we broke.
    #[must_use]
    pub fn bug(code: Code, place: Place, text: impl Into<String>) -> Finding {
        Finding::new(code, place, text, REPORT)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.code, self.place, self.text)
    }
}

/// R5: the states add up to what was accepted, for every interface.
#[must_use]
pub fn conservation(counts: &[(Name, Counts)]) -> Vec<Finding> {
    let unbalanced = counts.iter().filter(|(_, counts)| counts.lost() != 0);
    unbalanced
        .map(|(name, counts)| {
            let text = format!("{} of {} messages are in no state", counts.lost(), counts.accepted);
            Finding::bug(codes::E4080, Place::Interface(name.clone()), text)
        })
        .collect()
}

/// Shorter values stand in any text by chance.
pub const VALUE_CHARS_MIN: usize = 4;

/// R10: none of these values of a message stands in a text that was made about it, as a word of its own. Gives the place
/// of the first that does; values shorter than [`VALUE_CHARS_MIN`] are passed over.
#[must_use]
pub fn content<'v>(values: impl IntoIterator<Item = &'v str>, text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_word = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_alphanumeric);
    // The letter of `\r` or `\n` is no letter: debug texts have them.
    let is_escape = |place: usize| place.checked_sub(1).is_some_and(|before| bytes[before] == b'\\');
    let stands = |value: &str| {
        text.match_indices(value).map(|(at, _)| at).find(|at| {
            let before = at.checked_sub(1).is_some_and(|before| is_word(before) && !is_escape(before));
            !before && !is_word(at + value.len())
        })
    };
    values.into_iter().filter(|value| value.chars().count() >= VALUE_CHARS_MIN).find_map(stands)
}

#[cfg(test)]
mod tests;
