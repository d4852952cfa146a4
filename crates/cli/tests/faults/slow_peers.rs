//! F18: many peers that send a byte a second. A good sender does not notice them, and each loses its seat when its frame
//! has taken too long.

use super::{
    black_hole::pharmacy,
    rig::{Line, content, has_handles},
    support::{PATIENCE, Workspace, field, free_port, wait_for},
};
use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// Slow peers at a time.
const PEERS: usize = 1_000;
/// Longest time of one frame in this test.
const FRAME_TIME_SECONDS: u64 = 4;
/// What the slowest answer to the good sender may take on a machine that is busy with other tests.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Whether the other side has hung up.
fn is_closed(peer: &mut TcpStream) -> bool {
    match peer.read(&mut [0; 16]) {
        Ok(0) => true,
        Ok(_) => false,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// A byte from each that is still there; gives how many are.
fn drip(peers: &mut Vec<TcpStream>) -> usize {
    peers.retain_mut(|peer| !is_closed(peer) && peer.write(b"A").is_ok());
    peers.len()
}

#[test]
fn slow_peers_do_not_hold_up_a_good_sender_and_lose_their_seats() {
    // Half of what the engine can spare is for one address, and all of these come from one.
    if !has_handles("slow_peers", 2 * PEERS as u64 + 500) {
        return;
    }
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let source = format!(
        "  receive mllp {address} {{\n    frame-time {FRAME_TIME_SECONDS}s\n    connections {0}\n    per-peer {0}\n  }}\n",
        PEERS + 10
    );
    workspace.interface("adt", &(source + &pharmacy(free_port())));
    let engine = workspace.run();
    let mut peers: Vec<TcpStream> = (0..PEERS)
        .map(|_| {
            let mut peer = TcpStream::connect(&address).expect("a connection");
            peer.write_all(b"\x0bMSH|^~\\&|").expect("a start");
            peer.set_nonblocking(true).expect("a socket");
            peer
        })
        .collect();
    let mut good = Line::new(&address);
    let (started, mut slowest, mut sent) = (Instant::now(), Duration::ZERO, 0);
    let mut next_drip = started;
    while !peers.is_empty() {
        if Instant::now() >= next_drip {
            drip(&mut peers);
            next_drip += Duration::from_secs(1);
        }
        let begun = Instant::now();
        let answer = good.exchange(&content(&format!("G{sent:05}"))).expect("an answer");
        assert_eq!(field(&answer, "MSA", 1), "AA");
        slowest = slowest.max(begun.elapsed());
        sent += 1;
        std::thread::sleep(Duration::from_millis(20));
        assert!(started.elapsed() < PATIENCE, "{} slow peers keep their seats", peers.len());
    }
    println!("slow_peers: {sent} messages beside {PEERS} slow peers, slowest answer {slowest:?}");
    assert!(slowest < ANSWER_MAX, "{slowest:?}");
    assert_eq!(engine.count("accepted"), sent, "half a message is none");
    wait_for("the reason to be told", || {
        (engine.status()["interfaces"][0]["anomalies"].as_u64() >= Some(1)).then_some(())
    });
}
