//! Frames with several messages: each is stored and answered, and nothing is positive before all are (R1, R3, R4).

use crate::stage::{Life, Stage, accepted, adt, delivered, give};
use bytes::Bytes;
use hl7v2::{Batch, Message};
use interface::contract::{Reply, Verdict};
use std::time::Duration;

fn interface(words: &str) -> String {
    format!(
        "interface demo \"Demo\" {{\n owner \"Team\" contact it@example.org oncall 5-0100\nreceive fake 2575 {{\n{words}\n}}\n\
         send out {{\n fake out\n retry from 5ms to 10ms\n}}\n}}\n"
    )
}

fn text(bytes: &Bytes) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn batch(ids: &[&str], count: usize) -> Bytes {
    let messages: String = ids.iter().map(|id| text(&adt(id, "7"))).collect();
    format!("BHS|^~\\&|REG|NORTH|SINEW|HUB|20260301||||B9\r{messages}BTS|{count}\r").into()
}

/// `AA A, AR B` of the acknowledgments in an answer, and how the answer begins.
fn said(reply: &Reply) -> (String, String) {
    let said = said_in(&reply.acknowledgment().cloned().unwrap_or_default());
    said.split_once(": ").map(|(start, rest)| (start.to_owned(), rest.to_owned())).unwrap()
}

fn said_in(bytes: &Bytes) -> String {
    let start: String = text(bytes).chars().take(3).collect();
    let (found, findings) = Batch::split(bytes.clone());
    assert_eq!(findings, [], "an answer with right counts");
    let one = |(message, _): (Message, _)| {
        let at = |path: &str| message.text(&hl7v2::Path::parse(path).unwrap()).into_owned();
        format!("{} {}", at("MSA-1"), at("MSA-2"))
    };
    format!("{start}: {}", found.parsed().map(one).collect::<Vec<_>>().join(", "))
}

fn flags(life: &Life, reply: &Reply) -> String {
    let id = accepted(reply).unwrap();
    life.engine.store().read(id).unwrap().accept.flags.join("; ")
}

#[test]
fn each_message_is_stored_and_answered_in_one_batch() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("")]);
    let reply = life.give("demo", batch(&["A", "B", "C"], 3));
    assert!(matches!(reply.verdict(), Verdict::Accepted(_)));
    assert_eq!(said(&reply), ("BHS".to_owned(), "AA A, AA B, AA C".to_owned()));
    let answer = text(reply.acknowledgment().unwrap());
    assert!(answer.starts_with("BHS|^~\\&|SINEW|HUB|REG|NORTH|") && answer.contains("|B9\rMSH|"), "{answer}");
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["A", "B", "C"]);
    let again = life.give("demo", batch(&["A", "B", "C"], 3));
    assert_eq!(said(&again).1, "AA A, AA B, AA C", "the same answers, and no second delivery");
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").len(), 3);
    let raw = life.engine.store().read(accepted(&reply).unwrap()).unwrap().accept.envelope.raw;
    assert_eq!(raw, adt("C", "7"), "byte for byte");
}

#[test]
fn messages_in_a_row_are_answered_in_a_row() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("")]);
    let reply = life.give("demo", Bytes::from([adt("A", "7"), adt("B", "8")].concat()));
    assert_eq!(said(&reply), ("MSH".to_owned(), "AA A, AA B".to_owned()));
    assert_eq!(life.engine.status().interfaces[0].accepted, 2);
}

#[test]
fn counts_that_do_not_fit_are_told_or_refused() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("")]);
    let reply = life.give("demo", batch(&["A", "B"], 3));
    assert_eq!(said(&reply).1, "AA A, AA B");
    assert!(
        text(reply.acknowledgment().unwrap())
            .ends_with("BTS|2|E1021: batch 1: the trailer states 3 messages, 2 were found\r")
    );
    assert_eq!(flags(&life, &reply), "E1021 at BTS-1");
    let cut = text(&batch(&["C"], 1)).replace("BTS|1\r", "");
    assert_eq!(flags(&life, &life.give("demo", cut.into())), "E1022 at BTS", "a batch that was cut off");
    life.apply(&stage, &[&interface("batch counts ignore")]);
    assert_eq!(flags(&life, &life.give("demo", batch(&["D"], 3))), "");
    life.apply(&stage, &[&interface("batch counts refuse")]);
    let refused = life.give("demo", batch(&["E", "F"], 3));
    assert!(matches!(refused.verdict(), Verdict::Refused(reason) if reason.code == "E5030"));
    assert_eq!(said(&refused).1, "AR E, AR F");
    assert_eq!(said(&life.give("demo", batch(&["G"], 1))).1, "AA G");
    assert!(life.drain());
    assert_eq!(stage.world.taken("out"), ["A", "B", "C", "D", "G"]);
}

#[test]
fn a_batch_is_answered_as_the_interface_says() {
    let stage = Stage::new();
    let large = || text(&adt("B", "7")).replace("Quist", &"x".repeat(2000));
    let check = |words: &str, ids: [&str; 2], has_refused: bool, expect: &[&str]| {
        let life = stage.live(&[&interface(&format!("limit size 1KiB\nbatch acknowledgment {words}"))]);
        let [first, last] = ids.map(|id| text(&adt(id, "7")));
        let middle = if has_refused { large() } else { String::new() };
        let count = 2 + usize::from(has_refused);
        let reply = life.give("demo", format!("BHS|^~\\&\r{first}{middle}{last}BTS|{count}\r").into());
        assert_eq!(matches!(reply.verdict(), Verdict::Accepted(_)), !has_refused);
        let frames: Vec<String> =
            reply.acknowledgment().into_iter().chain(reply.further_acknowledgments()).map(said_in).collect();
        assert_eq!(frames, expect, "{words}");
    };
    check("all", ["A1", "C1"], true, &["BHS: AR B, AA A1, AA C1"]);
    check("errors", ["A2", "C2"], true, &["BHS: AR B"]);
    check("errors", ["A3", "C3"], false, &["BHS: "]);
    check("single", ["A4", "C4"], true, &["MSH: AR B", "MSH: AA A4", "MSH: AA C4"]);
    check("none", ["A5", "C5"], true, &[]);
}

#[test]
fn one_that_is_refused_holds_up_no_other() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("limit size 1KiB")]);
    let large = text(&adt("B", "7")).replace("Quist", &"x".repeat(2000));
    let mixed = [text(&adt("A", "7")), large, text(&adt("C", "7"))].concat();
    let reply = life.give("demo", format!("BHS|^~\\&\r{mixed}BTS|3\r").into());
    assert!(matches!(reply.verdict(), Verdict::Refused(reason) if reason.code == "E5008"), "{:?}", reply.verdict());
    assert_eq!(said(&reply).1, "AR B, AA A, AA C", "the bad news first");
    let empty = life.give("demo", "BHS|^~\\&\rBTS|0\r".into());
    assert!(matches!(empty.verdict(), Verdict::Refused(reason) if reason.code == "E5001"));
}

#[test]
fn a_batch_waits_for_its_deliveries_together() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("ack after-delivered")]);
    stage.world.script(|_| (Duration::from_millis(20), delivered()));
    let reply = life.runtime.block_on(give(&life.engine, "demo", batch(&["A", "B", "C"], 3)));
    assert_eq!(said(&reply).1, "AA A, AA B, AA C");
    assert_eq!(stage.world.taken("out").len(), 3, "all are there before the answer is");
}

/// Bytes that nothing compresses.
fn filler(id: &str) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let noise = (0..200_000).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state % 26) as u8)
    });
    format!("{}NTE|1||{}{id}\r", text(&adt(id, "7")), noise.collect::<String>())
}

#[test]
fn the_first_that_has_to_come_later_makes_all_behind_it_come_later() {
    let stage = Stage::new();
    let life = stage.live(&[&interface("limit size 64MiB")]);
    life.accept(adt("FIRST", "7"));
    stage.disk.set_room(Some(stage.disk.used()));
    // Behind each large one a small one, for which there would be room where there is none for the large.
    let ids: Vec<String> = (0..120).map(|number| format!("X{number:03}")).collect();
    let large = |number: usize| number.is_multiple_of(2);
    let message = |(number, id): (usize, &String)| if large(number) { filler(id) } else { text(&adt(id, "7")) };
    let messages: String = ids.iter().enumerate().map(message).collect();
    let frame = Bytes::from(format!("BHS|^~\\&\r{messages}BTS|120\r"));
    let full = life.give("demo", frame.clone());
    assert!(matches!(full.verdict(), Verdict::Later(_)), "{:?}", full.verdict());
    let answers = said(&full).1;
    let count = |code: &str| answers.matches(code).count();
    assert!(count("AR") > 0 && count("AR") + count("AA") == 120, "{answers}");
    assert!(life.drain());
    let taken = stage.world.taken("out");
    assert_eq!(taken.len() - 1, count("AA"), "what was answered AA, and nothing else");
    assert_eq!(taken[1..], ids[..count("AA")], "the first ones, without a gap");
    stage.disk.set_room(None);
    life.wait("intake resumes", || accepted(&life.give("demo", adt("AGAIN", "7"))).is_some());
    assert_eq!(said(&life.give("demo", frame)).1.matches("AA").count(), 120);
    assert!(life.drain());
    assert_eq!(stage.world.taken("out").iter().filter(|id| id.starts_with('X')).count(), 120, "each once");
}
