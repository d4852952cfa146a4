//! The pieces of a chain as files, the anchor in the tables.
//!
//! Promises the contract of [`Shelf`]. A small reserve is given up when the disk is full, so that a person can still do
//! what makes room.

use super::{FOLDER, PIECE_BYTES_MAX, Shelf};
use crate::{Error, tables::Database};
use message::failpoint::{Place, pass};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

/// The end of a piece's name.
const ENDING: &str = ".audit";
/// The name of the reserve, and its bytes.
const RESERVE: &str = "reserve";
const RESERVE_BYTES: usize = 256 * 1024;

/// See the module.
pub(crate) struct Files {
    folder: PathBuf,
    tables: Arc<Database>,
}

/// The name of a piece, in the folder.
fn name(piece: u64) -> String {
    format!("{piece:012}{ENDING}")
}

/// The piece that a name stands for.
fn parse(text: &str) -> Option<u64> {
    let digits = text.strip_suffix(ENDING).filter(|digits| digits.len() >= 12)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?.filter(|piece| name(*piece) == text)
}

/// Whether a part of a backup is a piece: nothing else is written below the folder.
pub(crate) fn is_part(part: &str) -> bool {
    part.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/')).is_some_and(|text| parse(text).is_some())
}

/// The names of the pieces in a data directory.
pub(crate) fn names(data: &Path) -> io::Result<Vec<String>> {
    Ok(pieces(data)?.into_iter().map(name).collect())
}

/// The pieces in a data directory, in order.
fn pieces(data: &Path) -> io::Result<Vec<u64>> {
    let entries = match fs::read_dir(data.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut pieces = Vec::new();
    for entry in entries {
        pieces.extend(parse(&entry?.file_name().to_string_lossy()));
    }
    pieces.sort_unstable();
    Ok(pieces)
}

impl Files {
    /// The folder in a data directory, made if it is not there.
    pub(crate) fn open(data: &Path, tables: Arc<Database>) -> Result<Files, Error> {
        let folder = data.join(FOLDER);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| Error::unavailable("making the folder of the audit chain", &error))?;
        let files = Files { folder, tables };
        files.reserve();
        Ok(files)
    }

    /// Best effort: a full disk must not keep the engine from starting.
    fn reserve(&self) {
        let path = self.folder.join(RESERVE);
        if !path.exists() && fs::write(&path, vec![0; RESERVE_BYTES]).is_err() {
            let _ = fs::remove_file(&path);
        }
    }

    fn path(&self, piece: u64) -> PathBuf {
        self.folder.join(name(piece))
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let draft = path.with_extension("new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all_at(bytes, 0)?;
        file.sync_data()?;
        if path.exists() {
            fs::rename(path, path.with_extension("damaged"))?;
        }
        fs::rename(&draft, path)?;
        File::open(&self.folder)?.sync_all()
    }

    fn grow(&self, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = OpenOptions::new().write(true).open(path)?;
        file.write_all_at(bytes, at)?;
        // A write that failed halfway may have left more.
        file.set_len(at + bytes.len() as u64)?;
        file.sync_data()
    }
}

fn failed(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => {
            Error::unavailable("writing the audit chain", error)
        }
        // Of a failed write or fsync nobody knows what it left (R6).
        _ => Error::Failed { reason: format!("writing the audit chain: {error}").into() },
    }
}

impl Shelf for Files {
    fn pieces(&self) -> Result<Vec<u64>, Error> {
        let data = self.folder.parent().unwrap_or(&self.folder);
        pieces(data).map_err(|error| Error::unavailable("reading the folder of the audit chain", &error))
    }

    fn read(&self, piece: u64) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let read = File::open(self.path(piece)).and_then(|file| file.take(PIECE_BYTES_MAX).read_to_end(&mut bytes));
        read.map_err(|error| Error::unavailable("reading the audit chain", &error))?;
        Ok(bytes)
    }

    fn append(&self, piece: u64, at: u64, bytes: &[u8], anchor: &[u8]) -> Result<(), Error> {
        pass(Place::TablesBefore);
        let path = self.path(piece);
        let write = || if at == 0 { self.create(&path, bytes) } else { self.grow(&path, at, bytes) };
        let written = match write() {
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                let _ = fs::remove_file(self.folder.join(RESERVE));
                write()
            }
            written => written,
        };
        written.map_err(|error| failed(&error))?;
        self.set_anchor(anchor)?;
        pass(Place::TablesAfter);
        Ok(())
    }

    fn cut(&self, piece: u64, length: u64) -> Result<(), Error> {
        let cut = || {
            let file = OpenOptions::new().write(true).open(self.path(piece))?;
            file.set_len(length)?;
            file.sync_all()
        };
        cut().map_err(|error| Error::unavailable("cutting the audit chain", &error))
    }

    fn remove(&self, piece: u64) -> Result<(), Error> {
        let removed = fs::remove_file(self.path(piece));
        removed.map_err(|error| Error::unavailable("dropping a piece of the audit chain", &error))
    }

    fn anchor(&self) -> Result<Option<Vec<u8>>, Error> {
        self.tables.audit_anchor()
    }

    fn set_anchor(&self, anchor: &[u8]) -> Result<(), Error> {
        self.tables.set_audit_anchor(anchor)
    }
}
