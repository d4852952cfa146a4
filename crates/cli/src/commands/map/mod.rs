//! `sinew map`: maps to FHIR checked, run, tested, and what they leave out.

mod coverage;
mod reading;
mod run;
pub mod standard;
mod test;
mod values;

use crate::{
    messages,
    outcome::{Exit, Result},
    screen::Screen,
    table,
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Check, run, test and measure maps
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew map check maps/adt-hub.map
  sinew map list
  sinew map run adt-hub samples/ --values
  sinew map test
  sinew map test maps/cases --map maps/adt-hub.map
  sinew map coverage samples/ --json

`check` and `test` without a map mean those of the library.
Exit: 0, 1 findings, cases that do not hold, or places that go nowhere, 2 usage, 3 a file cannot be opened.")]
pub struct MapCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Check map files, or the library
    #[command(after_help = "Examples:\n  sinew map check\n  sinew map check maps/adt-hub.map --json")]
    Check {
        /// Map files; none: the maps of the library with the workspace's own
        files: Vec<PathBuf>,
        /// A JSON object a finding
        #[arg(long)]
        json: bool,
    },
    /// List the maps of the library and what they are for
    #[command(after_help = "Examples:\n  sinew map list")]
    List,
    /// Run a map over messages: what it makes, where that came from, or the values of each target
    Run(run::MapRun),
    /// Run cases: NAME.hl7 with lines of FHIRPath in NAME.expect that must be true, NAME.json (a bundle) with conditions
    Test(test::Test),
    /// Tell which places of messages go nowhere, what stays empty, and which codes tables do not have
    Coverage(coverage::Coverage),
}

impl MapCommand {
    pub fn run(self, screen: &Screen) -> Result {
        match self.verb {
            Verb::Check { files, json } => check(&files, json, screen),
            Verb::List => list(screen),
            Verb::Run(verb) => verb.run(screen),
            Verb::Test(verb) => verb.run(screen),
            Verb::Coverage(verb) => verb.run(screen),
        }
    }
}

fn check(files: &[PathBuf], json: bool, screen: &Screen) -> Result {
    let library = standard::with_workspace()?;
    let mut found = Vec::new();
    if files.is_empty() {
        found.extend(library.check().into_iter().map(|finding| {
            let text = match finding.locations.first() {
                Some(message::Location::Text { file, .. }) => library.text_of(file).unwrap_or("").to_owned(),
                Some(message::Location::Message { .. }) | None => String::new(),
            };
            (finding, text)
        }));
    }
    for path in messages::expand(files)?.iter().filter(|path| path.extension().is_some_and(|kind| kind == "map")) {
        found.extend(standard::check(&library, path)?.1);
    }
    for (finding, text) in &found {
        if json {
            screen.line(serde_json::to_string(finding).unwrap_or_default());
        } else {
            screen.line(standard::render(finding, text, screen));
        }
    }
    let errors = found.iter().filter(|(finding, _)| finding.is_error()).count();
    let warnings = found.len() - errors;
    screen.say(format!("{}, {}", table::count(errors as u64, "error"), table::count(warnings as u64, "warning")));
    Ok(if errors == 0 { Exit::Ok } else { Exit::Problems })
}

fn list(screen: &Screen) -> Result {
    let library = standard::with_workspace()?;
    for map in library.messages() {
        // What a map is for: the structures that it reads, or those that it makes from FHIR.
        let side = if map.from.format == lang::Format::Hl7v2 { &map.from } else { &map.to };
        let names: Vec<&str> = side.kind.iter().chain(&side.also).map(|name| &**name).collect();
        screen.line(format!("{}  {}", map.path, names.join(" ")));
    }
    Ok(Exit::Ok)
}
