//! A delivery that is too long for its partner, part by part (HL7 v2.9 §2.10.2).
//!
//! Promises: the parts of a message go out one behind the other on one lane, each after the partner took the one before, so
//! nothing of the same key comes between them (R3); a part that failed is tried again with the same bytes, and the parts
//! that the partner has are not sent a second time, as long as this process lives; after a crash all of them are (R2).
//! Never: decides what an answer means: an answer that would not end a delivery ends the attempt here.

use crate::{codes, decide, dispatch::send_guarded, outbox::Outbox};
use bytes::Bytes;
use hl7v2::{Message, continuation};
use interface::{
    contract::{Destination, Outgoing},
    replies::Action,
};
use message::{Format, Outcome, Reason};

/// Sends a delivery, whole or in parts. `None` after a panic of the connector.
pub(crate) async fn send(outbox: &Outbox, wire: &mut dyn Destination, outgoing: &Outgoing) -> Option<Outcome> {
    let definition = outbox.definition();
    let most = definition.part_bytes_max().filter(|_| outgoing.format == Format::Hl7v2);
    let Some(most) = most.filter(|most| outgoing.bytes.len() > *most) else {
        return send_guarded(wire, outgoing).await;
    };
    let parts = match cut(&outgoing.bytes, most) {
        Ok(parts) => parts,
        Err(reason) => return Some(Outcome::Permanent { reason, reply: None }),
    };
    let count = parts.len();
    for (number, bytes) in parts.into_iter().enumerate().skip(outbox.parts_taken(outgoing.delivery)) {
        let part = Outgoing { bytes, ..outgoing.clone() };
        let outcome = send_guarded(wire, &part).await?;
        let answer = decide::read_answer(&outcome, outgoing.format);
        let is_taken = definition.replies.decide(&answer, outgoing.attempt) == Action::Done;
        if number + 1 == count || !is_taken {
            return Some(of_part(outcome, number + 1, count));
        }
        outbox.note_parts(outgoing.delivery, number + 1);
    }
    // Every part was taken before, and the end was not recorded.
    Some(Outcome::Delivered { reply: None })
}

fn cut(bytes: &Bytes, most: usize) -> Result<Vec<Bytes>, Reason> {
    let message = Message::parse(bytes.clone()).0;
    continuation::split(&message, most).map_err(|why| {
        let text =
            format!("{} bytes, and the destination takes {most} at a time; it cannot be split: {why}", bytes.len());
        Reason::new(codes::E5044, text)
    })
}

/// What went wrong, with the part that it went wrong with.
fn of_part(outcome: Outcome, number: usize, count: usize) -> Outcome {
    let told = |reason: Reason| Reason::read(reason.code, format!("part {number} of {count}: {}", reason.text));
    match outcome {
        Outcome::Delivered { reply } => Outcome::Delivered { reply },
        Outcome::Transient { scope, reason, retry_after } => {
            Outcome::Transient { scope, reason: told(reason), retry_after }
        }
        Outcome::Permanent { reason, reply } => Outcome::Permanent { reason: told(reason), reply },
        Outcome::Ambiguous { reason } => Outcome::Ambiguous { reason: told(reason) },
    }
}
