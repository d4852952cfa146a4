//! F14, F15: a partner whose replies are lost, late, doubled, for another message, cut, endless or junk. Nothing counts
//! as delivered that it did not say yes to, the order is kept, commands tell what happened; and once it is honest, it
//! gets everything, with the bytes of the first attempt.

use super::{
    rig::{Liar, Lie, Line, answer, answer_to, framed, resident_peak},
    support::{Engine, Workspace, admission, field, free_port, wait_for},
};
use std::{
    io::{Error, ErrorKind, Result, Write},
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// How long the engine waits for a reply that does not come, and for one that does.
const REPLY_MILLIS: u64 = 500;
const REPLY_MILLIS_LONG: u64 = 20_000;
/// Attempts with a reply that cannot be taken for this message, until a person has to look.
const ATTEMPTS_MAX: usize = 4;
/// Memory that an endless reply may take besides what the process had.
const REPLY_KILOBYTES_MAX: u64 = 48 * 1024;
/// Lies that are tried at a time.
const BESIDE: usize = 6;

/// What becomes of the messages while the partner lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The first is tried again and again, and nothing overtakes it.
    Retried,
    /// Each is tried some times, then parked.
    Parked,
    /// Each is delivered.
    Delivered,
    /// Each is delivered, all but the first at the second attempt.
    DeliveredLater,
}

struct Case {
    name: &'static str,
    lie: Lie,
    fate: Fate,
    /// What `sinew explain` says of a failed attempt.
    code: &'static str,
}

const CASES: &[Case] = &[
    Case { name: "takes and closes", lie: |_, _, _| hang_up(), fate: Fate::Retried, code: "E6007" },
    Case { name: "answers too late", lie: late, fate: Fate::Retried, code: "E6106" },
    Case { name: "answers twice", lie: twice, fate: Fate::Delivered, code: "" },
    Case { name: "answers the one before again", lie: stale, fate: Fate::DeliveredLater, code: "E6107" },
    Case { name: "another MSA-2", lie: |s, _, _| say(s, &answer_to("OTHER")), fate: Fate::Parked, code: "E6107" },
    Case {
        name: "a longer MSA-2",
        lie: |s, m, _| say(s, &answer_to(&(id_of(m) + "0"))),
        fate: Fate::Parked,
        code: "E6107",
    },
    Case { name: "an empty MSA-2", lie: |s, _, _| say(s, &answer_to("")), fate: Fate::Parked, code: "E6107" },
    Case { name: "no MSA", lie: |s, m, _| say(s, without_msa(m)), fate: Fate::Parked, code: "E6107" },
    Case { name: "a batch", lie: |s, m, _| say(s, &batch(m)), fate: Fate::Parked, code: "E6107" },
    Case {
        name: "no code that exists",
        lie: |s, m, _| say(s, &answer(m).replace("|AA|", "|YES|")),
        fate: Fate::Parked,
        code: "E5102",
    },
    Case { name: "junk in a frame", lie: |s, _, _| say(s, "thank you"), fate: Fate::Parked, code: "E6107" },
    Case {
        name: "junk without a frame",
        lie: |s, m, _| s.write_all(answer(m).as_bytes()),
        fate: Fate::Parked,
        code: "E6108",
    },
    Case { name: "half a frame, then closes", lie: half, fate: Fate::Retried, code: "E6007" },
    Case {
        name: "a frame without an end",
        lie: |s, m, _| endless(s, &format!("\x0b{}", answer(m))),
        fate: Fate::Parked,
        code: "E6108",
    },
    Case { name: "junk without an end", lie: |s, _, _| endless(s, "junk"), fate: Fate::Parked, code: "E6108" },
    Case { name: "byte by byte", lie: drip, fate: Fate::Delivered, code: "" },
    Case {
        name: "no 0x0D at the end",
        lie: |s, m, _| s.write_all(format!("\x0b{}\x1c", answer(m)).as_bytes()),
        fate: Fate::Delivered,
        code: "",
    },
];

fn id_of(message: &str) -> String {
    field(message, "MSH", 9)
}

fn say(stream: &mut TcpStream, content: &str) -> Result<()> {
    stream.write_all(framed(content).as_bytes())
}

fn hang_up() -> Result<()> {
    Err(Error::from(ErrorKind::ConnectionAborted))
}

fn late(stream: &mut TcpStream, message: &str, _: &str) -> Result<()> {
    std::thread::sleep(Duration::from_millis(REPLY_MILLIS * 3 / 2));
    say(stream, &answer(message))
}

fn twice(stream: &mut TcpStream, message: &str, _: &str) -> Result<()> {
    say(stream, &answer(message))?;
    say(stream, &answer(message))
}

/// The reply to the message before comes a second time, while this one is under way, and no other does.
fn stale(stream: &mut TcpStream, message: &str, last: &str) -> Result<()> {
    say(stream, &answer(if last.is_empty() { message } else { last }))
}

fn without_msa(_: &str) -> &'static str {
    "MSH|^~\\&|RX|SOUTH|HUB|NORTH|20260301120000||ACK^A01|R1|P|2.5.1\r"
}

fn batch(message: &str) -> String {
    format!("BHS|^~\\&|RX|SOUTH|HUB|NORTH\r{}BTS|1\r", answer(message))
}

/// Everything that a reply needs, but not the bytes that end it.
fn half(stream: &mut TcpStream, message: &str, _: &str) -> Result<()> {
    stream.write_all(format!("\x0b{}", answer(message)).as_bytes())?;
    stream.shutdown(Shutdown::Both)
}

fn endless(stream: &mut TcpStream, begin: &str) -> Result<()> {
    stream.write_all(begin.as_bytes())?;
    loop {
        stream.write_all(&[b'A'; 64 * 1024])?;
    }
}

fn drip(stream: &mut TcpStream, message: &str, _: &str) -> Result<()> {
    stream.set_nodelay(true)?;
    framed(&answer(message)).as_bytes().iter().try_for_each(|byte| stream.write_all(&[*byte]))
}

/// What is sent: two messages of one patient, and one of another.
const SENT: [(&str, &str); 3] = [("L1", "P1"), ("L2", "P1"), ("L3", "P2")];

struct Stage {
    case: &'static Case,
    liar: Liar,
    engine: Engine,
    _workspace: Workspace,
}

impl Stage {
    /// An engine that has acknowledged the messages, and a partner that lies about them.
    fn new(case: &'static Case) -> Stage {
        let (liar, workspace) = (Liar::start(case.lie), Workspace::in_memory());
        let address = format!("127.0.0.1:{}", free_port());
        let millis = if case.fate == Fate::Delivered { REPLY_MILLIS_LONG } else { REPLY_MILLIS };
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n  }}\n  send pharmacy {{\n    \
             mllp 127.0.0.1:{} timeout {millis}ms\n    lanes 1\n    retry from 30ms to 60ms give-up never\n  }}",
            liar.port
        );
        workspace.interface("adt", &lines);
        let engine = workspace.run();
        let mut line = Line::new(&address);
        for (id, patient) in SENT {
            let answer = line.exchange(&admission(id, patient)).expect("an answer");
            assert!(answer.contains(&format!("MSA|AA|{id}")), "{answer}");
        }
        Stage { case, liar, engine, _workspace: workspace }
    }

    fn ids(&self) -> Vec<String> {
        self.liar.taken().iter().map(|message| id_of(message)).collect()
    }

    fn counts(&self, expect: [(&str, u64); 3]) {
        let name = self.case.name;
        let status = self.engine.status();
        for (count, value) in expect {
            assert_eq!(status["counts"][count].as_u64(), Some(value), "{name}: {count} in {}", status["counts"]);
        }
        assert_eq!(status["lost"].as_i64(), Some(0), "{name}");
    }

    /// The message that `explain` and `retry` know by its patient and control id.
    fn number(&self, id: &str) -> String {
        self.engine.find(&format!("control:{id}"))["id"].to_string()
    }

    /// While it lies.
    fn check_lie(&self) {
        let Case { name, fate, code, .. } = self.case;
        match fate {
            Fate::Retried => {
                wait_for("some attempts", || (self.liar.taken().len() >= 3).then_some(()));
                self.counts([("delivered", 0), ("in_flight", 3), ("parked", 0)]);
                let ids = self.ids();
                assert!(!ids.contains(&"L2".to_owned()), "{name}: {ids:?} came before the one that is under way");
                self.engine.sinew(&["queues"]).expect(1).says(&["adt/pharmacy", "3", code]);
                self.engine.sinew(&["explain", &self.number("L1")]).expect(0).says(&[code]);
            }
            Fate::Parked => {
                self.engine.wait_for_count("parked", 3);
                self.counts([("delivered", 0), ("in_flight", 0), ("parked", 3)]);
                let ids = self.ids();
                assert!(
                    ids.iter().rposition(|id| id == "L1") < ids.iter().position(|id| id == "L2"),
                    "{name}: {ids:?}"
                );
                for (id, _) in SENT {
                    // More only where this machine was so slow that the lie itself came too late.
                    let attempts = ids.iter().filter(|other| *other == id).count();
                    assert!((ATTEMPTS_MAX..=2 * ATTEMPTS_MAX).contains(&attempts), "{name}: {id} {attempts} times");
                    self.engine.sinew(&["explain", &self.number(id)]).expect(0).says(&[code, "parked"]);
                }
            }
            Fate::Delivered | Fate::DeliveredLater => {
                self.engine.wait_for_count("delivered", 3);
                self.counts([("delivered", 3), ("in_flight", 0), ("parked", 0)]);
                let ids = self.ids();
                if *fate == Fate::Delivered {
                    assert_eq!(ids, ["L1", "L2", "L3"], "{name}");
                } else {
                    assert!(ids[0] == "L1" && ids.len() >= 5, "{name}: all but the first twice: {ids:?}");
                    self.engine.sinew(&["explain", &self.number("L2")]).expect(0).says(&[code, "delivered"]);
                }
            }
        }
    }

    /// Once it is honest.
    fn check_truth(&self) {
        let Case { name, fate, .. } = self.case;
        let before = self.liar.behave();
        if *fate == Fate::Parked {
            for (id, _) in SENT {
                self.engine.sinew(&["retry", &self.number(id), "--yes", "--reason", "it is honest now"]).expect(0);
            }
        }
        self.engine.wait_for_count("delivered", 3);
        self.counts([("accepted", 3), ("delivered", 3), ("in_flight", 0)]);
        for message in self.liar.taken() {
            let sent = SENT.iter().find(|(id, patient)| message == admission(id, patient));
            assert!(sent.is_some(), "{name}: {message} is not byte for byte what was sent");
        }
        if matches!(fate, Fate::Retried | Fate::Parked) {
            let ids = self.ids().split_off(before);
            for (id, _) in SENT {
                assert!(ids.iter().any(|other| other == id), "{name}: {id} never came to the honest partner");
            }
            assert!(ids.iter().position(|id| id == "L1") < ids.iter().position(|id| id == "L2"), "{name}: {ids:?}");
        }
        self.engine.sinew(&["queues"]).expect(0);
    }
}

#[test]
fn replies_that_lie_deliver_nothing_and_lose_nothing() {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..BESIDE {
            scope.spawn(|| {
                while let Some(case) = CASES.get(next.fetch_add(1, Ordering::Relaxed)) {
                    println!("lying_replies: {}", case.name);
                    let stage = Stage::new(case);
                    let before = resident_peak(stage.engine.pid());
                    stage.check_lie();
                    let more = resident_peak(stage.engine.pid()).saturating_sub(before);
                    assert!(more < REPLY_KILOBYTES_MAX, "{}: {more} kB more", case.name);
                    stage.check_truth();
                }
            });
        }
    });
}
