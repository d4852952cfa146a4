//! Sequence numbers of a link: each number once, no gap, the same after a kill (R1, R3, R4).

use crate::stage::{Life, Stage, field};
use bytes::Bytes;

fn interface() -> &'static str {
    "interface demo \"Demo\" {\n owner \"Team\" contact it@example.org oncall 5-0100\nreceive fake 2575 {\n sequence numbers\n}\n\
     send out {\n fake out\n retry from 5ms to 10ms\n}\n}\n"
}

fn numbered(sender: &str, id: &str, number: &str) -> Bytes {
    format!("MSH|^~\\&|{sender}|NORTH|SINEW|HUB|20260301||ADT^A01|{id}|P|2.5.1|{number}\rPID|1||7\r").into()
}

fn start(id: &str, number: &str) -> Bytes {
    format!("MSH|^~\\&|REG|NORTH|SINEW|HUB|20260301||^|{id}|P|2.5.1|{number}\r").into()
}

/// `AA 3` of MSA-1 and MSA-4, with the code of the verdict where it is not positive.
fn said(life: &Life, bytes: Bytes) -> String {
    let reply = life.give("demo", bytes);
    let answer = reply.acknowledgment().unwrap();
    format!("{} {}", field(answer, "MSA", 1), field(answer, "MSA", 4))
}

#[test]
fn numbers_are_taken_in_order_and_once() {
    let mut stage = Stage::indexed();
    let life = stage.live(&[interface()]);
    let check = |life: &Life, bytes: Bytes, expect: &str| assert_eq!(said(life, bytes), expect);
    check(&life, start("s1", "0"), "AA -1");
    check(&life, numbered("REG", "A", "7"), "AA 7");
    check(&life, numbered("REG", "B", "8"), "AA 8");
    check(&life, numbered("REG", "D", "10"), "AR 9");
    check(&life, numbered("REG", "B", "8"), "AA 8");
    check(&life, numbered("REG", "X", "8"), "AR 9");
    check(&life, numbered("REG", "Y", ""), "AR 9");
    check(&life, numbered("LAB", "L", "3"), "AA 3");
    assert!(life.drain());
    life.kill(&mut stage);
    let life = stage.live(&[interface()]);
    check(&life, start("s2", "0"), "AA 9");
    check(&life, numbered("REG", "D", "10"), "AR 9");
    check(&life, numbered("REG", "C", "9"), "AA 9");
    check(&life, numbered("REG", "D", "10"), "AA 10");
    check(&life, start("s3", "-1"), "AA -1");
    check(&life, numbered("LAB", "M", "4"), "AA 4");
    assert!(life.drain());
    life.kill(&mut stage);
    let life = stage.live(&[interface()]);
    check(&life, numbered("REG", "E", "1"), "AA 1");
    assert!(life.drain());
    // What a kill left unrecorded is sent again (R2).
    let mut taken = stage.world.taken("out");
    taken.dedup();
    assert_eq!(taken, ["A", "B", "L", "C", "D", "M", "E"]);
    let status = life.engine.status();
    assert_eq!((status.lost, status.interfaces[0].counts.parked), (0, 0));
}

#[test]
fn two_connections_cannot_take_one_number() {
    let stage = Stage::indexed();
    let life = stage.live(&[interface()]);
    assert_eq!(said(&life, numbered("REG", "A", "1")), "AA 1");
    let engine = life.engine.clone();
    let answers = life.runtime.block_on(async {
        let give = |id: usize| crate::stage::give(&engine, "demo", numbered("REG", &format!("B{id}"), "2"));
        let (one, two, three) = tokio::join!(give(1), give(2), give(3));
        [one, two, three].map(|reply| field(reply.acknowledgment().unwrap(), "MSA", 1))
    });
    assert_eq!(answers.iter().filter(|code| *code == "AA").count(), 1, "{answers:?}");
}
