//! F20: a long queue for a dead destination, under a limit of memory. The queue is on disk; what it takes in memory for each
//! message is small. (A million messages are measured by the benchmarks.)

use super::{
    black_hole::pharmacy,
    rig::{MemoryLimit, own_peak},
    support::{Engine, PATIENCE, Workspace, admission, free_port},
};
use std::time::{Duration, Instant};

/// Messages that wait, and bytes of each beside the admission: together far more than memory may keep.
const MESSAGES: u64 = 10_000;
const CONTENT: usize = 8_000;
/// The limit of memory.
const LIMIT_BYTES: u64 = 256 * 1024 * 1024;
/// What the process may have resident beside its program: 32 MiB of the cache, 16 MiB of the index and its batches, some
/// hundred bytes a message.
const RESIDENT_KILOBYTES_MAX: u64 = 70 * 1024;

#[test]
fn a_long_queue_takes_bounded_memory() {
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let receive = format!("  receive mllp {address} {{\n    order by PID-3.1\n  }}\n");
    workspace.interface("adt", &(receive + &pharmacy(free_port())));
    let patients: String = (0..500)
        .map(|number| {
            format!("{}NTE|1||{}\r", admission(&format!("Q{number:05}"), &format!("P{number}")), "A".repeat(CONTENT))
        })
        .collect();
    let feed = workspace.write("feed.hl7", &patients);
    // Declared before the engine, so that it goes after it: a group with a process in it cannot be removed.
    let limit;
    let mut engine = Engine::spawn(workspace.path(), "run");
    limit = MemoryLimit::put("queued_memory", engine.pid(), LIMIT_BYTES);
    engine.wait_to_answer();
    let (begun, count) = (Instant::now(), MESSAGES.to_string());
    engine.sinew(&["send", &address, &feed.display().to_string(), "--count", &count, "--connections", "16"]).expect(0);
    println!("queued_memory: {MESSAGES} messages sent in {:?}", begun.elapsed());
    assert_eq!(engine.count("in_flight"), MESSAGES);
    let peak = own_peak(engine.pid());
    println!("queued_memory: peak {peak} kB with {MESSAGES} waiting");
    assert!(peak < RESIDENT_KILOBYTES_MAX, "{peak} kB resident");
    // Dead by now, if the limit was passed; and it answers as fast as ever.
    let begun = Instant::now();
    assert_eq!(engine.status()["lost"].as_i64(), Some(0));
    assert!(begun.elapsed() < PATIENCE.min(Duration::from_secs(5)));
    drop(engine);
    drop(limit);
}
