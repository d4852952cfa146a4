//! What the standard says, asked on the command line; messages through groups and as XML.

use super::support::{sinew, sinew_with};

const ORU: &[u8] =
    b"MSH|^~\\&|LAB|N|H|W|20260301||ORU^R01|1|P|2.5.1\rPID|1||77^^^NORTH^MR||Quist^Ada||19800102|F\rOBR|1|||GLU\r\
OBX|1|NM|GLU||4.2||||||F\rOBR|2|||NA\rOBX|1|NM|NA||140||||||P\r";

#[test]
fn questions() {
    sinew(&["dict", "PID-5.1"]).expect(0).says(&[
        "PID-5.1  Family Name  HL7 v2.5.1",
        "Patient Name (XPN)",
        "PID-5.1.2",
    ]);
    sinew(&["dict", "pid", "--version", "2.3.1"]).expect(0).says(&["HL7 v2.3.1", "PID-30", "Patient Death Indicator"]);
    sinew(&["dict", "XPN.7"]).expect(0).says(&["Name Type Code", "0200"]);
    sinew(&["dict", "ADT_A01"]).expect(0).says(&["Admit/visit notification", "  INSURANCE*", "    IN3*", "Insurance"]);
    sinew(&["dict", "A04"]).expect(0).says(&["ADT^A04", "structure ADT_A01", "Register a patient"]);
    sinew(&["dict", "table", "0001"]).expect(0).says(&["Administrative Sex", "user-defined", "F  Female"]);
    sinew(&["dict", "mother", "maiden"]).expect(0).says(&["PID-6", "NK1-26"]);
    sinew(&["dict", "PID-40"]).expect(0).says(&["HL7 v2.9", "Patient Telecommunication Information"]);
}

#[test]
fn differences_between_versions() {
    let shown = sinew(&["dict", "PID-5", "--versions"]).expect(0).out;
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[1].trim_start().starts_with("2.1 ") && lines[1].contains("PN  required"), "{shown}");
    assert!(shown.contains("XPN"), "{shown}");
    sinew(&["dict", "PID-19", "--versions"]).expect(0).says(&["kept for older systems", "withdrawn"]);
    sinew(&["dict", "MSH", "--versions"]).expect(0).says(&["+ 26 Security Classification Tag"]);
    let json = sinew(&["dict", "PV1-3", "--versions", "--json"]).expect(0).json();
    assert_eq!(json["periods"][0]["first"], "2.1");
}

#[test]
fn answers_for_programs_and_mistakes() {
    let json = sinew(&["dict", "OBX-11", "--json"]).expect(0).json();
    assert_eq!(
        (json["table"].as_u64(), json["usage"].as_str(), json["type"].as_str()),
        (Some(85), Some("R"), Some("ID"))
    );
    let json = sinew(&["dict", "maiden", "--json"]).expect(0).json();
    assert!(json["results"].as_array().is_some_and(|results| !results.is_empty()));
    sinew(&["dict", "ADT_A011"]).expect(1).says(&["did you mean ADT_A01?"]);
    sinew(&["dict", "RXV", "--version", "2.3"]).expect(1).says(&["v2.9 has it", "--version 2.9"]);
    sinew(&["dict", "PID", "--version", "2.99"]).expect(2).says(&["2.5.1"]);
}

#[test]
fn paths_through_groups() {
    let of = |path: &str| sinew_with(&["get", "-", path], ORU);
    assert_eq!(of("PATIENT_RESULT.ORDER_OBSERVATION[2].OBX[1]-5").expect(0).out, "140\n");
    assert_eq!(of("ORDER_OBSERVATION[*].OBX-5").expect(0).out, "4.2\n140\n");
    of("ORDER_OBSERVATIONS.OBX-5").expect(2).says(&["E1033", "did you mean ORDER_OBSERVATION?"]);
}

#[test]
fn shown_with_names_and_meanings() {
    let shown = sinew_with(&["show", "-"], ORU).expect(0);
    shown.says(&[
        "ORU^R01",
        "structure ORU_R01",
        "Patient Identification",
        "Administrative Sex",
        "F  = Female",
        "19800102  = 1980-01-02",
        "= Preliminary results",
    ]);
    assert!(shown.out.lines().all(|line| line.chars().count() <= 130), "{}", shown.out);
    let plain = sinew_with(&["show", "-", "--plain"], ORU).expect(0).out;
    assert!(!plain.contains("Administrative") && plain.contains("PID-8") && plain.contains("19800102"), "{plain}");
    let json = sinew_with(&["show", "-", "--json"], ORU).expect(0).json();
    assert_eq!(json["structure"], "ORU_R01");
}

#[test]
fn xml_both_ways() {
    let document = sinew_with(&["xml", "-"], ORU).expect(0).out;
    assert!(document.contains("<ORU_R01.ORDER_OBSERVATION>") && document.contains("<FN.1>Quist</FN.1>"), "{document}");
    let back = sinew_with(&["xml", "-"], document.as_bytes()).expect(0).out;
    assert_eq!(back.as_bytes(), ORU);
    let hostile = b"<!DOCTYPE a [<!ENTITY b 'c'>]><ADT_A01>&b;</ADT_A01>";
    sinew_with(&["xml", "-"], hostile).expect(1).says(&["E1071"]);
    sinew_with(&["xml", "-"], b"<ADT_A01/>").expect(1).says(&["E1050"]);
}
