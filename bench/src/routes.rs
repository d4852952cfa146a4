//! What routing costs: one interface with 100 destinations and 1,000 conditions, the whole way through the engine and its
//! store, as processor time of this process.

use crate::{
    parser::messages,
    stage::{Must, Stage, give},
};
use bytes::Bytes;
use serde_json::json;
use std::{fmt::Write, time::Duration};

const DESTINATIONS: usize = 100;
const CONDITIONS: usize = 1_000;
const MESSAGES: u64 = 3_000;
/// Messages that are given at once.
const TOGETHER: u64 = 64;
/// The limit of a message, and what each of its deliveries adds, microseconds.
const MESSAGE_MICROS: f64 = 400.0;
const DELIVERY_MICROS: f64 = 40.0;

pub(crate) fn run(is_json: bool) {
    let stage = Stage::start(&lines(), Duration::ZERO);
    let adt = messages::adt();
    let warm = give_all(&stage, &adt, 0, 500);
    let before = (cpu_micros(), stage.taken());
    let deliveries = give_all(&stage, &adt, 500, MESSAGES) - warm;
    let micros = (cpu_micros() - before.0) / MESSAGES as f64;
    stage.end();
    let each = deliveries as f64 / MESSAGES as f64;
    let limit = MESSAGE_MICROS + DELIVERY_MICROS * each;
    let is_met = micros <= limit;
    if is_json {
        println!(
            "{}",
            json!({"bench": "routes", "destinations": DESTINATIONS, "conditions": CONDITIONS, "cpu_us": micros,
                "deliveries": each, "limit_us": limit, "met": is_met})
        );
        return;
    }
    println!("{DESTINATIONS} destinations, {CONDITIONS} conditions, {each:.1} deliveries a message");
    println!("  {micros:.0} µs of processor a message; limit {limit:.0}{}", if is_met { "" } else { " NOT MET" });
}

/// Routes of 10 cases for each destination, each a condition of its own; a message goes to a few of them.
fn lines() -> String {
    let mut text = String::new();
    let kinds = ["PV1-3.1", "PV1-2", "PID-3.4", "MSH-4", "PV1-10", "PID-8", "PV1-44", "MSH-3", "PV1-18", "PID-15"];
    text.push_str("route every {\n");
    for condition in 0..CONDITIONS {
        let path = kinds[condition / DESTINATIONS % kinds.len()];
        let to = condition % DESTINATIONS;
        let value = if condition % 250 == 7 {
            "event = A01 and MSH-12 starts 2".to_owned()
        } else {
            format!("{path} = \"X{condition}\"")
        };
        let _infallible = writeln!(text, "  case {value} to d{to}");
    }
    let all: Vec<String> = (0..DESTINATIONS).map(|number| format!("d{number}")).collect();
    let _infallible = writeln!(text, "  default {}\n}}", all.join(", "));
    for name in all {
        let _infallible = writeln!(text, "send {name} {{\n fake\n}}");
    }
    text
}

/// Gives messages, waits for their deliveries, and says how many there were in all.
fn give_all(stage: &Stage, text: &str, from: u64, count: u64) -> u64 {
    stage.runtime.block_on(async {
        let mut next = from;
        while next < from + count {
            let wave = next..(next + TOGETHER).min(from + count);
            next = wave.end;
            let given: Vec<_> = wave
                .map(|number| {
                    let engine = stage.engine.clone();
                    let bytes = Bytes::from(with_id(text, number));
                    tokio::spawn(async move { give(&engine, bytes).await })
                })
                .collect();
            for one in given {
                one.await.must("accepted");
            }
        }
        assert!(stage.engine.drain(Duration::from_secs(120)).await, "everything was delivered");
    });
    stage.taken()
}

/// The message with another control id and patient.
fn with_id(text: &str, number: u64) -> String {
    let mut fields: Vec<String> = text.split('|').map(str::to_owned).collect();
    if let Some(id) = fields.get_mut(9) {
        *id = format!("R{number}");
    }
    fields.join("|")
}

/// Processor time of this process, microseconds: ticks of 10 ms.
fn cpu_micros() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) * 10_000.0
}
