//! R6 and R8: failed writes and syncs end acknowledging for good; a full disk only pauses it.

use super::{Rig, change, commit};
use crate::{
    Error, Health, Then,
    contract::{accept, attempt},
    log::Log,
};
use message::{DeliveryId, MessageId};
use std::time::{Duration, Instant};

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn check_failure(break_it: impl Fn(&Rig, u64), kind: &str) {
    for count in 1..8 {
        let rig = Rig::new();
        let (log, _) = rig.open();
        let mut acknowledged = vec![commit(&log, accept("adt", 0, &["a"])).unwrap().id()];
        break_it(&rig, count);
        let mut failed = None;
        for number in 1..20 {
            match commit(&log, accept("adt", number, &["a"])) {
                Ok(receipt) => {
                    assert_eq!(failed, None, "{kind} {count}: acknowledged after a failure");
                    acknowledged.push(receipt.id());
                }
                Err(error) => {
                    assert!(matches!(error, Error::Failed { .. }), "{kind} {count}: {error}");
                    failed.get_or_insert(number);
                }
            }
        }
        assert!(failed.is_some(), "{kind} {count}: the failure is told");
        assert!(matches!(&*log.health().borrow(), Health::Failed(_)), "{kind} {count}");
        let delivery = DeliveryId { message: acknowledged[0], number: 0 };
        assert!(matches!(change(&log, &attempt(delivery, 1, Then::Done)), Err(Error::Failed { .. })));
        let cut = rig.disk.cut_power(count);
        drop(log);
        let (log, _) = rig.on(cut).open();
        for id in acknowledged {
            assert!(log.read(id).is_ok(), "{kind} {count}: {id} is lost");
        }
    }
}

#[test]
fn a_failed_fsync_is_final() {
    check_failure(|rig, count| rig.disk.fail_sync(count), "fsync");
}

#[test]
fn a_failed_write_is_final() {
    check_failure(|rig, count| rig.disk.fail_write(count), "write");
}

#[test]
fn a_full_disk_refuses_messages_passes_changes_and_recovers_by_itself() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    // Room for what is there: the first segment, the next one and the reserve.
    let expected = 2 * rig.segment_bytes + 32 * 1024;
    until("the reserve and the next segment are made", || rig.disk.used() >= expected);
    rig.disk.set_room(Some(rig.disk.used()));
    let mut ids: Vec<MessageId> = Vec::new();
    let refused = loop {
        match commit(&log, accept("adt", ids.len() as u64, &["a"])) {
            Ok(receipt) => ids.push(receipt.id()),
            Err(error) => break error,
        }
    };
    assert_eq!(refused, Error::Full);
    until("told as full", || *log.health().borrow() == Health::Full);
    assert!(ids.len() > 50, "most of the room was used: {}", ids.len());
    for id in &ids {
        change(&log, &attempt(DeliveryId { message: *id, number: 0 }, 1, Then::Done)).unwrap();
    }
    assert_eq!(log.open_count(), 0, "queues drain");
    assert_eq!(commit(&log, accept("adt", 900, &["a"])), Err(Error::Full));
    // Retention works on a full disk, and makes the room that intake needs.
    let answer = log.retain(u64::MAX).unwrap();
    let freed = crate::contract::wait(answer).unwrap().unwrap();
    assert!(freed > 0);
    until("intake resumes", || *log.health().borrow() == Health::Ok);
    rig.disk.set_room(None);
    let id = commit(&log, accept("adt", 901, &["a"])).unwrap().id();
    let total = log.counts()[0].1;
    assert_eq!((total.accepted, total.delivered, total.lost()), (ids.len() as u64 + 1, ids.len() as u64, 0));
    let killed = rig.disk.fork();
    drop(log);
    let (log, _) = rig.on(killed).open();
    assert!(log.read(id).is_ok());
    assert_eq!(log.counts()[0].1, total);
}

#[test]
fn a_process_without_file_handles_only_pauses() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let expected = 2 * rig.segment_bytes + 32 * 1024;
    until("the reserve and the next segment are made", || rig.disk.used() >= expected);
    rig.disk.take_handles(true);
    let mut count = 0;
    let refused = loop {
        match commit(&log, accept("adt", count, &["a"])) {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, Error::Full, "later, and not the end");
    rig.disk.take_handles(false);
    until("intake resumes", || commit(&log, accept("adt", count, &["a"])).is_ok());
    assert_eq!(log.counts()[0].1.accepted, count + 1);
}

#[test]
fn a_message_larger_than_a_segment_gets_its_own() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let mut state = 1u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    let large: Vec<u8> = (0..300_000).map(|_| noise()).collect();
    let mut ids = Vec::new();
    for number in 0..6 {
        let mut accept = accept("mdm", number, &["a"]);
        if number % 2 == 1 {
            accept.envelope.raw = large.clone().into();
        }
        ids.push((commit(&log, accept.clone()).unwrap().id(), accept.envelope.raw));
    }
    let check = |log: &super::Embedded| {
        for (id, raw) in &ids {
            assert!(log.read(*id).unwrap().accept.envelope.raw == *raw);
        }
        assert_eq!(log.verify(), Ok(Vec::new()));
    };
    check(&log);
    let killed = rig.disk.fork();
    drop(log);
    check(&rig.on(killed).open().0);
}
