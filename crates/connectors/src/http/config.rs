//! Settings of the http connector, read once.

use crate::{
    codes,
    settings::{count, duration, size},
    tcp,
    tcp::listen::Seats,
};
use hyper::{
    Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING},
};
use interface::catalogue::Settings;
use message::Reason;
use std::time::Duration;

/// How a source serves.
#[derive(Clone, Debug)]
pub(crate) struct Serving {
    pub(crate) address: String,
    pub(crate) path: String,
    pub(crate) seats: Seats,
    pub(crate) body_bytes_max: usize,
    pub(crate) head_time_max: Duration,
    pub(crate) silence_max: Duration,
    pub(crate) body_time_max: Duration,
}

/// How a lane posts.
#[derive(Clone, Debug)]
pub(crate) struct Posting {
    /// `host:port` to connect to.
    pub(crate) address: String,
    /// Path and query.
    pub(crate) target: Uri,
    /// Host, content type and what the settings add. Never printed: it may hold secrets.
    pub(crate) headers: HeaderMap,
    pub(crate) connect_time_max: Duration,
    pub(crate) reply_time_max: Duration,
    pub(crate) reply_bytes_max: usize,
}

impl Serving {
    pub(crate) fn read(settings: &Settings) -> Result<Serving, Reason> {
        let (address, path) = settings.address.split_at(settings.address.find('/').unwrap_or(settings.address.len()));
        Ok(Serving {
            address: address.to_owned(),
            path: if path.is_empty() { "/".to_owned() } else { path.to_owned() },
            seats: Seats { total_max: count(settings, "connections"), per_peer_max: count(settings, "per-peer") },
            body_bytes_max: size(settings, "limit")?,
            head_time_max: duration(settings, "idle")?,
            silence_max: duration(settings, "frame-idle")?,
            body_time_max: duration(settings, "frame-time")?,
        })
    }
}

impl Posting {
    pub(crate) fn read(settings: &Settings) -> Result<Posting, Reason> {
        let url = &settings.address;
        let complain = |text: &str| Reason::new(codes::E6001, format!("`{url}`: {text}"));
        let uri: Uri = url.parse().map_err(|_| complain("write http://host:port/path"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                let text = "TLS comes with the security release; use http:// to a TLS proxy on this machine until then";
                return Err(Reason::new(codes::E6306, text));
            }
            Some(_) | None => return Err(complain("write http://host:port/path")),
        }
        let host = uri.host().ok_or_else(|| complain("there is no host"))?;
        let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
        tcp::check_host_port(&address)?;
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        Ok(Posting {
            target: target.parse().map_err(|_| complain("the path cannot be used"))?,
            headers: headers(settings, uri.authority().map_or(host, |authority| authority.as_str()))?,
            address,
            connect_time_max: duration(settings, "connect-timeout")?,
            reply_time_max: duration(settings, "timeout")?,
            reply_bytes_max: size(settings, "limit")?,
        })
    }
}

fn headers(settings: &Settings, host: &str) -> Result<HeaderMap, Reason> {
    let value = |text: &str| {
        HeaderValue::from_str(text)
            .map_err(|_| Reason::new(codes::E6010, "a header has letters that HTTP does not allow"))
    };
    let mut headers = HeaderMap::new();
    headers.insert(HOST, value(host)?);
    let media_type = settings.text("content-type");
    if !media_type.is_empty() {
        headers.insert(CONTENT_TYPE, value(media_type)?);
    }
    for (number, line) in settings.list("headers").iter().enumerate() {
        // The line is not quoted: it may hold a secret.
        let complain = |text: &str| Reason::new(codes::E6010, format!("`headers`, number {}: {text}", number + 1));
        let (name, text) = line.split_once(':').ok_or_else(|| complain("write \"Name: value\""))?;
        let name: HeaderName = name.trim().parse().map_err(|_| complain("the name cannot be used"))?;
        if [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONTENT_TYPE].contains(&name) {
            return Err(complain("this header is set by the connector"));
        }
        headers.append(name, value(text.trim())?);
    }
    Ok(headers)
}
