//! Elements, types, cardinality, choices, codes, references, extensions, contained resources, invariants.

use super::super::{ISSUES_MAX, Options, Profiles, Validator};
use super::{check, report_of};
use crate::Tree;
use message::Severity;

const PATIENT: &str = r#""resourceType":"Patient""#;

/// A Patient with these properties.
#[track_caller]
fn patient(properties: &str, expect: &[&str]) {
    check(&format!("{PATIENT},{properties}"), expect);
}

#[test]
fn a_resource() {
    check(PATIENT, &[]);
    check("", &["error E1281 $"]);
    check(r#""resourceType":"Zebra""#, &["error E1281 $.resourceType"]);
    check(r#""resourceType":"Resource""#, &["error E1281 Resource.resourceType"]);
    check(r#""resourceType":"HumanName""#, &["error E1281 HumanName.resourceType"]);
    check(r#""resourceType":7"#, &["error E1281 $.resourceType"]);
    assert_eq!(report_of("[]").issues[0].code, "E1261");
    let hint = report_of(r#"{"resourceType":"Pateint"}"#).issues[0].hint.clone();
    assert_eq!(hint.as_deref(), Some("did you mean Patient?"));
}

#[test]
fn elements() {
    patient(r#""active":true,"name":[{"given":["A"]}]"#, &[]);
    patient(r#""nmae":[]"#, &["error E1260 Patient.nmae"]);
    patient(r#""name":[{"surname":"D"}]"#, &["error E1260 Patient.name[0].surname"]);
    patient(r#""deceased":true"#, &["error E1260 Patient.deceased"]);
    patient(r#""_contact":[]"#, &["error E1260 Patient.contact"]);
    patient(
        r#""contact":[{"name":{"text":"D","resourceType":"Patient"}}]"#,
        &["error E1260 Patient.contact[0].name.resourceType"],
    );
    let hint = |text: &str| report_of(text).issues[0].hint.clone().unwrap_or_default();
    assert_eq!(hint(r#"{"resourceType":"Patient","birthdate":"2000"}"#), "did you mean birthDate?");
    assert_eq!(hint(r#"{"resourceType":"Patient","deceased":true}"#), "for example deceasedBoolean, deceasedDateTime");
}

#[test]
fn types_and_forms() {
    patient(r#""active":"true""#, &["error E1261 Patient.active"]);
    patient(r#""multipleBirthInteger":"1""#, &["error E1261 Patient.multipleBirth.ofType(integer)"]);
    patient(r#""name":["D"]"#, &["error E1261 Patient.name[0]"]);
    patient(r#""birthDate":{"value":"2000"}"#, &["error E1261 Patient.birthDate"]);
    patient(r#""birthDate":"2000-02-30""#, &["error E1262 Patient.birthDate"]);
    patient(r#""id":"a b""#, &["error E1262 Patient.id"]);
    patient(r#""name":[{"id":"a b"}]"#, &["error E1265 Patient.name[0]"]);
    patient(r#""name":[{"text":"  "}]"#, &["warning E1262 Patient.name[0].text"]);
    patient(r#""name":[{"text":""}]"#, &["error E1262 Patient.name[0].text"]);
    patient(r#""deceasedDateTime":"2000-01-01T10:00""#, &["error E1262 Patient.deceased.ofType(dateTime)"]);
}

#[test]
fn cardinality() {
    patient(r#""link":[{"type":"refer"}]"#, &["error E1263 Patient.link[0].other"]);
    check(r#""resourceType":"Observation","status":"final""#, &["error E1263 Observation.code"]);
    check(
        r#""resourceType":"MedicationRequest","status":"active","intent":"order","subject":{"reference":"Patient/1"}"#,
        &["error E1263 MedicationRequest.medication[x]"],
    );
    patient(r#""name":{"text":"D"}"#, &["error E1264 Patient.name"]);
    patient(r#""gender":["male"]"#, &["error E1264 Patient.gender"]);
    patient(r#""deceasedBoolean":true,"deceasedDateTime":"2000""#, &["error E1264 Patient.deceased.ofType(dateTime)"]);
    // The `_` form is the same choice.
    patient(r#""deceasedBoolean":true,"_deceasedBoolean":{"id":"a"}"#, &[]);
    patient(r#""name":[]"#, &["error E1265 Patient.name"]);
    patient(r#""name":[{}]"#, &["error E1265 Patient.name[0]"]);
    patient(r#""name":[null]"#, &["error E1261 Patient.name[0]"]);
    patient(r#""gender":null"#, &["error E1265 Patient.gender"]);
    check(
        r#""resourceType":"Observation","status":"final","code":{"text":"a"},"valueSampledData":{"origin":{"value":1},"period":1,"dimensions":1},"_status":{"id":"x"}"#,
        &[],
    );
    // A value that is not known, with the reason in an extension, is there.
    check(
        r#""resourceType":"Observation","code":{"text":"a"},"_status":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}"#,
        &[],
    );
}

#[test]
fn ids_and_extensions_of_primitives() {
    patient(r#""name":[{"given":["A",null],"_given":[null,{"id":"g"}]}]"#, &[]);
    patient(r#""name":[{"given":["A",null],"_given":[{"id":"g"},null]}]"#, &["error E1265 Patient.name[0].given[1]"]);
    patient(r#""name":[{"given":["A"],"_given":[null,{"id":"g"}]}]"#, &["error E1264 Patient.name[0].given"]);
    patient(r#""name":[{"given":["A"],"_given":{"id":"g"}}]"#, &["error E1264 Patient.name[0].given"]);
    patient(
        r#""birthDate":"2000","_birthDate":{"value":"x"}"#,
        &["error E1260 Patient.birthDate.value", "error E1265 Patient.birthDate"],
    );
    patient(r#""_birthDate":{}"#, &["error E1265 Patient.birthDate"]);
    patient(r#""_birthDate":"x""#, &["error E1261 Patient.birthDate"]);
}

#[test]
fn codes() {
    patient(r#""gender":"male""#, &[]);
    patient(r#""gender":"M""#, &["error E1266 Patient.gender"]);
    patient(r#""name":[{"use":"official"},{"use":"L"}]"#, &["error E1266 Patient.name[1].use"]);
    patient(
        r#""maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}"#,
        &[],
    );
    patient(
        r#""maritalStatus":{"coding":[{"system":"http://example.org/marital","code":"X"}]}"#,
        &["warning E1267 Patient.maritalStatus"],
    );
    patient(
        r#""maritalStatus":{"coding":[{"system":"http://example.org/marital","code":"X"},{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M"}]}"#,
        &[],
    );
    patient(r#""maritalStatus":{"text":"married"}"#, &[]);
    patient(
        r#""maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"m!"}]}"#,
        &["warning E1268 Patient.maritalStatus.coding[0].code", "warning E1267 Patient.maritalStatus"],
    );
    patient(
        r#""language":"de-CH","communication":[{"language":{"coding":[{"system":"urn:ietf:bcp:47","code":"de"}]}}]"#,
        &[],
    );
    patient(r#""language":"German language""#, &["error E1266 Patient.language"]);
    patient(
        r#""photo":[{"contentType":"image/png"},{"contentType":"png"}]"#,
        &["error E1266 Patient.photo[1].contentType"],
    );
    let condition = |status: &str| {
        format!(r#""resourceType":"Condition","subject":{{"reference":"Patient/1"}},"clinicalStatus":{status}"#)
    };
    check(
        &condition(
            r#"{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}"#,
        ),
        &[],
    );
    check(
        &condition(r#"{"coding":[{"system":"http://example.org","code":"active"}]}"#),
        &["error E1266 Condition.clinicalStatus"],
    );
    check(&condition(r#"{"text":"active"}"#), &["error E1266 Condition.clinicalStatus"]);
    let hint = report_of(r#"{"resourceType":"Patient","gender":"F"}"#).issues[0].hint.clone();
    assert_eq!(hint.as_deref(), Some("one of: female, male, other, unknown"));
}

#[test]
fn references() {
    let organization = |reference: &str| format!(r#""managingOrganization":{{"reference":"{reference}"}}"#);
    for good in [
        "Organization/1",
        "http://x/fhir/Organization/1",
        "urn:uuid:c757873d-ec9a-4326-a141-556f43239520",
        "Organization?identifier=x|1",
    ] {
        patient(&organization(good), &[]);
    }
    for wrong in ["1", "organization/1", "Organization/a b", ""] {
        let code = if wrong.is_empty() { "E1262" } else { "E1270" };
        let mut expect = vec![format!("error {code} Patient.managingOrganization.reference")];
        if wrong.is_empty() {
            expect.push("error E1270 Patient.managingOrganization.reference".into());
        }
        patient(&organization(wrong), &expect.iter().map(String::as_str).collect::<Vec<_>>());
    }
    patient(&organization("Patient/1"), &["error E1271 Patient.managingOrganization.reference"]);
    patient(&organization("#o"), &["error E1272 Patient.managingOrganization.reference"]);
    patient(
        r#""managingOrganization":{"type":"Patient","identifier":{"value":"1"}}"#,
        &["error E1271 Patient.managingOrganization"],
    );
    patient(
        r#""managingOrganization":{"type":"Zebra","display":"x"}"#,
        &["warning E1267 Patient.managingOrganization.type"],
    );
    patient(
        r#""managingOrganization":{"type":"Patient","reference":"Organization/1"}"#,
        &["error E1271 Patient.managingOrganization.type"],
    );
    patient(r#""managingOrganization":{"display":"x"}"#, &[]);
}

#[test]
fn extensions() {
    let extension = |rest: &str| format!(r#""extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/{rest}}}]"#);
    patient(&extension(r#"patient-birthPlace","valueAddress":{"city":"X"}"#), &[]);
    patient(
        &extension(r#"patient-birthPlace","valueString":"X""#),
        &["error E1274 Patient.extension[0].value.ofType(string)"],
    );
    patient(
        &extension(r#"patient-birthPlace""#),
        &["error ext-1 Patient.extension[0]", "error E1274 Patient.extension[0]"],
    );
    let inside = extension(r#"patient-birthPlace","valueAddress":{"city":"X"}"#);
    patient(&format!(r#""name":[{{{inside}}}]"#), &["error E1274 Patient.name[0].extension[0].url"]);
    patient(
        r#""extension":[{"url":"http://example.org/x","valueString":"X"}]"#,
        &["note E1273 Patient.extension[0].url"],
    );
    patient(
        r#""modifierExtension":[{"url":"http://example.org/x","valueString":"X"}]"#,
        &["warning E1280 Patient.modifierExtension[0].url"],
    );
    patient(r#""extension":[{"url":"x","valueString":"X"}]"#, &["error E1274 Patient.extension[0].url"]);
    patient(r#""extension":[{"valueString":"X"}]"#, &["error E1263 Patient.extension[0].url"]);
    patient(
        r#""extension":[{"url":"http://example.org/x","valueString":"X","extension":[{"url":"a","valueString":"b"}]}]"#,
        &["error ext-1 Patient.extension[0]", "note E1273 Patient.extension[0].url"],
    );
    // One that holds others: which it may hold, and of which types.
    let nationality = |rest: &str| extension(&format!(r#"patient-nationality","extension":[{rest}]"#));
    patient(
        &nationality(
            r#"{"url":"code","valueCodeableConcept":{"text":"CH"}},{"url":"period","valuePeriod":{"start":"2000"}}"#,
        ),
        &[],
    );
    patient(
        &nationality(r#"{"url":"code","valueString":"CH"}"#),
        &["error E1261 Patient.extension[0].extension[0].value.ofType(string)"],
    );
}

#[test]
fn contained_resources() {
    let inside = |resource: &str| format!(r##""contained":[{resource}],"managingOrganization":{{"reference":"#o"}}"##);
    patient(&inside(r#"{"resourceType":"Organization","id":"o","name":"X"}"#), &[]);
    patient(
        &inside(r#"{"resourceType":"Practitioner","id":"o"}"#),
        &["error E1271 Patient.managingOrganization.reference"],
    );
    patient(
        &inside(
            r#"{"resourceType":"Organization","id":"o","name":"X"},{"resourceType":"Organization","id":"p","name":"X"}"#,
        ),
        &["error dom-3 Patient.contained[1]"],
    );
    patient(
        &inside(
            r#"{"resourceType":"Organization","id":"o","name":"X"},{"resourceType":"Organization","id":"o","name":"X"}"#,
        ),
        &["error E1275 Patient.contained[1]"],
    );
    patient(r#""contained":[{"resourceType":"Organization","name":"X"}]"#, &["error E1275 Patient.contained[0]"]);
    patient(
        &inside(r#"{"resourceType":"Organization","id":"o","name":"X","meta":{"versionId":"1"}}"#),
        &["error dom-4 Patient.contained[0].meta.versionId"],
    );
    patient(
        &inside(r#"{"resourceType":"Organization","id":"o","name":"X","meta":{"security":[{"code":"R"}]}}"#),
        &["error dom-5 Patient.contained[0].meta.security"],
    );
    patient(
        &inside(
            r#"{"resourceType":"Organization","id":"o","name":"X","contained":[{"resourceType":"Organization","id":"p","name":"X"}]}"#,
        ),
        &["error dom-2 Patient.contained[0].contained"],
    );
    // A contained resource sees its neighbours, and the one around it.
    check(
        r##""resourceType":"Condition","subject":{"reference":"#p"},"contained":[{"resourceType":"Patient","id":"p","managingOrganization":{"reference":"#o"}},{"resourceType":"Organization","id":"o","name":"X"}]"##,
        &[],
    );
}

#[test]
fn invariants() {
    patient(r#""contact":[{"gender":"male"}]"#, &["error pat-1 Patient.contact[0]"]);
    patient(r#""telecom":[{"value":"1"}]"#, &["error cpt-2 Patient.telecom[0]"]);
    patient(r#""name":[{"period":{"start":"2020","end":"2019"}}]"#, &["error per-1 Patient.name[0].period"]);
    patient(r#""name":[{"period":{"start":"2019","end":"2020"}}]"#, &[]);
    patient(r#""photo":[{"data":"YQ=="}]"#, &["error att-1 Patient.photo[0]"]);
    let observation =
        |rest: &str| format!(r#""resourceType":"Observation","status":"final","code":{{"text":"a"}},{rest}"#);
    check(&observation(r#""valueString":"a","dataAbsentReason":{"text":"x"}"#), &["error obs-6 Observation"]);
    check(&observation(r#""referenceRange":[{"type":{"text":"x"}}]"#), &["error obs-3 Observation.referenceRange[0]"]);
    check(
        &observation(r#""referenceRange":[{"low":{"value":1,"comparator":"<"}}]"#),
        &["error sqty-1 Observation.referenceRange[0].low", "error E1264 Observation.referenceRange[0].low.comparator"],
    );
    check(r#""resourceType":"Organization","active":true"#, &["error org-1 Organization"]);
    check(
        r#""resourceType":"Organization","name":"X","telecom":[{"system":"phone","value":"1","use":"home"}]"#,
        &["error org-3 Organization.telecom[0]"],
    );
    patient(
        r#""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x</script></div>"}"#,
        &["error txt-1 Patient.text.div"],
    );
    let narrative = report_of("{\"resourceType\":\"Patient\",\"active\":true}");
    assert_eq!((&*narrative.issues[0].code, narrative.issues[0].severity), ("dom-6", Severity::Warning));
}

#[test]
fn a_report_holds_no_content() {
    let text = r#"{"resourceType":"Patient","gender":"Quist","birthDate":"Quist","name":"Quist","Quist^Ada":1,"id":"Quist Ada","managingOrganization":{"reference":"Quist"},
        "maritalStatus":{"coding":[{"system":"http://hl7.org/fhir/administrative-gender","code":"Quist"}]},"meta":{"profile":["http://example.org/Quist"]}}"#;
    let tree = Tree::read(text.as_bytes()).expect("JSON");
    let report = Validator::default().validate(&tree);
    assert!(report.count(Severity::Error) >= 7, "{:#?}", report.issues);
    let shown = format!("{report:?} {}", String::from_utf8_lossy(&report.outcome().expect("an outcome").write()));
    assert!(!shown.contains("Quist"), "{shown}");
    let options = Options { values: true, ..Options::default() };
    let report = Validator::new(Profiles::default(), options).validate(&tree);
    assert!(report.issues.iter().any(|issue| issue.found.as_ref().is_some_and(|found| found.reveal() == "Quist")));
    assert!(!format!("{report:?}").contains("Quist"));
}

#[test]
fn reports_are_bounded() {
    let items = vec!["{}"; ISSUES_MAX + 5].join(",");
    let report = report_of(&format!("{{{PATIENT},\"name\":[{items}]}}"));
    assert_eq!((report.issues.len(), report.left_out > 0, report.is_valid()), (ISSUES_MAX, true, false));
    // As deep as a tree may be.
    let deep = format!(
        "{{{PATIENT},\"extension\":{}{}}}",
        "[{\"url\":\"a:b\",\"extension\":".repeat(60),
        "[]".to_owned() + &"}]".repeat(60)
    );
    assert!(!report_of(&deep).is_valid());
}

#[test]
fn an_outcome_is_valid() {
    let report = report_of(r#"{"resourceType":"Patient","gender":"F","name":{},"contact":[{"gender":"male"}]}"#);
    let outcome = report.outcome().expect("an outcome");
    let of_outcome = Validator::default().validate(&outcome);
    assert!(
        of_outcome.is_valid() && outcome.root().get("issue").is_some_and(|issues| issues.len() == report.issues.len()),
        "{of_outcome:#?}"
    );
    let none = super::Report::default().outcome().expect("an outcome");
    assert!(Validator::default().validate(&none).is_valid());
}
