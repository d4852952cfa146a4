//! Files of FHIR resources, as every offline command reads them: JSON, XML, or one JSON resource a line (NDJSON).
//!
//! Promises: a file that starts with `<` is XML; of a file that is no single JSON value, each line is read as one; a
//! resource that cannot be read is told with its place and the others are read all the same.

use crate::outcome::{Exit, Failure, Result};
use fhir::{Error, Tree};
use message::Diagnostic;
use std::{
    io::{BufRead, Read},
    path::{Path, PathBuf},
};

/// Largest file that is read whole.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// What the names of files with resources end with, where a folder is searched.
const ENDINGS: [&str; 4] = ["json", "xml", "ndjson", "jsonl"];

/// One resource of a file.
pub struct Found {
    /// `bundle.json`, or `export.ndjson#3`.
    pub name: String,
    /// Its place in the file, from 1.
    pub index: usize,
    /// The resource, or why it cannot be read.
    pub tree: std::result::Result<Tree, Error>,
    /// What was told while it was read.
    pub findings: Vec<Diagnostic>,
    /// It came as XML.
    pub is_xml: bool,
}

/// The bytes of a file, or of standard input for `-`.
pub fn bytes(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::fs::File::open(path).map_err(failed)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(bytes)
}

/// Calls `each` with every resource of a file, in order.
pub fn each(path: &Path, mut each: impl FnMut(Found) -> Result<()>) -> Result<()> {
    let bytes = bytes(path)?;
    let name = path.display().to_string();
    if fhir::xml::is_xml(&bytes) {
        let (tree, findings) = match fhir::xml::read(&bytes) {
            Ok((tree, findings)) => (Ok(tree), findings),
            Err(error) => (Err(error), Vec::new()),
        };
        return each(Found { name, index: 1, tree, findings, is_xml: true });
    }
    let whole = Tree::read(&bytes);
    let lines = || bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
    // One value is one resource however many lines it takes; else each line is one, if the first of them is.
    if whole.is_ok() || lines().nth(1).is_none() || lines().next().is_some_and(|line| Tree::read(line).is_err()) {
        return each(Found { name, index: 1, tree: whole, findings: Vec::new(), is_xml: false });
    }
    for (place, line) in lines().enumerate() {
        let index = place + 1;
        let name = format!("{name}#{index}");
        each(Found { name, index, tree: Tree::read(line), findings: Vec::new(), is_xml: false })?;
    }
    Ok(())
}

/// The bytes are of FHIR, as far as their beginning says: an object of JSON, or XML with FHIR's namespace.
fn is_fhir(bytes: &[u8]) -> bool {
    let start = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    let head = &start[..start.len().min(4096)];
    start.starts_with(b"{") || start.starts_with(b"<") && head.windows(19).any(|part| part == b"http://hl7.org/fhir")
}

/// A file or what comes by a pipe (`-`) begins as FHIR; false too where it cannot be read, which whoever reads it tells. The
/// pipe is looked at and not taken from.
pub fn begins_as_fhir(path: &Path) -> bool {
    if path.as_os_str() == "-" {
        return std::io::stdin().lock().fill_buf().is_ok_and(is_fhir);
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    read.is_ok() && is_fhir(&head)
}

/// The only resource of a file.
pub fn one(path: &Path) -> Result<Found> {
    let mut out = Vec::new();
    each(path, |found| {
        out.push(found);
        Ok(())
    })?;
    match out.pop() {
        Some(found) if out.is_empty() => Ok(found),
        _ => Err(Failure::new(Exit::Problems, format!("{}: one resource is expected, not several", path.display()))),
    }
}

/// Files as they are, folders replaced by the files in them whose names say that they hold resources.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for path in paths {
        if !path.is_dir() {
            out.push(path.clone());
            continue;
        }
        let is_named = |file: &PathBuf| {
            let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
        };
        out.extend(crate::messages::expand(std::slice::from_ref(path))?.into_iter().filter(is_named));
    }
    Ok(out)
}

/// The failure of a command whose resource cannot be read.
pub fn unread(name: &str, error: &Error) -> Failure {
    let diagnostic = error.diagnostic();
    Failure::new(Exit::Problems, format!("{name}: {}", diagnostic.message)).code(diagnostic.code)
}
