//! The server: one message a request, answered after the engine has.

use super::{
    answer::{self, Answer},
    config::Serving,
    dialect::{Dialect, Opened},
    media::{self, Holds, Wanted},
};
use crate::{
    codes,
    tcp::listen::{self, Connection, Listener, Session},
    tls,
    web::encode::from_form,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Request, StatusCode,
    body::{Body, Incoming},
    header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use interface::{
    catalogue::Context,
    contract::{Boxed, Frame, Intake, Phase, Reply, Source},
};
use message::{Clock, Code, Format, Reason};
use std::{
    convert::Infallible,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};

/// Largest head of a request, and so what one connection may hold before its body is read.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long an answer to wrong credentials is kept back: guessing should be slow.
const GUESS_PAUSE: Duration = Duration::from_millis(500);

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
        format!("{}{}", self.listener.address(), self.config.paths.first().map_or("/", String::as_str))
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
    let Some(stream) = tls::admit(config.tls.as_ref(), stream, &session, config.head_time_max).await else { return };
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
    requests.into_parts().io.into_inner().part().await;
}

/// A request that is for us.
struct Checked {
    format: Format,
    holds: Holds,
    wanted: Wanted,
}

impl Desk {
    async fn take(&self, request: Request<Incoming>) -> Answer {
        let checked = match self.check(&request).await {
            Ok(checked) => checked,
            Err(answer) => return answer,
        };
        let (head, body) = request.into_parts();
        let body = match self.read(body).await {
            Ok(body) => body,
            Err((status, code)) => {
                self.is_explained.store(true, Ordering::Relaxed);
                return self.decline(status, code);
            }
        };
        if let Some(dialect) = &self.config.dialect {
            return self.speak(&**dialect, &head.headers, &body, checked.format).await;
        }
        let message = match checked.holds {
            Holds::Form => self.field(&body),
            Holds::Whole => Some(body),
        };
        match message.filter(|bytes| !bytes.is_empty()) {
            None => self.decline(StatusCode::BAD_REQUEST, codes::E6301),
            Some(bytes) => {
                self.has_served.store(true, Ordering::Relaxed);
                self.give(bytes, &checked).await
            }
        }
    }

    /// Who asks comes first, so that a stranger learns nothing about paths.
    async fn check(&self, request: &Request<Incoming>) -> Result<Checked, Answer> {
        let Serving { guard, methods, media, body_bytes_max, .. } = &*self.config;
        let headers = request.headers();
        if !guard.lets_in(header(headers, &AUTHORIZATION)) {
            self.report(codes::E6514, "answered 401".to_owned());
            sleep(GUESS_PAUSE).await;
            return Err(answer::unauthorized(guard.challenge(), codes::E6514));
        }
        if !self.config.serves(request.uri().path()) {
            return Err(self.decline(StatusCode::NOT_FOUND, codes::E6301));
        }
        if !methods.contains(request.method()) {
            self.report(codes::E6301, "answered 405".to_owned());
            return Err(answer::not_allowed(methods, codes::E6301));
        }
        // Nothing is unpacked here: a few bytes may stand for gigabytes.
        if headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let mut answer = self.decline(StatusCode::UNSUPPORTED_MEDIA_TYPE, codes::E6301);
            answer.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            return Err(answer);
        }
        let content_type = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
        let format = self.session.intake.format();
        let holds = match &self.config.dialect {
            Some(dialect) => dialect.takes(content_type).then_some(Holds::Whole),
            None => media.takes(content_type, format),
        };
        let Some(holds) = holds else {
            return Err(self.decline(StatusCode::UNSUPPORTED_MEDIA_TYPE, codes::E6301));
        };
        // What the head promises is only used to say no early, never to take memory.
        if request.body().size_hint().lower() > u64::try_from(*body_bytes_max).unwrap_or(u64::MAX) {
            return Err(self.decline(StatusCode::PAYLOAD_TOO_LARGE, codes::E6302));
        }
        let wanted = media::wanted(header(headers, &ACCEPT));
        Ok(Checked { format, holds, wanted })
    }

    /// The field of a form that holds the message.
    fn field(&self, body: &Bytes) -> Option<Bytes> {
        let wanted = self.config.form_field.as_bytes();
        let mut fields = body.split(|byte| *byte == b'&').map(|field| {
            let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
            (&field[..at], field.get(at + 1..).unwrap_or_default())
        });
        let (_, value) = fields.find(|(name, _)| from_form(name).is_some_and(|name| name == wanted))?;
        from_form(value).map(Bytes::from)
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

    async fn give(&self, bytes: Bytes, checked: &Checked) -> Answer {
        match self.store(bytes, checked.format).await {
            Some(reply) => answer::judged(&reply, checked.wanted),
            None => answer::problem(StatusCode::INTERNAL_SERVER_ERROR, codes::E6009),
        }
    }

    /// A request in another protocol over this one.
    async fn speak(&self, dialect: &dyn Dialect, headers: &HeaderMap, body: &Bytes, format: Format) -> Answer {
        match dialect.open(headers, body) {
            Err(refusal) => {
                let (answer, code) = *refusal;
                self.report(code, format!("answered {}", answer.status().as_u16()));
                answer
            }
            Ok(Opened { message, answer }) => {
                self.has_served.store(true, Ordering::Relaxed);
                match self.store(message, format).await {
                    Some(reply) => answer(&reply),
                    None => answer::problem(StatusCode::INTERNAL_SERVER_ERROR, codes::E6009),
                }
            }
        }
    }

    /// Beside the connection, because a client that hangs up drops the request, and what the engine has begun to store
    /// should come to its end. `None` if that panicked.
    async fn store(&self, bytes: Bytes, format: Format) -> Option<Reply> {
        let (intake, peer, received) = (self.session.intake.clone(), self.session.peer.clone(), self.clock.now());
        let frame = Frame { bytes, peer, received, format, from: None, found: Arc::default() };
        tokio::spawn(async move { intake.accept(frame).await }).await.ok()
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

fn header<'r>(headers: &'r HeaderMap, name: &HeaderName) -> Option<&'r str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
