//! The server: one message a request, answered after the engine has.

use super::{
    answer::{self, Answer},
    config::Serving,
};
use crate::{
    codes,
    tcp::{
        listen::{self, Connection, Listener, Session},
        tune,
    },
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{Method, Request, StatusCode, body::Body, body::Incoming, header::CONTENT_TYPE, server::conn::http1};
use hyper_util::rt::{TokioIo, TokioTimer};
use interface::{
    catalogue::Context,
    contract::{Boxed, Frame, Intake, Phase, Source},
};
use message::{Clock, Code, Format, Reason};
use std::{
    convert::Infallible,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

/// Largest head of a request, and so what one connection may hold before its body is read.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Media types that are an ER7 message.
const MEDIA_TYPES: &[&str] = &[super::MEDIA_TYPE, "application/hl7-v2+er7", "x-application/hl7-v2+er7", "text/plain"];

/// A bound HTTP port.
pub(crate) struct Http {
    listener: Listener,
    config: Arc<Serving>,
    clock: Arc<dyn Clock>,
}

impl Http {
    pub(crate) async fn open(config: Serving, context: Context) -> Result<Http, Reason> {
        let listener = Listener::bind(&config.address, config.seats, context.handles).await?;
        Ok(Http { listener, config: Arc::new(config), clock: context.clock })
    }
}

impl Source for Http {
    fn address(&self) -> String {
        format!("{}{}", self.listener.address(), self.config.path)
    }

    fn run(
        self: Box<Self>,
        intake: Arc<dyn Intake>,
        phase: watch::Receiver<Phase>,
    ) -> Boxed<'static, Result<(), Reason>> {
        Box::pin(async move {
            let Http { listener, config, clock } = *self;
            listener.serve(intake, phase, |connection| serve(connection, config.clone(), clock.clone())).await;
            Ok(())
        })
    }
}

/// What the requests of one connection share.
struct Desk {
    session: Session,
    config: Arc<Serving>,
    clock: Arc<dyn Clock>,
    /// The end of the connection was explained already.
    is_explained: AtomicBool,
    /// A request came and was answered; silence after it is only a connection that nobody needs any more.
    has_served: AtomicBool,
}

async fn serve(connection: Connection, config: Arc<Serving>, clock: Arc<dyn Clock>) {
    let Connection { stream, session } = connection;
    let mut phase = session.phase.clone();
    let head_time_max = config.head_time_max;
    let desk = Arc::new(Desk {
        session,
        config,
        clock,
        is_explained: AtomicBool::new(false),
        has_served: AtomicBool::new(false),
    });
    let requests = desk.clone();
    let service = hyper::service::service_fn(move |request| {
        let desk = requests.clone();
        Box::pin(async move { Ok::<Answer, Infallible>(desk.take(request).await) })
    });
    let mut requests = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut is_leaving = false;
    let ended = loop {
        tokio::select! {
            biased;
            ended = poll_fn(|context| requests.poll_without_shutdown(context)) => break ended,
            () = listen::draining(&mut phase), if !is_leaving => {
                is_leaving = true;
                std::pin::Pin::new(&mut requests).graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        desk.explain(&error);
    }
    tune::part(requests.into_parts().io.into_inner()).await;
}

impl Desk {
    async fn take(&self, request: Request<Incoming>) -> Answer {
        if let Err((status, code)) = self.check(&request) {
            return self.decline(status, code);
        }
        match self.read(request.into_body()).await {
            Ok(bytes) if bytes.is_empty() => self.decline(StatusCode::BAD_REQUEST, codes::E6301),
            Ok(bytes) => {
                self.has_served.store(true, Ordering::Relaxed);
                self.give(bytes).await
            }
            Err((status, code)) => {
                self.is_explained.store(true, Ordering::Relaxed);
                self.decline(status, code)
            }
        }
    }

    fn check(&self, request: &Request<Incoming>) -> Result<(), (StatusCode, Code)> {
        if request.uri().path() != self.config.path {
            return Err((StatusCode::NOT_FOUND, codes::E6301));
        }
        if request.method() != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, codes::E6301));
        }
        let media_type = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        let media_type = media_type.map(|text| text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase());
        if media_type.is_some_and(|media_type| !MEDIA_TYPES.contains(&&*media_type)) {
            return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, codes::E6301));
        }
        // What the head promises is only used to say no early, never to take memory.
        if request.body().size_hint().lower() > u64::try_from(self.config.body_bytes_max).unwrap_or(u64::MAX) {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, codes::E6302));
        }
        Ok(())
    }

    async fn read(&self, mut body: Incoming) -> Result<Bytes, (StatusCode, Code)> {
        let end = Instant::now() + self.config.body_time_max;
        let mut content = BytesMut::new();
        loop {
            let patience = end.min(Instant::now() + self.config.silence_max);
            let piece = match timeout_at(patience, body.frame()).await {
                Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, codes::E6303)),
                Ok(None) => return Ok(content.freeze()),
                Ok(Some(Err(_))) => return Err((StatusCode::BAD_REQUEST, codes::E6309)),
                Ok(Some(Ok(piece))) => piece,
            };
            // Trailers are not content.
            let Ok(bytes) = piece.into_data() else { continue };
            if content.len() + bytes.len() > self.config.body_bytes_max {
                return Err((StatusCode::PAYLOAD_TOO_LARGE, codes::E6302));
            }
            content.extend_from_slice(&bytes);
        }
    }

    /// Beside the connection, because a client that hangs up drops the request, and what the engine has begun to store
    /// should come to its end.
    async fn give(&self, bytes: Bytes) -> Answer {
        let (intake, peer) = (self.session.intake.clone(), self.session.peer.clone());
        let frame =
            Frame { bytes, peer, received: self.clock.now(), format: Format::Hl7v2, from: None, found: Arc::default() };
        match tokio::spawn(async move { intake.accept(frame).await }).await {
            Ok(reply) => answer::judged(&reply),
            Err(_) => answer::problem(StatusCode::INTERNAL_SERVER_ERROR, codes::E6009),
        }
    }

    fn decline(&self, status: StatusCode, code: Code) -> Answer {
        self.report(code, format!("answered {}", status.as_u16()));
        answer::problem(status, code)
    }

    /// A connection that ended by a fault.
    fn explain(&self, error: &hyper::Error) {
        if self.is_explained.load(Ordering::Relaxed) {
            return;
        }
        if error.is_parse() {
            self.report(codes::E6308, "what came is not an HTTP/1.1 request; closed".to_owned());
        } else if error.is_timeout() {
            if self.has_served.load(Ordering::Relaxed) {
                return;
            }
            self.report(codes::E6303, "no request came in time; closed".to_owned());
        } else {
            self.report(codes::E6309, "the client went away before it had its answer".to_owned());
        }
    }

    fn report(&self, code: Code, text: String) {
        self.session.intake.report(&self.session.peer, Reason::new(code, text));
    }
}
