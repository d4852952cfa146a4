//! F17: a frame without an end. Memory stays bounded, the connection is closed, the others go on.

use super::{
    rig::{Line, content, resident_peak},
    support::{Workspace, field, free_port, wait_for},
};
use std::{io::Write, net::TcpStream, time::Duration};

/// What the peer sends if it is let. The engine reads on for half a second after it has closed its side, so that its last
/// answer arrives; a fast peer sends hundreds of megabytes meanwhile.
const STREAM_BYTES: usize = 10 * 1024 * 1024 * 1024;
/// The limit of a frame (64 MiB) and what the engine may take besides, over what it had before: the pages of the binary
/// itself are no memory that a frame takes.
const GROWTH_KILOBYTES_MAX: u64 = (64 + 70) * 1024;

/// Streams a frame that does not end; gives how many bytes the engine took before it hung up.
fn stream(address: &str) -> usize {
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.set_write_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    socket.write_all(b"\x0bMSH|^~\\&|EPR|NORTH|HUB|NORTH|20260301120000||ORU^R01|ENDLESS|P|2.5.1\r").expect("a start");
    let piece = vec![b'A'; 256 * 1024];
    let mut sent = 0;
    while sent < STREAM_BYTES {
        match socket.write(&piece) {
            Ok(count) => sent += count,
            Err(_) => return sent,
        }
    }
    sent
}

#[test]
fn a_frame_without_an_end_takes_bounded_memory() {
    let address = format!("127.0.0.1:{}", free_port());
    let workspace = Workspace::empty();
    let source = format!("  receive mllp {address} {{\n    limit size 64MiB\n  }}\n");
    workspace.interface("adt", &(source + &super::black_hole::pharmacy(free_port())));
    let engine = workspace.run();
    let mut other = Line::new(&address);
    assert_eq!(field(&other.exchange(&content("BEFORE")).expect("an answer"), "MSA", 1), "AA");
    let before = resident_peak(engine.pid());
    let sent = stream(&address);
    assert!(sent < STREAM_BYTES, "the connection was never closed");
    let peak = resident_peak(engine.pid());
    println!("endless_frame: {} MiB were taken, peak {before} kB before, {peak} kB after", sent / 1024 / 1024);
    assert!(peak - before < GROWTH_KILOBYTES_MAX, "{} kB more resident", peak - before);
    assert_eq!(field(&other.exchange(&content("AFTER")).expect("an answer"), "MSA", 1), "AA");
    wait_for("the reason to be told", || {
        (engine.status()["interfaces"][0]["anomalies"].as_u64() >= Some(1)).then_some(())
    });
    assert_eq!(engine.count("accepted"), 2, "half a message is none");
}
