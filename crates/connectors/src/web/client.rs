//! A connection to one server: kept between requests, one request under way.

use super::{packed, url::Url, wire::Wire};
use crate::{
    codes,
    tcp::connect::{self, Reach},
    tls,
};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    body::Incoming,
    client::conn::http1::{self, Connection, SendRequest},
    header::{ACCEPT_ENCODING, HOST, HeaderMap, HeaderValue},
};
use hyper_util::rt::TokioIo;
use interface::catalogue::{Context, Settings};
use message::{Outcome, Reason, Scope};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// For a connection, with its TLS handshake.
    pub(crate) connect_time_max: Duration,
    /// From the first byte sent to the last byte of the answer.
    pub(crate) reply_time_max: Duration,
    /// The body of an answer.
    pub(crate) reply_bytes_max: usize,
}

/// Which server, and how it is reached.
#[derive(Clone)]
pub(crate) struct Place {
    /// Where it is.
    pub(crate) url: Url,
    tls: Option<tls::Client>,
    reach: Reach,
}

/// A server's client.
pub(crate) struct Client {
    place: Arc<Place>,
    limits: Limits,
    /// Taken out while a request is under way: an exchange that is cancelled or fails leaves no half-used connection.
    line: Option<Line>,
}

/// A connection. HTTP runs only while a request is under way; between requests nobody reads, and [`Wire::is_quiet`]
/// looks before the next one.
struct Line {
    wire: Wire,
    sender: SendRequest<Full<Bytes>>,
    connection: Box<Connection<TokioIo<tls::Stream<Wire>>, Full<Bytes>>>,
}

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The server certainly did not process the request.
    Unsent(Reason),
    /// Nobody knows.
    Doubtful(Reason),
}

impl Fault {
    /// What it means for a delivery.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Fault::Unsent(reason) => Outcome::Transient { scope: Scope::Destination, reason, retry_after: None },
            Fault::Doubtful(reason) => Outcome::Ambiguous { reason },
        }
    }

    /// Why.
    pub(crate) fn into_reason(self) -> Reason {
        match self {
            Fault::Unsent(reason) | Fault::Doubtful(reason) => reason,
        }
    }
}

/// How an exchange failed on its connection.
enum Failure {
    /// It broke, or was not usable for another request.
    Broken,
    /// The server refused our certificate, and so read nothing.
    Refused(Reason),
    /// What came is not HTTP, or too much of it.
    Unreadable,
}

impl Place {
    /// The server of `url`, with the settings of [`tls::CLIENT`] for `https`.
    pub(crate) fn read(settings: &Settings, context: &Context, url: Url) -> Result<Place, Reason> {
        let tls = if url.is_secure { Some(tls::Client::read(settings, context, &url.host)?) } else { None };
        let reach = if settings.flag("link-local") { Reach::Everywhere } else { Reach::House };
        Ok(Place { url, tls, reach })
    }

    /// The same, connecting only where `reach` allows.
    pub(crate) fn within(self, reach: Reach) -> Place {
        Place { reach, ..self }
    }
}

impl Client {
    pub(crate) fn new(place: Place, limits: Limits) -> Client {
        Client { place: Arc::new(place), limits, line: None }
    }

    /// Where it goes.
    pub(crate) fn url(&self) -> &Url {
        &self.place.url
    }

    /// Closes the connection.
    pub(crate) fn close(&mut self) {
        self.line = None;
    }

    /// Sends a request and reads its answer; `Host` is set here, and that the answer is not to be packed.
    pub(crate) async fn exchange(&mut self, mut request: Request<Full<Bytes>>) -> Result<Answer, Fault> {
        request.headers_mut().insert(HOST, self.place.url.authority.clone());
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(line) = self.line.take().filter(|line| line.wire.is_quiet())
            && let Some(answer) = self.try_on(line, request.clone()).await
        {
            return answer;
        }
        let line = self.connect().await.map_err(Fault::Unsent)?;
        self.try_on(line, request).await.unwrap_or_else(|| {
            let text = format!("{} closed the connection before anything was sent", self.place.url.address);
            Err(Fault::Unsent(Reason::new(codes::E6008, text)))
        })
    }

    async fn connect(&self) -> Result<Line, Reason> {
        let Place { url, tls, reach } = &*self.place;
        let end = Instant::now() + self.limits.connect_time_max;
        let stream = connect::connect_within(&url.address, self.limits.connect_time_max, *reach).await?;
        let wire = Wire::new(stream);
        let rest = end.saturating_duration_since(Instant::now());
        let stream = match tls {
            None => tls::Stream::Plain(wire.clone()),
            Some(tls) => tls::Stream::Secure(Box::new(tls.secure(wire.clone(), &url.address, rest).await?)),
        };
        let made = http1::Builder::new().handshake(TokioIo::new(stream)).await;
        let (sender, connection) =
            made.map_err(|_| Reason::new(codes::E6003, format!("{} cannot be spoken to over HTTP", url.address)))?;
        Ok(Line { wire, sender, connection: Box::new(connection) })
    }

    /// `None` if nothing of it left this machine because the connection was no longer good.
    async fn try_on(&mut self, mut line: Line, request: Request<Full<Bytes>>) -> Option<Result<Answer, Fault>> {
        let written = line.wire.written();
        let end = Instant::now() + self.limits.reply_time_max;
        let answer = timeout_at(end, line.send(request, self.limits.reply_bytes_max)).await;
        let has_left = line.wire.written() > written;
        let address = &self.place.url.address;
        let doubtful = |code, text: String| Some(Err(Fault::Doubtful(Reason::new(code, text))));
        match answer {
            Ok(Ok(answer)) => {
                self.line = Some(line);
                Some(Ok(answer))
            }
            Ok(Err(Failure::Broken)) if !has_left => None,
            Ok(Err(Failure::Broken)) => {
                let text = format!("the connection to {address} broke before the answer came; it may have the message");
                doubtful(codes::E6007, text)
            }
            Ok(Err(Failure::Refused(reason))) => Some(Err(Fault::Unsent(reason))),
            Ok(Err(Failure::Unreadable)) => {
                let text =
                    format!("{address} sent an answer that is not HTTP, is damaged, or is larger than the limit");
                doubtful(codes::E6307, text)
            }
            Err(_) => {
                let seconds = self.limits.reply_time_max.as_secs_f32();
                doubtful(codes::E6106, format!("{address} did not answer within {seconds} s; it may have the message"))
            }
        }
    }
}

impl Line {
    async fn send(&mut self, request: Request<Full<Bytes>>, reply_bytes_max: usize) -> Result<Answer, Failure> {
        let address = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("").to_owned();
        let explain = |error: &hyper::Error| explain(&address, error);
        let Line { sender, connection, .. } = self;
        let mut exchange = pin!(async {
            sender.ready().await.map_err(|_| Failure::Broken)?;
            let answer = sender.send_request(request).await.map_err(|error| explain(&error))?;
            let (mut parts, body) = answer.into_parts();
            let body = read(body, reply_bytes_max, explain).await?;
            let body = packed::unpacked(&mut parts.headers, body, reply_bytes_max).ok_or(Failure::Unreadable)?;
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        });
        let mut is_over = false;
        loop {
            tokio::select! {
                biased;
                result = &mut exchange => return result,
                // A server that closes after its answer ends the connection first; the answer is still to be read.
                ended = &mut *connection, if !is_over => {
                    is_over = true;
                    // The cause is told here; the request only learns that it was cancelled.
                    if let Err(Failure::Refused(reason)) = ended.map_err(|error| explain(&error)) {
                        return Err(Failure::Refused(reason));
                    }
                }
            }
        }
    }
}

async fn read(
    mut body: Incoming,
    bytes_max: usize,
    explain: impl Fn(&hyper::Error) -> Failure,
) -> Result<Bytes, Failure> {
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

fn explain(address: &str, error: &hyper::Error) -> Failure {
    if let Some(reason) = tls::refused_late(address, error) {
        return Failure::Refused(reason);
    }
    if error.is_parse() { Failure::Unreadable } else { Failure::Broken }
}
