//! The store: commits a second against bare preallocated append + fdatasync in the same run, CPU by thread, bytes and
//! fsyncs a message. The message is a 1.1 KB admission with one mapped output and its acknowledgment.

use ::store::{Options, Query, Store, Then, contract};
use message::DeliveryId;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Messages of one measurement with many senders, and with one.
const MESSAGES: u64 = 20_000;
const MESSAGES_ALONE: u64 = 4_000;
/// Bytes of one bare append: a message's record before compression.
const BARE_BYTES: usize = 1100;
const ROUNDS: usize = 5;
/// Messages that are sealed in one slice.
const SEALED: u32 = 1_000;

struct Figure {
    name: String,
    values: Vec<f64>,
    unit: &'static str,
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("sinew-bench-store-{}", std::process::id()))
}

/// Nanoseconds of CPU by thread name.
fn cpu() -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |name: &str| fs::read_to_string(entry.path().join(name)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        *all.entry(read("comm").trim().to_owned()).or_default() += nanos;
    }
    all
}

/// Bare appends to a preallocated file, each followed by fdatasync, a second.
fn bare(directory: &Path) -> std::io::Result<f64> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(directory.join("bare"))?;
    let bytes = [7u8; BARE_BYTES];
    file.write_all_at(&vec![0; MESSAGES_ALONE as usize * BARE_BYTES], 0)?;
    file.sync_all()?;
    let start = Instant::now();
    let mut count = 0u64;
    while start.elapsed() < Duration::from_millis(400) && count < MESSAGES_ALONE {
        file.write_all_at(&bytes, count * BARE_BYTES as u64)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(count as f64 / start.elapsed().as_secs_f64())
}

async fn send(store: Store, messages: Vec<::store::Accept>, is_settled: bool) {
    for accept in messages {
        let Ok(receipt) = store.commit(accept).await else { return };
        if is_settled {
            let delivery = DeliveryId { message: receipt.id(), number: 0 };
            let _ = std::hint::black_box(store.read_output(delivery));
            let _ = store.append(&contract::attempt(delivery, 1, Then::Done));
        }
    }
}

/// One measurement: senders, each with one message in flight.
fn measure(
    name: &str,
    senders: u64,
    count: u64,
    is_settled: bool,
    add: &mut dyn FnMut(String, f64, &'static str),
) -> f64 {
    let directory = folder().join(name);
    let _ = fs::remove_dir_all(&directory);
    let Ok((store, _)) = Store::open(&directory, &Options::default()) else { return f64::NAN };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return f64::NAN };
    let lots: Vec<Vec<_>> = (0..senders)
        .map(|sender| (0..count / senders).map(|i| contract::accept("adt", i * senders + sender, &["rx"])).collect())
        .collect();
    let (before, stats, start) = (cpu(), store.stats(), Instant::now());
    let local = tokio::task::LocalSet::new();
    for lot in lots {
        local.spawn_local(send(store.clone(), lot, is_settled));
    }
    runtime.block_on(local);
    let seconds = start.elapsed().as_secs_f64();
    let _ = store.search(&Query::default());
    let (after, done) = (cpu(), store.stats());
    let messages = done.messages as f64;
    let used = |thread: &str| {
        let of = |all: &BTreeMap<String, f64>| all.get(thread).copied().unwrap_or(0.0);
        (of(&after) - of(&before)) / messages / 1e3
    };
    let (log, index) = (used("sinew-log"), used("sinew-index"));
    let all: f64 = after.keys().map(|thread| used(thread)).sum();
    let name = |what: &str| format!("{name} {what}");
    add(name("per second"), messages / seconds, "/s");
    add(name("cpu of the callers"), all - log - index, "µs");
    add(name("cpu of the log thread"), log, "µs");
    add(name("cpu of the index thread"), index, "µs");
    add(name("fsyncs a message"), (done.fsyncs - stats.fsyncs) as f64 / messages, "");
    add(name("log bytes a message"), done.log_bytes as f64 / messages, "B");
    let closed = contract::wait(store.close());
    add(name("index bytes a message"), store.index_bytes() as f64 / messages, "B");
    drop((closed, store));
    let _ = fs::remove_dir_all(&directory);
    messages / seconds
}

/// Microseconds to seal a message with its output, uncompressed as the worst case, and to copy the same bytes.
fn sealing(add: &mut dyn FnMut(String, f64, &'static str)) {
    let Ok(mut seal) = contract::sealing() else { return };
    let (mut bytes, mut copy) = (vec![7_u8; 2 * BARE_BYTES], vec![0_u8; 2 * BARE_BYTES]);
    let mut best = |work: &mut dyn FnMut(&mut Vec<u8>, &mut Vec<u8>)| {
        let slices = (0..20).map(|_| {
            let start = Instant::now();
            (0..SEALED).for_each(|_| work(&mut bytes, &mut copy));
            start.elapsed().as_secs_f64() * 1e6 / f64::from(SEALED)
        });
        slices.fold(f64::MAX, f64::min)
    };
    let sealed = best(&mut |bytes, _| {
        std::hint::black_box(seal(bytes));
    });
    let copied = best(&mut |bytes, copy| copy.copy_from_slice(std::hint::black_box(bytes)));
    add("sealing a message with its output".to_owned(), sealed, "µs");
    add("sealing / copying".to_owned(), sealed / copied, "");
}

/// Restart with many queued messages after a kill: no clean close, no checkpoint.
fn restart(count: u64, add: &mut dyn FnMut(String, f64, &'static str)) {
    let directory = folder().join("restart");
    let _ = fs::remove_dir_all(&directory);
    let Ok((store, _)) = Store::open(&directory, &Options::default()) else { return };
    let commits = 512;
    for lot in 0..count / commits {
        let waiting: Vec<_> =
            (0..commits).map(|number| store.commit(contract::accept("adt", lot * commits + number, &["rx"]))).collect();
        waiting.into_iter().for_each(|commit| drop(contract::wait(commit)));
    }
    let checkpoint = directory.join("checkpoint");
    drop(store);
    let _ = fs::remove_file(&checkpoint);
    let start = Instant::now();
    let Ok((store, recovered)) = Store::open(&directory, &Options::default()) else { return };
    add("restart by full scan".to_owned(), start.elapsed().as_secs_f64(), "s");
    add("restart queued".to_owned(), recovered.open.count_at_start() as f64, "");
    drop((store, recovered));
    let start = Instant::now();
    let Ok((store, _)) = Store::open(&directory, &Options::default()) else { return };
    add("restart by checkpoint".to_owned(), start.elapsed().as_secs_f64(), "s");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
    add("resident memory then".to_owned(), resident.unwrap_or(f64::NAN) / 1024.0, "MB");
    drop(store);
    let _ = fs::remove_dir_all(&directory);
}

/// Runs everything and prints it.
pub(crate) fn run(is_json: bool, queued: u64) {
    let directory = folder();
    let _ = fs::create_dir_all(&directory);
    let mut figures: Vec<Figure> = Vec::new();
    let mut add =
        |name: String, value: f64, unit: &'static str| match figures.iter_mut().find(|figure| figure.name == name) {
            Some(figure) => figure.values.push(value),
            None => figures.push(Figure { name, values: vec![value], unit }),
        };
    for _ in 0..if queued > 0 { 0 } else { ROUNDS } {
        let floor = bare(&directory).unwrap_or(f64::NAN);
        add("bare append + fdatasync".to_owned(), floor, "/s");
        let alone = measure("1 sender", 1, MESSAGES_ALONE, false, &mut add);
        add("1 sender / bare".to_owned(), alone / floor, "");
        sealing(&mut add);
        measure("16 senders", 16, MESSAGES, false, &mut add);
        measure("16 senders, read and settled", 16, MESSAGES, true, &mut add);
        measure("64 senders, read and settled", 64, MESSAGES, true, &mut add);
    }
    if queued > 0 {
        restart(queued, &mut add);
    }
    let _ = fs::remove_dir_all(&directory);
    if is_json {
        let list: Vec<Value> = figures
            .iter()
            .map(|Figure { name, values, unit }| json!({"name": name, "value": median(values), "unit": unit, "runs": values}))
            .collect();
        println!("{}", json!({"schema": "sinew.bench.store/1", "figures": list}));
        return;
    }
    for Figure { name, values, unit } in &figures {
        let spread = values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        println!("{name:<48} {:>12.2} {unit:<3} ({:.2} … {:.2})", median(values), spread.0, spread.1);
    }
}
