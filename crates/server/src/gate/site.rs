//! What the gate asks of a browser: by which name it came, from which site, and with which token; and what it is told.
//!
//! Promises: a name that is not ours is not answered (DNS rebinding); an act by cookie needs our own origin and the token
//! that only our own pages can read (cross-site request forgery); every answer forbids framing, sniffing and caching.

use super::caller::{Caller, Source, Voucher};
use crate::{codes, host::ApiSettings, people::chance, problem::Problem};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};

/// The header in which a page sends the token of its session.
pub(crate) const TOKEN_HEADER: &str = "x-sinew-token";

/// Names that stand for this machine itself.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The name without the port.
fn name_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() => name,
        _ => authority,
    }
}

fn is_ours(settings: &ApiSettings, authority: &str) -> bool {
    let name = name_of(authority);
    LOCAL_NAMES.iter().any(|local| local.eq_ignore_ascii_case(name))
        || settings.names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Refuses requests that came for another name.
pub(crate) fn check_host(settings: &ApiSettings, head: &Parts) -> Result<(), Problem> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|value| value.to_str().ok());
    let is_single = hosts.next().is_none();
    let absolute = head.uri.authority().map(axum::http::uri::Authority::as_str);
    let is_right =
        host.is_some_and(|host| is_ours(settings, host)) && absolute.is_none_or(|name| is_ours(settings, name));
    if is_right && is_single {
        return Ok(());
    }
    let text = "this server is not known by that name: add it to `api.names` in sinew.toml";
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, codes::E7066, text))
}

/// Refuses what another site made a browser send.
pub(crate) fn check_origin(
    settings: &ApiSettings,
    source: &Source,
    head: &Parts,
    caller: Option<&Caller>,
    page_token: impl Fn(&str) -> String,
) -> Result<(), Problem> {
    let is_safe = matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let is_network = matches!(source, Source::Network { .. });
    let is_key = caller.is_some_and(|caller| matches!(caller.voucher, Voucher::Key(_)));
    if is_safe || !is_network || is_key {
        return Ok(());
    }
    let foreign = || Problem::new(StatusCode::FORBIDDEN, codes::E7065, "the request was made by another site");
    let origin = text(&head.headers, &header::ORIGIN);
    if text(&head.headers, &HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| site != "same-origin" && site != "none")
    {
        return Err(foreign());
    }
    let session = caller.and_then(|caller| match &caller.voucher {
        Voucher::Session(id) => Some(id),
        Voucher::Socket | Voucher::Key(_) => None,
    });
    if let Some(id) = session {
        let given = text(&head.headers, &HeaderName::from_static(TOKEN_HEADER)).unwrap_or_default();
        if !chance::is_same(given.as_bytes(), page_token(id).as_bytes()) {
            return Err(foreign());
        }
    }
    match origin {
        Some(origin) if is_same(settings, origin, head) => Ok(()),
        Some(_) => Err(foreign()),
        // Programs send no origin; browsers do with every request that changes something.
        None if session.is_some() => Err(foreign()),
        None => Ok(()),
    }
}

/// The name and port that a request came to.
pub(crate) fn host(headers: &HeaderMap) -> &str {
    text(headers, &header::HOST).unwrap_or_default()
}

/// A browser asks for a page to show, and not a script for data.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    kinds.flat_map(|list| list.split(',')).any(|kind| kind.trim().split(';').next() == Some("text/html"))
}

/// A cookie of this name.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut found = all.flat_map(|text| text.split(';')).filter_map(|one| one.trim().split_once('='));
    found.find(|(known, _)| *known == name).map(|(_, value)| value).filter(|value| !value.is_empty())
}

/// What stands behind `Authorization: Bearer`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, value) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| value.trim())
}

/// The origin is the very place that the request came to.
fn is_same(settings: &ApiSettings, origin: &str, head: &Parts) -> bool {
    let authority = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let host = text(&head.headers, &header::HOST);
    authority.is_some_and(|authority| is_ours(settings, authority) && Some(authority) == host)
}

/// Headers of every answer.
pub(crate) fn harden(headers: &mut HeaderMap, is_sealed: bool) {
    const ALWAYS: [(&str, &str); 8] = [
        (
            "content-security-policy",
            "default-src 'none'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("cache-control", "no-store"),
    ];
    for (name, value) in ALWAYS {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    if is_sealed {
        let value = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let settings = ApiSettings { names: vec!["sinew.example.org".into()], ..ApiSettings::default() };
        let check = |host: &str, expect: bool| assert_eq!(is_ours(&settings, host), expect, "{host}");
        check("localhost:8620", true);
        check("127.0.0.1", true);
        check("[::1]:8620", true);
        check("Sinew.example.org", true);
        check("sinew.example.org:443", true);
        check("sinew.example.org.evil.example", false);
        check("evil.example:8620", false);
        check("", false);
        check(":8620", false);
    }

    #[test]
    fn inside_tls_every_answer_keeps_browsers_inside() {
        let hardened = |is_sealed: bool| {
            let mut headers = HeaderMap::new();
            harden(&mut headers, is_sealed);
            text(&headers, &header::STRICT_TRANSPORT_SECURITY).map(str::to_owned)
        };
        assert_eq!(hardened(true).as_deref(), Some("max-age=63072000; includeSubDomains"));
        // In the open a browser has to pass over it (RFC 6797 §8.1), and it would close the way back to a test.
        assert_eq!(hardened(false), None);
    }
}
