//! What persons do: pause, resume, hold, release, retry, resend, delete, stop.

use crate::stage::{Life, Stage, adt, answer, attempts, delivered, demo, person, simple, unreachable};
use message::{DeliveryId, DeliveryState, MessageId};
use std::time::Duration;

fn first(message: MessageId) -> DeliveryId {
    DeliveryId { message, number: 0 }
}

#[test]
fn a_pause_survives_a_restart_and_a_resume_goes_on() {
    let mut stage = Stage::new();
    let life = stage.live(&[&simple()]);
    life.runtime.block_on(life.engine.pause("demo", Some("out"), &person())).unwrap();
    life.runtime.block_on(life.engine.pause("demo", None, &person())).unwrap();
    assert!(!life.engine.flow("demo").unwrap().is_listening());
    life.accept(adt("1", "7"));
    life.kill(&mut stage);
    let life = stage.live(&[&simple()]);
    let flow = life.engine.flow("demo").unwrap();
    assert!(flow.is_paused() && !flow.is_listening());
    std::thread::sleep(Duration::from_millis(30));
    assert!(stage.world.arrivals().is_empty(), "a paused destination gets nothing, also after a restart");
    assert_eq!(life.apply(&stage, &[&simple().replace("2ms", "3ms")]).failed.len(), 0);
    assert!(!flow.is_listening(), "a reload does not undo a pause");
    life.runtime.block_on(life.engine.resume("demo", Some("out"), &person())).unwrap();
    life.runtime.block_on(life.engine.resume("demo", None, &person())).unwrap();
    assert!(flow.is_listening() && life.drain());
    assert_eq!(stage.world.taken("out"), ["1"]);
    let audit = life.engine.store().audit().verify().unwrap().map(|chain| chain.number);
    assert_eq!(audit, Ok(4), "each act is in the audit chain");
}

#[test]
fn a_held_key_keeps_its_order_over_a_restart_until_it_is_released() {
    let mut stage = Stage::new();
    let text = demo("send out {\n fake out\n order by PID-3\n replies { AE hold }\n}");
    let life = stage.live(&[&text]);
    stage.world.script(|arrival| {
        (Duration::ZERO, if arrival.id == "1" { answer("AE", "1") } else { answer("AA", &arrival.id) })
    });
    let held = life.accept(adt("1", "A"));
    life.accept(adt("2", "A"));
    let passing = life.accept(adt("3", "B"));
    life.wait("B passes", || stage.world.taken("out").contains(&"3".to_owned()));
    // A journey reads the log: what it tells survives the kill. The counters may be ahead of the log.
    let state = |life: &Life, id| life.engine.journey(id).ok().map(|journey| journey.deliveries[0].state);
    life.wait("A is held, also in the log", || state(&life, held) == Some(DeliveryState::Held));
    life.wait("B is recorded, also in the log", || state(&life, passing) == Some(DeliveryState::Delivered));
    life.kill(&mut stage);
    stage.world.script(|arrival| (Duration::ZERO, answer("AA", &arrival.id)));
    let before = stage.world.arrivals().len();
    let life = stage.live(&[&text]);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!((life.queued("out"), stage.world.arrivals().len()), (2, before), "still held");
    life.runtime.block_on(life.engine.retry(first(held), &person())).unwrap();
    assert!(life.drain());
    let after: Vec<String> = stage.world.arrivals()[before..].iter().map(|one| one.id.clone()).collect();
    assert_eq!(after, ["1", "2"]);
    life.wait("all is recorded", || life.engine.status().counts.in_flight == 0);
}

#[test]
fn parked_is_retried_at_the_end_of_its_key_resent_only_when_settled_and_deleted_once() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.script(|arrival| (Duration::ZERO, answer(if arrival.id == "1" { "AE" } else { "AA" }, &arrival.id)));
    let parked = life.accept(adt("1", "7"));
    let next = life.accept(adt("2", "7"));
    assert!(life.drain(), "a parked delivery does not hold its key");
    let state = |id| life.engine.journey(id).ok().map(|journey| journey.deliveries[0].state);
    life.wait("both are recorded", || {
        (state(parked), state(next)) == (Some(DeliveryState::Parked), Some(DeliveryState::Delivered))
    });
    assert!(
        life.runtime.block_on(life.engine.retry(first(next), &person())).is_err(),
        "what was delivered is not retried"
    );
    stage.world.always(delivered());
    life.runtime.block_on(life.engine.retry(first(parked), &person())).unwrap();
    assert!(life.drain());
    life.wait("it is recorded", || state(parked) == Some(DeliveryState::Delivered));
    life.runtime.block_on(life.engine.resend(first(next), &person())).unwrap();
    assert!(life.drain());
    let again: Vec<_> = stage.world.arrivals().into_iter().filter(|one| one.id == "2").collect();
    assert_eq!((again.len(), &again[0].bytes), (2, &again[1].bytes), "the same bytes");
    assert!(
        life.runtime.block_on(life.engine.delete(first(next), &person())).is_err(),
        "what was delivered is not deleted"
    );
    life.wait("every attempt is recorded", || attempts(&life.engine, parked).len() == 2);
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn a_waiting_delivery_is_neither_retried_nor_resent_and_deleting_it_lets_the_next_go() {
    let stage = Stage::new();
    let life = stage.live(&[&demo("send out {\n fake out\n order by PID-3\n retry from 1h to 1h\n}")]);
    stage
        .world
        .script(|arrival| (Duration::ZERO, if arrival.id == "1" { crate::stage::hiccup() } else { delivered() }));
    let waiting = life.accept(adt("1", "A"));
    life.accept(adt("2", "A"));
    life.wait("it waits for its retry", || attempts(&life.engine, waiting).len() == 1);
    assert!(life.runtime.block_on(life.engine.retry(first(waiting), &person())).is_err());
    assert!(life.runtime.block_on(life.engine.resend(first(waiting), &person())).is_err());
    assert_eq!(life.queued("out"), 2, "nothing was put in twice");
    life.runtime.block_on(life.engine.delete(first(waiting), &person())).unwrap();
    life.wait("the next one goes at once", || stage.world.taken("out") == ["2"]);
    life.wait("it is counted", || life.engine.status().counts.deleted == 1);
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn stopping_lets_sends_under_way_end_and_keeps_the_rest() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.script(|_| (Duration::from_millis(150), delivered()));
    for id in ["1", "2", "3"] {
        life.accept(adt(id, "7"));
    }
    life.wait("one is under way", || stage.world.arrivals().len() == 1);
    life.stop();
    assert_eq!(stage.world.taken("out"), ["1"], "what was under way ended, nothing new began");
    stage.world.always(delivered());
    let life = stage.live(&[&simple()]);
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["1", "2", "3"], "and was recorded: it is not sent again");
}

#[test]
fn a_destination_that_is_down_is_probed_and_recovers() {
    let stage = Stage::new();
    let life = stage.live(&[&demo("send out {\n fake out\n order by PID-3\n retry from 30ms to 60ms\n}")]);
    stage.world.always(unreachable());
    for number in 0..40 {
        life.accept(adt(&format!("{number:02}"), &format!("P{number}")));
    }
    std::thread::sleep(Duration::from_millis(200));
    let attempts = stage.world.arrivals().len();
    assert!(attempts < 40, "{attempts} attempts: others must not try a destination that is down");
    assert_eq!(life.engine.status().interfaces[0].state, engine::status::State::Failing);
    stage.world.always(delivered());
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").len(), 40);
}
