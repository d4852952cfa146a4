//! What the counts of data quality cost: microseconds a message, beside parsing it and running an interface over it in the
//! same run.

use crate::measure::{Contender, interleave};
use crate::parser::messages;
use bytes::Bytes;
use engine::{
    pipeline,
    quality::{Book, Received, Repeat},
};
use hl7v2::Message;
use interface::{
    definition::Definition,
    workspace::{Files, Options, Workspace},
};
use message::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// The most microseconds that counting a message of 1 KB may take: 5 % of what the engine takes for one.
const LIMIT_MICROS: f64 = 2.0;

const FLOW: &str = "interface bench \"Bench\" {\n  owner bench contact bench@example.org\n  receive mllp 127.0.0.1:0 {\n    \
                    order by PID-3.1\n  }\n  send partner {\n    mllp 127.0.0.1:1\n    set PID-5.1 = PID-5.1 | upper\n  }\n}\n";

pub(crate) fn run(is_json: bool) {
    let definition = definition();
    let cases = [("ADT 1 KB", messages::adt()), ("ORU 5 KB", messages::oru())];
    let rows: Vec<Row> = cases.iter().map(|(name, text)| measure(name, text, &definition)).collect();
    if is_json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        println!("{}", json!({"bench": "quality", "rows": rows}));
        return;
    }
    println!(
        "{:<10} {:>7} {:>9} {:>18} {:>10} {:>26}",
        "message", "bytes", "parse µs", "parse+process µs", "count µs", "with / without counting"
    );
    for row in rows {
        let [parse, process, count] = row.micros;
        println!(
            "{:<10} {:>7} {parse:>9.2} {process:>18.2} {count:>10.2} {:>26.3} {}",
            row.name,
            row.bytes,
            row.ratio(),
            if row.is_met() { "" } else { "over 2 µs" }
        );
    }
}

struct Row {
    name: &'static str,
    bytes: usize,
    /// Parse; parse and process; count what is parsed.
    micros: [f64; 3],
}

impl Row {
    fn ratio(&self) -> f64 {
        (self.micros[1] + self.micros[2]) / self.micros[1]
    }

    /// The limit is for a message of 1 KB.
    fn is_met(&self) -> bool {
        self.micros[2] <= LIMIT_MICROS * (self.bytes as f64 / 1024.0).max(1.0)
    }

    fn json(&self) -> serde_json::Value {
        let [parse, process, count] = self.micros;
        json!({"message": self.name, "bytes": self.bytes, "parse_us": parse, "parse_process_us": process,
            "quality_us": count, "ratio": self.ratio(), "limit_us": LIMIT_MICROS, "met": self.is_met()})
    }
}

fn definition() -> Arc<Definition> {
    let files = Files::memory([("sinew.toml", "name = \"bench\""), ("interfaces/bench/interface.flow", FLOW)]);
    let variables = |_: &str| None;
    let options = Options {
        connectors: connectors::catalogue(),
        environment: None,
        overrides: None,
        variables: &variables,
        secrets: &|_| None,
    };
    let (workspace, findings) = Workspace::of(files, &options);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    workspace.definitions[0].clone()
}

fn measure(name: &'static str, text: &str, definition: &Arc<Definition>) -> Row {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let (message, _) = Message::parse(bytes.clone());
    let now = Timestamp(1_772_348_889_000_000);
    let mut book = Book::default();
    let mut contenders = [
        Contender::new("parse", || Message::parse(bytes.clone()).0.segment_count()),
        Contender::new("process", || {
            let (message, _) = Message::parse(bytes.clone());
            pipeline::process(definition, &lang::Matter::V2(message), &[], now, 7).deliveries.len()
        }),
        Contender::new("count", || {
            let (repeat, at) = (Repeat::No, Some(now));
            let received =
                Received { message: 1, bytes: bytes.len(), at, repeat, local_offset_s: 0, now, verdict: None };
            book.count(&message, received, 3_600_000_000);
            1
        }),
    ];
    let nanos = interleave(&mut contenders);
    Row { name, bytes: text.len(), micros: [nanos[0] / 1e3, nanos[1] / 1e3, nanos[2] / 1e3] }
}
