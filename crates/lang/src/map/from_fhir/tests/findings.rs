//! What the checker says: body, code with sentence, the characters it points at, the hint.

use super::{PARTS, compile_text};
use message::Location;

/// One finding of this code at exactly these characters, with this in its sentence or hint.
#[track_caller]
fn told(head: &str, body: &str, code: &str, at: &str, says: &str) {
    let text = format!("{PARTS}map m from fhir r4 Bundle to hl7v2 {head} {{\n{body}\n}}");
    check_text(&text, code, at, says);
}

#[track_caller]
fn check_text(text: &str, code: &str, at: &str, says: &str) {
    let (_, found) = compile_text(text);
    let shown: Vec<String> = found
        .iter()
        .map(|finding| {
            let place = match finding.locations.first() {
                Some(Location::Text { span, .. }) => &text[span.clone()],
                Some(Location::Message { .. }) | None => "",
            };
            format!("{} [{place}] {} ({})", finding.code, finding.message, finding.hint.as_deref().unwrap_or(""))
        })
        .collect();
    let wanted = format!("{code} [{at}] ");
    assert!(
        shown.iter().any(|line| line.starts_with(&wanted) && line.contains(says)),
        "{text}\nwanted {wanted}… {says}\n{shown:#?}"
    );
}

#[track_caller]
fn pid(body: &str, code: &str, at: &str, says: &str) {
    told("2.5.1 ADT_A01", &format!("PID {{\n{body}\n}}"), code, at, says);
}

#[test]
fn paths_of_elements() {
    pid("PID-7 = Patient.birthdate", "E2365", "birthdate", "did you mean `birthDate`?");
    pid("PID-7 = Patint.birthDate", "E2365", "Patint", "did you mean `Patient`?");
    pid("PID-7 = patient.birthDate", "E2365", "patient", "did you mean `Patient`?");
    pid("each Patient.identifier as ident { PID-3.1 = idnt.value }", "E2365", "idnt", "did you mean `ident`?");
    pid("PID-5.1 = Patient.name[1].family.first", "E2365", "first", "has no element `first`");
    pid("PID-5.1 = Patient.name[1].faimly", "E2365", "faimly", "did you mean `family`?");
    pid("PID-8 = Patient.gender when Patient.birthdate exists", "E2365", "birthdate", "did you mean `birthDate`?");
    pid("PID-8 = M when Patient.gender = Patient.gendr", "E2365", "gendr", "did you mean `gender`?");
    pid("PID-23 = \"{Patient.gendr}\"", "E2365", "\"{Patient.gendr}\"", "did you mean `gender`?");
    pid("PID-5 = Patient.name[usage=official]", "E2365", "usage", "it has use, family");
    pid("PID-5 = Patient.name[=official]", "E2379", "=official", "write a number, `*`, or an element and its value");
    pid("PID-8 = Patient.gender[1]", "E2379", "1", "does not repeat");
    pid("PID-5 = Patient.name[period=now]", "E2379", "period=now", "not compared with a text");
    pid("PID-7 = Patient.extension().valueDate", "E2379", "extension", "Its name or URL is missing");
    pid("each Patient.identifier as id { PID-3.1 = id[1].value }", "E2379", "1", "there is nothing to choose");
    pid("PID-29 = Patient.deceased", "E2366", "deceased", "write `deceased[TYPE]`; the types are boolean, dateTime");
    pid("PID-29 = Patient.deceased[date]", "E2366", "date", "the types are boolean, dateTime");
    pid("PID-5 = Patient.generalPractitioner[Patient].name", "E2368", "Patient", "it leads to");
    pid(
        "PID-5 = Patient.generalPractitioner[Practitionr].name",
        "E2368",
        "Practitionr",
        "did you mean `Practitioner`?",
    );
    pid("PID-5 = Patient.maritalStatus[Patient].name", "E2368", "Patient", "not a reference");
    pid("PID-5 = Encounter.subject.name", "E2365", "name", "write its type behind it: `[Patient]`");
}

#[test]
fn places_of_the_message() {
    pid("PID-99 = Patient.gender", "E2363", "99", "PID has 39 fields in 2.5.1");
    pid("PID-3.11 = Patient.gender", "E2363", "11", "CX has 10 components in 2.5.1");
    pid("PID-8.2 = Patient.gender", "E2363", "2", "IS (");
    pid("PID-3.4.9 = Patient.gender", "E2363", "9", "HD has 3 components");
    pid("PV1-2 = Patient.gender", "E2371", "PV1", "is no field of PID");
    pid("PID-8[2] = Patient.gender", "E2367", "2", "does not repeat");
    pid("PID-3[.5=MR].1 = Patient.gender", "E2371", ".5=MR", "no repetition to write");
    pid("PV1 { PV1-2 = I }", "E2371", "PV1", "segments stand at the top");
    told("ADT_A01", "PID-8 = Patient.gender", "E2371", "PID-8", "write it in the block of its segment: `PID { … }`");
    told("ADT_A01", "MSH { MSH-1 = x }", "E2371", "1", "written by themselves");
    told("ADT_A01", "insert NTE after PID", "E2371", "insert", "this map makes one");
    told("ADT_A01", "PIDD { PID-1 = x }", "E2301", "PIDD", "");
    told("ADT_A01", "PVI { PV1-2 = x }", "E2360", "PVI", "did you mean `PV1`?");
    told("ADT_A01", "OBR { OBR-4 = Observation.code }", "E2360", "OBR", "`sinew dict ADT_A01`");
    told("ADT_A01", "pid { PID-1 = 1 }", "E2301", "pid", "did you mean `PID { … }`?");
    told("2.3 ADT_A01", "PID { PID-31 = Patient.active }", "E2363", "31", "PID has 30 fields in 2.3");
    told("ADT_A99", "", "E2346", "ADT_A99", "HL7 v2.5.1 has no structure");
    told("2.5.7 ADT_A01", "", "E2302", "2.5.7", "versions are 2.1");
    check_text("map m from fhir r4 Patient to hl7v2 ADT_A01 { }", "E2302", "Patient", "reads a Bundle");
    check_text("map m from fhir r4 Bundle to fhir r4 Bundle { }", "E2648", "fhir", "a map makes no FHIR from FHIR");
    check_text("map m from fhir r4 Bundle to hl7v2 { }", "E2302", "hl7v2", "which message");
}

#[test]
fn order_and_number() {
    let told = |body: &str, code: &str, at: &str, says: &str| told("ADT_A01", body, code, at, says);
    told("PV1 { PV1-2 = I }\nPID { PID-5 = Patient.name }", "E2361", "PID", "PID comes before PV1 in ADT_A01");
    told("each Patient as one { PID { PID-5 = one.name } }", "E2362", "Patient", "choose one with `[1]`");
    told("PID { PID-5 = Patient.name }\nPID { PID-3 = Patient.identifier }", "E2362", "PID", "two blocks");
    told(
        "each Coverage as cover { IN1 { IN1-2 = cover.type }\nPID { PID-5 = Patient.name } }",
        "E2361",
        "PID",
        "PID comes before IN1",
    );
    let fine = "PID { PID-5 = Patient.name }\neach Coverage as one { IN1 { IN1-2 = one.type } }\neach Coverage as two { IN1 { IN1-2 = two.type } }\neach Patient[1] as one { UB1 { UB1-2 = one.active } }";
    let (_, found) = compile_text(&format!("{PARTS}map m from fhir r4 Bundle to hl7v2 ADT_A01 {{ {fine} }}"));
    let order: Vec<_> =
        found.iter().filter(|finding| ["E2360", "E2361", "E2362"].contains(&&*finding.code.to_string())).collect();
    assert!(order.is_empty(), "{order:?}");
}

#[test]
fn types_and_values() {
    pid("PID-8 = Patient.name[1]", "E2364", "Patient.name[1]", "say which element of it: use, text, family");
    pid(
        "PID-5 = Patient.maritalStatus",
        "E2364",
        "Patient.maritalStatus",
        "no shared map makes XPN of CodeableConcept",
    );
    pid("PID-25 = Patient.birthDate", "E2364", "Patient.birthDate", "is a date, and PID-25 takes a number");
    pid("PID-7 = Patient.active", "E2364", "Patient.active", "is a boolean");
    pid("PID-23 = Patient.name[1] | upper", "E2364", "Patient.name[1]", "a text is needed");
    pid("PID-16 = Patient.communication", "E2367", "Patient.communication", "choose one with `[1]`");
    pid("PID-23 = Patient.name.family", "E2367", "Patient.name.family", "a filter such as `[use=official]`");
    pid("PID-25 = two", "E2372", "two", "is not a number");
    pid("PID-24 = Maybe", "E2372", "Maybe", "table 0136");
    pid("PID-8 = Patient.gender\nPID-8 = M", "E2369", "PID-8", "join them with `else`");
    pid(
        "PID-5 = Patient.name | use Identifier-CX",
        "E2373",
        "Identifier-CX",
        "is for Identifier, and this is HumanName",
    );
    pid("PID-5 = Patient.identifier | use Identifier-CX", "E2373", "Identifier-CX", "makes CX");
    pid("PID-5 = Patient.name | use HumanNmae-XPN", "E2306", "HumanNmae-XPN", "did you mean `HumanName-XPN`?");
    pid("PID-8 = Patient.gender | use HumanName-XPN", "E2373", "HumanName-XPN", "is for HumanName, and this is code");
    pid("use Patient-PID with Encounter", "E2373", "Encounter", "is for Patient, and this is Encounter");
    pid("use Patient-PID", "E2310", "", "`with PATH` is missing");
    pid("PID-8 = Patient.gender | code sexx backwards", "E2209", "sexx", "did you mean `sex`?");
    pid("PID-16 = Patient.maritalStatus | code martial backwards", "E2209", "martial", "did you mean `marital`?");
    pid("PID-16 = Patient.maritalStatus | code marital else kep", "E2207", "kep", "did you mean `keep`?");
    pid("PID-8 = Patient.gender | uper", "E2206", "uper", "did you mean `upper`?");
    pid("each Patient.identifier as one { PID-8 = M }", "E2304", "one", "never used");
    pid("each Patient.name { PID-8 = M }", "E2310", "", "`as NAME` is missing");
    pid("ignore Patient.phto reason \"x\"", "E2365", "phto", "did you mean `photo`?");
    pid("PID-1 = 1", "E2370", "PID", "PID-3 (Patient Identifier List) is required");
    told(
        "ORU_R01",
        "OBX { OBX-5 = Observation.value[CodeableConcept] }",
        "E2364",
        "Observation.value[CodeableConcept]",
        "`| use CodeableConcept-CWE`",
    );
    told("ORU_R01", "OBX { OBX-11 = final }", "E2372", "final", "table 0085");
    told("ADT_A01", "use Patient-PID with Patient", "E2371", "Patient-PID", "none is open here");
    check_text(
        "map datatype Identifier to CX as id { PID-3 = id.value }\nmap m from fhir r4 Bundle to hl7v2 ADT_A01 { PID { PID-3 = Patient.identifier } }",
        "E2371",
        "PID",
        "is no component of CX",
    );
}
