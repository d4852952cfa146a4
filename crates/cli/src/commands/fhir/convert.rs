//! `sinew fhir convert`: the same resource in the other form.

use crate::{
    outcome::{Exit, Failure, Result},
    resources::{self, Found},
    screen::Screen,
};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write resources in the other form: XML as JSON, JSON as XML
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fhir convert patient.xml                   JSON, because it is XML
  sinew fhir convert patient.json > patient.xml    and back
  sinew fhir convert export.ndjson --to json       each resource anew, for reading
  sinew fhir convert bundle.xml --compact          JSON in one line

Values stay as they are written (1.00 is not 1.0). XML has its elements in the order of the standard. What the other form
cannot hold (comments, elements that R4 does not have) is told on stderr. Document type definitions are refused.
Files, pipes and terminals get the values unmasked: the output is for programs.
Exit: 0, 1 a resource cannot be read or written, 3 the file cannot be opened.")]
pub struct Convert {
    /// A file, or - for standard input
    #[arg(default_value = "-")]
    file: PathBuf,
    /// The form to write; without it, the one that the file does not have
    #[arg(long, value_name = "FORM", value_enum)]
    to: Option<Form>,
    /// JSON in one line, as NDJSON needs it
    #[arg(long)]
    compact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Json,
    Xml,
}

impl Convert {
    pub fn run(self, screen: &Screen) -> Result {
        resources::each(&self.file, |found| self.write(screen, found))?;
        Ok(Exit::Ok)
    }

    fn write(&self, screen: &Screen, found: Found) -> Result<()> {
        let tree = found.tree.map_err(|error| resources::unread(&found.name, &error))?;
        let form = self.to.unwrap_or(if found.is_xml { Form::Json } else { Form::Xml });
        let mut findings = found.findings;
        match form {
            Form::Json => {
                let mut bytes = if self.compact { tree.write() } else { tree.write_pretty() };
                bytes.push(b'\n');
                screen.bytes(&bytes);
            }
            Form::Xml => {
                let (text, told) = fhir::xml::write(&tree).map_err(|error| {
                    let diagnostic = error.diagnostic();
                    let place = diagnostic.path();
                    let text = format!("{}: {place}: {}", found.name, diagnostic.message);
                    Failure::new(Exit::Problems, text).code(diagnostic.code)
                })?;
                findings.extend(told);
                screen.bytes(text.as_bytes());
            }
        }
        for finding in findings {
            let path = finding.path();
            let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
            screen.say(format!("{}: {} {place}{}", found.name, finding.code, finding.message));
        }
        Ok(())
    }
}
