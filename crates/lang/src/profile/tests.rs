//! Profiles as they are written: what they find in messages, and what is found in them.

use super::*;
use crate::{Run, steps::tests::example_tables, syntax};
use message::Timestamp;

const ADT: &str = "MSH|^~\\&|A|B|C|D|20260301||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20260301\r\
PID|1||7^^^N^MR~8^^^N^SS||Quist^Ada||19700101|F\rPV1||I|4W^2\rZPD|x|abc\r";
const ORU: &str = "MSH|^~\\&|A|B|C|D|20260301||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7||Quist\rOBR|1|||A\r\
OBX|1|NM|a||1||||||F\rOBX|2|NM|b||x||||||P\r";

fn compile(text: &str) -> (Profiles, Vec<Diagnostic>) {
    let (tree, mut found) = syntax::parse("shared/profiles/p.flow", text.to_owned());
    let (profiles, more) = Profiles::compile(&[Arc::new(tree)], &example_tables(), &Profiles::default());
    found.extend(more);
    (profiles, found)
}

fn issues(profile: &Profile, text: &str) -> Vec<String> {
    let (message, findings) = Message::parse(text.to_owned());
    let report = profile.validate(&message, &findings, false, &mut Run::new(Timestamp::default(), 0)).expect("fuel");
    let one = |issue: &hl7v2::validate::Issue| format!("{} {} {}", issue.code, issue.path, issue.message);
    report.issues.iter().map(one).collect()
}

/// Lines over ADT 2.5.1 (ORU for messages with OBX): the issues of their own, each as code, path and sentence.
fn check(lines: &str, text: &str, expect: &[&str]) {
    let kind = if text.contains("ORU") { "ORU" } else { "ADT" };
    let (profiles, found) = compile(&format!("profile p extends hl7v2 2.5.1 {kind} {{\n standard off\n {lines}\n}}"));
    assert!(found.is_empty(), "{lines}: {found:#?}");
    let profile = profiles.get("p").expect("the profile");
    assert_eq!(issues(profile, text), expect, "{lines}");
}

#[test]
fn lines() {
    check("require PID-8", ADT, &[]);
    check("require PID-10", ADT, &["p:require-PID-10 PID-10 PID-10 (Race) is required and empty."]);
    check("expect PID-10", ADT, &["p:expect-PID-10 PID-10 PID-10 (Race) is required and empty."]);
    check(
        "forbid PID-3[.5=SS] because \"policy DP-7\"",
        ADT,
        &[
            "p:forbid-PID-3[.5=SS] PID-3[2] PID-3[2] [PID-3[.5=SS]] (Patient Identifier List) has a value, which the profile does not allow. policy DP-7.",
        ],
    );
    check(
        "length PID-5.1 1..4",
        ADT,
        &["p:length-PID-5.1 PID-5.1 PID-5.1 (Family Name) has 5 characters; the profile allows 1 to 4."],
    );
    check("bind PV1-2 to [O, E]", ADT, &["p:bind-PV1-2 PV1-2 PV1-2 (Patient Class) is not a code of [O, E]."]);
    check("bind PID-8 to table 0001", ADT, &[]);
    check(
        "bind PID-8 to table 0001 except [F]",
        ADT,
        &["p:bind-PID-8 PID-8 PID-8 (Administrative Sex) is not a code of table 0001 (Administrative Sex)."],
    );
    check("bind PV1-2 to [O], [I]", ADT, &[]);
    check(
        "cardinality PID-3 1..1",
        ADT,
        &[
            "p:cardinality-PID-3 PID-3[2] PID-3[2] (Patient Identifier List) comes 2 times; the profile asks for exactly 1.",
        ],
    );
    check("constrain MSH-12.1 = 2.5.1", ADT, &[]);
    check(
        "constrain PV1-3.1 matches \"^[0-9]+$\"",
        ADT,
        &["p:constrain-PV1-3.1 PV1-3.1 PV1-3.1 (Point of Care) is not what the profile asks: matches \"^[0-9]+$\"."],
    );
    check(
        "constrain PID-7 < 19600101",
        ADT,
        &["p:constrain-PID-7 PID-7 PID-7 (Date/Time of Birth) is not what the profile asks: < 19600101."],
    );
    check("require ZPD-3", ADT, &["p:require-ZPD-3 ZPD-3 ZPD-3 is required and empty."]);
    check("require PID-10 code VENDOR-12", ADT, &["p:VENDOR-12 PID-10 PID-10 (Race) is required and empty."]);
    check("cardinality OBR 0..1\n require OBR-4", ADT, &[]);
    check(
        "require ORDER_OBSERVATION.OBX-8",
        ORU,
        &[
            "p:require-ORDER_OBSERVATION.OBX-8 OBX[1]-8 OBX[1]-8 (Abnormal Flags) is required and empty.",
            "p:require-ORDER_OBSERVATION.OBX-8 OBX[2]-8 OBX[2]-8 (Abnormal Flags) is required and empty.",
        ],
    );
}

#[test]
fn conditions_are_of_the_same_segment() {
    check(
        "require OBX-8 when OBX-11 = P",
        ORU,
        &["p:require-OBX-8 OBX[2]-8 OBX[2]-8 (Abnormal Flags) is required and empty (when OBX-11 = P)."],
    );
    check(
        "usage OBX-8 required when OBX-11 = P else forbidden",
        ORU,
        &["p:usage-OBX-8 OBX[2]-8 OBX[2]-8 (Abnormal Flags) is required and empty (when OBX-11 = P)."],
    );
    check("usage PID-10 required when event = A03", ADT, &[]);
    check(
        "usage PID-10 required when event = A01",
        ADT,
        &["p:usage-PID-10 PID-10 PID-10 (Race) is required and empty (when event = A01)."],
    );
    check(
        "rule \"numbers are numbers\" each OBX when OBX-2 = NM { OBX-5 matches \"^[0-9]+$\" }",
        ORU,
        &["p:numbers-are-numbers OBX[2]-5 numbers are numbers."],
    );
    check(
        "rule \"A discharge has a date.\" when event = A01 { PV1-45 exists }",
        ADT,
        &["p:a-discharge-has-a-date PV1-45 A discharge has a date."],
    );
    check("rule \"A discharge has a date.\" when event = A03 { PV1-45 exists }", ADT, &[]);
    check(
        "rule \"all are final\" severity warning because \"Ask the lab\" { all OBX-11 = F }",
        ORU,
        &["p:all-are-final  all are final. Ask the lab."],
    );
}

#[test]
fn documented_fields_are_checked() {
    check(
        "document ZPD \"Debug\"\n document ZPD-1 \"Token\" NM\n require ZPD-1",
        ADT,
        &["E1123 ZPD-1 ZPD-1 (Token) must be a number: digits, with a sign in front and a decimal point where needed."],
    );
    check(
        "document ZPD-2 \"Sex\" IS table 0001",
        ADT,
        &["E1126 ZPD-2 ZPD-2 (Sex) is not a code of table 0001 (Administrative Sex)."],
    );
    check(
        "document ZPD-2 \"Word\" ST\n length ZPD-2 1..2",
        ADT,
        &["p:length-ZPD-2 ZPD-2 ZPD-2 (Word) has 3 characters; the profile allows 1 to 2."],
    );
    check("document PID-35 \"Ward of birth\"", ADT, &[]);
}

/// What is found in the lines of a profile over ADT_A01 2.5.1: the first code and hint.
fn told(lines: &str, code: &str, hint: &str) {
    let text = format!("profile p extends hl7v2 2.5.1 ADT_A01 {{\n {lines}\n}}");
    let (profiles, found) = compile(&text);
    let first = found.iter().find(|finding| finding.is_error()).unwrap_or_else(|| panic!("{lines}: {found:?}"));
    assert_eq!(first.code.id, code, "{lines}: {found:#?}");
    let told = format!("{} {}", first.message, first.hint.as_deref().unwrap_or_default());
    assert!(told.contains(hint), "{lines}: {told}");
    assert!(profiles.get("p").is_none(), "{lines}: it must not compile");
}

#[test]
fn mistakes_are_told() {
    told("require PID-40", "E2503", "PID has 39 fields");
    told("require PID-8.2", "E2503", "IS has no components");
    told("require PIX-3", "E2503", "A segment of your own begins with Z");
    told("require OBR-4", "E2503", "cardinality OBR 0..1");
    told("require INSURENCE.IN1", "E2503", "did you mean `INSURANCE`?");
    told("require pid-3", "E2101", "PID");
    told("requre PID-3", "E2506", "did you mean `require`?");
    told("require", "E2504", "a path is missing");
    told("require PID-3 wen event = A01", "E2504", "did you mean `when`?");
    told("require PID-3\n forbid PID-3", "E2505", "take one away");
    told("length PID-3 1..3\n length PID-3 1..4", "E2505", "take one away");
    told("forbid PID-8\n bind PID-8 to [F]", "E2505", "take one away");
    told("length PID-3 3..1", "E2508", "not above the second");
    told("length PID 1..3", "E2509", "a segment has no length");
    told("cardinality PID-5.1 1..3", "E2509", "does not repeat");
    told("bind PID to [A]", "E2509", "has no value");
    told("bind PID-8 to table 9999", "E2507", "no table 9999");
    told("bind PID-8 to table:sexx", "E2209", "");
    told("bind PID-8 to []", "E2507", "empty");
    told("bind PID-8", "E2504", "to table 0001");
    told("constrain PID-8 exists", "E2202", "require");
    told("document ZPD-1 \"Token\"", "E2504", "data type");
    told("document ZPD-1 \"Token\" SX", "E2503", "no data type");
    told("usage PID-8 requird when event = A01", "E2504", "required");
    told("rule \"x\"", "E2309", "at least one condition");
    told("standard loose", "E2504", "strict");
    told("require PID-3 severity bad", "E2504", "warning");
    told("example a.hl7 invalid", "E2504", "because");
}

#[test]
fn heads() {
    let check = |head: &str, expect: Option<(&str, &str)>| {
        let (_, found) = compile(&format!("{head} {{\n}}"));
        let first = found.first().map(|finding| {
            (finding.code.id, format!("{} {}", finding.message, finding.hint.clone().unwrap_or_default()))
        });
        match (first, expect) {
            (None, None) => {}
            (Some((code, text)), Some((wanted, part))) => {
                assert_eq!(code, wanted, "{head}: {text}");
                assert!(text.contains(part), "{head}: {text}");
            }
            (found, _) => panic!("{head}: {found:?}"),
        }
    };
    check("profile p extends hl7v2", None);
    check("profile p \"Title\" extends hl7v2 2.5.1", None);
    check("profile p extends hl7v2 [2.3, 2.5.1] [ADT, ORU_R01]", None);
    check("profile p extends hl7v2 ADT", None);
    check("profile p extends hl7v2 2.5.1 ADT_A04", Some(("E2500", "write `ADT_A01`")));
    check("profile p extends hl7v2 2.5.1 ATD", Some(("E2500", "did you mean `ADT`?")));
    check("profile p extends hl7v2 2.55", Some(("E2500", "versions are")));
    check("profile p extends q", Some(("E2501", "no profile `q`")));
    check("profile p", Some(("E2500", "`extends` is missing")));
    check("profile strict extends hl7v2", Some(("E2500", "meaning already")));
    check("profile extends hl7v2", Some(("E2500", "no name")));
    check("profile p extends q {\n}\nprofile q extends p", Some(("E2502", "")));
    check("profile p extends hl7v2 {\n}\nprofile p extends hl7v2", Some(("E2510", "")));
}

#[test]
fn a_profile_over_another() {
    let text = "profile feed extends hl7v2 2.5.1 ADT {\n standard off\n require PID-10\n length PID-5.1 1..2\n forbid PID-8\n}\n\
                profile ward extends feed {\n optional PID-10\n length PID-5.1 1..9\n require PV1-44\n}\n";
    let (profiles, found) = compile(text);
    assert!(found.is_empty(), "{found:#?}");
    let codes = |name: &str| {
        let found = issues(profiles.get(name).expect("a profile"), ADT);
        found.iter().map(|issue| issue.split(' ').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(codes("feed"), ["feed:require-PID-10", "feed:length-PID-5.1", "feed:forbid-PID-8"]);
    assert_eq!(codes("ward"), ["feed:forbid-PID-8", "ward:require-PV1-44"]);
    let ward = profiles.get("ward").expect("a profile");
    let entries: Vec<_> =
        ward.entries.iter().map(|entry| format!("{} {} {}", entry.word, entry.subject, entry.line)).collect();
    assert_eq!(entries, ["forbid PID-8 5", "optional PID-10 8", "length PID-5.1 9", "require PV1-44 10"]);
}

#[test]
fn fuel_bounds_a_check() {
    let (profiles, _) = compile("profile p extends hl7v2 {\n}");
    let (message, findings) = Message::parse(ADT.to_owned());
    let mut run = Run::new(Timestamp::default(), 0);
    run.fuel = 3;
    let fault = profiles.get("p").expect("a profile").validate(&message, &findings, false, &mut run);
    assert_eq!(fault.map_err(|fault| fault.code.id), Err("E2404"));
}

#[test]
fn keyword_examples_check() {
    use crate::keyword::{KEYWORDS, Place};
    let words: Vec<&str> = KEYWORDS.iter().filter(|word| word.place == Place::Profile).map(|word| word.word).collect();
    assert_eq!(words.iter().filter(|word| WORDS.contains(word)).count(), WORDS.len(), "{words:?}");
    for keyword in KEYWORDS.iter().filter(|keyword| keyword.place == Place::Profile) {
        let (_, found) = compile(&format!("profile p extends hl7v2 2.5.1 ADT {{\n {}\n}}", keyword.example));
        assert!(found.is_empty(), "{}: {found:?}", keyword.word);
    }
}

#[test]
fn every_word_is_read() {
    for word in WORDS {
        let (_, found) = compile(&format!("profile p extends hl7v2 {{\n {word}\n}}"));
        assert!(found.iter().all(|finding| finding.code.id != "E2506"), "{word}: {found:?}");
    }
}
