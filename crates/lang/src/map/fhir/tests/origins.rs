//! Where values went: into a resource that turned out to be another one, or nowhere, with the reason.

use super::*;

fn explained(text: &str, segments: &str) -> (MapFile, Tree, Origins) {
    let (file, found) = compile_text(text);
    assert!(found.is_empty(), "{found:?}");
    let (message, _) = Message::parse(format!("{HEAD}\r{segments}\r"));
    let (settings, mut tree) = (Settings { explain: true, ..Settings::default() }, Tree::new());
    let mut run = Run::new(Timestamp(0), 7);
    let origins = file.main().unwrap().convert(&message, &mut tree, &mut run, &settings).unwrap().unwrap();
    (file, tree, origins)
}

#[test]
fn one_resource_told_twice_has_what_both_say() {
    let text = "map datatype XCN to Practitioner as xcn update by identifier {
        identifier.value = xcn.1
        name { family = xcn.2.1
          given = xcn.3 }
        communication.text = xcn.7 }
      map m from hl7v2 to fhir r4 Bundle {
        Encounter { status = finished
          class { code = IMP }
          participant { individual = PV1-7[1] | use XCN-Practitioner }
          participant { individual = PV1-8[1] | use XCN-Practitioner } } }";
    let (_, tree, origins) = explained(text, "PV1||I|||||7^Doe^Jane|7^Doe^J^^^^MD");
    let out: serde_json::Value = serde_json::from_slice(&tree.write()).unwrap();
    let entries = out["entry"].as_array().unwrap();
    let doctors: Vec<_> =
        entries.iter().map(|entry| &entry["resource"]).filter(|r| r["resourceType"] == "Practitioner").collect();
    assert_eq!(doctors.len(), 1);
    // The same number is one item; the other way to write the name is a second.
    assert_eq!(doctors[0]["identifier"].as_array().unwrap().len(), 1);
    assert_eq!(
        doctors[0]["name"],
        serde_json::json!([{"family": "Doe", "given": ["Jane"]}, {"family": "Doe", "given": ["J"]}])
    );
    assert_eq!(doctors[0]["communication"][0]["text"], "MD");
    // Each place of the second has gone somewhere, its number into the first too.
    for place in ["PV1-8.1", "PV1-8.3", "PV1-8.7"] {
        assert!(origins.origins.iter().any(|origin| origin.sources.iter().any(|source| source == place)), "{place}");
    }
    assert!(origins.left.is_empty(), "{:?}", origins.left);
}

#[test]
fn what_could_not_be_written_says_why() {
    let text = "map m from hl7v2 to fhir r4 Patient {
        birthDate = PID-7
        gender = PID-8 | code sex else empty
        name { family = PID-5[1].1.1
          else family = PID-9[1].1.1 } }";
    let (_, _, origins) = explained(text, "PID|||||Doe||someday|X|Roe");
    let mut left: Vec<_> = origins.left.iter().map(|left| (left.sources.join(","), left.line, left.why)).collect();
    left.sort();
    let expected = [("PID-7", 2, Why::Unfit), ("PID-8", 3, Why::Nothing), ("PID-9", 5, Why::Second)];
    assert_eq!(left, expected.map(|(place, line, why)| (place.to_owned(), line, why)));
}

#[test]
fn shared_maps_may_ignore() {
    let text = "map datatype XPN to HumanName as xpn { family = xpn.1.1
        ignore xpn.8, xpn.9 reason \"how it is written\" }
      map segment PID to Patient as pid { name = pid-5
        ignore pid-1 reason \"a number\" }
      map m from hl7v2 to fhir r4 Bundle { Patient { use PID-Patient with PID } }";
    let (file, _, origins) = explained(text, "PID|1||||Doe^^^^^^^A^B");
    let ignored: Vec<&str> = file.main().unwrap().ignored.iter().map(|one| &*one.path).collect();
    assert_eq!(ignored, ["XPN.8", "XPN.9", "PID-1"]);
    let (message, _) = Message::parse("PID|1||||Doe^^^^^^^A^B^^C");
    assert_eq!(crate::coverage::uncovered(&message, &origins, &file.main().unwrap().ignored), ["PID-5.11"]);
    let (_, found) = compile_text(
        "map datatype XPN to HumanName as xpn { family = xpn.1.1\nignore xpn.80 reason x }
      map m from hl7v2 to fhir r4 Patient { name = PID-5 }",
    );
    assert_eq!(found.iter().map(|one| one.code.id).collect::<Vec<_>>(), ["E2340"]);
}
