//! The suite of [`crate::audit`], by the numbers of its contract. (3, 4 and 8 have to reach behind the engine's back, and
//! are tested beside each engine.)

use super::{Subject, tables::reopen};
use crate::{AuditEntry, AuditQuery, AuditRow, Store};
use message::{Phi, Timestamp};

/// Microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// Every promise that needs no tampering.
pub fn all(subject: &dyn Fn() -> Box<dyn Subject>) {
    chains(&*subject());
    finds(&*subject());
    goes_on(&*subject());
}

/// A record about an invented patient, on the day with this number.
#[must_use]
pub fn entry(number: u64) -> AuditEntry {
    AuditEntry {
        who: ["ann", "bob", "carla"][(number % 3) as usize].into(),
        act: ["read", "release", "search"][(number % 3) as usize].into(),
        object: format!("message {number}"),
        reason: format!("asked by ward {number}"),
        origin: "10.1.2.3".into(),
        is_refused: number.is_multiple_of(5),
        patients: vec![Phi::new(format!("MRN-{}", number % 4))],
        terms: (number % 3 == 2).then(|| Phi::new(format!("patient:MRN-{}", number % 4))),
    }
}

fn append(store: &Store, at: i64, entry: &AuditEntry) -> AuditRow {
    match store.audit().append(Timestamp(at), entry) {
        Ok(row) => row,
        Err(error) => panic!("1: {error}"),
    }
}

fn numbers(store: &Store, query: &AuditQuery) -> Vec<u64> {
    store.audit().list(query).unwrap_or_default().iter().map(|row| row.number).collect()
}

/// 1, 2.
fn chains(subject: &dyn Subject) {
    let mut store = subject.open();
    for number in 1..=6 {
        let row = append(&store, number as i64, &entry(number));
        let kept = AuditEntry { patients: Vec::new(), ..entry(number) };
        assert_eq!((row.number, &row.entry), (number, &kept), "2");
        if number == 3 {
            store = reopen(subject, store);
        }
        if number == 5 {
            // As after a crash: nothing was closed.
            drop(store);
            store = subject.open();
        }
        assert_eq!(store.audit().list(&AuditQuery { limit: 1, ..AuditQuery::default() }), Ok(vec![row]), "1");
    }
    let verified = store.audit().verify();
    assert_eq!(verified.map(|chain| chain.map(|chain| chain.number)), Ok(Ok(6)), "1, 3");
}

/// 5, 6.
fn finds(subject: &dyn Subject) {
    let store = subject.open();
    // Several days, so several pieces.
    (1..=40).for_each(|number| drop(append(&store, number as i64 * DAY_US / 7, &entry(number))));
    let of_patient = |patient: &str| AuditQuery { patient: Some(Phi::new(patient.into())), ..AuditQuery::default() };
    let expect: Vec<u64> = (1..=40).rev().filter(|number| number % 4 == 2).collect();
    assert_eq!(numbers(&store, &of_patient("mrn-2 ")), expect, "5");
    assert_eq!(numbers(&store, &of_patient("MRN-22")), Vec::<u64>::new(), "5");
    let of_ann = AuditQuery { who: Some("ann".into()), act: Some("read".into()), ..AuditQuery::default() };
    assert_eq!(numbers(&store, &of_ann).len(), 13, "6: by user and act");
    let of_object = AuditQuery { object: Some("message 7".into()), ..AuditQuery::default() };
    assert_eq!(numbers(&store, &of_object), [7], "6: by object");
    let between =
        AuditQuery { since: Some(Timestamp(DAY_US)), until: Some(Timestamp(2 * DAY_US)), ..AuditQuery::default() };
    assert_eq!(numbers(&store, &between), (7..14).rev().collect::<Vec<_>>(), "6: by time");
    let mut all = Vec::new();
    loop {
        let page = numbers(&store, &AuditQuery { before: all.last().copied(), limit: 9, ..AuditQuery::default() });
        if page.is_empty() {
            break;
        }
        all.extend(page);
    }
    assert_eq!(all, (1..=40).rev().collect::<Vec<_>>(), "6: pages");
    let mut forward = Vec::new();
    loop {
        let rows = store.audit().after(forward.last().copied().unwrap_or(0), 9).unwrap_or_default();
        if rows.is_empty() {
            break;
        }
        forward.extend(rows.iter().map(|row| row.number));
    }
    assert_eq!(forward, (1..=40).collect::<Vec<_>>(), "6: forwards");
}

/// 7.
fn goes_on(subject: &dyn Subject) {
    let store = subject.open();
    (1..=300).for_each(|number| drop(append(&store, number as i64 * DAY_US / 50, &entry(number))));
    let store = reopen(subject, store);
    let verified = match store.audit().verify() {
        Ok(Ok(verified)) => verified,
        other => panic!("7: {other:?}"),
    };
    assert_eq!((verified.number, verified.first, verified.pieces), (300, 1, 7), "7");
    assert!(verified.checkpoints >= 6, "7: each piece but the last is signed: {verified:?}");
    let dropped =
        store.audit().drop_before(Timestamp(3 * DAY_US), Timestamp(6 * DAY_US + 1), "ann", "older than asked");
    assert_eq!(dropped, Ok(149), "7: three whole days");
    append(&store, 7 * DAY_US, &entry(302));
    let store = reopen(subject, store);
    let verified = store.audit().verify();
    assert_eq!(verified.map(|chain| chain.map(|chain| (chain.first, chain.number))), Ok(Ok((150, 302))), "7: a floor");
    let limit = AuditQuery { limit: 1_000, ..AuditQuery::default() };
    assert_eq!(numbers(&store, &limit).last(), Some(&150), "7: what was dropped is gone");
}
