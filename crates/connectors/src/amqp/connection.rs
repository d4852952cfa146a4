//! One connection to a broker, with its channels.

use super::frame::{
    self, AROUND, Arguments, BODY, CHANNEL_CLOSE, CHANNEL_CLOSE_OK, CHANNEL_OPEN, CHANNEL_OPEN_OK, CONNECTION_CLOSE,
    CONNECTION_CLOSE_OK, CONNECTION_OPEN, CONNECTION_OPEN_OK, CONNECTION_START, CONNECTION_START_OK, CONNECTION_TUNE,
    CONNECTION_TUNE_OK, Frame, HEADER, METHOD, Method,
};
use crate::{
    broker::{
        Failure, Login,
        wire::{Wire, within},
    },
    codes,
};
use bytes::{Bytes, BytesMut};
use message::Reason;
use std::time::Duration;

/// Largest frame before the broker has said its own; a broker that says none gets this too.
const FRAME_BYTES_MAX: usize = 128 * 1024;

/// What the broker says on a channel.
pub(crate) enum Said {
    /// A method without a message.
    Method { method: u32, arguments: Bytes },
    /// A method with its message, or how long that is, where it is too long.
    Message { method: u32, arguments: Bytes, body: Result<Bytes, usize> },
    /// The channel is gone: the code and whether it was the channel only.
    Closed { code: u16, is_channel: bool },
}

/// A message whose frames come one by one.
struct Coming {
    method: u32,
    arguments: Bytes,
    /// How long it is, once its header has come.
    length: Option<usize>,
    body: BytesMut,
    come: usize,
}

/// A connection that was let in. After a failure it must not be used again.
pub(crate) struct Connection {
    wire: Wire,
    host_port: String,
    pub(crate) frame_max: usize,
    bytes_max: usize,
    heartbeat: Duration,
    coming: Option<Coming>,
}

impl Connection {
    /// Connects and is let in; messages may have `bytes_max`. `heartbeat_s` 0: none. Whatever fails, nothing was sent.
    pub(crate) async fn open(
        login: &Login,
        vhost: &str,
        heartbeat_s: u16,
        bytes_max: usize,
    ) -> Result<Connection, Reason> {
        within(login, async {
            let mut wire = Wire::connect(login).await?.secure(login).await?;
            let broken = |failure: Failure| failure.reason(&login.host_port);
            wire.write(frame::GREETING).await.map_err(broken)?;
            let mut connection = Connection {
                wire,
                host_port: login.host_port.clone(),
                frame_max: FRAME_BYTES_MAX,
                bytes_max,
                heartbeat: Duration::ZERO,
                coming: None,
            };
            connection.enter(login, vhost, heartbeat_s).await?;
            connection.open_channel(1).await?;
            Ok(connection)
        })
        .await
    }

    async fn enter(&mut self, login: &Login, vhost: &str, heartbeat_s: u16) -> Result<(), Reason> {
        // RabbitMQ lets `guest` in from its own machine; that is what everybody's first lines count on.
        let (user, password) = match (login.user.as_str(), &*login.password) {
            ("", "") => ("guest", "guest"),
            other => other,
        };
        let response = format!("\0{user}\0{password}");
        self.await_answer(CONNECTION_START).await?;
        let answer = Method::new(CONNECTION_START_OK).properties().name("PLAIN").text(response.as_bytes());
        self.send(answer.name("en_US").on(0)).await?;
        let arguments = self.await_answer(CONNECTION_TUNE).await?;
        let mut arguments = Arguments(&arguments);
        let unreadable = || Failure::Unreadable.reason(&self.host_port);
        let _channels = arguments.short().ok_or_else(unreadable)?;
        let frame_max = usize::try_from(arguments.long().ok_or_else(unreadable)?).unwrap_or(0);
        if frame_max > 0 {
            self.frame_max = frame_max.clamp(4096, FRAME_BYTES_MAX);
        }
        self.heartbeat = Duration::from_secs(heartbeat_s.into());
        let size = u32::try_from(self.frame_max).unwrap_or(0);
        self.send(Method::new(CONNECTION_TUNE_OK).short(16).long(size).short(heartbeat_s).on(0)).await?;
        self.send(Method::new(CONNECTION_OPEN).name(vhost).name("").byte(0).on(0)).await?;
        self.await_answer(CONNECTION_OPEN_OK).await.map(|_| ())
    }

    pub(crate) async fn open_channel(&mut self, channel: u16) -> Result<(), Reason> {
        self.ask(channel, Method::new(CHANNEL_OPEN).name(""), CHANNEL_OPEN_OK).await.map(|_| ())
    }

    /// Sends a method and waits for the one that answers it: its arguments.
    pub(crate) async fn ask(&mut self, channel: u16, method: Method, answer: u32) -> Result<Bytes, Reason> {
        self.send(method.on(channel)).await?;
        self.await_answer(answer).await
    }

    async fn await_answer(&mut self, wanted: u32) -> Result<Bytes, Reason> {
        loop {
            match self.hear().await.map_err(|failure| failure.reason(&self.host_port))? {
                Said::Method { method, arguments, .. } if method == wanted => return Ok(arguments),
                Said::Closed { code, .. } => return Err(refusal(&self.host_port, code)),
                // Messages do not come before they are asked for.
                Said::Method { .. } | Said::Message { .. } => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, bytes: Vec<u8>) -> Result<(), Reason> {
        self.write(&bytes).await.map_err(|failure| failure.reason(&self.host_port))
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.wire.write(bytes).await
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.coming.is_none() && self.wire.is_quiet()
    }

    /// Lets the broker know that we are alive, when it is time; finds out that it is not.
    pub(crate) async fn tend(&mut self) -> Result<(), Failure> {
        if self.heartbeat.is_zero() {
            return Ok(());
        }
        if self.wire.silence() > self.heartbeat * 2 {
            return Err(Failure::Silent);
        }
        if self.wire.rest() > self.heartbeat / 3 {
            self.beat().await?;
        }
        Ok(())
    }

    /// Lets the broker know that we are alive.
    pub(crate) async fn beat(&mut self) -> Result<(), Failure> {
        let mut out = Vec::new();
        frame::write(&mut out, frame::HEARTBEAT, 0, &[]);
        self.write(&out).await
    }

    /// Says goodbye. What was not acknowledged goes back to its queue.
    pub(crate) async fn close(mut self) {
        let goodbye = Method::new(CONNECTION_CLOSE).short(200).name("").short(0).short(0).on(0);
        if self.write(&goodbye).await.is_err() {
            return;
        }
        while let Ok(said) = self.hear().await {
            if matches!(said, Said::Method { method: CONNECTION_CLOSE_OK, .. } | Said::Closed { is_channel: false, .. })
            {
                return;
            }
        }
    }

    /// What the broker says next. Giving up the wait loses nothing.
    pub(crate) async fn hear(&mut self) -> Result<Said, Failure> {
        loop {
            let length =
                frame::length(&self.wire.buffer, self.frame_max.max(AROUND)).map_err(|_| Failure::Unreadable)?;
            let Some(length) = length.filter(|length| self.wire.buffer.len() >= *length) else {
                self.wire.fill().await?;
                continue;
            };
            let frame = frame::read(&self.wire.take(length)).map_err(|_| Failure::Unreadable)?;
            let Some(said) = self.put(frame)? else { continue };
            if let Said::Closed { is_channel, .. } = said {
                let answer = if is_channel { CHANNEL_CLOSE_OK } else { CONNECTION_CLOSE_OK };
                let channel = u16::from(is_channel);
                // The connection may be gone already.
                let _ = self.write(&Method::new(answer).on(channel)).await;
            }
            return Ok(said);
        }
    }

    /// Takes one frame; gives what is whole with it.
    fn put(&mut self, frame: Frame) -> Result<Option<Said>, Failure> {
        match frame.kind {
            METHOD => self.put_method(frame),
            HEADER => {
                let coming = self.coming.as_mut().ok_or(Failure::Unreadable)?;
                let length = frame.content.get(4..12).and_then(|length| length.try_into().ok());
                let length = u64::from_be_bytes(length.ok_or(Failure::Unreadable)?);
                coming.length = Some(usize::try_from(length).map_err(|_| Failure::Unreadable)?);
                Ok(self.finish())
            }
            BODY => {
                let coming = self.coming.as_mut().ok_or(Failure::Unreadable)?;
                let length = coming.length.ok_or(Failure::Unreadable)?;
                coming.come += frame.content.len();
                if coming.come > length {
                    return Err(Failure::Unreadable);
                }
                if length <= self.bytes_max {
                    coming.body.extend_from_slice(&frame.content);
                }
                Ok(self.finish())
            }
            _ => Ok(None),
        }
    }

    fn put_method(&mut self, frame: Frame) -> Result<Option<Said>, Failure> {
        let mut arguments = Arguments(&frame.content);
        let method = arguments.long().ok_or(Failure::Unreadable)?;
        let rest = frame.content.slice(4..);
        Ok(match method {
            CONNECTION_CLOSE | CHANNEL_CLOSE => {
                let code = arguments.short().ok_or(Failure::Unreadable)?;
                Some(Said::Closed { code, is_channel: method == CHANNEL_CLOSE })
            }
            frame::BASIC_DELIVER | frame::BASIC_RETURN => {
                self.coming = Some(Coming { method, arguments: rest, length: None, body: BytesMut::new(), come: 0 });
                None
            }
            _ => Some(Said::Method { method, arguments: rest }),
        })
    }

    /// The message that comes, if all of it has.
    fn finish(&mut self) -> Option<Said> {
        let length = self.coming.as_ref().and_then(|coming| coming.length.filter(|length| coming.come == *length))?;
        let coming = self.coming.take()?;
        let body = if length > self.bytes_max { Err(length) } else { Ok(coming.body.freeze()) };
        Some(Said::Message { method: coming.method, arguments: coming.arguments, body })
    }
}

/// What a code of the broker means (AMQP 0-9-1 §1.2). Its text may quote what was sent.
pub(crate) fn refusal(host_port: &str, code: u16) -> Reason {
    let (error, why) = match code {
        403 => (codes::E6641, "the broker wants another user or password, or does not permit it"),
        402 | 530 => (codes::E6641, "the broker does not let us into this virtual host"),
        404 => (codes::E6704, "the queue or exchange is not there"),
        405 => (codes::E6704, "the queue is for another connection only"),
        406 => (codes::E6704, "the queue or exchange is of another kind"),
        311 => (codes::E6702, "the message is larger than the broker takes"),
        506 | 541 => (codes::E6643, "the broker has trouble of its own"),
        _ => (codes::E6640, "the broker ended the connection"),
    };
    Reason::new(error, format!("{host_port}: {why} (code {code})"))
}
