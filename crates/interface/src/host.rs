//! Which hosts are this machine: one answer for every rule that lets what is plain pass on it.
//!
//! Never: a look at a name service; a name is compared as a whole, never by how it begins.

use std::net::IpAddr;

/// `localhost` or a loopback address, IPv6 in brackets or not.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let number = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || number.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_whole_host() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.8.7", "[::1]", "::1"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "127.evil.example", "127.0.0.1.evil", "localhost.evil", "[::1", "10.0.0.1", "[fe80::1]"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
