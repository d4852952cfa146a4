//! F1 for numbered messages that are sent: SIGKILL at every passing of every place between a message and the record of
//! its answer, where one of the answers is no (AE). The engine is started again, and in the end each message was taken by
//! the partner once and in order, the one that was refused is parked, and the others count as delivered: whether the
//! partner counts the number of a message that it refuses (as this engine does), or only those that it took.

use super::support::{Engine, Workspace, admission, command, field, free_port, wait_for};
use hl7v2::{
    Message,
    sequence::{Expected, Number, Verdict, judge},
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

/// Places that a message passes once it is stored.
const PLACES: [&str; 8] = [
    "tables.before",
    "tables.after",
    "send.before",
    "send.after",
    "reply.before",
    "reply.after",
    "settle.before",
    "settle.after",
];
/// More passings of one place than these messages bring about would be a fault.
const PASSINGS_MAX: u64 = 60;
/// Engines that are tried at a time.
const BESIDE: usize = 4;
/// The second one is refused.
const IDS: [&str; 4] = ["N1", "N2", "N3", "N4"];
const REFUSED: &str = "N2";

/// A partner that keeps the sequence number protocol.
struct Counting {
    /// The number of a message that it refuses is used up, and gets the same answer when it comes again.
    counts_refused: bool,
    state: Mutex<State>,
}

struct State {
    expected: Expected,
    /// Control ids of the messages that it took.
    taken: Vec<String>,
    /// Its answers by number and control id.
    answers: BTreeMap<(String, String), String>,
}

impl Counting {
    fn listen(counts_refused: bool) -> (Arc<Counting>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = State { expected: Expected::Any, taken: Vec::new(), answers: BTreeMap::new() };
        let partner = Arc::new(Counting { counts_refused, state: Mutex::new(state) });
        let counting = partner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counting = counting.clone();
                std::thread::spawn(move || counting.serve(stream));
            }
        });
        (partner, port)
    }

    fn serve(&self, mut stream: TcpStream) {
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while stream.read_exact(&mut byte).is_ok() {
            bytes.push(byte[0]);
            if bytes.ends_with(b"\x1c\r") {
                let text = String::from_utf8_lossy(&bytes).trim_matches(['\x0b', '\x1c', '\r']).to_owned();
                bytes.clear();
                if stream.write_all(format!("\x0b{}\x1c\r", self.answer(&text)).as_bytes()).is_err() {
                    return;
                }
            }
        }
    }

    fn answer(&self, text: &str) -> String {
        let (number, id) = (field(text, "MSH", 12), field(text, "MSH", 9));
        let mut state = self.state.lock().expect("no panic while it is held");
        let judged = judge(state.expected, Number::of(&Message::parse(text.to_owned()).0));
        let (code, counted) = match judged.verdict {
            Verdict::Take if id == REFUSED => ("AE", self.counts_refused),
            Verdict::Take => ("AA", true),
            Verdict::Start => ("AA", false),
            Verdict::Reset | Verdict::Taken | Verdict::Gap | Verdict::Missing => ("AR", false),
        };
        if let Some(known) = state.answers.get(&(number.clone(), id.clone())) {
            return known.clone();
        }
        let answer = format!("MSH|^~\\&|||||||ACK|Q{id}|P|2.5.1\rMSA|{code}|{id}||{}\r", judged.answer);
        if counted {
            state.expected = judged.expected;
            state.answers.insert((number, id.clone()), answer.clone());
            if code == "AA" {
                state.taken.push(id);
            }
        }
        answer
    }
}

fn hand_over(address: &str, id: &str) {
    wait_for("an acknowledgment", || {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.write_all(format!("\x0b{}\x1c\r", admission(id, "P1")).as_bytes()).ok()?;
        let (mut bytes, mut byte) = (Vec::new(), [0]);
        while !bytes.ends_with(b"\x1c\r") {
            stream.read_exact(&mut byte).ok()?;
            bytes.push(byte[0]);
        }
        String::from_utf8_lossy(&bytes).contains(&format!("MSA|AA|{id}")).then_some(())
    });
}

/// `false` when the messages bring about fewer passings of the place.
fn kill_at(place: &str, passing: u64, counts_refused: bool) -> bool {
    let why = format!("{place}:{passing}, refused ones are counted: {counts_refused}");
    let (partner, port) = Counting::listen(counts_refused);
    let workspace = Workspace::in_memory();
    let address = format!("127.0.0.1:{}", free_port());
    let lines = format!(
        "  receive mllp {address}\n  send ward {{\n    mllp 127.0.0.1:{port} sequence numbers timeout 5s\n    \
         retry from 20ms to 50ms\n  }}"
    );
    workspace.interface("adt", &lines);
    let mut run = command(&["run"]);
    run.env("SINEW_FAILPOINT", format!("{place}:{passing}"));
    let mut armed = Engine::spawn_with(workspace.path(), run);
    // What is not acknowledged before the kill is handed over again after it.
    let sender = {
        let address = address.clone();
        std::thread::spawn(move || IDS.iter().for_each(|id| hand_over(&address, id)))
    };
    let is_settled = |engine: &Engine| {
        let status = engine.sinew(&["status", "--json"]);
        let counts = serde_json::from_str::<serde_json::Value>(&status.out).ok()?["engine"]["counts"].clone();
        (counts["accepted"] == 4 && counts["in_flight"] == 0).then_some(())
    };
    let died = wait_for("the kill, or the end", || {
        armed.try_end().map(|_| true).or_else(|| is_settled(&armed).map(|()| false))
    });
    if !died {
        // A search is recorded, and that may be the passing which nothing has come to yet.
        let _ = armed.signal("-TERM");
    }
    let engine = Engine::spawn_with(workspace.path(), command(&["run"]));
    sender.join().expect("every message is acknowledged");
    wait_for("everything to be settled", || is_settled(&engine));
    for id in IDS {
        let expect = if id == REFUSED { "parked" } else { "delivered" };
        // The index follows the counts.
        wait_for(&format!("{why}: {id} {expect}"), || {
            (engine.find(&format!("control:{id}"))["state"] == expect).then_some(())
        });
    }
    let taken = partner.state.lock().expect("no panic while it is held").taken.clone();
    assert_eq!(taken, ["N1", "N3", "N4"], "{why}");
    died
}

#[test]
fn killed_at_every_passing_a_refused_number_is_never_taken_for_a_delivered_one() {
    let tries: Vec<(&str, bool)> = PLACES.iter().flat_map(|place| [(*place, true), (*place, false)]).collect();
    let (next, kills) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                while let Some((place, counts_refused)) = tries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let last = (1..=PASSINGS_MAX).find(|passing| !kill_at(place, *passing, *counts_refused));
                    let passings = last.expect("an end") - 1;
                    assert!(passings >= 3, "{place}: {passings} passings");
                    kills.fetch_add(passings as usize, Ordering::Relaxed);
                }
            });
        }
    });
    println!("numbered_out: {} kills at {} places", kills.load(Ordering::Relaxed), PLACES.len());
}
