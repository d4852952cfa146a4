//! What several symptoms have in common: the thing that broke, as far as it can be seen.
//!
//! One dead host under 400 interfaces is one cause. The key of a cause names an incident, so it is stable over restarts.

use crate::kind::Kind;
use message::Name;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", content = "name")]
pub enum Cause {
    /// The engine's own ground: store, disk, backups.
    Engine(Arc<str>),
    /// A host that destinations send to.
    Partner(Arc<str>),
    /// A host that messages come from.
    Sender(Arc<str>),
    /// One interface.
    Interface(Name, Arc<str>),
}

impl Cause {
    /// The engine itself, for one kind.
    #[must_use]
    pub fn engine(kind: Kind) -> Cause {
        Cause::Engine(kind.as_str().into())
    }
    /// One interface, for one kind.
    #[must_use]
    pub fn interface(name: &Name, kind: Kind) -> Cause {
        Cause::Interface(name.clone(), kind.as_str().into())
    }
    /// `partner rx01.example.org`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Cause::Engine(_) => "this engine".to_owned(),
            Cause::Partner(host) => format!("partner {host}"),
            Cause::Sender(host) => format!("sender {host}"),
            Cause::Interface(name, _) => format!("interface {name}"),
        }
    }
    /// The host, where the cause is one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        match self {
            Cause::Partner(host) | Cause::Sender(host) => Some(host),
            Cause::Engine(_) | Cause::Interface(..) => None,
        }
    }
}

/// The host of an address: `rx01.example.org:6661` and `https://rx01.example.org/r4` are at the same; a folder is itself.
#[must_use]
pub fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    if rest.starts_with('/') || rest.starts_with('.') {
        return rest;
    }
    let rest = rest.split('/').next().unwrap_or(rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if let Some(inner) = rest.strip_prefix('[') {
        return inner.split(']').next().unwrap_or(inner);
    }
    match rest.split_once(':') {
        Some((host, port)) if !host.is_empty() && !port.contains(':') => host,
        _ => rest,
    }
}

/// What an address of a destination stands for: its host; on this machine, where many systems may live, host and port.
#[must_use]
pub fn partner_of(address: &str) -> &str {
    let host = host_of(address);
    if !is_here(host) {
        return host;
    }
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// The host is this machine.
#[must_use]
pub fn is_here(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::{host_of, partner_of};

    #[test]
    fn partners_on_this_machine_are_told_apart() {
        for (address, expect) in [
            ("rx01.example.org:6661", "rx01.example.org"),
            ("127.0.0.1:6661", "127.0.0.1:6661"),
            ("http://localhost:8080/fhir", "localhost:8080"),
            ("[::1]:2575", "[::1]:2575"),
            ("/srv/out", "/srv/out"),
        ] {
            assert_eq!(partner_of(address), expect, "{address}");
            assert_eq!(partner_of(expect), expect, "{expect}: of itself");
        }
    }

    #[test]
    fn hosts() {
        for (address, expect) in [
            ("rx01.example.org:6661", "rx01.example.org"),
            ("https://rx01.example.org/r4", "rx01.example.org"),
            ("https://user:word@rx01.example.org:8443/r4", "rx01.example.org"),
            ("[2001:db8::1]:2575", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("/srv/out", "/srv/out"),
            ("./out", "./out"),
            ("", ""),
        ] {
            assert_eq!(host_of(address), expect, "{address}");
        }
    }
}
