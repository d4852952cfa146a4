//! F25: the workspace is changed and put to work a hundred times while messages come. Nothing is lost, no connection is
//! dropped, and each message is processed by one version, which it records.

use super::{
    rig::{Line, Load, assert_order, content},
    support::{Engine, Partner, Workspace, field, free_port, wait_for},
};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use store::{Options, Store};

/// Reloads in one run.
const RELOADS: usize = 100;
/// The longest that one may take.
const RELOAD_MAX: Duration = Duration::from_secs(5);

/// The interface whose messages say which text they were processed by.
fn write(workspace: &Workspace, address: &str, partner: u16, dead: u16, mark: &str) {
    workspace.interface(
        "adt",
        &format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  set MSH-5 = \"{mark}\"\n  send partner {{\n    \
             mllp 127.0.0.1:{partner}\n  }}\n  send dead {{\n    mllp 127.0.0.1:{dead}\n    retry from 1s to 9s\n  }}"
        ),
    );
}

fn version(engine: &Engine) -> String {
    engine.status()["interfaces"][0]["version"].as_str().expect("a version").to_owned()
}

#[test]
fn reloads_under_load_lose_nothing_and_each_message_has_one_version() {
    let partner = Partner::new();
    let (address, dead) = (format!("127.0.0.1:{}", free_port()), free_port());
    let workspace = Workspace::empty();
    write(&workspace, &address, partner.port, dead, "TEXT0");
    let engine = workspace.run();
    let mut marks = HashMap::from([(version(&engine), "TEXT0".to_owned())]);
    let load = Load::start(&address, "R", 1);
    let (mut there, mut slowest) = (Line::new(&address), Duration::ZERO);
    for number in 1..=RELOADS {
        let mark = format!("TEXT{number}");
        write(&workspace, &address, partner.port, dead, &mark);
        let begun = Instant::now();
        engine.sinew(&["reload"]).expect(0);
        slowest = slowest.max(begun.elapsed());
        // Once it has been said, the new text holds.
        marks.insert(version(&engine), mark);
        // On the connection that was there before the first one.
        there.exchange(&content(&format!("THERE{number}"))).expect("the connection to stay");
    }
    let count = load.count();
    wait_for("the load to go on", || (load.count() > count).then_some(()));
    let status = engine.status();
    let acknowledged = load.stop();
    assert_eq!(marks.len(), RELOADS + 1, "each text is a version of its own");
    assert!(slowest < RELOAD_MAX, "{slowest:?}");
    assert_eq!(status["interfaces"][0]["anomalies"].as_u64(), Some(0), "a connection was dropped");
    partner.wait_for(acknowledged.len());
    assert_order(&partner.control_ids(), &acknowledged);
    let arrived: HashMap<String, String> =
        partner.messages().iter().map(|message| (field(message, "MSH", 9), field(message, "MSH", 4))).collect();
    engine.kill();
    // Every message waits for the dead destination too, so the log lists them all.
    let (store, recovered) = Store::open(&workspace.path().join("data"), &Options::default()).expect("the store");
    let mut seen = HashSet::new();
    for open in recovered.open {
        let accept = store.read(open.id.message).expect("a message").accept;
        let mark = &marks[&format!("{:016x}", accept.envelope.interface_version)];
        let id = &accept.facts.control_id;
        if let Some(sent) = arrived.get(id) {
            assert_eq!(sent, mark, "{id} was sent by another version than it records");
        }
        let output = store.read_output(open.id).expect("an output");
        assert_eq!(&field(&String::from_utf8_lossy(&output), "MSH", 4), mark, "two destinations, two versions: {id}");
        seen.insert(mark.clone());
    }
    println!("reload_under_load: {} messages, {} versions used, slowest reload {slowest:?}", arrived.len(), seen.len());
    assert!(seen.len() > RELOADS / 4, "the load met {} versions only", seen.len());
}
