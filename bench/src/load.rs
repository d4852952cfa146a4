//! Turns of load on an engine, as fast as it takes them: for benchmarks that compare turns with and without something beside.

use crate::stage::{Must, Stage, give};
use std::time::{Duration, Instant};

/// Messages of one turn, and how many are under way at a time.
const MESSAGES: u64 = 60_000;
const TOGETHER: u64 = 64;
/// What Linux counts processor time in, for programs.
const TICKS_PER_S: f64 = 100.0;

/// What half of the turns are below.
pub(crate) fn median(turns: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Gives the messages of a turn, whose numbers nobody else has: messages a second, and microseconds of processor time of this
/// process for each.
pub(crate) fn turn(stage: &Stage, number: u64) -> (f64, f64) {
    let (taken, cpu, start) = (stage.taken(), cpu_us(), Instant::now());
    stage.runtime.block_on(async {
        let senders: Vec<_> = (0..TOGETHER)
            .map(|sender| {
                let engine = stage.engine.clone();
                tokio::spawn(async move {
                    for place in 0..MESSAGES / TOGETHER {
                        give(&engine, message(number * MESSAGES + sender * (MESSAGES / TOGETHER) + place)).await;
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.await.must("a sender");
        }
    });
    let given = MESSAGES / TOGETHER * TOGETHER;
    while stage.taken() < taken + given {
        std::thread::sleep(Duration::from_millis(1));
    }
    (given as f64 / start.elapsed().as_secs_f64(), (cpu_us() - cpu) / given as f64)
}

fn message(number: u64) -> bytes::Bytes {
    let text = format!(
        "MSH|^~\\&|REG|NORTH|HUB|NORTH|20260301120000||ADT^A01^ADT_A01|W{number}|P|2.5.1\rEVN|A01|20260301120000\r\
         PID|1||{}^^^NORTH^MR||Quist^Ada||19700101|F|||1 Invented Street^^Nowhere^^12345\rPV1|1|I|4W^401^1|||||||||||||||||{number}\r",
        number % 5_000
    );
    bytes::Bytes::from(text)
}

/// Microseconds of processor time of this process, user and system, threads that ended included (proc(5), fields 14, 15).
fn cpu_us() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    let ticks: f64 = behind.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks * 1e6 / TICKS_PER_S
}
