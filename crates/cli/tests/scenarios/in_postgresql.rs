//! A workspace whose messages are in PostgreSQL: the commands work as they do on files.

use super::{
    destination_down::pharmacy,
    support::{Partner, Peer, Workspace, admission, field, wait_for},
};
use std::os::unix::fs::PermissionsExt as _;
use store::contract::server::Server;

#[test]
fn a_workspace_in_postgresql_runs_ends_recovers_and_answers() {
    let server = match Server::start(&[]) {
        Ok(server) => server,
        Err(why) => return println!("skipped: {why}"),
    };
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let settings = "name = \"scenario\"\ndata = \"data\"\n[store]\nengine = \"postgres\"\nurl = \"file:database\"\n";
    workspace.write("sinew.toml", settings);
    let address = workspace.write("database", &format!("{} password=h0rse-battery\n", server.address()));
    std::fs::set_permissions(address, std::fs::Permissions::from_mode(0o600)).expect("an owner-only file");

    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    let first = peer.exchange(&admission("PG1", "P1"));
    assert_eq!(field(&first, "MSA", 1), "AA");
    engine.wait_for_count("delivered", 1);
    let id = engine.find("patient:P1")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["pharmacy"]);
    engine.sinew(&["pause", "adt/pharmacy", "--reason", "moves"]).expect(0);
    assert_eq!(field(&peer.exchange(&admission("PG2", "P2")), "MSA", 1), "AA");
    // The delivery of the first is in the database before the engine is killed.
    wait_for("the journey", || (engine.find("patient:P1")["state"] == "delivered").then_some(()));
    engine.kill();

    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(peer.exchange(&admission("PG1", "P1")), first, "a duplicate, also after a crash");
    assert_eq!((engine.count("accepted"), engine.count("in_flight")), (2, 1));
    engine.sinew(&["resume", "adt/pharmacy", "--reason", "moved"]).expect(0);
    engine.wait_for_count("delivered", 2);
    engine.sinew(&["replay", "patient:P1", "--yes", "--reason", "asked for"]).expect(0);
    engine.wait_for_count("delivered", 3);
    assert_eq!(partner.control_ids(), ["PG1", "PG2", "PG1"]);

    // Every day's key is wrapped anew while the engine runs, and what was before it still reads.
    engine.sinew(&["key", "rotate", "--yes", "--reason", "a year is over"]).expect(0).says(&["wrapped anew", "dump"]);
    engine.sinew(&["key", "status"]).expect(0).says(&["since", "put aside"]);
    engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0);

    server.stop("immediate").expect("the server ends");
    assert_eq!(field(&peer.exchange(&admission("PG3", "P3")), "MSA", 1), "AR", "later");
    assert_eq!(engine.status()["store"], "away");
    server.begin().expect("the server starts");
    wait_for("intake", || (engine.status()["store"] == "ok").then_some(()));
    assert_eq!(field(&peer.exchange(&admission("PG3", "P3")), "MSA", 1), "AA");

    let doctor = engine.sinew(&["doctor", "--verify"]);
    doctor.says(&["database", "commits are durable", "not highly available", "every record matches"]);
    assert!(!format!("{}{}", doctor.out, doctor.err).contains("h0rse"), "a password is never shown");
    let (code, talk) = engine.signal("-TERM");
    assert!(code == 0 && !talk.contains("h0rse"), "{talk}");
    workspace.sinew(&["key", "rotate", "--yes", "--reason", "and another"]).expect(0).says(&["wrapped anew"]);
    let engine = workspace.run();
    engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0);
    assert_eq!(engine.signal("-TERM").0, 0);
}
