//! Settings of the fhir connector, read once.

use super::{
    page,
    resource::{Interaction, is_type},
};
use crate::{
    codes,
    http::headers,
    settings::{count, duration},
    web::{Limits, Url, settings::limits},
};
use hyper::{
    HeaderMap,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use interface::catalogue::Settings;
use message::Reason;
use std::time::Duration;

/// Media type of resources as JSON (R4 §2.6).
const MEDIA_TYPE: &str = "application/fhir+json";

/// How a lane sends.
pub(crate) struct Sending {
    pub(crate) url: Url,
    /// The path of the base, without a slash at its end.
    pub(crate) base: String,
    pub(crate) interaction: Interaction,
    /// Of the identifier that finds a resource; may be empty.
    pub(crate) system: String,
    pub(crate) headers: HeaderMap,
    pub(crate) limits: Limits,
}

/// How a search is followed.
pub(crate) struct Following {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) count: usize,
    pub(crate) every: Duration,
    pub(crate) overlap: Duration,
    /// Where it starts if it was never made; `None`: now.
    pub(crate) from: Option<i64>,
    /// Under which name is kept how far it is.
    pub(crate) bookmark: String,
    pub(crate) limits: Limits,
}

impl Sending {
    pub(crate) fn read(settings: &Settings) -> Result<Sending, Reason> {
        let url = Url::parse(&settings.address)?;
        if url.query.is_some() {
            return Err(Reason::new(codes::E6001, "the base of a FHIR server has no query"));
        }
        let mut headers = request_headers(settings)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        let prefer = format!("return={}", settings.text("return"));
        let prefer =
            HeaderValue::from_str(&prefer).map_err(|_| Reason::new(codes::E6010, "`return` cannot be used"))?;
        headers.insert("prefer", prefer);
        Ok(Sending {
            base: url.path.trim_end_matches('/').to_owned(),
            url,
            interaction: interaction(settings),
            system: settings.text("identifier-system").to_owned(),
            headers,
            limits: limits(settings)?,
        })
    }
}

impl Following {
    pub(crate) fn read(settings: &Settings) -> Result<Following, Reason> {
        let url = Url::parse(&settings.address)?;
        check_search(&url)?;
        let named = settings.text("bookmark");
        Ok(Following {
            url,
            headers: request_headers(settings)?,
            count: count(settings, "count"),
            every: duration(settings, "every")?,
            overlap: settings.duration("overlap"),
            from: start(settings)?,
            bookmark: format!("fhir search {}", if named.is_empty() { &settings.address } else { named }),
            limits: limits(settings)?,
        })
    }
}

/// Reads `interaction`.
fn interaction(settings: &Settings) -> Interaction {
    match settings.text("interaction") {
        "create" => Interaction::Create,
        "update" => Interaction::Update,
        "conditional-create" => Interaction::ConditionalCreate,
        "conditional-update" => Interaction::ConditionalUpdate,
        _ => Interaction::Auto,
    }
}

/// The headers of every request.
pub(crate) fn request_headers(settings: &Settings) -> Result<HeaderMap, Reason> {
    let mut headers = headers(settings)?;
    headers.insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
    Ok(headers)
}

/// Where a search starts that was never made; `None`: now.
fn start(settings: &Settings) -> Result<Option<i64>, Reason> {
    match settings.text("from") {
        "now" => Ok(None),
        "beginning" => Ok(Some(0)),
        text => page::instant(text).map(Some).ok_or_else(|| {
            let why = "`from` is `now`, `beginning` or an instant such as \"2026-03-01T00:00:00Z\"";
            Reason::new(codes::E6010, why)
        }),
    }
}

/// A search is of one type, and what it is continued by is added here.
fn check_search(url: &Url) -> Result<(), Reason> {
    let complain = |text: String| Err(Reason::new(codes::E6001, text));
    let kind = url.path.rsplit('/').next().unwrap_or("");
    if !is_type(kind) {
        return complain(format!("`{}`: write the type that is searched, as in https://host/r4/Observation", url.path));
    }
    let ours = ["_lastUpdated", "_sort", "_count", "_summary", "_elements", "_format"];
    let query = url.query.as_deref().unwrap_or("");
    match query.split('&').filter_map(|part| part.split(['=', ':']).next()).find(|name| ours.contains(name)) {
        Some(name) => complain(format!("`{name}` is set by the connector: leave it out of the address")),
        None => Ok(()),
    }
}
