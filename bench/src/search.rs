//! Finding one message among very many: a store filled by the simulated hospital over a month, then the questions that
//! the console asks, by the clock and beside what the machine needs to read a page of the same files at random.
//!
//! A word without a name is four questions, as in the search box, and each row of an answer is read from the log, as a
//! list needs it.

use crate::stage::Must;
use hospital::flow::{Config, Flow, Happening, Stamps};
use message::{Clock, DeliveryId, Envelope, Format, MessageState, Name, Origin, Phi, Timestamp, clock};
use serde_json::{Value, json};
use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{
    Accept, Content, Disposition, Facts, Options, Planned, Query, Store, Then,
    contract::{attempt, wait},
};

/// The month that the messages come in.
const BEGIN: Timestamp = Timestamp(1_772_323_200_000_000);
const DAYS: i64 = 30;
const DAY_MICROS: i64 = 86_400_000_000;
/// Messages that are committed together.
const TOGETHER: usize = 512;
/// One message in so many is remembered, to be asked for.
const REMEMBERED: usize = 997;
/// Questions of each kind.
const QUESTIONS: usize = 200;
/// Rows of an answer, as the console asks for them.
const ROWS: usize = 50;
/// Milliseconds that the console may wait for rows, and for counts.
const ROWS_MS_MAX: f64 = 200.0;
const FACETS_MS_MAX: f64 = 300.0;

/// The wall clock of the month.
struct Calendar(AtomicI64);

impl Clock for Calendar {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic(&self) -> Instant {
        clock::System.monotonic()
    }
}

/// What is asked: questions whose answers are joined, and whether counts are wanted instead of rows.
struct Ask {
    name: &'static str,
    is_count: bool,
    questions: Vec<Vec<Query>>,
}

pub(crate) fn run(is_json: bool, count: u64, folder: Option<PathBuf>) {
    let folder = folder.unwrap_or_else(std::env::temp_dir).join(format!("sinew-bench-search-{}", std::process::id()));
    let calendar = Arc::new(Calendar(AtomicI64::new(BEGIN.0)));
    let options = Options { clock: calendar.clone(), ..Options::default() };
    let (store, _) = Store::open(&folder, &options).must("a store");
    let start = Instant::now();
    let known = fill(&store, &calendar, count);
    while store.search(&Query { limit: 1, ..Query::default() }).is_err() {
        std::thread::sleep(Duration::from_millis(100));
    }
    let filled = start.elapsed().as_secs_f64();
    let page = page_p95(&folder);
    let mut rows = Vec::new();
    for ask in asks(&known) {
        let mut times: Vec<f64> = ask.questions.iter().map(|queries| time(&store, queries, ask.is_count)).collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
        rows.push((ask.name, ask.is_count, at(0.5), at(0.95), times[times.len() - 1]));
    }
    let bytes = (store.stats().log_bytes, store.index_bytes());
    let _ = wait(store.close());
    drop(store);
    let _ = std::fs::remove_dir_all(&folder);
    tell(is_json, count, filled, bytes, page, &rows);
}

/// Fills the store; gives the facts of some messages.
fn fill(store: &Store, calendar: &Calendar, count: u64) -> Vec<Facts> {
    let rate = count as f64 / (DAYS * DAY_MICROS) as f64 * 1e6;
    let config = Config {
        rate_per_second: rate,
        start: BEGIN,
        stamps: Stamps::Pace,
        document_bytes: (200, 400),
        ..Config::default()
    };
    let mut flow = Flow::new(7, config);
    let mut known = Vec::new();
    let (mut done, mut told) = (0, Instant::now());
    while done < count {
        let wave = TOGETHER.min((count - done) as usize);
        calendar.0.store(BEGIN.0 + (done as f64 / count as f64 * (DAYS * DAY_MICROS) as f64) as i64, Ordering::Relaxed);
        let commits: Vec<_> = flow
            .by_ref()
            .take(wave)
            .enumerate()
            .map(|(place, happening)| {
                let accept = accept(happening, calendar.now());
                if (done as usize + place).is_multiple_of(REMEMBERED) {
                    known.push(accept.facts.clone());
                }
                store.commit(accept)
            })
            .collect();
        for (place, commit) in commits.into_iter().enumerate() {
            let receipt = wait(commit).must("a commit");
            // One in a thousand stays open, the rest is delivered.
            if !(done as usize + place).is_multiple_of(1000) {
                store
                    .append(&attempt(DeliveryId { message: receipt.id(), number: 0 }, 1, Then::Done))
                    .must("an attempt");
            }
        }
        done += wave as u64;
        if told.elapsed() > Duration::from_secs(10) {
            eprintln!("{done} of {count} messages");
            told = Instant::now();
        }
    }
    known
}

fn accept(happening: Happening, received: Timestamp) -> Accept {
    let raw = bytes::Bytes::from(happening.message);
    let (message, _) = hl7v2::Message::parse(raw.clone());
    let interface: Name = happening.system.as_str().to_ascii_lowercase().as_str().into();
    let facts = engine::acknowledge::facts(hl7v2::Facts::searched(&message));
    Accept {
        envelope: Envelope {
            interface,
            interface_version: 1,
            received,
            peer: "10.1.2.3:40112".into(),
            origin: Origin::Received,
            format: Format::Hl7v2,
            raw,
        },
        facts,
        disposition: Disposition::Routed,
        acknowledgment: None,
        deliveries: vec![Planned {
            destination: "registry".into(),
            order_key: happening.patient,
            content: Content::Raw,
            priority: 0,
        }],
        duplicate_window: None,
        is_remembered: false,
        flags: Vec::new(),
    }
}

fn asks(known: &[Facts]) -> Vec<Ask> {
    let some = |number: usize| &known[number * 7919 % known.len()];
    let each = |query: &dyn Fn(usize) -> Option<Vec<Query>>| -> Vec<Vec<Query>> {
        (0..known.len().max(QUESTIONS) * 20).filter_map(query).take(QUESTIONS).collect()
    };
    let one = |query: Query| Some(vec![Query { limit: ROWS, ..query }]);
    let phi = |value: &String| Some(Phi::new(value.clone()));
    let first = |values: &[Phi<String>]| values.first().cloned();
    let last_day = Some(Timestamp(BEGIN.0 + (DAYS - 1) * DAY_MICROS));
    let state = |state: MessageState| Query { states: vec![state], ..Query::default() };
    let word = |value: String| {
        vec![
            Query { patient: phi(&value), limit: ROWS, ..Query::default() },
            Query { visit: phi(&value), limit: ROWS, ..Query::default() },
            Query { order: phi(&value), limit: ROWS, ..Query::default() },
            Query { control_id: Some(value), limit: ROWS, ..Query::default() },
        ]
    };
    let rows = |name, questions| Ask { name, is_count: false, questions };
    let counts = |name, questions| Ask { name, is_count: true, questions };
    vec![
        rows("control id", each(&|n| one(Query { control_id: Some(some(n).control_id.clone()), ..Query::default() }))),
        rows(
            "patient",
            each(&|n| {
                one(Query { patient: first(&some(n).patients), ..Query::default() }).filter(|q| q[0].patient.is_some())
            }),
        ),
        rows(
            "visit",
            each(&|n| {
                one(Query { visit: first(&some(n).visits), ..Query::default() }).filter(|q| q[0].visit.is_some())
            }),
        ),
        rows(
            "order",
            each(&|n| {
                one(Query { order: first(&some(n).orders), ..Query::default() }).filter(|q| q[0].order.is_some())
            }),
        ),
        rows("a word, as any id", each(&|n| Some(word(some(n).control_id.clone())))),
        rows("an id that nothing has", each(&|n| Some(word(format!("NONE{n}"))))),
        rows("the newest", each(&|_| one(Query::default()))),
        rows("what is not delivered", each(&|_| one(state(MessageState::InFlight)))),
        counts(
            "counts of a patient",
            each(&|n| {
                one(Query { patient: first(&some(n).patients), ..Query::default() }).filter(|q| q[0].patient.is_some())
            }),
        ),
        counts(
            "counts of the last day",
            each(&|_| one(Query { since: last_day, ..Query::default() })).into_iter().take(20).collect(),
        ),
        counts("counts of all", each(&|_| one(Query::default())).into_iter().take(20).collect()),
    ]
}

/// Milliseconds until the answer is there.
fn time(store: &Store, queries: &[Query], is_count: bool) -> f64 {
    let start = Instant::now();
    for query in queries {
        if is_count {
            std::hint::black_box(store.facets(query).must("counts"));
        } else {
            for hit in store.search(query).must("rows").hits {
                std::hint::black_box(store.read(hit.id).must("a message"));
            }
        }
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds to read 4 KiB at random places of the log's files, p95.
fn page_p95(folder: &Path) -> f64 {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).must("the folder").flatten() {
            let metadata = entry.metadata().must("a file");
            if metadata.is_dir() {
                folders.push(entry.path());
            } else if metadata.len() > 1 << 20 {
                files.push((File::open(entry.path()).must("a file"), metadata.len()));
            }
        }
    }
    if files.is_empty() {
        return f64::NAN;
    }
    let mut page = [0; 4096];
    let mut times: Vec<f64> = (0..2_000_u64)
        .map(|number| {
            let (file, bytes) = &files[number as usize * 31 % files.len()];
            let place = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % (bytes - 4096);
            let start = Instant::now();
            let _ = std::hint::black_box(file.read_at(&mut page, place));
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() * 95 / 100]
}

type Row = (&'static str, bool, f64, f64, f64);

fn tell(is_json: bool, count: u64, filled: f64, bytes: (u64, u64), page: f64, rows: &[Row]) {
    let limit = |is_count: bool| if is_count { FACETS_MS_MAX } else { ROWS_MS_MAX };
    if is_json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|(name, is_count, p50, p95, max)| {
                json!({"what": name, "p50_ms": p50, "p95_ms": p95, "max_ms": max, "limit_ms": limit(*is_count),
                    "pages": p95 / page, "met": *p95 <= limit(*is_count)})
            })
            .collect();
        println!(
            "{}",
            json!({"bench": "search", "messages": count, "fill_s": filled, "log_bytes": bytes.0,
            "index_bytes": bytes.1, "page_p95_ms": page, "rows": rows})
        );
        return;
    }
    println!(
        "{count} messages over {DAYS} days, filled in {filled:.0} s; log {} MB, index {} MB",
        bytes.0 >> 20,
        bytes.1 >> 20
    );
    println!("a page of 4 KiB at random: p95 {page:.3} ms");
    for (name, is_count, p50, p95, max) in rows {
        let met = if *p95 <= limit(*is_count) { "" } else { "  NOT MET" };
        println!(
            "  {name:<24} p50 {p50:>9.3} ms  p95 {p95:>9.3} ms  max {max:>9.3} ms  {:>8.0} pages  limit {:.0} ms{met}",
            p95 / page,
            limit(*is_count)
        );
    }
}
