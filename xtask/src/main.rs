//! `cargo xtask`: what the house does to itself. `tidy` checks the rules that a machine can read, `test` runs
//! everything that must pass, `gen` writes the generated reference pages.
//!
//! Promises: works from a fresh clone without the network beyond the crates that Cargo.lock names; says what it skips.
//! Never: changes a file that it was not asked to change.

mod generate;
mod root;
mod source;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask tidy [--update-ratchet] [--advice]   check the house rules (under 2 seconds)
cargo xtask test [--fast]                        everything that must pass; --fast leaves out the release build
cargo xtask gen [--check]                        write (or compare) the generated pages under docs/reference";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["tidy", flags @ ..] => known(flags, &["--update-ratchet", "--advice"]).and_then(|()| tidy::run(flags)),
        ["test", flags @ ..] => known(flags, &["--fast"]).and_then(|()| test::run(flags.contains(&"--fast"))),
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

/// Refuses a flag that the command does not have, so that a typo never means "do less".
fn known(flags: &[&str], allowed: &[&str]) -> Result<(), String> {
    match flags.iter().find(|flag| !allowed.contains(flag)) {
        Some(flag) => Err(format!("unknown flag {flag}\n{USAGE}")),
        None => Ok(()),
    }
}
