//! `cargo xtask gen dictionary`: makes the embedded dictionary of HL7 v2 from public packages.
//!
//! Owns: which packages, pinned by SHA-256; how they are read; which one is believed where they disagree.
//! Promises: the same inputs give the same bytes; every disagreement is written down beside the file.
//! Never: part of a build or of the tests; those use the committed file.

mod fetch;
mod hl7_dictionary;
mod hl7apy;
mod hl7types;
mod json;
mod literal;
mod merge;
mod model;
mod review;
mod syntax;
mod tables;
mod write;

use crate::root;
use std::fs;

/// Where the made files are, below the root.
pub(crate) const FOLDER: &str = "crates/hl7v2/src/dictionary";

/// The command.
pub(crate) fn run() -> Result<bool, String> {
    let packages = fetch::all()?;
    let folder = root::folder().join(FOLDER);
    let review = review::read(&folder.join("review.toml"))?;
    let (facts, disagreements) = merge::merge(&packages, &review)?;
    let bytes = write::file(&facts, &packages)?;
    let store = |name: &str, bytes: &[u8]| {
        fs::write(folder.join(name), bytes).map_err(|error| format!("{FOLDER}/{name}: {error}"))
    };
    store("dictionary.bin", &bytes)?;
    store("disagreements.tsv", disagreements.as_bytes())?;
    println!(
        "gen dictionary: {} bytes, {} disagreements between the sources",
        bytes.len(),
        disagreements.lines().count().saturating_sub(1)
    );
    Ok(true)
}
