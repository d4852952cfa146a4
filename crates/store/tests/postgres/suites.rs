//! The contract suites.

use super::{InDatabase, hasty, server};
use message::Timestamp;
use store::{
    AuditEntry,
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
