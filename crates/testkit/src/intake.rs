//! An intake that answers as it is told and remembers what it was given.

use crate::{Vault, sample};
use bytes::Bytes;
use interface::contract::{Boxed, Frame, Intake, Reply};
use message::{Code, Reason};
use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

/// The reason of scripted refusals.
const SCRIPTED: Code = Code { id: "E5999", title: "as the test wants it", page: "" };

/// What to say to one frame.
#[derive(Clone, Debug, Default)]
pub enum Answer {
    /// Stores it and accepts with AA.
    #[default]
    Accept,
    /// Stores it and accepts without an acknowledgment message.
    AcceptSilently,
    /// Stores it and accepts, after this long.
    AcceptAfter(Duration),
    /// Stores it and accepts once [`ScriptedIntake::open_gate`] was called.
    AcceptAtGate,
    /// "Later", with AR or without an acknowledgment.
    Later {
        /// Whether there is one.
        is_acknowledged: bool,
    },
    /// "Never", with AE or without an acknowledgment.
    Refuse {
        /// Whether there is one.
        is_acknowledged: bool,
    },
}

/// See the module.
pub struct ScriptedIntake {
    vault: Vault,
    script: Mutex<VecDeque<Answer>>,
    gate: Semaphore,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    frames: Vec<Frame>,
    under_way: Vec<String>,
    overlaps: usize,
    reports: Vec<(String, Reason)>,
    answered: usize,
    connected: usize,
    parted: usize,
}

impl ScriptedIntake {
    /// Gives these answers in order, then [`Answer::Accept`] for ever.
    #[must_use]
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> ScriptedIntake {
        ScriptedIntake {
            vault: Vault::new(),
            script: Mutex::new(answers.into_iter().collect()),
            gate: Semaphore::new(0),
            seen: Mutex::default(),
        }
    }

    /// Lets one frame that waits at the gate through.
    pub fn open_gate(&self) {
        self.gate.add_permits(1);
    }

    /// The content of every frame so far, in the order of arrival.
    #[must_use]
    pub fn contents(&self) -> Vec<Bytes> {
        self.seen().frames.iter().map(|frame| frame.bytes.clone()).collect()
    }

    /// Every frame so far.
    #[must_use]
    pub fn frames(&self) -> Vec<Frame> {
        self.seen().frames.clone()
    }

    /// What was reported so far: peer and reason.
    #[must_use]
    pub fn reports(&self) -> Vec<(String, Reason)> {
        self.seen().reports.clone()
    }

    /// The codes of what was reported so far.
    #[must_use]
    pub fn reported_codes(&self) -> Vec<String> {
        self.seen().reports.iter().map(|(_, reason)| reason.code.to_string()).collect()
    }

    /// Frames that were given while an earlier one of the same peer had no answer yet.
    #[must_use]
    pub fn overlaps(&self) -> usize {
        self.seen().overlaps
    }

    /// Frames whose answer was reached.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.seen().answered
    }

    /// Peers that are connected now.
    #[must_use]
    pub fn peers(&self) -> usize {
        let seen = self.seen();
        seen.connected - seen.parted
    }

    /// Waits until `claim` holds; false if it does not within `limit`.
    pub async fn wait_for(&self, limit: Duration, claim: impl Fn(&ScriptedIntake) -> bool) -> bool {
        let end = Instant::now() + limit;
        while !claim(self) {
            if Instant::now() > end {
                return false;
            }
            sleep(Duration::from_millis(5)).await;
        }
        true
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_answer(&self) -> Answer {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or_default()
    }

    fn begin(&self, frame: &Frame) {
        let mut seen = self.seen();
        if seen.under_way.iter().any(|peer| **peer == *frame.peer) {
            seen.overlaps += 1;
        }
        seen.under_way.push(frame.peer.to_string());
        seen.frames.push(frame.clone());
    }

    fn end(&self, frame: &Frame) {
        let mut seen = self.seen();
        seen.answered += 1;
        if let Some(at) = seen.under_way.iter().position(|peer| **peer == *frame.peer) {
            seen.under_way.swap_remove(at);
        }
    }

    async fn answer(&self, frame: &Frame) -> Reply {
        let id = sample::control_id(&frame.bytes);
        let acknowledgment = |code: &str, is_wanted: bool| is_wanted.then(|| sample::acknowledgment(code, &id));
        let (wait, is_wanted) = match self.next_answer() {
            Answer::Accept => (Duration::ZERO, true),
            Answer::AcceptSilently => (Duration::ZERO, false),
            Answer::AcceptAfter(wait) => (wait, true),
            Answer::AcceptAtGate => {
                if let Ok(permit) = self.gate.acquire().await {
                    permit.forget();
                }
                (Duration::ZERO, true)
            }
            Answer::Later { is_acknowledged } => {
                return Reply::later(Reason::new(SCRIPTED, "not now"), acknowledgment("AR", is_acknowledged));
            }
            Answer::Refuse { is_acknowledged } => {
                return Reply::refused(Reason::new(SCRIPTED, "not like this"), acknowledgment("AE", is_acknowledged));
            }
        };
        sleep(wait).await;
        let receipt = self.vault.store(frame).await;
        Reply::accepted(&receipt, acknowledgment("AA", is_wanted))
    }
}

impl Intake for ScriptedIntake {
    fn accept(&self, frame: Frame) -> Boxed<'_, Reply> {
        Box::pin(async move {
            self.begin(&frame);
            let reply = self.answer(&frame).await;
            self.end(&frame);
            reply
        })
    }

    fn report(&self, peer: &str, reason: Reason) {
        self.seen().reports.push((peer.to_owned(), reason));
    }

    fn connected(&self, _peer: &str, is_connected: bool) {
        let mut seen = self.seen();
        if is_connected {
            seen.connected += 1;
        } else {
            seen.parted += 1;
        }
    }
}
