//! The listener: frames in, answers out, one conversation a connection.

use super::{
    config::{Listening, Release},
    inbox::{Inbox, Item},
    wire,
};
use crate::{
    codes,
    tcp::{
        listen::{self, Connection, Listener, Session},
        tune,
    },
};
use bytes::Bytes;
use interface::contract::{Boxed, Frame, Intake, Phase, Reply, Source, Verdict};
use message::{Clock, Format, Reason};
use std::{sync::Arc, time::Duration};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until},
};

/// After draining began, how long a half-read frame may take to arrive.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// Bytes outside frames that one connection may send before it is closed: this peer does not speak MLLP.
const JUNK_BYTES_MAX: usize = 64 * 1024;

/// A bound MLLP listener.
pub(crate) struct Mllp {
    listener: Listener,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
}

impl Mllp {
    pub(crate) async fn open(config: Listening, clock: Arc<dyn Clock>) -> Result<Mllp, Reason> {
        let listener = Listener::bind(&config.address, config.seats).await?;
        Ok(Mllp { listener, config: Arc::new(config), clock })
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
    stream: TcpStream,
    session: Session,
    inbox: Inbox,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
    junk_bytes: usize,
    drain_end: Option<Instant>,
}

async fn converse(connection: Connection, config: Arc<Listening>, clock: Arc<dyn Clock>) {
    let Connection { stream, session } = connection;
    let inbox = Inbox::new(config.limits.bytes_max);
    let mut conversation = Conversation { stream, session, inbox, config, clock, junk_bytes: 0, drain_end: None };
    if conversation.run().await == End::Leave {
        tune::part(conversation.stream).await;
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
            let reply = self.session.intake.accept(self.envelop(frame)).await;
            if let Err(end) = self.answer(&reply).await {
                return end;
            }
            if listen::is_draining(&self.session.phase) {
                return End::Leave;
            }
        }
    }

    fn envelop(&self, bytes: Bytes) -> Frame {
        let received = self.clock.now();
        Frame { bytes, peer: self.session.peer.clone(), received, format: Format::Hl7v2, from: None }
    }

    async fn next_frame(&mut self) -> Result<Bytes, End> {
        let mut begun: Option<Instant> = None;
        loop {
            if let Some(frame) = self.next_item()? {
                return Ok(frame);
            }
            if self.inbox.is_inside() {
                let begun = *begun.get_or_insert_with(Instant::now);
                self.read_inside(begun).await?;
            } else {
                begun = None;
                self.read_between().await?;
            }
        }
    }

    /// The next frame of what has been read, reporting what is not a frame.
    fn next_item(&mut self) -> Result<Option<Bytes>, End> {
        while let Some(item) = self.inbox.next() {
            match item {
                Item::Frame(frame) if self.is_commit(&frame) => {}
                Item::Frame(frame) => return Ok(Some(frame)),
                Item::Odd(reason) => self.report(reason),
                Item::Junk { bytes, reason } => {
                    self.report(reason);
                    self.junk_bytes = self.junk_bytes.saturating_add(bytes);
                    if self.junk_bytes > JUNK_BYTES_MAX {
                        let text = "more than 64KiB outside frames: this peer does not speak MLLP; closed";
                        self.report(Reason::new(codes::E6101, text));
                        return Err(End::Leave);
                    }
                }
                Item::TooLarge(reason) => {
                    self.report(reason);
                    return Err(End::Leave);
                }
            }
        }
        Ok(None)
    }

    /// In release 2 the peer commits our acknowledgments in its turn.
    fn is_commit(&self, frame: &[u8]) -> bool {
        self.config.release == Release::Two && (frame == wire::COMMITTED || frame == wire::NOT_COMMITTED)
    }

    /// Waits for the first bytes of a frame: for ever, unless the settings say otherwise, but not past draining.
    async fn read_between(&mut self) -> Result<(), End> {
        let end = self.config.idle_max.map(|idle| Instant::now() + idle);
        tokio::select! {
            biased;
            read = self.inbox.fill(&mut self.stream) => self.note_read(read),
            () = listen::draining(&mut self.session.phase) => Err(End::Leave),
            () = wait_until(end) => Err(End::Leave),
        }
    }

    /// Waits for more bytes of a frame that has begun.
    async fn read_inside(&mut self, begun: Instant) -> Result<(), End> {
        let now = Instant::now();
        let limits = self.config.limits;
        let mut end = (now + limits.silence_max).min(begun + limits.time_max);
        let is_draining = listen::is_draining(&self.session.phase);
        if is_draining {
            end = end.min(*self.drain_end.get_or_insert(now + DRAIN_GRACE));
        }
        tokio::select! {
            biased;
            read = self.inbox.fill(&mut self.stream) => self.note_read(read),
            () = sleep_until(end) => {
                let code = if is_draining { codes::E6012 } else { codes::E6103 };
                let text = format!("{} bytes of a frame came, then too little for too long; closed", self.inbox.len());
                self.report(Reason::new(code, text));
                Err(End::Leave)
            }
            // The caller comes back at once, with the shorter limit.
            () = listen::draining(&mut self.session.phase), if !is_draining => Ok(()),
        }
    }

    fn note_read(&self, read: std::io::Result<usize>) -> Result<(), End> {
        match read {
            Ok(count) if count > 0 => Ok(()),
            Ok(_) | Err(_) => {
                if self.inbox.is_inside() {
                    let text = format!("the peer went away after {} bytes of a frame", self.inbox.len());
                    self.report(Reason::new(codes::E6102, text));
                }
                Err(End::Gone)
            }
        }
    }

    /// Sends what the reply says, in one write. Where there is no answer that could say "no", closing does.
    async fn answer(&self, reply: &Reply) -> Result<(), End> {
        let is_accepted = matches!(reply.verdict(), Verdict::Accepted(_));
        let acknowledgment = reply.acknowledgment().map(|bytes| &**bytes);
        let written = match (self.config.release, is_accepted, acknowledgment) {
            (Release::One, _, Some(bytes)) => wire::write(&self.stream, &[wire::START, bytes, wire::END]).await,
            (Release::One, true, None) => Ok(()),
            (Release::One, false, None) => return Err(End::Leave),
            (Release::Two, true, Some(bytes)) => {
                let parts = [wire::START, wire::COMMITTED, wire::END, wire::START, bytes, wire::END];
                wire::write(&self.stream, &parts).await
            }
            (Release::Two, true, None) => wire::write(&self.stream, &[wire::START, wire::COMMITTED, wire::END]).await,
            // After 0x15 the peer keeps the message; an acknowledgment behind it would answer a message that, for
            // the transport, never arrived.
            (Release::Two, false, _) => wire::write(&self.stream, &[wire::START, wire::NOT_COMMITTED, wire::END]).await,
        };
        written.map_err(|broken| {
            let text = format!("the answer could not be written: {}; the peer will probably send again", broken.kind);
            self.report(Reason::new(codes::E6011, text));
            End::Gone
        })
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
