//! FHIRPath and FHIRPath Patch on the command line.

use super::support::sinew_with;

const PATIENT: &[u8] = br#"{"resourceType":"Patient","id":"p","birthDate":"1980-02-29","name":[{"use":"official","family":"Quist","given":["Ada","Eva"]}]}"#;
const OTHER: &[u8] =
    br#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":7.50,"code":"mmol/L"}}"#;

fn ask(arguments: &[&str], input: &[u8], code: i32) -> super::support::Done {
    sinew_with(&[&["fhirpath"], arguments].concat(), input).expect(code)
}

#[test]
fn expressions_on_files_and_pipes() {
    assert_eq!(ask(&["Patient.name.given", "-"], PATIENT, 0).out, "Ada\nEva\n");
    assert_eq!(ask(&["Patient.name.given.count() > 1"], PATIENT, 0).out, "true\n");
    let lines = [PATIENT, b"\n", OTHER, b"\n"].concat();
    assert_eq!(ask(&["resource.id | id | value.value"], &lines, 0).out, "p\n7.50\n");
    let json = ask(&["name.given[1]", "-", "--json"], PATIENT, 0).json();
    assert_eq!(json["items"][0]["path"], "Patient.name[0].given[1]");
    assert_eq!((&json["items"][0]["type"], &json["items"][0]["value"]), (&"FHIR.string".into(), &"Eva".into()));
    let unit = ask(&["value > 7 'mmol/L' and value < %most", "-", "--set", "most=8000 'umol/L'"], OTHER, 0);
    assert_eq!(unit.out, "true\n");
    let bundle =
        [br#"{"resourceType":"Bundle","entry":[{"resource":"#, PATIENT, br#"},{"resource":"#, OTHER, b"}]}"].concat();
    assert_eq!(ask(&["Patient.id", "-", "--entries"], &bundle, 0).out, "p\n");
    ask(&["name.given.trace('seen').count()", "-", "--trace"], PATIENT, 0).says(&["trace seen: Ada, Eva", "2"]);
    assert!(ask(&["now() > today()", "-"], PATIENT, 1).out.is_empty());
    assert_eq!(ask(&["birthDate < today()", "-"], PATIENT, 0).out, "true\n");
    ask(&["--functions"], b"", 0).says(&["substring(start, [length])", "ofType(type)"]);
    ask(&["name.given | name.givn", "-"], PATIENT, 0).says(&["Ada", "E1215", "did you mean given?"]);
    ask(&[], b"", 2).says(&["EXPRESSION"]);
    ask(&["--ast", "a.b | c and d"], b"", 0).says(&["operator and", "  operator |", "path a.b"]);
}

#[test]
fn what_is_wrong_is_said_with_column_and_hint() {
    ask(&["Patient.name.frist()", "-"], PATIENT, 2).says(&["E1211", "column 14", "did you mean first?"]);
    ask(&["Patient.name.", "-"], PATIENT, 2).says(&["E1210"]);
    ask(&["name.givn", "-"], PATIENT, 1).says(&["E1215", "column 6", "did you mean given?"]);
    ask(&["name.single() | name.given.single()", "-"], PATIENT, 2).says(&["E1212"]);
    ask(&["name", "-"], b"{\"resourceType\":", 1).says(&["E1200"]);
    ask(&["name", "/nowhere/at/all.json"], b"", 3);
    let refused = ask(&["name.family < 1", "-"], PATIENT, 2);
    assert!(!refused.err.contains("Quist"), "{}", refused.err);
}

#[test]
fn patches() {
    let folder = std::env::temp_dir().join(format!("sinew-patch-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (patient, patch) = (folder.join("patient.json"), folder.join("patch.json"));
    std::fs::write(&patient, PATIENT).unwrap();
    let operation = |path: &str| {
        format!(
            r#"{{"resourceType":"Parameters","parameter":[{{"name":"operation","part":[{{"name":"type","valueCode":"replace"}},{{"name":"path","valueString":"{path}"}},{{"name":"value","valueDate":"1990-01-01"}}]}}]}}"#
        )
    };
    std::fs::write(&patch, operation("Patient.birthDate")).unwrap();
    let files = [patient.to_str().unwrap(), patch.to_str().unwrap()];
    let run = |more: &[&str], code: i32| sinew_with(&[&["fhir", "patch"], &files[..], more].concat(), b"").expect(code);
    let expect = String::from_utf8_lossy(PATIENT).replace("1980-02-29", "1990-01-01");
    assert_eq!(run(&["--compact"], 0).out.trim_end(), expect);
    std::fs::write(&patch, operation("Patient.photo")).unwrap();
    let refused = run(&[], 1);
    refused.says(&["E1221", "operation 1"]);
    assert!(refused.out.is_empty());
    std::fs::remove_dir_all(folder).unwrap();
}
