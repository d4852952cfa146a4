//! Follow-ups: the answer of a destination goes on as a message of another interface (`on reply …`).
//!
//! Promises: an answer is handed over before the delivery is recorded as done, so a crash loses none: the delivery is then sent
//! again (R2), and its answer handed over again; while the other interface takes nothing, the lane waits. A circle ends: each hand-over
//! counts as an interface that was crossed.
//! Never: changes what an answer means for the delivery.

use crate::{codes, dispatch::Dock, outbox::Outbox};
use bytes::Bytes;
use interface::{
    contract::{Frame, Outgoing, Verdict},
    definition::OnReply,
};
use lang::{Matter, Run};
use message::{Outcome, Reason};
use std::{sync::Arc, time::Duration};

/// Pause before an interface that takes nothing now is asked again.
const PAUSE: Duration = Duration::from_millis(200);

/// Hands the answer over, where a line says so; gives what becomes of the delivery.
pub(crate) async fn up(dock: &Dock, outbox: &Outbox, outgoing: &Outgoing, outcome: Outcome) -> Outcome {
    let definition = outbox.definition();
    if definition.on_reply.is_empty() {
        return outcome;
    }
    let reply = match &outcome {
        Outcome::Delivered { reply: Some(reply) } | Outcome::Permanent { reply: Some(reply), .. } => reply.clone(),
        Outcome::Delivered { reply: None }
        | Outcome::Permanent { reply: None, .. }
        | Outcome::Transient { .. }
        | Outcome::Ambiguous { .. } => return outcome,
    };
    for line in definition.on_reply.iter().filter(|line| is_meant(line, &reply, dock)) {
        if let Err(instead) = hand_over(dock, outbox, outgoing, line, &reply).await {
            return instead;
        }
    }
    outcome
}

fn is_meant(line: &OnReply, reply: &Bytes, dock: &Dock) -> bool {
    let Some(when) = &line.when else { return true };
    let (matter, _) = Matter::read(&line.form, reply.clone());
    let mut run = Run::new(dock.clock.now(), crate::intake::seed(reply));
    when.is_true_of(&matter, &mut run).unwrap_or(false)
}

async fn hand_over(
    dock: &Dock,
    outbox: &Outbox,
    outgoing: &Outgoing,
    line: &OnReply,
    reply: &Bytes,
) -> Result<(), Outcome> {
    loop {
        let later = match dock.context.exchange.intake(&line.to) {
            None => Reason::new(codes::E5070, format!("the interface `{}` takes no answers now", line.to)),
            Some(intake) => {
                let frame = Frame {
                    bytes: reply.clone(),
                    peer: outbox.interface.clone(),
                    received: dock.clock.now(),
                    format: intake.format(),
                    from: Some((outgoing.delivery.message, outgoing.hops.saturating_add(1))),
                    found: Arc::default(),
                };
                match intake.accept(frame).await.verdict() {
                    Verdict::Accepted(_) => return Ok(()),
                    Verdict::Refused(reason) => {
                        let text = format!("it was delivered, and `{}` refused the answer: {}", line.to, reason.code);
                        return Err(Outcome::Permanent {
                            reason: Reason::new(codes::E5071, text),
                            reply: Some(reply.clone()),
                        });
                    }
                    Verdict::Later(reason) => Reason::new(codes::E5070, format!("`{}`: {}", line.to, reason.code)),
                }
            }
        };
        if outbox.is_stopping() {
            // Nobody knows any more that it was answered: the next life sends it again (R2).
            return Err(Outcome::Ambiguous { reason: later });
        }
        if outbox.last_trouble().is_none_or(|known| known.reason != later) {
            outbox.trouble(dock.clock.now(), later);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
