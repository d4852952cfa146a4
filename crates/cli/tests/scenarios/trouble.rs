//! When things are bad, `status`, `queues` and `doctor` say so in words and in their exit codes.

use super::{
    destination_down::pharmacy,
    support::{Partner, Workspace, admission, free_port, wait_for},
};

#[test]
fn a_destination_that_is_down_shows_in_status_queues_and_doctor() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    engine.sinew(&["status"]).expect(0).says(&["adt", "ok", "lost 0"]);
    let file = workspace.write("one.hl7", &admission("B1", "P1"));
    engine.send(&[&file.display().to_string()]);
    wait_for("the first attempt", || (engine.status()["interfaces"][0]["state"] == "failing").then_some(()));
    engine.sinew(&["status"]).expect(1).says(&["failing", "pharmacy", "refused"]);
    engine.sinew(&["queues"]).expect(1).says(&["adt/pharmacy", "failing", "E6"]);
    engine.sinew(&["doctor"]).expect(1).says(&["FAIL", "adt", "sinew queues"]);
    let top = engine.sinew(&["top", "--count", "2", "--every", "100ms"]).expect(0);
    top.says(&["INTERFACE", "failing"]);
    partner.behave();
    engine.wait_for_count("delivered", 1);
    wait_for("all to be well", || (engine.sinew(&["status"]).code == 0).then_some(()));
}

#[test]
fn a_port_in_use_is_named_and_the_other_interfaces_run() {
    let workspace = Workspace::with(&pharmacy(free_port()));
    let port = free_port();
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).expect("a port");
    workspace.interface("lab", &format!("  receive mllp 127.0.0.1:{port}\n{}", pharmacy(free_port())));
    workspace.sinew(&["doctor"]).expect(1).says(&["FAIL", &port.to_string(), "lab"]);
    let engine = workspace.run();
    engine.wait_to_say("lab does not listen");
    engine.sinew(&["status"]).expect(1).says(&["lab", "failing"]);
    let file = workspace.write("one.hl7", &admission("B2", "P1"));
    engine.send(&[&file.display().to_string()]);
    drop(taken);
    engine.wait_to_say("lab listens now");
    assert_eq!(engine.address("lab"), format!("127.0.0.1:{port}"));
}

#[test]
fn doctor_reads_every_record() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let file = workspace.write("one.hl7", &admission("B3", "P1"));
    engine.send(&[&file.display().to_string()]);
    engine.sinew(&["doctor", "--verify"]).expect(0).says(&["every record matches"]);
    assert_eq!(engine.signal("-TERM").0, 0);
    workspace.sinew(&["doctor", "--verify"]).expect(0).says(&["every record matches"]);
}
