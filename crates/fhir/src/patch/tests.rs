//! Operations on a small invented patient.

use super::*;
use crate::codes;

const PATIENT: &str = r#"{"resourceType":"Patient","name":[{"family":"Doe","given":["A",null,"C"],"_given":[null,{"id":"b"},null]}],"birthDate":"1980","_birthDate":{"id":"x"},"deceasedBoolean":false,"contact":[{"name":{"text":"t"}}]}"#;

fn patched(operations: &str) -> Result<String, Error> {
    let parts = |text: &str| format!(r#"{{"name":"operation","part":[{text}]}}"#);
    let all: Vec<String> = operations.split(";;").filter(|text| !text.is_empty()).map(parts).collect();
    let text = format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, all.join(","));
    let patch = Patch::read(&Tree::read(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")))?;
    let mut tree = Tree::read(PATIENT.as_bytes())?;
    match patch.apply(&mut tree) {
        Ok(()) => Ok(String::from_utf8(tree.write()).unwrap()),
        Err(error) => {
            assert_eq!(tree.write(), PATIENT.as_bytes(), "a patch that fails changes nothing");
            Err(error)
        }
    }
}

/// `type`, `path`, then the other parts as JSON.
fn operation(ty: &str, path: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!(r#"{{"name":"type","valueCode":"{ty}"}},{{"name":"path","valueString":"{path}"}}{more}"#)
}

fn check(operations: &str, from: &str, to: &str) {
    assert!(PATIENT.contains(from), "{from}");
    assert_eq!(
        patched(operations).unwrap_or_else(|error| panic!("{operations}: {error}")),
        PATIENT.replacen(from, to, 1)
    );
}

#[test]
fn changes() {
    let name = |name: &str| format!(r#"{{"name":"name","valueString":"{name}"}}"#);
    let value = |value: &str| format!(r#"{{"name":"value",{value}}}"#);
    let add = |path: &str, key: &str, given: &str| operation("add", path, &format!("{},{}", name(key), value(given)));
    check(&add("Patient", "gender", r#""valueCode":"female""#), "}]}", r#"}],"gender":"female"}"#);
    check(
        &add("Patient.name[0]", "given", r#""valueString":"D""#),
        r#""C"],"_given":[null,{"id":"b"},null]"#,
        r#""C","D"],"_given":[null,{"id":"b"},null,null]"#,
    );
    let extended = r#""valueString":"D","_valueString":{"id":"d"}"#;
    check(
        &add("Patient.name[0]", "suffix", extended),
        r#"null]}]"#,
        r#"null],"suffix":["D"],"_suffix":[{"id":"d"}]}]"#,
    );
    check(&add("Patient", "multipleBirth", r#""valueInteger":2"#), "}]}", r#"}],"multipleBirthInteger":2}"#);
    check(
        &add("Patient", "contained", r#""resource":{"resourceType":"Basic"}"#),
        "}]}",
        r#"}],"contained":[{"resourceType":"Basic"}]}"#,
    );
    let parts =
        r#""part":[{"name":"telecom","valueContactPoint":{"value":"1"}},{"name":"gender","valueCode":"other"}]"#;
    check(
        &add("Patient", "contact", parts),
        r#""text":"t"}}"#,
        r#""text":"t"}},{"telecom":[{"value":"1"}],"gender":"other"}"#,
    );
    check(
        &add("Patient.birthDate", "extension", r#""valueExtension":{"url":"u"}"#),
        r#"{"id":"x"}"#,
        r#"{"id":"x","extension":[{"url":"u"}]}"#,
    );
    check(&operation("delete", "Patient.birthDate", ""), r#""birthDate":"1980","_birthDate":{"id":"x"},"#, "");
    check(
        &operation("delete", "Patient.name.given[1]", ""),
        r#"["A",null,"C"],"_given":[null,{"id":"b"},null]"#,
        r#"["A","C"]"#,
    );
    check(&operation("delete", "Patient.contact.name.text", ""), r#","contact":[{"name":{"text":"t"}}]"#, "");
    check(&operation("delete", "Patient.photo", ""), "x", "x");
    check(
        &operation("replace", "Patient.birthDate", &value(r#""valueDate":"1990""#)),
        r#""1980","_birthDate":{"id":"x"}"#,
        r#""1990""#,
    );
    check(
        &operation("replace", "Patient.deceased", &value(r#""valueDateTime":"2020""#)),
        r#""deceasedBoolean":false"#,
        r#""deceasedDateTime":"2020""#,
    );
    check(&operation("replace", "Patient.name.given[0]", &value(r#""valueString":"Z""#)), r#"["A""#, r#"["Z""#);
    let insert = |path: &str, at: usize, given: &str| {
        operation("insert", path, &format!(r#"{{"name":"index","valueInteger":{at}}},{}"#, value(given)))
    };
    check(
        &insert("Patient.name.given", 1, r#""valueString":"B""#),
        r#""A",null,"C"],"_given":[null,{"#,
        r#""A","B",null,"C"],"_given":[null,null,{"#,
    );
    check(&insert("Patient.photo", 0, r#""valueAttachment":{"title":"t"}"#), "}]}", r#"}],"photo":[{"title":"t"}]}"#);
    let shift = |from: usize, to: usize| {
        let parts =
            format!(r#"{{"name":"source","valueInteger":{from}}},{{"name":"destination","valueInteger":{to}}}"#);
        operation("move", "Patient.name.given", &parts)
    };
    check(
        &shift(1, 0),
        r#"["A",null,"C"],"_given":[null,{"id":"b"},null]"#,
        r#"[null,"A","C"],"_given":[{"id":"b"},null,null]"#,
    );
    check(&format!("{};;{}", shift(0, 2), shift(2, 0)), "x", "x");
}

#[test]
fn refusals() {
    let refuse = |operations: &str, code: message::Code, place: &str| match patched(operations) {
        Err(Error::Refused { code: found, path, .. }) => {
            assert_eq!((found, path.as_str()), (code, place), "{operations}")
        }
        other => panic!("{operations}: {other:?}"),
    };
    let value = r#"{"name":"value","valueString":"v"}"#;
    let named = |name: &str| format!(r#"{{"name":"name","valueString":"{name}"}},{value}"#);
    refuse(r#"{"name":"path","valueString":"Patient"}"#, codes::E1220, "operation 1");
    refuse(&operation("ad", "Patient", ""), codes::E1220, "operation 1");
    refuse(&operation("replace", "Patient.birthDate", ""), codes::E1220, "operation 1");
    refuse(&operation("replace", "Patient.birthDate", r#"{"name":"value"}"#), codes::E1220, "operation 1");
    refuse(&operation("insert", "Patient.name", r#"{"name":"index","valueInteger":-1}"#), codes::E1220, "operation 1");
    refuse(&operation("delete", "Patient.(", ""), codes::E1210, "operation 1");
    refuse(&operation("replace", "Patient.photo", value), codes::E1221, "operation 1");
    refuse(&operation("replace", "Patient.name.given", value), codes::E1221, "operation 1");
    refuse(&operation("delete", "Patient.name.given", ""), codes::E1221, "operation 1");
    refuse(&operation("delete", "Patient.name.given.count()", ""), codes::E1221, "operation 1");
    refuse(&operation("add", "Patient", &named("birthDate")), codes::E1222, "operation 1");
    refuse(&operation("add", "Patient", &named("zebra")), codes::E1222, "operation 1");
    refuse(&operation("add", "Patient.period", &named("end")), codes::E1221, "operation 1");
    refuse(&operation("delete", "Patient", ""), codes::E1222, "operation 1");
    let far = format!(r#"{{"name":"index","valueInteger":9}},{value}"#);
    refuse(&operation("insert", "Patient.name.given", &far), codes::E1222, "operation 1");
    let parts = r#"{"name":"source","valueInteger":0},{"name":"destination","valueInteger":3}"#;
    refuse(&operation("move", "Patient.name.given", parts), codes::E1222, "operation 1");
    refuse(&operation("move", "Patient.birthDate", parts), codes::E1221, "operation 1");
    let second =
        format!("{};;{}", operation("delete", "Patient.birthDate", ""), operation("delete", "Patient.name.given", ""));
    refuse(&second, codes::E1221, "operation 2");
    assert_eq!(Patch::read(&Tree::new()).map(|patch| patch.len()).map_err(|error| error.code()), Err(codes::E1220));
}
