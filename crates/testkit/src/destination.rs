//! The conformance suite of `interface::contract::Destination`: one function a clause, numbered as in the contract.
//!
//! A connector's tests implement [`Subject`] (how to start a partner of its protocol and how to make a lane to it) and
//! call [`suite`].

use crate::sample;
use bytes::Bytes;
use interface::contract::{Boxed, Destination};
use message::{Outcome, Reason};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// The limit of waiting for a reply that a subject sets.
pub const REPLY_TIME_MAX: Duration = Duration::from_millis(400);
/// How long a well-behaved exchange may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a partner treats one message. The last of a list holds for all that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Takes it and answers.
    Accept,
    /// Takes it and answers after half of [`REPLY_TIME_MAX`].
    Slow,
    /// Takes it, answers, and closes the connection at once.
    AcceptThenClose,
    /// Takes it, answers, and answers once more.
    AnswerTwice,
    /// Takes it and never answers.
    Silent,
    /// Takes it and answers after twice [`REPLY_TIME_MAX`].
    Late,
    /// Takes it and answers another message.
    Foreign,
    /// Takes it and answers with bytes that are no answer.
    Garbage,
    /// Takes it and answers without end.
    Endless,
    /// Takes it and closes without an answer.
    TakeThenClose,
    /// Is not there. Only as the first and only conduct.
    Absent,
}

/// A partner that was started.
pub trait Partner: Send + Sync {
    /// What goes into the address of the `send` line.
    fn address(&self) -> String;
    /// The messages that it took, in order.
    fn taken(&self) -> Vec<Bytes>;
}

/// A connector under test.
pub trait Subject: Sync {
    /// Starts a partner; `None` if this medium has no such conduct.
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>>;
    /// A lane to it, with the limits above.
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination>;
}

/// Runs every clause.
///
/// # Panics
/// If the subject breaks one; the message begins with `Destination` and its number.
pub async fn suite(subject: &dyn Subject) {
    // Together, because most of their time is waiting for limits to pass.
    tokio::join!(
        clause_1_delivered_is_proved(subject),
        clause_2_transient_is_certain(subject),
        clause_3_no_retry_of_its_own(subject),
        clause_4_waiting_ends(subject),
        clause_5_clean_after_an_error(subject),
        clause_6_cancelling_leaves_it_usable(subject),
        clause_7_reasons_hold_no_content(subject),
    );
}

/// Sends one message with the control id `id`.
async fn send(lane: &mut dyn Destination, id: &str) -> Outcome {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let outgoing = sample::outgoing(NUMBER.fetch_add(1, Ordering::Relaxed), sample::adt(id));
    match timeout(PATIENCE, lane.send(&outgoing)).await {
        Ok(outcome) => outcome,
        Err(_) => panic!("Destination 4: send did not end within {PATIENCE:?}"),
    }
}

fn is_delivered(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Delivered { .. })
}

/// A reply, where the medium has one, names the message that it answers.
fn check_reply(outcome: &Outcome, id: &str, clause: &str) {
    if let Outcome::Delivered { reply: Some(reply) } = outcome {
        let text = String::from_utf8_lossy(reply);
        assert!(text.contains(id), "{clause}: the reply to {id} is another message's");
    }
}

async fn clause_1_delivered_is_proved(subject: &dyn Subject) {
    if let Some(partner) = subject.partner(&[Conduct::Accept]).await {
        let mut lane = subject.lane(&*partner);
        for id in ["P-1", "P-2", "P-3"] {
            let outcome = send(&mut *lane, id).await;
            assert!(is_delivered(&outcome), "Destination 1: a good partner took it: {outcome:?}");
            check_reply(&outcome, id, "Destination 1");
        }
        let expect = ["P-1", "P-2", "P-3"].map(sample::adt);
        assert!(partner.taken() == expect, "Destination 1: exactly these bytes, in order");
    }
    for conduct in [Conduct::Foreign, Conduct::Garbage, Conduct::Silent, Conduct::TakeThenClose] {
        if let Some(partner) = subject.partner(&[conduct]).await {
            let outcome = send(&mut *subject.lane(&*partner), "Q-1").await;
            assert!(!is_delivered(&outcome), "Destination 1: {conduct:?} was taken for delivery");
        }
    }
    for conduct in [Conduct::Late, Conduct::AnswerTwice] {
        if let Some(partner) = subject.partner(&[conduct, Conduct::Accept]).await {
            let mut lane = subject.lane(&*partner);
            let first = send(&mut *lane, "R-1").await;
            assert_eq!(is_delivered(&first), conduct == Conduct::AnswerTwice, "Destination 1: {conduct:?}: {first:?}");
            // The answer that belongs to nobody has arrived when the next message goes out.
            sleep(REPLY_TIME_MAX * 2).await;
            let second = send(&mut *lane, "R-2").await;
            assert!(is_delivered(&second), "Destination 1: after {conduct:?}: {second:?}");
            check_reply(&second, "R-2", "Destination 1");
        }
    }
}

async fn clause_2_transient_is_certain(subject: &dyn Subject) {
    if let Some(partner) = subject.partner(&[Conduct::Absent]).await {
        let outcome = send(&mut *subject.lane(&*partner), "T-1").await;
        let is_transient = matches!(outcome, Outcome::Transient { .. });
        assert!(is_transient, "Destination 2: nobody was there to process it: {outcome:?}");
    }
    let doubtful = [Conduct::Silent, Conduct::TakeThenClose, Conduct::Garbage, Conduct::Endless, Conduct::Late];
    for conduct in doubtful {
        if let Some(partner) = subject.partner(&[conduct]).await {
            let outcome = send(&mut *subject.lane(&*partner), "T-2").await;
            let is_ambiguous = matches!(outcome, Outcome::Ambiguous { .. });
            assert!(is_ambiguous, "Destination 2: {conduct:?} leaves a doubt: {outcome:?}");
        }
    }
}

async fn clause_3_no_retry_of_its_own(subject: &dyn Subject) {
    for conduct in [Conduct::Silent, Conduct::TakeThenClose, Conduct::Foreign] {
        if let Some(partner) = subject.partner(&[conduct]).await {
            send(&mut *subject.lane(&*partner), "U-1").await;
            sleep(REPLY_TIME_MAX / 2).await;
            assert_eq!(partner.taken().len(), 1, "Destination 3: {conduct:?} was sent more than once");
        }
    }
    if let Some(partner) = subject.partner(&[Conduct::AcceptThenClose]).await {
        let mut lane = subject.lane(&*partner);
        for id in ["V-1", "V-2", "V-3"] {
            let outcome = send(&mut *lane, id).await;
            assert!(is_delivered(&outcome), "Destination 3: a stale connection cost a message: {outcome:?}");
            sleep(Duration::from_millis(50)).await;
        }
        assert!(partner.taken() == ["V-1", "V-2", "V-3"].map(sample::adt), "Destination 3: each once");
    }
}

async fn clause_4_waiting_ends(subject: &dyn Subject) {
    for conduct in [Conduct::Silent, Conduct::Foreign, Conduct::Endless] {
        if let Some(partner) = subject.partner(&[conduct]).await {
            let begun = Instant::now();
            send(&mut *subject.lane(&*partner), "W-1").await;
            let took = begun.elapsed();
            assert!(took < REPLY_TIME_MAX * 20, "Destination 4: {conduct:?} held the lane for {took:?}");
        }
    }
}

async fn clause_5_clean_after_an_error(subject: &dyn Subject) {
    let faults =
        [Conduct::Silent, Conduct::Late, Conduct::Foreign, Conduct::Garbage, Conduct::Endless, Conduct::TakeThenClose];
    for conduct in faults {
        if let Some(partner) = subject.partner(&[conduct, Conduct::Accept]).await {
            let mut lane = subject.lane(&*partner);
            send(&mut *lane, "X-1").await;
            let outcome = send(&mut *lane, "X-2").await;
            assert!(is_delivered(&outcome), "Destination 5: after {conduct:?}: {outcome:?}");
            check_reply(&outcome, "X-2", "Destination 5");
        }
    }
}

async fn clause_6_cancelling_leaves_it_usable(subject: &dyn Subject) {
    for conduct in [Conduct::Slow, Conduct::Silent] {
        if let Some(partner) = subject.partner(&[conduct, Conduct::Accept]).await {
            let mut lane = subject.lane(&*partner);
            let outgoing = sample::outgoing(1, sample::adt("Y-1"));
            let mut patience = REPLY_TIME_MAX / 8;
            // On a busy machine the first ones end while it connects, and the partner has nothing to be slow about.
            while partner.taken().is_empty() && patience < REPLY_TIME_MAX {
                let cut = timeout(patience, lane.send(&outgoing)).await;
                assert!(cut.is_err(), "Destination 6: {conduct:?} was too quick to be cancelled");
                sleep(REPLY_TIME_MAX).await;
                patience += REPLY_TIME_MAX / 8;
            }
            let outcome = send(&mut *lane, "Y-2").await;
            assert!(is_delivered(&outcome), "Destination 6: after a cancelled send: {outcome:?}");
            check_reply(&outcome, "Y-2", "Destination 6");
        }
    }
    if let Some(partner) = subject.partner(&[Conduct::Accept]).await {
        let mut lane = subject.lane(&*partner);
        send(&mut *lane, "Z-1").await;
        lane.close().await;
        lane.close().await;
        let outcome = send(&mut *lane, "Z-2").await;
        assert!(is_delivered(&outcome), "Destination 6: after close: {outcome:?}");
    }
}

async fn clause_7_reasons_hold_no_content(subject: &dyn Subject) {
    let faults = [
        Conduct::Absent,
        Conduct::Silent,
        Conduct::Late,
        Conduct::Foreign,
        Conduct::Garbage,
        Conduct::Endless,
        Conduct::TakeThenClose,
    ];
    for conduct in faults {
        if let Some(partner) = subject.partner(&[conduct]).await {
            let outcome = send(&mut *subject.lane(&*partner), "S-1").await;
            let reason = reason_of(&outcome);
            let Some(reason) = reason else { panic!("Destination 7: {conduct:?} gave no reason: {outcome:?}") };
            let text = reason.to_string();
            assert!(!text.contains(sample::SECRET), "Destination 7: a reason holds content: {text}");
            assert!(reason.code.starts_with('E'), "Destination 7: a reason without a code: {text}");
        }
    }
}

/// The reason that an outcome carries.
#[must_use]
pub fn reason_of(outcome: &Outcome) -> Option<&Reason> {
    match outcome {
        Outcome::Delivered { .. } => None,
        Outcome::Transient { reason, .. } | Outcome::Permanent { reason, .. } | Outcome::Ambiguous { reason } => {
            Some(reason)
        }
    }
}
