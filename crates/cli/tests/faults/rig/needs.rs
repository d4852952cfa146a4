//! What a machine must have for a fault, and how its absence is told.

use std::process::{Command, Stdio};

/// Whether this process may mount file systems.
fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Whether this machine can do this test; where it cannot, says what is missing.
pub fn has_all(test: &str, needs_root: bool, tools: &[&str]) -> bool {
    let has =
        |tool: &&&str| Command::new("sh").args(["-c", &format!("command -v {tool}")]).stdout(Stdio::null()).status();
    let missing: Vec<&&str> = tools.iter().filter(|tool| !has(tool).is_ok_and(|status| status.success())).collect();
    if needs_root && !is_root() {
        println!("skipped: {test}: only root may mount file systems");
        return false;
    }
    if !missing.is_empty() {
        println!("skipped: {test}: {missing:?} are not installed");
    }
    missing.is_empty()
}

/// Runs a tool; what it said, if it failed.
pub fn run(words: &[&str]) -> Result<(), String> {
    match Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("{words:?}: {}", String::from_utf8_lossy(&output.stderr).trim())),
        Err(error) => Err(format!("{words:?}: {error}")),
    }
}
