//! The listener: frames in, answers out, one frame of a connection at a time.

use super::{
    config::{Answer, Listening},
    framing::{Cut, Deframer},
};
use crate::{
    codes,
    tcp::{
        listen::{self, Connection, Listener, Session},
        write::write,
    },
    tls,
};
use bytes::Bytes;
use interface::{
    catalogue::Context,
    contract::{Boxed, Frame, Intake, Phase, Reply, Source, Verdict},
};
use message::{
    Clock, Reason,
    failpoint::{Place, pass},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep_until},
};

/// After draining began, how long a half-read frame may take to arrive.
const DRAIN_GRACE: Duration = Duration::from_secs(5);
/// How long a TLS handshake may take.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// First size of a connection's buffer, and by how much it grows at least.
const BUFFER_BYTES_MIN: usize = 4 * 1024;

/// A bound port.
pub(crate) struct Tcp {
    listener: Listener,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
}

impl Tcp {
    pub(crate) async fn open(config: Listening, context: Context) -> Result<Tcp, Reason> {
        let listener = Listener::bind(&config.address, config.seats, context.handles).await?;
        Ok(Tcp { listener, config: Arc::new(config), clock: context.clock })
    }
}

impl Source for Tcp {
    fn address(&self) -> String {
        self.listener.address().to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let Tcp { listener, config, clock } = *self;
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
    deframer: Deframer,
    is_over: bool,
    config: Arc<Listening>,
    clock: Arc<dyn Clock>,
    drain_end: Option<Instant>,
}

async fn converse(connection: Connection, config: Arc<Listening>, clock: Arc<dyn Clock>) {
    let Connection { stream, session } = connection;
    let Some(stream) = tls::admit(config.tls.as_ref(), stream, &session, HANDSHAKE_TIME_MAX).await else { return };
    let deframer = Deframer::new(config.framing.clone(), config.bytes_max);
    let mut conversation = Conversation { stream, session, deframer, is_over: false, config, clock, drain_end: None };
    if conversation.run().await == End::Leave {
        conversation.stream.part().await;
    }
}

impl Conversation {
    /// Frames are taken one at a time, in order; what the peer sends meanwhile waits in the kernel.
    async fn run(&mut self) -> End {
        loop {
            let bytes = match self.next_frame().await {
                Ok(bytes) => bytes,
                Err(end) => return end,
            };
            let frame = Frame {
                bytes,
                peer: self.session.peer.clone(),
                received: self.clock.now(),
                format: self.session.intake.format(),
                from: None,
                found: Arc::default(),
            };
            let reply = self.session.intake.accept(frame).await;
            if let Err(end) = self.answer(&reply).await {
                return end;
            }
            pass(Place::AcknowledgeAfter);
            if listen::is_draining(&self.session.phase) {
                return End::Leave;
            }
        }
    }

    async fn next_frame(&mut self) -> Result<Bytes, End> {
        let mut begun: Option<Instant> = None;
        loop {
            match self.deframer.next(self.is_over) {
                Cut::Frame(frame) => return Ok(frame),
                Cut::Odd(reason) => self.report(reason),
                Cut::End(reason) => {
                    self.report(reason);
                    return Err(End::Leave);
                }
                // The peer has ended its side, and may be waiting for us to end ours.
                Cut::More if self.is_over => return Err(End::Leave),
                Cut::More if self.deframer.is_inside() => {
                    let begun = *begun.get_or_insert_with(Instant::now);
                    self.read_inside(begun).await?;
                }
                Cut::More => {
                    begun = None;
                    self.read_between().await?;
                }
            }
        }
    }

    /// Waits for the first bytes of a frame: for ever, unless the settings say otherwise, but not past draining.
    async fn read_between(&mut self) -> Result<(), End> {
        let end = self.config.idle_max.map(|idle| Instant::now() + idle);
        let idle = async {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        let Conversation { stream, session, deframer, .. } = self;
        deframer.buffer.reserve(BUFFER_BYTES_MIN);
        let read = tokio::select! {
            biased;
            read = stream.read_buf(&mut deframer.buffer) => read,
            () = listen::draining(&mut session.phase) => return Err(End::Leave),
            () = idle => return Err(End::Leave),
        };
        self.note_read(read)
    }

    /// Waits for more bytes of a frame that has begun.
    async fn read_inside(&mut self, begun: Instant) -> Result<(), End> {
        let now = Instant::now();
        let mut end = (now + self.config.silence_max).min(begun + self.config.time_max);
        let is_draining = listen::is_draining(&self.session.phase);
        if is_draining {
            end = end.min(*self.drain_end.get_or_insert(now + DRAIN_GRACE));
        }
        let Conversation { stream, session, deframer, .. } = self;
        let length = deframer.buffer.len();
        deframer.buffer.reserve(BUFFER_BYTES_MIN);
        let read = tokio::select! {
            biased;
            read = stream.read_buf(&mut deframer.buffer) => read,
            () = sleep_until(end) => {
                let code = if is_draining { codes::E6012 } else { codes::E6103 };
                let text = format!("{length} bytes of a frame came, then too little for too long; closed");
                self.report(Reason::new(code, text));
                return Err(End::Leave);
            }
            // The caller comes back at once, with the shorter limit.
            () = listen::draining(&mut session.phase), if !is_draining => return Ok(()),
        };
        self.note_read(read)
    }

    fn note_read(&mut self, read: io::Result<usize>) -> Result<(), End> {
        match read {
            Ok(count) => {
                self.is_over = count == 0;
                Ok(())
            }
            Err(error) => {
                // What the kernel says when probes stay unanswered; a peer that closes or dies says something itself.
                if error.kind() == io::ErrorKind::TimedOut {
                    let text = "the peer does not answer any more, nor does its machine: closed";
                    self.report(Reason::new(codes::E6021, text));
                } else if self.deframer.is_inside() {
                    let count = self.deframer.buffer.len();
                    let text = format!("the peer went away after {count} bytes of a frame");
                    self.report(Reason::new(codes::E6102, text));
                }
                Err(End::Gone)
            }
        }
    }

    /// Sends what the reply says. Where there is no answer that could say "no", closing does.
    async fn answer(&mut self, reply: &Reply) -> Result<(), End> {
        let is_accepted = matches!(reply.verdict(), Verdict::Accepted(_));
        let acknowledgment = reply.acknowledgments_in_a_row();
        let written = match (&self.config.answer, is_accepted) {
            (Answer::Acknowledgment, _) => match &acknowledgment {
                None if is_accepted => return Ok(()),
                None => return Err(End::Leave),
                Some(bytes) => {
                    let Some((before, behind)) = self.config.framing.around(bytes) else {
                        let text = "the acknowledgment does not fit into the framing; closed";
                        self.report(Reason::new(codes::E6110, text));
                        return Err(End::Leave);
                    };
                    write(&mut self.stream, &[&before, bytes, behind]).await
                }
            },
            (Answer::Bytes { accepted, .. }, true) => write(&mut self.stream, &[accepted]).await,
            (Answer::Bytes { refused, .. }, false) if !refused.is_empty() => write(&mut self.stream, &[refused]).await,
            (Answer::Nothing, true) => return Ok(()),
            (Answer::Bytes { .. } | Answer::Nothing, false) => return Err(End::Leave),
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
