//! Looking inside messages: how fast a scan of bodies goes, beside what the machine and the store can do with the same bytes,
//! and what it costs the intake while it runs.
//!
//! The same store in the same run gives all figures. The files of the log are read from end to end (what the disk, or the page cache,
//! gives); every message is read by the store, which unseals and decompresses it (what a scan cannot be faster than); then bodies are
//! looked through over HTTP, for a text that none has. Last, turns of load take place with and without somebody who scans.

use crate::{
    load::{median, turn},
    served::{Browser, Served},
    stage::{Must, Stage},
};
use message::MessageId;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read},
    net::{Shutdown, TcpStream},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{Query, Store};

const PATH: &str = "/api/v1/messages/scan";
/// What stands in no message.
const NOWHERE: &str = "Zyxwvutsrqp";
/// What is asked of the throughput while somebody scans, of that without.
const RATIO_MIN: f64 = 0.97;
const MEGABYTE: f64 = 1e6;

/// What one whole scan did.
struct Scanned {
    bytes: u64,
    messages: u64,
    seconds: f64,
}

impl Scanned {
    fn rate(&self) -> f64 {
        self.bytes as f64 / MEGABYTE / self.seconds
    }
}

pub(crate) fn run(is_json: bool, turns: usize, scans: usize) {
    let stage = Stage::start("send out {\n fake\n lanes 16\n}", Duration::ZERO);
    let served = Served::start(&stage);
    let mut browser = served.administrator("ann", "four unrelated words");
    let glass = json!({"reason": "a benchmark"});
    browser.ask("POST", "/api/v1/me/glass", &glass).must("the right to see content");
    turn(&stage, 0);
    let store = stage.engine.store();
    while store.search(&Query { limit: 1, ..Query::default() }).must("the index").hits.is_empty() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let files = read_files(stage.folder());
    let bodies = read_bodies(store);
    let whole: Vec<Scanned> = (0..scans.max(1)).map(|_| scan(&browser)).collect();
    let quiet = middle(whole.iter().map(Scanned::rate));
    let (mut alone, mut beside, scanned) = (Vec::new(), Vec::new(), AtomicU64::new(0));
    let mut seconds = 0.0;
    for number in 0..turns.max(1) as u64 {
        alone.push(turn(&stage, 2 * number + 1));
        let begun = Instant::now();
        beside.push(while_scanning(&browser, &scanned, || turn(&stage, 2 * number + 2)));
        seconds += begun.elapsed().as_secs_f64();
    }
    drop(served);
    stage.end();
    let loaded = scanned.into_inner() as f64 / MEGABYTE / seconds;
    let (rate, rate_beside) = (median(&alone, |turn| turn.0), median(&beside, |turn| turn.0));
    let (cpu, cpu_beside) = (median(&alone, |turn| turn.1), median(&beside, |turn| turn.1));
    let ratio = rate_beside / rate;
    let is_met = ratio >= RATIO_MIN;
    let messages = whole.first().map_or(0, |scanned| scanned.messages);
    if is_json {
        let told = json!({"bench": "scan", "messages": messages, "files_mb_per_s": files, "store_mb_per_s": bodies,
            "scan_mb_per_s": quiet, "of_store": quiet / bodies, "scan_loaded_mb_per_s": loaded, "per_s": rate,
            "per_s_scanned": rate_beside, "ratio": ratio, "limit": RATIO_MIN, "cpu_us": cpu, "cpu_us_scanned": cpu_beside,
            "met": is_met});
        println!("{told}");
        return;
    }
    println!("{messages} messages; MB are of bodies as they came, except in the first line");
    println!("  the files of the log, from end to end      {files:>9.1} MB/s");
    println!("  read by the store: unsealed, decompressed  {bodies:>9.1} MB/s");
    println!("  looked through, nothing else to do         {quiet:>9.1} MB/s, {:.2} of the store's", quiet / bodies);
    println!("  looked through, under load                 {loaded:>9.1} MB/s");
    println!("load alone:        {rate:>8.0} messages a second, {cpu:.1} µs of processor time each");
    println!("while one scans:   {rate_beside:>8.0} messages a second, {cpu_beside:.1} µs each");
    println!("ratio {ratio:.3}, limit {RATIO_MIN}{}", if is_met { "" } else { "  NOT MET" });
}

fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// MB a second of all files below a folder, one after the other, a mebibyte at a time.
fn read_files(folder: &Path) -> f64 {
    let (mut folders, mut bytes, begun) = (vec![folder.to_owned()], 0_u64, Instant::now());
    let mut space = vec![0; 1 << 20];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).must("the folder").flatten() {
            if entry.file_type().must("a file").is_dir() {
                folders.push(entry.path());
            } else if let Ok(mut file) = std::fs::File::open(entry.path()) {
                while let Ok(count @ 1..) = file.read(&mut space) {
                    bytes += count as u64;
                }
            }
        }
    }
    bytes as f64 / MEGABYTE / begun.elapsed().as_secs_f64()
}

/// MB of bodies a second that the store reads, the newest first, as a scan goes.
fn read_bodies(store: &Store) -> f64 {
    let (mut before, mut bytes, begun) = (None::<MessageId>, 0_u64, Instant::now());
    loop {
        let hits = store.search(&Query { before, limit: 1_000, ..Query::default() }).must("rows").hits;
        let Some(last) = hits.last() else { break };
        before = Some(last.id);
        for hit in &hits {
            let accept = store.read(hit.id).must("a message").accept;
            bytes += (accept.envelope.raw.len() + accept.acknowledgment.map_or(0, |body| body.len())) as u64;
        }
    }
    bytes as f64 / MEGABYTE / begun.elapsed().as_secs_f64()
}

fn begin(browser: &Browser) -> TcpStream {
    let body = json!({"text": NOWHERE, "query": "", "reason": "a benchmark", "megabytes": 1_048_576, "seconds": 3_600});
    browser.lines(PATH, &body).must("a scan")
}

/// What stands in the lines of an answer, with the pieces of HTTP between them left out.
fn lines(stream: TcpStream) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.filter(|line| line.starts_with('{')).filter_map(|line| serde_json::from_str(&line).ok())
}

/// One scan, to its end.
fn scan(browser: &Browser) -> Scanned {
    loop {
        let begun = Instant::now();
        let end = lines(begin(browser)).find_map(|line| line.get("end").cloned());
        // Until the seat of the one before is free again, it is refused.
        let Some(end) = end else {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        assert!(end["why"] == "all" && end["found"] == 0, "the scan ended early: {end}");
        let number = |name: &str| end[name].as_u64().unwrap_or(0);
        return Scanned { bytes: number("bytes"), messages: number("scanned"), seconds: begun.elapsed().as_secs_f64() };
    }
}

/// Does something while bodies are looked through again and again; adds up the bytes that were.
fn while_scanning<T>(browser: &Browser, scanned: &AtomicU64, act: impl FnOnce() -> T) -> T {
    let (is_over, open) = (AtomicBool::new(false), Mutex::new(None::<TcpStream>));
    std::thread::scope(|scope| {
        let (is_over, open) = (&is_over, &open);
        let lock = || open.lock().unwrap_or_else(PoisonError::into_inner);
        scope.spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let stream = begin(browser);
                *lock() = stream.try_clone().ok();
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let mut bytes = 0;
                for line in lines(stream) {
                    let told = line.get("progress").or_else(|| line.get("end"));
                    bytes = told.and_then(|told| told["bytes"].as_u64()).unwrap_or(bytes);
                }
                scanned.fetch_add(bytes, Ordering::Relaxed);
                if bytes == 0 {
                    // The seat of the one before is not free yet.
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
        });
        let done = act();
        is_over.store(true, Ordering::Relaxed);
        if let Some(stream) = &*lock() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        done
    })
}
