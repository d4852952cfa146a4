//! R7: any flipped bit is detected; neighbours are served; nothing after it is cut off.

use super::{Rig, change, commit};
use crate::{
    Error, Then,
    contract::{accept, attempt},
    log::Log,
};
use message::{DeliveryId, Timestamp};

#[test]
fn any_flipped_bit_is_detected_and_only_its_record_is_lost() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let mut ids = Vec::new();
    for number in 0..120 {
        let id = commit(&log, accept("adt", number, &["a"])).unwrap().id();
        change(&log, &attempt(DeliveryId { message: id, number: 0 }, 1, Then::Done)).unwrap();
        ids.push(id);
    }
    let clean = rig.disk.fork();
    drop(log);
    let files = rig.on(clean.clone()).segments();
    assert!(files.len() >= 2, "several segments");
    let expect: Vec<_> = (0..120).map(|number| accept("adt", number, &["a"]).envelope.raw).collect();
    let mut chance = 0x9e37_79b9_7f4a_7c15u64;
    for round in 0..60 {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (path, bytes) = &files[(chance >> 33) as usize % files.len()];
        let place = (chance >> 13) as usize % bytes.len();
        let disk = clean.fork();
        disk.overwrite(path, place, &[bytes[place] ^ 1 << (chance % 8)]);
        let (log, report) = rig.on(disk).open();
        let damaged = log.verify().unwrap();
        let is_detected = !damaged.is_empty() || !report.torn.is_empty() || !report.quarantined.is_empty();
        assert!(is_detected, "round {round}: {path:?} byte {place}");
        let lost = ids.iter().zip(&expect).filter(|(id, raw)| match log.read(**id) {
            Ok(found) => {
                assert!(found.accept.envelope.raw == **raw, "round {round}: wrong bytes were served");
                false
            }
            Err(error) => {
                assert!(matches!(error, Error::Corrupt { .. } | Error::NotFound { .. }), "round {round}: {error}");
                true
            }
        });
        assert!(lost.count() <= 1, "round {round}: neighbours are lost");
    }
}

#[test]
fn a_damaged_message_keeps_its_neighbours_deliveries() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let ids: Vec<_> = (0..9).map(|number| commit(&log, accept("adt", number, &["a"])).unwrap().id()).collect();
    let disk = rig.disk.fork();
    drop(log);
    let path = rig.on(disk.clone()).segments()[0].0.clone();
    disk.overwrite(&path, ids[4].0 as usize + 60, b"damage");
    let (log, report) = rig.on(disk).open();
    assert_eq!(report.quarantined.len(), 1);
    assert_eq!(report.quarantined[0].lsn, ids[4].0);
    assert_eq!(report.quarantined[0].lsn + report.quarantined[0].length, ids[5].0);
    let open: Vec<_> = log.open_now().iter().map(|open| open.id.message).collect();
    let others: Vec<_> = ids.iter().copied().filter(|id| *id != ids[4]).collect();
    assert_eq!(open, others);
    assert!(log.written() > ids[8].0, "nothing after it is cut off");
}

/// What a power cut leaves of changes that nobody waited for: a torn one in front of a whole one.
#[test]
fn a_damaged_change_keeps_the_rest_of_its_messages_history() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let id = commit(&log, accept("adt", 1, &["a"])).unwrap().id();
    let delivery = DeliveryId { message: id, number: 0 };
    let thens = [Then::RetryAt(Timestamp(1)), Then::RetryAt(Timestamp(2)), Then::Park];
    let places: Vec<u64> =
        (1..).zip(thens).map(|(number, then)| change(&log, &attempt(delivery, number, then)).unwrap()).collect();
    let disk = rig.disk.fork();
    drop(log);
    let path = rig.on(disk.clone()).segments()[0].0.clone();
    disk.overwrite(&path, places[1] as usize + 40, b"damage");
    let (log, report) = rig.on(disk).open();
    assert_eq!(report.quarantined.iter().map(|place| place.lsn).collect::<Vec<_>>(), [places[1]]);
    let history: Vec<u64> = log.history(id).unwrap().iter().map(|entry| entry.lsn).collect();
    assert_eq!(history, [places[0], places[2]]);
}

#[test]
fn sealed_bytes_do_not_move_between_places_or_stores() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let id = commit(&log, accept("adt", 1, &["a"])).unwrap().id();
    let mut record = log.shared().segments.read(id.0).unwrap();
    let seal_at = super::super::accepted::Fixed::decode(record.body()).unwrap().seal_at as usize;
    record.header.epoch += 1;
    assert!(record.unseal(seal_at).is_none(), "another nonce");
}

/// A file system that was repaired, or half a copy: the file of a segment is shorter than it was.
#[test]
fn a_shortened_file_loses_what_it_lost_and_no_more() {
    let rig = Rig::new();
    let (log, _) = rig.open();
    let ids: Vec<_> = (0..130).map(|number| commit(&log, accept("adt", number, &["a"])).unwrap().id()).collect();
    let disk = rig.disk.fork();
    drop(log);
    let files = rig.on(disk.clone()).segments();
    assert!(files.len() >= 2, "several segments; the spare one may still be under way");
    for (path, bytes) in &files {
        for left in [bytes.len() - 1, bytes.len() / 2 + 3, 4096] {
            let disk = disk.fork();
            let file = crate::disk::Disk::create(&disk, path).unwrap();
            file.write_at(&bytes[..left], 0).unwrap();
            let again = rig.on(disk);
            let (log, report) = again.open();
            let place = format!("{path:?} cut at {left}");
            let base = super::super::segment::parse_name(path.file_name().unwrap().to_str().unwrap()).unwrap();
            let is_spare = base > ids[129].0;
            assert!(is_spare || report.quarantined.iter().any(|found| found.lsn == base + left as u64), "{place}");
            for (number, id) in ids.iter().enumerate() {
                match log.read(*id) {
                    Ok(found) => {
                        assert_eq!(found.accept.envelope.raw, accept("adt", number as u64, &["a"]).envelope.raw)
                    }
                    Err(_) => {
                        assert!((base + 4096..base + bytes.len() as u64).contains(&id.0), "{place}: {id} is gone")
                    }
                }
            }
            let next = commit(&log, accept("adt", 500, &["a"])).unwrap().id();
            assert!(ids.iter().all(|id| *id < next || log.read(*id).is_err()), "{place}: ids grow");
            let killed = again.disk.fork();
            drop(log);
            let (log, report) = rig.on(killed).open();
            assert!(log.read(next).is_ok() && report.torn.is_empty(), "{place}: opened twice");
        }
    }
}
