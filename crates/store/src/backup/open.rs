//! A backup opened with its key: what restore, drill and the strict verification read.
//!
//! Promises: nothing is given out that does not match the object's SHA-256, the encryption, the piece's SHA-256 and the
//! store's MAC over the manifest.

use super::{
    Error, Files, bundle, hex,
    manifest::{Found, Manifest, Piece},
    repository::Repository,
};
use crate::{MasterKey, age::Identity, audit, identity, keys::Keys, log::segment, tables};
use message::Timestamp;
use ring::digest::{Context, SHA256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::Path,
};

/// Largest part that is read into memory.
const PART_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Zeros that are written at a time.
const ZERO_BYTES: usize = 1024 * 1024;

/// Which backup of a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The newest.
    #[default]
    Latest,
    /// The one with this number.
    Number(u64),
    /// The newest that was made at or before this time.
    At(Timestamp),
}

/// See the module.
#[derive(Debug)]
pub struct Opened {
    /// What it is made of.
    pub manifest: Manifest,
    repository: Repository,
    identities: Vec<Identity>,
    master: MasterKey,
}

impl Repository {
    /// Opens a backup.
    ///
    /// # Errors
    /// `NoBackup`, `WrongKey`, `Damaged`, `Missing`, `Foreign`, `Incompatible`, `Unavailable`.
    pub fn open(&self, which: Which, identities: &[Identity]) -> Result<Opened, Error> {
        let found = self.find(which)?;
        let (master, key) = unlock(self, &found, identities)?;
        if !found.is_proven(&key) {
            let what = format!("backups/{} was not made by the store that it names", found.manifest.file_name());
            return Err(Error::Foreign { what: what.into() });
        }
        let identities = identities.to_vec();
        Ok(Opened { manifest: found.manifest, repository: self.clone(), identities, master })
    }

    fn find(&self, which: Which) -> Result<Found, Error> {
        let missing = |what: String| Error::NoBackup { what: what.into() };
        let folder = self.folder().display();
        let none = || missing(format!("{folder} holds no backup"));
        match which {
            Which::Latest => self.manifest(&self.newest()?.ok_or_else(none)?),
            Which::Number(number) => {
                let names = self.manifests()?.into_iter();
                let mut named = names.filter(|(name, _)| name.starts_with(&format!("{number:06}-")));
                named.next().ok_or_else(|| missing(format!("{folder} holds no backup {number}")))?.1
            }
            Which::At(time) => {
                let mut latest = None;
                for (_, found) in self.manifests()? {
                    latest = Some(found?).filter(|found| found.manifest.at() <= time).or(latest);
                }
                latest.ok_or_else(|| missing(format!("{folder} holds no backup from {} or before", time.to_rfc3339())))
            }
        }
    }
}

/// The master key and the key of the backups, out of the backup itself.
pub(super) fn unlock(
    repository: &Repository,
    found: &Found,
    identities: &[Identity],
) -> Result<(MasterKey, [u8; 32]), Error> {
    let read = |name: &str| part(repository, &found.manifest, identities, name);
    let text = String::from_utf8(read(super::KEY_PART)?).unwrap_or_default();
    let master = MasterKey::from_text(&text)?;
    let key = identity::backup_key(&read(identity::NAME)?, &Keys::from(master.clone()))?;
    Ok((master, key))
}

fn part(repository: &Repository, manifest: &Manifest, identities: &[Identity], name: &str) -> Result<Vec<u8>, Error> {
    let file = format!("backups/{}", manifest.file_name());
    let pieces = manifest.parts.get(name).filter(|pieces| total(pieces) <= PART_BYTES_MAX);
    let pieces = pieces.ok_or_else(|| Error::damaged(&file, format!("it names no usable part `{name}`")))?;
    let mut bytes = Vec::new();
    for piece in pieces {
        decrypt(repository, piece, identities, &mut |chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        })?;
    }
    Ok(bytes)
}

fn total(pieces: &[Piece]) -> u64 {
    pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.length))
}

/// Decrypts a piece and compares it with everything that is known about it.
pub(super) fn decrypt(
    repository: &Repository,
    piece: &Piece,
    identities: &[Identity],
    visit: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<(), Error> {
    let name = Repository::object(&piece.object);
    let mut reading = repository.read_object(&piece.object)?;
    let (mut hash, mut length) = (Context::new(&SHA256), 0);
    let opened = crate::age::read(&mut reading, identities, &mut |chunk| {
        length += chunk.len() as u64;
        hash.update(chunk);
        visit(chunk)
    });
    // A byte that changed may look like another key's file: the SHA-256 of the object decides.
    io::copy(&mut reading, &mut io::sink()).map_err(|error| Error::unavailable(Path::new(&name), &error))?;
    reading.check(piece.size)?;
    opened.map_err(|error| Error::sealed(&name, error))?;
    if length != piece.length || hex::encode(hash.finish().as_ref()) != piece.sha256 {
        return Err(Error::damaged(&name, "it does not hold the piece that the manifest names"));
    }
    Ok(())
}

impl Opened {
    /// The files of the workspace.
    ///
    /// # Errors
    /// `WrongKey`, `Damaged`, `Missing`, `Unavailable`.
    pub fn workspace(&self) -> Result<Files, Error> {
        let bytes = part(&self.repository, &self.manifest, &self.identities, super::WORKSPACE_PART)?;
        bundle::unpack(&bytes).ok_or_else(|| Error::damaged(super::WORKSPACE_PART, "it cannot be unpacked"))
    }

    /// The store's master key.
    #[must_use]
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// Writes the store into a data directory that does not exist yet or is empty; the master key goes to `key`.
    ///
    /// # Errors
    /// `NotEmpty` before anything is written; `WrongKey`, `Damaged`, `Missing`, `Unavailable`: what was written then is
    /// not a store.
    pub fn restore(&self, data: &Path, key: &Path, progress: &mut dyn FnMut(super::Progress)) -> Result<(), Error> {
        empty(data)?;
        let log = data.join("log");
        make_folder(&log)?;
        let manifest = &self.manifest;
        let mut done = super::Progress {
            pieces_all: manifest.pieces().count() as u64,
            bytes_all: manifest.pieces().map(|piece| piece.length).sum(),
            ..super::Progress::default()
        };
        let mut step = |piece: &Piece| {
            done.pieces += 1;
            done.bytes += piece.length;
            progress(done);
        };
        for entry in &manifest.segments {
            let path = segment::path(&log, entry.base);
            let file = create(&path)?;
            let mut end = 0;
            for piece in &entry.pieces {
                self.put(piece, &file, &path)?;
                end = end.max(piece.from + piece.length);
                step(piece);
            }
            let zeros = zeros(&file, end, entry.capacity).and_then(|()| file.sync_all());
            zeros.map_err(|error| Error::unavailable(&path, &error))?;
        }
        for (name, path) in [(tables::NAME, data.join(tables::NAME)), (super::KEY_PART, key.to_path_buf())] {
            self.put_part(name, &path)?;
        }
        for name in manifest.parts.keys().filter(|name| audit::is_part(name)) {
            self.put_part(name, &data.join(name))?;
        }
        // The last, so that a restore that was killed is not taken for a store.
        sync_folder(&log)?;
        self.put_part(identity::NAME, &data.join(identity::NAME))?;
        sync_folder(data)
    }

    fn put_part(&self, name: &str, path: &Path) -> Result<(), Error> {
        let file = format!("backups/{}", self.manifest.file_name());
        let pieces = self.manifest.parts.get(name);
        let pieces = pieces.ok_or_else(|| Error::damaged(&file, format!("it names no part `{name}`")))?;
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let file = create(path)?;
        pieces.iter().try_for_each(|piece| self.put(piece, &file, path))?;
        file.sync_all().map_err(|error| Error::unavailable(path, &error))
    }

    fn put(&self, piece: &Piece, file: &File, path: &Path) -> Result<(), Error> {
        let mut at = piece.from;
        decrypt(&self.repository, piece, &self.identities, &mut |chunk| {
            file.write_all_at(chunk, at)?;
            at += chunk.len() as u64;
            Ok(())
        })
        .map_err(|error| match error {
            Error::Unavailable { what } => Error::Unavailable { what: format!("{}: {what}", path.display()).into() },
            other => other,
        })
    }
}

/// Refuses a folder that has something in it.
///
/// # Errors
/// `NotEmpty`, `Unavailable`.
pub fn empty(folder: &Path) -> Result<(), Error> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::NotEmpty { folder: folder.display().to_string().into() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Error::unavailable(folder, &error)),
    }
}

/// Writes the files of a workspace below a folder.
///
/// # Errors
/// `Unavailable`.
pub fn write_files(folder: &Path, files: &Files) -> Result<(), Error> {
    for (name, bytes) in files {
        let path = folder.join(name);
        make_folder(path.parent().unwrap_or(folder))?;
        let written = create(&path)?.write_all(bytes);
        written.map_err(|error| Error::unavailable(&path, &error))?;
    }
    Ok(())
}

fn make_folder(path: &Path) -> Result<(), Error> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Error::unavailable(path, &error))
}

fn create(path: &Path) -> Result<File, Error> {
    let opened = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| Error::unavailable(path, &error))
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| Error::unavailable(path, &error))
}

fn zeros(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; ZERO_BYTES];
    let mut at = from;
    while at < to {
        let count = (to - at).min(zeros.len() as u64);
        file.write_all_at(&zeros[..count as usize], at)?;
        at += count;
    }
    Ok(())
}
