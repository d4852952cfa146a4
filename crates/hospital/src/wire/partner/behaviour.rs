//! What a partner may be told to do.

use message::AckCode;
use std::{num::NonZeroU32, time::Duration};

/// What happens to a message that arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Act {
    /// Answer AA at once, or CA where MSH-15 and MSH-16 ask for it.
    #[default]
    Accept,
    /// Answer as [`Act::Accept`] after this long; nothing else is read on the connection meanwhile.
    Slow(Duration),
    /// Answer as [`Act::Accept`] after this long, while further messages are read: the answer may cross with later ones.
    Late(Duration),
    /// Answer with this code.
    Reject {
        /// MSA-1.
        code: AckCode,
        /// ERR-3, a code of table 0357 such as 207, with an ERR segment; none without.
        condition: Option<u16>,
    },
    /// Close the connection as soon as the message is there; it is not taken and not counted as received.
    Drop,
    /// Take the message, then close the connection without an answer: the sender cannot know.
    LoseReply,
    /// Take the message and never answer.
    Silence,
    /// Close the port and every connection, until told otherwise.
    Refuse,
    /// Answer AA for a control id that nobody sent.
    WrongId,
    /// Answer with a frame that is no HL7.
    Garbage,
    /// Answer as [`Act::Accept`], two times.
    Twice,
}

impl Act {
    /// The message is not counted as received.
    #[must_use]
    pub fn leaves_message(self) -> bool {
        matches!(self, Act::Drop | Act::Refuse)
    }
}

/// An [`Act`] for every message or for each n-th; the others are accepted at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// What happens.
    pub act: Act,
    /// 1 for every message, n for each n-th that this partner receives. [`Act::Refuse`] does not count messages.
    pub every: NonZeroU32,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour::always(Act::Accept)
    }
}

impl Behaviour {
    /// The act for every message.
    #[must_use]
    pub const fn always(act: Act) -> Behaviour {
        Behaviour { act, every: NonZeroU32::MIN }
    }

    /// The act for each `every`-th message; 0 counts as 1.
    #[must_use]
    pub fn each(every: u32, act: Act) -> Behaviour {
        Behaviour { act, every: NonZeroU32::new(every).unwrap_or(NonZeroU32::MIN) }
    }

    /// What happens to message `number`, counted from 1.
    #[must_use]
    pub fn act_for(&self, number: u64) -> Act {
        if number.is_multiple_of(u64::from(self.every.get())) { self.act } else { Act::Accept }
    }
}
