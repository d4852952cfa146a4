//! What a sequence number does to a message, see [`crate::sequence`].

use crate::{
    acknowledge,
    flow::{Flow, Version},
    pipeline::{End, Plan},
    sequence::{self, Turn},
};
use hl7v2::{Message, ack, sequence::Verdict};
use interface::{
    contract::Reply,
    definition::{Definition, Rule},
};
use std::sync::atomic::Ordering;

/// The answer to a message that is not taken for its number; `None` where it is, or where it is known and was taken: then
/// it gets the answer that it got before. So does one that is known and was refused, here.
pub(super) async fn refuse(flow: &Flow, version: &Version, message: &Message, turn: &Turn<'_>) -> Option<Reply> {
    let reason = turn.refusal()?;
    if turn.judged.verdict != Verdict::Gap {
        match sequence::known(&flow.dock, &flow.name, message).await {
            Ok(None) => {}
            Ok(Some(id)) => {
                let answer = super::stored_answer(flow, id)?;
                let is_no = ack::Reply::read(answer.clone()).code.is_some_and(|code| !code.is_positive());
                return is_no.then(|| Reply::refused(reason, Some(answer)));
            }
            Err(error) => return Some(super::not_stored(flow, version, message, &error)),
        }
    }
    flow.tally.refused.fetch_add(1, Ordering::Relaxed);
    flow.report_trouble(reason.clone());
    let now = flow.dock.clock.now();
    let answer = match turn.judged.verdict {
        Verdict::Gap => acknowledge::wait_for(message, &version.definition, now, &reason),
        Verdict::Take | Verdict::Start | Verdict::Reset | Verdict::Taken | Verdict::Missing => {
            acknowledge::refuse(message, &version.definition, now, &reason)
        }
    };
    let answer = acknowledge::numbered(answer, turn.judged.answer);
    Some(match turn.judged.verdict {
        // What is missing may come, and then this one may.
        Verdict::Gap => Reply::later(reason, answer),
        Verdict::Take | Verdict::Start | Verdict::Reset | Verdict::Taken | Verdict::Missing => {
            Reply::refused(reason, answer)
        }
    })
}

/// A message whose number was taken before, and that is known: nobody gets it twice, whatever the window of duplicates.
pub(super) fn amend(definition: &Definition, turn: &Turn<'_>, plan: &mut Plan) {
    match turn.judged.verdict {
        Verdict::Taken | Verdict::Missing => {
            plan.end = End::Filtered(rule(definition, "its sequence number was taken before"));
            plan.deliveries.clear();
        }
        Verdict::Take | Verdict::Start | Verdict::Reset | Verdict::Gap => {}
    }
}

/// A rule that no line of the file states.
pub(super) fn rule(definition: &Definition, text: &str) -> Rule {
    Rule { text: text.into(), place: definition.place.clone() }
}
