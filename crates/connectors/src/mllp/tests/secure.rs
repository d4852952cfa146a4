//! MLLP inside TLS: both conformance suites through it, certificates that are wrong, what a certificate may send.

use super::*;
use crate::{
    testing::context_in,
    tls::{
        self,
        authority::{Authority, Issued},
    },
};
use std::sync::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub(super) type Values = Vec<(&'static str, Value)>;

pub(super) fn serving(issued: &Issued, more: Values) -> Values {
    issued.shown().into_iter().chain(more).collect()
}

pub(super) fn calling(authority: &Authority, own: Option<&Issued>) -> Values {
    let own = own.into_iter().flat_map(Issued::shown);
    own.chain([("tls", Value::Flag(true)), authority.trusted()]).collect()
}

pub(super) fn list(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|text| (*text).into()).collect())
}

fn code_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered { .. } => "delivered".to_owned(),
        Outcome::Transient { reason, .. } => format!("transient {}", reason.code),
        Outcome::Permanent { reason, .. } => format!("permanent {}", reason.code),
        Outcome::Ambiguous { reason } => format!("ambiguous {}", reason.code),
    }
}

async fn sent(lane: &mut Box<dyn Destination>, id: &str) -> String {
    code_of(&lane.send(&sample::outgoing(1, sample::adt(id))).await)
}

#[tokio::test]
async fn messages_cross_on_one_connection() {
    let authority = Authority::new();
    let running = Running::start(open(&serving(&authority.issue(&["127.0.0.1"]), vec![])).await, []);
    let mut lane = lane(&running.address, &calling(&authority, None));
    for id in ["1", "2", "3"] {
        let outcome = lane.send(&sample::outgoing(1, sample::adt(id))).await;
        assert_eq!(outcome, Outcome::Delivered { reply: Some(sample::acknowledgment("AA", id)) });
    }
    // Three records of TLS and a little more.
    let large = sample::long_adt("BIG", 15 * 1024);
    let outcome = lane.send(&sample::outgoing(1, large.clone())).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    assert_eq!(running.intake.peers(), 1, "one connection for all");
    assert_eq!(running.intake.contents(), [sample::adt("1"), sample::adt("2"), sample::adt("3"), large]);
    lane.close().await;
    running.stop().await;
}

#[tokio::test]
async fn a_large_message_arrives_whole_through_tls() {
    let authority = Authority::new();
    let limit = vec![("limit", Value::Count(8 << 20))];
    let running = Running::start(open(&serving(&authority.issue(&["127.0.0.1"]), limit)).await, []);
    let patient = [calling(&authority, None), vec![("timeout", Value::Duration(LONG))]].concat();
    let message = sample::long_adt("BIG", 3 * 1024 * 1024);
    let outcome = lane(&running.address, &patient).send(&sample::outgoing(1, message.clone())).await;
    assert!(matches!(outcome, Outcome::Delivered { .. }), "{outcome:?}");
    assert!(running.intake.contents() == [message]);
    running.stop().await;
}

#[tokio::test]
async fn who_is_not_trusted_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let elsewhere = serving(&authority.issue(&["elsewhere.example.org"]), vec![]);
    let running = Running::start(open(&elsewhere).await, []);
    for values in [calling(&other, None), calling(&authority, None), vec![("tls", Value::Flag(true))]] {
        assert_eq!(sent(&mut lane(&running.address, &values), "1").await, "transient E6504");
    }
    let named =
        [calling(&authority, None), vec![("server-name", Value::Text("elsewhere.example.org".into()))]].concat();
    assert_eq!(sent(&mut lane(&running.address, &named), "1").await, "delivered");
    // Without encryption nothing is understood, and nothing is taken.
    let outcome = sent(&mut lane(&running.address, &[]), "2").await;
    assert_eq!(outcome.split(' ').next(), Some("ambiguous"), "{outcome}");
    assert_eq!(running.intake.contents(), [sample::adt("1")]);
    running.stop().await;
    let old = Running::start(open(&serving(&authority.issue_until(&["127.0.0.1"], 2001), vec![])).await, []);
    assert_eq!(sent(&mut lane(&old.address, &calling(&authority, None)), "3").await, "transient E6504");
    old.stop().await;
    let plain = Running::start(open(&[]).await, []);
    assert_eq!(sent(&mut lane(&plain.address, &calling(&authority, None)), "4").await, "transient E6501");
    assert!(plain.intake.contents().is_empty());
    plain.stop().await;
}

#[tokio::test]
async fn senders_show_the_right_certificate_or_are_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let asking = vec![authority.trusted(), ("clients", list(&["lab.example.org"]))];
    let running = Running::start(open(&serving(&authority.issue(&["127.0.0.1"]), asking)).await, []);
    let lab = authority.issue(&["lab.example.org"]);
    assert_eq!(sent(&mut lane(&running.address, &calling(&authority, Some(&lab))), "1").await, "delivered");
    let strangers = [
        None,
        Some(other.issue(&["lab.example.org"])),
        Some(authority.issue_until(&["lab.example.org"], 2001)),
        Some(authority.issue(&["ward.example.org"])),
    ];
    for (number, stranger) in strangers.iter().enumerate() {
        let outcome = sent(&mut lane(&running.address, &calling(&authority, stranger.as_ref())), "2").await;
        // In TLS 1.3 the refusal comes after the handshake is over for the client.
        assert!(["transient E6501", "ambiguous E6007"].contains(&&*outcome), "{number}: {outcome}");
        let refused = number + 1;
        let is_told = |codes: Vec<String>| codes == vec!["E6505".to_owned(); refused];
        assert!(running.intake.wait_for(LONG, |intake| is_told(intake.reported_codes())).await, "{number}");
    }
    assert_eq!(running.intake.contents(), [sample::adt("1")], "a stranger's message was taken");
    running.stop().await;
}

#[tokio::test]
async fn a_certificate_speaks_for_its_sender_only() {
    let authority = Authority::new();
    let message = sample::adt("1");
    let header = String::from_utf8(message[..60].to_vec()).unwrap();
    let mut fields = header.split('|').skip(2);
    let (application, facility) = (fields.next().unwrap(), fields.next().unwrap());
    let names = ["lab.example.org", "ward.example.org", "new.example.org"];
    let rules = |types: &str| {
        let rules = vec![
            authority.trusted(),
            ("clients", list(&names)),
            ("senders", list(&[&format!("lab.example.org {application}|{facility}"), "ward.example.org OTHER|*"])),
            ("types", list(&[types, "ward.example.org *"])),
        ];
        serving(&authority.issue(&["127.0.0.1"]), rules)
    };
    let running = Running::start(open(&rules("lab.example.org ADT")).await, []);
    let as_peer = |name: &str| calling(&authority, Some(&authority.issue(&[name])));
    assert_eq!(sent(&mut lane(&running.address, &as_peer(names[0])), "1").await, "delivered");
    for name in &names[1..] {
        let outcome = sent(&mut lane(&running.address, &as_peer(name)), "2").await;
        assert_ne!(outcome, "delivered", "{name} spoke for another");
    }
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6801", "E6801"]).await);
    assert_eq!(running.intake.contents(), [sample::adt("1")]);
    running.stop().await;
    let running = Running::start(open(&rules("lab.example.org ORU^R01")).await, []);
    assert_ne!(
        sent(&mut lane(&running.address, &as_peer(names[0])), "1").await,
        "delivered",
        "a type that is not listed"
    );
    assert!(running.intake.contents().is_empty());
    running.stop().await;
}

#[test]
fn settings_that_do_not_go_together() {
    let check = |is_source: bool, values: &[(&'static str, Value)], part: &str| {
        let settings = settings(&Mllp, is_source, "127.0.0.1:2575", values);
        let said = Mllp.check(&settings, is_source).map_or_else(|reason| reason.to_string(), |()| "ok".to_owned());
        assert!(said.contains(part), "{said}, not {part}");
    };
    check(false, &[("ca", Value::Text("ca.pem".into()))], "E6503: `ca` needs `tls yes`");
    check(false, &[("ca", Value::Text("ca.pem".into())), ("tls", Value::Flag(true))], "ok");
    check(true, &[("senders", list(&["lab.example.org LAB|NORTH"]))], "E6010");
}

#[tokio::test]
async fn a_renewed_certificate_is_used_without_a_restart() {
    let folder = testkit::Folder::new();
    let (before, after) = (Authority::new(), Authority::new());
    let put = |issued: &Issued| {
        std::fs::write(folder.join("a.pem"), &issued.cert).unwrap();
        std::fs::write(folder.join("a.key"), &issued.key).unwrap();
    };
    put(&before.issue(&["127.0.0.1"]));
    let files = [("cert", Value::Text("a.pem".into())), ("key", Value::Text("a.key".into()))];
    let values = [source_values(), files.to_vec()].concat();
    let source = Mllp.source(&settings(&Mllp, true, "0", &values), &context_in(folder.path())).await.unwrap();
    let running = Running::start(source, []);
    let mut kept = lane(&running.address, &calling(&before, None));
    assert_eq!(sent(&mut kept, "1").await, "delivered");
    put(&after.issue(&["127.0.0.1", "renewed.example.org"]));
    assert_eq!(sent(&mut lane(&running.address, &calling(&after, None)), "2").await, "delivered");
    assert_eq!(sent(&mut lane(&running.address, &calling(&before, None)), "3").await, "transient E6504");
    assert_eq!(sent(&mut kept, "4").await, "delivered", "an open connection stays");
    running.stop().await;
}

#[tokio::test]
async fn a_partner_that_is_killed_and_comes_back_gets_every_message_in_order() {
    let authority = Authority::new();
    let server = serving(&authority.issue(&["127.0.0.1"]), vec![]);
    let first = Running::start(open(&server).await, []);
    let address = first.address.clone();
    let mut lane = lane(&address, &calling(&authority, None));
    assert_eq!(sent(&mut lane, "1").await, "delivered");
    first.stop().await;
    assert_eq!(sent(&mut lane, "2").await, "transient E6003");
    let values = [source_values(), server].concat();
    let source = Mllp.source(&settings(&Mllp, true, &address, &values), &context()).await.unwrap();
    let second = Running::start(source, []);
    for id in ["2", "3", "4"] {
        assert_eq!(sent(&mut lane, id).await, "delivered");
    }
    assert_eq!(second.intake.contents(), ["2", "3", "4"].map(sample::adt));
    second.stop().await;
}

/// An encrypted connection of a test.
async fn secure(authority: &Authority, address: &str) -> tls::Stream<TcpStream> {
    let settings = settings(&Mllp, false, address, &calling(authority, None));
    let client = tls::Client::read(&settings, &context(), "127.0.0.1").unwrap();
    tls::connect(address, LONG, Some(&client)).await.unwrap()
}

struct SecureSource(Authority);

impl source::Subject for SecureSource {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        let values = serving(&self.0.issue(&["127.0.0.1"]), vec![]);
        Box::pin(async move { open(&values).await })
    }

    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let exchange = async {
                let mut stream = secure(&self.0, address).await;
                stream.write_all(&framed(&message)).await.ok()?;
                stream.flush().await.ok()?;
                let mut heard = Vec::new();
                while !heard.ends_with(wire::END) {
                    if stream.read_buf(&mut heard).await.ok()? == 0 {
                        return None;
                    }
                }
                Some(heard[1..heard.len() - 2].to_vec())
            };
            match tokio::time::timeout(patience, exchange).await {
                Ok(Some(reply)) if reply.windows(6).any(|part| part == b"MSA|AA") => Heard::Success(reply),
                Ok(Some(reply)) => Heard::Failure(reply),
                Ok(None) | Err(_) => Heard::Nothing,
            }
        })
    }

    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            // Junk and a flood are below the handshake.
            if matches!(mischief, Mischief::Junk | Mischief::Flood) {
                misbehave(address, mischief).await;
                return true;
            }
            let mut stream = secure(&self.0, address).await;
            let half = [wire::START, &sample::adt("HALF")[..100]].concat();
            match mischief {
                Mischief::TooLarge => {
                    let _ = stream.write_all(&framed(&sample::long_adt("BIG", SIZE_MAX + 1))).await;
                    let _ = stream.flush().await;
                    let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut Vec::new())).await;
                }
                Mischief::NeverEnding => {
                    let _ = stream.write_all(wire::START).await;
                    let piece = sample::long_adt("ENDLESS", 4096);
                    while stream.write_all(&piece).await.is_ok() && stream.flush().await.is_ok() {}
                }
                _ => {
                    stream.write_all(&half).await.unwrap();
                    stream.flush().await.unwrap();
                    match mischief {
                        Mischief::HalfThenGone => stream.shutdown().await.unwrap(),
                        Mischief::HalfThenSilent => {
                            let _ = tokio::time::timeout(LONG, stream.read_to_end(&mut Vec::new())).await;
                        }
                        _ => {}
                    }
                }
            }
            true
        })
    }
}

/// A partner of the suite with TLS in front of it.
struct SecurePartner {
    behind: TcpPartner,
    address: String,
    accepting: Option<JoinHandle<()>>,
}

impl Partner for SecurePartner {
    fn address(&self) -> String {
        self.address.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        self.behind.taken()
    }
}

impl Drop for SecurePartner {
    fn drop(&mut self) {
        if let Some(accepting) = &self.accepting {
            accepting.abort();
        }
    }
}

struct SecureDestination(Authority, Mutex<Option<tls::Server>>);

impl SecureDestination {
    fn new() -> SecureDestination {
        let authority = Authority::new();
        let values = serving(&authority.issue(&["127.0.0.1"]), vec![]);
        let server = tls::Server::read(&settings(&Mllp, true, "0", &values), &context()).unwrap();
        SecureDestination(authority, Mutex::new(server))
    }
}

impl destination::Subject for SecureDestination {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        let server = self.1.lock().unwrap().clone().unwrap();
        Box::pin(async move {
            let behind = TcpPartner::start(WIRE, conducts).await?;
            if conducts == [Conduct::Absent] {
                let address = behind.address();
                return Some(Box::new(SecurePartner { behind, address, accepting: None }) as Box<dyn Partner>);
            }
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let (address, target) = (listener.local_addr().unwrap().to_string(), behind.address());
            let accepting = tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (server, target) = (server.clone(), target.clone());
                    tokio::spawn(async move {
                        let Ok(mut front) = server.secure(stream, LONG).await else { return };
                        let Ok(mut back) = TcpStream::connect(&target).await else { return };
                        let _ = copy_bidirectional(&mut front, &mut back).await;
                    });
                }
            });
            Some(Box::new(SecurePartner { behind, address, accepting: Some(accepting) }) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane(&partner.address(), &calling(&self.0, None))
    }
}

#[tokio::test]
async fn source_keeps_its_contract_through_tls() {
    source::suite(&SecureSource(Authority::new())).await;
}

#[tokio::test]
async fn destination_keeps_its_contract_through_tls() {
    destination::suite(&SecureDestination::new()).await;
}
