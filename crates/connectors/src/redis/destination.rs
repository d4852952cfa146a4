//! A stream that is written: one entry a delivery.

use super::{
    config::Writing,
    resp::{Connection, Failure, Value, refusal},
};
use crate::codes;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Outcome, Reason, Scope};

/// Longest text that is read of an answer: the id of an entry.
const ANSWER_BYTES_MAX: usize = 1024;

/// A lane to a stream.
pub(crate) struct Lane {
    config: Writing,
    /// Taken out while a delivery is under way: a send that is cancelled or fails leaves no half-used connection.
    connection: Option<Connection>,
}

impl Lane {
    pub(crate) fn new(config: Writing) -> Lane {
        Lane { config, connection: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let login = &self.config.login;
        let mut connection = match self.connection.take().filter(Connection::is_quiet) {
            Some(connection) => connection,
            None => match Connection::open(login, ANSWER_BYTES_MAX).await {
                Ok(connection) => connection,
                Err(reason) => return transient(reason),
            },
        };
        let length = self.config.length.to_string();
        let delivery = format!("{}-{}", outgoing.delivery.message, outgoing.delivery.number);
        let mut command: Vec<&[u8]> = vec![b"XADD", login.stream.as_bytes()];
        if self.config.length > 0 {
            command.extend([&b"MAXLEN"[..], b"~", length.as_bytes()]);
        }
        command.extend([&b"*"[..], login.field.as_bytes(), &outgoing.bytes, b"delivery", delivery.as_bytes()]);
        match connection.ask(&command, login.answer_time_max).await {
            Ok(Value::Bytes(_)) => {}
            Ok(Value::Error(word)) => {
                self.connection = Some(connection);
                return transient(refusal(&login.host_port, &word));
            }
            Ok(Value::Nil | Value::Number(_) | Value::TooLong(_) | Value::List(_)) => {
                return self.doubt(Failure::Unreadable);
            }
            Err(failure) => return self.doubt(failure),
        }
        if let Err(outcome) = self.wait(&mut connection).await {
            return outcome;
        }
        self.connection = Some(connection);
        Outcome::Delivered { reply: None }
    }

    /// Waits for as many replicas as the settings want.
    async fn wait(&self, connection: &mut Connection) -> Result<(), Outcome> {
        if self.config.replicas == 0 {
            return Ok(());
        }
        let login = &self.config.login;
        let replicas = self.config.replicas.to_string();
        // The server's own wait ends before ours, so that its answer is read.
        let limit = (login.answer_time_max.as_millis() * 3 / 4).to_string();
        match connection.ask(&[b"WAIT", replicas.as_bytes(), limit.as_bytes()], login.answer_time_max).await {
            Ok(Value::Number(count)) if u64::try_from(count).is_ok_and(|count| count >= self.config.replicas) => Ok(()),
            Ok(_) => {
                let text = format!("{}: the entry is at the server, and not at {replicas} replicas", login.host_port);
                Err(Outcome::Ambiguous { reason: Reason::new(codes::E6644, text) })
            }
            Err(failure) => Err(self.doubt(failure)),
        }
    }

    fn doubt(&self, failure: Failure) -> Outcome {
        let text = format!("{}: {}; the entry may be there", self.config.login.host_port, failure.words());
        Outcome::Ambiguous { reason: Reason::new(codes::E6644, text) }
    }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.connection = None;
        Box::pin(async {})
    }
}
