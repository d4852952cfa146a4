//! Answers of a destination as messages of another interface: none is lost (R5), also when that interface is away or the
//! engine dies, and the delivery is done only when its answer is safe.

use crate::stage::{Stage, accepted, adt, answer, demo};
use std::time::Duration;

fn asking() -> String {
    demo(
        "send out {\n fake out\n retry from 2ms to 8ms\n replies { AE done }\n on reply when MSA-1 = AE to refusals\n}",
    )
}

fn refusals() -> String {
    "interface refusals \"Refusals\" {\n  owner \"Team\" contact it@example.org oncall 5-0100\n  receive interface\n  \
     send seen {\n fake seen\n retry from 2ms to 8ms\n}\n}\n"
        .to_owned()
}

/// `out` answers AE to messages of patient 8, AA to others; `seen` takes all.
fn answering(stage: &Stage) {
    stage.world.script(|arrival| {
        let code = if arrival.to == "out" && arrival.patient == "8" { "AE" } else { "AA" };
        (Duration::ZERO, answer(code, &arrival.id))
    });
}

fn seen(stage: &Stage) -> usize {
    stage.world.taken("seen").len()
}

#[test]
fn the_answers_that_are_meant_go_on() {
    let stage = Stage::new();
    answering(&stage);
    let life = stage.live(&[&asking(), &refusals()]);
    life.accept(adt("1", "7"));
    life.accept(adt("2", "8"));
    life.wait("the refusal is seen", || seen(&stage) == 1);
    life.wait("both are done", || life.queued("out") == 0);
    let arrival = stage.world.arrivals().into_iter().find(|one| one.to == "seen").unwrap();
    assert!(String::from_utf8_lossy(&arrival.bytes).contains("MSA|AE|2"), "the answer itself");
    life.stop();
}

#[test]
fn a_delivery_is_not_done_before_its_answer_is_safe() {
    let mut stage = Stage::new();
    answering(&stage);
    let life = stage.live(&[&asking()]);
    life.accept(adt("2", "8"));
    life.wait("it is sent", || !stage.world.taken("out").is_empty());
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(life.queued("out"), 1, "its answer is not safe yet");
    life.kill(&mut stage);
    let life = stage.live(&[&asking(), &refusals()]);
    life.wait("it is sent again and the answer seen", || seen(&stage) >= 1);
    life.wait("it is done", || life.queued("out") == 0);
    let reply = life.give("demo", adt("2", "8"));
    assert!(accepted(&reply).is_some());
    life.stop();
}
