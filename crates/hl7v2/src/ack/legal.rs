//! Whether an acknowledgment may be the answer to a message (HL7 v2.9 §2.9.2, §2.9.3).

use super::{Mode, Reply, is_acknowledgment, needs_accept_ack, needs_application_ack};
use crate::Message;
use message::AckCode;

/// What an answer breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Illegal {
    /// An acknowledgment is never acknowledged.
    AnswersAcknowledgment,
    /// It has no MSA segment with a code of table 0008.
    Unreadable,
    /// MSA-2 is not the control id of the message.
    NamesAnother,
    /// It says yes of a message that is not stored, or no of one that is.
    Sign(AckCode),
    /// A commit code where the message asks for an application acknowledgment, or the other way round, or none is asked for.
    NotAsked(AckCode),
}

impl std::fmt::Display for Illegal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Illegal::AnswersAcknowledgment => f.write_str("it is an acknowledgment, and it was acknowledged"),
            Illegal::Unreadable => f.write_str("its answer has no code of table 0008"),
            Illegal::NamesAnother => f.write_str("its answer names another control id"),
            Illegal::Sign(code) => write!(f, "its answer {code} is not what happened to it"),
            Illegal::NotAsked(code) => write!(f, "its answer {code} is not what MSH-15 and MSH-16 ask for"),
        }
    }
}

/// Checks an answer. That none is given is always allowed here: an interface may be set to give none.
///
/// # Errors
/// What the answer breaks first.
pub fn check(message: &Message, is_stored: bool, answer: Option<&[u8]>) -> Result<(), Illegal> {
    let Some(answer) = answer else { return Ok(()) };
    if is_acknowledgment(message) {
        return Err(Illegal::AnswersAcknowledgment);
    }
    let reply = Reply::read(answer.to_vec());
    let code = reply.code.ok_or(Illegal::Unreadable)?;
    let own = message.header().and_then(|header| header.field(10)).map(|field| field.text());
    if reply.control_id.unwrap_or_default() != own.unwrap_or_default() {
        return Err(Illegal::NamesAnother);
    }
    if code.is_positive() != is_stored {
        return Err(Illegal::Sign(code));
    }
    let is_asked = match Mode::of(message) {
        Mode::Original => !code.is_commit(),
        Mode::Enhanced { .. } if code.is_commit() => needs_accept_ack(message, is_stored),
        Mode::Enhanced { .. } => needs_application_ack(message, is_stored),
    };
    if is_asked { Ok(()) } else { Err(Illegal::NotAsked(code)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let check = |kind: &str, asked: &str, is_stored: bool, msa: &str, expect: Result<(), Illegal>| {
            let message = Message::parse(format!("MSH|^~\\&|||||||{kind}|7|P|2.5|||{asked}\r")).0;
            let answer = format!("MSH|^~\\&|||||||ACK|9|P|2.5\r{msa}\r");
            let found = super::check(&message, is_stored, Some(answer.as_bytes()));
            assert_eq!(found, expect, "{kind} {asked} {is_stored} {msa}");
        };
        let adt = "ADT^A01";
        check(adt, "", true, "MSA|AA|7", Ok(()));
        check(adt, "", false, "MSA|AR|7", Ok(()));
        check(adt, "", false, "MSA|AE|7", Ok(()));
        check(adt, "", true, "MSA|AE|7", Err(Illegal::Sign(AckCode::AE)));
        check(adt, "", false, "MSA|AA|7", Err(Illegal::Sign(AckCode::AA)));
        check(adt, "", true, "MSA|CA|7", Err(Illegal::NotAsked(AckCode::CA)));
        check(adt, "", true, "MSA|AA|8", Err(Illegal::NamesAnother));
        check(adt, "", true, "MSA|XX|7", Err(Illegal::Unreadable));
        check(adt, "", true, "NTE|1", Err(Illegal::Unreadable));
        check(adt, "AL|NE", true, "MSA|CA|7", Ok(()));
        check(adt, "AL|NE", true, "MSA|AA|7", Err(Illegal::NotAsked(AckCode::AA)));
        check(adt, "AL|NE", false, "MSA|CE|7", Ok(()));
        check(adt, "ER|NE", true, "MSA|CA|7", Err(Illegal::NotAsked(AckCode::CA)));
        check(adt, "NE|AL", true, "MSA|AA|7", Ok(()));
        check(adt, "NE|NE", true, "MSA|AA|7", Err(Illegal::NotAsked(AckCode::AA)));
        check("ACK", "", true, "MSA|AA|7", Err(Illegal::AnswersAcknowledgment));
        let message = Message::parse("MSH|^~\\&|||||||ACK|7|P|2.5\r").0;
        assert_eq!(super::check(&message, true, None), Ok(()));
    }
}
