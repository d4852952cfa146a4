//! R4: the same message again.

use crate::stage::{Stage, adt, delivered, person, simple};
use interface::contract::Verdict;
use message::DeliveryState;

#[test]
fn r4_the_same_message_gets_the_same_answer_and_no_second_delivery() {
    let mut stage = Stage::new();
    let life = stage.live(&[&simple()]);
    let first = life.give("demo", adt("M1", "7"));
    let second = life.give("demo", adt("M1", "7"));
    assert_eq!(first.verdict(), second.verdict());
    assert_eq!(first.acknowledgment(), second.acknowledgment(), "the stored answer, byte for byte");
    assert!(life.drain());
    // A journey reads the log: what it tells survives the kill. The counters may be ahead of the log.
    let Verdict::Accepted(id) = *first.verdict() else { panic!("not accepted") };
    let state = || life.engine.journey(id).ok().map(|journey| journey.deliveries[0].state);
    life.wait("the delivery is recorded", || state() == Some(DeliveryState::Delivered));
    life.kill(&mut stage);
    let life = stage.live(&[&simple()]);
    let third = life.give("demo", adt("M1", "7"));
    assert_eq!(first.acknowledgment(), third.acknowledgment(), "also after a restart");
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").len(), 1);
    let status = life.engine.status();
    assert_eq!((status.interfaces[0].duplicates, status.counts.accepted), (1, 1));
}

#[test]
fn r4_a_reused_id_with_other_content_is_taken_and_flagged() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    let first = life.accept(adt("M1", "7"));
    let second = life.accept(adt("M1", "8"));
    assert_ne!(first, second);
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").len(), 2);
    assert_eq!(life.engine.store().read(second).unwrap().reused_control_id_of, Some(first));
    let journey = life.engine.journey(second).unwrap();
    assert!(journey.stages.iter().any(|stage| stage.step == 3 && !stage.is_good), "{:?}", journey.stages);
}

#[test]
fn r4_a_replay_bypasses_and_is_marked() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.always(delivered());
    let first = life.accept(adt("M1", "7"));
    assert!(life.drain());
    let replayed = life.runtime.block_on(life.engine.replay(first, &person())).unwrap();
    let second = replayed.message.expect("a replay is taken");
    assert_ne!(first, second);
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").len(), 2);
    let journey = life.engine.journey(second).unwrap();
    assert!(journey.stages[0].text.starts_with("replay of message"), "{}", journey.stages[0].text);
}
