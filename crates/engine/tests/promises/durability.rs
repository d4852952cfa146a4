//! R1, R6, R8: answers and fsyncs, failed fsyncs, full disks.

use crate::stage::{Stage, accepted, adt, delivered, field, give, simple, unreachable};
use interface::contract::Verdict;
use std::{collections::BTreeSet, time::Duration};
use store::Health;

#[test]
fn r1_every_positive_answer_comes_after_a_sync() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    for number in 0..20 {
        let before = stage.disk.syncs();
        life.accept(adt(&format!("M{number}"), "7"));
        assert!(stage.disk.syncs() > before, "message {number} was answered without a sync");
    }
}

#[test]
fn r1_r6_a_failed_sync_ends_positive_answers_and_loses_none_that_was_given() {
    for count in 1..=10 {
        let mut stage = Stage::new();
        let life = stage.live(&[&simple()]);
        stage.disk.fail_sync(count);
        let (mut positive, mut has_failed) = (BTreeSet::new(), false);
        for number in 0..30 {
            let id = format!("M{number}");
            let reply = life.give("demo", adt(&id, "7"));
            match reply.verdict() {
                Verdict::Accepted(_) => {
                    assert!(!has_failed, "sync {count}: {id} was accepted after the failure");
                    positive.insert(id);
                }
                Verdict::Later(reason) => {
                    has_failed = true;
                    assert_eq!(&*reason.code, "E5003");
                    let answer = field(reply.acknowledgment().unwrap(), "MSA", 1);
                    assert_eq!(answer, "AR", "a failed store must not sound like success");
                }
                Verdict::Refused(reason) => panic!("{reason}"),
            }
        }
        assert!(has_failed, "sync {count} did not fail");
        assert!(matches!(life.engine.store().health(), Health::Failed(_)));
        let seen: BTreeSet<String> = stage.world.arrivals().into_iter().map(|one| one.id).collect();
        let seed = count * 77;
        life.cut_power(&mut stage, seed);
        let again = stage.live(&[&simple()]);
        // A second time with the same id and content is a duplicate exactly if the first is stored.
        for id in positive.iter().chain(&seen) {
            let before = again.engine.store().counts_total().accepted;
            again.accept(adt(id, "7"));
            let after = again.engine.store().counts_total().accepted;
            assert_eq!(before, after, "sync {count}: {id} was acknowledged or sent, and is lost");
        }
    }
}

#[test]
fn r8_a_full_disk_means_later_the_queue_drains_and_intake_resumes() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.always(unreachable());
    life.accept(adt("FIRST", "7"));
    stage.disk.set_room(Some(stage.disk.used()));
    let mut filler = adt("X", "7").to_vec();
    filler.extend_from_slice(b"NTE|1||");
    let mut state = 88_172_645_463_325_252_u64;
    filler.extend((0..200_000).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + (state % 26) as u8
    }));
    let mut waiting = 1;
    let refused = (0..60).find_map(|number| {
        let mut bytes = filler.clone();
        bytes.extend_from_slice(format!("{number}\r").as_bytes());
        let text = String::from_utf8(bytes).unwrap().replacen("|X|", &format!("|X{number}|"), 1);
        let reply = life.give("demo", text.into());
        waiting += usize::from(accepted(&reply).is_some());
        accepted(&reply).is_none().then_some(reply)
    });
    let refused = refused.expect("the disk never filled up");
    assert!(matches!(refused.verdict(), Verdict::Later(reason) if reason.code == "E5002"), "{:?}", refused.verdict());
    let answer = refused.acknowledgment().unwrap();
    assert_eq!(
        (&*field(answer, "MSA", 1), &*field(answer, "ERR", 3)),
        ("AR", "207^Application internal error^HL70357")
    );
    assert_eq!(life.engine.status().store, "full");
    stage.world.always(delivered());
    assert!(life.drain(), "changes pass on a full disk");
    assert_eq!(stage.world.taken("out").len(), waiting);
    stage.disk.set_room(None);
    life.wait("intake resumes", || accepted(&life.give("demo", adt("LATER", "7"))).is_some());
    life.wait("and is delivered", || stage.world.taken("out").contains(&"LATER".to_owned()));
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn r1_a_peer_that_hangs_up_before_its_answer_loses_nothing() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    life.runtime.block_on(async {
        for number in 0..50 {
            let giving = give(&life.engine, "demo", adt(&format!("M{number:02}"), "7"));
            // Polled once: the commit is on its way, nobody waits for its answer.
            let _ = tokio::time::timeout(Duration::ZERO, giving).await;
        }
    });
    life.wait("all are delivered", || stage.world.taken("out").len() == 50);
    let expect: Vec<String> = (0..50).map(|number| format!("M{number:02}")).collect();
    assert_eq!(stage.world.taken("out"), expect);
}

#[test]
fn f16_a_panic_in_a_connector_ends_an_attempt_not_the_lane() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.panic_at("BAD");
    let bad = life.accept(adt("BAD", "7"));
    life.accept(adt("GOOD", "7"));
    assert!(life.drain(), "the lane must go on");
    assert_eq!(stage.world.taken("out"), ["GOOD"]);
    let state = || life.engine.journey(bad).ok().map(|journey| journey.deliveries[0].state);
    life.wait("it is parked", || state() == Some(message::DeliveryState::Parked));
    assert_eq!(stage.world.arrivals().iter().filter(|one| one.id == "BAD").count(), 3);
}
