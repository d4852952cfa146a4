//! Tests with what they sent when they were recorded: kept, compared, accepted.

use crate::{
    differences::Difference,
    outcome::{Failure, Result},
    recording::Recording,
};
use engine::rehearsal::rehearse;
use interface::{
    case::{TestCase, Verdict},
    workspace::Workspace,
};
use message::{Clock, Timestamp, clock};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Longest name of a file, in characters.
const NAME_MAX: usize = 80;

/// What is done with recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What is kept is compared.
    Compare,
    /// What is not kept is kept, the rest compared.
    Record,
    /// What differs is kept anew.
    Update,
}

/// What became of a test's recording.
#[derive(Clone, Debug)]
pub enum State {
    /// The test is not recorded.
    Absent,
    /// It sends what it sent.
    Same,
    /// It was recorded now.
    Recorded,
    /// Its recording was replaced: it differed like this.
    Updated(Vec<Difference>),
    /// It sends something else.
    Differs(Vec<Difference>),
    /// The file is no recording, and was left alone.
    Broken,
}

/// One test, run and compared.
pub struct Outcome {
    /// What the test says of itself.
    pub verdict: Verdict,
    /// Its recording.
    pub state: State,
    /// Where that is, relative to the workspace.
    pub file: String,
}

impl Outcome {
    /// The test holds, and sends what it sent.
    pub fn is_passed(&self) -> bool {
        self.verdict.is_passed() && !matches!(self.state, State::Differs(_) | State::Broken)
    }
}

/// Runs the tests that are wanted, in order.
pub fn run(workspace: &Workspace, mode: Mode, is_wanted: &dyn Fn(&TestCase) -> bool) -> Result<Vec<Outcome>> {
    let files = files(&workspace.tests);
    let mut out = Vec::new();
    for (case, file) in workspace.tests.iter().zip(files).filter(|(case, _)| is_wanted(case)) {
        let Some(definition) = workspace.definition(&case.interface) else { continue };
        let path = workspace.folder.join(&file);
        let kept = fs::read_to_string(&path).ok();
        let before = kept.as_deref().and_then(Recording::read);
        // A test that states no time happens at the time of its recording, so that `now` gives the same again.
        let at = before.as_ref().map_or_else(to_the_second, |before| before.at);
        let at = (before.is_some() || mode == Mode::Record).then_some(at);
        let run = rehearse(definition, case, at);
        let now = Recording::of(case, &run);
        let state = match before {
            Some(before) => match before.differences(&now) {
                found if found.is_empty() => State::Same,
                found if mode == Mode::Update && run.verdict.is_passed() => {
                    write(&path, &now)?;
                    State::Updated(found)
                }
                found => State::Differs(found),
            },
            None if kept.is_some() => State::Broken,
            None if mode == Mode::Record && run.verdict.is_passed() => {
                write(&path, &now)?;
                State::Recorded
            }
            None => State::Absent,
        };
        out.push(Outcome { verdict: run.verdict, state, file });
    }
    Ok(out)
}

/// Recordings that belong to no test any more, relative to the workspace.
pub fn left_over(workspace: &Workspace) -> Vec<String> {
    let known: BTreeSet<String> = files(&workspace.tests).into_iter().collect();
    let mut found = BTreeSet::new();
    for definition in &workspace.definitions {
        let folder = folder(&definition.place.file);
        for entry in fs::read_dir(workspace.folder.join(&folder)).into_iter().flatten().flatten() {
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            let is_recording = || fs::read_to_string(entry.path()).is_ok_and(|text| Recording::read(&text).is_some());
            if name.ends_with(".txt") && !known.contains(&name) && is_recording() {
                found.insert(name);
            }
        }
    }
    found.into_iter().collect()
}

/// Removes a recording.
pub fn remove(workspace: &Workspace, file: &str) -> Result<()> {
    fs::remove_file(workspace.folder.join(file))
        .map_err(|error| Failure::unreachable(format!("{file} cannot be removed: {error}")))
}

fn to_the_second() -> Timestamp {
    Timestamp(clock::System.now().0.div_euclid(1_000_000) * 1_000_000)
}

/// The file of each test: `interfaces/adt/tests/recorded/admit-at-north.txt`; tests whose names would give the same file
/// are numbered in the order of the workspace.
fn files(tests: &[TestCase]) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut name = |case: &TestCase| {
        let stem = format!("{}/{}", folder(&case.place.file), file_name(&case.name));
        let count = counts.entry(stem.clone()).or_default();
        *count += 1;
        if *count == 1 { format!("{stem}.txt") } else { format!("{stem}-{count}.txt") }
    };
    tests.iter().map(&mut name).collect()
}

fn folder(file: &str) -> String {
    let home = file.split("/tests/").next().unwrap_or(file).trim_end_matches("/interface.flow");
    format!("{home}/tests/recorded")
}

fn file_name(test: &str) -> String {
    let mut out = String::new();
    for letter in test.chars().take(NAME_MAX) {
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    let name = out.trim_end_matches('-');
    if name.is_empty() { "test".to_owned() } else { name.to_owned() }
}

fn write(path: &Path, recording: &Recording) -> Result<()> {
    let failed = |error: std::io::Error| Failure::unreachable(format!("{} cannot be written: {error}", path.display()));
    let folder: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(path, recording.write()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_tests() {
        assert_eq!(file_name("An admit at NORTH: reaches \"rx\"!"), "an-admit-at-north-reaches-rx");
        assert_eq!(file_name("Überweisung"), "überweisung");
        assert_eq!(file_name("…"), "test");
        assert_eq!(folder("interfaces/adt/interface.flow"), "interfaces/adt/tests/recorded");
        assert_eq!(folder("interfaces/adt/tests/basics.flow"), "interfaces/adt/tests/recorded");
    }
}
