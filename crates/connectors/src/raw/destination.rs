//! One lane to a partner: one connection, one message under way, the reply that follows it.

use super::{
    config::{Reply, Sending},
    framing::{Cut, Deframer, Framing},
};
use crate::{
    codes,
    tcp::{
        tune::Pulse,
        write::{Broken, write},
    },
    tls,
};
use bytes::{Bytes, BytesMut};
use interface::contract::{Boxed, Destination, Outgoing};
use message::{
    Outcome, Reason, Scope,
    failpoint::{Place, pass},
};
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// The lane.
pub(crate) struct Lane {
    config: Sending,
    /// Taken out while a message is under way: a send that is cancelled or fails leaves no half-used connection.
    line: Option<tls::Stream<TcpStream>>,
}

impl Lane {
    pub(crate) fn new(config: Sending) -> Lane {
        Lane { config, line: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let content = &outgoing.bytes;
        let framing = self.config.framing.clone();
        let Some((before, behind)) = framing.around(content) else {
            let text =
                "the message does not fit into the framing: it holds the bytes that end it, or has another length";
            return Outcome::Permanent { reason: Reason::new(codes::E6110, text), reply: None };
        };
        pass(Place::SendBefore);
        let mut line = match self.send_bytes(&[&before, content, behind]).await {
            Ok(line) => line,
            Err(outcome) => return outcome,
        };
        // The end of our side is the end of the message.
        if framing == Framing::Connection
            && let Err(error) = line.shutdown().await
        {
            return self.explain_broken(&error);
        }
        pass(Place::SendAfter);
        if self.config.reply == Reply::Nothing {
            if framing == Framing::Connection {
                line.part().await;
            } else {
                self.line = Some(line);
            }
            return Outcome::Delivered { reply: None };
        }
        let end = Instant::now() + self.config.reply_time_max;
        match timeout_at(end, self.await_reply(&mut line)).await {
            Ok(Ok(reply)) => {
                self.line = (framing != Framing::Connection).then_some(line);
                Outcome::Delivered { reply }
            }
            Ok(Err(outcome)) => {
                // A no in bytes is an answer like a yes, and leaves the connection as it was.
                if matches!(outcome, Outcome::Transient { scope: Scope::Message, .. }) {
                    self.line = (framing != Framing::Connection).then_some(line);
                }
                outcome
            }
            Err(_) => {
                let (address, seconds) = (&self.config.address, self.config.reply_time_max.as_secs_f32());
                let text = format!("{address} did not answer within {seconds} s; it may have the message");
                Outcome::Ambiguous { reason: Reason::new(codes::E6106, text) }
            }
        }
    }

    /// Puts the message on the wire: on the open connection if it is alive, else on a new one.
    async fn send_bytes(&mut self, parts: &[&[u8]]) -> Result<tls::Stream<TcpStream>, Outcome> {
        if let Some(mut line) = self.line.take()
            && is_fresh(&mut line).await
        {
            match write(&mut line, parts).await {
                Ok(()) => return Ok(line),
                // Nothing left this machine, so a new connection cannot make a duplicate.
                Err(broken) if broken.written == 0 => {}
                Err(broken) => return Err(self.explain_broken_write(broken)),
            }
        }
        let Sending { address, connect_time_max, tls, .. } = &self.config;
        let mut line = tls::connect(address, *connect_time_max, tls.as_ref()).await.map_err(transient)?;
        match write(&mut line, parts).await {
            Ok(()) => Ok(line),
            Err(broken) => Err(self.explain_broken_write(broken)),
        }
    }

    async fn await_reply(&self, line: &mut tls::Stream<TcpStream>) -> Result<Option<Bytes>, Outcome> {
        match &self.config.reply {
            Reply::Nothing => Ok(None),
            Reply::Bytes { accepted, refused } => self.await_bytes(line, accepted, refused).await.map(|()| None),
            Reply::Frame => self.await_frame(line).await.map(Some),
        }
    }

    async fn await_frame(&self, line: &mut tls::Stream<TcpStream>) -> Result<Bytes, Outcome> {
        let mut deframer = Deframer::new(self.config.framing.clone(), self.config.reply_bytes_max);
        let mut is_over = false;
        loop {
            match deframer.next(is_over) {
                Cut::Frame(frame) => {
                    pass(Place::ReplyBefore);
                    return Ok(frame);
                }
                Cut::End(reason) => return Err(self.explain_unreadable(&reason.text)),
                Cut::Odd(_) => {}
                Cut::More if is_over => return Err(self.explain_broken(&io::ErrorKind::UnexpectedEof.into())),
                Cut::More => {
                    let read = line.read_buf(&mut deframer.buffer).await;
                    is_over = read.map_err(|error| self.explain_broken(&error))? == 0;
                }
            }
        }
    }

    async fn await_bytes(
        &self,
        line: &mut tls::Stream<TcpStream>,
        accepted: &[u8],
        refused: &[u8],
    ) -> Result<(), Outcome> {
        let mut heard = BytesMut::new();
        loop {
            let read = line.read_buf(&mut heard).await.map_err(|error| self.explain_broken(&error))?;
            if read == 0 {
                return Err(self.explain_broken(&io::ErrorKind::UnexpectedEof.into()));
            }
            if heard.starts_with(accepted) {
                return Ok(());
            }
            if !refused.is_empty() && heard.starts_with(refused) {
                let text = format!("{} answered no", self.config.address);
                let reason = Reason::new(codes::E6109, text);
                return Err(Outcome::Transient { scope: Scope::Message, reason, retry_after: None });
            }
            if !accepted.starts_with(&heard) && (refused.is_empty() || !refused.starts_with(&heard)) {
                return Err(self.explain_unreadable("neither `accepted` nor `refused`"));
            }
        }
    }

    fn explain_unreadable(&self, what: &str) -> Outcome {
        let text = format!("the answer of {} cannot be read: {what}", self.config.address);
        Outcome::Ambiguous { reason: Reason::new(codes::E6108, text) }
    }

    fn explain_broken_write(&self, broken: Broken) -> Outcome {
        let address = &self.config.address;
        if broken.written == 0 {
            let text = format!("{address} closed the connection before anything was sent: {}", broken.kind);
            return transient(Reason::new(codes::E6008, text));
        }
        let text = format!("the connection to {address} broke while the message was written: {}", broken.kind);
        Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
    }

    fn explain_broken(&self, error: &io::Error) -> Outcome {
        let (address, kind) = (&self.config.address, error.kind());
        if let Some(reason) = tls::refused_late(address, error) {
            return transient(reason);
        }
        let text = format!("the connection to {address} broke before the reply came: {kind}; it may have the message");
        Outcome::Ambiguous { reason: Reason::new(codes::E6007, text) }
    }
}

/// Whether the next message may go out here. What waits would be taken for the reply to it.
async fn is_fresh(line: &mut tls::Stream<TcpStream>) -> bool {
    line.feel(&mut [0_u8; 1]).await == Pulse::Quiet
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        let line = self.line.take();
        Box::pin(async move {
            if let Some(line) = line {
                line.part().await;
            }
        })
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}
