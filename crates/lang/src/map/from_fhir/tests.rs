//! Tables of maps from FHIR: body, bundle, message; and in [`findings`] what the checker says.

mod findings;

use crate::{MapFile, Run, Scope, map::fhir::tests::tables, syntax};
use fhir::Tree;
use message::Timestamp;

/// Shared maps that bodies may use.
pub(super) const PARTS: &str = "
map datatype Identifier to CX as id { CX.1 = id.value
 CX.4 = id.system | use uri-HD
 CX.5 = id.type | code id-types backwards else keep
 CX.7 = id.period.start }
map datatype uri to HD as uri { HD.2 = uri | replace \"urn:oid:\" \"\" when uri starts \"urn:oid:\"
 HD.3 = ISO when uri starts \"urn:oid:\"
 HD.1 = uri when not uri starts \"urn:oid:\" }
map datatype HumanName to XPN as name { XPN.1.1 = name.family
 XPN.2 = name.given[1]
 XPN.3 = name.given[2] }
map datatype CodeableConcept to CWE as concept { CWE.1 = concept.coding[1].code
 CWE.2 = concept.coding[1].display
 CWE.3 = concept.coding[1].system | from-urn x-hl7v2
 CWE.2 = concept.text when concept.coding empty
 CWE.9 = concept.text }
map datatype Practitioner to XCN as who { XCN.1 = who.identifier[1].value
 XCN.2.1 = who.name[1].family }
map resource Patient to PID as patient { PID-3 = patient.identifier
 PID-5 = patient.name }
";

pub(super) fn compile_text(text: &str) -> (MapFile, Vec<message::Diagnostic>) {
    let tables = tables();
    let (tree, mut found) = syntax::parse("m.map", text);
    let (file, more) = MapFile::compile(&tree, &Scope::new(&tables));
    found.extend(more);
    (file, found)
}

/// The message without its header, and the notes.
fn produce(head: &str, body: &str, entries: &str) -> (String, Vec<String>) {
    let text = format!("{PARTS}map m from fhir r4 Bundle to hl7v2 {head} {{\n{body}\n}}");
    let (file, found) = compile_text(&text);
    let wrong: Vec<String> = found
        .iter()
        .filter(|finding| finding.is_error())
        .map(|f| format!("{} {} ({})", f.code, f.message, f.hint.as_deref().unwrap_or("")))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{body}");
    let entries: Vec<String> = entries
        .split('\n')
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (name, resource) = line.split_once('=').unwrap();
            format!(r#"{{"fullUrl":"http://h/fhir/{}","resource":{resource}}}"#, name.trim())
        })
        .collect();
    let bundle =
        format!(r#"{{"resourceType":"Bundle","id":"B1","type":"collection","entry":[{}]}}"#, entries.join(","));
    let tree = Tree::read(bundle.as_bytes()).unwrap();
    let mut run = Run::new(Timestamp(0), 1);
    let (message, _) = file.get("m").unwrap().produce(&tree, &mut run, false).unwrap();
    let text = String::from_utf8(message.write().into_owned()).unwrap();
    let segments: Vec<&str> = text.split('\r').filter(|line| !line.is_empty() && !line.starts_with("MSH")).collect();
    (segments.join("\n"), run.notes.iter().map(|note| note.code.to_string()).collect())
}

/// Notes but those about required fields, which most bodies here leave open.
fn others(notes: &[String]) -> String {
    notes.iter().filter(|note| *note != "E2376").cloned().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(head: &str, body: &str, entries: &str, expect: &str) {
    let (message, notes) = produce(head, body, entries);
    assert_eq!((message.as_str(), others(&notes).as_str()), (expect, ""), "{body}");
}

const JANE: &str = r#"Patient/1={"resourceType":"Patient","id":"1","active":true,"gender":"female","birthDate":"1988-07","name":[{"use":"old","family":"Roe"},{"use":"official","family":"O'Hara & Doe","given":["Jane","Ann","Sue"]}],"identifier":[{"system":"urn:oid:1.2","value":"7","type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v2-0203","code":"MR"}]}},{"system":"local","value":"8"}],"maritalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus","code":"M","display":"Married"}],"text":"Mrs"},"deceasedDateTime":"2026-03-01T07:08:09.5+01:00","multipleBirthInteger":2,"_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1988-07-05T12:00:00Z"}]}}"#;

#[test]
fn values_by_type() {
    let line = |line: &str, expect: &str| check("ADT_A01", &format!("PID {{ {line} }}"), JANE, expect);
    line("PID-3 = Patient.identifier", "PID|1||7^^^&1.2&ISO^MR~8^^^local");
    line("PID-3 = Patient.identifier[2]", "PID|1||8^^^local");
    line("PID-3 = Patient.identifier[system=local]", "PID|1||8^^^local");
    line("PID-3.1 = Patient.identifier[type.coding.code=MR].value", "PID|1||7");
    line("PID-5 = Patient.name[use!=old]", "PID|1||||O'Hara \\T\\ Doe^Jane^Ann");
    line("PID-5.2 = Patient.name[2].given[2..][*] | join \" \"", "PID|1||||^Ann Sue");
    line("PID-7 = Patient.birthDate", "PID|1||||||198807");
    line("PID-7 = Patient.birthDate.extension(patient-birthTime).valueDateTime", "PID|1||||||19880705120000+0000");
    line("PID-8 = Patient.gender | code sex backwards", "PID|1|||||||F");
    line("PID-16 = Patient.maritalStatus | code marital backwards", "PID|1|||||||||||||||M^Mrs^HL70002");
    line("PID-25 = Patient.multipleBirth[integer]", format!("PID|1{}2", "|".repeat(24)).as_str());
    line("PID-29 = Patient.deceasedDateTime", format!("PID|1{}20260301070809.5+0100", "|".repeat(28)).as_str());
    line("PID-30 = Patient.active", format!("PID|1{}Y", "|".repeat(29)).as_str());
    line("PID-23 = \"{Patient.gender} {Patient.birthDate}\"", format!("PID|1{}female 198807", "|".repeat(22)).as_str());
    line("PID-3.1 = Patient.identifier[1].value\nPID-3.5 = MR", "PID|1||7^^^^MR");
    line("PID-3[2].1 = Patient.identifier[1].value", "PID|1||~7");
}

#[test]
fn conditions_and_fallbacks() {
    let body = "PID { PID-8 = Patient.gender when Patient.gender = male\n else PID-8 = U\n PID-7 = Patient.birthDate when Patient.birthDate > 1980 and Patient.name.family contains Doe }";
    check("ADT_A01", body, JANE, "PID|1||||||198807|U");
    let body = "PID { each Patient.identifier as id when id.system = local { PID-3.1 = id.value\n PID-3.5 = PI } }";
    check("ADT_A01", body, JANE, "PID|1||8^^^^PI");
    check(
        "ADT_A01",
        "when count Patient.identifier > 1 and Patient exists { PID { use Patient-PID with Patient[1] } }",
        JANE,
        "PID|1||7^^^&1.2&ISO^MR~8^^^local|^Roe~O'Hara \\T\\ Doe^Jane^Ann".replace("|^Roe", "||Roe").as_str(),
    );
}

/// What holds texts of the map alone is not there; a segment that the message needs stays.
#[test]
fn texts_of_the_map_carry_nothing() {
    check("ADT_A01", "PD1 { PD1-5 = X }\nPV1 { PV1-2 = N }", JANE, "PV1|1|N");
    check("ADT_A01", "PID { PID-3.5 = MR\n PID-3.1 = Patient.photo[1].title }", JANE, "PID|1||^^^^MR");
    check("ADT_A01", "NK1 { NK1-3 = EP }", JANE, "");
}

const LAB: &str = r##"
Patient/1={"resourceType":"Patient","id":"1"}
Practitioner/9={"resourceType":"Practitioner","id":"9","identifier":[{"value":"D9"}],"name":[{"family":"Bell"}]}
DiagnosticReport/a={"resourceType":"DiagnosticReport","status":"final","code":{"text":"one"},"subject":{"reference":"Patient/1"},"result":[{"reference":"Observation/x"},{"reference":"http://h/fhir/Observation/y"}],"performer":[{"reference":"Practitioner/9"}]}
DiagnosticReport/b={"resourceType":"DiagnosticReport","status":"final","code":{"text":"two"},"contained":[{"resourceType":"Observation","id":"in","status":"final","code":{"text":"inside"},"valueString":"a|b"}],"result":[{"reference":"Observation/z"},{"reference":"#in"}]}
Observation/x={"resourceType":"Observation","id":"x","status":"final","code":{"coding":[{"code":"K","display":"Potassium"}]},"valueQuantity":{"value":4.10,"unit":"mmol/L"},"note":[{"text":"first"},{"text":"second"}]}
Observation/y={"resourceType":"Observation","id":"y","status":"final","code":{"coding":[{"code":"NA"}]},"valueString":"a\nb"}
Observation/z={"resourceType":"Observation","id":"z","status":"final","code":{"text":"z"},"partOf":[{"reference":"DiagnosticReport/b"}],"valueBoolean":true}
"##;

const ORU: &str = "
each DiagnosticReport as report {
  OBR { OBR-4 = report.code
    OBR-32 = report.performer[Practitioner][1].name[1].family }
  each report.result[Observation] as obs {
    OBX {
      OBX-2 = NM when obs.value[Quantity] exists
      else OBX-2 = ST
      OBX-3 = obs.code
      OBX-5 = obs.value[Quantity].value
      OBX-5 = obs.valueString | split \"\\n\"
      OBX-6.1 = obs.value[Quantity].unit
      OBX-11 = F
    }
    each obs.note as note { NTE { NTE-3 = note.text } }
  }
}";

/// References lead to entries and contained resources; each turn has its segments; set ids count inside of it.
#[test]
fn groups_and_references() {
    let expect = "OBR|1|||^one||||||||||||||||||||||||||||Bell\n\
OBX|1|NM|K^Potassium||4.10|mmol/L|||||F\nNTE|1||first\nNTE|2||second\nOBX|2|ST|NA||a~b||||||F\n\
OBR|2|||^two\nOBX|1|ST|^z||||||||F\nOBX|2|ST|^inside||a\\F\\b||||||F";
    let (message, notes) = produce("ORU_R01", ORU, LAB);
    assert_eq!((message.as_str(), others(&notes).as_str()), (expect, ""));
    // What refers to a resource, found from it; a name in a filter.
    let body = "each DiagnosticReport as report { each Observation[partOf=report] as obs { OBR { OBR-4 = report.code } OBX { OBX-3 = obs.code } } }";
    let body = body.replace(" OBX", "\nOBX");
    check("ORU_R01", &body, LAB, "OBR|1|||^two\nOBX|1||^z");
}

#[test]
fn the_header_fills_itself() {
    let text = format!(
        "{PARTS}map m from fhir r4 Bundle to hl7v2 2.5.1 [ADT_A01, ADT_A03] {{ MSH {{ MSH-9.2 = A03 }}\nEVN {{ EVN-2 = now }}\nPID {{ PID-5 = Patient.name[1] }}\nOBX {{ OBX-3 = Patient.maritalStatus }}\nDG1 {{ DG1-3 = Patient.maritalStatus }}\nUB1 {{ UB1-17 = Patient.active }} }}"
    );
    let (file, _) = compile_text(&text);
    let bundle = format!(
        r#"{{"resourceType":"Bundle","entry":[{{"resource":{}}}]}}"#,
        JANE.split_once('=').unwrap().1.replace("O'Hara & Doe", "Ó").replace("Roe", "Ó")
    );
    let tree = Tree::read(bundle.as_bytes()).unwrap();
    let mut run = Run::new(Timestamp(1_772_366_400_000_000), 1);
    let map = file.get("m").unwrap();
    let (message, origins) = map.produce(&tree, &mut run, true).unwrap();
    let text = String::from_utf8(message.write().into_owned()).unwrap();
    let lines: Vec<&str> = text.split('\r').collect();
    let header: Vec<&str> = lines[0].split('|').collect();
    assert_eq!(header[8], "ADT^A03^ADT_A03");
    assert_eq!((header[9].len(), header[10], header[11], header[17]), (20, "P", "2.5.1", "UNICODE UTF-8"));
    assert!(lines[1].starts_with("EVN|A03|2"), "{text}");
    // In ADT_A03 OBX comes behind DG1, and UB1 does not come at all.
    let ids: Vec<&str> = lines.iter().filter_map(|line| line.get(..3)).collect();
    assert_eq!(ids, ["MSH", "EVN", "PID", "DG1", "OBX"]);
    let notes: Vec<String> = run.notes.iter().map(|note| note.code.to_string()).collect();
    assert!(notes.contains(&"E2378".to_owned()), "{notes:?}");
    let origins = origins.unwrap().origins;
    let family = origins.iter().find(|origin| origin.element == "PID-5.1.1").unwrap();
    assert_eq!(family.sources, ["Bundle.entry[0].resource.name[0].family"]);
    // The same bundle gives the same bytes.
    let again = map.produce(&tree, &mut Run::new(Timestamp(1_772_366_400_000_000), 1), false).unwrap().0;
    assert_eq!(again.write(), message.write());
}

#[test]
fn what_does_not_fit_is_told_and_left_out() {
    let odd = r#"Patient/1={"resourceType":"Patient","birthDate":"soon","gender":"odd","name":[{"family":"A"},{"family":"B"}]}"#;
    let one = |body: &str, expect: &str, note: &str| {
        let (message, notes) = produce("ADT_A01", &format!("PID {{ {body} }}"), odd);
        assert_eq!((message.as_str(), others(&notes).as_str()), (expect, note), "{body}");
    };
    one("PID-7 = Patient.birthDate\nPID-8 = Patient.gender", "PID|1|||||||odd", "E2374");
    one("PID-8 = Patient.gender\nPID-8 = M when Patient exists", "PID|1|||||||odd", "E2375");
    let text = format!(
        "{PARTS}map m from fhir r4 Bundle to hl7v2 ADT_A01 {{ PID {{ PID-3 = Patient.identifier | required }} }}"
    );
    let (file, _) = compile_text(&text);
    let tree = Tree::read(format!(r#"{{"resourceType":"Bundle","entry":[{{"resource":{}}}]}}"#, &odd[10..]).as_bytes())
        .unwrap();
    let fault = file.get("m").unwrap().produce(&tree, &mut Run::new(Timestamp(0), 1), false).unwrap_err();
    assert_eq!(fault.code.to_string(), "E2402");
    assert!(!fault.text.contains("odd"));
}

/// What the first structure needs may be optional in that of the event.
#[test]
fn what_the_trigger_does_not_need_is_left_out() {
    let body =
        "MSH { MSH-9.2 = A40 }\nPID { PID-5 = Patient.name[1] }\nMRG { MRG-7 = Patient.name[2] }\nPV1 { PV1-2 = N }";
    check("[ADT_A01, ADT_A39]", body, JANE, "PID|1||||Roe\nMRG|||||||O'Hara \\T\\ Doe^Jane^Ann");
    let (message, notes) = produce("[ADT_A01, ADT_A39]", &body.replace("A40", "A01"), JANE);
    assert_eq!((message.as_str(), others(&notes).as_str()), ("PID|1||||Roe\nPV1|1|N", "E2378"));
}
