//! F11, F12, F13, inbound: our acknowledgment is lost on its way, a frame ends at any byte, bytes stand where none
//! belong. A message is taken whole or not at all, and once; the next sender does not notice; each oddity is counted.

use super::{
    rig::{Line, framed},
    support::{Engine, Partner, Workspace, admission, field, free_port, wait_for},
};
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};
use testkit::Peer;

/// Messages whose acknowledgment is lost.
const LOST: usize = 40;
/// Longest silence inside a frame in these tests.
const FRAME_IDLE_SECONDS: u64 = 2;

struct Stage {
    partner: Partner,
    address: String,
    engine: Engine,
    _workspace: Workspace,
}

impl Stage {
    fn new() -> Stage {
        let (partner, workspace) = (Partner::new(), Workspace::in_memory());
        let address = format!("127.0.0.1:{}", free_port());
        let lines = format!(
            "  receive mllp {address} {{\n    order by PID-3.1\n    frame-idle {FRAME_IDLE_SECONDS}s\n    \
             per-peer 2000\n    connections 4000\n  }}\n  send pharmacy {{\n    mllp 127.0.0.1:{} timeout 20s\n  }}",
            partner.port
        );
        workspace.interface("adt", &lines);
        let engine = workspace.run();
        Stage { partner, address, engine, _workspace: workspace }
    }

    fn row(&self, name: &str) -> u64 {
        self.engine.status()["interfaces"][0][name].as_u64().expect("a count")
    }

    fn is_good(&self, id: &str) {
        let answer = Line::new(&self.address).exchange(&admission(id, "P9")).expect("an answer");
        assert!(answer.contains(&format!("MSA|AA|{id}")), "{answer}");
    }
}

/// Sends bytes and reads answers until there are so many.
fn talk(address: &str, bytes: &[u8], answers: usize) -> Vec<String> {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(bytes).expect("to send");
    let (mut received, mut piece) = (String::new(), [0; 4096]);
    while received.matches("\x1c\r").count() < answers {
        let count = stream.read(&mut piece).expect("an answer");
        assert!(count > 0, "closed after {received:?}");
        received.push_str(&String::from_utf8_lossy(&piece[..count]));
    }
    received.split_terminator("\x1c\r").map(|answer| answer.trim_start_matches('\x0b').to_owned()).collect()
}

/// The engine has answered, and the connection breaks before the sender has read a byte.
fn lose_answer(address: &str, message: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    stream.write_all(framed(message).as_bytes()).expect("to send");
    let mut answer = vec![0; 4096];
    let count = wait_for("the answer", || {
        let count = stream.peek(&mut answer).expect("an answer");
        answer[..count].ends_with(b"\x1c\r").then_some(count)
    });
    // What was never read makes the close a reset, as a broken line does.
    String::from_utf8_lossy(&answer[..count]).trim_matches(['\x0b', '\x1c', '\r']).to_owned()
}

#[test]
fn a_lost_acknowledgment_is_given_again_and_its_message_delivered_once() {
    let stage = Stage::new();
    let ids: Vec<String> = (0..LOST).map(|number| format!("A{number:04}")).collect();
    for (number, id) in ids.iter().enumerate() {
        let message = admission(id, &format!("P{}", number % 3));
        let lost = lose_answer(&stage.address, &message);
        assert!(lost.contains(&format!("MSA|AA|{id}")), "{lost}");
        assert_eq!(lose_answer(&stage.address, &message), lost, "{id}: the stored answer, lost again");
        let again = Line::new(&stage.address).exchange(&message).expect("an answer");
        assert_eq!(again, lost, "{id}: the stored answer, byte for byte");
    }
    stage.engine.wait_for_count("delivered", LOST as u64);
    let mut arrived = stage.partner.control_ids();
    arrived.sort();
    assert_eq!(arrived, ids, "each once");
    assert_eq!((stage.engine.count("accepted"), stage.row("duplicates")), (LOST as u64, 2 * LOST as u64));
}

#[test]
fn a_frame_that_ends_at_any_byte_is_no_message_and_harms_nobody() {
    let stage = Stage::new();
    let frame = framed(&admission("CUT", "P1")).into_bytes();
    // With nothing but the last 0x0D missing, the message is whole: some senders never send it.
    let cuts = 0..frame.len() - 1;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut silent = Vec::new();
    for cut in cuts.clone() {
        let mut left = TcpStream::connect(&stage.address).expect("a connection");
        left.write_all(&frame[..cut]).expect("to send");
        left.shutdown(Shutdown::Write).expect("to leave");
        runtime.block_on(async {
            let mut peer = Peer::connect(&stage.address).await;
            assert!(peer.send(&frame[..cut]).await);
            peer.reset();
        });
        let mut stays = TcpStream::connect(&stage.address).expect("a connection");
        stays.write_all(&frame[..cut]).expect("to send");
        silent.push(stays);
        if cut % 50 == 0 {
            stage.is_good(&format!("GOOD{cut}"));
        }
    }
    let good = cuts.clone().filter(|cut| cut % 50 == 0).count() as u64;
    // A connection on which no frame has begun may stay silent; the others are closed when their time is over.
    for stream in &mut silent[1..] {
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        assert_eq!(stream.read(&mut [0; 16]).ok(), Some(0), "the silent connection is closed, without an answer");
    }
    drop(silent);
    // Of the resets, those count whose bytes had been read before the reset came.
    let begun = cuts.len() as u64 - 1;
    let anomalies = wait_for("each oddity to be counted", || Some(stage.row("anomalies")).filter(|n| *n >= 2 * begun));
    assert!(anomalies <= 3 * begun, "{anomalies} of {begun} thrice");
    stage.is_good("AFTER");
    stage.engine.wait_for_count("delivered", good + 1);
    assert_eq!(stage.engine.count("accepted"), good + 1, "half a message is none");
    assert!(!stage.partner.control_ids().contains(&"CUT".to_owned()));
    println!("broken_frames: {begun} bytes, then left, reset or silent: {anomalies} counted, none stored");
}

/// What stands on the wire, what of it are messages, and how many oddities that makes at least.
type Row = (&'static str, fn(&str) -> String, usize, u64);

const ROWS: &[Row] = &[
    ("two frames in one write", |m| framed(m) + &framed(&m.replace("|W", "|V")), 2, 0),
    ("junk before a frame", |m| format!("junk\r\n{}", framed(m)), 1, 1),
    ("junk between two frames", |m| format!("{}\0\0junk{}", framed(m), framed(&m.replace("|W", "|V"))), 2, 1),
    ("a frame without an end before a whole one", |m| format!("\x0bMSH|^~\\&|EPR|{}", framed(m)), 1, 1),
    ("0x0D missing, another frame behind", |m| format!("\x0b{m}\x1c{}", framed(&m.replace("|W", "|V"))), 2, 1),
    ("0x0D missing, silence behind", |m| format!("\x0b{m}\x1c"), 1, 1),
    ("an empty frame", |m| format!("{}{}", framed(""), framed(m)), 1, 1),
    ("segments end in CR LF", |m| framed(&m.replace('\r', "\r\n")), 1, 0),
    ("segments end in LF", |m| framed(&m.replace('\r', "\n")), 1, 0),
    ("0x1C inside", |m| framed(&m.replace("Quist", "Qu\x1cist")), 1, 1),
];

#[test]
fn bytes_where_none_belong_are_counted_and_whole_messages_taken_as_they_are() {
    let stage = Stage::new();
    let mut expected = Vec::new();
    for (number, (name, wire, messages, oddities)) in ROWS.iter().enumerate() {
        let before = stage.row("anomalies");
        let bytes = wire(&admission(&format!("W{number:02}"), "P1"));
        let answers = talk(&stage.address, bytes.as_bytes(), *messages);
        let ids: Vec<String> = answers.iter().map(|answer| field(answer, "MSA", 2)).collect();
        let sent: Vec<String> = ["W", "V"].iter().take(*messages).map(|sign| format!("{sign}{number:02}")).collect();
        assert_eq!(ids, sent, "{name}");
        assert!(answers.iter().all(|answer| field(answer, "MSA", 1) == "AA"), "{name}: {answers:?}");
        wait_for(name, || (stage.row("anomalies") >= before + oddities).then_some(()));
        if *oddities == 0 {
            assert_eq!(stage.row("anomalies"), before, "{name}");
        }
        // What came is what stands between the last 0x0B before MSH and the 0x1C behind it.
        let frames = bytes.split('\x0b').filter(|frame| frame.contains("EVN|"));
        expected.extend(frames.map(|frame| frame.rsplit_once('\x1c').expect("an end").0.to_owned()));
    }
    stage.engine.wait_for_count("delivered", expected.len() as u64);
    let mut arrived = stage.partner.messages();
    arrived.sort();
    expected.sort();
    assert_eq!(arrived, expected, "the bytes of each, as they came");
    stage.is_good("AFTER");
}
