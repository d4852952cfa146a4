//! F19: more connections than the process may have handles. Peers that are connected go on, others are served as soon as
//! there is room, and the process keeps the handles that it needs for itself: `sinew status` answers, the log goes on.

use super::{
    black_hole::pharmacy,
    disk_full::large,
    rig::{Line, connect_from, content, handles, has_all, has_handles, limit_handles, processor_time},
    support::{Engine, Workspace, command, field, free_port, wait_for},
};
use std::{net::TcpStream, path::Path, process::Command, time::Duration};

/// Handles of the engine.
const HANDLES: usize = 256;
/// Connections of the flood.
const FLOOD: usize = 5_000;
/// Messages of 600 kB that are sent during the flood: more than the first segment of the log holds.
const LARGE: u64 = 15;
/// How long the processor is watched while nothing happens but a flood that stands, and what it may spend.
const WATCHED: Duration = Duration::from_secs(2);
const IDLE_MAX: Duration = Duration::from_millis(600);

/// Finished files of the log: segments and the reserve.
fn log_files(workspace: &Path) -> usize {
    let entries = std::fs::read_dir(workspace.join("data/log")).expect("a log");
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".log") || name == "reserve").count()
}

/// An engine that may have [`HANDLES`], whose log has made its files ahead.
fn limited(workspace: &Workspace, address: &str) -> Engine {
    workspace.interface("adt", &format!("  receive mllp {address}\n{}", pharmacy(free_port())));
    let sinew = command(&["run"]);
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -n {HANDLES} && exec \"$0\" run")]).arg(sinew.get_program());
    let mut engine = Engine::spawn_with(workspace.path(), limited);
    engine.wait_to_answer();
    wait_for("the log to be ready", || (log_files(workspace.path()) == 3).then_some(()));
    engine
}

#[track_caller]
fn send(line: &mut Line, id: &str) {
    let answer = line.exchange(&content(id)).expect("an answer");
    assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
}

/// What the processor spends on the engine while nobody asks for anything.
fn idle_cost(engine: &Engine) -> Duration {
    let before = processor_time(engine.pid());
    std::thread::sleep(WATCHED);
    processor_time(engine.pid()) - before
}

/// Connections that are still open.
fn open_of(flood: &[TcpStream]) -> usize {
    let is_open = |peer: &&TcpStream| {
        peer.set_nonblocking(true).expect("a socket");
        peer.peek(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    flood.iter().filter(is_open).count()
}

#[test]
fn a_flood_of_connections_leaves_room_for_others_and_for_the_process_itself() {
    if !has_all("no_handles", false, &["sh"]) || !has_handles("no_handles", FLOOD as u64 + 500) {
        return;
    }
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let engine = limited(&workspace, &address);
    engine.wait_to_say("file handles, so peers may have");
    let max =
        engine.status()["connections"]["max"].as_u64().and_then(|max| usize::try_from(max).ok()).expect("a limit");
    let mut there = Line::new(&address);
    send(&mut there, "THERE");
    let flood: Vec<TcpStream> = (0..FLOOD).map_while(|_| TcpStream::connect(&address).ok()).collect();
    assert_eq!(flood.len(), FLOOD, "connections");
    wait_for("those that are too many to be closed", || (open_of(&flood) <= max / 2).then_some(()));
    let cost = idle_cost(&engine);
    println!("no_handles: {FLOOD} connects, {} stand, {:?} of processor in {WATCHED:?}", open_of(&flood), cost);
    assert!(cost < IDLE_MAX, "{cost:?} while nothing happened");
    // The flood has half of what there is: another system is served, and the connected one goes on.
    let mut other = Line::on(connect_from([127, 0, 0, 2], &address).expect("a connection"));
    send(&mut other, "OTHER");
    // The rest, from many addresses: now nobody comes in, and the process still has what it needs.
    let rest: Vec<_> = (0..max)
        .filter_map(|number| connect_from([127, 0, 1, u8::try_from(number % 100 + 1).ok()?], &address).ok())
        .collect();
    wait_for("every connection to be taken", || {
        (engine.status()["connections"]["open"].as_u64() == u64::try_from(max).ok()).then_some(())
    });
    assert!(handles(engine.pid()) < HANDLES, "the reserve is gone");
    for number in 0..LARGE {
        let answer = there.exchange(&large(&format!("LARGE{number}"))).expect("an answer");
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
    }
    wait_for("the log to make the segment after the next", || (log_files(workspace.path()) == 4).then_some(()));
    let told = engine.sinew(&["status"]);
    told.says(&["connections that this process can spare", "E6020"]);
    drop((flood, rest));
    wait_for("a new peer to be served", || Line::new(&address).exchange(&content("NEW")).ok());
    send(&mut there, "AFTER");
    send(&mut other, "AFTER2");
    engine.wait_for_count("accepted", LARGE + 5);
}

/// The reserve cannot keep what was taken away from the process while it runs.
#[test]
fn accepting_rests_while_there_is_no_handle_at_all() {
    if !has_all("no_handles (accept)", false, &["sh"]) {
        return;
    }
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let mut engine = limited(&workspace, &address);
    let mut there = Line::new(&address);
    send(&mut there, "THERE");
    wait_for("the index to rest", || {
        let before = handles(engine.pid());
        std::thread::sleep(Duration::from_millis(700));
        (handles(engine.pid()) == before).then_some(())
    });
    let maximum = limit_handles(engine.pid(), handles(engine.pid()) as u64);
    let waiting: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(&address).expect("the kernel's queue")).collect();
    let cost = idle_cost(&engine);
    println!("no_handles: {cost:?} of processor in {WATCHED:?} without a handle");
    assert!(cost < IDLE_MAX, "{cost:?} while nothing could be accepted");
    send(&mut there, "WHILE");
    limit_handles(engine.pid(), maximum);
    let mut first = Line::on(waiting.into_iter().next().expect("a peer"));
    send(&mut first, "FIRST");
    engine.wait_to_answer();
    engine.wait_for_count("accepted", 3);
    let status = engine.status();
    assert!(status["interfaces"][0]["anomalies"].as_u64() >= Some(1), "{status}");
}
