//! Benchmarks: `cargo run --release -p bench -- NAME [--json]`. A module each; this file only chooses.

mod convert;
mod fhir;
mod fhirpath;
mod load;
mod measure;
mod pairs;
mod parser;
mod preview;
mod quality;
mod routes;
mod scan;
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

/// What stands behind the name.
struct Words(Vec<String>);

impl Words {
    fn is_json(&self) -> bool {
        self.0.iter().any(|word| word == "--json")
    }

    /// What stands behind this beginning, `--dir=`.
    fn text<'a>(&'a self, begin: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter_map(move |word| word.strip_prefix(begin))
    }

    fn number<T: std::str::FromStr>(&self, begin: &str, default: T) -> T {
        self.text(begin).find_map(|word| word.parse().ok()).unwrap_or(default)
    }
}

type Bench = (&'static str, &'static str, fn(&Words));

/// Every benchmark with its words.
const BENCHES: &[Bench] = &[
    ("parser", "", parser),
    ("store", "[--queued=COUNT]", |words| store::run(words.is_json(), words.number("--queued=", 0))),
    ("search", "[--messages=COUNT] [--dir=FOLDER]", |words| {
        let folder = words.text("--dir=").next().map(Into::into);
        search::run(words.is_json(), words.number("--messages=", 100_000), folder);
    }),
    ("validate", "", |words| validate::run(words.is_json())),
    ("quality", "", |words| quality::run(words.is_json())),
    ("fhir", "", |words| fhir::run(words.is_json())),
    ("fhirpath", "", |words| fhirpath::run(words.is_json())),
    ("convert", "[--times=COUNT --of=adt|oru]", |words| match words.number("--times=", 0) {
        0 => convert::run(words.is_json()),
        times => convert::repeat(times, words.text("--of=").next().unwrap_or("adt")),
    }),
    ("script", "", |words| script::run(words.is_json())),
    ("routes", "", |words| routes::run(words.is_json())),
    ("stat", "", |words| urgent::run(words.is_json())),
    ("stress", "[--mean=PER-SECOND] [--seconds=OF-THE-PEAK]", |words| {
        stress::run(words.is_json(), words.number("--mean=", 100), words.number("--seconds=", 10));
    }),
    ("pairs", "[--also='nats HOST:PORT/SUBJECT']", |words| {
        pairs::run(words.is_json(), words.text("--also=").map(|line| &*line.to_owned().leak()).collect());
    }),
    ("sign-in", "", |words| sign_in::run(words.is_json())),
    ("preview", "", |words| preview::run(words.is_json())),
    ("watched", "", |words| watched::run(words.is_json())),
    ("scan", "[--turns=COUNT] [--scans=COUNT]", |words| {
        scan::run(words.is_json(), words.number("--turns=", 5), words.number("--scans=", 3));
    }),
];

fn parser(words: &Words) {
    let report = parser::run();
    if words.is_json() {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
}

fn main() -> ExitCode {
    let words = Words(std::env::args().skip(1).collect());
    let named = words.0.iter().find(|word| !word.starts_with("--"));
    let Some((_, _, run)) = named.and_then(|named| BENCHES.iter().find(|(name, ..)| name == named)) else {
        eprintln!("usage: bench NAME [--json]");
        for (name, more, _) in BENCHES {
            eprintln!("  {name} {more}");
        }
        return ExitCode::from(2);
    };
    run(&words);
    ExitCode::SUCCESS
}
