//! A sending system on one connection that stays open.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

/// The connection.
pub struct Peer(TcpStream);

impl Peer {
    /// Connects.
    pub fn connect(address: &str) -> Peer {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        Peer(stream)
    }

    /// Sends a message and waits for the acknowledgment.
    pub fn exchange(&mut self, message: &str) -> String {
        self.send(message);
        self.receive()
    }

    /// Sends a message in its frame.
    pub fn send(&mut self, message: &str) {
        self.0.write_all(format!("\x0b{message}\x1c\r").as_bytes()).expect("written");
    }

    /// Waits for one frame.
    pub fn receive(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\x1c\r") {
            assert_eq!(self.0.read(&mut byte).expect("an answer"), 1, "the connection was closed");
            bytes.push(byte[0]);
        }
        String::from_utf8_lossy(&bytes).trim_matches(['\x0b', '\x1c', '\r']).to_owned()
    }
}
