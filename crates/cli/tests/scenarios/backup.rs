//! Backup, restore and drill with the real binary: under load, after kills, with damage and with the wrong key; and
//! that neither a drill nor a restored engine sends anything.

use super::{
    destination_down::pharmacy,
    support::{Done, Partner, Peer, Workspace, admission, field, wait_for},
};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// A workspace that knows where its backups go, and a key.
fn set_up(workspace: &Workspace) {
    let recipient = workspace.sinew(&["backup", "key", "backup.key"]).expect(0).out.trim().to_owned();
    let text = "name = \"scenario\"\ndata = \"data\"\n[backup]\nto = \"repository\"\nrecipient = ";
    workspace.write("sinew.toml", &format!("{text}\"{recipient}\"\n"));
}

fn backup(workspace: &Workspace) -> Value {
    workspace.sinew(&["backup", "--json"]).expect(0).json()
}

fn drill(workspace: &Workspace, more: &[&str]) -> Done {
    workspace.sinew(&[&["drill", "--key", "backup.key", "--json"], more].concat())
}

/// The names of the checks that did not pass.
fn failed(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().expect("checks");
    let failed = checks.iter().filter(|check| check["is_passed"] == false);
    failed.map(|check| check["name"].as_str().expect("a name").to_owned()).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { open.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

fn flip(path: &Path, place: usize) {
    let mut bytes = fs::read(path).expect("a file");
    bytes[place] ^= 0x01;
    fs::write(path, bytes).expect("a file");
}

/// Nobody connected to a listener since it was bound.
fn assert_untouched(canary: &TcpListener, when: &str) {
    canary.set_nonblocking(true).expect("a mode");
    assert!(canary.accept().is_err(), "something connected {when}");
}

#[test]
fn made_under_load_it_restores_everything_and_sends_nothing_until_resumed() {
    let partner = Partner::stopped();
    let workspace = Workspace::with(&format!("  set PID-8 = \"other\"\n{}", pharmacy(partner.port)));
    set_up(&workspace);
    let engine = workspace.run();
    let (sent, is_enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let sender = {
        let (address, sent, is_enough) = (engine.address("adt"), sent.clone(), is_enough.clone());
        std::thread::spawn(move || {
            let mut peer = Peer::connect(&address);
            while !is_enough.load(Ordering::Relaxed) {
                let number = sent.load(Ordering::Relaxed);
                let message = admission(&format!("B{number:05}"), "P1").replace("Quist", "ZZCANARY");
                assert_eq!(field(&peer.exchange(&message), "MSA", 1), "AA");
                sent.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    wait_for("some load", || (sent.load(Ordering::Relaxed) >= 20).then_some(()));
    for number in 1..=2 {
        let before = sent.load(Ordering::Relaxed) as u64;
        let made = backup(&workspace);
        assert_eq!(made["number"], number);
        assert!(made["messages"].as_u64() >= Some(before), "what was acknowledged before is in it");
        wait_for("more load", || (sent.load(Ordering::Relaxed) as u64 > before + 20).then_some(()));
    }
    is_enough.store(true, Ordering::Relaxed);
    sender.join().expect("the sender ends");
    let count = sent.load(Ordering::Relaxed) as u64;
    let last = backup(&workspace);
    assert_eq!(last["messages"], count);
    assert!(last["added"]["bytes"].as_u64() < last["bytes"].as_u64(), "only what is new: {last}");

    let canary = TcpListener::bind(("127.0.0.1", partner.port)).expect("the port of the destination");
    let late = ["L1", "L2"].map(|id| workspace.write(id, &admission(id, "P1")).display().to_string());
    engine.send(&[&late[0], &late[1]]);
    engine.sinew(&["pause", "adt/pharmacy", "--reason", "the canary"]).expect(0);
    while canary.set_nonblocking(true).is_ok() && canary.accept().is_ok() {} // the engine's own probes
    let report = drill(&workspace, &[]).expect(0).json();
    assert_eq!((failed(&report), report["compared"].as_u64()), (Vec::<String>::new(), Some(count.min(200))));
    assert_eq!((report["missing"].as_u64(), report["missing_ids"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_untouched(&canary, "in the drill");
    engine.kill();

    let restored = workspace.at("restored");
    let arguments = ["restore", "repository", "--key", "backup.key", "--to", &restored];
    workspace.sinew(&arguments).expect(5).says(&["E7003", &format!("{count} deliveries were open"), "adt/pharmacy"]);
    assert!(!Path::new(&restored).exists(), "a plan writes nothing");
    let done = workspace.sinew(&[&arguments[..], &["--yes", "--reason", "the disk died"]].concat()).expect(0);
    done.says(&["paused: adt, adt/pharmacy", "sinew resume --all"]);
    workspace.sinew(&[&arguments[..], &["--yes", "--reason", "again"]].concat()).expect(5).says(&["E4045"]);
    for path in files(&workspace.path().join("repository")) {
        let bytes = fs::read(&path).expect("a file");
        for word in [&b"ZZCANARY"[..], b"AGE-SECRET"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word), "{}", path.display());
        }
    }

    let engine = super::support::Engine::start(Path::new(&restored), "run");
    assert_eq!((engine.count("accepted"), engine.count("in_flight")), (count, count));
    assert_eq!(engine.status()["interfaces"][0]["address"], Value::Null, "it takes nothing");
    engine.sinew(&["doctor", "--verify"]);
    assert_untouched(&canary, "after the restore");
    drop(canary);
    partner.behave();
    engine.sinew(&["resume", "--all", "--reason", "the old one is off"]).expect(0);
    engine.wait_for_count("delivered", count);
    let expected: Vec<String> = (0..count).map(|number| format!("B{number:05}")).collect();
    assert_eq!(partner.control_ids(), expected, "each once, in order");
    assert!(partner.messages()[0].contains("|other"), "through the interface");
    engine.sinew(&["resume", "--all", "--reason", "again"]).expect(0).says(&["nothing is paused"]);
}

/// A workspace whose engine took some messages and ended.
fn with_messages(lines: &str, count: usize) -> Workspace {
    let workspace = Workspace::with(lines);
    set_up(&workspace);
    let engine = workspace.run();
    let mut peer = Peer::connect(&engine.address("adt"));
    for number in 0..count {
        peer.exchange(&admission(&format!("D{number}"), "P1"));
    }
    engine.sinew(&["pause", "adt/pharmacy", "--reason", "an unusual reason"]).expect(0);
    assert_eq!(engine.signal("-TERM").0, 0);
    workspace
}

#[test]
fn a_drill_names_what_would_not_do() {
    let partner = Partner::stopped();
    let workspace = with_messages(&format!("  set PID-8 = \"other\"\n{}", pharmacy(partner.port)), 10);
    let data = workspace.path().join("data");
    workspace.sinew(&["doctor"]).says(&["none was made yet"]);
    backup(&workspace);
    workspace.sinew(&["doctor"]).says(&["number 1,", "no drill has shown"]);
    drill(&workspace, &[]).expect(0);
    workspace.sinew(&["doctor"]).says(&["of backup 1: passed"]);
    let good = drill(&workspace, &["--report", "good.json"]).expect(0).json();
    assert_eq!((failed(&good), good["is_passed"].as_bool()), (Vec::<String>::new(), Some(true)));
    assert!(fs::read_to_string(workspace.at("good.txt")).expect("the report").ends_with("PASSED\n"));

    // A record that says otherwise than the interface.
    let (store, _) = store::Store::open(&data, &store::Options::default()).expect("the store");
    let latest = store.latest(store.end(), 1).expect("messages")[0];
    let mut accept = store.read(latest).expect("a message").accept;
    accept.duplicate_window = None;
    accept.deliveries[0].content = store::Content::Output("MSH|^~\\&|other\r".into());
    drop(store.commit(accept));
    super::support::wait_for("the commit", || (store.counts_total().accepted == 11).then_some(()));
    drop(store);
    backup(&workspace);
    let report = drill(&workspace, &[]).expect(1).json();
    assert_eq!(failed(&report), ["replay"]);
    workspace.sinew(&["drill", "--key", "backup.key"]).expect(1).says(&["E7021", "an output has other bytes"]);
    workspace.sinew(&["doctor"]).expect(1).says(&["of backup 2: 1 check did not pass: replay"]);
    assert_eq!(drill(&workspace, &["--backup", "1"]).expect(0).json()["is_passed"], true);

    // A record in the middle of the log.
    let mut segments = files(&data.join("log"));
    segments.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    segments.sort();
    flip(&segments[0], 4096 + 600);
    workspace.sinew(&["backup", "--to", "damaged"]).expect(0);
    let report = drill(&workspace, &["damaged"]).expect(1).json();
    assert!(failed(&report).contains(&"records".to_owned()), "{report}");
    // The repository that has the record as it was, keeps it.
    backup(&workspace);
    assert_eq!(failed(&drill(&workspace, &[]).expect(1).json()), ["replay"]);

    // A record of the audit chain that was changed behind the engine's back.
    let chain = files(&data.join("audit")).into_iter().find(|path| path.extension().is_some_and(|end| end == "audit"));
    let chain = chain.expect("a piece of the chain");
    flip(&chain, 200);
    workspace.sinew(&["backup", "--to", "audit"]).expect(0);
    let report = drill(&workspace, &["audit"]).expect(1).json();
    assert!(failed(&report).contains(&"audit".to_owned()), "{report}");
    drill(&workspace, &["--in", "scratch"]).expect(1);
    let left = files(&workspace.path().join("scratch"));
    assert!(left.is_empty(), "what was restored is removed: {left:?}");
}

#[test]
fn damage_wrong_keys_and_missing_settings_are_said() {
    let partner = Partner::stopped();
    let workspace = with_messages(&pharmacy(partner.port), 3);
    backup(&workspace);
    let restore = |key: &str| {
        let to = workspace.at("to");
        let _ = fs::remove_dir_all(&to);
        workspace.sinew(&["restore", "repository", "--key", key, "--to", &to, "--yes", "--reason", "test"])
    };
    restore("backup.key").expect(0);
    workspace.sinew(&["backup", "key", "other.key"]).expect(0);
    workspace.sinew(&["backup", "key", "other.key"]).expect(5);
    restore("other.key").expect(2).says(&["E4043"]);
    restore("sinew.toml").expect(2).says(&["E4044"]);
    assert_eq!(failed(&drill(&workspace, &[]).expect(0).json()), Vec::<String>::new());
    workspace.sinew(&["drill", "--key", "other.key"]).expect(1).says(&["E4043", "FAIL  key"]);
    workspace.sinew(&["backup", "verify"]).expect(0);
    workspace.sinew(&["backup", "verify", "--key", "backup.key"]).expect(0);
    workspace.sinew(&["backup", "verify", "--key", "other.key"]).expect(1).says(&["E4043"]);
    workspace.sinew(&["backup", "list", "nowhere"]).expect(3).says(&["E4046"]);

    let repository = workspace.path().join("repository");
    let mut some = files(&repository.join("objects"));
    some.sort_by_key(|path| fs::metadata(path).expect("a file").len());
    some = vec![some[0].clone(), some[some.len() - 1].clone()]; // of each file and byte: the tests of the format
    some.extend(files(&repository.join("backups")));
    for path in some {
        let length = fs::metadata(&path).expect("a file").len() as usize;
        flip(&path, length / 2);
        workspace.sinew(&["backup", "verify"]).expect(1).says(&["E4041"]);
        restore("backup.key").expect(1).says(&["E4041"]);
        workspace.sinew(&["drill", "--key", "backup.key"]).expect(1).says(&["E4041", "NOT PASSED"]);
        flip(&path, length / 2);
    }
    let object = files(&repository.join("objects")).pop().expect("an object");
    fs::rename(&object, workspace.at("taken")).expect("a name");
    workspace.sinew(&["backup", "verify"]).expect(1).says(&["E4042"]);
    restore("backup.key").expect(1).says(&["E4042"]);
    fs::rename(workspace.at("taken"), &object).expect("a name");
    workspace.sinew(&["backup", "verify"]).expect(0);

    for _ in 0..2 {
        backup(&workspace);
    }
    workspace.sinew(&["backup", "prune", "--keep", "1"]).expect(5).says(&["goes: 1 to 2", "--yes"]);
    workspace.sinew(&["backup", "prune", "--keep", "1", "--yes"]).expect(0).says(&["stays: 3"]);
    let list = workspace.sinew(&["backup", "list", "--json"]).expect(0).json();
    assert_eq!(list["backups"].as_array().map(Vec::len), Some(1));
    workspace.sinew(&["drill", "--key", "backup.key"]).expect(0);

    workspace.write("sinew.toml", "name = \"scenario\"\ndata = \"data\"\n");
    workspace.sinew(&["backup"]).expect(2).says(&["E7020", "backup key"]);
    workspace.sinew(&["backup", "--to", "x", "--recipient", "age1nonsense"]).expect(2).says(&["E4044"]);
    workspace.sinew(&["drill", "--key", "backup.key"]).expect(2).says(&["E7020"]);
}

#[test]
fn killed_at_any_moment_the_repository_stays_good() {
    let partner = Partner::stopped();
    let workspace = with_messages(&pharmacy(partner.port), 20);
    let repository = workspace.path().join("repository");
    for objects in [0, 2, 5] {
        let mut command = super::support::command(&["backup"]);
        let mut child = command.current_dir(workspace.path()).spawn().expect("the binary starts");
        wait_for("an object, or the end", || {
            let is_far = files(&repository.join("objects")).len() > objects;
            (is_far || child.try_wait().expect("a state").is_some()).then_some(())
        });
        child.kill().expect("a kill");
        child.wait().expect("an end");
        let verified = workspace.sinew(&["backup", "verify", "--key", "backup.key"]);
        assert!(matches!(verified.code, 0 | 3), "{verified:?}");
    }
    backup(&workspace);
    workspace.sinew(&["backup", "verify", "--key", "backup.key"]).expect(0);
    drill(&workspace, &[]).expect(0);
    assert!(files(&repository.join("incoming")).is_empty());
    assert!(!workspace.path().join("data/tables.backup").exists());
}
