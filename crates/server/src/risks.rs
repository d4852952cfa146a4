//! What travels unencrypted: listeners that take, and destinations that are given, patients' data in the open.
//!
//! Promises: every such place is told, also where a line says that it is meant. Never: an opinion about the network.

use crate::{codes, host::ApiSettings};
use interface::{
    catalogue::{Settings, Value},
    definition::Definition,
    host::is_this_machine,
};
use serde::Serialize;
use std::sync::Arc;

/// A place where bytes can be read, and changed, on their way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Risk {
    /// The page that says more.
    pub code: &'static str,
    /// `interface adt receive`, `interface adt send rx`, `api`.
    pub place: String,
    /// One sentence.
    pub text: String,
    /// A line of the workspace says that it is meant.
    pub is_accepted: bool,
}

/// Every place, in the order of the interfaces.
#[must_use]
pub fn in_the_open<'d>(definitions: impl IntoIterator<Item = &'d Arc<Definition>>, api: &ApiSettings) -> Vec<Risk> {
    let mut risks = Vec::new();
    let mut tell = |place: String, address: &str, what: &str, is_accepted: bool| {
        let text = format!("{address} {what} without encryption: who is on the way can read and change it");
        risks.push(Risk { code: codes::E7301.id, place, text, is_accepted });
    };
    if let Some(address) = api.listen.filter(|address| api.certificate.is_none() && !address.ip().is_loopback()) {
        tell("api".to_owned(), &address.to_string(), "takes passwords and shows messages", api.is_plaintext_allowed);
    }
    for definition in definitions {
        let settings = &definition.receive.settings;
        if settings.values.contains_key("plaintext")
            && settings.text("cert").is_empty()
            && is_outside(&settings.address)
        {
            let place = format!("interface {} receive", definition.name);
            tell(place, &settings.address, "takes messages", settings.flag("plaintext"));
        }
        for destination in &definition.destinations {
            if is_sent_open(&destination.settings) {
                let place = format!("interface {} send {}", definition.name, destination.name);
                let address = shown(&destination.settings.address);
                tell(place, address, "is given messages", false);
            }
        }
    }
    risks
}

/// Where TLS is a switch, it is off; where the address says it, it says no.
fn is_sent_open(settings: &Settings) -> bool {
    let is_switched_off = settings.values.get("tls") == Some(&Value::Flag(false));
    let is_bare =
        settings.values.get("transport").is_some_and(|value| matches!(value, Value::Text(text) if &**text != "tls"));
    (is_switched_off || is_bare || settings.address.starts_with("http://")) && is_outside(&settings.address)
}

/// The address without a path: what stands there may name somebody.
fn shown(address: &str) -> &str {
    let start = address.find("://").map_or(0, |place| place + 3);
    address[start..].find('/').map_or(address, |end| &address[..start + end])
}

/// The address leads, or listens, beyond this machine.
fn is_outside(address: &str) -> bool {
    let authority = address.split_once("://").map_or(address, |(_, rest)| rest).split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or("", |(host, _)| host).trim_matches(['[', ']']);
    let host = if host.is_empty() && address.contains("://") { authority } else { host };
    !(host.is_empty() || is_this_machine(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine() {
        let check = |address: &str, expect: bool| assert_eq!(is_outside(address), expect, "{address}");
        check("2575", false);
        check("127.0.0.1:2575", false);
        check("localhost:2575", false);
        check("[::1]:2575", false);
        check("0.0.0.0:2575", true);
        check("[::]:2575", true);
        check("rx.example.org:6661", true);
        check("http://fhir.example.org/r4", true);
        check("http://fhir.example.org:8080/r4", true);
        check("http://localhost:8080/r4", false);
        check("127.0.0.1:8080/lab", false);
        assert_eq!(shown("http://a.example:1/secret/path"), "http://a.example:1");
        assert_eq!(shown("a.example:1"), "a.example:1");
    }

    #[test]
    fn the_api_in_the_open() {
        let open = ApiSettings {
            listen: Some("0.0.0.0:8620".parse().unwrap()),
            is_plaintext_allowed: true,
            ..Default::default()
        };
        let found = in_the_open([], &open);
        assert_eq!((found.len(), found[0].is_accepted, &*found[0].place), (1, true, "api"));
        let sealed = ApiSettings { certificate: Some(("a".into(), "b".into())), ..open.clone() };
        let here = ApiSettings { listen: Some("127.0.0.1:8620".parse().unwrap()), ..open };
        assert_eq!((in_the_open([], &sealed), in_the_open([], &here)), (vec![], vec![]));
    }
}
