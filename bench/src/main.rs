//! Benchmarks: `cargo run --release -p bench -- NAME [--json]`. A module each; this file only chooses.

mod measure;
mod parser;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_json = words.iter().any(|word| word == "--json");
    let name = words.iter().find(|word| !word.starts_with("--")).map(String::as_str);
    let report = match name {
        Some("parser") => parser::run(),
        _ => {
            eprintln!("usage: bench parser [--json]");
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
