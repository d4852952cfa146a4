//! What a sign-in by password takes over HTTP, with its session and its record in the audit chain: one after the other and
//! several at once, beside the bare hash (Argon2id with the same settings) in the same run, which is the floor.

use crate::{
    served::{Browser, Served},
    stage::{Must, Stage},
};
use argon2::{Algorithm, Argon2, Params, Version};
use serde_json::json;
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

const NAME: &str = "ann";
const PASSWORD: &str = "four unrelated words";
/// Sign-ins of one measurement.
const COUNT: usize = 100;
/// Milliseconds that a person may wait.
const P95_MS_MAX: f64 = 400.0;

pub(crate) fn run(is_json: bool) {
    let stage = Stage::start("send out {\n fake\n}", Duration::ZERO);
    let served = Served::start(&stage);
    served.administrator(NAME, PASSWORD);
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19 * 1024, 2, 1, None).must("settings"));
    let mut out = [0; 32];
    let mut bare: Vec<f64> = (0..COUNT)
        .map(|_| {
            let start = Instant::now();
            hash.hash_password_into(PASSWORD.as_bytes(), b"sixteen bytes of", &mut out).must("a hash");
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    bare.sort_by(f64::total_cmp);
    let floor = bare[bare.len() / 2];
    let rows: Vec<(usize, f64, f64)> = [1, 2, 4]
        .into_iter()
        .map(|together| {
            let times = measure(&served, together);
            (together, times[times.len() / 2], times[times.len() * 95 / 100])
        })
        .collect();
    drop(served);
    stage.end();
    if is_json {
        let told: Vec<_> = rows
            .iter()
            .map(|(together, p50, p95)| {
                json!({"together": together, "p50_ms": p50, "p95_ms": p95, "hashes": p50 / floor, "met": *p95 < P95_MS_MAX})
            })
            .collect();
        println!("{}", json!({"bench": "sign-in", "hash_ms": floor, "limit_p95_ms": P95_MS_MAX, "rows": told}));
        return;
    }
    println!("the bare hash: p50 {floor:.1} ms");
    for (together, p50, p95) in rows {
        let met = if p95 < P95_MS_MAX { "" } else { "  NOT MET" };
        println!(
            "  {together} at once: p50 {p50:>6.1} ms ({:.2} hashes)  p95 {p95:>6.1} ms  limit {P95_MS_MAX:.0} ms{met}",
            p50 / floor
        );
    }
}

/// Milliseconds of each sign-in, sorted.
fn measure(served: &Served, together: usize) -> Vec<f64> {
    let times = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..together {
            scope.spawn(|| {
                for _ in 0..COUNT / together {
                    let mut browser = Browser::new(served.address);
                    let start = Instant::now();
                    let body = json!({"name": NAME, "password": PASSWORD});
                    browser.ask("POST", "/api/v1/sign-in", &body).must("a sign-in");
                    times.lock().must("times").push(start.elapsed().as_secs_f64() * 1e3);
                }
            });
        }
    });
    let mut times = times.into_inner().must("times");
    times.sort_by(f64::total_cmp);
    times
}
