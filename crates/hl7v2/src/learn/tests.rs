//! Counts by hand, what is told of values and what is not, and the limits.

use super::*;
use proptest::prelude::*;

fn learn(messages: &[String]) -> Learned {
    learn_with(messages, Options::default())
}

fn learn_with(messages: &[String], options: Options) -> Learned {
    let mut learner = Learner::new(options);
    for message in messages {
        let (message, findings) = Message::parse(message.clone());
        let _ = learner.add(&message, &findings);
    }
    learner.finish()
}

/// An admission; `number` makes the patient.
fn admit(number: usize, more: &str) -> String {
    format!(
        "MSH|^~\\&|EPIC|NORTH|LAB|SOUTH|20260301||ADT^A01^ADT_A01|{number}|P|2.5.1\rEVN||20260301101500\r\
         PID|1||{number}^^^NORTH^MR||Quist{number}^Ada||1970010{}|F\rPV1|1|I|4W^401^2\r{more}",
        number % 9 + 1
    )
}

fn part<'l>(learned: &'l Learned, path: &str) -> &'l Part {
    let (segment, rest) = path.split_once('-').expect("SEG-n");
    let id: [u8; 3] = segment.as_bytes().try_into().expect("three letters");
    let mut parts = &learned.kinds[0].segments[&id].fields;
    let mut found = None;
    for number in rest.split('.').map(|number| number.parse::<usize>().expect("a number")) {
        let next = &parts[number - 1];
        parts = &next.parts;
        found = Some(next);
    }
    found.expect("a part")
}

fn codes(learned: &Learned, path: &str) -> String {
    let Some(values) = &part(learned, path).values else { return "nothing".to_owned() };
    let codes = values.codes();
    let listed: Vec<String> = codes.listed.iter().map(|listed| format!("{} {}", listed.code, listed.count)).collect();
    format!("{}; {} kept back", listed.join(", "), codes.kept_back)
}

#[test]
fn counts_of_segments_and_fields() {
    let messages = [
        admit(1, "NK1|1|A^B\rNK1|2|C^D\rZPD|1|x\r"),
        admit(2, "").replace("||Quist2", "~7^^^NORTH^PI||Quist2"),
        admit(3, "NK1|1\r").replace("|F\r", "|\"\"\r"),
    ];
    let learned = learn(&messages);
    let kind = &learned.kinds[0];
    assert_eq!((kind.version, kind.structure, kind.messages), (Version::V2_5_1, "ADT_A01", 3));
    assert_eq!(kind.events, BTreeMap::from([("A01".to_owned(), 3)]));
    let node = |name: &str| {
        let at = kind.compiled().nodes().iter().position(|node| &*node.name == name).expect("a node");
        let Count { of, present, total, least, most } = kind.nodes[at];
        (of, present, total, least, most)
    };
    assert_eq!(node("NK1"), (3, 2, 3, 0, 2));
    assert_eq!(node("PID"), (3, 3, 3, 1, 1));
    assert_eq!(node("PV2"), (3, 0, 0, 0, 0));
    let kin = kind.segments[b"NK1"].in_messages;
    assert_eq!((kin.of, kin.present, kin.least, kin.most), (3, 2, 0, 2));
    assert_eq!(kind.loose[b"ZPD"], Count { of: 3, present: 1, total: 1, least: 0, most: 1 });
    let counted = |path: &str| {
        let part = part(&learned, path);
        let values = part.values.as_ref().map(|values| (values.shortest, values.longest));
        (part.present, part.total, part.most, part.nulls, values)
    };
    assert_eq!(counted("PID-3"), (3, 4, 2, 0, None));
    assert_eq!(counted("PID-3.1"), (4, 4, 1, 0, Some((1, 1))));
    assert_eq!(counted("PID-3.4.1"), (4, 4, 1, 0, Some((5, 5))));
    assert_eq!(counted("PID-5.1.1"), (3, 3, 1, 0, Some((6, 6))));
    assert_eq!(counted("PID-8"), (3, 3, 1, 1, Some((1, 1))));
    assert_eq!(counted("NK1-2"), (2, 2, 1, 0, None));
    assert_eq!(part(&learned, "PID-7").values.as_ref().map(|values| values.of_form(Form::Day)), Some(3));
}

#[test]
fn groups_count_where_they_may_come() {
    let oru = "MSH|^~\\&|A|B|C|D|20260301||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7||Q\rOBR|1|||X\rOBX|1|NM|a||1\rOBX|2|NM|b||2\r\
               OBR|2|||Y\rNTE|1||x\rOBR|3|||Z\rOBX|1|NM|a||3\r";
    let learned = learn(&[oru.to_owned()]);
    let kind = &learned.kinds[0];
    let of = |name: &str| {
        let is_it = |node: &crate::structure::model::Node| &*node.name == name;
        kind.nodes[kind.compiled().nodes().iter().position(is_it).expect("a node")]
    };
    assert_eq!(of("ORDER_OBSERVATION"), Count { of: 1, present: 1, total: 3, least: 3, most: 3 });
    assert_eq!(of("OBSERVATION"), Count { of: 3, present: 2, total: 3, least: 0, most: 2 });
    assert_eq!(of("PATIENT"), Count { of: 1, present: 1, total: 1, least: 1, most: 1 });
}

#[test]
fn what_is_left_out() {
    let messages =
        ["PID|1\r".to_owned(), "MSH|^~\\&|||||||QQQ^Q99|1|P|2.5\r".to_owned(), admit(1, "")].map(|text| text);
    let learned = learn(&messages);
    assert_eq!(learned.messages, 1);
    assert_eq!(learned.left_out, BTreeMap::from([(LeftOut::NoHeader, 1), (LeftOut::NoStructure, 1)]));
}

#[test]
fn codes_are_told_when_they_are_codes() {
    let mut messages: Vec<String> = (1..=40).map(|number| admit(number, &format!("ZPD|{}|Y\r", number % 2))).collect();
    messages.push(admit(77, "").replace("PV1|1|I|4W", "PV1|1|Z|9X"));
    let learned = learn(&messages);
    let check = |path: &str, expect: &str| assert_eq!(codes(&learned, path), expect, "{path}");
    check("PID-8", "F 41; 0 kept back");
    check("PV1-2", "I 40; 1 kept back");
    check("PV1-3.1", "4W 40; 1 kept back");
    check("PID-3.4.1", "NORTH 41; 0 kept back");
    check("PID-3.5", "MR 41; 0 kept back");
    check("ZPD-1", "0 20, 1 20; 0 kept back");
    check("ZPD-2", "Y 40; 0 kept back");
    check("PID-3.1", "; 0 kept back");
    check("PV1-3.2", "; 0 kept back");
    check("EVN-2", "; 0 kept back");
}

#[test]
fn one_patient_is_not_enough() {
    // Many messages about one patient: what only they have is not told.
    let same = |more: &str| admit(1, more);
    let messages: Vec<String> = (0..50).map(|_| same("ZPD|VIP\r").replace("|F\r", "|F||XQ\r")).collect();
    let learned = learn(&messages);
    assert_eq!(codes(&learned, "PID-10.1"), "; 1 kept back");
    assert_eq!(codes(&learned, "ZPD-1"), "; 1 kept back");
    let asked = learn_with(&messages, Options { patients_min: 1 });
    assert_eq!(codes(&asked, "ZPD-1"), "VIP 50; 0 kept back");
}

/// The text of a canary, and every place of a message where it could be.
const CANARY: &str = "CANARY";

fn hidden(number: usize) -> String {
    format!(
        "MSH|^~\\&|EPIC|NORTH|LAB|SOUTH|20260301||ADT^A01^ADT_A01|{CANARY}|P|2.5.1\rEVN||20260301\r\
         PID|1|{CANARY}|{number}~{CANARY}^^^NORTH^MR|{CANARY}|{CANARY}^{CANARY}^C|{CANARY}^{CANARY}||F|{CANARY}|2106-3^{CANARY}|\
         {CANARY}^{CANARY}^{CANARY}^XX^{CANARY}^^^^{CANARY}|{CANARY}|{CANARY}|{CANARY}||M|{CANARY}|{CANARY}|{CANARY}|{CANARY}\r\
         NK1|1|{CANARY}^{CANARY}|MTH^{CANARY}|{CANARY}^{CANARY}|{CANARY}\r\
         PV1|1|I|4W^{CANARY}^{CANARY}||||7^{CANARY}^{CANARY}\r\
         OBX|1|ST|{CANARY}^{CANARY}||{CANARY}\rAL1|1||P^{CANARY}|||{CANARY}\rDG1|1||I10^{CANARY}|{CANARY}\rNTE|1||{CANARY}\r\
         GT1|1|{CANARY}|{CANARY}^{CANARY}||{CANARY}|{CANARY}\r\
         IN1|1|P^{CANARY}|{CANARY}|{CANARY}|{CANARY}|{CANARY}|{CANARY}|||||||||{CANARY}\rZPD|{CANARY}|{CANARY}^{CANARY}\r"
    )
}

#[test]
fn a_canary_is_never_told() {
    // In the code of a coded field too, of many patients, often.
    let messages: Vec<String> = (0..60).map(hidden).collect();
    let learned = learn(&messages);
    let mut told = Vec::new();
    for kind in &learned.kinds {
        for segment in kind.segments.values() {
            segment.fields.iter().for_each(|part| collect(part, &mut told));
        }
    }
    assert!(told.contains(&"MTH".to_owned()) && told.contains(&"NORTH".to_owned()), "{told:?}");
    assert!(!told.iter().any(|code| code.contains(CANARY)), "{told:?}");
    assert!(!format!("{:?}", learned.kinds[0].outline()).contains(CANARY));
}

fn collect(part: &Part, told: &mut Vec<String>) {
    if let Some(values) = &part.values {
        told.extend(values.codes().listed.iter().map(|listed| listed.code.to_owned()));
    }
    part.parts.iter().for_each(|inner| collect(inner, told));
}

#[test]
fn values_are_bounded() {
    let segments: Vec<String> = (0..DISTINCT_MAX + 1).map(|at| format!("ZPD|C{at}|A\r")).collect();
    let learned = learn(&[admit(1, &segments.concat()), admit(2, "ZPD|C1\r")]);
    assert_eq!(codes(&learned, "ZPD-1"), "; 0 kept back");
    assert_eq!(part(&learned, "ZPD-1").present, DISTINCT_MAX as u64 + 2);
}

#[test]
fn places_are_bounded() {
    let long = format!("ZPD{}x\r", "|".repeat(FIELDS_MAX + 1));
    let wide = format!("ZPE|{}x\r", "^".repeat(PARTS_MAX));
    let learned = learn(&[admit(1, &long), admit(2, &wide)]);
    assert!(learned.is_cut);
    assert!(!learn(&[admit(1, "ZPD|1\r")]).is_cut);
    let mut many = String::new();
    for at in 0..=SEGMENTS_MAX {
        many.push_str(&format!("Z{}{}|1\r", char::from(b'A' + (at / 26) as u8), char::from(b'A' + (at % 26) as u8)));
    }
    let learned = learn(&[admit(1, &many)]);
    assert!(
        learned.is_cut
            && learned.kinds[0].segments.len() == SEGMENTS_MAX
            && learned.kinds[0].loose.len() == SEGMENTS_MAX
    );
}

#[test]
fn kinds_are_bounded() {
    let names: Vec<String> =
        crate::dictionary::Dictionary::of(Version::V2_5_1).structures().map(|own| own.id().to_owned()).collect();
    let messages: Vec<String> = names
        .iter()
        .map(|name| format!("MSH|^~\\&|||||||{}^^{name}|1|P|2.5.1\r", name.split('_').next().unwrap_or_default()))
        .collect();
    let learned = learn(&messages);
    assert_eq!(learned.kinds.len(), KINDS_MAX.min(names.len()));
    assert_eq!(learned.left_out.get(&LeftOut::TooManyKinds).copied(), Some((names.len() - KINDS_MAX) as u64));
}

#[test]
fn an_outline_of_what_was_sent() {
    let learned = learn(&[admit(1, "NK1|1|A^B\rZPD|1|x\r"), admit(2, "")]);
    let outline = learned.kinds[0].outline();
    let node = |name: &str| outline.nodes.iter().find(|node| node.name == name).expect("a node");
    use crate::profile::outline::{Seen, Usage};
    assert_eq!(
        (node("PID").usage, node("PV2").usage, node("NK1").usage),
        (Usage::Required, Usage::NotSupported, Usage::Optional)
    );
    assert_eq!(node("ZPD").seen, Some(Seen { present: 1, of: 2 }));
    let name = &node("PID").parts[4];
    assert_eq!(
        (name.usage, &*name.name, name.parts[0].parts[0].length),
        (Usage::Required, "Patient Name", Some((6, Some(6))))
    );
    assert_eq!(node("PID").parts[3].usage, Usage::NotSupported);
}

proptest! {
    #[test]
    fn any_bytes_are_counted_without_a_panic(text in "(MSH\\|\\^~\\\\&\\|.{0,40}\\|ADT\\^A01\\|1\\|P\\|2\\.[0-9]\r)?(([A-Z]{3}|.{0,5})(\\|[^\r]{0,30}){0,6}\r){0,8}") {
        let mut learner = Learner::new(Options::default());
        let (message, findings) = Message::parse(text);
        let _ = learner.add(&message, &findings);
        for kind in &learner.finish().kinds {
            let _ = kind.outline();
        }
    }
}
