//! The repository: a folder of encrypted objects and of manifests (docs/spec/backup-format.md §1).
//!
//! ```text
//! REPOSITORY/
//!   LOCK                        held while somebody writes
//!   backups/000042-….manifest   one a backup; its name is given last, when everything it names is on disk
//!   objects/3f/3f…-….age        pieces; a name is given once the bytes are on disk, and never given again
//!   incoming/                   what is being written; what a killed backup left is removed by the next
//!   drills/                     reports of drills
//! ```
//!
//! Promises: every state in which a killed process leaves it is a valid repository; two writers exclude each other.

use super::{
    Error, hex,
    manifest::{self, ENDING, Found},
};
use crate::disk::{Disk, Real};
use ring::digest::{Context, SHA256};
use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Bytes that are written before they are flushed: flushed at once, 64 MiB would hold up every fsync of the log.
const FLUSH_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that are read at a time.
pub(super) const READ_BYTES: usize = 1024 * 1024;

/// A repository; nothing is opened before it is asked for.
#[derive(Clone, Debug)]
pub struct Repository {
    folder: PathBuf,
}

/// Held by the one that writes.
pub(super) struct Lock {
    _file: File,
}

/// A manifest's file and what reading it gave.
pub(super) type Listed = (String, Result<Found, Error>);

impl Repository {
    /// The repository in a folder, which need not exist yet.
    #[must_use]
    pub fn at(folder: &Path) -> Repository {
        Repository { folder: folder.to_path_buf() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where reports of drills are kept.
    #[must_use]
    pub fn drills(&self) -> PathBuf {
        self.folder.join("drills")
    }

    /// Makes the folders and takes the lock.
    pub(super) fn lock(&self) -> Result<Lock, Error> {
        for name in ["backups", "objects", "incoming"] {
            let path = self.folder.join(name);
            let mut builder = fs::DirBuilder::new();
            std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
            builder.create(&path).map_err(|error| Error::unavailable(&path, &error))?;
        }
        let path = self.folder.join("LOCK");
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|error| Error::unavailable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Busy { repository: self.folder.display().to_string().into() }),
            Err(TryLockError::Error(error)) => Err(Error::unavailable(&path, &error)),
        }
    }

    /// Removes what a killed writer left; the lock is held.
    pub(super) fn sweep(&self) -> Result<(), Error> {
        let folder = self.folder.join("incoming");
        let refused = |error| Error::unavailable(&folder, &error);
        for name in Real.list(&folder).map_err(refused)? {
            fs::remove_file(folder.join(name)).map_err(refused)?;
        }
        Ok(())
    }

    /// Every manifest, the oldest first.
    pub(super) fn manifests(&self) -> Result<Vec<Listed>, Error> {
        let folder = self.folder.join("backups");
        let mut names = Real.list(&folder).map_err(|error| Error::unavailable(&folder, &error))?;
        names.retain(|name| name.ends_with(ENDING));
        names.sort();
        Ok(names.into_iter().map(|name| (name.clone(), self.manifest(&name))).collect())
    }

    /// The name of the newest manifest.
    pub(super) fn newest(&self) -> Result<Option<String>, Error> {
        let folder = self.folder.join("backups");
        let names = Real.list(&folder).map_err(|error| Error::unavailable(&folder, &error))?;
        Ok(names.into_iter().filter(|name| name.ends_with(ENDING)).max())
    }

    /// One manifest, by the name of its file.
    pub(super) fn manifest(&self, name: &str) -> Result<Found, Error> {
        let path = self.folder.join("backups").join(name);
        let bytes = fs::read(&path).map_err(|error| Error::unavailable(&path, &error))?;
        manifest::decode(&format!("backups/{name}"), &bytes)
    }

    /// Writes a manifest: the moment in which a backup begins to exist.
    pub(super) fn put_manifest(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let draft = self.folder.join("incoming").join(name);
        let path = self.folder.join("backups").join(name);
        let write = || -> io::Result<()> {
            let mut file = create(&draft)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            Real.sync_directory(&self.folder.join("backups"))
        };
        write().map_err(|error| Error::unavailable(&path, &error))
    }

    pub(super) fn remove_manifest(&self, name: &str) -> Result<(), Error> {
        let path = self.folder.join("backups").join(name);
        fs::remove_file(&path).map_err(|error| Error::unavailable(&path, &error))
    }

    /// Makes the names of manifests durable.
    pub(super) fn sync_manifests(&self) -> Result<(), Error> {
        self.sync("backups")
    }

    fn sync(&self, folder: &str) -> Result<(), Error> {
        let path = self.folder.join(folder);
        Real.sync_directory(&path).map_err(|error| Error::unavailable(&path, &error))
    }

    /// Where an object is, relative to the repository.
    pub(super) fn object(name: &str) -> String {
        format!("objects/{}/{name}", name.get(..2).unwrap_or("00"))
    }

    /// The object whose name begins so, if it is there and whole: what a killed backup had already stored. Gives its
    /// name and size.
    pub(super) fn stored(&self, beginning: &str) -> Result<Option<(String, u64)>, Error> {
        let folder = self.folder.join("objects").join(beginning.get(..2).unwrap_or("00"));
        let names = Real.list(&folder).map_err(|error| Error::unavailable(&folder, &error))?;
        for name in names.into_iter().filter(|name| name.starts_with(beginning)) {
            if let Ok(size) = self.check_object(&name, None) {
                return Ok(Some((name, size)));
            }
        }
        Ok(None)
    }

    /// Reads an object and compares it with the SHA-256 in its name; gives its size.
    pub(super) fn check_object(&self, name: &str, size: Option<u64>) -> Result<u64, Error> {
        let mut read = self.read_object(name)?;
        let file = Repository::object(name);
        let mut buffer = vec![0; READ_BYTES];
        let mut found = 0;
        loop {
            let count = read.read(&mut buffer).map_err(|error| Error::unavailable(Path::new(&file), &error))?;
            if count == 0 {
                break;
            }
            found += count as u64;
        }
        read.check(size.unwrap_or(found))?;
        Ok(found)
    }

    /// An object to be read from its beginning.
    pub(super) fn read_object(&self, name: &str) -> Result<Reading, Error> {
        let file = Repository::object(name);
        let path = self.folder.join(&file);
        match File::open(&path) {
            Ok(from) => Ok(Reading { from, file, name: name.to_owned(), hash: Context::new(&SHA256), bytes: 0 }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::Missing { file: file.into() }),
            Err(error) => Err(Error::unavailable(&path, &error)),
        }
    }

    /// Begins an object.
    pub(super) fn incoming(&self) -> Result<Incoming, Error> {
        let path = self.folder.join("incoming").join("object");
        let file = create(&path).map_err(|error| Error::unavailable(&path, &error))?;
        Ok(Incoming { file, path, hash: Context::new(&SHA256), bytes: 0, unflushed: 0 })
    }

    /// Gives an object its name, which begins with `beginning` and ends with its SHA-256. Names are durable after
    /// [`Repository::sync_objects`].
    pub(super) fn adopt(
        &self,
        incoming: Incoming,
        beginning: &str,
        touched: &mut BTreeSet<String>,
    ) -> Result<(String, u64), Error> {
        let Incoming { file, path, hash, bytes, .. } = incoming;
        let name = format!("{beginning}-{}.age", hex::encode(hash.finish().as_ref()));
        let target = self.folder.join(Repository::object(&name));
        let folder = target.parent().unwrap_or(&self.folder);
        let place = || -> io::Result<()> {
            file.sync_all()?;
            fs::create_dir_all(folder)?;
            fs::rename(&path, &target)
        };
        place().map_err(|error| Error::unavailable(&target, &error))?;
        touched.insert(name.get(..2).unwrap_or("00").to_owned());
        Ok((name, bytes))
    }

    /// Makes the names of objects durable.
    pub(super) fn sync_objects(&self, touched: &BTreeSet<String>) -> Result<(), Error> {
        touched.iter().try_for_each(|folder| self.sync(&format!("objects/{folder}")))?;
        self.sync("objects")?;
        // The folders of the repository itself were made by this or an earlier backup.
        self.sync(".")
    }

    /// Every object with its size.
    pub(super) fn objects(&self) -> Result<Vec<(String, u64)>, Error> {
        let root = self.folder.join("objects");
        let mut found = Vec::new();
        let refused = |error| Error::unavailable(&root, &error);
        for folder in Real.list(&root).map_err(refused)? {
            for name in Real.list(&root.join(&folder)).map_err(refused)? {
                let size = fs::metadata(root.join(&folder).join(&name)).map_err(refused)?.len();
                found.push((name, size));
            }
        }
        Ok(found)
    }

    pub(super) fn remove_object(&self, name: &str) -> Result<(), Error> {
        let path = self.folder.join(Repository::object(name));
        fs::remove_file(&path).map_err(|error| Error::unavailable(&path, &error))
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// An object that is being written: its bytes are hashed and flushed on their way.
pub(super) struct Incoming {
    file: File,
    path: PathBuf,
    hash: Context,
    bytes: u64,
    unflushed: usize,
}

impl Write for Incoming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.unflushed += bytes.len();
        if self.unflushed >= FLUSH_BYTES {
            self.file.sync_data()?;
            self.unflushed = 0;
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An object that is being read: its bytes are hashed on their way.
pub(super) struct Reading {
    from: File,
    file: String,
    name: String,
    hash: Context,
    bytes: u64,
}

impl Reading {
    /// Compares what was read with the name and the size.
    pub(super) fn check(self, size: u64) -> Result<(), Error> {
        let sha256 = hex::encode(self.hash.finish().as_ref());
        let stated = self.name.strip_suffix(".age").and_then(|name| name.rsplit('-').next());
        if self.bytes != size {
            return Err(Error::damaged(&self.file, format!("it has {} bytes instead of {size}", self.bytes)));
        }
        if stated != Some(&sha256) {
            return Err(Error::damaged(&self.file, "it does not match its SHA-256"));
        }
        Ok(())
    }
}

impl Read for Reading {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(bytes)?;
        self.hash.update(&bytes[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}
