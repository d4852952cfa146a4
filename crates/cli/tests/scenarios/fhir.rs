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
