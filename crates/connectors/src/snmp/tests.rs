//! The conformance suite, as far as a protocol without answers has its clauses; and what a receiver of another maker reads.

use super::Snmp;
use crate::testing::{context, settings};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination},
};
use message::Outcome;
use std::{
    io::ErrorKind,
    net::UdpSocket,
    sync::{Arc, Mutex},
    time::Duration,
};
use testkit::{
    destination::{self, Conduct, Partner, reason_of},
    sample,
    server::SnmpTrapd,
};

const ALERT: &str = r#"{"schema":"sinew.alert/1","what":"raised","at":"2026-03-01T00:00:00Z","engine":"north","incident":7,"level":"alarm",
    "kind":"down","code":"E5304","headline":"partner rx01.example.org takes no messages","since":"2026-03-01T00:00:00Z",
    "interfaces":["adt-00","adt-01"],"symptoms":["pharmacy of adt-00 takes no messages; 3 wait"],"safe":"Nothing is lost.",
    "do":"Call the partner.","runbook":"https://wiki.example.org/E5304","oncall":null}"#;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn community() -> Vec<(&'static str, Value)> {
    vec![text("version", "v2c"), text("community", "hospital")]
}

fn user(auth: &str, password: &str) -> Vec<(&'static str, Value)> {
    vec![
        text("user", "sinew"),
        text("auth", auth),
        text("auth-password", password),
        text("privacy-password", "four quiet wards"),
        text("engine-name", "north"),
    ]
}

fn lane(address: &str, values: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Snmp.destination(&settings(&Snmp, false, address, values), &context()).unwrap()
}

async fn tell(address: &str, values: &[(&'static str, Value)], what: &str) {
    let outgoing = sample::outgoing(1, Bytes::copy_from_slice(what.as_bytes()));
    assert_eq!(lane(address, values).send(&outgoing).await, Outcome::Delivered { reply: None });
}

/// The value at the end of a message of version 2c, whose only variable behind the first two it is.
fn told(message: &[u8]) -> Bytes {
    let mut rest = message;
    let mut value = rest;
    // Down along the last part of each that has parts, until one has none.
    while !rest.is_empty() {
        let (tag, content, after) = part(rest);
        value = content;
        rest = if !after.is_empty() {
            after
        } else if tag & 0x20 != 0 {
            content
        } else {
            &[]
        };
    }
    Bytes::copy_from_slice(value)
}

/// Tag, content, what follows.
fn part(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (long, at) = match bytes[1] {
        short @ 0..0x80 => (usize::from(short), 2),
        count => {
            let count = usize::from(count & 0x7f);
            (bytes[2..2 + count].iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), 2 + count)
        }
    };
    (bytes[0], &bytes[at..at + long], &bytes[at + long..])
}

struct Subject;

/// Reads what comes, in its order.
struct Receiver {
    socket: UdpSocket,
    taken: Arc<Mutex<Vec<Bytes>>>,
}

impl Partner for Receiver {
    fn address(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }
    fn taken(&self) -> Vec<Bytes> {
        // On loopback a datagram is there when `send_to` returns.
        let mut space = vec![0; 65_536];
        let mut taken = self.taken.lock().unwrap();
        while let Ok(count) = self.socket.recv(&mut space) {
            taken.push(told(&space[..count]));
        }
        taken.clone()
    }
}

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            // Where nothing is ever answered, and nobody can be seen to be absent, every other conduct is the same.
            if conducts != [Conduct::Accept] {
                return None;
            }
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            Some(Box::new(Receiver { socket, taken: Arc::default() }) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &community())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
}

/// What comes while the receiver is dead is lost, as the protocol has it; what is sent behind its return comes, in order.
#[tokio::test]
async fn a_receiver_that_is_killed_and_comes_back_gets_every_notification_from_then_on_in_order() {
    let receiver = |address: &str| {
        // A socket of another test may have the port for a moment, while it is free.
        let socket = loop {
            match UdpSocket::bind(address) {
                Err(error) if error.kind() == ErrorKind::AddrInUse => std::thread::yield_now(),
                bound => break bound.unwrap(),
            }
        };
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        socket
    };
    let first = receiver("127.0.0.1:0");
    let address = first.local_addr().unwrap().to_string();
    let mut lane = lane(&address, &community());
    let mut send = async |id: &str| lane.send(&sample::outgoing(1, Bytes::copy_from_slice(id.as_bytes()))).await;
    let mut space = vec![0; 1_000];
    assert_eq!(send("1").await, Outcome::Delivered { reply: None });
    let count = first.recv(&mut space).unwrap();
    assert_eq!(told(&space[..count]), "1");
    drop(first);
    send("2").await;
    let second = receiver(&address);
    for id in ["3", "4", "5"] {
        assert_eq!(send(id).await, Outcome::Delivered { reply: None });
        let count = second.recv(&mut space).unwrap();
        assert_eq!(told(&space[..count]), id);
    }
}

#[tokio::test]
async fn what_is_larger_than_a_datagram_is_refused() {
    let outgoing = sample::outgoing(1, Bytes::from(vec![b'x'; 66_000]));
    let outcome = lane("127.0.0.1:9", &community()).send(&outgoing).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6110");
}

fn receiver(lines: &str) -> Option<SnmpTrapd> {
    SnmpTrapd::start(lines).map_err(|why| println!("skipped: no snmptrapd: {why}")).ok()
}

const OBJECTS: &str = ".1.3.6.1.4.1.32473.1.1.";

/// What net-snmp reads of an alert: which notification, and each variable under its number.
fn check_alert(line: &str) {
    let at = |arc: u32, value: &str| format!("{OBJECTS}{arc}.0 = {value}");
    for expect in [
        ".1.3.6.1.6.3.1.1.4.1.0 = OID: .1.3.6.1.4.1.32473.1.0.2".to_owned(),
        at(1, "Gauge32: 7"),
        at(2, "INTEGER: 2"),
        at(3, "STRING: \"E5304\""),
        at(4, "STRING: \"partner rx01.example.org takes no messages\""),
        at(5, "STRING: \"pharmacy of adt-00 takes no messages; 3 wait\""),
        at(6, "STRING: \"Nothing is lost.\""),
        at(7, "STRING: \"Call the partner.\""),
        at(8, "STRING: \"adt-00, adt-01\""),
        at(9, "STRING: \"2026-03-01T00:00:00Z\""),
        at(10, "STRING: \"north\""),
        at(11, "STRING: \"https://wiki.example.org/E5304\""),
    ] {
        assert!(line.contains(&expect), "{expect} is not in {line}");
    }
}

#[tokio::test]
async fn another_maker_reads_version_2c() {
    let Some(receiver) = receiver("authCommunity log hospital\n") else { return };
    let address = receiver.address();
    tell(&address, &[text("version", "v2c"), text("community", "elsewhere")], "not for you").await;
    tell(&address, &community(), ALERT).await;
    tell(&address, &community(), "a text").await;
    let log = receiver.wait_for("a text");
    assert!(!log.contains("not for you"), "another community is none of theirs: {log}");
    check_alert(log.lines().find(|line| line.contains("E5304")).unwrap());
}

/// Users with their keys for the id of this engine, as a receiver is told them; messages under another password are not read.
#[tokio::test]
async fn another_maker_reads_version_3() {
    for (auth, theirs) in [("sha", "SHA"), ("sha256", "SHA-256"), ("sha512", "SHA-512")] {
        // 0x80, 32473 in six digits, 04 for a text, and the text.
        let lines = format!(
            "createUser -e 0x80007ed9046e6f727468 sinew {theirs} \"a word to sign by\" AES \"four quiet wards\"\nauthUser log sinew\n"
        );
        let Some(receiver) = receiver(&lines) else { return };
        let address = receiver.address();
        tell(&address, &user(auth, "another word"), "not for you").await;
        tell(&address, &user(auth, "a word to sign by"), ALERT).await;
        tell(&address, &user(auth, "a word to sign by"), "a second one").await;
        let log = receiver.wait_for("a second one");
        assert!(!log.contains("not for you"), "{auth}: {log}");
        check_alert(log.lines().find(|line| line.contains("E5304")).unwrap_or_else(|| panic!("{auth}: {log}")));
    }
}

/// The last of the security parameters, which are the third part of a message of version 3.
fn salt(message: &[u8]) -> &[u8] {
    let (_, version, _) = part(message);
    let (_, _, header) = part(version);
    let (_, _, security) = part(header);
    let (_, security, _) = part(security);
    let (_, mut rest, _) = part(security);
    let mut last = rest;
    while !rest.is_empty() {
        (_, last, rest) = part(rest);
    }
    assert_eq!(last.len(), 8);
    last
}

/// Nothing of what version 3 says can be read on the way, and no two messages are alike.
#[tokio::test]
async fn version_3_is_encrypted() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let mut seen = Vec::new();
    for _ in 0..2 {
        tell(&address, &user("sha256", "a word to sign by"), ALERT).await;
        let mut space = vec![0; 10_000];
        let count = socket.recv(&mut space).unwrap();
        seen.push(space[..count].to_vec());
    }
    let clear = String::from_utf8_lossy(&seen[0]).into_owned();
    assert!(clear.contains("north") && !clear.contains("E5304") && !clear.contains("rx01"), "{clear}");
    assert_ne!(salt(&seen[0]), salt(&seen[1]), "a salt is used once");
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |values: &[(&'static str, Value)], expect: &str| {
        let result = Snmp.check(&settings(&Snmp, false, "nms.example.org:162", values), false);
        let told = result.map_or_else(|reason| reason.text.to_string(), |()| "ok".to_owned());
        assert!(told.contains(expect), "{values:?}: {told}");
    };
    check(&community(), "ok");
    check(&user("sha256", "a word to sign by"), "ok");
    check(&[], "needs a `user`");
    check(&user("sha256", "short"), "at least 8 letters");
    check(&[text("version", "v2c")], "needs a `community`");
    check(&[&community()[..], &[text("user", "sinew")]].concat(), "belongs to `version v3`");
    check(&[&user("sha256", "a word to sign by")[..], &[text("community", "x")]].concat(), "belongs to `version v2c`");
    for wrong in ["1.3.6.1.4.1", "1.3.6.1.4.1.x", "1.3.6.1.2.1.1", "1.3.6.1.4.1.4294967295", ""] {
        check(&[&community()[..], &[text("enterprise", wrong)]].concat(), "below 1.3.6.1.4.1");
    }
    check(&[&community()[..], &[text("engine-name", "a b")]].concat(), "without spaces");
}
