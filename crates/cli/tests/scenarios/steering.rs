//! Pause, resume, release, retry, resend, delete and replay through the command line: what they do, what they refuse,
//! and that the audit chain keeps who did it and why.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Workspace, admission, free_port},
};
use hospital::wire::Act;
use message::AckCode;

const REJECT: Act = Act::Reject { code: AckCode::AE, condition: None };

fn send_one(workspace: &Workspace, engine: &Engine, control_id: &str, patient: &str) {
    let file = workspace.write(&format!("{control_id}.hl7"), &admission(control_id, patient));
    engine.send(&[&file.display().to_string()]);
}

/// Acts and reasons of the audit chain, oldest first.
fn audit(workspace: &Workspace) -> Vec<(String, String, String)> {
    let options = store::Options::default();
    let (store, _) = store::Store::open(&workspace.path().join("data"), &options).expect("the store opens");
    assert!(store.audit().verify().expect("the chain").is_ok(), "the chain is whole");
    let mut rows = store.audit().list(&store::AuditQuery::default()).expect("the chain");
    // Looking is recorded as well; here it is about what was done.
    rows.retain(|row| !["search", "view"].contains(&row.entry.act.as_str()));
    rows.sort_by_key(|row| row.number);
    rows.into_iter().map(|row| (row.entry.act, row.entry.object, row.entry.reason)).collect()
}

#[test]
fn pause_and_resume_a_destination_and_an_interface() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    engine.sinew(&["pause", "adt/pharmacy"]).expect(5).says(&["E7003", "--reason"]);
    engine.sinew(&["pause", "adt/phamacy", "--reason", "typo"]).expect(1).says(&["E5201", "phamacy"]);
    engine.sinew(&["pause", "adt/pharmacy", "--reason", "pharmacy moves"]).expect(0);
    send_one(&workspace, &engine, "P1", "P1");
    assert_eq!(engine.count("in_flight"), 1);
    engine.kill();

    let engine = workspace.run(); // a pause survives a restart
    assert!(partner.messages().is_empty());
    assert_eq!(engine.status()["interfaces"][0]["destinations"][0]["state"], "paused");
    engine.sinew(&["resume", "adt/pharmacy", "--reason", "moved"]).expect(0);
    engine.wait_for_count("delivered", 1);

    let address = engine.address("adt");
    engine.sinew(&["pause", "adt", "--reason", "hub maintenance"]).expect(0);
    assert!(std::net::TcpStream::connect(&address).is_err(), "peers keep their messages");
    engine.sinew(&["resume", "adt", "--reason", "done"]).expect(0);
    send_one(&workspace, &engine, "P2", "P1");
    assert_eq!(engine.signal("-TERM").0, 0);
    let acts: Vec<String> =
        audit(&workspace).into_iter().map(|(act, object, why)| format!("{act} {object}: {why}")).collect();
    assert_eq!(
        acts,
        [
            "pause adt/pharmacy: pharmacy moves",
            "resume adt/pharmacy: moved",
            "pause adt: hub maintenance",
            "resume adt: done"
        ]
    );
}

#[test]
fn a_drain_empties_what_came_before_and_holds_what_comes_later() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    send_one(&workspace, &engine, "D1", "P1");
    engine.sinew(&["drain", "adt/pharmacy"]).expect(5).says(&["E7003", "--reason"]);
    let waits = ["drain", "adt/pharmacy", "--reason", "moves at 14:00", "--wait", "0s"];
    engine.sinew(&waits).expect(1).says(&["1 delivery left", "goes on emptying"]);
    send_one(&workspace, &engine, "D2", "P2");
    engine.kill();

    // A drain survives a restart, with what it is about.
    let engine = workspace.run();
    assert_eq!(engine.status()["interfaces"][0]["destinations"][0]["draining"], 1);
    engine.sinew(&["drain", "adt", "--reason", "the whole interface", "--wait", "0s"]).expect(1);
    partner.behave();
    engine.wait_for_state("control:D1", "delivered");
    let status = engine.status();
    let to = &status["interfaces"][0]["destinations"][0];
    assert_eq!((&to["draining"], &to["queued"], &to["state"]), (&0.into(), &1.into(), &"paused".into()), "{to}");
    engine.sinew(&["resume", "adt", "--reason", "it takes again"]).expect(0);
    // Held, and let go one by one.
    send_one(&workspace, &engine, "D3", "P3");
    engine.sinew(&["release", "adt/pharmacy", "--count", "1", "--reason", "does it pass?"]).expect(0);
    engine.wait_for_state("control:D2", "delivered");
    assert_eq!(engine.count("in_flight"), 1, "one was let go");
    engine.sinew(&["resume", "adt/pharmacy", "--reason", "moved"]).expect(0);
    engine.wait_for_count("delivered", 3);
    engine.sinew(&["release", "adt/pharmacy", "--count", "1", "--reason", "x"]).expect(1).says(&["E5202"]);
    engine.sinew(&["drain", "adt", "--reason", "the end"]).expect(0).says(&["is empty"]);
    assert_eq!(partner.control_ids(), ["D1", "D2", "D3"]);
    drop(engine);
    let acts: Vec<String> = audit(&workspace).into_iter().map(|(act, object, _)| format!("{act} {object}")).collect();
    assert!(
        acts.contains(&"drain adt/pharmacy".to_owned()) && acts.contains(&"let go 1 next of adt/pharmacy".to_owned()),
        "{acts:?}"
    );
}

#[test]
fn a_parked_delivery_is_retried_resent_and_deleted() {
    let partner = Partner::new();
    partner.act(REJECT);
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    send_one(&workspace, &engine, "A1", "P1");
    send_one(&workspace, &engine, "A2", "P2");
    let first = engine.wait_for_state("control:A1", "parked")["id"].to_string();
    let second = engine.wait_for_state("control:A2", "parked")["id"].to_string();
    partner.behave();

    engine.sinew(&["retry", &first, "--reason", "corrected"]).expect(5).says(&["--yes"]);
    engine.sinew(&["retry", "nonsense", "--yes", "--reason", "x"]).expect(2);
    engine.sinew(&["retry", "1", "--yes", "--reason", "x"]).expect(1);
    engine.sinew(&["retry", &first, "--yes", "--reason", "corrected over there"]).expect(0);
    engine.wait_for_state("control:A1", "delivered");
    engine.sinew(&["retry", &first, "--yes", "--reason", "again"]).expect(1).says(&["E"]);

    engine.sinew(&["resend", &format!("{first}/0"), "--yes", "--reason", "lost a day"]).expect(0);
    partner.wait_for(4);
    let messages = partner.messages();
    assert_eq!(messages[3], messages[2], "the same bytes with the same control id");

    engine.sinew(&["delete", &second, "--yes", "--reason", "a test message"]).expect(0);
    engine.wait_for_state("control:A2", "deleted");
    engine.wait_for_count("delivered", 1);
    assert_eq!((engine.count("deleted"), engine.count("parked")), (1, 0));
    engine.sinew(&["status"]).expect(0).says(&["lost 0"]);
    assert_eq!(engine.signal("-TERM").0, 0);
    let acts: Vec<(String, String)> = audit(&workspace).into_iter().map(|(act, _, why)| (act, why)).collect();
    for expected in [("retry", "corrected over there"), ("resend", "lost a day"), ("delete", "a test message")] {
        assert!(acts.iter().any(|(act, why)| (act.as_str(), why.as_str()) == expected), "{expected:?} in {acts:?}");
    }
}

#[test]
fn a_held_key_goes_on_after_release() {
    let partner = Partner::new();
    partner.act(REJECT);
    let lines = pharmacy(partner.port).replace("\n  }", "\n    replies preset hold-on-error\n  }");
    let workspace = Workspace::with(&lines);
    let engine = workspace.run();
    for id in ["H1", "H2"] {
        send_one(&workspace, &engine, id, "P1");
    }
    partner.wait_for(1);
    super::support::wait_for("the key to be held", || {
        (engine.status()["interfaces"][0]["destinations"][0]["held"] == 1).then_some(())
    });
    engine.sinew(&["status"]).expect(1).says(&["held"]);
    partner.behave();
    engine.sinew(&["release", "adt"]).expect(5);
    engine.sinew(&["release", "adt", "--reason", "x"]).expect(2).says(&["destination"]);
    engine.sinew(&["release", "adt/pharmacy", "--reason", "corrected on their side"]).expect(0);
    engine.wait_for_count("delivered", 2);
    assert_eq!(partner.control_ids(), ["H1", "H1", "H2"], "the head again, then what waited behind it");
}

#[test]
fn replay_shows_a_plan_and_does_it_when_told() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    for id in ["Y1", "Y2"] {
        send_one(&workspace, &engine, id, "P1");
    }
    engine.wait_for_count("delivered", 2);
    engine.sinew(&["replay", "patient:P1"]).expect(5).says(&[
        "2 messages",
        "through adt",
        "Nothing has been done",
        "--yes",
    ]);
    engine.sinew(&["replay", "patient:NOBODY"]).expect(1);
    engine.sinew(&["replay", "colour:red"]).expect(2).says(&["E7002"]);
    assert_eq!(partner.messages().len(), 2);
    engine.sinew(&["replay", "patient:P1", "--yes", "--reason", "their disk failed"]).expect(0).says(&["2 replayed"]);
    partner.wait_for(4);
    assert_eq!(partner.control_ids(), ["Y1", "Y2", "Y1", "Y2"], "in order, not taken for duplicates");
    assert_eq!(engine.count("accepted"), 4, "a replay is a message of its own");
    let id = engine.find("control:Y2")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["replay of message"]);
}

#[test]
fn a_code_that_was_missing_is_added_and_what_was_parked_runs_again() {
    let partner = Partner::new();
    let lines = format!("  translate PV1-3.1 with wards missing error\n{}", pharmacy(partner.port));
    let workspace = Workspace::with(&lines);
    workspace.write("interfaces/adt/tables/wards.csv", "from,to\nICU,INTENSIVE\n");
    let engine = workspace.run();
    send_one(&workspace, &engine, "C1", "P1");
    let id = engine.wait_for_state("control:C1", "parked")["id"].to_string();
    engine.sinew(&["explain", &id]).expect(0).says(&["E2401", "wards"]);
    let raw = engine.sinew(&["message", &id, "--raw", "--reason", "new ward code"]).expect(0);
    assert_eq!(raw.out, admission("C1", "P1"), "byte for byte");
    workspace.write("interfaces/adt/tables/wards.csv", "from,to\nICU,INTENSIVE\n4W,4 WEST\n");
    engine.sinew(&["reload"]).expect(0).says(&["changed: adt"]);
    let replay = ["replay", "state:parked", "interface:adt", "--yes", "--reason", "ward added"];
    engine.sinew(&replay).expect(0).says(&["1 replayed"]);
    engine.wait_for_count("delivered", 1);
    assert_eq!(engine.count("parked"), 0, "the parked one has ended");
    assert!(partner.messages()[0].contains("|4 WEST^"), "{:?}", partner.control_ids());
    assert_eq!(engine.signal("-TERM").0, 0);
    let read = audit(&workspace).into_iter().any(|(act, _, why)| act == "read" && why == "new ward code");
    assert!(read, "reading content is audited");
}

#[test]
fn every_word_of_a_search_holds_and_a_number_that_is_no_message_is_said_so() {
    let partner = Partner::new();
    let workspace = Workspace::with(&format!("  index ward PV1-3.1\n  index room PV1-3.2\n{}", pharmacy(partner.port)));
    let engine = workspace.run();
    send_one(&workspace, &engine, "Q1", "482113");
    send_one(&workspace, &engine, "Q2", "482114");
    engine.wait_for_state("control:Q2", "delivered");
    let ids = |query: &str| -> Vec<String> {
        let done = engine.sinew(&["messages", query, "--json"]);
        let rows = done.json()["messages"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["control_id"].as_str().expect("an id").to_owned()).collect()
    };
    assert_eq!(ids("482113"), ["Q1"]);
    assert_eq!(ids("V10139"), ["Q2", "Q1"]);
    assert_eq!(ids("V10139 482113"), ["Q1"], "words are joined by and");
    assert_eq!(ids("ward=4W room=201"), ["Q2", "Q1"]);
    assert!(ids("ward=4W room=999").is_empty(), "so are fields");
    let id = engine.find("control:Q1")["id"].to_string();
    assert_eq!(ids(&id), ["Q1"], "a number may be a message");
    assert_eq!(ids(&format!("id:{id} interface:adt")), ["Q1"]);
    assert!(ids(&format!("id:{id} interface:lab")).is_empty());
    engine.sinew(&["messages", "patient:1 patient:2"]).expect(2).says(&["twice"]);
    for arguments in [&["explain", "4200"][..], &["message", "4200", "--raw"], &["explain", "99999999"]] {
        engine.sinew(arguments).expect(1).says(&["E5201", "there is no message"]);
    }
    engine.sinew(&["retry", "4200", "--yes", "--reason", "x"]).expect(1).says(&["E5201"]);
}

#[test]
fn acts_need_an_engine() {
    let workspace = Workspace::with(&pharmacy(free_port()));
    for arguments in [&["pause", "adt", "--reason", "x"][..], &["replay", "id:1"], &["messages"], &["top"], &["reload"]]
    {
        workspace.sinew(arguments).expect(3).says(&["E7001"]);
    }
}
