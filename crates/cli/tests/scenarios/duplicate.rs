//! The same message twice: the same acknowledgment, one delivery (R4).

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission, field},
};

#[test]
fn the_same_message_gets_the_same_acknowledgment_and_one_delivery() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let message = admission("DUP1", "P1");
    let mut peer = Peer::connect(&engine.address("adt"));
    let first = peer.exchange(&message);
    assert_eq!(peer.exchange(&message), first, "byte for byte");
    engine.wait_for_count("delivered", 1); // so that no delivery is in the window of R2
    engine.kill();

    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(peer.exchange(&message), first, "also after a crash");
    engine.wait_for_count("delivered", 1);
    assert_eq!(partner.control_ids(), ["DUP1"]);
    assert_eq!(engine.count("accepted"), 1);
}

#[test]
fn the_same_control_id_with_other_content_is_taken_and_flagged() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    for patient in ["P1", "P2"] {
        assert_eq!(field(&peer.exchange(&admission("DUP2", patient)), "MSA", 1), "AA");
    }
    partner.wait_for(2);
    let id = engine.find("patient:P2")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["used before with other content"]);
}
