//! The contract suites.

use super::{InDatabase, hasty, server};
use message::{MessageId, MessageState, Phi, Timestamp};
use store::{
    Error, KeySource, MasterKey, Options, Query, Store,
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

/// Every day has a key of its own, and days are made meanwhile: none is left under the old master key.
#[test]
fn the_master_key_is_exchanged_while_days_are_made() {
    let Some(server) = server(&[]) else { return };
    let (old, new) = (MasterKey::from_bytes([7; 32]), MasterKey::from_bytes([9; 32]));
    let given = |key: &MasterKey| KeySource::Given(key.clone());
    let mut subject = InDatabase::new(&server.address()).with(hasty);
    subject.options.key = given(&old);
    let store = subject.open();
    let commit = |number| contract::wait(store.commit(contract::accept("adt", number, &["a"]))).unwrap().id();
    let mut ids: Vec<MessageId> = (0..40).map(commit).collect();
    let (rotated, more) = std::thread::scope(|scope| {
        let writing = scope.spawn(|| (40..240).map(commit).collect::<Vec<_>>());
        (store.rotate(&new, &mut |_| {}).unwrap(), writing.join().unwrap())
    });
    ids.extend(more);
    ids.extend((240..330).map(commit));
    assert!(!rotated.is_in_place && rotated.unreadable.is_empty() && rotated.count > 1, "{rotated:?}");
    assert!(store.segments().len() as u64 + 1 > rotated.count, "days were made since: {rotated:?}");
    assert!(ids.iter().all(|id| store.read(*id).is_ok()));
    contract::wait(store.close()).unwrap();
    drop(store);
    // Both keys open it until the new one is in its place; the database itself knows only the new one.
    drop(subject.open());
    std::fs::rename(subject.directory.join("keys/rotation"), subject.directory.join("aside")).unwrap();
    let refused = Store::open(&subject.directory, &subject.options).map(drop);
    assert!(matches!(refused, Err(Error::WrongKey { .. })), "{refused:?}");
    subject.options.key = given(&new);
    let store = subject.open();
    assert!(ids.iter().all(|id| store.read(*id).is_ok()) && store.verify() == Ok(Vec::new()));
    drop(store);
    std::fs::rename(subject.directory.join("aside"), subject.directory.join("keys/rotation")).unwrap();
    let store = subject.open();
    assert!(store.resume_rotation(&mut |_| {}).unwrap().is_some_and(|rotated| rotated.is_in_place));
    // An engine that lost its lease wraps nothing.
    server.sql(&format!("UPDATE {}.owner SET instance = 'another'", subject.schema())).unwrap();
    let lost = store.rotate(&old, &mut |_| {});
    assert!(matches!(&lost, Err(Error::Away { reason }) if reason.contains("lease")), "{lost:?}");
    let Options { key: KeySource::Given(key), .. } = &subject.options else { panic!("the key is given") };
    assert_eq!(key.id(), new.id());
}

#[test]
fn the_tables() {
    let Some(server) = server(&[]) else { return };
    contract::tables::all(&|| Box::new(InDatabase::new(&server.address())));
}

#[test]
fn the_audit_chain() {
    let Some(server) = server(&[]) else { return };
    contract::audit::all(&|| Box::new(InDatabase::new(&server.address())));
    // 3 of the contract, behind the engine's back.
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    for number in 1..=70 {
        store.audit().append(Timestamp(number * 3_000_000_000), &contract::audit::entry(number as u64)).unwrap();
    }
    let schema = subject.schema();
    let run = |sql: &str| server.sql(&format!("SET search_path = {schema}; {sql}"));
    for sql in ["UPDATE trail SET place = 1", "TRUNCATE trail"] {
        let refused = run(sql).unwrap_err();
        assert!(refused.contains("audit rows are final"), "{sql}: {refused}");
    }
    run("ALTER TABLE trail DISABLE TRIGGER ALL; CREATE TABLE kept AS TABLE trail; CREATE TABLE kept_anchor AS TABLE audit_anchor")
        .unwrap();
    let some = "(SELECT place FROM trail WHERE piece = 1 ORDER BY place OFFSET 7 LIMIT 1)";
    let last = "(SELECT max(place) FROM trail WHERE piece = (SELECT max(piece) FROM trail))";
    let changes = [
        format!(
            "UPDATE trail SET bytes = set_byte(bytes, 30, get_byte(bytes, 30) # 1) WHERE piece = 1 AND place = {some}"
        ),
        format!("UPDATE trail SET bytes = substr(bytes, 2) WHERE piece = 1 AND place = {some}"),
        format!("UPDATE trail SET place = place + 1 WHERE piece = 1 AND place = {some}"),
        format!("DELETE FROM trail WHERE piece = 1 AND place = {some}"),
        format!("DELETE FROM trail WHERE piece = (SELECT max(piece) FROM trail) AND place = {last}"),
        "DELETE FROM trail WHERE piece = (SELECT max(piece) FROM trail)".to_owned(),
        "DELETE FROM trail WHERE piece = 1".to_owned(),
        "DELETE FROM trail".to_owned(),
        "DELETE FROM audit_anchor".to_owned(),
        "UPDATE audit_anchor SET bytes = set_byte(bytes, 30, get_byte(bytes, 30) # 1)".to_owned(),
    ];
    let verify = || store.audit().verify().unwrap().is_ok();
    assert!(verify());
    for sql in changes {
        run(&sql).unwrap();
        assert!(!verify(), "{sql}");
        run("DELETE FROM trail; INSERT INTO trail TABLE kept; DELETE FROM audit_anchor; INSERT INTO audit_anchor TABLE kept_anchor").unwrap();
        assert!(verify(), "after {sql}");
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
