//! F19: more connections than the process may have handles. Peers that are connected go on, and new ones are served again
//! once the flood is over.

use super::{
    black_hole::pharmacy,
    disk_full::large,
    rig::{Line, content, has_all},
    support::{Engine, Workspace, command, field, free_port, wait_for},
};
use std::{net::TcpStream, path::Path, process::Command};

/// Handles of the engine.
const HANDLES: usize = 128;
/// Connections of the flood: more than handles, fewer than the kernel queues.
const FLOOD: usize = 400;

/// Messages of 600 kB that are sent during the flood.
const LARGE: u64 = 30;

/// Finished files of the log: segments and the reserve.
fn log_files(workspace: &Path) -> usize {
    let entries = std::fs::read_dir(workspace.join("data/log")).expect("a log");
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".log") || name == "reserve").count()
}

#[test]
fn a_flood_of_connections_does_not_disturb_those_that_are_there() {
    if !has_all("no_handles", false, &["sh"]) {
        return;
    }
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    workspace.interface("adt", &format!("  receive mllp {address}\n{}", pharmacy(free_port())));
    let sinew = command(&["run"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {HANDLES} && exec \"$0\" run")]).arg(sinew.get_program());
    let mut engine = Engine::spawn_with(workspace.path(), limited);
    engine.wait_to_answer();
    // Until the log has made its files ahead, the engine needs handles of its own and says "later" without them.
    wait_for("the log to be ready", || (log_files(workspace.path()) == 3).then_some(()));
    let mut there = Line::new(&address);
    let mut sent = 0;
    let mut send = |line: &mut Line| {
        sent += 1;
        let answer = line.exchange(&content(&format!("N{sent:05}"))).expect("an answer");
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        sent
    };
    send(&mut there);
    let flood: Vec<TcpStream> = (0..FLOOD).map_while(|_| TcpStream::connect(&address).ok()).collect();
    assert!(flood.len() > HANDLES, "{} connections", flood.len());
    for _ in 0..100 {
        send(&mut there);
    }
    // More than the first segment holds: the next but one cannot be made now, and that is not the end.
    for number in 0..LARGE {
        let answer = there.exchange(&large(&format!("LARGE{number}"))).expect("an answer");
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
    }
    drop(flood);
    wait_for("a new peer to be served", || TcpStream::connect(&address).ok().map(drop));
    let accepted = send(&mut Line::new(&address));
    send(&mut there);
    engine.wait_to_answer();
    assert_eq!(engine.count("accepted"), accepted + 1 + LARGE);
    wait_for("the reason to be told", || {
        (engine.status()["interfaces"][0]["anomalies"].as_u64() >= Some(1)).then_some(())
    });
}
