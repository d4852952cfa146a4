//! The conformance suites over a NATS server, whose answers something in between can spoil; and what is special about streams.

use super::{Nats, config, key, protocol::Connection};
use crate::{
    testing::{context, settings},
    tls::authority::Authority,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use serde_json::{Value as Json, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{
    Answer,
    between::{Between, Manner},
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    sample,
    server::NatsServer,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(20);

fn server(lines: &str) -> Option<NatsServer> {
    NatsServer::start(lines).map_err(|why| println!("skipped: no NATS: {why}")).ok()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

async fn open(port: u16, stream: &str, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let lower = stream.to_lowercase();
    let own = vec![
        ("limit", Value::Count(SIZE_MAX as u64)),
        ("subject", text(&format!("{lower}.in"))),
        ("refused", text(&format!("{lower}.refused"))),
        ("ack-wait", Value::Duration(Duration::from_secs(15))),
    ];
    let values = [own, extra.to_vec()].concat();
    let address = format!("127.0.0.1:{port}/{stream}");
    Nats.source(&settings(&Nats, true, &address, &values), &context()).await.unwrap()
}

fn lane_with(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Nats.destination(&settings(&Nats, false, address, extra), &context()).unwrap()
}

/// Another user of the server, and a stream of their own.
struct Peer {
    connection: Connection,
    stream: String,
}

impl Peer {
    async fn connect(port: u16, stream: &str) -> Peer {
        let address = format!("127.0.0.1:{port}/{}.in", stream.to_lowercase());
        let config = config::Writing::read(&settings(&Nats, false, &address, &[]), Some(&context())).unwrap();
        let connection = Connection::open(&config.login, None, 1 << 20).await.unwrap();
        Peer { connection, stream: stream.to_owned() }
    }
    /// A stream that keeps `tN.>`, and nothing of anybody else.
    async fn with_stream(port: u16) -> Peer {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let stream = format!("T{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut peer = Peer::connect(port, &stream).await;
        let subjects = json!([format!("{}.>", stream.to_lowercase())]);
        peer.api("STREAM.CREATE", json!({ "name": stream, "subjects": subjects, "storage": "file" })).await;
        peer
    }
    async fn api(&mut self, what: &str, question: Json) -> Json {
        let subject = format!("$JS.API.{what}.{}", self.stream);
        let answer = self.connection.request(&subject, &question, LONG).await.unwrap();
        assert!(answer["error"].is_null(), "{what}: {answer}");
        answer
    }
    async fn consumer(&mut self) -> Json {
        let subject = format!("$JS.API.CONSUMER.INFO.{}.sinew", self.stream);
        self.connection.request(&subject, &json!({}), LONG).await.unwrap()
    }
    async fn add(&mut self, message: &[u8]) -> u64 {
        let subject = format!("{}.in", self.stream.to_lowercase());
        match self.connection.ask(&subject, "", message).await.unwrap() {
            super::protocol::Answer::Value(value) => value["seq"].as_u64().unwrap(),
            _ => panic!("not kept"),
        }
    }
    async fn wait(&mut self, number: u64, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if self.consumer().await["ack_floor"]["stream_seq"].as_u64().is_some_and(|floor| floor >= number) {
                return true;
            }
            sleep(Duration::from_millis(10)).await;
        }
        false
    }
    /// Everything in the stream: subject, headers, content.
    async fn all(&mut self) -> Vec<(String, String, Bytes)> {
        let state = self.api("STREAM.INFO", json!({})).await["state"].clone();
        let mut found = Vec::new();
        for number in state["first_seq"].as_u64().unwrap()..=state["last_seq"].as_u64().unwrap() {
            let message = self.api("STREAM.MSG.GET", json!({ "seq": number })).await["message"].clone();
            let bytes = |name: &str| STANDARD.decode(message[name].as_str().unwrap_or_default()).unwrap();
            let headers = String::from_utf8(bytes("hdrs")).unwrap();
            found.push((message["subject"].as_str().unwrap().to_owned(), headers, bytes("data").into()));
        }
        found
    }
    async fn contents(&mut self) -> Vec<Bytes> {
        self.all().await.into_iter().map(|(_, _, content)| content).collect()
    }
}

struct SourceSubject(NatsServer);

impl SourceSubject {
    async fn peer(&self, address: &str) -> Peer {
        Peer::connect(self.0.daemon().port(), address.rsplit('/').next().unwrap()).await
    }
}

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let peer = Peer::with_stream(self.0.daemon().port()).await;
            open(self.0.daemon().port(), &peer.stream, &[]).await
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = self.peer(address).await;
            let number = peer.add(&message).await;
            let is_settled = peer.wait(number, patience).await;
            let refused = format!("Sinew-Sequence: {number}\r\n");
            match peer.all().await.iter().any(|(_, headers, _)| headers.contains(&refused)) {
                true => Heard::Failure(Vec::new()),
                false if is_settled => Heard::Success(Vec::new()),
                false => Heard::Nothing,
            }
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            let mut peer = self.peer(address).await;
            let number = match mischief {
                Mischief::TooLarge => peer.add(&sample::long_adt("BIG", SIZE_MAX + 1)).await,
                Mischief::Junk => peer.add(b"").await,
                Mischief::HalfThenGone
                | Mischief::HalfThenReset
                | Mischief::HalfThenSilent
                | Mischief::NeverEnding
                | Mischief::Flood => return false,
            };
            peer.wait(number, LONG).await
        })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

const MANNER: Manner = Manner {
    foreign: b"MSG _INBOX.other.a.1 1 24\r\n{\"stream\":\"X\",\"seq\":10}\n\r\n",
    endless: (b"MSG _INBOX.other.a.1 1 9000000000\r\n", b"and so on"),
};

struct DestinationSubject(NatsServer);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            let port = self.0.daemon().port();
            let place = format!("{}.in", Peer::with_stream(port).await.stream.to_lowercase());
            Some(Box::new(Between::start(port, &place, MANNER, conducts).await) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_with(&partner.address(), &[("timeout", Value::Duration(REPLY_TIME_MAX))])
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(server) = server("") else { return };
    source::suite(&SourceSubject(server)).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(server) = server("") else { return };
    destination::suite(&DestinationSubject(server)).await;
}

#[tokio::test]
async fn what_is_owed_comes_first_after_a_restart() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    let all: Vec<Bytes> = (0..6).map(|number| sample::adt(&number.to_string())).collect();
    for message in &all {
        peer.add(message).await;
    }
    let later = std::iter::repeat_n(Answer::Later { is_acknowledged: false }, 100);
    let script = [Answer::Accept, Answer::Accept].into_iter().chain(later);
    let running = Running::start(open(port, &peer.stream, &[]).await, script);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 3).await);
    running.stop().await;
    let begun = Instant::now();
    let running = Running::start(open(port, &peer.stream, &[]).await, []);
    assert!(peer.wait(6, LONG).await);
    assert!(begun.elapsed() < Duration::from_secs(10), "what was under way was given back, not left to `ack-wait`");
    assert_eq!(running.intake.contents(), all[2..], "in order, from the one that waited");
    running.stop().await;
}

#[tokio::test]
async fn a_source_outlives_its_server() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    let stream = peer.stream.clone();
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for message in &all[..20] {
        peer.add(message).await;
    }
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(open(port, &stream, &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    server.daemon().kill();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    server.daemon().begin().unwrap();
    let mut peer = Peer::connect(port, &stream).await;
    for message in &all[20..] {
        peer.add(message).await;
    }
    assert!(peer.wait(30, LONG * 2).await, "{:?}", running.intake.reports());
    assert_eq!(running.intake.contents(), all, "each once, in order: a lost acknowledgment is no second message");
    running.stop().await;
}

#[tokio::test]
async fn a_destination_outlives_its_server() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    let stream = peer.stream.clone();
    let mut lane = lane_with(&format!("127.0.0.1:{port}/{}.in", stream.to_lowercase()), &[]);
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        let outgoing = sample::outgoing(number as u64, message.clone());
        if number % 10 == 5 {
            server.daemon().kill();
            let outcome = lane.send(&outgoing).await;
            assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was sent: {outcome:?}");
            server.daemon().begin().unwrap();
        }
        let end = Instant::now() + LONG;
        loop {
            let outcome = lane.send(&outgoing).await;
            match outcome {
                Outcome::Delivered { .. } => break,
                // The port is open before the streams are.
                Outcome::Transient { .. } if Instant::now() < end => sleep(Duration::from_millis(20)).await,
                other => panic!("{number}: {other:?}"),
            }
        }
    }
    peer = Peer::connect(port, &stream).await;
    assert_eq!(peer.contents().await, all, "each once, in order");
}

#[tokio::test]
async fn a_repetition_is_left_out_by_the_stream() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    let place = format!("{}.in", peer.stream.to_lowercase());
    let between = Between::start(port, &place, MANNER, &[Conduct::Silent, Conduct::Accept]).await;
    let mut lane = lane_with(&between.address(), &[("timeout", Value::Duration(REPLY_TIME_MAX))]);
    let outgoing = sample::outgoing(1, sample::adt("1"));
    let first = lane.send(&outgoing).await;
    assert_eq!(reason_of(&first).map(|reason| &*reason.code), Some("E6644"), "{first:?}");
    assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None });
    assert_eq!(between.taken().len(), 2, "it was sent twice");
    let all = peer.all().await;
    assert_eq!(all.len(), 1, "and is there once");
    assert!(all[0].1.contains("Nats-Msg-Id: adt-main-1-0-"), "{}", all[0].1);
    // A person who has it sent again means it.
    let again = interface::contract::Outgoing { resends: 1, ..outgoing };
    assert_eq!(lane.send(&again).await, Outcome::Delivered { reply: None });
    assert_eq!(peer.all().await.len(), 2);
}

#[tokio::test]
async fn what_the_server_refuses() {
    let Some(server) = server(
        "max_payload: 20000\nauthorization { users: [\n\
        { user: right, password: word, permissions: { publish: { deny: \"closed\" } } } ] }",
    ) else {
        return;
    };
    let port = server.daemon().port();
    let login = [("user", text("right")), ("password", text("word"))];
    let code = async |place: &str, message: Bytes, values: &[(&'static str, Value)]| {
        let mut lane = lane_with(&format!("127.0.0.1:{port}/{place}"), values);
        let outcome = lane.send(&sample::outgoing(1, message)).await;
        let class = match &outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Transient { .. } => "transient",
            Outcome::Permanent { .. } => "permanent",
            Outcome::Ambiguous { .. } => "ambiguous",
        };
        (reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string()), class)
    };
    assert_eq!(code("a", sample::adt("1"), &[]).await, ("E6641".into(), "transient"));
    let wrong = [("user", text("right")), ("password", text("wrong"))];
    assert_eq!(code("a", sample::adt("1"), &wrong).await, ("E6641".into(), "transient"));
    assert_eq!(code("a", sample::adt("1"), &login).await, ("E6701".into(), "transient"), "no stream keeps it");
    assert_eq!(code("closed", sample::adt("1"), &login).await, ("E6641".into(), "transient"));
    assert_eq!(code("a", sample::long_adt("1", 20_000), &login).await, ("E6702".into(), "permanent"));
    let secure = [&login[..], &[("tls", Value::Flag(true))]].concat();
    let (spoken, class) = code("a", sample::adt("1"), &secure).await;
    assert!(spoken.starts_with("E65") && class == "transient", "no TLS there, and no way back from it: {spoken}");
    let values = [&login[..], &[("subject", text("t.in"))]].concat();
    let address = format!("127.0.0.1:{port}/NONE");
    let source = Nats.source(&settings(&Nats, true, &address, &values), &context()).await.unwrap();
    let running = Running::start(source, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6704"]).await);
    running.stop().await;
}

#[tokio::test]
async fn a_stream_that_takes_no_more() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    let lower = peer.stream.to_lowercase();
    let config = json!({ "name": peer.stream, "subjects": [format!("{lower}.>")], "max_msgs": 1, "discard": "new" });
    peer.api("STREAM.UPDATE", config).await;
    let mut lane = lane_with(&format!("127.0.0.1:{port}/{lower}.in"), &[]);
    assert_eq!(lane.send(&sample::outgoing(1, sample::adt("1"))).await, Outcome::Delivered { reply: None });
    let full = lane.send(&sample::outgoing(2, sample::adt("2"))).await;
    assert!(matches!(&full, Outcome::Transient { reason, .. } if reason.code == "E6643"), "{full:?}");
    let mut other = lane_with(&format!("127.0.0.1:{port}/{lower}.in"), &[("stream", text("OTHER"))]);
    let outcome = other.send(&sample::outgoing(3, sample::adt("3"))).await;
    assert!(matches!(&outcome, Outcome::Transient { reason, .. } if reason.code == "E6704"), "{outcome:?}");
}

#[tokio::test]
async fn a_refused_message_waits_for_a_place() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_stream(port).await;
    peer.add(b"").await;
    peer.add(&sample::adt("2")).await;
    let nowhere = [("refused", text("nobody.keeps.this"))];
    let running = Running::start(open(port, &peer.stream, &nowhere).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6701"]).await);
    assert!(running.intake.contents().is_empty(), "nothing overtakes it");
    let config = json!({ "name": "ASIDE", "subjects": ["nobody.keeps.this"] });
    let subject = "$JS.API.STREAM.CREATE.ASIDE";
    peer.connection.request(subject, &config, LONG).await.unwrap();
    assert!(peer.wait(2, LONG * 2).await, "{:?}", running.intake.reports());
    assert_eq!(running.intake.contents(), [sample::adt("2")]);
    running.stop().await;
}

#[tokio::test]
async fn keys_and_certificates() {
    let seed = key::seed([9; 32]);
    let public = key::Credentials::read(&seed).unwrap().public();
    let authority = Authority::new();
    let issued = authority.issue(&["localhost"]);
    let folder = testkit::Folder::new();
    let file = |name: &str, content: &str| {
        std::fs::write(folder.join(name), content).unwrap();
        folder.join(name).display().to_string()
    };
    let (cert, key) = (file("cert.pem", &issued.cert), file("key.pem", &issued.key));
    let lines = format!(
        "tls {{ cert_file: \"{cert}\", key_file: \"{key}\" }}\nauthorization {{ users: [ {{ nkey: {public} }} ] }}"
    );
    let Some(server) = server(&lines) else { return };
    let address = format!("localhost:{}/a", server.daemon().port());
    let code = async |values: &[(&'static str, Value)]| {
        let outcome = lane_with(&address, values).send(&sample::outgoing(1, sample::adt("1"))).await;
        reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string())
    };
    let tls = [("tls", Value::Flag(true)), authority.trusted()];
    assert_eq!(code(&[("credentials", text(&seed))]).await, "E6641", "the server wants TLS");
    assert_eq!(code(&[("tls", Value::Flag(true))]).await, "E6504", "nobody vouches for it");
    assert_eq!(code(&tls).await, "E6641", "no key");
    let other = key::seed([8; 32]);
    assert_eq!(code(&[&tls[..], &[("credentials", text(&other))]].concat()).await, "E6641");
    let right = [&tls[..], &[("credentials", text(&seed))]].concat();
    assert_eq!(code(&right).await, "E6701", "let in, and no stream is there");
    let plain = Arc::<str>::from(format!("{:?}", key::Credentials::read(&seed).unwrap()));
    assert!(!plain.contains(&seed[2..10]));
}
