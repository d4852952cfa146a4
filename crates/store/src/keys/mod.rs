//! The master keys that open a store, and how one takes the place of another (docs/spec/store-format.md §1).
//!
//! ```text
//!  place of the key     OLD ──────────────────────────────────────────────▶ NEW
//!  keys/rotation               NEW under OLD, OLD under NEW                      gone
//!  store.id, log/*, vault       OLD, one after the other NEW
//!                        ▲ both keys open everything                     ▲ OLD opens nothing
//! ```
//!
//! Owns the ring of keys in memory, the bridge between two keys on disk, and the order of steps. Promises: a crash between
//! any two steps leaves a store that the key in its place opens; nothing is wrapped by a key that is not durable in the bridge
//! or in its place; messages go on meanwhile. Never: tells a key.

mod bridge;
mod rotate;
#[cfg(test)]
mod tests;

pub(crate) use rotate::Safe;
pub use rotate::{Progress, Rewrapped, Rotated, State, Unfinished};

use crate::{
    Error,
    disk::Disk,
    options::KeySource,
    seal::{self, MasterKey},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

/// Where in the data directory the master key is kept by default.
const KEY_PATH: &str = "keys/master.key";

/// The keys that open: the one that wraps, and while they are being exchanged the one before.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) current: MasterKey,
    pub(crate) before: Option<MasterKey>,
}

impl From<MasterKey> for Keys {
    fn from(current: MasterKey) -> Keys {
        Keys { current, before: None }
    }
}

impl Keys {
    /// Each of them, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &MasterKey> {
        std::iter::once(&self.current).chain(&self.before)
    }
}

/// The keys of an open store; clones are the same.
#[derive(Clone)]
pub(crate) struct Keyring(Arc<RwLock<Keys>>);

impl Keyring {
    pub(crate) fn new(keys: Keys) -> Keyring {
        Keyring(Arc::new(RwLock::new(keys)))
    }

    /// The keys now.
    pub(crate) fn now(&self) -> Keys {
        self.hold().clone()
    }

    /// The keys, which stay the same until this is dropped: what is wrapped meanwhile is on disk before another key counts.
    pub(crate) fn hold(&self) -> RwLockReadGuard<'_, Keys> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, keys: Keys) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

/// The file that a source names; none where the key is given.
pub(crate) fn file(directory: &Path, source: &KeySource) -> Option<PathBuf> {
    match source {
        KeySource::Given(_) => None,
        KeySource::File(path) => Some(path.clone()),
        KeySource::InDirectory => Some(directory.join(KEY_PATH)),
    }
}

/// The key that stands in its place.
fn in_place(disk: &dyn Disk, directory: &Path, source: &KeySource, may_create: bool) -> Result<MasterKey, Error> {
    match source {
        KeySource::Given(key) => Ok(key.clone()),
        KeySource::File(path) => seal::load_key_file(disk, path, may_create),
        KeySource::InDirectory => seal::load_key_file(disk, &directory.join(KEY_PATH), may_create),
    }
}

/// The key that stands in its place, and with it the one that it is being exchanged with.
///
/// # Errors
/// `Misconfigured` where there is none and none may be made; `WrongKey` when it is neither of two that are being exchanged.
pub(crate) fn load(disk: &dyn Disk, directory: &Path, source: &KeySource, may_create: bool) -> Result<Keys, Error> {
    let given = in_place(disk, directory, source, may_create)?;
    Ok(match bridge::read(disk, directory)? {
        Some(bytes) => bridge::open(&bytes, &given)?.keys,
        None => Keys::from(given),
    })
}
