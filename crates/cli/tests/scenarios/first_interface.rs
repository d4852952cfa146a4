//! The first minutes of an analyst: init, check, test, run, send, find, explain, replay.

use super::support::{Engine, Workspace, sinew};

#[test]
fn from_nothing_to_a_replayed_message() {
    let outside = Workspace::empty();
    let folder = outside.at("hello");
    let port = super::support::free_port();
    sinew(&["init", &folder, "--port", &port.to_string()]).expect(0);
    sinew(&["init", &folder]).expect(5).says(&["is not empty"]);
    sinew(&["check", &folder]).expect(0).says(&["0 errors, 0 warnings"]);
    sinew(&["fmt", "--check", "-C", &folder]).expect(0);
    sinew(&["test", &folder]).expect(0).says(&["0 failed"]);
    let engine = Engine::start(std::path::Path::new(&folder), "run");
    let sample = format!("{folder}/interfaces/admissions/samples/admission.hl7");
    sinew(&["send", &format!("127.0.0.1:{port}"), &sample]).expect(0).says(&["1 AA"]);

    let patient = sinew(&["get", &sample, "PID-3.1"]).expect(0).out.trim().to_owned();
    let row = engine.find(&format!("patient:{patient}"));
    let id = row["id"].to_string();
    assert_eq!(row["interface"], "admissions");
    let journey = engine.sinew(&["explain", &id]).expect(0);
    journey.says(&["received from 127.0.0.1", "stored and fsynced", "acknowledged AA", "archive", "pharmacy"]);
    let steps: Vec<u64> = engine.sinew(&["explain", &id, "--json"]).expect(0).json()["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .filter_map(|stage| stage["step"].as_u64())
        .collect();
    assert!([1, 2, 3, 4, 5, 6].iter().all(|step| steps.contains(step)), "{steps:?}");
    engine.sinew(&["replay", &format!("id:{id}")]).expect(5).says(&["1 message", "--yes"]);
    engine.sinew(&["replay", &format!("id:{id}"), "--yes", "--reason", "to see it"]).expect(0).says(&["1 replayed"]);
    engine.wait_for_count("accepted", 2);
    assert_eq!(engine.signal("-TERM").0, 0);
}

#[test]
fn a_folder_that_is_no_workspace_is_named() {
    let folder = testkit::Folder::new();
    let path = folder.path().display().to_string();
    for verb in ["check", "test", "run", "doctor"] {
        sinew(&[verb, &path]).expect(3).says(&["E3001", "sinew init"]);
    }
}
