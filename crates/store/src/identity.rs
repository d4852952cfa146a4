//! `store.id`: which store this is, and its secret (docs/spec/store-format.md §1).
//!
//! Promises: the secret that keys every hash of the store is wrapped like a data key; a wrong master key is told here,
//! before anything else is touched.

use crate::{
    Error, audit,
    disk::{self, Disk},
    envelope::{self, Block},
    hash::Key,
    keys::{self, Keyring, Keys},
    log::segment::Owner,
    options::KeySource,
    seal,
};
use std::{io, path::Path};

/// The file, in the data directory.
pub(crate) const NAME: &str = "store.id";
const MAGIC: &[u8; 8] = b"SINEWSTO";

/// A store's identity, opened.
pub(crate) struct Identity {
    pub(crate) owner: Owner,
    /// Keys the hashes of duplicate detection.
    pub(crate) duplicates: Key,
    /// Keys the hashes of the index.
    pub(crate) index: Key,
    /// Authenticates the store's backups.
    pub(crate) backup: [u8; 32],
    /// What keys for further purposes are derived from.
    pub(crate) root: [u8; 32],
    /// Seals and signs the audit chain.
    pub(crate) audit: audit::Keys,
}

/// Reads the identity, or makes one when the directory holds no store.
pub(crate) fn open(disk: &dyn Disk, directory: &Path, source: &KeySource) -> Result<Identity, Error> {
    let path = directory.join(NAME);
    let existing = match disk::read_all(disk, &path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(Error::unavailable("reading store.id", &error)),
    };
    let has_log = disk.list(&directory.join("log")).is_ok_and(|names| names.iter().any(|name| name.ends_with(".log")));
    if existing.is_none() && has_log {
        return Err(Error::corrupt(NAME, 0, "the directory has a log but no store.id: restore it from a backup"));
    }
    let keys = keys::load(disk, directory, source, existing.is_none())?;
    match existing {
        Some(bytes) => read(&bytes, keys),
        None => make(disk, &path, keys),
    }
}

/// Reads the identity from the bytes of a block that is kept somewhere else.
pub(crate) fn read(bytes: &[u8], keys: Keys) -> Result<Identity, Error> {
    let (block, secret) = envelope::open(NAME, bytes, MAGIC, &keys)?;
    identity(block.store, keys, secret)
}

/// A new identity, and the bytes of its block.
pub(crate) fn create(keys: Keys) -> Result<(Identity, Vec<u8>), Error> {
    let (store, secret) = (seal::random::<16>()?, seal::random::<32>()?);
    let area = Block { magic: *MAGIC, store, numbers: [0, 0] }.area(&keys.current, &secret)?;
    Ok((identity(store, keys, secret)?, area))
}

/// The bytes of a block with its secret wrapped by the current master key.
pub(crate) fn rewrapped(bytes: &[u8], keys: &Keys) -> Result<Vec<u8>, Error> {
    envelope::rewrapped(NAME, bytes, MAGIC, keys)
}

fn identity(store: [u8; 16], keys: Keys, secret: [u8; 32]) -> Result<Identity, Error> {
    let half = |start: usize| Key::from_bytes(std::array::from_fn(|place| secret[start + place]));
    let backup = crate::backup::key_of(&secret);
    let audit = audit::Keys::new(store, &secret)?;
    let root = derived(&secret, "root");
    Ok(Identity {
        owner: Owner { store, keys: Keyring::new(keys) },
        duplicates: half(0),
        index: half(16),
        backup,
        root,
        audit,
    })
}

/// A key for one purpose: HKDF with one block of output (RFC 5869 §2.3), the purpose as what it is bound to.
pub(crate) fn derived(from: &[u8; 32], purpose: &str) -> [u8; 32] {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, from);
    let tag = ring::hmac::sign(&key, &[b"sinew key ", purpose.as_bytes(), &[1]].concat());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(tag.as_ref());
    bytes
}

fn make(disk: &dyn Disk, path: &Path, keys: Keys) -> Result<Identity, Error> {
    let (identity, area) = create(keys)?;
    disk::replace(disk, path, &area).map_err(|error| Error::unavailable("writing store.id", &error))?;
    Ok(identity)
}

/// The key of the backups of the store whose `store.id` has these bytes.
pub(crate) fn backup_key(bytes: &[u8], keys: &Keys) -> Result<[u8; 32], Error> {
    let (_, secret) = envelope::open(NAME, bytes, MAGIC, keys)?;
    Ok(crate::backup::key_of(&secret))
}

/// Wraps the secret by the current master key.
pub(crate) fn rewrap(disk: &dyn Disk, directory: &Path, keys: &Keys) -> Result<(), Error> {
    let refused = |error: io::Error| Error::unavailable("wrapping the key of store.id", &error);
    let path = directory.join(NAME);
    let area = disk::read_all(disk, &path).map_err(refused)?;
    let file = disk.open(&path).map_err(refused)?;
    envelope::rewrap(NAME, &area, MAGIC, keys, |bytes, at| {
        file.write_at(bytes, at).and_then(|()| file.sync()).map_err(refused)
    })
}
