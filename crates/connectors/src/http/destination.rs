//! One lane to a web server: one connection, one request under way.

use super::{MEDIA_TYPE, config::Posting};
use crate::web::{
    Client, Place, Url,
    auth::Credentials,
    encode::{form, percent},
    meaning,
};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request,
    header::{CONTENT_TYPE, HeaderValue},
};
use interface::{
    catalogue::{Context, Settings},
    contract::{Boxed, Destination, Outgoing},
};
use message::{Clock, Format, Outcome, Reason};
use std::sync::Arc;

/// The lane.
pub(crate) struct Lane {
    config: Posting,
    client: Client,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
}

impl Lane {
    pub(crate) fn open(settings: &Settings, context: &Context) -> Result<Lane, Reason> {
        let url = Url::parse(&settings.address)?;
        let config = Posting::read(settings, &url)?;
        let credentials = Credentials::read(settings, context, &url, config.limits)?;
        let client = Client::new(Place::read(settings, context, url)?, config.limits);
        Ok(Lane { config, client, credentials, clock: context.clock.clone() })
    }

    async fn deliver(&mut self, outgoing: &Outgoing) -> Outcome {
        let request = self.request(outgoing);
        match self.credentials.exchange(&mut self.client, request).await {
            Ok(answer) => meaning::outcome(&self.client.url().address, answer, self.clock.now()),
            Err(fault) => fault.outcome(),
        }
    }

    fn request(&self, outgoing: &Outgoing) -> Request<Full<Bytes>> {
        let Posting { method, target, headers, form_field, form, .. } = &self.config;
        let body = match form_field {
            None => outgoing.bytes.clone(),
            Some(field) => {
                let fixed = form.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                Bytes::from(self::form([(field.as_str(), &outgoing.bytes[..])].into_iter().chain(fixed)))
            }
        };
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.clone();
        *request.headers_mut() = headers.clone();
        let media_type = match form_field {
            Some(_) => "application/x-www-form-urlencoded",
            None => media_type(outgoing.format),
        };
        request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
        request
    }
}

/// A query behind what the address has already.
pub(super) fn with_query(target: &str, fields: &[(String, String)]) -> String {
    let mut target = target.to_owned();
    for (name, value) in fields {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&format!("{}={}", percent(name.as_bytes()), percent(value.as_bytes())));
    }
    target
}

/// What the bytes are, where no setting says it.
pub(crate) fn media_type(format: Format) -> &'static str {
    if format == Format::Hl7v2 { MEDIA_TYPE } else { formats::detect::media_type(format) }
}

impl Destination for Lane {
    fn send<'a>(&'a mut self, outgoing: &'a Outgoing) -> Boxed<'a, Outcome> {
        Box::pin(self.deliver(outgoing))
    }

    fn close(&mut self) -> Boxed<'_, ()> {
        self.client.close();
        self.credentials.close();
        Box::pin(async {})
    }
}
