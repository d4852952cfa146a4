//! One datagram to a server, for protocols that expect no answer.

use crate::{codes, tcp};
use message::{Outcome, Reason, Scope};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::UdpSocket, time::timeout};

/// Largest datagram of IPv4, without its headers.
const BYTES_MAX: usize = 65_507;

/// Sends a datagram from a socket of its own: there is nothing to keep. Delivered means that the network took it.
pub(crate) async fn post(address: &str, datagram: &[u8], time_max: Duration) -> Outcome {
    if datagram.len() > BYTES_MAX {
        let text = format!("the message is larger than a datagram can be ({BYTES_MAX} bytes)");
        return Outcome::Permanent { reason: Reason::new(codes::E6110, text), reply: None };
    }
    let transient = |reason| Outcome::Transient { scope: Scope::Destination, reason, retry_after: None };
    let sent = async {
        let server = tcp::resolve(address).await?.next();
        let server = server.ok_or_else(|| Reason::new(codes::E6003, format!("{address} has no network address")))?;
        let here: SocketAddr = if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
        let lost =
            |error: std::io::Error| Reason::new(codes::E6003, format!("{address} cannot be reached: {}", error.kind()));
        let socket = UdpSocket::bind(here).await.map_err(lost)?;
        socket.send_to(datagram, server).await.map_err(lost)
    };
    match timeout(time_max, sent).await {
        Ok(Ok(_)) => Outcome::Delivered { reply: None },
        Ok(Err(reason)) => transient(reason),
        Err(_) => transient(Reason::new(codes::E6003, format!("{address} was not found in time"))),
    }
}
