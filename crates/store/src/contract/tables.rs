//! The suite of [`crate::tables::Tables`], by the numbers of its contract. (3 has to reach behind the engine's back,
//! and is tested beside each engine.)

use super::{Subject, wait};
use crate::{AuditEntry, AuditQuery, Configuration, Store, Switch};
use message::Timestamp;

/// Every promise that needs no tampering.
pub fn all(subject: &dyn Fn() -> Box<dyn Subject>) {
    chains(&*subject());
    keeps_configurations(&*subject());
    keeps_switches(&*subject());
}

fn reopen(subject: &dyn Subject, store: Store) -> Store {
    assert_eq!(wait(store.close()), Ok(()), "closing");
    drop(store);
    subject.open()
}

/// 1, 2.
pub fn chains(subject: &dyn Subject) {
    let mut store = subject.open();
    let start = store.tables().audit_verify().map(|chain| chain.unwrap_or(0)).unwrap_or(0);
    for number in 1..=6u64 {
        let object = format!("delivery {number}/0");
        let entry = AuditEntry { who: "ann".into(), act: "release".into(), object, reason: "checked".into() };
        let row = store.tables().audit_append(Timestamp(number as i64), &entry);
        assert_eq!(row.map(|row| (row.number, row.entry)), Ok((start + number, entry)), "2");
        if number == 3 {
            store = reopen(subject, store);
        }
    }
    assert_eq!(store.tables().audit_verify(), Ok(Ok(start + 6)), "1");
    let query = AuditQuery { object: Some("delivery 2/0".into()), ..AuditQuery::default() };
    let found = store.tables().audit_list(&query).unwrap_or_default();
    assert_eq!(found.iter().map(|row| row.number).collect::<Vec<_>>(), [start + 2], "1: by object");
    let query = AuditQuery { before: Some(start + 5), limit: 2, ..AuditQuery::default() };
    let found = store.tables().audit_list(&query).unwrap_or_default();
    assert_eq!(found.iter().map(|row| row.number).collect::<Vec<_>>(), [start + 4, start + 3], "2: newest first");
}

/// 1, 4.
pub fn keeps_configurations(subject: &dyn Subject) {
    let store = subject.open();
    let configuration = |version: u64| Configuration {
        interface: "adt".into(),
        version,
        text: format!("interface adt {{ # {version} }}"),
        at: Timestamp(version as i64),
        by: "ann".into(),
    };
    for version in [7, u64::MAX, 7] {
        assert_eq!(store.tables().configuration_applied(&configuration(version)), Ok(()), "4");
    }
    let store = reopen(subject, store);
    let expect = vec![configuration(7), configuration(u64::MAX), configuration(7)];
    assert_eq!(store.tables().configurations("adt", 10), Ok(expect), "4");
    assert_eq!(store.tables().configurations("lab", 10), Ok(Vec::new()), "4");
}

/// 1, 5.
pub fn keeps_switches(subject: &dyn Subject) {
    let store = subject.open();
    let switch =
        |value: &str| Switch { value: value.into(), at: Timestamp(1), by: "ann".into(), reason: "upgrade".into() };
    let set = |name: &str, value: Option<&Switch>| assert_eq!(store.tables().set_switch(name, value), Ok(()), "5");
    set("interface adt", Some(&switch("paused")));
    set("destination adt/pharmacy", Some(&switch("held")));
    set("interface adt", Some(&switch("draining")));
    set("interface lab", Some(&switch("paused")));
    set("interface lab", None);
    let store = reopen(subject, store);
    let expect =
        vec![("destination adt/pharmacy".to_owned(), switch("held")), ("interface adt".to_owned(), switch("draining"))];
    assert_eq!(store.tables().switches(), Ok(expect), "5");
}
