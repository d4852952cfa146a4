//! What the mapper waits for after a keystroke: a map of the library with some two hundred lines, changed by a letter each
//! time, checked, drawn and run over a message, over HTTP; beside a bare request in the same run.

use crate::{
    served::{MAP, Served},
    stage::{Must, Stage, give},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The map, and the fewest lines that it must have for the figure to say something.
const NAME: &str = "oru-r01.map";
const LINES_MIN: usize = 200;
const KEYSTROKES: usize = 200;
/// Milliseconds that a person may wait.
const P95_MS_MAX: f64 = 100.0;

pub(crate) fn run(is_json: bool) {
    let file = |(path, text): &(&str, &'static str)| path.ends_with(NAME).then_some(*text);
    let map = library::folder(library::HL7V2_TO_FHIR_R4).find_map(|one| file(&one)).must("the map");
    let lines = map.lines().count();
    assert!(lines >= LINES_MIN, "{NAME} has {lines} lines");
    let stage = Stage::start("send out {\n fake\n}", Duration::ZERO);
    let served = Served::with_map(&stage, map.to_owned());
    let mut browser = served.administrator("ann", "four unrelated words");
    stage.runtime.block_on(give(&stage.engine, message()));
    let newest = stage.engine.store().latest(u64::MAX, 1).must("the message");
    let id = newest.first().must("the message").0;
    let mut measure = |ask: &mut dyn FnMut(usize) -> (&'static str, &'static str, Value)| {
        let mut times: Vec<f64> = (0..KEYSTROKES)
            .map(|number| {
                let (method, path, body) = ask(number);
                let start = Instant::now();
                let answer = browser.ask(method, path, &body).must("an answer");
                let time = start.elapsed().as_secs_f64() * 1e3;
                assert!(!path.ends_with("look") || answer["sample"]["made"].is_string(), "{answer}");
                std::thread::sleep(Duration::from_millis(10));
                time
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (times[times.len() / 2], times[times.len() * 95 / 100])
    };
    let bare = measure(&mut |_| ("GET", "/api/v1/me", Value::Null));
    let look = measure(&mut |number| {
        let text = format!("{map}# {number}\n");
        ("POST", "/api/v1/interfaces/bench/maps/look", json!({"file": MAP, "text": text, "message": id}))
    });
    drop(served);
    stage.end();
    let is_met = look.1 < P95_MS_MAX;
    if is_json {
        let row = |(p50, p95): (f64, f64)| json!({"p50_ms": p50, "p95_ms": p95});
        println!(
            "{}",
            json!({"bench": "preview", "lines": lines, "bare": row(bare), "look": row(look), "requests": look.0 / bare.0,
                "limit_p95_ms": P95_MS_MAX, "met": is_met})
        );
        return;
    }
    println!("{lines} lines of {NAME} with all that they use");
    println!("  a bare request: p50 {:.1} ms, p95 {:.1} ms", bare.0, bare.1);
    println!(
        "  a keystroke:    p50 {:.1} ms, p95 {:.1} ms ({:.0} requests); limit {P95_MS_MAX:.0} ms{}",
        look.0,
        look.1,
        look.0 / bare.0,
        if is_met { "" } else { "  NOT MET" }
    );
}

fn message() -> bytes::Bytes {
    let mut text = String::from(
        "MSH|^~\\&|LAB|NORTH|HUB|NORTH|20260301120000||ORU^R01^ORU_R01|P1|P|2.5.1\rPID|1||77^^^NORTH^MR||Quist^Ada||19700101|F\r\
         PV1|1|I|4W^401^1\rORC|RE|A1|F1\rOBR|1|A1|F1|24323-8^Panel^LN|||20260301110000|||||||||||||||20260301115900||CH|F\r",
    );
    for number in 1..=10 {
        text.push_str(&format!("OBX|{number}|NM|2345-7^Glucose^LN||5.{number}|mmol/L^^UCUM|3.9-5.8|N|||F\r"));
    }
    bytes::Bytes::from(text)
}
