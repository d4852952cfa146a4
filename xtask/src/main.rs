//! `cargo xtask`: what the house does to itself. `tidy` checks the rules that a machine can read, `test` runs
//! everything that must pass, `install` installs what the tests can use, `sim` runs the simulator, `gen` writes the
//! generated reference pages.
//!
//! Promises: works from a fresh clone without the network beyond the crates that Cargo.lock names; says what it skips.
//! Never: changes a file that it was not asked to change.

mod console;
mod dictionary;
mod fhir;
mod generate;
mod install;
mod packages;
mod root;
mod sbom;
mod simulate;
mod source;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy [--update-ratchet] [--advice]   check the house rules (under 2 seconds)
cargo xtask test [--fast | STEP…]                everything that must pass, or these steps; --fast leaves out the slow ones
cargo xtask install                              what the tests can use: PostgreSQL, by apt, as root
cargo xtask console                              make console/dist anew from console/src; needs Node
cargo xtask sim --seed N [--runs M] [--again]    the simulator: seeds N to N+M-1, or M times the same one
cargo xtask gen [--check]                        write (or compare) the generated pages under docs/reference
cargo xtask gen dictionary                       make the dictionary of HL7 v2 anew from the pinned packages
cargo xtask sbom [--to FILE]                     what the binary is made of, as CycloneDX, from Cargo.lock
cargo xtask gen fhir                             make the definitions of FHIR R4 anew from the pinned package";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["test", ..] = words.as_slice() {
        install::for_ci();
    }
    let done = match words.as_slice() {
        ["tidy", flags @ ..] => known(flags, &["--update-ratchet", "--advice"]).and_then(|()| tidy::run(flags)),
        ["test"] => test::run(test::Choice::All),
        ["test", "--fast"] => test::run(test::Choice::Fast),
        ["test", steps @ ..] => known(steps, &test::names()).and_then(|()| test::run(test::Choice::Named(steps))),
        ["install"] => install::run(),
        ["console"] => console::run(),
        ["sim", words @ ..] => simulate::run(words),
        ["sbom", words @ ..] => sbom::run(words),
        ["gen", "dictionary"] => dictionary::run(),
        ["gen", "fhir"] => fhir::run(),
        ["gen", flags @ ..] => known(flags, &["--check"]).and_then(|()| generate::run(flags.contains(&"--check"))),
        _ => Err(format!("usage:\n{USAGE}")),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

/// Refuses a word that the command does not have, so that a typo never means "do less".
fn known(words: &[&str], allowed: &[&str]) -> Result<(), String> {
    match words.iter().find(|word| !allowed.contains(word)) {
        Some(word) => Err(format!("unknown: {word} (known: {})\n{USAGE}", allowed.join(", "))),
        None => Ok(()),
    }
}
