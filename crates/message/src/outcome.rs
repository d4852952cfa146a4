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
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `E6101`, as in `docs/errors/`.
    pub code: Cow<'static, str>,
    /// One sentence: where and how, never what was in the message.
    pub text: Cow<'static, str>,
}

impl Reason {
    /// A reason with a code of the catalogue.
    pub fn new(code: crate::Code, text: impl Into<Cow<'static, str>>) -> Reason {
        Reason { code: Cow::Borrowed(code.id), text: text.into() }
    }
}

/// What stands before a status in the sentence of [`Reason::answered`].
const ANSWERED: &str = " answered ";

impl Reason {
    /// What an HTTP server answered: `host:port answered 409`.
    #[must_use]
    pub fn answered(code: crate::Code, address: &str, status: u16) -> Reason {
        Reason::new(code, format!("{address}{ANSWERED}{status}"))
    }

    /// The HTTP status of a reason made by [`Reason::answered`], which may go on behind a colon.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let (_, rest) = self.text.split_once(ANSWERED)?;
        let digits = rest.split(':').next()?;
        digits.parse().ok().filter(|status| (100..=599).contains(status))
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
    fn statuses_travel_in_the_sentence() {
        let code = crate::Code { id: "E6305", title: "", page: "" };
        assert_eq!(Reason::answered(code, "rx:80", 409).status(), Some(409));
        let check =
            |text: &'static str, expect: Option<u16>| assert_eq!(Reason::new(code, text).status(), expect, "{text}");
        check("rx:80 answered 422: invalid", Some(422));
        check("rx:80 answered AE", None);
        check("rx:80 answered 1000", None);
        check("rx:80 did not answer", None);
    }
}
