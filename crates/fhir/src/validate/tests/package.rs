//! A package as guides are published: slices, a required extension, value sets, rules that ask for profiles and value sets.

use super::{super::Options, Profiles, Report, Validator, told};
use crate::{Tree, package};

const FILES: [(&str, &str); 8] = [
    ("package/package.json", include_str!("../../../fixtures/harbour/package.json")),
    ("package/CodeSystem-berth.json", include_str!("../../../fixtures/harbour/CodeSystem-berth.json")),
    ("package/ValueSet-berth.json", include_str!("../../../fixtures/harbour/ValueSet-berth.json")),
    (
        "package/StructureDefinition-berth.json",
        include_str!("../../../fixtures/harbour/StructureDefinition-berth.json"),
    ),
    (
        "package/StructureDefinition-harbour-patient.json",
        include_str!("../../../fixtures/harbour/StructureDefinition-harbour-patient.json"),
    ),
    (
        "package/StructureDefinition-harbour-tide.json",
        include_str!("../../../fixtures/harbour/StructureDefinition-harbour-tide.json"),
    ),
    (
        "package/StructureDefinition-harbour-loop.json",
        include_str!("../../../fixtures/harbour/StructureDefinition-harbour-loop.json"),
    ),
    ("package/example/example-patient.json", include_str!("../../../fixtures/harbour/example-patient.json")),
];

fn report(profile: &str, resource: &str) -> Report {
    let files: Vec<(&str, u8, &[u8])> = FILES.iter().map(|(name, text)| (*name, b'0', text.as_bytes())).collect();
    let mut profiles = Profiles::default();
    let added = profiles.add_package(&package::tests::packed(&files)).expect("a package");
    assert_eq!((added.name.as_str(), added.definitions, added.passed_over), ("example.harbour.core#0.1.0", 6, 2));
    let profile = format!("http://harbour.example.org/fhir/StructureDefinition/{profile}");
    let options = Options { profiles: vec![profile], ..Options::default() };
    let tree = Tree::read(resource.as_bytes()).expect("JSON");
    Validator::new(profiles, options).validate(&tree)
}

#[track_caller]
fn check(profile: &str, resource: &str, expect: &[&str]) {
    let report = report(profile, resource);
    let expect: Vec<String> = expect.iter().map(|line| line.to_lowercase()).collect();
    assert_eq!(told(&report), expect, "{resource}\n{:#?}", report.issues);
}

fn patient(berth: &str, rest: &str) -> String {
    format!(
        r#"{{"resourceType":"Patient","extension":[{{"url":"http://harbour.example.org/fhir/StructureDefinition/berth",
        "valueCoding":{{"system":"http://harbour.example.org/fhir/CodeSystem/berth","code":"{berth}"}}}}]{rest}}}"#
    )
}

const WHOLE: &str =
    r#","identifier":[{"system":"urn:harbour:mrn","value":"7"}],"name":[{"family":"Muster"}],"birthDate":"1980""#;

/// What is asked of every patient of the package but cannot be read: told once, as a warning, and nothing is invalid by it.
const UNREAD: &str = "warning E1284 Patient";

#[test]
fn slices_extensions_and_value_sets() {
    check("harbour-patient", &patient("south-quay", WHOLE), &[UNREAD]);
    check(
        "harbour-patient",
        &patient("closed", WHOLE),
        &["error E1266 Patient.extension[0].value.ofType(Coding)", "error har-2 Patient", UNREAD],
    );
    let bare = report("harbour-patient", r#"{"resourceType":"Patient"}"#);
    let lines = told(&bare);
    for wanted in [
        "error e1263 patient.extension",
        "error e1263 patient.identifier",
        "error e1263 patient.birthdate",
        "error har-1 patient",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted} of {lines:?}");
    }
    let twice = WHOLE.replace(r#""value":"7"}"#, r#""value":"7"},{"system":"urn:harbour:mrn","value":"8"}"#);
    assert!(!report("harbour-patient", &patient("north", &twice)).is_valid());
}

/// A rule is told when it was not checked: which, and why.
#[test]
fn rules_that_are_not_checked_are_told() {
    let found = report("harbour-patient", &patient("north", WHOLE));
    let unread = found.issues.iter().find(|issue| issue.code == "E1284").expect("told");
    assert!(unread.message.contains("har-3"), "{unread:?}");
    let contact = format!(r#"{WHOLE},"contact":[{{"name":{{"family":"Moor"}}}}]"#);
    let found = report("harbour-patient", &patient("north", &contact));
    let unknown = found.issues.iter().find(|issue| issue.code == "E1283").expect("told");
    assert!(unknown.message.contains("har-4") && unknown.message.contains("E1216"), "{unknown:?}");
    assert!(found.is_valid());
    // A profile that asks for itself comes to an end.
    assert!(
        told(&report("harbour-loop", r#"{"resourceType":"Patient"}"#)).iter().all(|line| !line.starts_with("error"))
    );
}

/// `conformsTo` asks the profiles of the package.
#[test]
fn rules_see_the_profiles_of_the_package() {
    let tide = |patient: &str| {
        let contained = patient.replacen('{', r#"{"id":"p","#, 1);
        format!(
            r##"{{"resourceType":"Observation","contained":[{contained}],"status":"final","subject":{{"reference":"#p"}},"code":{{"text":"tide"}},
            "category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"survey"}}]}}],"valueString":"high"}}"##
        )
    };
    check("harbour-tide", &tide(&patient("north", WHOLE)), &[]);
    check("harbour-tide", &tide(&patient("north", "")), &["error tide-1 Observation"]);
    let wrong = tide(&patient("north", WHOLE))
        .replace(r#""valueString":"high""#, r#""valueBoolean":true"#)
        .replace("survey", "exam");
    let lines = told(&report("harbour-tide", &wrong));
    assert!(lines.iter().any(|line| line.starts_with("error e1261 observation.value")), "{lines:?}");
    assert!(lines.iter().any(|line| line == "error e1277 observation"), "{lines:?}");
}
