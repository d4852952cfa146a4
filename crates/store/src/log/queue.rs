//! What waits for the writer: one vector under a lock, taken as a whole, so that a burst becomes one group.
//!
//! Promises: bounded in number and bytes; the log thread is woken only when it sleeps; what nobody waits for is left for
//! [`DOZE`] at most, so that under load changes ride along with messages.

use super::{accepted, changed};
use crate::{Error, Receipt, index};
use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tokio::sync::oneshot;

/// How long the thread dozes after a group, and over changes that nobody waits for. A thread woken for each settled
/// delivery cost as many writes and wakes as the messages did.
const DOZE: Duration = Duration::from_millis(1);
/// Things that may wait.
const SUBMISSIONS_MAX: usize = 65_536;
/// Bytes that may wait, one larger message aside.
const SUBMISSION_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Answers one submission.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, Error>>;

/// An accepted message on its way to the log.
pub(crate) struct Accepting {
    pub(crate) encoded: accepted::Encoded,
    /// Microseconds that the control id is remembered; 0 if duplicates are not looked for.
    pub(crate) window: i64,
    pub(crate) entry: Box<index::Accepted>,
    pub(crate) reply: Reply<Receipt>,
    /// See [`super::OnDurable`].
    pub(crate) then: Option<super::OnDurable>,
}

/// A change on its way to the log.
pub(crate) struct Changing {
    pub(crate) encoded: changed::Encoded,
    /// The caller waits until it is on stable storage.
    pub(crate) reply: Option<Reply<u64>>,
}

/// One thing for the log thread.
pub(crate) enum Submission {
    Accept(Accepting),
    Change(Changing),
    /// Drop the segments below this place, if nothing in them is open.
    Drop(u64, Reply<u64>),
    /// Write a checkpoint now.
    Checkpoint(Reply<()>),
    /// Make everything durable that came before, and tell where it ends.
    Cut(Reply<super::Cut>),
    /// Write the closing record and end.
    Close(Reply<()>),
}

impl Submission {
    /// Somebody waits for it.
    fn is_urgent(&self) -> bool {
        !matches!(self, Submission::Change(Changing { reply: None, .. }))
    }

    /// It is about the log as a whole: the log thread's own business.
    fn is_order(&self) -> bool {
        matches!(self, Submission::Drop(..) | Submission::Checkpoint(_) | Submission::Close(_))
    }

    fn bytes(&self) -> usize {
        match self {
            Submission::Accept(accepting) => accepting.encoded.packed.len() + accepting.encoded.open.len(),
            Submission::Change(changing) => changing.encoded.open.len() + changing.encoded.secret.len(),
            Submission::Drop(..) | Submission::Checkpoint(_) | Submission::Cut(_) | Submission::Close(_) => 0,
        }
    }
}

#[derive(Default)]
struct State {
    waiting: Vec<Submission>,
    bytes: usize,
    /// Something among what waits is urgent.
    is_urgent: bool,
    /// Something among what waits is an order.
    has_order: bool,
    is_sleeping: bool,
    /// Asleep for [`DOZE`] at most: woken for what is urgent only.
    is_dozing: bool,
    is_woken: bool,
    /// Somebody else has taken what waited since the log thread looked.
    is_led: bool,
    end: Option<Error>,
    /// Why messages are refused for now.
    inlet: Option<Error>,
}

impl State {
    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && !self.is_woken
    }
}

/// See the module.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a submission over and wakes the log thread where it sleeps.
    pub(crate) fn push(&self, submission: Submission) -> Result<(), Error> {
        if self.put(submission)? {
            self.wake();
        }
        Ok(())
    }

    /// Hands a submission over; `true` when the log thread sleeps, and somebody has to [`wake`](Queue::wake) it or do
    /// its work.
    pub(crate) fn put(&self, submission: Submission) -> Result<bool, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.end {
            return Err(error.clone());
        }
        if let (Some(error), Submission::Accept(_)) = (&state.inlet, &submission) {
            return Err(error.clone());
        }
        let bytes = submission.bytes();
        let is_too_much = state.bytes > 0 && state.bytes + bytes > SUBMISSION_BYTES_MAX;
        if state.waiting.len() >= SUBMISSIONS_MAX || is_too_much {
            return Err(Error::Busy);
        }
        let is_urgent = submission.is_urgent();
        state.bytes += bytes;
        state.is_urgent |= is_urgent;
        state.has_order |= submission.is_order();
        state.waiting.push(submission);
        Ok(state.is_sleeping && (is_urgent || !state.is_dozing))
    }

    /// Wakes the log thread if it sleeps.
    pub(crate) fn wake(&self) {
        let was_sleeping = std::mem::replace(&mut self.lock().is_sleeping, false);
        if was_sleeping {
            self.wake.notify_one();
        }
    }

    /// Lets the log thread look around without a submission.
    pub(crate) fn nudge(&self) {
        let mut state = self.lock();
        state.is_woken = true;
        state.is_sleeping = false;
        self.wake.notify_one();
    }

    /// Waits for something to do, at most `patience` after the doze. With `pause`, what is urgent waits so long for
    /// company.
    pub(crate) fn wait(&self, patience: Option<Duration>, pause: Option<Duration>) {
        let mut state = self.doze(self.lock());
        // While submitters lead, it looks around by itself, so that no change has to wake it.
        while std::mem::take(&mut state.is_led) && state.is_idle() {
            state = self.doze(state);
        }
        if state.is_idle() {
            state.is_sleeping = true;
            state = match patience {
                Some(time) => self.wake.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0,
                None => self.wake.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
            // The change that woke it may find company too.
            state = self.doze(state);
        }
        let is_paused = state.is_urgent;
        drop(state);
        if let (true, Some(pause)) = (is_paused, pause) {
            thread::sleep(pause);
        }
    }

    fn doze<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        if !state.is_urgent && !state.is_woken {
            (state.is_sleeping, state.is_dozing) = (true, true);
            state = self.wake.wait_timeout(state, DOZE).unwrap_or_else(PoisonError::into_inner).0;
        }
        (state.is_sleeping, state.is_dozing) = (false, false);
        state
    }

    /// Takes all that waits into `into`, which is empty.
    pub(crate) fn take(&self, into: &mut Vec<Submission>) {
        let mut state = self.lock();
        (state.is_woken, state.is_urgent, state.has_order) = (false, false, false);
        state.bytes = 0;
        std::mem::swap(&mut state.waiting, into);
    }

    /// As `take`, if there is no order in it and it is small; else takes nothing.
    pub(crate) fn take_small(&self, into: &mut Vec<Submission>, bytes_max: usize) -> bool {
        let mut state = self.lock();
        if state.has_order || state.bytes > bytes_max {
            return false;
        }
        (state.is_urgent, state.is_led) = (false, true);
        state.bytes = 0;
        std::mem::swap(&mut state.waiting, into);
        true
    }

    /// Refuses messages from now on, those that wait included, or takes them again; changes go on waiting.
    pub(crate) fn hold_messages(&self, error: Option<Error>) {
        let mut state = self.lock();
        state.inlet = error.clone();
        let Some(error) = error else { return };
        let (messages, rest): (Vec<_>, Vec<_>) =
            state.waiting.drain(..).partition(|submission| matches!(submission, Submission::Accept(_)));
        state.bytes = rest.iter().map(Submission::bytes).sum();
        state.waiting = rest;
        drop(state);
        messages.into_iter().for_each(|submission| refuse(submission, &error));
    }

    /// Whether the end is asked for among what waits.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().waiting.iter().any(|submission| matches!(submission, Submission::Close(_)))
    }

    /// Refuses everything from now on, and gives back what still waited.
    pub(crate) fn close(&self, error: Error) -> Vec<Submission> {
        let mut state = self.lock();
        state.end.get_or_insert(error);
        state.bytes = 0;
        std::mem::take(&mut state.waiting)
    }
}

/// Answers a submission that will not be carried out.
pub(crate) fn refuse(submission: Submission, error: &Error) {
    match submission {
        Submission::Accept(accepting) => drop(accepting.reply.send(Err(error.clone()))),
        Submission::Change(changing) => {
            if let Some(reply) = changing.reply {
                let _ = reply.send(Err(error.clone()));
            }
        }
        Submission::Drop(_, reply) => drop(reply.send(Err(error.clone()))),
        Submission::Cut(reply) => drop(reply.send(Err(error.clone()))),
        Submission::Checkpoint(reply) | Submission::Close(reply) => drop(reply.send(Err(error.clone()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ApplicationAcknowledgment, Change};
    use message::{AckCode, MessageId};
    use std::{sync::Arc, time::Instant};

    /// Longer than a doze and shorter than the patience below, whatever the machine does meanwhile.
    const WHILE: Duration = Duration::from_millis(40);
    const PATIENCE: Duration = Duration::from_secs(20);

    fn unhurried() -> Submission {
        let acknowledgment = ApplicationAcknowledgment { message: MessageId(8), code: AckCode::AA };
        let encoded = changed::encode(&Change::ApplicationAcknowledged(acknowledgment), &[]);
        Submission::Change(Changing { encoded, reply: None })
    }

    fn taken(queue: &Arc<Queue>, pause: Option<Duration>) -> thread::JoinHandle<usize> {
        let queue = queue.clone();
        thread::spawn(move || {
            let mut into = Vec::new();
            queue.wait(Some(PATIENCE), pause);
            queue.take(&mut into);
            into.len()
        })
    }

    #[test]
    fn a_change_wakes_a_thread_that_sleeps_and_waits_for_one_that_dozes() {
        let queue = Arc::new(Queue::default());
        let started = Instant::now();
        let sleeper = taken(&queue, None);
        thread::sleep(WHILE);
        queue.push(unhurried()).unwrap();
        assert_eq!(sleeper.join().unwrap(), 1);
        queue.push(unhurried()).unwrap();
        queue.push(unhurried()).unwrap();
        assert_eq!(taken(&queue, None).join().unwrap(), 2, "the end of a doze is enough");
        assert!(started.elapsed() < PATIENCE);
    }

    #[test]
    fn what_is_urgent_is_taken_at_once_or_after_the_pause_with_its_company() {
        let queue = Arc::new(Queue::default());
        let urgent = || Submission::Checkpoint(oneshot::channel().0);
        queue.push(urgent()).unwrap();
        assert_eq!(taken(&queue, None).join().unwrap(), 1);
        queue.push(urgent()).unwrap();
        let waiting = taken(&queue, Some(WHILE * 10));
        thread::sleep(WHILE);
        queue.push(unhurried()).unwrap();
        queue.push(urgent()).unwrap();
        assert_eq!(waiting.join().unwrap(), 3);
    }

    #[test]
    fn a_leader_takes_what_is_small_and_no_order() {
        let queue = Queue::default();
        let mut taken = Vec::new();
        queue.push(unhurried()).unwrap();
        assert!(!queue.take_small(&mut taken, 0) && taken.is_empty(), "too many bytes");
        assert!(queue.take_small(&mut taken, 1024) && taken.len() == 1);
        taken.clear();
        queue.push(Submission::Checkpoint(oneshot::channel().0)).unwrap();
        assert!(!queue.take_small(&mut taken, 1024) && taken.is_empty(), "an order is the log thread's");
        queue.take(&mut taken);
        assert_eq!(taken.len(), 1);
    }
}
