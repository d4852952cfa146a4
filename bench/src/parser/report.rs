//! The figures as a table and as JSON.

use serde_json::{Value, json};
use std::fmt::Write;

/// Versions of the peers, as in this crate's manifest.
const PEERS: [(&str, &str); 3] = [("er7", "0.1.4"), ("hl7-2", "0.2.7"), ("hl7-parser", "0.3.0")];
/// What the first contender must reach.
const READ_TIMES_BEST_MIN: f64 = 15.0;
const EDIT_TIMES_BEST_MIN: f64 = 10.0;
const OF_INDEX_MIN: f64 = 0.2;

/// One measurement: ours first, then peers, then perhaps the bare index.
pub(crate) struct Row {
    pub(crate) message: &'static str,
    pub(crate) bytes: usize,
    pub(crate) what: &'static str,
    /// Name and nanoseconds.
    pub(crate) figures: Vec<(&'static str, f64)>,
}

/// All measurements of a run.
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
}

impl Row {
    fn ours(&self) -> f64 {
        self.figures[0].1
    }

    fn best_peer(&self) -> (&'static str, f64) {
        let is_peer = |name: &str| PEERS.iter().any(|(peer, _)| *peer == name);
        let peers = self.figures.iter().filter(|(name, _)| is_peer(name));
        peers.copied().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("none", f64::NAN))
    }

    fn times_best(&self) -> f64 {
        self.best_peer().1 / self.ours()
    }

    fn index(&self) -> Option<f64> {
        self.figures.iter().find(|(name, _)| *name == "bare index").map(|(_, nanos)| *nanos)
    }

    fn of_index(&self) -> Option<f64> {
        self.index().map(|nanos| nanos / self.ours())
    }

    fn is_met(&self) -> bool {
        let wanted = if self.index().is_some() { READ_TIMES_BEST_MIN } else { EDIT_TIMES_BEST_MIN };
        self.times_best() >= wanted && self.of_index().is_none_or(|share| share >= OF_INDEX_MIN)
    }

    fn gigabytes_per_second(&self, nanos: f64) -> f64 {
        self.bytes as f64 / nanos
    }
}

impl Report {
    pub(crate) fn table(&self) -> String {
        let mut out = String::new();
        for row in &self.rows {
            let _ = writeln!(out, "{} ({} bytes): {}", row.message, row.bytes, row.what);
            for (name, nanos) in &row.figures {
                let _ = writeln!(
                    out,
                    "  {name:<11} {:>12.1} µs {:>12.0} /s {:>7.2} GB/s",
                    nanos / 1e3,
                    1e9 / nanos,
                    row.gigabytes_per_second(*nanos)
                );
            }
            let (peer, _) = row.best_peer();
            let _ = write!(out, "  {:.1} times {peer}", row.times_best());
            if let Some(share) = row.of_index() {
                let _ = write!(out, ", {share:.2} of the bare index");
            }
            let _ = writeln!(out, "{}", if row.is_met() { "" } else { "   BELOW TARGET" });
        }
        let peers: Vec<String> = PEERS.iter().map(|(name, version)| format!("{name} {version}")).collect();
        let _ = writeln!(out, "peers: {}", peers.join(", "));
        out
    }

    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let nanos: serde_json::Map<String, Value> =
                    row.figures.iter().map(|(name, nanos)| ((*name).to_owned(), json!(nanos))).collect();
                json!({
                    "message": row.message, "bytes": row.bytes, "what": row.what, "nanoseconds": nanos,
                    "best_peer": row.best_peer().0, "times_best_peer": row.times_best(),
                    "of_bare_index": row.of_index(), "is_met": row.is_met(),
                })
            })
            .collect();
        json!({ "schema": "sinew.bench.parser/1", "peers": PEERS.map(|(name, version)| format!("{name} {version}")), "rows": rows })
    }
}
