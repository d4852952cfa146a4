//! The exclusive lock on a data directory.

use crate::Error;
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

/// The file, in the data directory; its text is the process id of the holder.
const NAME: &str = "LOCK";

/// Held as long as the store is open. The system releases it when the process ends, however it ends.
pub(crate) struct Lock {
    _file: File,
}

/// Takes the lock.
pub(crate) fn take(directory: &Path) -> Result<Lock, Error> {
    let refused = |error: std::io::Error| Error::unavailable("locking the data directory", &error);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let mut file = options.open(directory.join(NAME)).map_err(refused)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let _ = file.read_to_string(&mut text);
            let directory = directory.display().to_string().into();
            return Err(Error::Locked { pid: text.trim().parse().ok(), directory });
        }
        Err(TryLockError::Error(error)) => return Err(refused(error)),
    }
    let write = |file: &mut File| {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    // A full disk must not keep a store from opening: the lock holds without its text.
    let _ = write(&mut file);
    Ok(Lock { _file: file })
}
