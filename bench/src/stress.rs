//! A rush hour: ten times the mean for a while, with one good destination, one slow, one dead until somebody repairs it, and one
//! that comes and goes. What queued, what senders waited, what it cost, when it was drained, and whether everything arrived.
//!
//! `bench stress [--mean=100] [--seconds=10] [--json]`; the scenario of a peak of ten minutes is `--seconds=600`.

use crate::stage::{Must, Stage, give};
use bytes::Bytes;
use interface::{
    catalogue::{Address, AddressKind, Connector, Context, Settings, Side, Spec},
    contract::{Boxed, Destination, Outgoing, Source},
};
use message::{Code, Outcome, Reason, Scope};
use serde_json::json;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

/// How much more than the mean comes in the peak.
const FACTOR: u64 = 10;
/// Patients, whose messages stay in order.
const PATIENTS: u64 = 1_000;
/// Messages are given in bursts this far apart.
const TICK: Duration = Duration::from_millis(20);
/// One that comes and goes is there for so long, and away for half of it.
const FLAPPING: Duration = Duration::from_secs(2);
/// Longest wait for the queues to be empty, beside the peak itself.
const DRAIN_MIN: Duration = Duration::from_secs(120);

const CODE: Code = Code { id: "E6003", title: "as the scenario wants it", page: "" };
const NAMES: [&str; 4] = ["good", "slow", "dead", "flapping"];

/// One destination and what arrived there, by number of the message.
struct Peer {
    spec: &'static Spec,
    service: Duration,
    start: Instant,
    is_repaired: AtomicBool,
    arrived: Mutex<HashMap<u64, u32>>,
}

impl Peer {
    fn new(name: &'static str, service: Duration) -> Arc<Peer> {
        let side = || {
            Some(Side { address: Address { kind: AddressKind::Nothing, description: "" }, options: &[], example: "" })
        };
        let spec =
            Spec { name, title: "a destination of the rush hour", description: "", source: None, destination: side() };
        Arc::new(Peer {
            spec: Box::leak(Box::new(spec)),
            service,
            start: Instant::now(),
            is_repaired: AtomicBool::new(false),
            arrived: Mutex::default(),
        })
    }

    fn is_away(&self) -> bool {
        match self.spec.name {
            "dead" => !self.is_repaired.load(Ordering::Relaxed),
            "flapping" => {
                let at = self.start.elapsed().as_millis() % (FLAPPING.as_millis() * 3 / 2);
                at >= FLAPPING.as_millis()
            }
            _ => false,
        }
    }

    /// Messages that arrived, and how many arrived more than once.
    fn counted(&self) -> (usize, usize) {
        let arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
        (arrived.len(), arrived.values().filter(|count| **count > 1).count())
    }
}

struct Kind(Arc<Peer>);

impl Connector for Kind {
    fn spec(&self) -> &'static Spec {
        self.0.spec
    }
    fn source(&self, _: &Settings, _: &Context) -> Boxed<'static, Result<Box<dyn Source>, Reason>> {
        Box::pin(async { Err(Reason::new(CODE, "it only sends")) })
    }
    fn destination(&self, _: &Settings, _: &Context) -> Result<Box<dyn Destination>, Reason> {
        Ok(Box::new(Lane(self.0.clone())))
    }
}

struct Lane(Arc<Peer>);

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(async move {
            if self.0.is_away() {
                let reason = Reason::new(CODE, "away");
                return Outcome::Transient { scope: Scope::Destination, reason, retry_after: None };
            }
            tokio::time::sleep(self.0.service).await;
            let id = outgoing.bytes.split(|byte| *byte == b'|').nth(9).and_then(|id| std::str::from_utf8(id).ok());
            if let Some(number) = id.and_then(|id| id.strip_prefix('M')).and_then(|id| id.parse().ok()) {
                *self.0.arrived.lock().unwrap_or_else(PoisonError::into_inner).entry(number).or_default() += 1;
            }
            Outcome::Delivered { reply: None }
        })
    }
}

/// What senders saw of one phase.
struct Phase {
    name: &'static str,
    given: u64,
    waits: Vec<f64>,
    took: f64,
}

impl Phase {
    fn at(&self, share: f64) -> f64 {
        let place = (self.waits.len() as f64 * share) as usize;
        self.waits.get(place.min(self.waits.len().saturating_sub(1))).copied().unwrap_or(0.0)
    }
}

pub(crate) fn run(is_json: bool, mean: u64, seconds: u64) {
    // The slow one takes twice the mean with its four lanes: less than the peak brings.
    let slow = Duration::from_micros(4_000_000 / (mean * 2).max(1));
    let peers: Vec<Arc<Peer>> = NAMES
        .iter()
        .map(|name| Peer::new(name, if *name == "slow" { slow } else { Duration::from_millis(1) }))
        .collect();
    let more = peers.iter().map(|peer| &*Box::leak(Box::new(Kind(peer.clone()))) as &'static dyn Connector).collect();
    let lines: String = NAMES
        .iter()
        .map(|name| {
            format!(
                "send to-{name} {{\n {name}\n lanes {}\n retry from 100ms to 1s\n}}\n",
                if *name == "slow" { 4 } else { 16 }
            )
        })
        .collect();
    let stage = Stage::start_beside(&lines, Duration::ZERO, more);
    let cpu = cpu_seconds();
    let calm = feed(&stage, "calm", mean, Duration::from_secs(seconds.div_ceil(2)), 0);
    let peak = feed(&stage, "peak", mean * FACTOR, Duration::from_secs(seconds), calm.given);
    let queued: Vec<usize> = NAMES.iter().map(|name| waiting(&stage, name)).collect();
    let total = calm.given + peak.given;
    let ended = Instant::now();
    if let Some(dead) = peers.iter().find(|peer| peer.spec.name == "dead") {
        dead.is_repaired.store(true, Ordering::Relaxed);
    }
    let drained = drain(&stage, ended, DRAIN_MIN + Duration::from_secs(seconds * FACTOR));
    let cpu = cpu_seconds() - cpu;
    stage.end();
    let arrived: Vec<(usize, usize)> = peers.iter().map(|peer| peer.counted()).collect();
    let is_whole = arrived.iter().all(|(count, _)| *count as u64 == total) && drained.iter().all(Option::is_some);
    let each = cpu * 1e6 / (total as f64 * NAMES.len() as f64);
    if is_json {
        let phase = |phase: &Phase| json!({"given": phase.given, "seconds": phase.took, "p50_ms": phase.at(0.5), "p99_ms": phase.at(0.99)});
        let row = |at: usize| json!({"queued": queued[at], "drained_s": drained[at], "arrived": arrived[at].0, "twice": arrived[at].1});
        let rows: serde_json::Map<String, serde_json::Value> =
            NAMES.iter().enumerate().map(|(at, name)| ((*name).to_owned(), row(at))).collect();
        println!(
            "{}",
            json!({"bench": "stress", "mean": mean, "calm": phase(&calm), "peak": phase(&peak), "destinations": rows,
            "cpu_s": cpu, "cpu_us_per_delivery": each, "nothing_lost": is_whole})
        );
        return;
    }
    for phase in [&calm, &peak] {
        println!(
            "{}: {} messages in {:.1} s, the sender waited p50 {:.2} ms, p99 {:.2} ms",
            phase.name,
            phase.given,
            phase.took,
            phase.at(0.5),
            phase.at(0.99)
        );
    }
    for (at, name) in NAMES.iter().enumerate() {
        let when =
            drained[at].map_or_else(|| "not drained".to_owned(), |seconds| format!("drained after {seconds:.1} s"));
        println!(
            "  {name:9} {:>7} queued at the end of the peak, {when}; {} arrived, {} of them twice",
            queued[at], arrived[at].0, arrived[at].1
        );
    }
    println!("  cost: {cpu:.1} s of CPU, {each:.0} us a delivery");
    println!("  {}", if is_whole { "nothing lost" } else { "MESSAGES ARE MISSING" });
}

/// Gives messages at this rate for this long.
fn feed(stage: &Stage, name: &'static str, rate: u64, time: Duration, from: u64) -> Phase {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let start = Instant::now();
    let given = stage.runtime.block_on(async {
        let (mut next, mut open) = (0, tokio::task::JoinSet::new());
        while start.elapsed() < time {
            let due = (start.elapsed().as_secs_f64() * rate as f64) as u64;
            while next < due {
                let (engine, waits, number) = (stage.engine.clone(), waits.clone(), from + next);
                next += 1;
                open.spawn(async move {
                    let begun = Instant::now();
                    give(&engine, message(number)).await;
                    waits.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed().as_secs_f64() * 1e3);
                });
            }
            while open.try_join_next().is_some() {}
            tokio::time::sleep(TICK).await;
        }
        while let Some(one) = open.join_next().await {
            one.must("accepted");
        }
        next
    });
    let mut waits = std::mem::take(&mut *waits.lock().unwrap_or_else(PoisonError::into_inner));
    waits.sort_by(f64::total_cmp);
    Phase { name, given, waits, took: start.elapsed().as_secs_f64() }
}

fn waiting(stage: &Stage, name: &str) -> usize {
    let flow = stage.engine.flow("bench").must("the interface");
    flow.outbox(&format!("to-{name}")).must("the destination").look(engine::queue::Queue::len)
}

/// Seconds after the peak at which each queue was empty.
fn drain(stage: &Stage, ended: Instant, limit: Duration) -> Vec<Option<f64>> {
    let mut drained = vec![None; NAMES.len()];
    while drained.iter().any(Option::is_none) && ended.elapsed() < limit {
        for (at, name) in NAMES.iter().enumerate() {
            if drained[at].is_none() && waiting(stage, name) == 0 {
                drained[at] = Some(ended.elapsed().as_secs_f64());
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drained
}

fn message(number: u64) -> Bytes {
    let patient = number % PATIENTS;
    Bytes::from(format!(
        "MSH|^~\\&|REG|NORTH|HUB|NORTH|20260301120000||ADT^A08^ADT_A01|M{number}|P|2.5.1\rEVN||20260301120000\r\
         PID|1||{patient}^^^NORTH^MR||Quist^Ada||19800229|F\rPV1|1|I|4W\r"
    ))
}

/// CPU time of this process so far (proc(5): utime and stime, in ticks of 10 ms); 0 where there is no such file.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = rest.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks as f64 / 100.0
}
