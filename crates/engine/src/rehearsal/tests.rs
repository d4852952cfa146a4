//! `sinew test` without an engine.

use super::*;
use crate::fixture::load;

/// Whether each `test` block passes.
fn verdicts(lines: &str, tests: &str) -> Vec<bool> {
    let (definition, cases) = load(lines, tests);
    assert!(!cases.is_empty());
    cases.iter().map(|case| rehearse(&definition, case, None).verdict.failures.is_empty()).collect()
}

const GIVEN: &str =
    "given \"\"\"MSH|^~\\\\&|REG|NORTH|HUB|H|20260301||ADT^A01|1|P|2.5.1\rPID|1||7||Quist^Ada\rPV1|1|I|4W\"\"\"";

#[test]
fn expectations_hold_or_do_not() {
    let lines = "drop when PV1-3 = \"TEST\"\nsend out {\n fake out\n set PV1-3 = \"4WEST\"\n}";
    let case = |name: &str, body: &str| format!("test \"{name}\" {{\n{GIVEN}\n{body}\n}}\n");
    let tests = [
        case("goes out", "expect out sent"),
        case("is changed", "expect out PV1-3 = \"4WEST\""),
        case("is not changed", "expect out PV1-3 = \"4W\""),
        case("is filtered", "expect filtered"),
        case("is acknowledged", "expect acknowledged AA"),
    ];
    assert_eq!(verdicts(lines, &tests.concat()), [true, true, false, false, true]);
}

#[test]
fn parts_are_joined_as_the_engine_would() {
    const HEAD: &str = "MSH|^~\\\\&|REG|NORTH|HUB|H|20260301||ORU^R01|";
    let lines = "drop when PID-3 = \"8\"\nsend out {\n fake out\n}";
    let given = |text: &str| format!("given \"\"\"{HEAD}{text}\"\"\"\n");
    let first = given("1|P|2.5.1\rPID|1||7\rOBX|1|TX|||half a s\rADD|\rDSC|p1|F");
    let last = given("2|P|2.5.1||p1\rADD|entence\rOBX|2|TX|||more");
    let other = given("3|P|2.5.1||p9\rOBX|9");
    let check = |given: &[&str], body: &str, expect: bool| {
        let test = format!("test \"parts\" {{\n{}{body}\n}}\n", given.concat());
        assert_eq!(verdicts(lines, &test), [expect], "{test}");
    };
    check(&[&first, &last], "expect out sent 1", true);
    check(&[&last, &first], "expect out sent 1", true);
    check(&[&first, &last], "expect out OBX-5 = \"half a sentence\"", true);
    check(&[&first, &last], "expect acknowledged AA", true);
    check(&[&first, &last], "expect parked", false);
    check(&[&first], "expect parked", true);
    check(&[&first], "expect nothing", true);
    check(&[&first, &other], "expect parked", true);
    check(&[&first.replace("||7", "||8"), &last], "expect filtered by drop", true);
}

#[test]
fn the_time_of_a_test_is_the_time_it_states() {
    let check = |text: &str, expect: Option<&str>| {
        assert_eq!(instant(text).map(Timestamp::to_rfc3339).as_deref(), expect, "{text}");
    };
    check("2026-03-01T07:08", Some("2026-03-01T07:08:00.000Z"));
    check("2026-07-01T07:08 Europe/Berlin", Some("2026-07-01T05:08:00.000Z"));
    check("yesterday", None);
    check("2026-07-01T07:08 Nowhere/Land", None);
}

#[test]
fn other_formats_are_carried_as_they_are() {
    let lines = "receive fake 2575 format json\nsend out {\n fake out\n}";
    let (definition, _) = load(lines, "");
    let given = Given { bytes: Bytes::from_static(b" {\"a\" : 1}"), label: "a.json".into(), edits: None };
    let (bytes, message, found) = prepare(&definition, &given, Timestamp(0)).unwrap();
    let processed = process(&definition, (&message, &found), &bytes, Timestamp(0), Arc::default());
    assert_eq!(processed.end, End::Routed);
    assert_eq!(processed.outputs.len(), 1);
    assert_eq!(processed.outputs[0].1, given.bytes);
    assert_eq!(processed.acknowledgment, None);
    assert_eq!(definition.destinations[0].format, message::Format::Json);
}

const CSV: &str = "given \"\"\"mrn,ward,note\n  7,4W,\n  8,TEST,\n  9,5E,\"a, b\"\n  \"\"\"";

#[test]
fn rows_are_messages_that_lines_read_and_change() {
    let lines = "receive fake 2575 format csv order by row.mrn\nindex mrn row.mrn\ndrop when row.ward = TEST\n\
                 set row.note = \"from {row.ward}\" when row.note empty\nsend out {\n fake out\n when row.mrn in [7, 9]\n \
                 set row.ward = row.ward | lower\n}\nsend all {\n fake all\n}";
    let case = |name: &str, body: &str| format!("test \"{name}\" {{\n{CSV}\n{body}\n}}\n");
    let tests = [
        case("two go out", "expect out sent 2"),
        case("as they were changed", "expect out row.ward in [4w, 5e]"),
        case("the others as they came", "expect all row.ward in [4W, 5E]"),
        case("only empty notes", "expect all row.note in [\"from 4W\", \"a, b\"]"),
        case("and not otherwise", "expect all row.note = \"x\""),
    ];
    assert_eq!(verdicts(lines, &tests.concat()), [true, true, true, true, false]);
    let (definition, cases) = load(lines, &tests[0]);
    let rehearsed = rehearse(&definition, &cases[0], None);
    let ends: Vec<&End> = rehearsed.processed.iter().map(|one| &one.end).collect();
    assert!(matches!(ends[..], [End::Routed, End::Filtered { .. }, End::Routed]), "{ends:?}");
    let (_, output) = &rehearsed.processed[2].outputs[0];
    assert_eq!(&output[..], b"mrn,ward,note\n9,5e,\"a, b\"\n");
}

#[test]
fn what_cannot_be_read_is_parked() {
    let check = |format: &str, given: &str, expect: &str| {
        let lines = format!("receive fake 2575 format {format}\nsend out {{\n fake out\n}}");
        let test = format!("test \"t\" {{\ngiven \"\"\"{given}\"\"\"\nexpect {expect}\n}}");
        assert_eq!(verdicts(&lines, &test), [true], "{format} {given}");
    };
    check("json", "{\\\"a\\\": }", "rejected with E1301");
    check("json", "{\\\"a\\\": 1}", "out sent");
    check("xml", "<!DOCTYPE a><a/>", "rejected with E1304");
    check("x12", "UNB+", "rejected with E1320");
    check("csv", "a,b", "filtered");
    check("csv", "a,b\n1", "out sent");
    check("text", "anything", "out sent");
}
