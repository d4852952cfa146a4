//! What the source answers: the verdict of the engine in the form that the client asked for, or a problem (RFC 9457)
//! that quotes nothing of the request.

use super::{MEDIA_TYPE, media::Wanted};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Response, StatusCode,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
};
use interface::contract::{Reply, Verdict};
use message::Code;

/// The pause that a client is asked for when a message cannot be taken now, seconds.
const RETRY_AFTER_SECONDS: &str = "5";

/// A complete answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The answer to a message that the engine has judged.
pub(crate) fn judged(reply: &Reply, wanted: Wanted) -> Answer {
    let acknowledgment = reply.acknowledgments_in_a_row();
    let (status, code) = match reply.verdict() {
        Verdict::Accepted(_) => (StatusCode::OK, ""),
        Verdict::Later(reason) => (StatusCode::SERVICE_UNAVAILABLE, &*reason.code),
        Verdict::Refused(reason) => (StatusCode::UNPROCESSABLE_ENTITY, &*reason.code),
    };
    let answer = match wanted {
        Wanted::Acknowledgment => match acknowledgment {
            Some(bytes) => with_body(status, MEDIA_TYPE, bytes),
            None if status == StatusCode::OK => with_body(StatusCode::NO_CONTENT, MEDIA_TYPE, Bytes::new()),
            None => problem_of(status, code),
        },
        Wanted::Json => with_body(status, "application/json", told(reply, code, acknowledgment).into()),
        Wanted::Outcome => with_body(status, "application/fhir+json", operation_outcome(reply, code).into()),
    };
    match reply.verdict() {
        Verdict::Later(_) => with_header(answer, RETRY_AFTER, RETRY_AFTER_SECONDS),
        Verdict::Accepted(_) | Verdict::Refused(_) => answer,
    }
}

/// What became of the message, as an object.
fn told(reply: &Reply, code: &str, acknowledgment: Option<Bytes>) -> String {
    let mut told = match reply.verdict() {
        Verdict::Accepted(id) => serde_json::json!({ "status": "accepted", "message": id.to_string() }),
        Verdict::Later(_) => serde_json::json!({ "status": "later", "code": code }),
        Verdict::Refused(_) => serde_json::json!({ "status": "refused", "code": code }),
    };
    if let Some(text) = acknowledgment.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        told["acknowledgment"] = text.into();
    }
    told.to_string()
}

/// The same as FHIR has it (R4 §2.37; codes of the value set issue-type).
fn operation_outcome(reply: &Reply, code: &str) -> String {
    let (severity, kind, text) = match reply.verdict() {
        Verdict::Accepted(id) => ("information", "informational", format!("accepted as message {id}")),
        Verdict::Later(_) => ("error", "transient", format!("{code}: not taken now, try again later")),
        Verdict::Refused(_) => ("error", "processing", format!("{code}: not taken")),
    };
    let issue = serde_json::json!({ "severity": severity, "code": kind, "details": { "text": text } });
    serde_json::json!({ "resourceType": "OperationOutcome", "issue": [issue] }).to_string()
}

/// A problem with the request itself.
pub(crate) fn problem(status: StatusCode, code: Code) -> Answer {
    let answer = problem_of(status, code.id);
    match status {
        // The rest of the body would be taken for the next request.
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => with_header(answer, CONNECTION, "close"),
        _ => answer,
    }
}

/// The method is none of these.
pub(crate) fn not_allowed(methods: &[Method], code: Code) -> Answer {
    let mut answer = problem_of(StatusCode::METHOD_NOT_ALLOWED, code.id);
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(ALLOW, value);
    }
    answer
}

/// Credentials have to be shown.
pub(crate) fn unauthorized(challenge: &'static str, code: Code) -> Answer {
    with_header(problem_of(StatusCode::UNAUTHORIZED, code.id), WWW_AUTHENTICATE, challenge)
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
