//! One connection to a broker, in a session.

use super::packet::{self, Hello, Limits, PACKET_BYTES_MAX, Packet, Version};
use crate::{
    broker::{
        Failure, Login,
        wire::{Wire, within},
    },
    codes,
};
use bytes::Bytes;
use message::Reason;
use std::{collections::VecDeque, time::Duration};

/// Largest packet that is not a message: more filters than we have cannot be confirmed.
const CONTROL_BYTES_MAX: usize = 64 * 1024;
/// Bytes of a packet around its message: topic and properties.
const AROUND_BYTES_MAX: usize = 256 * 1024;
/// Messages that come while something else is waited for.
const AHEAD_MAX: usize = 4096;

/// A message that came.
pub(crate) struct Came {
    /// `None` with QoS 0.
    pub(crate) id: Option<u16>,
    pub(crate) is_retained: bool,
    /// Or how long it is, where it is too long.
    pub(crate) body: Result<Bytes, usize>,
}

/// What the broker says.
pub(crate) enum Said {
    Message(Came),
    Packet(Packet),
}

/// A connection that was let in. After a failure it must not be used again.
pub(crate) struct Connection {
    wire: Wire,
    host_port: String,
    pub(crate) version: Version,
    bytes_max: usize,
    pub(crate) has_session: bool,
    pub(crate) limits: Limits,
    keep_alive: Duration,
    number: u16,
    ahead: VecDeque<Came>,
}

impl Connection {
    /// Connects and is let in; messages may have `bytes_max`. Whatever fails, nothing of a message was sent.
    pub(crate) async fn open(login: &Login, hello: &Hello<'_>, bytes_max: usize) -> Result<Connection, Reason> {
        within(login, async {
            let mut wire = Wire::connect(login).await?.secure(login).await?;
            let address = &login.host_port;
            let broken = |failure: Failure| failure.reason(address);
            wire.write(&packet::connect(hello)).await.map_err(broken)?;
            let mut connection = Connection {
                wire,
                host_port: address.clone(),
                version: hello.version,
                bytes_max,
                has_session: false,
                limits: Limits::default(),
                keep_alive: Duration::from_secs(hello.keep_alive_s.into()),
                number: 0,
                ahead: VecDeque::new(),
            };
            match connection.read().await.map_err(broken)? {
                Said::Packet(Packet::Connected { code: 0, has_session, limits }) => {
                    connection.has_session = has_session;
                    connection.limits = limits;
                    if let Some(keep_alive_s) = limits.keep_alive_s {
                        connection.keep_alive = Duration::from_secs(keep_alive_s.into());
                    }
                    Ok(connection)
                }
                Said::Packet(Packet::Connected { code, .. }) => Err(refusal(address, code)),
                Said::Packet(_) | Said::Message(_) => Err(Failure::Unreadable.reason(address)),
            }
        })
        .await
    }

    /// A packet id that is not in use: one message of ours is under way at a time.
    pub(crate) fn next_number(&mut self) -> u16 {
        self.number = self.number.checked_add(1).unwrap_or(1);
        self.number
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.wire.write(bytes).await
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.wire.is_quiet()
    }

    /// The next message, in order. Giving up the wait loses nothing.
    pub(crate) async fn next_message(&mut self) -> Result<Came, Reason> {
        if let Some(came) = self.ahead.pop_front() {
            return Ok(came);
        }
        loop {
            let said = self.read().await.map_err(|failure| failure.reason(&self.host_port))?;
            match said {
                Said::Message(came) => return Ok(came),
                Said::Packet(Packet::Ended(code)) => return Err(ended(&self.host_port, code)),
                Said::Packet(_) => {}
            }
        }
    }

    /// Publishes and waits for the acknowledgment: its code. Messages that come meanwhile are kept.
    pub(crate) async fn publish(
        &mut self,
        topic: &str,
        is_retained: bool,
        properties: &[u8],
        body: &[u8],
    ) -> Result<u8, Failure> {
        let number = self.next_number();
        let out = packet::publish(self.version, number, topic, is_retained, properties, body);
        self.write(&out).await?;
        loop {
            match self.next_packet().await? {
                Packet::Acknowledged(id, code) if id == number => return Ok(code),
                Packet::Ended(_) => return Err(Failure::Broken),
                _ => {}
            }
        }
    }

    /// The next packet that is no message; messages that come before are kept.
    pub(crate) async fn next_packet(&mut self) -> Result<Packet, Failure> {
        loop {
            match self.read().await? {
                Said::Packet(packet) => return Ok(packet),
                Said::Message(_) if self.ahead.len() >= AHEAD_MAX => return Err(Failure::Unreadable),
                Said::Message(came) => self.ahead.push_back(came),
            }
        }
    }

    /// Lets the broker know that we are alive, when it is time; finds out that it is not.
    pub(crate) async fn tend(&mut self) -> Result<(), Failure> {
        if self.keep_alive.is_zero() {
            return Ok(());
        }
        if self.wire.silence() > self.keep_alive * 2 {
            return Err(Failure::Silent);
        }
        if self.wire.rest().max(self.wire.silence()) > self.keep_alive / 2 && self.wire.rest() > self.keep_alive / 4 {
            self.write(&packet::PING).await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Said, Failure> {
        loop {
            if !self.wire.is_skipping()
                && let Some(said) = self.cut()?
            {
                return Ok(said);
            }
            self.wire.fill().await?;
        }
    }

    /// The first whole packet of what has come.
    fn cut(&mut self) -> Result<Option<Said>, Failure> {
        let buffer = &self.wire.buffer;
        let Some(head) = packet::head(buffer).map_err(|()| Failure::Unreadable)? else { return Ok(None) };
        let is_too_long = if head.is_published() {
            head.rest > self.bytes_max + AROUND_BYTES_MAX
        } else if head.rest > CONTROL_BYTES_MAX {
            return Err(Failure::Unreadable);
        } else {
            false
        };
        if is_too_long {
            // Its number has to be known, to acknowledge it.
            let Ok(id) = packet::id_of(head.first, &buffer[head.header..]) else { return Ok(None) };
            self.wire.skip(head.header + head.rest);
            let is_retained = head.first & 1 == 1;
            return Ok(Some(Said::Message(Came { id, is_retained, body: Err(head.rest) })));
        }
        if buffer.len() < head.header + head.rest {
            return Ok(None);
        }
        self.wire.take(head.header);
        let body = self.wire.take(head.rest);
        match packet::read(self.version, head.first, body).ok_or(Failure::Unreadable)? {
            Packet::Published(published) => {
                let body = match published.body.len() {
                    length if length > self.bytes_max => Err(length),
                    _ => Ok(published.body),
                };
                Ok(Some(Said::Message(Came { id: published.id, is_retained: published.is_retained, body })))
            }
            packet => Ok(Some(Said::Packet(packet))),
        }
    }
}

/// Whether a message fits into what the broker takes.
pub(crate) fn fits(limits: Limits, topic: &str, properties: &[u8], body: &[u8]) -> bool {
    let length = topic.len() + properties.len() + body.len() + 16;
    let max = limits.packet_bytes_max.and_then(|max| usize::try_from(max).ok()).unwrap_or(PACKET_BYTES_MAX);
    length <= max.min(PACKET_BYTES_MAX)
}

/// What the code of a CONNACK means (MQTT 3.1.1 §3.2.2.3, MQTT 5.0 §3.2.2.2).
fn refusal(host_port: &str, code: u8) -> Reason {
    let (error, why) = match code {
        1 | 0x84 => (codes::E6704, "the broker speaks another version of MQTT: see `version`"),
        2 | 0x85 => (codes::E6641, "the broker does not take this client id"),
        4 | 0x86 | 0x8C => (codes::E6641, "the broker wants another user or password"),
        5 | 0x87 | 0x8A => (codes::E6641, "the broker does not let this user in"),
        3 | 0x88 | 0x89 | 0x97 | 0x9F => (codes::E6643, "the broker is not ready or has no more room"),
        0x9C | 0x9D => (codes::E6704, "the broker has moved: use its new address"),
        _ => (codes::E6641, "the broker does not let us in"),
    };
    Reason::new(error, format!("{host_port}: {why} (code {code})"))
}

/// What the code of a DISCONNECT means (MQTT 5.0 §3.14.2.1).
fn ended(host_port: &str, code: u8) -> Reason {
    let (error, why) = match code {
        0x8E => (codes::E6706, "another client came under our client id"),
        0x87 => (codes::E6641, "the broker does not permit it"),
        _ => (codes::E6640, "the broker ended the connection"),
    };
    Reason::new(error, format!("{host_port}: {why} (code {code})"))
}
