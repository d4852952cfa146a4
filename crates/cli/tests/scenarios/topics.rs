//! Topics in a running engine: every subscriber gets all it wants, whatever happens to it meanwhile.

use super::support::{Engine, Partner, Workspace, admission, wait_for};

const HUB: &str =
    "receive mllp 127.0.0.1:0 { order by PID-3.1 }\npublish admissions when event = A01\nset PV1-3.1 = \"ICU\"";

fn subscriber(workspace: &Workspace, name: &str, when: &str, partner: &Partner) {
    let lines = format!(
        "receive topic admissions {when} {{ order by PID-3.1 }}\nsend out {{\n mllp 127.0.0.1:{}\n retry from 100ms to 200ms give-up never\n}}",
        partner.port
    );
    workspace.interface(name, &lines);
}

fn send(workspace: &Workspace, engine: &Engine, ids: std::ops::Range<usize>) {
    let messages: String = ids.map(|id| admission(&format!("M{id}"), &format!("P{}", id % 7))).collect();
    let file = workspace.write("batch.hl7", &messages).display().to_string();
    engine.send(&[&file]);
}

fn ids(partner: &Partner) -> Vec<String> {
    let mut ids = partner.control_ids();
    ids.sort();
    ids.dedup();
    ids
}

#[test]
fn subscribers_get_what_they_want_over_a_pause_a_kill_and_a_reload() {
    let (all, some, late) = (Partner::new(), Partner::new(), Partner::new());
    let workspace = Workspace::empty();
    workspace.interface("adt", HUB);
    subscriber(&workspace, "registry", "", &all);
    subscriber(&workspace, "study", "when PID-3.1 in [P1, P2]", &some);
    let engine = workspace.run();
    // The registry is stopped: what is published waits for it at the publisher, and the study does not wait with it.
    engine.sinew(&["pause", "registry", "--reason", "maintenance"]).expect(0);
    send(&workspace, &engine, 0..40);
    let wanted = (0..40).filter(|id| [1, 2].contains(&(id % 7))).count();
    some.wait_for(wanted);
    assert_eq!(all.control_ids().len(), 0);
    assert!(some.messages()[0].contains("ICU"), "as it is after the last step");
    engine.sinew(&["queues"]).expect(1).says(&["admissions:registry"]);
    engine.kill();
    let engine = workspace.run();
    engine.sinew(&["resume", "registry", "--reason", "done"]).expect(0);
    wait_for("the registry to have all", || (ids(&all).len() == 40).then_some(()));
    // A subscriber that comes later gets what is accepted from then on.
    subscriber(&workspace, "late", "", &late);
    engine.sinew(&["reload"]).expect(0);
    send(&workspace, &engine, 40..50);
    wait_for("the new one to have its share", || (ids(&late).len() == 10).then_some(()));
    wait_for("the registry to have the rest", || (ids(&all).len() == 50).then_some(()));
    assert_eq!(engine.status()["lost"], 0);
    let id = engine.find("interface:late")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["came from message", "adt"]);
}

#[test]
fn what_nobody_wants_is_filtered_by_the_line() {
    let partner = Partner::new();
    let workspace = Workspace::empty();
    workspace.interface("adt", HUB);
    subscriber(&workspace, "study", "when PID-3.1 = P9", &partner);
    let message = workspace.write("a.hl7", &admission("1", "P1")).display().to_string();
    let told = workspace.sinew(&["route", &message]).expect(0);
    told.says(&["publish admissions when event = A01  -> gets it", "does not get it", "no interface receives it"]);
    workspace
        .sinew(&["route", "--table"])
        .expect(0)
        .says(&["| admissions:study | topic admissions when `PID-3.1 = P9` |"]);
    let engine = workspace.run();
    engine.send(&[&message]);
    engine.wait_for_count("filtered", 1);
    let id = engine.find("interface:adt")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["publish admissions when event = A01: no interface receives it"]);
}
