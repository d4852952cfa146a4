//! `sinew test`: runs the tests that stand in the workspace. No engine, no network: messages go through the pipeline
//! and the reply table as in the engine, partners are what the test says.

use crate::{
    commands::run::{report, with_dir},
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    screen::Screen,
};
use clap::Args;
use interface::{case::Verdict, workspace::Workspace};
use serde_json::json;
use std::path::PathBuf;

/// Notes of one test that are printed.
const NOTES_SHOWN_MAX: usize = 10;

/// Run the tests of a workspace
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew test
  sinew test hello
  sinew test --only \"admit\"          tests whose name holds this text

Exit: 0 all passed, 1 some failed or the workspace has errors, 3 there is no workspace.")]
pub struct Test {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    /// Only tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Test {
    pub fn run(self, screen: &Screen) -> Result {
        let (workspace, findings) = with_dir(self.place, self.dir).load()?;
        if place::has_errors(&findings) {
            report(screen, &workspace, &findings);
            return Err(Failure::new(Exit::Problems, "the workspace has errors, so its tests were not run"));
        }
        let is_wanted = |name: &str| self.only.as_ref().is_none_or(|text| name.contains(text.as_str()));
        let verdicts: Vec<Verdict> = verdicts(&workspace).filter(|verdict| is_wanted(&verdict.name)).collect();
        if verdicts.is_empty() {
            screen.say("no test was found; write one beside the interface: test \"what it does\" { given … expect … }");
        }
        let failed = verdicts.iter().filter(|verdict| !verdict.is_passed()).count();
        if self.json {
            let rows: Vec<_> = verdicts.iter().map(as_json).collect();
            screen.line(
                json!({"schema": "sinew.test/1", "passed": verdicts.len() - failed, "failed": failed, "tests": rows})
                    .to_string(),
            );
        } else {
            verdicts.iter().for_each(|verdict| print(screen, verdict));
            screen.line(format!("{} {} passed, {failed} failed", screen.mark(failed == 0), verdicts.len() - failed));
        }
        Ok(if failed == 0 { Exit::Ok } else { Exit::Problems })
    }
}

fn verdicts(workspace: &Workspace) -> impl Iterator<Item = Verdict> {
    workspace.tests.iter().filter_map(|case| {
        let definition = workspace.definition(&case.interface)?;
        Some(engine::rehearsal::rehearse(definition, case))
    })
}

/// Runs every test and says the result on stderr: for `sinew dev`.
pub fn run_all(screen: &Screen, workspace: &Workspace) {
    let (mut passed, mut failed) = (0, 0);
    for verdict in verdicts(workspace) {
        if verdict.is_passed() {
            passed += 1;
        } else {
            failed += 1;
            lines(screen, &verdict).iter().for_each(|line| screen.say(line));
        }
    }
    screen.say(format!("tests: {passed} passed, {failed} failed"));
}

fn print(screen: &Screen, verdict: &Verdict) {
    lines(screen, verdict).iter().for_each(|line| screen.line(line));
}

fn lines(screen: &Screen, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("{} {}: {}", screen.mark(verdict.is_passed()), verdict.interface, verdict.name)];
    for note in verdict.notes.iter().take(NOTES_SHOWN_MAX) {
        let place = if note.path().is_empty() { String::new() } else { format!(" {}", note.path()) };
        lines.push(format!("    note {}{place}: {}", note.code, note.message));
    }
    if let Some(more) = verdict.notes.len().checked_sub(NOTES_SHOWN_MAX).filter(|more| *more > 0) {
        lines.push(format!("    and {more} more notes; --json has them all"));
    }
    for failure in &verdict.failures {
        lines.push(format!("    {}:{}: {}", failure.place.file, failure.place.line, failure.expected));
        lines.push(format!("      {}", failure.found));
    }
    lines
}

fn as_json(verdict: &Verdict) -> serde_json::Value {
    let failures: Vec<_> = verdict
        .failures
        .iter()
        .map(|failure| json!({"file": &*failure.place.file, "line": failure.place.line, "expected": failure.expected, "found": failure.found}))
        .collect();
    let notes: Vec<_> = verdict
        .notes
        .iter()
        .map(|note| json!({"code": note.code.id, "path": note.path(), "message": note.message}))
        .collect();
    json!({
        "interface": &*verdict.interface,
        "name": &*verdict.name,
        "passed": verdict.is_passed(),
        "failures": failures,
        "notes": notes,
    })
}
