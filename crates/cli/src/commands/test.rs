//! `sinew test`: runs the tests that stand in the workspace. No engine, no network: messages go through the pipeline
//! and the reply table as in the engine, partners are what the test says.

mod record;

use crate::{
    commands::run::{report, with_dir},
    differences,
    outcome::{Exit, Failure, Result},
    place::{self, Place},
    screen::Screen,
};
use clap::Args;
use interface::{case::TestCase, workspace::Workspace};
use record::{Mode, Outcome, State};
use serde_json::json;
use std::path::PathBuf;

/// Notes of one test that are printed.
const NOTES_SHOWN_MAX: usize = 10;
/// Differences of one test that are printed.
const DIFFERENCES_SHOWN_MAX: usize = 40;

/// Run the tests of a workspace, and compare what they send with what was recorded
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew test
  sinew test hello
  sinew test --only \"admit\"          tests whose name holds this text
  sinew test --record                keep what each test sends, for the tests that are not kept yet
  sinew test --update                accept what differs

What a test sends to all destinations is kept in interfaces/NAME/tests/recorded/, a file a test: HL7 v2 a segment a line, FHIR
laid out. From then on each run compares, and names every field that differs. A test without a line `at` happens at the time of
its recording. --update also removes recordings whose test is gone. On a terminal, values about the patient are masked: --reveal
shows them.
Exit: 0 all passed, 1 some failed or send something else, or the workspace has errors, 3 there is no workspace.")]
pub struct Test {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    /// Only tests whose name holds this text
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Keep what tests send that are not kept yet
    #[arg(long)]
    record: bool,
    /// Keep anew what differs
    #[arg(long, conflicts_with = "record")]
    update: bool,
    /// Show patient data on the terminal
    #[arg(long)]
    reveal: bool,
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
        let mode = match (self.record, self.update) {
            (true, _) => Mode::Record,
            (false, true) => Mode::Update,
            (false, false) => Mode::Compare,
        };
        let only = self.only;
        let is_wanted = |case: &TestCase| only.as_ref().is_none_or(|text| case.name.contains(text.as_str()));
        let outcomes = record::run(&workspace, mode, &is_wanted)?;
        if outcomes.is_empty() {
            screen.say("no test was found; write one beside the interface: test \"what it does\" { given … expect … }");
        }
        let failed = outcomes.iter().filter(|outcome| !outcome.is_passed()).count();
        if self.json {
            let rows: Vec<_> = outcomes.iter().map(as_json).collect();
            screen.line(
                json!({"schema": "sinew.test/1", "passed": outcomes.len() - failed, "failed": failed, "tests": rows})
                    .to_string(),
            );
        } else {
            let is_masked = screen.is_terminal && !self.reveal;
            for outcome in &outcomes {
                lines(screen, outcome, is_masked).iter().for_each(|line| screen.line(line));
            }
            screen.line(format!("{} {} passed, {failed} failed", screen.mark(failed == 0), outcomes.len() - failed));
        }
        sum_up(screen, &outcomes);
        for file in record::left_over(&workspace) {
            if mode == Mode::Update && only.is_none() {
                record::remove(&workspace, &file)?;
                screen.say(format!("{file}: removed, its test is gone"));
            } else {
                screen.say(format!("{file}: there is no test for it any more; --update removes it"));
            }
        }
        Ok(if failed == 0 { Exit::Ok } else { Exit::Problems })
    }
}

/// Runs every test and says the result on stderr: for `sinew dev`.
pub fn run_all(screen: &Screen, workspace: &Workspace) {
    let Ok(outcomes) = record::run(workspace, Mode::Compare, &|_| true) else { return };
    let (passed, failed): (Vec<&Outcome>, Vec<&Outcome>) = outcomes.iter().partition(|outcome| outcome.is_passed());
    for outcome in &failed {
        lines(screen, outcome, true).iter().for_each(|line| screen.say(line));
    }
    screen.say(format!("tests: {} passed, {} failed", passed.len(), failed.len()));
}

/// Runs the tests of one interface for those who look through the API: without what messages say.
pub fn of_interface(workspace: &Workspace, name: &str) -> Result<serde_json::Value> {
    let outcomes = record::run(workspace, Mode::Compare, &|case: &TestCase| &*case.interface == name)?;
    let mut rows: Vec<_> = outcomes.iter().map(as_json).collect();
    for row in &mut rows {
        let differences = row.pointer_mut("/recorded/differences").and_then(serde_json::Value::as_array_mut);
        for one in differences.into_iter().flatten() {
            *one = json!({"path": one["path"]});
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.is_passed()).count();
    Ok(json!({"schema": "sinew.test/1", "passed": outcomes.len() - failed, "failed": failed, "tests": rows}))
}

/// What was done with recordings.
fn sum_up(screen: &Screen, outcomes: &[Outcome]) {
    let count = |is_it: fn(&State) -> bool| outcomes.iter().filter(|outcome| is_it(&outcome.state)).count();
    let recorded = count(|state| matches!(state, State::Recorded));
    let updated = count(|state| matches!(state, State::Updated(_)));
    let differing = count(|state| matches!(state, State::Differs(_)));
    if recorded + updated > 0 {
        screen.say(format!("{recorded} recorded, {updated} updated"));
    }
    if differing > 0 {
        screen.say(format!("{differing} send something else than was recorded; if that is right: sinew test --update"));
    }
}

fn lines(screen: &Screen, outcome: &Outcome, is_masked: bool) -> Vec<String> {
    let verdict = &outcome.verdict;
    let mut lines = vec![format!("{} {}: {}", screen.mark(outcome.is_passed()), verdict.interface, verdict.name)];
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
    let (what, found) = match &outcome.state {
        State::Absent | State::Same => return lines,
        State::Recorded => ("recorded", &[][..]),
        State::Broken => ("is no recording; remove it, or take it from git again", &[][..]),
        State::Updated(found) => ("updated", found.as_slice()),
        State::Differs(found) => ("something else was recorded", found.as_slice()),
    };
    lines.push(format!("    {}: {what}", outcome.file));
    let shown = found.get(..found.len().min(DIFFERENCES_SHOWN_MAX)).unwrap_or_default();
    lines.extend(differences::lines(screen, shown, is_masked).iter().map(|line| format!("      {line}")));
    if found.len() > shown.len() {
        lines.push(format!("      and {} more; --json has them all", found.len() - shown.len()));
    }
    lines
}

fn as_json(outcome: &Outcome) -> serde_json::Value {
    let verdict = &outcome.verdict;
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
    let (state, found) = match &outcome.state {
        State::Absent => ("absent", &[][..]),
        State::Same => ("same", &[][..]),
        State::Recorded => ("recorded", &[][..]),
        State::Broken => ("broken", &[][..]),
        State::Updated(found) => ("updated", found.as_slice()),
        State::Differs(found) => ("differs", found.as_slice()),
    };
    let found: Vec<_> =
        found.iter().map(|one| json!({"path": one.path, "before": one.before, "after": one.after})).collect();
    json!({
        "interface": &*verdict.interface,
        "name": &*verdict.name,
        "passed": outcome.is_passed(),
        "failures": failures,
        "notes": notes,
        "recorded": {"state": state, "file": outcome.file, "differences": found},
    })
}
