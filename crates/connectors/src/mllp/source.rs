//! The listener: frames in, answers out, one conversation a connection.

use super::{
    config::{Listening, Release},
    inbox::{Inbox, Item, LAST_BYTE_TIME_MAX},
    permit::Permit,
    wire,
};
use crate::{
    codes,
    tcp::listen::{self, Connection, Listener, Session},
    tls,
};
use bytes::Bytes;
use hl7v2::mllp::{self, Commit};
use interface::{
    catalogue::Context,
    contract::{Boxed, Frame, Intake, Phase, Reply, Source, Verdict},
};
use message::{
    Clock, Format, Reason,
    failpoint::{Place, pass},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};

/// After draining began, how long a half-read frame may take to arrive.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// How long acknowledgments that are still owed may hold up the end of a conversation.
const FAREWELL: Duration = Duration::from_secs(2);
/// Acknowledgments that one connection may wait for; then the next frame waits.
const OWED_MAX: usize = 1024;
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// Bytes outside frames that one connection may send before it is closed: this peer does not speak MLLP.
const JUNK_BYTES_MAX: u64 = 64 * 1024;

/// A bound MLLP listener.
pub(crate) struct Mllp {
    listener: Listener,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
}

impl Mllp {
    pub(crate) async fn open(config: Listening, context: Context) -> Result<Mllp, Reason> {
        let listener = Listener::bind(&config.address, config.seats, context.handles).await?;
        Ok(Mllp { listener, config: Arc::new(config), clock: context.clock })
    }
}

impl Source for Mllp {
    fn address(&self) -> String {
        self.listener.address().to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let Mllp { listener, config, clock } = *self;
            listener.serve(intake, phase, |connection| converse(connection, config.clone(), clock.clone())).await;
            Ok(())
        })
    }
}

/// How a conversation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The peer is gone.
    Gone,
    /// We leave, and what was written should still arrive.
    Leave,
}

struct Conversation {
    stream: tls::Stream<TcpStream>,
    session: Session,
    /// What the peer may send; `None` for anything.
    permit: Option<Permit>,
    inbox: Inbox,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
    drain_end: Option<Instant>,
    /// Acknowledgments that follow the first answer, as they become due (enhanced mode).
    owed: JoinSet<Vec<Bytes>>,
}

async fn converse(connection: Connection, config: Arc<Listening>, clock: Arc<dyn Clock>) {
    let Connection { stream, session } = connection;
    let admitted = tls::admit(config.tls.as_ref(), stream, &session, HANDSHAKE_TIME_MAX).await;
    let Some(stream) = admitted else { return };
    let permit = config.permits.of(&stream);
    let inbox = Inbox::new(config.limits.bytes_max);
    let mut conversation =
        Conversation { stream, session, permit, inbox, config, clock, drain_end: None, owed: JoinSet::new() };
    let end = conversation.run().await;
    if end == End::Leave || conversation.inbox.is_over() {
        conversation.say_farewell().await;
    }
    if end == End::Leave {
        conversation.stream.part().await;
    }
}

impl Conversation {
    /// Frames are taken one at a time, in order; what the peer sends meanwhile waits in the kernel.
    async fn run(&mut self) -> End {
        loop {
            let frame = match self.next_frame().await {
                Ok(frame) => frame,
                Err(end) => return end,
            };
            let reply = match self.permit.as_ref().map_or(Ok(()), |permit| permit.check(&frame)) {
                Ok(()) => self.session.intake.accept(self.envelop(frame)).await,
                Err(reason) => self.refuse(&frame, reason),
            };
            if let Err(end) = self.answer(&reply).await {
                return end;
            }
            if let Some(later) = reply.later_acknowledgment() {
                self.owed.spawn(later.begin());
            }
            pass(Place::AcknowledgeAfter);
            if listen::is_draining(&self.session.phase) {
                return End::Leave;
            }
        }
    }

    /// The answer to a message that the peer may not send: the engine never sees it, and hears of it.
    fn refuse(&self, frame: &Bytes, reason: Reason) -> Reply {
        let acknowledgment = self.session.intake.refuse(frame, &reason);
        self.session.intake.turn_away(&self.session.peer, reason.clone());
        Reply::refused(reason, acknowledgment)
    }

    fn envelop(&self, bytes: Bytes) -> Frame {
        let received = self.clock.now();
        Frame {
            bytes,
            peer: self.session.peer.clone(),
            received,
            format: Format::Hl7v2,
            from: None,
            found: Arc::default(),
        }
    }

    async fn next_frame(&mut self) -> Result<Bytes, End> {
        let mut begun: Option<Instant> = None;
        loop {
            while let Some(item) = self.inbox.next() {
                if let Some(frame) = self.sort(item)? {
                    return Ok(frame);
                }
            }
            self.check_junk()?;
            if self.inbox.is_over() {
                return Err(End::Gone);
            } else if self.inbox.is_inside() {
                let begun = *begun.get_or_insert_with(Instant::now);
                if let Some(frame) = self.read_inside(begun).await? {
                    return Ok(frame);
                }
            } else if self.owed.len() >= OWED_MAX {
                self.await_owed().await?;
            } else {
                begun = None;
                self.read_between().await?;
            }
        }
    }

    /// Reports what is not a message.
    fn sort(&self, item: Item) -> Result<Option<Bytes>, End> {
        match item {
            Item::Frame(frame) => return Ok(Some(frame)),
            // In release 2 the peer commits our acknowledgments in its turn.
            Item::Commit(_) if self.config.release == Release::Two => {}
            Item::Commit(_) => {
                let text = "the peer speaks MLLP release 2, this source is set to release 1";
                self.report(Reason::new(codes::E6105, text));
            }
            Item::Odd(reason) => self.report(reason),
            Item::TooLarge(reason) => {
                self.report(reason);
                return Err(End::Leave);
            }
        }
        Ok(None)
    }

    fn check_junk(&self) -> Result<(), End> {
        if self.inbox.junk_bytes() <= JUNK_BYTES_MAX {
            return Ok(());
        }
        let text = "more than 64KiB outside frames: this peer does not speak MLLP; closed";
        self.report(Reason::new(codes::E6101, text));
        Err(End::Leave)
    }

    /// Waits for the first bytes of a frame: for ever, unless the settings say otherwise, but not past draining.
    async fn read_between(&mut self) -> Result<(), End> {
        let end = self.config.idle_max.map(|idle| Instant::now() + idle);
        tokio::select! {
            biased;
            Some(owed) = self.owed.join_next() => self.pay(&owed.unwrap_or_default()).await,
            read = self.inbox.fill(&mut self.stream) => self.note_read(read),
            () = listen::draining(&mut self.session.phase) => Err(End::Leave),
            () = wait_until(end) => Err(End::Leave),
        }
    }

    /// Waits for more bytes of a frame that has begun. Gives the frame when nothing but its last byte is missing and
    /// does not come: some peers never send it and wait for the answer.
    async fn read_inside(&mut self, begun: Instant) -> Result<Option<Bytes>, End> {
        let now = Instant::now();
        let limits = self.config.limits;
        let lacks_last_byte = self.inbox.lacks_last_byte();
        let mut end = (now + limits.silence_max).min(begun + limits.time_max);
        let is_draining = listen::is_draining(&self.session.phase);
        if is_draining {
            end = end.min(*self.drain_end.get_or_insert(now + DRAIN_GRACE));
        }
        if lacks_last_byte {
            end = end.min(now + LAST_BYTE_TIME_MAX);
        }
        tokio::select! {
            biased;
            Some(owed) = self.owed.join_next() => self.pay(&owed.unwrap_or_default()).await.map(|()| None),
            read = self.inbox.fill(&mut self.stream) => self.note_read(read).map(|()| None),
            () = sleep_until(end), if lacks_last_byte => self.take_loose(),
            () = sleep_until(end), if !lacks_last_byte => {
                let code = if is_draining { codes::E6012 } else { codes::E6103 };
                let count = self.inbox.pending_bytes();
                self.report(Reason::new(code, format!("{count} bytes of a frame came, then too little for too long; closed")));
                Err(End::Leave)
            }
            // The caller comes back at once, with the shorter limit.
            () = listen::draining(&mut self.session.phase), if !is_draining => Ok(None),
        }
    }

    /// The anomaly first, then its frame.
    fn take_loose(&mut self) -> Result<Option<Bytes>, End> {
        self.inbox.take_without_last_byte().map_or(Ok(None), |item| self.sort(item))
    }

    fn note_read(&self, read: std::io::Result<usize>) -> Result<(), End> {
        read.map(drop).map_err(|error| {
            // What the kernel says when probes stay unanswered; a peer that closes or dies says something itself.
            if error.kind() == std::io::ErrorKind::TimedOut {
                let text = "the peer does not answer any more, nor does its machine: closed";
                self.report(Reason::new(codes::E6021, text));
            } else if self.inbox.is_inside() {
                let text = format!("the peer went away after {} bytes of a frame", self.inbox.pending_bytes());
                self.report(Reason::new(codes::E6102, text));
            }
            End::Gone
        })
    }

    /// Sends what the reply says, in one write. Where there is no answer that could say "no", closing does.
    async fn answer(&mut self, reply: &Reply) -> Result<(), End> {
        let is_accepted = matches!(reply.verdict(), Verdict::Accepted(_));
        let acknowledgment = reply.acknowledgment().map(|bytes| &**bytes);
        let written = match (self.config.release, is_accepted, acknowledgment) {
            (Release::One, _, Some(bytes)) => wire::write(&mut self.stream, &[wire::START, bytes, wire::END]).await,
            (Release::One, true, None) => Ok(()),
            (Release::One, false, None) => return Err(End::Leave),
            (Release::Two, true, Some(bytes)) => {
                let commit = mllp::encode_commit(Commit::Acknowledged);
                wire::write(&mut self.stream, &[&commit, wire::START, bytes, wire::END]).await
            }
            (Release::Two, true, None) => {
                wire::write(&mut self.stream, &[&mllp::encode_commit(Commit::Acknowledged)]).await
            }
            // After 0x15 the peer keeps the message; an acknowledgment behind it would answer a message that, for
            // the transport, never arrived.
            (Release::Two, false, _) => {
                wire::write(&mut self.stream, &[&mllp::encode_commit(Commit::NotAcknowledged)]).await
            }
        };
        written.map_err(|broken| {
            let text = format!("the answer could not be written: {}; the peer will probably send again", broken.kind);
            self.report(Reason::new(codes::E6011, text));
            End::Gone
        })?;
        // In release 2 there is nothing behind 0x15.
        let is_silent = self.config.release == Release::Two && !is_accepted;
        if is_silent { Ok(()) } else { self.pay(reply.further_acknowledgments()).await }
    }

    /// The peer has so many answers to come that it must wait for one.
    async fn await_owed(&mut self) -> Result<(), End> {
        tokio::select! {
            biased;
            Some(owed) = self.owed.join_next() => self.pay(&owed.unwrap_or_default()).await,
            () = listen::draining(&mut self.session.phase) => Err(End::Leave),
        }
    }

    /// Sends acknowledgments, each in a frame of its own.
    async fn pay(&mut self, owed: &[Bytes]) -> Result<(), End> {
        for bytes in owed {
            wire::write(&mut self.stream, &[wire::START, bytes, wire::END]).await.map_err(|broken| {
                let text = format!("an acknowledgment could not be written: {}", broken.kind);
                self.report(Reason::new(codes::E6011, text));
                End::Gone
            })?;
        }
        Ok(())
    }

    /// What is due within a moment still goes out; the rest stays owed.
    async fn say_farewell(&mut self) {
        let end = Instant::now() + FAREWELL;
        while let Ok(Some(owed)) = timeout_at(end, self.owed.join_next()).await {
            if self.pay(&owed.unwrap_or_default()).await.is_err() {
                return;
            }
        }
    }

    fn report(&self, reason: Reason) {
        self.session.intake.report(&self.session.peer, reason);
    }
}

async fn wait_until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}
