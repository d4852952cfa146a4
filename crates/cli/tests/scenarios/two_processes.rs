//! Two engines on one workspace: the second refuses and says why.

use super::{
    destination_down::pharmacy,
    support::{Engine, Workspace, free_port},
};

#[test]
fn the_second_refuses_and_the_first_goes_on() {
    let workspace = Workspace::with(&pharmacy(free_port()));
    let first = workspace.run();
    let (code, talk) = Engine::spawn(workspace.path(), "run").end();
    assert_eq!(code, 5, "{talk}");
    assert!(talk.contains("E4001") && talk.contains("in use by process") && talk.contains("sinew status"), "{talk}");
    first.sinew(&["status"]).expect(0);
}
