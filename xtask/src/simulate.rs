//! `cargo xtask sim`: runs of the seeded simulator (`crates/engine/tests/simulator`) beyond those of the tests.
//!
//! Owns the words of the command. Never: decides anything about a run; the seed does.

use crate::root;

/// The words with a number.
const NUMBERS: &[(&str, &str)] =
    &[("--seed", "SINEW_SIM_SEED"), ("--runs", "SINEW_SIM_RUNS"), ("--told", "SINEW_SIM_TOLD")];

/// Runs the seeds that the words ask for; `true` when all of them held.
pub(crate) fn run(words: &[&str]) -> Result<bool, String> {
    let asked = read(words)?;
    let mut command =
        root::cargo(&["test", "--locked", "-p", "engine", "--test", "simulator", "asked_for", "--", "--exact"]);
    command.arg("--nocapture").envs(asked);
    command.status().map(|status| status.success()).map_err(|error| format!("cargo does not run: {error}"))
}

/// The variables that the simulator reads.
fn read(words: &[&str]) -> Result<Vec<(&'static str, String)>, String> {
    let mut asked = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if *word == "--again" {
            asked.push(("SINEW_SIM_AGAIN", "1".to_string()));
            continue;
        }
        let Some((_, variable)) = NUMBERS.iter().find(|(known, _)| known == word) else {
            return Err(format!("unknown: {word} (known: --seed N --runs M --again --told LINES)"));
        };
        let number = words.next().and_then(|value| value.parse::<u64>().ok());
        let number = number.ok_or_else(|| format!("{word} needs a number"))?;
        asked.push((*variable, number.to_string()));
    }
    match asked.iter().any(|(variable, _)| *variable == "SINEW_SIM_SEED") {
        true => Ok(asked),
        false => Err("say which seed: cargo xtask sim --seed N [--runs M] [--again] [--told LINES]".to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn words() {
        let one = |name, value: &str| (name, value.to_string());
        assert_eq!(
            read(&["--seed", "7", "--runs", "50", "--again"]),
            Ok(vec![one("SINEW_SIM_SEED", "7"), one("SINEW_SIM_RUNS", "50"), one("SINEW_SIM_AGAIN", "1")])
        );
        for wrong in [&["--runs", "2"][..], &["--seed"], &["--seed", "x"], &["7"], &[]] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
