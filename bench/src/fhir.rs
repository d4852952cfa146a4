//! What validation of FHIR resources costs: a bundle as an admission makes it, by R4.

use crate::measure::{Contender, interleave};
use ::fhir::Tree;
use ::fhir::validate::Validator;
use serde_json::json;

/// Bundles a second that one core should validate.
const PER_SECOND_MIN: f64 = 5_000.0;

pub(crate) fn run(is_json: bool) {
    let text = admission();
    let Ok(tree) = Tree::read(text.as_bytes()) else {
        eprintln!("the input of this benchmark cannot be read");
        return;
    };
    let validator = Validator::default();
    let report = validator.validate(&tree);
    if !report.is_valid() {
        eprintln!("the input of this benchmark is not valid: {:?}", report.errors().next());
        return;
    }
    let mut again = Tree::new();
    let figures = interleave(&mut [
        Contender::new("read", || again.read_again(text.as_bytes()).map_or(0, |()| again.node_count())),
        Contender::new("validate", || validator.validate(&tree).issues.len()),
    ]);
    let [read, validate] = [figures[0] / 1000.0, figures[1] / 1000.0];
    let per_second = 1_000_000.0 / (read + validate);
    if is_json {
        println!(
            "{}",
            json!({"bench": "fhir", "bytes": text.len(), "nodes": tree.node_count(), "read_us": read,
            "validate_us": validate, "per_second": per_second, "met": per_second >= PER_SECOND_MIN})
        );
        return;
    }
    println!("an admission as a bundle: {} bytes, {} nodes", text.len(), tree.node_count());
    println!(
        "read {read:.1} µs, validate {validate:.1} µs: {per_second:.0} a second on one core, at least {PER_SECOND_MIN:.0} wanted"
    );
}

/// An invented admission: message header, patient, visit, contact, allergy, diagnosis, insurance, practitioner.
fn admission() -> String {
    let uuid = |number: usize| format!("urn:uuid:00000000-0000-4000-8000-{number:012}");
    let coding = |system: &str, code: &str, display: &str| {
        format!(
            r#"{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/{system}","code":"{code}","display":"{display}"}}],"text":"{display}"}}"#
        )
    };
    let identifier = |kind: &str, value: &str| {
        format!(
            r#"{{"use":"usual","type":{},"system":"urn:oid:2.16.840.1.113883.19.5.{value}","value":"{value}","assigner":{{"display":"North"}}}}"#,
            coding("v2-0203", kind, "Medical record number")
        )
    };
    let name = r#"{"use":"official","text":"Ada Eva Quist","family":"Quist","given":["Ada","Eva"],"prefix":["Dr"],"period":{"start":"2001-01-01","end":"2020-05-05"}}"#;
    let telecom = r#"{"system":"phone","value":"555-0100","use":"home","rank":1}"#;
    let address = r#"{"use":"home","type":"both","line":["1 Main St","Floor 2"],"city":"Springfield","state":"VT","postalCode":"05156","country":"USA"}"#;
    let (patient, visit) = (uuid(2), uuid(3));
    let resources = [
        (
            1,
            "Practitioner",
            format!(r#""identifier":[{}],"name":[{name}],"telecom":[{telecom}]"#, identifier("MD", "77")),
        ),
        (
            2,
            "Patient",
            format!(
                r#""identifier":[{},{},{}],"active":true,"name":[{name},{name}],"telecom":[{telecom},{telecom}],"gender":"female","birthDate":"1980-02-29","deceasedBoolean":false,"address":[{address},{address}],"maritalStatus":{},"multipleBirthBoolean":false,"contact":[{{"relationship":[{}],"name":{name},"telecom":[{telecom}],"address":{address},"gender":"male"}}],"communication":[{{"language":{{"coding":[{{"system":"urn:ietf:bcp:47","code":"en"}}]}},"preferred":true}}],"generalPractitioner":[{{"reference":"{}"}}]"#,
                identifier("MR", "1"),
                identifier("PI", "2"),
                identifier("SS", "3"),
                coding("v3-MaritalStatus", "M", "Married"),
                coding("v2-0131", "N", "Next-of-Kin"),
                uuid(1)
            ),
        ),
        (
            3,
            "Encounter",
            format!(
                r#""identifier":[{}],"status":"in-progress","class":{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IMP","display":"inpatient encounter"}},"type":[{{"text":"admission"}}],"subject":{{"reference":"{patient}"}},"participant":[{{"type":[{}],"period":{{"start":"2026-03-01T08:30:00+01:00"}},"individual":{{"reference":"{}"}}}}],"period":{{"start":"2026-03-01T08:30:00+01:00"}},"hospitalization":{{"admitSource":{{"text":"referral"}}}},"location":[{{"location":{{"reference":"{}"}},"status":"active"}}]"#,
                identifier("VN", "4"),
                coding("v3-ParticipationType", "ATND", "attender"),
                uuid(1),
                uuid(4)
            ),
        ),
        (
            4,
            "Location",
            format!(
                r#""identifier":[{}],"status":"active","name":"4 West","mode":"instance"{}"#,
                identifier("XX", "5"),
                ""
            ),
        ),
        (
            5,
            "RelatedPerson",
            format!(
                r#""identifier":[{}],"patient":{{"reference":"{patient}"}},"relationship":[{{"text":"spouse"}}],"name":[{name}],"telecom":[{telecom}],"address":[{address}]"#,
                identifier("PN", "6")
            ),
        ),
        (
            6,
            "AllergyIntolerance",
            format!(
                r#""identifier":[{}],"clinicalStatus":{},"verificationStatus":{},"type":"allergy","category":["food"],"criticality":"low","code":{{"coding":[{{"system":"http://snomed.info/sct","code":"91935009"}}],"text":"Peanuts"}},"patient":{{"reference":"{patient}"}},"onsetDateTime":"2001-05","reaction":[{{"manifestation":[{{"text":"hives"}}],"severity":"mild"}}]"#,
                identifier("XX", "7"),
                coding("allergyintolerance-clinical", "active", "Active"),
                coding("allergyintolerance-verification", "confirmed", "Confirmed")
            ),
        ),
        (
            7,
            "Condition",
            format!(
                r#""identifier":[{}],"clinicalStatus":{},"category":[{}],"code":{{"coding":[{{"system":"http://hl7.org/fhir/sid/icd-10","code":"I10"}}],"text":"Hypertension"}},"subject":{{"reference":"{patient}"}},"encounter":{{"reference":"{visit}"}},"onsetDateTime":"2020-01-01","recordedDate":"2026-03-01""#,
                identifier("XX", "8"),
                coding("condition-clinical", "active", "Active"),
                coding("condition-category", "encounter-diagnosis", "Encounter Diagnosis")
            ),
        ),
        (
            8,
            "Coverage",
            format!(
                r#""identifier":[{}],"status":"active","beneficiary":{{"reference":"{patient}"}},"payor":[{{"display":"Mutual of North"}}],"period":{{"start":"2025-01-01"}},"class":[{{"type":{},"value":"A1"}}]"#,
                identifier("MB", "9"),
                coding("coverage-class", "group", "Group")
            ),
        ),
    ];
    let entries: Vec<String> = resources
        .iter()
        .map(|(number, ty, properties)| {
            format!(r#"{{"fullUrl":"{}","resource":{{"resourceType":"{ty}",{properties}}},"request":{{"method":"POST","url":"{ty}"}}}}"#, uuid(*number))
        })
        .collect();
    format!(
        r#"{{"resourceType":"Bundle","type":"transaction","timestamp":"2026-03-01T08:30:00.000+01:00","entry":[{}]}}"#,
        entries.join(",")
    )
}
