//! Connecting to a destination within a limit.

use super::{resolve, tune::tune};
use crate::codes;
use message::Reason;
use std::{io, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// Connects to `host:port`, trying each of its network addresses, all within `limit`. Every failure means that nothing
/// was sent.
pub(crate) async fn connect(address: &str, limit: Duration) -> Result<TcpStream, Reason> {
    match timeout(limit, connect_any(address)).await {
        Ok(result) => result,
        Err(_) => Err(Reason::new(
            codes::E6003,
            format!("{address} did not take a connection within {} s", limit.as_secs_f32()),
        )),
    }
}

async fn connect_any(address: &str) -> Result<TcpStream, Reason> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for candidate in resolve(address).await? {
        match TcpStream::connect(candidate).await.and_then(|stream| tune(&stream).map(|()| stream)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(Reason::new(codes::E6003, format!("{address} cannot be reached: {}", last.kind())))
}
