//! One lane to a web server: one connection, one request under way.

use super::{MEDIA_TYPE, config::Posting, line::Wire, meaning};
use crate::{codes, tcp::connect};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use hyper_util::rt::TokioIo;
use interface::contract::{Boxed, Destination, Outgoing};
use message::{Format, Outcome, Reason, Scope};
use std::pin::pin;
use tokio::time::{Instant, timeout_at};

/// The lane.
pub(crate) struct Lane {
    config: Posting,
    /// Taken out while a request is under way: a send that is cancelled or fails leaves no half-used connection.
    line: Option<Line>,
}

/// A connection. HTTP runs only while a request is under way; between requests nobody reads, and [`Wire::is_quiet`]
/// looks before the next one.
struct Line {
    wire: Wire,
    sender: SendRequest<Full<Bytes>>,
    connection: Box<Connection<TokioIo<Wire>, Full<Bytes>>>,
}

/// A complete answer.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// Why there is none.
enum Failure {
    /// The connection was not usable for another request.
    Stale,
    /// It broke.
    Broken,
    /// What came is not HTTP, or too much of it.
    Unreadable,
}

impl Lane {
    pub(crate) fn new(config: Posting) -> Lane {
        Lane { config, line: None }
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        if let Some(line) = self.line.take().filter(|line| line.wire.is_quiet())
            && let Some(outcome) = self.exchange(line, outgoing).await
        {
            return outcome;
        }
        match self.connect().await {
            Ok(line) => self.exchange(line, outgoing).await.unwrap_or_else(|| {
                let text = format!("{} closed the connection before anything was sent", self.config.address);
                transient(Reason::new(codes::E6008, text))
            }),
            Err(reason) => transient(reason),
        }
    }

    async fn connect(&self) -> Result<Line, Reason> {
        let stream = connect::connect(&self.config.address, self.config.connect_time_max).await?;
        let wire = Wire::new(stream);
        let made = http1::Builder::new().handshake(TokioIo::new(wire.clone())).await;
        let (sender, connection) = made
            .map_err(|_| Reason::new(codes::E6003, format!("{} cannot be spoken to over HTTP", self.config.address)))?;
        Ok(Line { wire, sender, connection: Box::new(connection) })
    }

    /// Posts once; `None` if nothing of it left this machine because the connection was no longer good.
    async fn exchange(&mut self, mut line: Line, outgoing: &Outgoing) -> Option<Outcome> {
        let written = line.wire.written();
        let end = Instant::now() + self.config.reply_time_max;
        let answer = timeout_at(end, line.post(self.request(outgoing), self.config.reply_bytes_max)).await;
        let has_left = line.wire.written() > written;
        let address = &self.config.address;
        let ambiguous = |code, text: String| Some(Outcome::Ambiguous { reason: Reason::new(code, text) });
        match answer {
            Ok(Ok(answer)) => {
                self.line = Some(line);
                Some(meaning::outcome(&self.config.address, answer.status, &answer.headers, answer.body))
            }
            Ok(Err(Failure::Stale | Failure::Broken)) if !has_left => None,
            Ok(Err(Failure::Stale | Failure::Broken)) => {
                let text = format!("the connection to {address} broke before the answer came; it may have the message");
                ambiguous(codes::E6007, text)
            }
            Ok(Err(Failure::Unreadable)) => ambiguous(
                codes::E6307,
                format!("{address} sent an answer that is not HTTP or is larger than the limit"),
            ),
            Err(_) => {
                let seconds = self.config.reply_time_max.as_secs_f32();
                ambiguous(codes::E6106, format!("{address} did not answer within {seconds} s; it may have the message"))
            }
        }
    }

    fn request(&self, outgoing: &Outgoing) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(outgoing.bytes.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.config.target.clone();
        *request.headers_mut() = self.config.headers.clone();
        let media_type = HeaderValue::from_static(media_type(outgoing.format));
        request.headers_mut().entry(CONTENT_TYPE).or_insert(media_type);
        request
    }
}

/// What the bytes are, where no setting says it (RFC 6838; HL7 FHIR R4 §3.1.0.1.10).
fn media_type(format: Format) -> &'static str {
    match format {
        Format::Hl7v2 => MEDIA_TYPE,
        Format::Fhir => "application/fhir+json",
        Format::Json => "application/json",
        Format::Xml => "application/xml",
        Format::Delimited => "text/csv; charset=utf-8",
        Format::X12 => "application/edi-x12",
        Format::Text => "text/plain; charset=utf-8",
        Format::Binary => "application/octet-stream",
    }
}

impl Line {
    async fn post(&mut self, request: Request<Full<Bytes>>, reply_bytes_max: usize) -> Result<Answer, Failure> {
        let Line { sender, connection, .. } = self;
        let mut exchange = pin!(async {
            sender.ready().await.map_err(|_| Failure::Stale)?;
            let answer = sender.send_request(request).await.map_err(|error| explain(&error))?;
            let (parts, body) = answer.into_parts();
            Ok(Answer { status: parts.status, headers: parts.headers, body: read(body, reply_bytes_max).await? })
        });
        let mut is_over = false;
        loop {
            tokio::select! {
                biased;
                result = &mut exchange => return result,
                // A server that closes after its answer ends the connection first; the answer is still to be read.
                _ = &mut *connection, if !is_over => is_over = true,
            }
        }
    }
}

async fn read(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Failure> {
    let mut content = BytesMut::new();
    while let Some(piece) = body.frame().await {
        let Ok(bytes) = piece.map_err(|error| explain(&error))?.into_data() else { continue };
        if content.len() + bytes.len() > bytes_max {
            return Err(Failure::Unreadable);
        }
        content.extend_from_slice(&bytes);
    }
    Ok(content.freeze())
}

fn explain(error: &hyper::Error) -> Failure {
    if error.is_parse() { Failure::Unreadable } else { Failure::Broken }
}

fn transient(reason: Reason) -> Outcome {
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.line = None;
        Box::pin(async {})
    }
}
