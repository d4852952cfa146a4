//! `http://host:port/path?query` and `https://…`, read once.

use crate::{codes, tcp};
use hyper::{Uri, header::HeaderValue};
use interface::host::is_this_machine;
use message::Reason;

/// The address of a server and a place on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether it is `https`.
    pub(crate) is_secure: bool,
    /// The host alone; IPv6 in brackets.
    pub(crate) host: String,
    /// `host:port` to connect to.
    pub(crate) address: String,
    /// The header `Host`.
    pub(crate) authority: HeaderValue,
    /// The path, without a slash at its end unless it is only that.
    pub(crate) path: String,
    /// What stands behind `?`, as written.
    pub(crate) query: Option<String>,
}

impl Url {
    /// Reads it; the reason quotes it, so it must not hold secrets, and one with a user and a password is refused.
    pub(crate) fn parse(text: &str) -> Result<Url, Reason> {
        let complain = |why: &str| Reason::new(codes::E6001, format!("`{text}`: {why}"));
        if text.split(['/', '?']).nth(2).is_some_and(|authority| authority.contains('@')) {
            let why = "an address holds no user and no password: there are settings for them";
            return Err(Reason::new(codes::E6001, why));
        }
        let uri: Uri = text.parse().map_err(|_| complain("write http://host:port/path or https://host/path"))?;
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err(complain("write http://host:port/path or https://host/path")),
        };
        let host = uri.host().ok_or_else(|| complain("there is no host"))?;
        let address = format!("{host}:{}", uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 }));
        tcp::check_host_port(&address)?;
        let authority = uri.authority().map_or(host, |authority| authority.as_str());
        Ok(Url {
            is_secure,
            host: host.to_owned(),
            authority: HeaderValue::from_str(authority).map_err(|_| complain("the host cannot be used"))?,
            address,
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
        })
    }

    /// Whether it leads to this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        is_this_machine(&self.host)
    }

    /// Path and query as a request names them.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// `scheme://host[:port]`, as links that a server gives begin.
    pub(crate) fn origin(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority.to_str().unwrap_or(&self.address))
    }
}
