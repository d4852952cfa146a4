//! A wrong line in `interface.flow` while the engine runs: code, place and hint, and the running version goes on.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, admission, field, received, wait_for},
};

fn flow(port: u16, line: &str) -> String {
    received(&format!("{line}\n{}", pharmacy(port)))
}

fn answered(answer: &str) -> String {
    field(answer, "MSA", 1)
}

#[test]
fn reload_refuses_a_wrong_line_and_applies_the_right_one_on_the_open_connection() {
    let partner = Partner::new();
    let workspace = Workspace::empty();
    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | upper"));
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(answered(&peer.exchange(&admission("R1", "P1"))), "AA");

    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | uper"));
    let refused = engine.sinew(&["reload"]).expect(1);
    refused.says(&["error[E2", "interfaces/adt/interface.flow:6", "did you mean `upper`", "go on as they were"]);
    assert_eq!(answered(&peer.exchange(&admission("R2", "P1"))), "AA");

    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | lower"));
    engine.sinew(&["reload"]).expect(0).says(&["changed: adt"]);
    assert_eq!(answered(&peer.exchange(&admission("R3", "P1"))), "AA");

    partner.wait_for(3);
    let names: Vec<String> = partner.messages().iter().map(|message| field(message, "PID", 5)).collect();
    assert_eq!(names, ["QUIST^Ada", "QUIST^Ada", "quist^Ada"]);
}

#[test]
fn dev_reports_a_wrong_line_and_applies_the_corrected_file() {
    let partner = Partner::new();
    let workspace = Workspace::empty();
    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | upper"));
    let engine = Engine::start(workspace.path(), "dev");
    let mut peer = Peer::connect(&engine.address("adt"));
    let version = engine.status()["interfaces"][0]["version"].clone();

    workspace.interface("adt", &flow(partner.port, "  keep wenn event = A01"));
    engine.wait_to_say("interfaces/adt/interface.flow:6");
    let talk = engine.talk();
    assert!(talk.contains("error[E") && talk.contains("keep wenn"), "code and line: {talk}");
    assert_eq!(answered(&peer.exchange(&admission("D1", "P1"))), "AA");
    assert_eq!(engine.status()["interfaces"][0]["version"], version);

    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | lower"));
    wait_for("the corrected file", || (engine.status()["interfaces"][0]["version"] != version).then_some(()));
    assert_eq!(answered(&peer.exchange(&admission("D2", "P1"))), "AA");
    partner.wait_for(2);
    assert_eq!(field(&partner.messages()[1], "PID", 5), "quist^Ada");

    // What the lines make of the last message: by the change, by each that comes, and never who the patient is.
    engine.wait_to_say("of adt, by its lines as they are now:");
    engine.wait_to_say("step 1  changes");
    workspace.interface("adt", &flow(partner.port, "  set PID-5.1 = PID-5.1 | lower\n  set MSH-6 = SOUTH"));
    engine.wait_to_say("SOUTH");
    engine.wait_to_say("step 2  changes");
    engine.wait_to_say("=> ");
    assert!(!engine.talk().to_lowercase().contains("quist"), "{}", engine.talk());
}

#[test]
fn a_workspace_with_errors_does_not_start() {
    let workspace = Workspace::with("  kep when event = A01");
    let (code, talk) = Engine::spawn(workspace.path(), "run").end();
    assert_eq!(code, 1, "{talk}");
    assert!(talk.contains("interface.flow:6") && talk.contains("did you mean `keep`"), "{talk}");
}
