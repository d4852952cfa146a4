//! What a FHIR server's answer means for a delivery: its OperationOutcome before its status. Pure.

use super::resource::{Kind, text};
use crate::{
    codes,
    web::{client::Answer, json, meaning},
};
use message::{Outcome, Reason, Scope, Timestamp};
use serde_json::Value;

/// Entries of a batch that a reason names.
const ENTRIES_NAMED_MAX: usize = 3;

/// What the issues of an outcome say together (R4 value set issue-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Nothing that decides.
    Unsaid,
    /// It passes by itself.
    Passing,
    /// It passes by itself, and the next message would fare no better.
    Busy,
    /// Nobody knows what was done.
    Doubtful,
    /// Other credentials are needed.
    Credentials,
    /// The content is refused.
    Refused,
}

fn verdict_of(code: &str) -> Verdict {
    match code {
        "transient" | "lock-error" | "exception" | "conflict" => Verdict::Passing,
        "throttled" | "no-store" => Verdict::Busy,
        "timeout" | "incomplete" => Verdict::Doubtful,
        "login" | "unknown" | "expired" => Verdict::Credentials,
        "invalid" | "structure" | "required" | "value" | "invariant" | "not-supported" | "duplicate"
        | "multiple-matches" | "not-found" | "deleted" | "too-long" | "code-invalid" | "extension" | "too-costly"
        | "business-rule" | "security" | "forbidden" | "suppressed" => Verdict::Refused,
        // `processing` is what servers say that do not say more.
        _ => Verdict::Unsaid,
    }
}

/// What an outcome says: a verdict, and the first issue that led to it, in words without content.
struct Said {
    verdict: Verdict,
    detail: String,
}

/// Reads the issues that are errors. Texts of the server are not repeated: they may quote the resource.
fn read(outcome: Option<&Value>) -> Said {
    let mut said = Said { verdict: Verdict::Unsaid, detail: String::new() };
    let Some(outcome) = outcome.filter(|outcome| text(outcome, "resourceType") == Some("OperationOutcome")) else {
        return said;
    };
    for issue in outcome.get("issue").and_then(Value::as_array).into_iter().flatten() {
        if !matches!(text(issue, "severity"), Some("error" | "fatal")) {
            continue;
        }
        let code = text(issue, "code").unwrap_or("");
        let verdict = verdict_of(code);
        if said.detail.is_empty() || verdict > said.verdict {
            said.detail = describe(code, issue);
        }
        said.verdict = said.verdict.max(verdict);
    }
    said
}

fn describe(code: &str, issue: &Value) -> String {
    // Only the words of the value set: a server may put anything there.
    let is_known = verdict_of(code) != Verdict::Unsaid || matches!(code, "processing" | "informational");
    let code = if is_known { code } else { "an issue" };
    let place = issue.get("expression").and_then(|all| all.get(0)).and_then(Value::as_str);
    match place.filter(|place| is_path(place)) {
        Some(place) => format!("{code} at {place}"),
        None => code.to_owned(),
    }
}

/// Names and indexes only: an expression with a text in it may quote a value.
fn is_path(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'[' | b']');
    text.len() <= 200 && text.starts_with(|letter: char| letter.is_ascii_uppercase()) && text.bytes().all(is_plain)
}

/// The outcome of an answer that came at this time.
pub(crate) fn outcome(address: &str, answer: Answer, kind: &Kind, now: Timestamp) -> Outcome {
    let status = answer.status.as_u16();
    if (200..=299).contains(&status) {
        return match kind {
            Kind::Whole => meaning::outcome(address, answer, now),
            Kind::Batch(repeatable) => batch(address, answer, repeatable),
        };
    }
    let said = read(json::read(&answer.body).as_ref());
    let reason = |code| {
        let reason = Reason::answered(code, address, status);
        if said.detail.is_empty() { reason } else { reason.because(&said.detail) }
    };
    let retry_after = meaning::retry_after(&answer.headers, now);
    let transient = |code, scope| Outcome::Transient { scope, reason: reason(code), retry_after };
    match (status, said.verdict) {
        (401 | 407, _) | (_, Verdict::Credentials) => transient(codes::E6512, Scope::Destination),
        (502 | 504, _) | (_, Verdict::Doubtful) => Outcome::Ambiguous { reason: reason(codes::E6533) },
        (408 | 425 | 429 | 503, _) | (_, Verdict::Busy) => transient(codes::E6533, Scope::Destination),
        (_, Verdict::Refused) => Outcome::Permanent { reason: reason(codes::E6532), reply: Some(answer.body) },
        // 409: somebody else changed the resource in between (R4 §3.1.0.5).
        (409 | 500..=599, Verdict::Unsaid | Verdict::Passing) | (_, Verdict::Passing) => {
            transient(codes::E6533, Scope::Message)
        }
        (_, Verdict::Unsaid) => {
            let reply = Some(answer.body).filter(|body| !body.is_empty());
            Outcome::Permanent { reason: reason(codes::E6532), reply }
        }
    }
}

/// A batch is answered with 200 whatever became of its entries (R4 §3.1.0.11.3).
fn batch(address: &str, answer: Answer, repeatable: &[bool]) -> Outcome {
    let body = json::read(&answer.body);
    let bundle = body.as_ref().filter(|body| text(body, "type") == Some("batch-response"));
    let entries =
        bundle.and_then(|bundle| bundle.get("entry")).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if bundle.is_none() || entries.len() != repeatable.len() {
        let text = format!("{address} did not answer each entry of the batch; it may have executed them");
        return Outcome::Ambiguous { reason: Reason::new(codes::E6307, text) };
    }
    let mut failed = Vec::new();
    let (mut is_passing, mut is_harmless) = (true, true);
    for (number, (entry, is_repeatable)) in entries.iter().zip(repeatable).enumerate() {
        let response = entry.get("response");
        let status =
            response.and_then(|response| text(response, "status")).and_then(|text| text.get(..3)?.parse().ok());
        if status.is_some_and(|status: u16| (200..=299).contains(&status)) {
            is_harmless &= is_repeatable;
            continue;
        }
        let said = read(response.and_then(|response| response.get("outcome")));
        let by_status = matches!(status, Some(408 | 409 | 425 | 429 | 500..=599));
        is_passing &= match said.verdict {
            Verdict::Passing | Verdict::Busy | Verdict::Credentials => true,
            Verdict::Refused => false,
            Verdict::Unsaid => by_status,
            // It may have been done, so it is like one that was.
            Verdict::Doubtful => *is_repeatable,
        };
        let status = status.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
        let colon = if said.detail.is_empty() { "" } else { " " };
        failed.push(format!("entry {} got {status}{colon}{}", number + 1, said.detail));
    }
    if failed.is_empty() {
        return Outcome::Delivered { reply: Some(answer.body) };
    }
    let (count, all) = (failed.len(), entries.len());
    failed.truncate(ENTRIES_NAMED_MAX);
    let text = format!("{address} executed {} of {all} entries; {}", all - count, failed.join(", "));
    let reason = Reason::new(codes::E6534, text);
    if is_passing && is_harmless {
        return Outcome::Transient { scope: Scope::Message, reason, retry_after: None };
    }
    Outcome::Permanent { reason, reply: Some(answer.body) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use hyper::{HeaderMap, StatusCode};

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn found(outcome: &Outcome) -> String {
        match outcome {
            Outcome::Delivered { .. } => "delivered".to_owned(),
            Outcome::Transient { scope, reason, .. } => format!("{scope:?} {reason}"),
            Outcome::Permanent { reason, .. } => format!("park {reason}"),
            Outcome::Ambiguous { reason } => format!("ambiguous {reason}"),
        }
    }

    fn issue(code: &str) -> String {
        let issue = format!(r#"{{"severity":"error","code":"{code}","diagnostics":"SECRET"}}"#);
        format!(r#"{{"resourceType":"OperationOutcome","issue":[{issue}]}}"#)
    }

    #[test]
    fn outcomes_and_statuses() {
        let check = |status: u16, code: &str, expect: &str| {
            let body = if code.is_empty() { String::new() } else { issue(code) };
            let found = found(&outcome("f:1", answer(status, &body), &Kind::Whole, Timestamp(0)));
            let detail = if code.is_empty() { String::new() } else { format!(": {code}") };
            assert_eq!(found, format!("{expect}: f:1 answered {status}{detail}"));
        };
        for code in ["invalid", "structure", "required", "value", "invariant", "duplicate", "multiple-matches"] {
            check(422, code, "park E6532");
        }
        check(400, "processing", "park E6532");
        check(404, "not-found", "park E6532");
        check(412, "", "park E6532");
        check(403, "forbidden", "park E6532");
        check(422, "lock-error", "Message E6533");
        check(409, "conflict", "Message E6533");
        check(409, "", "Message E6533");
        check(409, "duplicate", "park E6532");
        check(500, "exception", "Message E6533");
        check(500, "processing", "Message E6533");
        check(500, "invariant", "park E6532");
        check(500, "timeout", "ambiguous E6533");
        check(500, "no-store", "Destination E6533");
        check(429, "throttled", "Destination E6533");
        check(503, "", "Destination E6533");
        check(504, "", "ambiguous E6533");
        check(401, "login", "Destination E6512");
        check(401, "", "Destination E6512");
        check(403, "expired", "Destination E6512");
    }

    #[test]
    fn the_worst_issue_is_told_and_never_what_was_in_the_resource() {
        let body = r#"{"resourceType":"OperationOutcome","issue":[
            {"severity":"warning","code":"invalid"},
            {"severity":"error","code":"processing","expression":["Patient"]},
            {"severity":"error","code":"value","details":{"text":"SECRET"},"diagnostics":"SECRET","expression":["Patient.identifier[0].system"]}]}"#;
        let told = |body: &str| found(&outcome("f:1", answer(422, body), &Kind::Whole, Timestamp(0)));
        assert_eq!(told(body), "park E6532: f:1 answered 422: value at Patient.identifier[0].system");
        for bad in ["Patient.name.where(given='SECRET')", "SECRET value", "secret"] {
            let body = body.replace("Patient.identifier[0].system", bad);
            assert_eq!(told(&body), "park E6532: f:1 answered 422: value");
        }
        for odd in ["SECRET NAME", "quist"] {
            assert_eq!(told(&issue(odd)), "park E6532: f:1 answered 422: an issue");
        }
        assert_eq!(told("<html>SECRET</html>"), "park E6532: f:1 answered 422");
    }

    #[test]
    fn entries_of_a_batch_are_looked_at_one_by_one() {
        let check = |statuses: &[(&str, &str)], repeatable: &[bool], expect: &str| {
            let entry = |(status, code): &(&str, &str)| {
                let outcome = if code.is_empty() { String::new() } else { format!(r#","outcome":{}"#, issue(code)) };
                format!(r#"{{"response":{{"status":"{status}"{outcome}}}}}"#)
            };
            let entries = statuses.iter().map(entry).collect::<Vec<_>>().join(",");
            let body = format!(r#"{{"resourceType":"Bundle","type":"batch-response","entry":[{entries}]}}"#);
            let kind = Kind::Batch(repeatable.to_vec());
            assert_eq!(found(&outcome("f:1", answer(200, &body), &kind, Timestamp(0))), expect);
        };
        check(&[("201 Created", ""), ("200", "")], &[false, true], "delivered");
        check(
            &[("200 OK", ""), ("503", "")],
            &[true, true],
            "Message E6534: f:1 executed 1 of 2 entries; entry 2 got 503",
        );
        // What was created would be created twice.
        check(&[("201", ""), ("503", "")], &[false, true], "park E6534: f:1 executed 1 of 2 entries; entry 2 got 503");
        check(
            &[("200", ""), ("422", "invalid")],
            &[true, true],
            "park E6534: f:1 executed 1 of 2 entries; entry 2 got 422 invalid",
        );
        check(&[("500", "timeout")], &[false], "park E6534: f:1 executed 0 of 1 entries; entry 1 got 500 timeout");
        let kind = Kind::Batch(vec![true]);
        for odd in ["{}", "", r#"{"type":"batch-response","entry":[]}"#] {
            let found = found(&outcome("f:1", answer(200, odd), &kind, Timestamp(0)));
            assert!(found.starts_with("ambiguous E6307"), "{found}");
        }
    }
}
