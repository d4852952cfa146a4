//! What validation costs, by the standard, by a profile of the language and by a NIST profile: microseconds a message, and how many times as much as
//! parsing it. The profile and its messages are those of the corpus beside the repository; without it their rows are left
//! out, and that is said.

mod own;
mod profiled;

use crate::measure::{Contender, interleave};
use crate::parser::messages;
use bytes::Bytes;
use hl7v2::Message;
use hl7v2::validate::{self, Level, Options};
use serde_json::json;

/// Message, its text, and the most microseconds that the check may take.
type Case = (&'static str, String, f64);

pub(crate) fn run(is_json: bool) {
    let cases: [Case; 2] = [("ADT 1 KB", messages::adt(), 40.0), ("ORU 5 KB", messages::oru(), 150.0)];
    let rows: Vec<Row> = cases.iter().map(measure).collect();
    let own = own::measure(&cases);
    let profiled = profiled::measure();
    if is_json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!(
            "{}",
            json!({"bench": "validate", "rows": rows, "own": own::json(&own), "profile": profiled::json(&profiled)})
        );
        return;
    }
    println!(
        "{:<10} {:>7} {:>10} {:>12} {:>12} {:>8} {:>8}",
        "message", "bytes", "parse µs", "lenient µs", "strict µs", "x parse", "limit µs"
    );
    for row in rows {
        let [parse, lenient, strict] = row.micros;
        println!(
            "{:<10} {:>7} {parse:>10.2} {lenient:>12.2} {strict:>12.2} {:>8.1} {:>8.0} {}",
            row.name,
            row.bytes,
            lenient / parse,
            row.limit,
            if row.is_met() { "met" } else { "missed" },
        );
    }
    own::print(&own);
    profiled::print(&profiled);
}

struct Row {
    name: &'static str,
    bytes: usize,
    limit: f64,
    /// Parse; check in lenient; check in strict.
    micros: [f64; 3],
}

impl Row {
    fn is_met(&self) -> bool {
        self.micros[1].max(self.micros[2]) < self.limit
    }

    fn json(&self) -> serde_json::Value {
        let [parse, lenient, strict] = self.micros;
        json!({"message": self.name, "bytes": self.bytes, "parse_us": parse, "lenient_us": lenient, "strict_us": strict,
            "lenient_times_parse": lenient / parse, "limit_us": self.limit, "met": self.is_met()})
    }
}

fn measure((name, text, limit): &Case) -> Row {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let (message, findings) = Message::parse(bytes.clone());
    let check = |level| validate::validate(&message, &findings, Options { level, values: false }).issues.len();
    let mut contenders = [
        Contender::new("parse", || Message::parse(bytes.clone()).0.segment_count()),
        Contender::new("lenient", || check(Level::Lenient)),
        Contender::new("strict", || check(Level::Strict)),
    ];
    let nanos = interleave(&mut contenders);
    Row { name, bytes: text.len(), limit: *limit, micros: [nanos[0] / 1e3, nanos[1] / 1e3, nanos[2] / 1e3] }
}
