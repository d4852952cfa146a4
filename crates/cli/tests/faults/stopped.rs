//! The engine is stopped for seconds (SIGSTOP: a paused machine, a debugger, a starved core) and goes on: nothing is lost,
//! nothing comes in another order.

use super::{
    black_hole::pharmacy,
    rig::{Load, assert_order, run},
    support::{Partner, Workspace, free_port, received, wait_for},
};
use std::time::Duration;

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
    wait_for("the rest to be delivered", || (engine.count("in_flight") == 0).then_some(()));
    assert_order(&partner.control_ids(), &acknowledged);
    assert_eq!(engine.status()["lost"].as_i64(), Some(0));
}
