//! The conformance suites over RabbitMQ, whose answers something in between can spoil; and what is special about queues.

use super::{
    Amqp,
    connection::Connection,
    destination::confirm,
    frame::{Around, CONFIRM_SELECT, CONFIRM_SELECT_OK, Method, QUEUE_DECLARE, QUEUE_DECLARE_OK},
};
use crate::{
    broker::{
        Login,
        feed::{Content, Pull},
    },
    testing::{context, settings},
};
use bytes::Bytes;
use interface::{
    catalogue::{Connector, Value},
    contract::{Boxed, Destination, Source},
};
use message::Outcome;
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use testkit::{
    Answer,
    between::{Between, Manner},
    destination::{self, Conduct, Partner, REPLY_TIME_MAX, reason_of},
    sample,
    server::RabbitMq,
    source::{self, Heard, Mischief, Running, SIZE_MAX},
};
use tokio::time::{Instant, sleep};

const LONG: Duration = Duration::from_secs(40);

fn server(lines: &str) -> Option<Arc<RabbitMq>> {
    RabbitMq::start(lines).map_err(|why| println!("skipped: no RabbitMQ: {why}")).ok().map(Arc::new)
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

async fn open(port: u16, queue: &str, extra: &[(&'static str, Value)]) -> Box<dyn Source> {
    let values = [vec![("limit", Value::Count(SIZE_MAX as u64))], extra.to_vec()].concat();
    let address = format!("127.0.0.1:{port}/{queue}");
    Amqp.source(&settings(&Amqp, true, &address, &values), &context()).await.unwrap()
}

fn lane_with(address: &str, extra: &[(&'static str, Value)]) -> Box<dyn Destination> {
    Amqp.destination(&settings(&Amqp, false, address, extra), &context()).unwrap()
}

fn login(port: u16) -> Login {
    Login {
        address: format!("127.0.0.1:{port}").into(),
        host_port: format!("127.0.0.1:{port}"),
        user: String::new(),
        password: "".into(),
        tls: None,
        connect_time_max: LONG,
        answer_time_max: LONG,
    }
}

/// Another client of the broker, and a queue of its own.
struct Peer {
    connection: Connection,
    queue: String,
    sent: u64,
}

impl Peer {
    async fn connect(port: u16, queue: &str) -> Peer {
        let end = Instant::now() + LONG;
        loop {
            match Connection::open(&login(port), "/", 0, 1 << 20).await {
                Ok(mut connection) => {
                    let select = Method::new(CONFIRM_SELECT).byte(0);
                    connection.ask(1, select, CONFIRM_SELECT_OK).await.unwrap();
                    return Peer { connection, queue: queue.to_owned(), sent: 0 };
                }
                // The port is open before the broker lets anybody in.
                Err(reason) if Instant::now() > end => panic!("{reason}"),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }
    async fn with_queue(port: u16) -> Peer {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let mut peer = Peer::connect(port, &format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed))).await;
        let queue = peer.queue.clone();
        peer.declare(&queue, &[]).await;
        peer
    }
    /// A durable queue with arguments, each a name and a number or a text.
    async fn declare(&mut self, queue: &str, arguments: &[u8]) {
        let declare = Method::new(QUEUE_DECLARE).short(0).name(queue).byte(2).text(arguments);
        self.connection.ask(1, declare, QUEUE_DECLARE_OK).await.unwrap();
    }
    async fn add(&mut self, message: &[u8]) {
        self.sent += 1;
        let around = Around { exchange: "", key: &self.queue, media_type: "", message_id: "", reason: None };
        assert!(confirm(&mut self.connection, "x", self.sent, &around, message).await.is_ok());
    }
}

/// Everything in a queue, taken out.
async fn drain(port: u16, queue: &str) -> Vec<Bytes> {
    let address = format!("127.0.0.1:{port}/{queue}");
    let config = super::config::Reading::read(&settings(&Amqp, true, &address, &[]), Some(&context())).unwrap();
    let mut consumer = super::source::Consumer::open(&config, &|_| {}).await.unwrap();
    let mut found = Vec::new();
    while let Some(given) = consumer.next(&config).await.unwrap() {
        consumer.settle(&config, &given.mark).await.unwrap();
        let Content::Whole(bytes) = given.content else { panic!("too long") };
        found.push(bytes);
    }
    consumer.part(&config, None).await;
    found
}

/// A queue whose consumer is listened to.
struct Heeded {
    queue: String,
    between: Between,
    /// Messages that were put into the queue.
    added: tokio::sync::Mutex<usize>,
}

impl Heeded {
    /// Messages that were acknowledged: basic.ack on channel 1.
    fn acknowledged(&self) -> usize {
        const ACK: &[u8] = &[1, 0, 1, 0, 0, 0, 13, 0, 60, 0, 80];
        self.between.sent().windows(ACK.len()).filter(|part| *part == ACK).count()
    }
    fn has_sent(&self, message: &[u8]) -> bool {
        !message.is_empty() && self.between.sent().windows(message.len()).any(|part| part == message)
    }
}

struct SourceSubject(Arc<RabbitMq>, Mutex<Vec<Arc<Heeded>>>);

impl source::Subject for SourceSubject {
    fn open(&self) -> Boxed<'_, Box<dyn Source>> {
        Box::pin(async {
            let port = self.0.daemon().port();
            let queue = Peer::with_queue(port).await.queue;
            let between = Between::start(port, &queue, MANNER, &[Conduct::Accept]).await;
            let values = [("limit", Value::Count(SIZE_MAX as u64))];
            let settings = settings(&Amqp, true, &between.address(), &values);
            let heeded = Heeded { queue, between, added: tokio::sync::Mutex::default() };
            self.1.lock().unwrap().push(Arc::new(heeded));
            Amqp.source(&settings, &context()).await.unwrap()
        })
    }
    fn hand_over<'a>(&'a self, address: &'a str, message: Bytes, patience: Duration) -> Boxed<'a, Heard> {
        Box::pin(async move {
            let heeded = self.1.lock().unwrap().iter().find(|heeded| heeded.between.address() == address).cloned();
            let heeded = heeded.unwrap();
            let mut peer = Peer::connect(self.0.daemon().port(), &heeded.queue).await;
            let added = {
                let mut added = heeded.added.lock().await;
                peer.add(&message).await;
                *added += 1;
                *added
            };
            let end = Instant::now() + patience;
            while heeded.acknowledged() < added {
                if Instant::now() > end {
                    return Heard::Nothing;
                }
                sleep(Duration::from_millis(10)).await;
            }
            if heeded.has_sent(&message) { Heard::Failure(Vec::new()) } else { Heard::Success(Vec::new()) }
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

/// basic.ack of message 99; heartbeats without end.
const MANNER: Manner = Manner {
    foreign: &[1, 0, 1, 0, 0, 0, 13, 0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0xCE],
    endless: (&[8, 0, 0, 0, 0, 0, 0, 0xCE], &[8, 0, 0, 0, 0, 0, 0, 0xCE]),
};

struct DestinationSubject(Arc<RabbitMq>, String);

impl destination::Subject for DestinationSubject {
    fn partner<'a>(&'a self, conducts: &'a [Conduct]) -> Boxed<'a, Option<Box<dyn Partner>>> {
        Box::pin(async move {
            let partner = Between::start(self.0.daemon().port(), "amq.default", MANNER, conducts).await;
            Some(Box::new(partner) as Box<dyn Partner>)
        })
    }
    fn lane(&self, partner: &dyn Partner) -> Box<dyn Destination> {
        lane_with(&partner.address(), &[("timeout", Value::Duration(REPLY_TIME_MAX)), ("routing-key", text(&self.1))])
    }
}

#[tokio::test]
async fn source_keeps_its_contract() {
    let Some(server) = server("") else { return };
    source::suite(&SourceSubject(server, Mutex::default())).await;
}

#[tokio::test]
async fn destination_keeps_its_contract() {
    let Some(server) = server("") else { return };
    let queue = Peer::with_queue(server.daemon().port()).await.queue;
    destination::suite(&DestinationSubject(server.clone(), queue)).await;
    what_the_broker_refuses(server.daemon().port()).await;
}

async fn what_the_broker_refuses(port: u16) {
    let code = async |place: &str, values: &[(&'static str, Value)]| {
        let outcome =
            lane_with(&format!("127.0.0.1:{port}/{place}"), values).send(&sample::outgoing(1, sample::adt("1"))).await;
        let class = match &outcome {
            Outcome::Delivered { .. } => "delivered",
            Outcome::Transient { .. } => "transient",
            Outcome::Permanent { .. } => "permanent",
            Outcome::Ambiguous { .. } => "ambiguous",
        };
        (reason_of(&outcome).map_or("none".to_owned(), |reason| reason.code.to_string()), class)
    };
    let key = [("routing-key", text("nobody"))];
    assert_eq!(code("amq.default", &key).await, ("E6701".into(), "transient"), "no such queue");
    assert_eq!(code("amq.topic", &key).await, ("E6701".into(), "transient"), "nothing is bound");
    assert_eq!(code("no-such-exchange", &key).await, ("E6704".into(), "transient"));
    let wrong = [("user", text("guest")), ("password", text("wrong"))];
    assert_eq!(code("amq.topic", &wrong).await, ("E6641".into(), "transient"));
    assert_eq!(code("amq.topic", &[("vhost", text("/other"))]).await, ("E6641".into(), "transient"));
    // A queue that is full and says so.
    let mut peer = Peer::connect(port, "full").await;
    let arguments = b"\x0cx-max-lengthI\x00\x00\x00\x01\x0ax-overflowS\x00\x00\x00\x0ereject-publish";
    peer.declare("full", arguments).await;
    let full = [("routing-key", text("full"))];
    assert_eq!(code("amq.default", &full).await.1, "delivered");
    assert_eq!(code("amq.default", &full).await, ("E6643".into(), "transient"));
    let running = Running::start(open(port, "no-such-queue", &[]).await, []);
    assert!(running.intake.wait_for(LONG, |intake| intake.reported_codes() == ["E6704"]).await);
    running.stop().await;
}

#[tokio::test]
async fn both_sides_outlive_the_broker() {
    let Some(server) = server("") else { return };
    let port = server.daemon().port();
    let mut peer = Peer::with_queue(port).await;
    let queue = peer.queue.clone();
    let all: Vec<Bytes> = (0..30).map(|number| sample::adt(&number.to_string())).collect();
    // A source that has to wait gives back what it was given.
    for message in &all[..20] {
        peer.add(message).await;
    }
    let later = std::iter::repeat_n(Answer::Later { is_acknowledged: false }, 100);
    let script = [Answer::Accept, Answer::Accept].into_iter().chain(later);
    let running = Running::start(open(port, &queue, &[]).await, script);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 3).await);
    running.stop().await;
    let slow = std::iter::repeat_n(Answer::AcceptAfter(Duration::from_millis(10)), 60);
    let running = Running::start(open(port, &queue, &[]).await, slow);
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().len() >= 7).await);
    server.daemon().kill();
    assert!(running.intake.wait_for(LONG, |intake| !intake.reports().is_empty()).await, "the outage is told");
    server.daemon().begin().unwrap();
    let mut lane = lane_with(&format!("127.0.0.1:{port}/amq.default"), &[("routing-key", text(&queue))]);
    for (number, message) in all.iter().enumerate().skip(20) {
        let outgoing = sample::outgoing(number as u64, message.clone());
        let end = Instant::now() + LONG;
        loop {
            match lane.send(&outgoing).await {
                Outcome::Delivered { .. } => break,
                // The port is open before the queues are.
                Outcome::Transient { .. } if Instant::now() < end => sleep(Duration::from_millis(50)).await,
                other => panic!("{number}: {other:?}"),
            }
        }
    }
    assert!(running.intake.wait_for(LONG, |intake| intake.contents().last() == all.last()).await);
    let mut contents = running.intake.contents();
    let came = contents.len();
    // The broker writes acknowledgments down when it has time: what it had not written comes again. Of the two that the
    // first source settled nothing is known here but that they may be among these.
    contents.retain(|content| !all[..2].contains(content));
    let mut seen = HashSet::new();
    contents.retain(|content| seen.insert(content.clone()));
    assert_eq!(contents, all[2..], "none is missing, in order, from the one that waited");
    assert!(came <= all.len() + 20, "{came}");
    running.stop().await;
    // A lane whose broker is gone tells so, and goes on when it is back.
    let outgoing = sample::outgoing(100, sample::adt("100"));
    assert_eq!(lane.send(&outgoing).await, Outcome::Delivered { reply: None });
    server.daemon().kill();
    let outcome = lane.send(&outgoing).await;
    assert!(matches!(outcome, Outcome::Transient { .. }), "nothing was sent: {outcome:?}");
    server.daemon().begin().unwrap();
    Peer::connect(port, &queue).await;
    assert_eq!(drain(port, &queue).await, [sample::adt("100")], "what was confirmed outlives a crash");
}
