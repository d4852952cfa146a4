//! Bundles: addresses, requests, references between entries, invariants.

use super::check;

fn bundle(kind: &str, entries: &str) -> String {
    format!(r#""resourceType":"Bundle","type":"{kind}","entry":[{entries}]"#)
}

const UUID: &str = "urn:uuid:c757873d-ec9a-4326-a141-556f43239520";

#[test]
fn addresses() {
    let entry =
        |url: &str, id: &str| format!(r#"{{"fullUrl":"{url}","resource":{{"resourceType":"Patient","id":"{id}"}}}}"#);
    check(&bundle("collection", &entry("http://x/fhir/Patient/1", "1")), &[]);
    check(&bundle("collection", &entry(UUID, "1")), &[]);
    check(&bundle("collection", &entry("http://x/fhir/Patient/2", "1")), &["error E1276 Bundle.entry[0].fullUrl"]);
    check(&bundle("collection", &entry("http://x/fhir/Person/1", "1")), &["error E1276 Bundle.entry[0].fullUrl"]);
    check(&bundle("collection", &entry("Patient/1", "1")), &["error E1276 Bundle.entry[0].fullUrl"]);
    check(&bundle("collection", r#"{"resource":{"resourceType":"Patient"}}"#), &["error E1276 Bundle.entry[0]"]);
    let twice = format!("{},{}", entry("http://x/fhir/Patient/1", "1"), entry("http://x/fhir/Patient/1", "1"));
    check(&bundle("collection", &twice), &["error bdl-7 Bundle"]);
}

#[test]
fn requests() {
    let check = |method: &str, url: &str, resource: &str, expect: &[&str]| {
        let resource = if resource.is_empty() { String::new() } else { format!(r#","resource":{{{resource}}}"#) };
        let entry = format!(r#"{{"request":{{"method":"{method}","url":"{url}"}}{resource}}}"#);
        check(&bundle("transaction", &entry), expect);
    };
    let patient = r#""resourceType":"Patient","id":"1""#;
    check("POST", "Patient", r#""resourceType":"Patient""#, &[]);
    check("PUT", "Patient/1", patient, &[]);
    check("PUT", "Patient?identifier=http://x|1", r#""resourceType":"Patient""#, &[]);
    check("PUT", "Patient?identifier=http://x/CodeSystem/v2-0362|1", r#""resourceType":"Patient""#, &[]);
    check("DELETE", "Patient/1", "", &[]);
    check("GET", "Patient?name=x", "", &[]);
    check("POST", "Patient", "", &["error E1276 Bundle.entry[0]"]);
    check("DELETE", "Patient/1", patient, &["error E1276 Bundle.entry[0]"]);
    check("PUT", "Patient/2", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("PUT", "Person/1", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("PUT", "Patient", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("PUT", "zebra/1", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("POST", "Person", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("POST", "Patient/1", patient, &["error E1276 Bundle.entry[0].request.url"]);
    check("POST", "Patient/$match", r#""resourceType":"Parameters""#, &[]);
    check("PATCH", "Patient/1", patient, &["error E1276 Bundle.entry[0]"]);
    check("FETCH", "Patient/1", "", &["error E1266 Bundle.entry[0].request.method"]);
}

#[test]
fn references_between_entries() {
    let entries = |reference: &str| {
        format!(
            r#"{{"fullUrl":"{UUID}","resource":{{"resourceType":"Patient"}},"request":{{"method":"POST","url":"Patient"}}}},
            {{"fullUrl":"http://x/fhir/Condition/1","resource":{{"resourceType":"Condition","id":"1","subject":{{"reference":"{reference}"}}}},"request":{{"method":"PUT","url":"Condition/1"}}}}"#
        )
    };
    check(&bundle("transaction", &entries(UUID)), &[]);
    check(&bundle("transaction", &entries("Patient/7")), &[]);
    check(
        &bundle("transaction", &entries("urn:uuid:00000000-0000-4000-8000-000000000000")),
        &["error E1272 Bundle.entry[1].resource.subject.reference"],
    );
    check(&bundle("transaction", &entries("Condition/1")), &["error E1271 Bundle.entry[1].resource.subject.reference"]);
    check(
        &bundle("transaction", &entries("http://x/fhir/Condition/1")),
        &["error E1271 Bundle.entry[1].resource.subject.reference"],
    );
}

#[test]
fn invariants_of_bundles() {
    check(
        &bundle("message", &format!(r#"{{"fullUrl":"{UUID}","resource":{{"resourceType":"Patient"}}}}"#)),
        &["error bdl-12 Bundle"],
    );
    check(
        &bundle("document", &format!(r#"{{"fullUrl":"{UUID}","resource":{{"resourceType":"Patient"}}}}"#)),
        &["error bdl-9 Bundle", "error bdl-10 Bundle", "error bdl-11 Bundle"],
    );
    check(r#""resourceType":"Bundle","type":"collection","total":1"#, &["error bdl-1 Bundle"]);
    check(&bundle("transaction", r#"{"resource":{"resourceType":"Patient"}}"#), &["error bdl-3 Bundle"]);
    check(
        &bundle("zebra", r#"{"link":[{"relation":"a","url":"b"}]}"#),
        &["error E1266 Bundle.type", "error bdl-5 Bundle.entry[0]"],
    );
    check(
        r#""resourceType":"Parameters","parameter":[{"name":"a","resource":{"resourceType":"Patient","nmae":1}}]"#,
        &["error E1260 Parameters.parameter[0].resource.nmae"],
    );
}
