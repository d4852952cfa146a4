//! One connection to a NATS server: the text protocol, and questions to JetStream over it.

use super::key::Credentials;
use crate::{
    broker::{
        Failure, Login,
        wire::{Wire, within},
    },
    codes,
};
use bytes::Bytes;
use message::Reason;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// Longest line: INFO of a large cluster.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Longest headers of a message that are looked at.
const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// The number of the subscription for answers, and of the one for messages.
const ANSWERS: u64 = 1;
pub(crate) const MESSAGES: u64 = 2;

/// Something that the server says.
pub(crate) enum Said {
    /// A message, an answer or a status.
    Message(Message),
    Pong,
    /// An error, by what it means.
    Error(Refusal),
}

/// An error of the server.
pub(crate) struct Refusal {
    pub(crate) reason: Reason,
    /// What was published was certainly not passed on.
    pub(crate) is_certain: bool,
}

/// A message, an answer, or a status.
pub(crate) struct Message {
    pub(crate) subscription: u64,
    /// Where it was published, as this subscription has it.
    pub(crate) subject: String,
    /// Where to acknowledge it.
    pub(crate) reply: String,
    /// What the server says in place of a message: 404, 408, 503.
    pub(crate) status: Option<u16>,
    /// Or how long it is, where it is too long.
    pub(crate) body: Result<Bytes, usize>,
}

/// A connection that is logged in. After a failure it must not be used again.
pub(crate) struct Connection {
    wire: Wire,
    host_port: String,
    inbox: String,
    asked: u64,
    /// Largest body that is kept.
    bytes_max: usize,
    /// Largest message that the server takes, with its headers.
    pub(crate) message_bytes_max: usize,
}

impl Connection {
    /// Connects and logs in; bodies may have `bytes_max`. Whatever fails, nothing of a message was sent.
    pub(crate) async fn open(
        login: &Login,
        credentials: Option<&Credentials>,
        bytes_max: usize,
    ) -> Result<Connection, Reason> {
        within(login, async {
            let address = &login.host_port;
            let mut wire = Wire::connect(login).await?;
            let greeting = read_line(&mut wire).await.map_err(|failure| failure.reason(address))?;
            let facts = greeting.strip_prefix("INFO ").and_then(|facts| serde_json::from_str::<Value>(facts).ok());
            let facts = facts.ok_or_else(|| Failure::Unreadable.reason(address))?;
            if login.tls.is_none() && facts["tls_required"] == true {
                return Err(Reason::new(codes::E6641, format!("{address}: the server wants TLS: set `tls yes`")));
            }
            // Nothing that came before the handshake may count after it.
            if login.tls.is_some() && !wire.buffer.is_empty() {
                return Err(Failure::Unreadable.reason(address));
            }
            let mut connection = Connection {
                wire: wire.secure(login).await?,
                host_port: address.clone(),
                inbox: format!("_INBOX.{}", random()?),
                asked: 0,
                bytes_max,
                message_bytes_max: facts["max_payload"]
                    .as_u64()
                    .and_then(|max| usize::try_from(max).ok())
                    .unwrap_or(1 << 20),
            };
            connection.enter(login, credentials, &facts).await?;
            Ok(connection)
        })
        .await
    }

    async fn enter(&mut self, login: &Login, credentials: Option<&Credentials>, facts: &Value) -> Result<(), Reason> {
        let mut words = json!({
            "verbose": false, "pedantic": false, "lang": "rust", "version": env!("CARGO_PKG_VERSION"), "name": "sinew",
            "protocol": 1, "headers": true, "no_responders": true, "tls_required": login.tls.is_some(),
        });
        match (login.user.as_str(), &*login.password) {
            ("", "") => {}
            ("", token) => words["auth_token"] = token.into(),
            (user, password) => {
                words["user"] = user.into();
                words["pass"] = password.into();
            }
        }
        if let Some(credentials) = credentials {
            words["sig"] = credentials.sign(facts["nonce"].as_str().unwrap_or_default()).into();
            match &credentials.token {
                Some(token) => words["jwt"] = token.as_str().into(),
                None => words["nkey"] = credentials.public().into(),
            }
        }
        let inbox = &self.inbox;
        let text = format!("CONNECT {words}\r\nSUB {inbox}.a.* {ANSWERS}\r\nSUB {inbox}.m {MESSAGES}\r\nPING\r\n");
        let broken = |failure: Failure| failure.reason(&login.host_port);
        self.wire.write(text.as_bytes()).await.map_err(broken)?;
        loop {
            match self.hear().await.map_err(broken)? {
                Said::Pong => return Ok(()),
                Said::Error(refusal) => return Err(refusal.reason),
                Said::Message(_) => {}
            }
        }
    }

    /// Where messages that are pulled come.
    pub(crate) fn messages(&self) -> String {
        format!("{}.m", self.inbox)
    }

    /// Publishes, with lines of headers (each with its end) or none.
    pub(crate) async fn publish(
        &mut self,
        subject: &str,
        reply: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<(), Failure> {
        let reply = if reply.is_empty() { String::new() } else { format!("{reply} ") };
        let mut out = if headers.is_empty() {
            format!("PUB {subject} {reply}{}\r\n", body.len()).into_bytes()
        } else {
            let headers = format!("NATS/1.0\r\n{headers}\r\n");
            let total = headers.len() + body.len();
            format!("HPUB {subject} {reply}{} {total}\r\n{headers}", headers.len()).into_bytes()
        };
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
        self.wire.write(&out).await
    }

    /// Publishes and waits for the answer: what the server says in JSON, or its status in place of one.
    pub(crate) async fn ask(&mut self, subject: &str, headers: &str, body: &[u8]) -> Result<Answer, Failure> {
        self.asked += 1;
        let inbox = format!("{}.a.{}", self.inbox, self.asked);
        self.publish(subject, &inbox, headers, body).await?;
        loop {
            match self.hear().await? {
                Said::Message(message) if message.subject == inbox => {
                    return match (message.status, message.body) {
                        (Some(_), _) => Ok(Answer::Nobody),
                        (None, Ok(body)) => {
                            serde_json::from_slice(&body).map(Answer::Value).map_err(|_| Failure::Unreadable)
                        }
                        (None, Err(_)) => Err(Failure::Unreadable),
                    };
                }
                Said::Error(refusal) => return Ok(Answer::Refused(refusal)),
                Said::Message(_) | Said::Pong => {}
            }
        }
    }

    /// The same within a limit, with errors of JetStream as reasons.
    pub(crate) async fn request(&mut self, subject: &str, body: &Value, limit: Duration) -> Result<Value, Reason> {
        let body = body.to_string();
        let asking = self.ask(subject, "", body.as_bytes());
        let answer = timeout(limit, asking).await.unwrap_or(Err(Failure::Silent));
        match answer.map_err(|failure| failure.reason(&self.host_port))? {
            Answer::Value(value) => Ok(value),
            Answer::Nobody => {
                let text = format!("{}: JetStream is not there, or this user may not ask it", self.host_port);
                Err(Reason::new(codes::E6704, text))
            }
            Answer::Refused(refusal) => Err(refusal.reason),
        }
    }

    /// Waits for the answer to a PING, and gives the messages that came before it.
    pub(crate) async fn flush(&mut self) -> Result<Vec<Message>, Failure> {
        self.wire.write(format!("UNSUB {MESSAGES}\r\nPING\r\n").as_bytes()).await?;
        let mut found = Vec::new();
        loop {
            match self.hear().await? {
                Said::Pong => return Ok(found),
                Said::Message(message) => found.push(message),
                Said::Error(_) => return Err(Failure::Broken),
            }
        }
    }

    /// Whether nothing waits to be read, not even the end.
    pub(crate) fn is_quiet(&self) -> bool {
        self.wire.is_quiet()
    }

    /// What the server says next. Giving up the wait loses nothing.
    pub(crate) async fn hear(&mut self) -> Result<Said, Failure> {
        loop {
            if self.wire.is_skipping() {
                self.wire.fill().await?;
                continue;
            }
            let Some(end) = memchr::memmem::find(&self.wire.buffer, b"\r\n") else {
                if self.wire.buffer.len() > LINE_BYTES_MAX {
                    return Err(Failure::Unreadable);
                }
                self.wire.fill().await?;
                continue;
            };
            let line = std::str::from_utf8(&self.wire.buffer[..end]).map_err(|_| Failure::Unreadable)?;
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "MSG" | "HMSG" => {
                    let head = Head::read(word == "HMSG", rest).ok_or(Failure::Unreadable)?;
                    match self.cut(end + 2, head) {
                        Some(message) => return Ok(Said::Message(message?)),
                        None => self.wire.fill().await?,
                    }
                }
                "PING" => {
                    self.wire.take(end + 2);
                    self.wire.write(b"PONG\r\n").await?;
                }
                "PONG" => {
                    self.wire.take(end + 2);
                    return Ok(Said::Pong);
                }
                "-ERR" => {
                    let refusal = refusal(&self.host_port, rest);
                    self.wire.take(end + 2);
                    return Ok(Said::Error(refusal));
                }
                "+OK" | "INFO" => drop(self.wire.take(end + 2)),
                _ => return Err(Failure::Unreadable),
            }
        }
    }

    /// The message behind its line of `line` bytes, or nothing while it has not come whole.
    fn cut(&mut self, line: usize, head: Head) -> Option<Result<Message, Failure>> {
        let length = head.total - head.headers;
        if length > self.bytes_max || head.headers > HEADERS_BYTES_MAX {
            self.wire.skip(line + head.total + 2);
            let Head { subscription, subject, reply, .. } = head;
            return Some(Ok(Message { subscription, subject, reply, status: None, body: Err(length) }));
        }
        if self.wire.buffer.len() < line + head.total + 2 {
            return None;
        }
        self.wire.take(line);
        let headers = self.wire.take(head.headers);
        let body = self.wire.take(length);
        if &self.wire.take(2)[..] != b"\r\n" {
            return Some(Err(Failure::Unreadable));
        }
        let status = headers.strip_prefix(b"NATS/1.0 ").and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok());
        let status = status.and_then(|status| status.parse().ok());
        let Head { subscription, subject, reply, .. } = head;
        Some(Ok(Message { subscription, subject, reply, status, body: Ok(body) }))
    }
}

/// What comes back on a question.
pub(crate) enum Answer {
    Value(Value),
    /// Nobody is there who answers.
    Nobody,
    /// An error of the protocol.
    Refused(Refusal),
}

/// The line of a message: `subject number [reply] [headers] total`.
struct Head {
    subject: String,
    subscription: u64,
    reply: String,
    headers: usize,
    total: usize,
}

impl Head {
    fn read(has_headers: bool, rest: &str) -> Option<Head> {
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        let sizes = if has_headers { 2 } else { 1 };
        let (names, sizes) = words.split_at_checked(words.len().checked_sub(sizes)?)?;
        let (subject, subscription, reply) = match names {
            [subject, number] => (*subject, number, ""),
            [subject, number, reply] => (*subject, number, *reply),
            _ => return None,
        };
        let total = sizes.last()?.parse().ok()?;
        let headers = if has_headers { sizes.first()?.parse().ok()? } else { 0 };
        let is_possible = headers <= total && total < usize::MAX / 2;
        is_possible.then(|| Head {
            subject: subject.to_owned(),
            subscription: subscription.parse().unwrap_or(0),
            reply: reply.to_owned(),
            headers,
            total,
        })
    }
}

async fn read_line(wire: &mut Wire) -> Result<String, Failure> {
    loop {
        if let Some(end) = memchr::memmem::find(&wire.buffer, b"\r\n") {
            let line = wire.take(end + 2);
            return String::from_utf8(line[..end].to_vec()).map_err(|_| Failure::Unreadable);
        }
        if wire.buffer.len() > LINE_BYTES_MAX {
            return Err(Failure::Unreadable);
        }
        wire.fill().await?;
    }
}

/// Letters that nobody else has.
fn random() -> Result<String, Reason> {
    let mut bytes = [0_u8; 12];
    let fault = |_| Reason::new(codes::E6640, "the system gives no random numbers");
    SystemRandom::new().fill(&mut bytes).map_err(fault)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What an error of the server means. The rest of its words may quote what was sent.
fn refusal(host_port: &str, text: &str) -> Refusal {
    let text = text.to_ascii_lowercase();
    let (code, why) = if text.contains("authorization violation") || text.contains("authentication") {
        (codes::E6641, "the server wants another user, password or key")
    } else if text.contains("permissions violation") {
        (codes::E6641, "the server does not permit this user to do it")
    } else if text.contains("tls") {
        (codes::E6641, "the server wants TLS: set `tls yes`")
    } else if text.contains("maximum connections") || text.contains("subscriptions exceeded") {
        (codes::E6643, "the server has too many connections")
    } else if text.contains("maximum payload") {
        (codes::E6702, "the message is larger than the server takes")
    } else {
        (codes::E6640, "the server ended the connection")
    };
    let is_certain = text.contains("permissions violation") || text.contains("maximum payload");
    Refusal { reason: Reason::new(code, format!("{host_port}: {why}")), is_certain }
}
