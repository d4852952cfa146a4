//! Backups of a real store in a temporary folder: round trips, increments, damage, kills, keys.

use super::{manifest::Piece, *};
use crate::{
    AuditEntry, Options, Store,
    age::Identity,
    contract::{self, wait},
};
use message::{MessageId, Timestamp};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let name = format!("sinew-backup-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Small segments, so that a backup has several.
const SEGMENT_BYTES: u64 = 16 * 1024;

fn options() -> Options {
    Options { segment_bytes: SEGMENT_BYTES, reserve_bytes: 8 * 1024, ..Options::default() }
}

/// A store, a repository, a key.
struct Site {
    folder: Folder,
    identity: Identity,
}

impl Site {
    fn new() -> Site {
        Site { folder: Folder::new(), identity: Identity::generate().unwrap() }
    }
    fn store(&self) -> Store {
        let store = Store::open(&self.folder.at("data"), &options()).unwrap().0;
        // The tables of a new store grow once, beside its work: a backup before that has less of them.
        let copy = self.folder.at("copy");
        while store.tables().copy_to(&copy).is_ok() && fs::metadata(&copy).unwrap().len() < 1024 * 1024 {
            fs::remove_file(&copy).unwrap();
        }
        store
    }
    fn repository(&self) -> Repository {
        Repository::at(&self.folder.at("repository"))
    }
    fn order(&self) -> Order {
        Order {
            recipients: vec![self.identity.recipient()],
            workspace: vec![("sinew.toml".into(), b"name = \"north\"".to_vec())],
            environment: "dev".into(),
            interfaces: vec![("adt".into(), 7)],
            sinew: "test".into(),
        }
    }
    fn backup(&self, store: &Store) -> Manifest {
        store.backup(&self.repository(), &self.order(), &mut |_| {}).unwrap()
    }
    fn restore(&self, which: Which, to: &str) -> Result<Manifest, Error> {
        let opened = self.repository().open(which, std::slice::from_ref(&self.identity))?;
        let data = self.folder.at(to);
        opened.restore(&data, &data.join("keys/master.key"), &mut |_| {})?;
        Ok(opened.manifest)
    }
    fn verify(&self, has_key: bool) -> Vec<Error> {
        let keys = [self.identity.clone()];
        let keys = if has_key { &keys[..] } else { &[] };
        self.repository().verify(keys, &mut |_, _| {}).unwrap().problems
    }
    fn files(&self, folder: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.at("repository").join(folder)];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() { open.push(entry.path()) } else { found.push(entry.path()) }
            }
        }
        found.sort();
        found
    }
}

fn fill(store: &Store, from: u64, count: u64) -> Vec<MessageId> {
    let commits: Vec<_> = (from..from + count)
        .map(|number| store.commit(contract::accept("adt", number, &["pharmacy", "lab"])))
        .collect();
    commits.into_iter().map(|commit| wait(commit).unwrap().id()).collect()
}

fn audit(store: &Store, act: &str) {
    let entry = AuditEntry { who: "ann".into(), act: act.into(), ..AuditEntry::default() };
    store.audit().append(Timestamp(1), &entry).unwrap();
}

fn close(store: Store) {
    wait(store.close()).unwrap();
}

/// The log's files are the same up to `end`, and zero behind.
fn assert_same_log(ours: &Path, theirs: &Path, end: u64) {
    for entry in fs::read_dir(theirs.join("log")).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let Some(base) = crate::log::segment::parse_name(&name) else { continue };
        let (restored, live) = (fs::read(entry.path()).unwrap(), fs::read(ours.join("log").join(&name)).unwrap());
        assert_eq!(restored.len(), live.len(), "{name}");
        let until = live.len().min((end - base) as usize);
        assert!(restored[..until] == live[..until], "{name} differs");
        assert!(restored[until..].iter().all(|byte| *byte == 0), "{name} has something behind the end");
    }
}

#[test]
fn a_restored_store_is_the_store_as_it_was() {
    let site = Site::new();
    let store = site.store();
    let ids = fill(&store, 0, 120);
    let done = contract::attempt(message::DeliveryId { message: ids[3], number: 0 }, 1, crate::Then::Done);
    wait(store.commit_change(done)).unwrap();
    audit(&store, "release");
    let manifest = site.backup(&store);
    assert!(manifest.segments.len() > 3, "several segments");
    assert_eq!(manifest.newest.map(|newest| newest.message), ids.last().map(|id| id.0));
    let expected: Vec<_> = ids.iter().map(|id| store.read(*id).unwrap().accept.envelope.raw).collect();
    let counts = store.counts();
    let standings = wait(async { store.log().cut().unwrap().await }).unwrap().unwrap().standings;
    fill(&store, 500, 20); // what comes later is not in it
    assert_eq!(site.restore(Which::Latest, "restored").unwrap(), manifest);
    assert_same_log(&site.folder.at("data"), &site.folder.at("restored"), manifest.end);
    close(store);
    let (restored, found) = Store::open(&site.folder.at("restored"), &options()).unwrap();
    assert_eq!((found.report.torn.len(), found.report.quarantined.len()), (0, 0));
    assert_eq!(restored.counts(), counts);
    assert_eq!(restored.verify(), Ok(Vec::new()));
    let cut = wait(async { restored.log().cut().unwrap().await }).unwrap().unwrap();
    assert_eq!((cut.standings, manifest.standings.len()), (standings, 3), "as the manifest says: two queued, one done");
    for (id, raw) in ids.iter().zip(expected) {
        assert_eq!(restored.read(*id).unwrap().accept.envelope.raw, raw);
    }
    let rows = restored.audit().list(&crate::AuditQuery::default()).unwrap();
    let head = manifest.audit.unwrap();
    assert_eq!((rows[0].number, hex::encode(&rows[0].hash)), (head.number, head.hash));
    fill(&restored, 900, 5); // it goes on
    close(restored);
}

#[test]
fn the_next_backup_stores_only_what_is_new() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 120);
    let first = site.backup(&store);
    let second = site.backup(&store);
    assert_eq!(second.added, manifest::Added::default(), "nothing is new");
    assert_eq!(second.previous.as_ref().map(|previous| previous.number), Some(1));
    fill(&store, 200, 3);
    let third = site.backup(&store);
    let grown = third.end - first.end;
    // Each object has a header of some 200 bytes and a tag for each 64 KiB.
    assert!(third.added.bytes >= grown && third.added.bytes < grown + 3 * 300, "{:?} for {grown}", third.added);
    assert!(third.added.objects <= 3 && first.added.bytes > 10 * third.added.bytes, "{:?}", third.added);
    assert_eq!(site.restore(Which::Number(1), "first").unwrap().end, first.end);
    assert_eq!(site.restore(Which::At(second.at()), "second").unwrap().number, 2);
    assert!(matches!(site.restore(Which::Number(9), "x"), Err(Error::NoBackup { .. })));
    assert!(matches!(site.restore(Which::At(Timestamp(5)), "x"), Err(Error::NoBackup { .. })));
    assert!(matches!(site.restore(Which::Latest, "first"), Err(Error::NotEmpty { .. })));
    site.restore(Which::Latest, "third").unwrap();
    assert_same_log(&site.folder.at("data"), &site.folder.at("third"), third.end);
    close(store);
}

#[test]
fn a_segment_of_many_small_pieces_is_stored_again_as_a_whole() {
    let site = Site::new();
    let roomy = Options { segment_bytes: 1024 * 1024, ..options() };
    let store = Store::open(&site.folder.at("data"), &roomy).unwrap().0;
    let mut counts = Vec::new();
    for number in 0..make::PIECES_MAX as u64 + 4 {
        fill(&store, number, 1);
        let manifest = site.backup(&store);
        assert_eq!(manifest.segments.len(), 1);
        counts.push(manifest.segments[0].pieces.len());
    }
    assert_eq!(counts.iter().max(), Some(&(make::PIECES_MAX + 1)), "{counts:?}");
    assert!(*counts.last().unwrap() < 8, "{counts:?}");
    let last = site.backup(&store);
    site.restore(Which::Latest, "restored").unwrap();
    assert_same_log(&site.folder.at("data"), &site.folder.at("restored"), last.end);
    close(store);
}

#[test]
fn every_changed_byte_of_the_repository_is_told() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 40);
    site.backup(&store);
    fill(&store, 50, 2);
    site.backup(&store);
    close(store);
    assert_eq!((site.verify(false), site.verify(true)), (Vec::new(), Vec::new()));
    for path in site.files("objects").into_iter().chain(site.files("backups")) {
        let good = fs::read(&path).unwrap();
        let step = (good.len() / 5).max(1);
        for place in (0..good.len()).step_by(step).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[place] ^= 0x01;
            fs::write(&path, &bad).unwrap();
            let problems = site.verify(false);
            let codes: Vec<&str> = problems.iter().map(|error| error.code().id).collect();
            assert!(codes.contains(&"E4041"), "{} byte {place}: {codes:?}", path.display());
        }
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert_eq!(site.verify(false)[0].code().id, "E4041", "{}", path.display());
        fs::write(&path, &good).unwrap();
    }
    assert_eq!(site.verify(true), Vec::new());
}

#[test]
fn a_restore_stops_at_a_damaged_or_missing_piece() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 60);
    let manifest = site.backup(&store);
    close(store);
    let pieces: Vec<&Piece> = manifest.pieces().collect();
    for (number, piece) in pieces.into_iter().enumerate() {
        let path = site.folder.at("repository").join(Repository::object(&piece.object));
        let good = fs::read(&path).unwrap();
        // In the part that names the recipient: it looks as if it was for another key.
        for place in [50, good.len() / 2] {
            let mut bad = good.clone();
            bad[place] ^= 0x02;
            fs::write(&path, &bad).unwrap();
            let to = format!("to-{number}-{place}");
            let refused = site.restore(Which::Latest, &to);
            let is_workspace = manifest.parts[WORKSPACE_PART].contains(piece);
            assert!(matches!(refused, Err(Error::Damaged { .. })) != is_workspace, "{number}: {refused:?}");
            let is_store =
                Store::open(&site.folder.at(&to), &options()).is_ok_and(|(store, _)| !store.counts().is_empty());
            assert!(!is_store || is_workspace, "half a restore is no store");
        }
        fs::remove_file(&path).unwrap();
        assert!(site.verify(false).iter().any(|error| matches!(error, Error::Missing { .. })));
        fs::write(&path, &good).unwrap();
    }
}

#[test]
fn another_key_opens_nothing_and_another_store_is_kept_out() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 5);
    site.backup(&store);
    let other = Identity::generate().unwrap();
    let refused = site.repository().open(Which::Latest, std::slice::from_ref(&other));
    assert!(matches!(refused, Err(Error::WrongKey { .. })), "{refused:?}");
    let wrong = site.repository().verify(std::slice::from_ref(&other), &mut |_, _| {}).unwrap();
    assert!(wrong.problems.iter().all(|error| matches!(error, Error::WrongKey { .. })) && !wrong.problems.is_empty());
    // For a second reader everything is encrypted anew, also what is stored already.
    let both = Order { recipients: vec![other.recipient(), site.identity.recipient()], ..site.order() };
    let manifest = store.backup(&site.repository(), &both, &mut |_| {}).unwrap();
    assert_eq!(manifest.added.objects, manifest.pieces().count() as u64);
    site.repository().open(Which::Latest, std::slice::from_ref(&other)).unwrap();
    site.restore(Which::Latest, "restored").unwrap();
    let stranger = Store::open(&site.folder.at("stranger"), &options()).unwrap().0;
    let refused = stranger.backup(&site.repository(), &site.order(), &mut |_| {});
    assert!(matches!(refused, Err(Error::Foreign { .. })), "{refused:?}");
    let nobody = Order { recipients: Vec::new(), ..site.order() };
    assert!(matches!(store.backup(&site.repository(), &nobody, &mut |_| {}), Err(Error::Misconfigured { .. })));
    close(stranger);
    close(store);
}

#[test]
fn a_manifest_that_was_removed_or_made_by_another_is_told() {
    let site = Site::new();
    let store = site.store();
    for number in 0..3 {
        fill(&store, number * 10, 2);
        site.backup(&store);
    }
    let names = site.files("backups");
    let second = fs::read(&names[1]).unwrap();
    fs::remove_file(&names[1]).unwrap();
    let problems = site.verify(false);
    assert!(matches!(problems[..], [Error::Broken { .. }]), "{problems:?}");
    fs::write(&names[1], second).unwrap();
    // Whole and well-formed, but under a key that is not the store's.
    let forged = site.repository().list().unwrap()[2].manifest.clone().unwrap();
    fs::write(&names[2], Manifest { end: forged.end + 8, ..forged }.encode(&[7; 32]).unwrap()).unwrap();
    assert!(site.verify(true).iter().any(|error| matches!(error, Error::Foreign { .. })));
    assert!(matches!(site.restore(Which::Latest, "x"), Err(Error::Foreign { .. })));
    assert!(matches!(store.backup(&site.repository(), &site.order(), &mut |_| {}), Err(Error::Foreign { .. })));
    close(store);
}

#[test]
fn a_killed_backup_leaves_what_the_next_goes_on_from() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 120);
    let first = site.backup(&store);
    // Killed before it could write its manifest: its objects are there, and half of one more.
    fs::remove_file(&site.files("backups")[0]).unwrap();
    fs::write(site.folder.at("repository/incoming/object"), b"half").unwrap();
    let unreadable = site.repository().verify(&[], &mut |_, _| {});
    assert!(matches!(unreadable, Err(Error::NoBackup { .. })));
    let again = site.backup(&store);
    assert!(again.added.objects <= 1, "{:?} of {:?}", again.added, first.added);
    assert!(site.files("incoming").is_empty());
    assert_eq!(site.verify(true), Vec::new());
    // An object that the kill had left damaged is not taken.
    fs::remove_file(&site.files("backups")[0]).unwrap();
    let victim = site.files("objects").into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&victim).unwrap();
    bytes[300] ^= 1;
    fs::write(&victim, bytes).unwrap();
    let after = site.backup(&store);
    assert_eq!(after.added.objects, 1, "the damaged one is stored again");
    assert_eq!(site.verify(true), Vec::new());
    close(store);
}

#[test]
fn two_writers_exclude_each_other() {
    let site = Site::new();
    let store = site.store();
    let lock = site.repository().lock().unwrap();
    assert!(matches!(store.backup(&site.repository(), &site.order(), &mut |_| {}), Err(Error::Busy { .. })));
    drop(lock);
    site.backup(&store);
    close(store);
}

#[test]
fn a_store_that_went_back_in_time_is_not_mixed_with_what_it_was() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 30);
    site.backup(&store);
    fill(&store, 40, 30);
    site.backup(&store);
    close(store);
    site.restore(Which::Number(1), "back").unwrap();
    let store = Store::open(&site.folder.at("back"), &options()).unwrap().0;
    let ids = fill(&store, 100, 60);
    let third = site.backup(&store);
    site.restore(Which::Latest, "restored").unwrap();
    assert_same_log(&site.folder.at("back"), &site.folder.at("restored"), third.end);
    let (restored, _) = Store::open(&site.folder.at("restored"), &options()).unwrap();
    assert_eq!(restored.verify(), Ok(Vec::new()));
    assert!(ids.iter().all(|id| restored.read(*id).is_ok()));
    assert!(third.added.objects < third.pieces().count() as u64, "what is the same is not stored again");
    close(restored);
    close(store);
}

#[test]
fn a_new_master_key_changes_the_heads_of_segments_only() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 100);
    let first = site.backup(&store);
    store.rotate(&store.new_key().unwrap(), &mut |_| {}).unwrap();
    let second = site.backup(&store);
    close(store);
    assert!(second.added.bytes < first.added.bytes / 2, "{:?} after {:?}", second.added, first.added);
    for number in [1, 2] {
        site.restore(Which::Number(number), &format!("restored-{number}")).unwrap();
        let (store, _) = Store::open(&site.folder.at(&format!("restored-{number}")), &options()).unwrap();
        assert_eq!((store.verify(), store.counts_total().accepted), (Ok(Vec::new()), 100));
        close(store);
    }
}

/// A backup has one master key, whenever the store gets another one: while pieces are copied, or while keys are wrapped.
#[test]
fn a_backup_and_a_change_of_the_master_key_do_not_mind_each_other() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 100);
    let mut changes = 0;
    let order = site.order();
    let pieces = |made: &mut dyn FnMut(Progress)| store.backup(&site.repository(), &order, made).unwrap();
    pieces(&mut |progress| {
        if progress.pieces > 4 && progress.pieces.is_multiple_of(2) {
            changes += 1;
            store.rotate(&store.new_key().unwrap(), &mut |_| {}).unwrap();
        }
    });
    assert!(changes > 1, "{changes}");
    let mut backups = 1;
    let all = store.rotate(&store.new_key().unwrap(), &mut |progress| {
        if progress.done == 2 {
            site.backup(&store);
            backups += 1;
        }
    });
    assert!(backups == 2 && all.unwrap().count > 3);
    for number in [1, 2] {
        site.restore(Which::Number(number), &format!("restored-{number}")).unwrap();
        let (store, _) = Store::open(&site.folder.at(&format!("restored-{number}")), &options()).unwrap();
        assert_eq!((store.verify(), store.counts_total().accepted), (Ok(Vec::new()), 100), "backup {number}");
        close(store);
    }
    close(store);
}

#[test]
fn retention_waits_for_a_backup() {
    let site = Site::new();
    let store = site.store();
    let accept = |number| contract::accept("adt", number, &[]); // filtered: settled at once
    let ids: Vec<MessageId> = (0..100).map(|number| wait(store.commit(accept(number))).unwrap().id()).collect();
    let last = *ids.last().unwrap();
    let hold = store.log().hold();
    assert_eq!(wait(store.retain_below(last)), Ok(0));
    assert!(store.read(ids[0]).is_ok());
    site.backup(&store);
    drop(hold);
    assert!(wait(store.retain_below(last)).unwrap() > 0);
    let second = site.backup(&store);
    site.restore(Which::Latest, "restored").unwrap();
    let (restored, _) = Store::open(&site.folder.at("restored"), &options()).unwrap();
    assert_eq!((restored.counts_total().accepted, restored.verify()), (100, Ok(Vec::new())));
    assert!(second.segments[0].base > 0);
    close(restored);
    close(store);
}

#[test]
fn prune_removes_what_no_kept_backup_needs() {
    let site = Site::new();
    let store = site.store();
    for number in 0..4 {
        fill(&store, number * 100, 20);
        let order = Order { workspace: vec![("a".into(), vec![number as u8; 900])], ..site.order() };
        store.backup(&site.repository(), &order, &mut |_| {}).unwrap();
    }
    let before = site.files("objects").len();
    let plan = site.repository().plan_prune(2).unwrap();
    assert_eq!((plan.drops.clone(), plan.keeps.clone()), (vec![1, 2], vec![3, 4]));
    assert!(plan.frees.objects >= 2);
    assert_eq!(site.files("objects").len(), before, "a plan changes nothing");
    let done = site.repository().prune(2).unwrap();
    assert_eq!(done.frees, plan.frees);
    assert_eq!(site.files("objects").len() as u64, before as u64 - plan.frees.objects);
    assert_eq!(site.verify(true), Vec::new());
    assert!(matches!(site.restore(Which::Number(1), "x"), Err(Error::NoBackup { .. })));
    site.restore(Which::Number(3), "third").unwrap();
    site.backup(&store);
    assert_eq!(site.verify(true), Vec::new(), "the chain goes on");
    close(store);
}

#[test]
fn nothing_of_a_patient_and_no_key_stands_in_the_repository() {
    let site = Site::new();
    let store = site.store();
    fill(&store, 0, 30);
    audit(&store, "Audited-Word");
    site.backup(&store);
    let master = fs::read_to_string(site.folder.at("data/keys/master.key")).unwrap();
    close(store);
    let secret = site.identity.to_text();
    let words = [master.trim(), secret.as_str(), "Riverton", "Specimen", "MSG00000003", "Audited-Word", "north"];
    for path in site.files("") {
        let bytes = fs::read(&path).unwrap();
        for word in words {
            let is_inside = bytes.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()));
            assert!(!is_inside, "{word} in {}", path.display());
        }
    }
}
