//! F1: SIGKILL at each named place of `message::failpoint`: before and after every write and fsync, every answer, every
//! send and every reply. The engine dies there, is started again, and then: everything acknowledged is stored byte for
//! byte, everything is delivered in the order of its key, only what was under way at the kill comes twice, and with the
//! same bytes; the counts add up; the store opens without a hand.
//!
//! A kill leaves the kernel's memory alone: this proves recovery, and `power_cut` proves durability. So the data folder
//! is in memory.

use super::{
    rig::{Kept, Load, SEGMENT_BYTES, Seed, content},
    support::{Engine, Partner, Workspace, command, field, free_port, wait_for},
};
use message::failpoint;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

/// What brings the engine to a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Two senders, from the first start of a new store on.
    Load,
    /// A person pauses and resumes the interface, besides.
    Steer,
    /// SIGTERM under load.
    Close,
    /// The start of a store whose log ends in a torn record.
    Torn,
    /// The start of a store with messages that are too old to be kept.
    Old,
}

/// Every place but those of batches ([`super::batches_out`]): what brings the engine there, and the last of its passings that this surely reaches.
const PLACES: &[(&str, Way, u64)] = &[
    ("log.write.before", Way::Load, 40),
    ("log.write.after", Way::Load, 40),
    ("log.fsync.before", Way::Load, 40),
    ("log.fsync.after", Way::Load, 40),
    ("segment.roll", Way::Load, 6),
    ("segment.fill", Way::Load, 6),
    ("segment.header", Way::Load, 6),
    ("segment.rename", Way::Load, 6),
    ("segment.ready", Way::Load, 6),
    // Of a new store: its key, its identity.
    ("file.write", Way::Load, 2),
    ("file.rename", Way::Load, 2),
    ("file.ready", Way::Load, 2),
    ("checkpoint.before", Way::Close, 1),
    ("checkpoint.after", Way::Close, 1),
    ("recover.before", Way::Torn, 1),
    ("recover.after", Way::Torn, 1),
    ("retention.before", Way::Old, 1),
    ("retention.baseline", Way::Old, 1),
    ("retention.remove", Way::Old, 3),
    ("index.before", Way::Load, 3),
    ("index.after", Way::Load, 3),
    ("tables.before", Way::Steer, 8),
    ("tables.after", Way::Steer, 8),
    ("plan.before", Way::Load, 40),
    ("acknowledge.before", Way::Load, 40),
    ("acknowledge.after", Way::Load, 40),
    ("send.before", Way::Load, 40),
    ("send.after", Way::Load, 40),
    ("reply.before", Way::Load, 40),
    ("reply.after", Way::Load, 40),
    ("settle.before", Way::Load, 40),
    ("settle.after", Way::Load, 40),
    ("close.before", Way::Close, 1),
    ("close.after", Way::Close, 1),
];
/// The third small file of a run is the checkpoint of its end.
const CHECKPOINT_FILE: [&str; 3] = ["file.write", "file.rename", "file.ready"];

/// Engines that are tried at a time.
const BESIDE: usize = 5;
/// Connections of the load.
const SENDERS: usize = 2;
/// Messages that are acknowledged after the restart, at least.
const MORE: usize = 6;
/// What may come twice, at most: what was on its way to its lane's record when the process ended.
const AGAIN_MAX: usize = 64;

/// One kill.
#[derive(Clone, Debug)]
struct Kill {
    place: &'static str,
    passing: u64,
    way: Way,
}

/// The first passing, the second, and one by chance; as far as there are so many.
fn kills(seed: &mut Seed) -> Vec<Kill> {
    let mut kills = Vec::new();
    for (place, way, last) in PLACES.iter().copied() {
        let chance = if last > 2 { 3 + seed.next() % (last - 2) } else { last };
        let passings: BTreeSet<u64> = [1, 2.min(last), chance].into();
        kills.extend(passings.into_iter().map(|passing| Kill { place, passing, way }));
    }
    kills.extend(CHECKPOINT_FILE.map(|place| Kill { place, passing: 3, way: Way::Close }));
    kills
}

/// A workspace, its partner and its senders.
struct Stage {
    workspace: Workspace,
    partner: Partner,
    address: String,
}

impl Stage {
    fn new() -> Stage {
        let (workspace, partner) = (Workspace::in_memory(), Partner::new());
        let address = format!("127.0.0.1:{}", free_port());
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  send pharmacy {{\n    \
             mllp 127.0.0.1:{} timeout 20s\n    lanes 3\n    retry from 20ms to 100ms give-up never\n  }}",
            partner.port
        );
        workspace.interface("adt", &lines);
        Stage { workspace, partner, address }
    }

    fn store(&self) -> PathBuf {
        self.workspace.path().join("data")
    }

    fn run(&self) -> Command {
        let mut command = command(&["run"]);
        command.env("SINEW_SEGMENT_BYTES", SEGMENT_BYTES.to_string());
        command
    }

    fn start(&self, command: Command) -> Engine {
        Engine::spawn_with(self.workspace.path(), command)
    }

    /// What was there before: a run that took and delivered messages and was killed. Gives what was acknowledged.
    fn run_before(&self) -> Vec<String> {
        let engine = self.start(self.run());
        let load = Load::start(&self.address, "E", SENDERS);
        wait_for("some load", || (load.count() >= 60).then_some(()));
        let acknowledged = load.stop();
        self.wait_to_arrive(&acknowledged);
        engine.kill();
        acknowledged
    }

    fn wait_to_arrive(&self, acknowledged: &[String]) {
        wait_for("what was acknowledged to arrive", || {
            let arrived: BTreeSet<String> = self.partner.control_ids().into_iter().collect();
            acknowledged.iter().all(|id| arrived.contains(id)).then_some(())
        });
    }

    /// Puts the beginning of a record behind the last one.
    fn tear(&self) {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.store().join("log"))
            .expect("a log")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        files.sort();
        let is_written = |bytes: &[u8]| bytes[4096..].iter().rposition(|byte| *byte != 0).map(|last| 4096 + last);
        let (path, mut bytes, last) = files
            .iter()
            .rev()
            .find_map(|path| {
                let bytes = std::fs::read(path).expect("a file");
                let last = is_written(&bytes)?;
                Some((path, bytes, last))
            })
            .expect("records");
        // Records begin at multiples of eight; the last one may end in zeros.
        let at = (last + 16).next_multiple_of(8);
        bytes[at..at + 20].copy_from_slice(b"SNR\x01\x01\0\0\0torn torn to");
        std::fs::write(path, bytes).expect("to tear");
    }
}

/// One kill, from a new store to the last look into it; gives how many messages there were and how many came twice.
fn kill_at(kill: &Kill) -> (usize, usize) {
    let stage = Stage::new();
    let mut acknowledged = if matches!(kill.way, Way::Torn | Way::Old) { stage.run_before() } else { Vec::new() };
    let mut ends = vec![stage.partner.wait_until_left()];
    match kill.way {
        Way::Torn => stage.tear(),
        Way::Old => {
            let text = "name = \"scenario\"\ndata = \"data\"\n[store]\nretention = \"1ms\"\n";
            stage.workspace.write("sinew.toml", text);
        }
        Way::Load | Way::Steer | Way::Close => {}
    }
    let mut armed = stage.run();
    armed.env("SINEW_FAILPOINT", format!("{}:{}", kill.place, kill.passing));
    let mut engine = stage.start(armed);
    let begin = || Load::start(&stage.address, "F", SENDERS);
    // What retention drops is no longer known as a duplicate: so nothing new is among what is too old.
    let load = (kill.way != Way::Old).then(begin);
    let count = || load.as_ref().map_or(0, Load::count);
    match kill.way {
        Way::Close => {
            wait_for("some load", || (count() >= 20).then_some(()));
            engine.send_signal("-TERM");
        }
        Way::Steer => wait_for("the tables to be written", || {
            for verb in ["pause", "resume"] {
                engine.sinew(&[verb, "adt", "--reason", "a test"]);
            }
            engine.try_end().map(|_| ())
        }),
        Way::Load | Way::Torn | Way::Old => {}
    }
    assert_eq!(engine.wait_for_signal(), 9, "{kill:?}");
    ends.push(stage.partner.wait_until_left());
    let so_far = count();
    let load = load.unwrap_or_else(|| {
        stage.workspace.write("sinew.toml", "name = \"scenario\"\ndata = \"data\"\n");
        begin()
    });
    let engine = stage.start(stage.run());
    wait_for("the load to go on", || {
        if kill.way == Way::Steer {
            // It may have died paused, and then stays paused: that is what a person asked for.
            engine.sinew(&["resume", "adt", "--reason", "a test"]);
        }
        (load.count() >= so_far + MORE).then_some(())
    });
    acknowledged.extend(load.stop());
    stage.wait_to_arrive(&acknowledged);
    wait_for("the rest to be delivered", || (engine.count("in_flight") == 0).then_some(()));
    let (code, talk) = engine.signal("-TERM");
    assert_eq!(code, 0, "{kill:?}: {talk}");
    let kept = Kept::read(&stage.store());
    let arrived = stage.partner.messages();
    check_kept(kill, &kept, &acknowledged, &arrived);
    (acknowledged.len(), check_arrivals(kill, &arrived, &ends))
}

/// What the store says at the end.
fn check_kept(kill: &Kill, kept: &Kept, acknowledged: &[String], arrived: &[String]) {
    let Kept { messages, listed, delivered, counts, report } = kept;
    assert_eq!((report.quarantined.len(), report.torn.len()), (0, 0), "{kill:?}: nothing is damaged");
    assert!(report.was_closed, "{kill:?}");
    for (id, raw) in messages {
        assert!(*raw == content(id).into_bytes(), "{kill:?}: {id} is not byte for byte what was sent");
    }
    let ids: BTreeSet<String> = arrived.iter().map(|message| field(message, "MSH", 9)).collect();
    assert_eq!(counts.accepted, ids.len() as u64, "{kill:?}: each accepted once, each delivered");
    assert_eq!((counts.delivered, counts.lost()), (counts.accepted, 0), "{kill:?}: {counts:?}");
    assert_eq!((listed, delivered), (&messages.len(), &messages.len()), "{kill:?}: stored once, known as delivered");
    if kill.way != Way::Old {
        let lost: Vec<&String> = acknowledged.iter().filter(|id| !messages.contains_key(*id)).collect();
        assert!(lost.is_empty(), "{kill:?}: acknowledged and not stored: {lost:?}");
        assert_eq!(messages.len(), ids.len(), "{kill:?}");
    }
}

/// What the partner saw, in the runs of the engine that end at these places. Gives how many came twice.
fn check_arrivals(kill: &Kill, arrived: &[String], ends: &[usize]) -> usize {
    // Sender and patient → control ids of each run.
    let mut keys: BTreeMap<(String, String), [Vec<String>; 3]> = BTreeMap::new();
    for (place, message) in arrived.iter().enumerate() {
        let id = field(message, "MSH", 9);
        assert!(*message == content(&id), "{kill:?}: {id} is not byte for byte what was sent");
        let sender = id.split_once('N').expect("a sender").0.to_owned();
        let run = ends.iter().filter(|end| place >= **end).count();
        keys.entry((sender, field(message, "PID", 3))).or_default()[run].push(id);
    }
    let mut again = 0;
    for (key, runs) in keys {
        let mut seen: Vec<String> = Vec::new();
        for run in runs {
            assert!(run.is_sorted_by(|a, b| a < b), "{kill:?}: {key:?} in order and each once: {run:?}");
            let twice = run.iter().filter(|id| seen.contains(id)).count();
            // What comes again is what was last under way of this key, before anything newer.
            assert_eq!(seen[seen.len() - twice..], run[..twice], "{kill:?}: {key:?}");
            seen.extend_from_slice(&run[twice..]);
            again += twice;
        }
        assert!(seen.is_sorted_by(|a, b| a < b), "{kill:?}: {key:?} in order: {seen:?}");
    }
    assert!(again <= AGAIN_MAX, "{kill:?}: {again} came again");
    again
}

#[test]
fn killed_at_every_named_place_nothing_is_lost() {
    let started = Instant::now();
    let kills = kills(&mut Seed::print("failpoints"));
    let (next, done) = (AtomicUsize::new(0), Mutex::new((0, 0)));
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                while let Some(kill) = kills.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (messages, again) = kill_at(kill);
                    let mut done = done.lock().expect("sums");
                    *done = (done.0 + messages, done.1 + again);
                }
            });
        }
    });
    let (messages, again) = *done.lock().expect("sums");
    println!(
        "failpoints: {} places, {} kills, {messages} messages acknowledged, 0 lost, {again} came again, {:.0?}",
        PLACES.len(),
        kills.len(),
        started.elapsed()
    );
}

#[test]
fn every_place_has_its_kill() {
    let known: BTreeSet<&str> = failpoint::ALL.iter().map(|(name, _)| *name).collect();
    let of_batches = super::batches_out::PLACES.iter().map(|(name, _)| *name);
    let tried: BTreeSet<&str> = PLACES.iter().map(|(name, _, _)| *name).chain(of_batches).collect();
    assert_eq!(known, tried);
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/TESTING.md")).expect("the page");
    let untold: Vec<&&str> = known.iter().filter(|name| !page.contains(&format!("\n| `{name}` | "))).collect();
    assert!(untold.is_empty(), "no row in docs/TESTING.md: {untold:?}");
}
