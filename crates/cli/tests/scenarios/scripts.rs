//! Scripts as an analyst meets them: the example workspace, trying one on a sample, and what an operator sees of one that parked
//! a message.

use super::{
    destination_down::pharmacy,
    support::{Partner, Workspace, admission, sinew},
};
use std::path::Path;

fn example() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scripts").display().to_string()
}

fn sample(name: &str) -> String {
    format!("{}/interfaces/lab-oru/samples/{name}.hl7", example())
}

#[test]
fn the_example_checks_and_its_tests_pass() {
    sinew(&["check", "-C", &example()]).expect(0);
    sinew(&["test", "-C", &example()]).expect(0).says(&["8 passed"]);
}

#[test]
fn a_script_is_tried_on_samples_and_values() {
    let script = |name: &str| format!("{}/interfaces/lab-oru/scripts/{name}.js", example());
    let done = sinew(&["script", &script("panel"), &sample("panel")]).expect(0);
    assert!(done.out.contains("OBX|1|SN|") && done.out.contains("ZRS|HH|1"), "{}", done.out);
    done.says(&["log: flagged 1", "1 messages, "]);
    let tried = sinew(&["script", &script("choose"), &sample("test"), "--json"]).expect(0).json();
    assert_eq!((&tried["end"], &tried["message"]), (&"dropped".into(), &serde_json::Value::Null));
    sinew(&["script", &script("stamp"), &sample("panel")]).expect(1).says(&["E1441", "stamp.js line 2", "allow clock"]);
    sinew(&["script", &script("stamp"), &sample("panel"), "--allow", "clock"]).expect(0);
    let title = format!("{}/shared/scripts/title.js", example());
    assert_eq!(sinew(&["script", &title, "--value", "BASIC PANEL"]).expect(0).out, "Basic Panel\n");
    sinew(&["script", "nothing-of-this-name", "--value", "x"]).expect(2).says(&["E2670"]);
}

#[test]
fn a_script_that_cannot_be_read_is_shown_with_its_place() {
    let workspace = Workspace::with(&format!("script tidy\n{}", pharmacy(1)));
    workspace.write("interfaces/adt/scripts/tidy.js", "msg.set('PID-5.1', 'x');\nlet a = ;\n");
    workspace.sinew(&["check"]).expect(1).says(&["E1440", "tidy.js:2:9"]);
    workspace.write("interfaces/adt/scripts/tidy.js", "table('wards').get('x');\n");
    workspace.sinew(&["check"]).expect(1).says(&["E2671", "wards"]);
}

#[test]
fn what_a_script_parked_and_logged_is_found() {
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("script choose\n{}", pharmacy(partner.port)));
    let choose = "log('patient', msg.get('PID-3.1'));\nif (msg.get('MSH-10') === 'P1') msg.park('not before noon');\nmsg.set('MSH-5', 'RX');";
    workspace.write("interfaces/adt/scripts/choose.js", choose);
    let engine = workspace.run();
    for (control_id, patient) in [("P1", "SECRET1"), ("P2", "SECRET2")] {
        let file = workspace.write(&format!("{control_id}.hl7"), &admission(control_id, patient));
        engine.send(&[&file.display().to_string()]);
    }
    let parked = engine.wait_for_state("control:P1", "parked")["id"].to_string();
    engine.wait_for_count("delivered", 1);
    assert!(partner.messages()[0].contains("|RX|"), "the other one went out, changed");
    let told = engine.sinew(&["explain", &parked]).expect(0);
    told.says(&["E1448", "choose.js line 2", "not before noon", "--log"]);
    assert!(!told.out.contains("SECRET1"), "{}", told.out);
    let log = engine.sinew(&["message", &parked, "--log", "--reason", "parked"]).expect(0);
    assert_eq!(log.out, "patient SECRET1\n");
    // A changed script is a changed interface.
    workspace.write("interfaces/adt/scripts/choose.js", "msg.set('MSH-5', 'RX2');");
    engine.sinew(&["reload"]).expect(0);
    engine.sinew(&["replay", &format!("id:{parked}"), "--yes", "--reason", "mended"]).expect(0);
    engine.wait_for_count("delivered", 2);
    assert!(partner.messages()[1].contains("|RX2|"));
}
