//! Acknowledgments: whether one is due, building one, reading one (HL7 v2.9 §2.9.2, §2.14.8, §2.14.5).
//!
//! Promises: an acknowledgment can be built for any bytes; it never repeats content other than the header fields that
//! the standard has it echo. Pure: control id and time come from the caller.

pub(crate) mod batch;
mod build;
mod legal;
mod reply;

pub use batch::{Answers, batch};
pub use build::{Acknowledgment, Finding, build, condition_name};
pub use legal::{Illegal, check};
pub use reply::Reply;

use crate::Message;

/// When the sender wants an acknowledgment (HL7 table 0155).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// `AL`.
    Always,
    /// `NE`.
    Never,
    /// `ER`: errors and rejections only.
    OnError,
    /// `SU`: success only.
    OnSuccess,
}

impl Condition {
    fn read(code: &[u8]) -> Option<Condition> {
        match code {
            b"AL" => Some(Condition::Always),
            b"NE" => Some(Condition::Never),
            b"ER" => Some(Condition::OnError),
            b"SU" => Some(Condition::OnSuccess),
            _ => None,
        }
    }

    /// An acknowledgment with this sign is wanted.
    #[must_use]
    pub fn applies(self, is_positive: bool) -> bool {
        match self {
            Condition::Always => true,
            Condition::Never => false,
            Condition::OnError => !is_positive,
            Condition::OnSuccess => is_positive,
        }
    }
}

/// The acknowledgment mode that a message asks for (HL7 v2.9 §2.9.2): enhanced where MSH-15 or MSH-16 has a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One application acknowledgment: AA, AE or AR.
    Original,
    /// An accept acknowledgment (CA, CE, CR) and an application acknowledgment, each on its own condition.
    Enhanced {
        /// MSH-15; empty counts as never.
        accept: Condition,
        /// MSH-16; empty counts as never.
        application: Condition,
    },
}

impl Mode {
    /// Reads MSH-15 and MSH-16. A value that table 0155 does not have counts as always: an answer too many harms less
    /// than one too few.
    #[must_use]
    pub fn of(message: &Message) -> Mode {
        let read =
            |number: u16| message.header().and_then(|header| header.field(number)).map_or(&[][..], |field| field.raw());
        let condition = |code: &[u8]| match code {
            [] | b"\"\"" => Condition::Never,
            _ => Condition::read(code).unwrap_or(Condition::Always),
        };
        let is_valued = |code: &[u8]| !matches!(code, [] | b"\"\"");
        let (accept, application) = (read(15), read(16));
        if !is_valued(accept) && !is_valued(application) {
            return Mode::Original;
        }
        Mode::Enhanced { accept: condition(accept), application: condition(application) }
    }
}

/// The sender wants an accept acknowledgment (CA, CE, CR) with this sign.
#[must_use]
pub fn needs_accept_ack(message: &Message, is_positive: bool) -> bool {
    match Mode::of(message) {
        Mode::Original => false,
        Mode::Enhanced { accept, .. } => accept.applies(is_positive),
    }
}

/// The sender wants an application acknowledgment (AA, AE, AR) with this sign.
#[must_use]
pub fn needs_application_ack(message: &Message, is_positive: bool) -> bool {
    match Mode::of(message) {
        Mode::Original => !is_acknowledgment(message),
        Mode::Enhanced { application, .. } => application.applies(is_positive),
    }
}

/// The message is itself an acknowledgment, which is never acknowledged (HL7 v2.9 §2.9.2): its type is ACK, or it holds
/// an MSA and asks for no accept acknowledgment.
#[must_use]
pub fn is_acknowledgment(message: &Message) -> bool {
    let header = message.header();
    let kind = header.and_then(|header| header.field(9)).and_then(|field| field.component(1));
    if kind.is_some_and(|kind| matches!(kind.raw(), b"ACK" | b"MCF")) {
        return true;
    }
    let has_msa = message.segments_named(*b"MSA").next().is_some();
    has_msa && header.and_then(|header| header.field(15)).is_none_or(|field| field.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        let check = |fields: &str, accept: (bool, bool), application: (bool, bool)| {
            let message = Message::parse(format!("MSH|^~\\&|||||||ADT^A01|1|P|2.5|||{fields}\r")).0;
            let both = |needs: fn(&Message, bool) -> bool| (needs(&message, true), needs(&message, false));
            assert_eq!((both(needs_accept_ack), both(needs_application_ack)), (accept, application), "{fields}");
        };
        check("", (false, false), (true, true));
        check("\"\"|", (false, false), (true, true));
        check("AL|NE", (true, true), (false, false));
        check("ER|SU", (false, true), (true, false));
        check("AL|", (true, true), (false, false));
        check("|AL", (false, false), (true, true));
        check("XX|", (true, true), (false, false));
    }

    #[test]
    fn acknowledgments_are_known() {
        let check = |text: &str, expect: bool| {
            assert_eq!(is_acknowledgment(&Message::parse(text.to_owned()).0), expect, "{text}")
        };
        check("MSH|^~\\&|||||||ACK^A01|1\rMSA|AA|1\r", true);
        check("MSH|^~\\&|||||||ACK|1\r", true);
        check("MSH|^~\\&|||||||ORR^O02|1\rMSA|AA|1\r", true);
        check("MSH|^~\\&|||||||RSP^K22|1|P|2.5|||AL\rMSA|AA|1\r", false);
        check("MSH|^~\\&|||||||ADT^A01|1\r", false);
        check("", false);
    }
}
