//! What a check by a profile of the language costs: the standard in lenient, and some twenty lines of each kind over it.

use crate::measure::{Contender, interleave};
use bytes::Bytes;
use hl7v2::Message;
use hl7v2::validate::{self, Options};
use lang::{Profiles, Run, Tables, syntax};
use message::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// What a feed of admissions and one of results may ask for.
const PROFILES: &str = r#"
profile adt extends hl7v2 2.5.1 ADT {
  require PID-3[.5=MR].1
  require PID-5.1
  require PID-7
  require PID-8
  expect PID-13
  forbid PID-19
  forbid PID-3[.5=SS]
  length PID-5.1 1..50
  length PID-3.1 1..20
  bind PV1-2 to [I, O, E, P, R, B, N]
  bind PID-8 to table 0001
  cardinality NK1 0..10
  cardinality PID-3 1..10
  cardinality INSURANCE 0..5
  constrain PID-3.1 matches "^[A-Za-z0-9-]+$"
  constrain MSH-12.1 = 2.5.1
  usage PV1-45 required when event = A03 else optional
  usage PV1-3 required when event in [A01, A02]
  rule "a discharge comes after the admission" when event = A03 and PV1-44 exists { PV1-45 >= PV1-44 }
  document ZPD-1 "Debug token" ST
}
profile oru extends hl7v2 2.5.1 ORU_R01 {
  require PID-3.1
  require ORDER_OBSERVATION.OBX
  require OBX-3.1
  require OBX-3.3
  require OBX-11
  expect OBX-14
  expect OBX-8 when OBX-2 = NM
  bind OBX-11 to table 0085
  bind OBX-2 to [NM, ST, TX, CE, CWE, SN, DT, TM, TS, FT]
  length OBX-3.1 1..20
  length OBX-5 1..64000
  cardinality ORDER_OBSERVATION.OBX 1..*
  cardinality OBX-5 0..1
  constrain OBX-3.3 in [LN, L, SCT, 99LAB]
  usage OBX-6 expected when OBX-2 = NM
  rule "numbers are numbers" each OBX when OBX-2 = NM { OBX-5 matches "^[-+0-9.]+$" }
  rule "units come with a system" each OBX when OBX-6.1 exists { OBX-6.3 exists or OBX-6.2 empty }
  require OBR-4.1
  require OBR-25
  forbid OBX-10
}
"#;

/// One message by its profile.
pub(super) struct Row {
    name: &'static str,
    bytes: usize,
    lines: usize,
    issues: usize,
    limit: f64,
    /// Lenient; the profile.
    micros: [f64; 2],
}

pub(super) fn measure(cases: &[super::Case]) -> Vec<Row> {
    let (tree, found) = syntax::parse("bench.flow", PROFILES.to_owned());
    let (profiles, more) = Profiles::compile(&[Arc::new(tree)], &Tables::default(), &Profiles::default());
    assert!(found.is_empty() && more.is_empty(), "the profiles of the bench are clean: {found:?} {more:?}");
    let row = |(name, text, limit): &super::Case| {
        let profile = profiles.get(if name.starts_with("ADT") { "adt" } else { "oru" })?;
        let (message, findings) = Message::parse(Bytes::copy_from_slice(text.as_bytes()));
        let check = || {
            let mut run = Run::new(Timestamp::default(), 0);
            profile.validate(&message, &findings, false, &mut run).map_or(usize::MAX, |report| report.issues.len())
        };
        let mut contenders = [
            Contender::new("lenient", || validate::validate(&message, &findings, Options::default()).issues.len()),
            Contender::new("profile", check),
        ];
        let nanos = interleave(&mut contenders);
        Some(Row {
            name,
            bytes: text.len(),
            lines: profile.lines().lines().len(),
            issues: check(),
            limit: *limit,
            micros: [nanos[0] / 1e3, nanos[1] / 1e3],
        })
    };
    cases.iter().filter_map(row).collect()
}

pub(super) fn print(rows: &[Row]) {
    println!(
        "{:<10} {:>7} {:>10} {:>12} {:>12} {:>8} {:>8}",
        "own", "lines", "issues", "lenient µs", "profile µs", "x", "limit µs"
    );
    for row in rows {
        let [lenient, profile] = row.micros;
        let is_met = if profile < row.limit { "met" } else { "missed" };
        println!(
            "{:<10} {:>7} {:>10} {lenient:>12.2} {profile:>12.2} {:>8.1} {:>8.0} {is_met}",
            row.name,
            row.lines,
            row.issues,
            profile / lenient,
            row.limit
        );
    }
}

pub(super) fn json(rows: &[Row]) -> Vec<Value> {
    let one = |row: &Row| {
        json!({"message": row.name, "bytes": row.bytes, "lines": row.lines, "issues": row.issues,
            "lenient_us": row.micros[0], "profile_us": row.micros[1], "limit_us": row.limit,
            "met": row.micros[1] < row.limit})
    };
    rows.iter().map(one).collect()
}
