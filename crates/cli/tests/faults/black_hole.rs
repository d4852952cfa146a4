//! F9: a destination takes a message and never answers. The attempt ends after the timeout, the same message with the
//! same MSH-10 is sent again, and the order is kept (R2, R3).

use super::support::{Partner, Peer, Workspace, admission, field};
use hospital::wire::Act;

/// The lines of a destination that has a second to answer.
pub fn pharmacy(port: u16) -> String {
    format!(
        "  send pharmacy {{\n    mllp 127.0.0.1:{port} timeout 1s\n    retry from 100ms to 300ms give-up never\n  }}"
    )
}

#[test]
fn a_destination_that_never_answers_gets_the_same_message_again_in_order() {
    let partner = Partner::new();
    partner.act(Act::Silence);
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let expected: Vec<String> = (0..10).map(|number| format!("H{number:04}")).collect();
    for id in &expected {
        assert_eq!(field(&peer.exchange(&admission(id, "P1")), "MSA", 1), "AA");
    }
    // The head of the key is tried again and again, and nothing overtakes it.
    partner.wait_for(3);
    assert!(partner.control_ids().iter().all(|id| *id == expected[0]), "{:?}", partner.control_ids());
    assert_eq!(engine.count("in_flight"), 10, "sent without an answer is not delivered");
    partner.behave();
    engine.wait_for_count("delivered", 10);
    let arrived = partner.messages();
    let first = arrived.iter().position(|message| field(message, "MSH", 9) == expected[1]).expect("the second");
    let head = &arrived[0];
    assert!(first >= 4 && arrived[..first].iter().all(|message| message == head), "the same bytes each time");
    let rest: Vec<String> = arrived[first..].iter().map(|message| field(message, "MSH", 9)).collect();
    assert_eq!(rest, expected[1..], "the others once each, in order");
}
