//! Servers that promise more than anybody can hold: lengths, counts and depths without end. Whatever asks them takes no
//! memory for a promise, ends in time, and says so with a code.

use crate::{
    catalogue,
    testing::{context, settings},
};
use interface::catalogue::{Connector, Value};
use std::time::{Duration, Instant};
use testkit::{destination::reason_of, sample, source::Running};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Of a message; what a connector holds beside it is bounded as well.
const BYTES_MAX: u64 = 64 * 1024;
/// What the process may grow by while it is lied to. Each lie is of a gigabyte at least, or has no end.
const GROWTH_MAX: usize = 64 * 1024 * 1024;
const TIME_MAX: Duration = Duration::from_secs(20);

/// What a server says.
#[derive(Clone, Copy)]
struct Lie {
    /// As soon as somebody is there, or has said something.
    begin: &'static [u8],
    /// Again and again; nothing: it waits.
    again: &'static [u8],
    /// Whether it lets the client speak first.
    waits: bool,
}

/// What fills a promise, as long as somebody reads.
static FILLING: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// A promise that is kept.
const fn kept(lie: Lie) -> Lie {
    Lie { again: &FILLING, ..lie }
}

const fn at_once(begin: &'static [u8]) -> Lie {
    Lie { begin, again: b"", waits: false }
}

const fn answered(begin: &'static [u8]) -> Lie {
    Lie { begin, again: b"", waits: true }
}

async fn serve(lie: Lie) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(tell(stream, lie));
        }
    });
    address
}

async fn tell(mut stream: TcpStream, lie: Lie) {
    if lie.waits {
        let _ = stream.read(&mut [0; 16 * 1024]).await;
    }
    let mut is_heard = stream.write_all(lie.begin).await.is_ok();
    while is_heard && !lie.again.is_empty() {
        is_heard = stream.write_all(lie.again).await.is_ok();
        tokio::task::yield_now().await;
    }
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fn connector(name: &str) -> &'static dyn Connector {
    *catalogue().iter().find(|connector| connector.spec().name == name).unwrap()
}

/// Bytes of memory that the process held at most so far: what was taken and given back counts, too.
fn held() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    peak.unwrap_or(0_usize) * 1024
}

fn text(name: &'static str, value: &str) -> (&'static str, Value) {
    (name, Value::Text(value.into()))
}

/// The settings that bound it, of those that this side has.
fn bounds(connector: &dyn Connector, is_source: bool) -> Vec<(&'static str, Value)> {
    let spec = connector.spec();
    let side = if is_source { spec.source.as_ref() } else { spec.destination.as_ref() }.unwrap();
    let short = Duration::from_millis(600);
    [
        ("timeout", Value::Duration(short)),
        ("connect-timeout", Value::Duration(short)),
        ("limit", Value::Count(BYTES_MAX)),
        ("every", Value::Duration(Duration::from_secs(1))),
    ]
    .into_iter()
    .filter(|(name, _)| side.options.iter().any(|option| option.name == *name))
    .collect()
}

/// Lies to a source; gives the code that it reports.
async fn poll(name: &str, place: &str, more: &[(&'static str, Value)], lie: Lie) -> String {
    let connector = connector(name);
    let address = place.replace("HERE", &serve(lie).await);
    let settings = settings(connector, true, &address, &[bounds(connector, true), more.to_vec()].concat());
    let running = Running::start(connector.source(&settings, &context()).await.unwrap(), []);
    assert!(running.intake.wait_for(TIME_MAX, |intake| !intake.reports().is_empty()).await, "{name}: nothing is told");
    let codes = running.intake.reported_codes();
    assert!(running.intake.contents().is_empty(), "{name}");
    running.stop().await;
    codes[0].clone()
}

/// Lies to a destination; gives the code of its reason.
async fn send(name: &str, place: &str, more: &[(&'static str, Value)], lie: Lie) -> String {
    let connector = connector(name);
    let address = place.replace("HERE", &serve(lie).await);
    let settings = settings(connector, false, &address, &[bounds(connector, false), more.to_vec()].concat());
    let mut lane = connector.destination(&settings, &context()).unwrap();
    let outgoing = sample::outgoing(1, sample::adt("1"));
    let outcome = tokio::time::timeout(TIME_MAX, lane.send(&outgoing)).await.expect("an end");
    let reason = reason_of(&outcome).unwrap_or_else(|| panic!("{name}: a lie was taken for a yes"));
    reason.code.to_string()
}

#[tokio::test]
async fn promises_of_servers_take_no_memory() {
    let (before, begun) = (held(), Instant::now());
    let user = [text("user", "a"), text("password", "b")];
    // AMQP: a method of four gigabytes; a frame of a kind that there is not, without end.
    let queue = "HERE/q";
    assert_eq!(poll("amqp", queue, &[], kept(at_once(b"\x01\x00\x00\xff\xff\xff\xff"))).await, "E6640");
    assert_eq!(poll("amqp", queue, &[], Lie { again: b"AMQPAMQP", ..at_once(b"") }).await, "E6640");
    assert_eq!(send("amqp", "HERE/amq.topic", &[], kept(at_once(b"\x01\x00\x00\x7f\xff\xff\xff"))).await, "E6640");
    // MQTT: the largest packet that four bytes can say; five bytes of length.
    assert_eq!(poll("mqtt", "HERE/a", &[text("client", "c")], kept(answered(b"\x20\xff\xff\xff\x7f"))).await, "E6640");
    assert_eq!(poll("mqtt", "HERE/a", &[text("client", "c")], answered(b"\x20\xff\xff\xff\xff\xff")).await, "E6640");
    assert_eq!(send("mqtt", "HERE/a", &[], kept(answered(b"\x20\xff\xff\xff\x7f"))).await, "E6640");
    // Redis: a text of ten gigabytes, a list of a billion, lists in lists, a line without end.
    for lie in [
        kept(answered(b"$9999999999\r\n")),
        answered(b"*1000000000\r\n"),
        answered(b"$18446744073709551616\r\n"),
        Lie { again: b"*1\r\n*1\r\n*1\r\n*1\r\n", ..answered(b"") },
        Lie { again: b"+and so on and so on", ..answered(b"") },
    ] {
        poll("redis", "HERE/s", &[], lie).await;
        send("redis", "HERE/s", &[], lie).await;
    }
    // NATS: a message of a terabyte, a line without end.
    for lie in [
        kept(at_once(b"INFO {}\r\nMSG a 1 999999999999\r\n")),
        at_once(b"INFO {}\r\nHMSG a 1 18446744073709551615 18446744073709551615\r\n"),
        Lie { again: b"INFO and so on and so on ", ..at_once(b"") },
    ] {
        poll("nats", "HERE/s", &[], lie).await;
        send("nats", "HERE/s", &[], lie).await;
    }
    // HTTP, to each that speaks it.
    for lie in [
        kept(answered(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx")),
        answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffff\r\nx"),
        Lie { again: b"X-A: and so on and so on\r\n", ..answered(b"HTTP/1.1 200 OK\r\n") },
        Lie { again: b"400\r\n", ..answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") },
    ] {
        send("http", "http://HERE/x", &[], lie).await;
        send("soap", "http://HERE/x", &[text("action", "urn:a")], lie).await;
        poll("fhir", "http://HERE/r4/Patient", &[], lie).await;
        let keys = [text("access-key", "a"), text("secret-key", "b"), text("region", "c")];
        poll("s3", "http://HERE/box/in/*", &keys, lie).await;
    }
    // Mail and files: replies of lines without end.
    let lines = Lie { again: b"220-and so on and so on\r\n", ..at_once(b"") };
    send("smtp", "HERE", &[text("from", "a@example.org"), ("to", Value::List(vec!["b@example.org".into()]))], lines)
        .await;
    poll("ftps", "HERE/in/*", &user, lines).await;
    send("ftps", "HERE/in", &user, lines).await;
    // SSH: a packet of four gigabytes behind the greeting, and a greeting without end.
    let known = [
        text("user", "a"),
        text("password", "b"),
        text("host-key", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ];
    poll("sftp", "HERE/in/*", &known, at_once(b"SSH-2.0-x\r\n\xff\xff\xff\xff\x00")).await;
    poll("sftp", "HERE/in/*", &known, Lie { again: b"and so on and so on\r\n", ..at_once(b"") }).await;
    // Databases: a row of two gigabytes before anybody is known.
    let asked = [
        user.to_vec(),
        vec![
            text("query", "SELECT id FROM t WHERE id > :id"),
            ("watermark", Value::List(vec!["id".into()])),
            ("start", Value::List(vec!["0".into()])),
        ],
    ]
    .concat();
    poll("sql", "postgres://HERE/lis", &asked, answered(b"R\x7f\xff\xff\xff")).await;
    poll("sql", "mysql://HERE/lis", &asked, at_once(b"\xff\xff\xff\x00\x0a")).await;
    let grown = held().saturating_sub(before);
    assert!(grown < GROWTH_MAX, "{grown} bytes more after all of them");
    println!("{} s, {} KiB more", begun.elapsed().as_secs(), grown / 1024);
}
