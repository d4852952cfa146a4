//! Messages in several parts: stored one by one, joined when complete, never mixed, never lost (R1, R2, R4, R5, R9).

use crate::stage::{Life, Stage, accepted, field, give};
use bytes::Bytes;
use interface::contract::Reply;
use message::MessageId;

fn interface(words: &str) -> String {
    format!(
        "interface demo \"Demo\" {{\n owner \"Team\" contact it@example.org oncall 5-0100\nreceive fake 2575 {{\n{words}\n}}\n\
         send out {{\n fake out\n retry from 5ms to 10ms\n}}\n}}\n"
    )
}

/// A part: control id, pointer in MSH-14, lines, pointer in DSC-1.
fn part(id: &str, from: &str, body: &str, to: &str) -> Bytes {
    let end = if to.is_empty() { String::new() } else { format!("DSC|{to}|F\r") };
    let body = body.replace('/', "\r");
    format!("MSH|^~\\&|LAB|NORTH|SINEW|HUB|20260301||ORU^R01|{id}|P|2.5.1||{from}\r{body}\r{end}")
        .replace("||\r", "\r")
        .into()
}

fn first(id: &str, to: &str) -> Bytes {
    part(id, "", "PID|1||7/OBX|1|TX|||half a s/ADD", to)
}

fn last(id: &str, from: &str) -> Bytes {
    part(id, from, "ADD|entence/OBX|2", "")
}

const WHOLE: &str =
    "MSH|^~\\&|LAB|NORTH|SINEW|HUB|20260301||ORU^R01|1|P|2.5.1\rPID|1||7\rOBX|1|TX|||half a sentence\rOBX|2\r";

fn said(reply: &Reply) -> String {
    reply
        .acknowledgment()
        .map_or_else(String::new, |bytes| format!("{} {}", field(bytes, "MSA", 1), field(bytes, "MSA", 2)))
}

fn told(life: &Life, id: MessageId) -> String {
    life.engine.journey(id).unwrap().stages.into_iter().map(|stage| stage.text).collect::<Vec<_>>().join("\n")
}

fn outputs(stage: &Stage, life: &Life) -> Vec<Bytes> {
    assert!(life.drain());
    let ids = stage.world.taken("out");
    let store = life.engine.store();
    let all = store.latest(u64::MAX, 100).unwrap();
    let stored = all.iter().map(|id| store.read(*id).unwrap().accept);
    let mut raws: Vec<Bytes> =
        stored.filter(|accept| !accept.deliveries.is_empty()).map(|accept| accept.envelope.raw).collect();
    raws.reverse();
    assert_eq!(ids.len(), raws.len());
    raws
}

#[test]
fn parts_become_one_message_and_each_is_answered() {
    let stage = Stage::indexed();
    let life = stage.live(&[&interface("")]);
    let one = life.give("demo", first("1", "p1"));
    assert_eq!(said(&one), "AA 1");
    assert_eq!(life.engine.status().interfaces[0].counts.parked, 1, "visible while it waits");
    assert!(outputs(&stage, &life).is_empty());
    let two = life.give("demo", last("2", "p1"));
    assert_eq!(said(&two), "AA 2");
    assert_eq!(outputs(&stage, &life), [WHOLE]);
    assert_eq!(life.engine.status().interfaces[0].counts.parked, 0);
    let raw = |reply: &Reply| life.engine.store().read(accepted(reply).unwrap()).unwrap().accept.envelope.raw;
    assert_eq!((raw(&one), raw(&two)), (first("1", "p1"), last("2", "p1")), "the parts as they came");
    assert!(told(&life, accepted(&one).unwrap()).contains("E5031"), "{}", told(&life, accepted(&one).unwrap()));
    // Whatever comes again is known, and nothing is delivered twice.
    for (again, id) in [(first("1", "p1"), "AA 1"), (last("2", "p1"), "AA 2")] {
        assert_eq!(said(&life.give("demo", again)), id);
    }
    assert_eq!(outputs(&stage, &life).len(), 1);
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn parts_in_any_order_and_across_a_kill() {
    let mut stage = Stage::indexed();
    let life = stage.live(&[&interface("")]);
    life.accept(part("2", "p1", "OBX|2", "p2"));
    life.accept(first("1", "p1"));
    life.kill(&mut stage);
    let life = stage.live(&[&interface("")]);
    life.accept(part("3", "p2", "OBX|3", ""));
    let whole = outputs(&stage, &life);
    assert_eq!(whole.len(), 1);
    assert!(whole[0].ends_with(b"half a s\rOBX|2\rOBX|3\r"), "{:?}", whole[0]);
    assert_eq!(life.engine.status().interfaces[0].counts.parked, 0);
}

/// Messages that have deliveries: the whole ones.
fn wholes(life: &Life) -> usize {
    let store = life.engine.store();
    let all = store.latest(u64::MAX, 100).unwrap();
    all.iter().filter(|id| !store.read(**id).unwrap().accept.deliveries.is_empty()).count()
}

#[test]
fn a_crash_at_any_moment_makes_no_second_whole_and_loses_none() {
    for step in 0..24_u64 {
        let mut stage = Stage::indexed();
        let life = stage.live(&[&interface("")]);
        life.accept(first("1", "p1"));
        let engine = life.engine.clone();
        let giving = life.runtime.spawn(async move { drop(give(&engine, "demo", last("2", "p1")).await) });
        std::thread::sleep(std::time::Duration::from_micros(step * 150));
        giving.abort();
        life.kill(&mut stage);
        let life = stage.live(&[&interface("")]);
        assert_eq!(said(&life.give("demo", last("2", "p1"))), "AA 2", "step {step}");
        assert!(life.drain());
        assert_eq!((wholes(&life), life.engine.status().interfaces[0].counts.parked), (1, 0), "step {step}");
        assert_eq!(life.engine.status().lost, 0);
    }
}

#[test]
fn what_does_not_belong_together_is_not_joined() {
    let stage = Stage::indexed();
    let life = stage.live(&[&interface("")]);
    let check = |parts: &[Bytes], parked: u64, what: &str| {
        let before = life.engine.status().interfaces[0].counts.parked;
        for part in parts {
            life.accept(part.clone());
        }
        assert!(outputs(&stage, &life).is_empty(), "{what}");
        assert_eq!(life.engine.status().interfaces[0].counts.parked - before, parked, "{what}");
    };
    check(&[first("1", "a"), first("2", "a"), last("3", "a")], 3, "two parts claim one place");
    let other = String::from_utf8(last("5", "b").to_vec()).unwrap().replace("|NORTH|", "|SOUTH|");
    check(&[first("4", "b"), other.into()], 2, "another sender");
    let other = String::from_utf8(last("7", "c").to_vec()).unwrap().replace("ORU^R01", "ADT^A08");
    check(&[first("6", "c"), other.into()], 2, "another type");
    check(&[last("8", "d")], 1, "a part without its beginning");
    assert_eq!(life.engine.status().lost, 0);
}

#[test]
fn parts_that_come_too_far_apart_wait_for_a_person() {
    let stage = Stage::indexed();
    let life = stage.live(&[&interface("continuation join within 1ms")]);
    life.accept(first("1", "p1"));
    std::thread::sleep(std::time::Duration::from_millis(20));
    life.accept(last("2", "p1"));
    assert!(outputs(&stage, &life).is_empty());
    assert_eq!(life.engine.status().interfaces[0].counts.parked, 2);
}

#[test]
fn an_interface_may_take_each_part_for_itself() {
    let stage = Stage::indexed();
    let life = stage.live(&[&interface("continuation off")]);
    life.accept(first("1", "p1"));
    life.accept(last("2", "p1"));
    assert_eq!(outputs(&stage, &life), [first("1", "p1"), last("2", "p1")]);
}

#[test]
fn the_last_part_waits_for_the_delivery_of_the_whole() {
    let stage = Stage::indexed();
    let life = stage.live(&[&interface("ack after-delivered")]);
    assert_eq!(said(&life.give("demo", first("1", "p1"))), "AA 1", "nothing is delivered yet");
    assert_eq!(said(&life.give("demo", last("2", "p1"))), "AA 2");
    assert_eq!(stage.world.taken("out").len(), 1);
    assert_eq!(said(&life.give("demo", last("2", "p1"))), "AA 2", "asked again");
}
