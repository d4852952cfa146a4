//! F5: the end of the log is torn at every byte of its last three records: the file ends there, or zeros follow, or junk.
//! On the files of a real process that was killed. The store opens; what was acknowledged before the cut is there, a half
//! message never is; it goes on taking messages.

use super::{
    rig::{Frozen, Line, Record, Seed, Stage, open, options},
    support::{admission, wait_for},
};
use std::path::{Path, PathBuf};
use store::{
    Options,
    contract::{accept, wait},
};

/// Messages before the cut.
const COUNT: usize = 8;
/// Records that are cut.
const RECORDS: usize = 3;
/// Every so many bytes the real binary opens what is left.
const STRIDE: usize = 67;
/// Every so many bytes the store is opened a second time.
const AGAIN: usize = 16;

/// What follows the cut.
#[derive(Clone, Copy, Debug)]
enum After {
    End,
    Zeros,
    Junk,
}

const ALL: [After; 3] = [After::End, After::Zeros, After::Junk];

impl After {
    fn cut(self, bytes: &[u8], at: usize) -> Vec<u8> {
        let mut cut = bytes[..at].to_vec();
        let left = bytes.len() - at;
        match self {
            After::End => {}
            After::Zeros => cut.resize(bytes.len(), 0),
            After::Junk => {
                let mut seed = Seed::of(&at.to_string());
                cut.extend((0..left).map(|_| seed.next().to_le_bytes()[0]));
            }
        }
        cut
    }
}

fn id(number: usize) -> String {
    format!("T{number:04}")
}

fn content(number: usize) -> String {
    admission(&id(number), &format!("P{}", number % 3))
}

/// Sends messages, which are acknowledged.
fn send(stage: &Stage, numbers: std::ops::Range<usize>) {
    let mut line = Line::new(&stage.address);
    for number in numbers {
        let answer = line.exchange(&content(number)).expect("an answer");
        assert!(answer.contains(&format!("MSA|AA|{}", id(number))), "{answer}");
    }
}

/// The files of an engine that was killed after it acknowledged messages; delivered, or waiting and nothing else.
fn frozen(is_delivered: bool) -> Frozen {
    let stage = Stage::new();
    let engine = stage.start();
    if !is_delivered {
        stage.steer(&engine, "pause");
    }
    send(&stage, 0..COUNT);
    if is_delivered {
        engine.wait_for_count("delivered", COUNT as u64);
        // The counters run ahead of the file by less than a group.
        wait_for("the last record to be written", || {
            let frozen = Frozen::of(&stage.store());
            let records = frozen.records(&frozen.last_segment());
            (records.iter().filter(|record| !record.is_message).count() > COUNT).then_some(())
        });
    }
    engine.kill();
    Frozen::of(&stage.store())
}

/// The frozen log, and where its last records are.
struct Tail {
    frozen: Frozen,
    path: PathBuf,
    records: Vec<Record>,
}

impl Tail {
    fn of(frozen: Frozen) -> Tail {
        let path = frozen.last_segment();
        let records = frozen.records(&path);
        assert_eq!(records.iter().filter(|record| record.is_message).count(), COUNT, "all in one file");
        Tail { frozen, path, records }
    }

    fn cuts(&self) -> std::ops::Range<usize> {
        let last = &self.records[self.records.len() - RECORDS..];
        last[0].at..last[RECORDS - 1].end
    }

    fn messages(&self) -> impl Iterator<Item = (usize, &Record)> {
        self.records.iter().filter(|record| record.is_message).enumerate()
    }

    /// Opens what is left by the store itself.
    fn open(&self, folder: &Path, at: usize, after: After) {
        let bytes = after.cut(self.frozen.bytes(&self.path), at);
        self.frozen.thaw_log(folder, &self.path, &bytes);
        let place = format!("cut at {at}, then {after:?}");
        let options = Options { has_index: false, ..options() };
        let (store, _) = open(folder, &options).unwrap_or_else(|error| panic!("{place}: {error}"));
        let mut whole = 0;
        for (number, record) in self.messages() {
            match store.read(message::MessageId(record.lsn)) {
                Ok(found) => {
                    assert_eq!(found.accept.envelope.raw, content(number).as_bytes(), "{place}: not what was sent");
                    whole += 1;
                }
                Err(error) => assert!(record.end > at, "{place}: message {number} is lost: {error}"),
            }
        }
        let counts = store.counts_total();
        assert_eq!((counts.accepted, counts.lost()), (whole, 0), "{place}: {counts:?}");
        let more = wait(store.commit(accept("adt", 1, &["a"]))).unwrap_or_else(|error| panic!("{place}: {error}")).id();
        drop(store);
        if at.is_multiple_of(AGAIN) {
            let (store, recovered) = open(folder, &options).expect("opened again");
            assert!(recovered.report.torn.is_empty() && recovered.report.quarantined.is_empty(), "{place}: once");
            assert!(store.read(more).is_ok(), "{place}: what came after it");
            assert_eq!(store.counts_total().accepted, whole + 1, "{place}");
        }
    }
}

#[test]
fn a_log_that_is_cut_at_any_byte_opens_and_holds_what_is_before_it() {
    for (is_delivered, step) in [(false, 1), (true, 5)] {
        let tail = Tail::of(frozen(is_delivered));
        let tail = Tail { frozen: tail.frozen.without_derived(), ..tail };
        std::thread::scope(|scope| {
            for after in ALL {
                let tail = &tail;
                scope.spawn(move || {
                    let folder = testkit::Folder::in_memory();
                    tail.frozen.thaw(folder.path(), &tail.path, tail.frozen.bytes(&tail.path));
                    tail.cuts().step_by(step).for_each(|at| tail.open(folder.path(), at, after));
                });
            }
        });
        let count = tail.cuts().step_by(step).count() * ALL.len();
        println!("cut_tail: {count} cuts of the last {RECORDS} records, delivered: {is_delivered}");
    }
}

/// The real binary on what is left: senders send again what they sent, and each message reaches the partner once.
#[test]
fn the_binary_goes_on_after_a_cut_and_delivers_each_message_once() {
    let tail = Tail::of(frozen(false));
    let opened: usize = std::thread::scope(|scope| {
        let runs = ALL.map(|after| {
            let tail = &tail;
            scope.spawn(move || {
                let cuts: Vec<usize> = tail.cuts().step_by(STRIDE).collect();
                cuts.iter().for_each(|at| run(tail, *at, after));
                cuts.len()
            })
        });
        runs.into_iter().map(|run| run.join().expect("a run")).sum()
    });

    assert!(opened >= 40, "{opened} starts of the binary");
    println!("cut_tail: the binary opened {opened} cut logs and delivered each message once");
}

fn run(tail: &Tail, at: usize, after: After) {
    let stage = Stage::new();
    let bytes = after.cut(tail.frozen.bytes(&tail.path), at);
    tail.frozen.thaw(&stage.store(), &tail.path, &bytes);
    let engine = stage.start();
    send(&stage, 0..COUNT + 1);
    stage.steer(&engine, "resume");
    engine.wait_for_count("delivered", COUNT as u64 + 1);
    let mut arrived = stage.partner.control_ids();
    arrived.sort();
    assert_eq!(arrived, (0..=COUNT).map(id).collect::<Vec<_>>(), "cut at {at}, then {after:?}");
    for message in stage.partner.messages() {
        let number = (0..=COUNT).find(|number| message == content(*number));
        assert!(number.is_some(), "cut at {at}, then {after:?}: {message}");
    }
}
