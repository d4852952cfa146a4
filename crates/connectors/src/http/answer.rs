//! What the source answers: the verdict of the engine, or a problem (RFC 9457) that quotes nothing of the request.

use super::MEDIA_TYPE;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
};
use interface::contract::{Reply, Verdict};
use message::Code;

/// The pause that a client is asked for when a message cannot be taken now, seconds.
const RETRY_AFTER_SECONDS: &str = "5";

/// A complete answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The answer to a message that the engine has judged.
pub(crate) fn judged(reply: &Reply) -> Answer {
    let acknowledgment = reply.acknowledgment().cloned();
    match reply.verdict() {
        Verdict::Accepted(_) => match acknowledgment {
            Some(bytes) => with_body(StatusCode::OK, MEDIA_TYPE, bytes),
            None => with_body(StatusCode::NO_CONTENT, MEDIA_TYPE, Bytes::new()),
        },
        Verdict::Later(reason) => {
            let answer = acknowledged(StatusCode::SERVICE_UNAVAILABLE, acknowledgment, &reason.code);
            with_header(answer, RETRY_AFTER, RETRY_AFTER_SECONDS)
        }
        Verdict::Refused(reason) => acknowledged(StatusCode::UNPROCESSABLE_ENTITY, acknowledgment, &reason.code),
    }
}

fn acknowledged(status: StatusCode, acknowledgment: Option<Bytes>, code: &str) -> Answer {
    match acknowledgment {
        Some(bytes) => with_body(status, MEDIA_TYPE, bytes),
        None => problem_of(status, code),
    }
}

/// A problem with the request itself.
pub(crate) fn problem(status: StatusCode, code: Code) -> Answer {
    let answer = problem_of(status, code.id);
    match status {
        StatusCode::METHOD_NOT_ALLOWED => with_header(answer, ALLOW, "POST"),
        // The rest of the body would be taken for the next request.
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => with_header(answer, CONNECTION, "close"),
        _ => answer,
    }
}

/// `code` is a code of the catalogue and the title is fixed, so nothing needs to be escaped.
fn problem_of(status: StatusCode, code: &str) -> Answer {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body = format!(r#"{{"type":"about:blank","title":"{title}","status":{},"code":"{code}"}}"#, status.as_u16());
    with_body(status, "application/problem+json", body.into())
}

fn with_body(status: StatusCode, media_type: &'static str, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    if status == StatusCode::NO_CONTENT { answer } else { with_header(answer, CONTENT_TYPE, media_type) }
}

fn with_header(mut answer: Answer, name: HeaderName, value: &'static str) -> Answer {
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    answer
}
