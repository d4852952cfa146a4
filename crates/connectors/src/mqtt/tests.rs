//! The conformance suites over Mosquitto, in both versions; and what is special about sessions.

use super::{
    Mqtt,
    connection::Connection,
    packet::{self, Hello, Packet, Version},
};
use crate::{
    broker::Login,
    testing::{context, settings},
    tls::authority::Authority,
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::{
    collections::{HashMap, HashSet},
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
    server::Mosquitto,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, sleep, timeout},
};

const LONG: Duration = Duration::from_secs(20);

fn server(lines: &str) -> Option<Mosquitto> {
    Mosquitto::start(lines).map_err(|why| println!("skipped: no Mosquitto: {why}")).ok()
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn new_name() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed))
}

async fn open(port: u16, name: &str, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let own = vec![("limit", Value::Count(SIZE_MAX as u64)), ("client", text(name))];
    let values = [own, extra.to_vec()].concat();
    let address = format!("127.0.0.1:{port}/{name}/+");
    Mqtt.source(&settings(&Mqtt, true, &address, &values), &context()).await.unwrap()
}

fn lane_with(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Mqtt.destination(&settings(&Mqtt, false, address, extra), &context()).unwrap()
}

/// Another client of the broker.
struct Peer(Connection);

impl Peer {
    /// `client` empty: without a session.
    async fn connect(port: u16, client: &str) -> Peer {
        let login = Login {
            address: format!("127.0.0.1:{port}").into(),
            host_port: format!("127.0.0.1:{port}"),
            user: String::new(),
            password: "".into(),
            tls: None,
            connect_time_max: LONG,
            answer_time_max: LONG,
        };
        let session = (!client.is_empty()).then_some((3600, 1000));
        let hello = Hello { version: Version::V5, client, user: "", password: "", keep_alive_s: 0, session };
        Peer(Connection::open(&login, &hello, 1 << 20).await.unwrap())
    }
    async fn subscribe(&mut self, filter: &str) {
        let number = self.0.next_number();
        self.0.write(&packet::subscribe(Version::V5, number, &[filter.to_owned()], false)).await.unwrap();
        while !matches!(self.0.next_packet().await.unwrap(), Packet::Subscribed(..)) {}
    }
    async fn add(&mut self, topic: &str, message: &[u8]) -> u8 {
        self.0.publish(topic, false, &[], message).await.unwrap()
    }
    /// What came before the text that `other` publishes to the topic now.
    async fn take_all(&mut self, other: &mut Peer, topic: &str) -> Vec<Bytes> {
        const MARK: &[u8] = b"that was all";
        assert_eq!(other.add(topic, MARK).await, 0);
        let mut found = Vec::new();
        loop {
            let came = timeout(LONG, self.0.next_message()).await.expect("the mark comes").unwrap();
            if let Some(id) = came.id {
                self.0.write(&packet::acknowledge(id)).await.unwrap();
            }
            match came.body.unwrap() {
                body if body == MARK => return found,
                body => found.push(body),
            }
        }
    }
}

/// Topics that are read, and how many messages were published to each.
struct SourceSubject {
    broker: Arc<Mosquitto>,
    version: &'static str,
    added: tokio::sync::Mutex<HashMap<String, usize>>,
}

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async { open(self.broker.daemon().port(), &new_name(), &[("version", text(self.version))]).await })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let name = address.split('/').nth(1).unwrap();
            let port = self.broker.daemon().port();
            let mut aside = Peer::connect(port, "").await;
            aside.subscribe(&format!("refused/{name}")).await;
            let mut peer = Peer::connect(port, "").await;
            let end = Instant::now() + patience;
            let added = {
                let mut added = self.added.lock().await;
                // The broker says when nobody is subscribed yet.
                while peer.add(&format!("{name}/in"), &message).await != 0 {
                    if Instant::now() > end {
                        return Heard::Nothing;
                    }
                    sleep(Duration::from_millis(5)).await;
                }
                let added = added.entry(name.to_owned()).or_default();
                *added += 1;
                *added
            };
            while self.broker.acknowledged_by(name) < added {
                if Instant::now() > end {
                    return Heard::Nothing;
                }
                sleep(Duration::from_millis(10)).await;
            }
            // What was refused was published before it was acknowledged.
            let refused = aside.take_all(&mut peer, &format!("refused/{name}")).await;
            let is_refused = refused.contains(&message) && !message.is_empty();
            if is_refused { Heard::Failure(Vec::new()) } else { Heard::Success(Vec::new()) }
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            let message = match mischief {
                Mischief::TooLarge => sample::long_adt("BIG", SIZE_MAX + 1),
                Mischief::Junk => Bytes::new(),
                Mischief::HalfThenGone
                | Mischief::HalfThenReset
                | Mischief::HalfThenSilent
                | Mischief::NeverEnding
                | Mischief::Flood => return false,
            };
            !matches!(self.hand_over(address, message, LONG).await, Heard::Nothing)
        })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

/// PUBACK of packet 999; the beginning of a packet that never ends.
const MANNER: Manner =
    Manner { foreign: &[0x40, 2, 3, 231], endless: (&[0x30, 0xFF, 0xFF, 0xFF, 0x7F, 0, 1], b"and so on") };

struct DestinationSubject(Arc<Mosquitto>, &'static str);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            let partner = Between::start(self.0.daemon().port(), &new_name(), MANNER, conducts).await;
            Some(Box::new(partner) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        let values = [
            ("timeout", Value::Duration(REPLY_TIME_MAX)),
            ("version", text(self.1)),
            ("needs-subscriber", Value::Flag(false)),
        ];
        lane_with(&partner.address(), &values)
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(server) = server("") else { return };
    let server = Arc::new(server);
    for version in ["v5", "v3"] {
        let added = tokio::sync::Mutex::default();
        source::suite(&SourceSubject { broker: server.clone(), version, added }).await;
    }
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(server) = server("") else { return };
    let server = Arc::new(server);
    for version in ["v5", "v3"] {
        destination::suite(&DestinationSubject(server.clone(), version)).await;
    }
}

#[tokio::test]
async fn the_broker_keeps_what_comes_while_we_are_away() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    for version in ["v5", "v3"] {
        let name = new_name();
        let extra = [("version", text(version))];
        let all: Vec<Bytes> = (0..6).map(|number| sample::adt(&number.to_string())).collect();
        let later = std::iter::repeat_n(Answer::Later { is_acknowledged: false }, 100);
        let script = [Answer::Accept, Answer::Accept].into_iter().chain(later);
        let running = Running::start(open(port, &name, &extra).await, script);
        assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 1).await);
        let mut peer = Peer::connect(port, "").await;
        for message in &all[..4] {
            peer.add(&format!("{name}/in"), message).await;
        }
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 3).await);
        running.stop().await;
        for message in &all[4..] {
            peer.add(&format!("{name}/in"), message).await;
        }
        let running = Running::start(open(port, &name, &extra).await, []);
        assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 4).await, "{version}");
        assert_eq!(running.intake.contents(), all[2..], "in order, from the one that waited");
        running.stop().await;
    }
}

#[tokio::test]
async fn a_source_outlives_its_broker() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let name = new_name();
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 60);
    let running = Running::start(open(port, &name, &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 1).await);
    let mut peer = Peer::connect(port, "").await;
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for message in &all[..20] {
        assert_eq!(peer.add(&format!("{name}/in"), message).await, 0);
    }
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    server.stop_gently();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    server.daemon().begin().unwrap();
    assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 1).await);
    let mut peer = Peer::connect(port, "").await;
    for message in &all[20..] {
        assert_eq!(peer.add(&format!("{name}/in"), message).await, 0);
    }
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().last() == all.last()).await);
    // What was stored, and whose acknowledgment the broker had not read when it ended, comes again, in order.
    let mut contents = running.intake.contents();
    let came = contents.len();
    let mut seen = HashSet::new();
    contents.retain(|content| seen.insert(content.clone()));
    assert_eq!(contents, all, "none is missing, in order");
    assert!(came <= all.len() + 20, "{came}");
    running.stop().await;
}

#[tokio::test]
async fn a_destination_outlives_its_broker() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let name = new_name();
    let mut reader = Peer::connect(port, &name).await;
    reader.subscribe(&name).await;
    let mut lane = lane_with(&format!("127.0.0.1:{port}/{name}"), &[]);
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        let outgoing = sample::outgoing(number as u64, message.clone());
        if number % 10 == 5 {
            server.stop_gently();
            let outcome = lane.send(&outgoing).await;
            assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was sent: {outcome:?}");
            server.daemon().begin().unwrap();
        }
        assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None }, "{number}");
    }
    let mut reader = Peer::connect(port, &name).await;
    let mut other = Peer::connect(port, "").await;
    assert_eq!(reader.take_all(&mut other, &name).await, all, "each once, in order");
}

#[tokio::test]
async fn a_forgotten_session_is_told() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let name = new_name();
    let running = Running::start(open(port, &name, &[]).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 1).await);
    // Another one comes under the same name, and wants a new session.
    let login = Login {
        address: "x".into(),
        host_port: format!("127.0.0.1:{port}"),
        user: String::new(),
        password: "".into(),
        tls: None,
        connect_time_max: LONG,
        answer_time_max: LONG,
    };
    let hello = Hello { version: Version::V5, client: &name, user: "", password: "", keep_alive_s: 0, session: None };
    let thief = Connection::open(&login, &hello, 1024).await.unwrap();
    let has = |code: &'static str| {
        move |intake: &testkit::ScriptedIntake| intake.reported_codes().iter().any(|reported| reported == code)
    };
    drop(thief);
    assert!(running.intake.wait_for(LONG, has("E6705")).await, "{:?}", running.intake.reports());
    running.stop().await;
}

/// Mosquitto only ends the connection then, so this broker is a fake: it lets us in and says why it ends.
#[tokio::test]
async fn a_stolen_name_is_told() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let broker = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut space = [0_u8; 1024];
        for answer in [&[0x20_u8, 3, 0, 0, 0][..], &[0x90, 4, 0, 1, 0, 1, 0xE0, 2, 0x8E, 0]] {
            assert!(stream.read(&mut space).await.unwrap() > 0);
            stream.write_all(answer).await.unwrap();
        }
        stream
    });
    let running = Running::start(open(port, "t", &[]).await, []);
    let is_told = running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6706"]).await;
    assert!(is_told, "{:?}", running.intake.reports());
    drop(broker.await);
    running.stop().await;
}

#[tokio::test]
async fn what_the_broker_refuses() {
    let Some(server) = server("max_packet_size 20000\nmessage_size_limit 20000") else { return };
    let port = server.daemon().port();
    let code = async |message: Bytes, values: &[(&'static str, Value)]| {
        let outcome = lane_with(&format!("127.0.0.1:{port}/nobody"), values).send(&sample::outgoing(1, message)).await;
        let class = match &outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Transient { .. } => "transient",
            Outcome::Permanent { .. } => "permanent",
            Outcome::Ambiguous { .. } => "ambiguous",
        };
        (reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string()), class)
    };
    assert_eq!(code(sample::adt("1"), &[]).await, ("E6701".into(), "transient"), "nobody is subscribed");
    assert_eq!(code(sample::adt("1"), &[("retain", Value::Flag(true))]).await.1, "delivered", "kept for who comes");
    assert_eq!(code(sample::long_adt("1", 20_000), &[]).await, ("E6702".into(), "permanent"));
}

#[tokio::test]
async fn what_was_retained_is_left_out_or_taken() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    for (takes, expect) in [(false, 1), (true, 2)] {
        let name = new_name();
        let mut lane = lane_with(&format!("127.0.0.1:{port}/{name}/in"), &[("retain", Value::Flag(true))]);
        assert_eq!(lane.send(&sample::outgoing(1, sample::adt("old"))).await, Outcome::Delivered { reply: None });
        for version in ["v3", "v5"] {
            let client = format!("{name}-{version}");
            let extra = [("retained", Value::Flag(takes)), ("version", text(version)), ("client", text(&client))];
            let running = Running::start(open(port, &name, &extra).await, []);
            assert!(running.intake.wait_for(LONG, |intake| intake.peers() == 1).await);
            Peer::connect(port, "").await.add(&format!("{name}/in"), &sample::adt("new")).await;
            assert!(
                running.intake.wait_for(LONG, |intake| intake.contents().len() == expect).await,
                "{version} {takes}"
            );
            assert_eq!(running.intake.contents().last(), Some(&sample::adt("new")));
            running.stop().await;
        }
    }
}

#[tokio::test]
async fn users_and_certificates() {
    let authority = Authority::new();
    let issued = authority.issue(&["localhost"]);
    let folder = testkit::Folder::new();
    let file = |name: &str, content: &str| {
        std::fs::write(folder.join(name), content).unwrap();
        folder.join(name).display().to_string()
    };
    let (cert, key) = (file("cert.pem", &issued.cert), file("key.pem", &issued.key));
    let Some(server) = server(&format!("certfile {cert}\nkeyfile {key}")) else { return };
    let address = format!("localhost:{}/a", server.daemon().port());
    let code = async |values: &[(&'static str, Value)]| {
        let outcome = lane_with(&address, values).send(&sample::outgoing(1, sample::adt("1"))).await;
        assert!(!matches!(outcome, Outcome::Ambiguous { .. }), "nothing was sent: {outcome:?}");
        reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string())
    };
    let tls = [("tls", Value::Flag(true)), authority.trusted()];
    assert_eq!(code(&tls).await, "E6701", "let in, and nobody is subscribed");
    assert_eq!(code(&[("tls", Value::Flag(true))]).await, "E6504", "nobody vouches for it");
    assert_eq!(code(&[]).await, "E6640", "the broker wants TLS");
}
