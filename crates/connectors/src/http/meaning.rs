//! What a server's answer means for a delivery: a table, without I/O.

use crate::codes;
use bytes::Bytes;
use hyper::{
    HeaderMap, StatusCode,
    header::{HeaderValue, RETRY_AFTER},
};
use message::{Outcome, Reason, Scope};
use std::time::Duration;

/// Longest pause that a server may ask for; a longer one is a mistake that would look like a lost message.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// The outcome of an answer with this status, headers and body.
pub(crate) fn outcome(address: &str, status: StatusCode, headers: &HeaderMap, body: Bytes) -> Outcome {
    let text = || format!("{address} answered {}", status.as_u16());
    let transient = |scope| Outcome::Transient {
        scope,
        reason: Reason::new(codes::E6304, text()),
        retry_after: headers.get(RETRY_AFTER).and_then(retry_after),
    };
    let body = Some(body).filter(|body| !body.is_empty());
    match status.as_u16() {
        200..=299 => Outcome::Delivered { reply: body },
        // The server is busy, down or too slow: the next message would fare no better.
        408 | 425 | 429 | 503 => transient(Scope::Destination),
        // A gateway that lost its server does not know what that server did.
        502 | 504 => Outcome::Ambiguous { reason: Reason::new(codes::E6304, text()) },
        500..=599 => transient(Scope::Message),
        _ => Outcome::Permanent { reason: Reason::new(codes::E6305, text()), reply: body },
    }
}

/// Seconds; the form with a date (RFC 9110 §10.2.3) would need the clocks to agree and is left to our own backoff.
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    let seconds: u64 = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        let check = |status: u16, expect: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let found = match outcome("x:80", status, &HeaderMap::new(), Bytes::from_static(b"body")) {
                Outcome::Delivered { reply } => format!("delivered {}", reply.is_some()),
                Outcome::Transient { scope, reason, .. } => format!("{scope:?} {}", reason.code),
                Outcome::Permanent { reason, reply } => format!("permanent {} {}", reason.code, reply.is_some()),
                Outcome::Ambiguous { reason } => format!("ambiguous {}", reason.code),
            };
            assert_eq!(found, expect, "{status}");
        };
        check(200, "delivered true");
        check(202, "delivered true");
        check(301, "permanent E6305 true");
        check(400, "permanent E6305 true");
        check(401, "permanent E6305 true");
        check(408, "Destination E6304");
        check(422, "permanent E6305 true");
        check(425, "Destination E6304");
        check(429, "Destination E6304");
        check(500, "Message E6304");
        check(502, "ambiguous E6304");
        check(503, "Destination E6304");
        check(504, "ambiguous E6304");
        check(507, "Message E6304");
    }

    #[test]
    fn pauses() {
        let check = |value: &'static str, expect: Option<u64>| {
            assert_eq!(retry_after(&HeaderValue::from_static(value)), expect.map(Duration::from_secs), "{value}");
        };
        check("7", Some(7));
        check(" 7 ", Some(7));
        check("999999", Some(3600));
        check("-1", None);
        check("Wed, 21 Oct 2026 07:28:00 GMT", None);
    }
}
