//! Tampering: the bytes of a chain are changed behind its back, and every change is found.

use super::{Audit, Files, Keys, Shelf, files, verify};
use crate::{AuditEntry, AuditQuery, contract::audit::entry, tables::Database};
use message::{Phi, Timestamp};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

const DAY_US: i64 = 86_400_000_000;
const CASES: u64 = 1_000;
const RECORDS: u64 = 80;

type Bytes = BTreeMap<String, Vec<u8>>;

struct Site {
    folder: PathBuf,
    tables: Arc<Database>,
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn keys() -> Keys {
    Keys::new([7; 16], &[9; 32]).unwrap()
}

impl Site {
    fn new() -> Site {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sinew-audit-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let tables = Arc::new(Database::open(&folder).unwrap());
        Site { folder, tables }
    }

    fn shelf(&self) -> Box<Files> {
        Box::new(Files::open(&self.folder, self.tables.clone()).unwrap())
    }

    fn open(&self) -> Audit {
        Audit::open(self.shelf(), keys(), Timestamp(9 * DAY_US), || Ok(Vec::new())).unwrap()
    }

    fn filled() -> Site {
        let site = Site::new();
        let audit = site.open();
        for number in 1..=RECORDS {
            audit.append(Timestamp(number as i64 * DAY_US / 17), &entry(number)).unwrap();
        }
        audit.checkpoint(Timestamp(5 * DAY_US)).unwrap();
        site
    }

    /// As `sinew audit verify` on a chain that nobody has open.
    fn is_whole(&self) -> bool {
        let shelf = self.shelf();
        let anchor = shelf.anchor().unwrap();
        verify::read(&*shelf, &keys(), None, anchor).unwrap().broken.is_none()
    }

    fn bytes(&self) -> Bytes {
        let read = |name: String| (name.clone(), fs::read(self.folder.join(super::FOLDER).join(&name)).unwrap());
        files::names(&self.folder).unwrap().into_iter().map(read).collect()
    }

    fn put(&self, bytes: &Bytes) {
        let folder = self.folder.join(super::FOLDER);
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir_all(&folder).unwrap();
        bytes.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    }
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// The places where frames begin and end.
fn bounds(bytes: &[u8]) -> Vec<usize> {
    let mut bounds = vec![0];
    while let Ok(frame) = super::frame::read(&bytes[bounds[bounds.len() - 1]..]) {
        bounds.push(bounds[bounds.len() - 1] + frame.length);
    }
    bounds
}

/// One change of one kind at one place; says which.
fn tamper(files: &mut Bytes, chance: &mut Chance) -> String {
    let names: Vec<String> = files.keys().cloned().collect();
    let name = names[chance.below(names.len())].clone();
    let other = names[chance.below(names.len())].clone();
    let kind = chance.below(10);
    let bytes = files.get_mut(&name).unwrap();
    let at = chance.below(bytes.len());
    let frames = bounds(bytes);
    let pick = chance.below(frames.len() - 1);
    match kind {
        0..3 => bytes[at] ^= 1 << chance.below(8),
        3 => drop(bytes.remove(at)),
        4 => bytes.truncate(at),
        5 => bytes.truncate(frames[pick]),
        6 => drop(bytes.drain(frames[pick]..frames[pick + 1])),
        7 => {
            let to = chance.below(bytes.len());
            bytes.swap(at, to);
        }
        8 => {
            let next = chance.below(frames.len() - 1);
            let [a, b] = [pick.min(next), pick.max(next)].map(|frame| bytes[frames[frame]..frames[frame + 1]].to_vec());
            let between =
                bytes[frames[pick.min(next) + 1].min(frames[pick.max(next)])..frames[pick.max(next)]].to_vec();
            let all = if pick == next { a } else { [b, between, a].concat() };
            bytes.splice(frames[pick.min(next)]..frames[pick.max(next) + 1], all);
        }
        _ if name == other => drop(files.remove(&name)),
        _ => {
            let (a, b) = (files[&name].clone(), files[&other].clone());
            files.insert(name.clone(), b);
            files.insert(other, a);
        }
    }
    format!("kind {kind} at byte {at}, frame {pick} of {name}")
}

/// 3.
#[test]
fn audit_tamper() {
    let site = Site::filled();
    assert!(site.is_whole());
    let whole = site.bytes();
    assert!(whole.len() > 3, "several pieces: {}", whole.len());
    let (mut chance, mut cases, mut seed) = (Chance(0x005e_ed0a_0d17), 0, 0u64);
    while cases < CASES {
        seed += 1;
        let mut changed = whole.clone();
        let what = tamper(&mut changed, &mut chance);
        if changed == whole {
            continue; // two bytes that are the same were exchanged
        }
        cases += 1;
        site.put(&changed);
        assert!(!site.is_whole(), "case {seed} was not found: {what}");
    }
    site.put(&whole);
    assert!(site.is_whole());
}

/// 3: the anchor, which stands apart.
#[test]
fn a_changed_anchor_is_found() {
    let site = Site::filled();
    let anchor = site.tables.audit_anchor().unwrap().unwrap();
    for place in 0..anchor.len() {
        let mut changed = anchor.clone();
        changed[place] ^= 0x10;
        site.tables.set_audit_anchor(&changed).unwrap();
        assert!(!site.is_whole(), "byte {place}");
    }
    site.tables.set_audit_anchor(&[]).unwrap();
    assert!(!site.is_whole(), "emptied");
    site.tables.set_audit_anchor(&anchor).unwrap();
    assert!(site.is_whole());
    // An older anchor with the pieces of its time is a state that once was: only a head kept elsewhere tells.
    let audit = site.open();
    let head = audit.head().unwrap().unwrap();
    assert_eq!(head.0, RECORDS);
}

/// 8.
#[test]
fn a_damaged_chain_goes_on_and_stays_damaged() {
    let mut chance = Chance(77);
    for case in 0..12 {
        let site = Site::filled();
        let mut changed = site.bytes();
        let what = tamper(&mut changed, &mut chance);
        if changed == site.bytes() {
            continue;
        }
        site.put(&changed);
        for _ in 0..2 {
            let audit = site.open();
            let before = audit.head().unwrap().map_or(0, |(number, _)| number);
            let row = audit.append(Timestamp(9 * DAY_US + 5), &entry(7)).unwrap();
            assert!(row.number > before, "case {case}: {what}");
            assert!(audit.verify().unwrap().is_err(), "case {case}: {what}");
        }
        assert!(!site.is_whole(), "case {case}: {what}");
    }
}

/// 1: what a crash leaves.
#[test]
fn a_torn_record_is_cut_and_told_and_one_ahead_of_the_anchor_is_kept() {
    let site = Site::filled();
    let older = site.tables.audit_anchor().unwrap().unwrap();
    site.open().append(Timestamp(5 * DAY_US), &entry(1)).unwrap();
    let whole = site.bytes();
    // The anchor was not written: the record is there, and proves itself.
    site.tables.set_audit_anchor(&older).unwrap();
    assert_eq!(site.open().head().unwrap().map(|head| head.0), Some(RECORDS + 1));
    // The record was written in part.
    let (name, bytes) = whole.last_key_value().unwrap();
    let frames = bounds(bytes);
    for cut in [frames[frames.len() - 2] + 1, bytes.len() - 1] {
        site.tables.set_audit_anchor(&older).unwrap();
        let mut torn = whole.clone();
        torn.insert(name.clone(), bytes[..cut].to_vec());
        site.put(&torn);
        let audit = site.open();
        assert!(audit.verify().unwrap().is_ok());
        let newest = audit.list(&AuditQuery { limit: 1, ..AuditQuery::default() }).unwrap();
        assert_eq!((newest[0].number, newest[0].entry.act.as_str()), (RECORDS + 1, "audit-cut"));
        drop(audit);
        assert!(site.is_whole());
    }
}

/// 4.
#[test]
fn nothing_that_is_kept_shows_who_or_what() {
    let site = Site::new();
    let audit = site.open();
    let canary = || Phi::new("ZZCANARY".to_owned());
    let entry = AuditEntry {
        who: "Zzcanary-User".into(),
        act: "search".into(),
        object: "zzcanary object".into(),
        reason: "zzCanary reason".into(),
        origin: "zzcanary".into(),
        is_refused: false,
        patients: vec![canary()],
        terms: Some(canary()),
    };
    let row = audit.append(Timestamp(1), &entry).unwrap();
    assert!(!format!("{row:?} {entry:?}").contains("ZZCANARY"));
    for file in [site.folder.clone(), site.folder.join(super::FOLDER)] {
        for path in fs::read_dir(file).unwrap().flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            assert!(!holds(&path, b"zzcanary"), "{}", path.display());
        }
    }
    let query = AuditQuery { patient: Some(canary()), ..AuditQuery::default() };
    assert_eq!(audit.list(&query).unwrap(), std::slice::from_ref(&row));
    assert_eq!(row.entry.terms, Some(canary()));
}

fn holds(path: &Path, word: &[u8]) -> bool {
    fs::read(path).unwrap().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[test]
fn a_text_that_is_too_long_is_cut() {
    let site = Site::new();
    let entry = AuditEntry { reason: "ü".repeat(5_000), ..AuditEntry::default() };
    let row = site.open().append(Timestamp(1), &entry).unwrap();
    assert!(row.entry.reason.len() <= super::TEXT_BYTES_MAX && row.entry.reason.ends_with('…'));
}

#[test]
fn the_records_of_an_older_build_are_taken_over() {
    let site = Site::new();
    let old = vec![(Timestamp(1), entry(1)), (Timestamp(2), entry(2))];
    let audit = Audit::open(site.shelf(), keys(), Timestamp(3), || Ok(old)).unwrap();
    assert_eq!(audit.verify().unwrap().unwrap().number, 2);
    drop(audit);
    let audit = Audit::open(site.shelf(), keys(), Timestamp(3), || panic!("once only")).unwrap();
    assert_eq!(audit.head().unwrap().map(|head| head.0), Some(2));
}
