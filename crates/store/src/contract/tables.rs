//! The suite of [`crate::tables::Tables`], by the numbers of its contract.

use super::{Subject, wait};
use crate::{AccountRow, Configuration, QualityChange, QualityQuery, QualityRow, Store, Switch};
use message::Timestamp;

/// Every promise.
pub fn all(subject: &dyn Fn() -> Box<dyn Subject>) {
    keeps_configurations(&*subject());
    keeps_switches(&*subject());
    keeps_quality(&*subject());
    keeps_accounts(&*subject());
}

pub(super) fn reopen(subject: &dyn Subject, store: Store) -> Store {
    assert_eq!(wait(store.close()), Ok(()), "closing");
    drop(store);
    subject.open()
}

/// 1, 2.
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
        assert_eq!(store.tables().configuration_applied(&configuration(version)), Ok(()), "2");
    }
    let store = reopen(subject, store);
    let expect = vec![configuration(7), configuration(u64::MAX), configuration(7)];
    assert_eq!(store.tables().configurations("adt", 10), Ok(expect), "2");
    assert_eq!(store.tables().configurations("lab", 10), Ok(Vec::new()), "2");
}

/// 1, 3.
pub fn keeps_switches(subject: &dyn Subject) {
    let store = subject.open();
    let switch =
        |value: &str| Switch { value: value.into(), at: Timestamp(1), by: "ann".into(), reason: "upgrade".into() };
    let set = |name: &str, value: Option<&Switch>| assert_eq!(store.tables().set_switch(name, value), Ok(()), "3");
    set("interface adt", Some(&switch("paused")));
    set("destination adt/pharmacy", Some(&switch("held")));
    set("interface adt", Some(&switch("draining")));
    set("interface lab", Some(&switch("paused")));
    set("interface lab", None);
    let store = reopen(subject, store);
    let expect =
        vec![("destination adt/pharmacy".to_owned(), switch("held")), ("interface adt".to_owned(), switch("draining"))];
    assert_eq!(store.tables().switches(), Ok(expect), "3");
}

/// 1, 4.
pub fn keeps_quality(subject: &dyn Subject) {
    let store = subject.open();
    let row = |interface: &str, span_s: u32, start: i64, text: &str| QualityRow {
        interface: interface.into(),
        span_s,
        start: Timestamp(start),
        kind: "ADT1|NORTH|ADT|A01".into(),
        text: text.into(),
    };
    let change = |put: Vec<QualityRow>, drop: Vec<(u32, Timestamp)>| {
        assert_eq!(store.tables().quality_change(&QualityChange { put, drop }), Ok(()), "4");
    };
    change(vec![row("adt", 3_600, 20, "b"), row("adt", 3_600, 10, "a"), row("lab", 3_600, 10, "l")], Vec::new());
    change(vec![row("adt", 3_600, 20, "B")], Vec::new());
    // Hours become a day: the same call drops them and writes it.
    change(vec![row("adt", 86_400, 10, "day"), row("adt", 3_600, 12, "kept")], vec![(3_600, Timestamp(20))]);
    let store = reopen(subject, store);
    let read = |query: &QualityQuery| store.tables().quality(query);
    let of_adt = QualityQuery::of(&"adt".into());
    let expect = vec![row("adt", 86_400, 10, "day"), row("adt", 3_600, 12, "kept"), row("adt", 3_600, 20, "B")];
    assert_eq!(read(&of_adt), Ok(expect.clone()), "4: replaced, dropped before written, in order");
    let hours = QualityQuery { span_s: Some(3_600), since: Timestamp(12), until: Timestamp(20), ..of_adt };
    assert_eq!(read(&hours), Ok(vec![expect[1].clone()]), "4: from the first to before the last");
    assert_eq!(read(&QualityQuery::of(&"lab".into())), Ok(Vec::new()), "4: dropped in every interface");
    let all = QualityQuery { interface: None, span_s: None, since: Timestamp(0), until: Timestamp(100) };
    assert_eq!(read(&all).map(|rows| rows.len()), Ok(3), "4: of every interface");
}

/// 1, 5.
pub fn keeps_accounts(subject: &dyn Subject) {
    let store = subject.open();
    let row = |id: &str, owner: &str, revision: u64, until: Option<i64>| AccountRow {
        kind: "session".into(),
        id: id.into(),
        owner: owner.into(),
        until: until.map(Timestamp),
        revision,
        body: vec![revision as u8, 0, 255],
    };
    let put = |row: &AccountRow, expect: bool| assert_eq!(store.tables().account_put(row), Ok(expect), "5: {row:?}");
    put(&row("b", "ann", 1, Some(10)), true);
    put(&row("b", "ann", 1, Some(10)), false);
    put(&row("b", "ann", 3, Some(10)), false);
    put(&row("b", "ann", 2, Some(20)), true);
    put(&row("b", "bob", 2, Some(20)), false);
    put(&row("z", "ann", 2, None), false);
    put(&row("a", "ann", 1, None), true);
    put(&row("c", "bob", 1, Some(10)), true);
    put(&AccountRow { kind: "user".into(), ..row("b", "", 1, None) }, true);
    let store = reopen(subject, store);
    assert_eq!(store.tables().account("session", "b"), Ok(Some(row("b", "ann", 2, Some(20)))), "1, 5");
    assert_eq!(store.tables().account("session", "z"), Ok(None), "5: no first row of a later revision");
    let ids = |owner: Option<&str>| {
        let rows = store.tables().accounts("session", owner).unwrap_or_default();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None), ["a", "b", "c"], "5: by id");
    assert_eq!(ids(Some("ann")), ["a", "b"], "5: of an owner");
    assert_eq!(store.tables().accounts_expire(Timestamp(10)), Ok(1), "5: at its time, it is over");
    assert_eq!(ids(None), ["a", "b"], "5");
    assert_eq!(store.tables().account_remove("session", "a"), Ok(true));
    assert_eq!(store.tables().account_remove("session", "a"), Ok(false));
    assert_eq!(ids(None), ["b"]);
    assert_eq!(store.tables().account("user", "b").map(|row| row.is_some()), Ok(true), "kinds are apart");
}
