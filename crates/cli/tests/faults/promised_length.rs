//! F17: a request that promises four gigabytes and sends a few bytes. No memory is taken for a promise.

use super::{
    black_hole::pharmacy,
    rig::resident_peak,
    support::{Workspace, admission, free_port},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// Connections that promise nearly as much as is allowed.
const PEERS: usize = 100;
/// What the engine may take besides: far less than one such promise.
const GROWTH_KILOBYTES_MAX: u64 = 30 * 1024;

fn promise(address: &str, bytes: u64) -> TcpStream {
    let mut peer = TcpStream::connect(address).expect("a connection");
    peer.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    let head =
        format!("POST /in HTTP/1.1\r\nHost: hub\r\nContent-Type: application/hl7-v2\r\nContent-Length: {bytes}\r\n");
    peer.write_all(format!("{head}\r\nMSH|^~\\&|A").as_bytes()).expect("to write");
    peer
}

#[test]
fn a_promised_length_takes_no_memory() {
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let receive = format!("  receive http {address}/in {{\n    limit size 64MiB\n  }}\n");
    workspace.interface("adt", &(receive + &pharmacy(free_port())));
    let engine = workspace.run();
    let before = resident_peak(engine.pid());
    let mut answer = [0; 12];
    promise(&address, 4 * 1024 * 1024 * 1024 + 7).read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 413");
    let peers: Vec<TcpStream> = (0..PEERS).map(|_| promise(&address, 60 * 1024 * 1024)).collect();
    // Behind them all, a small message is taken as ever.
    let mut good = TcpStream::connect(&address).expect("a connection");
    let message = admission("GOOD", "P1");
    let length = message.len();
    write!(good, "POST /in HTTP/1.1\r\nHost: hub\r\nContent-Length: {length}\r\n\r\n{message}").expect("to write");
    good.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    let peak = resident_peak(engine.pid());
    println!("promised_length: peak {before} kB before, {peak} kB after");
    assert!(peak < before + GROWTH_KILOBYTES_MAX, "{before} kB, then {peak} kB");
    assert_eq!(engine.count("accepted"), 1);
    drop(peers);
}
