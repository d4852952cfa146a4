//! The contracts between the engine and its connectors.
//!
//! A connector moves bytes and reports what it saw. It never stores, never acknowledges on its own account, never
//! decides a retry. The conformance suites in `testkit` use the numbers of these lists.

use crate::definition::BatchCounts;
use bytes::Bytes;
use hl7v2::Batch;
use message::{DeliveryId, Diagnostic, Format, MessageId, Outcome, Reason, Timestamp};
use std::{future::Future, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::watch;

/// A boxed future, because these traits are used through `dyn`.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Bytes cut by a transport, on their way into the engine.
#[derive(Clone)]
pub struct Frame {
    /// The content without transport framing.
    pub bytes: Bytes,
    /// Where it came from: `10.1.2.3:40112`, a file's name, an interface's name. Never patient data.
    pub peer: Arc<str>,
    /// When its last byte arrived.
    pub received: Timestamp,
    /// What the source knows the bytes to be; sources that cannot know say what their settings say.
    pub format: Format,
    /// Set by the `interface` connector: the message that led to this one, and how many interfaces it has crossed.
    pub from: Option<(MessageId, u8)>,
    /// What the source found around it, such as wrong counts of the batch that it came in: kept with the message.
    pub found: Arc<[Diagnostic]>,
}

/// What the engine says to a frame. A positive answer exists only where a commit does (R1).
#[derive(Clone, Debug)]
pub struct Reply {
    verdict: Verdict,
    acknowledgment: Option<Bytes>,
    further: Vec<Bytes>,
    later: Option<Deferred>,
    rejected: Option<MessageId>,
}

/// Acknowledgment messages that come after the first answer (HL7 v2 enhanced mode), each in a frame of its own.
#[derive(Clone)]
pub struct Deferred(Arc<dyn Fn() -> Boxed<'static, Vec<Bytes>> + Send + Sync>);

impl Deferred {
    /// `begin` gives the wait for it.
    pub fn new(begin: impl Fn() -> Boxed<'static, Vec<Bytes>> + Send + Sync + 'static) -> Deferred {
        Deferred(Arc::new(begin))
    }
    /// Waits for it. What it gives is on record as sent, so the source writes it at once; a source that drops the wait
    /// leaves it owed.
    #[must_use]
    pub fn begin(&self) -> Boxed<'static, Vec<Bytes>> {
        (self.0)()
    }
}

impl std::fmt::Debug for Deferred {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Deferred")
    }
}

/// The three answers to a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is safe: fsynced. The sender may forget it.
    Accepted(MessageId),
    /// It is not stored; the same frame may be accepted later (store full, draining).
    Later(Reason),
    /// It is not stored and never will be as it stands.
    Refused(Reason),
}

impl Reply {
    /// The frame is safe. Only a commit makes a receipt, so acknowledging early does not compile.
    #[must_use]
    pub fn accepted(receipt: &store::Receipt, acknowledgment: Option<Bytes>) -> Reply {
        Reply::of(Verdict::Accepted(receipt.id()), acknowledgment)
    }
    /// The frame is not stored; the sender should try again.
    #[must_use]
    pub fn later(reason: Reason, acknowledgment: Option<Bytes>) -> Reply {
        Reply::of(Verdict::Later(reason), acknowledgment)
    }
    /// The frame is not stored; trying again is of no use.
    #[must_use]
    pub fn refused(reason: Reason, acknowledgment: Option<Bytes>) -> Reply {
        Reply::of(Verdict::Refused(reason), acknowledgment)
    }
    /// The frame is stored, so that it can be found and counted, and its sender is told no.
    #[must_use]
    pub fn rejected(receipt: &store::Receipt, reason: Reason, acknowledgment: Option<Bytes>) -> Reply {
        Reply { rejected: Some(receipt.id()), ..Reply::of(Verdict::Refused(reason), acknowledgment) }
    }
    fn of(verdict: Verdict, acknowledgment: Option<Bytes>) -> Reply {
        Reply { verdict, acknowledgment, further: Vec::new(), later: None, rejected: None }
    }
    /// Under which id a refused frame is stored, where it is.
    #[must_use]
    pub fn stored_as_rejected(&self) -> Option<MessageId> {
        self.rejected
    }
    /// The same, with another acknowledgment message.
    #[must_use]
    pub fn with_acknowledgment(self, acknowledgment: Option<Bytes>) -> Reply {
        Reply { acknowledgment, ..self }
    }
    /// The same, with these acknowledgment messages, each in a frame of its own where the transport has frames.
    #[must_use]
    pub fn with_acknowledgments(self, acknowledgments: Vec<Bytes>) -> Reply {
        let mut acknowledgments = acknowledgments.into_iter();
        Reply { acknowledgment: acknowledgments.next(), further: acknowledgments.collect(), ..self }
    }
    /// The same, with nothing to follow.
    #[must_use]
    pub fn without_later(self) -> Reply {
        Reply { later: None, ..self }
    }
    /// The same, with an acknowledgment of its own to follow.
    #[must_use]
    pub fn with_later(self, later: Deferred) -> Reply {
        Reply { later: Some(later), ..self }
    }
    /// What a source that keeps a conversation with the peer sends after the first answer; others leave it.
    #[must_use]
    pub fn later_acknowledgment(&self) -> Option<&Deferred> {
        self.later.as_ref()
    }
    /// Which of the three.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }
    /// The acknowledgment message to send back, if the sender wants one.
    #[must_use]
    pub fn acknowledgment(&self) -> Option<&Bytes> {
        self.acknowledgment.as_ref()
    }
    /// The acknowledgment messages to send back behind [`Reply::acknowledgment`], each in a frame of its own.
    #[must_use]
    pub fn further_acknowledgments(&self) -> &[Bytes] {
        &self.further
    }
    /// All of them as one content, one behind the other.
    #[must_use]
    pub fn acknowledgments_in_a_row(&self) -> Option<Bytes> {
        let first = self.acknowledgment.clone()?;
        if self.further.is_empty() {
            return Some(first);
        }
        Some(std::iter::once(&first).chain(&self.further).flat_map(|bytes| bytes.iter().copied()).collect())
    }
}

/// The engine's side of a source.
pub trait Intake: Send + Sync {
    /// Takes one frame through the journey's steps 2 to 6. Resolves when the answer is final: for an accepted frame,
    /// after the fsync. Frames of one connection are given one at a time, in order.
    fn accept(&self, frame: Frame) -> Boxed<'_, Reply>;
    /// What the interface takes frames for. A source that cuts batches of HL7 v2 leaves other formats whole.
    fn format(&self) -> Format {
        Format::Hl7v2
    }
    /// What a source that cuts batches does with one whose counts do not fit.
    fn batch_counts(&self) -> BatchCounts {
        BatchCounts::default()
    }
    /// The answer to a batch that a source cut, from the acknowledgments of its messages in their order: contents of their
    /// own. `comment` is what was wrong with the batch itself.
    fn answer_batch(&self, _batch: &Batch, answers: Vec<Bytes>, _comment: Option<&str>) -> Vec<Bytes> {
        answers
    }
    /// The acknowledgment of a message that a source does not hand over, if its sender wants one.
    fn refuse(&self, _message: &Bytes, _reason: &Reason) -> Option<Bytes> {
        None
    }
    /// Bytes that never became a frame, and other things a peer did: counted by the engine, never with content.
    fn report(&self, peer: &str, reason: Reason);
    /// A peer was turned away: it showed no certificate, a wrong one, or one that does not speak for what it sent. Counted
    /// as by `report`, and kept where it is seen who tried to get in.
    fn turn_away(&self, peer: &str, reason: Reason) {
        self.report(peer, reason);
    }
    /// A peer connected (`true`) or went away (`false`).
    fn connected(&self, peer: &str, is_connected: bool);
}

/// What the engine wants of a running source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Take frames.
    Running,
    /// Take no new frame; finish the one under way, deliver its answer, then return from `run`.
    Draining,
}

/// Where frames come from.
///
/// 1. `run` serves until the phase is `Draining`, then returns within 10 s.
/// 2. It gives each frame to `intake.accept` once, and the bytes exactly as the peer sent them.
/// 3. It tells the peer success only after a reply whose verdict is `Accepted`; the acknowledgment bytes go out as given.
/// 4. A verdict of `Later` or `Refused` never looks like success to the peer.
/// 5. Limits of size, time and connections hold while reading, before memory is taken.
/// 6. One bad peer does not hold up another; junk is reported and skipped.
/// 7. Nothing that it prints or reports holds content.
/// 8. `address` tells where it is reached (for port 0: the port that was given).
pub trait Source: Send {
    /// Where it is bound or what it polls.
    fn address(&self) -> String;
    /// Serves until told to drain.
    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>>;
}

/// A read-only question to something outside: at most one under way on each.
///
/// 1. `ask` gives `Some` only for an answer to exactly this key, as one document of JSON; a late or foreign one never.
/// 2. `None` only if the other side said that it has nothing under the key; in doubt an error.
/// 3. Several answers are an error: it never chooses.
/// 4. It changes nothing there, and the key is never read as anything but a value.
/// 5. Connecting and waiting end by their named limits, and answers have a largest size.
/// 6. After an error, or when the future is dropped, the next `ask` starts from a clean connection.
/// 7. Nothing that it reports holds the key or anything of an answer.
pub trait Lookup: Send {
    /// Asks once.
    fn ask<'a>(&'a mut self, key: &'a str) -> Boxed<'a, Result<Option<Bytes>, Reason>>;
}

/// One delivery as the connector gets it.
#[derive(Clone)]
pub struct Outgoing {
    /// Which delivery, for lineage; never sent to the peer.
    pub delivery: DeliveryId,
    /// The interface it belongs to.
    pub interface: message::Name,
    /// The bytes to deliver.
    pub bytes: Bytes,
    /// What they are.
    pub format: Format,
    /// How often this delivery was tried before, from 0.
    pub attempt: u32,
    /// When the message was accepted.
    pub accepted: Timestamp,
    /// How many interfaces it has crossed.
    pub hops: u8,
    /// How often a person had it sent again after it was settled: with the delivery this tells a wish from a repetition.
    pub resends: u32,
}

/// One lane to a destination: at most one delivery under way.
///
/// 1. `send` reports `Delivered` only after the peer's answer to exactly these bytes (or the medium's own proof: file in
///    place and fsynced); a late or foreign answer is never taken for it.
/// 2. `Transient` only if the peer certainly did not process the bytes; in doubt `Ambiguous`.
/// 3. It never retries by itself, except to open a connection that turned out stale before the first byte was sent.
/// 4. Connecting and waiting end by their named limits; a peer that vanished is found within 35 s.
/// 5. After an error the next `send` starts from a clean connection.
/// 6. Cancelling the future (dropping it) leaves the destination usable.
/// 7. Nothing that it reports holds content.
pub trait Destination: Send {
    /// Delivers once.
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome>;
    /// Closes what is idle: called after a pause, before shutdown. Default: nothing.
    fn close(&mut self) -> Boxed<'_, ()> {
        Box::pin(async {})
    }
    /// How long it may be left alone before [`Destination::tend`] is due; `None` while nothing is open.
    fn rest(&self) -> Option<Duration> {
        None
    }
    /// Finishes what is due of what it keeps open: called when the lane is made, and whenever it rested for as long as it
    /// said. `is_leaving`: its settings change or the destination goes, so all of it is due.
    fn tend(&mut self, _is_leaving: bool) -> Boxed<'_, Result<(), Reason>> {
        Box::pin(async { Ok(()) })
    }
}
