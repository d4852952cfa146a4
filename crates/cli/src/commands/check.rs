//! `sinew check`: every finding of the workspace, with code, place and hint.

use crate::{
    commands::run::with_dir,
    outcome::{Exit, Result},
    place::{self, Place},
    screen::Screen,
    table,
};
use clap::Args;
use interface::workspace::Workspace;
use message::{Diagnostic, Location, Severity};
use serde_json::json;
use std::path::PathBuf;

/// Check the interfaces, maps, tables and tests of a workspace
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew check
  sinew check hello --env prod
  sinew check --json | jq '.findings[] | select(.severity == \"error\")'

The files of the other environments are read too: names that are not there, settings that nobody knows.
Exit: 0 no error (warnings are allowed), 1 errors, 3 there is no workspace.")]
pub struct Check {
    /// The workspace folder
    #[arg(value_name = "DIR", conflicts_with = "workspace")]
    dir: Option<PathBuf>,
    /// Warnings count as errors
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Check {
    pub fn run(self, screen: &Screen) -> Result {
        let started = std::time::Instant::now();
        let (workspace, mut findings) = with_dir(self.place, self.dir).load()?;
        findings.extend(of_other_environments(&workspace));
        let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        if self.json {
            screen.line(
                json!({"schema": "sinew.check/1", "errors": errors, "warnings": warnings,
                    "interfaces": workspace.definitions.len() + workspace.broken.len(), "tests": workspace.tests.len(),
                    "findings": findings.iter().map(|finding| place::as_json(&workspace, finding)).collect::<Vec<_>>()})
                .to_string(),
            );
        } else {
            print(screen, &workspace, &findings);
            let plural = |number: usize, what: &str| table::count(number as u64, what);
            screen.line(format!(
                "{} {}, {} in {} and {} ({:.1} s)",
                screen.mark(errors == 0),
                plural(errors, "error"),
                plural(warnings, "warning"),
                plural(workspace.definitions.len() + workspace.broken.len(), "interface"),
                plural(workspace.tests.len(), "test"),
                started.elapsed().as_secs_f64()
            ));
        }
        let is_good = errors == 0 && !(self.strict && warnings > 0);
        Ok(if is_good { Exit::Ok } else { Exit::Problems })
    }
}

/// What is wrong in the files of the environments that are not in force here: names that are not there, settings that nobody knows.
/// Whether their secrets are there, only their own machines can tell.
fn of_other_environments(workspace: &Workspace) -> Vec<Diagnostic> {
    let folder = std::fs::read_dir(workspace.folder.join("environments")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        folder.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned())).collect();
    names.sort_unstable();
    let mut found = Vec::new();
    for name in names.iter().filter(|name| **name != *workspace.environment) {
        let file = format!("environments/{name}.toml");
        let is_in = |finding: &Diagnostic| matches!(finding.locations.first(), Some(Location::Text { file: of, .. }) if **of == file);
        found.extend(place::load(&workspace.folder, Some(name)).1.into_iter().filter(is_in));
    }
    found
}

fn print(screen: &Screen, workspace: &Workspace, findings: &[Diagnostic]) {
    if !findings.is_empty() {
        screen.bytes(place::render(workspace, findings, screen.is_coloured, screen.is_unicode).as_bytes());
    }
}
