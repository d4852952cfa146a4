//! F25: changes of the definition while messages flow; what waits for destinations that come and go.

use crate::stage::{Stage, accepted, adt, delivered, demo, field, give, person, simple, unreachable};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

fn version(number: usize) -> String {
    let second = if number.is_multiple_of(3) { "send more {\n fake more\n}" } else { "" };
    demo(&format!("set MSH-5 = \"V{number}\"\nsend out {{\n fake out\n order by PID-3\n lanes 4\n}}\n{second}"))
}

#[test]
fn f25_a_hundred_reloads_under_load_lose_and_reorder_nothing() {
    let stage = Stage::new();
    let life = stage.live(&[&version(0)]);
    let (is_over, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut senders = Vec::new();
    for sender in 0..4 {
        let (engine, is_over, count) = (life.engine.clone(), is_over.clone(), count.clone());
        senders.push(life.runtime.spawn(async move {
            let mut number = 0;
            while !is_over.load(Ordering::SeqCst) {
                let id = format!("S{sender}-{number:05}");
                let reply = give(&engine, "demo", adt(&id, &format!("P{sender}"))).await;
                assert!(accepted(&reply).is_some(), "{id} was not taken: {:?}", reply.verdict());
                number += 1;
                count.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
        }));
    }
    for number in 1..=100 {
        let changes = life.apply(&stage, &[&version(number)]);
        assert_eq!((changes.changed.len(), changes.reopened.len(), changes.failed.len()), (1, 0, 0));
    }
    is_over.store(true, Ordering::SeqCst);
    for sender in senders {
        life.runtime.block_on(sender).unwrap();
    }
    assert!(life.drain(), "{:?}", life.engine.orphans().len());
    let arrivals = stage.world.arrivals();
    for sender in 0..4 {
        let mine: Vec<&str> = arrivals
            .iter()
            .filter(|one| one.to == "out" && one.patient == format!("P{sender}"))
            .map(|one| &*one.id)
            .collect();
        assert!(mine.is_sorted(), "sender {sender} was reordered");
    }
    assert_eq!(stage.world.taken("out").len(), count.load(Ordering::SeqCst));
    assert_eq!(stage.world.sources_opened.load(Ordering::SeqCst), 1, "no connection was dropped");
    assert!(life.engine.orphans().is_empty());
    assert_eq!(life.engine.status().lost, 0);
    let last = life.accept(adt("LAST", "7"));
    assert!(life.drain());
    let bytes = life.engine.store().read_output(message::DeliveryId { message: last, number: 0 }).unwrap();
    assert_eq!(field(&bytes, "MSH", 4), "V100");
}

#[test]
fn f25_only_a_changed_receive_line_reopens_the_source() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    let moved = simple().replace("fake 2575", "fake 2576");
    let changes = life.apply(&stage, &[&moved]);
    assert_eq!(changes.reopened.len(), 1);
    assert_eq!(stage.world.sources_opened.load(Ordering::SeqCst), 2);
    assert_eq!(life.engine.status().interfaces[0].address.as_deref(), Some("127.0.0.1:2576").or(Some("2576")));
    assert_eq!(life.apply(&stage, &[&moved]).kept, 1);
}

#[test]
fn f25_a_destination_that_is_taken_out_still_gets_what_waits() {
    let stage = Stage::new();
    let two = demo("send out {\n fake out\n}\nsend more {\n fake more\n retry from 5ms to 9ms\n}");
    let one = demo("send out {\n fake out\n}");
    let life = stage.live(&[&two]);
    stage.world.script(|arrival| (Duration::ZERO, if arrival.to == "more" { unreachable() } else { delivered() }));
    for id in ["1", "2", "3"] {
        life.accept(adt(id, "7"));
    }
    life.apply(&stage, &[&one]);
    life.accept(adt("4", "7"));
    assert_eq!(life.queued("more"), 3, "what waits is kept");
    stage.world.always(delivered());
    life.wait("it drains", || stage.world.taken("more") == ["1", "2", "3"]);
    life.apply(&stage, &[&two]);
    life.accept(adt("5", "7"));
    life.wait("it is back", || stage.world.taken("more") == ["1", "2", "3", "5"]);
    life.wait("the other had all", || stage.world.taken("out") == ["1", "2", "3", "4", "5"]);
}

#[test]
fn orphans_wait_for_their_destination_and_go_before_what_is_new() {
    let mut stage = Stage::new();
    let two = demo("send out {\n fake out\n}\nsend more {\n fake more\n order by PID-3\n retry from 5ms to 9ms\n}");
    let one = demo("send out {\n fake out\n}");
    let life = stage.live(&[&two]);
    stage.world.script(|arrival| (Duration::ZERO, if arrival.to == "more" { unreachable() } else { delivered() }));
    for number in 0..40 {
        life.accept(adt(&format!("A{number:02}"), "7"));
    }
    life.kill(&mut stage);
    stage.world.always(delivered());
    let life = stage.live(&[&one]);
    assert_eq!(life.engine.orphans().len(), 40);
    assert_eq!(life.engine.status().orphans, 40);
    let deleted = life.engine.orphans()[0].id;
    life.runtime.block_on(life.engine.delete(deleted, &person())).unwrap();
    let (engine, is_over) = (life.engine.clone(), Arc::new(AtomicBool::new(false)));
    let ends = is_over.clone();
    let sender = life.runtime.spawn(async move {
        let mut number = 0;
        while !ends.load(Ordering::SeqCst) {
            give(&engine, "demo", adt(&format!("B{number:05}"), "7")).await;
            number += 1;
        }
    });
    std::thread::sleep(Duration::from_millis(20));
    life.apply(&stage, &[&two]);
    std::thread::sleep(Duration::from_millis(20));
    is_over.store(true, Ordering::SeqCst);
    life.runtime.block_on(sender).unwrap();
    assert!(life.drain());
    let taken = stage.world.taken("more");
    assert!(taken.is_sorted() && taken.len() > 39, "orphans come first, in order: {:?}", &taken[..45.min(taken.len())]);
    assert_eq!(taken.iter().filter(|id| id.starts_with('A')).count(), 39, "all but the deleted one");
    assert!(life.engine.orphans().is_empty());
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn an_interface_that_goes_and_comes_back_goes_on_where_it_was() {
    let stage = Stage::new();
    let life = stage.live(&[&simple()]);
    stage.world.always(unreachable());
    for id in ["1", "2", "3"] {
        life.accept(adt(id, "7"));
    }
    assert_eq!(life.apply(&stage, &[]).stopped.len(), 1);
    assert_eq!(life.engine.orphans().len(), 3);
    stage.world.always(delivered());
    std::thread::sleep(Duration::from_millis(30));
    assert!(stage.world.taken("out").is_empty(), "an orphan is not sent");
    assert_eq!(life.apply(&stage, &[&simple()]).started.len(), 1);
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["1", "2", "3"]);
}
