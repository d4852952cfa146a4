//! What an open console costs: the same load with and without a reader that does what the console's overview does (the
//! stream of news, and the status once a second), in turns; throughput and processor time a message.

use crate::{
    load::{median, turn},
    served::Served,
    stage::{Must, Stage},
};
use serde_json::{Value, json};
use std::{
    io::Read,
    net::Shutdown,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Turns of each kind.
const TURNS: usize = 7;
/// The limit: throughput with the console open, of that without.
const RATIO_MIN: f64 = 0.97;
/// What the console's screens ask for.
const NEWS: &str = "/api/v1/news?kinds=parked,held,expired,rejected,down,up,reloaded";

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
