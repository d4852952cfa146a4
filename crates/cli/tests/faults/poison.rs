//! F16: one message makes the engine stumble, over a bug of ours. It is parked, or tried again, with a reason; all others
//! are taken and delivered; the process goes on. (Fuel, and a connector that panics each time, are tests of `engine`.)

use super::{
    rig::{Line, Stage},
    support::{Engine, admission, command},
};

/// Messages, all of one patient.
const COUNT: usize = 5;

fn id(number: usize) -> String {
    format!("X{number:04}")
}

/// An engine that panics when it comes by a place, and has acknowledged every message.
fn stumble(stage: &Stage, place: &str) -> Engine {
    let mut command = command(&["run"]);
    command.env("SINEW_PANIC", place);
    let mut engine = Engine::spawn_with(stage.workspace.path(), command);
    engine.wait_to_answer();
    let mut line = Line::new(&stage.address);
    for number in 0..COUNT {
        let answer = line.exchange(&admission(&id(number), "P1")).expect("an answer");
        assert!(answer.contains(&format!("MSA|AA|{}", id(number))), "{answer}");
    }
    engine
}

#[test]
fn a_step_that_panics_parks_its_message_and_no_other() {
    let stage = Stage::new();
    let engine = stumble(&stage, "plan.before:3");
    engine.wait_for_count("delivered", COUNT as u64 - 1);
    assert_eq!((engine.count("parked"), engine.count("in_flight")), (1, 0));
    let number = engine.find(&format!("control:{}", id(2)))["id"].to_string();
    engine.sinew(&["explain", &number]).expect(0).says(&["E5006", "parked"]);
    let others: Vec<String> = [0, 1, 3, 4].map(id).into();
    assert_eq!(stage.partner.control_ids(), others, "in order");
    // A message that was stored without a plan is run again, and not sent again.
    engine.sinew(&["replay", &number, "--yes", "--reason", "the bug is gone"]).expect(0);
    engine.wait_for_count("delivered", COUNT as u64);
    assert_eq!(stage.partner.messages()[COUNT - 1], admission(&id(2), "P1"));
}

#[test]
fn a_connector_that_panics_once_tries_again_in_order() {
    let stage = Stage::new();
    let engine = stumble(&stage, "send.before:2");
    engine.wait_for_count("delivered", COUNT as u64);
    assert_eq!(stage.partner.control_ids(), (0..COUNT).map(id).collect::<Vec<_>>(), "in order, each once");
    let number = engine.find(&format!("control:{}", id(1)))["id"].to_string();
    engine.sinew(&["explain", &number]).expect(0).says(&["E5006", "delivered"]);
}
