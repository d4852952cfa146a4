//! Rows of the NIST profile for laboratory orders: messages of several sizes that are meant to conform.

use crate::measure::{Contender, interleave};
use bytes::Bytes;
use hl7v2::profile::{FileKind, Options, Profile, Source};
use hl7v2::{Batch, Message};
use serde_json::json;
use std::path::{Path, PathBuf};

const GUIDE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus/v2-profiles/nist-loi-r1/src/main/resources");
/// Messages of about these sizes are measured, and these are the most microseconds that a check may take.
const SIZES: [(usize, f64); 2] = [(1_000, 40.0), (5_000, 150.0)];

pub(super) struct Row {
    bytes: usize,
    limit: f64,
    issues: usize,
    parse: f64,
    check: f64,
}

/// Empty where the corpus is not there.
pub(super) fn measure() -> Vec<Row> {
    let guide = Path::new(GUIDE);
    let sources: Vec<(String, Vec<u8>)> = files(&guide.join("Global"))
        .into_iter()
        .filter_map(|path| Some((path.display().to_string(), std::fs::read(path).ok()?)))
        .filter(|(_, bytes)| FileKind::detect(bytes).is_some())
        .collect();
    let sources: Vec<Source<'_>> = sources.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    let Some(profile) = Profile::read(&sources).0 else { return Vec::new() };
    let messages: Vec<Bytes> = files(&guide.join("Contextbased"))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter_map(|path| Batch::split(std::fs::read(path).ok()?).0.messages().next())
        .collect();
    let nearest = |size: usize| messages.iter().min_by_key(|bytes| bytes.len().abs_diff(size));
    SIZES.iter().filter_map(|(size, limit)| row(&profile, nearest(*size)?, *limit)).collect()
}

fn row(profile: &Profile, bytes: &Bytes, limit: f64) -> Option<Row> {
    let (message, _) = Message::parse(bytes.clone());
    let at = profile.choose(&message)?;
    let check = || profile.validate(&message, at, &Options::default()).map_or(0, |report| report.issues.len());
    let issues = check();
    let mut contenders =
        [Contender::new("parse", || Message::parse(bytes.clone()).0.segment_count()), Contender::new("check", check)];
    let nanos = interleave(&mut contenders);
    // A message longer than its size has longer time.
    let size = SIZES.iter().find(|(_, own)| *own == limit).map_or(1, |(size, _)| *size);
    let limit = limit * (bytes.len() as f64 / size as f64).max(1.0);
    Some(Row { bytes: bytes.len(), limit, issues, parse: nanos[0] / 1e3, check: nanos[1] / 1e3 })
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

pub(super) fn json(rows: &[Row]) -> serde_json::Value {
    let row = |row: &Row| {
        json!({"bytes": row.bytes, "issues": row.issues, "parse_us": row.parse, "check_us": row.check,
            "limit_us": row.limit, "met": row.check < row.limit})
    };
    rows.iter().map(row).collect()
}

pub(super) fn print(rows: &[Row]) {
    if rows.is_empty() {
        println!("by a profile: skipped, no corpus of profiles beside the repository");
        return;
    }
    println!();
    println!(
        "{:<24} {:>7} {:>7} {:>10} {:>10} {:>8} {:>8}",
        "by a profile (LOI)", "bytes", "issues", "parse µs", "check µs", "x parse", "limit µs"
    );
    for row in rows {
        let met = if row.check < row.limit { "met" } else { "missed" };
        println!(
            "{:<24} {:>7} {:>7} {:>10.2} {:>10.2} {:>8.1} {:>8.0} {met}",
            "OML",
            row.bytes,
            row.issues,
            row.parse,
            row.check,
            row.check / row.parse,
            row.limit
        );
    }
}
