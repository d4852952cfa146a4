//! `sinew fmt`: the one layout of flow and map files.

use crate::{
    commands::run::with_dir,
    outcome::{Exit, Failure, Result},
    place::Place,
    screen::Screen,
    table::count,
};
use clap::Args;
use interface::workspace::Files;
use lang::syntax;
use std::path::{Path, PathBuf};

/// Lay out flow and map files in one way
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fmt                        every *.flow and *.map of the workspace
  sinew fmt interfaces/adt-main/interface.flow
  sinew fmt --check                only say which files would change
  sinew fmt - < draft.flow         from standard input to standard output

Comments and blank lines stay; a file with syntax errors is left as it is.
Exit: 0 done, 1 with --check: something would change; without: a file has errors, 3 a file cannot be opened.")]
pub struct Fmt {
    /// Files; - for standard input; none for the whole workspace
    files: Vec<PathBuf>,
    /// Change nothing
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    place: Place,
}

impl Fmt {
    pub fn run(self, screen: &Screen) -> Result {
        if self.files.len() == 1 && self.files.first().is_some_and(|file| file.as_os_str() == "-") {
            return standard_input(screen);
        }
        let files = if self.files.is_empty() { workspace_files(&self.place)? } else { self.files.clone() };
        let (mut changed, mut broken) = (0, 0);
        for file in &files {
            let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", file.display()));
            let text = std::fs::read_to_string(file).map_err(failed)?;
            let (tree, findings) = syntax::parse(file.display().to_string(), text.clone());
            if findings.iter().any(message::Diagnostic::is_error) {
                broken += 1;
                screen.say(format!("{}: has syntax errors, left as it is (sinew check says more)", file.display()));
                continue;
            }
            let formatted = syntax::format(&tree);
            if formatted != text {
                changed += 1;
                screen.line(file.display().to_string());
                if !self.check {
                    std::fs::write(file, formatted).map_err(failed)?;
                }
            }
        }
        let verb = if self.check { "would change" } else { "changed" };
        screen.say(format!("{changed} of {} {verb}", count(files.len() as u64, "file")));
        let is_bad = broken > 0 || (self.check && changed > 0);
        Ok(if is_bad { Exit::Problems } else { Exit::Ok })
    }
}

fn standard_input(screen: &Screen) -> Result {
    let text = std::io::read_to_string(std::io::stdin())
        .map_err(|error| Failure::unreachable(format!("standard input: {error}")))?;
    let (tree, findings) = syntax::parse("standard input", text.clone());
    let is_broken = findings.iter().any(message::Diagnostic::is_error);
    screen.bytes(if is_broken { text } else { syntax::format(&tree) }.as_bytes());
    Ok(if is_broken { Exit::Problems } else { Exit::Ok })
}

fn workspace_files(place: &Place) -> Result<Vec<PathBuf>> {
    let folder = with_dir(place.clone(), None).folder()?;
    let (names, _) = Files::Folder(folder.clone()).list("");
    let is_language = |name: &&String| name.ends_with(".flow") || name.ends_with(".map");
    Ok(names.iter().filter(is_language).map(|name| Path::new(&folder).join(name)).collect())
}
