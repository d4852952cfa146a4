//! F6, R7: a thousand random bits are flipped in the files of a real process that was killed, one at a time. Each is
//! detected, with its place; the message that it hit is not served, all others are, byte for byte; nothing behind it is
//! cut off. What flips do to the other files is said too.

use super::{
    rig::{Frozen, Line, Seed, Stage, content, open, options},
    support::{field, wait_for},
};
use message::MessageId;
use std::{
    collections::BTreeMap,
    ops::Range,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};
use store::{Error, Options, Quarantined};

/// Bits of the log.
const FLIPS: usize = 1_000;
/// Bits of each of the other files.
const FLIPS_ELSEWHERE: usize = 60;
/// Bits that the real binary is tried with.
const FLIPS_OF_BINARY: usize = 10;
/// Messages that are delivered, and that wait.
const DELIVERED: usize = 24;
const WAITING: usize = 16;
/// Bytes of a file before its records.
const HEADER: u64 = 4096;

/// A bit of a file.
#[derive(Clone, Debug)]
struct Flip {
    path: PathBuf,
    at: usize,
    bit: u32,
}

impl Flip {
    fn chance(seed: &mut Seed, frozen: &Frozen, paths: &[PathBuf]) -> Flip {
        let path = paths[usize::try_from(seed.next()).expect("an index") % paths.len()].clone();
        let at = usize::try_from(seed.next()).expect("an index") % frozen.bytes(&path).len();
        Flip { path, at, bit: (seed.next() % 8) as u32 }
    }

    fn apply(&self, frozen: &Frozen) -> Vec<u8> {
        let mut bytes = frozen.bytes(&self.path).to_vec();
        bytes[self.at] ^= 1 << self.bit;
        bytes
    }

    /// Its place in the log.
    fn lsn(&self) -> u64 {
        let base = u64::from_str_radix(&self.path.file_stem().expect("a name").to_string_lossy(), 16);
        base.expect("a place") + self.at as u64
    }
}

/// The files of a killed engine, and where in the log each message is.
struct Scene {
    frozen: Frozen,
    messages: BTreeMap<String, Range<u64>>,
}

fn id(number: usize) -> String {
    format!("B{number:05}")
}

fn send(stage: &Stage, numbers: Range<usize>) {
    let mut line = Line::new(&stage.address);
    for number in numbers {
        let answer = line.exchange(&content(&id(number))).expect("an answer");
        assert!(answer.contains(&format!("MSA|AA|{}", id(number))), "{answer}");
    }
}

/// Some delivered, some waiting; killed, or closed in good order.
fn scene(is_closed: bool) -> Scene {
    let stage = Stage::new();
    let engine = stage.start();
    send(&stage, 0..DELIVERED);
    engine.wait_for_count("delivered", DELIVERED as u64);
    stage.steer(&engine, "pause");
    send(&stage, DELIVERED..DELIVERED + WAITING);
    match is_closed {
        true => assert_eq!(engine.signal("-TERM").0, 0),
        false => engine.kill(),
    }
    let frozen = Frozen::of(&stage.store());
    let records: Vec<_> = frozen.segments().iter().flat_map(|path| frozen.records(path)).collect();
    let messages = records
        .iter()
        .filter(|record| record.is_message)
        .enumerate()
        .map(|(number, record)| (id(number), record.lsn..record.lsn + (record.end - record.at) as u64));
    let messages: BTreeMap<_, _> = messages.collect();
    assert_eq!(messages.len(), DELIVERED + WAITING);
    Scene { frozen, messages }
}

/// What opening a store after a flip showed.
#[derive(Default)]
struct Seen {
    /// The store does not open, and says so with a code.
    refused: Option<Error>,
    /// Places that the start or a full read reports.
    places: Vec<Quarantined>,
    /// Messages that are not served.
    unserved: Vec<String>,
}

impl Scene {
    /// Opens the store with the flip, and reads everything. What is served is what was sent.
    fn look(&self, folder: &Path, flip: &Flip) -> Seen {
        let bytes = flip.apply(&self.frozen);
        match flip.path.starts_with("log") {
            true => self.frozen.thaw_log(folder, &flip.path, &bytes),
            false => self.frozen.thaw(folder, &flip.path, &bytes),
        }
        let (store, recovered) = match open(folder, &Options { has_index: false, ..options() }) {
            Ok(opened) => opened,
            Err(error) => return Seen { refused: Some(error), ..Seen::default() },
        };
        let mut seen = Seen { places: store.verify().expect("a full read"), ..Seen::default() };
        seen.places.extend(recovered.report.quarantined.iter().chain(&recovered.report.torn));
        for (id, place) in &self.messages {
            match store.read(MessageId(place.start)) {
                Ok(found) => {
                    assert!(found.accept.envelope.raw == content(id).as_bytes(), "{flip:?}: {id} is served otherwise");
                }
                Err(error) => {
                    assert!(matches!(error, Error::Corrupt { .. } | Error::NotFound { .. }), "{flip:?}: {error}");
                    seen.unserved.push(id.clone());
                }
            }
        }
        assert_eq!(store.counts_total().lost(), 0, "{flip:?}");
        seen
    }

    /// A bit of the log: reported where it is, and felt by the message that it hit alone.
    fn check_log(&self, folder: &Path, flip: &Flip) -> bool {
        let seen = self.look(folder, flip);
        let lsn = flip.lsn();
        if let Some(error) = &seen.refused {
            panic!("{flip:?} keeps the store from opening: {error}");
        }
        let base = lsn - flip.at as u64;
        let covers = |place: &Quarantined| {
            let length = if place.lsn == base { place.length.max(HEADER) } else { place.length };
            (place.lsn..place.lsn + length).contains(&lsn)
        };
        assert!(seen.places.iter().any(covers), "{flip:?} at {lsn} is not detected: {:?}", seen.places);
        let hit: Vec<&String> =
            self.messages.iter().filter(|(_, place)| place.contains(&lsn)).map(|(id, _)| id).collect();
        assert_eq!(seen.unserved.iter().collect::<Vec<_>>(), hit, "{flip:?} at {lsn}: who is not served");
        !hit.is_empty()
    }
}

/// Runs a look for each number, on two threads with a folder each; gives how often it was true.
fn count(scene: &Scene, flips: &[Flip], look: impl Fn(&Path, &Flip) -> bool + Sync) -> usize {
    let (next, hits) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let folder = testkit::Folder::in_memory();
                let any = &flips[0];
                scene.frozen.thaw(folder.path(), &any.path, scene.frozen.bytes(&any.path));
                while let Some(flip) = flips.get(next.fetch_add(1, Ordering::Relaxed)) {
                    hits.fetch_add(usize::from(look(folder.path(), flip)), Ordering::Relaxed);
                }
            });
        }
    });
    hits.into_inner()
}

#[test]
fn a_thousand_flipped_bits_are_detected_and_their_neighbours_served() {
    let mut seed = Seed::print("flipped_bits");
    let mut scene = scene(false);
    scene.frozen = scene.frozen.without_derived();
    let paths = scene.frozen.segments();
    let flips: Vec<Flip> = (0..FLIPS).map(|_| Flip::chance(&mut seed, &scene.frozen, &paths)).collect();
    let hits = count(&scene, &flips, |folder, flip| scene.check_log(folder, flip));
    println!("flipped_bits: {FLIPS} bits of {} files detected, {hits} messages hit, no other felt it", paths.len());
    assert!(hits > FLIPS / 10, "most of a file is messages");
}

#[test]
fn a_flipped_bit_of_another_file_is_refused_or_harmless() {
    let mut seed = Seed::print("flipped_bits (other files)");
    let mut scene = scene(true);
    scene.frozen = scene.frozen.without_index();
    for file in ["checkpoint", "store.id", "keys/master.key", "tables.db"] {
        let path = PathBuf::from(file);
        let flips: Vec<Flip> =
            (0..FLIPS_ELSEWHERE).map(|_| Flip::chance(&mut seed, &scene.frozen, std::slice::from_ref(&path))).collect();
        let refused = count(&scene, &flips, |folder, flip| {
            let seen = scene.look(folder, flip);
            match &seen.refused {
                Some(error) => assert!(!error.code().id.is_empty(), "{flip:?}"),
                None => assert_eq!((seen.unserved, seen.places), (vec![], vec![]), "{flip:?}"),
            }
            seen.refused.is_some()
        });
        println!(
            "flipped_bits: {file}: {FLIPS_ELSEWHERE} bits, {refused} refused, the rest without effect on a message"
        );
        // The checkpoint is derived, the identity is kept twice: neither may keep a store from opening.
        assert!(refused == 0 || !matches!(file, "checkpoint" | "store.id"), "{file}");
    }
}

#[test]
fn the_binary_names_the_place_and_delivers_the_neighbours() {
    let mut seed = Seed::print("flipped_bits (binary)");
    let scene = scene(false);
    let records: Vec<PathBuf> =
        scene.frozen.segments().into_iter().filter(|path| !scene.frozen.records(path).is_empty()).collect();
    for _ in 0..FLIPS_OF_BINARY {
        let flip = loop {
            let flip = Flip::chance(&mut seed, &scene.frozen, &records);
            if scene.messages.values().any(|place| place.contains(&flip.lsn())) {
                break flip;
            }
        };
        let (hit, place) = scene.messages.iter().find(|(_, place)| place.contains(&flip.lsn())).expect("a message");
        let stage = Stage::new();
        scene.frozen.thaw(&stage.store(), &flip.path, &flip.apply(&scene.frozen));
        let named = place.start.to_string();
        stage.workspace.sinew(&["doctor", "--verify"]).expect(1).says(&[&named]);
        // As found by the start of an engine, without a doctor before it.
        scene.frozen.thaw(&stage.store(), &flip.path, &flip.apply(&scene.frozen));
        let engine = stage.start();
        engine.wait_to_say(&named);
        stage.steer(&engine, "resume");
        let expected: Vec<String> = (DELIVERED..DELIVERED + WAITING).map(id).filter(|waiting| waiting != hit).collect();
        wait_for("the neighbours to arrive", || (stage.partner.messages().len() >= expected.len()).then_some(()));
        wait_for("the queue to be empty", || (engine.count("in_flight") == 0).then_some(()));
        let mut arrived = stage.partner.control_ids();
        arrived.sort();
        assert_eq!(arrived, expected, "{flip:?}");
        for message in stage.partner.messages() {
            assert!(message == content(&field(&message, "MSH", 9)), "{flip:?}");
        }
    }
    println!("flipped_bits: the binary named {FLIPS_OF_BINARY} of {FLIPS_OF_BINARY} places");
}
