//! The tests of all crates, by cargo-nextest where it is installed and by `cargo test` otherwise.

use super::{Outcome, output};
use crate::root;

/// Unit, property, conformance and scenario tests.
pub(super) fn run() -> Result<Outcome, String> {
    let (name, words): (_, &[&str]) = if root::has_cargo("nextest") {
        let config = "--config-file=xtask/nextest.toml";
        ("cargo nextest", &["nextest", "run", "--locked", "--workspace", "--no-fail-fast", config])
    } else {
        ("cargo test", &["test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"])
    };
    report(name, &output::stream(root::cargo(words))?)
}

/// Examples in documentation, which nextest does not run.
pub(super) fn run_docs() -> Result<Outcome, String> {
    let words = ["test", "--quiet", "--locked", "--workspace", "--doc", "--no-fail-fast"];
    let output = output::stream(root::cargo(&words))?;
    let (passed, failed, skipped) = tally(&output.text);
    match output.is_success && passed == 0 {
        true => Ok(Outcome { passed: 1, failed, skipped, note: "no examples that run".to_string() }),
        false => report("cargo test --doc", &output),
    }
}

/// A run that counted nothing has failed: it proves nothing.
fn report(name: &str, output: &output::Output) -> Result<Outcome, String> {
    let (passed, failed, skipped) = tally(&output.text);
    let is_good = output.is_success && failed == 0 && passed > 0;
    let failed = if is_good { 0 } else { failed.max(1) };
    Ok(Outcome {
        passed,
        failed,
        skipped,
        note: format!("{name}: {passed} passed, {failed} failed, {skipped} skipped"),
    })
}

/// Sums the result lines of both runners. Where nextest sums up, the lines of single tests that it repeats do not count.
fn tally(text: &str) -> (usize, usize, usize) {
    let is_summary = |line: &str| line.trim_start().starts_with("Summary [");
    let has_summary = text.lines().map(plain).any(|line| is_summary(&line));
    let mut sum = (0, 0, 0);
    for line in text.lines().map(plain) {
        let is_nextest = is_summary(&line);
        if has_summary && !is_nextest {
            continue;
        }
        let counts = if is_nextest { line.split_once(" run: ") } else { line.split_once("test result: ") };
        let Some((_, counts)) = counts else { continue };
        let words: Vec<&str> = counts.split([' ', ',', ';', '.', '(', ')']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(number) = pair[0].parse::<usize>() else { continue };
            match pair[1] {
                "passed" => sum.0 += number,
                "failed" | "timed" => sum.1 += number,
                "skipped" | "ignored" => sum.2 += number,
                _ => {}
            }
        }
    }
    sum
}

/// The line without terminal colours.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_string();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies() {
        let check = |text: &str, expect| assert_eq!(tally(text), expect, "{text}");
        check("     Summary [   0.11s] 12 tests run: 12 passed, 1 skipped", (12, 0, 1));
        check(
            "     Summary [   9.11s] 12/14 tests run: 9 passed (1 slow), 2 failed, 1 timed out, 0 skipped",
            (9, 3, 0),
        );
        check(
            "\u{1b}[32;1m     Summary\u{1b}[0m [ 0.1s] \u{1b}[1m1\u{1b}[0m test run: \u{1b}[1m1\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, 0 skipped",
            (1, 0, 0),
        );
        let one = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        check(&one.repeat(2), (6, 0, 2));
        check(
            "test result: FAILED. 0 passed; 1 failed; 0 ignored\n Summary [   4.2s] 5 tests run: 4 passed, 1 failed, 0 skipped",
            (4, 1, 0),
        );
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", (3, 2, 0));
        check("no tests", (0, 0, 0));
    }

    #[test]
    fn a_run_without_tests_fails() {
        let of = |text: &str, is_success| report("x", &output::Output { text: text.to_string(), is_success }).unwrap();
        assert_eq!(of("", true).failed, 1);
        assert_eq!(of("test result: ok. 3 passed; 0 failed; 0 ignored", true).failed, 0);
        assert_eq!(of("test result: ok. 3 passed; 0 failed; 0 ignored", false).failed, 1);
    }
}
