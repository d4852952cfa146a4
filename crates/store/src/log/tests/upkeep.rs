//! Duplicates over time, retention against crashes, keys.

use super::{Rig, change, close, commit, picture};
use crate::{
    Then, Verdict,
    contract::{accept, admission, attempt, wait},
    log::Log,
};
use message::DeliveryId;
use std::time::Duration;

#[test]
fn control_ids_are_forgotten_after_their_window() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let first = commit(&log, accept("adt", 1, &["a"])).unwrap().id();
    rig.advance(Duration::from_secs(3600));
    let again = commit(&log, accept("adt", 1, &["a"])).unwrap();
    assert_eq!(again.verdict(), Verdict::Duplicate { of: first }, "the last moment of the window");
    rig.advance(Duration::from_micros(1));
    let later = commit(&log, accept("adt", 1, &["a"])).unwrap();
    assert_eq!(later.verdict(), Verdict::New);
    let mut reused = accept("adt", 1, &["a"]);
    reused.envelope.raw = admission(2).into();
    let verdict = commit(&log, reused).unwrap().verdict();
    assert_eq!(verdict, Verdict::ReusedControlId { of: later.id() });
}

#[test]
fn duplicates_inside_one_group_are_found() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let commits: Vec<_> = (0..50).map(|_| log.commit(accept("adt", 1, &["a"]))).collect();
    let receipts: Vec<_> = commits.into_iter().map(|commit| wait(commit).unwrap()).collect();
    let first = receipts[0].id();
    assert!(receipts.iter().all(|receipt| receipt.id() == first));
    assert_eq!(receipts.iter().filter(|receipt| receipt.verdict() == Verdict::New).count(), 1);
    assert_eq!(log.counts()[0].1.accepted, 1);
}

#[test]
fn callbacks_come_in_the_order_of_ids() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let (send, receive) = std::sync::mpsc::channel();
    let commits: Vec<_> = (0..200)
        .map(|number| {
            let send = send.clone();
            log.commit_then(
                accept("adt", number, &["a"]),
                Some(Box::new(move |receipt| send.send(receipt.id()).unwrap())),
            )
        })
        .collect();
    let ids: Vec<_> = commits.into_iter().map(|commit| wait(commit).unwrap().id()).collect();
    let called: Vec<_> = receive.try_iter().collect();
    assert_eq!(called, ids);
    assert!(called.is_sorted());
}

#[test]
fn one_submitter_leads_its_own_group_and_many_leave_it_to_the_log_thread() {
    let rig = Rig { segment_bytes: 1024 * 1024, ..Rig::new() };
    let (log, _) = rig.open();
    let led = |first: u64, senders: usize| {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let count = &count;
        std::thread::scope(|scope| {
            for sender in 0..senders as u64 {
                let log = &log;
                scope.spawn(move || {
                    for number in 0..40 {
                        let own = std::thread::current().id();
                        let (send, receive) = std::sync::mpsc::channel();
                        let note = move |_: &_| send.send(std::thread::current().id() == own).unwrap();
                        let number = first + sender * 1000 + number;
                        wait(log.commit_then(accept("adt", number, &["a"]), Some(Box::new(note)))).unwrap();
                        let is_own = receive.recv().unwrap();
                        count.fetch_add(usize::from(is_own), std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        count.load(std::sync::atomic::Ordering::Relaxed)
    };
    // The log thread may look around by itself now and then.
    assert!(led(0, 1) >= 20, "one sender pays no thread");
    let (before, syncs) = (log.counts()[0].1.accepted, log.stats().fsyncs);
    led(100_000, 16);
    assert_eq!(log.counts()[0].1.accepted - before, 16 * 40);
    assert!(log.stats().fsyncs > syncs);
    close(&log);
    assert!(led_after_close(&log), "a closed log refuses, whoever writes");
}

fn led_after_close(log: &crate::log::embedded::Embedded) -> bool {
    matches!(commit(log, accept("adt", 9_999_999, &["a"])), Err(crate::Error::Closed))
}

#[test]
fn retention_survives_a_crash_at_any_write() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    for number in 0..300 {
        let id = commit(&log, accept("adt", number, &["a"])).unwrap().id();
        if number != 200 {
            change(&log, &attempt(DeliveryId { message: id, number: 0 }, 1, Then::Done)).unwrap();
        }
    }
    let (before, counts) = (picture(&log), log.counts());
    let segments = log.segments();
    assert!(segments.len() > 2);
    let kept = segments.iter().find(|segment| segment.in_flight > 0).unwrap();
    let uncut = rig.disk.fork();
    assert!(wait(log.retain(u64::MAX).unwrap()).unwrap().unwrap() > 0);
    assert_eq!(log.segments()[0].base, kept.base, "what is in flight keeps its segment");
    assert_eq!((picture(&log), log.counts()), (before.clone(), counts.clone()));
    let cut = rig.disk.fork();
    drop(log);
    // Between the record and the removal of the files: the files are still there.
    let between = cut.fork();
    for (path, bytes) in rig.on(uncut).segments() {
        if between.bytes(&path).is_none() {
            let file = crate::disk::Disk::create(&between, &path).unwrap();
            file.write_at(&bytes, 0).unwrap();
        }
    }
    for disk in [cut, between] {
        let after = rig.on(disk);
        let (log, _) = after.open();
        assert_eq!((picture(&log), log.counts()), (before.clone(), counts.clone()));
        assert_eq!(log.segments()[0].base, kept.base);
        close(&log);
        let (log, report) = after.open();
        assert!(report.has_checkpoint && report.was_closed);
        assert_eq!(picture(&log), before);
    }
}

#[test]
fn each_opening_has_a_nonce_of_its_own() {
    let rig = Rig::new();
    let mut epochs = Vec::new();
    for number in 0..4 {
        let (log, _) = rig.open();
        let id = commit(&log, accept("adt", number, &["a"])).unwrap().id();
        epochs.push(log.shared().segments.read(id.0).unwrap().header.epoch);
        if number % 2 == 0 {
            close(&log);
        }
    }
    assert_eq!(epochs, [1, 2, 3, 4]);
}
