//! Senders: they give their letters one after the other, and give a letter again until it is accepted.

use bytes::Bytes;
use engine::Engine;
use interface::contract::{Frame, Intake, Reply, Verdict};
use message::Format;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use testkit::sim::{Answer, Chance, JumpyClock, Letter, Seen, Witness, Workload};

/// What a sender needs.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) engine: Engine,
    pub(crate) witness: Witness,
    pub(crate) clock: Arc<JumpyClock>,
    pub(crate) is_over: Arc<AtomicBool>,
    /// No hang-ups and no dawdling any more.
    pub(crate) is_steady: bool,
}

/// What each sender still has to send: as many letters as were accepted are done, in their order.
pub(crate) fn left(load: &Workload, seen: &[Seen]) -> Vec<Vec<usize>> {
    let left = |letters: &Vec<usize>| {
        let is_mine = |one: &&Seen| matches!(one, Seen::Answered(l, Answer::Accepted(..)) if letters.contains(l));
        let done = seen.iter().filter(is_mine).count();
        letters[done.min(letters.len())..].to_vec()
    };
    load.senders.iter().map(left).collect()
}

impl Sender {
    /// Sends them all, unless the life is over before.
    pub(crate) async fn send(self, letters: Vec<(usize, Letter)>, mut chance: Chance) {
        for (number, letter) in letters {
            while !self.is_over.load(Ordering::SeqCst) {
                if !self.is_steady && chance.one_in(12) {
                    self.hang_up(number, &letter).await;
                }
                if self.give(number, &letter).await {
                    break;
                }
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            if !self.is_steady && chance.one_in(3) {
                tokio::time::sleep(Duration::from_micros(chance.below(1500))).await;
            }
        }
    }

    /// Gives a letter and goes away before the answer.
    async fn hang_up(&self, number: usize, letter: &Letter) {
        if let Some(flow) = self.flow(letter) {
            self.witness.note(Seen::Given(number));
            let _ = tokio::time::timeout(Duration::ZERO, flow.accept(self.frame(letter))).await;
        }
    }

    /// Gives a letter; whether it was accepted.
    async fn give(&self, number: usize, letter: &Letter) -> bool {
        let Some(flow) = self.flow(letter) else { return false };
        self.witness.note(Seen::Given(number));
        let reply = flow.accept(self.frame(letter)).await;
        let answer = answer(&reply);
        let is_accepted = matches!(answer, Answer::Accepted(..));
        self.witness.note(Seen::Answered(number, answer));
        is_accepted
    }

    fn flow(&self, letter: &Letter) -> Option<Arc<engine::flow::Flow>> {
        self.engine.flow(&letter.interface).ok().filter(|flow| flow.is_listening())
    }

    fn frame(&self, letter: &Letter) -> Frame {
        Frame {
            bytes: letter.bytes.clone(),
            peer: "10.0.0.1:4000".into(),
            received: message::Clock::now(&*self.clock),
            format: Format::Hl7v2,
            from: None,
            found: std::sync::Arc::default(),
        }
    }
}

fn answer(reply: &Reply) -> Answer {
    let bytes = reply.acknowledgment().cloned().unwrap_or_else(Bytes::new);
    match reply.verdict() {
        Verdict::Accepted(id) => Answer::Accepted(*id, bytes),
        // E5003: the store has failed and stays so.
        Verdict::Later(reason) => Answer::Later(reason.code == "E5003", bytes),
        Verdict::Refused(_) => Answer::Refused,
    }
}
