//! Messages that are joined: the whole is made once, of all that came, after a crash too (R2, R5), in the order in which they
//! came, and not later than the line says.

use crate::stage::{Life, Stage, demo, field, give};
use bytes::Bytes;
use std::time::Duration;

/// A result of this order: value, and whether it is the last.
fn result(id: &str, order: &str, value: &str, status: &str) -> Bytes {
    let order = format!("OBR|1|{order}||||||||||||||||||||||F{status}");
    format!("MSH|^~\\&|LIS|LAB|HUB|H|1||ORU^R01|{id}|P|2.5.1\rPID|1||7||Quist^Ada\r{order}\rOBX|1|NM|X||{value}\rZST|{status}\r").into()
}

fn lines(more: &str) -> String {
    demo(&format!(
        "join by OBR-2 until ZST-1 = F {more} with [OBX]\nsend out {{\n fake out\n retry from 2ms to 8ms\n}}"
    ))
}

/// The values that went out in each message.
fn values(stage: &Stage) -> Vec<String> {
    let of = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let values = text
            .split('\r')
            .filter(|line| line.starts_with("OBX"))
            .map(|line| line.rsplit('|').next().unwrap_or_default().to_owned());
        values.collect::<Vec<_>>().join(" ")
    };
    stage.world.arrivals().iter().filter(|one| one.is_taken).map(|one| of(&one.bytes)).collect()
}

#[test]
fn the_last_one_brings_the_whole() {
    let stage = Stage::indexed();
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    life.accept(result("1", "A", "1", "P"));
    life.accept(result("2", "B", "9", "P"));
    life.accept(result("3", "A", "2", "P"));
    life.accept(result("4", "A", "3", "F"));
    life.wait("the whole is delivered", || values(&stage).len() == 1);
    assert_eq!(values(&stage), ["1 2 3"], "in the order in which they came, and nothing of another order");
    assert_eq!(field(&stage.world.arrivals()[0].bytes, "MSH", 9), "1");
    life.stop();
}

#[test]
fn as_many_as_the_line_says() {
    let stage = Stage::indexed();
    let life = stage.live(&[&lines("within 1h at-most 2")]);
    for id in ["1", "2", "3", "4"] {
        life.accept(result(id, "A", id, "P"));
    }
    life.wait("two wholes", || values(&stage).len() == 2);
    assert_eq!(values(&stage), ["1 2", "3 4"]);
    life.stop();
}

#[test]
fn when_the_time_is_over_it_goes_on_as_it_is() {
    let stage = Stage::indexed();
    let life = stage.live(&[&lines("within 300ms at-most 50")]);
    life.accept(result("1", "A", "1", "P"));
    life.accept(result("2", "A", "2", "P"));
    life.wait("the whole", || values(&stage).len() == 1);
    assert_eq!(values(&stage), ["1 2"]);
    life.stop();
}

#[test]
fn a_message_without_the_value_goes_on_alone() {
    let stage = Stage::indexed();
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    life.accept(result("1", "", "1", "P"));
    life.wait("it is delivered", || values(&stage) == ["1"]);
    life.stop();
}

#[test]
fn a_message_that_came_in_parts_is_collected_like_any_other() {
    let mut stage = Stage::indexed();
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    life.accept(result("1", "A", "1", "P"));
    let head = "MSH|^~\\&|LIS|LAB|HUB|H|1||ORU^R01|2|P|2.5.1\rPID|1||7||Quist^Ada\rOBR|1|A\rOBX|1|NM|X||2\rDSC|p1|F\r";
    let rest = "MSH|^~\\&|LIS|LAB|HUB|H|1||ORU^R01|3|P|2.5.1||p1\rOBX|2|NM|X||3\r";
    life.accept(head.into());
    life.accept(rest.into());
    assert_eq!((values(&stage), waiting(&life)), (vec![], 2), "the first one and the whole of the second wait");
    // What waits is known after a crash, the whole of the parts too.
    life.cut_power(&mut stage, 7);
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    life.accept(rest.into());
    assert_eq!(waiting(&life), 2, "a part that comes again makes nothing new");
    life.accept(result("4", "A", "4", "F"));
    life.wait("the whole", || values(&stage).len() == 1);
    assert_eq!(values(&stage), ["1 2 3 4"]);
    life.wait("nothing waits any more", || waiting(&life) == 0);
    // The whole of those that were collected is not collected when a person runs it again.
    let made = life.engine.store().latest(u64::MAX, 1).unwrap()[0];
    let person = crate::stage::person();
    life.runtime.block_on(life.engine.replay(made, &person)).unwrap();
    life.wait("it went out again", || values(&stage).len() == 2);
    assert_eq!(values(&stage)[1], "1 2 3 4");
    life.stop();
}

#[test]
fn a_crash_while_they_wait_changes_nothing() {
    let mut stage = Stage::indexed();
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    life.accept(result("1", "A", "1", "P"));
    life.accept(result("2", "A", "2", "P"));
    life.cut_power(&mut stage, 11);
    let life = stage.live(&[&lines("within 1h at-most 50")]);
    // The sender did not hear the answer to the second.
    life.accept(result("2", "A", "2", "P"));
    life.accept(result("3", "A", "3", "F"));
    life.wait("the whole", || values(&stage).len() == 1);
    assert_eq!(values(&stage), ["1 2 3"]);
    life.stop();
}

#[test]
fn time_goes_on_while_nobody_runs() {
    let mut stage = Stage::indexed();
    let life = stage.live(&[&lines("within 700ms at-most 50")]);
    life.accept(result("1", "A", "1", "P"));
    life.kill(&mut stage);
    std::thread::sleep(Duration::from_millis(700));
    let life = stage.live(&[&lines("within 700ms at-most 50")]);
    life.wait("the whole", || values(&stage) == ["1"]);
    life.stop();
}

#[test]
fn a_crash_between_the_whole_and_its_parts_makes_no_second_one() {
    for at in 0..12 {
        let mut stage = Stage::indexed();
        let life = stage.live(&[&lines("within 1h at-most 50")]);
        life.accept(result("1", "A", "1", "P"));
        life.accept(result("2", "A", "2", "P"));
        let engine = life.engine.clone();
        life.runtime.spawn(async move { give(&engine, "demo", result("3", "A", "3", "F")).await });
        // Somewhere between the commit of the last one and the end of all of them.
        std::thread::sleep(Duration::from_micros(250 * at));
        life.kill(&mut stage);
        let life = stage.live(&[&lines("within 1s at-most 50")]);
        // The sender may not have heard the answer.
        life.accept(result("3", "A", "3", "F"));
        life.accept(result("4", "B", "9", "F"));
        life.wait("both wholes", || values(&stage).iter().any(|one| one == "9"));
        life.wait("nothing waits any more", || waiting(&life) == 0);
        assert!(life.drain());
        let mut whole: Vec<String> = values(&stage).into_iter().filter(|one| one != "9").collect();
        whole.dedup();
        assert_eq!(whole, ["1 2 3"], "at {at}");
        life.stop();
    }
}

fn waiting(life: &Life) -> usize {
    let query = store::Query { states: vec![message::MessageState::Parked], ..store::Query::default() };
    life.engine.store().search(&query).map_or(usize::MAX, |found| found.hits.len())
}
