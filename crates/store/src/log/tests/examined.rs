//! A whole log examined: what the checkers of [`crate::check`] say of records that are as they must be, and of others.

use super::{Rig, change, close, commit};
use crate::{
    Attempt, Change, Error, Stored, Then,
    check::{Examination, Examined, Finding, Place, run},
    codes,
    contract::{accept, attempt},
    disk::Disk,
    log::{Log, checkpoint},
};
use message::{DeliveryId, DeliveryState, MessageId, Reason};
use std::path::Path;

const MESSAGES: u64 = 40;

/// Some delivered, some not, over several segments.
fn filled(rig: &Rig) -> Vec<MessageId> {
    let (log, _) = rig.open();
    let ids: Vec<_> =
        (0..MESSAGES).map(|number| commit(&log, accept("adt", number, &["a", "b"])).unwrap().id()).collect();
    for id in ids.iter().step_by(2) {
        for number in 0..2 {
            change(&log, &attempt(DeliveryId { message: *id, number }, 1, Then::Done)).unwrap();
        }
    }
    close(&log);
    ids
}

fn rig() -> Rig {
    Rig { segment_bytes: 16 * 1024, ..Rig::new() }
}

fn examine(log: &dyn Log) -> Examined {
    run(log, Examination { is_at_rest: true, ..Examination::default() }).unwrap()
}

#[test]
fn a_sound_log_is_counted_through_and_nothing_is_found() {
    let rig = rig();
    let ids = filled(&rig);
    let (log, _) = rig.open();
    let mut seen = Vec::new();
    let mut look = |stored: &Stored| {
        seen.push(stored.id);
        Vec::new()
    };
    let mut told = Vec::new();
    let mut progress = |at: crate::check::Progress| {
        told.push(at);
        true
    };
    let values = |stored: &Stored| vec![stored.accept.facts.patients[0].reveal().clone()];
    let asked =
        Examination { is_at_rest: true, each: Some(&mut look), values: Some(&values), progress: Some(&mut progress) };
    let found = run(&*log, asked).unwrap();
    assert!(found.is_well(), "{found:?}");
    assert_eq!((found.messages, found.deliveries, found.changes, found.open), (40, 80, 40, 40));
    assert_eq!((found.counts, log.refold(true)), (log.counts(), Ok(Vec::new())));
    assert_eq!(seen, ids);
    assert!(told.len() >= 2 && told.is_sorted_by_key(|at| at.bytes), "{told:?}");
    assert_eq!(told.last().map(|at| (at.messages, at.bytes == at.bytes_total)), Some((MESSAGES, true)));
}

#[test]
fn it_ends_when_it_is_told_to() {
    let rig = rig();
    filled(&rig);
    let mut progress = |_| false;
    let found = run(&*rig.open().0, Examination { progress: Some(&mut progress), ..Examination::default() }).unwrap();
    assert!(found.is_partial && !found.is_well() && found.messages < MESSAGES);
}

#[test]
fn a_reason_that_tells_who_the_patient_is_is_found() {
    let rig = rig();
    let ids = filled(&rig);
    let (log, _) = rig.open();
    let told = |number: usize, text: &str| {
        let delivery = DeliveryId { message: ids[number], number: 0 };
        let Change::Attempt(made) = attempt(delivery, 1, Then::Park) else { panic!("an attempt") };
        let reason = Some(Reason::read("E6101", text.to_owned()));
        change(&log, &Change::Attempt(Attempt { reason, ..made })).unwrap();
    };
    let patient = log.read(ids[3]).unwrap().accept.facts.patients[0].reveal().clone();
    told(1, "the peer is out of reach");
    told(3, &format!("no bed for {patient}"));
    told(5, "the peer is out of reach");
    let values = |stored: &Stored| vec![stored.accept.facts.patients[0].reveal().clone()];
    let found = run(&*log, Examination { values: Some(&values), ..Examination::default() }).unwrap();
    let places: Vec<_> = found.findings.iter().map(|finding| (finding.code, finding.place.clone())).collect();
    assert_eq!(places, [(codes::E4087, Place::Message(ids[3]))]);
    assert!(!found.findings[0].text.contains(&patient), "{:?}", found.findings);
}

#[test]
fn damage_is_told_and_is_not_taken_for_a_mistake_of_ours() {
    let rig = rig();
    let ids = filled(&rig);
    let (path, bytes) = rig.segments()[0].clone();
    let place = usize::try_from(ids[1].0).unwrap() + 60;
    rig.disk.overwrite(&path, place, &[bytes[place] ^ 1]);
    let (log, _) = rig.open();
    let mut look = |_: &Stored| Vec::new();
    let found = run(&*log, Examination { is_at_rest: true, each: Some(&mut look), ..Examination::default() }).unwrap();
    assert_eq!(found.damaged.iter().map(|place| place.lsn).collect::<Vec<_>>(), [ids[1].0]);
    assert_eq!(found.findings, []);
    assert_eq!(log.refold(true), Ok(Vec::new()), "the checkpoint knows what is no longer there");
}

#[test]
fn a_message_that_does_not_open_is_told() {
    let rig = rig();
    let ids = filled(&rig);
    let (log, _) = rig.open();
    let mut look = |stored: &Stored| match stored.id == ids[2] {
        true => vec![Finding::bug(codes::E4088, Place::Message(stored.id), "as the test wants it")],
        false => Vec::new(),
    };
    let found = run(&*log, Examination { each: Some(&mut look), ..Examination::default() }).unwrap();
    assert_eq!((found.findings.len(), found.is_well()), (1, false));
}

#[test]
fn a_checkpoint_that_says_otherwise_is_found() {
    let rig = rig();
    let ids = filled(&rig);
    let path = Path::new("/store").join(checkpoint::NAME);
    let owner = crate::identity::open(&rig.disk, Path::new("/store"), &super::key()).unwrap().owner;
    let mut saved = checkpoint::decode(&rig.disk.bytes(&path).unwrap(), &owner.store).unwrap();
    let open = saved.ledger.rows.iter_mut().find(|row| row.message == ids[1].0).unwrap();
    open.state = DeliveryState::Held;
    let bytes = checkpoint::encode(&owner.store, saved.lsn, saved.last, saved.epoch, &saved.ledger);
    crate::disk::replace(&rig.disk as &dyn Disk, &path, &bytes).unwrap();
    let (log, _) = rig.open();
    assert_eq!(log.refold(false), Ok(vec!["what waits"]));
    assert_eq!(log.refold(true), Ok(vec!["what waits", "what waits"]), "and so does the state that rests on it");
    let found = examine(&*log);
    let expect = Place::Delivery(DeliveryId { message: ids[1], number: 0 });
    assert_eq!(found.findings.iter().map(|finding| &finding.place).collect::<Vec<_>>(), [&expect]);
    assert!(matches!(log.read(MessageId(1)), Err(Error::NotFound { .. })));
}
