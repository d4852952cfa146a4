//! The way back to an earlier version of the workspace: by what the engine keeps, by git, in an environment.

use super::support::{Engine, Workspace, command};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde_json::Value;
use std::path::Path;
use store::Store;

fn lines(ward: &str) -> String {
    super::support::received(&format!("set MSH-6 = {ward}\nsend archive {{\n file out\n}}"))
}

fn reads(workspace: &Workspace) -> String {
    std::fs::read_to_string(workspace.path().join("interfaces/adt/interface.flow")).expect("the file")
}

/// Three versions, the oldest first: as started, and two that were applied.
fn applied(workspace: &Workspace, engine: &Engine) {
    for ward in ["SECOND", "THIRD"] {
        workspace.interface("adt", &lines(ward));
        engine.sinew(&["apply", "--yes", "--reason", &format!("ward {ward}")]).expect(0);
    }
}

fn start() -> Workspace {
    let workspace = Workspace::with("send archive {\n file out\n}");
    workspace.interface("adt", &lines("FIRST"));
    workspace
}

fn versions(engine: &Engine) -> Vec<Value> {
    let told = engine.sinew(&["rollback", "--list", "--json"]).expect(0).json();
    told["versions"].as_array().cloned().expect("versions")
}

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    let who = ["-c", "user.name=Iris Hale", "-c", "user.email=iris@example.org"];
    let out = command.arg("-C").arg(folder).args(who).args(words).output().expect("git");
    assert!(out.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn without_git_it_goes_back_by_what_the_engine_keeps() {
    let workspace = start();
    let engine = workspace.run();
    engine.sinew(&["rollback"]).expect(1).says(&["E7431"]);
    applied(&workspace, &engine);
    let before = engine.sinew(&["rollback"]).expect(5);
    before.says(&[
        "by the versions that the engine keeps",
        "changed",
        "interfaces/adt/interface.flow",
        "+1 -1",
        "--yes",
    ]);
    assert!(reads(&workspace).contains("THIRD"), "nothing is done before it is asked for");
    let done = engine.sinew(&["rollback", "--yes", "--reason", "wrong ward"]).expect(0);
    done.says(&["in force as it was in"]);
    assert!(reads(&workspace).contains("SECOND"));
    let list = versions(&engine);
    let reasons: Vec<&str> = list.iter().filter_map(|version| version["reason"].as_str()).collect();
    assert_eq!(reasons, ["wrong ward", "ward THIRD", "ward SECOND", "the files at a start"]);
    assert!(list.iter().all(|version| version["signature"] == "valid" && version["environment"] == "dev"), "{list:?}");
    engine.sinew(&["rollback", "--list"]).expect(0).says(&["valid", "ward THIRD", "dev"]);
    // Edits that were never in force are put aside, and can be had back.
    workspace.interface("adt", &lines("EDITED"));
    let first = list[3]["id"].as_str().expect("an id");
    let told =
        engine.sinew(&["rollback", "--to", &first[..6], "--yes", "--reason", "first", "--json"]).expect(0).json();
    assert_eq!((&told["by"], &told["is_done"], &told["to"]), (&"kept".into(), &true.into(), &first.into()));
    assert!(reads(&workspace).contains("FIRST"));
    let list = versions(&engine);
    assert_eq!((&list[1]["was_in_force"], &list[0]["is_newest"]), (&false.into(), &true.into()), "{list:?}");
    let edited = list[1]["id"].as_str().expect("an id");
    engine.sinew(&["rollback", "--to", edited, "--yes", "--reason", "after all"]).expect(0);
    assert!(reads(&workspace).contains("EDITED"));
    engine.sinew(&["rollback", "--to", "nothing"]).expect(1).says(&["E7431", "--list"]);
    let audit = engine.sinew(&["audit", "search", "--act", "roll back"]).expect(0);
    audit.says(&["wrong ward", "first", "after all"]);
    assert_eq!(engine.signal("-TERM").0, 0);
}

#[test]
fn in_git_it_goes_back_by_commits_or_by_what_the_engine_keeps() {
    let workspace = start();
    git(workspace.path(), &["init", "--quiet"]);
    let engine = workspace.run();
    applied(&workspace, &engine);
    engine.sinew(&["rollback"]).expect(5).says(&["by git: back to", "interface.flow"]);
    engine.sinew(&["rollback", "--yes", "--reason", "by git"]).expect(0).says(&["recorded as"]);
    assert!(reads(&workspace).contains("SECOND"));
    let told = engine.sinew(&["rollback", "--kept", "--json"]).expect(5).json();
    assert_eq!((&told["by"], &told["is_done"]), (&"kept".into(), &false.into()));
    engine.sinew(&["rollback", "--kept", "--yes", "--reason", "by the engine"]).expect(0).says(&["recorded as"]);
    assert!(reads(&workspace).contains("THIRD"), "the one in force before the way back by git");
    let log = git(workspace.path(), &["log", "--format=%s"]);
    assert!(log.starts_with("roll back to the kept version"), "{log}");
    assert_eq!(git(workspace.path(), &["status", "--porcelain", "interfaces"]), "", "git has what is in force");
    assert_eq!(engine.signal("-TERM").0, 0);
}

#[test]
fn what_was_changed_while_no_engine_ran_is_told() {
    let workspace = start();
    let engine = workspace.run();
    applied(&workspace, &engine);
    assert_eq!(engine.signal("-TERM").0, 0);
    workspace.interface("adt", &lines("BEHIND"));
    let engine = workspace.run();
    engine.wait_to_say("E7433");
    let list = versions(&engine);
    assert_eq!((&list[0]["reason"], list.len()), (&"the files at a start".into(), 4));
    engine.sinew(&["audit", "search", "--act", "start with other files"]).expect(0).says(&["start with other files"]);
    engine.sinew(&["rollback", "--yes", "--reason", "as it was applied"]).expect(0);
    assert!(reads(&workspace).contains("THIRD"));
    assert_eq!(engine.signal("-TERM").0, 0);
    let engine = workspace.run();
    assert_eq!(versions(&engine).len(), 5, "what was put into force last needs no other version");
    assert_eq!(engine.signal("-TERM").0, 0);
}

#[test]
fn an_environment_that_is_named_is_meant() {
    let workspace = start();
    workspace.write("environments/prod.toml", "[adt.send.archive]\naddress = \"elsewhere\"\n");
    workspace.write("environments/stage.toml", "[adt.send.archve]\naddress = \"elsewhere\"\n");
    workspace.sinew(&["check"]).expect(1).says(&["E3006", "environments/stage.toml", "archve"]);
    workspace.write("environments/stage.toml", "[adt.send.archive]\naddress = \"elsewhere\"\n");
    workspace.sinew(&["check"]).expect(0);
    let run = command(&["run", "--env", "prod"]);
    let mut engine = Engine::spawn_with(workspace.path(), run);
    engine.wait_to_answer();
    engine.sinew(&["plan"]).expect(0).says(&["environment prod"]);
    engine.sinew(&["plan", "--env", "prod"]).expect(0);
    for verb in ["plan", "apply", "rollback"] {
        engine.sinew(&[verb, "--env", "test-2"]).expect(5).says(&["E7434", "`prod`"]);
    }
    workspace.interface("adt", &lines("SECOND"));
    engine.sinew(&["apply", "--env", "prod", "--yes", "--reason", "wards"]).expect(0);
    assert!(versions(&engine).iter().all(|version| version["environment"] == "prod"));
    assert_eq!(engine.signal("-TERM").0, 0);
}

/// Somebody with the key of the store changes the record of a version as `change` says, behind the engine's back.
fn tamper(workspace: &Workspace, id: &str, change: impl Fn(&mut Value)) {
    let (store, _) = Store::open(&workspace.path().join("data"), &store::Options::default()).expect("the store");
    let mut row = store.tables().account("version", id).expect("the tables").expect("the version");
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &store.key_for("accounts")).expect("a key"));
    let aad = || Aad::from([b"version\0", id.as_bytes()].concat());
    let nonce: [u8; NONCE_LEN] = row.body[..NONCE_LEN].try_into().expect("a nonce");
    let mut sealed = row.body.split_off(NONCE_LEN);
    let text = key.open_in_place(Nonce::assume_unique_for_key(nonce), aad(), &mut sealed).expect("the record");
    let mut version: Value = serde_json::from_slice(text).expect("a version");
    change(&mut version);
    let mut text = serde_json::to_vec(&version).expect("JSON");
    // The old bytes were sealed with this nonce: another one for other bytes.
    let other = nonce.map(|byte| byte ^ 0x5a);
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(other), aad(), &mut text).expect("sealed");
    row.body = [&other[..], &text].concat();
    row.revision += 1;
    assert!(store.tables().account_put(&row).expect("the tables"));
}

#[test]
fn versions_that_were_changed_behind_the_engine_are_found() {
    let workspace = start();
    let engine = workspace.run();
    engine.sinew(&["version", "verify"]).expect(0).says(&["1 version kept, 1 is as it was signed"]);
    applied(&workspace, &engine);
    engine.sinew(&["version", "verify"]).expect(0).says(&["3 versions kept, 3 are as they were signed"]);
    let list = versions(&engine);
    let id = |at: usize| list[at]["id"].as_str().expect("an id").to_owned();
    assert_eq!(engine.signal("-TERM").0, 0);
    workspace.sinew(&["version", "verify"]).expect(3).says(&["E7001"]);
    tamper(&workspace, &id(1), |version| version["reason"] = "nobody said so".into());
    tamper(&workspace, &id(2), |version| version["signature"] = "".into());
    let engine = workspace.run();
    let verified = engine.sinew(&["version", "verify"]).expect(1);
    verified.says(&[
        "3 versions kept, 1 is as it was signed",
        "E7432",
        &id(1),
        "over what it says",
        &id(2),
        "no signature",
    ]);
    assert!(!verified.err.contains(&id(0)), "{}", verified.err);
    let told = engine.sinew(&["version", "verify", "--json"]).expect(1).json();
    assert_eq!(
        (&told["schema"], &told["kept"], &told["valid"]),
        (&"sinew.version-verify/1".into(), &3.into(), &1.into())
    );
    let words: Vec<&str> =
        told["versions"].as_array().expect("rows").iter().map(|row| row["signature"].as_str().unwrap()).collect();
    assert_eq!(words, ["valid", "wrong", "missing"]);
    engine.sinew(&["rollback", "--list"]).expect(1).says(&["nobody said so", "E7432"]);
    engine.sinew(&["rollback", "--list", "--json"]).expect(1).says(&["E7432"]);
    engine.sinew(&["rollback", "--to", &id(1), "--yes", "--reason", "back"]).expect(1).says(&["E7432"]);
    assert_eq!(engine.signal("-TERM").0, 0);
    // A record that nobody can open is told too, and is not passed over as if it had never been.
    let (store, _) = Store::open(&workspace.path().join("data"), &store::Options::default()).expect("the store");
    let mut row = store.tables().account("version", &id(2)).expect("the tables").expect("the version");
    (row.body, row.revision) = (vec![0; 64], row.revision + 1);
    assert!(store.tables().account_put(&row).expect("the tables"));
    drop(store);
    let engine = workspace.run();
    let verified = engine.sinew(&["version", "verify"]).expect(1);
    verified.says(&["3 versions kept, 1 is as it was signed", "E4090", &id(2), "cannot be read"]);
    assert_eq!(engine.signal("-TERM").0, 0);
}
