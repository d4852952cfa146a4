//! Benchmarks: `cargo run --release -p bench -- NAME [--json]`. A module each; this file only chooses.

mod convert;
mod fhir;
mod fhirpath;
mod measure;
mod pairs;
mod parser;
mod preview;
mod quality;
mod routes;
mod script;
mod search;
mod served;
mod sign_in;
mod stage;
mod store;
mod stress;
mod urgent;
mod validate;
mod watched;

use std::process::ExitCode;

/// The allocator of the binary, so that what is measured here is what runs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_json = words.iter().any(|word| word == "--json");
    let name = words.iter().find(|word| !word.starts_with("--")).map(String::as_str);
    let report = match name {
        Some("parser") => parser::run(),
        Some("store") => {
            let queued = words.iter().find_map(|word| word.strip_prefix("--queued=")?.parse().ok());
            store::run(is_json, queued.unwrap_or(0));
            return ExitCode::SUCCESS;
        }
        Some("fhir") => {
            fhir::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("fhirpath") => {
            fhirpath::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("convert") => {
            convert::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("script") => {
            script::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("search") => {
            let word = |name: &str| words.iter().find_map(|word| word.strip_prefix(name));
            let count = word("--messages=").and_then(|count| count.parse().ok());
            search::run(is_json, count.unwrap_or(100_000), word("--dir=").map(Into::into));
            return ExitCode::SUCCESS;
        }
        Some("sign-in") => {
            sign_in::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("preview") => {
            preview::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("watched") => {
            watched::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("quality") => {
            quality::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("stat") => {
            urgent::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("stress") => {
            let number = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.parse().ok());
            stress::run(is_json, number("--mean=").unwrap_or(100), number("--seconds=").unwrap_or(10));
            return ExitCode::SUCCESS;
        }
        Some("pairs") => {
            let also = words.iter().filter_map(|word| word.strip_prefix("--also="));
            pairs::run(is_json, also.map(|line| &*line.to_owned().leak()).collect());
            return ExitCode::SUCCESS;
        }
        Some("routes") => {
            routes::run(is_json);
            return ExitCode::SUCCESS;
        }
        Some("validate") => {
            validate::run(is_json);
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!(
                "usage: bench parser|quality|store|validate|fhir|fhirpath|convert|script|search|sign-in|stat|routes|stress|pairs|preview|watched \
                 [--json] [--queued=COUNT] [--messages=COUNT] [--dir=FOLDER] [--mean=PER-SECOND] [--seconds=OF-THE-PEAK] [--also='nats HOST:PORT/SUBJECT']"
            );
            return ExitCode::from(2);
        }
    };
    if is_json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    ExitCode::SUCCESS
}
