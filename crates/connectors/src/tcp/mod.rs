//! TCP as the connectors use it: addresses, socket settings, a bounded listener, connecting within a limit.
//!
//! Promises: a listener serves a bounded number of connections, in total and from one address, and one connection never
//! waits for another; a peer that vanished without a word is found within 35 s (contract of `Destination`, 4).
//! Never: knows what the protocols exchange; [`write`] writes the bytes that it is given.

pub(crate) mod connect;
pub(crate) mod datagram;
pub(crate) mod listen;
pub(crate) mod tune;
pub(crate) mod write;

use crate::codes;
use message::Reason;
use std::net::SocketAddr;

/// Reads where to listen: `port` alone means loopback, because opening a port to the network is a decision that should
/// be visible in the file; `host:port` otherwise.
pub(crate) async fn resolve_listen(address: &str) -> Result<SocketAddr, Reason> {
    let address = address.trim();
    if let Ok(port) = address.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    let mut found = resolve(address).await?;
    found.next().ok_or_else(|| Reason::new(codes::E6001, format!("`{address}` has no network address")))
}

/// The network addresses of `host:port`.
pub(crate) async fn resolve(address: &str) -> Result<std::vec::IntoIter<SocketAddr>, Reason> {
    check_host_port(address)?;
    let found: Vec<SocketAddr> = tokio::net::lookup_host(address)
        .await
        .map_err(|error| Reason::new(codes::E6003, format!("the name in `{address}` was not found: {}", error.kind())))?
        .collect();
    Ok(found.into_iter())
}

/// Complains about anything that is not `host:port`, before anything is looked up.
pub(crate) fn check_host_port(address: &str) -> Result<(), Reason> {
    let complain = |text: &str| Err(Reason::new(codes::E6001, format!("`{address}` {text}")));
    let Some((host, port)) = address.rsplit_once(':') else {
        return complain("has no port: write host:port");
    };
    if port.parse::<u16>().is_err() {
        return complain("does not end in a port between 0 and 65535");
    }
    let is_bracketed = host.starts_with('[') && host.ends_with(']');
    if host.is_empty() || host.contains(char::is_whitespace) || (host.contains(':') && !is_bracketed) {
        return complain("has no host that can be used: write host:port, IPv6 as [::1]:port");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port() {
        let check = |address: &str, expect: bool| assert_eq!(check_host_port(address).is_ok(), expect, "{address}");
        check("rx01.example.org:6661", true);
        check("10.0.0.1:1", true);
        check("[::1]:2575", true);
        check("::1:2575", false);
        check("rx01", false);
        check("rx01:", false);
        check("rx01:70000", false);
        check(":2575", false);
        check("a b:1", false);
    }

    #[tokio::test]
    async fn a_port_alone_is_loopback() {
        assert_eq!(resolve_listen("2575").await.unwrap(), "127.0.0.1:2575".parse().unwrap());
        assert_eq!(resolve_listen("0.0.0.0:2575").await.unwrap(), "0.0.0.0:2575".parse().unwrap());
        assert_eq!(resolve_listen("nonsense").await.unwrap_err().code, "E6001");
    }
}
