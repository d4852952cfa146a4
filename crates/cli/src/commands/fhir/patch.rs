//! `sinew fhir patch`: a resource with a FHIRPath Patch applied.

use crate::{
    outcome::{Exit, Failure, Result},
    resources,
    screen::Screen,
};
use clap::Args;
use fhir::{Error, Tree, patch::Patch};
use std::path::{Path, PathBuf};

/// Apply a FHIRPath Patch to a resource: add, insert, delete, replace, move
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  sinew fhir patch patient.json patch.json                 the patched resource, on stdout
  sinew fhir patch patient.xml patch.xml > patched.xml     XML in, XML out
  sinew fhir patch - patch.json --compact < patient.json

A patch is a Parameters resource with one parameter `operation` for each change (FHIR R4, FHIRPath Patch). All of them are
applied, or none: after an error nothing is written. The file itself is not touched.
Exit: 0, 1 a file cannot be read or the patch cannot be applied, 3 a file cannot be opened.")]
pub struct PatchResource {
    /// The resource, or - for standard input
    file: PathBuf,
    /// The patch
    patch: PathBuf,
    /// JSON in one line
    #[arg(long)]
    compact: bool,
}

impl PatchResource {
    pub fn run(self, screen: &Screen) -> Result {
        let (mut resource, is_xml) = read(&self.file)?;
        let (parameters, _) = read(&self.patch)?;
        let failed = |error: Error| failure(&self.patch, &error);
        Patch::read(&parameters).and_then(|patch| patch.apply(&mut resource)).map_err(failed)?;
        if is_xml {
            let (text, _) = fhir::xml::write(&resource).map_err(|error| failure(&self.file, &error))?;
            screen.bytes(text.as_bytes());
        } else {
            let mut bytes = if self.compact { resource.write() } else { resource.write_pretty() };
            bytes.push(b'\n');
            screen.bytes(&bytes);
        }
        Ok(Exit::Ok)
    }
}

fn read(path: &Path) -> Result<(Tree, bool)> {
    let found = resources::one(path)?;
    let tree = found.tree.map_err(|error| resources::unread(&found.name, &error))?;
    Ok((tree, found.is_xml))
}

fn failure(path: &Path, error: &Error) -> Failure {
    let diagnostic = error.diagnostic();
    let place = if diagnostic.path().is_empty() { String::new() } else { format!("{}: ", diagnostic.path()) };
    Failure::new(Exit::Problems, format!("{}: {place}{}", path.display(), diagnostic.message)).code(diagnostic.code)
}
