//! One connection to a server: commands and answers in RESP 2.

use super::config::Login;
use crate::{
    codes,
    tcp::{connect, tune},
    tls::Stream,
};
use bytes::{Buf, BytesMut};
use message::Reason;
use std::{pin::Pin, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout, timeout_at},
};

/// Longest line: a number, a status, the sentence of an error.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Values of one answer.
const VALUES_MAX: usize = 1_000_000;
/// Arrays inside arrays; what is asked here has four.
const DEPTH_MAX: usize = 8;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Nil,
    Number(i64),
    /// A status or a text.
    Bytes(Vec<u8>),
    /// A text that is longer than it may be: its length.
    TooLong(usize),
    List(Vec<Value>),
    /// The first word of an error. The rest may quote what was sent.
    Error(String),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Broken,
    Silent,
    /// It is not RESP.
    Unreadable,
}

impl Failure {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Failure::Broken => "the connection broke",
            Failure::Silent => "the server did not answer in time",
            Failure::Unreadable => "what the server says cannot be read",
        }
    }
}

/// A connection that is logged in. After a failure it must not be used again.
pub(crate) struct Connection {
    stream: Stream<TcpStream>,
    buffer: BytesMut,
    text_bytes_max: usize,
    values: usize,
}

impl Value {
    /// A text.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            Value::Nil | Value::Number(_) | Value::TooLong(_) | Value::List(_) | Value::Error(_) => None,
        }
    }
    /// The values of a list; none for anything else.
    pub(crate) fn list(self) -> Vec<Value> {
        match self {
            Value::List(values) => values,
            Value::Nil | Value::Number(_) | Value::TooLong(_) | Value::Bytes(_) | Value::Error(_) => Vec::new(),
        }
    }
}

impl Connection {
    /// Connects and logs in; texts of answers may have `text_bytes_max`. Whatever fails, nothing of a message was sent.
    pub(crate) async fn open(login: &Login, text_bytes_max: usize) -> Result<Connection, Reason> {
        let (address, limit) = (&login.host_port, login.connect_time_max);
        let end = Instant::now() + limit;
        let stream = connect::connect(address, limit).await?;
        let stream = match &login.tls {
            None => Stream::Plain(stream),
            Some(tls) => Stream::Secure(Box::new(tls.secure(stream, address, limit).await?)),
        };
        let mut connection = Connection { stream, buffer: BytesMut::new(), text_bytes_max, values: 0 };
        let silent =
            |_| Reason::new(codes::E6640, format!("{address} did not let us in within {} s", limit.as_secs_f32()));
        timeout_at(end, connection.log_in(login)).await.map_err(silent)??;
        Ok(connection)
    }

    async fn log_in(&mut self, login: &Login) -> Result<(), Reason> {
        let address = &login.host_port;
        let database = login.database.to_string();
        let mut commands: Vec<Vec<&[u8]>> = Vec::new();
        match (login.user.as_str(), &*login.password) {
            ("", "") => {}
            ("", password) => commands.push(vec![b"AUTH", password.as_bytes()]),
            (user, password) => commands.push(vec![b"AUTH", user.as_bytes(), password.as_bytes()]),
        }
        commands.push(vec![b"SELECT", database.as_bytes()]);
        for command in commands {
            let answer = self.ask_once(&command).await;
            let answer = answer.map_err(|why| Reason::new(codes::E6640, format!("{address}: {}", why.words())))?;
            if let Value::Error(word) = answer {
                return Err(refusal(address, &word));
            }
        }
        Ok(())
    }

    /// Sends one command and waits for its answer.
    pub(crate) async fn ask(&mut self, command: &[&[u8]], limit: Duration) -> Result<Value, Failure> {
        match timeout(limit, self.ask_once(command)).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Silent),
        }
    }

    async fn ask_once(&mut self, command: &[&[u8]]) -> Result<Value, Failure> {
        let mut out = format!("*{}\r\n", command.len()).into_bytes();
        for word in command {
            out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            out.extend_from_slice(word);
            out.extend_from_slice(b"\r\n");
        }
        self.stream.write_all(&out).await.map_err(|_| Failure::Broken)?;
        self.stream.flush().await.map_err(|_| Failure::Broken)?;
        self.values = 0;
        self.read_value(0).await
    }

    /// Nothing came since the last answer, not even the end.
    pub(crate) fn is_quiet(&self) -> bool {
        self.buffer.is_empty() && tune::feel(self.stream.inner(), &mut [0_u8; 1]) == tune::Pulse::Quiet
    }

    async fn fill(&mut self) -> Result<(), Failure> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(count) if count > 0 => Ok(()),
            Ok(_) | Err(_) => Err(Failure::Broken),
        }
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, Failure> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.buffer, b"\r\n") {
                let line = self.buffer.split_to(at).to_vec();
                self.buffer.advance(2);
                return Ok(line);
            }
            if self.buffer.len() > LINE_BYTES_MAX {
                return Err(Failure::Unreadable);
            }
            self.fill().await?;
        }
    }

    fn read_value(&mut self, depth: usize) -> Pin<Box<dyn Future<Output = Result<Value, Failure>> + Send + '_>> {
        Box::pin(async move {
            let line = self.read_line().await?;
            self.values += 1;
            let (kind, rest) = line.split_first().ok_or(Failure::Unreadable)?;
            let number = || std::str::from_utf8(rest).ok().and_then(|text| text.parse::<i64>().ok());
            match kind {
                b'+' => Ok(Value::Bytes(rest.to_vec())),
                b'-' => {
                    let word = rest.split(|byte| *byte == b' ').next().unwrap_or_default();
                    let is_code = word.iter().all(|byte| byte.is_ascii_uppercase());
                    Ok(Value::Error(if is_code {
                        String::from_utf8_lossy(word).into_owned()
                    } else {
                        "ERR".to_owned()
                    }))
                }
                b':' => number().map(Value::Number).ok_or(Failure::Unreadable),
                b'$' => match number().ok_or(Failure::Unreadable)? {
                    -1 => Ok(Value::Nil),
                    length => self.read_text(usize::try_from(length).map_err(|_| Failure::Unreadable)?).await,
                },
                b'*' => {
                    let Ok(count) = usize::try_from(number().ok_or(Failure::Unreadable)?) else {
                        return Ok(Value::Nil);
                    };
                    if depth >= DEPTH_MAX || count + self.values > VALUES_MAX {
                        return Err(Failure::Unreadable);
                    }
                    let mut values = Vec::new();
                    for _ in 0..count {
                        values.push(self.read_value(depth + 1).await?);
                    }
                    Ok(Value::List(values))
                }
                _ => Err(Failure::Unreadable),
            }
        })
    }

    /// A text that is too long is read past, so that what stands behind it can be read.
    async fn read_text(&mut self, length: usize) -> Result<Value, Failure> {
        if length > self.text_bytes_max {
            let mut left = length.checked_add(2).ok_or(Failure::Unreadable)?;
            while left > 0 {
                if self.buffer.is_empty() {
                    self.fill().await?;
                }
                let taken = left.min(self.buffer.len());
                self.buffer.advance(taken);
                left -= taken;
            }
            return Ok(Value::TooLong(length));
        }
        while self.buffer.len() < length + 2 {
            self.fill().await?;
        }
        let text = self.buffer.split_to(length).to_vec();
        let end = self.buffer.split_to(2);
        if &end[..] == b"\r\n" { Ok(Value::Bytes(text)) } else { Err(Failure::Unreadable) }
    }
}

/// What the word of an error means to people.
pub(crate) fn refusal(address: &str, word: &str) -> Reason {
    let (code, why) = match word {
        "NOAUTH" | "WRONGPASS" => (codes::E6641, "the server wants another user or password"),
        "NOPERM" => (codes::E6641, "the server does not permit this user to do it"),
        "WRONGTYPE" => (codes::E6642, "this key is no stream"),
        "NOGROUP" => (codes::E6642, "the stream or its group is gone"),
        "LOADING" | "BUSY" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" => (codes::E6643, "the server is not ready"),
        "READONLY" => (codes::E6643, "the server is a replica, which only reads"),
        "OOM" | "MISCONF" => (codes::E6643, "the server has no more room"),
        "NOREPLICAS" => (codes::E6643, "the server has too few replicas"),
        "MOVED" | "ASK" => (codes::E6642, "the stream is at another server of a cluster: use that one's address"),
        _ => (codes::E6642, "the server does not understand or permit it"),
    };
    Reason::new(code, format!("{address}: {why} ({word})"))
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection")
    }
}
