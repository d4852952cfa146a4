//! One master key in the place of another, while messages go on.

use super::{
    Keyring, Keys,
    bridge::{self, Bridge},
    file, in_place,
};
use crate::{
    Error, Options, Store, Switch,
    disk::{self, Disk},
    options::KeySource,
    seal::MasterKey,
    vault,
};
use message::{Clock, Timestamp};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Where the tables say since when the key is in use.
const SWITCH: &str = "sinew master key";
/// How the name of a key that was put aside ends: `master.key.0123456789abcdef.old`.
const KEPT_END: &str = ".old";

/// How far the keys are wrapped anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Keys that are done.
    pub done: u64,
    /// Keys in all.
    pub all: u64,
}

/// What a log did to its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys that the current master key wraps now.
    pub count: u64,
    /// What no key opens, and what was left as it is.
    pub unreadable: Vec<String>,
}

/// How an exchange of master keys ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Id of the key before.
    pub before: u64,
    /// Id of the key that wraps now.
    pub after: u64,
    /// Keys that it wraps.
    pub count: u64,
    /// The key stands in its place; otherwise somebody has to put it there, and until then both open the store.
    pub is_in_place: bool,
    /// Where the key before was put aside; none where it was never a file of this process.
    pub kept: Option<PathBuf>,
    /// Files that neither key opens: damaged before, and left as they are.
    pub unreadable: Vec<String>,
}

/// The master key of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its id: tells keys apart without telling the key.
    pub id: u64,
    /// The file that it stands in; none where it is given from outside.
    pub file: Option<PathBuf>,
    /// Since when it is in use; none for the first one of a store, and where the store is not open.
    pub since: Option<Timestamp>,
    /// An exchange that is not at its end.
    pub unfinished: Option<Unfinished>,
    /// Ids and files of keys that were put aside.
    pub kept: Vec<(u64, PathBuf)>,
}

/// An exchange of master keys that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Id of the key before, which opens the store until the end.
    pub before: u64,
    /// When it was begun.
    pub begun: Timestamp,
    /// Everything is wrapped by the new key, and somebody has to put that in its place. Known after [`Store::rotate`] or
    /// [`Store::resume_rotation`] in this process only.
    pub waits_for_people: bool,
}

/// What an open store knows of the place of its key.
pub(crate) struct Safe {
    directory: PathBuf,
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    source: KeySource,
    keys: Keyring,
    /// One exchange at a time.
    alone: Mutex<()>,
    is_wrapped: AtomicBool,
}

impl Safe {
    pub(crate) fn new(directory: &Path, options: &Options, keys: Keyring) -> Safe {
        // What a link leads to is what is replaced, not the link.
        let source = match &options.key {
            KeySource::File(path) => KeySource::File(path.canonicalize().unwrap_or_else(|_| path.clone())),
            other => other.clone(),
        };
        Safe {
            directory: directory.to_path_buf(),
            disk: options.disk.clone(),
            clock: options.clock.clone(),
            source,
            keys,
            alone: Mutex::default(),
            is_wrapped: AtomicBool::new(false),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        file(&self.directory, &self.source)
    }

    /// The file of the key, where this process can write it.
    fn writable(&self) -> Result<PathBuf, Error> {
        let Some(path) = self.file() else {
            return Err(refused("the key is given from outside, so the new one has to be given, too"));
        };
        let draft = path.with_extension("new");
        let tried = self.disk.create(&draft).and_then(|_| self.disk.remove(&draft));
        tried.map(|()| path.clone()).map_err(|error| {
            let what = format!("{} cannot be written from here ({error})", path.display());
            refused(format!("{what}: give the new key, and put it there yourself"))
        })
    }

    /// Puts the key in its place, and the one before aside; gives where that is.
    fn put(&self, path: &Path, current: &MasterKey, before: &MasterKey) -> Result<PathBuf, Error> {
        let kept = kept_path(path, before);
        for (path, key) in [(&*kept, before), (path, current)] {
            disk::replace(&*self.disk, path, format!("{}\n", key.to_text()).as_bytes())
                .map_err(|error| Error::unavailable("writing the master key file", &error))?;
        }
        Ok(kept)
    }

    /// Somebody has put the key in its place.
    fn is_put(&self, current: &MasterKey) -> Result<bool, Error> {
        Ok(in_place(&*self.disk, &self.directory, &self.source, false)?.id() == current.id())
    }
}

fn kept_path(path: &Path, key: &MasterKey) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.{}{KEPT_END}", told(key.id())))
}

/// The keys that were put aside beside this file.
fn kept(disk: &dyn Disk, path: &Path) -> Vec<(u64, PathBuf)> {
    let Some(name) = path.file_name().map(|name| format!("{}.", name.to_string_lossy())) else { return Vec::new() };
    let names = path.parent().and_then(|folder| disk.list(folder).ok()).unwrap_or_default();
    let mut found: Vec<(u64, PathBuf)> = names
        .iter()
        .filter_map(|other| {
            let digits = other.strip_prefix(&name)?.strip_suffix(KEPT_END)?;
            let id = u64::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 16)?;
            Some((id, path.with_file_name(other)))
        })
        .collect();
    found.sort();
    found
}

/// An id as it is shown.
fn told(id: u64) -> String {
    format!("{id:016x}")
}

fn refused(what: impl Into<Arc<str>>) -> Error {
    Error::Rotation { what: what.into() }
}

impl Store {
    /// The master key of the store in a directory, open or not.
    ///
    /// # Errors
    /// `Misconfigured` where there is no key, `WrongKey` where it is neither of two that are being exchanged, `Corrupt`,
    /// `Unavailable`.
    pub fn key_in(directory: &Path, options: &Options) -> Result<State, Error> {
        let disk = &*options.disk;
        let given = in_place(disk, directory, &options.key, false)?;
        let bridge = bridge::read(disk, directory)?.map(|bytes| bridge::open(&bytes, &given)).transpose()?;
        let path = file(directory, &options.key);
        let kept = path.as_deref().map(|path| kept(disk, path)).unwrap_or_default();
        let unfinished = bridge.as_ref().and_then(|bridge| {
            let before = bridge.keys.before.as_ref()?.id();
            Some(Unfinished { before, begun: bridge.begun, waits_for_people: false })
        });
        let id = bridge.map_or(given.id(), |bridge| bridge.keys.current.id());
        Ok(State { id, file: path, since: None, unfinished, kept })
    }

    /// The master key of this store.
    ///
    /// # Errors
    /// As [`Store::key_in`].
    pub fn key(&self) -> Result<State, Error> {
        let safe = self.safe();
        let (keys, path) = (safe.keys.now(), safe.file());
        let kept = path.as_deref().map(|path| kept(&*safe.disk, path)).unwrap_or_default();
        let unfinished = match (&keys.before, bridge::read(&*safe.disk, &safe.directory)?) {
            (Some(before), Some(bytes)) => Some(Unfinished {
                before: before.id(),
                begun: bridge::open(&bytes, &keys.current)?.begun,
                waits_for_people: safe.is_wrapped.load(Ordering::Acquire),
            }),
            _ => None,
        };
        let id = keys.current.id();
        let switches = self.tables().switches()?;
        let since = switches.iter().find(|(name, switch)| name == SWITCH && switch.value == told(id));
        Ok(State { id, file: path, since: since.map(|(_, switch)| switch.at), unfinished, kept })
    }

    /// A new key for [`Store::rotate`].
    ///
    /// # Errors
    /// `Rotation` where this process cannot put it in its place; `Unavailable` when the system has no randomness.
    pub fn new_key(&self) -> Result<MasterKey, Error> {
        self.safe().writable()?;
        MasterKey::generate()
    }

    /// Whether [`Store::rotate`] takes this key.
    ///
    /// # Errors
    /// `Rotation`, which says why not.
    pub fn may_become(&self, new: &MasterKey) -> Result<(), Error> {
        let Keys { current, before } = self.safe().keys.now();
        match before {
            _ if current.id() == new.id() => Err(refused("that is the key that the store has")),
            Some(_) => {
                let current = told(current.id());
                Err(refused(format!("the exchange for the key {current} is not at its end: finish that first")))
            }
            None => Ok(()),
        }
    }

    /// Puts a new master key under the store: wraps every key anew, secrets included, and puts the new one in the place of
    /// the old one where this process can. Messages go on; both keys open the store until the end, also after a crash, and
    /// then [`Store::resume_rotation`] goes on. Blocks.
    ///
    /// # Errors
    /// `Rotation` before anything is changed; `Unavailable`, `Corrupt`: then it can be resumed.
    pub fn rotate(&self, new: &MasterKey, progress: &mut dyn FnMut(Progress)) -> Result<Rotated, Error> {
        let safe = self.safe();
        let _alone = safe.alone.try_lock().map_err(|_| refused("the master key is being exchanged already"))?;
        self.may_become(new)?;
        let keys = Keys { current: new.clone(), before: Some(safe.keys.now().current) };
        let bridge = Bridge { keys: keys.clone(), is_ours: safe.writable().is_ok(), begun: safe.clock.now() };
        bridge::write(&*safe.disk, &safe.directory, &bridge)?;
        safe.keys.set(keys);
        self.wrap_anew(progress)
    }

    /// Goes on with an exchange that was interrupted, or that waited for somebody to put the key in its place; `None` where
    /// there is none. Blocks.
    ///
    /// # Errors
    /// As [`Store::rotate`].
    pub fn resume_rotation(&self, progress: &mut dyn FnMut(Progress)) -> Result<Option<Rotated>, Error> {
        let safe = self.safe();
        let _alone = safe.alone.try_lock().map_err(|_| refused("the master key is being exchanged already"))?;
        match safe.keys.now().before {
            Some(_) => self.wrap_anew(progress).map(Some),
            None => Ok(None),
        }
    }

    /// From the bridge on. Every step may be done again.
    fn wrap_anew(&self, progress: &mut dyn FnMut(Progress)) -> Result<Rotated, Error> {
        let safe = self.safe();
        let keys = safe.keys.now();
        let Rewrapped { mut count, mut unreadable } = self.log().rewrap(&safe.directory, progress)?;
        match vault::rewrap(&*safe.disk, &safe.directory, &keys) {
            Ok(is_there) => count += u64::from(is_there),
            Err(Error::Corrupt { file, .. } | Error::WrongKey { file }) => unreadable.push(file.to_string()),
            Err(error) => return Err(error),
        }
        safe.is_wrapped.store(true, Ordering::Release);
        let bridge = bridge::read(&*safe.disk, &safe.directory)?;
        let bridge = bridge.map(|bytes| bridge::open(&bytes, &keys.current)).transpose()?;
        let is_ours = bridge.as_ref().is_some_and(|bridge| bridge.is_ours);
        let at = bridge.map_or_else(|| safe.clock.now(), |bridge| bridge.begun);
        let since = Switch { value: told(keys.current.id()), at, by: "sinew".to_owned(), reason: String::new() };
        self.tables().set_switch(SWITCH, Some(&since))?;
        let kept = match (safe.file().filter(|_| is_ours), &keys.before) {
            (Some(path), Some(before)) => Some(safe.put(&path, &keys.current, before)?),
            _ => None,
        };
        let is_in_place = kept.is_some() || safe.is_put(&keys.current)?;
        if is_in_place {
            bridge::remove(&*safe.disk, &safe.directory)?;
            safe.keys.set(Keys::from(keys.current.clone()));
            safe.is_wrapped.store(false, Ordering::Release);
        }
        let before = keys.before.as_ref().map_or(0, MasterKey::id);
        Ok(Rotated { before, after: keys.current.id(), count, is_in_place, kept, unreadable })
    }
}
