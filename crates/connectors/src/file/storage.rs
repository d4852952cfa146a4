//! The blocking calls on files, each small and whole; run on the runtime's threads for blocking work.

use crate::{
    codes,
    folder::{SAME_NAME_MAX, Unread},
};
use message::{Outcome, Reason, Scope};
use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

/// Runs blocking work beside the runtime.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Reads a whole file, if it is an ordinary file of at most `bytes_max`.
pub(crate) fn read(path: &Path, bytes_max: usize) -> Result<Vec<u8>, Unread> {
    let before = fs::symlink_metadata(path).map_err(|error| unread(&error))?;
    let file = File::open(path).map_err(|error| unread(&error))?;
    let metadata = file.metadata().map_err(|error| unread(&error))?;
    // A link that was put in its place between the two looks would lead anywhere.
    if !before.is_file() || !is_same_file(&before, &metadata) {
        return Err(Unread::Replaced);
    }
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    if metadata.len() > limit {
        return Err(Unread::TooLarge);
    }
    let mut content = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut content).map_err(|error| unread(&error))?;
    if content.len() > bytes_max { Err(Unread::TooLarge) } else { Ok(content) }
}

#[cfg(unix)]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same_file(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    one.file_type() == other.file_type() && one.len() == other.len()
}

fn unread(error: &io::Error) -> Unread {
    match error.kind() {
        ErrorKind::NotFound => Unread::Replaced,
        kind => Unread::Failed(Reason::new(codes::E6206, format!("a file could not be read: {kind}"))),
    }
}

/// Moves a file into a folder under its own name, or with a number behind it if that name is taken.
pub(crate) fn move_into(path: &Path, folder: &Path) -> Result<PathBuf, Reason> {
    let name = path.file_name().unwrap_or_else(|| OsStr::new("file"));
    fs::create_dir_all(folder).map_err(|error| not_put_away(&error))?;
    for number in 0..SAME_NAME_MAX {
        let mut free = name.to_owned();
        if number > 0 {
            free.push(format!(".{number}"));
        }
        let target = folder.join(free);
        if fs::symlink_metadata(&target).is_ok() {
            continue;
        }
        return fs::rename(path, &target).map(|()| target).map_err(|error| not_put_away(&error));
    }
    Err(Reason::new(codes::E6205, "the folder for finished files has too many files of the same name"))
}

/// Deletes a file.
pub(crate) fn remove(path: &Path) -> Result<(), Reason> {
    fs::remove_file(path).map_err(|error| not_put_away(&error))
}

fn not_put_away(error: &io::Error) -> Reason {
    Reason::new(codes::E6205, format!("a file could not be put away: {}", error.kind()))
}

/// Puts a refused file aside, with the reasons beside it.
pub(crate) fn put_aside(path: &Path, folder: &Path, why: &str) -> Result<(), Reason> {
    let target = move_into(path, folder)?;
    let mut beside = target.into_os_string();
    beside.push(".reason");
    fs::write(beside, why).map_err(|error| not_put_away(&error))
}

/// Writes a file that is whole or not there: hidden name, flush, rename, flush of the folder.
pub(crate) fn write(folder: &Path, name: &str, content: &[u8]) -> Outcome {
    let hidden = folder.join(format!(".{name}.part"));
    if let Err(error) = fill(&hidden, content) {
        // What is left of it is hidden, and the next attempt begins anew.
        let _ = fs::remove_file(&hidden);
        return not_written(folder, &error);
    }
    if let Err(error) = fs::rename(&hidden, folder.join(name)) {
        let _ = fs::remove_file(&hidden);
        return not_written(folder, &error);
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Ok(()) => Outcome::Delivered { reply: None },
        Err(error) => {
            let text = format!("{}: the file is there, but may be gone after a power cut: {error}", folder.display());
            Outcome::Ambiguous { reason: Reason::new(codes::E6207, text) }
        }
    }
}

/// A new file: a link that somebody put there is not followed.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

fn fill(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Before the rename nobody can have seen the file.
pub(super) fn not_written(folder: &Path, error: &io::Error) -> Outcome {
    let reason = reason_of(folder, error);
    if error.kind() == ErrorKind::InvalidFilename {
        return Outcome::Permanent { reason, reply: None };
    }
    Outcome::Transient { scope: Scope::Destination, reason, retry_after: None }
}

/// Why nothing can be written there.
pub(super) fn reason_of(folder: &Path, error: &io::Error) -> Reason {
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => codes::E6204,
        ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem => codes::E6201,
        _ => codes::E6207,
    };
    Reason::new(code, format!("{}: {}", folder.display(), error.kind()))
}
