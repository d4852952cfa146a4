//! What an urgent message waits behind a hundred thousand others: from its arrival to the first byte at the destination,
//! with the destination idle, and with a backlog of bulk in front of it, in the same run.

use crate::stage::{Must, Stage, give};
use bytes::Bytes;
use serde_json::json;
use std::time::{Duration, Instant};

/// Bulk messages that wait.
const BACKLOG: u64 = 100_000;
/// Urgent messages of one measurement, and the pause between two.
const URGENT: u64 = 400;
const PAUSE: Duration = Duration::from_millis(5);
/// What each delivery takes at the destination.
const SERVICE: Duration = Duration::from_millis(5);
/// Bulk messages that are given at once while the backlog grows.
const TOGETHER: u64 = 256;
/// The limit: so many times the idle p99.
const TIMES_MAX: f64 = 5.0;

const LINES: &str = "send out {\n fake\n lanes 16\n priority stat when OBR-27.6 = \"S\"\n}";

pub(crate) fn run(is_json: bool) {
    let mut stage = Stage::start(LINES, SERVICE);
    let idle = measure(&mut stage, 0);
    let outbox = stage.engine.flow("bench").must("the interface").outbox("out").must("the destination");
    outbox.change(|queue| queue.pause(true));
    let filled = Instant::now();
    fill(&stage);
    let filled = filled.elapsed();
    outbox.change(|queue| queue.pause(false));
    let waiting = outbox.look(engine::queue::Queue::len);
    let busy = measure(&mut stage, URGENT);
    let left = outbox.look(engine::queue::Queue::len);
    stage.end();
    let times = busy.1 / idle.1;
    let is_met = times <= TIMES_MAX && left > 0;
    if is_json {
        let row = |(p50, p99): (f64, f64)| json!({"p50_ms": p50, "p99_ms": p99});
        println!(
            "{}",
            json!({"bench": "stat", "idle": row(idle), "backlog": row(busy), "waiting": waiting, "left": left,
                "fill_s": filled.as_secs_f64(), "times": times, "limit": TIMES_MAX, "met": is_met})
        );
        return;
    }
    println!("urgent messages, each delivery takes {SERVICE:?}, 16 lanes");
    println!("  idle:     p50 {:.2} ms, p99 {:.2} ms", idle.0, idle.1);
    println!("  backlog:  p50 {:.2} ms, p99 {:.2} ms, {waiting} bulk messages waiting, {left} left", busy.0, busy.1);
    println!("  p99 {times:.2} times the idle one; limit {TIMES_MAX}{}", if is_met { "" } else { " NOT MET" });
}

fn message(id: &str, patient: u64, priority: &str) -> Bytes {
    let text = format!(
        "MSH|^~\\&|LAB|NORTH|HUB|NORTH|20260301120000||ORU^R01^ORU_R01|{id}|P|2.5.1\rPID|1||{patient}^^^NORTH^MR||Quist^Ada\r\
         PV1|1|I|4W\rOBR|1||77|GLU^Glucose|||20260301||||||||||||||||||F||1^^^^^{priority}\rOBX|1|NM|GLU||5.5||||||F\r"
    );
    Bytes::from(text)
}

/// The backlog: bulk of many patients.
fn fill(stage: &Stage) {
    stage.runtime.block_on(async {
        let mut next = 0;
        while next < BACKLOG {
            let wave = next..(next + TOGETHER).min(BACKLOG);
            next = wave.end;
            let engine = stage.engine.clone();
            let given: Vec<_> = wave
                .map(|number| {
                    let engine = engine.clone();
                    tokio::spawn(
                        async move { give(&engine, message(&format!("B{number}"), number % 5_000, "R")).await },
                    )
                })
                .collect();
            for one in given {
                one.await.must("accepted");
            }
        }
    });
}

/// p50 and p99 of urgent messages, milliseconds. Their patients have nothing else in the queue.
fn measure(stage: &mut Stage, from: u64) -> (f64, f64) {
    let mut waits = Vec::new();
    let Stage { runtime, engine, arrivals, .. } = stage;
    runtime.block_on(async {
        for number in from..from + URGENT {
            let message = message(&format!("S{number}"), 1_000_000 + number, "S");
            let start = Instant::now();
            give(engine, message).await;
            let arrived = loop {
                let (arrived, at) = arrivals.recv().await.must("an arrival");
                if arrived == number {
                    break at;
                }
            };
            waits.push(arrived.saturating_duration_since(start).as_secs_f64() * 1e3);
            tokio::time::sleep(PAUSE).await;
        }
    });
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() as f64 * share) as usize).min(waits.len() - 1)];
    (at(0.5), at(0.99))
}
