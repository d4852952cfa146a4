//! Messages become FHIR on the command line and at a destination, by the maps that come along and by maps of one's own.

use super::support::{Workspace, admission, sinew, sinew_with};

const MAP: &str = "map mine from hl7v2 ADT_A01 to fhir r4 Bundle {
  type = collection
  Patient as patient {
    identifier.value = PID-3[1].1
    birthDate        = PID-7
    gender           = PID-8 | code sex
  }
}
";

fn bundle(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("a bundle")
}

/// The resources of a type in a bundle.
fn resources<'b>(bundle: &'b serde_json::Value, kind: &str) -> Vec<&'b serde_json::Value> {
    let entries = bundle["entry"].as_array().expect("entries").iter();
    entries.map(|entry| &entry["resource"]).filter(|resource| resource["resourceType"] == kind).collect()
}

#[test]
fn an_admission_becomes_a_valid_bundle_and_the_same_one_again() {
    let message = admission("C1", "N0010138");
    let told = sinew_with(&["convert", "--to", "fhir-r4", "--validate", "-"], message.as_bytes()).expect(0);
    assert!(!told.err.contains("error") && !told.err.contains("dom-6"), "{}", told.err);
    let made = bundle(&told.out);
    let patient = resources(&made, "Patient")[0];
    assert_eq!(patient["name"][0]["family"], "Quist");
    assert_eq!((&patient["birthDate"], &patient["gender"]), (&"1978-07-01".into(), &"female".into()));
    assert_eq!(resources(&made, "Encounter").len(), 1);
    let again = sinew_with(&["convert", "--to", "fhir-r4", "-"], message.as_bytes()).expect(0);
    assert_eq!(told.out, again.out, "a message that is converted twice gives the same bytes");
    let lines = sinew_with(&["convert", "--to", "fhir-r4", "--jsonl", "-"], message.as_bytes()).expect(0).out;
    assert_eq!((lines.lines().count(), bundle(&lines)), (1, made));
    let nobody = message.replace("ADT^A01^ADT_A01", "ZZZ^Z99");
    let told = sinew_with(&["convert", "--to", "fhir-r4", "-"], nobody.as_bytes()).expect(1);
    told.says(&["--map"]);
    assert!(!told.err.contains("Quist"), "{}", told.err);
}

#[test]
fn a_bundle_becomes_a_message_again() {
    let workspace = Workspace::empty();
    let made = sinew_with(&["convert", "--to", "fhir-r4", "-"], admission("C1", "N0010138").as_bytes()).expect(0).out;
    let back = |words: &[&str], input: &str| {
        sinew_with(&[&["convert", "--to", "hl7v2", "-"][..], words].concat(), input.as_bytes())
    };
    let message = back(&["--validate"], &made).expect(0).out;
    for part in ["|ADT^A01^ADT_A01|C1|P|2.5.1", "N0010138^^^NORTH", "|Quist^Ada|", "|19780701|F", "4W^201^A^NORTH"] {
        assert!(message.contains(part), "{part}: {message}");
    }
    assert_eq!(back(&["--version", "2.5.1"], &made).expect(0).out, message, "what comes by a pipe is looked at first");
    let told = back(&["--explain"], &made).expect(0).out;
    assert!(told.lines().any(|line| line.starts_with("PID-8") && line.contains("gender")), "{told}");
    // XML and one line a bundle are the same bundles; files of both kinds in one call are refused.
    workspace.write("bundle.json", &made);
    let xml = workspace.sinew(&["fhir", "convert", "--to", "xml", "bundle.json"]).expect(0).out;
    assert_eq!(back(&[], &xml).expect(0).out, message);
    let line = serde_json::to_string(&bundle(&made)).expect("JSON");
    let twice = back(&[], &format!("{line}\n{line}\n")).expect(0).out;
    assert_eq!(twice.matches("MSH|").count(), 2, "{twice}");
    workspace.write("message.hl7", &admission("C1", "N0010138"));
    workspace
        .sinew(&["convert", "--to", "hl7v2", "--version", "2.5.1", "bundle.json", "message.hl7"])
        .expect(2)
        .says(&["two calls"]);
    let nobody = back(&[], r#"{"resourceType":"Bundle","type":"collection"}"#).expect(1);
    nobody.says(&["--map"]);
}

#[test]
fn every_element_says_where_it_came_from() {
    let message = admission("C1", "N0010138");
    let told = sinew_with(&["convert", "--to", "fhir-r4", "--explain", "-"], message.as_bytes()).expect(0);
    let line = told.out.lines().find(|line| line.contains(".birthDate")).expect("the line of the birth date");
    assert!(line.contains("segments/pid-patient.map:") && line.ends_with("PID-7"), "{line}");
    assert!(!told.out.contains("Quist"), "lineage says where, not what");
    let json =
        sinew_with(&["convert", "--to", "fhir-r4", "--json", "--explain", "-"], message.as_bytes()).expect(0).json();
    let origins = json["origins"].as_array().expect("origins");
    assert!(origins.iter().any(|origin| origin["sources"][0] == "PID-7"), "{json}");
    assert_eq!(json["bundle"]["resourceType"], "Bundle");
}

#[test]
fn a_map_of_ones_own_is_checked_run_and_measured() {
    let workspace = Workspace::empty();
    workspace.write(
        "shared/tables/sex.csv",
        "from,from_name,to,to_system,to_name\nF,,female,http://hl7.org/fhir/administrative-gender,Female\n",
    );
    let map = workspace.write("shared/maps/mine.map", MAP).display().to_string();
    let message = workspace.write("a01.hl7", &admission("C1", "N0010138")).display().to_string();
    let run = |arguments: &[&str]| workspace.sinew(arguments);
    run(&["map", "check", &map]).expect(0);
    let made = run(&["convert", "--to", "fhir-r4", "--map", &map, &message]).expect(0);
    let made = bundle(&made.out);
    assert_eq!((&made["type"], &resources(&made, "Patient")[0]["gender"]), (&"collection".into(), &"female".into()));
    let told = run(&["map", "coverage", "--map", &map, &message]).expect(1);
    assert!(told.out.contains("PID-5.1") && !told.out.contains("PID-7"), "{}", told.out);
    assert!(!told.out.contains("Quist"), "{}", told.out);
    workspace.write("shared/maps/mine.map", &MAP.replace("birthDate  ", "birthdate  "));
    run(&["map", "check", &map]).expect(1).says(&["birthdate", "birthDate", "mine.map:5"]);
    sinew(&["map", "check"]).expect(0);
    sinew(&["map", "test"]).expect(0);
}
