//! The telling of a whole life.

use super::*;
use bytes::Bytes;
use message::{AckCode, Envelope, Format, Phi, Reason};
use store::{Accept, Act, Facts, Planned};

const START: i64 = 1_772_348_889_000_000;

fn stored() -> Stored {
    let planned = |name: &str, content| Planned { destination: name.into(), order_key: 1, content, priority: 0 };
    Stored {
        id: MessageId(4096),
        at: Timestamp(START + 1000),
        accept: Accept {
            envelope: Envelope {
                interface: "adt".into(),
                interface_version: 0xABCD,
                received: Timestamp(START),
                peer: "10.0.0.1:4000".into(),
                origin: Origin::Received,
                format: Format::Hl7v2,
                raw: Bytes::from_static(b"0123456789"),
            },
            facts: Facts {
                control_id: "M1".into(),
                message_type: "ADT".into(),
                event: "A01".into(),
                ..Facts::default()
            },
            disposition: Disposition::Routed,
            acknowledgment: Some(Bytes::from_static(b"MSH|^~\\&|A|B|C|D|1||ACK|9|P|2.5\rMSA|AA|M1\r")),
            deliveries: vec![planned("lab", Content::Raw), planned("rx", Content::Output(Bytes::from_static(b"abc")))],
            duplicate_window: None,
            is_remembered: true,
            flags: vec!["E2401".into()],
        },
        reused_control_id_of: None,
    }
}

fn tried(number: u16, attempt: u32, failure: Option<Class>, reply: Option<AckCode>, then: Then) -> Change {
    let ended = Timestamp(START + i64::from(attempt) * 1_000_000);
    Change::Attempt(Attempt {
        delivery: DeliveryId { message: MessageId(4096), number },
        number: attempt,
        started: Timestamp(ended.0 - 2500),
        ended,
        failure,
        reply,
        reason: failure.map(|_| Reason::read("E6003", "no route")),
        reply_bytes: Some(Phi::new(Bytes::from_static(b"ZZCANARY"))),
        then,
    })
}

fn history(changes: Vec<Change>) -> Vec<Entry> {
    let entry = |(place, change)| Entry { lsn: place as u64, at: Timestamp(START + 9_000_000), change };
    changes.into_iter().enumerate().map(entry).collect()
}

fn act() -> Act {
    Act { by: "ada".into(), reason: Phi::new("ZZCANARY".to_owned()) }
}

#[test]
fn a_full_life() {
    let rx = DeliveryId { message: MessageId(4096), number: 1 };
    let journey = tell(
        &stored(),
        &history(vec![
            tried(0, 1, None, Some(AckCode::AA), Then::Done),
            tried(1, 1, Some(Class::Transient), None, Then::RetryAt(Timestamp(START + 5_000_000))),
            tried(1, 2, Some(Class::Permanent), Some(AckCode::AE), Then::Park),
            Change::Released { delivery: rx, act: act() },
            tried(1, 1, Some(Class::Ambiguous), None, Then::Hold),
            Change::Deleted { delivery: rx, act: act() },
        ]),
    );
    let lines: Vec<String> = journey
        .stages
        .iter()
        .map(|stage| {
            let mark = if stage.is_good { '+' } else { '!' };
            format!("{} {mark} {} {}", stage.step, stage.destination.as_deref().unwrap_or("-"), stage.text)
        })
        .collect();
    let expect = [
        "1 + - received from 10.0.0.1:4000, 10 bytes",
        "2 + - interface adt, version 000000000000abcd",
        "3 + - its control id was not seen before",
        "4 + - goes to lab (as received), rx (changed, 3 bytes)",
        "4 + - findings: E2401",
        "5 + - stored and fsynced, with its plan",
        "6 + - acknowledged AA",
        "8 + lab attempt 1: delivered in 2.5 ms, answered AA",
        "10 + lab settled",
        "8 ! rx attempt 1: not delivered after 2.5 ms: E6003: no route",
        "9 ! rx tried again at 2026-03-01T07:08:14.000Z",
        "8 ! rx attempt 2: refused after 2.5 ms, answered AE: E6003: no route",
        "9 ! rx parked for a person",
        "12 + rx put back into the queue by ada",
        "8 ! rx attempt 1: no answer, it may have arrived after 2.5 ms: E6003: no route",
        "9 ! rx held, with all behind it under its key",
        "12 + rx deleted by ada",
    ];
    assert_eq!(lines, expect);
    let states: Vec<_> = journey.deliveries.iter().map(|one| (one.state, one.attempts)).collect();
    assert_eq!(states, [(DeliveryState::Delivered, 1), (DeliveryState::Deleted, 1)]);
    let all = format!("{journey:?} {}", serde_json::to_string(&journey).unwrap());
    assert!(!all.contains("ZZCANARY"), "{all}");
}

#[test]
fn what_ended_stays_ended_unless_the_peer_took_it() {
    let rx = DeliveryId { message: MessageId(4096), number: 1 };
    let state = |last: Change| {
        let journey = tell(&stored(), &history(vec![Change::Deleted { delivery: rx, act: act() }, last]));
        journey.deliveries[1].state
    };
    let again = Then::RetryAt(Timestamp(START));
    assert_eq!(state(tried(1, 1, Some(Class::Transient), None, again)), DeliveryState::Deleted);
    assert_eq!(state(tried(1, 1, None, None, Then::Done)), DeliveryState::Delivered);
}

#[test]
fn other_arrivals_and_ends() {
    let told = |change: &dyn Fn(&mut Stored)| {
        let mut stored = stored();
        change(&mut stored);
        tell(&stored, &[]).stages.into_iter().map(|stage| stage.text).collect::<Vec<_>>().join("\n")
    };
    let replay = Origin::Replay { of: MessageId(7), by: "ada".into(), reason: "ZZCANARY".into() };
    let text = told(&|stored| stored.accept.envelope.origin = replay.clone());
    assert!(text.contains("replay of message 7, asked for by ada") && !text.contains("ZZCANARY"), "{text}");
    let text = told(&|stored| stored.accept.disposition = Disposition::Filtered { rule: "drop when X (f:3)".into() });
    assert!(text.contains("filtered by: drop when X (f:3)"), "{text}");
    let text = told(&|stored| stored.reused_control_id_of = Some(MessageId(8)));
    assert!(text.contains("used before with other content, by message 8"), "{text}");
    assert!(told(&|stored| stored.accept.acknowledgment = None).contains("no acknowledgment was asked for"));
}
