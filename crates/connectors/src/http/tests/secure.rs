//! HTTPS between our own two sides: certificates, refusals, restarts.

use super::{Http, LONG, SourceSubject, connect, post, read_answer};
use crate::{
    testing::{context, settings},
    tls::authority::{Authority, Issued},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::time::Duration;
use testkit::{
    Answer, sample,
    source::{self, CONNECTIONS_MAX, Heard, Mischief, Running, SILENCE_MAX, SIZE_MAX, Subject},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

type Values = Vec<(&'static str, Value)>;

async fn open(address: &str, values: Values) -> Box<dyn Source> {
    Http.source(&settings(&Http, true, address, &values), &context()).await.unwrap()
}

fn lane(address: &str, values: Values) -> Box<dyn Destination> {
    let settings = settings(&Http, false, &format!("https://{address}"), &values);
    Http.destination(&settings, &context()).unwrap()
}

fn serving(issued: &Issued, more: Values) -> Values {
    issued.shown().into_iter().chain(more).collect()
}

fn outcome_code(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { scope, reason, .. } => format!("{scope:?} {}", reason.code),
        Outcome::Permanent { reason, .. } => format!("permanent {}", reason.code),
        Outcome::Ambiguous { reason } => format!("ambiguous {}", reason.code),
    }
}

#[tokio::test]
async fn messages_cross_tls_on_one_connection() {
    let authority = Authority::new();
    let server = serving(&authority.issue(&["127.0.0.1"]), vec![]);
    let running = Running::start(open("127.0.0.1:0/hl7", server).await, []);
    let mut lane = lane(&running.address, vec![authority.trusted()]);
    for number in 0..5 {
        let outcome = lane.send(&sample::outgoing(number, sample::adt("1"))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", "1")) });
    }
    assert_eq!(running.intake.peers(), 1, "one connection for all");
    assert_eq!(running.intake.contents(), vec![sample::adt("1"); 5]);
    lane.close().await;
    running.stop().await;
}

#[tokio::test]
async fn a_client_certificate_is_asked_for() {
    let authority = Authority::new();
    let server = serving(&authority.issue(&["127.0.0.1"]), vec![authority.trusted()]);
    let running = Running::start(open("127.0.0.1:0/hl7", server).await, []);
    let own = authority.issue(&["lab.example.org"]);
    let mut known = lane(&running.address, serving(&own, vec![authority.trusted()]));
    assert_eq!(outcome_code(&known.send(&sample::outgoing(1, sample::adt("1"))).await), "delivered");
    // In TLS 1.3 the refusal comes after the handshake, and with luck before the connection breaks under the request.
    let mut stranger = lane(&running.address, vec![authority.trusted()]);
    let outcome = outcome_code(&stranger.send(&sample::outgoing(2, sample::adt("2"))).await);
    assert!(["Destination E6501", "ambiguous E6007"].contains(&&*outcome), "{outcome}");
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes().contains(&"E6505".into())).await);
    assert_eq!(running.intake.contents(), [sample::adt("1")], "a stranger's message was taken");
    running.stop().await;
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = serving(&authority.issue(&["elsewhere.example.org"]), vec![]);
    let running = Running::start(open("127.0.0.1:0/hl7", server).await, []);
    for values in [vec![other.trusted()], vec![authority.trusted()], vec![]] {
        let outcome = lane(&running.address, values).send(&sample::outgoing(1, sample::adt("1"))).await;
        assert_eq!(outcome_code(&outcome), "Destination E6504");
    }
    let named = vec![authority.trusted(), ("server-name", Value::Text("elsewhere.example.org".into()))];
    let outcome = lane(&running.address, named).send(&sample::outgoing(1, sample::adt("1"))).await;
    assert_eq!(outcome_code(&outcome), "delivered");
    assert_eq!(running.intake.contents().len(), 1);
    running.stop().await;

    // A plain server behind an https address, and a plain client at an encrypted port.
    let plain = Running::start(open("127.0.0.1:0/hl7", vec![]).await, []);
    let outcome = lane(&plain.address, vec![authority.trusted()]).send(&sample::outgoing(1, sample::adt("1"))).await;
    assert_eq!(outcome_code(&outcome), "Destination E6501");
    plain.stop().await;
}

#[tokio::test]
async fn a_server_that_is_killed_and_comes_back_gets_every_message_in_order() {
    let authority = Authority::new();
    let server = || serving(&authority.issue(&["127.0.0.1"]), vec![]);
    let first = Running::start(open("127.0.0.1:0/hl7", server()).await, []);
    let address = first.address.clone();
    let mut lane = lane(&address, vec![authority.trusted()]);
    let ids = ["K-1", "K-2", "K-3", "K-4"];
    assert_eq!(outcome_code(&lane.send(&sample::outgoing(1, sample::adt(ids[0]))).await), "delivered");
    first.stop().await;
    assert_eq!(outcome_code(&lane.send(&sample::outgoing(2, sample::adt(ids[1]))).await), "Destination E6003");
    let second = Running::start(open(&address, server()).await, []);
    for id in &ids[1..] {
        assert_eq!(outcome_code(&lane.send(&sample::outgoing(2, sample::adt(id))).await), "delivered");
    }
    assert_eq!(second.intake.contents(), [sample::adt("K-2"), sample::adt("K-3"), sample::adt("K-4")]);
    second.stop().await;
}

/// The conformance suite of a source, through TLS.
struct SecureSubject {
    authority: Authority,
    plain: SourceSubject,
}

impl SecureSubject {
    /// An encrypted connection, by rustls itself.
    async fn secure(&self, address: &str) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
        let mut client = settings(&Http, false, "https://127.0.0.1", &[self.authority.trusted()]);
        client.values.remove("timeout");
        let client = crate::tls::Client::read(&client, &context(), "127.0.0.1").unwrap();
        let stream = tokio::net::TcpStream::connect(address.split('/').next().unwrap()).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(client.config());
        connector.connect("127.0.0.1".try_into().unwrap(), stream).await.unwrap()
    }
}

impl Subject for SecureSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        let limits = vec![
            ("limit", Value::Count(SIZE_MAX as u64)),
            ("connections", Value::Count(CONNECTIONS_MAX as u64)),
            ("frame-idle", Value::Duration(SILENCE_MAX)),
        ];
        Box::pin(open("127.0.0.1:0/hl7", serving(&self.authority.issue(&["127.0.0.1"]), limits)))
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let exchange = async {
                let mut stream = self.secure(address).await;
                stream.write_all(&post(&message)).await.ok()?;
                stream.flush().await.ok()?;
                let mut heard = Vec::new();
                loop {
                    if let Some((_, body)) = super::cut(&heard) {
                        return Some((heard[9] == b'2', body));
                    }
                    let mut space = [0; 4096];
                    match stream.read(&mut space).await.ok()? {
                        0 => return None,
                        count => heard.extend_from_slice(&space[..count]),
                    }
                }
            };
            match tokio::time::timeout(patience, exchange).await {
                Ok(Some((true, body))) => Heard::Success(body),
                Ok(Some((false, body))) => Heard::Failure(body),
                Ok(None) | Err(_) => Heard::Nothing,
            }
        })
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            match mischief {
                // Below the handshake as well as a plain connection can be.
                Mischief::Junk | Mischief::Flood => self.plain.misbehave(address, mischief).await,
                Mischief::HalfThenGone | Mischief::HalfThenReset | Mischief::HalfThenSilent => {
                    let mut stream = self.secure(address).await;
                    let whole = post(&sample::adt("HALF"));
                    stream.write_all(&whole[..whole.len() - 50]).await.unwrap();
                    stream.flush().await.unwrap();
                    match mischief {
                        Mischief::HalfThenGone => stream.shutdown().await.unwrap(),
                        Mischief::HalfThenReset => drop(stream),
                        _ => drop(tokio::time::timeout(LONG, stream.read_to_end(&mut Vec::new())).await),
                    }
                    true
                }
                Mischief::TooLarge => {
                    let heard = self.hand_over(address, sample::long_adt("BIG", SIZE_MAX + 1), LONG).await;
                    assert!(!matches!(heard, Heard::Success(_)));
                    true
                }
                Mischief::NeverEnding => {
                    let mut stream = self.secure(address).await;
                    let head = b"POST /hl7 HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n";
                    stream.write_all(head).await.unwrap();
                    let piece = [b"400\r\n", &[b'x'; 1024][..], b"\r\n"].concat();
                    while stream.write_all(&piece).await.is_ok() && stream.flush().await.is_ok() {}
                    true
                }
            }
        })
    }
}

#[tokio::test]
async fn source_keeps_its_contract_through_tls() {
    source::suite(&SecureSubject { authority: Authority::new(), plain: SourceSubject }).await;
}

#[tokio::test]
async fn a_peer_that_says_nothing_in_the_handshake_is_let_go() {
    let authority = Authority::new();
    let idle = ("idle", Value::Duration(Duration::from_millis(200)));
    let server = serving(&authority.issue(&["127.0.0.1"]), vec![idle]);
    let running = Running::start(open("127.0.0.1:0/hl7", server).await, [Answer::Accept]);
    let mut silent = connect(&running.address).await;
    assert!(read_answer(&mut silent).await.is_none());
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6502"]).await);
    running.stop().await;
}
