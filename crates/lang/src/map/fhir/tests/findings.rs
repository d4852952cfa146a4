//! What the checker says: body, code with sentence, the characters it points at, the hint.

use super::compile_text;
use message::Location;

const PARTS: &str = "map datatype CX to Identifier as cx { value = cx.1 }\nmap datatype XPN to HumanName as xpn { family = xpn.1.1 }\n\
map datatype CWE to CodeableConcept as cwe { text = cwe.1 }\nmap datatype XCN to Practitioner as xcn update by identifier { identifier.value = xcn.1 }\n\
map datatype PL to Location as pl { name = pl.1.1 }\nmap segment PID to Patient as pid { name = pid-5 }\n";

/// One finding of this code at exactly these characters, with this in its sentence or hint.
#[track_caller]
fn told(head: &str, body: &str, code: &str, at: &str, says: &str) {
    let text = format!("{PARTS}map m from hl7v2 {head} {{\n{body}\n}}");
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
fn patient(body: &str, code: &str, at: &str, says: &str) {
    told("to fhir r4 Patient", body, code, at, says);
}

#[track_caller]
fn bundle(body: &str, code: &str, at: &str, says: &str) {
    told("ORU_R01 to fhir r4 Bundle", body, code, at, says);
}

#[test]
fn types_and_resources() {
    let whole =
        |head: &str, at: &str, says: &str| check_text(&format!("map m from hl7v2 {head} {{ }}"), "E2330", at, says);
    whole("to fhir r4 Bundel", "map m from hl7v2 to fhir r4 Bundel", "did you mean `Bundle`?");
    whole("to fhir r4 Nothing", "map m from hl7v2 to fhir r4 Nothing", "FHIR R4 has no resource `Nothing`");
    bundle("Pateint { active = true }", "E2330", "Pateint", "did you mean `Patient`?");
    bundle("DomainResource { id = x }", "E2330", "DomainResource", "a family of resources");
    check_text(
        "map datatype CX to Identifer as cx { value = cx.1 }\nmap m from hl7v2 to fhir r4 Patient { identifier = PID-2 | use CX-Identifer }",
        "E2330",
        "Identifer",
        "did you mean `Identifier`?",
    );
    check_text("map m from hl7v2 to fhir r5 Bundle { }", "E2302", "r5", "which version of FHIR?");
    check_text("map m from fhir to hl7v2 { }", "E2302", "to", "which version of FHIR?");
    check_text(
        "map m from hl7v2 ORU_R99 to fhir r4 Bundle { }",
        "E2346",
        "map m from hl7v2 ORU_R99 to fhir r4 Bundle",
        "no version of HL7 v2 has the structure `ORU_R99`",
    );
}

#[test]
fn elements() {
    patient("brithDate = PID-7", "E2331", "brithDate", "did you mean `birthDate`?");
    patient("name.familiy = PID-5.1", "E2331", "familiy", "did you mean `family`?");
    patient("zzz = PID-7", "E2331", "zzz", "it has identifier, active, name");
    patient("contact { naem.text = PID-7 }", "E2331", "naem", "did you mean `name`?");
    patient("deceased = PID-30", "E2332", "deceased", "the types are boolean, dateTime");
    patient("deceased[date] = PID-30", "E2333", "deceased[date]", "the types are boolean, dateTime");
    patient("deceasedDateTime[boolean] = PID-30", "E2349", "deceasedDateTime[boolean]", "has its type already");
    patient("birthDate[x] = PID-7", "E2349", "birthDate[x]", "does not repeat");
    patient("birthDate.year = PID-7", "E2347", "year", "has no element `year`");
    patient("name..family = PID-5", "E2347", ".family", "no path of an element");
    patient("birthDate { year = PID-7 }", "E2347", "birthDate", "a simple value and has no block");
    patient("name.given.extension(x).valueString = PID-7", "E2347", "given", "a list of simple values");
}

#[test]
fn values() {
    patient("birthDate = PID-5[1]", "E2334", "PID-5[1]", "name one component, such as `PID-5[1].1`");
    patient("name = PID-13", "E2334", "PID-13", "there is no shared map `XTN-HumanName`");
    patient("name = \"Doe\"", "E2334", "\"Doe\"", "a text does not fill it");
    patient("maritalStatus = M", "E2334", "M", "`| code TABLE`");
    patient("managingOrganization = PID-5[1]", "E2334", "PID-5[1]", "`| use NAME`");
    patient("name = ZPD-3", "E2334", "ZPD-3", "of an unknown type");
    patient("birthDate = PID", "E2334", "PID", "a whole segment is no value");
    patient("birthDate = PID-99", "E2340", "PID-99", "`PID` has 40 fields");
    patient("identifier.value = PID-3[1].27", "E2340", "PID-3[1].27", "has 12 components");
    patient("identifier.value = PID-3[1].1.9", "E2340", "PID-3[1].1.9", "has no components");
    patient("active = perhaps", "E2348", "perhaps", "is not yes or no");
    patient("birthDate = \"13.5.1980\"", "E2348", "\"13.5.1980\"", "is not a date");
    patient("multipleBirthInteger = two", "E2348", "two", "is not a whole number");
    patient("identifier.system = \"not a uri\"", "E2348", "\"not a uri\"", "is not a URI");
    patient("gender = femal", "E2338", "femal", "did you mean `female`?");
    patient("name.use = nick", "E2338", "nick", "its codes are anonymous");
    patient("gender = PID-8 | code bad-sex", "E2339", "PID-8", "leads to `woman`");
    patient("gender = PID-8 | code sexes", "E2209", "sexes", "there is no code table `sexes`");
    patient("maritalStatus = PID-16 | code sexes", "E2209", "sexes", "there is no code table `sexes`");
    patient("maritalStatus = PID-16 | code plain", "E2350", "plain", "add a column `to_system`");
    patient("gender = PID-8 | uper", "E2206", "uper", "did you mean `upper`?");
    patient("name = PID-5 | upper", "E2334", "PID-5", "a text does not fill it");
    patient("maritalStatus = PID-16 | code marital | upper", "E2310", "upper", "cannot stand behind this step");
    patient("maritalStatus = PID-16 | code marital else nothing", "E2207", "nothing", "error, warn, keep or empty");
}

#[test]
fn how_often() {
    patient("gender = PID-8 | code sex\ngender = male", "E2335", "gender", "a second line writes `gender`");
    patient(
        "deceasedBoolean = PID-30\ndeceasedDateTime = PID-29",
        "E2335",
        "deceasedDateTime",
        "a second line writes `deceased`",
    );
    patient("name.text = PID-2.1\nname.text = PID-4[1].1", "E2335", "name.text", "give one of them a `when`");
    patient("maritalStatus.text = PID-3.1", "E2336", "PID-3.1", "write `PID-3[1].1` for the first");
    patient("maritalStatus = PID-10", "E2336", "PID-10", "may have several values");
    patient("identifier[mr] = PID-3", "E2336", "PID-3", "write `PID-3[1]`");
    patient("deceasedDateTime = OBX[*]-14", "E2336", "OBX[*]-14", "takes one");
    bundle("Observation { code.text = OBX-3.1 }", "E2337", "Observation", "`status = …`");
    bundle("Encounter { status = finished }", "E2337", "Encounter", "`class = …`");
    patient("communication { preferred = true }", "E2337", "communication", "`language = …`");
    patient("communication.preferred = true", "E2353", "communication.preferred", "`communication.language = …`");
    check_text(
        "map datatype SN to Annotation as sn { time = sn.2 }\nmap m from hl7v2 to fhir r4 Patient { use SN-Annotation with PID-2 }",
        "E2337",
        "map",
        "`text = …`",
    );
}

#[test]
fn references() {
    bundle(
        "Patient as patient { active = true }\nEncounter { status = finished\nclass.code = IMP\nsubject = pateint }",
        "E2342",
        "pateint",
        "did you mean `patient`?",
    );
    bundle(
        "Location as ward { name = x }\nEncounter { status = finished\nclass.code = IMP\nsubject = ward }",
        "E2341",
        "ward",
        "it refers to Patient, Group",
    );
    bundle(
        "Encounter { status = finished\nclass.code = IMP\nsubject = PV1-7[1] | use XCN-Practitioner }",
        "E2341",
        "XCN-Practitioner",
        "may not refer to a Practitioner",
    );
    bundle(
        "Patient { generalPractitioner = PD1-4 | use CX-Identifier }",
        "E2343",
        "CX-Identifier",
        "makes no resource to refer to",
    );
    bundle(
        "each NK1 as kin { Patient as p { active = true\nname = kin-2 } }\nEncounter { status = finished\nclass.code = IMP\nsubject = p }",
        "E2342",
        "p",
        "no resource here is named `p`",
    );
    bundle("Patient as a { active = true }\nPatient as a { active = true }", "E2305", "a", "taken by another resource");
    bundle("Patient update by name { active = true }", "E2344", "name", "write `update by identifier`");
    bundle("Patient update identifier { active = true }", "E2344", "identifier", "`by ELEMENT` is missing");
    bundle("Patient { Observation { status = final } }", "E2351", "Observation", "stands at the top");
    patient("Observation { status = final }", "E2351", "Observation", "a map to a Bundle");
    bundle("Patient as Patient { active = true }", "E2310", "Patient", "the name of a resource is missing");
}

#[test]
fn shared_maps() {
    patient("use PID-Patiant with PID", "E2306", "PID-Patiant", "did you mean `PID-Patient`?");
    patient("use PID-Patient with PV1", "E2343", "PV1", "is for PID, and this is PV1");
    patient(
        "use CX-Identifier with PID-3[1]",
        "E2343",
        "CX-Identifier",
        "fills a Identifier, and this block is a Patient",
    );
    patient("use PID-Patient", "E2310", "", "`with PLACE` is missing");
    patient("identifier = PID-5 | use CX-Identifier", "E2343", "CX-Identifier", "is for CX, and this is XPN");
    patient(
        "name = PID-3 | use CX-Identifier",
        "E2343",
        "CX-Identifier",
        "makes Identifier, and Patient.name is HumanName",
    );
    patient("gender = PID-8 | lower | use CX-Identifier", "E2343", "CX-Identifier", "works on a field");
    let own = "map datatype CX to Identifier as cx { assigner = cx.4 | use HD-Organization }\nmap datatype HD to Organization as hd { partOf = hd.1 | use HD-Organization }\nmap m from hl7v2 to fhir r4 Patient { identifier = PID-3 }";
    check_text(own, "E2306", "HD-Organization", "uses itself");
    check_text(
        "map datatype CX to Identifier as cx { value = cx.1\nvalue = cx.2 }\nmap m from hl7v2 to fhir r4 Patient { identifier = PID-3 }",
        "E2335",
        "value",
        "a second line",
    );
    check_text(
        "map datatype XZZ to Identifier as cx { value = cx.1 }\nmap m from hl7v2 to fhir r4 Patient { identifier = PID-3 | use XZZ-Identifier }",
        "E2340",
        "XZZ",
        "no version of HL7 v2 has the data type",
    );
}

#[test]
fn extensions_groups_lines() {
    patient("extension = PID-17", "E2345", "extension", "which extension?");
    patient(
        "extension(patient-religion) = PID-17",
        "E2345",
        "extension(patient-religion)",
        "`extension(patient-religion).valueString`",
    );
    patient("extension(patient-religion).value = PID-17", "E2332", "value", "say which");
    patient("extension(patient-religion).valueFoo = PID-17", "E2331", "valueFoo", "has no element `valueFoo`");
    bundle("each ORDER_OBSERVATIONS as o { }", "E2346", "ORDER_OBSERVATIONS", "did you mean `ORDER_OBSERVATION`?");
    told("to fhir r4 Bundle", "each ORDER_OBSERVATION as o { }", "E2346", "ORDER_OBSERVATION", "say it in the head");
    bundle("each PID-3 { }", "E2310", "", "`as NAME` is missing");
    bundle("each PIX as p { }", "E2102", "PIX", "the standard has no segment");
    bundle("each NK1 as kin { Patient { active = true } }", "E2304", "kin", "is never used");
    bundle("each NK1 as Kin { }", "E2310", "Kin", "a name is small letters");
    bundle("copy PID", "E2352", "copy", "changes a v2 message");
    bundle("eahc NK1 as kin", "E2301", "eahc", "did you mean `each`?");
    patient("birthDate PID-7", "E2301", "birthDate", "write it like `birthDate = VALUE`");
    patient("zone Europe/Berln", "E2207", "Europe/Berln", "there is no such time zone");
    patient("ignore PID-19", "E2310", "PID-19", "why is it left out?");
    patient("gender = PID-8 | code sex when", "E2201", "", "a condition is missing");
}

/// A name of an `each` hides a word: said, not written as a text that nobody meant.
#[test]
fn names_that_hide_words() {
    let body = |line: &str| {
        format!(
            "each ORDER_OBSERVATION as order {{\nServiceRequest {{ status = active\nsubject.display = x\ncode.text = OBR-4.1\n{line} }}\n}}"
        )
    };
    let head = "ORU_R01 to fhir r4 Bundle";
    told(head, &body("intent = order"), "E2334", "order", "for the text write \"order\"");
    told(
        head,
        &body("each OBX as plan {\nidentifier { value = plan }\n}\nintent = \"order\""),
        "E2334",
        "plan",
        "a field",
    );
    for word in ["count", "patient", "empty", "now"] {
        told(head, &format!("each OBX as {word} {{\n}}"), "E2305", word, "a word of the language");
    }
    told("to fhir r4 Patient", "identifier = PID-3 as all {\nuse = usual\n}", "E2305", "all", "a word of the language");
}
