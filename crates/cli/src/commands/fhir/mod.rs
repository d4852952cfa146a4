//! `sinew fhir`: what is done with FHIR resources in files and pipes, a verb each.

mod convert;
mod patch;
mod validate;

use crate::{outcome::Result, screen::Screen};
use clap::{Args, Subcommand};

/// Check FHIR resources, convert them between JSON and XML, patch them
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fhir validate bundle.json
  sinew fhir convert bundle.xml --to json
  sinew fhir patch patient.json changes.json
  sinew fhir convert --help

Resources are of FHIR R4 (4.0.1). Everything works offline, on files and pipes: JSON, XML, and NDJSON with one
resource a line.")]
pub struct Fhir {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Convert(convert::Convert),
    Patch(patch::PatchResource),
    Validate(validate::Validate),
}

impl Fhir {
    pub fn run(self, screen: &Screen) -> Result {
        match self.verb {
            Verb::Convert(verb) => verb.run(screen),
            Verb::Patch(verb) => verb.run(screen),
            Verb::Validate(verb) => verb.run(screen),
        }
    }
}
