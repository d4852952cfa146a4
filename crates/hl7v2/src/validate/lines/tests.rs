//! Lines over messages: what each demand says, at each kind of place.

use super::*;
use crate::Message;
use crate::dictionary::Version;
use crate::validate::{Options, Report, validate_with};

const ADT: &str = "MSH|^~\\&|A|B|C|D|20260301||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20260301\r\
PID|1||7^^^N^MR~8^^^N^SS||Quist^Ada||19700101|F\rPV1||I|4W^2\rZPD|x|abc\r";
const ORU: &str = "MSH|^~\\&|A|B|C|D|20260301||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||7\rOBR|1|||A\rOBX|1|NM|a||1||||||F\r\
OBX|2|NM|b||2||||||P\rOBR|2|||B\rNTE|1||c\r";

/// A judge to whom condition 0 holds, 1 does not, and 2 does for segments whose first field is 2.
struct Some012;

impl Judge for Some012 {
    fn holds(&mut self, condition: usize, _: &Message, segment: Option<Element<'_>>) -> Option<bool> {
        match condition {
            0 => Some(true),
            1 => Some(false),
            2 => Some(segment?.field(1)?.text() == "2"),
            _ => None,
        }
    }
}

fn line(place: &str, demand: Demand) -> Line {
    Line {
        code: "p:x".into(),
        place: Place::parse(place).expect("a place"),
        name: "".into(),
        demand,
        severity: Severity::Error,
        when: None,
        because: None,
    }
}

fn report(text: &str, base: Base, lines: Vec<Line>) -> Report {
    let (message, findings) = Message::parse(text.to_owned());
    validate_with(&message, &findings, Options::default(), &Lines::new(base, lines, Vec::new()), &mut Some012)
}

/// Paths and sentences of the lines' own issues.
fn check(text: &str, lines: Vec<Line>, expect: &[(&str, &str)]) {
    let what = format!("{lines:?}");
    let report = report(text, Base::default(), lines);
    let found: Vec<(&str, &str)> =
        report.issues.iter().map(|issue| (issue.path.as_str(), issue.message.as_str())).collect();
    assert_eq!(found, expect, "{what}");
}

#[test]
fn something_is_there() {
    let check = |text, place, expect: &[(&str, &str)]| check(text, vec![line(place, Demand::Present)], expect);
    check(ADT, "PID-8", &[]);
    check(ADT, "PID-10", &[("PID-10", "PID-10 is required and empty.")]);
    check(ADT, "PV1-3.1", &[]);
    check(ADT, "PV1-3.3", &[("PV1-3.3", "PV1-3.3 is required and empty.")]);
    check(ADT, "PV1-44.1", &[("PV1-44.1", "PV1-44.1 is required and empty.")]);
    check(ADT, "PID-3[.5=MR]", &[]);
    check(ADT, "PID-3[.5=PI].1", &[("PID-3.1", "PID-3.1 [PID-3[.5=PI].1] is required, and no repetition is one.")]);
    check(
        ADT,
        "PID-3.6",
        &[("PID-3.6", "PID-3.6 is required and empty."), ("PID-3[2].6", "PID-3[2].6 is required and empty.")],
    );
    check(ADT, "NK1", &[("NK1", "NK1 is required and missing.")]);
    check(ADT, "NK1-2", &[]);
    check(ADT, "ZPD-3", &[("ZPD-3", "ZPD-3 is required and empty.")]);
    check(ADT, "INSURANCE", &[("INSURANCE", "INSURANCE is required and missing.")]);
    check(ORU, "ORDER_OBSERVATION.OBX", &[("OBX", "OBX is required and missing.")]);
    check(
        ORU,
        "ORDER_OBSERVATION.OBX-8",
        &[("OBX[1]-8", "OBX[1]-8 is required and empty."), ("OBX[2]-8", "OBX[2]-8 is required and empty.")],
    );
    check(ORU, "OBX[2]-8", &[("OBX[2]-8", "OBX[2]-8 is required and empty.")]);
    check(
        ORU,
        "ORDER_OBSERVATION.SPECIMEN",
        &[
            (
                "PATIENT_RESULT.ORDER_OBSERVATION.SPECIMEN",
                "PATIENT_RESULT.ORDER_OBSERVATION.SPECIMEN is required and missing.",
            ),
            (
                "PATIENT_RESULT.ORDER_OBSERVATION[2].SPECIMEN",
                "PATIENT_RESULT.ORDER_OBSERVATION[2].SPECIMEN is required and missing.",
            ),
        ],
    );
}

#[test]
fn nothing_is_there() {
    let check = |text, place, expect: &[&str]| {
        let report = report(text, Base::default(), vec![line(place, Demand::Absent)]);
        let found: Vec<&str> = report.issues.iter().map(|issue| issue.path.as_str()).collect();
        assert_eq!(found, expect, "{place}");
    };
    check(ADT, "PID-19", &[]);
    check(ADT, "PID-8", &["PID-8"]);
    check(ADT, "PID-3[.5=SS]", &["PID-3[2]"]);
    check(ADT, "PID-5.2", &["PID-5.2"]);
    check(ADT, "ZPD", &["ZPD"]);
    check(ADT, "NK1", &[]);
    check(ORU, "OBSERVATION.NTE", &[]);
    check(ORU, "ORDER_OBSERVATION.NTE", &["NTE"]);
    check(ORU, "ORDER_OBSERVATION", &["OBR[2]"]);
}

#[test]
fn how_often() {
    let check = |text, place, (min, max), expect: &[(&str, &str)]| {
        check(text, vec![line(place, Demand::Count { min, max })], expect);
    };
    check(ADT, "PID-3", (1, 2), &[]);
    check(ADT, "PID-3", (1, 1), &[("PID-3[2]", "PID-3[2] comes 2 times; the profile asks for exactly 1.")]);
    check(ADT, "PID-3[.5=MR]", (1, 1), &[]);
    check(ADT, "PID-13", (1, UNBOUNDED), &[("PID-13", "PID-13 comes never; the profile asks for at least 1.")]);
    check(ADT, "NK1", (0, 3), &[]);
    check(ADT, "NK1", (2, 3), &[("NK1", "NK1 comes never; the profile asks for 2 to 3.")]);
    check(ORU, "OBX", (0, 1), &[("OBX[2]", "OBX[2] is one of 2; the profile asks for at most 1.")]);
    check(ORU, "ORDER_OBSERVATION.OBX", (0, 2), &[]);
    check(
        ORU,
        "ORDER_OBSERVATION.OBX",
        (1, 1),
        &[("OBX[2]", "OBX[2] is one of 2; the profile asks for exactly 1."), ("OBX", "OBX is required and missing.")],
    );
    check(ORU, "ORDER_OBSERVATION", (1, 1), &[("OBR[2]", "OBR[2] is one of 2; the profile asks for exactly 1.")]);
}

#[test]
fn what_values_are() {
    check(
        ADT,
        vec![line("PID-5.1", Demand::Length { min: 1, max: 4 })],
        &[("PID-5.1", "PID-5.1 has 5 characters; the profile allows 1 to 4.")],
    );
    check(&ADT.replace("Quist", "Ñuñé"), vec![line("PID-5.1", Demand::Length { min: 1, max: 4 })], &[]);
    let one_of = |codes: &'static [&'static str]| Demand::Value {
        test: Arc::new(move |text| codes.contains(&text)),
        fails: "is not a code of the list".into(),
        is_coded: true,
        codes: None,
    };
    check(ADT, vec![line("PV1-2", one_of(&["I", "O"]))], &[]);
    check(ADT, vec![line("PV1-2", one_of(&["O"]))], &[("PV1-2", "PV1-2 is not a code of the list.")]);
    check(ADT, vec![line("PV1-3", one_of(&["4W"]))], &[]);
    check(
        ADT,
        vec![line("PID-3[.5=MR].4", one_of(&["S"]))],
        &[("PID-3.4", "PID-3.4 [PID-3[.5=MR].4] is not a code of the list.")],
    );
    check(&ADT.replace("|F\r", "|\"\"\r"), vec![line("PID-8", one_of(&["M"]))], &[]);
}

#[test]
fn conditions_and_rules() {
    let when = |condition, is_negated| Some(When { condition, is_negated, words: "event = A03".into() });
    let present =
        |condition, is_negated| vec![Line { when: when(condition, is_negated), ..line("PID-10", Demand::Present) }];
    check(ADT, present(0, false), &[("PID-10", "PID-10 is required and empty (when event = A03).")]);
    check(ADT, present(0, true), &[]);
    check(ADT, present(1, false), &[]);
    check(ADT, present(1, true), &[("PID-10", "PID-10 is required and empty (unless event = A03).")]);
    check(ADT, present(9, true), &[]);
    // Of several segments, the condition is asked of each.
    let of_each = Line { when: when(2, false), ..line("OBX-8", Demand::Present) };
    check(ORU, vec![of_each], &[("OBX[2]-8", "OBX[2]-8 is required and empty (when event = A03).")]);
    let rule = |place: Place, condition| Line {
        place,
        because: Some("Ask the lab.".into()),
        ..line("PID", Demand::Rule { text: "results are final".into(), conditions: vec![(condition, "OBX-11".into())] })
    };
    check(ORU, vec![rule(Place::Message, 0)], &[]);
    check(ORU, vec![rule(Place::Message, 1)], &[("OBX-11", "results are final. Ask the lab.")]);
    check(ORU, vec![rule(Place::parse("OBX").unwrap(), 2)], &[("OBX[1]-11", "results are final. Ask the lab.")]);
}

#[test]
fn lines_answer_for_the_standard() {
    let bad = ADT.replace("PV1||I|", "PV1|||").replace("EVN||20260301\r", "");
    let codes = |lines: Vec<Line>, level| {
        let base = Base { level, ..Base::default() };
        let codes = report(&bad, base, lines).issues.into_iter().map(|issue| issue.code.into_owned());
        codes.collect::<Vec<_>>()
    };
    let lenient = Some(crate::validate::Level::Lenient);
    assert_eq!(codes(Vec::new(), lenient), ["E1113", "E1117"]);
    assert_eq!(codes(Vec::new(), None), Vec::<String>::new());
    assert_eq!(codes(vec![line("PV1-2", Demand::Free)], lenient), ["E1113"]);
    assert_eq!(codes(vec![line("PV1-2", Demand::Present)], lenient), ["E1113", "p:x"]);
    assert_eq!(codes(vec![line("EVN", Demand::Count { min: 0, max: 1 })], lenient), ["E1117"]);
    assert_eq!(codes(vec![line("PV1-2", Demand::Length { min: 1, max: 1 })], lenient), ["E1113", "E1117"]);
}

#[test]
fn messages_of_the_base() {
    let check = |base: Base, expect: &[&str]| {
        let found = report(ADT, base.clone(), Vec::new());
        let codes: Vec<&str> = found.issues.iter().map(|issue| &*issue.code).collect();
        assert_eq!(codes, expect, "{base:?}");
    };
    let of = |of: Of| Base { of: vec![of], ..Base::default() };
    check(of(Of::Type("ADT".into())), &[]);
    check(of(Of::Structure("ADT_A01".into())), &[]);
    check(of(Of::Type("ORU".into())), &["E1132"]);
    check(of(Of::Structure("ADT_A03".into())), &["E1132"]);
    check(Base { versions: vec![Version::V2_3, Version::V2_5_1], ..Base::default() }, &[]);
    check(Base { versions: vec![Version::V2_3], ..Base::default() }, &["E1133"]);
}

#[test]
fn places_that_exist() {
    let base = Base { versions: vec![Version::V2_5_1], of: vec![Of::Type("ADT".into())], level: None };
    let check = |text: &str, expect: Result<(&str, &str), Unknown>| {
        let found = Place::parse(text).and_then(|place| place.resolve(&base, &[], false));
        assert_eq!(
            found.map(|facts| (facts.name, facts.datatype)),
            expect.map(|(n, d)| (n.to_owned(), d.to_owned())),
            "{text}"
        );
    };
    check("PID-8", Ok(("Administrative Sex", "IS")));
    check("PID-5.1.2", Ok(("Own Surname Prefix", "ST")));
    check("PID-3[.5=MR].4.1", Ok(("Namespace ID", "IS")));
    check("PV1", Ok(("Patient Visit", "")));
    check("INSURANCE.IN1-2", Ok(("Insurance Plan ID", "CE")));
    check("ZPD-4.2", Ok(("", "")));
    check("PID-40", Err(Unknown::Field { segment: "PID".into(), count: 39 }));
    check("PID-8.2", Err(Unknown::Part { datatype: "IS".into(), count: 0 }));
    check("PID-3[.17=MR]", Err(Unknown::Part { datatype: "CX".into(), count: 10 }));
    check("PIX-3", Err(Unknown::Segment("PIX".into())));
    check("OBR-4", Err(Unknown::NotHere("OBR".into())));
    check("ORDER_OBSERVATION.OBX-5", Err(Unknown::Group("ORDER_OBSERVATION".into())));
    check("OBX-5.3", Ok(("", "")));
}
