//! What each connector costs beside MLLP: messages that come by one and go out by another, from the first byte in to the last
//! delivery recorded, as a ratio in the same run.
//!
//! The partners are in this process and do the least there is; servers of other makers are started where they are installed.
//! What wants a server that was set up is named with `--also='nats 127.0.0.1:4222/bench.in'`.

mod partners;
mod ways;

use crate::stage::{Must, open};
use bytes::BytesMut;
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, runtime::Runtime};
use ways::{Feed, Way};

const MESSAGES: u64 = 4_000;
/// Connections of senders; each waits for its acknowledgment before it sends the next.
const SENDERS: u64 = 16;
/// Lanes of the destination.
const LANES: u64 = 8;
/// How long deliveries may take after the last acknowledgment.
const PATIENCE: Duration = Duration::from_secs(120);
/// Rounds of one pair; the best one counts. What is there before is taken once.
const ROUNDS: usize = 3;

struct Row {
    name: &'static str,
    /// Messages in a second.
    rate: f64,
}

pub(crate) fn run(is_json: bool, also: Vec<&'static str>) {
    let (outs, ins) = measure_all(MESSAGES, ROUNDS, also);
    if is_json {
        let told = |rows: &[Row]| -> Vec<_> {
            let row = |row: &Row| json!({"connector": row.name, "messages_per_s": row.rate, "ratio": row.rate / rows[0].rate});
            rows.iter().map(row).collect()
        };
        let without: Vec<_> = ways::WITHOUT.iter().map(|(name, why)| json!({"connector": name, "why": why})).collect();
        let all =
            json!({"bench": "pairs", "messages": MESSAGES, "out": told(&outs), "in": told(&ins), "without": without});
        println!("{all}");
        return;
    }
    println!("{MESSAGES} messages, {SENDERS} senders where there are senders, {LANES} lanes, best of {ROUNDS}");
    for row in &outs {
        println!("  mllp → {:9} {:8.0} messages/s  {:5.2} of mllp → mllp", row.name, row.rate, row.rate / outs[0].rate);
    }
    for row in &ins {
        println!("  {:9} → http {:8.0} messages/s  {:5.2} of mllp → http", row.name, row.rate, row.rate / ins[0].rate);
    }
    for (name, why) in ways::WITHOUT {
        println!("  {name}: {why}");
    }
}

/// Ways out and ways in.
fn measure_all(count: u64, rounds: usize, also: Vec<&'static str>) -> (Vec<Row>, Vec<Row>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().must("a runtime");
    let folder = std::env::temp_dir().join(format!("sinew-pairs-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).must("a folder");
    let (mut outs, _partners_out) = runtime.block_on(ways::ways_out(&folder));
    outs.extend(also.into_iter().map(ways::also));
    let (ins, _partners_in) = runtime.block_on(ways::ways_in(&folder, count));
    let mut measure = |way: &Way| {
        let rounds = if way.feed == Feed::There { 1 } else { rounds };
        let rate = (0..rounds).map(|round| once(&runtime, &folder.join("data"), way, count, round)).fold(0.0, f64::max);
        Row { name: way.name, rate }
    };
    let outs = outs.iter().map(&mut measure).collect();
    let ins = ins.iter().map(&mut measure).collect();
    let _ = std::fs::remove_dir_all(&folder);
    (outs, ins)
}

/// One round in a store of its own: messages in a second.
fn once(runtime: &Runtime, folder: &Path, way: &Way, count: u64, round: usize) -> f64 {
    let _ = std::fs::remove_dir_all(folder);
    let port = free_port();
    let lines = way.text.replace("PORT", &port.to_string()).replace("LANES", &format!("lanes {LANES}"));
    // Another store gives the same names: what is there already is not written over.
    let lines = lines.replace("ROUND", &format!("out-{round}"));
    let text = format!("interface bench \"Bench\" {{\n  owner bench\n{lines}}}\n{}", way.beside);
    let begun = Instant::now();
    let engine = open(runtime, folder, connectors::catalogue(), &text);
    let hops = if way.beside.is_empty() { 1 } else { 2 };
    runtime.block_on(async {
        if way.feed != Feed::There {
            let feed = way.feed;
            let senders: Vec<_> =
                (0..SENDERS).map(|sender| tokio::spawn(send(feed, port, sender, round, count / SENDERS))).collect();
            for sender in senders {
                sender.await.must("a sender");
            }
        }
        let expect = if way.feed == Feed::There { count } else { count / SENDERS * SENDERS } * hops;
        let end = Instant::now() + PATIENCE;
        while engine.status().counts.delivered + engine.status().counts.filtered < expect {
            let counts = engine.status().counts;
            assert!(counts.parked == 0, "{}: a message was parked: {}", way.name, why_parked(&engine));
            assert!(Instant::now() < end, "{}: deliveries do not end: {counts:?}", way.name);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let took = begun.elapsed();
    let _ = runtime.block_on(engine.stop(Duration::from_secs(10)));
    let _ = std::fs::remove_dir_all(folder);
    count as f64 / took.as_secs_f64()
}

/// What is on record of the first that was parked.
fn why_parked(engine: &engine::Engine) -> String {
    let query = store::Query { states: vec![message::MessageState::Parked], limit: 1, ..store::Query::default() };
    let hits = engine.store().search(&query).map(|page| page.hits).unwrap_or_default();
    let history = hits.first().map(|hit| engine.store().history(hit.id));
    format!("{history:?}")
}

/// A message of a sender.
fn message(round: usize, sender: u64, number: u64) -> String {
    format!(
        "MSH|^~\\&|REG|NORTH|HUB|NORTH|20260301120000||ADT^A01^ADT_A01|{round}-{sender}-{number}|P|2.5.1\r\
         EVN||20260301120000\rPID|1||{sender}{}^^^NORTH^MR||Quist^Ada||19800101|F\rPV1|1|I|4W^12^A\r",
        number % 50
    )
}

/// One sender: its share of the messages, each after the acknowledgment of the one before.
async fn send(feed: Feed, port: u16, sender: u64, round: usize, count: u64) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.must("a connection");
    stream.set_nodelay(true).must("a socket");
    let mut buffer = BytesMut::new();
    for number in 0..count {
        let message = message(round, sender, number);
        match feed {
            Feed::Mllp => {
                stream.write_all(format!("\x0b{message}\x1c\r").as_bytes()).await.must("a message");
                partners::frame(&mut stream, &mut buffer).await.must("an acknowledgment");
            }
            Feed::Blocks => {
                stream.write_all(format!("\x02{message}\x03").as_bytes()).await.must("a message");
                let mut answer = [0];
                tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.must("an answer");
                assert_eq!(answer, [6], "a refusal");
            }
            Feed::Http | Feed::Soap | Feed::Fhir => {
                let (kind, body) = posted(feed, &message, &format!("{round}-{sender}-{number}"));
                let head = format!(
                    "POST /in HTTP/1.1\r\nhost: bench\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).await.must("a message");
                let answer = partners::whole(&mut stream, &mut buffer).await.must("an answer");
                assert!(answer.starts_with("http/1.1 20"), "{answer}");
            }
            Feed::There => {}
        }
    }
}

/// Media type and body.
fn posted(feed: Feed, message: &str, id: &str) -> (&'static str, String) {
    match feed {
        Feed::Soap => {
            let text = message.replace('&', "&amp;").replace('\r', "&#13;");
            let body = format!(
                "<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><hl7>{text}</hl7></e:Body></e:Envelope>"
            );
            ("application/soap+xml", body)
        }
        Feed::Fhir => {
            ("application/fhir+json", json!({"resourceType": "Basic", "id": id, "language": "en"}).to_string())
        }
        Feed::Mllp | Feed::Http | Feed::Blocks | Feed::There => ("application/hl7-v2", message.to_owned()),
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").must("a port");
    listener.local_addr().must("an address").port()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_connector_has_a_pair_and_gives_a_ratio() {
        let (outs, ins) = measure_all(64, 1, Vec::new());
        assert!(outs.iter().chain(&ins).all(|row| row.rate > 0.0));
        let (outs, ins): (BTreeSet<_>, BTreeSet<_>) =
            (outs.iter().map(|row| row.name).collect(), ins.iter().map(|row| row.name).collect());
        // Measured where their servers are installed.
        let servers = ["redis", "mqtt", "sftp"];
        for spec in connectors::catalogue().iter().map(|connector| connector.spec()) {
            let is_known = ways::WITHOUT.iter().any(|(name, _)| *name == spec.name) || servers.contains(&spec.name);
            assert!(is_known || outs.contains(spec.name) || ins.contains(spec.name), "{} has no pair", spec.name);
        }
    }
}
