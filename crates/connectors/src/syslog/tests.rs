//! The conformance suite, as far as a protocol without answers has its clauses, and what is special about syslog.

use super::Syslog;
use crate::{
    testing::{context, settings},
    tls::{Server, authority::Authority},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination},
};
use message::Outcome;
use std::time::Duration;
use testkit::{
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    partner::{Cut, TcpPartner, Wire},
    sample,
};
use tokio::io::AsyncReadExt;

type Values = Vec<(&'static str, Value)>;

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

fn lane(address: &str, values: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Syslog.destination(&settings(&Syslog, false, address, values), &context()).unwrap()
}

/// `LENGTH <PRI>1 TIME HOST APP PROCID MSGID SD MSG`: the whole, and where its message begins.
fn cut(buffer: &[u8]) -> Cut {
    let space = buffer.iter().position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(&buffer[..space]).ok()?.parse().ok()?;
    let frame = buffer.get(space + 1..space + 1 + length)?;
    let message = frame.splitn(8, |byte| *byte == b' ').nth(7).unwrap();
    Some((space + 1 + length, message.to_vec()))
}

const WIRE: Wire =
    Wire { cut, answer: |_| Vec::new(), foreign: None, endless: (b"", b"and so on and so on "), is_repeatable: false };

struct Subject;

impl destination::Subject for Subject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            // Where nothing is ever answered, silence is no fault.
            if !matches!(conducts, [Conduct::Accept | Conduct::AcceptThenClose | Conduct::Absent]) {
                return None;
            }
            TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(Settled(partner)) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &[text("transport", "tcp"), ("timeout", Value::Duration(REPLY_TIME_MAX))])
    }
}

/// A partner that is asked a moment later: it takes what was written in its own time.
struct Settled(TcpPartner);

impl Partner for Settled {
    fn address(&self) -> String {
        self.0.address()
    }
    fn taken(&self) -> Vec<Bytes> {
        let mut before = usize::MAX;
        while before != self.0.taken().len() {
            before = self.0.taken().len();
            std::thread::sleep(Duration::from_millis(200));
        }
        self.0.taken()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn destination_keeps_its_contract() {
    destination::suite(&Subject).await;
}

#[tokio::test]
async fn a_message_goes_out_as_the_standard_writes_it() {
    let authority = Authority::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let issued = authority.issue(&["127.0.0.1"]);
    let mut server = interface::catalogue::Settings { address: "".into(), values: Default::default() };
    server.values.extend(issued.shown());
    let server = Server::read(&server, &context()).unwrap().unwrap();
    let hearing = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = server.secure(stream, Duration::from_secs(10)).await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        String::from_utf8(heard).unwrap()
    });
    let values: Values = vec![
        authority.trusted(),
        ("facility", Value::Count(10)),
        text("severity", "notice"),
        text("hostname", "hub.example.org"),
        text("message-id", "IHE+RFC-3881"),
    ];
    let mut lane = lane(&address, &values);
    for content in ["<AuditMessage/>", "second"] {
        let outcome = lane.send(&sample::outgoing(1, Bytes::from_static(content.as_bytes()))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: None });
    }
    lane.close().await;
    let heard = hearing.await.unwrap();
    let header = "<85>1 2026-03-01T07:08:09.123Z hub.example.org sinew - IHE+RFC-3881 - ";
    let frame = |text: &str| format!("{} {header}{text}", header.len() + text.len());
    assert_eq!(heard, format!("{}{}", frame("<AuditMessage/>"), frame("second")));
}

#[tokio::test]
async fn a_datagram_is_one_message() {
    let server = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut lane = lane(&server.local_addr().unwrap().to_string(), &[text("transport", "udp")]);
    let outcome = lane.send(&sample::outgoing(1, Bytes::from_static(b"hello"))).await;
    assert_eq!(outcome, Outcome::Delivered { reply: None });
    let mut space = [0; 1024];
    let count = server.recv(&mut space).await.unwrap();
    let heard = String::from_utf8_lossy(&space[..count]).into_owned();
    assert!(heard.starts_with("<110>1 2026-03-01T07:08:09") && heard.ends_with(" - sinew - - - hello"), "{heard}");
    let outcome = lane.send(&sample::outgoing(2, Bytes::from(vec![b'x'; 70_000]))).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6110");
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing() {
    let partner = TcpPartner::start(WIRE, &[Conduct::Accept]).await.unwrap();
    let quick = [("connect-timeout", Value::Duration(REPLY_TIME_MAX))];
    let outcome = lane(&partner.address(), &quick).send(&sample::outgoing(1, sample::adt("1"))).await;
    assert_eq!(reason_of(&outcome).unwrap().code, "E6501", "{outcome:?}");
    assert!(partner.taken().is_empty());
}

/// The frame that a connection brings next.
async fn heard(stream: &mut tokio::net::TcpStream) -> Option<Vec<u8>> {
    let mut buffer = Vec::new();
    loop {
        if let Some((size, message)) = cut(&buffer) {
            assert_eq!(size, buffer.len(), "one message is written at a time");
            return Some(message);
        }
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// What was written and not yet read when the server died is lost with it: the protocol has no answer. What is sent from
/// then on waits, and comes in order.
#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_gets_every_message_from_then_on_in_order() {
    let listen = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listen.local_addr().unwrap().to_string();
    let mut lane = lane(&address, &[text("transport", "tcp")]);
    let send = async |lane: &mut Box<dyn Destination>, id: &str| lane.send(&sample::outgoing(1, sample::adt(id))).await;
    let delivered = Outcome::Delivered { reply: None };
    assert_eq!(send(&mut lane, "1").await, delivered);
    let (mut stream, _) = listen.accept().await.unwrap();
    assert_eq!(heard(&mut stream).await, Some(sample::adt("1").to_vec()));
    drop((listen, stream));
    for _ in 0..2 {
        let outcome = send(&mut lane, "2").await;
        assert_eq!(reason_of(&outcome).unwrap().code, "E6003", "nothing was sent: {outcome:?}");
    }
    let listen = tokio::net::TcpListener::bind(&address).await.unwrap();
    let ids = ["2", "3", "4"];
    let mut stream = None;
    for id in ids {
        assert_eq!(send(&mut lane, id).await, delivered);
        if stream.is_none() {
            stream = Some(listen.accept().await.unwrap().0);
        }
        assert_eq!(heard(stream.as_mut().unwrap()).await, Some(sample::adt(id).to_vec()));
    }
}

/// What was written in part, nobody knows of; the next message begins on another connection.
#[tokio::test]
async fn a_message_that_is_written_in_part_is_in_doubt() {
    for is_reset in [false, true] {
        let listen = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listen.local_addr().unwrap().to_string();
        let mut lane =
            lane(&address, &[text("transport", "tcp"), ("timeout", Value::Duration(Duration::from_secs(2)))]);
        // More than the two ends of a connection hold, so that it stays half written while nobody reads.
        let large = sample::outgoing(1, sample::long_adt("1", 64 * 1024 * 1024));
        let server = async {
            let (mut stream, _) = listen.accept().await.unwrap();
            let _ = stream.read_exact(&mut [0; 1000]).await;
            if is_reset {
                stream.set_zero_linger().unwrap();
                return None;
            }
            Some(stream)
        };
        let (outcome, _kept) = tokio::join!(lane.send(&large), server);
        assert!(matches!(&outcome, Outcome::Ambiguous { reason } if reason.code == "E6007"), "{outcome:?}");
        let small = sample::outgoing(2, sample::adt("2"));
        let server = async { heard(&mut listen.accept().await.unwrap().0).await };
        let (outcome, heard) = tokio::join!(lane.send(&small), server);
        assert_eq!((outcome, heard), (Outcome::Delivered { reply: None }, Some(sample::adt("2").to_vec())));
    }
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |values: &[(&'static str, Value)], expect: &str| {
        let result = Syslog.check(&settings(&Syslog, false, "log.example.org:6514", values), false);
        assert_eq!(result.map_or_else(|reason| reason.code.to_string(), |()| "ok".to_owned()), expect, "{values:?}");
    };
    check(&[], "ok");
    check(&[text("app-name", "a b")], "E6010");
    check(&[text("message-id", &"x".repeat(33))], "E6010");
    check(&[text("transport", "tcp"), text("ca", "ca.pem")], "E6503");
}
