//! F1 for batches that are written: SIGKILL at each named place between a message and the file that it ends in, and at
//! any moment. The engine is started again, and in the end every acknowledged message is in one batch, once, in the
//! order of its key; every file that others see has headers, trailers and the right count.

use super::{
    rig::{Load, Seed, content},
    support::{Engine, Workspace, command, field, free_port, wait_for},
};
use hl7v2::Batch;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

/// The places of batches, and those around the record of a delivery; with the last passing that the load surely reaches.
pub const PLACES: &[(&str, u64)] = &[
    ("batch.write", 40),
    ("batch.sync", 40),
    ("batch.whole", 6),
    ("batch.mark", 6),
    ("batch.rename", 6),
    ("batch.ready", 6),
];
const AROUND: &[(&str, u64)] = &[("settle.before", 40), ("settle.after", 40), ("log.fsync.before", 40)];
/// Engines that are tried at a time.
const BESIDE: usize = 4;
const SENDERS: usize = 2;
/// Messages in a batch; a batch that stays smaller is closed by its age.
const IN_A_BATCH: usize = 7;
/// Kills at any moment, one after the other over one store.
const KILLS: usize = 6;

struct Stage {
    workspace: Workspace,
    address: String,
}

impl Stage {
    fn new() -> Stage {
        let workspace = Workspace::in_memory();
        let address = format!("127.0.0.1:{}", free_port());
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  send registry {{\n    file out {{\n      \
             batch file\n      batch-count {IN_A_BATCH}\n      batch-time 1s\n    }}\n    lanes 3\n    \
             retry from 20ms to 100ms give-up never\n  }}"
        );
        workspace.interface("adt", &lines);
        Stage { workspace, address }
    }

    fn start(&self, failpoint: Option<String>) -> Engine {
        let mut run = command(&["run"]);
        if let Some(failpoint) = failpoint {
            run.env("SINEW_FAILPOINT", failpoint);
        }
        Engine::spawn_with(self.workspace.path(), run)
    }

    /// The control ids of each file that others see, by the order in which the files were made.
    fn batches(&self, why: &str) -> Vec<Vec<String>> {
        let Ok(entries) = fs::read_dir(self.workspace.path().join("out")) else { return Vec::new() };
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.file_name().expect("a name").to_string_lossy().starts_with('.'))
            .map(|path| {
                let (batch, findings) = Batch::split(fs::read(&path).expect("a batch"));
                assert_eq!(findings, [], "{why}: {}", path.display());
                let around = batch.batches();
                assert!(
                    around.len() == 1 && around[0].is_whole() && batch.file_header().is_some(),
                    "{why}: {around:?}"
                );
                let ids: Vec<String> = batch
                    .messages()
                    .map(|bytes| {
                        let text = String::from_utf8(bytes.to_vec()).expect("text");
                        let id = field(&text, "MSH", 9);
                        assert_eq!(text, content(&id), "{why}: byte for byte");
                        id
                    })
                    .collect();
                assert!(!ids.is_empty() && ids.len() <= IN_A_BATCH, "{why}: {} in one file", ids.len());
                (u64::from_str_radix(&around[0].control_id(), 16).expect("a time"), ids)
            })
            .collect();
        files.sort();
        files.into_iter().map(|(_, ids)| ids).collect()
    }

    /// Waits until all of it is in files, and looks at each.
    fn check(&self, engine: Engine, acknowledged: &[String], why: &str) {
        wait_for("every message to be in a closed batch", || {
            let seen: BTreeSet<String> = self.batches(why).into_iter().flatten().collect();
            acknowledged.iter().all(|id| seen.contains(id)).then_some(())
        });
        wait_for("nothing to be in flight", || (engine.count("in_flight") == 0).then_some(()));
        let accepted = engine.count("accepted");
        assert_eq!(engine.count("delivered"), accepted, "{why}");
        // What was accepted and never acknowledged, because the kill came between, may still be in the open batch.
        wait_for("every accepted message to be in a closed batch", || {
            (self.batches(why).iter().map(Vec::len).sum::<usize>() as u64 >= accepted).then_some(())
        });
        let (code, talk) = engine.signal("-TERM");
        assert_eq!(code, 0, "{why}: {talk}");
        let seen: Vec<String> = self.batches(why).into_iter().flatten().collect();
        let different: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(seen.len(), different.len(), "{why}: each once");
        assert_eq!(seen.len() as u64, accepted, "{why}: all that was accepted");
        let mut keys: BTreeMap<(String, String), Vec<&String>> = BTreeMap::new();
        for id in &seen {
            let sender = id.split_once('N').expect("a sender").0.to_owned();
            keys.entry((sender, field(&content(id), "PID", 3))).or_default().push(id);
        }
        for (key, ids) in keys {
            assert!(ids.is_sorted(), "{why}: {key:?} in order: {ids:?}");
        }
    }
}

fn kill_at(place: &str, passing: u64) {
    let why = format!("{place}:{passing}");
    let stage = Stage::new();
    let mut engine = stage.start(Some(why.clone()));
    let load = Load::start(&stage.address, "B", SENDERS);
    assert_eq!(engine.wait_for_signal(), 9, "{why}");
    let so_far = load.count();
    let engine = stage.start(None);
    wait_for("the load to go on", || (load.count() >= so_far + 20).then_some(()));
    stage.check(engine, &load.stop(), &why);
}

#[test]
fn killed_at_every_place_of_a_batch_nothing_is_lost_and_nothing_comes_twice() {
    let mut seed = Seed::print("batches_out");
    let mut kills = Vec::new();
    for (place, last) in PLACES.iter().chain(AROUND).copied() {
        let passings: BTreeSet<u64> = [1, 2, 3 + seed.next() % (last - 2)].into();
        kills.extend(passings.into_iter().map(|passing| (place, passing)));
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                while let Some((place, passing)) = kills.get(next.fetch_add(1, Ordering::Relaxed)) {
                    kill_at(place, *passing);
                }
            });
        }
    });
    println!("batches_out: {} kills", kills.len());
}

#[test]
fn killed_in_the_middle_of_batches_again_and_again_nothing_is_lost_and_nothing_comes_twice() {
    let mut seed = Seed::print("batches_out again");
    let stage = Stage::new();
    let load = Load::start(&stage.address, "A", SENDERS);
    for _ in 0..KILLS {
        let (engine, before) = (stage.start(None), load.count());
        let more = 5 + seed.next() as usize % 60;
        wait_for("some load", || (load.count() >= before + more).then_some(()));
        engine.kill();
    }
    let engine = stage.start(None);
    stage.check(engine, &load.stop(), "again and again");
}
