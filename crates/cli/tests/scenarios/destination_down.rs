//! A destination is stopped: messages wait in order; it starts: they arrive in order, once (R2, R3, R5).

use super::support::{Partner, Workspace, admission, received, sinew};
use std::fmt::Write;

/// The lines of a destination at this port that is tried again soon.
pub fn pharmacy(port: u16) -> String {
    format!(
        "  send pharmacy {{\n    mllp 127.0.0.1:{port} timeout 5s\n    retry from 100ms to 300ms give-up never\n  }}"
    )
}

#[test]
fn messages_wait_in_order_and_arrive_in_order_once() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let mut batch = String::new();
    let expected: Vec<String> = (0..40).map(|number| format!("W{number:04}")).collect();
    for (number, id) in expected.iter().enumerate() {
        write!(batch, "{}", admission(id, &format!("P{}", number % 3))).expect("text");
    }
    let file = workspace.write("feed.hl7", &batch);
    engine.send(&[&file.display().to_string()]).says(&["40 sent", "40 AA"]);

    let queues = engine.sinew(&["queues"]).expect(1);
    queues.says(&["adt/pharmacy", "40"]);
    assert_eq!(engine.count("in_flight"), 40);
    assert!(partner.messages().is_empty());

    partner.behave();
    partner.wait_for(40);
    engine.wait_for_count("delivered", 40);
    engine.sinew(&["queues"]).expect(0);
    let arrived = partner.control_ids();
    assert_eq!(arrived.len(), 40, "each once: {arrived:?}");
    for patient in 0..3 {
        let of = |ids: &[String]| -> Vec<String> {
            ids.iter().filter(|id| id[1..].parse::<usize>().expect("a number") % 3 == patient).cloned().collect()
        };
        assert_eq!(of(&arrived), of(&expected), "the order of patient {patient}");
    }
    assert_eq!(engine.status()["lost"], 0);
}

#[test]
fn strict_order_is_kept_across_patients() {
    let partner = Partner::stopped();
    let workspace = Workspace::empty();
    workspace.interface("adt", &format!("  receive mllp 127.0.0.1:0\n{}", pharmacy(partner.port)));
    let engine = workspace.run();
    let expected: Vec<String> = (0..30).map(|number| format!("S{number:04}")).collect();
    let batch: String = expected.iter().enumerate().map(|(n, id)| admission(id, &format!("P{n}"))).collect();
    let file = workspace.write("feed.hl7", &batch);
    engine.send(&[&file.display().to_string()]);
    partner.behave();
    partner.wait_for(30);
    assert_eq!(partner.control_ids(), expected);
}

#[test]
fn one_destination_does_not_wait_for_another() {
    let (down, up) = (Partner::stopped(), Partner::new());
    let billing = pharmacy(up.port).replace("send pharmacy", "send billing");
    let workspace = Workspace::with(&format!("{}\n{billing}", pharmacy(down.port)));
    let engine = workspace.run();
    let file = workspace.write("one.hl7", &admission("FAN1", "P1"));
    engine.send(&[&file.display().to_string()]);
    up.wait_for(1);
    let row = engine.find("control:FAN1");
    assert_eq!(row["state"], "in_flight", "a message counts in its worst state");
    down.behave();
    down.wait_for(1);
    engine.wait_for_state("control:FAN1", "delivered");
}

#[test]
fn a_destination_that_moved_gets_its_queue_after_a_reload() {
    let (old, new) = (Partner::stopped(), Partner::new());
    let workspace = Workspace::with(&pharmacy(old.port));
    let engine = workspace.run();
    let batch: String = (0..10).map(|number| admission(&format!("M{number}"), "P1")).collect();
    let file = workspace.write("feed.hl7", &batch);
    engine.send(&[&file.display().to_string()]);
    workspace.interface("adt", &received(&pharmacy(new.port)));
    engine.sinew(&["reload"]).expect(0).says(&["changed: adt"]);
    new.wait_for(10);
    engine.wait_for_count("delivered", 10);
    assert_eq!(new.control_ids(), (0..10).map(|number| format!("M{number}")).collect::<Vec<_>>());
}

#[test]
fn what_waits_for_a_destination_that_is_gone_is_kept_and_told() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let file = workspace.write("one.hl7", &admission("G1", "P1"));
    engine.send(&[&file.display().to_string()]);
    workspace.interface("adt", &received("  send archive {\n    file out\n  }"));
    engine.sinew(&["reload"]).expect(0);
    assert_eq!(engine.count("in_flight"), 1, "not dropped");
    engine.kill();

    let engine = workspace.run();
    assert_eq!(engine.count("in_flight"), 1, "nor by a restart");
    engine.sinew(&["status"]).expect(1).says(&["E5012"]);
    workspace.interface("adt", &received(&pharmacy(partner.port)));
    engine.sinew(&["reload"]).expect(0);
    partner.behave();
    engine.wait_for_count("delivered", 1);
    assert_eq!(partner.control_ids(), ["G1"]);
}

#[test]
fn a_receiver_that_answers_nothing_is_told_from_one_that_refuses() {
    let done = sinew(&["send", "127.0.0.1:1", "-", "--timeout", "1s"]);
    done.expect(1).says(&["no HL7 v2 message"]);
}
