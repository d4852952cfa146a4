//! Frames that hold a batch, or several messages in a row (HL7 v2.9 §2.10.3): each message is stored, processed and
//! answered for itself, and the answers go back together.
//!
//! Promises: no positive answer for the frame before all of its messages are stored (R1); they are stored in their order,
//! and the first that has to come later makes all behind it come later (R3); a batch whose counts do not fit is told, or
//! refused as a whole, as the interface says; negative answers come first, so that a sender that reads only one of them is
//! not misled.
//! Never: opens a message.

use crate::{
    acknowledge, codes,
    flow::Flow,
    intake::{self, Taken},
};
use bytes::Bytes;
use hl7v2::{Batch, Message, ack};
use interface::{
    contract::{Deferred, Frame, Reply, Verdict},
    definition::{Acknowledge, BatchAnswer, BatchCounts, Definition},
};
use message::{Diagnostic, Origin, Reason};
use std::sync::{Arc, atomic::Ordering};
use tokio::task::JoinSet;

/// Messages of one frame.
pub(crate) const MESSAGES_MAX: usize = 10_000;

/// The frame holds more than one message, or lines of a batch.
pub(crate) fn is_one(message: &Message, found: &[Diagnostic]) -> bool {
    let is_envelope = |id: &str| matches!(id, "FHS" | "BHS" | "BTS" | "FTS");
    found.iter().any(|finding| finding.code == hl7v2::codes::E1015)
        || message.segments().next().is_some_and(|segment| is_envelope(segment.id()))
        || message.last_segment().is_some_and(|segment| is_envelope(segment.id()))
}

/// The counts or the lines of a batch do not fit.
fn is_broken(finding: &Diagnostic) -> bool {
    finding.code == hl7v2::codes::E1021 || finding.code == hl7v2::codes::E1022
}

/// Takes the messages of a frame to their answers.
pub(crate) async fn accept(flow: &Flow, frame: Frame, origin: Origin) -> Reply {
    let definition = flow.version().definition.clone();
    let (batch, mut found) = Batch::split(frame.bytes.clone());
    if definition.receive.batch_counts == BatchCounts::Ignore {
        found.retain(|finding| !is_broken(finding));
    }
    let broken = found.iter().find(|finding| is_broken(finding)).cloned();
    let messages: Vec<Bytes> = batch.messages().collect();
    let comment = broken.as_ref().map(|finding| format!("{}: {}", finding.code, finding.message));
    let answer = Answer::new(flow, &definition, &batch, comment);
    let refusal = match &broken {
        _ if messages.len() > MESSAGES_MAX => {
            let text = format!("{} messages in one frame, {MESSAGES_MAX} are taken", messages.len());
            Some(Reason::new(codes::E5036, text))
        }
        Some(finding) if definition.receive.batch_counts == BatchCounts::Refuse => {
            Some(Reason::new(codes::E5030, finding.message.clone()))
        }
        Some(_) | None => None,
    };
    if let Some(finding) = &broken {
        flow.tally.anomalies.fetch_add(1, Ordering::Relaxed);
        flow.report_trouble(Reason::new(finding.code, finding.message.clone()));
    }
    if messages.is_empty() || refusal.is_some() {
        let none = || Reason::new(codes::E5001, "the batch holds no message");
        return answer.refused(flow, &messages, refusal.unwrap_or_else(none));
    }
    let around: Arc<[Diagnostic]> = frame.found.iter().cloned().chain(found).collect();
    let taken = take(flow, &frame, &origin, &messages, &around).await;
    answer.of(taken).await
}

/// One after the other, up to the first that has to come later.
async fn take(
    flow: &Flow,
    frame: &Frame,
    origin: &Origin,
    messages: &[Bytes],
    around: &Arc<[Diagnostic]>,
) -> Vec<Taken> {
    let mut out: Vec<Taken> = Vec::with_capacity(messages.len());
    let mut is_later = None;
    for bytes in messages {
        if let Some(reason) = &is_later {
            out.push(intake::put_off(flow, bytes, Reason::clone(reason)));
            continue;
        }
        // A copy, because a message that is kept for long should not keep the whole frame in memory.
        let bytes = Bytes::copy_from_slice(bytes);
        let single = Frame { bytes, found: around.clone(), ..frame.clone() };
        let taken = intake::take(flow, single, origin.clone()).await;
        if let Verdict::Later(reason) = taken.reply().verdict() {
            is_later = Some(reason.clone());
        }
        out.push(taken);
    }
    out
}

/// Every reply, in order; those that wait for deliveries wait together.
async fn answered(taken: Vec<Taken>) -> Vec<Reply> {
    let mut waits = JoinSet::new();
    let mut replies: Vec<Option<Reply>> = Vec::with_capacity(taken.len());
    for (number, one) in taken.into_iter().enumerate() {
        if one.is_awaited() {
            replies.push(None);
            waits.spawn(async move { (number, one.answered().await) });
        } else {
            replies.push(Some(one.answered().await));
        }
    }
    while let Some(came) = waits.join_next().await {
        if let Ok((number, reply)) = came
            && let Some(place) = replies.get_mut(number)
        {
            *place = Some(reply);
        }
    }
    let cut_off = || Reply::later(Reason::new(codes::E5006, "a wait stopped unexpectedly; this is a bug"), None);
    replies.into_iter().map(|reply| reply.unwrap_or_else(cut_off)).collect()
}

/// The answer to a batch that its source cut.
pub(crate) fn answer(flow: &Flow, batch: &Batch, answers: Vec<Bytes>, comment: Option<&str>) -> Vec<Bytes> {
    Answer::new(flow, &flow.version().definition, batch, comment.map(str::to_owned)).write(answers)
}

/// How the answers go back.
#[derive(Clone)]
struct Answer {
    form: BatchAnswer,
    /// FHS and BHS of the batch; without BHS the answers stand one behind the other.
    file_header: Option<Bytes>,
    header: Option<Bytes>,
    is_wanted: bool,
    comment: Option<String>,
    dock: Arc<crate::dispatch::Dock>,
}

impl Answer {
    fn new(flow: &Flow, definition: &Definition, batch: &Batch, comment: Option<String>) -> Answer {
        Answer {
            form: definition.receive.batch_answer,
            file_header: batch.file_header(),
            header: batch.batches().into_iter().find_map(|enclosed| enclosed.header),
            is_wanted: definition.receive.acknowledge != Acknowledge::None,
            comment,
            dock: flow.dock.clone(),
        }
    }

    /// The acknowledgments as contents of their own; none where there is none to give.
    fn write(&self, mut answers: Vec<Bytes>) -> Vec<Bytes> {
        let is_positive = |answer: &Bytes| ack::Reply::read(answer.clone()).code.is_some_and(|code| code.is_positive());
        answers.sort_by_key(is_positive);
        match self.form {
            BatchAnswer::None => return Vec::new(),
            BatchAnswer::Single => return answers,
            BatchAnswer::Errors => answers.retain(|answer| !is_positive(answer)),
            BatchAnswer::All => {}
        }
        if answers.is_empty() && (self.header.is_none() || !self.is_wanted) {
            return Vec::new();
        }
        let Some(header) = &self.header else { return vec![Bytes::from(answers.concat())] };
        let now = self.dock.clock.now();
        vec![Bytes::from(ack::batch(&ack::Answers {
            file_header: self.file_header.as_deref(),
            header,
            messages: &answers,
            control_id: &acknowledge::control_id(now),
            time: &now.to_dtm(),
            comment: self.comment.as_deref(),
        }))]
    }

    /// Nothing of the frame is stored.
    fn refused(&self, flow: &Flow, messages: &[Bytes], reason: Reason) -> Reply {
        flow.tally.refused.fetch_add(1, Ordering::Relaxed);
        flow.report_trouble(reason.clone());
        let definition = flow.version().definition.clone();
        let now = self.dock.clock.now();
        let answers = messages
            .iter()
            .take(MESSAGES_MAX)
            .filter_map(|bytes| acknowledge::refuse(&Message::parse(bytes.clone()).0, &definition, now, &reason));
        Reply::refused(reason.clone(), None).with_acknowledgments(self.write(answers.collect()))
    }

    /// All that was taken, with what senders wait for besides.
    async fn of(self, taken: Vec<Taken>) -> Reply {
        let replies = answered(taken).await;
        let answers = replies.iter().filter_map(|reply| reply.acknowledgment().cloned()).collect();
        let later: Vec<Deferred> = replies.iter().filter_map(|reply| reply.later_acknowledgment().cloned()).collect();
        let written = self.write(answers);
        let worst = |is_it: fn(&Verdict) -> Option<Reason>| replies.iter().find_map(|reply| is_it(reply.verdict()));
        let put_off = worst(|verdict| if let Verdict::Later(reason) = verdict { Some(reason.clone()) } else { None });
        let refused = worst(|verdict| if let Verdict::Refused(reason) = verdict { Some(reason.clone()) } else { None });
        let reply = match (put_off, refused, replies.into_iter().next_back()) {
            (Some(reason), _, _) => Reply::later(reason, None),
            (None, Some(reason), _) => Reply::refused(reason, None),
            // Every one of them has its receipt.
            (None, None, Some(last)) => last,
            (None, None, None) => Reply::refused(Reason::new(codes::E5001, "the batch holds no message"), None),
        };
        let reply = reply.with_acknowledgments(written);
        if later.is_empty() { reply.without_later() } else { reply.with_later(self.deferred(later)) }
    }

    /// The application acknowledgments that follow, together when the last of them is due.
    fn deferred(self, later: Vec<Deferred>) -> Deferred {
        Deferred::new(move || {
            let mut waits: JoinSet<Vec<Bytes>> = later.iter().map(Deferred::begin).collect();
            let answer = self.clone();
            Box::pin(async move {
                let mut answers = Vec::new();
                while let Some(came) = waits.join_next().await {
                    answers.extend(came.into_iter().flatten());
                }
                if answers.is_empty() { Vec::new() } else { answer.write(answers) }
            })
        })
    }
}
