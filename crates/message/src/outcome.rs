//! What a connector reports of one attempt to deliver. It never decides what happens next.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt, time::Duration};

/// The result of one attempt, as the connector saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The peer got the bytes and answered in time, or the medium needs no answer (a file is in place). A reply, where
    /// there is one, is still to be read by the destination's reply table: "delivered" here is transport, not consent.
    Delivered {
        /// The peer's answer as received, without framing.
        reply: Option<Bytes>,
    },
    /// The peer certainly did not process the message; trying again is safe.
    Transient {
        /// What is affected.
        scope: Scope,
        /// Why, without patient data.
        reason: Reason,
        /// The peer asked for at least this pause.
        retry_after: Option<Duration>,
    },
    /// Trying the same bytes again cannot succeed.
    Permanent {
        /// Why, without patient data.
        reason: Reason,
        /// The peer's answer, if it gave one.
        reply: Option<Bytes>,
    },
    /// The peer may or may not have processed the message (sent, no answer): a re-send may be a duplicate (R2).
    Ambiguous {
        /// Why, without patient data.
        reason: Reason,
    },
}

/// How far a transient failure reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The destination as a whole: no other delivery would fare better now.
    Destination,
    /// This message only.
    Message,
}

/// The three classes that a retry policy knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Certainly not processed.
    Transient,
    /// Certainly refused.
    Permanent,
    /// Unknown.
    Ambiguous,
}

/// Why something did not work: a code with a page, and a sentence without patient data (R10).
#[derive(Clone, Serialize, Deserialize)]
pub struct Reason {
    /// `E6101`, as in `docs/errors/`.
    pub code: Cow<'static, str>,
    /// One sentence: where and how, never what was in the message.
    pub text: Cow<'static, str>,
    /// For the decision that follows at once; what is kept of a reason is the sentence, which says it too.
    #[serde(skip)]
    status: Option<u16>,
}

/// Two reasons are the same that say the same.
impl PartialEq for Reason {
    fn eq(&self, other: &Reason) -> bool {
        self.code == other.code && self.text == other.text
    }
}

impl Eq for Reason {}

impl Reason {
    /// A reason with a code of the catalogue.
    pub fn new(code: crate::Code, text: impl Into<Cow<'static, str>>) -> Reason {
        Reason { code: Cow::Borrowed(code.id), text: text.into(), status: None }
    }

    /// A reason that was read, with its code.
    pub fn read(code: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) -> Reason {
        Reason { code: code.into(), text: text.into(), status: None }
    }

    /// What an HTTP server answered: `host:port answered 409`.
    #[must_use]
    pub fn answered(code: crate::Code, address: &str, status: u16) -> Reason {
        Reason { status: Some(status), ..Reason::new(code, format!("{address} answered {status}")) }
    }

    /// The same, with more behind its sentence.
    #[must_use]
    pub fn because(self, detail: &str) -> Reason {
        Reason { text: format!("{}: {detail}", self.text).into(), ..self }
    }

    /// The HTTP status, if a server answered with one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.text)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_what_a_server_answered_and_no_words() {
        let code = crate::Code { id: "E6305", title: "", page: "" };
        let answered = Reason::answered(code, "rx:80", 409).because("invalid");
        assert_eq!((answered.status(), &*answered.text), (Some(409), "rx:80 answered 409: invalid"));
        let told = Reason::new(code, "rx:80 answered 409: invalid");
        assert_eq!(told.status(), None);
        assert_eq!(told, answered, "what is kept is the sentence");
    }
}
