//! Lists the files of `library/` with their texts, so that adding a map is adding a file.

use std::{env, fmt::Write, fs, io, path::Path};

const FOLDERS: [&str; 2] = ["fhir-r4-to-hl7v2", "hl7v2-to-fhir-r4"];

fn main() -> io::Result<()> {
    let home = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../library");
    let mut files = Vec::new();
    for folder in FOLDERS {
        find(&home.join(folder), &mut files)?;
    }
    files.sort();
    let mut out = String::from("&[\n");
    for file in files {
        let name = Path::new(&file).strip_prefix(&home).unwrap_or(Path::new(&file)).display().to_string();
        let _ = writeln!(out, "    File {{ path: {name:?}, text: include_str!({file:?}) }},");
    }
    out.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("files.rs"), out)
}

/// Every file of the kinds that the library has, in folders below too. Cargo looks at the folders again when one changes.
fn find(folder: &Path, out: &mut Vec<String>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, out)?;
        } else if path
            .extension()
            .is_some_and(|kind| ["map", "csv", "hl7", "json", "expect"].iter().any(|known| kind == *known))
        {
            println!("cargo::rerun-if-changed={}", path.display());
            out.push(path.display().to_string());
        }
    }
    Ok(())
}
