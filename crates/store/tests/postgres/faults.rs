//! A server that crashes, answers that get lost, a full disk, settings, and a lease that is taken away.

use super::{InDatabase, proxy::Proxy, server};
use message::{DeliveryId, MessageId};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use store::{
    Error, Health, KeySource, MasterKey, Options, Query, Receipt, Store, Then,
    check::Examination,
    contract::{Subject, accept, attempt, wait},
};

/// Longest wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: &str, mut is_there: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_there() {
        assert!(Instant::now() < end, "waiting for {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

/// Sends one message as a peer does: the same again until it is acknowledged.
fn insist(store: &Store, number: u64) -> Receipt {
    loop {
        match wait(store.commit(accept("adt", number, &["a"]))) {
            Ok(receipt) => return receipt,
            Err(Error::Away { .. } | Error::Full | Error::Busy) => thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Everything that was acknowledged is there, byte for byte and once, and everything adds up.
fn check(store: &Store, acknowledged: &[(u64, MessageId)]) {
    for (number, id) in acknowledged {
        let stored = store.read(*id).unwrap();
        assert!(stored.accept.envelope.raw == accept("adt", *number, &[]).envelope.raw, "{id}");
    }
    assert_eq!(store.counts_total().accepted, acknowledged.len() as u64, "each message is stored once");
    let examined = store.examine(Examination { is_at_rest: true, ..Examination::default() }).unwrap();
    assert!(examined.is_well() && examined.messages == acknowledged.len() as u64, "{examined:?}");
    assert_eq!(store.examine_recovery(true), Ok(Vec::new()));
}

#[test]
fn a_server_that_crashes_under_load_loses_nothing_and_intake_resumes() {
    let Some(server) = server(&[]) else { return };
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    let (acknowledged, next, is_ended) = (Mutex::new(Vec::new()), AtomicU64::new(0), AtomicBool::new(false));
    let count = || acknowledged.lock().unwrap().len();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = MessageId(0);
                while !is_ended.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let id = insist(&store, number).id();
                    assert!(id > last, "in order");
                    last = id;
                    store.append(&attempt(DeliveryId { message: id, number: 0 }, 1, Then::Done)).unwrap();
                    acknowledged.lock().unwrap().push((number, id));
                }
            });
        }
        for _ in 0..2 {
            let before = count();
            until("messages", || count() > before + 40);
            server.stop("immediate").unwrap();
            until("the loss to be noticed", || matches!(store.health(), Health::Away(_)));
            server.begin().unwrap();
            let before = count();
            until("intake to resume by itself", || count() > before + 20);
            until("health", || store.health() == Health::Ok);
        }
        is_ended.store(true, Ordering::Relaxed);
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    let found = |store: &Store| {
        let all = Query { limit: Query::LIMIT_MAX, ..Query::default() };
        (0..20).find_map(|_| store.search(&all).ok()).unwrap().hits.len()
    };
    assert_eq!(found(&store), acknowledged.len(), "the index missed nothing");
    wait(store.close()).unwrap();
    drop(store);
    let store = subject.open();
    check(&store, &acknowledged);
    assert_eq!(
        store.counts_total().delivered,
        acknowledged.len() as u64,
        "changes are kept over a crash of the server"
    );
}

#[test]
fn a_server_that_is_gone_is_told_at_once() {
    let Some(server) = server(&[]) else { return };
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    insist(&store, 1);
    server.stop("immediate").unwrap();
    for number in 2..4 {
        let refused = wait(store.commit(accept("adt", number, &["a"])));
        assert!(matches!(refused, Err(Error::Away { .. })), "{refused:?}");
    }
    assert_eq!(store.counts_total().accepted, 1, "what was refused does not count");
    server.begin().unwrap();
    let receipt = insist(&store, 2);
    assert_eq!(receipt.verdict(), store::Verdict::New, "what was refused is no original");
    // An end is possible without the server too.
    server.stop("immediate").unwrap();
    store.append(&attempt(DeliveryId { message: receipt.id(), number: 0 }, 1, Then::Done)).unwrap();
    let closed = wait(store.close());
    assert!(matches!(closed, Err(Error::Away { .. }) | Ok(())), "{closed:?}");
}

#[test]
fn a_commit_whose_answer_is_lost_is_looked_up_and_one_that_never_arrived_is_sent_again() {
    let Some(server) = server(&[]) else { return };
    let proxy = Proxy::start(server.folder());
    let subject = InDatabase::new(&proxy.address()).with(|options| Options { has_index: false, ..options });
    let store = subject.open();
    let mut acknowledged = vec![(0, insist(&store, 0).id())];
    let was_cut = || proxy.cuts.load(Ordering::Relaxed);
    for number in 1..=10 {
        let before = was_cut();
        // The odd ones lose the answer, the even ones the statement itself.
        proxy.cut_next(number % 2 == 1);
        // No message is sent twice here: the store alone has to find out what became of it.
        let receipt = wait(store.commit(accept("adt", number, &["a"]))).unwrap();
        assert_eq!(was_cut(), before + 1, "the connection was cut");
        assert_eq!(receipt.verdict(), store::Verdict::New);
        acknowledged.push((number, receipt.id()));
    }
    assert!(acknowledged.is_sorted());
    check(&store, &acknowledged);
    wait(store.close()).unwrap();
    drop(store);
    check(&subject.open(), &acknowledged);
}

#[test]
fn settings_that_lose_messages_are_refused_or_overridden() {
    let Some(server) = server(&[]) else { return };
    let subject = InDatabase::new(&server.address());
    let set = |setting: &str, value: &str| {
        server.sql(&format!("ALTER SYSTEM SET {setting} = {value}")).unwrap();
        server.sql("SELECT pg_reload_conf()").unwrap();
        until("the setting", || server.sql(&format!("SHOW {setting}")).unwrap() == value);
    };
    for setting in ["fsync", "full_page_writes"] {
        set(setting, "off");
        let opened = Store::open(&subject.directory, &subject.options).map(|_| ());
        let expect = Error::Unsafe { setting, found: "off".into(), wanted: "on" };
        assert_eq!(opened, Err(expect));
        set(setting, "on");
    }
    set("synchronous_commit", "off");
    server.sql("ALTER ROLE sinew SET synchronous_commit = off").unwrap();
    let store = subject.open();
    insist(&store, 1);
    let store::Engine::Postgres(database) = &subject.options.engine else { panic!("no database") };
    let inspected = database.inspect().unwrap();
    assert!(!inspected.has_synchronous_standby && inspected.version.contains('.'), "{inspected:?}");
    // A server that turns dangerous while the store runs: nothing is acknowledged until it is set right.
    set("fsync", "off");
    server.stop("immediate").unwrap();
    server.begin().unwrap();
    drop(store.commit(accept("adt", 2, &["a"])));
    until("the setting to be noticed", || matches!(store.health(), Health::Away(why) if why.contains("fsync")));
    let refused = wait(store.commit(accept("adt", 3, &["a"])));
    assert!(matches!(refused, Err(Error::Away { .. })), "{refused:?}");
    set("fsync", "on");
    insist(&store, 2);
    insist(&store, 3);
    assert_eq!(store.counts_total().accepted, 3);
}

#[test]
fn one_engine_at_a_time_and_the_one_that_lost_the_lease_writes_nothing() {
    let Some(server) = server(&[]) else { return };
    let key = MasterKey::from_bytes([7; 32]);
    let with_key = |options: Options| Options { key: KeySource::Given(key.clone()), ..options };
    let first = InDatabase::new(&server.address()).with(with_key);
    let mut second = InDatabase::new(&server.address()).with(with_key);
    second.options.engine = first.options.engine.clone();
    let store = first.open();
    let id = insist(&store, 1).id();
    let refused = Store::open(&second.directory, &second.options).map(|_| ());
    assert!(matches!(&refused, Err(Error::Owned { seconds, .. }) if *seconds <= 15), "{refused:?}");
    insist(&store, 2);
    // The first is cut off for so long that its lease ends.
    let schema = first.schema();
    server.sql(&format!("UPDATE {schema}.owner SET until = now() - interval '1 s'")).unwrap();
    let taken = second.open();
    assert!(taken.read(id).is_ok());
    let late = wait(store.commit(accept("adt", 3, &["a"])));
    assert!(matches!(late, Err(Error::Failed { .. })), "{late:?}");
    assert!(matches!(store.health(), Health::Failed(why) if why.contains("lease")));
    assert!(insist(&taken, 4).id() > id);
    drop(store);
    assert_eq!(taken.counts_total().accepted, 3, "nothing of the first came through");
    wait(taken.close()).unwrap();
    drop(taken);
    // After an end in order nobody has to wait.
    assert_eq!(first.open().counts_total().accepted, 3);
}

#[test]
fn a_server_without_room_refuses_messages_and_is_tried_again() {
    let Some(server) = server(&[]) else { return };
    let subject = InDatabase::new(&server.address());
    let store = subject.open();
    let first = insist(&store, 1).id();
    let schema = subject.schema();
    let full = format!(
        "SET search_path = {schema};
         CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$;
         CREATE TRIGGER no_room BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION no_room()"
    );
    server.sql(&full).unwrap();
    assert_eq!(wait(store.commit(accept("adt", 2, &["a"]))), Err(Error::Full));
    assert_eq!(store.health(), Health::Full);
    let change = attempt(DeliveryId { message: first, number: 0 }, 1, Then::Done);
    assert!(wait(store.commit_change(change)).is_ok(), "changes pass while there is no room for messages");
    assert_eq!((store.counts_total().accepted, store.counts_total().delivered), (1, 1));
    server.sql(&format!("DROP TRIGGER no_room ON {schema}.messages")).unwrap();
    let second = insist(&store, 2).id();
    assert_eq!(store.health(), Health::Ok);
    wait(store.close()).unwrap();
    drop(store);
    check(&subject.open(), &[(1, first), (2, second)]);
}
