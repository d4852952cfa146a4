//! Tables of maps to FHIR: body, source, result; and in [`findings`] what the checker says.

mod findings;
mod formats;
mod gates;
mod origins;

use super::*;
use crate::{MapFile, Table, Tables, syntax};
use message::Timestamp;
use std::sync::Arc;

const HEAD: &str = "MSH|^~\\&|LAB|NORTH|||20260301120000+0100||ADT^A01^ADT_A01|M1|P|2.5.1";

/// Shared maps that bodies may use.
const PARTS: &str = "
map datatype CX to Identifier as cx { value = cx.1
 system = cx.4 | use HD-uri
 type = cx.5 | code id-types
 period.start = cx.7 }
map datatype HD to uri as hd { value = \"urn:oid:{hd.2}\" when hd.3 = ISO
 value = hd.1 }
map datatype XPN to HumanName as xpn { family = xpn.1.1
 given = xpn.2
 given = xpn.3 }
map datatype CWE to CodeableConcept as cwe { coding { code = cwe.1
 display = cwe.2
 system = cwe.3 }
 text = cwe.9 }
map datatype XCN to Practitioner as xcn update by identifier { identifier.value = xcn.1
 identifier.system = xcn.9 | use HD-uri
 name.family = xcn.2.1 }
map segment PID to Patient as pid { identifier = pid-3
 name = pid-5 }
map datatype CWE to string as c { value = c.9 else c.2 else c.1 }
";

pub(in crate::map) fn tables() -> Tables {
    let mut tables = Tables::default();
    let mut add = |name: &str, text: &str| {
        tables.insert(Table::parse(name, &Arc::from(format!("tables/{name}.csv")), text).0);
    };
    add(
        "sex",
        "from,to,to_system,to_name\nF,female,http://hl7.org/fhir/administrative-gender,Female\nM,male,http://hl7.org/fhir/administrative-gender,Male\n",
    );
    add(
        "id-types",
        "from,to,to_system,to_name\nMR,MR,http://terminology.hl7.org/CodeSystem/v2-0203,Medical record number\n",
    );
    add("marital", "from,to,to_system,to_name\nM,M,http://terminology.hl7.org/CodeSystem/v3-MaritalStatus,Married\n");
    add("bad-sex", "from,to\nF,woman\n");
    add("plain", "from,to\nA,B\n");
    add("quoted", "from,to,to_name\nA,B,\"a \"\"b\"\" \\\\ c\"\n");
    tables
}

pub(super) fn compile_text(text: &str) -> (MapFile, Vec<message::Diagnostic>) {
    let tables = tables();
    let (tree, mut found) = syntax::parse("m.map", text);
    let (file, more) = MapFile::compile(&tree, &Scope::new(&tables));
    found.extend(more);
    (file, found)
}

fn texts(found: &[message::Diagnostic]) -> Vec<String> {
    found.iter().map(|f| format!("{} {} ({})", f.code, f.message, f.hint.as_deref().unwrap_or(""))).collect()
}

fn convert(head: &str, body: &str, segments: &str) -> (String, Vec<String>) {
    let text = format!("{PARTS}map m from hl7v2 {head} {{\n{body}\n}}");
    let (file, found) = compile_text(&text);
    let errors: Vec<_> = found.iter().filter(|finding| finding.is_error()).cloned().collect();
    assert_eq!(texts(&errors), Vec::<String>::new(), "{body}");
    let (message, _) = Message::parse(format!("{HEAD}\r{}\r", segments.replace(" / ", "\r")));
    let mut run = Run::new(Timestamp(1_772_348_889_000_000), 7);
    let mut tree = Tree::new();
    let map = file.main().unwrap();
    match map.convert(&message, &mut tree, &mut run, &Settings::default()) {
        Ok(_) => (
            String::from_utf8(tree.write()).unwrap(),
            run.notes.iter().map(|note| format!("{} {}", note.code, note.message)).collect(),
        ),
        Err(fault) => (fault.to_string(), Vec::new()),
    }
}

/// A Patient's map.
fn check(body: &str, segments: &str, expect: &str) {
    let (json, notes) = convert("to fhir r4 Patient", body, segments);
    assert_eq!(json, format!("{{\"resourceType\":\"Patient\"{expect}}}"), "{body}");
    assert_eq!(notes, Vec::<String>::new(), "{body}");
}

fn noted(body: &str, segments: &str, expect: &str, note: &str) {
    let (json, notes) = convert("to fhir r4 Patient", body, segments);
    assert_eq!(json, format!("{{\"resourceType\":\"Patient\"{expect}}}"), "{body}");
    assert!(notes.len() == 1 && notes[0].starts_with(note), "{body}: {notes:?}");
}

#[test]
fn primitives() {
    check("birthDate = PID-7", "PID|||||||19880705", r#","birthDate":"1988-07-05""#);
    check("gender = PID-8 | code sex", "PID||||||||F", r#","gender":"female""#);
    check("active = true", "PID", r#","active":true"#);
    check("multipleBirth[integer] = PID-25", "PID|||||||||||||||||||||||||2", r#","multipleBirthInteger":2"#);
    check(
        "deceasedDateTime = PID-29",
        "PID|||||||||||||||||||||||||||||20260101",
        r#","deceasedDateTime":"2026-01-01""#,
    );
    check(
        "deceasedDateTime = PID-29",
        "PID|||||||||||||||||||||||||||||202601011200",
        r#","deceasedDateTime":"2026-01-01T12:00:00+01:00""#,
    );
    check(
        "name.family = PID-5[1].1.1\nname.given = PID-5[1].2, PID-5[1].3",
        "PID|||||Doe^Jane^Ann",
        r#","name":[{"family":"Doe","given":["Jane","Ann"]}]"#,
    );
    check("name.text = \"{PID-5.2} {PID-5.1}\"", "PID|||||Doe^Jane", r#","name":[{"text":"Jane Doe"}]"#);
    check("gender = PID-8 | code sex", "PID", "");
    check("gender = PID-8 | code sex", "PID||||||||\"\"", "");
    check("gender = PID-8 | code sex\nelse gender = unknown", "PID", r#","gender":"unknown""#);
    check("gender = PID-8 | code sex\nelse gender = unknown", "PID||||||||F", r#","gender":"female""#);
    noted("birthDate = PID-7", "PID|||||||soon", "", "E2600 the value is not a date");
    noted("gender = PID-8 | code sex", "PID||||||||X", "", "E2401");
    noted("gender = male when PID-8 = F\ngender = PID-8 | code sex", "PID||||||||F", r#","gender":"male""#, "E2601");
}

#[test]
fn elements_and_items() {
    check(
        "name = PID-5",
        "PID|||||Doe^Jane~Roe^Ann",
        r#","name":[{"family":"Doe","given":["Jane"]},{"family":"Roe","given":["Ann"]}]"#,
    );
    check(
        "identifier = PID-3",
        "PID|||1^^^NORTH^MR~2^^^&1.2.3&ISO",
        r#","identifier":[{"value":"1","system":"NORTH","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical record number"}]}},{"value":"2","system":"urn:oid:1.2.3"}]"#,
    );
    check("identifier = PID-3[1] { use = usual }", "PID|||1", r#","identifier":[{"value":"1","use":"usual"}]"#);
    check("identifier = PID-3 { use = usual }", "PID", "");
    check(
        "identifier = PID-3 as id when id.5 = MR { use = usual }",
        "PID|||1~2^^^^MR",
        r#","identifier":[{"value":"2","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR","display":"Medical record number"}]},"use":"usual"}]"#,
    );
    check(
        "telecom[home].value = PID-13[1].1\ntelecom[work].value = PID-14[1].1\ntelecom[home].use = home",
        "PID|||||||||||||555|777",
        r#","telecom":[{"value":"555","use":"home"},{"value":"777"}]"#,
    );
    check(
        "each PID-3 as id { identifier.value = id.1\nidentifier.use = usual }",
        "PID|||1~2",
        r#","identifier":[{"value":"1","use":"usual"},{"value":"2","use":"usual"}]"#,
    );
    check(
        "each NK1 as kin { contact { name.family = kin-2[1].1.1\nrelationship.text = kin-3.2 } }",
        "NK1|1|Doe|F^Father / NK1|2|Roe",
        r#","contact":[{"name":{"family":"Doe"},"relationship":[{"text":"Father"}]},{"name":{"family":"Roe"}}]"#,
    );
    check("contact { name.family = NK1-2[1].1.1 }", "PID", "");
    check(
        "use PID-Patient with PID\nactive = true",
        "PID|||1||Doe",
        r#","identifier":[{"value":"1"}],"name":[{"family":"Doe"}],"active":true"#,
    );
    check(
        "when PID-8 = F { gender = female }\nwhen PID-8 = M { gender = male }",
        "PID||||||||M",
        r#","gender":"male""#,
    );
    noted("communication { preferred = true\nlanguage.text = PID-15.2 }", "PID", "", "E2602");
}

#[test]
fn extensions() {
    check(
        "extension(patient-birthPlace).valueAddress.text = PID-23",
        "PID|||||||||||||||||||||||Rome",
        r#","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthPlace","valueAddress":{"text":"Rome"}}]"#,
    );
    check(
        "birthDate = PID-7\nbirthDate.extension(patient-birthTime).valueDateTime = PID-7",
        "PID|||||||198807051200+0000",
        r#","birthDate":"1988-07-05","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1988-07-05T12:00:00Z"}]}"#,
    );
    check(
        "each PID-26 as land { extension(patient-citizenship) { extension(code).valueCodeableConcept = land } }",
        "PID||||||||||||||||||||||||||DE^Germany",
        r#","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-citizenship","extension":[{"url":"code","valueCodeableConcept":{"coding":[{"code":"DE","display":"Germany"}]}}]}]"#,
    );
    check(
        "extension(http://example.org/x).valueBoolean = true",
        "PID",
        r#","extension":[{"url":"http://example.org/x","valueBoolean":true}]"#,
    );
    check("extension(patient-birthPlace).valueAddress.text = PID-23", "PID", "");
}

#[test]
fn codes_through_tables() {
    let married =
        r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"Married"}"#;
    check(
        "maritalStatus = PID-16 | code marital",
        "PID||||||||||||||||M^Wed^HL70002",
        &format!(
            r#","maritalStatus":{{"coding":[{}],"text":"Wed"}}"#,
            r#"{"code":"M","display":"Married","system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"}"#
        ),
    );
    check(
        "maritalStatus = PID-16 | code marital",
        "PID||||||||||||||||M^Wed^urn:own",
        &format!(r#","maritalStatus":{{"coding":[{married},{{"code":"M","display":"Wed","system":"urn:own"}}]}}"#),
    );
    check("maritalStatus = M | code marital", "PID", &format!(r#","maritalStatus":{{"coding":[{married}]}}"#));
    noted(
        "maritalStatus = PID-16 | code marital",
        "PID||||||||||||||||Q^Other",
        r#","maritalStatus":{"coding":[{"code":"Q","display":"Other"}]}"#,
        "E2401",
    );
    check(
        "maritalStatus = PID-16 | code marital else keep",
        "PID||||||||||||||||Q",
        r#","maritalStatus":{"coding":[{"code":"Q"}]}"#,
    );
    check("maritalStatus = PID-16 | code marital else empty", "PID||||||||||||||||Q", "");
    check("maritalStatus = PID-16", "PID||||||||||||||||Q", r#","maritalStatus":{"coding":[{"code":"Q"}]}"#);
}

#[test]
fn bundles() {
    let body = "type = transaction\nPatient as patient update by identifier { use PID-Patient with PID\ngeneralPractitioner = PD1-4 | use XCN-Practitioner }\n\
Encounter as visit when PV1 exists { status = finished\nclass { code = IMP }\nsubject = patient\nparticipant { individual = PV1-7[1] | use XCN-Practitioner } }\n\
Observation { status = final\ncode.text = x\nencounter = visit }";
    let (json, notes) = convert(
        "ADT_A01 to fhir r4 Bundle",
        body,
        "PID|||1^^^NORTH / PD1||||7^Doe^^^^^^^NORTH / PV1|1|I|||||7^Doe^Joe^^^^^^NORTH",
    );
    assert_eq!(notes, Vec::<String>::new());
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let entries = bundle["entry"].as_array().unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Patient", "Practitioner", "Encounter", "Observation"]);
    assert_eq!(entries[0]["request"]["url"], "Patient?identifier=NORTH|1");
    assert_eq!(entries[0]["resource"]["id"], serde_json::Value::Null);
    assert_eq!(entries[1]["request"]["url"], "Practitioner?identifier=NORTH|7");
    assert_eq!(entries[2]["resource"]["subject"]["reference"], entries[0]["fullUrl"]);
    assert_eq!(entries[2]["resource"]["participant"][0]["individual"]["reference"], entries[1]["fullUrl"]);
    assert_eq!(entries[0]["resource"]["generalPractitioner"][0]["reference"], entries[1]["fullUrl"]);
    assert_eq!(entries[3]["resource"]["encounter"]["reference"], entries[2]["fullUrl"]);
    let id = entries[2]["resource"]["id"].as_str().unwrap();
    assert_eq!(entries[2]["request"]["url"], format!("Encounter/{id}"));
    assert_eq!(entries[2]["fullUrl"], format!("urn:uuid:{id}"));
    let again = convert(
        "ADT_A01 to fhir r4 Bundle",
        body,
        "PID|||1^^^NORTH / PD1||||7^Doe^^^^^^^NORTH / PV1|1|I|||||7^Doe^Joe^^^^^^NORTH",
    );
    assert_eq!(again.0, json);
}

#[test]
fn references_to_what_comes_later_or_never() {
    let body = "Observation { status = final\ncode.text = x\nsubject = patient\nencounter = visit }\nPatient as patient { active = true }\nEncounter as visit when PV1 exists { status = finished\nclass.code = IMP }";
    let (json, _) = convert("ADT_A01 to fhir r4 Bundle", body, "PID");
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let first = &bundle["entry"][0]["resource"];
    assert_eq!(first["subject"]["reference"], bundle["entry"][1]["fullUrl"]);
    assert_eq!(first["encounter"], serde_json::Value::Null);
    assert_eq!(bundle["entry"].as_array().unwrap().len(), 2);
}

#[test]
fn groups() {
    let body = "each ORDER_OBSERVATION as order { DiagnosticReport as report { status = final\ncode.text = OBR-4.1\n\
each OBX as obx { Observation as seen { status = final\ncode.text = obx-3.1 } }\nresult = seen } }";
    // A resource does not stand inside another one.
    let text = format!("map m from hl7v2 ORU_R01 to fhir r4 Bundle {{ {body} }}");
    assert!(texts(&compile_text(&text).1).iter().any(|text| text.starts_with("E2351")));
    let body = "each ORDER_OBSERVATION as order {\nDiagnosticReport as report { status = final\ncode.text = OBR-4.1\nconclusion = PID-2.1 }\n\
each OBX as obx {\nObservation as seen { status = final\ncode.text = obx-3.1\nvalueString = \"{OBR-4.1} {obx-5}\" }\n} }";
    let segments = "PID|1|p / OBR|1|||A / OBX|1|ST|a1||x / OBX|2|ST|a2||y / OBR|2|||B / OBX|1|ST|b1||z";
    let (json, notes) = convert("ORU_R01 to fhir r4 Bundle", body, segments);
    assert_eq!(notes, Vec::<String>::new());
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let shown: Vec<String> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let resource = &entry["resource"];
            format!(
                "{} {} {}",
                resource["code"]["text"].as_str().unwrap(),
                resource["conclusion"].as_str().unwrap_or("-"),
                resource["valueString"].as_str().unwrap_or("-")
            )
        })
        .collect();
    assert_eq!(shown, ["A p -", "a1 - A x", "a2 - A y", "B p -", "b1 - B z"]);
}

/// `each NTE` in an order means the notes of the order, not those of its observations; a deeper segment is found at any depth.
#[test]
fn own_segments_of_a_group() {
    let body = "each ORDER_OBSERVATION as order {\nBasic { code.text = OBR-4.1\n\
each NTE as note { extension(http://n.example/note).valueString = note-3[1] }\n\
each OBX as obx { extension(http://n.example/seen).valueString = obx-3.1 }\n} }";
    let segments =
        "PID|1|p / OBR|1|||A / NTE|1||own / OBX|1|ST|a1||x / NTE|1||deep / OBR|2|||B / OBX|1|ST|b1||z / NTE|1||deep";
    let (json, notes) = convert("ORU_R01 to fhir r4 Bundle", body, segments);
    assert_eq!(notes, Vec::<String>::new());
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let texts = |entry: &serde_json::Value| -> Vec<String> {
        let extensions = entry["resource"]["extension"].as_array().unwrap();
        extensions.iter().map(|one| one["valueString"].as_str().unwrap().to_owned()).collect()
    };
    let shown: Vec<Vec<String>> = bundle["entry"].as_array().unwrap().iter().map(texts).collect();
    assert_eq!(shown, [vec!["own", "a1"], vec!["b1"]]);
}

/// `each` over the structure itself is one turn, the message: its own notes are those of no order and no patient.
#[test]
fn own_segments_of_the_message() {
    let body = "each REF_I12 as whole {\nBasic { code.text = PID-3[1].1\n\
each NTE as remark { extension(http://n.example/note).valueString = remark-3[1] }\n} }";
    let segments =
        "RF1|1 / PRD|RP / PID|1||7 / OBR|1|||A / NTE|1||order / OBX|1|ST|a1||x / NTE|1||deep / PV1|1|O / NTE|1||own";
    let (json, notes) = convert("REF_I12 to fhir r4 Bundle", body, segments);
    assert_eq!(notes, Vec::<String>::new());
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let basic = &bundle["entry"][0]["resource"];
    assert_eq!(basic["code"]["text"], "7");
    let texts: Vec<&str> =
        basic["extension"].as_array().unwrap().iter().map(|one| one["valueString"].as_str().unwrap()).collect();
    assert_eq!(texts, ["own"]);
}

/// A name of blanks is no name: what asks whether there is one is told so.
#[test]
fn blanks_are_no_value() {
    let body = "Patient { name = PID-5\nactive = true when PID-5 exists\ncontact when PID-9 exists { gender = male } }";
    let (json, _) = convert("ADT_A01 to fhir r4 Bundle", body, "PID|1||7||  ^ |||| ");
    assert!(!json.contains("name") && !json.contains("active") && !json.contains("contact"), "{json}");
}

/// `OBSERVATION.OBX-3` in the turn of an order means an observation of that order, not the first of the message.
#[test]
fn groups_in_paths_are_those_of_the_turn() {
    let body = "each ORDER_OBSERVATION as order {\nBasic { code.text = OBSERVATION.OBX-3.1\n\
extension(http://n.example/second).valueString = OBSERVATION[2].OBX-3.1\n\
extension(http://n.example/none).valueBoolean = true when OBSERVATION.OBX-3 empty\n\
extension(http://n.example/all).valueString = OBSERVATION[*].OBX[*]-3.1 | join \"+\"\n} }";
    let segments = "PID|1|p / OBR|1|||A / OBX|1|ST|a1||x / OBX|2|ST|a2||x / OBR|2|||B / OBR|3|||C / OBX|1|ST|c1||y";
    let (json, notes) = convert("ORU_R01 to fhir r4 Bundle", body, segments);
    let bundle: serde_json::Value = serde_json::from_str(&json).unwrap();
    let shown = bundle["entry"].as_array().unwrap().iter().map(|entry| {
        let resource = &entry["resource"];
        let extensions = resource["extension"].as_array().into_iter().flatten();
        let values = extensions.map(|one| one["valueString"].as_str().unwrap_or("none").to_owned());
        format!("{} {}", resource["code"]["text"].as_str().unwrap_or("-"), values.collect::<Vec<_>>().join(","))
    });
    assert_eq!(shown.collect::<Vec<_>>(), ["a1 a2,a1+a2", "- none", "c1 c1"], "{notes:?}");
}

#[test]
fn stopping() {
    let (text, _) = convert("to fhir r4 Patient", "birthDate = PID-7 | required", "PID");
    assert!(text.starts_with("E2402"), "{text}");
    let (text, _) = convert("to fhir r4 Patient", "name = PID-5 | required", "PID");
    assert!(text.starts_with("E2402"), "{text}");
    let (file, _) = compile_text(&format!("{PARTS}map m from hl7v2 to fhir r4 Patient {{ name = PID-5 }}"));
    let (message, _) = Message::parse(format!("{HEAD}\rPID|||||{}\r", "Doe^Jane~".repeat(1000)));
    let mut run = Run::new(Timestamp(0), 7);
    run.fuel = 500;
    let fault = file.main().unwrap().convert(&message, &mut Tree::new(), &mut run, &Settings::default()).unwrap_err();
    assert_eq!(fault.code.id, "E2404");
}

#[test]
fn origins_say_line_and_place() {
    let text = "map datatype XPN to HumanName as xpn { family = xpn.1.1\ngiven = xpn.2 }\nmap m from hl7v2 to fhir r4 Patient {\nname = PID-5\nactive = true\n}";
    let (file, _) = compile_text(text);
    let (message, _) = Message::parse(format!("{HEAD}\rPID|||||Doe^Jane~Roe\r"));
    let settings = Settings { explain: true, ..Settings::default() };
    let mut run = Run::new(Timestamp(0), 7);
    let origins = file.main().unwrap().convert(&message, &mut Tree::new(), &mut run, &settings).unwrap().unwrap();
    let shown: Vec<String> = origins
        .origins
        .iter()
        .map(|o| format!("{} {}:{} {}", o.element, o.file, o.line, o.sources.join(",")))
        .collect();
    assert_eq!(
        shown,
        [
            "Patient.name[0].family m.map:1 PID-5[1].1",
            "Patient.name[0].given[0] m.map:2 PID-5[1].2",
            "Patient.name[1].family m.map:1 PID-5[2]",
            "Patient.active m.map:5 ",
        ]
    );
}

/// A block for a choice that another type has already: what stands there stays, and the message goes on.
#[test]
fn a_block_for_a_choice_that_is_made() {
    let body = "status = active\nintent = order\nsubject.display = PID-5[1].1.1\noccurrence[dateTime] = PID-7\noccurrence[Timing] when PID exists {\n repeat { count = 2 }\n}\npriority = stat";
    let (json, notes) = convert("to fhir r4 ServiceRequest", body, "PID|1||||Doe||19880705");
    assert!(json.contains(r#""occurrenceDateTime":"1988-07-05","priority":"stat""#), "{json}");
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("E2601"), "{notes:?}");
}
