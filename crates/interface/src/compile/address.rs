//! Addresses of connectors: their shape, and whether they cross the network in the clear.

use super::{reader::Reader, reader::is_name, settings::Direction};
use crate::{catalogue::AddressKind, codes, host::is_this_machine};
use lang::syntax::Tree;
use std::{ops::Range, sync::Arc};

/// Checks an address and completes it: a port alone becomes a loopback address.
pub(super) fn check(
    reader: &mut Reader<'_>,
    tree: &Tree,
    span: &Range<usize>,
    kind: AddressKind,
    direction: Direction,
    address: Option<Arc<str>>,
    is_secure: bool,
) -> Option<Arc<str>> {
    let address = match (address, kind) {
        (None, AddressKind::Nothing) => return Some(Arc::from("")),
        (Some(_), AddressKind::Nothing) => Err(("the connector takes no address".to_owned(), "leave it out")),
        (None, _) => Err(("the address is missing".to_owned(), expected(kind, direction))),
        (Some(address), kind) => complete(&address, kind, direction)
            .ok_or_else(|| (format!("`{address}` is not an address here"), expected(kind, direction))),
    };
    match address {
        Ok(address) => {
            if !is_secure {
                warn_in_the_clear(reader, tree, span, kind, direction, &address);
            }
            Some(address)
        }
        Err((message, hint)) => {
            reader.error(codes::E3110, tree, span.clone(), message, Some(hint.to_owned()));
            None
        }
    }
}

fn expected(kind: AddressKind, direction: Direction) -> &'static str {
    match (kind, direction) {
        (AddressKind::HostPort, Direction::Receive) => "write host:port (`0.0.0.0:2575`) or a port alone for loopback",
        (AddressKind::HostPort, Direction::Send | Direction::Lookup) => "write host:port: `rx01.example.org:6661`",
        (AddressKind::Url, Direction::Receive) => "write host:port/path: `0.0.0.0:8080/hl7`",
        (AddressKind::Url, Direction::Send | Direction::Lookup) => "write http://host:port/path or https://host/path",
        (AddressKind::Folder, _) => "write a folder, or a folder and a pattern: `in/*.hl7`",
        (AddressKind::Interface, _) => "write the name of an interface of this workspace",
        (AddressKind::Topic, _) => "write the name of a topic: `lab-results`",
        (AddressKind::Remote, _) => "write the server as the connector's page in docs/reference/connectors.md shows it",
        (AddressKind::Nothing, _) => "leave it out",
    }
}

fn complete(address: &str, kind: AddressKind, direction: Direction) -> Option<Arc<str>> {
    match kind {
        AddressKind::HostPort => host_port(address, direction).map(Arc::from),
        AddressKind::Url => match direction {
            Direction::Send | Direction::Lookup => {
                let (rest, port) = match address.strip_prefix("http://") {
                    Some(rest) => (rest, 80),
                    None => (address.strip_prefix("https://")?, 443),
                };
                let host = rest.split(['/', '?']).next()?;
                let with_port =
                    if host.rsplit(']').next()?.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
                host_port(&with_port, direction)?;
                Some(address.into())
            }
            Direction::Receive => {
                let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
                Some(format!("{}{path}", host_port(host, direction)?).into())
            }
        },
        AddressKind::Folder | AddressKind::Remote => (!address.trim().is_empty()).then(|| address.into()),
        AddressKind::Interface | AddressKind::Topic => is_name(address).then(|| address.into()),
        AddressKind::Nothing => None,
    }
}

/// `host:port` or, for a listener and for loopback, the port alone.
fn host_port(address: &str, direction: Direction) -> Option<String> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None => ("127.0.0.1", address),
    };
    let port: u16 = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok())??;
    let is_v6 = host.starts_with('[') && host.ends_with(']');
    let is_plain =
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let is_usable = (is_v6 || is_plain) && (port != 0 || direction == Direction::Receive);
    is_usable.then(|| format!("{host}:{port}"))
}

/// The host and port at which a source listens.
pub(crate) fn listening(kind: AddressKind, address: &str) -> Option<(&str, u16)> {
    let host_port = match kind {
        AddressKind::HostPort => address,
        AddressKind::Url => address.split('/').next()?,
        AddressKind::Folder | AddressKind::Interface | AddressKind::Topic => return None,
        AddressKind::Remote | AddressKind::Nothing => return None,
    };
    let (host, port) = host_port.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

fn warn_in_the_clear(
    reader: &mut Reader<'_>,
    tree: &Tree,
    span: &Range<usize>,
    kind: AddressKind,
    direction: Direction,
    address: &str,
) {
    if direction != Direction::Receive {
        return;
    }
    let Some((host, _)) = listening(kind, address) else { return };
    if is_this_machine(host) {
        return;
    }
    let message = format!("`{address}` takes messages from the network without encryption");
    let hint = "set `cert` and `key` where the connector has them, or listen on 127.0.0.1 behind a TLS proxy; `plaintext yes` says that it is meant, in a network that is closed to others";
    reader.warning(codes::E3205, tree, span.clone(), message, hint);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let check = |kind, direction, address: &str, expect: Option<&str>| {
            assert_eq!(complete(address, kind, direction).as_deref(), expect, "{kind:?} {direction:?} {address}");
        };
        use AddressKind::*;
        use Direction::*;
        check(HostPort, Receive, "2575", Some("127.0.0.1:2575"));
        check(HostPort, Receive, "0.0.0.0:0", Some("0.0.0.0:0"));
        check(HostPort, Send, "rx:6661", Some("rx:6661"));
        check(HostPort, Send, "[::1]:6661", Some("[::1]:6661"));
        check(HostPort, Send, "rx:0", None);
        check(HostPort, Send, "rx", None);
        check(HostPort, Send, "rx:99999", None);
        check(HostPort, Send, ":2575", None);
        check(HostPort, Send, "a b:2575", None);
        check(HostPort, Send, "rx:", None);
        check(Url, Send, "http://a.example/r4", Some("http://a.example/r4"));
        check(Url, Send, "http://a.example:8080", Some("http://a.example:8080"));
        check(Url, Send, "https://a.example", Some("https://a.example"));
        check(Url, Send, "ftp://a.example", None);
        check(Url, Send, "a.example", None);
        check(Url, Receive, "0.0.0.0:80/x", Some("0.0.0.0:80/x"));
        check(Url, Receive, "8080/hl7", Some("127.0.0.1:8080/hl7"));
        check(Url, Receive, "/hl7", None);
        check(Folder, Send, "out", Some("out"));
        check(Folder, Send, " ", None);
        check(Remote, Receive, "nats.example:4222", Some("nats.example:4222"));
        check(Remote, Receive, " ", None);
        check(Interface, Send, "lab-oru", Some("lab-oru"));
        check(Interface, Send, "lab oru", None);
    }

    #[test]
    fn what_a_source_listens_on() {
        assert_eq!(listening(AddressKind::Url, "0.0.0.0:80/x:7"), Some(("0.0.0.0", 80)));
        assert_eq!(listening(AddressKind::HostPort, "[::]:2575"), Some(("[::]", 2575)));
        assert_eq!(listening(AddressKind::Folder, "a:2"), None);
    }
}
