//! The conformance suites over loopback sockets, and what is special about framings.

use super::Tcp;
use crate::{
    testing::{context, settings},
    tls::authority::Authority,
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::{Outcome, Scope};
use std::time::Duration;
use testkit::{
    Answer, Peer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    partner::{Cut, TcpPartner, Wire},
    sample,
    source::{self, CONNECTIONS_MAX, Heard, Mischief, Running, SILENCE_MAX, SIZE_MAX},
};

const LONG: Duration = Duration::from_secs(20);
const START: &[u8] = b"\x02";
const END: &[u8] = b"\x03\x04";

type Values = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn block() -> Values {
    vec![text("framing", "block"), text("start", "0x02"), text("end", "0x03 0x04")]
}

fn framed(content: &[u8]) -> Vec<u8> {
    [START, content, END].concat()
}

async fn open(values: Values) -> Box<dyn Source> {
    let limits = vec![
        ("limit", Value::Count(SIZE_MAX as u64)),
        ("connections", Value::Count(CONNECTIONS_MAX as u64)),
        ("frame-idle", Value::Duration(SILENCE_MAX)),
    ];
    Tcp.source(&settings(&Tcp, true, "0", &[limits, values].concat()), &context()).await.unwrap()
}

fn lane(address: &str, values: Values) -> Box<dyn Destination> {
    let limits = vec![("timeout", Value::Duration(REPLY_TIME_MAX)), ("limit", Value::Count(4096))];
    Tcp.destination(&settings(&Tcp, false, address, &[limits, values].concat()), &context()).unwrap()
}

struct SourceSubject;

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(open(block()))
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = Peer::connect(address).await;
            peer.send(&framed(&message)).await;
            match peer.read_until(END, patience).await {
                Some(reply) => {
                    let reply = reply[START.len()..reply.len() - END.len()].to_vec();
                    let is_yes = reply.windows(6).any(|part| part == b"MSA|AA");
                    if is_yes { Heard::Success(reply) } else { Heard::Failure(reply) }
                }
                None => Heard::Nothing,
            }
        })
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            let mut peer = Peer::connect(address).await;
            let half = [START, &sample::adt("HALF")[..100]].concat();
            match mischief {
                Mischief::Junk => {
                    peer.send(&[b"GET / HTTP/1.1\r\n\r\n", sample::SECRET.as_bytes()].concat()).await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Mischief::HalfThenGone => {
                    peer.send(&half).await;
                    peer.finish().await;
                }
                Mischief::HalfThenReset => {
                    peer.send(&half).await;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    peer.reset();
                }
                Mischief::HalfThenSilent => {
                    peer.send(&half).await;
                    peer.read_to_close(LONG).await;
                }
                Mischief::TooLarge => {
                    peer.send(&framed(&sample::long_adt("BIG", SIZE_MAX + 1))).await;
                    peer.read_to_close(LONG).await;
                }
                Mischief::NeverEnding => {
                    peer.send(START).await;
                    while peer.send(&sample::long_adt("ENDLESS", 4096)).await {}
                }
                Mischief::Flood => {
                    let mut held = Vec::new();
                    for _ in 0..CONNECTIONS_MAX * 2 {
                        held.push(Peer::connect(address).await);
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
            true
        })
    }
}

fn cut(buffer: &[u8]) -> Cut {
    let end = buffer.windows(END.len()).position(|part| part == END)?;
    Some((end + END.len(), buffer[START.len()..end].to_vec()))
}

const WIRE: Wire = Wire {
    cut,
    answer: |content| framed(&sample::acknowledgment("AA", &sample::control_id(content))),
    foreign: None,
    endless: (b"\x02MSH|^~\\&|", b"and so on and so forth and so on and so forth "),
    is_repeatable: true,
};

struct DestinationSubject;

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(
            async move { TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), block())
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    source::suite(&SourceSubject).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    destination::suite(&DestinationSubject).await;
}

fn code_of(outcome: &Outcome) -> String {
    let code = reason_of(outcome).map_or_else(String::new, |reason| reason.code.to_string());
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { scope, .. } => format!("{scope:?} {code}"),
        Outcome::Permanent { .. } => format!("permanent {code}"),
        Outcome::Ambiguous { .. } => format!("ambiguous {code}"),
    }
}

async fn sent(lane: &mut Box<dyn Destination>, content: &'static [u8]) -> String {
    code_of(&lane.send(&sample::outgoing(1, Bytes::from_static(content))).await)
}

#[tokio::test]
async fn both_sides_speak_every_framing_with_one_another() {
    let framings: [Values; 6] = [
        vec![text("end", "\r\n")],
        block(),
        vec![text("framing", "length"), ("length-bytes", Value::Count(2))],
        vec![text("framing", "length"), text("length-form", "little"), text("length-counts", "all")],
        vec![text("framing", "length"), text("length-form", "digits"), ("length-bytes", Value::Count(6))],
        vec![text("framing", "fixed"), ("size", Value::Count(7))],
    ];
    let bytes = vec![text("accepted", "0x06"), text("refused", "0x15")];
    for framing in framings {
        let answers = [Answer::Accept, Answer::Refuse { is_acknowledged: false }, Answer::Accept];
        let source = open([framing.clone(), bytes.clone(), vec![text("answer", "bytes")]].concat()).await;
        let running = Running::start(source, answers);
        let mut lane = lane(&running.address, [framing.clone(), bytes.clone(), vec![text("reply", "bytes")]].concat());
        assert_eq!(sent(&mut lane, b"LABEL 1").await, "delivered", "{framing:?}");
        assert_eq!(sent(&mut lane, b"LABEL 2").await, "Message E6109", "{framing:?}");
        assert_eq!(sent(&mut lane, b"LABEL 3").await, "delivered", "{framing:?}");
        assert_eq!(running.intake.contents(), [&b"LABEL 1"[..], b"LABEL 2", b"LABEL 3"], "{framing:?}");
        assert_eq!(running.intake.peers(), 1, "one connection for all");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_connection_can_be_a_message() {
    let framing = vec![text("framing", "connection")];
    let running = Running::start(
        open([framing.clone(), vec![text("answer", "bytes"), text("accepted", "OK")]].concat()).await,
        [],
    );
    let reply = vec![text("reply", "bytes"), text("accepted", "OK")];
    let mut lane = lane(&running.address, [framing, reply].concat());
    for content in [b"A\nB\n", b"C\nD\n"] {
        assert_eq!(sent(&mut lane, content).await, "delivered");
    }
    assert_eq!(running.intake.contents(), [&b"A\nB\n"[..], b"C\nD\n"]);
    running.stop().await;
}

#[tokio::test]
async fn what_was_not_taken_never_looks_as_if_it_was() {
    for (answer, extra) in [("none", vec![]), ("bytes", vec![text("accepted", "0x06")]), ("acknowledgment", vec![])] {
        for refusal in [Answer::Refuse { is_acknowledged: false }, Answer::Later { is_acknowledged: false }] {
            let values = [block(), vec![text("answer", answer)], extra.clone()].concat();
            let running = Running::start(open(values).await, [refusal.clone()]);
            let mut peer = Peer::connect(&running.address).await;
            peer.send(&framed(&sample::adt("1"))).await;
            assert_eq!(peer.read_to_close(LONG).await.as_deref(), Some(&b""[..]), "{answer} {refusal:?}");
            running.stop().await;
        }
    }
}

#[tokio::test]
async fn a_partner_that_confirms_nothing_needs_reply_none() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Silent]).await.unwrap();
    let mut silent = lane(&partner.address(), block());
    assert_eq!(sent(&mut silent, b"1").await, "ambiguous E6106");
    let mut lane = lane(&partner.address(), [block(), vec![text("reply", "none")]].concat());
    for content in [b"2", b"3"] {
        assert_eq!(sent(&mut lane, content).await, "delivered");
    }
    let end = tokio::time::Instant::now() + LONG;
    while partner.taken().len() < 3 && tokio::time::Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(partner.taken(), [&b"1"[..], b"2", b"3"]);
}

#[tokio::test]
async fn a_message_that_does_not_fit_is_not_sent() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Accept]).await.unwrap();
    let mut lane = lane(&partner.address(), block());
    assert_eq!(sent(&mut lane, b"a\x03\x04b").await, "permanent E6110");
    assert!(partner.taken().is_empty());
}

#[tokio::test]
async fn both_sides_speak_tls() {
    let authority = Authority::new();
    let server: Values = authority.issue(&["127.0.0.1"]).shown().into_iter().chain(block()).collect();
    let running = Running::start(open(server).await, []);
    let trusting = [block(), vec![("tls", Value::Flag(true)), authority.trusted()]].concat();
    let mut secure = lane(&running.address, trusting);
    let outcome = secure.send(&sample::outgoing(1, sample::adt("1"))).await;
    assert_eq!(outcome, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", "1")) });
    let stranger = [block(), vec![("tls", Value::Flag(true)), Authority::new().trusted()]].concat();
    assert_eq!(sent(&mut lane(&running.address, stranger), b"2").await, "Destination E6504");
    assert_eq!(running.intake.contents(), [sample::adt("1")]);
    running.stop().await;
}

#[tokio::test]
async fn a_partner_that_is_killed_and_comes_back_gets_every_message_in_order() {
    let first = Running::start(open(block()).await, []);
    let address = first.address.clone();
    let mut lane = lane(&address, block());
    let mut sent = async |id: &str| lane.send(&sample::outgoing(1, sample::adt(id))).await;
    assert_eq!(code_of(&sent("1").await), "delivered");
    first.stop().await;
    assert!(matches!(sent("2").await, Outcome::Transient { scope: Scope::Destination, .. }));
    let source = Tcp.source(&settings(&Tcp, true, &address, &block()), &context()).await.unwrap();
    let second = Running::start(source, []);
    for id in ["2", "3", "4"] {
        assert_eq!(code_of(&sent(id).await), "delivered");
    }
    assert_eq!(second.intake.contents(), ["2", "3", "4"].map(sample::adt));
    second.stop().await;
}

/// What a client did not hear the answer to, it sends again; the engine knows it by its id (R4).
#[tokio::test]
async fn a_client_that_is_killed_and_comes_back_loses_nothing() {
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(50)), 8);
    let running = Running::start(open(block()).await, slow);
    for (number, id) in ["1", "2"].into_iter().enumerate() {
        let mut peer = Peer::connect(&running.address).await;
        peer.send(&framed(&sample::adt(id))).await;
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == number + 1).await);
        peer.reset();
    }
    let mut peer = Peer::connect(&running.address).await;
    for id in ["2", "3"] {
        peer.send(&framed(&sample::adt(id))).await;
        let answer = peer.read_until(END, LONG).await.unwrap();
        assert!(String::from_utf8_lossy(&answer).contains(&format!("MSA|AA|{id}")), "{answer:?}");
    }
    assert_eq!(running.intake.contents(), ["1", "2", "2", "3"].map(sample::adt));
    running.stop().await;
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |is_source: bool, values: Values, expect: &str| {
        let result = Tcp.check(&settings(&Tcp, is_source, "127.0.0.1:4001", &values), is_source);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{values:?}");
    };
    check(true, vec![], "ok");
    check(true, vec![text("framing", "block")], "E6010");
    check(true, vec![text("framing", "fixed")], "E6010");
    check(true, vec![text("framing", "length"), ("length-bytes", Value::Count(6))], "E6010");
    check(true, vec![text("answer", "bytes")], "E6010");
    check(false, vec![text("reply", "bytes"), text("accepted", "OK"), text("refused", "OKAY")], "E6010");
    check(false, vec![text("ca", "ca.pem")], "E6503");
}
