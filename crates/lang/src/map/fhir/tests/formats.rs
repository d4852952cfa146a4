//! From messages that are neither HL7 v2 nor FHIR: rows, JSON.

use super::compile_text;
use crate::{Form, Matter, Run, Settings, map::Origins};
use fhir::Tree;
use message::{Diagnostic, Timestamp};

/// What a map makes of a content, its notes and origins.
fn made(text: &str, form: &Form, content: &str) -> (serde_json::Value, Vec<Diagnostic>, Origins) {
    let (file, found) = compile_text(text);
    assert_eq!(found, [], "{text}");
    let (matter, found) = Matter::read(form, content.as_bytes().to_vec());
    assert_eq!(found, []);
    let mut run = Run::new(Timestamp(0), 7);
    let settings = Settings { explain: true, ..Settings::default() };
    let (made, origins) = file.main().unwrap().make_with(&matter, &mut run, &settings).unwrap();
    let Matter::Fhir(tree, bytes) = made else { panic!("no resource") };
    let report = fhir::validate::Validator::default().validate(&Tree::read(&bytes).unwrap());
    assert_eq!(report.errors().map(|issue| format!("{} {}", issue.code, issue.path)).collect::<Vec<_>>(), [""; 0]);
    drop(tree);
    (serde_json::from_slice(&bytes).unwrap(), run.notes, origins.unwrap())
}

const ROWS: &str = r#"map m from csv to fhir r4 Bundle {
  type = "transaction"
  Patient as patient update by identifier {
    identifier {
      value  = row.mrn
      system = "urn:oid:1.2.3"
    }
    name {
      family = row.last | title-case
      given  = row.first
    }
    gender    = "female" when row.sex in [F, W]
    gender    = "male" when row.sex = M
    birthDate = row.born
  }
  Observation when row.weight exists {
    status    = "final"
    code.text = "weight"
    subject   = patient
    value[Quantity] {
      value = row.weight
      unit  = "kg"
    }
  }
}"#;

#[test]
fn rows_become_bundles() {
    let form = Form::of(message::Format::Delimited);
    let (bundle, notes, origins) =
        made(ROWS, &form, "mrn,last,first,sex,born,weight\n4711,MUSTER,Erika,F,1988-07-05,61.5\n");
    assert_eq!(notes, []);
    let patient = &bundle["entry"][0]["resource"];
    assert_eq!(patient["identifier"][0]["value"], "4711");
    assert_eq!((&patient["name"][0]["family"], &patient["gender"]), (&"Muster".into(), &"female".into()));
    assert_eq!(bundle["entry"][0]["request"]["url"], "Patient?identifier=urn:oid:1.2.3|4711");
    let seen = &bundle["entry"][1]["resource"];
    assert_eq!(seen["subject"]["reference"], bundle["entry"][0]["fullUrl"]);
    assert_eq!(seen["valueQuantity"]["value"], 61.5);
    let of = |element: &str| origins.origins.iter().find(|one| one.element.ends_with(element)).unwrap();
    assert_eq!(of("family").sources, ["row.last"]);
    assert_eq!(
        (of("valueQuantity.value").line, &of("valueQuantity.value").sources[..]),
        (21, &["row.weight".to_owned()][..])
    );
}

#[test]
fn a_row_without_a_value_and_one_that_does_not_fit() {
    let form = Form::of(message::Format::Delimited);
    let (bundle, notes, origins) = made(ROWS, &form, "mrn,last,first,sex,born,weight\n4711,Muster,,X,yesterday,\n");
    let patient = &bundle["entry"][0]["resource"];
    assert_eq!(bundle["entry"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&patient["gender"], &patient["birthDate"], &patient["name"][0]["given"]),
        (&serde_json::Value::Null, &serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert!(notes.iter().any(|note| note.code == crate::codes::E2600) && notes.len() == 1, "{notes:?}");
    assert!(origins.left.iter().any(|left| left.sources == ["row.born"]), "{origins:?}");
}

#[test]
fn json_with_lists() {
    let text = r#"map m from json to fhir r4 Bundle {
  type = "collection"
  each root.patients as p {
    Patient as who {
      identifier { value = p.id }
      each p.names as n {
        name {
          family = n.family
          given  = n.given[*]
        }
      }
    }
    each p.visits as v {
      Encounter {
        status  = "finished" when v.done = true
        else status = "unknown"
        class {
          code = "AMB"
          system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
        }
        subject = who
        period.start = v.at
      }
    }
  }
}"#;
    let content = r#"{"patients":[{"id":"7","names":[{"family":"Muster","given":["Erika","Eva"]}],"visits":[{"at":"2026-03-01","done":true},{"at":"2026-03-02"}]},{"id":"8"}]}"#;
    let (bundle, _, origins) = made(text, &Form::of(message::Format::Json), content);
    let kinds: Vec<_> = bundle["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["resource"]["resourceType"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["Patient", "Encounter", "Encounter", "Patient"]);
    assert_eq!(bundle["entry"][0]["resource"]["name"][0]["given"], serde_json::json!(["Erika", "Eva"]));
    assert_eq!(bundle["entry"][1]["resource"]["subject"]["reference"], bundle["entry"][0]["fullUrl"]);
    assert_eq!(bundle["entry"][2]["resource"]["status"], "unknown");
    let at = origins.origins.iter().filter(|one| one.element.ends_with("period.start"));
    assert_eq!(
        at.flat_map(|one| one.sources.clone()).collect::<Vec<_>>(),
        ["patients[1].visits[1].at", "patients[1].visits[2].at"]
    );
    // The same content gives the same ids, another content others.
    let again = made(text, &Form::of(message::Format::Json), content).0;
    let other = made(text, &Form::of(message::Format::Json), &content.replace("\"7\"", "\"9\"")).0;
    assert_eq!(bundle, again);
    assert_ne!(bundle["entry"][0]["fullUrl"], other["entry"][0]["fullUrl"]);
}

/// What reads fields of HL7 v2 is refused, not passed over.
#[test]
fn shared_maps_are_refused() {
    let parts = "map datatype CX to Identifier as cx { value = cx.1 }\nmap segment PID to Patient as pid { name.text = pid-5.1 }\n";
    for line in [
        "identifier = row.mrn | use CX-Identifier",
        "identifier = row.mrn",
        "use PID-Patient with row.mrn",
        "birthDate = row.born as b",
    ] {
        let text = format!("{parts}map m from csv to fhir r4 Patient {{\n{line}\n}}");
        let found = compile_text(&text).1;
        assert!(found.iter().any(|finding| finding.code == crate::codes::E2680), "{line}: {found:?}");
    }
    let found = compile_text("map m from csv to fhir r4 Patient { birthDate = PID-7 }").1;
    assert!(!found.is_empty());
}
