//! The conformance suites over loopback sockets, and what is special about HTTP.

mod asked;
mod hostile;
mod secure;

use super::Http;
use crate::{
    testing::{context, settings},
    web::testing::{WIRE, cut, respond},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::time::Duration;
use testkit::{
    Answer, Peer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX},
    partner::{TcpPartner, Wire},
    sample,
    source::{self, CONNECTIONS_MAX, Heard, Mischief, Running, SILENCE_MAX, SIZE_MAX},
};

const LONG: Duration = Duration::from_secs(20);

async fn open() -> Box<dyn Source> {
    let values = [
        ("limit", Value::Count(SIZE_MAX as u64)),
        ("connections", Value::Count(CONNECTIONS_MAX as u64)),
        ("frame-idle", Value::Duration(SILENCE_MAX)),
    ];
    Http.source(&settings(&Http, true, "127.0.0.1:0/hl7", &values), &context()).await.unwrap()
}

fn lane(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    let values = [vec![("timeout", Value::Duration(REPLY_TIME_MAX)), ("limit", Value::Count(4096))], extra.to_vec()];
    let settings = settings(&Http, false, &format!("http://{address}/hl7"), &values.concat());
    Http.destination(&settings, &context()).unwrap()
}

fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{line} HTTP/1.1\r\nHost: test\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn post(body: &[u8]) -> Vec<u8> {
    request("POST /hl7", "Content-Type: application/hl7-v2\r\n", body)
}

async fn connect(address: &str) -> Peer {
    Peer::connect(address.split('/').next().unwrap()).await
}

/// Status, head and body of the next answer; `None` if the other side closes.
async fn read_answer(peer: &mut Peer) -> Option<(u16, String, Vec<u8>)> {
    let head = String::from_utf8(peer.read_until(b"\r\n\r\n", LONG).await?).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    Some((status, head, peer.read_exact(length.unwrap_or(0), LONG).await?))
}

struct SourceSubject;

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(open())
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = connect(address).await;
            peer.send(&post(&message)).await;
            let answer = tokio::time::timeout(patience, read_answer(&mut peer)).await;
            match answer.ok().flatten() {
                Some((200..=299, _, body)) => Heard::Success(body),
                Some((_, _, body)) => Heard::Failure(body),
                None => Heard::Nothing,
            }
        })
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            misbehave(address, mischief).await;
            true
        })
    }
}

async fn misbehave(address: &str, mischief: Mischief) {
    let mut peer = connect(address).await;
    let whole = post(&sample::adt("HALF"));
    let half = &whole[..whole.len() - 50];
    match mischief {
        Mischief::Junk => {
            peer.send(&[b"\x0bMSH|^~\\&|", sample::SECRET.as_bytes(), b"\r\x1c\r"].concat()).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::HalfThenGone => {
            peer.send(half).await;
            peer.finish().await;
        }
        Mischief::HalfThenReset => {
            peer.send(half).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            peer.reset();
        }
        Mischief::HalfThenSilent => {
            peer.send(half).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::TooLarge => {
            peer.send(&post(&sample::long_adt("BIG", SIZE_MAX + 1))).await;
            peer.read_to_close(LONG).await;
        }
        Mischief::NeverEnding => {
            peer.send(b"POST /hl7 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            while peer.send(&[b"400\r\n", &[b'x'; 1024][..], b"\r\n"].concat()).await {}
        }
        Mischief::Flood => {
            let mut held = Vec::new();
            for _ in 0..CONNECTIONS_MAX * 2 {
                held.push(connect(address).await);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }
}

struct DestinationSubject;

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(
            async move { TcpPartner::start(WIRE, conducts).await.map(|partner| Box::new(partner) as Box<dyn Partner>) },
        )
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &[])
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

#[tokio::test]
async fn statuses_say_what_the_engine_said() {
    let later = |is_acknowledged| Answer::Later { is_acknowledged };
    let refuse = |is_acknowledged| Answer::Refuse { is_acknowledged };
    let answers = [Answer::Accept, Answer::AcceptSilently, later(true), later(false), refuse(true), refuse(false)];
    let running = Running::start(open().await, answers);
    // One connection for all: each answer leaves it usable.
    let mut peer = connect(&running.address).await;
    let mut exchange = async || {
        peer.send(&post(&sample::adt("1"))).await;
        read_answer(&mut peer).await.unwrap()
    };
    let (status, head, body) = exchange().await;
    assert_eq!((status, &body[..]), (200, &sample::acknowledgment("AA", "1")[..]));
    assert!(head.contains("content-type: application/hl7-v2"), "{head}");
    assert_eq!(exchange().await.0, 204);
    let (status, head, body) = exchange().await;
    assert_eq!((status, &body[..]), (503, &sample::acknowledgment("AR", "1")[..]));
    assert!(head.contains("retry-after: 5"), "{head}");
    let (status, head, body) = exchange().await;
    assert_eq!(status, 503);
    assert!(head.contains("retry-after: 5") && head.contains("application/problem+json"), "{head}");
    let expect = br#"{"type":"about:blank","title":"Service Unavailable","status":503,"code":"E5999"}"#;
    assert_eq!(body, expect);
    let (status, _, body) = exchange().await;
    assert_eq!((status, &body[..]), (422, &sample::acknowledgment("AE", "1")[..]));
    assert_eq!(exchange().await.0, 422);
    running.stop().await;
}

#[tokio::test]
async fn requests_that_are_not_for_us() {
    let check = async |sent: Vec<u8>, expect: u16, code: &str| {
        let running = Running::start(open().await, []);
        let mut peer = connect(&running.address).await;
        peer.send(&sent).await;
        let (status, _, body) = read_answer(&mut peer).await.unwrap();
        let body = String::from_utf8(body).unwrap();
        assert_eq!(status, expect);
        assert!(body.contains(code) && !body.contains(sample::SECRET), "{body}");
        assert_eq!(running.intake.reported_codes(), [code]);
        assert!(running.intake.contents().is_empty());
        running.stop().await;
    };
    let message = sample::adt("1");
    let typed = |media_type: &str| format!("Content-Type: {media_type}\r\n");
    check(request("POST /other", "", &message), 404, "E6301").await;
    check(request("GET /hl7", "", b""), 405, "E6301").await;
    check(request("POST /hl7", &typed("application/x-www-form-urlencoded"), &message), 415, "E6301").await;
    check(post(b""), 400, "E6301").await;
    check(post(&sample::long_adt("BIG", SIZE_MAX + 1)), 413, "E6302").await;
}

#[tokio::test]
async fn media_types_that_are_taken() {
    let running = Running::start(open().await, []);
    let mut peer = connect(&running.address).await;
    for headers in ["", "Content-Type: text/plain\r\n", "content-type: Application/HL7-v2; charset=utf-8\r\n"] {
        peer.send(&request("POST /hl7?from=test", headers, &sample::adt("1"))).await;
        assert_eq!(read_answer(&mut peer).await.unwrap().0, 200, "{headers}");
    }
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cut_storing_off() {
    let running = Running::start(open().await, [Answer::AcceptAtGate]);
    let mut peer = connect(&running.address).await;
    peer.send(&post(&sample::adt("1"))).await;
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 1).await);
    peer.reset();
    assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 0).await);
    running.intake.open_gate();
    assert!(running.intake.wait_for(LONG, |intake| intake.answered() == 1).await, "accept was dropped half-way");
    running.stop().await;
}

/// What a client did not hear the answer to, it sends again; the engine knows it by its id (R4).
#[tokio::test]
async fn a_client_that_is_killed_and_comes_back_loses_nothing() {
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(50)), 8);
    let running = Running::start(open().await, slow);
    for (number, id) in ["1", "2"].into_iter().enumerate() {
        let mut peer = connect(&running.address).await;
        peer.send(&post(&sample::adt(id))).await;
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == number + 1).await);
        peer.reset();
    }
    let mut peer = connect(&running.address).await;
    for id in ["2", "3"] {
        peer.send(&post(&sample::adt(id))).await;
        assert_eq!(read_answer(&mut peer).await.unwrap().0, 200);
    }
    assert_eq!(running.intake.contents(), ["1", "2", "2", "3"].map(sample::adt));
    running.stop().await;
}

#[tokio::test]
async fn an_idle_connection_ends_when_draining() {
    let running = Running::start(open().await, []);
    let mut peer = connect(&running.address).await;
    peer.send(&post(&sample::adt("1"))).await;
    assert_eq!(read_answer(&mut peer).await.unwrap().0, 200);
    running.drain();
    assert!(peer.read_to_close(LONG).await.is_some());
    assert!(running.stop().await < Duration::from_secs(8), "not by the limit of a drain");
}

#[tokio::test]
async fn what_is_posted() {
    let wire = Wire {
        // The whole request, so that the test can look at its head.
        cut: |buffer| cut(buffer).map(|(size, _)| (size, buffer[..size].to_vec())),
        answer: |_| respond("503 Busy", "Retry-After: 7\r\n", b""),
        ..WIRE
    };
    let partner = TcpPartner::start(wire, &[Conduct::Accept]).await.unwrap();
    let headers = Value::List(vec!["X-Site: NORTH".into(), "Authorization: Bearer abc".into()]);
    let mut lane = lane(&partner.address(), &[("headers", headers)]);
    let outcome = lane.send(&sample::outgoing(1, sample::adt("1"))).await;
    let Outcome::Transient { retry_after, reason, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((retry_after, &*reason.code), (Some(Duration::from_secs(7)), "E6304"));
    let sent = String::from_utf8(partner.taken()[0].to_vec()).unwrap();
    assert!(sent.starts_with("POST /hl7 HTTP/1.1\r\n"), "{sent}");
    for header in ["host: 127.0.0.1:", "content-type: application/hl7-v2\r\n", "x-site: NORTH\r\n", "Bearer abc"] {
        assert!(sent.contains(header), "{header} is missing in {sent}");
    }
    assert!(sent.ends_with(&*String::from_utf8_lossy(&sample::adt("1"))));
}

#[test]
fn addresses_and_headers_are_checked() {
    let check = |address: &str, header: &str, code: &str| {
        let values = [("headers", Value::List(vec![header.into()]))];
        let result = Http.destination(&settings(&Http, false, address, &values), &context());
        assert_eq!(result.err().map_or("ok".to_owned(), |reason| reason.code.to_string()), code, "{address} {header}");
    };
    check("http://a.example:8080/hl7?x=1", "X-A: b", "ok");
    check("http://a.example", "X-A: b", "ok");
    check("https://a.example/hl7", "X-A: b", "ok");
    check("http://user:hunter2@a.example/hl7", "X-A: b", "E6001");
    check("ftp://a.example/hl7", "X-A: b", "E6001");
    check("a.example", "X-A: b", "E6001");
    check("http://a.example", "no colon", "E6010");
    check("http://a.example", "Content-Length: 7", "E6010");
    check("http://a.example", "X-A: b\nX-B: c", "E6010");
}
