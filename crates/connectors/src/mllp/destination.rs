//! One lane to a partner: one connection, one message under way, the reply that belongs to it.

use super::{
    config::{Matching, Release, Sending},
    header,
    inbox::{Inbox, Item, LAST_BYTE_TIME_MAX},
    numbered::Link,
    wire,
};
use crate::{codes, tcp::tune::Pulse, tls};
use bytes::Bytes;
use hl7v2::{
    Message,
    ack::{self, Acknowledgment, Condition, Mode},
    mllp::{self, Commit},
};
use interface::{
    catalogue::Notebook,
    contract::{Boxed, Destination, Outgoing},
};
use message::{
    AckCode, Clock, Outcome, Reason, Scope,
    failpoint::{Place, pass},
};
use std::{io, sync::Arc};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

/// Late replies that are read before a message is sent; a peer with more to say is cut off and called again.
const STALE_BYTES_MAX: u64 = 64 * 1024;

/// The lane.
pub(crate) struct Lane {
    pub(super) config: Sending,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) notebook: Arc<dyn Notebook>,
    /// What both sides know of their sequence numbers, as long as the connection lasts and nothing is in doubt.
    pub(super) agreed: Option<Link>,
    /// Taken out while a message is under way: a send that is cancelled or fails leaves no half-used connection.
    line: Option<Line>,
}

struct Line {
    stream: tls::Stream<TcpStream>,
    inbox: Inbox,
}

/// What a partner can say.
enum Answer {
    Frame(Bytes),
    Commit(Commit),
}

/// What went on while waiting for the reply.
#[derive(Default)]
struct Ignored {
    foreign: usize,
    odd: usize,
}

impl Lane {
    pub(crate) fn new(config: Sending, clock: Arc<dyn Clock>, notebook: Arc<dyn Notebook>) -> Lane {
        Lane { config, clock, notebook, agreed: None, line: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        if self.config.is_numbered {
            return self.deliver_numbered(outgoing).await.unwrap_or_else(|outcome| outcome);
        }
        self.transfer(&outgoing.bytes).await
    }

    /// Whether the connection of the message before is still there.
    pub(super) async fn is_connected(&mut self) -> bool {
        let line = match self.line.take() {
            Some(mut line) => line.is_fresh().await.then_some(line),
            None => None,
        };
        self.line = line;
        self.line.is_some()
    }

    /// Sends, and waits for what ends the delivery.
    pub(super) async fn transfer(&mut self, bytes: &Bytes) -> Outcome {
        if !mllp::can_frame(bytes) {
            let text = "the message contains 0x1C 0x0D, the end of an MLLP block";
            return Outcome::Permanent { reason: Reason::new(codes::E6110, text), reply: None };
        }
        pass(Place::SendBefore);
        let mut line = match self.send_bytes(bytes).await {
            Ok(line) => line,
            Err(outcome) => return outcome,
        };
        pass(Place::SendAfter);
        if !self.config.is_reply_expected && self.config.release == Release::One {
            self.line = Some(line);
            return Outcome::Delivered { reply: None };
        }
        let end = Instant::now() + self.config.reply_time_max;
        let mut ignored = Ignored::default();
        let answer = timeout_at(end, self.await_reply(&mut line, bytes, &mut ignored)).await;
        match answer {
            Ok(Ok(reply)) => match self.application_wait(bytes, reply.as_ref()) {
                Some(wait) => self.deliver_further(line, bytes, Instant::now() + wait).await,
                None => {
                    self.line = Some(line);
                    Outcome::Delivered { reply }
                }
            },
            Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::Ambiguous { reason: self.explain_silence(&ignored, line.inbox.junk_bytes()) },
        }
    }

    /// How long to wait for more: the reply is a commit acknowledgment, and an application acknowledgment is sure to
    /// follow. Where MSH-16 asks for errors only, silence means yes.
    fn application_wait(&self, sent: &Bytes, reply: Option<&Bytes>) -> Option<std::time::Duration> {
        let wait = self.config.application_time_max?;
        let is_commit = ack::Reply::read(reply?.clone()).code == Some(AckCode::CA);
        let is_asked = match Mode::of(&Message::parse(sent.clone()).0) {
            Mode::Original => false,
            Mode::Enhanced { application, .. } => matches!(application, Condition::Always | Condition::OnSuccess),
        };
        (is_commit && is_asked).then_some(wait)
    }

    /// The partner has committed the message; what its application says decides.
    async fn deliver_further(&mut self, mut line: Line, sent: &[u8], end: Instant) -> Outcome {
        let mut ignored = Ignored::default();
        let answer = timeout_at(end, async {
            loop {
                let reply = self.await_reply(&mut line, sent, &mut ignored).await;
                let Ok(Some(bytes)) = reply else { return None };
                let answer = Message::parse(bytes.clone()).0;
                // The commit acknowledgment, said twice.
                if ack::Reply::of(&answer).code == Some(AckCode::CA) {
                    continue;
                }
                let is_sound = self.commit_answer(&mut line, &answer).await;
                return Some((bytes, is_sound));
            }
        });
        match answer.await {
            Ok(Some((bytes, is_sound))) => {
                self.line = is_sound.then_some(line);
                Outcome::Delivered { reply: Some(bytes) }
            }
            Ok(None) | Err(_) => {
                let text = format!(
                    "{} committed the message (CA), but its application's answer did not come",
                    self.config.address
                );
                Outcome::Ambiguous { reason: Reason::new(codes::E6111, text) }
            }
        }
    }

    /// Says CA to an application acknowledgment whose MSH-15 asks for it; no other acknowledgment is acknowledged.
    /// The delivery that it answers is on disk, so a CA before it is recorded risks a second answer and nothing else.
    async fn commit_answer(&self, line: &mut Line, answer: &Message) -> bool {
        if !ack::needs_accept_ack(answer, true) {
            return true;
        }
        let now = self.clock.now();
        let (control_id, time) = (format!("{:X}", now.0), now.to_dtm());
        let code = AckCode::CA;
        let commit =
            Acknowledgment { code, control_id: &control_id, time: &time, text: None, sequence: None, findings: &[] };
        wire::write(&mut line.stream, &[wire::START, &ack::build(answer, &commit), wire::END]).await.is_ok()
    }

    /// Puts the message on the wire: on the open connection if it is alive, else on a new one.
    async fn send_bytes(&mut self, bytes: &[u8]) -> Result<Line, Outcome> {
        let parts = [wire::START, bytes, wire::END];
        if let Some(mut line) = self.line.take()
            && line.is_fresh().await
        {
            match wire::write(&mut line.stream, &parts).await {
                Ok(()) => return Ok(line),
                // Nothing left this machine, so a new connection cannot make a duplicate.
                Err(broken) if broken.written == 0 => {}
                Err(broken) => return Err(self.explain_broken_write(broken)),
            }
        }
        let Sending { address, connect_time_max, tls, .. } = &self.config;
        let stream = tls::connect(address, *connect_time_max, tls.as_ref()).await.map_err(transient)?;
        let mut line = Line { stream, inbox: Inbox::new(self.config.reply_bytes_max) };
        match wire::write(&mut line.stream, &parts).await {
            Ok(()) => Ok(line),
            Err(broken) => Err(self.explain_broken_write(broken)),
        }
    }

    /// The reply that belongs to what was sent; `None` where a commit (release 2) is all that is wanted.
    async fn await_reply(&self, line: &mut Line, sent: &[u8], ignored: &mut Ignored) -> Result<Option<Bytes>, Outcome> {
        let id = header::control_id(sent);
        let is_two = self.config.release == Release::Two;
        loop {
            match self.next_answer(line, ignored).await? {
                Answer::Commit(Commit::NotAcknowledged) if is_two => {
                    let text = format!("{} answered 0x15: it could not commit the message", self.config.address);
                    let reason = Reason::new(codes::E6109, text);
                    return Err(Outcome::Transient { scope: Scope::Message, reason, retry_after: None });
                }
                Answer::Commit(Commit::Acknowledged) if is_two && !self.config.is_reply_expected => return Ok(None),
                Answer::Commit(Commit::Acknowledged) if is_two => {}
                Answer::Commit(_) => ignored.odd += 1,
                Answer::Frame(frame) => {
                    pass(Place::ReplyBefore);
                    if is_two {
                        // The peer's acknowledgment is content of its own, and release 2 commits every content.
                        let commit = mllp::encode_commit(Commit::Acknowledged);
                        let written = wire::write(&mut line.stream, &[&commit]).await;
                        written.map_err(|broken| self.explain_broken_reply(&broken.kind.into()))?;
                    }
                    if self.is_answer(&frame, id) {
                        pass(Place::ReplyAfter);
                        return Ok(Some(frame));
                    }
                    ignored.foreign += 1;
                }
            }
        }
    }

    async fn next_answer(&self, line: &mut Line, ignored: &mut Ignored) -> Result<Answer, Outcome> {
        loop {
            match line.inbox.next() {
                Some(Item::Frame(frame)) => return Ok(Answer::Frame(frame)),
                Some(Item::Commit(commit)) => return Ok(Answer::Commit(commit)),
                Some(Item::Odd(_)) => ignored.odd += 1,
                Some(Item::TooLarge(_)) => {
                    let text = format!("a reply from {} is larger than the limit", self.config.address);
                    return Err(self.explain_unreadable(text));
                }
                None if line.inbox.junk_bytes() > STALE_BYTES_MAX => {
                    let text = format!("{} sends bytes without end that are not an MLLP frame", self.config.address);
                    return Err(self.explain_unreadable(text));
                }
                None if line.inbox.is_over() => {
                    return Err(self.explain_broken_reply(&io::ErrorKind::UnexpectedEof.into()));
                }
                None if line.inbox.lacks_last_byte() => {
                    match timeout(LAST_BYTE_TIME_MAX, line.inbox.fill(&mut line.stream)).await {
                        Ok(read) => drop(read.map_err(|error| self.explain_broken_reply(&error))?),
                        Err(_) => ignored.odd += usize::from(line.inbox.take_without_last_byte().is_some()),
                    }
                }
                None => {
                    let read = line.inbox.fill(&mut line.stream).await;
                    read.map_err(|error| self.explain_broken_reply(&error))?;
                }
            }
        }
    }

    /// A message without a control id can only be answered by the next reply; the connection holds no older one.
    fn is_answer(&self, reply: &[u8], sent_id: Option<&[u8]>) -> bool {
        match (self.config.matching, sent_id) {
            (Matching::Strict, Some(id)) => header::answered_id(reply) == Some(id),
            (Matching::Strict, None) | (Matching::Any, _) => true,
        }
    }

    fn explain_unreadable(&self, text: String) -> Outcome {
        Outcome::Ambiguous { reason: Reason::new(codes::E6108, text) }
    }

    fn explain_silence(&self, ignored: &Ignored, junk_bytes: u64) -> Reason {
        let Sending { address, reply_time_max, .. } = &self.config;
        let seconds = reply_time_max.as_secs_f32();
        if ignored.foreign > 0 {
            let text = format!(
                "{address} sent {} replies within {seconds} s, none with the control id of this message in MSA-2",
                ignored.foreign
            );
            return Reason::new(codes::E6107, text);
        }
        if ignored.odd > 0 || junk_bytes > 0 {
            let text = format!("{address} sent bytes within {seconds} s that are not an MLLP frame");
            return Reason::new(codes::E6108, text);
        }
        Reason::new(codes::E6106, format!("{address} did not answer within {seconds} s; it may have the message"))
    }

    fn explain_broken_write(&self, broken: wire::Broken) -> Outcome {
        let address = &self.config.address;
        if broken.written == 0 {
            let text = format!("{address} closed the connection before anything was sent: {}", broken.kind);
            return transient(Reason::new(codes::E6008, text));
        }
        let text = format!("the connection to {address} broke while the message was written: {}", broken.kind);
        Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
    }

    fn explain_broken_reply(&self, error: &io::Error) -> Outcome {
        let (address, kind) = (&self.config.address, error.kind());
        if let Some(reason) = tls::refused_late(address, error) {
            return transient(reason);
        }
        let text = format!("the connection to {address} broke before the reply came: {kind}; it may have the message");
        Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
    }
}

impl Line {
    /// Whether the next message may go out here. Late replies that wait are read and dropped; a half one would run into
    /// the reply that we are about to wait for, so it ends the connection, as does a close by the peer.
    async fn is_fresh(&mut self) -> bool {
        let mut space = [0_u8; 1024];
        let mut stale_bytes = 0;
        loop {
            match self.stream.feel(&mut space).await {
                Pulse::Closed => return false,
                Pulse::Quiet => break,
                Pulse::Waiting(count) => {
                    stale_bytes += count as u64;
                    self.inbox.push(&space[..count]);
                    if stale_bytes > STALE_BYTES_MAX || !self.drop_stale() {
                        return false;
                    }
                }
            }
        }
        self.drop_stale() && !self.inbox.is_inside()
    }

    /// Forgets replies that came too late or twice. An application acknowledgment that follows a commit acknowledgment
    /// (enhanced mode) ends here too where it is not awaited.
    fn drop_stale(&mut self) -> bool {
        while let Some(item) = self.inbox.next() {
            if matches!(item, Item::TooLarge(_)) {
                return false;
            }
        }
        true
    }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        let line = self.line.take();
        Box::pin(async move {
            if let Some(line) = line {
                line.stream.part().await;
            }
        })
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}
