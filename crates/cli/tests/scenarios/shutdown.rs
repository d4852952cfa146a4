//! SIGTERM: what is under way is finished, the exit code is 0, and the next start takes nothing twice.

use super::{
    destination_down::pharmacy,
    support::{Partner, Workspace, admission},
};
use hospital::wire::Act;
use std::time::Duration;

#[test]
fn sigterm_finishes_what_is_under_way() {
    let partner = Partner::new();
    partner.act(Act::Slow(Duration::from_secs(1)));
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let file = workspace.write("one.hl7", &admission("T1", "P1"));
    engine.send(&[&file.display().to_string()]);
    partner.wait_for(1); // taken, not yet answered
    let (code, talk) = engine.signal("-TERM");
    assert_eq!(code, 0, "{talk}");

    let engine = workspace.run();
    assert_eq!((engine.count("delivered"), engine.count("in_flight")), (1, 0));
    assert_eq!(partner.control_ids(), ["T1"], "sent once");
    let (code, _) = engine.signal("-INT");
    assert_eq!(code, 0);
}

#[test]
fn a_stopped_engine_is_told_from_one_that_never_ran() {
    let workspace = Workspace::with("");
    workspace.sinew(&["status"]).expect(3).says(&["E7001", "sinew run"]);
}
