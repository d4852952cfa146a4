//! What a conversion to FHIR R4 costs by the maps of the library, parsing included: microseconds a message, and how many
//! times as much as parsing alone.

use crate::measure::{Contender, interleave};
use crate::parser::messages;
use bytes::Bytes;
use fhir::Tree;
use hl7v2::Message;
use lang::{Run, Settings, Standard};
use message::Timestamp;
use serde_json::json;
use std::time::Instant;

/// Message, its text, and the most microseconds that parsing and converting may take.
type Case = (&'static str, String, f64);

/// Maps of whole messages that are checked together.
const MAPS: usize = 200;
/// The most microseconds that it may take.
const CHECK_MICROS_MAX: f64 = 1e6;

/// Microseconds to check the library and as many copies of its map of admissions as it takes, texts read anew.
fn check_micros() -> f64 {
    let files: Vec<_> = library::folder(library::HL7V2_TO_FHIR_R4).collect();
    let adt = files.iter().find(|(path, _)| *path == "messages/adt.map").map_or("", |(_, text)| *text);
    let more: Vec<_> = (0..MAPS)
        .map(|number| (format!("messages/site-{number}.map"), adt.replace("map adt ", &format!("map site-{number} "))))
        .collect();
    let all = || files.iter().copied().chain(more.iter().map(|(path, text)| (&**path, &**text)));
    let start = Instant::now();
    let (standard, found) = Standard::read(all());
    let wrong = found.len() + standard.check().len();
    let took = start.elapsed();
    assert_eq!(wrong, 0, "the maps check");
    took.as_secs_f64() * 1e6
}

/// Parses and converts one message so many times, without a clock: for `valgrind --tool=callgrind`, where what two counts
/// differ by is the cost of the messages between them.
pub(crate) fn repeat(times: usize, of: &str) {
    let text = Bytes::from(if of == "oru" { messages::oru() } else { messages::adt() });
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let (first, _) = Message::parse(text.clone());
    let Some(map) = standard.map_for(&first).and_then(|(file, _)| file.main()) else { return };
    let (mut tree, mut nodes) = (Tree::new(), 0);
    for _ in 0..times {
        let (message, _) = Message::parse(text.clone());
        let mut run = Run::new(Timestamp::default(), 0);
        let _ = map.convert(&message, &mut tree, &mut run, &Settings::default());
        nodes += tree.node_count();
    }
    println!("{times} times {} bytes to {nodes} nodes in all", text.len());
}

pub(crate) fn run(is_json: bool) {
    let cases: [Case; 2] = [("ADT 1 KB", messages::adt(), 50.0), ("ORU 5 KB", messages::oru(), 200.0)];
    let (standard, _) = Standard::read(library::folder(library::HL7V2_TO_FHIR_R4));
    let mut rows = Vec::new();
    for (name, text, limit) in cases {
        let bytes = Bytes::from(text);
        let (message, _) = Message::parse(bytes.clone());
        let Some(map) = standard.map_for(&message).and_then(|(file, _)| file.main()) else { continue };
        let (mut tree, mut out) = (Tree::new(), Vec::new());
        let convert = || {
            let (message, _) = Message::parse(bytes.clone());
            let mut run = Run::new(Timestamp::default(), 0);
            let _ = map.convert(&message, &mut tree, &mut run, &Settings::default());
            tree.node_count()
        };
        let (mut tree_of_write, mut run) = (Tree::new(), Run::new(Timestamp::default(), 0));
        let _ = map.convert(&message, &mut tree_of_write, &mut run, &Settings::default());
        let size = tree_of_write.write().len();
        let nanos = interleave(&mut [
            Contender::new("parse", || Message::parse(bytes.clone()).0.segment_count()),
            Contender::new("convert", convert),
            Contender::new("write", || {
                out.clear();
                tree_of_write.root().write_to(&mut out);
                out.len()
            }),
        ]);
        let micros: Vec<f64> = nanos.iter().map(|nanos| nanos / 1e3).collect();
        rows.push((name, bytes.len(), size, limit, micros));
    }
    let micros = check_micros();
    if is_json {
        let limit = CHECK_MICROS_MAX;
        println!(
            "{}",
            json!({"bench": "convert", "check_maps": MAPS, "check_us": micros, "limit_us": limit, "met": micros < limit})
        );
    } else {
        let verdict = if micros < CHECK_MICROS_MAX { "met" } else { "missed" };
        println!("check of {MAPS} maps over the library: {:.0} ms; limit 1000 {verdict}", micros / 1e3);
    }
    for (name, bytes, size, limit, micros) in rows {
        let [parse, convert, write] = micros[..] else { continue };
        if is_json {
            println!(
                "{}",
                json!({"bench": "convert", "message": name, "bytes": bytes, "bundle_bytes": size, "parse_us": parse,
                "convert_us": convert, "write_us": write, "limit_us": limit, "met": convert < limit})
            );
        } else {
            let verdict = if convert < limit { "met" } else { "missed" };
            println!(
                "{name}: {bytes} bytes to {size}; parse {parse:.2} µs, parse and convert {convert:.2} µs ({:.1} x), write {write:.2} µs; limit {limit:.0} {verdict}",
                convert / parse
            );
        }
    }
}
