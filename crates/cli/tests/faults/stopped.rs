//! The engine is stopped for seconds (SIGSTOP: a paused machine, a debugger, a starved core) and goes on: nothing is lost,
//! nothing comes in another order.

use super::{
    black_hole::pharmacy,
    rig::{Load, run},
    support::{Partner, Workspace, free_port, received, wait_for},
};
use std::{collections::HashSet, time::Duration};

/// How long it stands still: longer than its timeouts towards the destination.
const PAUSE: Duration = Duration::from_secs(3);

#[test]
fn a_process_that_stands_still_for_seconds_loses_nothing() {
    let partner = Partner::new();
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    workspace.interface("adt", &received(&pharmacy(partner.port)).replace("127.0.0.1:0", &address));
    let engine = workspace.run();
    let load = Load::start(&address, "S", 1);
    wait_for("some load", || (load.count() >= 50).then_some(()));
    let pid = engine.pid().to_string();
    run(&["kill", "-STOP", &pid]).expect("to stop it");
    std::thread::sleep(PAUSE);
    let count = load.count();
    run(&["kill", "-CONT", &pid]).expect("to let it go on");
    wait_for("the load to go on", || (load.count() >= count + 50).then_some(()));
    let acknowledged = load.stop();
    let count = acknowledged.len();
    wait_for("the rest to be delivered", || (engine.count("in_flight") == 0).then_some(()));
    let mut seen = HashSet::new();
    let first: Vec<String> = partner.control_ids().into_iter().filter(|id| seen.insert(id.clone())).collect();
    let missing: Vec<&String> = acknowledged.iter().filter(|id| !seen.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?} of {count}");
    for patient in 0..8 {
        let of = |ids: &[String]| -> Vec<String> {
            let is_of = |id: &&String| super::rig::content(id).contains(&format!("|P{patient}^^^"));
            ids.iter().filter(is_of).cloned().collect()
        };
        assert_eq!(of(&first)[..of(&acknowledged).len()], of(&acknowledged)[..], "order of patient {patient}");
    }
    assert_eq!(engine.status()["lost"].as_i64(), Some(0));
}
