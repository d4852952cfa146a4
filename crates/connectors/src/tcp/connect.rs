//! Connecting to a destination within a limit, and only where it may lead.

use super::{resolve, tune::tune};
use crate::codes;
use message::Reason;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};

/// Where a connection may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Wherever the address says.
    Everywhere,
    /// Wherever the address says, but for link-local networks: there clouds hand out the credentials of the machine.
    House,
    /// Not to this machine, nor to networks that are not public: for addresses that somebody outside may have chosen.
    Public,
}

/// Connects to `host:port`, trying each of its network addresses, all within `limit`. Every failure means that nothing
/// was sent.
pub(crate) async fn connect(address: &str, limit: Duration) -> Result<TcpStream, Reason> {
    connect_within(address, limit, Reach::Everywhere).await
}

/// The same, and only to network addresses within `reach`. They are looked at after the name was resolved and are the
/// ones that are connected to, so that a name that changes its mind between two questions gains nothing.
pub(crate) async fn connect_within(address: &str, limit: Duration, reach: Reach) -> Result<TcpStream, Reason> {
    match timeout(limit, connect_any(address, reach)).await {
        Ok(result) => result,
        Err(_) => Err(Reason::new(
            codes::E6003,
            format!("{address} did not take a connection within {} s", limit.as_secs_f32()),
        )),
    }
}

async fn connect_any(address: &str, reach: Reach) -> Result<TcpStream, Reason> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    let mut is_kept_in = false;
    for candidate in resolve(address).await? {
        let is_refused = match reach {
            Reach::Everywhere => false,
            Reach::House => is_link_local(candidate.ip()),
            Reach::Public => !is_public(candidate.ip()),
        };
        if is_refused {
            is_kept_in = true;
            continue;
        }
        match TcpStream::connect(candidate).await.and_then(|stream| tune(&stream).map(|()| stream)) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    if is_kept_in && last.kind() == io::ErrorKind::AddrNotAvailable && reach == Reach::House {
        let text = format!("{address} leads to a link-local network: refused without `link-local yes`");
        return Err(Reason::new(codes::E6901, text));
    }
    if is_kept_in && last.kind() == io::ErrorKind::AddrNotAvailable {
        let text = format!("{address} leads to this machine or to a network that is not public: refused");
        return Err(Reason::new(codes::E6520, text));
    }
    Err(Reason::new(codes::E6003, format!("{address} cannot be reached: {}", last.kind())))
}

/// Whether a network address is one of the link itself (RFC 3927, RFC 4291 §2.5.6), or one by which clouds answer about the machine
/// elsewhere.
fn is_link_local(address: IpAddr) -> bool {
    const OF_CLOUDS_V4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    const OF_CLOUDS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match address {
        IpAddr::V4(address) => address.is_link_local() || address == OF_CLOUDS_V4,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => is_link_local(IpAddr::V4(inner)),
            None => address.segments()[0] & 0xffc0 == 0xfe80 || address == OF_CLOUDS_V6,
        },
    }
}

/// Whether a network address belongs to the public internet (IANA special-purpose registries, RFC 6890).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_broadcast()
        || a == 0
        || a >= 240
        // Carrier-grade NAT, IETF assignments, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !is_special
}

/// Only 2000::/3 is global unicast; inside it, forms that carry an IPv4 address are judged by that.
fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let parts = address.segments();
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts[0] {
        // NAT64 (RFC 6052).
        0x64 if parts[1] == 0xff9b && parts[2..6] == [0; 4] => v4(parts[6], parts[7]),
        // 6to4, Teredo and other assignments, documentation.
        0x2002 => v4(parts[1], parts[2]),
        0x2001 if parts[1] < 0x200 || parts[1] == 0xdb8 => false,
        0x3fff if parts[1] < 0x1000 => false,
        0x2000..=0x3fff => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_and_other_networks() {
        let check = |address: &str, expect: bool| assert_eq!(is_public(address.parse().unwrap()), expect, "{address}");
        for public in ["8.8.8.8", "193.99.144.80", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            check(public, true);
        }
        for special in
            ["127.0.0.1", "127.255.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1"]
        {
            check(special, false);
        }
        for special in ["169.254.169.254", "100.64.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255"] {
            check(special, false);
        }
        for special in ["::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1"]
        {
            check(special, false);
        }
        for special in ["2002:7f00:1::", "2001:db8::1", "2001::1", "64:ff9b::a00:1", "::127.0.0.1", "fec0::1"] {
            check(special, false);
        }
        check("64:ff9b::808:808", true);
        check("2002:808:808::", true);
    }

    #[tokio::test]
    async fn services_that_hand_out_credentials_are_not_asked() {
        let check =
            |address: &str, expect: bool| assert_eq!(is_link_local(address.parse().unwrap()), expect, "{address}");
        for refused in
            ["169.254.169.254", "169.254.0.1", "100.100.100.200", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254"]
        {
            check(refused, true);
        }
        for taken in
            ["127.0.0.1", "10.1.2.3", "192.168.0.1", "100.64.0.1", "8.8.8.8", "::1", "fd12::1", "2606:4700::1111"]
        {
            check(taken, false);
        }
        for address in ["169.254.169.254:80", "[::ffff:169.254.169.254]:80", "[fd00:ec2::254]:80"] {
            let refused = connect_within(address, Duration::from_secs(5), Reach::House).await.unwrap_err();
            assert_eq!(refused.code, "E6901", "{refused}");
        }
    }

    #[tokio::test]
    async fn what_is_not_public_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let by_name = address.replace("127.0.0.1", "localhost");
        for address in [&address, &by_name] {
            let refused = connect_within(address, Duration::from_secs(5), Reach::Public).await.unwrap_err();
            assert_eq!(refused.code, "E6520", "{refused}");
        }
        assert!(connect(&address, Duration::from_secs(5)).await.is_ok());
    }
}
