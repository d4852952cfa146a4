//! Messages that go out in parts: in order, each once while the engine lives, all again with the same bytes after a crash
//! (R2, R3).

use crate::stage::{Arrival, Stage, adt, answer, attempts, delivered, demo, hiccup};
use bytes::Bytes;
use hl7v2::{
    Message,
    continuation::{Part, join},
};
use std::time::Duration;

fn interface() -> String {
    demo("send out {\n fake out max-size 1KiB\n order by PID-3.1\n retry from 2ms to 8ms\n}")
}

/// A message of about four parts.
fn long(id: &str) -> Bytes {
    let notes: String = (1..=40).map(|number| format!("NTE|{number}||{}\r", "words and words ".repeat(5))).collect();
    [&adt(id, "7")[..], notes.as_bytes()].concat().into()
}

fn joined(arrivals: &[Arrival]) -> Bytes {
    let parts: Vec<Message> = arrivals.iter().map(|one| Message::parse(one.bytes.clone()).0).collect();
    assert!(parts.iter().all(|part| Part::of(part).is_some()));
    join(&parts).unwrap()
}

#[test]
fn a_long_message_goes_out_in_parts_and_nothing_of_its_key_comes_between() {
    let stage = Stage::new();
    let mut failures = 0;
    stage.world.script(move |arrival| {
        // The third part fails twice: by its own answer, and on the way.
        let outcome = match (&*arrival.id, failures) {
            ("L.3", 0) => answer("AR", "L.3"),
            ("L.3", 1) => hiccup(),
            _ => return (Duration::ZERO, delivered()),
        };
        failures += 1;
        (Duration::ZERO, outcome)
    });
    let life = stage.live(&[&interface().replace("retry", "replies {\n AR retry\n }\n retry")]);
    let id = life.accept(long("L"));
    life.accept(adt("NEXT", "7"));
    assert!(life.drain());
    let arrivals = stage.world.arrivals();
    let ids: Vec<&str> = arrivals.iter().map(|one| &*one.id).collect();
    assert_eq!(ids, ["L", "L.2", "L.3", "L.3", "L.3", "L.4", "NEXT"], "what was taken is not sent again");
    assert!(arrivals.iter().all(|one| one.bytes.len() <= 1024));
    assert_eq!(arrivals[2].bytes, arrivals[4].bytes);
    let taken = [&arrivals[..2], &arrivals[4..6]].concat();
    assert_eq!(joined(&taken), long("L"));
    life.wait("every attempt to be on record", || attempts(&life.engine, id).len() == 3);
}

#[test]
fn after_a_crash_every_part_comes_again_with_the_same_bytes() {
    let mut stage = Stage::new();
    stage.world.script(|arrival| match &*arrival.id {
        "L.3" => (Duration::from_secs(60), delivered()),
        _ => (Duration::ZERO, delivered()),
    });
    let life = stage.live(&[&interface()]);
    life.accept(long("L"));
    life.wait("the third part to be under way", || stage.world.arrivals().len() == 3);
    life.kill(&mut stage);
    let before = stage.world.arrivals();
    stage.world.always(delivered());
    let life = stage.live(&[&interface()]);
    assert!(life.drain());
    let after = stage.world.arrivals().split_off(before.len());
    assert_eq!(joined(&after), long("L"));
    assert!(before.iter().zip(&after).all(|(one, other)| one.bytes == other.bytes), "the same bytes");
}

#[test]
fn what_cannot_be_split_is_parked_and_holds_up_nothing() {
    let stage = Stage::new();
    let life = stage.live(&[&interface()]);
    let name = "x".repeat(2000);
    let text = String::from_utf8(adt("BIG", "7").to_vec()).unwrap().replace("Quist", &name);
    let id = life.accept(text.into());
    life.accept(adt("NEXT", "7"));
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["NEXT"]);
    life.wait("what was parked to be on record", || life.engine.store().counts_total().parked == 1);
    let history = life.engine.store().history(id).unwrap();
    let told = format!("{history:?}");
    assert!(told.contains("E5044") && !told.contains(&name), "{told}");
}

#[test]
fn a_message_that_fits_goes_out_as_it_is() {
    let stage = Stage::new();
    let life = stage.live(&[&interface()]);
    life.accept(adt("A", "7"));
    assert!(life.drain());
    let arrivals = stage.world.arrivals();
    assert_eq!((arrivals.len(), &arrivals[0].bytes), (1, &adt("A", "7")));
}
