//! `sinew docs`: pages for people who do not read interfaces and maps: a vendor, a clinician, an auditor.

mod build;
mod examples;
mod html;
mod markdown;
mod page;

use crate::{
    commands::map::standard,
    outcome::{Failure, Result},
    screen::Screen,
};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Write pages about what is in the workspace
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  sinew docs map adt --to adt.html\n  sinew docs build --to handbook")]
pub struct Docs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write the table of a map: sources, targets, conditions, codes, examples, and what is left out
    Map(MapPage),
    /// Write the specification and the runbook of every interface
    Build(build::Build),
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew docs map adt --to adt.html                       a map of the library
  sinew docs map adt-hub --to adt-hub.html               a map of the workspace, by its name
  sinew docs map maps/adt-hub.map > adt-hub.md           a file, as Markdown
  sinew docs map adt-hub --example samples/a01.hl7 --to adt-hub.html

Each line of the map is a row: the field with its name in HL7 v2, the element with its definition, when it holds, the code table,
and an example. Shared maps stand where they are used, maps of data types behind, then the code tables row by row and the fields
that are left out with their reasons. HTML is one file without scripts, for a screen and for paper.
Examples come from the cases of the map, which are invented people: NAME.hl7, of a map from FHIR NAME.json, in cases/ beside it, or
those of the library.
Messages named with --example are shown as they are.
Exit: 0, 1 the map does not compile, 2 there is no such map, 3 a file cannot be opened.")]
pub struct MapPage {
    /// A map file, or the name of a map of the workspace or the library
    #[arg(value_name = "MAP")]
    map: PathBuf,
    /// The page: FILE.md or FILE.html; without it, Markdown to standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    /// Take examples from this message, or bundle; may be repeated
    #[arg(long, value_name = "FILE")]
    example: Vec<PathBuf>,
}

impl Docs {
    pub fn run(self, screen: &Screen) -> Result {
        match self.verb {
            Verb::Map(verb) => verb.run(screen),
            Verb::Build(verb) => verb.run(screen),
        }
    }
}

impl MapPage {
    fn run(&self, screen: &Screen) -> Result {
        let kind = self.to.as_deref().and_then(|path| path.extension()).map(|kind| kind.to_string_lossy().into_owned());
        let write: fn(&page::Page) -> String = match kind.as_deref() {
            None if self.to.is_none() => markdown::write,
            Some("md" | "markdown") => markdown::write,
            Some("html" | "htm") => html::write,
            _ => return Err(Failure::usage("a page is FILE.md or FILE.html")),
        };
        let standard = standard::with_workspace()?;
        let opened = standard::open(&standard, &self.map, screen)?;
        let examples = examples::gather(&standard, &opened, &self.example)?;
        let page = page::gather(&standard, &opened, &examples)?;
        let text = write(&page);
        match &self.to {
            None => screen.bytes(text.as_bytes()),
            Some(path) => std::fs::write(path, text)
                .map_err(|error| Failure::unreachable(format!("{} cannot be written: {error}", path.display())))?,
        }
        Ok(crate::outcome::Exit::Ok)
    }
}
