//! A consumer of a group: read what is owed, then what is new; give, acknowledge, in order.

use super::{
    config::Reading,
    resp::{Connection, Failure, Value, refusal},
};
use crate::{codes, tcp::listen};
use bytes::Bytes;
use interface::contract::{Boxed, Frame, Intake, Phase, Source, Verdict};
use message::{Clock, Reason};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

/// How long the server waits for something new; draining waits as long.
const BLOCK_MS: &str = "1000";
/// Between two attempts after trouble, and before what has to come later is given again.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is looked for entries to take over.
const CLAIM_EVERY: Duration = Duration::from_secs(60);

/// A stream that can be read.
pub(crate) struct Stream {
    config: Arc<Reading>,
    clock: Arc<dyn Clock>,
}

impl Stream {
    /// Does not connect: a server that is away when the engine starts is tried again like one that goes away later.
    pub(crate) fn new(config: Reading, clock: Arc<dyn Clock>) -> Stream {
        Stream { config: Arc::new(config), clock }
    }
}

impl Source for Stream {
    fn address(&self) -> String {
        self.config.login.address.to_string()
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        mut phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let mut reader = Reader {
                config: self.config,
                clock: self.clock,
                intake,
                phase: phase.clone(),
                connection: None,
                is_owing: true,
                settled: None,
                claimed: None,
                trouble: None,
            };
            while !listen::is_draining(&phase) {
                if reader.look().await == Next::Later {
                    tokio::select! {
                        () = listen::draining(&mut phase) => {}
                        () = sleep(PAUSE) => {}
                    }
                }
            }
            reader.disconnect();
            Ok(())
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    AtOnce,
    Later,
}

/// An entry of a stream.
struct Entry {
    id: Vec<u8>,
    /// `None`: it was deleted, or has no such field.
    message: Option<Message>,
}

enum Message {
    Whole(Vec<u8>),
    TooLong(usize),
}

struct Reader {
    config: Arc<Reading>,
    clock: Arc<dyn Clock>,
    intake: Arc<dyn Intake>,
    phase: watch::Receiver<Phase>,
    connection: Option<Connection>,
    /// There may be entries that were given to us and not acknowledged.
    is_owing: bool,
    /// An entry whose message is on disk and that is not acknowledged yet.
    settled: Option<Vec<u8>>,
    claimed: Option<Instant>,
    /// The last trouble, so that it is not reported at every look.
    trouble: Option<Reason>,
}

impl Reader {
    async fn look(&mut self) -> Next {
        match self.round().await {
            Ok(next) => {
                self.trouble = None;
                next
            }
            Err(reason) => {
                self.disconnect();
                if self.trouble.as_ref() != Some(&reason) {
                    self.intake.report(&self.config.login.address, reason.clone());
                }
                self.trouble = Some(reason);
                Next::Later
            }
        }
    }

    fn disconnect(&mut self) {
        self.is_owing = true;
        self.claimed = None;
        if self.connection.take().is_some() {
            self.intake.connected(&self.config.login.address, false);
        }
    }

    async fn round(&mut self) -> Result<Next, Reason> {
        self.connect().await?;
        if let Some(id) = self.settled.clone() {
            self.acknowledge(&id).await?;
            self.settled = None;
        }
        self.take_over().await?;
        let config = self.config.clone();
        let batch = config.batch.to_string();
        let mut command: Vec<&[u8]> =
            vec![b"XREADGROUP", b"GROUP", config.group.as_bytes(), config.consumer.as_bytes()];
        command.extend([&b"COUNT"[..], batch.as_bytes()]);
        if !self.is_owing {
            command.extend([&b"BLOCK"[..], BLOCK_MS.as_bytes()]);
        }
        let from: &[u8] = if self.is_owing { b"0" } else { b">" };
        command.extend([&b"STREAMS"[..], config.login.stream.as_bytes(), from]);
        let entries = entries(self.ask(&command).await?, &config.login.field);
        if entries.is_empty() {
            self.is_owing = false;
        }
        for entry in entries {
            if listen::is_draining(&self.phase) {
                return Ok(Next::Later);
            }
            if !self.give(entry).await? {
                // What comes later is owed, with everything behind it.
                self.is_owing = true;
                return Ok(Next::Later);
            }
        }
        Ok(Next::AtOnce)
    }

    /// Connects, and makes the group if it is missing.
    async fn connect(&mut self) -> Result<(), Reason> {
        if self.connection.is_some() {
            return Ok(());
        }
        let config = self.config.clone();
        self.connection = Some(Connection::open(&config.login, config.bytes_max).await?);
        self.intake.connected(&config.login.address, true);
        let (stream, group) = (config.login.stream.as_bytes(), config.group.as_bytes());
        match self.try_ask(&[b"XGROUP", b"CREATE", stream, group, config.start.as_bytes(), b"MKSTREAM"]).await? {
            Value::Error(word) if word != "BUSYGROUP" => Err(refusal(&config.login.host_port, &word)),
            _ => Ok(()),
        }
    }

    /// Entries that another consumer does not finish become ours.
    async fn take_over(&mut self) -> Result<(), Reason> {
        let config = self.config.clone();
        let Some(after) = config.claim_after else { return Ok(()) };
        if self.claimed.is_some_and(|last| last.elapsed() < CLAIM_EVERY.min(after)) {
            return Ok(());
        }
        let idle = after.as_millis().to_string();
        let (stream, group) = (config.login.stream.as_bytes(), config.group.as_bytes());
        let command: [&[u8]; 7] =
            [b"XAUTOCLAIM", stream, group, config.consumer.as_bytes(), idle.as_bytes(), b"0-0", b"JUSTID"];
        let taken = self.ask(&command).await?.list().into_iter().nth(1).map_or(0, |ids| ids.list().len());
        self.is_owing |= taken > 0;
        // More may wait than one answer names.
        self.claimed = (taken == 0).then(Instant::now);
        Ok(())
    }

    /// Gives one entry; false if it and those behind it have to wait.
    async fn give(&mut self, entry: Entry) -> Result<bool, Reason> {
        let refusal = match &entry.message {
            None => Some(Reason::new(codes::E6647, format!("an entry has no field `{}`", self.config.login.field))),
            Some(Message::TooLong(length)) => {
                let text = format!("an entry has {length} bytes, the limit is {}", self.config.bytes_max);
                Some(Reason::new(codes::E6647, text))
            }
            Some(Message::Whole(bytes)) if bytes.is_empty() => Some(Reason::new(codes::E6647, "an entry is empty")),
            Some(Message::Whole(bytes)) => {
                let frame = Frame {
                    bytes: Bytes::copy_from_slice(bytes),
                    peer: self.config.login.address.clone(),
                    received: self.clock.now(),
                    format: self.intake.format(),
                    from: None,
                    found: Arc::default(),
                };
                match self.intake.accept(frame).await.verdict() {
                    Verdict::Accepted(_) => None,
                    Verdict::Later(_) => return Ok(false),
                    Verdict::Refused(reason) => Some(reason.clone()),
                }
            }
        };
        if let Some(reason) = refusal {
            self.put_aside(&entry, &reason).await?;
        }
        self.settled = Some(entry.id.clone());
        self.acknowledge(&entry.id).await?;
        self.settled = None;
        Ok(true)
    }

    async fn acknowledge(&mut self, id: &[u8]) -> Result<(), Reason> {
        let config = self.config.clone();
        self.ask(&[b"XACK", config.login.stream.as_bytes(), config.group.as_bytes(), id]).await.map(|_| ())
    }

    /// Copies an entry to the stream for refused ones, with the reason, which holds nothing of it (R10).
    async fn put_aside(&mut self, entry: &Entry, reason: &Reason) -> Result<(), Reason> {
        let config = self.config.clone();
        let text = reason.to_string();
        let mut command: Vec<&[u8]> = vec![b"XADD", config.refused.as_bytes(), b"*", b"entry", &entry.id];
        command.extend([&b"reason"[..], text.as_bytes()]);
        if let Some(Message::Whole(bytes)) = &entry.message {
            command.extend([config.login.field.as_bytes(), bytes.as_slice()]);
        }
        self.ask(&command).await?;
        let text = format!("an entry went to the stream {}: {text}", config.refused);
        self.intake.report(&config.login.address, Reason::new(codes::E6646, text));
        Ok(())
    }

    async fn ask(&mut self, command: &[&[u8]]) -> Result<Value, Reason> {
        match self.try_ask(command).await? {
            Value::Error(word) => Err(refusal(&self.config.login.host_port, &word)),
            answer => Ok(answer),
        }
    }

    async fn try_ask(&mut self, command: &[&[u8]]) -> Result<Value, Reason> {
        let login = &self.config.login;
        let Some(connection) = &mut self.connection else { return Err(broken(&login.host_port, Failure::Broken)) };
        // The server may wait for something new before it answers.
        let limit = login.answer_time_max + PAUSE;
        connection.ask(command, limit).await.map_err(|failure| broken(&login.host_port, failure))
    }
}

fn broken(address: &str, failure: Failure) -> Reason {
    Reason::new(codes::E6640, format!("{address}: {}", failure.words()))
}

/// `[[stream, [[id, [field, value, …]], …]]]`; nothing new is nil.
fn entries(answer: Value, field: &str) -> Vec<Entry> {
    let stream = answer.list().into_iter().next().map_or(Vec::new(), Value::list);
    let entries = stream.into_iter().nth(1).map_or(Vec::new(), Value::list);
    let entry = |entry: Value| {
        let mut parts = entry.list().into_iter();
        let Some(Value::Bytes(id)) = parts.next() else { return None };
        let mut fields = parts.next().map_or(Vec::new(), Value::list).into_iter();
        let mut message = None;
        while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
            if name.text() == Some(field) {
                message = match value {
                    Value::Bytes(bytes) => Some(Message::Whole(bytes)),
                    Value::TooLong(length) => Some(Message::TooLong(length)),
                    Value::Nil | Value::Number(_) | Value::List(_) | Value::Error(_) => None,
                };
            }
        }
        Some(Entry { id, message })
    };
    entries.into_iter().filter_map(entry).collect()
}
