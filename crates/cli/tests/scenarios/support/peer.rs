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
        Peer::open(address).expect("a connection")
    }

    fn open(address: &str) -> std::io::Result<Peer> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Peer(stream))
    }

    /// Sends a message and waits for the acknowledgment.
    pub fn exchange(&mut self, message: &str) -> String {
        self.try_once(message).expect("an answer")
    }

    /// As [`Peer::exchange`], where the connection may break.
    pub fn try_exchange(address: &str, open: &mut Option<Peer>, message: &str) -> std::io::Result<String> {
        if open.is_none() {
            *open = Some(Peer::open(address)?);
        }
        let result =
            open.as_mut().map_or_else(|| Err(std::io::ErrorKind::NotConnected.into()), |peer| peer.try_once(message));
        if result.is_err() {
            *open = None;
        }
        result
    }

    fn try_once(&mut self, message: &str) -> std::io::Result<String> {
        self.0.write_all(format!("\x0b{message}\x1c\r").as_bytes())?;
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\x1c\r") {
            self.0.read_exact(&mut byte)?;
            bytes.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&bytes).trim_matches(['\x0b', '\x1c', '\r']).to_owned())
    }
}
