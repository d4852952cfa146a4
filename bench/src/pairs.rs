//! What each way out costs beside MLLP: messages that come by MLLP and go out by another connector, from the first byte in to
//! the last delivery recorded, as a ratio to MLLP in and MLLP out in the same run.
//!
//! The partners for MLLP and HTTP are in this process and do the least there is; a broker is one that runs already:
//! `bench pairs --also='nats 127.0.0.1:4222/bench.in'`.

use crate::stage::{Must, open};
use bytes::BytesMut;
use serde_json::json;
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

const MESSAGES: u64 = 4_000;
/// Connections of senders; each waits for its acknowledgment before it sends the next.
const SENDERS: u64 = 16;
/// Lanes of the destination.
const LANES: u64 = 8;
/// How long deliveries may take after the last acknowledgment.
const PATIENCE: Duration = Duration::from_secs(120);
/// Rounds of one pair; the best one counts.
const ROUNDS: usize = 3;

struct Row {
    to: String,
    /// Messages in a second.
    rate: f64,
}

pub(crate) fn run(is_json: bool, also: &[&str]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().must("a runtime");
    let mllp = runtime.block_on(serve(answer_mllp));
    let http = runtime.block_on(serve(answer_http));
    let mut lines = vec![
        format!("mllp 127.0.0.1:{mllp} lanes {LANES}"),
        format!("file out lanes {LANES}"),
        format!("http http://127.0.0.1:{http}/x lanes {LANES}"),
    ];
    lines.extend(also.iter().map(|line| format!("{line} lanes {LANES}")));
    let rows: Vec<Row> = lines.iter().map(|line| measure(&runtime, line)).collect();
    let base = rows[0].rate;
    if is_json {
        let row = |row: &Row| json!({"to": row.to, "messages_per_s": row.rate, "ratio": row.rate / base});
        let rows: Vec<_> = rows.iter().map(row).collect();
        println!("{}", json!({"bench": "pairs", "from": "mllp", "messages": MESSAGES, "pairs": rows}));
        return;
    }
    println!("{MESSAGES} messages by MLLP over {SENDERS} connections, {LANES} lanes, best of {ROUNDS}");
    for row in &rows {
        println!("  mllp → {:6} {:8.0} messages/s  {:5.2} of mllp → mllp", row.to, row.rate, row.rate / base);
    }
}

fn measure(runtime: &Runtime, line: &str) -> Row {
    let to = line.split(' ').next().unwrap_or_default().to_owned();
    let rate = (0..ROUNDS).map(|round| once(runtime, line, round)).fold(0.0, f64::max);
    Row { to, rate }
}

/// One round in a store of its own: messages in a second.
fn once(runtime: &Runtime, line: &str, round: usize) -> f64 {
    let folder = std::env::temp_dir().join(format!("sinew-pairs-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let port = free_port();
    let (connector, lanes) = line.rsplit_once(" lanes ").must("lanes");
    let text = format!(
        "interface bench \"Bench\" {{\n  owner bench\n  receive mllp 127.0.0.1:{port} {{ order by PID-3.1 }}\n  \
         send out {{\n    {connector}\n    lanes {lanes}\n  }}\n}}\n"
    );
    let engine = open(runtime, Path::new(&folder), connectors::catalogue(), &text);
    let begun = Instant::now();
    runtime.block_on(async {
        let senders: Vec<_> = (0..SENDERS).map(|sender| tokio::spawn(send(port, sender, round))).collect();
        for sender in senders {
            sender.await.must("a sender");
        }
        let outbox = engine.flow("bench").must("the interface").outbox("out").must("the destination");
        let end = Instant::now() + PATIENCE;
        while outbox.look(engine::queue::Queue::len) > 0 {
            assert!(Instant::now() < end, "deliveries do not end: {line}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    let took = begun.elapsed();
    let _ = runtime.block_on(engine.stop(Duration::from_secs(10)));
    let _ = std::fs::remove_dir_all(&folder);
    MESSAGES as f64 / took.as_secs_f64()
}

/// One sender: its share of the messages, each after the acknowledgment of the one before.
async fn send(port: u16, sender: u64, round: usize) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.must("a connection");
    stream.set_nodelay(true).must("a socket");
    let mut buffer = BytesMut::new();
    for number in 0..MESSAGES / SENDERS {
        let message = format!(
            "\x0bMSH|^~\\&|REG|NORTH|HUB|NORTH|20260301120000||ADT^A01^ADT_A01|{round}-{sender}-{number}|P|2.5.1\r\
             EVN||20260301120000\rPID|1||{sender}{}^^^NORTH^MR||Quist^Ada||19800101|F\rPV1|1|I|4W^12^A\r\x1c\r",
            number % 50
        );
        stream.write_all(message.as_bytes()).await.must("a message");
        frame(&mut stream, &mut buffer).await.must("an acknowledgment");
    }
}

/// The next frame of MLLP.
async fn frame(stream: &mut TcpStream, buffer: &mut BytesMut) -> Option<BytesMut> {
    loop {
        if let Some(end) = buffer.windows(2).position(|pair| pair == b"\x1c\r") {
            return Some(buffer.split_to(end + 2));
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}

/// A partner on a port of loopback that treats each connection so.
async fn serve<F: Future<Output = Option<()>> + Send + 'static>(treat: fn(TcpStream) -> F) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.must("a port");
    let port = listener.local_addr().must("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(treat(stream));
        }
    });
    port
}

async fn answer_mllp(mut stream: TcpStream) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        let message = frame(&mut stream, &mut buffer).await?;
        let id = message[..].split(|byte| *byte == b'|').nth(9)?;
        let id = String::from_utf8_lossy(id);
        let answer = format!("\x0bMSH|^~\\&|P|P|HUB|NORTH|20260301120000||ACK|{id}-A|P|2.5.1\rMSA|AA|{id}\r\x1c\r");
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn answer_http(mut stream: TcpStream) -> Option<()> {
    let mut buffer = BytesMut::new();
    loop {
        let head = loop {
            if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break buffer.split_to(end + 4);
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
        let length = length.unwrap_or(0);
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        }
        let _ = buffer.split_to(length);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.ok()?;
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").must("a port");
    listener.local_addr().must("an address").port()
}
