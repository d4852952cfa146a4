//! A client on a bare socket: it sends what a test says, well-formed or not.

use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout_at},
};

/// A connected client.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Peer {
    /// Connects.
    ///
    /// # Panics
    /// If nobody listens there.
    pub async fn connect(address: &str) -> Peer {
        match TcpStream::connect(address).await {
            Ok(stream) => Peer { stream, received: Vec::new() },
            Err(error) => panic!("nobody listens at {address}: {error}"),
        }
    }

    /// Sends bytes; false if the other side no longer takes them.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok() && self.stream.flush().await.is_ok()
    }

    /// Sends one byte at a time with a pause between.
    pub async fn drip(&mut self, bytes: &[u8], pause: Duration) -> bool {
        for byte in bytes {
            if !self.send(&[*byte]).await {
                return false;
            }
            tokio::time::sleep(pause).await;
        }
        true
    }

    /// Reads until `mark` has come and returns everything up to and with it; `None` if the other side closes or `limit`
    /// passes first.
    pub async fn read_until(&mut self, mark: &[u8], limit: Duration) -> Option<Vec<u8>> {
        let end = Instant::now() + limit;
        loop {
            if let Some(at) = self.received.windows(mark.len()).position(|window| window == mark) {
                let rest = self.received.split_off(at + mark.len());
                return Some(std::mem::replace(&mut self.received, rest));
            }
            match timeout_at(end, self.stream.read_buf(&mut self.received)).await {
                Ok(Ok(count)) if count > 0 => {}
                _ => return None,
            }
        }
    }

    /// Reads this many bytes; `None` if the other side closes or `limit` passes first.
    pub async fn read_exact(&mut self, count: usize, limit: Duration) -> Option<Vec<u8>> {
        let end = Instant::now() + limit;
        while self.received.len() < count {
            match timeout_at(end, self.stream.read_buf(&mut self.received)).await {
                Ok(Ok(more)) if more > 0 => {}
                _ => return None,
            }
        }
        let rest = self.received.split_off(count);
        Some(std::mem::replace(&mut self.received, rest))
    }

    /// Waits for the other side to close and returns what it said before; `None` if it does not within `limit`.
    pub async fn read_to_close(&mut self, limit: Duration) -> Option<Vec<u8>> {
        let end = Instant::now() + limit;
        loop {
            match timeout_at(end, self.stream.read_buf(&mut self.received)).await {
                Ok(Ok(0) | Err(_)) => return Some(std::mem::take(&mut self.received)),
                Ok(Ok(_)) => {}
                Err(_) => return None,
            }
        }
    }

    /// Ends our side (FIN) and keeps listening.
    pub async fn finish(&mut self) {
        // The other side may be gone already, which is what is wanted.
        let _ = self.stream.shutdown().await;
    }

    /// Closes with a reset.
    pub fn reset(self) {
        // If it cannot be set, the close is an ordinary one and the test that needs a reset says so.
        let _ = self.stream.set_zero_linger();
    }
}
