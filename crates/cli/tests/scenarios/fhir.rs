//! FHIR resources on the command line.

use super::support::sinew_with;

const PATIENT: &[u8] = br#"{"resourceType":"Patient","active":true,"name":[{"family":"Quist","given":["Ada",null],"_given":[null,{"id":"g"}]}]}"#;

#[test]
fn json_and_xml_both_ways() {
    let document = sinew_with(&["fhir", "convert", "-"], PATIENT).expect(0).out;
    assert!(document.contains("<family value=\"Quist\"/>") && document.contains("<given id=\"g\"/>"), "{document}");
    let back = sinew_with(&["fhir", "convert", "-", "--compact"], document.as_bytes()).expect(0).out;
    assert_eq!(back.trim_end().as_bytes(), PATIENT);
    let lines = [PATIENT, b"\n\n", PATIENT, b"\n"].concat();
    let twice = sinew_with(&["fhir", "convert", "--to", "json", "--compact"], &lines).expect(0).out;
    assert_eq!(twice.as_bytes(), [PATIENT, b"\n", PATIENT, b"\n"].concat());
    let hostile = b"<!DOCTYPE a [<!ENTITY b 'c'>]><Patient>&b;</Patient>";
    sinew_with(&["fhir", "convert"], hostile).expect(1).says(&["E1250"]);
    sinew_with(&["fhir", "convert"], b"{\"resourceType\":").expect(1).says(&["E1200"]);
    sinew_with(&["fhir", "convert"], b"{\"resourceType\":\"Zebra\"}").expect(1).says(&["E1256"]);
    let told = sinew_with(&["fhir", "convert"], b"{\"resourceType\":\"Patient\",\"zebra\":\"Quist\"}").expect(0);
    told.says(&["E1254", "Patient.zebra"]);
    assert!(!told.err.contains("Quist"), "{}", told.err);
}

#[test]
fn resources_are_validated() {
    let wrong = br#"{"resourceType":"Patient","gender":"Quist","birthdate":"1980","contact":[{"gender":"male"}]}"#;
    let told = sinew_with(&["fhir", "validate", "-"], wrong).expect(1);
    told.says(&[
        "E1266  Patient.gender",
        "one of: female, male, other, unknown",
        "E1260  Patient.birthdate",
        "did you mean birthDate?",
        "pat-1  Patient.contact[0]",
    ]);
    assert!(!told.out.contains("Quist") && !told.err.contains("Quist"), "{}", told.out);
    sinew_with(&["fhir", "validate", "-", "--values"], wrong).expect(1).says(&["it is: Quist"]);
    let lines = [PATIENT, b"\n", wrong, b"\n{\"resourceType\":\n"].concat();
    let told = sinew_with(&["fhir", "validate", "-"], &lines).expect(1);
    told.says(&[
        "-#1  Patient  0 errors",
        "-#2  Patient  3 errors",
        "-#3  no resource  1 error",
        "E1200",
        "1 of 3 resources are valid",
    ]);
    let json = sinew_with(&["fhir", "validate", "-", "--json"], wrong).expect(1).json();
    assert_eq!(
        (&json["valid"], &json["type"], &json["issues"][0]["code"]),
        (&false.into(), &"Patient".into(), &"E1266".into())
    );
    let outcome = sinew_with(&["fhir", "validate", "-", "--outcome"], wrong).expect(1).out;
    sinew_with(&["fhir", "validate", "-"], outcome.as_bytes()).expect(0).says(&["OperationOutcome  0 errors"]);
    let document = sinew_with(&["fhir", "convert", "-"], PATIENT).expect(0).out;
    sinew_with(&["fhir", "validate", "-"], document.as_bytes()).expect(0).says(&["Patient  0 errors"]);
}

#[test]
fn profiles_come_from_files_and_folders() {
    let folder = std::env::temp_dir().join(format!("sinew-fhir-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("p.json");
    let profile = r#"{"resourceType":"StructureDefinition","url":"http://example.org/p","type":"Patient","kind":"resource","derivation":"constraint",
        "baseDefinition":"http://hl7.org/fhir/StructureDefinition/Patient","differential":{"element":[{"path":"Patient.birthDate","min":1}]}}"#;
    std::fs::write(&file, profile).expect("written");
    let (file, at) = (file.to_string_lossy(), folder.to_string_lossy());
    for package in [&file, &at] {
        let told =
            sinew_with(&["fhir", "validate", "-", "--package", package, "--profile", "http://example.org/p"], PATIENT)
                .expect(1);
        told.says(&["E1263  Patient.birthDate", "profile http://example.org/p"]);
    }
    let mistyped =
        sinew_with(&["fhir", "validate", "-", "--package", &file, "--profile", "http://example.org/q"], PATIENT);
    mistyped.expect(2).says(&["no package has the profile", "did you mean http://example.org/p?"]);
    sinew_with(&["fhir", "validate", "-", "--package", "/dev/null"], PATIENT).expect(2);
    std::fs::remove_dir_all(&folder).expect("removed");
}

/// A package as a guide is published, through the command: a .tgz, its profiles and value sets, and rules that are not checked.
#[test]
fn a_package_is_a_tgz() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fhir/fixtures");
    let file = std::env::temp_dir().join(format!("sinew-harbour-{}.tgz", std::process::id()));
    let packed = std::process::Command::new("tar").arg("-czf").arg(&file).arg("-C").arg(&home).arg("harbour").status();
    if !packed.is_ok_and(|status| status.success()) {
        println!("skipped: no tar");
        return;
    }
    let package = file.to_string_lossy();
    let profile = "http://harbour.example.org/fhir/StructureDefinition/harbour-patient";
    let told = sinew_with(&["fhir", "validate", "-", "--package", &package, "--profile", profile], PATIENT).expect(1);
    told.says(&["E1263  Patient.identifier", "E1284  Patient", "har-3"]);
    std::fs::remove_file(&file).expect("removed");
}

#[test]
fn elements_are_looked_up() {
    let dict = |words: &[&str]| sinew_with(&[&["dict"], words].concat(), b"");
    dict(&["Patient.gender"]).expect(0).says(&[
        "required: http://hl7.org/fhir/ValueSet/administrative-gender",
        "female",
        "0..1",
    ]);
    dict(&["Patient"]).expect(0).says(&["Patient.name", "HumanName", "DomainResource"]);
    dict(&["Observation.value"]).expect(0).says(&["Quantity | CodeableConcept"]);
    dict(&["Observation.subject"]).expect(0).says(&["Reference(Patient | Group | Device | Location)"]);
    dict(&["Patient.nmae"]).expect(1).says(&["did you mean Patient.name?"]);
    dict(&["PID-5"]).expect(0).says(&["Patient Name"]);
    let json = dict(&["Patient.gender", "--json"]).expect(0).json();
    assert_eq!(
        (&json["kind"], &json["codes"][0]["code"], &json["max"]),
        (&"element".into(), &"female".into(), &1.into())
    );
}
