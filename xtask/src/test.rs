//! `cargo xtask test`: everything that must pass, in an order that fails early; CI runs exactly this.
//!
//! Promises: prints its plan first, the time of each step, what it skipped and why, and as the last line
//! `N passed, N failed, N skipped` (each test counts as one, each other step as one). Later steps run even when an
//! earlier one failed, so that one run tells everything. Never: installs anything.

mod console;
mod demo;
mod licences;
mod output;
mod suite;

use crate::{generate, root, tidy};
use std::time::{Duration, Instant};

/// What came of a step.
pub(crate) struct Outcome {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// One line: what was found, or why it was skipped.
    note: String,
}

impl Outcome {
    /// One thing that passed or failed.
    fn of(is_good: bool, note: impl Into<String>) -> Outcome {
        Outcome { passed: usize::from(is_good), failed: usize::from(!is_good), skipped: 0, note: note.into() }
    }

    /// Not run, and why.
    fn skipped(why: impl Into<String>) -> Outcome {
        Outcome { passed: 0, failed: 0, skipped: 1, note: why.into() }
    }
}

/// A named part of the run.
struct Step {
    name: &'static str,
    what: &'static str,
    /// Left out by `--fast`: needs a build of its own.
    is_slow: bool,
    run: fn() -> Result<Outcome, String>,
}

/// The plan. One debug profile serves tests, generated pages and doc tests; only the demo builds for release.
const STEPS: &[Step] = &[
    Step { name: "tidy", what: "the house rules a machine can read", is_slow: false, run: house_rules },
    Step { name: "format", what: "cargo fmt --check", is_slow: false, run: format },
    Step { name: "clippy", what: "no warnings, all targets", is_slow: false, run: clippy },
    Step { name: "tests", what: "unit, property, conformance and scenario tests", is_slow: false, run: suite::run },
    Step { name: "examples", what: "examples in the documentation of the crates", is_slow: true, run: suite::run_docs },
    Step { name: "generated", what: "docs/reference is what the binary says", is_slow: false, run: generated },
    Step { name: "licences", what: "licences and banned crates, from deny.toml", is_slow: false, run: licences::run },
    Step { name: "deny", what: "cargo deny check", is_slow: true, run: deny },
    Step {
        name: "console",
        what: "the console in a real browser: every screen, both themes, mouse and keyboard",
        is_slow: true,
        run: console::run,
    },
    Step {
        name: "demo",
        what: "the hospital demo, release build: nothing lost, every fault healed",
        is_slow: true,
        run: demo::run,
    },
];

/// Which steps to run.
#[derive(Clone, Copy)]
pub(crate) enum Choice<'a> {
    /// All of them, as CI does.
    All,
    /// Those that need no build of their own.
    Fast,
    /// These.
    Named(&'a [&'a str]),
}

impl Choice<'_> {
    fn includes(&self, step: &Step) -> bool {
        match self {
            Choice::All => true,
            Choice::Fast => !step.is_slow,
            Choice::Named(names) => names.contains(&step.name),
        }
    }
}

/// The names of the steps.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the plan; true when nothing failed.
pub(crate) fn run(choice: Choice<'_>) -> Result<bool, String> {
    println!("plan:");
    for step in STEPS {
        let note = if choice.includes(step) { "" } else { " (left out, as asked)" };
        println!("  {:<10} {}{note}", step.name, step.what);
    }
    let started = Instant::now();
    let mut done: Vec<(&Step, Outcome, Duration)> = Vec::new();
    for step in STEPS {
        if choice.includes(step) {
            println!("\n== {}", step.name);
        }
        let begun = Instant::now();
        let outcome = match choice.includes(step) {
            true => (step.run)().unwrap_or_else(|message| Outcome::of(false, message)),
            false => Outcome::skipped("left out, as asked"),
        };
        if choice.includes(step) {
            println!("{}", outcome.note);
        }
        done.push((step, outcome, begun.elapsed()));
    }
    Ok(summary(&done, started.elapsed()))
}

fn summary(done: &[(&Step, Outcome, Duration)], total: Duration) -> bool {
    println!("\nsummary ({:.0} s):", total.as_secs_f64());
    for (step, outcome, time) in done {
        let word = match (outcome.failed, outcome.passed) {
            (0, 0) => "skip",
            (0, _) => "ok",
            _ => "FAIL",
        };
        let note = outcome.note.lines().next().unwrap_or_default();
        println!("  {word:<4} {:<10} {:>7.1} s  {note}", step.name, time.as_secs_f64());
    }
    let sum = |count: fn(&Outcome) -> usize| done.iter().map(|(_, outcome, _)| count(outcome)).sum::<usize>();
    let (passed, failed, skipped) = (sum(|o| o.passed), sum(|o| o.failed), sum(|o| o.skipped));
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

fn house_rules() -> Result<Outcome, String> {
    tidy::run(&[]).map(|is_tidy| Outcome::of(is_tidy, if is_tidy { "tidy" } else { "not tidy" }))
}

fn format() -> Result<Outcome, String> {
    if !root::has_cargo("fmt") {
        return Ok(Outcome::skipped("rustfmt is not installed"));
    }
    let is_good = output::stream(root::cargo(&["fmt", "--all", "--check"]))?.is_success;
    Ok(Outcome::of(is_good, if is_good { "formatted" } else { "run `cargo fmt`" }))
}

fn clippy() -> Result<Outcome, String> {
    if !root::has_cargo("clippy") {
        return Ok(Outcome::skipped("clippy is not installed"));
    }
    let words = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let is_good = output::stream(root::cargo(&words))?.is_success;
    Ok(Outcome::of(is_good, if is_good { "no warnings" } else { "warnings" }))
}

fn generated() -> Result<Outcome, String> {
    Ok(match generate::pages(true)? {
        generate::State::Current => Outcome::of(true, "current"),
        generate::State::Stale(pages) => Outcome::of(false, format!("run `cargo xtask gen`: {}", pages.join(", "))),
        generate::State::Unavailable => Outcome::skipped("`sinew __reference` does not exist yet"),
    })
}

fn deny() -> Result<Outcome, String> {
    if !root::has_cargo("deny") {
        return Ok(Outcome::skipped("cargo-deny is not installed; the step `licences` checked the same lists"));
    }
    // Advisories need a database from the network; licences, bans and sources do not.
    let is_good =
        output::stream(root::cargo(&["deny", "--locked", "check", "licenses", "bans", "sources"]))?.is_success;
    Ok(Outcome::of(is_good, if is_good { "nothing denied" } else { "denied" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_run() {
        let step = |outcome| (&STEPS[0], outcome, Duration::ZERO);
        assert!(summary(&[step(Outcome::of(true, "")), step(Outcome::skipped("why"))], Duration::ZERO));
        assert!(!summary(&[step(Outcome::of(true, "")), step(Outcome::of(false, "broken"))], Duration::ZERO));
    }
}
