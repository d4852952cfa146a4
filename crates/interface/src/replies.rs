//! What a peer's answer means for a delivery: pure, table-tested.
//!
//! The standard meaning is the default (HL7 v2.9 §2.9.2 and table 0357): AE is bad content, a person must look; AR is
//! trouble on the other side, try later. Systems disagree with the standard, so a destination may state its own rows or
//! take a preset.
//!
//! Promises: every answer has exactly one action; no answer but a positive one ends a delivery as done unless a row
//! says so.
//! Never: reads bytes, knows a clock or counts attempts itself.

mod presets;
#[cfg(test)]
mod tests;

pub use presets::{PRESETS, Preset};

use message::{AckCode, Outcome};

/// What happens to a delivery after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The peer has it.
    Done,
    /// Try the same bytes again later.
    Retry,
    /// Take it out of the queue for a person; what is behind it goes on.
    Park,
    /// Keep it, with everything behind it under the same key, until a person releases it.
    Hold,
}

impl Action {
    /// Every action with its word in the language.
    pub const ALL: [(&'static str, Action); 4] =
        [("done", Action::Done), ("retry", Action::Retry), ("park", Action::Park), ("hold", Action::Hold)];

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Action> {
        Action::ALL.iter().find(|(name, _)| *name == word).map(|(_, action)| *action)
    }

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Done => "done",
            Action::Retry => "retry",
            Action::Park => "park",
            Action::Hold => "hold",
        }
    }
}

/// What came of one attempt, read: the transport's outcome, or the peer's answer where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Delivered, and the medium has no answers: a file is in place.
    Nothing,
    /// An acknowledgment to exactly this message.
    Acknowledged {
        /// MSA-1.
        code: AckCode,
        /// ERR-3.1 of each ERR segment, table 0357; empty where there is none. 0 (accepted) says nothing.
        conditions: Vec<u16>,
    },
    /// An answer without a readable MSA.
    Unreadable,
    /// An acknowledgment to another message (MSA-2 is not our MSH-10).
    WrongId,
    /// The peer committed the message (CA); the application acknowledgment that was to follow did not come.
    Unconfirmed,
    /// No answer, and the peer certainly did not process the message.
    Transient,
    /// The connector says that these bytes can never be delivered.
    Permanent,
    /// No answer, and nobody knows whether the message arrived.
    Ambiguous,
}

impl Answer {
    /// The answer that an outcome without a reply stands for.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Answer {
        match outcome {
            Outcome::Delivered { .. } => Answer::Nothing,
            Outcome::Transient { .. } => Answer::Transient,
            Outcome::Permanent { .. } => Answer::Permanent,
            Outcome::Ambiguous { .. } => Answer::Ambiguous,
        }
    }
}

/// What a row of the table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// An acknowledgment code: `AE park`.
    Code(AckCode),
    /// An acknowledgment code with one condition of table 0357: `AE 207 retry`.
    Condition(AckCode, u16),
    /// `unreadable retry`.
    Unreadable,
    /// `wrong-id retry`.
    WrongId,
    /// `no-application park`: committed, and the application acknowledgment did not come.
    NoApplication,
    /// One HTTP status that is no yes: `http 409 done`.
    Http(u16),
    /// `refused park`: what the connector reports as permanent.
    Refused,
    /// `timeout retry`: sent, no answer.
    Timeout,
}

/// How often an unreadable or foreign answer is tried again before a person has to look (requirement F15).
pub const UNREADABLE_ATTEMPTS_MAX: u32 = 3;

/// The reply table of one destination: a preset with the rows that the destination states over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTable {
    preset: &'static Preset,
    rows: Vec<(Row, Action)>,
}

impl Default for ReplyTable {
    fn default() -> ReplyTable {
        ReplyTable { preset: &PRESETS[0], rows: Vec::new() }
    }
}

impl ReplyTable {
    /// The table of a named preset.
    #[must_use]
    pub fn preset(name: &str) -> Option<ReplyTable> {
        PRESETS.iter().find(|preset| preset.name == name).map(|preset| ReplyTable { preset, rows: Vec::new() })
    }

    /// The preset's name.
    #[must_use]
    pub fn preset_name(&self) -> &'static str {
        self.preset.name
    }

    /// The rows stated over the preset.
    #[must_use]
    pub fn rows(&self) -> &[(Row, Action)] {
        &self.rows
    }

    /// States a row; a later one for the same case wins.
    pub fn state(&mut self, row: Row, action: Action) {
        self.rows.push((row, action));
    }

    /// What to do after `answer`. `attempts` counts the tries of this delivery before this one; only unreadable and
    /// foreign answers look at it: they are tried again [`UNREADABLE_ATTEMPTS_MAX`] times, then parked.
    #[must_use]
    pub fn decide(&self, answer: &Answer, attempts: u32) -> Action {
        match answer {
            Answer::Nothing => Action::Done,
            Answer::Acknowledged { code, conditions } => self.acknowledged(*code, conditions),
            Answer::Unreadable => self.bounded(Row::Unreadable, attempts),
            Answer::WrongId => self.bounded(Row::WrongId, attempts),
            Answer::Unconfirmed => self.stated(Row::NoApplication).unwrap_or(Action::Done),
            Answer::Transient => Action::Retry,
            Answer::Permanent => self.stated(Row::Refused).unwrap_or(Action::Park),
            Answer::Ambiguous => self.stated(Row::Timeout).unwrap_or(Action::Retry),
        }
    }

    /// What a row says of this HTTP status; without one, the outcome that the connector made of it decides.
    #[must_use]
    pub fn stated_for(&self, status: u16) -> Option<Action> {
        self.stated(Row::Http(status))
    }

    /// The strictest action over the conditions: one that needs a person wins over one that heals by itself.
    fn acknowledged(&self, code: AckCode, conditions: &[u16]) -> Action {
        let plain = self.stated(Row::Code(code)).unwrap_or_else(|| presets::standard(code, None));
        conditions
            .iter()
            .filter(|condition| **condition != 0)
            .map(|condition| self.condition(code, *condition).unwrap_or(plain))
            .max()
            .unwrap_or(plain)
    }

    /// A stated row for the condition; else, unless the code itself was stated anew, the standard refinement.
    fn condition(&self, code: AckCode, condition: u16) -> Option<Action> {
        let refined = Row::Condition(code, condition);
        if let Some(action) = find(&self.rows, refined) {
            return Some(action);
        }
        if find(&self.rows, Row::Code(code)).is_some() {
            return None;
        }
        if let Some(action) = find(self.preset.rows, refined) {
            return Some(action);
        }
        match find(self.preset.rows, Row::Code(code)) {
            Some(_) => None,
            None => Some(presets::standard(code, Some(condition))),
        }
    }

    fn bounded(&self, row: Row, attempts: u32) -> Action {
        match self.stated(row).unwrap_or(Action::Retry) {
            Action::Retry if attempts >= UNREADABLE_ATTEMPTS_MAX => Action::Park,
            action => action,
        }
    }

    fn stated(&self, row: Row) -> Option<Action> {
        find(&self.rows, row).or_else(|| find(self.preset.rows, row))
    }
}

fn find(rows: &[(Row, Action)], row: Row) -> Option<Action> {
    rows.iter().rev().find(|(stated, _)| *stated == row).map(|(_, action)| *action)
}
