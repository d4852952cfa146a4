//! Lookups outside: a message has what was found, or what its line says without it; no failure loses one (R1, R5), and no
//! answer is waited for longer than the line says.

use crate::stage::{SCRIPTED, Stage, accepted, adt, demo, field};
use bytes::Bytes;
use interface::contract::Verdict;
use message::Reason;
use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

fn asking(failed: &str, more: &str) -> String {
    demo(&format!(
        "lookup census fake x {more}\nenrich census by PID-3.1 failed {failed} else keep {{\n PV1-3.1 = ward\n PV1-3.2 = bed\n}}\n\
         send out {{\n fake out\n}}"
    ))
}

fn found() -> Result<Option<Bytes>, Reason> {
    Ok(Some(Bytes::from_static(br#"{"ward":"9N","bed":4}"#)))
}

fn away() -> Result<Option<Bytes>, Reason> {
    Err(Reason::new(SCRIPTED, "away"))
}

/// What went out of each message, in order.
fn wards(stage: &Stage) -> Vec<String> {
    stage.world.arrivals().iter().map(|arrival| field(&arrival.bytes, "PV1", 3)).collect()
}

#[test]
fn what_is_found_goes_out() {
    let stage = Stage::new();
    *stage.world.answer.lock().unwrap() = Some(found());
    let life = stage.live(&[&asking("park", "")]);
    life.accept(adt("1", "7"));
    *stage.world.answer.lock().unwrap() = Some(Ok(None));
    life.accept(adt("2", "8"));
    life.wait("both are delivered", || wards(&stage).len() == 2);
    assert_eq!(wards(&stage), ["9N^4", "4W"]);
    life.stop();
}

#[test]
fn an_answer_is_used_again_as_long_as_it_is_fresh() {
    for (more, questions) in [("fresh 1h", 1), ("fresh 0s", 3)] {
        let stage = Stage::new();
        *stage.world.answer.lock().unwrap() = Some(found());
        let life = stage.live(&[&asking("park", more)]);
        for id in ["1", "2", "3"] {
            life.accept(adt(id, "7"));
        }
        life.wait("all are delivered", || wards(&stage).len() == 3);
        assert_eq!(wards(&stage), ["9N^4"; 3]);
        assert_eq!(stage.world.questions.load(Ordering::SeqCst), questions, "{more}");
        life.stop();
    }
}

#[test]
fn a_failure_does_what_the_line_says() {
    let stage = Stage::new();
    *stage.world.answer.lock().unwrap() = Some(away());
    let life = stage.live(&[&asking("park", "")]);
    let id = life.accept(adt("1", "7"));
    let status = life.engine.store().read(id).unwrap();
    let store::Disposition::Parked { reason } = &status.accept.disposition else { panic!("not parked") };
    assert_eq!(reason.code, "E2702");
    // Nothing of a failure is remembered.
    *stage.world.answer.lock().unwrap() = Some(found());
    life.accept(adt("2", "7"));
    life.wait("the next is delivered", || wards(&stage) == ["9N^4"]);
    life.stop();

    let stage = Stage::new();
    *stage.world.answer.lock().unwrap() = Some(away());
    let life = stage.live(&[&asking("keep", "")]);
    life.accept(adt("1", "7"));
    life.wait("it is delivered", || wards(&stage) == ["4W"]);
    life.stop();
}

#[test]
fn a_message_that_is_put_off_is_not_stored_and_comes_again() {
    let stage = Stage::new();
    *stage.world.answer.lock().unwrap() = Some(away());
    let life = stage.live(&[&asking("later", "")]);
    let reply = life.give("demo", adt("1", "7"));
    assert!(matches!(reply.verdict(), Verdict::Later(reason) if reason.code == "E2704"), "{:?}", reply.verdict());
    assert_eq!(accepted(&reply), None);
    *stage.world.answer.lock().unwrap() = Some(found());
    life.accept(adt("1", "7"));
    life.wait("it is delivered once", || wards(&stage) == ["9N^4"]);
    life.stop();
}

#[test]
fn nobody_waits_longer_than_the_line_says() {
    let stage = Stage::new();
    let life = stage.live(&[&asking("later", "within 50ms")]);
    let start = Instant::now();
    let reply = life.give("demo", adt("1", "7"));
    assert!(matches!(reply.verdict(), Verdict::Later(_)), "{:?}", reply.verdict());
    assert!(start.elapsed() < Duration::from_secs(8), "it ends by its limit");
    life.stop();
}
