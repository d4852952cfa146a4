//! F4: the k-th fsync fails with EIO. Nothing is acknowledged afterwards, no fsync is tried again, the process exits
//! non-zero, and the next start serves everything that was acknowledged (R6). The later calls would succeed: a program
//! that tries again passes every test but this one.

use super::{
    rig::{Line, Load, Seed, assert_stored, content, has_all, nobody_there, run, wait_to_listen},
    support::{Engine, Workspace, command, free_port, wait_for},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The calls that fail, one a run.
const CALLS: std::ops::RangeInclusive<u32> = 1..=8;
/// Files of a new store, by the end of their path, and how many of their calls fail: keys and identity, what comes before
/// the tables (SQLite takes some errors of an empty database upon itself), drafts of segments, the reserve.
const FIRST_CALLS: [(&str, u32); 3] = [("", 4), (".new", 8), ("/reserve", 2)];

/// Compiles the shim of this test into a folder; says so where it cannot.
pub fn compile_shim(folder: &Path) -> Option<PathBuf> {
    compile(folder, "failed_fsync")
}

/// Compiles a shim; says so where it cannot.
pub fn compile(folder: &Path, name: &str) -> Option<PathBuf> {
    let shim = folder.join(format!("{name}.so"));
    let source = format!("{}/tests/faults/{name}.c", env!("CARGO_MANIFEST_DIR"));
    let compiled = run(&["cc", "-shared", "-fPIC", "-O1", "-o", &shim.display().to_string(), &source, "-ldl"]);
    compiled.inspect_err(|why| println!("skipped: the shim does not compile here: {why}")).ok().map(|()| shim)
}

/// A workspace, and the shim that fails one of its calls.
struct Stage {
    workspace: Workspace,
    address: String,
    shim: PathBuf,
}

impl Stage {
    fn new() -> Option<Stage> {
        if !has_all("failed_fsync", false, &["cc"]) {
            return None;
        }
        let workspace = Workspace::empty();
        let address = format!("127.0.0.1:{}", free_port());
        workspace.interface("adt", &nobody_there(&address, "", free_port()));
        let shim = compile_shim(workspace.path())?;
        Some(Stage { workspace, address, shim })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.workspace.path().join(name)
    }

    /// The engine, whose call of that number will fail.
    fn engine(&self, call: u32, suffix: &str, arm: &str) -> Command {
        let mut command = command(&["run"]);
        command.env("LD_PRELOAD", &self.shim).env("FAULT_FOLDER", self.file("data")).env("FAULT_SUFFIX", suffix);
        command.env("FAULT_ARM", arm).env("FAULT_CALL", call.to_string()).env("FAULT_MARK", self.file("failed"));
        command
    }

    /// Starts without the shim, and takes a message.
    fn starts_clean(&self, id: &str) {
        let mut engine = Engine::spawn(self.workspace.path(), "run");
        wait_to_listen(&mut engine, &self.address);
        let answer = Line::new(&self.address).exchange(&content(id)).expect("an answer");
        assert!(answer.contains(&format!("MSA|AA|{id}")), "{answer}");
        engine.kill();
    }
}

/// Sends until the call has failed, and then once more; gives what was acknowledged.
fn send_into_failure(stage: &Stage, call: u32) -> Vec<String> {
    let failed = stage.file("failed");
    let mut line = Line::new(&stage.address);
    let mut acknowledged = Vec::new();
    for number in 0..10_000 {
        let has_failed = failed.exists();
        let id = format!("F{call}S{number:05}");
        if line.exchange(&content(&id)).is_ok_and(|answer| answer.contains("MSA|AA|")) {
            assert!(!has_failed, "{id} was acknowledged after the fsync failed");
            acknowledged.push(id);
        }
        if has_failed {
            return acknowledged;
        }
    }
    panic!("the call never failed");
}

#[test]
fn a_failed_fsync_of_the_log_ends_acknowledging() {
    let Some(stage) = Stage::new() else { return };
    let _ = Seed::print("failed_fsync");
    let arm = stage.file("armed");
    let mut acknowledged = Vec::new();
    for call in CALLS {
        let _ = (std::fs::remove_file(&arm), std::fs::remove_file(stage.file("failed")));
        let command = stage.engine(call, ".log", &arm.display().to_string());
        let mut engine = Engine::spawn_with(stage.workspace.path(), command);
        wait_to_listen(&mut engine, &stage.address);
        let others = Load::start(&stage.address, &format!("F{call}O"), 2);
        wait_for("some load", || (others.count() >= 4).then_some(()));
        std::fs::write(&arm, "").expect("to arm");
        acknowledged.extend(send_into_failure(&stage, call));
        let (code, talk) = engine.end();
        acknowledged.extend(others.stop());
        assert_eq!(code, 3, "{talk}");
        assert!(talk.contains("E5003") && talk.contains("nothing is acknowledged any more"), "{talk}");
        let id = format!("F{call}AFTER");
        stage.starts_clean(&id);
        acknowledged.push(id);
        assert_stored(&stage.file("data"), &acknowledged);
    }
    println!("failed_fsync: {} calls failed, {} messages acknowledged, 0 lost", CALLS.count(), acknowledged.len());
}

#[test]
fn a_failed_fsync_while_the_store_is_made_ends_the_start() {
    let Some(stage) = Stage::new() else { return };
    for (suffix, call) in FIRST_CALLS.iter().flat_map(|(suffix, calls)| (1..=*calls).map(move |call| (suffix, call))) {
        let _ = std::fs::remove_dir_all(stage.file("data"));
        let _ = std::fs::remove_file(stage.file("failed"));
        let engine = Engine::spawn_with(stage.workspace.path(), stage.engine(call, suffix, ""));
        wait_for("the call to fail", || stage.file("failed").exists().then_some(()));
        let path = std::fs::read_to_string(stage.file("failed")).expect("a path");
        let (code, talk) = engine.end();
        assert_eq!(code, 3, "call {call} of {path}: {talk}");
        let id = format!("START{call}");
        stage.starts_clean(&id);
        assert_stored(&stage.file("data"), &[id]);
    }
}
