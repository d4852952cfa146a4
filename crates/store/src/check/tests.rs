//! Each checker with what it must find.

use super::*;
use crate::{
    Attempt, Change, Disposition, Entry, Quarantined, Stored, Then,
    contract::{accept, act, attempt},
};
use message::{DeliveryState, MessageId, Reason, Timestamp};

fn delivery(message: u64) -> DeliveryId {
    DeliveryId { message: MessageId(message), number: 0 }
}

fn tried(message: u64, number: u32, then: Then) -> Change {
    attempt(delivery(message), number, then)
}

fn again() -> Then {
    Then::RetryAt(Timestamp(9))
}

fn released(message: u64) -> Change {
    Change::Released { delivery: delivery(message), act: act() }
}

fn resent(message: u64) -> Change {
    Change::Resent { delivery: delivery(message), act: act() }
}

fn deleted(message: u64) -> Change {
    Change::Deleted { delivery: delivery(message), act: act() }
}

fn stored(disposition: Disposition) -> Stored {
    let accept = crate::Accept { disposition, ..accept("adt", 1, &["a"]) };
    Stored { id: MessageId(8), at: Timestamp(1), accept, reused_control_id_of: None }
}

fn ids(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.code.id).collect()
}

#[test]
fn counts_have_to_add_up() {
    let good = Counts { accepted: 3, delivered: 2, in_flight: 1, ..Counts::default() };
    let bad = Counts { accepted: 3, delivered: 2, ..Counts::default() };
    assert_eq!(conservation(&[("adt".into(), good)]), []);
    let found = conservation(&[("adt".into(), good), ("lab".into(), bad)]);
    assert_eq!(found[0].to_string(), "E4080 interface lab: 1 of 3 messages are in no state");
}

#[test]
fn values_stand_as_words() {
    let check = |value: &str, text: &str, expect: Option<usize>| assert_eq!(content([value], text), expect, "{text}");
    check("HOLLOWAY", "no room for HOLLOWAY, IRIS", Some(12));
    check("HOLLOWAY", "HOLLOWAY", Some(0));
    check("HOLLOWAY", "the ward HOLLOWAYS", None);
    check("107919", "1079190 bytes, 107919 more", Some(15));
    check("HOLLOWAY", "\\rHOLLOWAY", Some(2));
    check("IR", "IR IR IR", None);
    check("", "anything", None);
}

#[test]
fn what_may_follow_what() {
    let check = |changes: Vec<Change>, expect: &[&str]| {
        let entries: Vec<Entry> = changes
            .into_iter()
            .enumerate()
            .map(|(place, change)| Entry { lsn: 16 + place as u64 * 8, at: Timestamp(2), change })
            .collect();
        assert_eq!(ids(&history(&stored(Disposition::Routed), &entries)), expect, "{entries:?}");
    };
    let done = |number| tried(8, number, Then::Done);
    check(vec![tried(8, 1, again()), tried(8, 2, again()), done(3)], &[]);
    check(vec![tried(8, 1, again()), done(3)], &["E4082"]);
    check(vec![tried(8, 1, again()), done(1)], &["E4082"]);
    check(vec![done(2)], &["E4082"]);
    check(vec![done(1), tried(8, 2, again())], &["E4084"]);
    check(vec![done(1), done(2)], &["E4084"]);
    check(vec![done(1), resent(8), done(1)], &[]);
    check(vec![tried(8, 1, again()), done(2), resent(8), done(3)], &[]);
    check(vec![tried(8, 1, again()), done(2), resent(8), tried(8, 1, again()), done(3)], &[]);
    check(vec![tried(8, 1, again()), done(2), resent(8), done(2)], &["E4082"]);
    check(vec![tried(8, 1, Then::Park), done(2)], &["E4084"]);
    check(vec![tried(8, 1, Then::Park), released(8), done(1)], &[]);
    check(vec![tried(8, 1, Then::Hold), released(8), done(2)], &[]);
    check(vec![tried(8, 1, Then::Hold), released(8), done(1)], &["E4082"]);
    check(vec![deleted(8), done(1)], &[]);
    check(vec![deleted(8), tried(8, 1, again()), done(2)], &["E4084"]);
    check(vec![done(1), released(8)], &["E4081"]);
    check(vec![resent(8)], &["E4081"]);
    let elsewhere = DeliveryId { number: 4, ..delivery(8) };
    check(vec![attempt(elsewhere, 1, Then::Done)], &["E4081"]);
    check(vec![tried(16, 1, Then::Done)], &["E4081"]);
}

#[test]
fn a_history_goes_forward_and_says_where_its_deliveries_stand() {
    let entry = |lsn, change| Entry { lsn, at: Timestamp(2), change };
    let message = stored(Disposition::Routed);
    let backward = [entry(24, tried(8, 1, again())), entry(16, tried(8, 2, Then::Done))];
    assert_eq!(ids(&history(&message, &backward)), ["E4081"]);
    let standing = |state, attempts| Standing { state, attempts };
    assert_eq!(standings(&message, &[]), [standing(DeliveryState::Queued, 0)]);
    assert_eq!(standings(&message, &backward), [standing(DeliveryState::Delivered, 2)]);
    let parked = Disposition::Parked { reason: Reason::read("E5005", "") };
    let dismissed = [entry(16, Change::Dismissed { message: MessageId(8), act: act() })];
    assert_eq!(standings(&stored(parked), &dismissed), [standing(DeliveryState::Deleted, 0)]);
}

/// Lines that are taken in one after the other; gives the findings, those at rest last.
fn walk(lines: &[Line<'_>]) -> Vec<String> {
    let mut walk = Walk::default();
    let mut found: Vec<Finding> = lines.iter().flat_map(|line| walk.take(line, &mut |_| None)).collect();
    found.extend(walk.at_rest());
    found.iter().map(|finding| format!("{} {}", finding.code, finding.place)).collect()
}

fn came(id: u64, order_key: u64) -> Line<'static> {
    Line::Accepted(OpenLine {
        id: MessageId(id),
        at: Timestamp(1),
        interface: "adt",
        disposition: Disposition::Routed,
        deliveries: vec![PlannedLine { destination: "a", order_key }],
    })
}

fn then(lsn: u64, change: Change) -> Line<'static> {
    Line::Changed(Entry { lsn, at: Timestamp(2), change })
}

#[test]
fn order_for_each_key() {
    let check = |rest: Vec<Line<'static>>, expect: &[&str]| {
        let lines: Vec<Line<'_>> = [came(8, 7), came(16, 7), came(24, 5)].into_iter().chain(rest).collect();
        assert_eq!(walk(&lines), expect);
    };
    let done = |id| tried(id, 1, Then::Done);
    check(vec![then(32, done(8)), then(40, done(16)), then(48, done(24))], &[]);
    check(vec![then(32, done(24)), then(40, done(8)), then(48, done(16))], &[]);
    check(vec![then(32, done(16)), then(40, done(8))], &["E4083 delivery 8/0"]);
    check(vec![then(32, tried(16, 1, again())), then(40, done(8))], &["E4083 delivery 8/0"]);
    check(vec![then(32, done(16))], &["E4083 delivery 8/0"]);
    check(vec![then(32, done(16)), then(40, deleted(8))], &[]);
    check(vec![then(32, tried(8, 1, Then::Park)), then(40, done(16)), then(48, released(8)), then(56, done(8))], &[]);
    check(vec![then(32, tried(8, 1, Then::Hold)), then(40, done(16))], &["E4083 delivery 8/0"]);
    let damaged = Line::Damaged(Quarantined { lsn: 32, length: 8 });
    check(vec![damaged, then(40, done(16)), then(48, done(8))], &[]);
}

#[test]
fn what_was_forgotten_is_asked_for_and_counted_once() {
    let mut walk = Walk::default();
    let last = 6000;
    for id in 1..=last {
        walk.take(&came(id * 8, id), &mut |_| None);
        walk.take(&then(id * 8 + 4, tried(id * 8, 1, Then::Done)), &mut |_| None);
    }
    let message = stored(Disposition::Routed);
    let done = Entry { lsn: 12, at: Timestamp(2), change: tried(8, 1, Then::Done) };
    let mut asked = 0;
    let mut recall = |_: MessageId| {
        asked += 1;
        Some((message.clone(), vec![done.clone()]))
    };
    assert_eq!(walk.take(&then(last * 8 + 8, resent(8)), &mut recall), []);
    assert_eq!(walk.take(&then(last * 8 + 16, tried(8, 1, again())), &mut recall), []);
    let counts = Counts { accepted: last, delivered: last - 1, in_flight: 1, ..Counts::default() };
    assert_eq!((walk.counts(), asked), (vec![("adt".into(), counts)], 1));
    assert_eq!(walk.open().collect::<Vec<_>>(), [(delivery(8), DeliveryState::Retrying)]);
}

#[test]
fn reasons_are_given_where_the_engine_gave_them() {
    let change = tried(8, 1, again());
    let Change::Attempt(Attempt { reason, .. }) = &change else { panic!("an attempt") };
    assert_eq!((change.reason(), released(8).reason()), (reason.as_ref(), None));
}
