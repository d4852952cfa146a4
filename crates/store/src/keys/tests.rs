//! Master keys that are exchanged: at rest, at work, and with a crash between any two steps.

use super::*;
use crate::{
    Error, KeySource, MasterKey, Options, Store,
    contract::{accept, wait},
    disk::{File, memory::Memory},
    vault::{Mark, Vault},
};
use message::MessageId;
use std::{
    fs, io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use zeroize::Zeroizing;

/// A folder that goes away: what is not on the disk of the test (tables, index, audit) lies in it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("sinew-keys-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A disk that does so many more changes, and then none: the process has ended there.
#[derive(Clone)]
struct Dying {
    disk: Memory,
    left: Arc<AtomicI64>,
}

struct Handle {
    file: Box<dyn File>,
    left: Arc<AtomicI64>,
}

fn spend(left: &AtomicI64) -> io::Result<()> {
    match left.fetch_sub(1, Ordering::Relaxed) {
        1.. => Ok(()),
        _ => Err(io::Error::other("the process has ended")),
    }
}

impl Dying {
    fn on(disk: Memory) -> Dying {
        Dying { disk, left: Arc::new(AtomicI64::new(i64::MAX)) }
    }
    fn handle(&self, file: Box<dyn File>) -> Box<dyn File> {
        Box::new(Handle { file, left: self.left.clone() })
    }
}

impl crate::disk::Disk for Dying {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        spend(&self.left).and_then(|()| self.disk.create(path)).map(|file| self.handle(file))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        self.disk.open(path).map(|file| self.handle(file))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        spend(&self.left).and_then(|()| self.disk.rename(from, to))
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        spend(&self.left).and_then(|()| self.disk.remove(path))
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.disk.list(folder)
    }
    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.disk.create_directory(path)
    }
    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        spend(&self.left).and_then(|()| self.disk.sync_directory(path))
    }
}

impl File for Handle {
    fn read_at(&self, bytes: &mut [u8], position: u64) -> io::Result<usize> {
        self.file.read_at(bytes, position)
    }
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        spend(&self.left).and_then(|()| self.file.write_at(bytes, position))
    }
    fn sync(&self) -> io::Result<()> {
        spend(&self.left).and_then(|()| self.file.sync())
    }
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }
}

/// Small segments without an index: the tests read by id.
fn options(disk: &dyn Fn() -> Arc<dyn crate::disk::Disk>, key: &KeySource) -> Options {
    let (segment_bytes, reserve_bytes) = (16 * 1024, 8 * 1024);
    Options { segment_bytes, reserve_bytes, disk: disk(), key: key.clone(), has_index: false, ..Options::default() }
}

/// A store with several segments and a secret, closed, on a disk of its own.
struct Site {
    folder: Folder,
    disk: Memory,
    ids: Vec<MessageId>,
}

impl Site {
    fn new(key: &KeySource) -> Site {
        let (folder, disk) = (Folder::new(), Memory::new());
        let on = options(&|| Arc::new(disk.clone()), key);
        let (store, _) = Store::open(&folder.0, &on).unwrap();
        let ids = (0..90).map(|number| wait(store.commit(accept("adt", number, &["lab"]))).unwrap().id()).collect();
        Vault::set((&folder.0, &on), "lab", Zeroizing::new("hunter2".to_owned()), Mark::default()).unwrap();
        assert!(store.segments().len() > 3, "{:?}", store.segments());
        wait(store.close()).unwrap();
        Site { folder, disk, ids }
    }

    fn open(&self, disk: &Memory, key: &KeySource) -> Result<Store, Error> {
        let on = options(&|| Arc::new(disk.clone()), key);
        Ok(Store::open(&self.folder.0, &on)?.0)
    }

    /// Everything reads with this key, on this disk.
    fn reads(&self, disk: &Memory, key: &KeySource) -> Result<Store, Error> {
        let store = self.open(disk, key)?;
        self.ids.iter().try_for_each(|id| store.read(*id).map(drop))?;
        let vault = Vault::open(&self.folder.0, &options(&|| Arc::new(disk.clone()), key))?;
        assert_eq!(vault.unwrap().text("lab").map(|text| text.to_string()).as_deref(), Some("hunter2"));
        Ok(store)
    }
}

const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 32] = [9; 32];

fn given(bytes: [u8; 32]) -> KeySource {
    KeySource::Given(MasterKey::from_bytes(bytes))
}

/// Ends the process before the n-th change of the disk, then the power; gives whether the exchange had come to its end.
fn crash(site: &Site, key: &KeySource, changes: i64) -> (Memory, bool) {
    let dying = Dying::on(site.disk.fork());
    let (store, _) = Store::open(&site.folder.0, &options(&|| Arc::new(dying.clone()), key)).unwrap();
    dying.left.store(changes, Ordering::Relaxed);
    let ended = store.rotate(&MasterKey::from_bytes(NEW), &mut |_| {});
    dying.left.store(0, Ordering::Relaxed);
    drop(store);
    (dying.disk.cut_power(changes as u64), ended.is_ok())
}

#[test]
fn a_crash_between_any_two_steps_leaves_a_store_that_the_key_in_its_place_opens() {
    let place = KeySource::InDirectory;
    let site = Site::new(&place);
    let (mut unfinished, mut changes) = (0, 0);
    loop {
        let (disk, is_over) = crash(&site, &place, changes);
        let store = site.reads(&disk, &place).unwrap_or_else(|error| panic!("{changes} changes: {error}"));
        let resumed = store.resume_rotation(&mut |_| {}).unwrap();
        unfinished += u64::from(resumed.is_some());
        let state = store.key().unwrap();
        assert!(state.unfinished.is_none(), "{changes} changes: {state:?}");
        drop(store);
        let is_new = state.id == MasterKey::from_bytes(NEW).id();
        assert!(is_new || !is_over && resumed.is_none(), "{changes} changes: {state:?}");
        if is_new {
            // The old key was put aside, and opens nothing any more.
            let [(id, path)] = &state.kept[..] else { panic!("{changes} changes: {state:?}") };
            let old = MasterKey::from_text(&String::from_utf8(disk.bytes(path).unwrap()).unwrap()).unwrap();
            assert_eq!(*id, old.id());
            let refused = site.open(&disk, &KeySource::Given(old)).map(drop);
            assert!(matches!(refused, Err(Error::WrongKey { .. })), "{changes} changes: {refused:?}");
            drop(site.reads(&disk, &given(NEW)).unwrap());
        }
        if is_over {
            break;
        }
        changes += 1;
    }
    assert!(unfinished > 20, "of {changes} crashes {unfinished} came between beginning and end");
}

#[test]
fn a_key_that_comes_from_outside_opens_until_the_new_one_stands_in_its_place() {
    let site = Site::new(&given(OLD));
    let mut changes = 0;
    loop {
        let (disk, is_over) = crash(&site, &given(OLD), changes);
        let store = site.reads(&disk, &given(OLD)).unwrap_or_else(|error| panic!("{changes} changes: {error}"));
        let has_begun = store.key().unwrap().unfinished.is_some();
        drop(store);
        assert!(has_begun || !is_over, "{changes} changes");
        if has_begun {
            // With the old key: everything is under the new one, and waits for it.
            let store = site.reads(&disk, &given(OLD)).unwrap();
            let resumed = store.resume_rotation(&mut |_| {}).unwrap().unwrap();
            assert!(!resumed.is_in_place && resumed.kept.is_none() && resumed.unreadable.is_empty(), "{resumed:?}");
            assert!(store.key().unwrap().unfinished.is_some_and(|unfinished| unfinished.waits_for_people));
            drop(store);
            drop(site.reads(&disk, &given(OLD)).unwrap());
            // With the new one it is over.
            let store = site.reads(&disk, &given(NEW)).unwrap();
            assert!(store.resume_rotation(&mut |_| {}).unwrap().unwrap().is_in_place);
            drop(store);
            let refused = site.open(&disk, &given(OLD)).map(drop);
            assert!(matches!(refused, Err(Error::WrongKey { .. })), "{changes} changes: {refused:?}");
            drop(site.reads(&disk, &given(NEW)).unwrap());
        }
        if is_over {
            break;
        }
        changes += 1;
    }
}

#[test]
fn messages_and_secrets_go_on_while_the_key_is_changed() {
    let folder = Folder::new();
    let on = Options { segment_bytes: 16 * 1024, reserve_bytes: 8 * 1024, ..Options::default() };
    let (store, _) = Store::open(&folder.0, &on).unwrap();
    let first = store.key().unwrap().id;
    let (writes, changes) = (200, 8);
    let ids: Vec<MessageId> = std::thread::scope(|scope| {
        let secrets = scope.spawn(|| {
            for number in 0..40 {
                let text = Zeroizing::new(format!("text {number}"));
                Vault::set((&folder.0, &on), &format!("s{number}"), text, Mark::default()).unwrap();
            }
        });
        let writing = scope.spawn(|| {
            let commit = |number| wait(store.commit(accept("adt", number, &["lab"]))).unwrap().id();
            (0..writes).map(commit).inspect(|id| assert!(store.read(*id).is_ok())).collect()
        });
        for _ in 0..changes {
            let rotated = store.rotate(&store.new_key().unwrap(), &mut |_| {}).unwrap();
            assert!(rotated.is_in_place && rotated.unreadable.is_empty(), "{rotated:?}");
        }
        secrets.join().unwrap();
        writing.join().unwrap()
    });
    let state = store.key().unwrap();
    assert!(state.id != first && state.kept.len() == changes && state.unfinished.is_none(), "{state:?}");
    assert!(store.segments().len() > 4);
    wait(store.close()).unwrap();
    drop(store);
    // One key is all that is needed, and every key that was put aside opens nothing.
    let key = MasterKey::from_text(&fs::read_to_string(state.file.unwrap()).unwrap()).unwrap();
    let (store, _) = Store::open(&folder.0, &Options { key: KeySource::Given(key), ..on.clone() }).unwrap();
    assert!(ids.iter().all(|id| store.read(*id).is_ok()) && store.verify() == Ok(Vec::new()));
    let vault = Vault::open(&folder.0, &on).unwrap().unwrap();
    assert!((0..40).all(|number| vault.text(&format!("s{number}")).is_some()));
    drop(store);
    for (id, path) in state.kept {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let old = MasterKey::from_text(&fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(old.id(), id);
        let refused = Store::open(&folder.0, &Options { key: KeySource::Given(old), ..on.clone() }).map(drop);
        assert!(matches!(refused, Err(Error::WrongKey { .. })), "{refused:?}");
    }
}

#[test]
fn what_cannot_be_exchanged_is_told_before_anything_changes() {
    let site = Site::new(&given(OLD));
    let store = site.open(&site.disk, &given(OLD)).unwrap();
    let refused = |result: Result<(), Error>, word: &str| {
        assert!(matches!(&result, Err(Error::Rotation { what }) if what.contains(word)), "{result:?}");
    };
    refused(store.new_key().map(drop), "given from outside");
    refused(store.rotate(&MasterKey::from_bytes(OLD), &mut |_| {}).map(drop), "has");
    assert_eq!(store.resume_rotation(&mut |_| {}), Ok(None));
    // While one is under way, and while one waits, no other begins.
    let again = |_: Progress| refused(store.rotate(&MasterKey::from_bytes([1; 32]), &mut |_| {}).map(drop), "already");
    assert!(!store.rotate(&MasterKey::from_bytes(NEW), &mut { again }).unwrap().is_in_place);
    refused(store.rotate(&MasterKey::from_bytes([1; 32]), &mut |_| {}).map(drop), "not at its end");
    drop(store);
    // A file that this process cannot write.
    let folder = Folder::new();
    let path = folder.0.join("elsewhere/store.key");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let on = Options { key: KeySource::File(path.clone()), ..Options::default() };
    let data = folder.0.join("data");
    let (store, _) = Store::open(&data, &on).unwrap();
    // Where a draft would be made stands a folder: also the superuser cannot write it.
    fs::create_dir_all(path.with_extension("new")).unwrap();
    refused(store.new_key().map(drop), "cannot be written");
    let new = MasterKey::from_bytes(NEW);
    assert!(!store.rotate(&new, &mut |_| {}).unwrap().is_in_place);
    let state = Store::key_in(&data, &on).unwrap();
    assert!(state.id == new.id() && state.unfinished.is_some() && state.file == Some(path.clone()), "{state:?}");
    fs::write(&path, new.to_text()).unwrap();
    assert!(store.resume_rotation(&mut |_| {}).unwrap().unwrap().is_in_place);
    assert!(Store::key_in(&data, &on).unwrap().unfinished.is_none());
}

#[test]
fn a_segment_that_no_key_opens_does_not_hold_the_others_back() {
    let site = Site::new(&given(OLD));
    let names = crate::disk::Disk::list(&site.disk, &site.folder.0.join("log")).unwrap();
    let damaged = names.iter().filter(|name| name.ends_with(".log")).nth(1).unwrap();
    let store = site.open(&site.disk, &given(OLD)).unwrap();
    for at in [20, 2048 + 20] {
        site.disk.overwrite(&site.folder.0.join("log").join(damaged), at, b"rot");
    }
    let rotated = store.rotate(&MasterKey::from_bytes(NEW), &mut |_| {}).unwrap();
    assert_eq!(rotated.unreadable, [format!("log/{damaged}")]);
    assert!(rotated.count > 3, "{rotated:?}");
}
