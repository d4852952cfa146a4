//! The master key is exchanged: by the running engine and without one, made here or given.

use super::{
    destination_down::pharmacy,
    support::{Engine, Partner, Peer, Workspace, admission, command, field, finish},
};
use std::{fs, path::Path};

const OLD: &str = "1111111111111111111111111111111111111111111111111111111111111111";
const NEW: &str = "2222222222222222222222222222222222222222222222222222222222222222";

/// A command of a workspace whose key comes from the variable `STORE_KEY`.
fn with_key(workspace: &Workspace, key: &str, arguments: &[&str]) -> super::support::Done {
    let mut command = command(arguments);
    command.current_dir(workspace.path()).env("STORE_KEY", key);
    finish(command, b"")
}

fn run_with_key(folder: &Path, key: &str) -> Engine {
    let mut start = command(&["run"]);
    start.env("STORE_KEY", key);
    let mut engine = Engine::spawn_with(folder, start);
    engine.wait_to_answer();
    engine
}

#[test]
fn a_running_engine_takes_another_key_and_goes_on() {
    let partner = Partner::new();
    let workspace = Workspace::with(&pharmacy(partner.port));
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(field(&peer.exchange(&admission("K1", "P1")), "MSA", 1), "AA");
    engine.wait_for_count("delivered", 1);
    let id = engine.find("patient:P1")["id"].to_string();
    let before = engine.sinew(&["key", "status", "--json"]).expect(0).json();
    // Nothing is done until it is meant, and said why.
    engine.sinew(&["key", "rotate"]).expect(5).says(&["master.key", "--yes"]);
    engine.sinew(&["key", "rotate", "--dry-run"]).expect(0).says(&["is made"]);
    engine.sinew(&["key", "rotate", "--yes"]).expect(2).says(&["E7003"]);
    workspace.write("short.key", "1234\n");
    engine.sinew(&["key", "rotate", "--new-key", "short.key", "--yes", "--reason", "x"]).expect(2).says(&["E4008"]);
    engine.sinew(&["key", "rotate", "--new-key", "none.key", "--yes", "--reason", "x"]).expect(3);
    assert_eq!(engine.sinew(&["key", "status", "--json"]).expect(0).json()["id"], before["id"]);
    let done = engine.sinew(&["key", "rotate", "--yes", "--reason", "a year is over", "--json"]).expect(0).json();
    assert!(done["before"] == before["id"] && done["is_in_place"] == true, "{done}");
    // The same connection, the same engine.
    assert_eq!(field(&peer.exchange(&admission("K2", "P2")), "MSA", 1), "AA");
    engine.wait_for_count("delivered", 2);
    engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0).says(&["P1"]);
    let status = engine.sinew(&["key", "status"]).expect(0);
    status.says(&[done["after"].as_str().expect("an id"), "put aside", "sinew backup"]);
    let record = engine.sinew(&["audit", "search", "--act", "rotate master key", "--json"]).expect(0);
    record.says(&["a year is over", done["after"].as_str().expect("an id")]);
    let report = engine.sinew(&["compliance", "report", "--json"]).expect(0).json();
    assert!(report["master_key"]["id"] == done["after"] && report["master_key"]["since"].is_string(), "{report}");
    engine.sinew(&["doctor"]).says(&[done["after"].as_str().expect("an id")]);
    engine.kill();
    let engine = workspace.run();
    assert_eq!(engine.count("accepted"), 2);
    engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0).says(&["P1"]);
    assert_eq!(engine.signal("-TERM").0, 0);
    // Without an engine the command does the same, on record too, and tells no key.
    let again = workspace.sinew(&["key", "rotate", "--yes", "--reason", "once more"]).expect(0);
    again.says(&["wrapped anew", "put aside"]);
    let keys = fs::read_dir(workspace.path().join("data/keys")).expect("the keys").flatten();
    let keys: Vec<String> = keys.map(|entry| fs::read_to_string(entry.path()).unwrap_or_default()).collect();
    let secrets: Vec<&str> = keys.iter().map(|text| text.trim()).filter(|text| text.len() == 64).collect();
    assert_eq!(secrets.len(), 3, "two were put aside");
    assert!(secrets.iter().all(|secret| !format!("{done}{again:?}{status:?}").contains(secret)));
    workspace.sinew(&["audit", "search", "--act", "rotate master key", "--json"]).expect(0).says(&["once more"]);
    let engine = workspace.run();
    engine.sinew(&["message", &id, "--raw", "--reason", "test"]).expect(0).says(&["P1"]);
}

#[test]
fn a_key_from_a_variable_is_exchanged_without_an_end_of_work_and_the_next_start_takes_the_new_one() {
    let workspace = Workspace::with("  send out {\n    file out\n  }");
    let settings = fs::read_to_string(workspace.path().join("sinew.toml")).expect("settings");
    workspace.write("sinew.toml", &format!("{settings}\n[store]\nkey = \"env:STORE_KEY\"\n"));
    workspace.write("new.key", &format!("{NEW}\n"));
    let engine = run_with_key(workspace.path(), OLD);
    let mut peer = Peer::connect(&engine.address("adt"));
    assert_eq!(field(&peer.exchange(&admission("V1", "P1")), "MSA", 1), "AA");
    let id = engine.find("patient:P1")["id"].to_string();
    let rotate =
        |key, more: &[&str]| with_key(&workspace, key, &[&["key", "rotate", "--reason", "leaked"], more].concat());
    rotate(OLD, &[]).expect(2).says(&["E4014", "--new-key"]);
    rotate(OLD, &["--yes"]).expect(1).says(&["E4014", "given from outside"]);
    let done = rotate(OLD, &["--yes", "--new-key", "new.key"]).expect(0);
    done.says(&["STORE_KEY", "both keys open"]);
    assert!(!format!("{done:?}").contains(NEW));
    with_key(&workspace, OLD, &["doctor"]).says(&["WARN", "opens the store as well"]);
    with_key(&workspace, OLD, &["key", "status"]).expect(0).says(&["STORE_KEY", "takes the place of"]);
    assert_eq!(field(&peer.exchange(&admission("V2", "P2")), "MSA", 1), "AA");
    // Whoever starts it again before the new key is in its place starts it.
    engine.kill();
    let engine = run_with_key(workspace.path(), OLD);
    with_key(&workspace, OLD, &["message", &id, "--raw", "--reason", "test"]).expect(0).says(&["P1"]);
    assert_eq!(engine.signal("-TERM").0, 0);
    let engine = run_with_key(workspace.path(), NEW);
    with_key(&workspace, NEW, &["message", &id, "--raw", "--reason", "test"]).expect(0).says(&["P1"]);
    super::support::wait_for("the end of the exchange", || {
        let told = with_key(&workspace, NEW, &["key", "status", "--json"]).expect(0).json();
        (told["unfinished"].is_null() && told["is_running"] == false).then_some(())
    });
    assert_eq!(engine.signal("-TERM").0, 0);
    with_key(&workspace, OLD, &["run"]).expect(2).says(&["E4007"]);
    with_key(&workspace, NEW, &["audit", "search", "--act", "master key rotated", "--json"]).expect(0).says(&["sinew"]);
}
