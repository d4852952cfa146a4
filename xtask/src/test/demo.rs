//! The newcomer's first minute, as a test: the release binary runs the hospital and accounts for every message. And what
//! only a debug build may have, the release binary has not.
//!
//! Reads `sinew demo --headless --json` (schema `sinew.demo/1`). Skipped only while the binary has no demo, and that is
//! said; once `crates/cli` has a demo module, its absence from the binary is a failure.

use super::{Outcome, output};
use crate::root;
use serde_json::Value;
use std::process::Command;

/// How long the hospital runs: enough for every fault of the story to be seen and healed.
const RUN_FOR: &str = "20s";

/// The step.
pub(super) fn run() -> Result<Outcome, String> {
    let is_expected = ["demo.rs", "demo/mod.rs", "commands/demo.rs", "commands/demo/mod.rs"]
        .iter()
        .any(|path| root::folder().join("crates/cli/src").join(path).exists());
    let build = ["build", "--quiet", "--locked", "--release", "--package", "cli"];
    if !output::stream(root::cargo(&build))?.is_success {
        return Ok(Outcome::of(false, "the release build failed"));
    }
    if !ignores_failpoints()? {
        return Ok(Outcome::of(false, "the release binary heeds SINEW_FAILPOINT: crates/message/src/failpoint.rs"));
    }
    if !is_available()? {
        let why = "`sinew demo --headless` does not exist yet";
        return Ok(if is_expected { Outcome::of(false, why) } else { Outcome::skipped(why) });
    }
    let output =
        sinew(&["demo", "--headless", "--for", RUN_FOR, "--json"]).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut problems = match text.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok()) {
        Some(report) => judge(&report),
        None => vec!["no JSON on standard output".to_string()],
    };
    if !output.status.success() {
        problems.push(format!("exit {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr)));
    }
    println!("{}", text.trim_end());
    let is_good = problems.is_empty();
    Ok(Outcome::of(is_good, if is_good { "nothing lost, all faults healed".to_string() } else { problems.join("; ") }))
}

/// The release binary, by cargo, so that its place need not be known.
fn sinew(words: &[&str]) -> Command {
    let mut command =
        root::cargo(&["run", "--quiet", "--locked", "--release", "--package", "cli", "--bin", "sinew", "--"]);
    command.args(words).stdin(std::process::Stdio::null());
    command
}

/// A place that does not exist ends a debug build at once; a release build does not read the variable.
fn ignores_failpoints() -> Result<bool, String> {
    let output = sinew(&["version"]).env("SINEW_FAILPOINT", "no.such.place").output();
    output.map(|output| output.status.success()).map_err(|error| error.to_string())
}

fn is_available() -> Result<bool, String> {
    let output = sinew(&["demo", "--help"]).output().map_err(|error| error.to_string())?;
    Ok(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("--headless"))
}

/// What is wrong with a report: R5 (conservation), R3 (order), and the faults of the story.
fn judge(report: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut expect = |is_good: bool, problem: String| {
        if !is_good {
            problems.push(problem);
        }
    };
    let number = |key: &str| report[key].as_i64();
    expect(report["schema"] == "sinew.demo/1", format!("schema is {}", report["schema"]));
    expect(number("accepted").is_some_and(|count| count > 0), format!("accepted is {}", report["accepted"]));
    for key in ["lost", "out_of_order"] {
        expect(number(key) == Some(0), format!("{key} is {}", report[key]));
    }
    let ends = ["delivered", "filtered", "parked", "in_flight"].map(number);
    let rare = ["expired", "deleted"].map(|key| number(key).unwrap_or(0));
    let sum = ends.iter().copied().sum::<Option<i64>>().map(|sum| sum + rare.iter().sum::<i64>());
    expect(
        sum.is_some() && sum == number("accepted"),
        format!("accepted {} but accounted for {sum:?}", report["accepted"]),
    );
    let faults = report["faults"].as_array().map_or(&[][..], Vec::as_slice);
    expect(!faults.is_empty(), "no faults in the story".to_string());
    for fault in faults {
        let is_over = fault["seen"] == true && fault["healed"] == true;
        expect(is_over, format!("fault {}: seen {}, healed {}", fault["name"], fault["seen"], fault["healed"]));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn judges() {
        let good = json!({"schema": "sinew.demo/1", "accepted": 10, "delivered": 6, "filtered": 2, "parked": 1, "in_flight": 1,
            "lost": 0, "out_of_order": 0, "faults": [{"name": "partner down", "seen": true, "healed": true}]});
        let check = |key: &str, value: Value, expect: usize| {
            let mut report = good.clone();
            report[key] = value;
            assert_eq!(judge(&report).len(), expect, "{key}: {:?}", judge(&report));
        };
        check("schema", json!("sinew.demo/1"), 0);
        check("schema", json!("other"), 1);
        check("accepted", json!(0), 2);
        check("accepted", json!(11), 1);
        check("delivered", json!(null), 1);
        check("lost", json!(1), 1);
        check("out_of_order", json!(null), 1);
        check("faults", json!([]), 1);
        check("faults", json!([{"name": "a", "seen": true, "healed": false}]), 1);
        check("faults", json!([{"name": "a", "seen": false, "healed": false}]), 1);
    }
}
