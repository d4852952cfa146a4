//! Records as FHIR R4 AuditEvent resources, in the patterns of the IHE profile Basic Audit Log Patterns.
//!
//! Promises: a resource that R4 allows. Never: a reference to a patient; the keyed hash stands as an identifier.

use super::Record;
use serde_json::{Value, json};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const OBJECT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

/// The type and the action (C, R, U, D, E).
fn kind(act: &str) -> (Value, &'static str) {
    match act {
        "search" | "audit-search" => (coding(DICOM, "110112", "Query"), "E"),
        "export" | "backup" => (coding(DICOM, "110106", "Export"), "R"),
        "read" | "view" | "tap" | "reveal" => (coding(DICOM, "110110", "Patient Record"), "R"),
        "delete" | "dismiss" => (coding(DICOM, "110110", "Patient Record"), "D"),
        "edit" | "retry" | "resend" | "replay" | "release" => (coding(DICOM, "110110", "Patient Record"), "U"),
        "sign-in" | "sign-out" => (coding(DICOM, "110114", "User Authentication"), "E"),
        _ => (coding(DICOM, "110100", "Application Activity"), "E"),
    }
}

/// One record as a resource; `site` is the name of the workspace.
#[must_use]
pub fn resource(record: &Record, site: &str) -> Value {
    let (kind, action) = kind(&record.act);
    let mut agent = json!({
        "type": {"coding": [coding(DICOM, "110153", "Source Role ID")]},
        "who": {"display": record.who},
        "requestor": true,
    });
    if !record.origin.is_empty() {
        agent["network"] = json!({"address": record.origin, "type": "2"});
    }
    let patient = |hash: &String| {
        json!({
            "what": {"identifier": {"system": "urn:sinew:patient-hash", "value": hash}},
            "type": coding(OBJECT_TYPE, "1", "Person"),
            "role": coding(OBJECT_ROLE, "1", "Patient"),
        })
    };
    let mut object = json!({
        "what": {"display": record.object},
        "type": coding(OBJECT_TYPE, "2", "System Object"),
        "role": coding(OBJECT_ROLE, "4", "Domain Resource"),
        "detail": [
            {"type": "number", "valueString": record.number.to_string()},
            {"type": "hash", "valueString": record.hash},
        ],
    });
    if record.object.is_empty() {
        object["what"] = json!({"display": "engine"});
    }
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "id": format!("sinew-{}", record.number),
        "type": kind,
        "subtype": [{"system": "urn:sinew:act", "code": record.act}],
        "action": action,
        "recorded": record.at,
        "outcome": if record.is_refused { "4" } else { "0" },
        "agent": [agent],
        "source": {
            "site": if site.is_empty() { "sinew" } else { site },
            "observer": {"display": "Sinew"},
            "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")],
        },
        "entity": record.patients.iter().map(patient).chain([object]).collect::<Vec<_>>(),
    });
    if !record.reason.is_empty() {
        resource["purposeOfEvent"] = json!([{"text": record.reason}]);
    }
    resource
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[test]
    fn a_record_as_a_resource() {
        let resource = resource(&sample(), "north");
        assert_eq!(resource["type"]["code"], "110110");
        assert_eq!((&resource["action"], &resource["outcome"]), (&json!("R"), &json!("0")));
        assert_eq!(resource["entity"][0]["what"]["identifier"]["value"], sample().patients[0]);
        assert_eq!(resource["agent"][0]["network"]["address"], "10.1.2.3");
        let refused = Record { is_refused: true, origin: String::new(), ..sample() };
        let resource = super::resource(&refused, "");
        assert_eq!((&resource["outcome"], resource["agent"][0].get("network")), (&json!("4"), None));
    }
}
