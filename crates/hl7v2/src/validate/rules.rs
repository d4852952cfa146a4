//! One broken rule at a time: what strict and lenient say of it.

use super::*;
use crate::Path;
use proptest::prelude::*;

fn report(text: &str, level: Level) -> Report {
    let (message, findings) = Message::parse(text.to_owned());
    validate(&message, &findings, Options { level, values: false })
}

/// The issues as `error E1117 PID-3`, in order.
fn told(text: &str, level: Level) -> Vec<String> {
    let name = |severity| match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    report(text, level)
        .issues
        .iter()
        .map(|issue| format!("{} {} {}", name(issue.severity), issue.code, issue.path))
        .collect()
}

const MSH: &str = "MSH|^~\\&|ADT|NORTH|HUB|WEST|20260301||ADT^A01^ADT_A01|M1|P|2.5.1\r";
const EVN: &str = "EVN||20260301\r";
const PID: &str = "PID|1||77^^^NORTH^MR||Doe^Jane\r";
const PV1: &str = "PV1|1|I\r";

/// Both levels, of a message that is clean but for what is said.
fn check(text: &str, strict: &[&str], lenient: &[&str]) {
    assert_eq!(told(text, Level::Strict), strict, "strict: {text:?}");
    assert_eq!(told(text, Level::Lenient), lenient, "lenient: {text:?}");
}

#[test]
fn a_clean_message_is_clean() {
    check(&[MSH, EVN, PID, PV1].concat(), &[], &[]);
}

#[test]
fn the_header() {
    let with = |from: &str, to: &str| [&MSH.replace(from, to), EVN, PID, PV1].concat();
    check(&with("2.5.1", "2.5.7"), &["error E1110 MSH-12"], &["warning E1110 MSH-12"]);
    check(&with("|P|2.5.1", "|P"), &["error E1110 MSH-12"], &["warning E1110 MSH-12"]);
    check(&with("A01^ADT_A01", "A04^ADT_A04"), &["error E1112 MSH-9.3"], &["warning E1112 MSH-9.3"]);
    let unknown = told(&with("A01^ADT_A01", "Q99"), Level::Lenient);
    assert!(unknown.contains(&"warning E1111 MSH-9".to_owned()), "{unknown:?}");
    assert_eq!(told(&with("A01^ADT_A01", "Z99"), Level::Lenient), [""; 0]);
    assert_eq!(told("PID|1\r", Level::Lenient), ["error E1001 MSH"]);
    let missing = told(&with("|M1|", "||"), Level::Lenient);
    assert_eq!(missing, ["error E1117 MSH-10"]);
}

#[test]
fn the_structure() {
    check(&[MSH, EVN, PV1].concat(), &["error E1113 PID"], &["error E1113 PID"]);
    check(&[MSH, PID, PV1].concat(), &["error E1113 EVN"], &["warning E1113 EVN"]);
    check(&[MSH, EVN, PID, PV1, "DSC|1\r"].concat(), &["error E1114 DSC"], &["warning E1114 DSC"]);
    check(&[MSH, EVN, PV1, PID].concat(), &["error E1115 PID"], &["warning E1115 PID"]);
    check(&[MSH, EVN, PID, PV1, PV1].concat(), &["error E1116 PV1[2]"], &["warning E1116 PV1[2]"]);
    check(&[MSH, EVN, PID, PV1, "ZPV|1\r"].concat(), &[], &[]);
    check(&[MSH, EVN, PID, PV1, "QQQ|1\r"].concat(), &["error E1131 QQQ"], &["warning E1131 QQQ"]);
}

#[test]
fn fields() {
    let with = |pid: &str| [MSH, EVN, pid, PV1].concat();
    check(&with("PID|1||||Doe^Jane\r"), &["error E1117 PID-3"], &["error E1117 PID-3"]);
    check(&with("PID|1||77||\"\"\r"), &[], &[]);
    let twice = "PID|1||77||Doe^Jane|||F~M\r";
    assert_eq!(told(&with(twice), Level::Lenient), ["warning E1119 PID-8[2]"]);
    let beyond = format!("{}|x\r", "PID|1||77||Doe".to_owned() + &"|".repeat(40));
    check(&with(&beyond), &["warning E1121 PID-46"], &["note E1121 PID-46"]);
    let newer = [&MSH.replace("2.5.1", "2.7"), EVN, "PID|1|33|77||Doe^Jane^^^^^L\r", PV1].concat();
    assert!(
        told(&newer, Level::Lenient).contains(&"note E1120 PID-2".to_owned()),
        "{:?}",
        told(&newer, Level::Lenient)
    );
}

#[test]
fn values_of_fields() {
    let with = |field: &str| [MSH, EVN, &format!("PID|{field}\r"), PV1].concat();
    let born = |date: &str| with(&format!("1||77||Doe^Jane||{date}"));
    check(&born("19700230"), &["error E1122 PID-7"], &["error E1122 PID-7"]);
    check(&born("1970-02-03"), &["error E1122 PID-7"], &["error E1122 PID-7"]);
    check(&born("19700203 "), &["error E1122 PID-7"], &["warning E1122 PID-7"]);
    check(&with("A||77||Doe^Jane"), &["error E1124 PID-1"], &["error E1124 PID-1"]);
    check(&with("1||77||Doe^Jane\\Q\\"), &["warning E1128 PID-5.2"], &["warning E1128 PID-5.2"]);
    check(&with("1||77||Doe^Jane\\T\\Co"), &[], &[]);
    check(&with("1||77||Doe^Jane|||Q"), &["note E1126 PID-8"], &[]);
    check(&with("1||77^^^^^^1970x||Doe^Jane"), &["error E1122 PID-3.7"], &["error E1122 PID-3.7"]);
    check(&with("1||77~78^^^^^^1970x||Doe^Jane"), &["error E1122 PID-3[2].7"], &["error E1122 PID-3[2].7"]);
    let until = ["error E1122 PID-5.10.2"];
    check(&with("1||77||Doe^Jane^^^^^L^^^1970&x"), &until, &until);
    let dead = with("1||77||Doe^Jane|||||||||||||||||||||||||Q");
    check(&dead, &["error E1126 PID-30"], &["error E1126 PID-30"]);
}

#[test]
fn observations() {
    let with = |obx: &str| {
        let header = MSH.replace("ADT^A01^ADT_A01", "ORU^R01^ORU_R01");
        [&header, PID, "OBR|1|1|1|A^B^L\r", &format!("OBX|1|{obx}\r")].concat()
    };
    assert_eq!(told(&with("NM|A^B^L||5.1||||||F"), Level::Strict), [""; 0]);
    check(&with("NM|A^B^L||<5||||||F"), &["error E1123 OBX-5"], &["error E1123 OBX-5"]);
    check(&with("SN|A^B^L||<^5||||||F"), &[], &[]);
    check(&with("SN|A^B^L||<^five||||||F"), &["error E1123 OBX-5.2"], &["error E1123 OBX-5.2"]);
    check(&with("|A^B^L||5||||||F"), &["error E1129 OBX-2"], &["error E1129 OBX-2"]);
    check(&with("|A^B^L||||||||X"), &[], &[]);
    let coded = ["warning E1127 OBX-2", "error E1130 OBX-2", "error E1123 OBX-5"];
    check(&with("NM^^HL70125|A^B^L||x||||||F"), &coded, &["warning E1130 OBX-2", "error E1123 OBX-5"]);
    check(&with("TS|A^B^L||2026||||||F"), &[], &[]);
    check(&with("TS|A^B^L||today||||||F"), &["error E1122 OBX-5"], &["error E1122 OBX-5"]);
    check(&with("ST|A^B^L||a^b||||||F"), &["error E1130 OBX-5"], &["warning E1130 OBX-5"]);
    check(&with("NM|A^B^L||5||||||Q"), &["error E1126 OBX-11"], &["error E1126 OBX-11"]);
    let group: Vec<String> =
        report(&with("NM|A^B^L||x||||||F"), Level::Lenient).issues.into_iter().map(|i| i.group).collect();
    assert_eq!(group, ["PATIENT_RESULT.ORDER_OBSERVATION.OBSERVATION"]);
}

#[test]
fn old_versions() {
    let text = |version: &str, phone: &str| {
        let header = format!("MSH|^~\\&|A|B|C|D|20260301||ADT^A01|M1|P|{version}\r");
        [&header, "EVN|A01|20260301\r", &format!("PID|1||77||Doe^Jane||19700101|F|||1 Elm||{phone}\r"), PV1].concat()
    };
    check(&text("2.3", "call me"), &["error E1125 PID-13.1"], &[]);
    check(&text("2.3", "(415)555-1234"), &[], &[]);
    assert!(!told(&text("2.5", "call me"), Level::Strict).iter().any(|told| told.contains("E1125")));
}

#[test]
fn conditions_of_an_acknowledgment() {
    let text = [MSH, EVN, "PID|x||77||Doe^Jane||1970-01-01\r"].concat();
    let (message, findings) = Message::parse(text);
    let report = validate(&message, &findings, Options::default());
    let conditions = Conditions::of(&message, &report);
    let found: Vec<(u16, String)> = conditions
        .findings()
        .map(|finding| (finding.condition, finding.location.map(Path::to_string).unwrap_or_default()))
        .collect();
    let expect = [(100, "PV1".to_owned()), (102, "PID-1".to_owned()), (102, "PID-7".to_owned())];
    assert_eq!(found, expect);
    assert_eq!((condition("E1126"), condition("LOI-51"), condition("E1080")), (103, 199, 101));
}

#[test]
fn content_is_told_only_when_asked_for() {
    let text = [MSH, EVN, "PID|1||77||Doe^Jane||Wednesday\r", PV1].concat();
    let (message, findings) = Message::parse(text);
    let told = |values| validate(&message, &findings, Options { values, ..Options::default() });
    assert!(!format!("{:?}", told(true)).contains("Wednesday"));
    assert!(told(false).issues.iter().all(|issue| issue.found.is_none()));
    assert_eq!(told(true).issues[0].found.as_ref().map(|found| &**found.reveal()), Some("Wednesday"));
}

proptest! {
    /// Whatever the bytes: no panic, and a value that is judged can be read at the path of its issue.
    #[test]
    fn any_message_is_answered(body in "(?s)[A-Z]{3}[|^~&\\\\A-Za-z0-9\\r.]{0,200}", version in "(2\\.[1-9](\\.1)?)?", kind in "(ADT\\^A01|ORU\\^R01|ACK|SIU\\^S12|)") {
        let text = format!("MSH|^~\\&|A|B|C|D|20260301||{kind}|1|P|{version}\rPID|1||7||Doe\r{body}");
        let (message, findings) = Message::parse(text);
        for level in [Level::Strict, Level::Lenient] {
            let report = validate(&message, &findings, Options { level, values: true });
            for issue in report.issues.iter().filter(|issue| issue.found.is_some()) {
                let path = Path::parse(&issue.path).expect("a path");
                prop_assert!(!message.raw(&path).is_empty(), "{} {}", issue.code, issue.path);
            }
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (message, findings) = Message::parse([b"MSH|^~\\&|", &bytes[..]].concat());
        for level in [Level::Strict, Level::Lenient] {
            let report = validate(&message, &findings, Options { level, values: false });
            let _ = Conditions::of(&message, &report).findings().count();
        }
    }
}
