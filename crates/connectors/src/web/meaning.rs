//! What a server's answer means for a delivery: a table, without I/O.

use super::client::Answer;
use crate::codes;
use hyper::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};
use message::{Outcome, Reason, Scope, Timestamp};
use std::time::{Duration, UNIX_EPOCH};

/// Longest pause that a server may ask for; a longer one is a mistake that would look like a lost message.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3600);

/// The outcome of an answer that came at this time.
pub(crate) fn outcome(address: &str, answer: Answer, now: Timestamp) -> Outcome {
    let status = answer.status.as_u16();
    let reason = |code| Reason::answered(code, address, status);
    let transient = |code, scope| Outcome::Transient {
        scope,
        reason: reason(code),
        retry_after: retry_after(&answer.headers, now),
    };
    match status {
        200..=299 => Outcome::Delivered { reply: Some(answer.body).filter(|body| !body.is_empty()) },
        // Other credentials are needed, for the next message too: parking each one would only make work.
        401 | 407 => transient(codes::E6512, Scope::Destination),
        // The server is busy, down or too slow: the next message would fare no better.
        408 | 425 | 429 | 503 => transient(codes::E6304, Scope::Destination),
        // A gateway that lost its server does not know what that server did.
        502 | 504 => Outcome::Ambiguous { reason: reason(codes::E6304) },
        500..=599 => transient(codes::E6304, Scope::Message),
        _ => Outcome::Permanent {
            reason: reason(codes::E6305),
            reply: Some(answer.body).filter(|body| !body.is_empty()),
        },
    }
}

/// The pause that a server asks for (RFC 9110 §10.2.3): seconds, or a date. A date is compared with the server's own
/// clock, in the header `Date`, where it has one: ours may differ.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX));
    }
    let until = seconds_of(text)?;
    let date = headers.get(DATE).and_then(|value| seconds_of(value.to_str().ok()?));
    let now = date.unwrap_or_else(|| u64::try_from(now.0 / 1_000_000).unwrap_or(0));
    Some(Duration::from_secs(until.saturating_sub(now)).min(RETRY_AFTER_MAX))
}

/// Seconds since 1970 of an HTTP date in any of its three forms.
fn seconds_of(date: &str) -> Option<u64> {
    Some(httpdate::parse_http_date(date).ok()?.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{StatusCode, header::HeaderValue};

    #[test]
    fn statuses() {
        let check = |status: u16, expect: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            let answer = Answer { status, headers: HeaderMap::new(), body: Bytes::from_static(b"body") };
            let found = match outcome("x:80", answer, Timestamp(0)) {
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
        check(401, "Destination E6512");
        check(407, "Destination E6512");
        check(403, "permanent E6305 true");
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
        // 2026-10-21T07:28:00Z by our clock.
        let now = Timestamp(1_792_567_680_000_000);
        let check = |value: &'static str, date: &'static str, expect: Option<u64>| {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            if !date.is_empty() {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            assert_eq!(retry_after(&headers, now), expect.map(Duration::from_secs), "{value} {date}");
        };
        check("7", "", Some(7));
        check(" 7 ", "", Some(7));
        check("999999", "", Some(3600));
        check("-1", "", None);
        check("soon", "", None);
        check("Wed, 21 Oct 2026 07:29:30 GMT", "", Some(90));
        check("Wed, 21 Oct 2026 07:00:00 GMT", "", Some(0));
        check("Wed, 21 Oct 2026 07:29:30 GMT", "Wed, 21 Oct 2026 07:29:00 GMT", Some(30));
        check("Wednesday, 21-Oct-26 07:29:30 GMT", "", Some(90));
    }
}
