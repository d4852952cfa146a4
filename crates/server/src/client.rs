//! The client of the control API: what the server verbs of the command line speak. HTTP/1.1 on the local socket.

use crate::codes;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use message::Reason;
use serde_json::Value;
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::net::UnixStream;

/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest wait for an answer: a replay or a check of the whole store may take long.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(600);

/// A client of one engine.
#[derive(Clone, Debug)]
pub struct Client {
    socket: PathBuf,
}

/// Why a call failed.
#[derive(Debug)]
pub enum Error {
    /// Nobody listens on the socket.
    NotRunning(Reason),
    /// The engine answered with a problem.
    Refused {
        /// HTTP status.
        status: u16,
        /// Its reason.
        reason: Reason,
    },
}

impl Client {
    /// A client of the engine whose data directory is `data`.
    #[must_use]
    pub fn new(data: &Path) -> Client {
        Client { socket: data.join("control.sock") }
    }

    /// `GET path`, JSON.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        parse(&self.call(Method::GET, path, Bytes::new()).await?)
    }

    /// `PUT path` with a JSON body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        parse(&self.call(Method::PUT, path, Bytes::from(body.to_string())).await?)
    }

    /// `DELETE path`.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn delete(&self, path: &str) -> Result<Value, Error> {
        parse(&self.call(Method::DELETE, path, Bytes::new()).await?)
    }

    /// `POST path` with a JSON body; the answer as bytes.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post_for_bytes(&self, path: &str, body: &Value) -> Result<Bytes, Error> {
        self.call(Method::POST, path, Bytes::from(body.to_string())).await
    }

    /// `POST path` with a JSON body.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        parse(&self.call(Method::POST, path, Bytes::from(body.to_string())).await?)
    }

    /// `GET path`, or `POST path` with a body, as a stream: `each` gets it line by line, until it says `false` or the stream
    /// ends.
    ///
    /// # Errors
    /// See [`Error`]; an engine that goes away while lines come.
    pub async fn follow(
        &self,
        path: &str,
        body: Option<&Value>,
        mut each: impl FnMut(&str) -> bool,
    ) -> Result<(), Error> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let body = body.map_or_else(Bytes::new, |body| Bytes::from(body.to_string()));
        let response = self.ask(method, path, body).await?;
        let status = response.status();
        let mut body = response.into_body();
        if !status.is_success() {
            let read = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            return Err(refused(status, &read.map(http_body_util::Collected::to_bytes).unwrap_or_default()));
        }
        let mut rest: Vec<u8> = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(not_running("the engine went away".to_owned())) };
            let Some(piece) = frame.data_ref() else { continue };
            rest.extend_from_slice(piece);
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=end).collect();
                if !each(String::from_utf8_lossy(&line).trim_end_matches('\n')) {
                    return Ok(());
                }
            }
            if rest.len() > ANSWER_BYTES_MAX {
                return Err(not_running("the answer has a line that is too long".to_owned()));
            }
        }
        Ok(())
    }

    async fn ask(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, Error> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| {
            let socket = self.socket.display();
            not_running(match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => {
                    format!("no engine runs on this workspace: nothing answers at {socket}")
                }
                kind => format!("{socket}: {kind}"),
            })
        })?;
        let broken = |error: hyper::Error| not_running(format!("the engine went away: {error}"));
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "sinew")
            .header("content-type", "application/json")
            .body(Full::new(body))
            .map_err(|error| not_running(error.to_string()))?;
        sender.send_request(request).await.map_err(broken)
    }

    async fn call(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, Error> {
        let answered = async {
            let response = self.ask(method, path, body).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            let body = body.map_err(|error| not_running(format!("the answer was cut off: {error}")))?.to_bytes();
            Ok((status, body))
        };
        let (status, body) = tokio::time::timeout(ANSWER_TIME_MAX, answered)
            .await
            .map_err(|_| not_running("no answer in time".to_owned()))??;
        if status.is_success() { Ok(body) } else { Err(refused(status, &body)) }
    }
}

fn not_running(why: String) -> Error {
    Error::NotRunning(Reason::new(codes::E7001, why))
}

fn parse(body: &[u8]) -> Result<Value, Error> {
    serde_json::from_slice(body).map_err(|_| {
        Error::NotRunning(Reason::new(codes::E7004, "the engine's answer is not JSON: is it another version?"))
    })
}

fn refused(status: StatusCode, body: &[u8]) -> Error {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
    let reason = Reason::read(
        text("code").unwrap_or_else(|| codes::E7004.id.to_owned()),
        text("title").unwrap_or_else(|| format!("the engine answered {status}")),
    );
    Error::Refused { status: status.as_u16(), reason }
}

/// A value in a query string.
#[must_use]
pub fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
