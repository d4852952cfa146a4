//! Addresses of the web that may be written in `sinew.toml`: inside TLS, or on this machine.

use crate::host::is_this_machine;
use std::net::IpAddr;

/// Whether an address is `https`, or `http` to this machine: `localhost` or a loopback address, compared as a whole. One that
/// cannot be read, or that has a user or a password in it, is neither.
pub(super) fn is_secure_or_here(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let address = host.parse::<IpAddr>();
    let is_name = |letter: u8| letter.is_ascii_alphanumeric() || b"-._".contains(&letter);
    let is_host = address.is_ok() || !host.is_empty() && host.bytes().all(is_name);
    let is_here = is_this_machine(host);
    is_port && is_host && (scheme == "https" || scheme == "http" && is_here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_host_says_that_it_is_this_machine() {
        for good in [
            "https://fhir.example.org/r4",
            "https://10.0.0.7:8443",
            "https://[2001:db8::1]:4318/v1",
            "http://localhost",
            "http://LOCALHOST:4318/v1",
            "http://localhost?x",
            "http://127.0.0.1:8080/r4",
            "http://127.8.0.1/",
            "http://[::1]:4318",
        ] {
            assert!(is_secure_or_here(good), "{good}");
        }
        for bad in [
            "",
            "https",
            "https://",
            "https:///r4",
            "https://a b/",
            "https://host:port/",
            "https://host:99999/",
            "https://me:secret@host/",
            "http://example.org/",
            "http://localhost.evil/",
            "http://localhost.evil.example:80/",
            "http://localhostevil/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1evil/",
            "http://127.evil.example/",
            "http://localhost@evil.example/",
            "http://localhost:80@evil.example/",
            "http://localhost\\.evil.example/",
            "http://[::1].evil.example/",
            "http://[::1]evil",
            "http://[fe80::1]/",
            "http://0.0.0.0/",
            "ftp://localhost/",
            "HTTP://localhost/",
        ] {
            assert!(!is_secure_or_here(bad), "{bad}");
        }
    }
}
