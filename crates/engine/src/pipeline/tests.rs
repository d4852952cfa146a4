//! Step 4: compiled interface texts over small messages.

use super::*;
use crate::fixture::definition;
use hl7v2::Message;

const NOW: Timestamp = Timestamp(1_772_348_889_123_456);

fn message(kind: &str, ward: &str) -> Matter {
    let text = format!(
        "MSH|^~\\&|REG|NORTH|HUB|H|20260301||ADT^{kind}|M1|P|2.5.1\rPID|1||7^^^N^MR||Quist^Ada\rPV1|1|I|{ward}\r"
    );
    read(text)
}

fn read(text: impl Into<bytes::Bytes>) -> Matter {
    Matter::read(&lang::Form::default(), text).0
}

fn run(lines: &str, message: &Matter) -> Plan {
    process(&definition(lines), message, &[], NOW, 7)
}

/// `out=raw`, `out=4WEST` (the ward that goes out), `filtered: RULE`, `parked CODE`, `unrouted`.
fn brief(plan: &Plan) -> String {
    match &plan.end {
        End::Filtered(rule) => format!("filtered: {}", rule.text),
        End::Parked(reason) => format!("parked {}", reason.code),
        End::Rejected { rule, reason } => format!("rejected {}: {}", reason.code, rule.text),
        End::Unrouted => "unrouted".to_owned(),
        End::Routed => {
            let ward = hl7v2::Path::parse("PV1-3").unwrap();
            let show = |delivery: &Delivery| {
                let output = delivery.output.clone().map(|bytes| Message::parse(bytes).0.text(&ward).into_owned());
                format!("{}={}", delivery.destination, output.unwrap_or_else(|| "raw".to_owned()))
            };
            plan.deliveries.iter().map(show).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn steps_run_in_the_order_of_the_lines() {
    let check = |lines: &str, kind: &str, ward: &str, expect: &str| {
        assert_eq!(brief(&run(lines, &message(kind, ward))), expect, "{lines}");
    };
    let out = "send out {\n fake out\n}";
    check(out, "A01", "4W", "out=raw");
    check(&format!("keep when event = A01\n{out}"), "A01", "4W", "out=raw");
    check(&format!("keep when event = A01\n{out}"), "A08", "4W", "filtered: keep when event = A01");
    check(&format!("drop when PV1-3 = \"TEST\"\n{out}"), "A01", "TEST", "filtered: drop when PV1-3 = \"TEST\"");
    check(&format!("set PV1-3 = \"X\"\n{out}"), "A01", "4W", "out=X");
    check(
        &format!("set PV1-3 = \"X\"\ndrop when PV1-3 = \"X\"\n{out}"),
        "A01",
        "4W",
        "filtered: drop when PV1-3 = \"X\"",
    );
    check(&format!("drop when PV1-3 = \"X\"\nset PV1-3 = \"X\"\n{out}"), "A01", "4W", "out=X");
    check(&format!("translate PV1-3 with units missing keep\n{out}"), "A01", "4W", "out=4WEST");
}

#[test]
fn scripts_change_drop_and_park() {
    let check = |lines: &str, ward: &str, expect: &str| {
        assert_eq!(brief(&run(lines, &message("A01", ward))), expect, "{lines}");
    };
    let out = "send out {\n fake out\n}";
    check(&format!("script tidy\n{out}"), "4W", "out=4WEST");
    check(&format!("script tidy when event = A08\n{out}"), "4W", "out=raw");
    check(&format!("set PV1-3 = PV1-3 | script again\n{out}"), "4W", "out=4W4W");
    check(&format!("script choose\n{out}"), "4W", "out=raw");
    check(&format!("script choose allow clock\n{out}"), "TEST", "filtered: script choose allow clock");
    check(&format!("script choose\n{out}"), "9X", "parked E1448");
    check(&format!("script choose\n{out}"), "BAD", "parked E1441");
    check(&format!("script choose\nscript tidy\n{out}"), "TEST", "filtered: script choose");
    // In a `send` block it is about this destination only.
    let two = "send out {\n fake out\n script choose\n}\nsend all {\n fake out\n}";
    check(two, "TEST", "all=raw");
    check(two, "4W", "out=raw all=raw");
    check(two, "9X", "parked E1448");
    check("send out {\n fake out\n script choose\n}", "TEST", "unrouted");
}

#[test]
fn what_scripts_log_is_kept_and_told_of_nowhere_else() {
    let plan = run("script choose\nsend out {\n fake out\n script choose\n}", &message("A01", "4W"));
    assert_eq!(plan.log.iter().map(|line| line.reveal().as_str()).collect::<Vec<_>>(), ["ward 4W", "ward 4W"]);
    assert!(!format!("{plan:?}").contains("ward 4W"));
    let flags: Vec<_> = crate::findings::of_scripts(&plan.log).collect();
    let (found, lines) = crate::findings::parted(&flags);
    assert!(found.is_empty() && lines.iter().all(|line| *line.reveal() == "ward 4W") && lines.len() == 2);
    // A message that a script parks keeps what was logged before.
    let plan = run("script choose", &message("A01", "9X"));
    assert_eq!(plan.log.len(), 1);
    let End::Parked(reason) = &plan.end else { panic!("{plan:?}") };
    assert_eq!(&*reason.text, "interfaces/demo/scripts/choose.js line 2: no such ward");
}

#[test]
fn what_is_not_valid_is_rejected_parked_or_kept() {
    let check = |lines: &str, ward: &str, expect: &str, issues: &[&str]| {
        let plan = run(&format!("{lines}\nsend out {{\n fake out\n}}"), &message("A01", ward));
        assert_eq!(brief(&plan), expect, "{lines}");
        let found: Vec<String> = plan.issues.iter().map(|issue| format!("{} {}", issue.code, issue.path)).collect();
        assert_eq!(found, issues, "{lines}");
        let noted = plan.notes.iter().map(|note| (note.code.id, note.path())).collect::<Vec<_>>();
        assert_eq!(noted, plan.issues.iter().map(|issue| ("E5017", issue.path.as_str())).collect::<Vec<_>>());
    };
    // The message has no EVN: a warning in lenient, an error in strict.
    let lenient = &["E1113 EVN"];
    check("validate lenient", "4W", "out=raw", lenient);
    check("validate lenient warnings park", "4W", "parked E5016", lenient);
    check("validate lenient warnings reject", "4W", "rejected E5015: validate lenient warnings reject", lenient);
    let plan = run("validate strict errors keep\nsend out {\n fake out\n}", &message("A01", "4W"));
    assert_eq!(brief(&plan), "out=raw");
    assert!(plan.issues.iter().any(|issue| issue.code == "E1113" && issue.severity == message::Severity::Error));
    check("drop when PV1-3 = 4W\nvalidate strict", "4W", "filtered: drop when PV1-3 = 4W", &[]);
    check("keep when valid under lenient", "4W", "out=raw", &[]);
    check("keep when valid under strict", "4W", "filtered: keep when valid under strict", &[]);
    check("send other {\n fake b\n when not valid under strict\n}", "4W", "other=raw out=raw", &[]);
}

#[test]
fn whether_it_is_valid_is_known_where_a_line_asked() {
    let check = |lines: &str, expect: Option<bool>| {
        let plan = run(&format!("{lines}\nsend out {{\n fake out\n}}"), &message("A01", "4W"));
        assert_eq!(plan.is_valid, expect, "{lines}");
    };
    check("keep when event = A01", None);
    check("validate lenient", Some(true));
    check("validate strict errors keep", Some(false));
    check("validate strict errors keep\nvalidate lenient", Some(false));
    check("drop when event = A01\nvalidate lenient", None);
}

#[test]
fn a_hundred_of_one_kind_hide_no_other() {
    let results: String = (1..=100).map(|number| format!("OBX|{number}|NM|1^A||5||||||F|||2026-03-01\r")).collect();
    let text = format!(
        "MSH|^~\\&|LAB|N|HUB|H|20260301||ORU^R01|M1|P|2.5.1\rPID|1||7^^^N^MR||Quist^Ada\rOBR|1|||1^B\r{results}NTE|x\r"
    );
    let plan = run("validate lenient errors keep\nsend out {\n fake out\n}", &read(text));
    assert_eq!(plan.issues.len(), 64);
    let found: Vec<String> = plan.issues.iter().take(4).map(|issue| format!("{} {}", issue.code, issue.path)).collect();
    assert!(found.contains(&"E1124 NTE-1".to_owned()), "{found:?}");
}

#[test]
fn reasons_name_the_rule_and_hold_nothing_of_the_message() {
    let plan = run("validate strict\nsend out {\n fake out\n}", &message("A01", "4W"));
    let End::Rejected { reason, .. } = &plan.end else { panic!("{plan:?}") };
    assert!(reason.text.contains("under strict: E1113 EVN is missing"), "{}", reason.text);
    assert!(!reason.text.contains("Quist") && !reason.text.contains("4W"), "{}", reason.text);
}

#[test]
fn every_destination_has_its_own_condition_and_its_own_changes() {
    let lines = "set PV1-3 = \"X\"\nsend a {\n fake a\n when event = A01\n}\nsend b {\n fake b\n set PV1-3 = \"B\"\n}\n\
                 send c {\n fake c\n}";
    assert_eq!(brief(&run(lines, &message("A01", "4W"))), "a=X b=B c=X");
    assert_eq!(brief(&run(lines, &message("A08", "4W"))), "b=B c=X", "places follow the file: b does not change c");
    let plan = run(lines, &message("A08", "4W"));
    assert_eq!(plan.deliveries.iter().map(|delivery| delivery.place).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(brief(&run("send a {\n fake a\n when event = A99\n}", &message("A01", "4W"))), "unrouted");
}

#[test]
fn bytes_that_did_not_change_are_the_raw_ones() {
    let check = |lines: &str, expect: &str| assert_eq!(brief(&run(lines, &message("A01", "4W"))), expect, "{lines}");
    check("set PV1-3 = \"4W\"\nsend out {\n fake out\n}", "out=raw");
    check("send out {\n fake out\n set PV1-3 = \"4W\"\n}", "out=raw");
    check("set PV1-3 = \"X\"\nsend out {\n fake out\n set PV1-3 = \"4W\"\n}", "out=raw");
}

#[test]
fn a_fault_parks_with_its_own_code_and_says_no_content() {
    let check = |lines: &str, code: &str| {
        let plan = run(lines, &message("A01", "4W"));
        assert_eq!(brief(&plan), format!("parked {code}"), "{lines}");
        assert!(plan.deliveries.is_empty(), "a parked message goes nowhere");
        assert!(!format!("{:?}", plan.end).contains("Quist"), "{:?}", plan.end);
    };
    let out = "send out {\n fake out\n}";
    check(&format!("set MSH-5 = PID-19 | required\n{out}"), lang::codes::E2402.id);
    check(&format!("translate PID-5.1 with units missing error\n{out}"), lang::codes::E2401.id);
    check("send a {\n fake a\n}\nsend b {\n fake b\n set MSH-5 = PID-19 | required\n}", lang::codes::E2402.id);
}

#[test]
fn fuel_ends_a_run_that_would_not_end() {
    let mut text = b"MSH|^~\\&|A|B|C|D|1||ORU^R01|M1|P|2.5.1\r".to_vec();
    for _ in 0..20_000 {
        text.extend_from_slice(b"OBX|1|TX|A||x\r");
    }
    let lines: String = (0..200).map(|_| "drop when any OBX-5 = \"y\"\n").collect();
    let definition = crate::fixture::load(&format!("{lines}send out {{\n fake out\n}}"), "").0;
    let plan = process(&definition, &read(text), &[], NOW, 1);
    assert_eq!(brief(&plan), format!("parked {}", lang::codes::E2404.id));
}

#[test]
fn the_same_message_version_and_time_give_the_same_plan() {
    let lines = "set ZZZ-1 = now\nset ZZZ-2 = uuid\nsend out {\n fake out\n order by PID-3.1\n}";
    let definition = definition(lines);
    let output =
        |seed| process(&definition, &message("A01", "4W"), &[], NOW, seed).deliveries[0].output.clone().unwrap();
    assert_eq!(output(1), output(1));
    assert_ne!(output(1), output(2), "the seed of another message gives another uuid");
}

#[test]
fn keys_and_priorities() {
    let plan = |lines: &str| run(&format!("{lines}\npriority stat when PV1-2 = \"I\"\n}}"), &message("A01", "4W"));
    let order = |lines: &str| plan(lines).deliveries[0].order.clone();
    assert_eq!(order("send out {\n fake out"), OrderKey::Strict);
    assert_eq!(order("send out {\n fake out\n order none"), OrderKey::Free);
    assert_eq!(order("send out {\n fake out\n order by PID-3.1"), OrderKey::Value(Phi::new(b"7".to_vec())));
    assert_eq!(order("send out {\n fake out\n order by PID-18"), OrderKey::Value(Phi::new(Vec::new())));
    assert_eq!(
        order("receive fake 2575 order by PV1-3\nsend out {\n fake out"),
        OrderKey::Value(Phi::new(b"4W".to_vec()))
    );
    assert_eq!(plan("send out {\n fake out").deliveries[0].priority, 1);
    assert_eq!(run("send out {\n fake out\n}", &message("A01", "4W")).deliveries[0].priority, 0);
}

#[test]
fn a_version_is_changed_for_all_or_for_one() {
    let text = "MSH|^~\\&|REG|NORTH|HUB|H|20260301||ADT^A01|M1|P|2.3\rPID|1|9|7\rPV1|1|I|4W\r";
    let outputs = |lines: &str| {
        let plan = run(lines, &read(text));
        let versions: Vec<String> = plan
            .deliveries
            .iter()
            .map(|delivery| {
                let path = hl7v2::Path::parse("MSH-12").unwrap();
                let output = delivery.output.clone();
                output.map_or("raw".to_owned(), |bytes| Message::parse(bytes).0.text(&path).into_owned())
            })
            .collect();
        let notes: Vec<&str> = plan.notes.iter().map(|note| note.code.id).collect();
        (versions.join(" "), notes.join(" "))
    };
    let all = "translate version to 2.5.1\nsend a {\n fake a\n}\nsend b {\n fake b\n}";
    assert_eq!(outputs(all), ("2.5.1 2.5.1".to_owned(), "E1153".to_owned()));
    let one = "send a {\n fake a\n}\nsend b {\n fake b\n translate version 2.3 to 2.8\n}";
    assert_eq!(outputs(one), ("raw 2.8".to_owned(), "E1153 E1152".to_owned()));
}

const WARDS: &str =
    "send ward {\n fake ward\n}\nsend icu {\n fake icu\n}\nsend rest {\n fake rest\n}\nsend all {\n fake all\n}";

#[test]
fn a_route_takes_the_first_case_that_holds_or_every_one() {
    let check = |lines: &str, kind: &str, ward: &str, expect: &str| {
        let all = "route every { default all }";
        assert_eq!(brief(&run(&format!("{lines}\n{all}\n{WARDS}"), &message(kind, ward))), expect, "{lines}");
    };
    let first =
        "route first {\n case PV1-3 = ICU to icu, ward\n case PV1-3 starts 4 or PV1-3 = ICU to ward\n default rest\n}";
    check(first, "A01", "ICU", "ward=raw icu=raw all=raw");
    check(first, "A01", "4W", "ward=raw all=raw");
    check(first, "A01", "5W", "rest=raw all=raw");
    let every = first.replace("first", "every").replace("icu, ward", "icu");
    check(&every, "A01", "ICU", "ward=raw icu=raw all=raw");
    check(&every, "A01", "5W", "rest=raw all=raw");
    check(
        "route every { case PV1-3 = ICU to icu  case event = A01 to ward, rest  default nothing reason \"x\" }",
        "A01",
        "ICU",
        "ward=raw icu=raw rest=raw all=raw",
    );
    // Two routes that lead to one destination give it the message once.
    let twice = "route first {\n case event = A01 to ward\n default rest\n}\nroute first {\n case PV1-3 = ICU to ward, icu\n default rest\n}";
    check(twice, "A01", "ICU", "ward=raw icu=raw all=raw");
    check(twice, "A01", "5W", "ward=raw rest=raw all=raw");
}

#[test]
fn a_route_sees_the_message_as_it_is_at_its_line() {
    let route = "route first {\n case PV1-3 = X to ward\n default rest\n}";
    let sends = "send ward {\n fake ward\n}\nsend rest {\n fake rest\n}";
    let check = |lines: &str, expect: &str| assert_eq!(brief(&run(lines, &message("A01", "4W"))), expect, "{lines}");
    check(&format!("{route}\nset PV1-3 = \"X\"\n{sends}"), "rest=X");
    check(&format!("{sends}\nset PV1-3 = \"X\"\n{route}"), "ward=X");
}

#[test]
fn what_a_route_leaves_out_is_filtered_by_its_line() {
    let sends = "send ward {\n fake ward\n when event = A01\n}";
    let check = |route: &str, kind: &str, expect: &str| {
        let plan = run(&format!("{route}\n{sends}"), &message(kind, "4W"));
        assert_eq!(brief(&plan), expect, "{route}");
        assert!(!matches!(&plan.end, End::Filtered(rule) if rule.place.line == 0), "{plan:?}");
    };
    let route = "route first {\n case PV1-3   = TEST to nothing reason \"a test\"\n case PV1-3 = 4W to ward\n default nothing reason \"other wards\"\n}";
    check(route, "A01", "ward=raw");
    check(route, "A08", "filtered: route first: case PV1-3 = 4W to ward");
    check(&route.replace("4W", "5W"), "A01", "filtered: route first: default nothing reason \"other wards\"");
    check(&route.replace("TEST", "4W"), "A01", "filtered: route first: case PV1-3 = 4W to nothing reason \"a test\"");
    let plan = run("route every { default nothing reason \"x\" }\nsend ward {\n fake ward\n}", &message("A01", "4W"));
    assert_eq!(brief(&plan), "ward=raw", "a destination that no route names gets what it got before");
}
