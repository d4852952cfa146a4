//! What is written of small feeds, and that it holds for the messages it was learned from.

use super::*;
use crate::{Profiles, Run, Tables, syntax};
use hl7v2::{
    Batch, Message,
    learn::{Learner, Options},
};
use message::Timestamp;
use proptest::prelude::*;
use std::{path::PathBuf, sync::Arc};

fn style(name: &str) -> Style {
    Style { name: name.to_owned(), extends: None, count_min: 3, is_closed: false }
}

fn learn(messages: &[Message]) -> Learned {
    let mut learner = Learner::new(Options::default());
    for message in messages {
        let _ = learner.add(message, &[]);
    }
    learner.finish()
}

fn compile(text: &str) -> Profiles {
    let (tree, found) = syntax::parse("shared/profiles/feed.flow", text.to_owned());
    assert!(found.is_empty(), "{found:#?}\n{text}");
    let (profiles, found) = Profiles::compile(&[Arc::new(tree)], &Tables::default(), &Profiles::default());
    assert!(found.is_empty(), "{found:#?}\n{text}");
    profiles
}

/// Learns, compiles, and checks every message again: how many were checked.
fn check(messages: &[Message], style: &Style) -> usize {
    let learned = learn(messages);
    let written = write(&learned, style);
    let profiles = compile(&written.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().concat());
    let mut checked = 0;
    for message in messages {
        let Some(kind) = learned.kind_of(message) else { continue };
        let profile = profiles.get(&written[kind].name).expect("a profile for each");
        let report = profile.validate(message, &[], false, &mut Run::new(Timestamp::default(), 0)).expect("fuel");
        assert!(report.is_valid(), "{:#?}\n{}", report.issues, written[kind].text);
        checked += 1;
    }
    checked
}

fn parse(texts: &[String]) -> Vec<Message> {
    texts.iter().map(|text| Message::parse(text.clone()).0).collect()
}

fn admit(number: usize, more: &str) -> String {
    format!(
        "MSH|^~\\&|EPIC|NORTH|LAB|SOUTH|20260301||ADT^A01^ADT_A01|{number}|P|2.5.1\rEVN||20260301101500\r\
         PID|1||{number}^^^NORTH^MR||Quist^Ada||19700101|F\rPV1|1|I|4W\r{more}"
    )
}

#[test]
fn lines_of_a_feed() {
    let texts: Vec<String> = (0..40)
        .map(|at| admit(at, if at % 2 == 0 { "NK1|1|A^B\rNK1|2|C^D\rZPD|Y|12|20260101\r" } else { "" }))
        .collect();
    let messages = parse(&texts);
    let written = write(&learn(&messages), &style("feed"));
    assert_eq!(written.len(), 1);
    let text = &written[0].text;
    let has = |wanted: &str| {
        let flat: Vec<String> =
            text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert!(flat.iter().any(|line| line == wanted), "{wanted}\n{text}");
    };
    has("# Learned from 40 messages: A01 40.");
    has("profile feed \"Learned from 40 messages\" extends hl7v2 2.5.1 ADT_A01 {");
    has("standard lenient # no message breaks it");
    has("require PID # 40 of 40");
    has("require PID-3 # 40 of 40 Patient Identifier List (CX)");
    has("bind PID-8 to [F] # F 40");
    has("bind PID-3.4.1 to [NORTH] # NORTH 40");
    has("cardinality NK1 0..2 severity warning # in 20 of 40, most 2");
    has("length PID-3.1 1..2 severity warning # 1 to 2 in 40; integer 40");
    has("cardinality ZPD 0..1 # in 20 of 40, most 1");
    has("document ZPD-2 \"not documented yet\" NM # the type is a guess");
    has("document ZPD-3 \"not documented yet\" DT # the type is a guess");
    assert!(!text.contains("Quist") && !text.contains("require NK1 "), "{text}");
    assert_eq!(check(&messages, &style("feed")), 40);
    assert_eq!(check(&messages, &Style { is_closed: true, ..style("feed") }), 40);
}

#[test]
fn what_never_came_is_forbidden_on_request() {
    let messages = parse(&(0..5).map(|at| admit(at, "")).collect::<Vec<_>>());
    let written = write(&learn(&messages), &Style { is_closed: true, ..style("feed") });
    let profiles = compile(&written[0].text);
    let other = parse(&[admit(9, "DG1|1||I10^x||20260101|W\r").replace("|F\r", "|F|Alias\r")]);
    let report = profiles.get("feed").expect("a profile").validate(
        &other[0],
        &[],
        false,
        &mut Run::new(Timestamp::default(), 0),
    );
    let codes: Vec<String> = report.expect("fuel").issues.into_iter().map(|issue| issue.code.into_owned()).collect();
    assert_eq!(codes, ["feed:forbid-PID-9", "feed:forbid-DG1"]);
}

#[test]
fn a_message_that_is_new_to_the_feed_is_told() {
    let messages = parse(&(0..40).map(|at| admit(at, "")).collect::<Vec<_>>());
    let profiles = compile(&write(&learn(&messages), &style("feed"))[0].text);
    let other = parse(&[admit(9, "").replace("|F\r", "|M\r").replace("^MR", "")]);
    let report = profiles.get("feed").expect("a profile").validate(
        &other[0],
        &[],
        false,
        &mut Run::new(Timestamp::default(), 0),
    );
    let codes: Vec<String> = report.expect("fuel").issues.into_iter().map(|issue| issue.code.into_owned()).collect();
    assert_eq!(codes, ["feed:require-PID-3.5", "feed:bind-PID-8"]);
}

#[test]
fn several_types_get_names_of_their_own() {
    let mut texts: Vec<String> = (0..3).map(|at| admit(at, "")).collect();
    texts.push(admit(7, "").replace("|2.5.1\r", "|2.3.1\r"));
    texts.push(
        "MSH|^~\\&|A|B|C|D|20260301||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7||Q\rOBR|1|||X\rOBX|1|NM|a||1||||||F\r"
            .to_owned(),
    );
    let messages = parse(&texts);
    let names: Vec<String> = write(&learn(&messages), &style("feed")).into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["feed-adt_a01-2.3.1", "feed-adt_a01-2.5.1", "feed-oru_r01"]);
    assert_eq!(check(&messages, &style("feed")), 5);
}

#[test]
fn texts_are_quoted_where_they_have_to_be() {
    let check = |text: &str, expect: &str| assert_eq!(quoted(text), expect);
    check("A01", "A01");
    check("007", "007");
    check("5m", "\"5m\"");
    check("A&E", "\"A&E\"");
    check("say \"x\" \\", "\"say \\\"x\\\" \\\\\"");
}

/// Messages of the public corpus beside the repository, a folder a feed: each is valid under what was learned from it.
#[test]
fn every_message_of_the_corpus_is_valid_under_what_was_learned_from_it() {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/v2"));
    let Ok(folders) = std::fs::read_dir(&root) else {
        eprintln!("skipped: no corpus of messages beside the repository");
        return;
    };
    let mut checked = 0;
    for folder in folders.flatten() {
        let mut open = vec![folder.path()];
        let mut messages = Vec::new();
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(std::fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path()));
            } else if let Ok(bytes) = std::fs::read(&path) {
                messages.extend(Batch::split(bytes).0.messages().map(|bytes| Message::parse(bytes).0));
            }
        }
        checked += check(&messages, &style("feed"));
    }
    assert!(checked > 500, "{checked}");
}

proptest! {
    /// Odd values, repetitions, parts, nulls and local segments.
    #[test]
    fn messages_are_valid_under_what_was_learned_from_them(
        segments in prop::collection::vec(
            ("(PID|PV1|NK1|OBX|ZPD|DG1|IN1|QQQ)", prop::collection::vec("(|\"\"|[A-Z]{1,3}|[0-9]{1,9}|x\\^y&z|~a~b|é|[A-Z]\\^\\^[0-9]{8}|a b)", 0..9)),
            0..40,
        ),
        is_closed in any::<bool>(),
    ) {
        let texts: Vec<String> = segments
            .chunks(5)
            .enumerate()
            .map(|(at, chunk)| {
                let lines: Vec<String> = chunk.iter().map(|(id, fields)| format!("{id}|{}\r", fields.join("|"))).collect();
                format!("MSH|^~\\&|A|B|C|D|20260301||ADT^A01^ADT_A01|{at}|P|2.5.1\r{}", lines.concat())
            })
            .collect();
        let messages = parse(&texts);
        prop_assert_eq!(check(&messages, &Style { is_closed, count_min: 1, ..style("feed") }), messages.len());
    }
}
