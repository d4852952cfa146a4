//! R1 and R7: what was acknowledged survives; what was torn is cut; recovery may be repeated.

use super::{Rig, change, close, commit, picture};
use crate::{
    Then,
    contract::{accept, attempt, wait},
    log::Log,
};
use message::{DeliveryId, MessageId};

fn first(id: MessageId) -> DeliveryId {
    DeliveryId { message: id, number: 0 }
}

/// Commits some messages and settles some; gives their ids.
fn fill(log: &super::Embedded, numbers: std::ops::Range<u64>) -> Vec<MessageId> {
    let mut ids = Vec::new();
    for number in numbers {
        let id = commit(log, accept("adt", number, &["a"])).unwrap().id();
        if number % 2 == 0 {
            change(log, &attempt(first(id), 1, Then::Done)).unwrap();
        }
        ids.push(id);
    }
    ids
}

#[test]
fn a_tail_cut_at_any_byte_loses_nothing_before_it() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let ids = fill(&log, 0..8);
    let end = log.written();
    let killed = rig.disk.fork();
    drop(log);
    // The last three records: an accept, a change, an accept.
    let from = ids[5].0;
    let (path, bytes) = rig.on(killed.clone()).segments().into_iter().next().unwrap();
    let step = if cfg!(debug_assertions) { 23 } else { 1 };
    for cut in (from..=end).step_by(step) {
        let torn = killed.fork();
        torn.overwrite(&path, cut as usize, &vec![0; bytes.len() - cut as usize]);
        let again = rig.on(torn);
        let (log, report) = again.open();
        assert_eq!(report.quarantined, [], "cut at {cut}");
        for id in &ids[..5] {
            assert!(log.read(*id).is_ok(), "{id} when cut at {cut}");
        }
        let whole = ids.iter().filter(|id| log.read(**id).is_ok()).count() as u64;
        let total = super::super::sum(Default::default(), &log.counts()[0].1);
        assert_eq!((total.accepted, total.lost()), (whole, 0), "cut at {cut}");
        let before = picture(&log);
        let killed_again = again.disk.fork();
        drop(log);
        let (log, report) = rig.on(killed_again).open();
        assert_eq!((picture(&log), report.torn), (before, vec![]), "recovered twice, cut at {cut}");
    }
}

#[test]
fn power_cuts_lose_nothing_that_was_acknowledged() {
    for seed in 1..25u64 {
        let rig = Rig::new();
        let (log, _) = rig.open();
        let ids = fill(&log, 0..10);
        let settled = ids.iter().step_by(2).map(|id| first(*id)).collect::<Vec<_>>();
        // On their way when the power goes: any part of them may be lost.
        let pending: Vec<_> = (100..110).map(|number| log.commit(accept("adt", number, &["a"]))).collect();
        for id in ids.iter().skip(1).step_by(2) {
            log.append(&attempt(first(*id), 1, Then::Done)).unwrap();
        }
        let cut = rig.disk.cut_power(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        drop((pending, log));
        let after = rig.on(cut);
        let (log, report) = after.open();
        assert_eq!(report.quarantined.iter().filter(|place| ids.iter().any(|id| id.0 == place.lsn)).count(), 0);
        for (number, id) in ids.iter().enumerate() {
            let found = log.read(*id).unwrap();
            assert_eq!(found.accept.envelope.raw, accept("adt", number as u64, &["a"]).envelope.raw, "seed {seed}");
        }
        assert!(log.open_now().iter().all(|open| !settled.contains(&open.id)), "seed {seed}: settled stays settled");
        assert!(log.counts().iter().all(|(_, counts)| counts.lost() == 0), "seed {seed}");
        let next = commit(&log, accept("adt", 500, &["a"])).unwrap().id();
        assert!(ids.iter().all(|id| *id < next), "seed {seed}: ids grow");
        assert_eq!(log.read(next).unwrap().id, next);
    }
}

/// The test above would notice a store that acknowledges before its fsync: here the disk itself does so.
#[test]
fn a_lying_disk_loses_acknowledged_messages_and_this_test_sees_it() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    rig.disk.lie_about_sync(true);
    let ids = fill(&log, 0..10);
    let cut = rig.disk.cut_power(0x9e37_79b9_7f4a_7c15);
    drop(log);
    let (log, _) = rig.on(cut).open();
    assert!(ids.iter().any(|id| log.read(*id).is_err()), "some have to be gone");
}

#[test]
fn changes_without_a_waiter_survive_a_kill_at_once_and_a_power_cut_soon() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let ids: Vec<_> = (0..6).map(|number| commit(&log, accept("adt", number, &["a"])).unwrap().id()).collect();
    for id in &ids {
        log.append(&attempt(first(*id), 1, Then::Done)).unwrap();
    }
    while log.open_count() > 0 {
        std::thread::yield_now();
    }
    // The ledger runs ahead of the write by less than a group: wait for the write itself.
    let last = change(&log, &attempt(first(ids[0]), 2, Then::Done)).unwrap();
    assert!(log.written() > last);
    let (killed, cut) = (rig.disk.fork(), rig.disk.cut_power(3));
    drop(log);
    for disk in [killed, cut] {
        assert_eq!(rig.on(disk).open().0.open_count(), 0);
    }
}

#[test]
fn an_idle_log_syncs_appended_changes_by_itself() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let id = commit(&log, accept("adt", 1, &["a"])).unwrap().id();
    log.append(&attempt(first(id), 1, Then::Done)).unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while log.durable() < log.written() || log.open_count() > 0 {
        assert!(std::time::Instant::now() < deadline, "never synced");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let cut = rig.disk.cut_power(0);
    drop(log);
    assert_eq!(rig.on(cut).open().0.open_count(), 0);
}

#[test]
fn a_checkpoint_saves_reading_and_changes_nothing() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let ids = fill(&log, 0..150);
    wait(log.checkpoint().unwrap()).unwrap().unwrap();
    change(&log, &attempt(first(ids[1]), 1, Then::Park)).unwrap();
    fill(&log, 200..210);
    let before = picture(&log);
    let killed = rig.disk.fork();
    drop(log);
    let path = std::path::Path::new("/store/checkpoint");
    let bytes = killed.bytes(path).unwrap();
    let with = rig.on(killed.fork());
    let (log, report) = with.open();
    assert!(report.has_checkpoint && report.records < 40, "{report:?}");
    assert_eq!(picture(&log), before);
    drop(log);
    for place in (0..bytes.len()).step_by(bytes.len() / 20) {
        let disk = killed.fork();
        disk.overwrite(path, place, &[bytes[place] ^ 0x20]);
        let (log, report) = rig.on(disk).open();
        assert!(!report.has_checkpoint, "byte {place} is not noticed");
        assert_eq!(picture(&log), before, "byte {place}");
    }
    let disk = killed.fork();
    crate::disk::Disk::remove(&disk, path).unwrap();
    assert_eq!(picture(&rig.on(disk).open().0), before);
}

/// A checkpoint that is ahead of its log (which a disk may leave that reorders across files) is not believed.
#[test]
fn a_checkpoint_of_another_history_is_not_believed() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    fill(&log, 0..4);
    let (before, early) = (picture(&log), rig.disk.fork());
    fill(&log, 10..20);
    close(&log);
    let path = std::path::Path::new("/store/checkpoint");
    let late = rig.disk.bytes(path).unwrap();
    let file = crate::disk::Disk::create(&early, path).unwrap();
    file.write_at(&late, 0).unwrap();
    let (log, report) = rig.on(early).open();
    assert!(!report.has_checkpoint);
    assert_eq!(picture(&log), before);
}
