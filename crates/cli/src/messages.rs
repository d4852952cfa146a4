//! Files of messages, as every offline command reads them.

use crate::outcome::{Failure, Result};
use bytes::Bytes;
use hl7v2::{Batch, Enclosed};
use message::Diagnostic;
use std::{
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
};

/// Largest file that is read whole.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// A file with its messages.
pub struct File {
    /// Everything.
    pub bytes: Bytes,
    /// In order.
    pub messages: Vec<Found>,
    /// Findings about what is around the messages: stray lines, batch counts.
    pub diagnostics: Vec<Diagnostic>,
    /// Its batches; empty for a file that is none.
    pub batches: Vec<Enclosed>,
}

/// One message of a file.
pub struct Found {
    /// Its bytes.
    pub bytes: Bytes,
    /// Where they are.
    pub range: Range<usize>,
}

/// Reads a file, or standard input for `-`, and splits it into messages.
pub fn read(path: &Path) -> Result<File> {
    let failed = |error: std::io::Error| Failure::unreachable(format!("{}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        std::fs::File::open(path).map_err(failed)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
    }
    Ok(split(bytes.into()))
}

/// Splits bytes into messages.
pub fn split(bytes: Bytes) -> File {
    let (batch, diagnostics) = Batch::split(bytes.clone());
    let messages = batch.message_ranges().map(|range| Found { bytes: bytes.slice(range.clone()), range }).collect();
    let batches = batch.batches().into_iter().filter(|found| found.header.is_some() || found.has_trailer).collect();
    File { bytes, messages, diagnostics, batches }
}

/// Files as they are, folders replaced by the files in them, in order of their names.
pub fn expand(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut folders = vec![path.clone()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder)
                .map_err(|error| Failure::unreachable(format!("{}: {error}", folder.display())))?;
            for entry in entries.flatten() {
                let (path, is_folder) = (entry.path(), entry.file_type().is_ok_and(|kind| kind.is_dir()));
                if is_folder { folders.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}
