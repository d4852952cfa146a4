//! What an open console costs: the same load with and without a reader that does what the console's overview does (the
//! stream of news, and the status once a second), in turns; throughput and processor time a message.

use crate::{
    served::Served,
    stage::{Must, Stage, give},
};
use serde_json::{Value, json};
use std::{
    io::Read,
    net::Shutdown,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Messages of one turn, and how many are under way at a time.
const MESSAGES: u64 = 60_000;
const TOGETHER: u64 = 64;
/// Turns of each kind.
const TURNS: usize = 7;
/// The limit: throughput with the console open, of that without.
const RATIO_MIN: f64 = 0.97;
/// What the console's screens ask for.
const NEWS: &str = "/api/v1/news?kinds=parked,held,expired,rejected,down,up,reloaded";
/// What Linux counts processor time in, for programs.
const TICKS_PER_S: f64 = 100.0;

pub(crate) fn run(is_json: bool) {
    let stage = Stage::start("send out {\n fake\n lanes 16\n}", Duration::ZERO);
    let served = Served::start(&stage);
    let mut browser = served.administrator("ann", "four unrelated words");
    let (mut alone, mut watched) = (Vec::new(), Vec::new());
    let (asked, heard) = (AtomicU64::new(0), AtomicU64::new(0));
    turn(&stage, 0);
    for number in 0..TURNS as u64 {
        alone.push(turn(&stage, 2 * number + 1));
        let is_over = AtomicBool::new(false);
        let stream = browser.follow(NEWS).must("the news");
        watched.push(std::thread::scope(|scope| {
            let mut reading = stream.try_clone().must("the stream");
            let (heard, asked, is_over, browser) = (&heard, &asked, &is_over, &mut browser);
            scope.spawn(move || {
                let mut buffer = [0; 64 * 1024];
                while let Ok(count @ 1..) = reading.read(&mut buffer) {
                    heard.fetch_add(count as u64, Ordering::Relaxed);
                }
            });
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let _ = browser.ask("GET", "/api/v1/status", &Value::Null).must("the status");
                    asked.fetch_add(1, Ordering::Relaxed);
                    let until = Instant::now() + Duration::from_secs(1);
                    while Instant::now() < until && !is_over.load(Ordering::Relaxed) {
                        std::thread::sleep(Duration::from_millis(20));
                    }
                }
            });
            let told = turn(&stage, 2 * number + 2);
            is_over.store(true, Ordering::Relaxed);
            let _ = stream.shutdown(Shutdown::Both);
            told
        }));
    }
    drop(served);
    stage.end();
    let (rate, cpu) = (median(&alone, |turn| turn.0), median(&alone, |turn| turn.1));
    let (rate_watched, cpu_watched) = (median(&watched, |turn| turn.0), median(&watched, |turn| turn.1));
    let ratio = rate_watched / rate;
    let is_met = ratio >= RATIO_MIN;
    let (asked, heard) = (asked.into_inner(), heard.into_inner());
    if is_json {
        println!(
            "{}",
            json!({"bench": "watched", "per_s": rate, "per_s_watched": rate_watched, "ratio": ratio, "limit": RATIO_MIN,
                "cpu_us": cpu, "cpu_us_watched": cpu_watched, "status_asked": asked, "news_bytes": heard, "met": is_met})
        );
        return;
    }
    println!("alone:         {rate:>8.0} messages a second, {cpu:.1} µs of processor time each");
    println!(
        "with a console {rate_watched:>8.0} messages a second, {cpu_watched:.1} µs each; {asked} answers, {heard} bytes of news"
    );
    println!("ratio {ratio:.3}, limit {RATIO_MIN}{}", if is_met { "" } else { "  NOT MET" });
}

fn median(turns: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut values: Vec<f64> = turns.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Messages a second, and microseconds of processor time of this process for each.
fn turn(stage: &Stage, number: u64) -> (f64, f64) {
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
