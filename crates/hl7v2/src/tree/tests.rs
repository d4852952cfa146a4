//! Tests of the tree as a whole: lossless, three states, diagnostics, edits that touch their own bytes only.

use super::{Message, Place, State, Value};
use crate::{Error, Path};
use message::Code;
use proptest::prelude::*;

const ADT: &str = "MSH|^~\\&|ADT|NORTH|HUB|WEST|20260301070809||ADT^A01^ADT_A01|M1|P|2.5.1\r\
PID|1||77^^^NORTH&1.2.3&ISO^MR~99^^^SOUTH^PI||Doe^Jane^\"\"||19700101|F\r\
OBX|1|ST|A||one\rOBX|2|ST|B||two~three\rOBX|3|ST|C||\r";

fn path(text: &str) -> Path {
    Path::parse(text).expect(text)
}

fn read(text: &str) -> Message {
    Message::parse(text.to_owned()).0
}

#[test]
fn first_values() {
    let message = read(ADT);
    let check = |at: &str, expect: &str| assert_eq!(message.text(&path(at)), expect, "{at}");
    check("MSH-1", "|");
    check("MSH-2", "^~\\&");
    check("MSH-2.1", "^~\\&");
    check("MSH-3", "ADT");
    check("MSH-9.2", "A01");
    check("MSH-12", "2.5.1");
    check("PID", "PID|1||77^^^NORTH&1.2.3&ISO^MR~99^^^SOUTH^PI||Doe^Jane^\"\"||19700101|F");
    check("PID-3", "77^^^NORTH&1.2.3&ISO^MR");
    check("PID-3.4.2", "1.2.3");
    check("PID-3[2].1", "99");
    check("PID-3[3].1", "");
    check("PID-3[.5=PI].4", "SOUTH");
    check("PID-3[.4.2=\"1.2.3\"].1", "77");
    check("PID-3[.5=XX].1", "");
    check("PID-8.1.1", "F");
    check("PID-8.2", "");
    check("PID-99", "");
    check("OBX[2]-5", "two");
    check("OBX[9]-5", "");
    check("ZZZ-1", "");
    check("G.PID-1", "");
}

#[test]
fn several_values() {
    let message = read(ADT);
    let texts = |found: super::Selection<'_, '_>| found.map(|element| element.text().into_owned()).collect::<Vec<_>>();
    let check = |at: &str, values: &[&str], every: &[&str]| {
        let path = path(at);
        assert_eq!(texts(message.values(&path)), values, "{at}");
        assert_eq!(texts(message.every(&path)), every, "{at}");
    };
    check("OBX-5", &["one"], &["one", "two", "three"]);
    check("OBX[*]-5", &["one", "two"], &["one", "two", "three"]);
    check("OBX[*]-5[*]", &["one", "two", "three"], &["one", "two", "three"]);
    check("OBX[2]-5[2]", &["three"], &["three"]);
    check("PID-3[.5=PI].1", &["99"], &["99"]);
    check("PID-3.1", &["77"], &["77", "99"]);
    check("MSH-2", &["^~\\&"], &["^~\\&"]);
    check("ZZZ[*]-1", &[], &[]);
    assert_eq!(message.every(&path("OBX")).count(), 3);
    assert_eq!(message.whole(&path("PID-3")).map(|field| field.raw().len()), Some(37));
}

#[test]
fn members() {
    let message = read(ADT);
    let id_path = path("PID-3[*]");
    let systems: Vec<_> = message
        .values(&id_path)
        .map(|id| {
            id.get(&crate::path::Member::parse(".4.1").expect("a member")).map_or_else(String::new, |e| e.text().into())
        })
        .collect();
    assert_eq!(systems, ["NORTH", "SOUTH"]);
    let values: Vec<_> = message
        .segments_named(*b"OBX")
        .map(|obx| {
            obx.get(&crate::path::Member::parse("-5").expect("a member")).map_or_else(String::new, |e| e.text().into())
        })
        .collect();
    assert_eq!(values, ["one", "two", ""]);
}

#[test]
fn three_states() {
    let message = read("MSH|^~\\&\rPID|1||\"\"^x|\"\"|v");
    let check = |at: &str, expect: State| assert_eq!(message.state(&path(at)), expect, "{at}");
    check("PID-2", State::Empty);
    check("PID-3.1", State::Null);
    check("PID-4", State::Null);
    check("PID-5", State::Value);
    check("PID-6", State::Empty);
    check("ZZZ-6", State::Empty);
}

#[test]
fn anomalies_are_named() {
    let check = |bytes: &[u8], expect: &[&str]| {
        let (message, diagnostics) = Message::parse_slice(bytes);
        let codes: Vec<_> = diagnostics.iter().map(|finding| finding.code.id).collect();
        assert_eq!(codes, expect, "{:?}", String::from_utf8_lossy(bytes));
        assert_eq!(&*message.write(), bytes);
    };
    check(b"MSH|^~\\&|A\rPID|1\r", &[]);
    check(b"MSH|^~\\&|A\nPID|1\n", &["E1002"]);
    check(b"MSH|^~\\&|A\r\nPID|1\r\n", &["E1003"]);
    check(b"MSH|^~\\&|A\rPID|1\r\n", &["E1004"]);
    check(b"MSH|^~\\&|A\rPID|1", &["E1013"]);
    check(b"MSH|^~\\&|A\rhello\r\rPID|1\r", &["E1006", "E1005"]);
    check(b"\xEF\xBB\xBFMSH|^~\\&|A\r", &["E1007"]);
    check(b"\r\n MSH|^~\\&|A\r", &["E1009"]);
    check(b"\x0BMSH|^~\\&|A\r\x1C\r", &["E1020", "E1020"]);
    check(b"MSH|^~|A\r", &["E1010"]);
    check(b"MSH|^~MS|A\r", &["E1011"]);
    check(b"MSH|^~\\&#|A|||||||||2.5\r", &["E1012"]);
    check(b"MSH|^~\\&#|A|||||||||2.7.1\r", &[]);
    check(b"MSH|^~\\&|A\rNTE|a\nb\r", &["E1014"]);
    check(b"MSH|^~\\&|A\rMSH|^~\\&|B\r", &["E1015"]);
    check(b"MSH|^~\\&|\xE9\r", &["E1017"]);
    check(b"MSH|^~\\&|\xC3\xA9\r", &["E1017"]);
    check(b"MSH|^~\\&||||||||||||||||KLINGON\r", &["E1016"]);
    check(b"MSH|^~\\&|\xC3\xA9|||||||||||||||UNICODE UTF-8\r", &[]);
    check(b"MSH|^~\\&|\xE9|||||||||||||||UNICODE UTF-8\r", &["E1018"]);
    check(b"MSH|^~\\&|\xE9|||||||||||||||ASCII\r", &["E1018"]);
    check(b"MSH|^~\\&|\xE9|||||||||||||||8859/1\r", &[]);
    check(b"hello", &["E1001", "E1005"]);
    check(b"", &["E1001"]);
}

#[test]
fn character_sets() {
    let check = |bytes: &[u8], expect: &str| {
        let (message, _) = Message::parse_slice(bytes);
        assert_eq!(message.text(&path("PID-5.1")), expect);
        assert_eq!(message.text(&path("PID-5.2")), "X");
        assert_eq!(&*message.write(), bytes);
    };
    check(b"MSH|^~\\&||||||||||||||||8859/1\rPID|||||M\xFCller^X\r", "Müller");
    check(b"MSH|^~\\&||||||||||||||||~ISO IR87\rPID|||||\x1b$B;3ED\x1b(B^X\r", "山田");
    check(b"MSH|^~\\&||||||||||||||||BIG-5\rPID|||||\xB3\x5C\xA5\x5C^X\r", "許功");
    check(b"MSH|^~\\&||||||||||||||||GB 18030-2000\rPID|||||\x81\x7C^X\r", "亅");
    check(b"MSH|^~\\&\rPID|||||M\xFCller^X\r", "Müller");
    check(b"\xEF\xBB\xBFMSH|^~\\&\rPID|||||M\xC3\xBCller^X\r", "Müller");
}

#[test]
fn utf16_keeps_its_bytes_and_takes_edits() {
    let encode = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let bytes = encode("\u{FEFF}MSH|^~\\&|A\rPID|||||山^X\r");
    let (mut message, diagnostics) = Message::parse_slice(&bytes);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(&*message.write(), &bytes[..]);
    message.set(&path("PID-5.2"), Value::Text("é|")).expect("an edit");
    assert_eq!(&*message.write(), &encode("\u{FEFF}MSH|^~\\&|A\rPID|||||山^é\\F\\\r")[..]);
}

#[test]
fn sets() {
    let check = |at: &str, value: Value<'_>, expect: &str| {
        let mut message = read("MSH|^~\\&|A\rPID|1||a^b&c~d|\"\"|e\rOBX|1\rOBX|2\rNTE|1");
        let before = message.clone();
        message.set(&path(at), value).expect(at);
        let text = String::from_utf8(message.write().into_owned()).expect("text");
        let pid = text.strip_prefix("MSH|^~\\&|A\r").and_then(|rest| rest.strip_suffix("\rOBX|1\rOBX|2\rNTE|1"));
        assert_eq!(pid.unwrap_or(&text), expect, "{at}");
        assert_same_lines(&read(&text), &message);
        assert_eq!(before.segment_count(), message.segment_count());
    };
    check("PID-1", Value::Text("22"), "PID|22||a^b&c~d|\"\"|e");
    check("PID-3", Value::Text("x"), "PID|1||x|\"\"|e");
    check("PID-3[1]", Value::Text("x"), "PID|1||x~d|\"\"|e");
    check("PID-3.1", Value::Text("x"), "PID|1||x^b&c~d|\"\"|e");
    check("PID-3.2.2", Value::Text("x"), "PID|1||a^b&x~d|\"\"|e");
    check("PID-3.2.4", Value::Text("x"), "PID|1||a^b&c&&x~d|\"\"|e");
    check("PID-3[2].3.2", Value::Text("x"), "PID|1||a^b&c~d^^&x|\"\"|e");
    check("PID-3[4]", Value::Text("x"), "PID|1||a^b&c~d~~x|\"\"|e");
    check("PID-3[+]", Value::Text("x"), "PID|1||a^b&c~d~x|\"\"|e");
    check("PID-3[+].2", Value::Text("x"), "PID|1||a^b&c~d~^x|\"\"|e");
    check("PID-2[+].2", Value::Text("x"), "PID|1|^x|a^b&c~d|\"\"|e");
    check("PID-3[*].1", Value::Text("xx"), "PID|1||xx^b&c~xx|\"\"|e");
    check("PID-3[.1=d].1", Value::Null, "PID|1||a^b&c~\"\"|\"\"|e");
    check("PID-4", Value::Empty, "PID|1||a^b&c~d||e");
    check("PID-9", Value::Empty, "PID|1||a^b&c~d|\"\"|e");
    check("PID-9.2", Value::Null, "PID|1||a^b&c~d|\"\"|e||||^\"\"");
    check("PID-8[2].2.2", Value::Text("x"), "PID|1||a^b&c~d|\"\"|e|||~^&x");
    check("PID-5", Value::Raw(b"a^b~c"), "PID|1||a^b&c~d|\"\"|a^b~c");
    check("PID-5", Value::Text("a^b"), "PID|1||a^b&c~d|\"\"|a\\S\\b");
    check("MSH-5.2", Value::Text("x"), "MSH|^~\\&|A||^x\rPID|1||a^b&c~d|\"\"|e\rOBX|1\rOBX|2\rNTE|1");
    check("OBX[*]-2", Value::Text("x"), "MSH|^~\\&|A\rPID|1||a^b&c~d|\"\"|e\rOBX|1|x\rOBX|2|x\rNTE|1");
    check("NTE-3", Value::Text("x"), "MSH|^~\\&|A\rPID|1||a^b&c~d|\"\"|e\rOBX|1\rOBX|2\rNTE|1||x");
}

#[test]
fn refusals_say_why_and_change_nothing() {
    let check = |at: &str, value: Value<'_>, code: Code| {
        let text = "MSH|^~\\&|é|||||||||||||||8859/1\rPID|1||a~b\r";
        let bytes: Vec<u8> = text.chars().map(|c| c as u8).collect();
        let mut message = Message::parse_slice(&bytes).0;
        assert_eq!(message.set(&path(at), value).map_err(|error| error.code()), Err(code), "{at}");
        assert_eq!(&*message.write(), &bytes[..]);
    };
    check("MSH-1", Value::Text("x"), crate::codes::E1042);
    check("MSH-2", Value::Text("x"), crate::codes::E1042);
    check("PID", Value::Text("x"), crate::codes::E1042);
    check("ZZZ-1", Value::Text("x"), crate::codes::E1041);
    check("PID[2]-1", Value::Text("x"), crate::codes::E1041);
    check("PID-3[.1=z].2", Value::Text("x"), crate::codes::E1045);
    check("PID-3", Value::Text("山"), crate::codes::E1043);
    check("PID-3", Value::Raw(b"a|b"), crate::codes::E1044);
    check("PID-3", Value::Raw(b"a\rb"), crate::codes::E1044);
    check("PID-3[1]", Value::Raw(b"a~b"), crate::codes::E1044);
    check("PID-3.1", Value::Raw(b"a^b"), crate::codes::E1044);
    check("MSH-18", Value::Text("UNICODE UTF-8"), crate::codes::E1046);
    check("G[1].PID-3", Value::Text("x"), crate::codes::E1033);
}

#[test]
fn deletes() {
    let check = |at: &str, count: usize, expect: &str| {
        let mut message = read("MSH|^~\\&|A\nPID|1||a^b~c^d~e|f\nNTE|1\nNTE|2\n");
        assert_eq!(message.delete(&path(at)), Ok(count), "{at}");
        let text = String::from_utf8(message.write().into_owned()).expect("text");
        assert_eq!(text, format!("MSH|^~\\&|A\n{expect}"), "{at}");
        assert_same_lines(&read(&text), &message);
    };
    check("PID-3", 1, "PID|1|||f\nNTE|1\nNTE|2\n");
    check("PID-3[1]", 1, "PID|1||c^d~e|f\nNTE|1\nNTE|2\n");
    check("PID-3[3]", 1, "PID|1||a^b~c^d|f\nNTE|1\nNTE|2\n");
    check("PID-3[9]", 0, "PID|1||a^b~c^d~e|f\nNTE|1\nNTE|2\n");
    check("PID-3[.2=\"\"]", 1, "PID|1||a^b~c^d|f\nNTE|1\nNTE|2\n");
    check("PID-3.2", 2, "PID|1||a^~c^~e|f\nNTE|1\nNTE|2\n");
    check("PID-3[2].1", 1, "PID|1||a^b~^d~e|f\nNTE|1\nNTE|2\n");
    check("PID-9", 0, "PID|1||a^b~c^d~e|f\nNTE|1\nNTE|2\n");
    check("NTE", 2, "PID|1||a^b~c^d~e|f\n");
    check("NTE[2]", 1, "PID|1||a^b~c^d~e|f\nNTE|1\n");
    check("NTE-1", 2, "PID|1||a^b~c^d~e|f\nNTE|\nNTE|\n");
    check("ZZZ", 0, "PID|1||a^b~c^d~e|f\nNTE|1\nNTE|2\n");
    assert!(read(ADT).delete(&path("MSH")).is_err());
}

/// Many places are written in one pass, few by moving: both ways must come to the same.
#[test]
fn many_places() {
    let line = |number: usize, value: &str| format!("OBX|{number}|ST|a^b\\T\\c||{value}\n");
    let text = |value: &str| format!("MSH|^~\\&|A\n{}NTE|end", (1..200).map(|n| line(n, value)).collect::<String>());
    let mut message = read(&text("old~x"));
    message.set(&path("OBX[*]-5"), Value::Text("n\\w")).expect("an edit");
    assert_eq!(String::from_utf8_lossy(&message.write()), text("n\\E\\w"));
    assert_same_lines(&read(&text("n\\E\\w")), &message);
    assert_eq!(message.text(&path("OBX[199]-5")), "n\\w");
    assert_eq!(message.delete(&path("OBX-5")), Ok(199));
    assert_eq!(String::from_utf8_lossy(&message.write()), text(""));
    assert_same_lines(&read(&text("")), &message);
    assert_eq!(message.delete(&path("OBX")), Ok(199));
    assert_eq!(&*message.write(), b"MSH|^~\\&|A\nNTE|end");
    assert_same_lines(&read("MSH|^~\\&|A\nNTE|end"), &message);
}

#[test]
fn half_a_character_does_not_swallow_a_separator() {
    let bytes = b"MSH|^~\\&||||||||||||||||BIG-5\rPID|1||a\xB1\r";
    let mut message = Message::parse_slice(bytes).0;
    assert_eq!(message.set(&path("PID-4"), Value::Text("x")).map_err(|error| error.code()), Err(crate::codes::E1042));
    assert_eq!(&*message.write(), bytes);
    message.set(&path("PID-3"), Value::Text("\u{529F}")).expect("the half character is replaced");
    message.set(&path("PID-4"), Value::Text("x")).expect("nothing stands in the way");
    assert_eq!(&*message.write(), b"MSH|^~\\&||||||||||||||||BIG-5\rPID|1||\xA5\x5C|x\r");
}

#[test]
fn numbers_that_no_text_can_say_are_refused() {
    let mut message = read(ADT);
    let mut odd = path("PID-3[1].1");
    odd.occurrence = crate::path::Index::At(0);
    assert!(message.first(&odd).is_none());
    assert_eq!(message.set(&odd, Value::Null).map_err(|error| error.code()), Err(crate::codes::E1032));
    let mut odd = path("PID-3.1");
    odd.member.component = Some(0);
    assert!(message.first(&odd).is_none());
    assert_eq!(message.delete(&odd).map_err(|error| error.code()), Err(crate::codes::E1032));
}

#[test]
fn inserts() {
    let check = |place: Place<'_>, expect: &str| {
        let mut message = read("MSH|^~\\&|A\r\nPID|1\r\nNTE|1\r\nNTE|2");
        message.insert_segment(place, Value::Raw(b"ZPD|x")).expect("a place");
        let text = String::from_utf8(message.write().into_owned()).expect("text");
        assert_eq!(text, expect);
        assert_same_lines(&read(&text), &message);
    };
    check(Place::End, "MSH|^~\\&|A\r\nPID|1\r\nNTE|1\r\nNTE|2\r\nZPD|x");
    check(Place::After(&path("PID")), "MSH|^~\\&|A\r\nPID|1\r\nZPD|x\r\nNTE|1\r\nNTE|2");
    check(Place::After(&path("NTE[1]")), "MSH|^~\\&|A\r\nPID|1\r\nNTE|1\r\nZPD|x\r\nNTE|2");
    check(Place::Before(&path("NTE")), "MSH|^~\\&|A\r\nPID|1\r\nZPD|x\r\nNTE|1\r\nNTE|2");
    let mut message = read(ADT);
    assert!(message.insert_segment(Place::Before(&path("MSH")), Value::Raw(b"ZPD|x")).is_err());
    assert!(message.insert_segment(Place::End, Value::Raw(b"zpd")).is_err());
    assert!(message.insert_segment(Place::End, Value::Raw(b"ZPD|x\rZPE|y")).is_err());
    assert!(message.insert_segment(Place::After(&path("ZZZ")), Value::Raw(b"ZPD")).is_err());
    message.insert_repetition(&path("PID-3[2]"), Value::Text("new")).expect("a repetition");
    assert_eq!(message.text(&path("PID-3[2]")), "new");
    assert_eq!(message.text(&path("PID-3[3].1")), "99");
}

#[test]
fn copies_between_delimiters_and_character_sets() {
    let source = Message::parse_slice(b"MSH#!@%*#A###############8859/1\rPID###a!b*c@%F%|M\xFCller%.br%%Zq%#x\r").0;
    let mut target = read("MSH|^~\\&|A\rPID|1\r");
    let from = path("PID-3");
    let element = source.whole(&from).expect("the field");
    target.set(&from, Value::Element(element)).expect("a copy");
    assert_eq!(&*target.write(), "MSH|^~\\&|A\rPID|1||a^b&c~#\\F\\Müller\\.br\\\\Zq\\\r".as_bytes());
    let segment = source.segments_named(*b"PID").next().expect("PID");
    target.insert_segment(Place::End, Value::Element(segment)).expect("a copy");
    assert!(String::from_utf8_lossy(&target.write()).ends_with("\rPID|||a^b&c~#\\F\\Müller\\.br\\\\Zq\\|x\r"));
    assert!(matches!(target.set(&path("PID-2.1"), Value::Element(element)), Err(Error::Refused { .. })));
}

/// Bytes that look like messages, with every kind of accident.
fn message_shaped() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        8 => "[A-Z][A-Z0-9]{2}\\|[a-z|^~&\\\\]{0,12}".prop_map(String::into_bytes),
        4 => Just(b"PID|1||a^b&c~d".to_vec()),
        2 => Just(b"\r".to_vec()), 1 => Just(b"\n".to_vec()), 1 => Just(b"\r\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..6),
        1 => Just(b"|".to_vec()), 1 => Just(b"\"\"".to_vec()), 1 => Just("é山".as_bytes().to_vec()),
    ];
    let header = prop_oneof![
        Just("MSH|^~\\&|A\r"),
        Just("MSH|^~\\&#|A\n"),
        Just("MSH#!@%*#A\r\n"),
        Just(""),
        Just("\u{FEFF}MSH|^~\\&\r"),
        Just("MSH|^~\\&||||||||||||||||BIG-5\r"),
        Just("MSH|^~\\&||||||||||||||||~ISO IR87\r"),
    ];
    (header, proptest::collection::vec((part, prop_oneof![Just("\r"), Just("\n"), Just("")]), 0..12)).prop_map(
        |(header, parts)| {
            let mut out = header.as_bytes().to_vec();
            for (part, end) in parts {
                out.extend(part);
                out.extend(end.bytes());
            }
            out
        },
    )
}

fn any_path() -> impl Strategy<Value = Path> {
    "(PID|MSH|OBX|ZZ1)(\\[(\\*|2)\\])?-[1-9](\\[(\\*|2|\\+|\\.1=a)\\])?(\\.[1-3](\\.[1-3])?)?"
        .prop_map(|text| Path::parse(&text).expect("a path"))
}

/// Bounds after an edit are those of a fresh parse. That a line holds an escape may be believed for too long, never for
/// too short.
fn assert_same_lines(fresh: &Message, edited: &Message) {
    assert_eq!(fresh.lines.len(), edited.lines.len());
    for (fresh, edited) in fresh.lines.iter().zip(&edited.lines) {
        assert_eq!((fresh.range(), fresh.id, fresh.kind), (edited.range(), edited.id, edited.kind));
        assert!(edited.has_escape || !fresh.has_escape);
    }
}

/// Longest common prefix and suffix of what was and what is.
fn untouched(before: &[u8], after: &[u8]) -> (usize, usize) {
    let prefix = before.iter().zip(after).take_while(|(a, b)| a == b).count();
    let suffix = before[prefix..].iter().rev().zip(after[prefix..].iter().rev()).take_while(|(a, b)| a == b).count();
    (prefix, suffix)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn write_is_the_inverse_of_parse(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (message, _) = Message::parse(bytes.clone());
        prop_assert_eq!(&*message.write(), &bytes[..]);
        prop_assert_eq!(&message.to_bytes()[..], &bytes[..]);
        prop_assert_eq!(&message.into_bytes()[..], &bytes[..]);
    }

    #[test]
    fn reads_of_message_shaped_bytes(bytes in message_shaped(), at in any_path()) {
        let (message, _) = Message::parse(bytes.clone());
        prop_assert_eq!(&*message.write(), &bytes[..]);
        let first = message.first(&at).map(|element| element.raw().to_vec()).unwrap_or_default();
        let every: Vec<_> = message.every(&at).map(|element| element.raw().to_vec()).collect();
        let values: Vec<_> = message.values(&at).map(|element| element.raw().to_vec()).collect();
        prop_assert!(values.iter().all(|value| every.contains(value)));
        if !at.is_multiple() {
            prop_assert_eq!(values.first().cloned().unwrap_or_default(), first);
        }
        for element in message.segments().flat_map(|segment| segment.parts()) {
            let _ = (element.text(), element.state(), element.parts().count());
        }
    }

    #[test]
    fn an_edit_touches_its_own_bytes(bytes in message_shaped(), at in any_path(), value in "[a-z|^é]{0,6}") {
        let (mut message, _) = Message::parse(bytes.clone());
        let before: Vec<_> = message.lines.iter().map(|line| line.range()).collect();
        if message.set(&at, Value::Text(&value)).is_ok() && !at.is_multiple() {
            let after = message.write().into_owned();
            let written = Message::parse(after.clone()).0;
            let (prefix, suffix) = untouched(&bytes, &after);
            // What is between prefix and suffix is inside one line of the message as it was.
            let changed = prefix..bytes.len() - suffix;
            let is_in = |line: &std::ops::Range<usize>| line.start <= changed.start && changed.end <= line.end;
            prop_assert!(changed.is_empty() || before.iter().any(is_in));
            assert_same_lines(&written, &message);
            prop_assert_eq!(&*written.write(), &after[..]);
            if !at.is_target_only() && !value.is_empty() && at.member.field.as_ref().is_some_and(|(_, index)| !matches!(index, crate::path::Index::Where(_))) {
                prop_assert_eq!(message.text(&at), value.as_str());
            }
        }
        let _ = message.delete(&at);
        let after = message.write().into_owned();
        assert_same_lines(&Message::parse(after).0, &message);
    }
}
