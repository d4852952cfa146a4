//! Step 9 as a table: outcome, answer and policy in, decision out.

use super::*;
use bytes::Bytes;
use interface::{
    catalogue::Settings,
    definition::Place,
    replies::{ReplyTable, Row},
};
use message::{Code, Format, MessageId};
use std::collections::{BTreeMap, BTreeSet};

const SCRIPTED: Code = Code { id: "E5999", title: "as the test wants it", page: "" };

fn delivery(message: u64) -> DeliveryId {
    DeliveryId { message: MessageId(message), number: 0 }
}

fn retry(min_ms: u64, max_ms: u64, give_up: GiveUp) -> Retry {
    Retry { delay_min: Duration::from_millis(min_ms), delay_max: Duration::from_millis(max_ms), give_up }
}

fn to(retry: Retry, rows: &[(Row, Action)]) -> DestinationDefinition {
    let mut replies = ReplyTable::default();
    rows.iter().for_each(|(row, action)| replies.state(*row, *action));
    DestinationDefinition {
        on_reply: Vec::new(),
        name: "out".into(),
        is_routed: false,
        place: Place { file: "x.flow".into(), line: 1 },
        when: None,
        connector: "fake",
        settings: Settings { address: "out".into(), values: BTreeMap::new() },
        programs: Vec::new(),
        format: Format::Hl7v2,
        form: lang::Form::default(),
        retry,
        order: None,
        replies,
        lanes: 1,
        priority: None,
        subscriber: None,
    }
}

fn at(attempts: u32, age_s: u64) -> Situation {
    Situation { delivery: delivery(1), attempts, failures: 0, age: Duration::from_secs(age_s) }
}

fn reason(code: &'static str) -> Reason {
    Reason::read(code, "why")
}

fn transient(scope: Scope, retry_after: Option<Duration>) -> Outcome {
    Outcome::Transient { scope, reason: Reason::new(SCRIPTED, "why"), retry_after }
}

fn ambiguous(code: &'static str) -> Outcome {
    Outcome::Ambiguous { reason: reason(code) }
}

fn permanent() -> Outcome {
    Outcome::Permanent { reason: Reason::new(SCRIPTED, "why"), reply: None }
}

fn answered(text: &str) -> Outcome {
    Outcome::Delivered { reply: Some(Bytes::copy_from_slice(text.as_bytes())) }
}

fn ack(code: &str, condition: &str) -> Outcome {
    let error = if condition.is_empty() { String::new() } else { format!("ERR|||{condition}|E\r") };
    answered(&format!("MSH|^~\\&|A|B|C|D|1||ACK|9|P|2.5.1\rMSA|{code}|M1\r{error}"))
}

fn word(next: &Next) -> &'static str {
    match next {
        Next::Done => "done",
        Next::Retry(_) => "retry",
        Next::Park => "park",
        Next::Hold => "hold",
        Next::Expire => "expire",
    }
}

#[test]
fn outcome_and_answer_decide() {
    let check = |outcome: Outcome, attempts: u32, expect: &str, is_down: bool, is_up: bool| {
        let answer = read_answer(&outcome, Format::Hl7v2);
        let decision = decide(&outcome, &answer, &to(retry(1000, 2000, GiveUp::Never), &[]), at(attempts, 9_999_999));
        let found = (word(&decision.next), decision.is_down, decision.is_up);
        assert_eq!(found, (expect, is_down, is_up), "{outcome:?} after {attempts}");
        let is_plain = expect == "done" && answer != Answer::Unconfirmed;
        assert_eq!(decision.reason.is_none(), is_plain, "what is not done has a reason, what is has none");
    };
    check(Outcome::Delivered { reply: None }, 0, "done", false, true);
    check(answered(""), 0, "done", false, true);
    check(ack("AA", ""), 0, "done", false, true);
    check(ack("CA", ""), 0, "done", false, true);
    check(ack("AE", ""), 0, "park", false, true);
    check(ack("AE", "207"), 0, "retry", false, true);
    check(ack("AR", ""), 50, "retry", false, true);
    check(ack("AR", "200"), 0, "park", false, true);
    check(ack("CE", ""), 0, "retry", false, true);
    check(ack("CR", ""), 0, "park", false, true);
    check(answered("OK"), 2, "retry", false, true);
    check(answered("OK"), 3, "park", false, true);
    check(ambiguous("E6107"), 2, "retry", false, false);
    check(ambiguous("E6107"), 3, "park", false, false);
    check(ambiguous("E6108"), 3, "park", false, false);
    check(ambiguous("E6106"), 99, "retry", false, false);
    check(ambiguous("E6111"), 0, "done", false, true);
    check(transient(Scope::Destination, None), 99, "retry", true, false);
    check(transient(Scope::Message, None), 99, "retry", false, false);
    check(permanent(), 0, "park", false, true);
}

#[test]
fn rows_of_the_destination_win() {
    let check = |row: Row, action: Action, outcome: Outcome, expect: &str| {
        let answer = read_answer(&outcome, Format::Hl7v2);
        let decision = decide(&outcome, &answer, &to(retry(1, 2, GiveUp::Never), &[(row, action)]), at(0, 0));
        assert_eq!(word(&decision.next), expect, "{row:?}");
    };
    check(Row::Code(AckCode::AE), Action::Hold, ack("AE", ""), "hold");
    check(Row::Code(AckCode::AR), Action::Done, ack("AR", ""), "done");
    let refused = |status| Outcome::Permanent { reason: Reason::answered(SCRIPTED, "rx:80", status), reply: None };
    check(Row::Http(409), Action::Done, refused(409), "done");
    check(Row::Http(409), Action::Done, refused(410), "park");
    let told = Reason::read("E6103", "rx:80 answered 409: a mail server's no");
    check(Row::Http(409), Action::Done, Outcome::Permanent { reason: told, reply: None }, "park");
    check(Row::WrongId, Action::Hold, ambiguous("E6107"), "hold");
    check(Row::Timeout, Action::Park, ambiguous("E6106"), "park");
    check(Row::Timeout, Action::Park, ambiguous("E6111"), "done");
    check(Row::NoApplication, Action::Park, ambiguous("E6111"), "park");
    check(Row::Refused, Action::Retry, permanent(), "retry");
    check(Row::Unreadable, Action::Done, answered("thanks"), "done");
}

#[test]
fn policies_give_up_by_age_and_only_instead_of_a_retry() {
    let check = |then: Then, age_s: u64, outcome: Outcome, expect: &str| {
        let policy = retry(1, 2, GiveUp::After(Duration::from_secs(60), then));
        let decision = decide(&outcome, &read_answer(&outcome, Format::Hl7v2), &to(policy, &[]), at(7, age_s));
        assert_eq!(word(&decision.next), expect, "{then:?} at {age_s} s");
    };
    for (then, expect) in [(Then::Park, "park"), (Then::Hold, "hold"), (Then::Expire, "expire")] {
        check(then, 59, transient(Scope::Message, None), "retry");
        check(then, 60, transient(Scope::Destination, None), expect);
        check(then, 61, ambiguous("E6106"), expect);
        check(then, 61, Outcome::Delivered { reply: None }, "done");
        check(then, 61, permanent(), "park");
    }
}

#[test]
fn a_pause_that_the_peer_asks_for_is_kept_but_not_for_ever() {
    let pause = |asked: Option<u64>| {
        let outcome = transient(Scope::Message, asked.map(Duration::from_secs));
        let decision = decide(&outcome, &Answer::of(&outcome), &to(retry(1000, 2000, GiveUp::Never), &[]), at(0, 0));
        match decision.next {
            Next::Retry(pause) => pause,
            other => panic!("{other:?}"),
        }
    };
    let own = pause(None);
    assert!(own >= Duration::from_millis(800) && own <= Duration::from_millis(1200), "{own:?}");
    assert_eq!(pause(Some(0)), own, "shorter than the policy's own counts for nothing");
    assert_eq!(pause(Some(90)), Duration::from_secs(90));
    assert_eq!(pause(Some(1_000_000)), RETRY_AFTER_MAX);
}

#[test]
fn a_dead_destination_is_counted_over_all_its_messages() {
    let policy = to(retry(1000, 600_000, GiveUp::Never), &[]);
    let pause = |outcome: Outcome| {
        let situation = Situation { failures: 5, ..at(0, 0) };
        match decide(&outcome, &Answer::of(&outcome), &policy, situation).next {
            Next::Retry(pause) => pause.as_secs_f32(),
            other => panic!("{other:?}"),
        }
    };
    assert!((25.6..=38.4).contains(&pause(transient(Scope::Destination, None))));
    assert!((0.8..=1.2).contains(&pause(transient(Scope::Message, None))));
}

#[test]
fn backoff_doubles_within_twenty_percent_and_repeats() {
    let policy = retry(1_000, 60_000, GiveUp::Never);
    let mut seen = BTreeSet::new();
    for message in 0..200 {
        for (attempts, base_ms) in
            [(0, 1_000_u64), (1, 2_000), (5, 32_000), (6, 60_000), (40, 60_000), (u32::MAX, 60_000)]
        {
            let pause = backoff(&policy, attempts, delivery(message));
            let permille = u64::try_from(pause.as_millis()).unwrap() * 1000 / base_ms;
            assert!((800..=1200).contains(&permille), "attempt {attempts} of {message}: {pause:?}");
            assert_eq!(pause, backoff(&policy, attempts, delivery(message)));
            seen.insert(pause);
        }
    }
    assert!(seen.len() > 500, "lanes that failed together must not come back together: {} pauses", seen.len());
}

#[test]
fn reasons_hold_codes_and_conditions_only() {
    let outcome =
        answered("MSH|^~\\&|A|B|C|D|1||ACK|9|P|2.5.1\rMSA|AE|M1|ZZCANARY\rERR||PID^1|204^ZZCANARY|E||||ZZCANARY\r");
    let decision =
        decide(&outcome, &read_answer(&outcome, Format::Hl7v2), &to(retry(1, 2, GiveUp::Never), &[]), at(0, 0));
    assert_eq!(decision.reason.unwrap().to_string(), "E5101: the destination answered AE (ERR-3 204)");
}

#[test]
fn a_server_that_took_a_resource_may_say_so_in_its_own_words() {
    let check =
        |body: &str, sent: Format, expect: &Answer| assert_eq!(read_answer(&answered(body), sent), *expect, "{body}");
    let bundle = r#"{"resourceType":"Bundle","type":"transaction-response"}"#;
    check(bundle, Format::Fhir, &Answer::Nothing);
    check(bundle, Format::Hl7v2, &Answer::Unreadable);
    let refused = "MSH|^~\\&|A|B|C|D|20260301||ACK|1|P|2.5.1\rMSA|AE|7\r";
    check(refused, Format::Fhir, &Answer::Acknowledged { code: AckCode::AE, conditions: Vec::new() });
}
