//! The conformance suites over Redis and over a fake that misbehaves, and what is special about streams.

use super::{
    Redis, config,
    resp::{Connection, Value as Answered},
};
use crate::testing::{context, settings};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Outgoing, Source},
};
use message::Outcome;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{
    Answer,
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    partner::{Cut, TcpPartner, Wire},
    sample,
    server::RedisServer,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(20);

fn server() -> Option<RedisServer> {
    RedisServer::start().map_err(|why| println!("skipped: no Redis: {why}")).ok()
}

fn new_address(server: &RedisServer) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    format!("127.0.0.1:{}/t{}", server.daemon().port(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

async fn open(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let values = [vec![("limit", Value::Count(SIZE_MAX as u64))], extra.to_vec()].concat();
    Redis.source(&settings(&Redis, true, address, &values), &context()).await.unwrap()
}

fn lane_with(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Redis.destination(&settings(&Redis, false, address, extra), &context()).unwrap()
}

/// Another user of the server.
struct Peer {
    connection: Connection,
    stream: String,
}

impl Peer {
    async fn connect(address: &str) -> Peer {
        let config = config::Writing::read(&settings(&Redis, false, address, &[]), Some(&context())).unwrap();
        let connection = Connection::open(&config.login, 1 << 20).await.unwrap();
        Peer { connection, stream: config.login.stream }
    }
    async fn ask(&mut self, command: &[&[u8]]) -> Answered {
        self.connection.ask(command, LONG).await.unwrap()
    }
    async fn add(&mut self, message: &[u8]) -> Vec<u8> {
        let stream = self.stream.clone();
        match self.ask(&[b"XADD", stream.as_bytes(), b"*", b"message", message]).await {
            Answered::Bytes(id) => id,
            other => panic!("{other:?}"),
        }
    }
    /// Whether the group has got everything up to `id`, or more, and owes nothing.
    async fn is_settled(&mut self, id: &[u8]) -> bool {
        let stream = self.stream.clone();
        let groups = self.ask(&[b"XINFO", b"GROUPS", stream.as_bytes()]).await.list();
        let Some(group) = groups.into_iter().next() else { return false };
        let facts = group.list();
        let fact = |name: &str| {
            let at = facts.iter().position(|fact| fact.text() == Some(name)).unwrap();
            facts[at + 1].clone()
        };
        fact("pending") == Answered::Number(0) && fact("last-delivered-id").text().map(number) >= number_of(id)
    }
    async fn wait(&mut self, id: &[u8], patience: Duration) -> bool {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            if self.is_settled(id).await {
                return true;
            }
            sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

/// The two numbers of an entry's id.
fn number(id: &str) -> (u64, u64) {
    let (time, sequence) = id.split_once('-').expect("an id");
    (time.parse().expect("a time"), sequence.parse().expect("a number"))
}

fn number_of(id: &[u8]) -> Option<(u64, u64)> {
    std::str::from_utf8(id).ok().map(number)
}

struct SourceSubject(RedisServer);

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async { open(&new_address(&self.0), &[]).await })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let mut peer = Peer::connect(address).await;
            let refused = format!("{}:refused", peer.stream);
            let id = peer.add(&message).await;
            match peer.wait(&id, patience).await {
                // Others may have put entries there too.
                _ if self.0.field_of(&refused, "entry").iter().any(|entry| **entry == id) => Heard::Failure(Vec::new()),
                true => Heard::Success(Vec::new()),
                false => Heard::Nothing,
            }
        })
    }
    fn misbehave<'a>(&'a self, address: &'a str, mischief: Mischief) -> Boxed<'a, bool> {
        Box::pin(async move {
            let mut peer = Peer::connect(address).await;
            let stream = peer.stream.clone();
            let id = match mischief {
                Mischief::TooLarge => peer.add(&sample::long_adt("BIG", SIZE_MAX + 1)).await,
                Mischief::Junk => match peer.ask(&[b"XADD", stream.as_bytes(), b"*", b"other", b"x"]).await {
                    Answered::Bytes(id) => id,
                    other => panic!("{other:?}"),
                },
                Mischief::HalfThenGone
                | Mischief::HalfThenReset
                | Mischief::HalfThenSilent
                | Mischief::NeverEnding
                | Mischief::Flood => return false,
            };
            peer.wait(&id, LONG).await
        })
    }
    fn returns_acknowledgments(&self) -> bool {
        false
    }
}

/// A command of RESP: what the field of an XADD holds, or nothing.
fn cut(buffer: &[u8]) -> Cut {
    let mut at = 0;
    let line = |at: &mut usize| {
        let end = *at + buffer[*at..].windows(2).position(|pair| pair == b"\r\n")?;
        let text = std::str::from_utf8(&buffer[*at..end]).ok()?;
        *at = end + 2;
        text[1..].parse::<usize>().ok()
    };
    let count = line(&mut at)?;
    let mut words = Vec::new();
    for _ in 0..count {
        let length = line(&mut at)?;
        words.push(buffer.get(at..at + length)?.to_vec());
        at += length + 2;
    }
    if buffer.len() < at {
        return None;
    }
    Some((at, words.into_iter().nth(4).unwrap_or_default()))
}

/// Answers to SELECT without asking the script; the rest is as the partner's conducts say.
const WIRE: Wire = Wire {
    cut,
    answer: |_| b"$3\r\n1-1\r\n".to_vec(),
    foreign: None,
    endless: (b"*1000000\r\n", b"+and so on\r\n"),
    is_repeatable: true,
};

/// The fake takes the SELECT of the login for its first message, so it is answered and not counted.
struct Fake(TcpPartner);

impl Partner for Fake {
    fn address(&self) -> String {
        format!("{}/t", self.0.address())
    }
    fn taken(&self) -> Vec<Bytes> {
        self.0.taken().into_iter().filter(|content| !content.is_empty()).collect()
    }
}

struct Real(Arc<RedisServer>, String);

impl Partner for Real {
    fn address(&self) -> String {
        self.1.clone()
    }
    fn taken(&self) -> Vec<Bytes> {
        let stream = self.1.split('/').nth(1).unwrap();
        self.0.field_of(stream, "message")
    }
}

struct DestinationSubject(Arc<RedisServer>);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            if conducts == [Conduct::Accept] {
                return Some(Box::new(Real(self.0.clone(), new_address(&self.0))) as Box<dyn Partner>);
            }
            if conducts == [Conduct::Absent] {
                return TcpPartner::start(WIRE, conducts).await.map(|fake| Box::new(Fake(fake)) as Box<dyn Partner>);
            }
            // One conduct for the login in front. Those that close need a new login in the middle, which no list can say.
            if conducts.len() > 1 || conducts == [Conduct::AcceptThenClose] || conducts == [Conduct::AnswerTwice] {
                return None;
            }
            let conducts = [&[Conduct::Accept], conducts].concat();
            TcpPartner::start(WIRE, &conducts).await.map(|fake| Box::new(Fake(fake)) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_with(&partner.address(), &[("timeout", Value::Duration(REPLY_TIME_MAX))])
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(server) = server() else { return };
    source::suite(&SourceSubject(server)).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(server) = server() else { return };
    destination::suite(&DestinationSubject(Arc::new(server))).await;
}

#[tokio::test]
async fn what_is_owed_comes_first_after_a_restart() {
    let Some(server) = server() else { return };
    let address = new_address(&server);
    let mut peer = Peer::connect(&address).await;
    let all: Vec<Bytes> = (0..6).map(|number| sample::adt(&number.to_string())).collect();
    let mut last = Vec::new();
    for message in &all {
        last = peer.add(message).await;
    }
    // Two are accepted; the third has to come later, and the source ends while it waits.
    let later = std::iter::repeat_n(Answer::Later { is_acknowledged: false }, 100);
    let running = Running::start(open(&address, &[]).await, [Answer::Accept, Answer::Accept].into_iter().chain(later));
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() == 3).await);
    running.stop().await;
    let running = Running::start(open(&address, &[]).await, []);
    assert!(peer.wait(&last, LONG).await);
    assert_eq!(running.intake.contents(), all[2..], "in order, from the one that waited");
    running.stop().await;
}

#[tokio::test]
async fn what_another_consumer_leaves_is_taken_over() {
    let Some(server) = server() else { return };
    let address = new_address(&server);
    let mut peer = Peer::connect(&address).await;
    let stream = peer.stream.clone();
    let id = peer.add(&sample::adt("1")).await;
    peer.ask(&[b"XGROUP", b"CREATE", stream.as_bytes(), b"sinew", b"0"]).await;
    let read: [&[u8]; 7] = [b"XREADGROUP", b"GROUP", b"sinew", b"gone", b"STREAMS", stream.as_bytes(), b">"];
    assert!(matches!(peer.ask(&read).await, Answered::List(_)));
    sleep(Duration::from_millis(200)).await;
    let after = [("claim-after", Value::Duration(Duration::from_millis(100)))];
    let running = Running::start(open(&address, &after).await, []);
    assert!(peer.wait(&id, LONG).await);
    assert_eq!(running.intake.contents(), [sample::adt("1")]);
    running.stop().await;
}

#[tokio::test]
async fn a_source_outlives_its_server() {
    let Some(server) = server() else { return };
    let address = new_address(&server);
    let mut peer = Peer::connect(&address).await;
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for message in &all[..20] {
        peer.add(message).await;
    }
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 30);
    let running = Running::start(open(&address, &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    server.daemon().kill();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    server.daemon().begin().unwrap();
    let mut peer = Peer::connect(&address).await;
    let mut last = Vec::new();
    for message in &all[20..] {
        last = peer.add(message).await;
    }
    assert!(peer.wait(&last, LONG).await, "{:?}", running.intake.reports());
    assert_eq!(running.intake.contents(), all, "each once, in order: what is on disk is acknowledged first");
    running.stop().await;
}

/// What comes of it once the server has read what it keeps: until then it says that it is loading, and takes nothing.
async fn delivered(lane: &mut Box<dyn Destination>, outgoing: &Outgoing) -> Outcome {
    let end = Instant::now() + LONG;
    loop {
        let outcome = lane.send(outgoing).await;
        let is_loading = matches!(outcome, Outcome::Transient { .. }) && format!("{outcome:?}").contains("LOADING");
        if !is_loading || Instant::now() > end {
            return outcome;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_destination_outlives_its_server() {
    let Some(server) = server() else { return };
    let address = new_address(&server);
    let mut lane = lane_with(&address, &[]);
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    for (number, message) in all.iter().enumerate() {
        let outgoing = sample::outgoing(number as u64, message.clone());
        if number % 10 == 5 {
            server.daemon().kill();
            let outcome = lane.send(&outgoing).await;
            assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was sent: {outcome:?}");
            server.daemon().begin().unwrap();
        }
        assert_eq!(delivered(&mut lane, &outgoing).await, Outcome::Delivered { reply: None }, "{number}");
    }
    let stream = address.split('/').nth(1).unwrap();
    assert_eq!(server.field_of(stream, "message"), all, "each once, in order");
    assert_eq!(server.field_of(stream, "delivery")[7], "7-0");
}

#[tokio::test]
async fn what_the_server_refuses() {
    let Some(server) = server() else { return };
    let address = new_address(&server);
    let mut peer = Peer::connect(&address).await;
    let stream = peer.stream.clone();
    let outgoing = sample::outgoing(1, sample::adt("1"));
    let code = async |values: &[(&'static str, Value)]| {
        let outcome = lane_with(&address, values).send(&outgoing).await;
        reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string())
    };
    assert_eq!(code(&[("replicas", Value::Count(1)), ("timeout", Value::Duration(REPLY_TIME_MAX))]).await, "E6644");
    assert_eq!(code(&[("password", Value::Text("wrong".into()))]).await, "E6642", "no password is set there");
    peer.ask(&[b"CONFIG", b"SET", b"requirepass", b"right"]).await;
    assert_eq!(code(&[("password", Value::Text("wrong".into()))]).await, "E6641");
    assert_eq!(code(&[]).await, "E6641");
    assert_eq!(code(&[("password", Value::Text("right".into()))]).await, "none");
    peer.ask(&[b"CONFIG", b"SET", b"requirepass", b""]).await;
    peer.ask(&[b"CONFIG", b"SET", b"maxmemory", b"1"]).await;
    assert_eq!(code(&[]).await, "E6643");
    peer.ask(&[b"CONFIG", b"SET", b"maxmemory", b"0"]).await;
    peer.ask(&[b"DEL", stream.as_bytes()]).await;
    peer.ask(&[b"SET", stream.as_bytes(), b"text"]).await;
    assert_eq!(code(&[]).await, "E6642");
    let running = Running::start(open(&address, &[]).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6642"]).await);
    running.stop().await;
}
