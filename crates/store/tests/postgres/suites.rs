//! The contract suites.

use super::{InDatabase, hasty, server};
use message::{MessageState, Phi, Timestamp};
use store::{
    AuditEntry, Query, Store,
    check::Examination,
    contract::{self, Subject},
};

#[test]
fn the_log() {
    let Some(server) = server(&[]) else { return };
    contract::log::all(&|| Box::new(InDatabase::new(&server.address())));
    // Many days: whole ones are dropped.
    let subject = InDatabase::new(&server.address()).with(hasty);
    contract::log::retains(&subject);
    let store = subject.open();
    let examined = store.examine(Examination { is_at_rest: true, ..Examination::default() }).unwrap();
    assert!(examined.messages > 0 && examined.findings.is_empty(), "{examined:?}");
    assert_eq!(store.examine_recovery(true), Ok(Vec::new()));
    assert_eq!(store.verify(), Ok(Vec::new()));
}

#[test]
fn the_tables() {
    let Some(server) = server(&[]) else { return };
    contract::tables::all(&|| Box::new(InDatabase::new(&server.address())));
    // 3 of the contract, behind the engine's back.
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    for number in 0..5 {
        let object = format!("delivery {number}");
        let entry = AuditEntry { who: "ann".into(), act: "release".into(), object, ..AuditEntry::default() };
        store.tables().audit_append(Timestamp(number), &entry).unwrap();
    }
    let verify = || store.tables().audit_verify().unwrap();
    assert_eq!(verify(), Ok(5));
    let schema = subject.schema();
    for sql in ["UPDATE audit SET who = 'bob'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = server.sql(&format!("SET search_path = {schema}; {sql}")).unwrap_err();
        assert!(refused.contains("audit rows are final"), "{sql}: {refused}");
    }
    let changes = [
        ("UPDATE audit SET who = 'bob' WHERE number = 3", 3),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE audit SET hash = 'x' WHERE number = 5", 5),
        ("DELETE FROM audit WHERE number = 2", 2),
    ];
    for (sql, number) in changes {
        let keep = format!(
            "SET search_path = {schema}; ALTER TABLE audit DISABLE TRIGGER ALL; CREATE TABLE kept AS TABLE audit"
        );
        server.sql(&keep).unwrap();
        server.sql(&format!("SET search_path = {schema}; {sql}")).unwrap();
        assert_eq!(verify().unwrap_err().number, number, "{sql}");
        let back =
            "DELETE FROM audit; INSERT INTO audit TABLE kept; DROP TABLE kept; ALTER TABLE audit ENABLE TRIGGER ALL";
        server.sql(&format!("SET search_path = {schema}; {back}")).unwrap();
        assert_eq!(verify(), Ok(5));
    }
}

#[test]
fn the_index() {
    let Some(server) = server(&[]) else { return };
    contract::index::all(&|| Box::new(InDatabase::new(&server.address()).with(hasty)));
    // 5 and 6 of the contract, behind the engine's back.
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    let ids: Vec<_> = (0..50)
        .map(|number| contract::wait(store.commit(contract::accept("adt", number, &["a"]))).unwrap().id())
        .collect();
    let found = |store: &Store| {
        let pages = (0..20).find_map(|_| store.search(&Query::default()).ok());
        let mut found: Vec<_> = pages.unwrap().hits.into_iter().map(|hit| hit.id).collect();
        found.reverse();
        found
    };
    assert_eq!(found(&store), ids);
    contract::wait(store.close()).unwrap();
    drop(store);
    let damages = [
        "TRUNCATE found, keys, names; UPDATE indexed SET watermark = 0",
        "DELETE FROM indexed",
        "UPDATE found SET state = 5; UPDATE indexed SET watermark = 9e15",
    ];
    for damage in damages {
        server.sql(&format!("SET search_path = {}; {damage}", subject.schema())).unwrap();
        let store = subject.open();
        assert_eq!(found(&store), ids, "{damage}");
        let patient = Query { patient: Some(Phi::new("107919".to_owned())), ..Query::default() };
        assert_eq!(store.search(&patient).unwrap().hits.len(), 1, "{damage}");
        let parked = Query { states: vec![MessageState::Parked], ..Query::default() };
        assert_eq!(store.search(&parked).unwrap().hits.len(), 0, "{damage}");
        contract::wait(store.close()).unwrap();
    }
    let everything =
        "SELECT string_agg(t::text, ' ') FROM (SELECT f::text FROM found f UNION ALL SELECT k::text FROM keys k
        UNION ALL SELECT n::text FROM names n UNION ALL SELECT encode(record, 'escape') FROM messages) t";
    let text = server.sql(&format!("SET search_path = {}; {everything}", subject.schema())).unwrap();
    for clear in ["107919", "500001", "MSG00000001", "Probe"] {
        assert!(!text.contains(clear), "{clear} can be read in the database");
    }
}
