//! Any message against any profile: no panic, bounded work.

use super::{PROFILE, SETS};
use crate::Message;
use crate::profile::{Options, Profile, Source};
use crate::validate::ISSUES_MAX;
use proptest::prelude::*;

const MORE: &str = "<ConformanceContext UUID='T'><Predicates><Datatype><ByID ID='CX'><Predicate Target='4[1]' TrueUsage='R' FalseUsage='X'>\
    <Description>d</Description><Condition><Presence Path='2[1]'/></Condition></Predicate></ByID></Datatype></Predicates><Constraints><Group>\
    <ByID ID='ORDER_T'><Constraint ID='H-1' Target='3[2].1[1].5[1]'><Description>d</Description><Assertion><OR><SetID Path='1[1].1[1]'/>\
    <PathValue Path1='1[1].2[1].1[1]' Operator='LT' Path2='3[*].1[1].3[1].1[1]'/></OR></Assertion></Constraint></ByID></Group></Constraints>\
    </ConformanceContext>";

fn profile(text: &str) -> Option<Profile> {
    let sources = [text, SETS, MORE].map(|text| Source { name: "x.xml", bytes: text.as_bytes() });
    Profile::read(&sources).0
}

/// All that can be asked.
fn validate(profile: &Profile, bytes: &[u8]) {
    let message = Message::parse_slice(bytes).0;
    let _ = profile.choose(&message);
    for at in 0..profile.messages().count() {
        let report = profile.validate(&message, at, &Options { values: true }).expect("a message of the profile");
        assert!(report.issues.len() <= ISSUES_MAX);
        let _ = format!("{report:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let profile = profile(PROFILE).expect("a profile");
        validate(&profile, &bytes);
        validate(&profile, &[b"MSH|^~\\&|", &bytes[..]].concat());
    }

    #[test]
    fn any_segments(text in "((MSH|PID|OBR|OBX|NTE|ZZ1)\\|([A-Z0-9^~&\\\\|\"]{0,40})\r){0,12}") {
        validate(&profile(PROFILE).expect("a profile"), text.as_bytes());
        validate(&profile(PROFILE).expect("a profile"), format!("MSH|^~\\&|||||||ORU^R01\r{text}").as_bytes());
    }

    /// A profile with a piece cut out, moved or doubled is read or refused.
    #[test]
    fn any_damage(from in 0..PROFILE.len(), length in 0..600_usize, to in 0..PROFILE.len()) {
        let bytes = PROFILE.as_bytes();
        let end = (from + length).min(bytes.len());
        let mut damaged = [&bytes[..from], &bytes[end..]].concat();
        let at = to.min(damaged.len());
        damaged.splice(at..at, bytes[from..end].iter().copied());
        if let Some(profile) = profile(&String::from_utf8_lossy(&damaged)) {
            validate(&profile, b"MSH|^~\\&|||||||ORU^R01^ORU_R01\rPID|||A^1^^N&u~B\rOBR|1|P|F|A^a^LOCAL\rOBX|1|NM|C||5\r");
        }
    }

    /// Attributes that are no numbers, or too large ones.
    #[test]
    fn any_numbers(number in "(0|-1|65536|4294967296|99999999999999999999|x|)", name in "(Min|Max|MinLength|MaxLength|Position|Reference)") {
        let text = PROFILE.split(&format!("{name}=\"")).collect::<Vec<_>>();
        let mut out = text[0].to_owned();
        for rest in &text[1..] {
            let (_, rest) = rest.split_once('"').expect("an attribute");
            out += &format!("{name}=\"{number}\"{rest}");
        }
        if let Some(profile) = profile(&out) {
            validate(&profile, b"MSH|^~\\&|||||||ORU^R01^ORU_R01\rPID|||A^1^^N&u~B\rOBR|1|P|F\rOBX|1|NM|C||5\r");
        }
    }
}

#[test]
fn circles_and_depths() {
    // A type that is a part of itself, further on or as its own first part.
    for (name, circle) in [("Namespace", "CX"), ("ID", "CX")] {
        let from = format!("Name=\"{name}\" Datatype=\"ST\"");
        let text = PROFILE.replace(&from, &format!("Name=\"{name}\" Datatype=\"{circle}\""));
        assert_ne!(text, PROFILE);
        validate(&profile(&text).expect("a profile"), b"MSH|^~\\&|||||||ORU^R01\rPID|||A^^^N&u~B\rOBR|1|P^^^N\r");
    }
    let nested = |depth: usize| {
        let assertion = "<NOT>".repeat(depth) + "<Presence Path='4[1]'/>" + &"</NOT>".repeat(depth);
        format!(
            "<ConformanceContext UUID='T'><Constraints><Segment><ByID ID='OBX_T'><Constraint ID='D'><Description>d</Description><Assertion>\
             {assertion}</Assertion></Constraint></ByID></Segment></Constraints></ConformanceContext>"
        )
    };
    for depth in [50, 5_000] {
        let text = nested(depth);
        let sources = [PROFILE, &text].map(|text| Source { name: "x.xml", bytes: text.as_bytes() });
        validate(&Profile::read(&sources).0.expect("a profile"), b"MSH|^~\\&|||||||ORU^R01\rOBR|1\rOBX|||C\r");
    }
}

#[test]
fn a_large_message_is_no_trouble() {
    let mut text = String::from("MSH|^~\\&|||||||ORU^R01^ORU_R01\rOBR|1\r");
    for number in 0..30_000 {
        text += &format!("OBX|{number}|ST|C||x^y\rZZ1|{number}\r");
    }
    let profile = profile(PROFILE).expect("a profile");
    let report = profile.validate(&Message::parse(text).0, 0, &Options::default()).expect("a report");
    assert!(!report.is_valid() && report.left_out > 0 && report.issues.len() == ISSUES_MAX);
}
