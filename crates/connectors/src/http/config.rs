//! Settings of the http connector, read once.

use super::{destination::with_query, dialect::Dialect, guard::Guard, media::Media};
use crate::{
    codes,
    settings::{count, duration, part_size, size},
    tcp::listen::Seats,
    tls,
    web::{Limits, Url, settings::limits},
};
use hyper::{
    Method, Uri,
    header::{
        ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
        TRANSFER_ENCODING,
    },
};
use interface::{
    catalogue::{Context, Settings},
    host::is_this_machine,
};
use message::Reason;
use std::{sync::Arc, time::Duration};

/// How a source serves.
pub(crate) struct Serving {
    pub(crate) address: String,
    /// The path of the address first.
    pub(crate) paths: Vec<String>,
    pub(crate) methods: Vec<Method>,
    /// What bodies may be.
    pub(crate) media: Media,
    pub(crate) form_field: String,
    /// What is spoken over HTTP, where that is not HTTP alone.
    pub(crate) dialect: Option<Arc<dyn Dialect>>,
    pub(crate) guard: Guard,
    pub(crate) tls: Option<tls::Server>,
    pub(crate) seats: Seats,
    pub(crate) body_bytes_max: usize,
    pub(crate) head_time_max: Duration,
    pub(crate) silence_max: Duration,
    pub(crate) body_time_max: Duration,
}

/// How a lane posts.
pub(crate) struct Posting {
    pub(crate) method: Method,
    /// Path and query.
    pub(crate) target: Uri,
    /// Content type and what the settings add. Never printed: it may hold secrets.
    pub(crate) headers: HeaderMap,
    /// The field of a form that takes the message.
    pub(crate) form_field: Option<String>,
    /// The other fields.
    pub(crate) form: Vec<(String, String)>,
    pub(crate) limits: Limits,
}

impl Serving {
    pub(crate) fn read(settings: &Settings, context: &Context) -> Result<Serving, Reason> {
        check_serving(settings)?;
        let (address, path) = split(&settings.address);
        let mut paths = vec![if path.is_empty() { "/".to_owned() } else { path.to_owned() }];
        paths.extend(settings.list("paths").iter().map(ToString::to_string));
        Ok(Serving {
            address: address.to_owned(),
            paths,
            methods: methods(settings.list("methods"))?,
            media: Media::read(settings.list("media-types"))?,
            form_field: settings.text("form-field").to_owned(),
            dialect: None,
            guard: Guard::read(settings)?,
            tls: tls::Server::read(settings, context)?,
            seats: Seats { total_max: count(settings, "connections"), per_peer_max: count(settings, "per-peer") },
            body_bytes_max: size(settings, "limit")?,
            head_time_max: duration(settings, "idle")?,
            silence_max: duration(settings, "frame-idle")?,
            body_time_max: duration(settings, "frame-time")?,
        })
    }

    /// Whether a path is one of ours; one that ends in `/*` takes all below it.
    pub(crate) fn serves(&self, path: &str) -> bool {
        self.paths.iter().any(|known| match known.strip_suffix('*') {
            Some(start) if start.ends_with('/') => path.starts_with(start) && path.len() > start.len(),
            Some(_) | None => known == path,
        })
    }
}

fn split(address: &str) -> (&str, &str) {
    address.split_at(address.find('/').unwrap_or(address.len()))
}

/// What can be said of a source without opening anything.
pub(crate) fn check_serving(settings: &Settings) -> Result<(), Reason> {
    if let Some(path) = settings.list("paths").iter().find(|path| !path.starts_with('/')) {
        return Err(Reason::new(codes::E6010, format!("`paths`: `{path}` does not begin with a slash")));
    }
    methods(settings.list("methods"))?;
    Media::read(settings.list("media-types"))?;
    let (address, _) = split(&settings.address);
    // A port alone is one of this machine.
    let is_here = address.rsplit_once(':').is_none_or(|(host, _)| is_this_machine(host));
    if Guard::read(settings)?.asks() && settings.text("cert").is_empty() && !is_here {
        let text = "`users` and `tokens` need `cert` and `key`, or an address on this machine behind a TLS proxy";
        return Err(Reason::new(codes::E6513, text));
    }
    Ok(())
}

fn methods(words: &[Arc<str>]) -> Result<Vec<Method>, Reason> {
    if words.is_empty() {
        return Ok(vec![Method::POST]);
    }
    let method = |word: &Arc<str>| match &**word {
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        _ => Err(Reason::new(codes::E6010, format!("`methods`: `{word}` brings no message: use POST, PUT or PATCH"))),
    };
    words.iter().map(method).collect()
}

impl Posting {
    pub(crate) fn read(settings: &Settings, url: &Url) -> Result<Posting, Reason> {
        part_size(settings)?;
        let complain = |text: &str| Reason::new(codes::E6010, text.to_owned());
        let target = with_query(&url.target(), &fields(settings, "query")?);
        let form_field = Some(settings.text("form-field")).filter(|field| !field.is_empty()).map(str::to_owned);
        let form = fields(settings, "form")?;
        if form_field.is_none() && !form.is_empty() {
            return Err(complain("`form` needs `form-field`, the field that takes the message"));
        }
        Ok(Posting {
            method: settings.text("method").parse().map_err(|_| complain("`method` cannot be used"))?,
            target: target.parse().map_err(|_| Reason::new(codes::E6001, "the path or the query cannot be used"))?,
            headers: headers(settings)?,
            form_field,
            form,
            limits: limits(settings)?,
        })
    }
}

/// `["name=value", …]`, not encoded.
fn fields(settings: &Settings, name: &'static str) -> Result<Vec<(String, String)>, Reason> {
    let field = |(number, line): (usize, &Arc<str>)| match line.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        // The line is not quoted: it may hold a secret.
        _ => Err(Reason::new(codes::E6010, format!("`{name}`, number {}: write \"name=value\"", number + 1))),
    };
    settings.list(name).iter().enumerate().map(field).collect()
}

/// The headers that the settings give. Never printed: they may hold secrets.
pub(crate) fn headers(settings: &Settings) -> Result<HeaderMap, Reason> {
    let value = |text: &str| {
        HeaderValue::from_str(text)
            .map_err(|_| Reason::new(codes::E6010, "a header has letters that HTTP does not allow"))
    };
    let mut headers = HeaderMap::new();
    for (name, setting) in [(CONTENT_TYPE, "content-type"), (ACCEPT, "accept")] {
        let media_type = settings.text(setting);
        if !media_type.is_empty() {
            headers.insert(name, value(media_type)?);
        }
    }
    let has_credentials = ["user", "token", "token-url"].iter().any(|name| !settings.text(name).is_empty());
    for (number, line) in settings.list("headers").iter().enumerate() {
        // The line is not quoted: it may hold a secret.
        let complain = |text: &str| Reason::new(codes::E6010, format!("`headers`, number {}: {text}", number + 1));
        let (name, text) = line.split_once(':').ok_or_else(|| complain("write \"Name: value\""))?;
        let name: HeaderName = name.trim().parse().map_err(|_| complain("the name cannot be used"))?;
        let is_ours = [HOST, CONTENT_LENGTH, TRANSFER_ENCODING, CONTENT_TYPE].contains(&name);
        if is_ours || (name == AUTHORIZATION && has_credentials) {
            return Err(complain("this header is set by the connector"));
        }
        let mut value = value(text.trim())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}
