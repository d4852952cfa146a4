//! F8: a destination answers slowly while large messages come. What is under way is bounded by its lanes, what waits is
//! read from the log instead of being kept in memory, and the other destination gets everything meanwhile.

use super::{
    rig::{Line, resident_peak},
    support::{Engine, Partner, Workspace, admission, field, free_port},
};
use hospital::wire::Act;
use serde_json::Value;
use std::time::Duration;

/// Lanes of the slow destination.
const LANES: u64 = 3;
/// Messages of a megabyte: many times what may be kept in memory (32 MiB).
const MESSAGES: u64 = 120;
/// How long the slow one takes for an answer: longer than this test.
const ANSWER: Duration = Duration::from_secs(600);
/// What the engine may take beyond what it takes at rest: the cache, what is under way, what an allocator keeps.
const GROWTH_KILOBYTES_MAX: u64 = 100 * 1024;

fn destination(engine: &Engine, name: &str) -> Value {
    let status = engine.status();
    let rows = status["interfaces"][0]["destinations"].as_array().expect("destinations").clone();
    rows.into_iter().find(|row| row["name"] == name).expect("the destination")
}

#[test]
fn a_slow_destination_takes_bounded_memory_and_holds_up_nobody() {
    let (slow, good) = (Partner::new(), Partner::new());
    slow.act(Act::Slow(ANSWER));
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    workspace.interface(
        "adt",
        &format!(
            "  receive mllp {address}\n  send slow {{\n    mllp 127.0.0.1:{} timeout 15m\n    order none\n    lanes {LANES}\n  }}\n  \
             send good {{\n    mllp 127.0.0.1:{}\n    order by PID-3.1\n  }}",
            slow.port, good.port
        ),
    );
    let engine = workspace.run();
    let before = resident_peak(engine.pid());
    let mut line = Line::new(&address);
    let long = "A".repeat(1_000_000);
    for number in 0..MESSAGES {
        let message = format!("{}NTE|1||{long}\r", admission(&format!("S{number:05}"), &format!("P{}", number % 8)));
        assert_eq!(field(&line.exchange(&message).expect("an answer"), "MSA", 1), "AA");
        if number % 20 == 0 {
            assert!(destination(&engine, "slow")["busy"].as_u64() <= Some(LANES), "more under way than lanes");
        }
    }
    good.wait_for(usize::try_from(MESSAGES).expect("a count"));
    let peak = resident_peak(engine.pid());
    println!("slow_destination: {MESSAGES} MB came, peak {before} kB before, {peak} kB after");
    let row = destination(&engine, "slow");
    assert_eq!(row["busy"].as_u64(), Some(LANES), "{row}");
    assert_eq!(row["queued"].as_u64(), Some(MESSAGES), "{row}");
    assert!(peak < before + GROWTH_KILOBYTES_MAX, "{before} kB, then {peak} kB");
}
